// SPDX-License-Identifier: Apache-2.0
package io.ottla.transaction;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.coordinator.Aside;
import io.ottla.testkit.Eventually;
import io.ottla.topic.FakeCatalog;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class ProducerIdsTest {
    private static final int THREADS = 4;
    private static final int EACH = 2_500;

    private final FakeCatalog catalog = new FakeCatalog(false);

    @Test
    void nobodyGetsAnIdTwiceAlsoAfterARestart() throws Exception {
        Set<Long> given = ConcurrentHashMap.newKeySet();
        for (int start = 0; start < 2; start++) {
            takeFromManyThreads(new ProducerIds(catalog, Aside.THREADS), given);
        }
        assertEquals(2 * THREADS * EACH, given.size());
        assertTrue(given.stream().allMatch(id -> id >= 0));
    }

    private static void takeFromManyThreads(ProducerIds ids, Set<Long> given) throws InterruptedException {
        CountDownLatch done = new CountDownLatch(THREADS * EACH);
        for (int i = 0; i < THREADS; i++) {
            Thread.ofVirtual().start(() -> {
                for (int n = 0; n < EACH; n++) {
                    ids.take(id -> {
                        given.add(id);
                        done.countDown();
                    });
                }
            });
        }
        assertTrue(done.await(Eventually.DEADLINE.toSeconds(), TimeUnit.SECONDS));
    }
}
