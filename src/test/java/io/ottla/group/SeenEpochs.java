// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Decider;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import java.util.function.IntConsumer;
import org.apache.kafka.common.protocol.Errors;

/** Sees the epochs of the one group that there is. */
final class SeenEpochs implements Decider<GroupCommand, GroupEvent> {
    private final Decider<GroupCommand, GroupEvent> decider;
    private final IntConsumer epochs;

    /** @param epochs hears of each epoch that begins */
    SeenEpochs(Decider<GroupCommand, GroupEvent> decider, IntConsumer epochs) {
        this.decider = decider;
        this.epochs = epochs;
    }

    @Override
    public Outcome<GroupCommand, GroupEvent> decide(GroupCommand command, Moment now) {
        Outcome<GroupCommand, GroupEvent> outcome = decider.decide(command, now);
        for (GroupEvent event : outcome.events()) {
            switch (event) {
                case GroupEvent.GenerationStarted started -> epochs.accept(started.generation());
                case GroupEvent.ClassicGroupKept kept -> epochs.accept(kept.value().generation());
                case GroupEvent.ConsumerGroupKept kept -> epochs.accept(kept.epoch());
                default -> { }
            }
        }
        return outcome;
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
