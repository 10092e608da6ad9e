// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/**
 * Groups with as many members as their topic has partitions, one after the other: all members but one join at once, and then the last one. What
 * counts is the time from when a member joined last until each partition has its owner. The first group meets a broker that has just started;
 * some groups later, broker and members run compiled code.
 */
final class RebalanceRow implements Row {
    private static final String TOPIC = "large";

    /** Members heartbeat often, so that what counts is the broker. */
    private static final long HEARTBEAT_MS = 100;
    private static final int GROUPS = 5;

    /** Members of the consumer protocol that are gone must not run out, 45 s later, while others are measured. */
    private static final Map<GroupProtocol, Integer> GROUPS_BEFORE = Map.of(GroupProtocol.CLASSIC, 12, GroupProtocol.CONSUMER, 5);

    private final Scale scale;
    private final GroupProtocol protocol;

    RebalanceRow(Scale scale, GroupProtocol protocol) {
        this.scale = scale;
        this.protocol = protocol;
    }

    @Override
    public String name() {
        return "rebalance-" + protocol.label();
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        int groupsBefore = GROUPS_BEFORE.get(protocol);
        List<String> groups = IntStream.range(0, groupsBefore + GROUPS).mapToObj(index -> "large-" + index).toList();
        try (Server server = contender.start()) {
            Uuid topicId;
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawTopics.create(client, List.of(TOPIC), scale.groups());
                topicId = RawTopics.id(client, TOPIC);
                for (String group : groups) {
                    GroupProtocol.await(client, group);
                }
            }
            for (int i = 0; i < groups.size(); i++) {
                String when = i == 0 ? "just started, " : i < groupsBefore ? null : "";
                rebalance(server, groups.get(i), topicId, when, samples);
            }
        }
    }

    /** @param when in a metric's name, or null if this does not count */
    private void rebalance(Server server, String group, Uuid topicId, String when, Samples samples) throws Exception {
        int size = scale.groups();
        List<RawMember> members = IntStream.range(0, size).mapToObj(i -> protocol.member(group, TOPIC, topicId, size)).toList();
        List<RawMember> most = members.subList(0, size - 1);
        try (RawMembers clients = new RawMembers(server, HEARTBEAT_MS)) {
            clients.connect(members);
            Rebalanced many = join(server, clients, most, most);
            Rebalanced one = join(server, clients, members.subList(size - 1, size), members);
            if (when != null) {
                many.report(name(), when + (size - 1) + " join at once", samples);
                one.report(name(), when + "one more joins", samples);
            }
        }
    }

    /** Has some members join, and waits until all of the group have settled. */
    private Rebalanced join(Server server, RawMembers clients, List<RawMember> newcomers, List<RawMember> all) throws Exception {
        Stopwatch time = new Stopwatch(server);
        long membersBefore = clients.cpuNanos();
        long start = System.nanoTime();
        clients.start(newcomers);
        clients.awaitJoinAfter(start);
        // The others have nothing to wait for: how soon they hear of it is not the broker's doing.
        clients.hasten();
        clients.awaitSettled(all, scale.groups());
        return new Rebalanced(clients.lastMoveNanos() - start, clients.lastMoveNanos() - clients.lastJoinNanos(), clients.cpuNanos() - membersBefore, time.cpuSeconds());
    }

    /** @param membersCpuNanos of the one thread that all members share, since the first join */
    private record Rebalanced(long nanos, long nanosFromLastJoin, long membersCpuNanos, double cpuSeconds) {
        void report(String row, String what, Samples samples) {
            samples.add(Metric.less(row, what + ": from last join", "ms"), nanosFromLastJoin / 1e6);
            samples.add(Metric.less(row, what + ": from first join", "ms"), nanos / 1e6);
            samples.add(Metric.less(row, what + ": members' CPU, of one thread", "ms"), membersCpuNanos / 1e6);
            samples.add(Metric.less(row, what + ": broker CPU", "s"), cpuSeconds);
        }
    }
}
