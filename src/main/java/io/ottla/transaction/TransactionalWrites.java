// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Caller;
import io.ottla.transaction.TransactionCommand.Add;
import io.ottla.transaction.TransactionCommand.Admission;
import io.ottla.transaction.TransactionCommand.Verify;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets the transactional writes of clients into partitions, and only while their transaction is open (KIP-890). The first
 * write into a partition asks the coordinator; the others find a gate that it has opened for them. The writes of one
 * producer that have to ask keep their order. Safe for any thread, and never blocks.
 */
public final class TransactionalWrites {
    private static final Logger LOG = LoggerFactory.getLogger(TransactionalWrites.class);

    /** What is asked for a client, by what its version of the request can do. */
    public enum Asking {
        /** The partition must have been added; errors are those that old clients know. */
        VERIFY_OLD,
        /** The partition must have been added. */
        VERIFY,
        /** The partition is added with the write (TV2). */
        ADD
    }

    /** A write that wants to begin; all its partitions exist. */
    public record Write(String transactionalId, long producerId, short epoch, Set<TopicPartition> partitions, Asking asking) {}

    /** A place inside an open transaction. The transaction cannot end before it is left. */
    public interface Pass {
        void leave();
    }

    /** Told once whether a write may begin. */
    @FunctionalInterface
    public interface Answer {
        /**
         * @param pass    to be left when the write has ended; null if every partition is refused
         * @param refused INVALID_PRODUCER_ID_MAPPING, INVALID_PRODUCER_EPOCH, INVALID_TXN_STATE, TRANSACTION_ABORTABLE, INVALID_REQUEST, or to be
         *     tried again: CONCURRENT_TRANSACTIONS, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR
         */
        void given(Pass pass, Map<TopicPartition, Errors> refused);
    }

    private record Waiting(Write write, Answer answer) {}

    /** For writes that are not checked. */
    private static final Pass UNCHECKED = () -> { };

    private final BiConsumer<String, TransactionCommand> coordinator;
    private final BooleanSupplier verify;
    /** The open transaction of each producer id that has written since the process started. */
    private final Map<Long, Gate> gates = new ConcurrentHashMap<>();
    /** For each producer id whose first write is asked about: that, and those behind it. Bounded by the requests under way. */
    private final Map<Long, Queue<Waiting>> lines = new ConcurrentHashMap<>();

    /** @param verify whether the writes of clients that add partitions themselves are checked */
    TransactionalWrites(BiConsumer<String, TransactionCommand> coordinator, BooleanSupplier verify) {
        this.coordinator = coordinator;
        this.verify = verify;
    }

    /** A place for a write into partitions that its transaction is known to have, or null if {@link #ask} has to find out. */
    public Pass enter(Write write) {
        if (!verify.getAsBoolean() && write.asking != Asking.ADD) {
            return UNCHECKED;
        }
        return lines.containsKey(write.producerId) ? null : enterGate(write, write.partitions);
    }

    private Gate enterGate(Write write, Set<TopicPartition> partitions) {
        Gate gate = gates.get(write.producerId);
        return gate != null && gate.enter(write.epoch, partitions) ? gate : null;
    }

    /** Finds out whether a write may begin; answers now or later, from any thread, in the order of a producer's calls. */
    public void ask(Write write, Answer answer) {
        Waiting waiting = new Waiting(write, answer);
        boolean[] first = new boolean[1];
        lines.compute(write.producerId, (id, line) -> {
            first[0] = line == null;
            Queue<Waiting> queue = first[0] ? new ArrayDeque<>() : line;
            queue.add(waiting);
            return queue;
        });
        if (first[0]) {
            serve(waiting);
        }
    }

    private void serve(Waiting first) {
        Waiting waiting = first;
        while (waiting != null) {
            Gate gate = enterGate(waiting.write, waiting.write.partitions);
            if (gate == null) {
                submit(waiting);
                return;
            }
            give(waiting, gate, Map.of());
            waiting = next(waiting);
        }
    }

    /** Takes the first out of its line and returns the one behind it. */
    private Waiting next(Waiting served) {
        Waiting[] next = new Waiting[1];
        lines.computeIfPresent(served.write.producerId, (id, line) -> {
            line.remove();
            next[0] = line.peek();
            return line.isEmpty() ? null : line;
        });
        return next[0];
    }

    private void submit(Waiting waiting) {
        Write write = waiting.write;
        Caller<Admission> caller = new Once<>(admission -> {
            admitted(waiting, admission);
            serve(next(waiting));
        }, Admission::refused);
        coordinator.accept(write.transactionalId, write.asking == Asking.ADD
                ? new Add(write.transactionalId, write.producerId, write.epoch, write.partitions, Transaction.SECOND_PROTOCOL, true, caller)
                : new Verify(write.transactionalId, write.producerId, write.epoch, write.partitions, caller));
    }

    private void admitted(Waiting waiting, Admission admission) {
        Write write = waiting.write;
        if (admission.error() != Errors.NONE) {
            give(waiting, null, refusals(write.partitions, known(admission.error(), write.asking)));
            return;
        }
        Set<TopicPartition> allowed = new HashSet<>(write.partitions);
        allowed.removeAll(admission.missing());
        Map<TopicPartition, Errors> refused = refusals(admission.missing(), known(Errors.TRANSACTION_ABORTABLE, write.asking));
        if (allowed.isEmpty()) {
            give(waiting, null, refused);
            return;
        }
        open(admission.gate(), allowed);
        Gate gate = enterGate(write, allowed);
        give(waiting, gate, gate == null ? refusals(write.partitions, Errors.CONCURRENT_TRANSACTIONS) : refused);
    }

    private void open(Gate gate, Set<TopicPartition> partitions) {
        gate.open(partitions);
        Gate before = gates.put(gate.producerId(), gate);
        if (before != null && before != gate) {
            gate.follow(before);
        }
        if (gate.closed()) {
            gates.remove(gate.producerId(), gate);
        }
    }

    /** Lets nothing more into a transaction whose end is decided, and calls back when nothing is inside. */
    void end(MarkerOrder order, Runnable whenEmpty) {
        Gate known = gates.remove(order.producerId());
        Runnable next = order.gate() == null || order.gate() == known ? whenEmpty : () -> order.gate().close(whenEmpty);
        if (known == null) {
            next.run();
        } else {
            known.close(next);
        }
    }

    private static Errors known(Errors error, Asking asking) {
        return switch (error) {
            case PRODUCER_FENCED -> Errors.INVALID_PRODUCER_EPOCH;
            case TRANSACTION_ABORTABLE -> asking == Asking.VERIFY_OLD ? Errors.INVALID_TXN_STATE : error;
            default -> error;
        };
    }

    private static Map<TopicPartition, Errors> refusals(Set<TopicPartition> partitions, Errors error) {
        Map<TopicPartition, Errors> refused = new HashMap<>();
        partitions.forEach(partition -> refused.put(partition, error));
        return refused;
    }

    private static void give(Waiting waiting, Gate gate, Map<TopicPartition, Errors> refused) {
        try {
            waiting.answer.given(gate, refused);
        } catch (RuntimeException e) {
            LOG.error("event=transactional-write-failed transactional_id={} producer_id={} action=none",
                    waiting.write.transactionalId, waiting.write.producerId, e);
        }
    }
}
