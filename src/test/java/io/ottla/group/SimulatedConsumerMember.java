// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData.TopicPartitions;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** A consumer of the consumer protocol: the broker assigns, and the member takes its time to give up what it must. */
final class SimulatedConsumerMember implements SimulatedMember {
    private static final int HEARTBEAT_MS = 1_000;
    private static final int REBALANCE_MS = 10_000;

    private final SimulatedWorld world;
    private final SimulatedGroup group;
    private final SimulatedLine line = new SimulatedLine();
    private final String memberId;
    private final String instanceId;
    private final Map<Integer, Long> positions = new TreeMap<>();
    private Uuid topicId;
    private int epoch;
    private int era;
    private boolean alive = true;
    private boolean tellAll = true;
    private boolean revoking;
    private long frozenUntilMs;
    private long askedAtMs = -1;

    SimulatedConsumerMember(SimulatedWorld world, SimulatedGroup group, String instanceId, int number) {
        this.world = world;
        this.group = group;
        this.instanceId = instanceId;
        this.memberId = "member-" + number;
        beatNow();
        beatLater();
        commitLater();
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
        return alive && epoch > 0 && !revoking;
    }

    @Override
    public Set<Integer> owned() {
        return alive ? positions.keySet() : Set.of();
    }

    @Override
    public int generation() {
        return epoch;
    }

    @Override
    public int era() {
        return era;
    }

    @Override
    public void kill() {
        alive = false;
    }

    @Override
    public void freeze(long ms) {
        frozenUntilMs = world.nowMs() + ms;
    }

    @Override
    public void close() {
        if (alive && epoch > 0) {
            send(new ConsumerGroupHeartbeatRequestData().setMemberEpoch(instanceId == null ? -1 : -2));
        }
        kill();
    }

    private void ifAwake(Runnable action) {
        if (alive && world.nowMs() < frozenUntilMs) {
            world.after(frozenUntilMs - world.nowMs(), () -> ifAwake(action));
        } else if (alive) {
            action.run();
        }
    }

    private void beatLater() {
        world.after(HEARTBEAT_MS, () -> ifAwake(() -> {
            if (askedAtMs >= 0 && world.nowMs() - askedAtMs > 3_000) {
                // The answer is lost: say everything again.
                askedAtMs = -1;
                tellAll = true;
            }
            beatNow();
            beatLater();
        }));
    }

    private void beatNow() {
        if (askedAtMs >= 0) {
            return;
        }
        askedAtMs = world.nowMs();
        boolean joins = epoch == 0;
        ConsumerGroupHeartbeatRequestData request = new ConsumerGroupHeartbeatRequestData().setMemberEpoch(epoch);
        if (joins || tellAll) {
            request.setRebalanceTimeoutMs(REBALANCE_MS).setSubscribedTopicNames(List.of(SimulatedWorld.TOPIC));
        }
        request.setTopicPartitions(joins || positions.isEmpty() ? List.of()
                : List.of(new TopicPartitions().setTopicId(topicId).setPartitions(List.copyOf(positions.keySet()))));
        tellAll = false;
        send(request);
    }

    private void send(ConsumerGroupHeartbeatRequestData request) {
        long askedAt = askedAtMs;
        request.setGroupId(group.id()).setMemberId(memberId).setInstanceId(instanceId);
        world.<ConsumerGroupHeartbeatRequestData, ConsumerGroupHeartbeatResponseData>call(line, 1, request, GroupCoordinator::consumerGroupHeartbeat,
                response -> {
                    int answerEra = world.answerEra();
                    ifAwake(() -> {
                        if (askedAt == askedAtMs) {
                            askedAtMs = -1;
                            answered(response, answerEra);
                        }
                    });
                });
    }

    private void answered(ConsumerGroupHeartbeatResponseData response, int answerEra) {
        switch (Errors.forCode(response.errorCode())) {
            case NONE -> {
                if (response.assignment() == null) {
                    epoch = response.memberEpoch();
                    era = answerEra;
                } else {
                    take(response, answerEra);
                }
            }
            case FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID, GROUP_ID_NOT_FOUND -> {
                epoch = 0;
                positions.clear();
                revoking = false;
                beatNow();
            }
            case UNRELEASED_INSTANCE_ID, FENCED_INSTANCE_ID -> kill();
            case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR -> { }
            default -> throw new AssertionError("heartbeat answered " + response);
        }
    }

    private void take(ConsumerGroupHeartbeatResponseData response, int answerEra) {
        Set<Integer> assigned = new TreeSet<>();
        response.assignment().topicPartitions().forEach(each -> {
            topicId = each.topicId();
            assigned.addAll(each.partitions());
        });
        boolean gives = !assigned.containsAll(positions.keySet());
        int told = response.memberEpoch();
        if (gives && !revoking) {
            revoking = true;
            epoch = told;
            world.after(world.random.nextInt(3_000), () -> ifAwake(() -> {
                if (epoch == told && revoking) {
                    revoking = false;
                    own(assigned, told, answerEra);
                    beatNow();
                }
            }));
        } else if (!gives) {
            own(assigned, told, answerEra);
        }
    }

    private void own(Set<Integer> assigned, int told, int answerEra) {
        epoch = told;
        era = answerEra;
        positions.keySet().retainAll(assigned);
        for (int partition : assigned) {
            if (!positions.containsKey(partition)) {
                positions.put(partition, -1L);
                fetch(partition);
            }
        }
        group.checkOwners();
        group.remember(new SimulatedGroup.Past(memberId, null, told, 9, Set.copyOf(assigned)));
    }

    private void fetch(int partition) {
        group.fetch(line, partition, memberId, epoch, offset -> ifAwake(() -> positions.computeIfPresent(partition, (same, before) -> before < 0 ? offset : before)));
    }

    private void commitLater() {
        world.after(500 + world.random.nextInt(3_000), () -> ifAwake(() -> {
            Map<Integer, Long> done = new HashMap<>();
            positions.forEach((partition, position) -> {
                if (position >= 0) {
                    done.put(partition, position + 1 + world.random.nextInt(5));
                } else {
                    fetch(partition);
                }
            });
            positions.putAll(done);
            if (!done.isEmpty() && epoch > 0) {
                group.commit(line, done, memberId, null, epoch, 9, error -> { });
            }
            commitLater();
        }));
    }
}
