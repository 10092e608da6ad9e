// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** A broker that can be started as a process of its own. */
interface Contender {
    String name();

    /** Does what a user does once before the first start, if anything, so that it does not count. */
    void prepare(Path directory, int port) throws IOException, InterruptedException;

    /** The command that starts it, on the port and in the directory that were prepared. */
    List<String> command(Path directory, int port);

    /** Starts it in an empty directory and waits until it answers. */
    default Server start() throws IOException, InterruptedException {
        Server server = Server.launch(this);
        server.awaitReady();
        return server;
    }
}
