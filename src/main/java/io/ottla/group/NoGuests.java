// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.Errors;

/** Where no groups of another kind live. */
record NoGuests(Predicate<String> taken) implements GuestGroups {
    @Override
    public boolean holds(String groupId) {
        return false;
    }

    @Override
    public List<ListedGroup> list() {
        return List.of();
    }

    @Override
    public GuestCommand delete(String groupId, Caller<Errors> caller) {
        throw new IllegalStateException("no guest " + groupId);
    }

    @Override
    public Outcome<GuestCommand, GuestEvent> decide(GuestCommand command, Moment now) {
        throw new IllegalStateException("no guests to decide " + command);
    }

    @Override
    public void apply(GuestEvent event) {
        throw new IllegalStateException("no guests to hear of " + event);
    }

    @Override
    public JournalEntry encode(GuestEvent event) {
        throw new IllegalStateException("no guests to keep " + event);
    }

    @Override
    public GuestEvent decode(JournalEntry entry) {
        return null;
    }

    @Override
    public Outcome<GuestCommand, GuestEvent> loaded(Moment now) {
        return Outcome.nothing();
    }

    @Override
    public void abandon(Errors error) {
        // Nobody is here.
    }
}
