// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import org.apache.kafka.common.errors.PolicyViolationException;

/** How many new partitions one request may ask for, as in Apache Kafka: a single number in a frame must not exhaust the broker. */
final class PartitionLimit {
    private static final int MAX_PER_REQUEST = 10_000;

    private PartitionLimit() {
    }

    /** @throws PolicyViolationException if the request asks for too many in all its topics together */
    static void check(long partitions, String what) {
        if (partitions > MAX_PER_REQUEST) {
            throw new PolicyViolationException("Excessively large number of " + what + " per request.");
        }
    }
}
