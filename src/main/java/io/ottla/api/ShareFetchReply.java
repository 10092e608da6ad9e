// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.share.Acquisition;
import io.ottla.wire.StoredRecords;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.message.ShareFetchResponseData.AcquiredRecords;
import org.apache.kafka.common.message.ShareFetchResponseData.PartitionData;
import org.apache.kafka.common.message.ShareFetchResponseData.ShareFetchableTopicResponse;
import org.apache.kafka.common.protocol.Errors;

/** The reply to a share fetch as it grows. Owned by the connection's loop. */
final class ShareFetchReply {
    private final ShareFetchResponseData data = new ShareFetchResponseData();
    private final Map<ShareSession.Target, PartitionData> partitions = new HashMap<>();

    ShareFetchReply(int lockDurationMs) {
        data.setAcquisitionLockTimeoutMs(lockDurationMs);
    }

    /** Has the partition in the reply, even if it gets nothing: so a session begins. */
    void mention(ShareSession.Target target) {
        partition(target);
    }

    void acknowledged(ShareSession.Target target, Errors error) {
        partition(target).setAcknowledgeErrorCode(error.code()).setAcknowledgeErrorMessage(ShareAcknowledgements.messageOf(error));
    }

    void failed(ShareSession.Target target, Errors error) {
        partition(target).setErrorCode(error.code());
    }

    void acquired(ShareSession.Target target, List<Acquisition.Acquired> acquired, StoredRecords records) {
        PartitionData partition = partition(target).setRecords(records);
        acquired.forEach(each -> partition.acquiredRecords().add(new AcquiredRecords()
                .setFirstOffset(each.first()).setLastOffset(each.last()).setDeliveryCount((short) each.deliveryCount())));
    }

    private PartitionData partition(ShareSession.Target target) {
        return partitions.computeIfAbsent(target, absent -> {
            PartitionData partition = new PartitionData().setPartitionIndex(target.partition()).setRecords(StoredRecords.EMPTY);
            ShareFetchableTopicResponse topic = data.responses().find(target.topicId());
            if (topic == null) {
                topic = new ShareFetchableTopicResponse().setTopicId(target.topicId());
                data.responses().add(topic);
            }
            topic.partitions().add(partition);
            return partition;
        });
    }

    ShareFetchResponseData data() {
        return data;
    }
}
