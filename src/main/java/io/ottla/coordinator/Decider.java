// SPDX-License-Identifier: Apache-2.0
package io.ottla.coordinator;

import org.apache.kafka.common.protocol.Errors;

/**
 * The pure part of a shard: what it knows, and how it decides. No clock, I/O or threads inside; the loop that owns the
 * shard calls every method from one thread at a time. The same journal gives the same state again.
 *
 * @param <C> commands
 * @param <E> events: those that {@link #encode} turns into journal entries outlive the process, the others do not
 */
public interface Decider<C extends Command, E> {
    /** Decides without changing anything. */
    Outcome<C, E> decide(C command, Moment now);

    /** Changes the state; never refuses. Called for decided events and for replayed ones. */
    void apply(E event);

    /** The entry that keeps this event, or null if it need not outlive the process. Must not change the state. */
    JournalEntry encode(E event);

    /** The event that an entry keeps, or null for one of an unknown kind, which is then passed over. */
    E decode(JournalEntry entry);

    /** The first outcome after the journal was replayed: timers, mostly. */
    Outcome<C, E> loaded(Moment now);

    /** Answers everybody who is parked here, because the state is given up. Nothing is called after this. */
    void abandon(Errors error);
}
