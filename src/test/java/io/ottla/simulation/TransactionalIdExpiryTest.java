// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.ottla.transaction.TransactionSettings;
import io.ottla.world.ManualClock;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** {@code transactional.id.expiration.ms}. */
class TransactionalIdExpiryTest {
    private static final long HOUR_MS = 3_600_000;

    private final Random random = new Random(1);
    private final SimulatedDisk disk = new SimulatedDisk(random);
    private final ManualClock clock = new ManualClock(1_700_000_000_000L);
    private House house;

    @Test
    void anUnusedTransactionalIdIsForgottenForGood() throws IOException {
        house = new House(disk, clock, random, Fault.NONE, 0);
        long id = init();
        house.pass(TransactionSettings.DEFAULT.idExpirationMs() - HOUR_MS);
        house.settle();
        assertEquals(Errors.NONE, describe());
        house.pass(2 * HOUR_MS);
        house.settle();
        assertEquals(Errors.TRANSACTIONAL_ID_NOT_FOUND, describe());
        disk.kill();
        house = new House(disk, clock, random, Fault.NONE, 1);
        house.settle();
        assertEquals(Errors.TRANSACTIONAL_ID_NOT_FOUND, describe());
        assertNotEquals(id, init());
    }

    private long init() {
        List<InitProducerIdResponseData> answers = new ArrayList<>();
        InitProducerIdRequestData request = new InitProducerIdRequestData().setTransactionalId("t").setTransactionTimeoutMs(1000);
        house.ask(ApiKeys.INIT_PRODUCER_ID, 5, request, InitProducerIdResponseData.class, answers::add);
        house.settle();
        assertEquals(Errors.NONE.code(), answers.getFirst().errorCode());
        return answers.getFirst().producerId();
    }

    private Errors describe() {
        List<DescribeTransactionsResponseData> answers = new ArrayList<>();
        house.ask(ApiKeys.DESCRIBE_TRANSACTIONS, 0, new DescribeTransactionsRequestData().setTransactionalIds(List.of("t")), DescribeTransactionsResponseData.class, answers::add);
        house.settle();
        return Errors.forCode(answers.getFirst().transactionStates().getFirst().errorCode());
    }
}
