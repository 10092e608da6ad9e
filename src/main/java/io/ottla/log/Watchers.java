// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.util.concurrent.CopyOnWriteArrayList;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who wants to know that there is more to read. Safe for any thread. */
final class Watchers {
    private static final Logger LOG = LoggerFactory.getLogger(Watchers.class);

    private final class Watch implements AutoCloseable {
        private final Runnable onAdvance;

        Watch(Runnable onAdvance) {
            this.onAdvance = onAdvance;
        }

        @Override
        public void close() {
            watches.remove(this);
        }
    }

    private final CopyOnWriteArrayList<Watch> watches = new CopyOnWriteArrayList<>();

    AutoCloseable add(Runnable onAdvance) {
        Watch watch = new Watch(onAdvance);
        watches.add(watch);
        return watch;
    }

    void advanced() {
        for (Watch watch : watches) {
            try {
                watch.onAdvance.run();
            } catch (RuntimeException | Error e) {
                LOG.error("event=watcher_failed action=ignored", e);
            }
        }
    }
}
