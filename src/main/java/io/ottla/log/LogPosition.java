// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

/**
 * A border between batches.
 *
 * @param segment  the segment whose bytes end or go on here; null in a log that has none yet
 * @param offset   the offset of the next record
 * @param position the byte in the segment's file
 */
record LogPosition(Segment segment, long offset, int position) {}
