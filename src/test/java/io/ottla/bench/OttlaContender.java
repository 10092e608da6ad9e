// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;

/** Ottla as its users start it, by the launcher. */
record OttlaContender(String flush) implements Contender {
    @Override
    public String name() {
        return "ottla";
    }

    @Override
    public Contender durable() {
        return new OttlaContender("disk");
    }

    @Override
    public void prepare(Path directory, int port) {
        // There is nothing to prepare.
    }

    @Override
    public List<String> command(Path directory, int port) {
        return List.of(Path.of("ottla").toAbsolutePath().toString(), "start", "--port", Integer.toString(port), "--data", directory.toString(),
                "--flush", flush, "--override", "group.initial.rebalance.delay.ms=0");
    }

    /** Builds Ottla, so that no start that is measured has to. */
    static void build() throws IOException, InterruptedException {
        Process build = new ProcessBuilder(Path.of("ottla").toAbsolutePath().toString(), "build").inheritIO().start();
        if (build.waitFor() != 0) {
            throw new IOException("./ottla build ended with code " + build.exitValue());
        }
    }
}
