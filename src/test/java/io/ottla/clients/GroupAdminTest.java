// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeConsumerGroupsOptions;
import org.apache.kafka.clients.admin.GroupListing;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListGroupsOptions;
import org.apache.kafka.clients.admin.MemberToRemove;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.GroupState;
import org.apache.kafka.common.GroupType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.GroupNotEmptyException;
import org.apache.kafka.common.errors.GroupSubscribedToTopicException;
import org.apache.kafka.common.errors.UnknownMemberIdException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Groups and their offsets as the admin client lists, describes, changes and deletes them. */
@ExtendWith(BrokerUnderTest.Extension.class)
class GroupAdminTest {
    private final Clients clients;
    private final Admin admin;
    private final String topic;
    private final String group = Clients.unique("group-admin");
    private final TopicPartition p0;
    private final TopicPartition p1;

    GroupAdminTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        admin = clients.admin();
        topic = clients.topic("group-admin", 2);
        p0 = new TopicPartition(topic, 0);
        p1 = new TopicPartition(topic, 1);
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void aGroupOfAnotherKindIsSaidToBeOne() {
        Clients.await(admin.alterShareGroupOffsets(group, Map.of(p0, 0L)).all());
        Throwable asConsumers = Clients.awaitFailure(admin.describeConsumerGroups(List.of(group)).all());
        assertInstanceOf(GroupIdNotFoundException.class, asConsumers);
        assertEquals("Group " + group + " is not a consumer group.", asConsumers.getMessage());
        assertInstanceOf(GroupIdNotFoundException.class, Clients.awaitFailure(admin.describeClassicGroups(List.of(group)).all()));
    }

    @Test
    void aGroupIsDescribedWithItsMembersAndThenEmpty() {
        clients.sendNumbers(topic, 0, 0, 0);
        KafkaConsumer<String, String> member = stableMember(Map.of("client.id", "the-client", "group.instance.id", "instance-1"));
        member.commitSync();
        ConsumerGroupDescription description = describe();
        assertEquals(GroupState.STABLE, description.groupState());
        assertEquals(GroupType.CLASSIC, description.type());
        assertEquals("range", description.partitionAssignor());
        assertEquals(1, description.members().size());
        var described = description.members().iterator().next();
        assertEquals("the-client", described.clientId());
        assertEquals("instance-1", described.groupInstanceId().orElseThrow());
        assertEquals(Set.of(p0, p1), described.assignment().topicPartitions());
        assertTrue(described.host().startsWith("/"), described.host());
        Clients.await(admin.removeMembersFromConsumerGroup(group,
                new RemoveMembersFromConsumerGroupOptions(List.of(new MemberToRemove("instance-1")))).all());
        assertEquals(GroupState.EMPTY, describe().groupState());
        assertEquals(List.of(), List.copyOf(describe().members()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"classic", "consumer"})
    void aDescriptionTellsWhatMayBeDoneWithTheGroupWhereItIsAskedFor(String protocol) {
        clients.sendNumbers(topic, 0, 0, 0);
        stableMember(Map.of("group.protocol", protocol));
        assertNull(describe().authorizedOperations());
        assertEquals(Set.of(AclOperation.READ, AclOperation.DELETE, AclOperation.DESCRIBE, AclOperation.DESCRIBE_CONFIGS, AclOperation.ALTER_CONFIGS),
                Clients.await(admin.describeConsumerGroups(List.of(group), new DescribeConsumerGroupsOptions().includeAuthorizedOperations(true))
                        .describedGroups().get(group)).authorizedOperations());
    }

    @Test
    void groupsAreListedWithStateAndType() {
        clients.sendNumbers(topic, 0, 0, 0);
        stableMember(Map.of());
        GroupListing listing = Clients.await(admin.listGroups().all()).stream()
                .filter(candidate -> candidate.groupId().equals(group)).findFirst().orElseThrow();
        assertEquals(GroupState.STABLE, listing.groupState().orElseThrow());
        assertEquals(GroupType.CLASSIC, listing.type().orElseThrow());
        assertEquals("consumer", listing.protocol());
        assertTrue(groups(new ListGroupsOptions().inGroupStates(Set.of(GroupState.STABLE))).contains(group));
        assertTrue(!groups(new ListGroupsOptions().inGroupStates(Set.of(GroupState.EMPTY))).contains(group));
    }

    @Test
    void aGroupWithMembersCannotBeDeletedAnEmptyOneCan() {
        clients.sendNumbers(topic, 0, 0, 0);
        KafkaConsumer<String, String> member = stableMember(Map.of());
        member.commitSync();
        assertInstanceOf(GroupNotEmptyException.class, Clients.awaitFailure(admin.deleteConsumerGroups(List.of(group)).all()));
        member.close();
        Clients.await(admin.deleteConsumerGroups(List.of(group)).all());
        assertTrue(!groups(new ListGroupsOptions()).contains(group));
        assertInstanceOf(GroupIdNotFoundException.class, Clients.awaitFailure(admin.deleteConsumerGroups(List.of(group)).all()));
        assertEquals(Map.of(), offsets());
    }

    @Test
    void aGroupNobodyEverSawIsNotFound() {
        assertInstanceOf(GroupIdNotFoundException.class,
                Clients.awaitFailure(admin.describeConsumerGroups(List.of(group)).describedGroups().get(group)));
        assertEquals(Map.of(), offsets());
    }

    @Test
    void offsetsCanBeSetAndDeletedWhileTheGroupIsEmpty() {
        Clients.await(admin.alterConsumerGroupOffsets(group, Map.of(
                p0, new OffsetAndMetadata(5), p1, new OffsetAndMetadata(6, "noted"))).all());
        assertEquals(5, offsets().get(p0).offset());
        assertEquals("noted", offsets().get(p1).metadata());
        Clients.await(admin.deleteConsumerGroupOffsets(group, Set.of(p0)).all());
        assertEquals(Set.of(p1), offsets().keySet());
    }

    @Test
    void offsetsOfAGroupWithMembersCannotBeSetOrDeleted() {
        clients.sendNumbers(topic, 0, 0, 0);
        stableMember(Map.of()).commitSync();
        assertInstanceOf(UnknownMemberIdException.class,
                Clients.awaitFailure(admin.alterConsumerGroupOffsets(group, Map.of(p0, new OffsetAndMetadata(0))).all()));
        assertInstanceOf(GroupSubscribedToTopicException.class,
                Clients.awaitFailure(admin.deleteConsumerGroupOffsets(group, Set.of(p0)).partitionResult(p0)));
        assertEquals(1, offsets().get(p0).offset());
    }

    @Test
    void offsetsOfSeveralGroupsAreListedTogether() {
        String other = Clients.unique("group-admin");
        Clients.await(admin.alterConsumerGroupOffsets(group, Map.of(p0, new OffsetAndMetadata(5))).all());
        Clients.await(admin.alterConsumerGroupOffsets(other, Map.of(p0, new OffsetAndMetadata(7))).all());
        var listed = Clients.await(admin.listConsumerGroupOffsets(Map.of(
                group, new ListConsumerGroupOffsetsSpec().topicPartitions(List.of(p0, p1)), other, new ListConsumerGroupOffsetsSpec())).all());
        assertEquals(5, listed.get(group).get(p0).offset());
        assertNull(listed.get(group).get(p1));
        assertEquals(Map.of(p0, new OffsetAndMetadata(7)), listed.get(other));
    }

    @Test
    void deletingATopicDeletesItsCommittedOffsets() {
        Clients.await(admin.alterConsumerGroupOffsets(group, Map.of(p0, new OffsetAndMetadata(5))).all());
        Clients.await(admin.deleteTopics(List.of(topic)).all());
        Eventually.until(() -> "no offsets, are " + offsets(), () -> offsets().isEmpty());
    }

    private KafkaConsumer<String, String> stableMember(Map<String, ?> overrides) {
        KafkaConsumer<String, String> consumer = clients.consumer(group, overrides);
        consumer.subscribe(List.of(topic));
        Clients.poll(consumer, 1);
        return consumer;
    }

    private ConsumerGroupDescription describe() {
        return Clients.await(admin.describeConsumerGroups(List.of(group)).describedGroups().get(group));
    }

    private Map<TopicPartition, OffsetAndMetadata> offsets() {
        return Clients.await(admin.listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
    }

    private Set<String> groups(ListGroupsOptions options) {
        return Clients.await(admin.listGroups(options).all()).stream().map(GroupListing::groupId).collect(Collectors.toSet());
    }
}
