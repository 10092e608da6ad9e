// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.wire.BatchView;
import java.nio.ByteBuffer;
import org.apache.kafka.common.record.internal.ControlRecordType;
import org.apache.kafka.common.record.internal.EndTransactionMarker;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;

/** What a control batch says about the end of its producer's transaction. */
record EndMarker(boolean commit, int coordinatorEpoch) {
    /** The marker in a control batch, or null if the batch holds another kind of control record, or none any more: compaction took it. */
    static EndMarker of(BatchView batch) {
        if (batch.count() == 0) {
            return null;
        }
        ByteBuffer bytes = batch.buffer().slice(batch.position(), batch.sizeBytes());
        Record record = MemoryRecords.readableRecords(bytes).records().iterator().next();
        ControlRecordType type = ControlRecordType.parse(record.key());
        if (type != ControlRecordType.COMMIT && type != ControlRecordType.ABORT) {
            return null;
        }
        return new EndMarker(type == ControlRecordType.COMMIT, EndTransactionMarker.deserialize(record).coordinatorEpoch());
    }
}
