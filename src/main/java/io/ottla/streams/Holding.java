// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import java.util.Collections;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Tasks that a member has. Immutable.
 *
 * @param since the member epoch with which each active task came: a commit of an epoch before that is not of this task's
 *     owner (KIP-1251)
 */
record Holding(Roles roles, SortedMap<TaskId, Integer> since) {
    static final Holding NONE = new Holding(Roles.NONE, new TreeMap<>());

    Holding {
        if (!since.keySet().equals(roles.active().ids())) {
            throw new IllegalArgumentException("epochs of " + since.keySet() + " for " + roles.active());
        }
        since = Collections.unmodifiableSortedMap(since);
    }

    /** These roles, whose active tasks keep the epochs that they have here; others get {@code epoch}. */
    Holding with(Roles next, int epoch) {
        SortedMap<TaskId, Integer> epochs = new TreeMap<>();
        next.active().ids().forEach(task -> epochs.put(task, since.getOrDefault(task, epoch)));
        return new Holding(next, epochs);
    }

    /** The same tasks, as if they had come with epoch 0. */
    Holding sinceEver() {
        return NONE.with(roles, 0);
    }
}
