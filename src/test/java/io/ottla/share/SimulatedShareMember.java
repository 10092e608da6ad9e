// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.apache.kafka.common.message.ShareGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** A share consumer: beats, fetches from what it is assigned, and says sooner or later what became of the records, or never. */
final class SimulatedShareMember {
    private static final int HEARTBEAT_MS = 1_000;
    private static final int PATIENCE_MS = 3_000;
    private static final List<Acknowledgement.Kind> KINDS = List.of(Acknowledgement.Kind.ACCEPT, Acknowledgement.Kind.ACCEPT,
            Acknowledgement.Kind.ACCEPT, Acknowledgement.Kind.RELEASE, Acknowledgement.Kind.REJECT, Acknowledgement.Kind.RENEW);

    private final ShareWorld world;
    private final SharedRecords records;
    private final String topic;
    private final String memberId;
    private Set<Integer> assigned = new TreeSet<>();
    private int epoch;
    private boolean alive = true;
    private boolean diligent;
    private long frozenUntilMs;
    private long cutUntilMs;
    private long askedAtMs = -1;
    /** An answer may be lost: until the next one the member says everything, as the Java client does, and so hears everything. */
    private boolean tellAll;

    SimulatedShareMember(ShareWorld world, SharedRecords records, String topic, String memberId) {
        this.world = world;
        this.records = records;
        this.topic = topic;
        this.memberId = memberId;
        beat();
        workLater();
    }

    String memberId() {
        return memberId;
    }

    boolean alive() {
        return alive;
    }

    int epoch() {
        return epoch;
    }

    Set<Integer> assigned() {
        return assigned;
    }

    void kill() {
        alive = false;
    }

    void freeze(long ms) {
        frozenUntilMs = world.nowMs() + ms;
    }

    void cut(long ms) {
        cutUntilMs = world.nowMs() + ms;
    }

    /** From now on it accepts whatever it gets, at once. */
    void work() {
        diligent = true;
    }

    void close() {
        if (alive && epoch > 0) {
            send(-1, null, response -> { });
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

    private boolean cut() {
        return world.nowMs() < cutUntilMs;
    }

    private void beat() {
        boolean impatient = askedAtMs >= 0 && world.nowMs() - askedAtMs > PATIENCE_MS;
        tellAll |= impatient;
        if (askedAtMs < 0 || impatient) {
            long askedAt = world.nowMs();
            askedAtMs = askedAt;
            send(epoch, epoch == 0 || tellAll ? List.of(topic) : null, response -> ifAwake(() -> {
                if (askedAt == askedAtMs) {
                    askedAtMs = -1;
                    answered(response);
                }
            }));
        }
        world.after(HEARTBEAT_MS, () -> ifAwake(this::beat));
    }

    private void send(int saidEpoch, List<String> subscribed, Consumer<ShareGroupHeartbeatResponseData> reply) {
        ShareGroupHeartbeatRequestData request = new ShareGroupHeartbeatRequestData()
                .setGroupId(ShareWorld.GROUP).setMemberId(memberId).setMemberEpoch(saidEpoch).setSubscribedTopicNames(subscribed);
        world.carry(this::cut, () -> {
            int receivedBy = world.incarnation();
            world.share().heartbeat(ShareWorld.context(), request, response -> {
                if (receivedBy == world.incarnation()) {
                    world.carry(this::cut, () -> reply.accept(response));
                }
            });
            world.settle();
        });
    }

    private void answered(ShareGroupHeartbeatResponseData response) {
        switch (Errors.forCode(response.errorCode())) {
            case NONE -> {
                tellAll = false;
                epoch = response.memberEpoch();
                if (response.assignment() != null) {
                    assigned = new TreeSet<>();
                    response.assignment().topicPartitions().forEach(each -> assigned.addAll(each.partitions()));
                }
            }
            case FENCED_MEMBER_EPOCH, UNKNOWN_MEMBER_ID, GROUP_ID_NOT_FOUND -> {
                epoch = 0;
                assigned = new TreeSet<>();
            }
            case COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR -> { }
            default -> throw new AssertionError("heartbeat answered " + response);
        }
    }

    private void workLater() {
        world.after(diligent ? 100 : 200 + world.random.nextInt(1_500), () -> ifAwake(() -> {
            if (!assigned.isEmpty()) {
                int partition = List.copyOf(assigned).get(world.random.nextInt(assigned.size()));
                int most = 1 + world.random.nextInt(20);
                boolean strict = world.random.nextBoolean();
                world.carry(this::cut, () -> records.fetch(partition, memberId, most, strict,
                        places -> world.carry(this::cut, () -> ifAwake(() -> got(places)))));
            }
            workLater();
        }));
    }

    /** In one go, in pieces, late or never. */
    private void got(List<SharedRecords.Place> places) {
        int from = 0;
        while (from < places.size()) {
            int to = from + 1;
            while (to < places.size() && places.get(to).offset() == places.get(to - 1).offset() + 1 && (diligent || world.random.nextInt(6) > 0)) {
                to++;
            }
            acknowledgeLater(List.copyOf(places.subList(from, to)));
            from = to;
        }
    }

    private void acknowledgeLater(List<SharedRecords.Place> places) {
        if (!diligent && world.random.nextInt(10) == 0) {
            return;
        }
        List<Acknowledgement.Kind> kinds = new ArrayList<>();
        places.forEach(place -> kinds.add(diligent ? Acknowledgement.Kind.ACCEPT : KINDS.get(world.random.nextInt(KINDS.size()))));
        world.after(diligent ? 0 : world.random.nextInt(ShareWorld.LOCK_MS * 3 / 2), () -> ifAwake(() ->
                world.carry(this::cut, () -> records.acknowledge(memberId, places, kinds))));
    }
}
