// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.nio.ByteBuffer;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;

/** Frames of answers, to a client that has one request in flight and so needs no correlation. */
final class RawAnswers {
    private RawAnswers() {}

    /** Reads a frame without its length into {@code empty}, and returns that. */
    static <T extends ApiMessage> T read(ByteBuffer frame, T empty, short version) {
        ByteBufferAccessor readable = new ByteBufferAccessor(frame);
        new ResponseHeaderData(readable, ApiKeys.forId(empty.apiKey()).responseHeaderVersion(version));
        empty.read(readable, version);
        return empty;
    }
}
