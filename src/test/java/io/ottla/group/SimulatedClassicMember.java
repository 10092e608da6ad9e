// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.LeaveGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * A consumer of the classic protocol. An eager one gives up what it owns before it joins again; a cooperative one keeps it
 * (KIP-429), and joins once more when it has given up what the others are to get.
 */
final class SimulatedClassicMember implements SimulatedMember {
    private static final int SESSION_MS = 6_000;
    private static final int REBALANCE_MS = 10_000;
    private static final int HEARTBEAT_MS = 2_000;

    private final SimulatedWorld world;
    private final SimulatedGroup group;
    private final String instanceId;
    private final boolean cooperative;
    private final SimulatedLine line = new SimulatedLine();
    private final Map<Integer, Long> positions = new TreeMap<>();
    private String memberId = "";
    private int generation = -1;

    /** The generation in which it was given what it owns. */
    private int ownedSince = -1;
    private int era;

    /** The era in which the answer that is dealt with was given. */
    private int heardEra;
    private boolean alive = true;
    private boolean settled;
    private long frozenUntilMs;

    /** Counts what the member has begun: an answer to something older is not for it any more. */
    private int attempt;

    SimulatedClassicMember(SimulatedWorld world, SimulatedGroup group, String instanceId, boolean cooperative) {
        this.world = world;
        this.group = group;
        this.instanceId = instanceId;
        this.cooperative = cooperative;
        join();
    }

    @Override
    public String memberId() {
        return memberId;
    }

    @Override
    public String instanceId() {
        return instanceId;
    }

    @Override
    public SimulatedLine line() {
        return line;
    }

    @Override
    public boolean alive() {
        return alive;
    }

    @Override
    public boolean settled() {
        return settled;
    }

    @Override
    public Set<Integer> owned() {
        return alive ? positions.keySet() : Set.of();
    }

    @Override
    public int generation() {
        return ownedSince;
    }

    @Override
    public int era() {
        return era;
    }

    @Override
    public void kill() {
        alive = false;
        settled = false;
    }

    @Override
    public void freeze(long ms) {
        frozenUntilMs = world.nowMs() + ms;
    }

    @Override
    public void close() {
        if (alive && instanceId == null && !memberId.isEmpty()) {
            world.<LeaveGroupRequestData, LeaveGroupResponseData>call(line, 3, new LeaveGroupRequestData().setGroupId(group.id())
                    .setMembers(List.of(new MemberIdentity().setMemberId(memberId))), GroupCoordinator::leaveGroup, response -> { });
        }
        kill();
    }

    /** Runs {@code action} unless the member has died or begun something else; later, if it is frozen now. */
    private void ifStill(int when, Runnable action) {
        if (!alive || when != attempt) {
            return;
        }
        if (world.nowMs() < frozenUntilMs) {
            world.after(frozenUntilMs - world.nowMs(), () -> ifStill(when, action));
        } else {
            action.run();
        }
    }

    private <R> Consumer<R> hearing(int when, Consumer<R> reply) {
        return response -> {
            int answerEra = world.answerEra();
            ifStill(when, () -> {
                heardEra = answerEra;
                reply.accept(response);
            });
        };
    }

    private void stop() {
        settled = false;
        if (!cooperative) {
            positions.clear();
        }
        attempt++;
    }

    private void join() {
        if (cooperative && world.random.nextBoolean()) {
            commitDone(error -> { });
        }
        stop();
        int when = attempt;
        JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestProtocol().setName(protocol()).setMetadata(
                cooperative ? CooperativeShares.subscription(positions.keySet(), ownedSince) : GroupHarness.subscription(SimulatedWorld.TOPIC)));
        world.<JoinGroupRequestData, JoinGroupResponseData>call(line, 9, new JoinGroupRequestData().setGroupId(group.id()).setMemberId(memberId)
                .setGroupInstanceId(instanceId).setSessionTimeoutMs(SESSION_MS).setRebalanceTimeoutMs(REBALANCE_MS)
                .setProtocolType("consumer").setProtocols(protocols), GroupCoordinator::joinGroup, hearing(when, this::joined));
        world.after(REBALANCE_MS + 5_000, () -> ifStill(when, this::join));
    }

    private String protocol() {
        return cooperative ? "cooperative-sticky" : "range";
    }

    private void joined(JoinGroupResponseData response) {
        switch (Errors.forCode(response.errorCode())) {
            case NONE -> sync(response);
            case MEMBER_ID_REQUIRED -> {
                memberId = response.memberId();
                join();
            }
            case UNKNOWN_MEMBER_ID -> startOver();
            case FENCED_INSTANCE_ID -> kill();
            case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, REBALANCE_IN_PROGRESS -> retryJoin();
            default -> throw new AssertionError("join answered " + response);
        }
    }

    private void retryJoin() {
        stop();
        int when = attempt;
        world.after(100, () -> ifStill(when, this::join));
    }

    private void startOver() {
        memberId = "";
        generation = -1;
        positions.clear();
        join();
    }

    private void sync(JoinGroupResponseData response) {
        attempt++;
        int when = attempt;
        memberId = response.memberId();
        generation = response.generationId();
        SyncGroupRequestData request = new SyncGroupRequestData().setGroupId(group.id()).setMemberId(memberId).setGroupInstanceId(instanceId)
                .setGenerationId(generation).setProtocolType("consumer").setProtocolName(protocol());
        if (response.leader().equals(memberId) && !response.skipAssignment()) {
            request.setAssignments(cooperative ? CooperativeShares.assign(response.members(), world.partitions) : assign(response.members()));
        }
        world.<SyncGroupRequestData, SyncGroupResponseData>call(line, 5, request, GroupCoordinator::syncGroup, hearing(when, this::synced));
        world.after(5_000, () -> ifStill(when, this::join));
    }

    private List<SyncGroupRequestAssignment> assign(List<JoinGroupResponseMember> members) {
        List<SyncGroupRequestAssignment> assignments = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            List<Integer> mine = new ArrayList<>();
            for (int partition = i; partition < world.partitions; partition += members.size()) {
                mine.add(partition);
            }
            assignments.add(new SyncGroupRequestAssignment().setMemberId(members.get(i).memberId())
                    .setAssignment(GroupHarness.assignment(SimulatedWorld.TOPIC, mine.toArray(Integer[]::new))));
        }
        return assignments;
    }

    private void synced(SyncGroupResponseData response) {
        switch (Errors.forCode(response.errorCode())) {
            case NONE -> own(ConsumerProtocols.assigned(response.assignment()));
            case REBALANCE_IN_PROGRESS -> join();
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION -> startOver();
            case FENCED_INSTANCE_ID -> kill();
            case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR -> retryJoin();
            default -> throw new AssertionError("sync answered " + response);
        }
    }

    private void own(List<TopicPartition> assigned) {
        attempt++;
        Set<Integer> mine = new TreeSet<>();
        assigned.forEach(each -> mine.add(each.partition()));
        boolean gives = cooperative && !mine.containsAll(positions.keySet());
        positions.keySet().retainAll(mine);
        mine.forEach(partition -> positions.putIfAbsent(partition, -1L));
        ownedSince = generation;
        era = heardEra;
        settled = true;
        group.checkOwners();
        group.remember(new SimulatedGroup.Past(memberId, instanceId, generation, 8, mine));
        if (gives) {
            join();
            return;
        }
        int when = attempt;
        positions.forEach((partition, position) -> {
            if (position < 0) {
                group.fetch(line, partition, null, -1, offset -> ifStill(when, () -> positions.put(partition, offset)));
            }
        });
        heartbeat(when);
        commit(when);
    }

    private void heartbeat(int when) {
        world.after(HEARTBEAT_MS, () -> ifStill(when, () -> {
            world.<HeartbeatRequestData, HeartbeatResponseData>call(line, 4, new HeartbeatRequestData().setGroupId(group.id()).setMemberId(memberId)
                            .setGroupInstanceId(instanceId).setGenerationId(generation),
                    GroupCoordinator::heartbeat, hearing(when, response -> beaten(Errors.forCode(response.errorCode()))));
            heartbeat(when);
        }));
    }

    private void beaten(Errors error) {
        switch (error) {
            case NONE, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR -> { }
            case REBALANCE_IN_PROGRESS -> join();
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION -> startOver();
            case FENCED_INSTANCE_ID -> kill();
            default -> throw new AssertionError("heartbeat answered " + error);
        }
    }

    /** Every now and then it has consumed something, and commits it. */
    private void commit(int when) {
        world.after(500 + world.random.nextInt(3_000), () -> ifStill(when, () -> {
            commitDone(error -> ifStill(when, () -> committed(error)));
            commit(when);
        }));
    }

    private void commitDone(Consumer<Errors> reply) {
        Map<Integer, Long> done = new HashMap<>();
        positions.forEach((partition, position) -> {
            if (position >= 0) {
                done.put(partition, position + 1 + world.random.nextInt(5));
            }
        });
        positions.putAll(done);
        if (!done.isEmpty()) {
            group.commit(line, done, memberId, instanceId, ownedSince, 8, reply);
        }
    }

    private void committed(Errors error) {
        switch (error) {
            case NONE, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR -> { }
            case REBALANCE_IN_PROGRESS -> join();
            case UNKNOWN_MEMBER_ID, ILLEGAL_GENERATION -> startOver();
            case FENCED_INSTANCE_ID -> kill();
            default -> throw new AssertionError("commit answered " + error);
        }
    }
}
