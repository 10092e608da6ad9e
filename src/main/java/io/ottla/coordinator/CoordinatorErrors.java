// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import io.ottla.topic.AppendRefused;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;

/** What a client is told when a shard cannot be loaded or cannot write: always something that makes it try again, unless its own data is at fault. */
final class CoordinatorErrors {
    static final Errors CLOSING = Errors.COORDINATOR_NOT_AVAILABLE;
    static final Errors LOADING = Errors.COORDINATOR_LOAD_IN_PROGRESS;
    static final Errors GIVEN_UP = Errors.NOT_COORDINATOR;
    static final Errors TOO_LARGE = Errors.MESSAGE_TOO_LARGE;

    private CoordinatorErrors() {}

    static Errors of(Throwable failure) {
        if (failure instanceof AppendRefused refused) {
            return of(refused.error());
        }
        return failure instanceof ApiException known ? of(Errors.forException(known)) : Errors.UNKNOWN_SERVER_ERROR;
    }

    private static Errors of(Errors storage) {
        return switch (storage) {
            case MESSAGE_TOO_LARGE, RECORD_LIST_TOO_LARGE -> TOO_LARGE;
            case KAFKA_STORAGE_ERROR, NOT_LEADER_OR_FOLLOWER -> Errors.NOT_COORDINATOR;
            case UNKNOWN_TOPIC_OR_PARTITION, NOT_ENOUGH_REPLICAS, REQUEST_TIMED_OUT -> Errors.COORDINATOR_NOT_AVAILABLE;
            default -> Errors.UNKNOWN_SERVER_ERROR;
        };
    }
}
