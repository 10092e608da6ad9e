// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.broker.Ottla;
import io.ottla.testkit.RawClient;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** Many connections with one member each, and among them one client that asks much and reads nothing. {@code -Psoak} has 5,000 of them. */
class GroupStormTest {
    private static final int MEMBERS = Boolean.getBoolean("soak") ? 5_000 : 300;
    private static final int MAX_BYTES_A_MEMBER = 100_000;
    private static final int GREEDY_REQUESTS = 20_000;
    private static final short JOIN_WITHOUT_ID = 3;

    /** Connected, and alone in its group. */
    private record Single(RawClient client, String group, String memberId) {}

    @Test
    void everybodyIsHeardWhileOneClientReadsNothing() throws Exception {
        List<Single> members = new ArrayList<>();
        try (Ottla broker = Ottla.startTemporary(Map.of())) {
            long before = usedBytes();
            for (int i = 0; i < MEMBERS; i++) {
                members.add(join(broker, "storm-" + i));
            }
            long bytesAMember = (usedBytes() - before) / MEMBERS;
            assertTrue(bytesAMember < MAX_BYTES_A_MEMBER, () -> bytesAMember + " bytes for each member and its connection, on both sides");
            try (RawClient greedy = RawClient.connect(broker.bootstrapServers())) {
                int[] sent = {0};
                Thread sender = Thread.ofPlatform().start(() -> askWithoutReading(greedy, sent));
                for (int round = 0; round < 3; round++) {
                    members.forEach(GroupStormTest::heartbeat);
                }
                assertTrue(sent[0] < GREEDY_REQUESTS, "the broker goes on taking requests whose answers nobody reads");
                greedy.close();
                sender.join();
            }
            members.forEach(GroupStormTest::heartbeat);
        } finally {
            members.forEach(each -> each.client.close());
        }
    }

    private static Single join(Ottla broker, String group) throws InterruptedException {
        RawClient client = RawClient.connect(broker.bootstrapServers());
        FindCoordinatorRequestData find = new FindCoordinatorRequestData().setKeyType((byte) 0).setCoordinatorKeys(List.of(group));
        while (client.call(find, 4, FindCoordinatorResponseData.class).coordinators().getFirst().errorCode() != 0) {
            Thread.sleep(10);
        }
        JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestProtocol().setName("range").setMetadata(new byte[40]));
        JoinGroupRequestData request = new JoinGroupRequestData().setGroupId(group).setProtocolType("consumer").setProtocols(protocols)
                .setSessionTimeoutMs(300_000).setRebalanceTimeoutMs(60_000);
        JoinGroupResponseData joined = client.call(request, JOIN_WITHOUT_ID, JoinGroupResponseData.class);
        while (Errors.forCode(joined.errorCode()) == Errors.COORDINATOR_LOAD_IN_PROGRESS) {
            Thread.sleep(10);
            joined = client.call(request, JOIN_WITHOUT_ID, JoinGroupResponseData.class);
        }
        assertEquals(Errors.NONE, Errors.forCode(joined.errorCode()));
        SyncGroupResponseData synced = client.call(new SyncGroupRequestData().setGroupId(group).setMemberId(joined.memberId())
                .setGenerationId(joined.generationId()), 3, SyncGroupResponseData.class);
        assertEquals(Errors.NONE, Errors.forCode(synced.errorCode()));
        return new Single(client, group, joined.memberId());
    }

    private static void heartbeat(Single member) {
        HeartbeatResponseData answer = member.client.call(new HeartbeatRequestData().setGroupId(member.group).setMemberId(member.memberId)
                .setGenerationId(1), 3, HeartbeatResponseData.class);
        assertEquals(Errors.NONE, Errors.forCode(answer.errorCode()));
    }

    private static void askWithoutReading(RawClient client, int[] sent) {
        DescribeGroupsRequestData everything = new DescribeGroupsRequestData().setGroups(IntStream.range(0, MEMBERS).mapToObj(i -> "storm-" + i).toList());
        try {
            for (; sent[0] < GREEDY_REQUESTS; sent[0]++) {
                client.send(everything, 5);
            }
        } catch (UncheckedIOException closed) {
            // The others have been heard: the test has closed it.
        }
    }

    private static long usedBytes() {
        System.gc();
        Runtime runtime = Runtime.getRuntime();
        return runtime.totalMemory() - runtime.freeMemory();
    }
}
