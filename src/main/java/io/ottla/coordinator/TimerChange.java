// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

/** What a decision wants of the clock. A timer is known by the command that it sends, compared by {@code equals}. */
public sealed interface TimerChange<C> {
    C command();

    /** Sends {@code command} once {@link Moment#elapsedMs()} reaches {@code atElapsedMs}; replaces the timer of an equal command. */
    record Set<C>(C command, long atElapsedMs) implements TimerChange<C> {}

    /** Forgets the timer of an equal command, if there is one. */
    record Cancel<C>(C command) implements TimerChange<C> {}
}
