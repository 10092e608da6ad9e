// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.UUID;

/**
 * What the JDK settles when it is first asked, and is asked before the first port is open: its selectors, its look-up of host names, its random
 * numbers. It would search all jars for somebody else's selectors and look-up, and so read the directory of each; here it takes its own. The
 * JDK's properties for them count as ever.
 */
final class JdkProviders {
    private static final String SELECTORS = "java.nio.channels.spi.SelectorProvider";
    /** What the JDK comes to by itself: on Linux, and on macOS. */
    private static final List<String> ITS_SELECTORS = List.of("sun.nio.ch.EPollSelectorProvider", "sun.nio.ch.KQueueSelectorProvider");

    private JdkProviders() {}

    /** On a thread of its own, beside the reading of the configuration. Who needs one of them before it is there waits for it, or comes to it by himself. */
    static void settle() {
        Thread thread = Thread.ofPlatform().name("providers").daemon().unstarted(JdkProviders::take);
        // The first who looks up a name settles for all how names are looked up. The JDK searches where his thread's loader sees jars: this one sees none.
        thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
        thread.start();
    }

    private static void take() {
        if (System.getProperty(SELECTORS) == null) {
            ITS_SELECTORS.stream().filter(JdkProviders::exists).findFirst().ifPresent(name -> System.setProperty(SELECTORS, name));
        }
        try {
            InetAddress.getByName("localhost");
        } catch (UnknownHostException e) {
            // Whoever needs that name will say so.
        }
        UUID.randomUUID();
    }

    private static boolean exists(String name) {
        try {
            Class.forName(name, false, null);
            return true;
        } catch (ClassNotFoundException e) {
            return false;
        }
    }
}
