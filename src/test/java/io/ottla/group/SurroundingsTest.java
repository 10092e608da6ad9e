// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.ottla.topic.FakeCatalog;
import java.util.Map;
import org.apache.kafka.common.config.ConfigResource;
import org.junit.jupiter.api.Test;

/** A group's own configs as its heartbeats meet them. */
class SurroundingsTest {
    private final FakeCatalog catalog = new FakeCatalog(false);

    private GroupCommand.Pace pace(Map<String, ?> brokerConfigs, Map<String, String> groupConfigs) {
        catalog.replaceConfigs(new ConfigResource(ConfigResource.Type.GROUP, "g"), groupConfigs);
        return new Surroundings(catalog, GroupSettings.of(brokerConfigs).consumer()).pace("g");
    }

    @Test
    void whatAGroupSaysStandsOverTheBrokers() {
        assertEquals(new GroupCommand.Pace(50_000, 5_000, 1_000), pace(Map.of(), Map.of("consumer.session.timeout.ms", "50000")));
        assertEquals(new GroupCommand.Pace(45_000, 5_000, 1_000), pace(Map.of(), Map.of()));
    }

    @Test
    void blanksAroundANumberAreNoPartOfIt() {
        assertEquals(new GroupCommand.Pace(50_000, 6_000, 0), pace(Map.of(),
                Map.of("consumer.session.timeout.ms", " 50000 ", "consumer.heartbeat.interval.ms", "6000 ", "consumer.assignment.interval.ms", " 0")));
    }

    @Test
    void aValueOutsideTheBrokersBoundsCountsAsTheBound() {
        assertEquals(new GroupCommand.Pace(60_000, 5_000, 15_000), pace(Map.of(),
                Map.of("consumer.session.timeout.ms", "90000", "consumer.heartbeat.interval.ms", "100", "consumer.assignment.interval.ms", "99999")));
        assertEquals(90_000, pace(Map.of("group.consumer.max.session.timeout.ms", 120_000), Map.of("consumer.session.timeout.ms", "90000")).sessionTimeoutMs());
    }
}
