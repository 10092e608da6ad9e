// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.streams.StreamsCommand.HeartbeatAnswer;
import io.ottla.streams.Topology.InternalTopic;
import io.ottla.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.requests.StreamsGroupHeartbeatResponse.Status;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Creates the internal topics that applications need. Safe for any thread. */
record InternalTopicCreation(TopicCatalog catalog) {
    private static final Logger LOG = LoggerFactory.getLogger(InternalTopicCreation.class);

    /** Answers when the topics that the answer misses are there, or could not be created: then the answer says so. */
    void create(HeartbeatAnswer answer, Consumer<StreamsGroupHeartbeatResponseData> reply) {
        if (answer.missing().isEmpty()) {
            reply.accept(answer.response());
            return;
        }
        Thread.ofVirtual().name("create-streams-topics").start(() -> {
            List<String> failures = new ArrayList<>();
            answer.missing().forEach(topic -> create(topic, failures));
            if (!failures.isEmpty()) {
                answer.response().status().stream().filter(status -> status.statusCode() == Status.MISSING_INTERNAL_TOPICS.code())
                        .forEach(status -> status.setStatusDetail(status.statusDetail() + "; Creation failed: " + String.join(", ", failures) + "."));
            }
            reply.accept(answer.response());
        });
    }

    private void create(InternalTopic topic, List<String> failures) {
        try {
            catalog.create(topic.name(), topic.partitions(), topic.configs());
            LOG.info("event=streams-topic-created topic={} partitions={}", topic.name(), topic.partitions());
        } catch (TopicExistsException e) {
            LOG.debug("event=streams-topic-exists topic={}", topic.name());
        } catch (ApiException e) {
            LOG.warn("event=streams-topic-not-created topic={} action=retry-at-next-heartbeat", topic.name(), e);
            failures.add(topic.name() + " (" + e.getMessage() + ")");
        }
    }
}
