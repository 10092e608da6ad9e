// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import java.util.ArrayList;
import java.util.List;

/**
 * What a decision leads to. The loop writes and applies the events, changes the timers, and then decides {@code next}
 * as a part of the same step: all that one command and its successors write goes into the journal in one append. What does
 * not fit into one batch is spread over several, and of those a crash may keep the first ones only.
 *
 * @param events  changes of state, in order
 * @param replies answers, given once all that was written is durable; none is given if it could not be written
 * @param timers  timers to set or cancel
 * @param next    a command to decide when the events are applied, or null
 */
public record Outcome<C extends Command, E>(List<E> events, List<Reply<?>> replies, List<TimerChange<C>> timers, C next) {
    private static final Outcome<?, ?> NOTHING = new Outcome<>(List.of(), List.of(), List.of(), null);

    @SuppressWarnings("unchecked")
    public static <C extends Command, E> Outcome<C, E> nothing() {
        return (Outcome<C, E>) NOTHING;
    }

    /** Only an answer. */
    public static <C extends Command, E, R> Outcome<C, E> reply(Caller<R> caller, R response) {
        return new Outcome<>(List.of(), List.of(new Reply<>(caller, response)), List.of(), null);
    }

    /** Events and the answer that tells of them. */
    public static <C extends Command, E, R> Outcome<C, E> of(List<E> events, Caller<R> caller, R response) {
        return new Outcome<>(events, List.of(new Reply<>(caller, response)), List.of(), null);
    }

    public static <C extends Command, E> Builder<C, E> builder() {
        return new Builder<>();
    }

    /** Collects an outcome piece by piece. */
    public static final class Builder<C extends Command, E> {
        private final List<E> events = new ArrayList<>();
        private final List<Reply<?>> replies = new ArrayList<>();
        private final List<TimerChange<C>> timers = new ArrayList<>();

        public Builder<C, E> event(E event) {
            events.add(event);
            return this;
        }

        public <R> Builder<C, E> reply(Caller<R> caller, R response) {
            replies.add(new Reply<>(caller, response));
            return this;
        }

        public Builder<C, E> timer(C command, long atElapsedMs) {
            timers.add(new TimerChange.Set<>(command, atElapsedMs));
            return this;
        }

        public Builder<C, E> cancel(C command) {
            timers.add(new TimerChange.Cancel<>(command));
            return this;
        }

        public Outcome<C, E> build() {
            return then(null);
        }

        /** Ends the outcome with the command to decide next. */
        public Outcome<C, E> then(C next) {
            return new Outcome<>(events, replies, timers, next);
        }
    }
}
