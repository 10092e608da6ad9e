// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;

/**
 * Has the JDK take its own selectors and its own look-up of host names. It would search all jars for somebody else's before the first port is
 * opened, and so read the directory of each. Its own properties for both count as ever.
 */
final class JdkProviders {
    private static final String SELECTORS = "java.nio.channels.spi.SelectorProvider";
    /** What the JDK comes to by itself: on Linux, and on macOS. */
    private static final List<String> ITS_SELECTORS = List.of("sun.nio.ch.EPollSelectorProvider", "sun.nio.ch.KQueueSelectorProvider");

    private JdkProviders() {}

    /** Comes before anything that opens a port or looks up a name. */
    static void take() {
        if (System.getProperty(SELECTORS) == null) {
            ITS_SELECTORS.stream().filter(JdkProviders::exists).findFirst().ifPresent(name -> System.setProperty(SELECTORS, name));
        }
        takeResolver();
    }

    private static boolean exists(String name) {
        try {
            Class.forName(name, false, null);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }

    /** The first who looks up a name settles for all how names are looked up; it searches where the thread's loader sees jars, and this one sees none. */
    private static void takeResolver() {
        Thread thread = Thread.currentThread();
        ClassLoader before = thread.getContextClassLoader();
        thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        try {
            InetAddress.getByName("localhost");
        } catch (UnknownHostException e) {
            // Whoever needs that name will say so.
        } finally {
            thread.setContextClassLoader(before);
        }
    }
}
