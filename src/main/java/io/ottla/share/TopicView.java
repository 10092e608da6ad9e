// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import org.apache.kafka.common.Uuid;

/** The topics there are, as far as assignments need to know. Cheap to ask. */
interface TopicView {
    record Known(Uuid id, String name, int partitions) {}

    /** Null for a topic that does not exist. */
    Known find(String name);
}
