// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import java.util.function.BooleanSupplier;

/**
 * Kafka's broker configs of transactions.
 *
 * @param maxTimeoutMs           {@code transaction.max.timeout.ms}: the longest timeout that a producer may ask for
 * @param idExpirationMs         {@code transactional.id.expiration.ms}: how long an unused transactional id is kept
 * @param abortIntervalMs        {@code transaction.abort.timed.out.transaction.cleanup.interval.ms}: how often late transactions are looked for
 * @param removeIntervalMs       {@code transaction.remove.expired.transaction.cleanup.interval.ms}: how often unused ids are looked for
 * @param logPartitions          {@code transaction.state.log.num.partitions}: partitions of {@code __transaction_state} when it is created
 * @param logSegmentBytes        {@code transaction.state.log.segment.bytes}
 * @param verifyPartitions       {@code transaction.partition.verification.enable}: whether a transactional write is checked against its
 *     transaction; may change while the broker runs
 */
public record TransactionSettings(
        int maxTimeoutMs,
        long idExpirationMs,
        long abortIntervalMs,
        long removeIntervalMs,
        int logPartitions,
        int logSegmentBytes,
        BooleanSupplier verifyPartitions) {
    /** Kafka's defaults. */
    public static final TransactionSettings DEFAULT =
            new TransactionSettings(900_000, 604_800_000, 10_000, 3_600_000, 50, 104_857_600, () -> true);
}
