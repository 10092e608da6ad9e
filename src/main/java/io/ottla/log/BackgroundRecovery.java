// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Queue;

/**
 * Opens partitions that were not closed cleanly, after the start, so that whoever uses them first need not wait for it. A few at
 * a time: flushes that somebody waits for come in between, and the file system commits them together. Safe for any thread.
 */
final class BackgroundRecovery {
    private static final int SIDE_BY_SIDE = 4;

    private final Workers workers;
    private final Queue<LocalPartition> left = new ArrayDeque<>();
    /** Guarded by {@code left}, as all below. */
    private int unopened;
    private Runnable allOpened;

    BackgroundRecovery(Workers workers) {
        this.workers = workers;
    }

    /** @param whenAllOpened is run if every one of them could be opened */
    void start(Collection<LocalPartition> partitions, Runnable whenAllOpened) {
        synchronized (left) {
            left.addAll(partitions);
            unopened = partitions.size();
            allOpened = whenAllOpened;
        }
        for (int i = 0; i < SIDE_BY_SIDE; i++) {
            next();
        }
    }

    private void next() {
        LocalPartition partition;
        synchronized (left) {
            partition = left.poll();
        }
        if (partition != null) {
            workers.submit(() -> {
                if (partition.openEarly()) {
                    opened();
                }
                next();
            });
        }
    }

    private void opened() {
        boolean last;
        synchronized (left) {
            unopened--;
            last = unopened == 0;
        }
        if (last) {
            allOpened.run();
        }
    }

    /** Leaves what is not begun to the next start. */
    void stop() {
        synchronized (left) {
            left.clear();
        }
    }
}
