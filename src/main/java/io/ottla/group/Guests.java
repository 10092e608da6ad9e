// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.coordinator.TimerChange;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.Errors;

/** The guests of one shard, of all kinds: hands each command, event and record to the kind that it is for. */
final class Guests {
    private final List<GuestGroups> kinds = new ArrayList<>();

    /** @param own who of ours has an id */
    Guests(List<GuestGroups.Factory> factories, Function<String, GuestGroups.Tenant> own) {
        for (GuestGroups.Factory factory : factories) {
            GuestGroups[] self = new GuestGroups[1];
            self[0] = factory.create(id -> kinds.stream().anyMatch(kind -> kind != self[0] && kind.holds(id))
                    ? GuestGroups.Tenant.GROUP : own.apply(id));
            kinds.add(self[0]);
        }
    }

    private GuestGroups of(String kind) {
        for (GuestGroups each : kinds) {
            if (each.kind().equals(kind)) {
                return each;
            }
        }
        throw new IllegalStateException("no guests of kind " + kind);
    }

    /** Null if no guest has this id. */
    private GuestGroups holder(String groupId) {
        for (GuestGroups each : kinds) {
            if (each.holds(groupId)) {
                return each;
            }
        }
        return null;
    }

    boolean holds(String groupId) {
        return holder(groupId) != null;
    }

    List<ListedGroup> list() {
        return kinds.stream().flatMap(each -> each.list().stream()).toList();
    }

    /** Null for a guest that commits no offsets, and where there is no guest. */
    OffsetRules offsetRules(String groupId) {
        GuestGroups holder = holder(groupId);
        return holder == null ? null : holder.offsetRules(groupId);
    }

    /** The guests that may have committed offsets. */
    List<String> committing() {
        return kinds.stream().flatMap(each -> each.committing().stream()).toList();
    }

    /** As {@link GuestGroups#makeWay}. */
    List<GroupEvent> makeWay(String groupId) {
        GuestGroups holder = holder(groupId);
        List<GuestGroups.GuestEvent> events = holder == null ? null : holder.makeWay(groupId);
        return events == null ? null : hosted(events);
    }

    Outcome<GroupCommand, GroupEvent> decide(GuestGroups.GuestCommand command, Moment now) {
        return hosted(of(command.kind()).decide(command, now));
    }

    Outcome<GroupCommand, GroupEvent> delete(String groupId, Caller<Errors> caller, Moment now) {
        return decide(holder(groupId).delete(groupId, caller), now);
    }

    void apply(GuestGroups.GuestEvent event) {
        of(event.kind()).apply(event);
    }

    JournalEntry encode(GuestGroups.GuestEvent event) {
        return of(event.kind()).encode(event);
    }

    /** Whether guests know what a record means. */
    boolean keep(JournalEntry entry) {
        return keeper(entry) != null;
    }

    private GuestGroups keeper(JournalEntry entry) {
        if (!(entry instanceof JournalEntry.Plain plain) || plain.key().remaining() < Short.BYTES) {
            return null;
        }
        short recordKind = plain.key().getShort(plain.key().position());
        for (GuestGroups each : kinds) {
            if (each.keeps(recordKind)) {
                return each;
            }
        }
        return null;
    }

    /** Null for a record of an unknown version. */
    GroupEvent decode(JournalEntry entry) {
        GuestGroups.GuestEvent event = keeper(entry).decode(entry);
        return event == null ? null : new GroupEvent.OfGuests(event);
    }

    void loaded(Moment now, Outcome<GroupCommand, GroupEvent> into) {
        for (GuestGroups each : kinds) {
            Outcome<GroupCommand, GroupEvent> outcome = hosted(each.loaded(now));
            into.events().addAll(outcome.events());
            into.timers().addAll(outcome.timers());
        }
    }

    void abandon(Errors error) {
        kinds.forEach(each -> each.abandon(error));
    }

    private static List<GroupEvent> hosted(List<GuestGroups.GuestEvent> events) {
        List<GroupEvent> hosted = new ArrayList<>(events.size());
        events.forEach(event -> hosted.add(new GroupEvent.OfGuests(event)));
        return hosted;
    }

    private static Outcome<GroupCommand, GroupEvent> hosted(Outcome<GuestGroups.GuestCommand, GuestGroups.GuestEvent> outcome) {
        List<TimerChange<GroupCommand>> timers = new ArrayList<>(outcome.timers().size());
        outcome.timers().forEach(timer -> timers.add(switch (timer) {
            case TimerChange.Set<GuestGroups.GuestCommand> set ->
                    new TimerChange.Set<>(new GroupCommand.ForGuests(set.command()), set.atElapsedMs());
            case TimerChange.Cancel<GuestGroups.GuestCommand> cancel -> new TimerChange.Cancel<>(new GroupCommand.ForGuests(cancel.command()));
        }));
        return new Outcome<>(hosted(outcome.events()), outcome.replies(), timers,
                outcome.next() == null ? null : new GroupCommand.ForGuests(outcome.next()));
    }
}
