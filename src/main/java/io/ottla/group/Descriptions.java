// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroupMember;
import org.apache.kafka.common.message.ListGroupsResponseData;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;

/** Groups as DescribeGroups and ListGroups show them. */
final class Descriptions {
    static final String DEAD = "Dead";
    private static final String CLASSIC_TYPE = "classic";
    private static final String CONSUMER_TYPE = "consumer";

    private Descriptions() {}

    /**
     * A group that does not exist is described as dead.
     *
     * @param guest whether the id is a guest's
     */
    static DescribedGroup classic(String groupId, Group group, boolean guest) {
        return switch (group) {
            case null -> dead(groupId).setErrorMessage(guest ? notClassic(groupId) : null);
            case ClassicGroup classic -> describe(classic);
            case ConsumerGroup ignored -> dead(groupId).setErrorMessage(notClassic(groupId));
        };
    }

    private static DescribedGroup dead(String groupId) {
        return new DescribedGroup().setGroupId(groupId).setGroupState(DEAD);
    }

    private static String notClassic(String groupId) {
        return "Group " + groupId + " is not a classic group.";
    }

    private static DescribedGroup describe(ClassicGroup group) {
        boolean stable = group.is(ClassicState.STABLE);
        List<DescribedGroupMember> members = new ArrayList<>();
        for (ClassicMember each : group.members()) {
            DescribedGroupMember member = new DescribedGroupMember()
                    .setMemberId(each.memberId)
                    .setGroupInstanceId(each.instanceId)
                    .setClientId(each.clientId)
                    .setClientHost(each.clientHost)
                    .setMemberAssignment(each.assignment);
            members.add(stable ? member.setMemberMetadata(each.metadata(group.protocolName())) : member);
        }
        return new DescribedGroup()
                .setGroupId(group.groupId())
                .setGroupState(group.state().wireName())
                .setProtocolType(orEmpty(group.protocolType()))
                .setProtocolData(stable ? group.protocolName() : "")
                .setMembers(members);
    }

    static ListGroupsResponseData list(Collection<Group> groups, Guests guests) {
        List<ListedGroup> listed = new ArrayList<>(guests.list());
        for (Group each : groups) {
            listed.add(switch (each) {
                case ClassicGroup classic -> new ListedGroup()
                        .setGroupId(classic.groupId())
                        .setProtocolType(orEmpty(classic.protocolType()))
                        .setGroupState(classic.state().wireName())
                        .setGroupType(CLASSIC_TYPE);
                case ConsumerGroup consumer -> new ListedGroup()
                        .setGroupId(consumer.groupId())
                        .setProtocolType(ClassicGroup.CONSUMER_PROTOCOL_TYPE)
                        .setGroupState(consumer.state())
                        .setGroupType(CONSUMER_TYPE);
            });
        }
        return new ListGroupsResponseData().setGroups(listed);
    }

    private static String orEmpty(String value) {
        return value == null ? "" : value;
    }
}
