// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import org.apache.kafka.common.protocol.ApiMessage;

/** Takes work that waits for the disk off the event loops, one virtual thread each; connections bound how many there are. */
final class Blocking {
    private Blocking() {}

    /** Runs {@code work}, which ends {@code request}; if it throws instead, the failure is answered. */
    static void run(Request request, ApiMessage body, Runnable work) {
        Thread.ofVirtual().name("ottla-blocking").start(() -> {
            try {
                work.run();
            } catch (RuntimeException e) {
                Failures.reply(request, body, e);
            } catch (OutOfMemoryError e) {
                request.hangUp("out of memory: " + e.getMessage());
            }
        });
    }
}
