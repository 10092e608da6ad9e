// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.ottla.transaction.TransactionCommand.End;
import io.ottla.transaction.TransactionCommand.Init;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** What happens when the epochs of a producer id are used up: the answers of Apache Kafka 4.4.0 in {@code exhaustion.txt}, whose requests would take minutes here. */
class RulesTest {
    private static final short LAST = Short.MAX_VALUE - 1;
    private static final long OLD = 7;
    private static final long FRESH = 8;
    private static final Set<TopicPartition> PARTITION = Set.of(new TopicPartition("a", 0));

    private static Transaction at(Status status, short epoch) {
        return new Transaction("t", OLD, OLD, -1, epoch, (short) -1, 60_000, status, Set.of(), -1, 1, (short) 0);
    }

    private static Verdict end(Transaction current, long producerId, int epoch, boolean commit, int version, long freshId) {
        return EndRules.decide(current, new End("t", producerId, (short) epoch, commit, (short) version, freshId, null), 2);
    }

    private static Verdict start(Transaction current, long producerId, int epoch, long freshId) {
        return StartRules.decide(current, new Init("t", 60_000, producerId, (short) epoch, freshId, null), 2);
    }

    private static Transaction step(Verdict verdict) {
        return assertInstanceOf(Verdict.Step.class, verdict).next();
    }

    private static void assertProducer(long id, int epoch, Transaction actual) {
        assertEquals(id + "/" + epoch, actual.producerId() + "/" + actual.epoch());
    }

    @Test
    void theEpochBeforeTheLastEndsAsAnyOther() {
        Transaction open = at(Status.EMPTY, (short) (LAST - 1)).with(PARTITION, (short) 2, 1);
        assertProducer(OLD, LAST, step(end(open, OLD, LAST - 1, true, 2, -1)).completed(3));
    }

    @Test
    void theLastEpochEndsWithItsOwnMarkerAndANewProducerId() {
        Transaction open = at(Status.EMPTY, LAST).with(PARTITION, (short) 2, 1);
        assertEquals(Verdict.WANTS_ID, end(open, OLD, LAST, true, 2, -1));
        Transaction prepared = step(end(open, OLD, LAST, true, 2, FRESH));
        assertProducer(OLD, Short.MAX_VALUE, prepared);
        Transaction complete = prepared.completed(3);
        assertProducer(FRESH, 0, complete);
        assertEquals(Verdict.REPEATED, end(complete, OLD, LAST, true, 2, -1));
        assertEquals(Verdict.refused(Errors.INVALID_TXN_STATE), end(complete, OLD, LAST, false, 2, -1));
        assertProducer(FRESH, 0, step(start(complete, OLD, LAST, -1)));
        assertEquals(Verdict.refused(Errors.PRODUCER_FENCED), start(complete, OLD, LAST - 1, -1));
        assertEquals(Verdict.refused(Errors.PRODUCER_FENCED), start(complete, OLD, 0, -1));
    }

    @Test
    void aStartAfterTheLastEpochGetsANewProducerId() {
        assertEquals(Verdict.WANTS_ID, start(at(Status.EMPTY, LAST), -1, -1, -1));
        assertProducer(FRESH, 0, step(start(at(Status.EMPTY, LAST), -1, -1, FRESH)));
        Transaction goesOn = step(start(at(Status.EMPTY, LAST), OLD, LAST, FRESH));
        assertProducer(FRESH, 0, goesOn);
        assertProducer(FRESH, 0, step(start(goesOn, OLD, LAST, -1)));
    }

    @Test
    void theFirstProtocolStaysAtTheLastEpochUntilTheNextStart() {
        Transaction open = at(Status.EMPTY, LAST).with(PARTITION, (short) 0, 1);
        assertProducer(OLD, LAST, step(end(open, OLD, LAST, true, 0, -1)).completed(3));
    }

    @Test
    void anAbortByTheBrokerInTheLastEpochGivesTheNextStartANewProducerId() {
        Transaction open = at(Status.EMPTY, LAST).with(PARTITION, (short) 0, 1);
        assertEquals(Verdict.WANTS_ID, start(open, -1, -1, -1));
        Transaction aborted = step(start(open, -1, -1, FRESH));
        assertProducer(OLD, Short.MAX_VALUE, aborted);
        assertProducer(FRESH, 0, aborted.completed(3));
        assertProducer(FRESH, 1, step(start(aborted.completed(3), -1, -1, -1)));
    }

    @Test
    void whileMarkersAreUnderWayEverybodyIsToldToComeAgain() {
        Transaction prepared = step(end(at(Status.EMPTY, (short) 3).with(PARTITION, (short) 2, 1), OLD, 3, true, 2, -1));
        assertEquals(Verdict.refused(Errors.CONCURRENT_TRANSACTIONS), end(prepared, OLD, 4, false, 2, -1));
        assertEquals(Verdict.refused(Errors.CONCURRENT_TRANSACTIONS), end(prepared, OLD, 3, true, 2, -1));
        assertEquals(Verdict.refused(Errors.CONCURRENT_TRANSACTIONS), start(prepared, -1, -1, -1));
    }
}
