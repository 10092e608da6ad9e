// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/** Decides what the leader of a partition may read and write of its state, where that is another program (KIP-932: the persister). */
final class Leading {
    private Leading() {}

    /** @param partition null if there is none */
    static Outcome<ShareCommand, ShareEvent> read(SharePartition partition, ShareCommand.ReadAsLeader read, Moment now) {
        if (partition == null) {
            return Outcome.reply(read.caller(), Answered.refused(Errors.INVALID_REQUEST));
        }
        if (read.leaderEpoch() < partition.leaderEpoch()) {
            return Outcome.reply(read.caller(), Answered.refused(Errors.FENCED_LEADER_EPOCH));
        }
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        outcome.reply(read.caller(), Answered.of(partition.snapshot(now.wallMs())));
        if (read.leaderEpoch() == partition.leaderEpoch()) {
            return outcome.build();
        }
        int finished = partition.started() ? (int) partition.inFlight().finished() : 0;
        return outcome.event(new ShareEvent.Written(
                        partition.key, partition.snapshotEpoch(), read.leaderEpoch(), SharePartition.NOT_STARTED, finished, List.of()))
                .then(Writing.next(partition));
    }

    /** @param partition null if there is none */
    static Outcome<ShareCommand, ShareEvent> write(SharePartition partition, ShareCommand.Write write) {
        Errors error = partition == null ? Errors.INVALID_REQUEST
                : write.leaderEpoch() < partition.leaderEpoch() ? Errors.FENCED_LEADER_EPOCH
                : write.stateEpoch() < partition.stateEpoch() ? Errors.FENCED_STATE_EPOCH
                : Errors.NONE;
        Outcome.Builder<ShareCommand, ShareEvent> outcome = Outcome.builder();
        outcome.reply(write.caller(), error);
        if (error != Errors.NONE) {
            return outcome.build();
        }
        List<Run> news = new ArrayList<>();
        write.runs().forEach(run -> addNews(partition, run, news));
        long startOffset = Math.max(partition.startOffset(), write.startOffset());
        outcome.event(new ShareEvent.Written(
                partition.key, partition.snapshotEpoch(), write.leaderEpoch(), startOffset, write.finished(), news));
        partition.waiting.forEach(caller -> outcome.reply(caller, true));
        return outcome.event(new ShareEvent.Freed(partition.key)).then(Writing.next(partition));
    }

    /** Of two fates of a record the one after more deliveries counts, and of as many the later one; as in Kafka. */
    private static void addNews(SharePartition partition, Run run, List<Run> news) {
        long position = run.first();
        for (Run known : partition.started() ? partition.inFlight().within(run.first(), run.last()) : List.<Run>of()) {
            if (position < known.first()) {
                news.add(run.part(position, known.first() - 1));
            }
            boolean later = run.deliveryCount() > known.deliveryCount()
                    || run.deliveryCount() == known.deliveryCount() && run.state().code > known.state().code;
            if (later) {
                news.add(run.part(known.first(), known.last()));
            }
            position = known.last() + 1;
        }
        if (position <= run.last()) {
            news.add(run.part(position, run.last()));
        }
    }
}
