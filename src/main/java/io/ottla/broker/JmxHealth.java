// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import io.ottla.log.LogHealth;
import io.ottla.world.Timers;
import java.lang.management.ManagementFactory;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Shows how the disk treats the log to those who look with JMX. Nobody pays for it who does not: the beans appear once an agent
 * has made a server for them, for which this looks now and then; what belongs to JMX is loaded no earlier. Runs on the timers' thread.
 */
final class JmxHealth implements AutoCloseable {
    private static final long EVERY_MS = 5_000;

    private final Timers timers;
    private final Supplier<LogHealth> health;
    private final Function<Supplier<LogHealth>, AutoCloseable> show;
    private AutoCloseable beans;
    private boolean closed;

    JmxHealth(Timers timers, Supplier<LogHealth> health) {
        this(timers, health, shown -> JmxBeans.wanted() ? JmxBeans.show(ManagementFactory.getPlatformMBeanServer(), shown) : null);
    }

    /** @param show what shows the health until it is closed; null as long as nobody wants to see it */
    JmxHealth(Timers timers, Supplier<LogHealth> health, Function<Supplier<LogHealth>, AutoCloseable> show) {
        this.timers = timers;
        this.health = health;
        this.show = show;
        lookLater();
    }

    private void lookLater() {
        timers.schedule(EVERY_MS, this::look);
    }

    private synchronized void look() {
        if (closed) {
            return;
        }
        beans = show.apply(health);
        if (beans == null) {
            lookLater();
        }
    }

    @Override
    public synchronized void close() throws Exception {
        closed = true;
        if (beans != null) {
            beans.close();
        }
    }
}
