// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.topic.PartitionId;
import java.io.IOException;

/** The flush point of one partition: what its slot says, and what of that is in force. Guarded by the partition's lock. */
final class PartitionPoint {
    private final FlushPoints points;
    private final PartitionId id;
    private final int slot;
    private FlushPoint inForce;

    PartitionPoint(FlushPoints points, PartitionId id) {
        this.points = points;
        this.id = id;
        FlushPoints.Slot claimed = points.claim(id);
        slot = claimed.number();
        inForce = claimed.point();
    }

    /** Where the next opening begins, or null if nothing is known to be durable. */
    FlushPoint get() {
        return inForce;
    }

    void set(FlushPoint point) {
        inForce = point;
    }

    /** Writes a point down that becomes durable with the next force of all points. */
    void write(FlushPoint point) throws IOException {
        points.write(slot, id, point);
    }

    /** Writes a point down and makes it durable at once. */
    void writeThrough(FlushPoint point) throws IOException {
        points.write(slot, id, point);
        points.force();
    }

    void free() throws IOException {
        points.free(slot);
    }
}
