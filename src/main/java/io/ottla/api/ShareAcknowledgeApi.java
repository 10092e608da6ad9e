// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.share.Acknowledgement;
import io.ottla.share.ShareCoordinator;
import io.ottla.share.SharePartitionKey;
import io.ottla.topic.TopicCatalog;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.message.ShareAcknowledgeRequestData;
import org.apache.kafka.common.message.ShareAcknowledgeRequestData.AcknowledgePartition;
import org.apache.kafka.common.message.ShareAcknowledgeRequestData.AcknowledgeTopic;
import org.apache.kafka.common.message.ShareAcknowledgeResponseData;
import org.apache.kafka.common.message.ShareAcknowledgeResponseData.PartitionData;
import org.apache.kafka.common.message.ShareAcknowledgeResponseData.ShareAcknowledgeTopicResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * ShareAcknowledge, 1 to 2: what a member did with records that it fetched (KIP-932), locks to renew from version 2 on
 * (KIP-1222). Needs a share session; epoch -1 ends it and gives up the member's locks.
 * Errors: SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH, INVALID_REQUEST for all; per partition INVALID_REQUEST,
 * INVALID_RECORD_STATE, UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, and a coordinator's errors.
 */
final class ShareAcknowledgeApi implements Api<ShareAcknowledgeRequestData> {
    private final TopicCatalog catalog;
    private final ShareCoordinator share;
    private final ShareSessions sessions;

    ShareAcknowledgeApi(TopicCatalog catalog, ShareCoordinator share, ShareSessions sessions) {
        this.catalog = catalog;
        this.share = share;
        this.sessions = sessions;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.SHARE_ACKNOWLEDGE;
    }

    @Override
    public void answer(ShareAcknowledgeRequestData body, Request request) {
        Errors error = ShareFetchApi.checkIds(body.groupId(), body.memberId());
        if (error != Errors.NONE) {
            refuse(request, error);
            return;
        }
        ShareSession session = sessions.find(new ShareSession.Key(body.groupId(), body.memberId()));
        boolean closes = body.shareSessionEpoch() == ShareSession.FINAL_EPOCH;
        if (body.shareSessionEpoch() == ShareSession.INITIAL_EPOCH) {
            refuse(request, Errors.INVALID_SHARE_SESSION_EPOCH);
        } else if (session == null) {
            refuse(request, Errors.SHARE_SESSION_NOT_FOUND);
        } else if (!closes && !session.advance(body.shareSessionEpoch())) {
            refuse(request, Errors.INVALID_SHARE_SESSION_EPOCH);
        } else {
            acknowledge(body, request);
            if (closes) {
                sessions.close(session);
            }
        }
    }

    private static void refuse(Request request, Errors error) {
        request.reply(new ShareAcknowledgeResponseData().setErrorCode(error.code()));
    }

    private void acknowledge(ShareAcknowledgeRequestData body, Request request) {
        ShareAcknowledgeResponseData reply = new ShareAcknowledgeResponseData()
                .setAcquisitionLockTimeoutMs(share.configOf(body.groupId()).lockDurationMs());
        // One more than there are, so that no answer comes first.
        AtomicInteger missing = new AtomicInteger(1);
        for (AcknowledgeTopic topic : saysNothing(body) ? List.<AcknowledgeTopic>of() : body.topics()) {
            ShareAcknowledgeTopicResponse answered = new ShareAcknowledgeTopicResponse().setTopicId(topic.topicId());
            reply.responses().add(answered);
            for (AcknowledgePartition asked : topic.partitions()) {
                PartitionData partition = new PartitionData().setPartitionIndex(asked.partitionIndex());
                answered.partitions().add(partition);
                missing.incrementAndGet();
                acknowledge(body, new SharePartitionKey(body.groupId(), topic.topicId(), asked.partitionIndex()), asked, error -> {
                    partition.setErrorCode(error.code()).setErrorMessage(ShareAcknowledgements.messageOf(error));
                    finish(missing, reply, request);
                });
            }
        }
        finish(missing, reply, request);
    }

    /** Kafka does not repeat the partitions of a request in which nothing is acknowledged at all. */
    private static boolean saysNothing(ShareAcknowledgeRequestData body) {
        return body.topics().stream().allMatch(topic -> topic.partitions().stream().allMatch(each -> each.acknowledgementBatches().isEmpty()));
    }

    private static void finish(AtomicInteger missing, ShareAcknowledgeResponseData reply, Request request) {
        if (missing.decrementAndGet() == 0) {
            request.reply(reply);
        }
    }

    private void acknowledge(
            ShareAcknowledgeRequestData body, SharePartitionKey key, AcknowledgePartition asked, java.util.function.Consumer<Errors> reply) {
        Errors located = ShareFetchApi.locate(catalog, key);
        List<Acknowledgement> read = ShareAcknowledgements.ofAcknowledge(asked.acknowledgementBatches(), body.isRenewAck());
        if (located != Errors.NONE || read == null) {
            reply.accept(located != Errors.NONE ? located : Errors.INVALID_REQUEST);
        } else {
            share.acknowledge(key, body.memberId(), read, reply);
        }
    }
}
