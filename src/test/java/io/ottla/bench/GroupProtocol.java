// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;
import java.util.Locale;
import org.apache.kafka.common.Uuid;

/** The two protocols of consumer groups. */
enum GroupProtocol {
    CLASSIC, CONSUMER;

    String label() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** A member that has not joined yet. */
    RawMember member(String group, String topic, Uuid topicId, int partitions) {
        return this == CLASSIC ? new ClassicRawMember(group, topic, partitions) : new ModernRawMember(group, topic, topicId);
    }

    /** Has the group's coordinator ready. */
    static void await(RawClient client, String group) throws InterruptedException {
        RawCoordinators.await(client, RawCoordinators.OF_GROUP, group);
    }
}
