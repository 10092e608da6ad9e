// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.util.List;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.Errors;

/** What clients ask before they can begin. */
final class RawCoordinators {
    static final byte OF_GROUP = 0;
    static final byte OF_TRANSACTION = 1;

    private static final short FIND_VERSION = 6;
    private static final int TRANSACTION_TIMEOUT_MS = 60_000;

    /** Before transactions whose second phase may be prepared. */
    static final short INIT_VERSION = 5;

    private RawCoordinators() {}

    /** Asks for the coordinator, and with it for its topic to be created. */
    static void await(RawClient client, byte kind, String key) throws InterruptedException {
        FindCoordinatorRequestData request = new FindCoordinatorRequestData().setKeyType(kind).setCoordinatorKeys(List.of(key));
        while (client.call(request, FIND_VERSION, FindCoordinatorResponseData.class).coordinators().getFirst().errorCode() != 0) {
            Thread.sleep(10);
        }
    }

    /** A producer id, for transactions if an id for them is given. */
    static InitProducerIdResponseData producerId(RawClient client, String transactionalId) throws InterruptedException {
        while (true) {
            InitProducerIdResponseData answer = client.call(producerIdRequest(transactionalId), INIT_VERSION, InitProducerIdResponseData.class);
            if (answer.errorCode() == 0) {
                return answer;
            }
            if (!Retriable.is(answer.errorCode())) {
                throw new IllegalStateException("no producer id: " + Errors.forCode(answer.errorCode()));
            }
            Thread.sleep(10);
        }
    }

    static InitProducerIdRequestData producerIdRequest(String transactionalId) {
        return new InitProducerIdRequestData().setTransactionalId(transactionalId)
                .setTransactionTimeoutMs(transactionalId == null ? Integer.MAX_VALUE : TRANSACTION_TIMEOUT_MS);
    }
}
