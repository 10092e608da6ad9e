// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.clients.TransactionHistory.Anomaly;
import io.ottla.clients.TransactionHistory.Attempt;
import io.ottla.clients.TransactionHistory.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The checker finds each anomaly in a history that was broken on purpose, and none in one that was not. */
class TransactionHistoryTest {
    private final TransactionHistory history = new TransactionHistory();

    @BeforeEach
    void transactions() {
        history.add(new Attempt("a", Set.of(0, 1), Outcome.COMMITTED, 10, 20));
        history.add(new Attempt("b", Set.of(0, 1), Outcome.ABORTED, 30, 40));
        history.add(new Attempt("c", Set.of(0, 1), Outcome.UNKNOWN, 50, Long.MAX_VALUE));
        history.add(new Attempt("d", Set.of(0), Outcome.COMMITTED, 60, 70));
    }

    private Set<Anomaly> read(List<String> first, List<String> second) {
        history.addRead(Map.of(0, first, 1, second));
        return history.anomalies().keySet();
    }

    @Test
    void nothingIsWrongWithAnUnknownOutcomeEitherWay() {
        assertEquals(Set.of(), read(List.of("a", "d"), List.of("a")));
        assertEquals(Set.of(), read(List.of("a", "d", "c"), List.of("a", "c")));
    }

    @Test
    void lostWrite() {
        assertEquals(Set.of(Anomaly.LOST_WRITE), read(List.of("a"), List.of("a")));
    }

    @Test
    void abortedRead() {
        assertEquals(Set.of(Anomaly.ABORTED_READ), read(List.of("a", "b", "d"), List.of("a", "b")));
    }

    @Test
    void tornTransaction() {
        assertEquals(Set.of(Anomaly.TORN_TRANSACTION), read(List.of("a", "c", "d"), List.of("a")));
    }

    @Test
    void duplicate() {
        assertEquals(Set.of(Anomaly.DUPLICATE), read(List.of("a", "d", "d"), List.of("a")));
    }

    @Test
    void phantom() {
        assertEquals(Set.of(Anomaly.PHANTOM), read(List.of("a", "x", "d"), List.of("a")));
    }

    @Test
    void changedRead() {
        history.addRead(Map.of(0, List.of("a", "c")));
        assertEquals(Set.of(Anomaly.CHANGED_READ), read(List.of("a", "d", "c"), List.of("a", "c")));
    }

    @Test
    void realTimeCycle() {
        assertEquals(Set.of(Anomaly.REAL_TIME_CYCLE), read(List.of("d", "a"), List.of("a")));
    }

    @Test
    void informationCycle() {
        history.add(new Attempt("e", Set.of(1), Outcome.COMMITTED, 80, 100, Set.of("f")));
        history.add(new Attempt("f", Set.of(1), Outcome.COMMITTED, 80, 100, Set.of("e")));
        assertEquals(Set.of(Anomaly.INFORMATION_CYCLE), read(List.of("a", "d"), List.of("a", "e", "f")));
    }

    @Test
    void readFromTheFuture() {
        history.add(new Attempt("e", Set.of(1), Outcome.COMMITTED, 80, 100, Set.of("a", "f")));
        history.add(new Attempt("f", Set.of(1), Outcome.COMMITTED, 110, 120));
        assertEquals(Set.of(Anomaly.INFORMATION_CYCLE), read(List.of("a", "d"), List.of("a", "e", "f")));
    }

    @Test
    void writeCyclesOfTransactionsThatOverlapAreCountedApart() {
        history.add(new Attempt("e", Set.of(0, 1), Outcome.COMMITTED, 80, 100));
        history.add(new Attempt("f", Set.of(0, 1), Outcome.COMMITTED, 80, 100));
        assertEquals(Set.of(), read(List.of("a", "d", "e", "f"), List.of("a", "f", "e")));
        assertEquals(List.of(Set.of("e", "f")), history.writeCycles());
    }
}
