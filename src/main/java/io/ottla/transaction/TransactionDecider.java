// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Decider;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.transaction.TransactionCommand.AbortLate;
import io.ottla.transaction.TransactionCommand.Add;
import io.ottla.transaction.TransactionCommand.Admission;
import io.ottla.transaction.TransactionCommand.Describe;
import io.ottla.transaction.TransactionCommand.DescribeAll;
import io.ottla.transaction.TransactionCommand.Description;
import io.ottla.transaction.TransactionCommand.End;
import io.ottla.transaction.TransactionCommand.FindLate;
import io.ottla.transaction.TransactionCommand.FindUnused;
import io.ottla.transaction.TransactionCommand.Identity;
import io.ottla.transaction.TransactionCommand.Init;
import io.ottla.transaction.TransactionCommand.MarkersWritten;
import io.ottla.transaction.TransactionCommand.Resume;
import io.ottla.transaction.TransactionCommand.SendMarkers;
import io.ottla.transaction.TransactionCommand.StopWaiting;
import io.ottla.transaction.TransactionCommand.Verify;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/**
 * The transactions of one shard, by transactional id. What has to be done outside follows from its replies: an order for
 * markers or for a producer id is a reply like any other, so it is given only when the decision behind it is durable.
 */
final class TransactionDecider implements Decider<TransactionCommand, TransactionEvent> {
    /** How long an {@link Add} waits for the markers of the transaction before. */
    private static final long PATIENCE_MS = 200;
    private static final int MAX_WAITING = 16;
    private static final long MARKER_RETRY_MS = 500;
    /** So many removals fit into one batch with room to spare. */
    private static final int REMOVALS_A_STEP = 500;

    private final TransactionSettings settings;
    private final TransactionErrands errands;
    private final Map<String, Held> held = new HashMap<>();
    private boolean watching;

    TransactionDecider(TransactionSettings settings, TransactionErrands errands) {
        this.settings = settings;
        this.errands = errands;
    }

    @Override
    public Outcome<TransactionCommand, TransactionEvent> decide(TransactionCommand command, Moment now) {
        Outcome.Builder<TransactionCommand, TransactionEvent> out = Outcome.builder();
        return switch (command) {
            case Init init -> init(init, now, out);
            case Add add -> add(add, now, out);
            case Verify verify -> out.reply(verify.caller(), verify(verify)).build();
            case End end -> end(end, now, out);
            case AbortLate late -> abortLate(late, now, out);
            case MarkersWritten written -> markersWritten(written, now, out);
            case SendMarkers retry -> orderMarkers(retry.id(), out).build();
            case Resume resume -> resume(resume, now, out);
            case StopWaiting stop -> stopWaiting(stop, out);
            case FindLate _ -> findLate(now, out);
            case FindUnused _ -> findUnused(now, out);
            case Describe describe -> out.reply(describe.caller(), describe(describe.id())).build();
            case DescribeAll all -> out.reply(all.caller(), held.values().stream().map(Held::transaction).toList()).build();
        };
    }

    private Transaction find(String id) {
        Held known = held.get(id);
        return known == null ? null : known.transaction();
    }

    private Outcome<TransactionCommand, TransactionEvent> init(Init init, Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        Transaction current = find(init.id());
        return switch (StartRules.decide(current, init, now.wallMs())) {
            case Verdict.Refused refused -> out.reply(init.caller(), Identity.refused(refused.error())).build();
            case Verdict.WantsId _ -> out.reply(errands.freshIdFor(init), init).build();
            case Verdict.Repeated _ -> throw new IllegalStateException("a start is never a repetition as a whole");
            case Verdict.Step step when step.next().status().prepared() -> prepare(step.next(), now,
                    out.reply(init.caller(), Identity.refused(Errors.CONCURRENT_TRANSACTIONS)));
            case Verdict.Step step -> out.event(new TransactionEvent.Changed(step.next()))
                    .reply(init.caller(), new Identity(Errors.NONE, step.next().producerId(), step.next().epoch())).build();
        };
    }

    private Outcome<TransactionCommand, TransactionEvent> end(End end, Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        Transaction current = find(end.id());
        return switch (EndRules.decide(current, end, now.wallMs())) {
            case Verdict.Refused refused -> out.reply(end.caller(), Identity.refused(refused.error())).build();
            case Verdict.WantsId _ -> out.reply(errands.freshIdFor(end), end).build();
            case Verdict.Repeated _ -> out.reply(end.caller(), new Identity(Errors.NONE, current.producerId(), current.epoch())).build();
            case Verdict.Step step -> {
                Transaction after = step.next().completed(now.wallMs());
                yield prepare(step.next(), now, out.reply(end.caller(), new Identity(Errors.NONE, after.producerId(), after.epoch())));
            }
        };
    }

    private Outcome<TransactionCommand, TransactionEvent> abortLate(
            AbortLate late, Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        Transaction current = find(late.id());
        boolean open = current != null && current.status() == Status.ONGOING
                && current.producerId() == late.producerId() && current.epoch() == late.epoch();
        if (!open) {
            return Outcome.nothing();
        }
        return switch (StartRules.abort(current, late.freshId(), now.wallMs())) {
            case Verdict.Step step -> prepare(step.next(), now, out);
            case Verdict.WantsId _ -> out.reply(errands.freshIdFor(late), late).build();
            case Verdict.Refused _, Verdict.Repeated _ -> throw new IllegalStateException("the abort of an open transaction is never refused");
        };
    }

    /** Decides the end of a transaction; its markers follow once that is durable. */
    private Outcome<TransactionCommand, TransactionEvent> prepare(
            Transaction prepared, Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        out.event(new TransactionEvent.Changed(prepared));
        if (prepared.partitions().isEmpty()) {
            return out.event(new TransactionEvent.Changed(prepared.completed(now.wallMs()))).build();
        }
        return orderMarkers(prepared, prepared.partitions(), held.get(prepared.id()).gate(), out).build();
    }

    private Outcome.Builder<TransactionCommand, TransactionEvent> orderMarkers(
            Transaction prepared, Set<TopicPartition> partitions, Gate gate, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        MarkerOrder order = new MarkerOrder(prepared.id(), prepared.producerId(), prepared.epoch(), prepared.status() == Status.PREPARE_COMMIT,
                partitions, prepared.updatedMs(), gate);
        return out.event(new TransactionEvent.Ordered(order)).reply(errands.markers(), order);
    }

    private Outcome.Builder<TransactionCommand, TransactionEvent> orderMarkers(String id, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        Held known = held.get(id);
        if (known != null && known.transaction().status().prepared()) {
            orderMarkers(known.transaction(), known.unmarked(), known.gate(), out);
        }
        return out;
    }

    private Outcome<TransactionCommand, TransactionEvent> markersWritten(
            MarkersWritten written, Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        String id = written.order().id();
        Held known = held.get(id);
        if (known == null || !known.awaits(written.order())) {
            return Outcome.nothing();
        }
        if (!written.unmarked().isEmpty()) {
            return out.event(new TransactionEvent.Marked(id, written.unmarked())).timer(new SendMarkers(id), now.elapsedMs() + MARKER_RETRY_MS).build();
        }
        out.event(new TransactionEvent.Changed(known.transaction().completed(now.wallMs())));
        return known.waiting().isEmpty() ? out.build() : out.then(new Resume(id));
    }

    private Outcome<TransactionCommand, TransactionEvent> add(Add add, Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        Held known = held.get(add.id());
        if (known == null) {
            return out.reply(add.caller(), Admission.refused(Errors.INVALID_PRODUCER_ID_MAPPING)).build();
        }
        if (!known.transaction().status().prepared()) {
            return admit(add, known, now, out).build();
        }
        if (!add.patient() || known.waiting().size() == MAX_WAITING) {
            return out.reply(add.caller(), Admission.refused(Errors.CONCURRENT_TRANSACTIONS)).build();
        }
        return out.event(new TransactionEvent.Parked(add)).timer(new StopWaiting(add.id()), now.elapsedMs() + PATIENCE_MS).build();
    }

    private Outcome.Builder<TransactionCommand, TransactionEvent> admit(
            Add add, Held known, Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        Transaction current = known.transaction();
        Errors identity = check(current, add.producerId(), add.epoch());
        if (identity != Errors.NONE) {
            return out.reply(add.caller(), Admission.refused(identity));
        }
        boolean begins = current.status() != Status.ONGOING;
        Gate gate = begins ? new Gate(current.producerId(), current.epoch()) : known.gate();
        if (begins || !current.partitions().containsAll(add.partitions())) {
            out.event(new TransactionEvent.Changed(current.with(add.partitions(), add.version(), now.wallMs())));
        }
        if (begins) {
            out.event(new TransactionEvent.Opened(add.id(), gate));
            watch(now, out);
        }
        return out.reply(add.caller(), new Admission(Errors.NONE, Set.of(), gate));
    }

    private void watch(Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        if (!watching) {
            out.event(new TransactionEvent.Watching(true)).timer(new FindLate(), now.elapsedMs() + settings.abortIntervalMs());
        }
    }

    private static Errors check(Transaction current, long producerId, short epoch) {
        if (current.producerId() != producerId) {
            return Errors.INVALID_PRODUCER_ID_MAPPING;
        }
        return current.epoch() == epoch ? Errors.NONE : Errors.PRODUCER_FENCED;
    }

    private Admission verify(Verify verify) {
        Held known = held.get(verify.id());
        if (known == null) {
            return Admission.refused(Errors.INVALID_PRODUCER_ID_MAPPING);
        }
        Transaction current = known.transaction();
        Errors identity = check(current, verify.producerId(), verify.epoch());
        if (identity != Errors.NONE) {
            return Admission.refused(identity);
        }
        if (current.status().prepared()) {
            return Admission.refused(Errors.CONCURRENT_TRANSACTIONS);
        }
        Set<TopicPartition> missing = new HashSet<>(verify.partitions());
        missing.removeAll(current.partitions());
        return new Admission(Errors.NONE, missing, known.gate());
    }

    /** Takes up the first who waited, in the same step as the end of what it waited for, and then the next. */
    private Outcome<TransactionCommand, TransactionEvent> resume(
            Resume resume, Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        Held known = held.get(resume.id());
        if (known.waiting().isEmpty()) {
            return out.cancel(new StopWaiting(resume.id())).build();
        }
        return admit(known.waiting().getFirst(), known, now, out.event(new TransactionEvent.Resumed(resume.id(), 1))).then(resume);
    }

    private Outcome<TransactionCommand, TransactionEvent> stopWaiting(StopWaiting stop, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        Held known = held.get(stop.id());
        if (known == null) {
            return Outcome.nothing();
        }
        known.waiting().forEach(add -> out.reply(add.caller(), Admission.refused(Errors.CONCURRENT_TRANSACTIONS)));
        return out.event(new TransactionEvent.Resumed(stop.id(), known.waiting().size())).build();
    }

    private Outcome<TransactionCommand, TransactionEvent> findLate(Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        boolean open = false;
        for (Held each : held.values()) {
            Transaction current = each.transaction();
            open |= current.status() == Status.ONGOING;
            if (current.status() == Status.ONGOING && current.deadlineMs() < now.wallMs()) {
                out.timer(new AbortLate(current.id(), current.producerId(), current.epoch(), Transaction.NO_ID), now.elapsedMs());
            }
        }
        return open ? out.timer(new FindLate(), now.elapsedMs() + settings.abortIntervalMs()).build()
                : out.event(new TransactionEvent.Watching(false)).build();
    }

    private Outcome<TransactionCommand, TransactionEvent> findUnused(Moment now, Outcome.Builder<TransactionCommand, TransactionEvent> out) {
        long unusedSinceMs = now.wallMs() - settings.idExpirationMs();
        int found = 0;
        for (Held each : held.values()) {
            Transaction current = each.transaction();
            boolean idle = current.status() == Status.EMPTY || current.status().complete();
            if (idle && current.updatedMs() <= unusedSinceMs && found++ < REMOVALS_A_STEP) {
                out.event(new TransactionEvent.Removed(current.id()));
            }
        }
        long pauseMs = found > REMOVALS_A_STEP ? 0 : settings.removeIntervalMs();
        return out.timer(new FindUnused(), now.elapsedMs() + pauseMs).build();
    }

    private Description describe(String id) {
        Held known = held.get(id);
        return known == null ? Description.refused(Errors.TRANSACTIONAL_ID_NOT_FOUND) : known.describe();
    }

    @Override
    public void apply(TransactionEvent event) {
        switch (event) {
            case TransactionEvent.Changed changed -> held.computeIfAbsent(changed.to().id(), id -> new Held()).change(changed.to());
            case TransactionEvent.Opened opened -> held.get(opened.id()).open(opened.gate());
            case TransactionEvent.Removed removed -> held.remove(removed.id());
            case TransactionEvent.Ordered ordered -> held.get(ordered.order().id()).await(ordered.order());
            case TransactionEvent.Marked marked -> held.get(marked.id()).mark(marked.unmarked());
            case TransactionEvent.Parked parked -> held.get(parked.command().id()).park(parked.command());
            case TransactionEvent.Resumed resumed -> held.get(resumed.id()).dropWaiting(resumed.count());
            case TransactionEvent.Watching change -> watching = change.on();
        }
    }

    @Override
    public JournalEntry encode(TransactionEvent event) {
        return switch (event) {
            case TransactionEvent.Changed changed -> new JournalEntry.Plain(
                    TransactionRecords.key(changed.to().id()), TransactionRecords.value(changed.to()));
            case TransactionEvent.Removed removed -> new JournalEntry.Plain(TransactionRecords.key(removed.id()), null);
            case TransactionEvent.Opened _, TransactionEvent.Ordered _, TransactionEvent.Marked _, TransactionEvent.Parked _, TransactionEvent.Resumed _,
                    TransactionEvent.Watching _ -> null;
        };
    }

    @Override
    public TransactionEvent decode(JournalEntry entry) {
        if (!(entry instanceof JournalEntry.Plain plain)) {
            return null;
        }
        String id = TransactionRecords.readKey(plain.key());
        if (id == null) {
            return null;
        }
        if (plain.value() == null) {
            return new TransactionEvent.Removed(id);
        }
        Transaction transaction = TransactionRecords.readValue(id, plain.value());
        return transaction == null ? null : new TransactionEvent.Changed(transaction);
    }

    /** Takes up what an earlier life left: markers of prepared transactions, and open ones that may be late. */
    @Override
    public Outcome<TransactionCommand, TransactionEvent> loaded(Moment now) {
        Outcome.Builder<TransactionCommand, TransactionEvent> out = Outcome.builder();
        for (Held each : held.values()) {
            Transaction current = each.transaction();
            orderMarkers(current.id(), out);
            if (current.status() == Status.ONGOING) {
                out.event(new TransactionEvent.Opened(current.id(), new Gate(current.producerId(), current.epoch())));
            }
        }
        if (held.values().stream().anyMatch(each -> each.transaction().status() == Status.ONGOING)) {
            watch(now, out);
        }
        return out.timer(new FindUnused(), now.elapsedMs() + settings.removeIntervalMs()).build();
    }

    @Override
    public void abandon(Errors error) {
        held.values().forEach(each -> each.abandon(error));
    }
}
