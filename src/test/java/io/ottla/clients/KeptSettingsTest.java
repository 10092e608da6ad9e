// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.ottla.broker.BrokerConfig;
import io.ottla.broker.Ottla;
import io.ottla.testkit.Clients;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ScramCredentialInfo;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.clients.admin.UserScramCredentialUpsertion;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.quota.ClientQuotaAlteration;
import org.apache.kafka.common.quota.ClientQuotaEntity;
import org.apache.kafka.common.quota.ClientQuotaFilter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What operators set and no topic holds outlives the broker. */
class KeptSettingsTest {
    private static final ConfigResource METRICS = new ConfigResource(ConfigResource.Type.CLIENT_METRICS, "metrics");

    private static final int ROUNDS = 20;

    @TempDir
    Path directory;

    @Test
    void quotasCredentialsAndMetricsAreThereAfterARestart() {
        Map<String, String> allUsers = new HashMap<>();
        allUsers.put(ClientQuotaEntity.USER, null);
        Map<ClientQuotaEntity, Map<String, Double>> quotas = Map.of(
                new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, "a=b&c, d?", ClientQuotaEntity.CLIENT_ID, "é")), Map.of("producer_byte_rate", 1024.0),
                new ClientQuotaEntity(allUsers), Map.of("request_percentage", 12.5));
        try (Ottla broker = start(); Clients clients = new Clients(broker.bootstrapServers())) {
            set(clients.admin(), quotas);
        }
        try (Ottla broker = start(); Clients clients = new Clients(broker.bootstrapServers())) {
            Admin admin = clients.admin();
            assertEquals(quotas, Clients.await(admin.describeClientQuotas(ClientQuotaFilter.all()).entities()));
            assertEquals(List.of(new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192)),
                    Clients.await(admin.describeUserScramCredentials().all()).get("user").credentialInfos());
            assertEquals("1000", Clients.await(admin.describeConfigs(List.of(METRICS)).all()).get(METRICS).get("interval.ms").value());
            assertFalse(Clients.await(admin.listConfigResources().all()).stream().anyMatch(resource -> resource.type() == ConfigResource.Type.UNKNOWN));
        }
    }

    @Test
    void noChangeOfOneResourceUndoesAnother() {
        List<String> quotas = List.of("producer_byte_rate", "consumer_byte_rate", "request_percentage", "controller_mutation_rate");
        List<String> configs = List.of("retention.ms", "segment.ms", "retention.bytes", "max.message.bytes");
        List<Clients> operators = new ArrayList<>();
        try (Ottla broker = start()) {
            quotas.forEach(each -> operators.add(new Clients(broker.bootstrapServers())));
            ConfigResource topic = new ConfigResource(ConfigResource.Type.TOPIC, operators.getFirst().topic("kept", 1));
            for (int round = 0; round < ROUNDS; round++) {
                ClientQuotaEntity user = new ClientQuotaEntity(Map.of(ClientQuotaEntity.USER, "user-" + round));
                String value = Integer.toString(1_000_000 + round);
                List<KafkaFuture<Void>> changes = new ArrayList<>();
                for (int i = 0; i < operators.size(); i++) {
                    Admin admin = operators.get(i).admin();
                    changes.add(admin.alterClientQuotas(List.of(new ClientQuotaAlteration(user, List.of(new ClientQuotaAlteration.Op(quotas.get(i), 5.0))))).all());
                    changes.add(admin.incrementalAlterConfigs(
                            Map.of(topic, List.of(new AlterConfigOp(new ConfigEntry(configs.get(i), value), AlterConfigOp.OpType.SET)))).all());
                }
                changes.forEach(Clients::await);
                Admin admin = operators.getFirst().admin();
                assertEquals(Set.copyOf(quotas), Clients.await(admin.describeClientQuotas(ClientQuotaFilter.all()).entities()).get(user).keySet());
                Config now = Clients.await(admin.describeConfigs(List.of(topic)).all()).get(topic);
                configs.forEach(name -> assertEquals(value, now.get(name).value(), name));
            }
        } finally {
            operators.forEach(Clients::close);
        }
    }

    private static void set(Admin admin, Map<ClientQuotaEntity, Map<String, Double>> quotas) {
        Clients.await(admin.alterClientQuotas(quotas.entrySet().stream().map(entry -> new ClientQuotaAlteration(entry.getKey(), entry.getValue().entrySet().stream()
                .map(quota -> new ClientQuotaAlteration.Op(quota.getKey(), quota.getValue())).toList())).toList()).all());
        Clients.await(admin.alterUserScramCredentials(List.of(
                new UserScramCredentialUpsertion("user", new ScramCredentialInfo(ScramMechanism.SCRAM_SHA_512, 8192), "secret"))).all());
        Clients.await(admin.incrementalAlterConfigs(
                Map.of(METRICS, List.of(new AlterConfigOp(new ConfigEntry("interval.ms", "1000"), AlterConfigOp.OpType.SET)))).all());
    }

    private Ottla start() {
        return Ottla.start(BrokerConfig.of(Map.of("listeners", "PLAINTEXT://localhost:0", "log.dirs", directory.toString())));
    }
}
