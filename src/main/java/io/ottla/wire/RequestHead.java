// SPDX-License-Identifier: Apache-2.0
package io.ottla.wire;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.utils.internals.ByteUtils;

/**
 * The header of a request frame, versions 1 and 2 (protocol guide, "Request Header").
 *
 * @param api           which API is called
 * @param version       version of the request body and of the reply; not necessarily one that exists
 * @param correlationId repeated in the reply
 * @param clientId      as the client calls itself; may be null
 */
public record RequestHead(ApiKeys api, short version, int correlationId, String clientId) {
    private static final int MAX_CLIENT_ID_BYTES = Short.MAX_VALUE;

    /**
     * Reads the header and leaves {@code frame} at the first byte of the body.
     *
     * @throws InvalidRequestException for an unknown API or a header that does not fit its frame
     */
    public static RequestHead read(ByteBuffer frame) {
        if (frame.remaining() < 8) {
            throw new InvalidRequestException("frame of " + frame.remaining() + " bytes is too short for a request header");
        }
        short key = frame.getShort();
        short version = frame.getShort();
        int correlationId = frame.getInt();
        if (!ApiKeys.hasId(key)) {
            throw new InvalidRequestException("unknown API key " + key);
        }
        ApiKeys api = ApiKeys.forId(key);
        short headerVersion = api.requestHeaderVersion(version);
        String clientId = headerVersion >= 1 ? readClientId(frame) : null;
        if (headerVersion >= 2) {
            skipTaggedFields(frame);
        }
        return new RequestHead(api, version, correlationId, clientId);
    }

    private static String readClientId(ByteBuffer frame) {
        if (frame.remaining() < 2) {
            throw new InvalidRequestException("request header ends before the client id");
        }
        short length = frame.getShort();
        if (length < 0) {
            return null;
        }
        if (length > frame.remaining() || length > MAX_CLIENT_ID_BYTES) {
            throw new InvalidRequestException("client id of " + length + " bytes does not fit the request");
        }
        byte[] bytes = new byte[length];
        frame.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void skipTaggedFields(ByteBuffer frame) {
        try {
            int count = ByteUtils.readUnsignedVarint(frame);
            for (int i = 0; i < count; i++) {
                ByteUtils.readUnsignedVarint(frame);
                int size = ByteUtils.readUnsignedVarint(frame);
                if (size < 0 || size > frame.remaining()) {
                    throw new InvalidRequestException("tagged field of " + size + " bytes does not fit the request header");
                }
                frame.position(frame.position() + size);
            }
        } catch (java.nio.BufferUnderflowException | IllegalArgumentException e) {
            throw new InvalidRequestException("request header ends within its tagged fields");
        }
    }
}
