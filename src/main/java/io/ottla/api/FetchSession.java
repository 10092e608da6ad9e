// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchRequestData.FetchPartition;
import org.apache.kafka.common.message.FetchRequestData.FetchTopic;

/**
 * What a client has told us that it fetches, so that it need not repeat it (KIP-227). Holds its own lock: a client may
 * come back on another connection while an old one still waits.
 */
final class FetchSession {
    /** Epoch of a request without a session that is to have none. */
    static final int FINAL_EPOCH = -1;
    /** Epoch of a request that opens a session. */
    static final int INITIAL_EPOCH = 0;

    private final int id;
    private final boolean usesTopicIds;
    private final LinkedHashMap<FetchTarget.Key, FetchTarget> targets = new LinkedHashMap<>();
    private int expectedEpoch = 1;

    FetchSession(int id, FetchRequestData request, boolean usesTopicIds) {
        this.id = id;
        this.usesTopicIds = usesTopicIds;
        update(request);
    }

    int id() {
        return id;
    }

    boolean usesTopicIds() {
        return usesTopicIds;
    }

    synchronized int size() {
        return targets.size();
    }

    /** Steps to the next epoch if {@code epoch} is the expected one. */
    synchronized boolean advance(int epoch) {
        if (epoch != expectedEpoch) {
            return false;
        }
        expectedEpoch = expectedEpoch == Integer.MAX_VALUE ? 1 : expectedEpoch + 1;
        return true;
    }

    /** Adds, changes and forgets partitions as the request says. */
    synchronized void update(FetchRequestData request) {
        for (FetchRequestData.ForgottenTopic forgotten : request.forgottenTopicsData()) {
            for (int index : forgotten.partitions()) {
                targets.remove(key(forgotten.topicId(), forgotten.topic(), index, usesTopicIds));
            }
        }
        forEach(request, usesTopicIds, (key, asked) -> {
            FetchTarget target = targets.get(key);
            if (target == null) {
                targets.put(key, new FetchTarget(key, asked));
            } else {
                target.ask(asked);
            }
        });
    }

    /** The partitions in the order in which they are to be served. */
    synchronized List<FetchTarget> targets() {
        return new ArrayList<>(targets.values());
    }

    /** Puts partitions that have just been served behind all others, so that none starves. */
    synchronized void served(Collection<FetchTarget> served) {
        for (FetchTarget target : served) {
            if (targets.remove(target.key(), target)) {
                targets.put(target.key(), target);
            }
        }
    }

    /** The partitions of a request that has no session. */
    static List<FetchTarget> targetsOf(FetchRequestData request, boolean usesTopicIds) {
        Map<FetchTarget.Key, FetchTarget> targets = new LinkedHashMap<>();
        forEach(request, usesTopicIds, (key, asked) -> targets.put(key, new FetchTarget(key, asked)));
        return new ArrayList<>(targets.values());
    }

    private interface Visitor {
        void visit(FetchTarget.Key key, FetchPartition asked);
    }

    private static void forEach(FetchRequestData request, boolean usesTopicIds, Visitor visitor) {
        for (FetchTopic topic : request.topics()) {
            for (FetchPartition asked : topic.partitions()) {
                visitor.visit(key(topic.topicId(), topic.topic(), asked.partition(), usesTopicIds), asked);
            }
        }
    }

    private static FetchTarget.Key key(Uuid topicId, String topic, int index, boolean usesTopicIds) {
        return usesTopicIds ? new FetchTarget.Key(topicId, null, index) : new FetchTarget.Key(Uuid.ZERO_UUID, topic, index);
    }
}
