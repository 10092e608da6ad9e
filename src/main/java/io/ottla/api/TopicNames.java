// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import org.apache.kafka.common.errors.InvalidTopicException;
import org.apache.kafka.common.internals.Topic;
import org.apache.kafka.common.protocol.Errors;

/** What topics may be called. */
final class TopicNames {
    private TopicNames() {}

    /** Why there is no topic of this name: it may not be one, or nobody has made it. */
    static Errors errorOfUnknown(String name) {
        try {
            Topic.validate(name);
            return Errors.UNKNOWN_TOPIC_OR_PARTITION;
        } catch (InvalidTopicException e) {
            return Errors.INVALID_TOPIC_EXCEPTION;
        }
    }
}
