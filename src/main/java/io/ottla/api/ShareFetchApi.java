// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.share.ShareCoordinator;
import io.ottla.share.SharePartitionKey;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.message.ShareFetchRequestData;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchPartition;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchTopic;
import org.apache.kafka.common.message.ShareFetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * ShareFetch, 1 to 2: locks records for a member of a share group and sends them, and takes acknowledgements of earlier ones
 * along (KIP-932); from version 2 on exactly so many records (KIP-1206) and locks to renew (KIP-1222), which fetches nothing.
 * Waits like Fetch, also for locks that others let go. Epoch 0 opens a session, -1 ends it and gives up the member's locks.
 * Errors: INVALID_REQUEST, SHARE_SESSION_NOT_FOUND, INVALID_SHARE_SESSION_EPOCH, SHARE_SESSION_LIMIT_REACHED for all; per
 * partition UNKNOWN_TOPIC_ID, UNKNOWN_TOPIC_OR_PARTITION, KAFKA_STORAGE_ERROR, and for acknowledgements those of ShareAcknowledge.
 */
final class ShareFetchApi implements Api<ShareFetchRequestData> {
    private static final int MAX_MEMBER_ID = 36;

    private final TopicCatalog catalog;
    private final ShareCoordinator share;
    private final ShareSessions sessions;
    private final int maxBytes;

    ShareFetchApi(TopicCatalog catalog, ShareCoordinator share, ShareSessions sessions, int maxBytes) {
        this.catalog = catalog;
        this.share = share;
        this.sessions = sessions;
        this.maxBytes = maxBytes;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.SHARE_FETCH;
    }

    static Errors checkIds(String groupId, String memberId) {
        boolean valid = groupId != null && !groupId.isEmpty() && memberId != null && !memberId.isEmpty() && memberId.length() <= MAX_MEMBER_ID;
        return valid ? Errors.NONE : Errors.INVALID_REQUEST;
    }

    static Errors locate(TopicCatalog catalog, SharePartitionKey key) {
        Topic topic = catalog.find(key.topicId());
        if (topic == null) {
            return Errors.UNKNOWN_TOPIC_ID;
        }
        return key.partition() < 0 || key.partition() >= topic.partitions().size() ? Errors.UNKNOWN_TOPIC_OR_PARTITION : Errors.NONE;
    }

    @Override
    public void answer(ShareFetchRequestData body, Request request) {
        Errors error = checkIds(body.groupId(), body.memberId());
        if (error != Errors.NONE || body.isRenewAck() && fetches(body)) {
            refuse(request, Errors.INVALID_REQUEST);
            return;
        }
        ShareSession.Key key = new ShareSession.Key(body.groupId(), body.memberId());
        switch (body.shareSessionEpoch()) {
            case ShareSession.INITIAL_EPOCH -> open(body, request, key);
            case ShareSession.FINAL_EPOCH -> close(body, request, sessions.find(key));
            default -> goOn(body, request, sessions.find(key));
        }
    }

    private static boolean fetches(ShareFetchRequestData body) {
        return body.maxBytes() > 0 || body.minBytes() > 0 || body.maxRecords() > 0 || body.maxWaitMs() > 0;
    }

    private static void refuse(Request request, Errors error) {
        request.reply(new ShareFetchResponseData().setErrorCode(error.code()));
    }

    private void open(ShareFetchRequestData body, Request request, ShareSession.Key key) {
        boolean acknowledges = body.topics().stream().flatMap(topic -> topic.partitions().stream())
                .anyMatch(partition -> !partition.acknowledgementBatches().isEmpty());
        ShareSession session = acknowledges ? null : sessions.open(key, request);
        if (session == null) {
            refuse(request, acknowledges ? Errors.INVALID_REQUEST : Errors.SHARE_SESSION_LIMIT_REACHED);
            return;
        }
        session.update(targets(body), List.of());
        serve(body, request, session, session.targets());
    }

    private void close(ShareFetchRequestData body, Request request, ShareSession session) {
        if (session == null) {
            refuse(request, Errors.SHARE_SESSION_NOT_FOUND);
            return;
        }
        serve(body, request, session, List.of());
        sessions.close(session);
    }

    private void goOn(ShareFetchRequestData body, Request request, ShareSession session) {
        if (session == null) {
            refuse(request, Errors.SHARE_SESSION_NOT_FOUND);
        } else if (!session.advance(body.shareSessionEpoch())) {
            refuse(request, Errors.INVALID_SHARE_SESSION_EPOCH);
        } else {
            session.update(targets(body), forgotten(body));
            serve(body, request, session, body.isRenewAck() ? List.of() : session.targets());
        }
    }

    private static List<ShareSession.Target> targets(ShareFetchRequestData body) {
        List<ShareSession.Target> targets = new ArrayList<>();
        for (FetchTopic topic : body.topics()) {
            for (FetchPartition partition : topic.partitions()) {
                targets.add(new ShareSession.Target(topic.topicId(), partition.partitionIndex()));
            }
        }
        return targets;
    }

    private static List<ShareSession.Target> forgotten(ShareFetchRequestData body) {
        List<ShareSession.Target> forgotten = new ArrayList<>();
        body.forgottenTopicsData().forEach(topic ->
                topic.partitions().forEach(index -> forgotten.add(new ShareSession.Target(topic.topicId(), index))));
        return forgotten;
    }

    private void serve(ShareFetchRequestData body, Request request, ShareSession session, List<ShareSession.Target> targets) {
        int bytes = Math.min(body.maxBytes(), maxBytes);
        // Not even the one batch that may be larger than asked for: who wants nothing hears of no partition, and locks nothing.
        List<ShareSession.Target> wanted = bytes > 0 && body.maxRecords() > 0 ? targets : List.of();
        new WaitingShareFetch(catalog, share, request, session, body, wanted, bytes).begin();
    }
}
