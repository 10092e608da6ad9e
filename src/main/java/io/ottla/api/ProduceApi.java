// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.topic.Partition;
import io.ottla.topic.TopicCatalog;
import io.ottla.transaction.TransactionalWrites;
import java.util.Map;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Produce, 3 to 13; topics are named by id from version 13 on. acks=1 is answered when the records are written, acks=all
 * when they are durable, acks=0 never: there an error closes the connection, as it is all that can be told.
 * Transactional batches pass through {@link TransactionalProduce}, with errors of its own, and need a transactional id
 * (TRANSACTIONAL_ID_AUTHORIZATION_FAILED). Errors per partition: INVALID_REQUIRED_ACKS, UNKNOWN_TOPIC_OR_PARTITION, UNKNOWN_TOPIC_ID, INVALID_TOPIC_EXCEPTION (a topic
 * of the broker's own), and all that {@link Partition#append} refuses with, with the records at fault from version 8 on (KIP-467).
 */
final class ProduceApi implements Api<ProduceRequestData> {
    private final TopicCatalog catalog;
    private final TransactionalWrites transactions;

    ProduceApi(TopicCatalog catalog, TransactionalWrites transactions) {
        this.catalog = catalog;
        this.transactions = transactions;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.PRODUCE;
    }

    @Override
    public boolean pipelined() {
        return true;
    }

    @Override
    public void answer(ProduceRequestData body, Request request) {
        ProduceRound round = new ProduceRound(catalog, body, request);
        if (!TransactionalProduce.concerns(body)) {
            round.append(Map.of(), null);
        } else if (body.transactionalId() == null) {
            round.append(null, null);
        } else {
            new TransactionalProduce(transactions, round).run();
        }
    }
}
