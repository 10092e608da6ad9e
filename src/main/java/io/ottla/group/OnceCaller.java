// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;

/** Somebody who waits for one answer, and gets exactly one. Safe for any thread. */
public final class OnceCaller<R> implements Caller<R> {
    private final Consumer<R> reply;
    private final Function<Errors, R> refusal;
    private final AtomicBoolean answered = new AtomicBoolean();

    /** @param refusal makes the answer that carries an error */
    public OnceCaller(Consumer<R> reply, Function<Errors, R> refusal) {
        this.reply = reply;
        this.refusal = refusal;
    }

    @Override
    public void answer(R response) {
        if (answered.compareAndSet(false, true)) {
            reply.accept(response);
        }
    }

    @Override
    public void refuse(Errors error) {
        answer(refusal.apply(error == Errors.MESSAGE_TOO_LARGE ? Errors.UNKNOWN_SERVER_ERROR : error));
    }
}
