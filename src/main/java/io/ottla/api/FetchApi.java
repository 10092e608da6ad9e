// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.ReadLimit;
import io.ottla.topic.TopicCatalog;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * Fetch, 4 to 18: whole batches from each partition, at once if there are min.bytes of them or an error, otherwise when there
 * are or max.wait has passed. The first batch found is sent whatever its size; then the limits hold. Sessions (KIP-227) from
 * version 7 on, topic ids from version 13 on.
 * Errors: FETCH_SESSION_ID_NOT_FOUND, INVALID_FETCH_SESSION_EPOCH, FETCH_SESSION_TOPIC_ID_ERROR for all; per partition
 * UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, OFFSET_OUT_OF_RANGE, FENCED_LEADER_EPOCH, UNKNOWN_LEADER_EPOCH,
 * KAFKA_STORAGE_ERROR.
 */
final class FetchApi implements Api<FetchRequestData> {
    private static final int FIRST_VERSION_WITH_IDS = 13;

    private final TopicCatalog catalog;
    private final FetchSessions sessions;
    private final int maxBytes;

    FetchApi(TopicCatalog catalog, int sessionSlots, int maxBytes) {
        this.catalog = catalog;
        this.sessions = new FetchSessions(sessionSlots, ThreadLocalRandom.current());
        this.maxBytes = maxBytes;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.FETCH;
    }

    @Override
    public void answer(FetchRequestData body, Request request) {
        boolean usesTopicIds = request.head().version() >= FIRST_VERSION_WITH_IDS;
        if (body.sessionEpoch() == FetchSession.FINAL_EPOCH || body.sessionEpoch() == FetchSession.INITIAL_EPOCH) {
            if (body.sessionId() != 0) {
                sessions.close(body.sessionId());
            }
            FetchSession session = body.sessionEpoch() == FetchSession.FINAL_EPOCH || body.topics().isEmpty()
                    ? null
                    : sessions.open(body, usesTopicIds, System.nanoTime());
            List<FetchTarget> targets = session != null ? session.targets() : FetchSession.targetsOf(body, usesTopicIds);
            serve(body, request, session, false, targets);
            return;
        }
        FetchSession session = sessions.find(body.sessionId(), System.nanoTime());
        if (session == null) {
            refuse(request, Errors.FETCH_SESSION_ID_NOT_FOUND, 0);
        } else if (session.usesTopicIds() != usesTopicIds) {
            refuse(request, Errors.FETCH_SESSION_TOPIC_ID_ERROR, session.id());
        } else if (!session.advance(body.sessionEpoch())) {
            refuse(request, Errors.INVALID_FETCH_SESSION_EPOCH, 0);
        } else {
            session.update(body);
            boolean drained = session.size() == 0;
            if (drained) {
                sessions.close(session.id());
            }
            serve(body, request, drained ? null : session, true, session.targets());
        }
    }

    private void serve(FetchRequestData body, Request request, FetchSession session, boolean incremental, List<FetchTarget> targets) {
        ReadLimit limit = body.isolationLevel() == 1 ? ReadLimit.LAST_STABLE : ReadLimit.HIGH_WATERMARK;
        int most = Math.min(body.maxBytes(), maxBytes);
        FetchPass pass = new FetchPass(catalog, targets, limit, most, incremental);
        new WaitingFetch(request, session, pass, Math.min(body.minBytes(), most), body.maxWaitMs()).begin();
    }

    private static void refuse(Request request, Errors error, int sessionId) {
        request.reply(new FetchResponseData().setErrorCode(error.code()).setSessionId(sessionId));
    }
}
