// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.api.ApiVersionsApi.Feature;
import io.ottla.group.GroupCoordinator;
import io.ottla.network.RequestHandler;
import io.ottla.share.ShareCoordinator;
import io.ottla.streams.StreamsCoordinator;
import io.ottla.topic.TopicCatalog;
import io.ottla.transaction.TransactionCoordinator;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** The APIs that Ottla serves. */
public final class Apis {
    /** As Apache Kafka 4.4 finalizes them, as far as what they stand for is served here. */
    private static final List<Feature> FEATURES = List.of(
            new Feature("metadata.version", (short) 7, (short) 33, (short) 33),
            new Feature("transaction.version", (short) 0, (short) 2, (short) 2),
            new Feature("group.version", (short) 0, (short) 1, (short) 1),
            new Feature("share.version", (short) 0, (short) 2, (short) 2),
            new Feature("streams.version", (short) 0, (short) 1, (short) 1));

    /** What group.coordinator.rebalance.protocols turns off; clients are told so by the answer, as from Kafka, and not by ApiVersions. */
    private static final Map<ApiKeys, String> PROTOCOLS = Map.of(
            ApiKeys.CONSUMER_GROUP_HEARTBEAT, "consumer",
            ApiKeys.CONSUMER_GROUP_DESCRIBE, "consumer",
            ApiKeys.STREAMS_GROUP_HEARTBEAT, "streams",
            ApiKeys.STREAMS_GROUP_DESCRIBE, "streams");

    private Apis() {}

    /** Loads Kafka's message classes, for which whoever needs the first of them waits otherwise. From any thread. */
    public static void load() {
        ApiKeys.values();
    }

    /** Answers requests from {@code services}. */
    public static RequestHandler over(Services services) {
        List<Api<?>> served = new ArrayList<>();
        ApiTable[] table = new ApiTable[1];
        served.add(new ApiVersionsApi(() -> table[0].keys(), FEATURES, services.admin().cluster()));
        served.addAll(ofCluster(services));
        served.addAll(ofRecords(services));
        served.addAll(ofTopics(services));
        served.addAll(ofGroups(services.groups()));
        served.addAll(ofShareGroups(services));
        served.addAll(ofStreamsGroups(services.streams()));
        served.addAll(ofTransactions(services.transactions(), services.groups()));
        served.addAll(ofOperators(services));
        served.addAll(OneMember.apis(services.admin().cluster()));
        served.addAll(NoSecurity.apis());
        table[0] = new ApiTable(served.stream().<Api<?>>map(api -> unlessOff(api, services.groupProtocols())).toList());
        return table[0];
    }

    private static Api<?> unlessOff(Api<?> api, List<String> groupProtocols) {
        String protocol = PROTOCOLS.get(api.key());
        return protocol == null || groupProtocols.contains(protocol) ? api : new Refused<>(api.key(), body -> Errors.UNSUPPORTED_VERSION.exception());
    }

    private static List<Api<?>> ofCluster(Services services) {
        TopicAdmin admin = services.admin();
        TopicCatalog catalog = admin.catalog();
        TopicCreation creation = new TopicCreation(catalog, services.createsTopics(), admin.defaultPartitions());
        return List.of(
                new MetadataApi(admin.cluster(), catalog, creation),
                new DescribeTopicPartitionsApi(admin.cluster(), catalog),
                new DescribeClusterApi(admin.cluster()),
                new FindCoordinatorApi(admin.cluster()));
    }

    private static List<Api<?>> ofRecords(Services services) {
        TopicCatalog catalog = services.admin().catalog();
        return List.of(
                new ProduceApi(catalog, services.transactions().writes()),
                new FetchApi(catalog, services.fetchSessionSlots(), services.fetchMaxBytes()),
                new ListOffsetsApi(catalog),
                new OffsetForLeaderEpochApi(catalog),
                new DeleteRecordsApi(catalog),
                new DescribeProducersApi(catalog));
    }

    private static List<Api<?>> ofTopics(Services services) {
        TopicAdmin admin = services.admin();
        GroupConfigs groupConfigs = new GroupConfigs(admin);
        ConfigChanges changes = new ConfigChanges(admin, groupConfigs);
        return List.of(
                new CreateTopicsApi(admin),
                new DeleteTopicsApi(admin),
                new CreatePartitionsApi(admin),
                new DescribeConfigsApi(admin, groupConfigs),
                new IncrementalAlterConfigsApi(changes),
                new AlterConfigsApi(changes),
                new ListConfigResourcesApi(admin),
                new DescribeLogDirsApi(admin.catalog(), services.dataDirectory()));
    }

    private static List<Api<?>> ofGroups(GroupCoordinator groups) {
        return List.of(
                Forwarded.inTurn(ApiKeys.JOIN_GROUP, groups::joinGroup),
                Forwarded.inTurn(ApiKeys.SYNC_GROUP, groups::syncGroup),
                Forwarded.pipelined(ApiKeys.HEARTBEAT, groups::heartbeat),
                Forwarded.inTurn(ApiKeys.LEAVE_GROUP, groups::leaveGroup),
                Forwarded.pipelined(ApiKeys.OFFSET_COMMIT, groups::offsetCommit),
                Forwarded.inTurn(ApiKeys.OFFSET_FETCH, groups::offsetFetch),
                Forwarded.inTurn(ApiKeys.LIST_GROUPS, groups::listGroups),
                Forwarded.inTurn(ApiKeys.DESCRIBE_GROUPS, GroupOperations.ofClassic(groups::describeGroups)),
                Forwarded.inTurn(ApiKeys.DELETE_GROUPS, groups::deleteGroups),
                Forwarded.inTurn(ApiKeys.OFFSET_DELETE, groups::offsetDelete),
                Forwarded.pipelined(ApiKeys.CONSUMER_GROUP_HEARTBEAT, groups::consumerGroupHeartbeat),
                Forwarded.inTurn(ApiKeys.CONSUMER_GROUP_DESCRIBE, GroupOperations.ofConsumers(groups::consumerGroupDescribe)));
    }

    private static List<Api<?>> ofShareGroups(Services services) {
        ShareCoordinator share = services.share();
        TopicCatalog catalog = services.admin().catalog();
        ShareSessions sessions = new ShareSessions(share, services.maxShareSessions());
        return List.of(
                new ShareFetchApi(catalog, share, sessions, services.fetchMaxBytes()),
                new ShareAcknowledgeApi(catalog, share, sessions),
                Forwarded.pipelined(ApiKeys.SHARE_GROUP_HEARTBEAT, share::heartbeat),
                Forwarded.inTurn(ApiKeys.SHARE_GROUP_DESCRIBE, GroupOperations.ofShareConsumers(share::describe)),
                Forwarded.inTurn(ApiKeys.DESCRIBE_SHARE_GROUP_OFFSETS, share::describeOffsets),
                Forwarded.inTurn(ApiKeys.ALTER_SHARE_GROUP_OFFSETS, share::alterOffsets),
                Forwarded.inTurn(ApiKeys.DELETE_SHARE_GROUP_OFFSETS, share::deleteOffsets),
                Forwarded.inTurn(ApiKeys.INITIALIZE_SHARE_GROUP_STATE, share::initializeState),
                Forwarded.inTurn(ApiKeys.READ_SHARE_GROUP_STATE, share::readState),
                Forwarded.inTurn(ApiKeys.WRITE_SHARE_GROUP_STATE, share::writeState),
                Forwarded.inTurn(ApiKeys.DELETE_SHARE_GROUP_STATE, share::deleteState),
                Forwarded.inTurn(ApiKeys.READ_SHARE_GROUP_STATE_SUMMARY, share::readStateSummary));
    }

    private static List<Api<?>> ofStreamsGroups(StreamsCoordinator streams) {
        return List.of(
                Forwarded.pipelined(ApiKeys.STREAMS_GROUP_HEARTBEAT, streams::heartbeat),
                Forwarded.inTurn(ApiKeys.STREAMS_GROUP_DESCRIBE, GroupOperations.ofStreams(streams::describe)),
                Forwarded.inTurn(ApiKeys.STREAMS_GROUP_TOPOLOGY_DESCRIPTION_UPDATE, streams::updateDescription));
    }

    private static List<Api<?>> ofTransactions(TransactionCoordinator transactions, GroupCoordinator groups) {
        return List.of(
                Forwarded.inTurn(ApiKeys.INIT_PRODUCER_ID, transactions::initProducerId),
                Forwarded.inTurn(ApiKeys.ADD_PARTITIONS_TO_TXN, transactions::addPartitions),
                Forwarded.inTurn(ApiKeys.ADD_OFFSETS_TO_TXN, transactions::addOffsets),
                Forwarded.inTurn(ApiKeys.END_TXN, transactions::endTransaction),
                Forwarded.inTurn(ApiKeys.WRITE_TXN_MARKERS, transactions::writeMarkers),
                Forwarded.inTurn(ApiKeys.LIST_TRANSACTIONS, transactions::list),
                Forwarded.inTurn(ApiKeys.DESCRIBE_TRANSACTIONS, transactions::describe),
                new TxnOffsetCommitApi(groups, transactions));
    }

    private static List<Api<?>> ofOperators(Services services) {
        TopicCatalog catalog = services.admin().catalog();
        Cluster cluster = services.admin().cluster();
        ClientQuotas quotas = new ClientQuotas(catalog);
        ScramCredentials credentials = new ScramCredentials(catalog);
        return List.of(
                new ElectLeadersApi(catalog, cluster.nodeId()),
                new AlterPartitionReassignmentsApi(catalog, cluster.nodeId()),
                new ListPartitionReassignmentsApi(),
                new AlterReplicaLogDirsApi(catalog, services.dataDirectory()),
                new DescribeClientQuotasApi(quotas),
                new AlterClientQuotasApi(quotas),
                new DescribeUserScramCredentialsApi(credentials),
                new AlterUserScramCredentialsApi(credentials),
                new DescribeQuorumApi(cluster),
                new UpdateFeaturesApi(FEATURES));
    }
}
