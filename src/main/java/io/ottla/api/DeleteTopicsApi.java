// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Topic;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
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
        Blocking.run(request, () -> {
            DeleteTopicsResponseData reply = new DeleteTopicsResponseData();
            Set<String> seen = new HashSet<>();
            asked.forEach(topic -> reply.responses().add(delete(topic, seen, request.head().version())));
            request.reply(reply);
        });
    }

    private DeletableTopicResult delete(DeleteTopicState asked, Set<String> seen, short version) {
        DeletableTopicResult result = new DeletableTopicResult().setName(asked.name()).setTopicId(asked.topicId());
        boolean byId = asked.name() == null;
        if (byId == asked.topicId().equals(Uuid.ZERO_UUID)) {
            return refuse(result, Errors.INVALID_REQUEST, byId ? "Neither topic name nor id were specified." : "You may not specify both topic name and topic id.");
        }
        if (!admin.deletionEnabled()) {
            return refuse(result, version < 3 ? Errors.INVALID_REQUEST : Errors.TOPIC_DELETION_DISABLED, "Topic deletion is disabled.");
        }
        Topic topic = byId ? admin.catalog().find(asked.topicId()) : admin.catalog().topics().get(asked.name());
        if (topic == null) {
            Errors error = byId ? Errors.UNKNOWN_TOPIC_ID : Errors.UNKNOWN_TOPIC_OR_PARTITION;
            return refuse(result, error, error.message());
        }
        result.setName(topic.name()).setTopicId(topic.id());
        if (!seen.add(topic.name())) {
            return refuse(result, Errors.INVALID_REQUEST, "Duplicate topic name.");
        }
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

    private static DeletableTopicResult refuse(DeletableTopicResult result, Errors error, String message) {
        return result.setErrorCode(error.code()).setErrorMessage(message);
    }
}
