// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.HeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocol;
import org.apache.kafka.common.message.JoinGroupRequestData.JoinGroupRequestProtocolCollection;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData.SyncGroupRequestAssignment;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** The classic protocol. A leader gives partition p to the member whose turn it is; the assignment is a plain list of numbers, for no broker reads it. */
final class ClassicRawMember implements RawMember {
    private static final short JOIN_VERSION = 9;
    private static final short SYNC_VERSION = 5;
    private static final short HEARTBEAT_VERSION = 4;
    private static final int SESSION_TIMEOUT_MS = 45_000;
    private static final int REBALANCE_TIMEOUT_MS = 60_000;
    private static final String PROTOCOL = "range";

    /** What a real consumer's subscription to one topic takes. */
    private static final int METADATA_BYTES = 40;

    private final RawClient client;
    private final String group;
    private final int partitions;
    private String id = "";
    private int generation;
    private volatile Standing standing = Standing.OUTSIDE;

    ClassicRawMember(Server server, String group, int partitions) {
        client = RawClient.connect(server.bootstrapServers());
        this.group = group;
        this.partitions = partitions;
    }

    @Override
    public boolean step() {
        if (standing == Standing.OUTSIDE) {
            join();
            return true;
        }
        HeartbeatRequestData request = new HeartbeatRequestData().setGroupId(group).setMemberId(id).setGenerationId(generation);
        return goesOn(client.call(request, HEARTBEAT_VERSION, HeartbeatResponseData.class).errorCode());
    }

    @Override
    public Standing settledAt() {
        return standing;
    }

    private void join() {
        JoinGroupRequestProtocolCollection protocols = new JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestProtocol().setName(PROTOCOL).setMetadata(new byte[METADATA_BYTES]));
        JoinGroupResponseData joined = client.call(new JoinGroupRequestData().setGroupId(group).setMemberId(id).setProtocolType("consumer")
                .setProtocols(protocols).setSessionTimeoutMs(SESSION_TIMEOUT_MS).setRebalanceTimeoutMs(REBALANCE_TIMEOUT_MS), JOIN_VERSION, JoinGroupResponseData.class);
        if (joined.errorCode() == Errors.MEMBER_ID_REQUIRED.code()) {
            id = joined.memberId();
        } else if (!goesOn(joined.errorCode())) {
            id = joined.memberId();
            generation = joined.generationId();
            sync(joined.leader().equals(id) ? joined.members().stream().map(member -> member.memberId()).toList() : List.of());
        }
    }

    private void sync(List<String> members) {
        SyncGroupResponseData synced = client.call(new SyncGroupRequestData().setGroupId(group).setMemberId(id).setGenerationId(generation)
                .setProtocolType("consumer").setProtocolName(PROTOCOL).setAssignments(assign(members)), SYNC_VERSION, SyncGroupResponseData.class);
        if (!goesOn(synced.errorCode())) {
            Set<Integer> mine = new HashSet<>();
            for (ByteBuffer bytes = ByteBuffer.wrap(synced.assignment()); bytes.hasRemaining(); ) {
                mine.add(bytes.getInt());
            }
            standing = new Standing(generation, mine);
        }
    }

    private List<SyncGroupRequestAssignment> assign(List<String> members) {
        List<SyncGroupRequestAssignment> all = new ArrayList<>();
        for (int member = 0; member < members.size(); member++) {
            ByteBuffer mine = ByteBuffer.allocate((partitions / members.size() + 1) * Integer.BYTES);
            for (int partition = member; partition < partitions; partition += members.size()) {
                mine.putInt(partition);
            }
            all.add(new SyncGroupRequestAssignment().setMemberId(members.get(member)).setAssignment(Arrays.copyOf(mine.array(), mine.position())));
        }
        return all;
    }

    /** True if the member has to join again, or once more, because of the error. */
    private boolean goesOn(short error) {
        if (error == 0) {
            return false;
        }
        if (error == Errors.UNKNOWN_MEMBER_ID.code()) {
            id = "";
        } else if (error != Errors.REBALANCE_IN_PROGRESS.code() && error != Errors.ILLEGAL_GENERATION.code() && !Retriable.is(error)) {
            throw new IllegalStateException("member of " + group + " refused: " + Errors.forCode(error));
        }
        standing = Standing.OUTSIDE;
        return true;
    }

    @Override
    public void close() {
        client.close();
    }
}
