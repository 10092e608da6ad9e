// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import io.ottla.wire.RequestContext;
import io.ottla.wire.RequestHead;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiMessage;

/** A request and, once it is there, its reply. Ended once from any thread; everything else on the connection's loop. */
final class Exchange implements Request {
    private enum Ending { REPLY, SILENCE, HANG_UP }

    private static final VarHandle ENDING;

    static {
        try {
            ENDING = MethodHandles.lookup().findVarHandle(Exchange.class, "ending", Ending.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    private final Connection connection;
    private final RequestHead head;
    private final RequestContext context;
    private final boolean pipelined;
    private ByteBuffer body;
    private ApiMessage reply;
    private short replyVersion;
    private String hangUpReason;
    private int keptBytes;
    private volatile boolean done;

    @SuppressWarnings("unused")
    private volatile Ending ending;

    Exchange(Connection connection, RequestHead head, RequestContext context, ByteBuffer body, boolean pipelined) {
        this.connection = connection;
        this.head = head;
        this.context = context;
        this.body = body;
        this.pipelined = pipelined;
        this.replyVersion = head.version();
    }

    @Override
    public RequestHead head() {
        return head;
    }

    @Override
    public RequestContext context() {
        return context;
    }

    @Override
    public String localHost() {
        return connection.localHost();
    }

    @Override
    public ByteBuffer body() {
        return body;
    }

    @Override
    public EventLoop loop() {
        return connection.loop();
    }

    @Override
    public void reply(ApiMessage message) {
        reply(message, head.version());
    }

    @Override
    public void reply(ApiMessage message, short version) {
        end(Ending.REPLY);
        reply = message;
        replyVersion = version;
        finish();
    }

    @Override
    public void noReply() {
        end(Ending.SILENCE);
        finish();
    }

    @Override
    public void hangUp(String reason) {
        end(Ending.HANG_UP);
        hangUpReason = reason;
        finish();
    }

    @Override
    public boolean keep(int bytes) {
        if (!connection.loop().budget.reserve(bytes)) {
            return false;
        }
        keptBytes += bytes;
        return true;
    }

    @Override
    public void aside(Costly work) {
        connection.sideline().add(work);
    }

    @Override
    public boolean mustFollow() {
        return connection.sideline().busy();
    }

    @Override
    public boolean abandoned() {
        return connection.closed();
    }

    @Override
    public void whenClosed(Object owner, Runnable action) {
        connection.whenClosed(owner, action);
    }

    boolean done() {
        return done;
    }

    boolean pipelined() {
        return pipelined;
    }

    /** The reply to send, or null if there is none. Only when done. */
    ApiMessage reply() {
        return reply;
    }

    short replyVersion() {
        return replyVersion;
    }

    /** Why the connection must end here, or null. Only when done. */
    String hangUpReason() {
        return hangUpReason;
    }

    void forgetBody() {
        body = null;
    }

    private void end(Ending how) {
        if (!ENDING.compareAndSet(this, null, how)) {
            throw new IllegalStateException(head.api() + " request " + head.correlationId() + " is ended twice: " + ending + ", then " + how);
        }
        if (keptBytes > 0) {
            connection.loop().budget.release(keptBytes);
        }
    }

    private void finish() {
        done = true;
        connection.replyReady();
    }
}
