// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

import java.util.List;
import org.apache.kafka.common.protocol.Errors;

/** An append that changed nothing: the error for the producer, and the records that caused it where that is known (KIP-467). */
public final class AppendRefused extends RuntimeException {
    /** One refused record: its index in the batch, and why. */
    public record RecordError(int batchIndex, String message) {}

    private static final long serialVersionUID = 1;

    private final transient List<RecordError> recordErrors;
    private final Errors error;

    public AppendRefused(Errors error, String message) {
        this(error, message, List.of());
    }

    public AppendRefused(Errors error, String message, List<RecordError> recordErrors) {
        super(message, null, false, false);
        this.error = error;
        this.recordErrors = List.copyOf(recordErrors);
    }

    public Errors error() {
        return error;
    }

    public List<RecordError> recordErrors() {
        return recordErrors;
    }
}
