// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

class LoggingTest {
    private final LineLogger logger = new LineLogger("io.ottla.network.Connection");

    @Test
    void anEventIsOneLine() {
        assertEquals("2026-01-02T03:04:05.678Z WARN [loop-1] Connection - closed=true reason=a b\n",
                logger.line(Instant.parse("2026-01-02T03:04:05.678912Z"), Level.WARN, "loop-1", "closed=true reason=a\nb", null));
    }

    @Test
    void aFailureBringsItsTrace() {
        String text = logger.line(Instant.EPOCH, Level.ERROR, "main", "lost", new IllegalStateException("why"));
        assertTrue(text.startsWith("1970-01-01T00:00:00Z ERROR [main] Connection - lost\njava.lang.IllegalStateException: why\n\tat "), text);
    }

    @Test
    void onlyWarningsAndErrorsAreLoggedUnlessMoreIsAskedFor() {
        assertTrue(logger.isWarnEnabled() && logger.isErrorEnabled());
        assertTrue(!logger.isInfoEnabled() && !logger.isDebugEnabled() && !logger.isTraceEnabled());
    }

    @Test
    void anUnknownLevelIsRefused() {
        assertEquals("--log-level: 'loud' is none of error, warn, info, debug, trace",
                assertThrows(Failure.class, () -> Logging.configure("loud")).getMessage());
    }
}
