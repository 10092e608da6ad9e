// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.Member;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.TopicPartitions;
import org.apache.kafka.common.protocol.Errors;

/** What is told about share groups to those who only look. */
final class ShareDescriptions {
    private ShareDescriptions() {}

    static List<ListedGroup> list(Collection<ShareGroup> groups) {
        List<ListedGroup> listed = new ArrayList<>();
        groups.forEach(group -> listed.add(new ListedGroup()
                .setGroupId(group.groupId).setProtocolType(ShareGroup.TYPE).setGroupState(group.state()).setGroupType(ShareGroup.TYPE)));
        return listed;
    }

    /** @param taken by a group of another kind */
    static DescribedGroup missing(String groupId, boolean taken) {
        return new DescribedGroup().setGroupId(groupId).setErrorCode(Errors.GROUP_ID_NOT_FOUND.code())
                .setErrorMessage("Group " + groupId + (taken ? " is not a share group." : " not found."));
    }

    static DescribedGroup describe(ShareGroup group) {
        DescribedGroup described = new DescribedGroup()
                .setGroupId(group.groupId)
                .setGroupState(group.state())
                .setGroupEpoch(group.epoch())
                .setAssignmentEpoch(group.assignmentEpoch())
                .setAssignorName(SimpleAssignor.NAME);
        group.members().values().forEach(member -> described.members().add(describe(group, member)));
        return described;
    }

    private static Member describe(ShareGroup group, ShareMember member) {
        ShareGroupDescribeResponseData.Assignment assignment = new ShareGroupDescribeResponseData.Assignment();
        member.assigned().partitions().forEach((topic, indexes) -> {
            ReadyPartitions.Partitions named = group.ready().initialized().get(topic);
            if (named != null) {
                assignment.topicPartitions().add(
                        new TopicPartitions().setTopicId(topic).setTopicName(named.topic()).setPartitions(List.copyOf(indexes)));
            }
        });
        return new Member()
                .setMemberId(member.memberId())
                .setRackId(member.rackId())
                .setMemberEpoch(member.epoch())
                .setClientId(member.clientId())
                .setClientHost(member.clientHost())
                .setSubscribedTopicNames(member.subscribed())
                .setAssignment(assignment);
    }
}
