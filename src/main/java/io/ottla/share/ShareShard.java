// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Decider;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;

/** The share partitions of one partition of __share_group_state: which records are whose, and which are done with. */
final class ShareShard implements Decider<ShareCommand, ShareEvent> {
    /** Runs in one answer to {@link ShareCommand.Condense}, and what a partition counts for without any. */
    private static final int CONDENSE_RUNS = 8_000;
    private static final int CONDENSE_RUNS_EACH = 20;

    private final Function<String, ShareGroupConfig> configs;
    private final Caller<DeadLetter> deadLetters;
    private final Caller<SharePartitionKey> pruning;
    private final long pruneMs;
    private final Map<SharePartitionKey, SharePartition> partitions = new HashMap<>();

    /**
     * @param configs     what is in force for a group
     * @param deadLetters gets what is to be written to dead-letter topics, and says so by {@link ShareCommand.DeadLetterWritten}
     * @param pruning     gets one of our partitions from time to time, to shorten our journal by {@link ShareCommand.Condense}
     * @param pruneMs     how often
     */
    ShareShard(Function<String, ShareGroupConfig> configs, Caller<DeadLetter> deadLetters, Caller<SharePartitionKey> pruning, long pruneMs) {
        this.configs = configs;
        this.deadLetters = deadLetters;
        this.pruning = pruning;
        this.pruneMs = pruneMs;
    }

    @Override
    public Outcome<ShareCommand, ShareEvent> decide(ShareCommand command, Moment now) {
        return switch (command) {
            case ShareCommand.Initialize initialize -> initialize(initialize, now);
            case ShareCommand.Start start -> start(start, now);
            case ShareCommand.Look look -> look(look);
            case ShareCommand.Acquire acquire -> withStarted(acquire.key(), Outcome.reply(acquire.caller(), List.of()),
                    partition -> Acquiring.decide(partition, configOf(partition), acquire, now));
            case ShareCommand.Acknowledge request -> withStarted(
                    request.key(), Outcome.reply(request.caller(), Errors.UNKNOWN_TOPIC_OR_PARTITION),
                    partition -> acknowledging(partition, now).acknowledge(request));
            case ShareCommand.Release release -> withStarted(release.key(), Outcome.reply(release.caller(), Errors.NONE),
                    partition -> acknowledging(partition, now).release(release));
            case ShareCommand.Wait wait -> await(wait);
            case ShareCommand.WaitNoMore wait -> withStarted(wait.key(), Outcome.nothing(),
                    partition -> event(new ShareEvent.WaitingNoMore(wait.key(), wait.caller())));
            case ShareCommand.Read read -> Outcome.reply(read.caller(),
                    partitions.containsKey(read.key()) ? partitions.get(read.key()).snapshot(now.wallMs()) : null);
            case ShareCommand.ReadAsLeader read -> Leading.read(partitions.get(read.key()), read, now);
            case ShareCommand.Write write -> Leading.write(partitions.get(write.key()), write);
            case ShareCommand.Remove remove -> remove(remove);
            case ShareCommand.Condense condense -> condense(condense, now);
            case ShareCommand.PruneDue due -> prune(due, now);
            case ShareCommand.LocksOver over -> withStarted(over.key(), Outcome.nothing(),
                    partition -> acknowledging(partition, now).locksOver());
            case ShareCommand.DeadLetterWritten written -> withStarted(written.key(), Outcome.nothing(),
                    partition -> acknowledging(partition, now).deadLetterWritten(written));
            case ShareCommand.Snapshot snapshot -> withStarted(snapshot.key(), Outcome.nothing(),
                    partition -> event(new ShareEvent.Repeated(partition.key, partition.snapshot(now.wallMs()))));
        };
    }

    private ShareGroupConfig configOf(SharePartition partition) {
        return configs.apply(partition.key.groupId());
    }

    private Acknowledging acknowledging(SharePartition partition, Moment now) {
        return new Acknowledging(partition, configOf(partition), now, deadLetters);
    }

    private static Outcome<ShareCommand, ShareEvent> event(ShareEvent event) {
        return Outcome.<ShareCommand, ShareEvent>builder().event(event).build();
    }

    private Outcome<ShareCommand, ShareEvent> withStarted(
            SharePartitionKey key,
            Outcome<ShareCommand, ShareEvent> otherwise,
            Function<SharePartition, Outcome<ShareCommand, ShareEvent>> decision) {
        SharePartition partition = partitions.get(key);
        return partition == null || !partition.started() ? otherwise : decision.apply(partition);
    }

    private Outcome<ShareCommand, ShareEvent> initialize(ShareCommand.Initialize initialize, Moment now) {
        SharePartition known = partitions.get(initialize.key());
        if (known != null && known.stateEpoch() > initialize.stateEpoch()) {
            return Outcome.reply(initialize.caller(), Errors.FENCED_STATE_EPOCH);
        }
        if (known != null && known.stateEpoch() == initialize.stateEpoch() && !initialize.anew()) {
            return Outcome.reply(initialize.caller(), Errors.NONE);
        }
        int snapshotEpoch = known == null ? 0 : known.snapshotEpoch() + 1;
        int leaderEpoch = known == null ? 0 : known.leaderEpoch();
        ShareSnapshot fresh = new ShareSnapshot(
                snapshotEpoch, initialize.stateEpoch(), leaderEpoch, initialize.startOffset(), 0, now.wallMs(), now.wallMs(), List.of());
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        outcome.event(new ShareEvent.Begun(initialize.key(), fresh)).reply(initialize.caller(), Errors.NONE);
        if (known != null) {
            known.waiting.forEach(caller -> outcome.reply(caller, true));
            outcome.event(new ShareEvent.Freed(initialize.key()));
        }
        return outcome.build();
    }

    private Outcome<ShareCommand, ShareEvent> start(ShareCommand.Start start, Moment now) {
        SharePartition partition = partitions.get(start.key());
        if (partition == null) {
            return Outcome.reply(start.caller(), Errors.UNKNOWN_TOPIC_OR_PARTITION);
        }
        if (partition.started()) {
            return Outcome.reply(start.caller(), Errors.NONE);
        }
        ShareEvent begun = new ShareEvent.Written(
                partition.key, partition.snapshotEpoch(), partition.leaderEpoch(), start.offset(), 0, List.of());
        return Outcome.of(List.of(begun), start.caller(), Errors.NONE);
    }

    private Outcome<ShareCommand, ShareEvent> look(ShareCommand.Look look) {
        SharePartition partition = partitions.get(look.key());
        if (partition == null) {
            return Outcome.reply(look.caller(), new Position.Unknown());
        }
        if (!partition.started()) {
            return Outcome.reply(look.caller(), new Position.NotStarted());
        }
        if (look.logStart() > partition.startOffset()) {
            return Outcome.<ShareCommand, ShareEvent>builder().event(new ShareEvent.LogStartMoved(look.key(), look.logStart())).then(look);
        }
        return Outcome.reply(look.caller(), Acquiring.look(partition, configOf(partition), look.maxRecords()));
    }

    private Outcome<ShareCommand, ShareEvent> await(ShareCommand.Wait wait) {
        SharePartition partition = partitions.get(wait.key());
        if (partition == null) {
            return Outcome.reply(wait.caller(), false);
        }
        return partition.freed() != wait.seen()
                ? Outcome.reply(wait.caller(), true)
                : event(new ShareEvent.Waiting(wait.key(), wait.caller()));
    }

    private Outcome<ShareCommand, ShareEvent> remove(ShareCommand.Remove remove) {
        SharePartition partition = partitions.get(remove.key());
        if (partition == null) {
            return Outcome.reply(remove.caller(), Errors.NONE);
        }
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        partition.waiting.forEach(caller -> outcome.reply(caller, false));
        return outcome.event(new ShareEvent.Removed(remove.key())).reply(remove.caller(), Errors.NONE).build();
    }

    private Outcome<ShareCommand, ShareEvent> prune(ShareCommand.PruneDue due, Moment now) {
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        partitions.keySet().stream().findFirst().ifPresent(key -> outcome.reply(pruning, key));
        return outcome.timer(due, now.elapsedMs() + pruneMs).build();
    }

    /** As many as fit into a batch well; the caller asks again until none is left. */
    private Outcome<ShareCommand, ShareEvent> condense(ShareCommand.Condense condense, Moment now) {
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        int runs = 0;
        int left = 0;
        for (SharePartition partition : partitions.values()) {
            if (partition.snapshotMs() >= condense.beforeMs()) {
                continue;
            }
            if (runs < CONDENSE_RUNS) {
                ShareSnapshot snapshot = partition.snapshot(now.wallMs());
                outcome.event(new ShareEvent.Repeated(partition.key, snapshot));
                runs += CONDENSE_RUNS_EACH + snapshot.runs().size();
            } else {
                left++;
            }
        }
        return outcome.reply(condense.caller(), left).build();
    }

    @Override
    public void apply(ShareEvent event) {
        switch (event) {
            case ShareEvent.Begun begun -> partition(event).restore(begun.snapshot());
            case ShareEvent.Repeated repeated -> partition(event).repeated(repeated.snapshot());
            case ShareEvent.Written written -> partition(event).wrote(written);
            case ShareEvent.Removed ignored -> partitions.remove(event.key());
            case ShareEvent.Locked locked -> partition(event).put(locked.runs());
            case ShareEvent.LocksChecked checked -> partition(event).checkLocksAt(checked.nextMs());
            case ShareEvent.LogStartMoved moved -> partition(event).startAt(moved.logStart());
            case ShareEvent.Freed ignored -> partition(event).free();
            case ShareEvent.Waiting waiting -> partition(event).waiting.add(waiting.caller());
            case ShareEvent.WaitingNoMore waiting -> partition(event).waiting.remove(waiting.caller());
        }
    }

    private SharePartition partition(ShareEvent event) {
        return partitions.computeIfAbsent(event.key(), SharePartition::new);
    }

    @Override
    public JournalEntry encode(ShareEvent event) {
        return ShareRecords.encode(event);
    }

    @Override
    public ShareEvent decode(JournalEntry entry) {
        return ShareRecords.decode(entry);
    }

    /** No lock outlives the process, so there is none to watch yet; but dead letters may be unwritten. */
    @Override
    public Outcome<ShareCommand, ShareEvent> loaded(Moment now) {
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        outcome.timer(new ShareCommand.PruneDue(), now.elapsedMs() + pruneMs);
        for (SharePartition partition : partitions.values()) {
            int limit = configOf(partition).deliveryCountLimit();
            for (Run run : partition.started() ? partition.inFlight().runs() : List.<Run>of()) {
                if (run.state() == DeliveryState.ARCHIVING) {
                    outcome.reply(deadLetters,
                            new DeadLetter(partition.key, run.first(), run.last(), run.deliveryCount(), run.deliveryCount() < limit));
                }
            }
        }
        return outcome.build();
    }

    @Override
    public void abandon(Errors error) {
        for (SharePartition partition : partitions.values()) {
            for (Caller<Boolean> caller : partition.waiting) {
                caller.refuse(error);
            }
        }
    }

    /** For tests that compare shards. */
    Map<SharePartitionKey, SharePartition> partitions() {
        return partitions;
    }
}
