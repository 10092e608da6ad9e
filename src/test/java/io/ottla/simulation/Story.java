// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.TopicPartition;

/** What one transaction is to do, and what its producer knows of it. */
final class Story {
    /** A record of the transaction. */
    static final class Item {
        private final TopicPartition partition;
        private final String key;
        private final String value;
        private long offset = -1;

        Item(TopicPartition partition, String key, String value) {
            this.partition = partition;
            this.key = key;
            this.value = value;
        }

        TopicPartition partition() {
            return partition;
        }

        String key() {
            return key;
        }

        String value() {
            return value;
        }

        /** As acknowledged, or -1. */
        long offset() {
            return offset;
        }

        void acknowledged(long at) {
            offset = at;
        }
    }

    private final long number;
    private final String group;
    private final boolean hasOffsets;
    private final List<Item> items = new ArrayList<>();
    private boolean offsetsAcknowledged;
    private boolean askedToCommit;
    private boolean commitAcknowledged;
    private boolean abortAcknowledged;

    /** @param number also the offset that the group commits in this transaction */
    Story(long number, String group, boolean hasOffsets) {
        this.number = number;
        this.group = group;
        this.hasOffsets = hasOffsets;
    }

    long number() {
        return number;
    }

    String group() {
        return group;
    }

    boolean hasOffsets() {
        return hasOffsets;
    }

    List<Item> items() {
        return items;
    }

    void offsetsAcknowledged() {
        offsetsAcknowledged = true;
    }

    void askedToCommit() {
        askedToCommit = true;
    }

    void ended(boolean commit) {
        commitAcknowledged |= commit;
        abortAcknowledged |= !commit;
    }

    boolean committed() {
        return commitAcknowledged;
    }

    /** Whether it may have been committed as far as its producer knows. */
    boolean mayCount() {
        return askedToCommit && !abortAcknowledged;
    }

    boolean offsetsWereAcknowledged() {
        return offsetsAcknowledged;
    }

    @Override
    public String toString() {
        return "transaction " + number + " of " + group + items.stream().map(item -> item.partition + "@" + item.offset).toList()
                + (hasOffsets ? offsetsAcknowledged ? " with offsets" : " with doubtful offsets" : "")
                + (commitAcknowledged ? " committed" : abortAcknowledged ? " aborted" : askedToCommit ? " asked to commit" : " open");
    }
}
