// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.ManualRuntime;
import io.ottla.coordinator.PartitionJournal;
import io.ottla.coordinator.Shards;
import io.ottla.topic.FakeCatalog;
import io.ottla.topic.FakePartition;
import io.ottla.topic.InternalTopics;
import io.ottla.world.ManualClock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/** One share partition over a journal in memory, with time, flushes and crashes in the test's hands. */
final class ShareHarness {
    static final SharePartitionKey KEY = new SharePartitionKey("g", Uuid.fromString("N6NdqZpDRZGDRvam7SUruw"), 0);

    final ManualClock clock = new ManualClock(1_700_000_000_000L);
    final List<DeadLetter> deadLetters = new ArrayList<>();
    private final FakeCatalog catalog = new FakeCatalog(true);
    private ManualRuntime runtime;
    private Shards<ShareCommand> shards;
    ShareShard shard;
    ShareGroupConfig config;

    ShareHarness(Map<String, String> configs) {
        config = ShareGroupConfig.of(configs, Map.of("group.share.min.record.lock.duration.ms", 1_000));
        restart();
    }

    /** Forgets what was not flushed, and everything in memory. */
    void crash() {
        if (catalog.topics().containsKey(InternalTopics.SHARE_GROUP_STATE)) {
            journal().crash();
        }
        restart();
    }

    private void restart() {
        runtime = new ManualRuntime(clock, 1);
        shards = runtime.runtime().host("share", 1, PartitionJournal.over(catalog, InternalTopics.SHARE_GROUP_STATE, 1, Map.of()), () -> {
            shard = new ShareShard(group -> config, new Sink<>(deadLetters), new Sink<>(new ArrayList<>()), 300_000);
            return shard;
        });
    }

    private record Sink<T>(List<T> got) implements Caller<T> {
        @Override
        public void answer(T value) {
            got.add(value);
        }

        @Override
        public void refuse(Errors error) {
            // Asked for again after loading.
        }
    }

    FakePartition journal() {
        return catalog.partition(InternalTopics.SHARE_GROUP_STATE, 0);
    }

    static final class Answer<R> implements Caller<R> {
        R value;
        Errors error;

        @Override
        public void answer(R response) {
            value = response;
        }

        @Override
        public void refuse(Errors refusal) {
            error = refusal;
        }
    }

    /** Submits and works until there is nothing to do, but does not flush. */
    <R> Answer<R> submit(Function<Caller<R>, ShareCommand> command) {
        Answer<R> answer = new Answer<>();
        shards.submit(0, command.apply(answer));
        runtime.settle();
        return answer;
    }

    void flush() {
        journal().flush();
        runtime.settle();
    }

    <R> R ask(Function<Caller<R>, ShareCommand> command) {
        Answer<R> answer = submit(command);
        flush();
        return answer.value;
    }

    void tell(ShareCommand command) {
        shards.submit(0, command);
        runtime.settle();
        flush();
    }

    void advance(long ms) {
        runtime.advance(ms);
        flush();
    }

    void begin(long startOffset) {
        ask((Caller<Errors> caller) -> new ShareCommand.Initialize(KEY, 1, startOffset, true, caller));
    }

    Position look(int maxRecords) {
        return ask(caller -> new ShareCommand.Look(KEY, 0, maxRecords, caller));
    }

    /** Reads batches of ten records that end before {@code logEnd}, as a fetch would. */
    List<Acquisition.Acquired> fetch(String member, long logEnd, int maxRecords, boolean strict) {
        if (!(look(maxRecords) instanceof Position.Read read) || read.offset() >= logEnd) {
            return List.of();
        }
        List<Acquisition.Batch> batches = new ArrayList<>();
        for (long first = read.offset() / 10 * 10; first < logEnd && first <= read.lastOffset(); first += 10) {
            batches.add(new Acquisition.Batch(first, Math.min(first + 9, logEnd - 1), true));
        }
        return acquire(member, new Acquisition(read.offset(), batches, maxRecords, 100, strict));
    }

    List<Acquisition.Acquired> acquire(String member, Acquisition wanted) {
        return ask(caller -> new ShareCommand.Acquire(KEY, member, wanted, caller));
    }

    Errors acknowledge(String member, long first, long last, Acknowledgement.Kind... kinds) {
        return ask((Caller<Errors> caller) -> new ShareCommand.Acknowledge(
                KEY, member, List.of(new Acknowledgement(first, last, List.of(kinds))), caller));
    }

    Errors release(String member) {
        return ask((Caller<Errors> caller) -> new ShareCommand.Release(KEY, member, caller));
    }

    SharePartition state() {
        return shard.partitions().get(KEY);
    }
}
