// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import org.apache.kafka.common.Uuid;

/**
 * An offset that a group has committed for a partition: the next one to read.
 *
 * @param offset            as the consumer sent it
 * @param leaderEpoch       of the last consumed record, or -1
 * @param metadata          whatever the consumer wants to keep; not null
 * @param commitTimestampMs when it was committed
 * @param expireTimestampMs when it goes away by the wish of an old client (OffsetCommit 2 to 4), or -1
 * @param topicId           of the topic at the time of the commit, or {@link Uuid#ZERO_UUID} if unknown
 */
record CommittedOffset(long offset, int leaderEpoch, String metadata, long commitTimestampMs, long expireTimestampMs, Uuid topicId) {
    static final long NO_EXPIRY = -1;

    /** False if the offset was committed for another topic that had the same name. */
    boolean belongsTo(Uuid id) {
        return topicId.equals(id) || topicId.equals(Uuid.ZERO_UUID) || id.equals(Uuid.ZERO_UUID);
    }
}
