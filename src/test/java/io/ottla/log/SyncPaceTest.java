// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class SyncPaceTest {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1_000 * MS;

    private final SyncPace pace = new SyncPace();
    private long now;

    @Test
    void aSyncThatCostsLessThanItsFilesKeepsUpHoweverLongItTakes() {
        for (int i = 0; i < 100; i++) {
            pace.tookAlone(5 * MS);
        }
        pace.tookTogether(400 * MS, 100, now);
        assertTrue(pace.keepsUp(now));
    }

    @Test
    void aQuickOneKeepsUpWhateverFilesCost() {
        for (int i = 0; i < 100; i++) {
            pace.tookAlone(MS / 100);
        }
        pace.tookTogether(15 * MS, 2, now);
        assertTrue(pace.keepsUp(now));
    }

    @Test
    void whereOthersWriteAPauseFollowsThatGrowsToAMinuteAndEndsWithTheFirstThatIsQuick() {
        long pause = 0;
        for (int i = 0; i < 10; i++) {
            pace.tookTogether(SECOND, 2, now);
            assertFalse(pace.keepsUp(now));
            long before = pause;
            pause = pauseLeft();
            assertTrue(pause == 2 * before || before == 0 || pause == before, before + ", then " + pause);
            now += pause;
        }
        assertEquals(64, TimeUnit.NANOSECONDS.toSeconds(pause));
        pace.tookTogether(MS, 2, now);
        assertTrue(pace.keepsUp(now));
        pace.tookTogether(SECOND, 2, now);
        assertEquals(SECOND, pauseLeft());
    }

    private long pauseLeft() {
        long left = 0;
        while (!pace.keepsUp(now + left)) {
            left += SECOND;
        }
        return left;
    }
}
