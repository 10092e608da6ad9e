// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.testkit.BrokerUnderTest;
import io.ottla.testkit.Clients;
import io.ottla.testkit.Eventually;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.FeatureUpdate;
import org.apache.kafka.clients.admin.ListConfigResourcesOptions;
import org.apache.kafka.clients.admin.ListConsumerGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListShareGroupOffsetsSpec;
import org.apache.kafka.clients.admin.ListStreamsGroupOffsetsSpec;
import org.apache.kafka.clients.admin.NewPartitionReassignment;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RaftVoterEndpoint;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.RemoveMembersFromConsumerGroupOptions;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialDeletion;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.ElectionType;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionReplica;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclBindingFilter;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.apache.kafka.common.quota.ClientQuotaFilterComponent;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Every call of Kafka's admin client, once: its result or the class of its failure is that of Apache Kafka 4.4 without an authorizer,
 * SASL or a second broker, as this test shows when it is run against one.
 */
@ExtendWith(BrokerUnderTest.Extension.class)
class AdminTest {
    /** What a method gives. */
    @FunctionalInterface
    private interface Call {
        Object result() throws Exception;
    }

    /** Those that talk to no broker, or not in a way that shows. */
    private static final Set<String> LEFT_OUT = Set.of("close", "metrics", "registerMetricForSubscription", "unregisterMetricFromSubscription");

    private final Clients clients;
    private final Admin admin;
    private final String topic = Clients.unique("admin");
    private final String missing = Clients.unique("missing");
    private final String group = Clients.unique("group");
    private final TopicPartition partition = new TopicPartition(topic, 0);
    private final Map<String, String> expected = new LinkedHashMap<>();
    private final Map<String, String> answers = new LinkedHashMap<>();
    private final Set<String> called = new TreeSet<>();
    private int nodeId;

    AdminTest(BrokerUnderTest broker) {
        clients = new Clients(broker);
        admin = clients.admin();
    }

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void everyCallIsAnsweredAsByApacheKafka() throws Exception {
        nodeId = admin.describeCluster().controller().get().id();
        topics();
        configs();
        replicas();
        records();
        consumerGroups();
        shareGroups();
        streamsGroups();
        transactions();
        security();
        cluster();
        topicsGo();
        assertEquals(lines(expected), lines(answers));
        Set<String> uncalled = Arrays.stream(Admin.class.getMethods()).filter(method -> Modifier.isAbstract(method.getModifiers()))
                .map(Method::getName).filter(name -> !LEFT_OUT.contains(name) && !called.contains(name)).collect(Collectors.toCollection(TreeSet::new));
        assertEquals(Set.of(), uncalled);
    }

    private void topics() {
        expect("createTopics", "2 partitions", () -> await(admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).numPartitions(topic)) + " partitions");
        clients.awaitLeaders(topic, 2);
        expect("createTopics again", "TopicExistsException", () -> await(admin.createTopics(List.of(new NewTopic(topic, 2, (short) 1))).all()));
        expect("createTopics with three replicas", "InvalidReplicationFactorException",
                () -> await(admin.createTopics(List.of(new NewTopic(missing, 2, (short) 3))).all()));
        expect("listTopics", "true", () -> await(admin.listTopics().names()).contains(topic));
        expect("describeTopics", "2", () -> await(admin.describeTopics(List.of(topic)).allTopicNames()).get(topic).partitions().size());
        expect("describeTopics missing", "UnknownTopicOrPartitionException", () -> await(admin.describeTopics(List.of(missing)).allTopicNames()));
        expect("createPartitions", "null", () -> await(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(3))).all()));
        expect("createPartitions fewer", "InvalidPartitionsException", () -> await(admin.createPartitions(Map.of(topic, NewPartitions.increaseTo(1))).all()));
        clients.awaitLeaders(topic, 3);
    }

    private void topicsGo() {
        expect("deleteTopics", "null", () -> await(admin.deleteTopics(List.of(topic)).all()));
        expect("deleteTopics missing", "UnknownTopicOrPartitionException", () -> await(admin.deleteTopics(List.of(missing)).all()));
    }

    private void configs() {
        ConfigResource ofTopic = new ConfigResource(ConfigResource.Type.TOPIC, topic);
        ConfigResource metrics = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, topic);
        expect("incrementalAlterConfigs", "null", () -> await(admin.incrementalAlterConfigs(Map.of(ofTopic, List.of(set("retention.ms", "7200000")))).all()));
        expect("incrementalAlterConfigs unknown", "InvalidConfigurationException",
                () -> await(admin.incrementalAlterConfigs(Map.of(ofTopic, List.of(set("nonsense", "1")))).all()));
        expect("incrementalAlterConfigs of metrics", "null",
                () -> await(admin.incrementalAlterConfigs(Map.of(metrics, List.of(set("interval.ms", "1000")))).all()));
        expect("describeConfigs of metrics", "1000", () -> eventually(() ->
                await(admin.describeConfigs(List.of(metrics)).all()).get(metrics).get("interval.ms").value(), "1000"));
        expect("listClientMetricsResources", "true", () -> listsMetrics());
        expect("listConfigResources", "true", () -> await(admin.listConfigResources(Set.of(ConfigResource.Type.TOPIC), new ListConfigResourcesOptions()).all())
                .contains(ofTopic));
        expect("incrementalAlterConfigs of metrics away", "null", () -> await(admin.incrementalAlterConfigs(
                Map.of(metrics, List.of(new AlterConfigOp(new ConfigEntry("interval.ms", ""), AlterConfigOp.OpType.DELETE)))).all()));
        expect("describeConfigs missing", "UnknownTopicOrPartitionException",
                () -> await(admin.describeConfigs(List.of(new ConfigResource(ConfigResource.Type.TOPIC, missing))).all()));
    }

    @SuppressWarnings({"deprecation", "removal"})
    private boolean listsMetrics() throws Exception {
        return await(admin.listClientMetricsResources().all()).stream().anyMatch(listing -> listing.name().equals(topic));
    }

    private static AlterConfigOp set(String name, String value) {
        return new AlterConfigOp(new ConfigEntry(name, value), AlterConfigOp.OpType.SET);
    }

    private void replicas() {
        TopicPartitionReplica replica = new TopicPartitionReplica(topic, 0, nodeId);
        expect("describeLogDirs", "1", () -> await(admin.describeLogDirs(List.of(nodeId)).allDescriptions()).get(nodeId).size());
        expect("describeReplicaLogDirs", "true", () -> await(admin.describeReplicaLogDirs(List.of(replica)).all()).get(replica).getCurrentReplicaLogDir() != null);
        expect("alterReplicaLogDirs", "null", () -> await(admin.alterReplicaLogDirs(Map.of(replica, logDir())).all()));
        expect("alterReplicaLogDirs elsewhere", "LogDirNotFoundException", () -> await(admin.alterReplicaLogDirs(Map.of(replica, "/no/such/directory")).all()));
        expect("electLeaders", "ElectionNotNeededException",
                () -> await(admin.electLeaders(ElectionType.PREFERRED, Set.of(partition)).partitions()).get(partition).orElseThrow().getClass().getSimpleName());
        expect("electLeaders of all", "true", () -> await(admin.electLeaders(ElectionType.PREFERRED, null).partitions()).isEmpty());
        expect("alterPartitionReassignments", "null", () -> await(admin.alterPartitionReassignments(Map.of(partition,
                Optional.of(new NewPartitionReassignment(List.of(nodeId))))).all()));
        expect("alterPartitionReassignments elsewhere", "InvalidReplicaAssignmentException", () -> await(admin.alterPartitionReassignments(Map.of(partition,
                Optional.of(new NewPartitionReassignment(List.of(nodeId + 1))))).all()));
        expect("alterPartitionReassignments cancelled", "NoReassignmentInProgressException",
                () -> await(admin.alterPartitionReassignments(Map.of(partition, Optional.empty())).all()));
        expect("listPartitionReassignments", "{}", () -> await(admin.listPartitionReassignments().reassignments()));
    }

    private String logDir() throws Exception {
        return await(admin.describeLogDirs(List.of(nodeId)).allDescriptions()).get(nodeId).keySet().iterator().next();
    }

    private void records() {
        clients.sendNumbers(topic, 0, 1, 3);
        expect("deleteRecords", "1", () -> await(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(1))).lowWatermarks().get(partition)).lowWatermark());
        expect("deleteRecords beyond", "OffsetOutOfRangeException", () -> await(admin.deleteRecords(Map.of(partition, RecordsToDelete.beforeOffset(9))).all()));
        expect("listOffsets", "3", () -> await(admin.listOffsets(Map.of(partition, OffsetSpec.latest())).partitionResult(partition)).offset());
        expect("describeProducers", "1", () -> await(admin.describeProducers(List.of(partition)).partitionResult(partition)).activeProducers().size());
    }

    private void consumerGroups() {
        Map<TopicPartition, OffsetAndMetadata> offsets = offsets();
        expect("alterConsumerGroupOffsets", "null", () -> await(admin.alterConsumerGroupOffsets(group, offsets).all()));
        expect("listConsumerGroupOffsets", "2", () -> await(admin.listConsumerGroupOffsets(Map.of(group, new ListConsumerGroupOffsetsSpec()))
                .partitionsToOffsetAndMetadata(group)).get(partition).offset());
        expect("listGroups", "true", () -> await(admin.listGroups().all()).stream().anyMatch(listing -> listing.groupId().equals(group)));
        expect("listConsumerGroups", "true", () -> listsConsumerGroup());
        expect("describeConsumerGroups", "Empty", () -> await(admin.describeConsumerGroups(List.of(group)).all()).get(group).groupState());
        expect("describeConsumerGroups missing", "GroupIdNotFoundException", () -> await(admin.describeConsumerGroups(List.of(missing)).all()));
        expect("describeClassicGroups", "Empty", () -> await(admin.describeClassicGroups(List.of(group)).all()).get(group).state());
        expect("removeMembersFromConsumerGroup of nobody", "IllegalArgumentException", () -> await(admin.removeMembersFromConsumerGroup(group, new RemoveMembersFromConsumerGroupOptions()).all()));
        expect("deleteConsumerGroupOffsets", "null", () -> await(admin.deleteConsumerGroupOffsets(group, Set.of(partition)).all()));
        expect("deleteConsumerGroups", "null", () -> await(admin.deleteConsumerGroups(List.of(group)).all()));
        expect("deleteConsumerGroups missing", "GroupIdNotFoundException", () -> await(admin.deleteConsumerGroups(List.of(missing)).all()));
    }

    @SuppressWarnings({"deprecation", "removal"})
    private boolean listsConsumerGroup() throws Exception {
        return await(admin.listConsumerGroups().all()).stream().anyMatch(listing -> listing.groupId().equals(group));
    }

    private void shareGroups() {
        String shareGroup = Clients.unique("share");
        expect("describeShareGroups missing", "GroupIdNotFoundException", () -> await(admin.describeShareGroups(List.of(missing)).all()));
        expect("alterShareGroupOffsets", "null", () -> await(admin.alterShareGroupOffsets(shareGroup, Map.of(partition, 1L)).all()));
        expect("listShareGroupOffsets", "1", () -> await(admin.listShareGroupOffsets(Map.of(shareGroup, new ListShareGroupOffsetsSpec()))
                .partitionsToOffsetInfo(shareGroup)).get(partition).startOffset());
        expect("deleteShareGroupOffsets", "null", () -> await(admin.deleteShareGroupOffsets(shareGroup, Set.of(topic)).all()));
        expect("deleteShareGroups", "null", () -> await(admin.deleteShareGroups(List.of(shareGroup)).all()));
    }

    private Map<TopicPartition, OffsetAndMetadata> offsets() {
        return Map.of(partition, new OffsetAndMetadata(2), new TopicPartition(topic, 1), new OffsetAndMetadata(0));
    }

    private void streamsGroups() {
        Map<TopicPartition, OffsetAndMetadata> offsets = offsets();
        expect("describeStreamsGroups missing", "GroupIdNotFoundException", () -> await(admin.describeStreamsGroups(List.of(missing)).all()));
        expect("alterStreamsGroupOffsets", "null", () -> await(admin.alterStreamsGroupOffsets(group, offsets).all()));
        expect("listStreamsGroupOffsets", "2", () -> await(admin.listStreamsGroupOffsets(Map.of(group, new ListStreamsGroupOffsetsSpec()))
                .partitionsToOffsetAndMetadata(group)).get(partition).offset());
        expect("deleteStreamsGroupOffsets", "null", () -> await(admin.deleteStreamsGroupOffsets(group, Set.of(partition)).all()));
        expect("deleteStreamsGroups", "null", () -> await(admin.deleteStreamsGroups(List.of(group)).all()));
    }

    private void transactions() {
        expect("fenceProducers", "0", () -> await(admin.fenceProducers(List.of(group)).epochId(group)));
        expect("describeTransactions", "Empty", () -> await(admin.describeTransactions(List.of(group)).description(group)).state());
        expect("describeTransactions missing", "TransactionalIdNotFoundException", () -> await(admin.describeTransactions(List.of(missing)).description(missing)));
        expect("listTransactions", "true", () -> await(admin.listTransactions().all()).stream().anyMatch(listing -> listing.transactionalId().equals(group)));
        expect("abortTransaction", "null", () -> await(admin.abortTransaction(new AbortTransactionSpec(partition, 77, (short) 0, 0)).all()));
        expect("forceTerminateTransaction", "null", () -> await(admin.forceTerminateTransaction(group).result()));
        expect("forceTerminateTransaction missing", "null", () -> await(admin.forceTerminateTransaction(missing).result()));
    }

    private void security() {
        AclBinding acl = new AclBinding(new ResourcePattern(ResourceType.TOPIC, topic, PatternType.LITERAL),
                new AccessControlEntry("User:a", "*", AclOperation.READ, AclPermissionType.ALLOW));
        expect("describeAcls", "SecurityDisabledException", () -> await(admin.describeAcls(AclBindingFilter.ANY).values()));
        expect("createAcls", "SecurityDisabledException", () -> await(admin.createAcls(List.of(acl)).all()));
        expect("deleteAcls", "SecurityDisabledException", () -> await(admin.deleteAcls(List.of(acl.toFilter())).all()));
        expect("createDelegationToken", "UnsupportedByAuthenticationException", () -> await(admin.createDelegationToken().delegationToken()));
        expect("renewDelegationToken", "UnsupportedByAuthenticationException", () -> await(admin.renewDelegationToken(new byte[1]).expiryTimestamp()));
        expect("expireDelegationToken", "UnsupportedByAuthenticationException", () -> await(admin.expireDelegationToken(new byte[1]).expiryTimestamp()));
        expect("describeDelegationToken", "UnsupportedByAuthenticationException", () -> await(admin.describeDelegationToken().delegationTokens()));
        ScramCredentialInfo sha256 = new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_256, 4096);
        expect("alterUserScramCredentials", "null", () -> await(admin.alterUserScramCredentials(List.of(new UserScramCredentialUpsertion(group, sha256, "secret"))).all()));
        expect("describeUserScramCredentials", "4096", () -> eventually(() -> Integer.toString(await(admin.describeUserScramCredentials(List.of(group)).all())
                .get(group).credentialInfos().stream().mapToInt(ScramCredentialInfo::iterations).sum()), "4096"));
        expect("alterUserScramCredentials away", "null",
                () -> await(admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion(group, ScramMechanism.SCRAM_SHA_256))).all()));
        expect("alterUserScramCredentials missing", "ResourceNotFoundException",
                () -> await(admin.alterUserScramCredentials(List.of(new UserScramCredentialDeletion(missing, ScramMechanism.SCRAM_SHA_256))).all()));
        quotas();
    }

    private void quotas() {
        ClientQuotaEntity user = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, group));
        ClientQuotaFilter filter = ClientQuotaFilter.containsOnly(List.of(ClientQuotaFilterComponent.ofEntity(ClientQuotaEntity.USER, group)));
        expect("alterClientQuotas", "null", () -> await(admin.alterClientQuotas(List.of(alteration(user, 1024.0))).all()));
        expect("describeClientQuotas", "{producer_byte_rate=1024.0}",
                () -> eventually(() -> String.valueOf(await(admin.describeClientQuotas(filter).entities()).get(user)), "{producer_byte_rate=1024.0}"));
        expect("alterClientQuotas below 0", "InvalidRequestException", () -> await(admin.alterClientQuotas(List.of(alteration(user, -1.0))).all()));
        expect("alterClientQuotas away", "null", () -> await(admin.alterClientQuotas(List.of(alteration(user, null))).all()));
    }

    private static ClientQuotaAlteration alteration(ClientQuotaEntity entity, Double value) {
        return new ClientQuotaAlteration(entity, List.of(new ClientQuotaAlteration.Op("producer_byte_rate", value)));
    }

    private void cluster() {
        Uuid directory = Uuid.randomUuid();
        expect("describeCluster", "1", () -> await(admin.describeCluster().nodes()).size());
        expect("describeFeatures", "33", () -> await(admin.describeFeatures().featureMetadata()).finalizedFeatures().get("metadata.version").maxVersionLevel());
        expect("updateFeatures", "null", () -> await(admin.updateFeatures(feature("group.version", 1)).all()));
        expect("updateFeatures unknown", "InvalidUpdateVersionException", () -> await(admin.updateFeatures(feature("nonsense", 1)).all()));
        expect("describeMetadataQuorum", "1", () -> await(admin.describeMetadataQuorum().quorumInfo()).voters().size());
        expect("unregisterBroker", "BrokerIdNotRegisteredException", () -> await(admin.unregisterBroker(77).all()));
        expect("unregisterController", "ControllerIdNotRegisteredException", () -> await(admin.unregisterController(77).all()));
        expect("addRaftVoter", "UnsupportedVersionException",
                () -> await(admin.addRaftVoter(77, directory, Set.of(new RaftVoterEndpoint("CONTROLLER", "localhost", 1))).all()));
        expect("removeRaftVoter", "UnsupportedVersionException", () -> await(admin.removeRaftVoter(77, directory).all()));
        expect("clientInstanceId", "IllegalStateException", () -> admin.clientInstanceId(Duration.ofSeconds(1)));
    }

    private static Map<String, FeatureUpdate> feature(String name, int level) {
        return Map.of(name, new FeatureUpdate((short) level, FeatureUpdate.UpgradeType.UPGRADE));
    }

    private void expect(String call, String answer, Call made) {
        called.add(call.split(" ")[0]);
        expected.put(call, answer);
        answers.put(call, answer(made));
    }

    private static String answer(Call made) {
        try {
            return String.valueOf(made.result());
        } catch (ExecutionException e) {
            return e.getCause().getClass().getSimpleName();
        } catch (Exception e) {
            return e.getClass().getSimpleName();
        }
    }

    /** Asks again while it is not yet as wanted: a broker of Apache Kafka learns of some changes after they were answered. */
    private static String eventually(Call call, String wanted) throws Exception {
        long deadline = System.nanoTime() + Eventually.DEADLINE.toNanos();
        String now = answer(call);
        while (!now.equals(wanted) && System.nanoTime() < deadline) {
            now = answer(call);
        }
        return now;
    }

    private static <T> T await(Future<T> future) throws Exception {
        return future.get(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS);
    }

    private static String lines(Map<String, String> answers) {
        List<String> lines = new ArrayList<>();
        answers.forEach((call, answer) -> lines.add(call + ": " + answer));
        return String.join("\n", lines);
    }
}
