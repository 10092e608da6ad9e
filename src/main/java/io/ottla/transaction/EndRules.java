// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.transaction.TransactionCommand.End;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a producer that ends its transaction gets. In the first protocol its epoch stays, so that an end after the end is taken
 * for a repetition; in the second (KIP-890) each end raises the epoch, which tells a repetition from the next end.
 */
final class EndRules {
    private EndRules() {}

    /** @param current null for an id that is not known */
    static Verdict decide(Transaction current, End asked, long nowMs) {
        if (current == null) {
            return Verdict.refused(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        return asked.version() == Transaction.SECOND_PROTOCOL ? second(current, asked, nowMs) : first(current, asked, nowMs);
    }

    private static Verdict first(Transaction current, End asked, long nowMs) {
        if (asked.producerId() != current.producerId()) {
            return Verdict.refused(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        if (asked.epoch() != current.epoch()) {
            return Verdict.refused(Errors.PRODUCER_FENCED);
        }
        return switch (current.status()) {
            case ONGOING -> new Verdict.Step(current.prepared(asked.commit(), nowMs));
            case PREPARE_COMMIT, PREPARE_ABORT -> Verdict.refused(Errors.CONCURRENT_TRANSACTIONS);
            case COMPLETE_COMMIT, COMPLETE_ABORT -> done(current, asked);
            case EMPTY, DEAD, PREPARE_EPOCH_FENCE -> Verdict.refused(Errors.INVALID_TXN_STATE);
        };
    }

    private static Verdict second(Transaction current, End asked, long nowMs) {
        if (current.status().prepared()) {
            // First of all, as the producer may know already which id and epoch it has after this transaction.
            return Verdict.refused(Errors.CONCURRENT_TRANSACTIONS);
        }
        boolean repeatedOverRotation = asked.producerId() == current.previousProducerId() && asked.producerId() != current.producerId()
                && asked.epoch() == Short.MAX_VALUE - 1 && current.epoch() == 0;
        boolean repeated = repeatedOverRotation || current.epoch() == asked.epoch() + 1;
        if (asked.producerId() != current.producerId() && !repeatedOverRotation) {
            return Verdict.refused(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        boolean now = asked.epoch() == current.epoch();
        return switch (current.status()) {
            case ONGOING -> now ? end(current, asked, nowMs) : Verdict.refused(Errors.PRODUCER_FENCED);
            case COMPLETE_COMMIT, COMPLETE_ABORT -> repeated ? done(current, asked) : now ? endOfNothing(current, asked, nowMs) : Verdict.refused(Errors.PRODUCER_FENCED);
            case EMPTY -> now ? endOfNothing(current, asked, nowMs) : Verdict.refused(Errors.PRODUCER_FENCED);
            case PREPARE_COMMIT, PREPARE_ABORT, DEAD, PREPARE_EPOCH_FENCE -> Verdict.refused(Errors.INVALID_TXN_STATE);
        };
    }

    private static Verdict done(Transaction current, End asked) {
        boolean same = asked.commit() == (current.status() == Status.COMPLETE_COMMIT);
        return same ? Verdict.REPEATED : Verdict.refused(Errors.INVALID_TXN_STATE);
    }

    /** A producer that gave up before the first write arrived aborts all the same, so that a late write is fenced. */
    private static Verdict endOfNothing(Transaction current, End asked, long nowMs) {
        return asked.commit() ? Verdict.refused(Errors.INVALID_TXN_STATE) : end(current, asked, nowMs);
    }

    private static Verdict end(Transaction current, End asked, long nowMs) {
        return current.exhausted() && asked.freshId() == Transaction.NO_ID ? Verdict.WANTS_ID
                : new Verdict.Step(current.preparedAndFenced(asked.commit(), asked.freshId(), nowMs));
    }
}
