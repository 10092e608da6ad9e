// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import org.apache.kafka.common.message.ListPartitionReassignmentsRequestData;
import org.apache.kafka.common.message.ListPartitionReassignmentsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;

/** ListPartitionReassignments, 0 (KIP-455): with one broker nothing is ever on the move. Kafka's topic tool asks at each describe. */
final class ListPartitionReassignmentsApi implements Api<ListPartitionReassignmentsRequestData> {
    @Override
    public ApiKeys key() {
        return ApiKeys.LIST_PARTITION_REASSIGNMENTS;
    }

    @Override
    public void answer(ListPartitionReassignmentsRequestData body, Request request) {
        request.reply(new ListPartitionReassignmentsResponseData().setErrorMessage(null));
    }
}
