// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.log.LogSettings.WriteAhead;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.Partition;
import io.ottla.topic.ReadLimit;
import io.ottla.world.Clock;
import io.ottla.world.ManualClock;
import io.ottla.world.ManualTimers;
import io.ottla.world.SharedDisk;
import io.ottla.world.SimulatedDisk;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import org.apache.kafka.common.errors.ApiException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * The power goes out while many threads append, and whatever was acknowledged is there: what the simulations of one thread can't see. How
 * the threads take turns is not in the seed.
 */
class PowerCutTest {
    private static final Path DIRECTORY = Path.of("/sim");
    private static final int ROUNDS = Integer.getInteger("ottla.power.cuts", 60);
    private static final int PARTITIONS = 6;
    private static final int APPENDERS = 6;
    private static final int MOST_ACKNOWLEDGED = 1500;
    private final PrintStream standardError = System.err;

    /** Whatever hits a disk without power is logged: that is not what the test is about. */
    @BeforeEach
    void quiet() {
        System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    }

    @AfterEach
    void loud() {
        System.setErr(standardError);
    }

    @Test
    void whatManyThreadsWereToldIsDurableOutlivesPowerCuts() throws Exception {
        for (int seed = 0; seed < ROUNDS; seed++) {
            round(new Random(seed), seed);
        }
    }

    private static void round(Random random, int seed) throws Exception {
        SimulatedDisk simulated = new SimulatedDisk(random);
        simulated.syncsAll(random.nextBoolean());
        SharedDisk disk = new SharedDisk(simulated);
        LogSettings settings = LogSettings.in(DIRECTORY).withWriteAhead(new WriteAhead(2000 + random.nextInt(20_000), 1 + random.nextInt(30)));
        Clock clock = new ManualClock(Batches.NOW);
        AtomicLongArray durable = new AtomicLongArray(PARTITIONS);
        try (LocalCatalog catalog = LocalCatalog.open(settings, disk, clock, new ManualTimers(new ManualClock(Batches.NOW)))) {
            List<Partition> partitions = catalog.create("t", PARTITIONS, Map.of("internal.segment.bytes", Integer.toString(5000 + random.nextInt(50_000)))).partitions();
            appendUntilThePowerIsOut(partitions, disk, random.nextInt(MOST_ACKNOWLEDGED), durable);
        } catch (java.io.IOException e) {
            assertTrue(e.getMessage().contains("crash"), e.toString());
        }
        for (int life = 0; life < 2; life++) {
            try (LocalCatalog again = LocalCatalog.open(settings, simulated, clock, new ManualTimers(new ManualClock(Batches.NOW)), new ManualWorkers(random))) {
                for (Partition partition : again.topics().get("t").partitions()) {
                    int index = partition.id().index();
                    long end = partition.offsets().highWatermark();
                    assertTrue(end >= durable.get(index), "seed " + seed + ": partition " + index + " ends at " + end + " but " + durable.get(index) + " was durable");
                    assertEquals(end, Batches.read(partition, 0, ReadLimit.HIGH_WATERMARK).size(), "seed " + seed);
                }
                simulated.crash();
            } catch (java.io.IOException e) {
                assertTrue(e.getMessage().contains("crash"), e.toString());
            }
        }
    }

    private static void appendUntilThePowerIsOut(List<Partition> partitions, SharedDisk disk, int acknowledged, AtomicLongArray durable) throws InterruptedException {
        AtomicLong left = new AtomicLong(acknowledged);
        List<Thread> appenders = new ArrayList<>();
        for (int i = 0; i < APPENDERS; i++) {
            int first = i;
            appenders.add(Thread.ofPlatform().start(() -> {
                try {
                    for (int n = first; left.get() > 0; n++) {
                        int index = n % PARTITIONS;
                        long end = partitions.get(index).append(Batches.of("v" + n), AppendOrigin.CLIENT).lastOffset() + 1;
                        partitions.get(index).whenDurable(end, failure -> {
                            if (failure == null) {
                                durable.accumulateAndGet(index, end, Math::max);
                                if (left.decrementAndGet() == 0) {
                                    disk.crash();
                                }
                            }
                        });
                    }
                } catch (ApiException powerIsOut) {
                    left.set(0);
                }
            }));
        }
        for (Thread appender : appenders) {
            appender.join();
        }
        disk.crash();
    }
}
