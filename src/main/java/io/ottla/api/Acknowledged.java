// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.Partition;
import java.util.Collection;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.errors.ApiException;

/**
 * Makes questions about the end of a partition wait for the flush that is under way. With acks=1 a producer has its answer before
 * its records may be seen, and who asks right after it for the end of the log means to find them below it.
 */
final class Acknowledged {
    private Acknowledged() {}

    /**
     * Runs {@code then} once all that is in the partitions now is durable, at once on the calling thread if it is already,
     * otherwise on a flushing thread, which it must not block; or once that can no longer be.
     */
    static void await(Collection<Partition> partitions, Runnable then) {
        // One more than there are, so that the last of them is not taken for all.
        AtomicInteger missing = new AtomicInteger(partitions.size() + 1);
        Runnable done = () -> {
            if (missing.decrementAndGet() == 0) {
                then.run();
            }
        };
        for (Partition partition : partitions) {
            try {
                partition.whenDurable(partition.offsets().logEnd(), failure -> done.run());
            } catch (ApiException e) {
                // Whoever asks it next gets the same.
                done.run();
            }
        }
        done.run();
    }
}
