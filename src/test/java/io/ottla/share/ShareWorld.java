// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Aside;
import io.ottla.coordinator.ManualRuntime;
import io.ottla.coordinator.SimulatedTime;
import io.ottla.group.GroupCoordinator;
import io.ottla.group.GroupSettings;
import io.ottla.topic.FakeCatalog;
import io.ottla.topic.FakePartition;
import io.ottla.topic.InternalTopics;
import io.ottla.wire.RequestContext;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.kafka.common.message.ShareGroupDescribeRequestData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.protocol.Errors;

/**
 * A broker with share groups, a network and a clock. Requests and answers take their time and may be lost; the broker may crash
 * at any moment, and then forgets what was not flushed. All chance comes from one seed.
 */
final class ShareWorld implements SimulatedTime.Broker {
    static final String GROUP = "workers";
    static final int SESSION_MS = 6_000;
    static final int LOCK_MS = 3_000;
    static final int DELIVERIES = 4;
    private static final int MAX_FLUSH_MS = 20;

    final Random random;
    final FakeCatalog catalog = new FakeCatalog(true);
    private final SimulatedTime time = new SimulatedTime();
    private final Map<String, ?> configs;
    private final List<Runnable> beside = new ArrayList<>();
    private ManualRuntime runtime;
    private GroupCoordinator groups;
    private ShareCoordinator share;
    private int incarnation;
    private boolean flushPlanned;
    private double lossRate;
    private int maxDelayMs = 1;

    /** @param more configs beside those of all worlds */
    ShareWorld(Random random, Map<String, ?> more) {
        this.random = random;
        Map<String, Object> all = new HashMap<>(Map.of(
                "offsets.topic.num.partitions", 1,
                "share.coordinator.state.topic.num.partitions", 1,
                "group.share.session.timeout.ms", SESSION_MS,
                "group.share.record.lock.duration.ms", LOCK_MS,
                "group.share.delivery.count.limit", DELIVERIES,
                "group.share.partition.max.record.locks", 100));
        all.putAll(more);
        configs = Map.copyOf(all);
        boot();
    }

    private void boot() {
        beside.clear();
        runtime = new ManualRuntime(time.clock(), 1, new Aside() {
            @Override
            public void run(String name, Runnable work) {
                beside.add(work);
            }

            @Override
            public void runLater(String name, long delayMs, Runnable work) {
                after(delayMs, work);
            }
        });
        groups = new GroupCoordinator(runtime.runtime(), catalog, GroupSettings.of(configs));
        share = new ShareCoordinator(runtime.runtime(), catalog, groups, configs);
        groups.start();
    }

    long nowMs() {
        return time.nowMs();
    }

    int incarnation() {
        return incarnation;
    }

    ShareCoordinator share() {
        return share;
    }

    void network(double share, int delayMs) {
        lossRate = share;
        maxDelayMs = delayMs;
    }

    boolean chance(double share) {
        return random.nextDouble() < share;
    }

    void after(long delayMs, Runnable action) {
        time.after(delayMs, action);
    }

    static RequestContext context() {
        return new RequestContext((short) 1, "client", "/sim", "SIM");
    }

    /** Carries something over the network; it may come late, or never. @param cut whether the line is cut at a time */
    void carry(BooleanSupplier cut, Runnable arrival) {
        if (!chance(lossRate) && !cut.getAsBoolean()) {
            after(random.nextInt(maxDelayMs), () -> {
                if (!cut.getAsBoolean()) {
                    arrival.run();
                }
            });
        }
    }

    /** Lets the broker work until there is nothing to do now. */
    @Override
    public void settle() {
        do {
            runtime.settle();
            List<Runnable> due = List.copyOf(beside);
            beside.clear();
            due.forEach(Runnable::run);
        } while (runtime.turn() || !beside.isEmpty());
        if (!flushPlanned && journals().stream().anyMatch(FakePartition::unflushed)) {
            flushPlanned = true;
            after(random.nextInt(MAX_FLUSH_MS), () -> {
                flushPlanned = false;
                flush();
                settle();
            });
        }
    }

    private List<FakePartition> journals() {
        return List.of(InternalTopics.CONSUMER_OFFSETS, InternalTopics.SHARE_GROUP_STATE).stream()
                .filter(catalog.topics()::containsKey).map(topic -> catalog.partition(topic, 0)).toList();
    }

    private void flush() {
        journals().forEach(FakePartition::flush);
    }

    /** Asks the broker directly, and has everything flushed. */
    <T> T ask(Consumer<Consumer<T>> question) {
        List<T> answer = new ArrayList<>();
        question.accept(answer::add);
        while (answer.isEmpty()) {
            settle();
            flush();
            settle();
        }
        return answer.getFirst();
    }

    /** The group as it is told; null if it is not there. */
    DescribedGroup describe() {
        while (true) {
            ShareGroupDescribeResponseData response = ask(reply -> share.describe(
                    context(), new ShareGroupDescribeRequestData().setGroupIds(List.of(GROUP)), reply));
            DescribedGroup group = response.groups().getFirst();
            switch (Errors.forCode(group.errorCode())) {
                case NONE -> {
                    return group;
                }
                case GROUP_ID_NOT_FOUND -> {
                    return null;
                }
                case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE -> settle();
                default -> throw new AssertionError(group.toString());
            }
        }
    }

    /** The broker dies and comes back: what was not flushed is gone, and so is every request in its hands. */
    void crash() {
        incarnation++;
        journals().forEach(FakePartition::crash);
        boot();
        settle();
    }

    @Override
    public long nextTimerMs() {
        return runtime.nextTimerMs();
    }

    void run(long ms) {
        time.run(ms, this);
    }
}
