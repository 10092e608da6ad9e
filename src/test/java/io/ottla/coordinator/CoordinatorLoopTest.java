// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.Eventually;
import io.ottla.topic.FakeCatalog;
import io.ottla.topic.FakePartition;
import io.ottla.world.Clock;
import io.ottla.world.ManualClock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** What the loop promises its coordinators, shown with a coordinator that counts words. */
class CoordinatorLoopTest {
    private static final String TOPIC = "__words";
    private static final String EXHAUSTING = "exhausting";

    sealed interface WordCommand extends Command {
        record Add(String word, int times, Answer answer) implements WordCommand {}

        record Ask(String word, Answer answer) implements WordCommand {}

        /** Adds once more, {@code times} from now, in the same step. */
        record AddAgain(String word, int times) implements WordCommand {}

        record Remind(String word, long afterMs) implements WordCommand {}

        record Broken(Answer answer) implements WordCommand {}

        record Exhausting(Answer answer) implements WordCommand {}

        @Override
        default void refuse(Errors error) {
            switch (this) {
                case Add add -> add.answer.refuse(error);
                case Ask ask -> ask.answer.refuse(error);
                case Broken broken -> broken.answer.refuse(error);
                case Exhausting exhausting -> exhausting.answer.refuse(error);
                case AddAgain ignored -> { }
                case Remind ignored -> { }
            }
        }
    }

    record Counted(String word, int count) {}

    static final class Answer implements Caller<Integer> {
        final List<Object> got = new ArrayList<>();
        final CountDownLatch answered = new CountDownLatch(1);
        boolean fails;

        @Override
        public void answer(Integer response) {
            got.add(response);
            answered.countDown();
            if (fails) {
                throw new IllegalStateException("fails on purpose");
            }
        }

        @Override
        public void refuse(Errors error) {
            got.add(error);
            answered.countDown();
        }
    }

    static final class Words implements Decider<WordCommand, Counted> {
        final Map<String, Integer> counts = new TreeMap<>();

        @Override
        public Outcome<WordCommand, Counted> decide(WordCommand command, Moment now) {
            return switch (command) {
                case WordCommand.Add add -> {
                    int count = count(add.word) + 1;
                    yield Outcome.<WordCommand, Counted>builder().event(new Counted(add.word, count)).reply(add.answer, count)
                            .then(add.times > 1 ? new WordCommand.AddAgain(add.word, add.times - 1) : null);
                }
                case WordCommand.AddAgain again -> Outcome.<WordCommand, Counted>builder()
                        .event(new Counted(again.word, count(again.word) + 1))
                        .then(again.times > 1 ? new WordCommand.AddAgain(again.word, again.times - 1) : null);
                case WordCommand.Ask ask -> Outcome.reply(ask.answer, count(ask.word));
                case WordCommand.Remind remind -> Outcome.<WordCommand, Counted>builder()
                        .timer(new WordCommand.AddAgain(remind.word, 1), now.elapsedMs() + remind.afterMs).build();
                case WordCommand.Broken ignored -> throw new IllegalStateException("broken on purpose");
                case WordCommand.Exhausting ignored -> throw new OutOfMemoryError("on purpose");
            };
        }

        private int count(String word) {
            return counts.getOrDefault(word, 0);
        }

        @Override
        public void apply(Counted event) {
            if (event.word.equals(EXHAUSTING)) {
                throw new OutOfMemoryError("on purpose");
            }
            counts.put(event.word, event.count);
        }

        @Override
        public JournalEntry encode(Counted event) {
            return new JournalEntry.Plain(StandardCharsets.UTF_8.encode(event.word), ByteBuffer.allocate(4).putInt(0, event.count));
        }

        @Override
        public Counted decode(JournalEntry entry) {
            JournalEntry.Plain plain = (JournalEntry.Plain) entry;
            return new Counted(StandardCharsets.UTF_8.decode(plain.key()).toString(), plain.value().getInt());
        }

        @Override
        public Outcome<WordCommand, Counted> loaded(Moment now) {
            return Outcome.nothing();
        }

        @Override
        public void abandon(Errors error) {}
    }

    private final FakeCatalog catalog = new FakeCatalog(true);
    private final ManualClock clock = new ManualClock(1_000);
    private CoordinatorRuntime runtime = new CoordinatorRuntime(clock, 1, 4, Aside.THREADS);
    private Shards<WordCommand> shards = host(runtime);

    private Shards<WordCommand> host(CoordinatorRuntime on) {
        return on.host(TOPIC, 2, PartitionJournal.over(catalog, TOPIC, 2, Map.of()), Words::new);
    }

    private FakePartition partition() {
        return catalog.partition(TOPIC, 0);
    }

    private Answer add(String word) {
        Answer answer = new Answer();
        shards.submit(0, new WordCommand.Add(word, 1, answer));
        return answer;
    }

    private Answer ask(String word) {
        Answer answer = new Answer();
        shards.submit(0, new WordCommand.Ask(word, answer));
        return answer;
    }

    @Test
    void anAnswerWaitsUntilItsEventIsDurable() {
        Answer answer = add("a");
        runtime.turn();
        assertEquals(List.of(), answer.got);
        partition().flush();
        assertEquals(List.of(1), answer.got);
    }

    @Test
    void aReadDoesNotRevealWhatCouldStillBeLost() {
        add("a");
        runtime.turn();
        Answer read = ask("a");
        runtime.turn();
        assertEquals(List.of(), read.got);
        partition().flush();
        assertEquals(List.of(1), read.got);
        Answer later = ask("a");
        runtime.turn();
        assertEquals(List.of(1), later.got);
    }

    @Test
    void commandsOfOneTurnSeeEachOtherAndShareOneBatch() {
        Answer first = add("a");
        Answer second = add("a");
        runtime.turn();
        partition().flush();
        assertEquals(List.of(1), first.got);
        assertEquals(List.of(2), second.got);
        assertEquals(1, partition().batchCount());
    }

    @Test
    void aRestartReplaysWhatWasDurable() {
        add("a");
        runtime.turn();
        partition().flush();
        add("a");
        runtime.turn();
        partition().crash();
        runtime = new CoordinatorRuntime(clock, 1, 4, Aside.THREADS);
        shards = host(runtime);
        Answer read = ask("a");
        runtime.turn();
        assertEquals(List.of(1), read.got);
    }

    @Test
    void aFailedAppendIsAnsweredWithAnErrorAndLeavesNoTrace() {
        Answer first = add("a");
        runtime.turn();
        partition().flush();
        partition().fail(new KafkaStorageException("disk full"));
        Answer failed = add("a");
        runtime.turn();
        assertEquals(List.of(1), first.got);
        assertEquals(List.of(Errors.NOT_COORDINATOR), failed.got);
        partition().fail(null);
        Answer read = ask("a");
        runtime.turn();
        assertEquals(List.of(1), read.got);
    }

    @Test
    void aFailedFlushIsAnsweredWithAnErrorAndTheShardIsLoadedAgain() {
        Answer answer = add("a");
        runtime.turn();
        partition().fail(new KafkaStorageException("bad sector"));
        assertEquals(List.of(Errors.NOT_COORDINATOR), answer.got);
        Answer read = ask("a");
        runtime.turn();
        assertEquals(List.of(Errors.NOT_COORDINATOR), read.got);
    }

    @Test
    void aFullQueueRefusesAtOnce() {
        for (int i = 0; i < 4; i++) {
            add("a");
        }
        assertEquals(List.of(Errors.COORDINATOR_LOAD_IN_PROGRESS), add("a").got);
    }

    @Test
    void successorsBelongToTheSameStep() {
        Answer answer = new Answer();
        shards.submit(0, new WordCommand.Add("a", 3, answer));
        Answer read = ask("a");
        runtime.turn();
        partition().flush();
        assertEquals(List.of(1), answer.got);
        assertEquals(List.of(3), read.got);
    }

    @Test
    void timersGoOffWhenTheirTimeHasCome() {
        shards.submit(0, new WordCommand.Remind("a", 500));
        runtime.turn();
        assertEquals(1_500, runtime.nextTimerAtElapsedMs());
        clock.advance(499);
        assertFalse(runtime.turn());
        clock.advance(1);
        assertTrue(runtime.turn());
        partition().flush();
        Answer read = ask("a");
        runtime.turn();
        assertEquals(List.of(1), read.got);
    }

    @Test
    void aDecisionThatBreaksIsRefusedAndTheShardGoesOn() {
        add("a");
        runtime.turn();
        Answer broken = new Answer();
        shards.submit(0, new WordCommand.Broken(broken));
        runtime.turn();
        assertEquals(List.of(Errors.UNKNOWN_SERVER_ERROR), broken.got);
        partition().flush();
        Answer read = ask("a");
        runtime.turn();
        assertEquals(List.of(1), read.got);
    }

    @Test
    void aLackOfMemoryCostsOneCommandOrTheStateButNeverTheLoop() throws Exception {
        FakeCatalog flushing = new FakeCatalog(false);
        try (CoordinatorRuntime live = new CoordinatorRuntime(Clock.SYSTEM, 1)) {
            Shards<WordCommand> words = live.host(TOPIC, 1, PartitionJournal.over(flushing, TOPIC, 1, Map.of()), Words::new);
            assertEquals(1, result(words, answer -> new WordCommand.Add("a", 1, answer)));
            assertEquals(Errors.UNKNOWN_SERVER_ERROR, result(words, WordCommand.Exhausting::new));
            assertEquals(Errors.UNKNOWN_SERVER_ERROR, result(words, answer -> new WordCommand.Add(EXHAUSTING, 1, answer)));
            assertEquals(1, result(words, answer -> new WordCommand.Ask("a", answer)));
        }
    }

    private static Object result(Shards<WordCommand> words, Function<Answer, WordCommand> command) throws InterruptedException {
        Answer answer = new Answer();
        words.submit(0, command.apply(answer));
        assertTrue(answer.answered.await(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS));
        return answer.got.getFirst();
    }

    @Test
    void aCallerThatFailsKeepsNobodyElseFromBeingAnswered() {
        Answer failing = new Answer();
        failing.fails = true;
        shards.submit(0, new WordCommand.Ask("a", failing));
        Answer next = new Answer();
        shards.submit(0, new WordCommand.Ask("a", next));
        runtime.turn();
        assertEquals(List.of(0), failing.got);
        assertEquals(List.of(0), next.got);
    }

    @Test
    void anEventLargerThanABatchIsRefusedAlone() {
        Answer large = add("x".repeat(2_000_000));
        Answer small = add("a");
        runtime.turn();
        partition().flush();
        assertEquals(List.of(Errors.MESSAGE_TOO_LARGE), large.got);
        assertEquals(List.of(1), small.got);
    }

    @Test
    void aLongJournalIsReplayedBesideTheLoop() throws Exception {
        Answer last = new Answer();
        FakeCatalog flushing = new FakeCatalog(false);
        try (CoordinatorRuntime live = new CoordinatorRuntime(Clock.SYSTEM, 1)) {
            Shards<WordCommand> words = live.host(TOPIC, 1, PartitionJournal.over(flushing, TOPIC, 1, Map.of()), Words::new);
            for (int i = 0; i < 300; i++) {
                Answer each = new Answer();
                words.submit(0, new WordCommand.Add("w" + i, 100, each));
                assertTrue(each.answered.await(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS));
            }
        }
        CoordinatorRuntime next = new CoordinatorRuntime(clock, 1, 100, Aside.THREADS);
        Shards<WordCommand> words = next.host(TOPIC, 1, PartitionJournal.over(flushing, TOPIC, 1, Map.of()), Words::new);
        words.submit(0, new WordCommand.Ask("w299", last));
        next.turn();
        assertEquals(List.of(Errors.COORDINATOR_LOAD_IN_PROGRESS), last.got);
        long deadline = System.nanoTime() + Eventually.DEADLINE.toNanos();
        Object answer = Errors.COORDINATOR_LOAD_IN_PROGRESS;
        while (answer == Errors.COORDINATOR_LOAD_IN_PROGRESS && System.nanoTime() < deadline) {
            Answer read = new Answer();
            words.submit(0, new WordCommand.Ask("w299", read));
            next.turn();
            answer = read.got.getFirst();
        }
        assertEquals(100, answer);
    }

    @Test
    void closingAnswersThoseWhoWait() throws Exception {
        Answer answer = new Answer();
        try (CoordinatorRuntime live = new CoordinatorRuntime(Clock.SYSTEM, 1)) {
            host(live).submit(0, new WordCommand.Ask("a", answer));
        }
        assertTrue(answer.answered.await(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS));
        assertEquals(1, answer.got.size());
    }
}
