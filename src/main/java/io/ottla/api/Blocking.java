// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import org.apache.kafka.common.protocol.ApiMessage;

/** Takes long work off the event loops: what waits for the disk on a virtual thread of its own, and what keeps a processor busy aside. Connections bound how much there is. */
final class Blocking {
    private Blocking() {}

    /** Runs {@code work}, which ends {@code request}; if it throws instead, the failure is answered. */
    static void run(Request request, ApiMessage body, Runnable work) {
        Thread.ofVirtual().name("ottla-blocking").start(() -> runSafely(request, body, work));
    }

    /** The same for {@code work} that may decompress as much as clients please: virtual threads share their processors only when they wait. */
    static void runBusy(Request request, ApiMessage body, Runnable work) {
        request.aside(() -> {
            runSafely(request, body, work);
            return false;
        });
    }

    private static void runSafely(Request request, ApiMessage body, Runnable work) {
        try {
            work.run();
        } catch (RuntimeException e) {
            Failures.reply(request, body, e);
        } catch (OutOfMemoryError e) {
            request.hangUp("out of memory: " + e.getMessage());
        }
    }
}
