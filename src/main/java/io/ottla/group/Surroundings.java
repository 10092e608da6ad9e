// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.topic.TopicCatalog;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.kafka.common.config.ConfigResource;

/** What a command brings along of the world around a shard: the topics as they are, and the configs of its group. Safe for any thread. */
final class Surroundings {
    private final TopicCatalog catalog;
    private final GroupSettings.Consumer settings;
    private final AtomicLong topicsVersion = new AtomicLong(1);
    private volatile TopicsImage image = TopicsImage.EMPTY;

    Surroundings(TopicCatalog catalog, GroupSettings.Consumer settings) {
        this.catalog = catalog;
        this.settings = settings;
    }

    /** The topics have changed: the next heartbeat of each group looks at them again. */
    void topicsChanged() {
        topicsVersion.incrementAndGet();
    }

    /** Made anew only when it is asked for after a change. */
    TopicsImage image() {
        long version = topicsVersion.get();
        TopicsImage known = image;
        if (known.version() == version) {
            return known;
        }
        TopicsImage fresh = TopicsImage.of(version, catalog.topics().values());
        image = fresh;
        return fresh;
    }

    GroupCommand.Pace pace(String groupId) {
        Map<String, String> own = catalog.configs(new ConfigResource(ConfigResource.Type.GROUP, groupId));
        return new GroupCommand.Pace(
                intOf(own, "consumer.session.timeout.ms", settings.bounds().sessionTimeoutMs(), settings.sessionTimeoutMs()),
                intOf(own, "consumer.heartbeat.interval.ms", settings.bounds().heartbeatIntervalMs(), settings.heartbeatIntervalMs()),
                intOf(own, "consumer.assignment.interval.ms", settings.bounds().assignmentIntervalMs(), settings.assignmentIntervalMs().getAsInt()));
    }

    /** The bounds may have moved since the group's value was set: outside, it counts as the bound. */
    private static int intOf(Map<String, String> configs, String name, GroupSettings.Range bounds, int otherwise) {
        String value = configs.get(name);
        return value == null ? otherwise : bounds.clamp(Integer.parseInt(value.strip()));
    }
}
