// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Command;
import io.ottla.coordinator.Decider;
import java.util.Collection;
import java.util.List;
import java.util.function.Function;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.Errors;

/**
 * Groups of a kind that another room looks after: their ids are of one space with ours, and their records lie among ours
 * in __consumer_offsets. One for each shard and kind, owned by the shard's thread.
 */
public interface GuestGroups extends Decider<GuestGroups.GuestCommand, GuestGroups.GuestEvent> {
    /** A command that reaches guests through {@link GroupCoordinator#submit}. */
    interface GuestCommand extends Command {
        /** The kind of groups that decides it: {@link GuestGroups#kind}. */
        String kind();

        /** The id of a group that begins with this command, before which an abandoned classic group makes way; null if none does. */
        default String founds() {
            return null;
        }
    }

    /** A change of guests. */
    interface GuestEvent {
        String kind();

        String groupId();
    }

    /** Who has an id among those that are not this kind's own. */
    enum Tenant { NOBODY, ONLY_OFFSETS, GROUP }

    /** Makes the guests of one shard. */
    interface Factory {
        /** @param tenants says who else has an id */
        GuestGroups create(Function<String, Tenant> tenants);
    }

    /** As ListGroups names it. */
    String kind();

    /** Whether records of __consumer_offsets whose keys begin so are of this kind. */
    boolean keeps(short recordKind);

    /** Whether a guest has this id. */
    boolean holds(String groupId);

    List<ListedGroup> list();

    /** The command that deletes a guest; answered with NONE, NON_EMPTY_GROUP or GROUP_ID_NOT_FOUND. */
    GuestCommand delete(String groupId, Caller<Errors> caller);

    /** The events that take away a guest that nobody is in, for a group of another kind or because it is too old; null if it stays. */
    default List<GuestEvent> makeWay(String groupId) {
        return null;
    }

    /** The ids of guests that may have committed offsets; only for these {@link #offsetRules} are asked. */
    default Collection<String> committing() {
        return List.of();
    }

    /** Null for a guest that commits no offsets. */
    default OffsetRules offsetRules(String groupId) {
        return null;
    }
}
