// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.network.Costly;
import io.ottla.network.EventLoop;
import io.ottla.network.Request;
import io.ottla.wire.RequestContext;
import io.ottla.wire.RequestHead;
import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;

/** A request that did not come by a socket. */
final class SimulatedRequest implements Request {
    private final RequestHead head;
    private final ByteBuffer body;
    private final Consumer<ApiMessage> reply;

    SimulatedRequest(ApiKeys api, int version, ApiMessage message, Consumer<ApiMessage> reply) {
        head = new RequestHead(api, (short) version, 0, "simulated");
        body = MessageUtil.toByteBufferAccessor(message, (short) version).buffer();
        this.reply = reply;
    }

    @Override
    public RequestHead head() {
        return head;
    }

    @Override
    public RequestContext context() {
        return new RequestContext(head.version(), head.clientId(), "/127.0.0.1", "PLAINTEXT");
    }

    @Override
    public String localHost() {
        return "localhost";
    }

    @Override
    public ByteBuffer body() {
        return body;
    }

    @Override
    public EventLoop loop() {
        throw new UnsupportedOperationException("no request here waits on a loop");
    }

    @Override
    public void reply(ApiMessage message) {
        reply.accept(message);
    }

    @Override
    public void reply(ApiMessage message, short version) {
        reply.accept(message);
    }

    @Override
    public void noReply() {
        throw new AssertionError("every request here wants a reply");
    }

    @Override
    public void hangUp(String reason) {
        throw new AssertionError(head.api() + " was not answered: " + reason);
    }

    @Override
    public boolean keep(int bytes) {
        return true;
    }

    @Override
    public void aside(Costly work) {
        while (work.step()) {
            continue;
        }
    }

    @Override
    public boolean mustFollow() {
        return false;
    }

    @Override
    public boolean abandoned() {
        return false;
    }

    @Override
    public void whenClosed(Object owner, Runnable action) {
        // These connections live as long as the process.
    }
}
