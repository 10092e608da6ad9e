// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.TopicCatalog;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.apache.kafka.common.config.ConfigDef;

/**
 * What the APIs that manage topics and configs share.
 *
 * @param catalog           the topics
 * @param cluster           this broker
 * @param defaultPartitions num.partitions
 * @param deletionEnabled   delete.topic.enable
 * @param topicDefaults     the broker's defaults for topic configs, by topic config name
 * @param brokerDefinition  every broker config there is
 * @param brokerConfigs     the broker configs that were set, by name
 * @param brokerNames       for a topic config the broker configs that give its default, the one that counts most first
 * @param live              the broker configs that may change while it runs
 */
public record TopicAdmin(
        TopicCatalog catalog,
        Cluster cluster,
        int defaultPartitions,
        boolean deletionEnabled,
        Map<String, String> topicDefaults,
        ConfigDef brokerDefinition,
        Map<String, String> brokerConfigs,
        Function<String, List<String>> brokerNames,
        LiveConfigs live) {}
