// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.world.ManualClock;
import org.junit.jupiter.api.Test;

class GatheringWaitTest {
    private static final long FLUSH_MS = 2;

    private final ManualClock clock = new ManualClock(0);
    private final GatheringWait gathering = new GatheringWait(clock);

    @Test
    void aSingleProducerNeverWaits() {
        for (int round = 0; round < 10; round++) {
            gathering.appended();
            assertEquals(0, gathering.patienceNanos());
            flush(0);
        }
    }

    @Test
    void thoseWhoWereFlushedTogetherAreExpectedTogetherForHalfAFlush() {
        appends(4);
        flush(0);
        appends(1);
        assertEquals(FLUSH_MS * 1_000_000 / 2, gathering.patienceNanos());
        appends(3);
        assertTrue(gathering.complete());
        assertEquals(0, gathering.patienceNanos());
    }

    @Test
    void twoHalvesThatTookTurnsAreBroughtTogether() {
        appends(8);
        flush(8);
        assertFalse(gathering.complete());
        appends(8);
        assertTrue(gathering.complete());
    }

    @Test
    void waitingInVainIsTriedLessAndLessOften() {
        int waits = 0;
        int flushes = 1000;
        for (int round = 0; round < flushes; round++) {
            appends(round % 2 == 0 ? 4 : 1);
            if (gathering.patienceNanos() > 0) {
                waits++;
                gathering.waited();
            }
            flush(0);
        }
        assertTrue(waits > 0 && waits < flushes / 20, waits + " waits in " + flushes + " flushes");
    }

    @Test
    void aSlowDiskDoesNotMakeAppendsWaitWithoutBound() {
        appends(2);
        gathering.flushStarts();
        clock.advance(10_000);
        gathering.flushEnds();
        appends(1);
        assertEquals(2_000_000, gathering.patienceNanos());
    }

    private void appends(int count) {
        for (int i = 0; i < count; i++) {
            gathering.appended();
        }
    }

    /** @param meanwhile appends while the flush is under way */
    private void flush(int meanwhile) {
        gathering.flushStarts();
        clock.advance(FLUSH_MS);
        appends(meanwhile);
        gathering.flushEnds();
    }
}
