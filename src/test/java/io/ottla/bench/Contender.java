// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A broker that can be started as a process of its own. */
interface Contender {
    String name();

    /** Does what a user does once before the first start, if anything, so that it does not count. */
    void prepare(Path directory, int port) throws IOException, InterruptedException;

    /** The command that starts it, on the port and in the directory that were prepared. */
    List<String> command(Path directory, int port);

    /** The same broker, answering acks=all, commits and the end of transactions only when they are on the disk. */
    Contender durable();

    /** The same broker, kept to one processor (Linux only). */
    default Contender onOneCore() {
        Contender inner = this;
        return new Contender() {
            @Override
            public String name() {
                return inner.name();
            }

            @Override
            public void prepare(Path directory, int port) throws IOException, InterruptedException {
                inner.prepare(directory, port);
            }

            @Override
            public List<String> command(Path directory, int port) {
                List<String> command = new ArrayList<>(List.of("taskset", "-c", "0"));
                command.addAll(inner.command(directory, port));
                return command;
            }

            @Override
            public Contender durable() {
                return inner.durable().onOneCore();
            }
        };
    }

    /** Starts it in an empty directory and waits until it answers. */
    default Server start() throws IOException, InterruptedException {
        Server server = Server.launch(this);
        server.awaitReady();
        return server;
    }
}
