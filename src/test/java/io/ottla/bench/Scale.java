// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

/**
 * How much is done for one number.
 *
 * @param bytes          of record values that a throughput row moves
 * @param requests       that a request row sends
 * @param latencySeconds for which a latency row runs
 * @param seconds        for which a row that goes on until it is stopped runs
 * @param topics         of ten partitions, in the row of many partitions
 * @param groups         of three members; also the members of one large group
 * @param offsets        that are committed before a restart
 * @param producerIds    that are alive at once
 */
record Scale(long bytes, int requests, int latencySeconds, int seconds, int topics, int groups, int offsets, int producerIds) {
    static final Scale FULL = new Scale(1_000_000_000L, 200_000, 15, 10, 1000, 1000, 1_000_000, 100_000);
    static final Scale QUICK = new Scale(50_000_000L, 20_000, 3, 2, 100, 100, 50_000, 5_000);
}
