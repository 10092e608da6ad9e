// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import io.ottla.world.Clock;
import io.ottla.world.Disk;
import io.ottla.world.Timers;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/** The log room without threads, for simulations of other rooms: a test says when it flushes and tidies up. */
public final class ManualLog {
    private final ManualWorkers workers;
    private final LocalCatalog catalog;

    public ManualLog(Path directory, Disk disk, Clock clock, Timers timers, Random random) throws IOException {
        workers = new ManualWorkers(random);
        catalog = LocalCatalog.open(LogSettings.in(directory).withWriteAhead(new LogSettings.WriteAhead(4096, 1)), disk, clock, timers, workers);
    }

    public LocalCatalog catalog() {
        return catalog;
    }

    /** Runs one of the tasks that wait, mostly a flush; false if there is none. */
    public boolean work() {
        return workers.runOne();
    }

    public void compact() {
        catalog.compact();
    }
}
