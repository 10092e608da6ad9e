// SPDX-License-Identifier: Apache-2.0
package io.ottla.wire;

import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.BaseRecords;

/** Finds the stored records in replies that are never sent. */
public final class HeldRecords {
    private HeldRecords() {}

    /** Releases every stored record set that {@code reply} holds. */
    public static void release(ApiMessage reply) {
        if (reply instanceof FetchResponseData fetch) {
            fetch.responses().forEach(topic -> topic.partitions().forEach(partition -> release(partition.records())));
        } else if (reply instanceof ShareFetchResponseData fetch) {
            fetch.responses().forEach(topic -> topic.partitions().forEach(partition -> release(partition.records())));
        }
    }

    private static void release(BaseRecords records) {
        if (records instanceof StoredRecords stored) {
            stored.release();
        }
    }
}
