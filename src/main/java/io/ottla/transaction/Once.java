// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import io.ottla.coordinator.Caller;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.protocol.Errors;

/** Gives the first answer on and passes over any other. Safe for any thread. */
final class Once<R> implements Caller<R> {
    private final AtomicBoolean answered = new AtomicBoolean();
    private final Consumer<R> taker;
    private final Function<Errors, R> refusal;

    /** @param refusal how an error looks as an answer */
    Once(Consumer<R> taker, Function<Errors, R> refusal) {
        this.taker = taker;
        this.refusal = refusal;
    }

    @Override
    public void answer(R response) {
        if (answered.compareAndSet(false, true)) {
            taker.accept(response);
        }
    }

    @Override
    public void refuse(Errors error) {
        answer(refusal.apply(error));
    }
}
