// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import io.ottla.wire.RequestContext;
import io.ottla.wire.RequestHead;
import java.nio.ByteBuffer;
import org.apache.kafka.common.protocol.ApiMessage;

/**
 * One request in hand. Exactly one of {@link #reply}, {@link #noReply} and {@link #hangUp} ends it, from any thread;
 * replies reach the client in the order of its requests whatever the order in which they are given.
 */
public interface Request {
    RequestHead head();

    RequestContext context();

    /** The address that the client reached us at, for brokers that listen on every address. */
    String localHost();

    /** The bytes after the header. Valid only until {@link RequestHandler#handle} returns. */
    ByteBuffer body();

    /** The thread that the connection lives on. */
    EventLoop loop();

    /** Sends a reply in the version of the request. */
    void reply(ApiMessage reply);

    /** Sends a reply in another version than the request's (ApiVersions to a client that is ahead of us). */
    void reply(ApiMessage reply, short version);

    /** Ends a request that wants no reply (produce with acks=0). */
    void noReply();

    /** Ends the request and its connection without a reply, with one log line that says why. */
    void hangUp(String reason);

    /**
     * Counts memory that this request keeps until it is ended, such as copies of what is in its frame, with the buffers of all connections.
     * False if they hold too much already. Only from the loop, before {@link RequestHandler#handle} returns.
     */
    boolean keep(int bytes);

    /** Has {@code work} done on another thread, after the costly work of this connection's earlier requests. From any thread. */
    void aside(Costly work);

    /** True while costly work of earlier requests of this connection is under way: what must not overtake it has to follow it {@link #aside}. From any thread. */
    boolean mustFollow();

    /** True once the connection is gone, so that waiting for its sake is useless. */
    boolean abandoned();

    /**
     * Runs {@code action} on the connection's loop when the connection goes away, in place of any earlier action of an equal
     * {@code owner}. Only from the loop.
     */
    void whenClosed(Object owner, Runnable action);
}
