// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Members that each go on, on a thread of their own, until the group has settled or is closed. */
final class RawGroup implements AutoCloseable {
    private static final long SETTLE_WITHIN_S = 120;

    private final List<RawMember> members;
    private final int partitions;
    private final long heartbeatMs;
    private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
    private final List<Future<?>> running = new ArrayList<>();

    /**
     * @param partitions  of the topic that the group reads
     * @param heartbeatMs between the heartbeats of a member that has nothing else to do
     */
    RawGroup(List<RawMember> members, int partitions, long heartbeatMs) {
        this.members = members;
        this.partitions = partitions;
        this.heartbeatMs = heartbeatMs;
    }

    /** Has some of the members join and go on. */
    void start(List<RawMember> some) {
        some.forEach(member -> running.add(threads.submit(() -> {
            while (!Thread.interrupted()) {
                if (!member.step()) {
                    Thread.sleep(heartbeatMs);
                }
            }
            return null;
        })));
    }

    /** Returns once each partition has one owner and all of the members are in the same epoch. */
    void awaitSettled(List<RawMember> some) throws Exception {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(SETTLE_WITHIN_S);
        while (!settled(some)) {
            for (Future<?> one : running) {
                if (one.isDone()) {
                    one.get();
                }
            }
            if (System.nanoTime() > deadline) {
                throw new IllegalStateException("the group did not settle within " + SETTLE_WITHIN_S + " s");
            }
            Thread.sleep(1);
        }
    }

    private boolean settled(List<RawMember> some) {
        Set<Integer> owned = new HashSet<>();
        int epoch = some.getFirst().settledAt().epoch();
        int sum = 0;
        for (RawMember member : some) {
            RawMember.Standing standing = member.settledAt();
            if (standing.epoch() != epoch || epoch < 0) {
                return false;
            }
            sum += standing.partitions().size();
            owned.addAll(standing.partitions());
        }
        return sum == partitions && owned.size() == partitions;
    }

    @Override
    public void close() {
        threads.shutdownNow();
        members.forEach(RawMember::close);
        threads.close();
    }
}
