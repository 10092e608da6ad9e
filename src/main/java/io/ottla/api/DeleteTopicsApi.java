// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData.DeleteTopicState;
import org.apache.kafka.common.message.DeleteTopicsResponseData;
import org.apache.kafka.common.message.DeleteTopicsResponseData.DeletableTopicResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * DeleteTopics, 1 to 6; from version 6 on also by id. Errors per topic: UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID,
 * INVALID_REQUEST (a name and an id, neither, or the same topic twice), TOPIC_DELETION_DISABLED, and INVALID_TOPIC_EXCEPTION
 * for the topics in which the broker itself remembers.
 */
final class DeleteTopicsApi implements Api<DeleteTopicsRequestData> {
    private final TopicAdmin admin;

    DeleteTopicsApi(TopicAdmin admin) {
        this.admin = admin;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DELETE_TOPICS;
    }

    @Override
    public void answer(DeleteTopicsRequestData body, Request request) {
        List<DeleteTopicState> asked = request.head().version() >= 6
                ? body.topics()
                : body.topicNames().stream().map(name -> new DeleteTopicState().setName(name)).toList();
        Blocking.run(request, body, () -> {
            DeleteTopicsResponseData reply = new DeleteTopicsResponseData();
            byTopic(asked).forEach(same -> reply.responses().add(delete(same, request.head().version())));
            request.reply(reply);
        });
    }

    /** What is asked for the same topic, together. */
    private Collection<List<DeleteTopicState>> byTopic(List<DeleteTopicState> asked) {
        Map<Object, List<DeleteTopicState>> byTopic = new LinkedHashMap<>();
        for (DeleteTopicState each : asked) {
            Topic topic = each.name() == null ? admin.catalog().find(each.topicId()) : admin.catalog().topics().get(each.name());
            Object key = topic != null ? topic.id() : each.name() != null ? each.name() : each.topicId();
            byTopic.computeIfAbsent(key, absent -> new ArrayList<>()).add(each);
        }
        return byTopic.values();
    }

    private DeletableTopicResult delete(List<DeleteTopicState> same, short version) {
        DeleteTopicState asked = same.getFirst();
        boolean byId = asked.name() == null;
        DeletableTopicResult result = new DeletableTopicResult().setName(asked.name()).setTopicId(asked.topicId());
        if (byId == asked.topicId().equals(Uuid.ZERO_UUID)) {
            return refuse(result, Errors.INVALID_REQUEST, byId ? "a topic without name and id" : "a topic with both name and id");
        }
        if (!admin.deletionEnabled()) {
            return refuse(result, version < 3 ? Errors.INVALID_REQUEST : Errors.TOPIC_DELETION_DISABLED, "delete.topic.enable is false");
        }
        Topic topic = byId ? admin.catalog().find(asked.topicId()) : admin.catalog().topics().get(asked.name());
        if (same.size() > 1) {
            boolean bothWays = same.stream().anyMatch(each -> (each.name() == null) != byId);
            return refuse(bothWays ? name(result, topic) : result, Errors.INVALID_REQUEST, "the topic is named more than once");
        }
        if (topic == null) {
            Errors error = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
            return refuse(result, error, error.message());
        }
        return delete(topic, name(result, topic));
    }

    private DeletableTopicResult delete(Topic topic, DeletableTopicResult result) {
        if (topic.internal()) {
            return refuse(result, Errors.INVALID_TOPIC_EXCEPTION, "Topic " + topic.name() + " is the broker's own and can't be deleted.");
        }
        try {
            admin.catalog().delete(topic.name());
            return result;
        } catch (ApiException e) {
            return refuse(result, Errors.forException(e), e.getMessage());
        }
    }

    private static DeletableTopicResult name(DeletableTopicResult result, Topic topic) {
        return result.setName(topic.name()).setTopicId(topic.id());
    }

    private static DeletableTopicResult refuse(DeletableTopicResult result, Errors error, String message) {
        return result.setErrorCode(error.code()).setErrorMessage(message);
    }
}
