// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.CoordinatorRuntime;
import io.ottla.topic.TopicCatalog;
import io.ottla.wire.RequestContext;
import java.util.function.Consumer;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.RecordBatch;

/** The door of the room: who may produce atomically, under which producer id and epoch. Safe for any thread. */
public final class TransactionCoordinator {
    private final ProducerIds producerIds;

    public TransactionCoordinator(
            CoordinatorRuntime runtime, TopicCatalog catalog, TransactionSettings settings, TransactionalOffsets offsets) {
        producerIds = new ProducerIds(catalog);
    }

    /**
     * InitProducerId, 0 to 5. Without a transactional id every call gives a new producer id with epoch 0, whatever the
     * producer had before. Errors: INVALID_REQUEST (an empty transactional id, or only one of producer id and epoch),
     * COORDINATOR_LOAD_IN_PROGRESS (no producer id could be reserved; try again).
     */
    public void initProducerId(RequestContext context, InitProducerIdRequestData request, Consumer<InitProducerIdResponseData> reply) {
        boolean hasId = request.producerId() != RecordBatch.NO_PRODUCER_ID;
        boolean hasEpoch = request.producerEpoch() != RecordBatch.NO_PRODUCER_EPOCH;
        if (hasId != hasEpoch || (request.transactionalId() != null && request.transactionalId().isEmpty())) {
            reply.accept(refused(Errors.INVALID_REQUEST));
        } else if (request.transactionalId() == null) {
            producerIds.take(id -> reply.accept(id == ProducerIds.NONE
                    ? refused(Errors.COORDINATOR_LOAD_IN_PROGRESS)
                    : new InitProducerIdResponseData().setProducerId(id).setProducerEpoch((short) 0)));
        } else {
            reply.accept(refused(Errors.TRANSACTIONAL_ID_AUTHORIZATION_FAILED));
        }
    }

    private static InitProducerIdResponseData refused(Errors error) {
        return new InitProducerIdResponseData().setErrorCode(error.code())
                .setProducerId(RecordBatch.NO_PRODUCER_ID).setProducerEpoch(RecordBatch.NO_PRODUCER_EPOCH);
    }
}
