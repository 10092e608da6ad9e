// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.Collection;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** What a group that is a guest says about the offsets that are committed in its name. */
public interface OffsetRules {
    /**
     * Who commits.
     *
     * @param memberId      empty for a client that knows nothing of membership
     * @param epoch         negative for such a client
     * @param transactional in an open transaction
     * @param knowsEpochs   the client understands STALE_MEMBER_EPOCH (OffsetCommit 9, TxnOffsetCommit 6)
     */
    record Committer(String memberId, String instanceId, int epoch, boolean transactional, boolean knowsEpochs) {
        /** A client that does not say who it is. */
        public boolean anonymous() {
            return epoch < 0 && memberId.isEmpty() && instanceId == null;
        }
    }

    /** NONE, or why none of these partitions may be committed. */
    Errors mayCommit(Committer who, Collection<TopicPartition> partitions);

    /** NONE, UNKNOWN_MEMBER_ID or STALE_MEMBER_EPOCH. */
    Errors mayFetch(String memberId, int memberEpoch);

    /** Whether members read this topic now, so that its offsets must stay. */
    boolean uses(String topic);
}
