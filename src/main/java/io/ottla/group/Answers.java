// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData.JoinGroupResponseMember;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/** The answers of classic groups to those who join and fetch their assignment. */
final class Answers {
    private Answers() {}

    static JoinGroupResponseData joinError(String memberId, Errors error) {
        return new JoinGroupResponseData().setMemberId(memberId).setErrorCode(error.code()).setProtocolName(null);
    }

    /** What the group is now; its members are told to the leader only. */
    static JoinGroupResponseData joined(ClassicGroup group, String memberId) {
        return joined(group, memberId, group.generation(), group.leaderId(), group.protocolName(),
                group.isLeader(memberId) ? members(group, group.protocolName()) : List.of());
    }

    static JoinGroupResponseData joined(
            ClassicGroup group, String memberId, int generation, String leaderId, String protocolName, List<JoinGroupResponseMember> members) {
        return new JoinGroupResponseData()
                .setMemberId(memberId)
                .setGenerationId(generation)
                .setProtocolType(group.protocolType())
                .setProtocolName(protocolName)
                .setLeader(leaderId)
                .setMembers(members);
    }

    /** All members, with what they say under a protocol. */
    static List<JoinGroupResponseMember> members(ClassicGroup group, String protocolName) {
        List<JoinGroupResponseMember> members = new ArrayList<>(group.size());
        for (ClassicMember each : group.members()) {
            members.add(new JoinGroupResponseMember()
                    .setMemberId(each.memberId)
                    .setGroupInstanceId(each.instanceId)
                    .setMetadata(each.metadata(protocolName)));
        }
        return members;
    }

    static SyncGroupResponseData syncError(Errors error) {
        return new SyncGroupResponseData().setErrorCode(error.code());
    }

    static SyncGroupResponseData assignment(ClassicGroup group, byte[] assignment) {
        return new SyncGroupResponseData()
                .setProtocolType(group.protocolType())
                .setProtocolName(group.protocolName())
                .setAssignment(assignment);
    }

    static byte[] assignmentOf(Map<String, byte[]> assignments, String memberId) {
        return assignments.getOrDefault(memberId, ClassicMember.NO_ASSIGNMENT);
    }
}
