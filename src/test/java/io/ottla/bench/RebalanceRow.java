// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/** One group with as many members as its topic has partitions, from when the last member joins until each partition has its owner. Members heartbeat often, so that what counts is the broker. */
final class RebalanceRow implements Row {
    private static final String TOPIC = "large";
    private static final String GROUP = "large";
    private static final long HEARTBEAT_MS = 100;

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
        int size = scale.groups();
        try (Server server = contender.start()) {
            Uuid topicId;
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawTopics.create(client, List.of(TOPIC), size);
                topicId = RawTopics.id(client, TOPIC);
                GroupProtocol.await(client, GROUP);
            }
            List<RawMember> members = IntStream.range(0, size).mapToObj(i -> protocol.member(GROUP, TOPIC, topicId, size)).toList();
            try (RawMembers clients = new RawMembers(server, HEARTBEAT_MS)) {
                clients.connect(members);
                Stopwatch first = new Stopwatch(server);
                clients.start(members.subList(0, size - 1));
                clients.awaitSettled(members.subList(0, size - 1), size);
                samples.add(Metric.less(name(), size - 1 + " members join at once", "ms"), first.millis());
                samples.add(Metric.less(name(), "at once: broker CPU", "s"), first.cpuSeconds());
                Stopwatch last = new Stopwatch(server);
                clients.start(members.subList(size - 1, size));
                clients.awaitSettled(members, size);
                samples.add(Metric.less(name(), "one more joins", "ms"), last.millis());
                samples.add(Metric.less(name(), "one more: broker CPU", "s"), last.cpuSeconds());
            }
        }
    }
}
