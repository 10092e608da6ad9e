// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * What one flush has to do for a partition, as captured under its lock.
 *
 * @param sealed    segments that were active since the last flush and are not any more, oldest first
 * @param target    where the log ended: durable when the flush is done
 * @param bytes     bytes that the flush covers
 * @param newFolder true if the partition's folder was created since the last flush
 * @param newFiles  true if segments were created or removed since the last flush
 * @param epochs    what to write to the leader epoch checkpoint, or null
 * @param snapshot  the producers as of {@code target}, or null
 * @param indexes   whether to make the active segment's indexes durable as well
 * @param clean     true if the log is being closed
 * @param log       whose flush this is: a partition that was opened again in between has another
 */
record FlushRound(
        List<Segment> sealed,
        LogPosition target,
        long bytes,
        boolean newFolder,
        boolean newFiles,
        EpochHistory epochs,
        ByteBuffer snapshot,
        boolean indexes,
        boolean clean,
        PartitionLog log) {}
