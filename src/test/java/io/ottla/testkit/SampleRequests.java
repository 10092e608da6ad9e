// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.consumer.ConsumerPartitionAssignor.Subscription;
import org.apache.kafka.clients.consumer.internals.ConsumerProtocol;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.CreatePartitionsRequestData;
import org.apache.kafka.common.message.CreateTopicsRequestData;
import org.apache.kafka.common.message.DeleteGroupsRequestData;
import org.apache.kafka.common.message.DeleteTopicsRequestData;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeConfigsRequestData;
import org.apache.kafka.common.message.DescribeGroupsRequestData;
import org.apache.kafka.common.message.DescribeTopicPartitionsRequestData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.HeartbeatRequestData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.LeaveGroupRequestData;
import org.apache.kafka.common.message.ListGroupsRequestData;
import org.apache.kafka.common.message.ListOffsetsRequestData;
import org.apache.kafka.common.message.MetadataRequestData;
import org.apache.kafka.common.message.OffsetCommitRequestData;
import org.apache.kafka.common.message.OffsetDeleteRequestData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetForLeaderEpochRequestData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.SyncGroupRequestData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;

/** A plain, valid request of each API that every client needs, in each of its versions. The topic has one partition at least. */
public final class SampleRequests {
    /** The APIs that have samples. */
    public static final Set<ApiKeys> APIS = EnumSet.of(
            ApiKeys.API_VERSIONS, ApiKeys.METADATA, ApiKeys.DESCRIBE_TOPIC_PARTITIONS, ApiKeys.DESCRIBE_CLUSTER, ApiKeys.CREATE_TOPICS,
            ApiKeys.DELETE_TOPICS, ApiKeys.CREATE_PARTITIONS, ApiKeys.DESCRIBE_CONFIGS, ApiKeys.PRODUCE, ApiKeys.FETCH, ApiKeys.LIST_OFFSETS,
            ApiKeys.OFFSET_FOR_LEADER_EPOCH, ApiKeys.INIT_PRODUCER_ID, ApiKeys.FIND_COORDINATOR, ApiKeys.JOIN_GROUP, ApiKeys.SYNC_GROUP,
            ApiKeys.HEARTBEAT, ApiKeys.LEAVE_GROUP, ApiKeys.OFFSET_COMMIT, ApiKeys.OFFSET_FETCH, ApiKeys.LIST_GROUPS, ApiKeys.DESCRIBE_GROUPS,
            ApiKeys.DELETE_GROUPS, ApiKeys.OFFSET_DELETE);

    private final String topic;
    private final Uuid topicId;
    private final String group;

    public SampleRequests(String topic, Uuid topicId, String group) {
        this.topic = topic;
        this.topicId = topicId;
        this.group = group;
    }

    public ApiMessage of(ApiKeys api, int version) {
        return switch (api) {
            case API_VERSIONS -> version < 3 ? new ApiVersionsRequestData()
                    : new ApiVersionsRequestData().setClientSoftwareName("sample").setClientSoftwareVersion("1.0");
            case METADATA -> new MetadataRequestData().setTopics(List.of(new MetadataRequestData.MetadataRequestTopic().setName(topic)));
            case DESCRIBE_TOPIC_PARTITIONS -> new DescribeTopicPartitionsRequestData()
                    .setTopics(List.of(new DescribeTopicPartitionsRequestData.TopicRequest().setName(topic)));
            case DESCRIBE_CLUSTER -> new DescribeClusterRequestData();
            case CREATE_TOPICS -> createTopics();
            case DELETE_TOPICS -> deleteTopics(version);
            case CREATE_PARTITIONS -> createPartitions();
            case DESCRIBE_CONFIGS -> new DescribeConfigsRequestData().setResources(List.of(new DescribeConfigsRequestData.DescribeConfigsResource()
                    .setResourceType(ConfigResource.Type.TOPIC.id()).setResourceName(topic)));
            case PRODUCE -> produce(version);
            case FETCH -> fetch(version);
            case LIST_OFFSETS -> new ListOffsetsRequestData().setReplicaId(-1).setTopics(List.of(new ListOffsetsRequestData.ListOffsetsTopic().setName(topic)
                    .setPartitions(List.of(new ListOffsetsRequestData.ListOffsetsPartition().setTimestamp(-1)))));
            case OFFSET_FOR_LEADER_EPOCH -> offsetForLeaderEpoch();
            case INIT_PRODUCER_ID -> new InitProducerIdRequestData().setTransactionalId(null).setTransactionTimeoutMs(1_000);
            case FIND_COORDINATOR -> version < 4 ? new FindCoordinatorRequestData().setKey(group)
                    : new FindCoordinatorRequestData().setCoordinatorKeys(List.of(group));
            default -> ofGroup(api, version);
        };
    }

    private ApiMessage ofGroup(ApiKeys api, int version) {
        return switch (api) {
            case JOIN_GROUP -> joinGroup();
            case SYNC_GROUP -> new SyncGroupRequestData().setGroupId(group).setMemberId("nobody").setGenerationId(1)
                    .setProtocolType(version < 5 ? null : "consumer").setProtocolName(version < 5 ? null : "range");
            case HEARTBEAT -> new HeartbeatRequestData().setGroupId(group).setMemberId("nobody").setGenerationId(1);
            case LEAVE_GROUP -> version < 3 ? new LeaveGroupRequestData().setGroupId(group).setMemberId("nobody")
                    : new LeaveGroupRequestData().setGroupId(group).setMembers(List.of(new LeaveGroupRequestData.MemberIdentity().setMemberId("nobody")));
            case OFFSET_COMMIT -> offsetCommit(version);
            case OFFSET_FETCH -> offsetFetch(version);
            case LIST_GROUPS -> new ListGroupsRequestData();
            case DESCRIBE_GROUPS -> new DescribeGroupsRequestData().setGroups(List.of(group));
            case DELETE_GROUPS -> new DeleteGroupsRequestData().setGroupsNames(List.of(group));
            case OFFSET_DELETE -> offsetDelete();
            default -> throw new IllegalArgumentException("no sample of " + api);
        };
    }

    /** A batch of two records. */
    public static MemoryRecords batch() {
        return MemoryRecords.withRecords(Compression.NONE,
                new SimpleRecord(1_700_000_000_000L, "key".getBytes(StandardCharsets.UTF_8), "value".getBytes(StandardCharsets.UTF_8)),
                new SimpleRecord(1_700_000_000_001L, null, "value".getBytes(StandardCharsets.UTF_8)));
    }

    /** A produce request with acks=all of these records to partition 0. */
    public ProduceRequestData produce(int version, MemoryRecords records) {
        var data = new ProduceRequestData.TopicProduceData()
                .setPartitionData(List.of(new ProduceRequestData.PartitionProduceData().setIndex(0).setRecords(records)));
        var topics = new ProduceRequestData.TopicProduceDataCollection();
        topics.add(version < 13 ? data.setName(topic) : data.setTopicId(topicId));
        return new ProduceRequestData().setAcks((short) -1).setTimeoutMs(10_000).setTopicData(topics);
    }

    private ApiMessage produce(int version) {
        return produce(version, batch());
    }

    private ApiMessage fetch(int version) {
        var asked = new FetchRequestData.FetchTopic()
                .setPartitions(List.of(new FetchRequestData.FetchPartition().setPartitionMaxBytes(1 << 20)));
        var request = new FetchRequestData().setMaxWaitMs(10).setMinBytes(1).setMaxBytes(1 << 20)
                .setTopics(List.of(version < 13 ? asked.setTopic(topic) : asked.setTopicId(topicId)));
        return version < 15 ? request.setReplicaId(-1) : request;
    }

    private ApiMessage createTopics() {
        var topics = new CreateTopicsRequestData.CreatableTopicCollection();
        topics.add(new CreateTopicsRequestData.CreatableTopic().setName(topic).setNumPartitions(1).setReplicationFactor((short) 1));
        return new CreateTopicsRequestData().setTopics(topics).setTimeoutMs(10_000);
    }

    private static ApiMessage deleteTopics(int version) {
        var request = new DeleteTopicsRequestData().setTimeoutMs(10_000);
        return version < 6 ? request.setTopicNames(List.of("no-such-topic"))
                : request.setTopics(List.of(new DeleteTopicsRequestData.DeleteTopicState().setName("no-such-topic")));
    }

    private ApiMessage createPartitions() {
        var topics = new CreatePartitionsRequestData.CreatePartitionsTopicCollection();
        topics.add(new CreatePartitionsRequestData.CreatePartitionsTopic().setName(topic).setCount(1).setAssignments(null));
        return new CreatePartitionsRequestData().setTopics(topics).setTimeoutMs(10_000);
    }

    private ApiMessage offsetForLeaderEpoch() {
        var topics = new OffsetForLeaderEpochRequestData.OffsetForLeaderTopicCollection();
        topics.add(new OffsetForLeaderEpochRequestData.OffsetForLeaderTopic().setTopic(topic)
                .setPartitions(List.of(new OffsetForLeaderEpochRequestData.OffsetForLeaderPartition())));
        return new OffsetForLeaderEpochRequestData().setReplicaId(-1).setTopics(topics);
    }

    private ApiMessage joinGroup() {
        ByteBuffer subscription = ConsumerProtocol.serializeSubscription(new Subscription(List.of(topic)));
        byte[] metadata = new byte[subscription.remaining()];
        subscription.get(metadata);
        var protocols = new JoinGroupRequestData.JoinGroupRequestProtocolCollection();
        protocols.add(new JoinGroupRequestData.JoinGroupRequestProtocol().setName("range").setMetadata(metadata));
        return new JoinGroupRequestData().setGroupId(group).setSessionTimeoutMs(6_000).setRebalanceTimeoutMs(6_000)
                .setProtocolType("consumer").setProtocols(protocols);
    }

    private ApiMessage offsetCommit(int version) {
        var asked = new OffsetCommitRequestData.OffsetCommitRequestTopic()
                .setPartitions(List.of(new OffsetCommitRequestData.OffsetCommitRequestPartition().setCommittedOffset(1)));
        return new OffsetCommitRequestData().setGroupId(group)
                .setTopics(List.of(version < 10 ? asked.setName(topic) : asked.setTopicId(topicId)));
    }

    private ApiMessage offsetFetch(int version) {
        if (version < 8) {
            return new OffsetFetchRequestData().setGroupId(group).setTopics(List.of(
                    new OffsetFetchRequestData.OffsetFetchRequestTopic().setName(topic).setPartitionIndexes(List.of(0))));
        }
        var asked = new OffsetFetchRequestData.OffsetFetchRequestTopics().setPartitionIndexes(List.of(0));
        return new OffsetFetchRequestData().setGroups(List.of(new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId(group)
                .setTopics(List.of(version < 10 ? asked.setName(topic) : asked.setTopicId(topicId)))));
    }

    private ApiMessage offsetDelete() {
        var topics = new OffsetDeleteRequestData.OffsetDeleteRequestTopicCollection();
        topics.add(new OffsetDeleteRequestData.OffsetDeleteRequestTopic().setName(topic)
                .setPartitions(List.of(new OffsetDeleteRequestData.OffsetDeleteRequestPartition())));
        return new OffsetDeleteRequestData().setGroupId(group).setTopics(topics);
    }
}
