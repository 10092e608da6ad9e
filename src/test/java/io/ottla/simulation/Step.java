// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import org.apache.kafka.common.TopicPartition;

/** What a producer does next: one request, sent again until it is answered. */
sealed interface Step {
    record Init() implements Step {}

    /** First protocol: the partition is added before it is written to. */
    record AddPartition(TopicPartition partition) implements Step {}

    record Write(Story.Item item, int sequence) implements Step {}

    /** First protocol: the group is added before its offsets are committed. */
    record AddGroup() implements Step {}

    record CommitOffsets() implements Step {}

    record End(boolean commit) implements Step {}
}
