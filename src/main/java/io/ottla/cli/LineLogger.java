// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import org.slf4j.Marker;
import org.slf4j.event.Level;
import org.slf4j.helpers.LegacyAbstractLogger;
import org.slf4j.helpers.MessageFormatter;

/** Writes an event as one line to standard error: time in UTC, level, thread, class, message. A stack trace, if there is one, follows. */
final class LineLogger extends LegacyAbstractLogger {
    private static final long serialVersionUID = 1;

    LineLogger(String name) {
        this.name = name.substring(name.lastIndexOf('.') + 1);
    }

    @Override
    public boolean isTraceEnabled() {
        return enabled(Level.TRACE);
    }

    @Override
    public boolean isDebugEnabled() {
        return enabled(Level.DEBUG);
    }

    @Override
    public boolean isInfoEnabled() {
        return enabled(Level.INFO);
    }

    @Override
    public boolean isWarnEnabled() {
        return enabled(Level.WARN);
    }

    @Override
    public boolean isErrorEnabled() {
        return enabled(Level.ERROR);
    }

    private static boolean enabled(Level level) {
        return level.toInt() >= Logging.level().toInt();
    }

    @Override
    protected String getFullyQualifiedCallerName() {
        return null;
    }

    @Override
    protected void handleNormalizedLoggingCall(Level level, Marker marker, String pattern, Object[] arguments, Throwable failure) {
        System.err.print(line(Instant.now(), level, Thread.currentThread().getName(), MessageFormatter.basicArrayFormat(pattern, arguments), failure));
    }

    String line(Instant time, Level level, String thread, String message, Throwable failure) {
        StringBuilder line = new StringBuilder(160)
                .append(time.truncatedTo(ChronoUnit.MILLIS)).append(' ').append(level).append(" [").append(thread).append("] ")
                .append(name).append(" - ").append(message.replace('\n', ' ')).append('\n');
        if (failure != null) {
            StringWriter trace = new StringWriter();
            failure.printStackTrace(new PrintWriter(trace));
            line.append(trace);
        }
        return line.toString();
    }
}
