// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import io.ottla.log.LogHealth;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import java.util.List;
import java.util.function.Function;
import java.util.function.Supplier;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MBeanServerFactory;
import javax.management.ObjectName;
import org.junit.jupiter.api.Test;

/** What JMX shows of the disk is what is the case, under the names that Kafka's operators watch. */
class JmxHealthTest {
    private static final ObjectName DIRECTORIES = name("kafka.log:type=LogManager,name=OfflineLogDirectoryCount");
    private static final List<String> COUNTS = List.of("RefusingPartitions", "FailedAppends", "FailedFlushes", "FailedReads", "FailedChanges");

    private final ManualTimers timers = new ManualTimers(new ManualClock(0));
    private boolean isWanted;
    private volatile LogHealth health = new LogHealth(0, 0, 0, 0, 0, 0);

    @Test
    void aFailingDiskIsSeenAndNothingIsLeftAfterwards() throws Exception {
        // Not the platform's, where brokers of other tests may be shown.
        MBeanServer server = MBeanServerFactory.newMBeanServer();
        Function<Supplier<LogHealth>, AutoCloseable> show = shown -> isWanted ? JmxBeans.show(server, shown) : null;
        try (JmxHealth metrics = new JmxHealth(timers, () -> health, show); JmxHealth second = new JmxHealth(timers, () -> health, show)) {
            timers.advanceMs(60_000);
            assertFalse(server.isRegistered(DIRECTORIES), "nobody has looked yet");
            isWanted = true;
            timers.advanceMs(60_000);
            assertEquals(0L, server.getAttribute(DIRECTORIES, "Value"));
            health = new LogHealth(3, 2, 4, 5, 6, 7);
            assertEquals(1L, server.getAttribute(DIRECTORIES, "Value"));
            assertEquals(3L, server.getAttribute(name("kafka.server:type=ReplicaManager,name=OfflineReplicaCount"), "Value"));
            for (int i = 0; i < COUNTS.size(); i++) {
                assertEquals(List.of(2L, 4L, 5L, 6L, 7L).get(i), server.getAttribute(name("io.ottla:type=Log,name=" + COUNTS.get(i)), "Value"));
            }
        }
        assertFalse(server.isRegistered(DIRECTORIES));
    }

    private static ObjectName name(String text) {
        try {
            return new ObjectName(text);
        } catch (JMException e) {
            throw new IllegalArgumentException(text, e);
        }
    }
}
