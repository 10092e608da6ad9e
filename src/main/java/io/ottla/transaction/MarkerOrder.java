// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.Set;
import org.apache.kafka.common.TopicPartition;

/**
 * Markers to write for one transaction whose end is durably decided.
 *
 * @param gate closed before the first marker is written; null if no write can be under way
 */
record MarkerOrder(String id, long producerId, short epoch, boolean commit, Set<TopicPartition> partitions, long timestampMs, Gate gate) {}
