// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.coordinator.Aside;
import io.ottla.world.Timers;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Work of coordinators that runs when told, in any order. */
final class ManualAside implements Aside {
    private final Random random;
    private final Timers timers;
    private final List<Runnable> tasks = new ArrayList<>();

    ManualAside(Random random, Timers timers) {
        this.random = random;
        this.timers = timers;
    }

    @Override
    public void run(String name, Runnable work) {
        tasks.add(work);
    }

    @Override
    public void runLater(String name, long delayMs, Runnable work) {
        timers.schedule(delayMs, () -> tasks.add(work));
    }

    /** Runs one piece of work; false if there is none. */
    boolean work() {
        if (tasks.isEmpty()) {
            return false;
        }
        tasks.remove(random.nextInt(tasks.size())).run();
        return true;
    }
}
