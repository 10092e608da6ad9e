// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.Eventually;
import io.ottla.topic.FakeCatalog;
import io.ottla.world.Clock;
import io.ottla.world.TurnThread;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Threads that work in turns decide their brief commands themselves; whoever does it, one thread at a time decides, and nothing is left lying. */
class TurnHelpTest {
    private static final String TOPIC = "__counts";

    /** Counts itself; {@code wakesAfterMs} sets a timer that counts once more. */
    record Count(boolean brief, boolean fails, long wakesAfterMs, Caller<String> caller) implements Command {
        @Override
        public void refuse(Errors error) {
            if (caller != null) {
                caller.refuse(error);
            }
        }
    }

    record Counted() {}

    static final class Counts implements Decider<Count, Counted> {
        private final AtomicInteger inside = new AtomicInteger();
        private int count;

        @Override
        public Outcome<Count, Counted> decide(Count command, Moment now) {
            assertEquals(1, inside.incrementAndGet(), "threads in the decider");
            String decidedBy = Thread.currentThread().getName();
            Outcome.Builder<Count, Counted> outcome = Outcome.builder();
            outcome.event(new Counted());
            if (command.caller != null) {
                outcome.reply(command.caller, decidedBy);
            }
            if (command.wakesAfterMs > 0) {
                outcome.timer(new Count(true, false, 0, command.caller), now.elapsedMs() + command.wakesAfterMs);
            }
            inside.decrementAndGet();
            if (command.fails) {
                throw new AssertionError("fails on purpose");
            }
            return outcome.build();
        }

        @Override
        public void apply(Counted event) {
            count++;
        }

        @Override
        public JournalEntry encode(Counted event) {
            return new JournalEntry.Plain(ByteBuffer.allocate(1), ByteBuffer.allocate(4).putInt(0, count + 1));
        }

        @Override
        public Counted decode(JournalEntry entry) {
            return new Counted();
        }

        @Override
        public Outcome<Count, Counted> loaded(Moment now) {
            return Outcome.nothing();
        }

        @Override
        public void abandon(Errors error) {}
    }

    /** Takes tasks one by one; a turn is one task. */
    static final class Worker extends TurnThread {
        final LinkedBlockingQueue<Runnable> tasks = new LinkedBlockingQueue<>();

        Worker(String name) {
            super(name, false);
            start();
        }

        @Override
        public void run() {
            while (true) {
                try {
                    tasks.take().run();
                    for (Runnable work = takeAtEnd(); work != null; work = takeAtEnd()) {
                        work.run();
                    }
                } catch (InterruptedException e) {
                    return;
                } catch (AssertionError onPurpose) {
                    // The next task shows whether anything came of it.
                }
            }
        }
    }

    /** Where answers are gathered. */
    static final class Answers implements Caller<String> {
        final ConcurrentLinkedQueue<String> deciders = new ConcurrentLinkedQueue<>();
        final ConcurrentLinkedQueue<Errors> refusals = new ConcurrentLinkedQueue<>();
        final CountDownLatch due;

        Answers(int count) {
            due = new CountDownLatch(count);
        }

        @Override
        public void answer(String decidedBy) {
            deciders.add(decidedBy);
            due.countDown();
        }

        @Override
        public void refuse(Errors error) {
            refusals.add(error);
            due.countDown();
        }

        void await() throws InterruptedException {
            assertTrue(due.await(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS), () -> due.getCount() + " answers are missing");
        }
    }

    private final CoordinatorRuntime runtime = new CoordinatorRuntime(Clock.SYSTEM, 1);
    private final FakeCatalog catalog = new FakeCatalog(false);
    private final Shards<Count> shards = runtime.host(TOPIC, 2, PartitionJournal.over(catalog, TOPIC, 2, Map.of()), Counts::new);
    private final List<Worker> workers = new ArrayList<>();

    private Worker worker(String name) {
        Worker worker = new Worker(name);
        workers.add(worker);
        return worker;
    }

    @AfterEach
    void stop() {
        runtime.close();
        workers.forEach(Thread::interrupt);
    }

    private String decider(Worker by, boolean brief) {
        Answers answer = new Answers(1);
        by.tasks.add(() -> shards.submit(0, new Count(brief, false, 0, answer)));
        try {
            answer.await();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        return answer.deciders.peek();
    }

    @Test
    void whoBringsABriefCommandDecidesItOnceTheShardIsLoaded() throws Exception {
        Worker worker = worker("worker");
        assertEquals("coordinator-0", decider(worker, true));
        // The loop's thread may still be about to rest after its own turn.
        Eventually.until(() -> "the worker decides", () -> decider(worker, true).equals("worker"));
        assertEquals("coordinator-0", decider(worker, false));
    }

    @Test
    void everyCommandIsAnsweredOnceWhoeverDecidesIt() throws Exception {
        int threads = 4;
        int each = 3_000;
        Answers answers = new Answers(threads * each);
        for (int t = 0; t < threads; t++) {
            Worker worker = worker("worker-" + t);
            boolean plain = t == 0;
            for (int i = 0; i < each; i++) {
                int turn = i;
                Runnable task = () -> shards.submit(turn % 2, new Count(turn % 7 != 0, false, 0, answers));
                if (plain) {
                    Thread.ofVirtual().start(task);
                } else {
                    worker.tasks.add(task);
                }
            }
        }
        answers.await();
        assertEquals(0, answers.refusals.size());
        assertEquals(threads * each, answers.deciders.size());
    }

    @Test
    void aTimerThatAHelperSetsGoesOffThoughTheLoopsThreadSleeps() throws Exception {
        Worker worker = worker("worker");
        decider(worker, true);
        for (int i = 0; i < 20; i++) {
            Answers answers = new Answers(2);
            worker.tasks.add(() -> shards.submit(0, new Count(true, false, 5, answers)));
            answers.await();
        }
    }

    @Test
    void aDecisionThatThrowsAnErrorLeavesTheLoopAtWork() throws Exception {
        Worker worker = worker("worker");
        decider(worker, true);
        for (boolean brief : new boolean[] {true, false}) {
            worker.tasks.add(() -> shards.submit(0, new Count(brief, true, 0, null)));
            decider(worker, true);
            decider(worker, false);
        }
    }

    @Test
    void closingWhileHelpersAreAtWorkAnswersEverybody() throws Exception {
        int count = 2_000;
        Answers answers = new Answers(count);
        Worker worker = worker("worker");
        Worker other = worker("other");
        for (int i = 0; i < count; i++) {
            (i % 2 == 0 ? worker : other).tasks.add(() -> shards.submit(0, new Count(true, false, 0, answers)));
        }
        runtime.close();
        answers.await();
        assertEquals(count, answers.deciders.size() + answers.refusals.size());
    }
}
