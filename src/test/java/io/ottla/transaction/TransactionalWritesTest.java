// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ottla.transaction.TransactionCommand.Add;
import io.ottla.transaction.TransactionCommand.Admission;
import io.ottla.transaction.TransactionalWrites.Asking;
import io.ottla.transaction.TransactionalWrites.Pass;
import io.ottla.transaction.TransactionalWrites.Write;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class TransactionalWritesTest {
    private static final long PRODUCER = 5;
    private static final TopicPartition A = new TopicPartition("a", 0);
    private static final TopicPartition B = new TopicPartition("b", 0);

    private final Queue<TransactionCommand> asked = new ArrayDeque<>();
    private final TransactionalWrites writes = new TransactionalWrites((id, command) -> asked.add(command), () -> true);
    private final List<String> answers = new ArrayList<>();
    private final List<Pass> passes = new ArrayList<>();
    private final Gate gate = new Gate(PRODUCER, (short) 0);

    private static Write write(TopicPartition... partitions) {
        return new Write("t", PRODUCER, (short) 0, Set.of(partitions), Asking.ADD);
    }

    private void ask(String name, TopicPartition... partitions) {
        writes.ask(write(partitions), (pass, refused) -> {
            answers.add(name + (pass == null ? " refused " + Map.copyOf(refused) : " passes"));
            if (pass != null) {
                passes.add(pass);
            }
        });
    }

    private void grant() {
        ((Add) asked.remove()).caller().answer(new Admission(Errors.NONE, Set.of(), gate));
    }

    private MarkerOrder order(Gate of) {
        return new MarkerOrder("t", PRODUCER, (short) 0, true, Set.of(A), 0, of);
    }

    @Test
    void theFirstWriteAsksAndTheOthersDoNot() {
        assertNull(writes.enter(write(A)));
        ask("first", A);
        grant();
        assertEquals(List.of("first passes"), answers);
        assertNotNull(writes.enter(write(A)));
        assertNull(writes.enter(write(A, B)));
        assertNull(writes.enter(new Write("t", PRODUCER, (short) 1, Set.of(A), Asking.ADD)));
    }

    @Test
    void writesOfAProducerKeepTheirOrderWhileOneIsAskedAbout() {
        ask("one", A);
        ask("two", B);
        ask("three", A);
        assertNull(writes.enter(write(A)));
        grant();
        assertEquals(List.of("one passes"), answers);
        grant();
        assertEquals(List.of("one passes", "two passes", "three passes"), answers);
        assertEquals(0, asked.size());
    }

    @Test
    void markersWaitForTheWritesInside() {
        ask("one", A);
        grant();
        Pass second = writes.enter(write(A));
        writes.end(order(gate), () -> answers.add("markers"));
        assertNull(writes.enter(write(A)));
        passes.getFirst().leave();
        assertEquals(List.of("one passes"), answers);
        second.leave();
        assertEquals(List.of("one passes", "markers"), answers);
    }

    @Test
    void markersWaitAlsoForWritesOfBeforeTheShardWasLoadedAnew() {
        ask("old", A);
        grant();
        gate.close(() -> { });
        Gate anew = new Gate(PRODUCER, (short) 0);
        ask("new", A);
        ((Add) asked.remove()).caller().answer(new Admission(Errors.NONE, Set.of(), anew));
        passes.get(1).leave();
        writes.end(order(anew), () -> answers.add("markers"));
        assertEquals(List.of("old passes", "new passes"), answers);
        passes.get(0).leave();
        assertEquals(List.of("old passes", "new passes", "markers"), answers);
    }

    @Test
    void anAdmissionThatComesAfterTheEndIsRefused() {
        ask("late", A);
        writes.end(order(gate), () -> answers.add("markers"));
        grant();
        assertEquals(List.of("markers", "late refused {a-0=CONCURRENT_TRANSACTIONS}"), answers);
    }

    @Test
    void oldClientsGetTheErrorsThatTheyKnow() {
        for (Asking asking : List.of(Asking.VERIFY_OLD, Asking.VERIFY)) {
            writes.ask(new Write("t", PRODUCER, (short) 0, Set.of(A), asking), (pass, refused) -> answers.add(refused.get(A).name()));
            ((TransactionCommand.Verify) asked.remove()).caller().answer(new Admission(Errors.NONE, Set.of(A), null));
        }
        ask("fenced", A);
        ((Add) asked.remove()).caller().answer(Admission.refused(Errors.PRODUCER_FENCED));
        assertEquals(List.of("INVALID_TXN_STATE", "TRANSACTION_ABORTABLE", "fenced refused {a-0=INVALID_PRODUCER_EPOCH}"), answers);
    }
}
