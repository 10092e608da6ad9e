// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import io.ottla.coordinator.Command;
import io.ottla.coordinator.Decider;
import java.util.List;
import java.util.function.Predicate;
import org.apache.kafka.common.message.ListGroupsResponseData.ListedGroup;
import org.apache.kafka.common.protocol.Errors;

/**
 * Groups of a kind that another room looks after: their ids are of one space with ours, and their records lie among ours
 * in __consumer_offsets. One for each shard, owned by the shard's thread.
 */
public interface GuestGroups extends Decider<GuestGroups.GuestCommand, GuestGroups.GuestEvent> {
    /** A command that reaches guests through {@link GroupCoordinator#submit}. */
    interface GuestCommand extends Command {}

    /** A change of guests. */
    interface GuestEvent {}

    /** Makes the guests of one shard. */
    interface Factory {
        /** @param taken says whether a group of ours has an id */
        GuestGroups create(Predicate<String> taken);
    }

    /** Whether a guest has this id. */
    boolean holds(String groupId);

    List<ListedGroup> list();

    /** The command that deletes a guest; answered with NONE, NON_EMPTY_GROUP or GROUP_ID_NOT_FOUND. */
    GuestCommand delete(String groupId, Caller<Errors> caller);
}
