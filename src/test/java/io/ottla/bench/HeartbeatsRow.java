// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.apache.kafka.common.Uuid;

/** Many groups of three members that only heartbeat, each member on its own connection, at a consumer's default interval. */
final class HeartbeatsRow implements Row {
    private static final String TOPIC = "quiet";
    private static final int MEMBERS = 3;
    private static final long CLASSIC_INTERVAL_MS = 3000;
    private static final long CONSUMER_INTERVAL_MS = 5000;
    /** Compilers are busy with the joins, and then with the heartbeats, for a while; what is measured goes on for days. */
    private static final long WARM_UP_MS = 60_000;
    private static final int INTERVALS = 4;

    private final Scale scale;
    private final GroupProtocol protocol;

    HeartbeatsRow(Scale scale, GroupProtocol protocol) {
        this.scale = scale;
        this.protocol = protocol;
    }

    @Override
    public String name() {
        return "heartbeats-" + protocol.label();
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.start()) {
            Uuid topicId;
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawTopics.create(client, List.of(TOPIC), MEMBERS);
                topicId = RawTopics.id(client, TOPIC);
                for (int group = 0; group < scale.groups(); group++) {
                    GroupProtocol.await(client, group(group));
                }
            }
            long intervalMs = protocol == GroupProtocol.CLASSIC ? CLASSIC_INTERVAL_MS : CONSUMER_INTERVAL_MS;
            try (RawMembers clients = new RawMembers(server, intervalMs)) {
                join(clients, topicId);
                Thread.sleep(WARM_UP_MS);
                Stopwatch time = new Stopwatch(server);
                Thread.sleep(intervalMs * INTERVALS);
                samples.add(Metric.less(name(), scale.groups() + " groups of " + MEMBERS + ": broker CPU", "% of one"), time.cpuSeconds() / time.seconds() * 100);
                samples.add(Metric.less(name(), "resident", "MB"), server.residentMegabytes());
            }
        }
    }

    private static String group(int index) {
        return "group-" + index;
    }

    private void join(RawMembers clients, Uuid topicId) throws Exception {
        List<List<RawMember>> all = new ArrayList<>();
        for (int index = 0; index < scale.groups(); index++) {
            String name = group(index);
            List<RawMember> members = IntStream.range(0, MEMBERS).mapToObj(i -> protocol.member(name, TOPIC, topicId, MEMBERS)).toList();
            all.add(members);
            clients.connect(members);
            clients.start(members);
        }
        for (List<RawMember> members : all) {
            clients.awaitSettled(members, MEMBERS);
        }
    }
}
