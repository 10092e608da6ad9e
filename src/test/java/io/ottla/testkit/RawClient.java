// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.PushbackInputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.MessageUtil;

/**
 * One blocking connection that says exactly what the test wants said: whole requests of any version, or any bytes at all.
 * It never retries, never negotiates a version and never reads ahead. Not safe for use by several threads.
 */
public final class RawClient implements AutoCloseable {
    private static final int TIMEOUT_MS = (int) Eventually.DEADLINE.toMillis();
    private static final int MAX_RESPONSE_BYTES = 64 << 20;

    private final Socket socket;
    private final PushbackInputStream in;
    private int nextCorrelationId = 1;

    private RawClient(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new PushbackInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /** Connects to the first of the given `host:port` addresses, which are separated by commas. */
    public static RawClient connect(String bootstrapServers) {
        String first = bootstrapServers.split(",")[0];
        int colon = first.lastIndexOf(':');
        try {
            Socket socket = new Socket();
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MS);
            socket.connect(new InetSocketAddress(first.substring(0, colon), Integer.parseInt(first.substring(colon + 1))), TIMEOUT_MS);
            return new RawClient(socket);
        } catch (IOException e) {
            throw new UncheckedIOException("cannot connect to " + first, e);
        }
    }

    /** The frame of a request without its four bytes of length: header and body. */
    public static ByteBuffer encode(ApiMessage request, short version, int correlationId) {
        ApiKeys api = ApiKeys.forId(request.apiKey());
        RequestHeaderData header = new RequestHeaderData()
                .setRequestApiKey(api.id)
                .setRequestApiVersion(version)
                .setCorrelationId(correlationId)
                .setClientId("raw-client");
        ByteBuffer head = MessageUtil.toByteBufferAccessor(header, api.requestHeaderVersion(version)).buffer();
        ByteBuffer body = MessageUtil.toByteBufferAccessor(request, version).buffer();
        return ByteBuffer.allocate(head.remaining() + body.remaining()).put(head).put(body).flip();
    }

    /** Sends a request without waiting, and returns its correlation id. */
    public int send(ApiMessage request, int version) {
        int correlationId = nextCorrelationId++;
        sendFrame(encode(request, (short) version, correlationId));
        return correlationId;
    }

    /** Sends the bytes preceded by their length. */
    public void sendFrame(ByteBuffer frame) {
        sendBytes(ByteBuffer.allocate(4 + frame.remaining()).putInt(frame.remaining()).put(frame.duplicate()).array());
    }

    /** Sends the bytes as they are. */
    public void sendBytes(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Sends a request and waits for its response. */
    public <T extends ApiMessage> T call(ApiMessage request, int version, Class<T> responseType) {
        return receive(send(request, version), version, responseType);
    }

    /** Reads the next response, which must be the one to the given request. */
    public <T extends ApiMessage> T receive(int correlationId, int version, Class<T> responseType) {
        ByteBuffer frame = receiveFrame();
        ApiMessage empty = newInstance(responseType);
        ApiKeys api = ApiKeys.forId(empty.apiKey());
        ByteBufferAccessor readable = new ByteBufferAccessor(frame);
        ResponseHeaderData header = new ResponseHeaderData(readable, api.responseHeaderVersion((short) version));
        if (header.correlationId() != correlationId) {
            throw new AssertionError("expected the response to " + correlationId + " but got that to " + header.correlationId());
        }
        empty.read(readable, (short) version);
        if (frame.hasRemaining()) {
            throw new AssertionError(frame.remaining() + " bytes too many after " + empty);
        }
        return responseType.cast(empty);
    }

    /** Reads the next frame: response header and body, without the four bytes of length. */
    public ByteBuffer receiveFrame() {
        try {
            int size = ByteBuffer.wrap(readFully(4)).getInt();
            if (size < 4 || size > MAX_RESPONSE_BYTES) {
                throw new AssertionError("response length out of range: " + size);
            }
            return ByteBuffer.wrap(readFully(size));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Whether a byte of a response comes before the time is up; it is not consumed. */
    public boolean responseWithin(int timeoutMs) {
        try {
            socket.setSoTimeout(timeoutMs);
            int first = in.read();
            if (first == -1) {
                throw new EOFException("closed by the peer");
            }
            in.unread(first);
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            restoreTimeout();
        }
    }

    /** Whether the peer closes the connection, without another byte, in the time that other answers have too. */
    public boolean closed() {
        return closedWithin(TIMEOUT_MS);
    }

    /** Whether the peer closes the connection, without another byte, before the time is up. */
    public boolean closedWithin(int timeoutMs) {
        try {
            socket.setSoTimeout(timeoutMs);
            return in.read() == -1;
        } catch (SocketTimeoutException e) {
            return false;
        } catch (SocketException e) {
            return true;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            restoreTimeout();
        }
    }

    /** Whether the failure says that the peer closed the connection, cleanly or not, rather than that it stayed silent. */
    public static boolean isClosedByPeer(UncheckedIOException failure) {
        return failure.getCause() instanceof EOFException
                || failure.getCause() instanceof SocketException;
    }

    /** Says that nothing more will be sent, while responses can still be read. */
    public void shutdownOutput() {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] readFully(int sizeBytes) throws IOException {
        byte[] bytes = in.readNBytes(sizeBytes);
        if (bytes.length < sizeBytes) {
            throw new EOFException("closed by the peer");
        }
        return bytes;
    }

    private void restoreTimeout() {
        try {
            if (!socket.isClosed()) {
                socket.setSoTimeout(TIMEOUT_MS);
            }
        } catch (SocketException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ApiMessage newInstance(Class<? extends ApiMessage> type) {
        for (ApiKeys api : ApiKeys.values()) {
            if (api.hasValidVersion() && type.isInstance(api.messageType.newResponse())) {
                return api.messageType.newResponse();
            }
        }
        throw new IllegalArgumentException(type + " is not a response");
    }
}
