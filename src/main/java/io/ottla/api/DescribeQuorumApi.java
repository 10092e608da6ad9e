// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.List;
import org.apache.kafka.common.message.DescribeQuorumRequestData;
import org.apache.kafka.common.message.DescribeQuorumResponseData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Listener;
import org.apache.kafka.common.message.DescribeQuorumResponseData.Node;
import org.apache.kafka.common.message.DescribeQuorumResponseData.PartitionData;
import org.apache.kafka.common.message.DescribeQuorumResponseData.ReplicaState;
import org.apache.kafka.common.message.DescribeQuorumResponseData.TopicData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * DescribeQuorum, 0 to 2 (KIP-595, KIP-836): this broker is the one voter, the leader, and never behind itself. Its offsets are
 * 0, as there is no metadata log. Errors per partition: UNKNOWN_TOPIC_OR_PARTITION for any but that of __cluster_metadata.
 */
final class DescribeQuorumApi implements Api<DescribeQuorumRequestData> {
    private static final String METADATA_TOPIC = "__cluster_metadata";

    private final Cluster cluster;

    DescribeQuorumApi(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_QUORUM;
    }

    @Override
    public void answer(DescribeQuorumRequestData body, Request request) {
        DescribeQuorumResponseData reply = new DescribeQuorumResponseData();
        body.topics().forEach(asked -> {
            TopicData topic = new TopicData().setTopicName(asked.topicName());
            asked.partitions().forEach(partition -> topic.partitions().add(
                    asked.topicName().equals(METADATA_TOPIC) && partition.partitionIndex() == 0 ? quorum(reply, request) : unknown(partition.partitionIndex())));
            reply.topics().add(topic);
        });
        request.reply(reply);
    }

    private PartitionData quorum(DescribeQuorumResponseData reply, Request request) {
        long nowMs = System.currentTimeMillis();
        if (request.head().version() >= 2) {
            Cluster.Endpoint endpoint = cluster.endpoint(request);
            Node node = new Node().setNodeId(cluster.nodeId());
            node.listeners().add(new Listener().setName(request.context().listener()).setHost(endpoint.host()).setPort(endpoint.port()));
            reply.nodes().add(node);
        }
        return new PartitionData().setErrorMessage("").setLeaderId(cluster.nodeId()).setCurrentVoters(List.of(
                new ReplicaState().setReplicaId(cluster.nodeId()).setLastFetchTimestamp(nowMs).setLastCaughtUpTimestamp(nowMs)));
    }

    private static PartitionData unknown(int index) {
        Errors error = Errors.UNKNOWN_TOPIC_OR_PARTITION;
        return new PartitionData().setPartitionIndex(index).setErrorCode(error.code()).setErrorMessage(error.message());
    }
}
