// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.Uuid;

/** The partitions that one member of a share group fetches from, so that it need not repeat them (KIP-932). Holds its own lock. */
final class ShareSession {
    static final int INITIAL_EPOCH = 0;
    static final int FINAL_EPOCH = -1;

    /** Whose session it is. */
    record Key(String groupId, String memberId) {}

    /** One partition of one topic. */
    record Target(Uuid topicId, int partition) {}

    private final Key key;
    private final Set<Target> targets = new LinkedHashSet<>();
    private int expectedEpoch = 1;

    ShareSession(Key key) {
        this.key = key;
    }

    Key key() {
        return key;
    }

    /** Steps to the next epoch if {@code epoch} is the expected one. */
    synchronized boolean advance(int epoch) {
        if (epoch != expectedEpoch) {
            return false;
        }
        expectedEpoch = expectedEpoch == Integer.MAX_VALUE ? 1 : expectedEpoch + 1;
        return true;
    }

    synchronized void update(Collection<Target> added, Collection<Target> forgotten) {
        targets.addAll(added);
        targets.removeAll(forgotten);
    }

    /** In the order in which they are to be served. */
    synchronized List<Target> targets() {
        return new ArrayList<>(targets);
    }

    /** Puts partitions that have just been served behind all others, so that none starves. */
    synchronized void served(Collection<Target> served) {
        for (Target target : served) {
            if (targets.remove(target)) {
                targets.add(target);
            }
        }
    }
}
