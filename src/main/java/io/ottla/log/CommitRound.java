// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

/**
 * What one round writes ahead for a partition, as captured under its lock.
 *
 * @param segment the active segment, whose name is durable
 * @param from    the first byte of it that is not durable
 * @param target  where the log ended: durable when the round is done
 * @param log     whose round this is: a partition that was opened again in between has another
 */
record CommitRound(Segment segment, int from, LogPosition target, PartitionLog log) {
    int bytes() {
        return target.position() - from;
    }
}
