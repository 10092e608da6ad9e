// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

/**
 * How much is done for one number.
 *
 * @param bytes          of record values that a throughput row moves
 * @param requests       that a request row sends
 * @param latencySeconds for which a latency row runs
 */
record Scale(long bytes, int requests, int latencySeconds) {
    static final Scale FULL = new Scale(1_000_000_000L, 200_000, 15);
    static final Scale QUICK = new Scale(50_000_000L, 20_000, 3);
}
