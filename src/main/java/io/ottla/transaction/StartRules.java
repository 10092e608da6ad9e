// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.transaction.TransactionCommand.Init;
import org.apache.kafka.common.protocol.Errors;

/**
 * What a starting producer gets (KIP-98): the next epoch, which fences whoever used the id before. One that says what it had
 * goes on if nobody came in between, and gets the same again if it asks again (KIP-360).
 */
final class StartRules {
    private StartRules() {}

    /** @param current null for an id that nobody has used; a step out of an open transaction is its abort, and no answer for the producer yet */
    static Verdict decide(Transaction current, Init asked, long nowMs) {
        if (current == null) {
            return asked.freshId() == Transaction.NO_ID ? Verdict.WANTS_ID
                    : new Verdict.Step(Transaction.created(asked.id(), asked.freshId(), asked.timeoutMs(), nowMs)
                            .started(asked.timeoutMs(), Transaction.NO_EPOCH, nowMs));
        }
        boolean knowsItself = asked.expectedId() != Transaction.NO_ID;
        if (current.status().prepared()) {
            return Verdict.refused(Errors.CONCURRENT_TRANSACTIONS);
        }
        if (knowsItself && asked.expectedId() != current.producerId() && !current.followed(asked.expectedId(), asked.expectedEpoch())) {
            return Verdict.refused(Errors.PRODUCER_FENCED);
        }
        if (current.status() == Status.ONGOING) {
            return abort(current, asked.freshId(), nowMs);
        }
        return knowsItself ? goOn(current, asked, nowMs) : startAnew(current, asked, nowMs);
    }

    /** Ends an open transaction in the broker's own right: the epoch is raised whichever protocol its producer speaks. */
    static Verdict abort(Transaction current, long freshId, long nowMs) {
        return current.exhausted() && freshId == Transaction.NO_ID ? Verdict.WANTS_ID
                : new Verdict.Step(current.preparedAndFenced(false, freshId, nowMs));
    }

    private static Verdict startAnew(Transaction current, Init asked, long nowMs) {
        if (!current.exhausted()) {
            return new Verdict.Step(current.started(asked.timeoutMs(), Transaction.NO_EPOCH, nowMs));
        }
        return asked.freshId() == Transaction.NO_ID ? Verdict.WANTS_ID
                : new Verdict.Step(current.startedAs(asked.freshId(), asked.timeoutMs(), Transaction.NO_EPOCH, nowMs));
    }

    private static Verdict goOn(Transaction current, Init asked, long nowMs) {
        if (asked.expectedEpoch() == current.epoch()) {
            if (!current.exhausted()) {
                return new Verdict.Step(current.started(asked.timeoutMs(), current.epoch(), nowMs));
            }
            return asked.freshId() == Transaction.NO_ID ? Verdict.WANTS_ID
                    : new Verdict.Step(current.startedAs(asked.freshId(), asked.timeoutMs(), current.epoch(), nowMs));
        }
        return asked.expectedEpoch() == current.lastEpoch()
                ? new Verdict.Step(current.startedAgain(asked.timeoutMs(), nowMs))
                : Verdict.refused(Errors.PRODUCER_FENCED);
    }
}
