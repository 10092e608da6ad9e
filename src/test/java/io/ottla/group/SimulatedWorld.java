// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.ManualRuntime;
import io.ottla.coordinator.SimulatedTime;
import io.ottla.topic.FakeCatalog;
import io.ottla.topic.FakePartition;
import io.ottla.topic.InternalTopics;
import io.ottla.wire.RequestContext;
import java.util.Map;
import java.util.Random;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongUnaryOperator;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListGroupsResponseData;

/**
 * A broker, a network and a clock for simulated clients. Requests and answers take their time and may be lost; the broker
 * may crash at any moment, and then forgets what was not flushed. All chance comes from one seed.
 */
final class SimulatedWorld implements SimulatedTime.Broker {
    static final String TOPIC = "orders";

    final Random random;
    final int partitions;
    private final SimulatedTime time = new SimulatedTime();
    private final FakeCatalog catalog = new FakeCatalog(true);
    private final GroupSettings settings;
    private final Flaw flaw;
    private ManualRuntime runtime;
    private GroupCoordinator coordinator;
    private int incarnation;
    private int eras;
    private int answerEra;
    private int newestEpoch;
    private boolean flushPlanned;
    private double lossRate;
    private int maxDelayMs = 1;

    /** @param flaw what is wrong with the broker's decisions */
    SimulatedWorld(Random random, int partitions, Map<String, ?> configs, Flaw flaw) {
        this.flaw = flaw;
        this.random = random;
        this.partitions = partitions;
        this.settings = GroupSettings.of(configs);
        catalog.create(TOPIC, partitions, Map.of());
        boot();
    }

    private void boot() {
        runtime = new ManualRuntime(time.clock(), 1);
        coordinator = new GroupCoordinator(runtime.runtime(), catalog, settings, shard -> flaw.in(new SeenEpochs(shard, this::epochBegins)));
        coordinator.start();
    }

    long nowMs() {
        return time.nowMs();
    }

    int incarnation() {
        return incarnation;
    }

    /** A group that has no members left, and then gets one of the other protocol, is a new group, as in Kafka: its epochs say nothing about those before. */
    private void epochBegins(int epoch) {
        if (epoch < newestEpoch) {
            eras++;
        }
        newestEpoch = epoch;
    }

    /** How often the epochs of the one group have begun anew. */
    int era() {
        return eras;
    }

    /** The era in which the answer that just arrived was given. */
    int answerEra() {
        return answerEra;
    }

    /** How the network behaves from now on. */
    void network(double share, int delayMs) {
        lossRate = share;
        maxDelayMs = delayMs;
    }

    void after(long delayMs, Runnable action) {
        time.after(delayMs, action);
    }

    boolean chance(double share) {
        return random.nextDouble() < share;
    }

    /** Sends a request over the network; the answer may come late, or never. */
    <Q, R> void call(SimulatedLine line, int version, Q request, Api<Q, R> api, Consumer<R> reply) {
        over(line, line::requestArrivesMs, () -> {
            int receivedBy = incarnation;
            api.call(coordinator, new RequestContext((short) version, "client", "/sim", "SIM"), request, response -> {
                int era = eras;
                if (receivedBy == incarnation) {
                    over(line, line::answerArrivesMs, () -> {
                        answerEra = era;
                        reply.accept(response);
                    });
                }
            });
            settle();
        });
    }

    private void over(SimulatedLine line, LongUnaryOperator inTurn, Runnable arrival) {
        if (chance(lossRate) || line.cut(nowMs())) {
            return;
        }
        long arrivesMs = inTurn.applyAsLong(nowMs() + random.nextInt(maxDelayMs + line.latenessMs(nowMs())));
        after(arrivesMs - nowMs(), () -> {
            if (!line.cut(nowMs())) {
                arrival.run();
            }
        });
    }

    interface Api<Q, R> {
        void call(GroupCoordinator coordinator, RequestContext context, Q request, Consumer<R> reply);
    }

    /** Asks the broker directly, without the network. */
    <T> T ask(BiConsumer<GroupCoordinator, Consumer<T>> question) {
        Object[] answer = new Object[1];
        question.accept(coordinator, response -> answer[0] = response);
        settle();
        if (catalog.topics().containsKey(InternalTopics.CONSUMER_OFFSETS)) {
            flush();
        }
        @SuppressWarnings("unchecked")
        T result = (T) answer[0];
        return result;
    }

    @Override
    public void settle() {
        runtime.settle();
        if (!flushPlanned && catalog.topics().containsKey(InternalTopics.CONSUMER_OFFSETS) && journal().unflushed()) {
            flushPlanned = true;
            after(random.nextInt(20), () -> {
                flushPlanned = false;
                flush();
            });
        }
    }

    private void flush() {
        journal().flush();
    }

    private FakePartition journal() {
        return catalog.partition(InternalTopics.CONSUMER_OFFSETS, 0);
    }

    /** The broker dies and comes back: what was not flushed is gone, and so is every request in its hands. */
    void crash() {
        incarnation++;
        if (catalog.topics().containsKey(InternalTopics.CONSUMER_OFFSETS)) {
            journal().crash();
        }
        boot();
        settle();
        awaitLoaded();
    }

    /** A long journal is read beside the loop, in real time: simulated time stands still meanwhile. */
    private void awaitLoaded() {
        long deadline = System.nanoTime() + 30_000_000_000L;
        while (this.<ListGroupsResponseData>ask((groups, reply) ->
                groups.listGroups(GroupHarness.context(5), new ListGroupsRequestData(), reply)).errorCode() != 0) {
            if (System.nanoTime() > deadline) {
                throw new AssertionError("the journal is not read in time");
            }
            Thread.yield();
        }
    }

    @Override
    public long nextTimerMs() {
        return runtime.nextTimerMs();
    }

    void run(long ms) {
        time.run(ms, this);
    }
}
