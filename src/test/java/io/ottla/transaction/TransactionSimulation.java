// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Caller;
import io.ottla.transaction.SimulatedLog.Item;
import io.ottla.transaction.TransactionCommand.Add;
import io.ottla.transaction.TransactionCommand.End;
import io.ottla.transaction.TransactionCommand.Identity;
import io.ottla.transaction.TransactionCommand.Init;
import io.ottla.transaction.TransactionCommand.MarkersWritten;
import io.ottla.transaction.TransactionCommand.NeedsId;
import io.ottla.transaction.TransactionalWrites.Asking;
import io.ottla.transaction.TransactionalWrites.Pass;
import io.ottla.transaction.TransactionalWrites.Write;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.protocol.Errors;

/** One history. Partition 0 stands for the offsets of a group, which take part like any other. */
final class TransactionSimulation implements TransactionErrands {
    private static final int PARTITIONS = 4;
    private static final int PRODUCERS = 5;
    private static final int IDS = 4;
    private static final int TIMEOUT_MS = 10_000;

    /** What a client did in one transaction, and what it was told of the end. */
    private static final class Story {
        private final Map<String, Integer> acknowledged = new HashMap<>();
        private final Set<String> written = new HashSet<>();
        private boolean askedToCommit;
        private boolean commitAcknowledged;
        private boolean abortAcknowledged;
    }

    /** A client; it has at most one request under way, but writes that it has given up may still arrive. */
    private final class Producer {
        private final String id;
        private final boolean second;
        private long producerId = -1;
        private short epoch;
        private boolean busy;
        private boolean ready;
        private boolean endsAgain;
        private boolean writing;
        /** A client of the first protocol that has given a write up takes a new epoch, so that the write cannot come into its next transaction. */
        private boolean startsAnew;
        private Story story = new Story();
        private final Set<TopicPartition> added = new HashSet<>();

        private Producer(int number) {
            id = "t" + number % IDS;
            second = number % 2 == 0;
        }

        private void act() {
            if (busy) {
                if (writing && random.nextInt(8) == 0) {
                    writing = false;
                    startsAnew = !second;
                    end(false);
                }
                return;
            }
            busy = true;
            if (!ready) {
                init();
            } else if (endsAgain) {
                end(story.askedToCommit);
            } else if (random.nextInt(3) == 0 && !story.written.isEmpty()) {
                end(random.nextInt(4) != 0);
            } else {
                produce(new TopicPartition("p", random.nextInt(PARTITIONS)));
            }
        }

        private void init() {
            boolean goesOn = producerId >= 0 && random.nextBoolean();
            submit(new Init(id, TIMEOUT_MS, goesOn ? producerId : -1, goesOn ? epoch : -1, -1, once(identity -> {
                busy = false;
                if (identity.error() == Errors.NONE) {
                    become(identity);
                } else if (identity.error() == Errors.PRODUCER_FENCED) {
                    producerId = -1;
                }
            }, Identity::refused)));
        }

        private void become(Identity identity) {
            producerId = identity.producerId();
            epoch = identity.epoch();
            ready = true;
            endsAgain = false;
            next();
        }

        private void next() {
            story = new Story();
            stories.add(story);
            added.clear();
        }

        private void produce(TopicPartition partition) {
            if (!second && !added.contains(partition)) {
                submit(new Add(id, producerId, epoch, Set.of(partition), (short) 0, random.nextBoolean(), once(admission -> {
                    busy = false;
                    if (admission.error() == Errors.NONE) {
                        added.add(partition);
                    } else if (admission.error() != Errors.CONCURRENT_TRANSACTIONS) {
                        ready = false;
                    }
                }, TransactionCommand.Admission::refused)));
                return;
            }
            String value = "v" + values++;
            writing = true;
            story.written.add(value);
            Story mine = story;
            later.add(new Arrival(new Write(id, producerId, epoch, Set.of(partition), second ? Asking.ADD : Asking.VERIFY), value, partition, mine, this));
        }

        /** The answer to a write. */
        private void written(Story in, String value, TopicPartition partition, Errors error) {
            if (in != story || !writing) {
                return;
            }
            busy = false;
            writing = false;
            if (error == Errors.NONE) {
                story.acknowledged.put(value, partition.partition());
            } else {
                ready = false;
            }
        }

        private void end(boolean commit) {
            Story mine = story;
            endsAgain = false;
            boolean commits = commit && mine.acknowledged.size() == mine.written.size();
            mine.askedToCommit |= commits;
            submit(new End(id, producerId, epoch, commits, (short) (second ? 2 : 0), -1, once(identity -> {
                busy = false;
                if (identity.error() == Errors.NONE) {
                    mine.commitAcknowledged = commits;
                    mine.abortAcknowledged = !commits;
                    if (second) {
                        become(identity);
                    } else {
                        ready = !startsAnew;
                        startsAnew = false;
                        next();
                    }
                } else {
                    ready = identity.error() == Errors.CONCURRENT_TRANSACTIONS;
                    endsAgain = ready;
                }
            }, Identity::refused)));
        }

        /** The client does not wait any longer. */
        private void loseAnswers() {
            busy = false;
            ready = false;
            endsAgain = false;
            writing = false;
            startsAnew = false;
            next();
        }
    }

    /** A write on its way to the broker. */
    private record Arrival(Write write, String value, TopicPartition partition, Story story, Producer producer) {}

    /** A write that may append now, and has not done so yet. */
    private record Inside(Arrival arrival, Pass pass) {}

    /** A record that waits for its flush. */
    private record Unacknowledged(Arrival arrival, int end) {}

    /** One marker to write. */
    private static final class Job {
        private final MarkerOrder order;
        private final Set<TopicPartition> toAppend;
        private final Map<TopicPartition, Integer> appended = new HashMap<>();
        private final Set<TopicPartition> failed = new HashSet<>();

        private final Consumer<Set<TopicPartition>> done;

        private Job(MarkerOrder order, Consumer<Set<TopicPartition>> done) {
            this.order = order;
            this.done = done;
            toAppend = new HashSet<>(order.partitions());
        }
    }

    private final Random random;
    private final TransactionSimulationTest.Faults faults;
    private final List<SimulatedLog> logs = new ArrayList<>();
    private final List<Producer> producers = new ArrayList<>();
    private final List<Story> stories = new ArrayList<>();
    private final List<Arrival> later = new ArrayList<>();
    private final List<Inside> inside = new ArrayList<>();
    private final List<Unacknowledged> unacknowledged = new ArrayList<>();
    private final List<Job> jobs = new ArrayList<>();
    private final StringBuilder history = new StringBuilder();
    private final SimulatedShard shard;
    private TransactionalWrites writes;
    private MarkerFlights flights;
    private int life;
    private long nowMs = 1_000_000;
    private long freshId = 1;
    private int values;

    TransactionSimulation(Random random, TransactionSimulationTest.Faults faults) {
        this.random = random;
        this.faults = faults;
        TransactionSettings settings = new TransactionSettings(900_000, 604_800_000, 1_000, 3_600_000, 1, 1 << 20, () -> true);
        shard = new SimulatedShard(settings, this, faults.answersBeforeFlush(), nowMs);
        startLife();
        for (int i = 0; i < PARTITIONS; i++) {
            logs.add(new SimulatedLog());
        }
        for (int i = 0; i < PRODUCERS; i++) {
            producers.add(new Producer(i));
        }
    }

    private void startLife() {
        writes = new TransactionalWrites((id, command) -> submit(command), () -> true);
        flights = new MarkerFlights(writes, (order, done) -> jobs.add(new Job(order, done)), this::submit);
    }

    String history() {
        return history.toString();
    }

    private void submit(TransactionCommand command) {
        note(command.toString());
        shard.submit(command, nowMs);
    }

    private void note(String what) {
        history.append(what.replaceAll("caller=[^,\\]]*", "")).append('\n');
    }

    /** Answers belong to the life of the process in which they were asked for. */
    private <R> Caller<R> once(Consumer<R> taker, java.util.function.Function<Errors, R> refusal) {
        int mine = life;
        return new Once<>(answer -> {
            if (mine == life) {
                note("  -> " + answer);
                taker.accept(answer);
            }
        }, refusal);
    }

    void step() {
        nowMs += random.nextInt(20);
        switch (random.nextInt(20)) {
            case 0, 1, 2, 3, 4, 5 -> producers.get(random.nextInt(PRODUCERS)).act();
            case 6, 7, 8 -> arrive();
            case 9, 10 -> append();
            case 11, 12, 13 -> shard.flush();
            case 14, 15 -> flush(random.nextInt(PARTITIONS));
            case 16, 17 -> mark();
            case 18 -> shard.fireTimer(nowMs);
            default -> rare();
        }
        logs.forEach(SimulatedLog::checkReadCommitted);
    }

    private void rare() {
        switch (random.nextInt(24)) {
            case 0 -> crash();
            case 1 -> {
                note("shard given up");
                shard.giveUp(nowMs);
            }
            case 2 -> producers.get(random.nextInt(PRODUCERS)).loseAnswers();
            case 3 -> nowMs += TIMEOUT_MS;
            default -> { }
        }
    }

    private void arrive() {
        if (later.isEmpty()) {
            return;
        }
        Arrival arrival = later.remove(random.nextInt(later.size()));
        note("arrives " + arrival.value + " " + arrival.write);
        int mine = life;
        Pass pass = writes.enter(arrival.write);
        if (pass != null) {
            inside.add(new Inside(arrival, pass));
            return;
        }
        writes.ask(arrival.write, (given, refused) -> {
            if (mine != life) {
                return;
            }
            if (given == null) {
                arrival.producer.written(arrival.story, arrival.value, arrival.partition, refused.get(arrival.partition));
            } else {
                inside.add(new Inside(arrival, given));
            }
        });
    }

    private void append() {
        if (inside.isEmpty()) {
            return;
        }
        Inside next = inside.remove(0);
        Arrival arrival = next.arrival;
        SimulatedLog log = logs.get(arrival.partition.partition());
        Errors error = log.append(new Item(arrival.write.producerId(), arrival.write.epoch(), arrival.value, false));
        note("append " + arrival.value + " to " + arrival.partition + ": " + error);
        if (error == Errors.NONE) {
            unacknowledged.add(new Unacknowledged(arrival, log.end()));
        } else {
            arrival.producer.written(arrival.story, arrival.value, arrival.partition, error);
        }
        next.pass.leave();
    }

    private void flush(int partition) {
        SimulatedLog log = logs.get(partition);
        log.flush();
        for (Unacknowledged each : List.copyOf(unacknowledged)) {
            if (each.arrival.partition.partition() == partition && each.end <= log.durable()) {
                unacknowledged.remove(each);
                each.arrival.producer.written(each.arrival.story, each.arrival.value, each.arrival.partition, Errors.NONE);
            }
        }
    }

    @Override
    public Caller<MarkerOrder> markers() {
        int mine = life;
        return new Caller<>() {
            @Override
            public void answer(MarkerOrder order) {
                if (mine != life) {
                    return;
                }
                note("  -> " + order);
                if (faults.markersOvertakeWrites()) {
                    jobs.add(new Job(order, unmarked -> submit(new MarkersWritten(order, unmarked))));
                } else {
                    flights.begin(order);
                }
            }

            @Override
            public void refuse(Errors error) {
                note("  -> order refused");
            }
        };
    }

    @Override
    public Caller<NeedsId> freshIdFor(NeedsId command) {
        int mine = life;
        return new Caller<>() {
            @Override
            public void answer(NeedsId wanting) {
                if (mine == life) {
                    submit(wanting.with(freshId++));
                }
            }

            @Override
            public void refuse(Errors error) {
                command.refuse(error);
            }
        };
    }

    /** Appends one marker, or reports those that are all durable. */
    private void mark() {
        if (jobs.isEmpty()) {
            return;
        }
        Job job = jobs.get(random.nextInt(jobs.size()));
        MarkerOrder order = job.order;
        if (!job.toAppend.isEmpty()) {
            TopicPartition partition = job.toAppend.iterator().next();
            job.toAppend.remove(partition);
            if (random.nextInt(20) == 0) {
                job.failed.add(partition);
                return;
            }
            SimulatedLog log = logs.get(partition.partition());
            Errors error = log.append(new Item(order.producerId(), order.epoch(), null, order.commit()));
            note("marker " + order.id() + "/" + order.producerId() + "/" + order.epoch() + " commit=" + order.commit() + " to " + partition + ": " + error);
            if (error == Errors.NONE) {
                job.appended.put(partition, log.end());
            }
            return;
        }
        boolean durable = job.appended.entrySet().stream().allMatch(each -> logs.get(each.getKey().partition()).durable() >= each.getValue());
        if (durable) {
            jobs.remove(job);
            job.done.accept(job.failed);
        }
    }

    private void crash() {
        note("crash");
        life++;
        startLife();
        inside.clear();
        unacknowledged.clear();
        jobs.clear();
        logs.forEach(log -> log.crash(random));
        shard.crash(random, nowMs);
        producers.forEach(Producer::loseAnswers);
    }

    /** Lets everything come to an end that can, without any more help of the clients. */
    void settle() {
        for (int i = 0; i < 60; i++) {
            nowMs += 500;
            for (int n = 0; n < 100; n++) {
                arrive();
                append();
                shard.flush();
                flush(n % PARTITIONS);
                mark();
            }
            while (shard.fireTimer(nowMs) && nowMs > 0) {
                shard.flush();
            }
            logs.forEach(SimulatedLog::checkReadCommitted);
        }
    }

    /** Returns the number of transactions that were committed. */
    int check() {
        for (Transaction each : shard.transactions(nowMs)) {
            if (each.status() == Status.ONGOING || each.status().prepared()) {
                throw new AssertionError("hangs in " + each);
            }
        }
        Map<String, Boolean> fates = new HashMap<>();
        for (int i = 0; i < PARTITIONS; i++) {
            if (!logs.get(i).open().isEmpty()) {
                throw new AssertionError("partition " + i + " has open transactions " + logs.get(i).open());
            }
            fates.putAll(logs.get(i).fates());
        }
        int committed = 0;
        for (Story story : stories) {
            committed += check(story, fates) ? 1 : 0;
        }
        return committed;
    }

    private static boolean check(Story story, Map<String, Boolean> fates) {
        Set<Boolean> all = new HashSet<>();
        for (String value : story.written) {
            Boolean fate = fates.get(value);
            if (fate != null) {
                all.add(fate);
            }
            if (story.commitAcknowledged && (fate == null || !fate)) {
                throw new AssertionError(value + " was acknowledged as committed and is " + (fate == null ? "lost" : "aborted"));
            }
        }
        if (all.size() > 1) {
            throw new AssertionError("torn: " + story.written + " of which some are committed and some aborted");
        }
        boolean committed = all.contains(true);
        if (committed && (story.abortAcknowledged || !story.askedToCommit)) {
            throw new AssertionError("committed though nobody asked for it: " + story.written);
        }
        return committed;
    }
}
