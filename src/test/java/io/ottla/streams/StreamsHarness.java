// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.coordinator.Reply;
import io.ottla.coordinator.TimerChange;
import io.ottla.group.GuestGroups;
import io.ottla.group.GuestGroups.GuestCommand;
import io.ottla.group.GuestGroups.GuestEvent;
import io.ottla.topic.TopicView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.StreamsGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** The streams groups of a shard with topics, a clock and a journal of their own; everything happens when it is asked for. */
final class StreamsHarness {
    private final Map<String, TopicView.Known> topics = new TreeMap<>();
    private final Map<String, String> configs;
    private final List<JournalEntry.Plain> journal = new ArrayList<>();
    private final Map<GuestCommand, Long> timers = new LinkedHashMap<>();
    private StreamsGroups groups;
    private long nowMs = 1_000_000;

    StreamsHarness(Map<String, String> configs) {
        this.configs = configs;
        groups = fresh();
    }

    private StreamsGroups fresh() {
        return new StreamsGroups(id -> StreamsGroupConfig.of(Map.of(), configs), topics::get, id -> GuestGroups.Tenant.NOBODY);
    }

    void topic(String name, int partitions) {
        topics.put(name, new TopicView.Known(new Uuid(name.hashCode(), partitions), name, partitions));
    }

    /** Answers a heartbeat; topics that it finds missing are there afterwards. */
    StreamsGroupHeartbeatResponseData beat(StreamsCommand.Heartbeat heartbeat) {
        Map<Caller<?>, Object> answers = decide(heartbeat);
        StreamsCommand.HeartbeatAnswer answer = (StreamsCommand.HeartbeatAnswer) answers.get(heartbeat.caller());
        answer.missing().forEach(topic -> topic(topic.name(), topic.partitions()));
        return answer.response();
    }

    static <R> Caller<R> nobody() {
        return new Caller<>() {
            @Override
            public void answer(R response) {
                throw new IllegalStateException("answers are taken from outcomes");
            }

            @Override
            public void refuse(Errors error) {
                throw new IllegalStateException("refused: " + error);
            }
        };
    }

    private Map<Caller<?>, Object> decide(GuestCommand command) {
        Outcome<GuestCommand, GuestEvent> outcome = groups.decide(command, new Moment(nowMs, nowMs));
        follow(outcome);
        Map<Caller<?>, Object> answers = new HashMap<>();
        for (Reply<?> reply : outcome.replies()) {
            answers.put(reply.caller(), reply.response());
        }
        return answers;
    }

    private void follow(Outcome<GuestCommand, GuestEvent> outcome) {
        for (GuestEvent event : outcome.events()) {
            if (groups.encode(event) instanceof JournalEntry.Plain entry) {
                journal.add(entry);
            }
            groups.apply(event);
        }
        for (TimerChange<GuestCommand> change : outcome.timers()) {
            switch (change) {
                case TimerChange.Set<GuestCommand> set -> timers.put(set.command(), set.atElapsedMs());
                case TimerChange.Cancel<GuestCommand> cancel -> timers.remove(cancel.command());
            }
        }
    }

    /** Lets time pass, with the timers that go off in it. */
    void pass(long ms) {
        long until = nowMs + ms;
        while (true) {
            Map.Entry<GuestCommand, Long> next = timers.entrySet().stream().min(Map.Entry.comparingByValue()).orElse(null);
            if (next == null || next.getValue() > until) {
                nowMs = until;
                return;
            }
            nowMs = Math.max(nowMs, next.getValue());
            timers.remove(next.getKey());
            decide(next.getKey());
        }
    }

    /** The process dies, and another reads the journal. @param compacted as after compaction */
    void restart(boolean compacted) {
        groups = replayed(compacted);
        timers.clear();
        follow(groups.loaded(new Moment(nowMs, nowMs)));
    }

    /** What another process would know. */
    StreamsGroups replayed(boolean compacted) {
        StreamsGroups next = fresh();
        List<JournalEntry.Plain> entries = journal;
        if (compacted) {
            Map<Object, JournalEntry.Plain> last = new LinkedHashMap<>();
            journal.forEach(entry -> {
                last.remove(entry.key());
                last.put(entry.key(), entry);
            });
            entries = List.copyOf(last.values());
        }
        entries.forEach(entry -> next.apply(next.decode(
                new JournalEntry.Plain(entry.key().duplicate(), entry.value() == null ? null : entry.value().duplicate()))));
        return next;
    }

    StreamsGroups groups() {
        return groups;
    }

    /** Null if there is none. */
    StreamsGroup group(String groupId) {
        return groups.groups().stream().filter(group -> group.groupId.equals(groupId)).findFirst().orElse(null);
    }
}
