// SPDX-License-Identifier: Apache-2.0
package io.ottla.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RefusalLogTest {
    private final List<String> lines = new ArrayList<>();
    private final ArrayDeque<Runnable> alarms = new ArrayDeque<>();
    private final RefusalLog log = new RefusalLog((delayMs, task) -> alarms.add(task), lines::add);

    @Test
    void aFloodIsTenLinesAndACount() {
        for (int i = 0; i < 1_000; i++) {
            log.refused("/10.0.0.1", "frame of -1 bytes");
        }
        assertEquals(10, lines.size());
        assertEquals("event=connection_refused peer=/10.0.0.1 reason=\"frame of -1 bytes\" action=close", lines.getFirst());
        assertEquals(1, alarms.size());
        alarms.remove().run();
        assertEquals("event=connections_refused more=990 within_ms=10000 action=close", lines.getLast());
    }

    @Test
    void afterARoundLinesAreWrittenAgain() {
        log.refused("/10.0.0.1", "a");
        alarms.remove().run();
        log.refused("/10.0.0.1", "b");
        assertEquals(2, lines.size());
        assertTrue(lines.getLast().contains("reason=\"b\""));
        assertEquals(1, alarms.size());
    }
}
