// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.EventLoop;
import io.ottla.network.Request;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.message.FetchResponseData;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A fetch from its first look until its reply. While there is too little to send it watches its partitions and looks again,
 * at most once a turn of its loop, when one of them advances; after the longest wait it sends what there is. Runs on the
 * connection's loop, but for {@link #advanced}.
 */
final class WaitingFetch {
    private static final Logger LOG = LoggerFactory.getLogger(WaitingFetch.class);

    private final Request request;
    private final FetchSession session;
    private final FetchPass pass;
    private final int minBytes;
    private final int maxWaitMs;
    private final AtomicBoolean lookQueued = new AtomicBoolean();
    private final List<AutoCloseable> watches = new ArrayList<>();
    private EventLoop.Timer timer;
    private boolean over;

    WaitingFetch(Request request, FetchSession session, FetchPass pass, int minBytes, int maxWaitMs) {
        this.request = request;
        this.session = session;
        this.pass = pass;
        this.minBytes = minBytes;
        this.maxWaitMs = maxWaitMs;
    }

    void begin() {
        if (pass.look(minBytes) || maxWaitMs <= 0 || pass.targets().isEmpty()) {
            send();
            return;
        }
        pass.forget();
        for (FetchTarget target : pass.targets()) {
            watches.add(target.partition().watch(this::advanced));
        }
        timer = request.loop().schedule(maxWaitMs, this::waitedLongEnough);
        // A partition may have advanced between the look and the watch.
        lookAgain();
    }

    /** A partition has more. From any thread. */
    private void advanced() {
        if (lookQueued.compareAndSet(false, true)) {
            request.loop().execute(() -> {
                lookQueued.set(false);
                lookAgain();
            });
        }
    }

    private void lookAgain() {
        if (over) {
            return;
        }
        if (request.abandoned()) {
            stopWatching();
        } else if (pass.look(minBytes)) {
            send();
        } else {
            pass.forget();
        }
    }

    private void waitedLongEnough() {
        if (over) {
            return;
        }
        if (request.abandoned()) {
            stopWatching();
        } else {
            pass.look(minBytes);
            send();
        }
    }

    private void send() {
        stopWatching();
        FetchResponseData reply = pass.take();
        if (session != null) {
            reply.setSessionId(session.id());
            session.served(pass.served());
        }
        request.reply(reply);
    }

    private void stopWatching() {
        over = true;
        if (timer != null) {
            timer.cancel();
        }
        for (AutoCloseable watch : watches) {
            try {
                watch.close();
            } catch (Exception e) {
                LOG.error("event=watch_close_failed action=ignore", e);
            }
        }
        watches.clear();
    }
}
