// SPDX-License-Identifier: Apache-2.0
package io.ottla.wire;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;

/** Record batches in a buffer that nobody changes any more. Safe for any thread. */
public final class InMemoryRecords implements StoredRecords {
    private final ByteBuffer batches;

    /** Takes the remaining bytes of {@code batches}. */
    public InMemoryRecords(ByteBuffer batches) {
        this.batches = batches.slice().asReadOnlyBuffer();
    }

    @Override
    public int sizeInBytes() {
        return batches.limit();
    }

    @Override
    public long writeTo(WritableByteChannel target, int from) throws IOException {
        return target.write(batches.duplicate().position(from));
    }

    @Override
    public void copyTo(ByteBuffer target, int from) {
        int count = Math.min(target.remaining(), batches.limit() - from);
        target.put(batches.slice(from, count));
    }

    @Override
    public StoredRecords part(int from, int sizeBytes) {
        return new InMemoryRecords(batches.slice(from, sizeBytes));
    }

    @Override
    public void release() {
        // Nothing is held.
    }
}
