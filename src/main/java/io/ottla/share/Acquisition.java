// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.List;

/**
 * What a member has read and wants to lock.
 *
 * @param offset     where it began to read: a {@link Position.Read#offset()}
 * @param batches    the record batches found, in order
 * @param maxRecords how many records it wants
 * @param batchSize  how many records it wants in each batch that it acknowledges together, about
 * @param strict     never more than {@code maxRecords}; otherwise whole record batches (KIP-1206)
 */
public record Acquisition(long offset, List<Batch> batches, int maxRecords, int batchSize, boolean strict) {
    /** One record batch. {@code deliver} is false where nothing in it is for members: transactions that were aborted. */
    public record Batch(long first, long last, boolean deliver) {}

    /** Records that the member has locked, with the number of times they were handed out, this time included. */
    public record Acquired(long first, long last, int deliveryCount) {}
}
