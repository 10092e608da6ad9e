// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Ports for programs that must come back on the same one. They lie below those that systems give to outgoing connections and to who asks
 * for any port (32768 and up on Linux, 49152 elsewhere), so that nobody is given one while its program is down, not even a client that
 * tries to reach it there.
 */
public final class FreePort {
    private static final Path GIVEN_AWAY = Path.of("/proc/sys/net/ipv4/ip_local_port_range");
    private static final int END = Math.clamp(firstGivenAway(), 2_048, 32_000);
    private static final int FIRST = END / 2;
    private static final int ATTEMPTS = 100;

    private FreePort() {
    }

    /** One that nobody listens at. */
    public static int find() {
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            int port = ThreadLocalRandom.current().nextInt(FIRST, END);
            if (isFree(port)) {
                return port;
            }
        }
        throw new IllegalStateException("no free port among " + ATTEMPTS + " from " + FIRST + " to " + END);
    }

    /** Where Linux was told otherwise. The file is read at once: it has nothing more to say to who comes back for the rest. */
    private static int firstGivenAway() {
        if (!Files.exists(GIVEN_AWAY)) {
            return Integer.MAX_VALUE;
        }
        try (BufferedReader reader = Files.newBufferedReader(GIVEN_AWAY)) {
            return Integer.parseInt(reader.readLine().strip().split("\\s+")[0]);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static boolean isFree(int port) {
        try (ServerSocket socket = new ServerSocket(port, 1, InetAddress.getLoopbackAddress())) {
            return socket.isBound();
        } catch (IOException taken) {
            return false;
        }
    }
}
