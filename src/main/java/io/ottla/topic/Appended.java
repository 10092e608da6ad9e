// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

/**
 * What an append did.
 *
 * @param baseOffset      offset of the first record
 * @param lastOffset      offset of the last record; durable once the high watermark has passed it
 * @param logAppendTimeMs the time stamped on the records, or -1 where the topic keeps the producer's timestamps; of a duplicate the largest
 *     timestamp of the first write, whoever stamped it
 * @param logStartOffset  the partition's log start offset
 * @param duplicate       true if an idempotent producer sent this batch before: nothing was written, and the offsets are the first write's
 */
public record Appended(long baseOffset, long lastOffset, long logAppendTimeMs, long logStartOffset, boolean duplicate) {}
