// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import java.util.function.Predicate;

/** The tasks of a member by what it does with them: process, keep a copy of the state, or catch up in order to process. */
record Roles(Tasks active, Tasks standby, Tasks warmup) {
    static final Roles NONE = new Roles(Tasks.NONE, Tasks.NONE, Tasks.NONE);

    boolean isEmpty() {
        return active.isEmpty() && standby.isEmpty() && warmup.isEmpty();
    }

    boolean overlaps(Roles other) {
        return active.overlaps(other.active) || standby.overlaps(other.standby) || warmup.overlaps(other.warmup);
    }

    Roles where(Predicate<TaskId> wanted) {
        return new Roles(active.where(wanted), standby.where(wanted), warmup.where(wanted));
    }

    boolean containsAll(Roles other) {
        return other.active.minus(active).isEmpty() && other.standby.minus(standby).isEmpty() && other.warmup.minus(warmup).isEmpty();
    }
}
