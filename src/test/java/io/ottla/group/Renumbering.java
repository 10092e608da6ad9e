// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Decider;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import org.apache.kafka.common.protocol.Errors;

/**
 * Sees when the epochs of a group begin anew: a group that has no members left, and then gets one of the other protocol, is a
 * new group (as in Kafka), so that its epochs say nothing about those before.
 */
final class Renumbering implements Decider<GroupCommand, GroupEvent> {
    private final Decider<GroupCommand, GroupEvent> decider;
    private final Runnable begunAnew;
    private int highest;

    Renumbering(Decider<GroupCommand, GroupEvent> decider, Runnable begunAnew) {
        this.decider = decider;
        this.begunAnew = begunAnew;
    }

    @Override
    public Outcome<GroupCommand, GroupEvent> decide(GroupCommand command, Moment now) {
        Outcome<GroupCommand, GroupEvent> outcome = decider.decide(command, now);
        outcome.events().forEach(event -> see(switch (event) {
            case GroupEvent.GenerationStarted started -> started.generation();
            case GroupEvent.ConsumerGroupKept kept -> kept.epoch();
            default -> highest;
        }));
        return outcome;
    }

    private void see(int epoch) {
        if (epoch < highest) {
            begunAnew.run();
        }
        highest = epoch;
    }

    @Override
    public void apply(GroupEvent event) {
        decider.apply(event);
    }

    @Override
    public JournalEntry encode(GroupEvent event) {
        return decider.encode(event);
    }

    @Override
    public GroupEvent decode(JournalEntry entry) {
        return decider.decode(entry);
    }

    @Override
    public Outcome<GroupCommand, GroupEvent> loaded(Moment now) {
        return decider.loaded(now);
    }

    @Override
    public void abandon(Errors error) {
        decider.abandon(error);
    }
}
