// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.Set;

/** A group as the shard knows it, whatever protocol its members speak. */
sealed interface Group permits ClassicGroup, ConsumerGroup {
    String groupId();

    boolean isEmpty();

    /** The topics that its members subscribe to; null if that cannot be known. */
    Set<String> subscribedTopics();
}
