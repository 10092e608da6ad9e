// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** Runs what was submitted when told, in any order, on the caller's thread. */
final class ManualWorkers implements Workers {
    private final Random random;
    private final List<Runnable> tasks = new ArrayList<>();

    ManualWorkers(Random random) {
        this.random = random;
    }

    @Override
    public void submit(Runnable task) {
        tasks.add(task);
    }

    @Override
    public void submitNext(Runnable task) {
        submit(task);
    }

    @Override
    public boolean spare() {
        return false;
    }

    /** Runs one task if there is any. */
    boolean runOne() {
        if (tasks.isEmpty()) {
            return false;
        }
        tasks.remove(random.nextInt(tasks.size())).run();
        return true;
    }

    /** Drops what waits: the process died. */
    void clear() {
        tasks.clear();
    }

    @Override
    public void close() {
        while (runOne()) {
            continue;
        }
    }
}
