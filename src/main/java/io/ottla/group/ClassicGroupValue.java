// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the journal keeps of a classic group: Kafka's GroupMetadataValue.
 *
 * @param protocolType  empty if the group never had a member
 * @param protocolName  null without members
 * @param leaderId      null without members, and where nobody has assigned this generation: then a rebalance is due
 * @param stateSinceMs  wall-clock time of this state, or -1 in records of old brokers
 */
record ClassicGroupValue(
        String protocolType, int generation, String protocolName, String leaderId, long stateSinceMs, List<Member> members) {
    /** @param instanceId null for a dynamic member */
    record Member(
            String memberId,
            String instanceId,
            String clientId,
            String clientHost,
            int rebalanceTimeoutMs,
            int sessionTimeoutMs,
            byte[] subscription,
            byte[] assignment) {}

    /** Kafka writes version 3 and reads up to 4. */
    private static final short WRITTEN = 3;
    private static final short FIRST_FLEXIBLE = 4;

    void write(ValueWriter out) {
        out.int16(WRITTEN).string(protocolType).int32(generation).nullableString(protocolName).nullableString(leaderId)
                .int64(stateSinceMs).int32(members.size());
        for (Member each : members) {
            out.string(each.memberId).nullableString(each.instanceId).string(each.clientId).string(each.clientHost)
                    .int32(each.rebalanceTimeoutMs).int32(each.sessionTimeoutMs).bytes(each.subscription).bytes(each.assignment);
        }
    }

    static ClassicGroupValue read(ValueReader in) {
        short version = in.int16();
        if (version < 0 || version > FIRST_FLEXIBLE) {
            throw new IllegalArgumentException("GroupMetadataValue of version " + version);
        }
        return version < FIRST_FLEXIBLE ? readOld(in, version) : readFlexible(in);
    }

    private static ClassicGroupValue readOld(ValueReader in, short version) {
        String protocolType = in.string();
        int generation = in.int32();
        String protocolName = in.nullableString();
        String leaderId = in.nullableString();
        long stateSinceMs = version >= 2 ? in.int64() : -1;
        List<Member> members = in.array(each -> readOldMember(each, version));
        return new ClassicGroupValue(protocolType, generation, protocolName, leaderId, stateSinceMs, members);
    }

    private static Member readOldMember(ValueReader in, short version) {
        String memberId = in.string();
        String instanceId = version >= 3 ? in.nullableString() : null;
        String clientId = in.string();
        String clientHost = in.string();
        int rebalanceTimeoutMs = version >= 1 ? in.int32() : -1;
        int sessionTimeoutMs = in.int32();
        return new Member(memberId, instanceId, clientId, clientHost, rebalanceTimeoutMs < 0 ? sessionTimeoutMs : rebalanceTimeoutMs,
                sessionTimeoutMs, in.bytes(), in.bytes());
    }

    private static ClassicGroupValue readFlexible(ValueReader in) {
        ClassicGroupValue value = new ClassicGroupValue(in.compactString(), in.int32(), in.compactNullableString(),
                in.compactNullableString(), in.int64(), in.compactArray(ClassicGroupValue::readFlexibleMember));
        in.skipTags();
        return value;
    }

    private static Member readFlexibleMember(ValueReader in) {
        Member member = new Member(in.compactString(), in.compactNullableString(), in.compactString(), in.compactString(),
                in.int32(), in.int32(), in.compactBytes(), in.compactBytes());
        in.skipTags();
        return member;
    }

    ClassicGroupValue withoutLeader() {
        return new ClassicGroupValue(protocolType, generation, protocolName, null, stateSinceMs, members);
    }

    /** The group as it is, with the given assignments by member id; members without one get none. */
    static ClassicGroupValue of(ClassicGroup group, Map<String, byte[]> assignments, long stateSinceMs) {
        List<Member> members = new ArrayList<>(group.size());
        for (ClassicMember each : group.members()) {
            members.add(new Member(each.memberId, each.instanceId, each.clientId, each.clientHost, each.rebalanceTimeoutMs,
                    each.sessionTimeoutMs, each.metadata(group.protocolName()),
                    assignments.getOrDefault(each.memberId, ClassicMember.NO_ASSIGNMENT)));
        }
        return new ClassicGroupValue(group.protocolType(), group.generation(), group.protocolName(), group.leaderId(), stateSinceMs, members);
    }
}
