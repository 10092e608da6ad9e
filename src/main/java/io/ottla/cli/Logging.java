// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.util.Locale;
import org.slf4j.ILoggerFactory;
import org.slf4j.IMarkerFactory;
import org.slf4j.event.Level;
import org.slf4j.helpers.BasicMarkerFactory;
import org.slf4j.helpers.NOPMDCAdapter;
import org.slf4j.spi.MDCAdapter;
import org.slf4j.spi.SLF4JServiceProvider;

/**
 * The program's slf4j backend. It is named by a system property, not as a service of the jar, so that an application that embeds
 * the broker keeps its own. (slf4j-simple would take 50 ms of each start for its date format.)
 */
public final class Logging implements SLF4JServiceProvider {
    private static volatile Level level = Level.WARN;

    private final IMarkerFactory markers = new BasicMarkerFactory();
    private final MDCAdapter context = new NOPMDCAdapter();

    /** For slf4j, which makes it by its name. */
    public Logging() {}

    /**
     * Comes before anything that logs.
     *
     * @param name null for what the environment variable {@code OTTLA_LOG} says, or else warn
     */
    static void configure(String name) {
        String wanted = name != null ? name : System.getenv("OTTLA_LOG");
        if (wanted != null && !wanted.isEmpty()) {
            try {
                level = Level.valueOf(wanted.toUpperCase(Locale.ROOT));
            } catch (IllegalArgumentException e) {
                throw new Failure((name != null ? "--log-level" : "OTTLA_LOG") + ": '" + wanted + "' is none of error, warn, info, debug, trace");
            }
        }
        System.setProperty("slf4j.provider", Logging.class.getName());
        System.setProperty("slf4j.internal.verbosity", "WARN");
    }

    static Level level() {
        return level;
    }

    @Override
    public void initialize() {
        // All there is is made with the provider.
    }

    @Override
    public ILoggerFactory getLoggerFactory() {
        return LineLogger::new;
    }

    @Override
    public IMarkerFactory getMarkerFactory() {
        return markers;
    }

    @Override
    public MDCAdapter getMDCAdapter() {
        return context;
    }

    @Override
    public String getRequestedApiVersion() {
        return "2.0.99";
    }
}
