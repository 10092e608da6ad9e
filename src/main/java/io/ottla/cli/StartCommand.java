// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Runs a broker until the process is told to stop. */
final class StartCommand implements Callable<Integer> {
    private final OptionSpec host = option("--host", "HOST", String.class, "Address to listen on; 0.0.0.0 for all. Default: " + StartOptions.DEFAULT_HOST);
    private final OptionSpec port = option("--port", "PORT", Integer.class, "Port to listen on; 0 takes a free one. Default: " + StartOptions.DEFAULT_PORT);
    private final OptionSpec data = option("--data", "DIR", String.class, "Where everything is kept. Default: ottla-data in the current directory");
    private final OptionSpec flush = option("--flush", "disk|os", String.class,
            "When acks=all is answered: once the records are on the disk (default), or in the operating system's cache.");
    private final OptionSpec configFile = option("--config", "FILE", String.class, "Properties file with the names of Kafka's broker configs.");
    private final OptionSpec overrides = option("--override", "NAME=VALUE", String[].class, "One config; may be given several times.");
    private final OptionSpec logLevel = option("--log-level", "LEVEL", String.class, "error, warn (default), info, debug or trace; also by OTTLA_LOG.");

    CommandSpec spec() {
        CommandSpec spec = Commands.describe(this, "start", "Start the broker, and run it until SIGTERM or Ctrl-C.");
        for (OptionSpec option : List.of(host, port, data, flush, configFile, overrides, logLevel)) {
            spec.addOption(option);
        }
        spec.usageMessage().sortOptions(false).footer("", "Options win over the configuration file, and --override wins over both.");
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        JdkProviders.settle();
        return RunningBroker.run(options().config());
    }

    StartOptions options() {
        String[] given = overrides.getValue();
        return new StartOptions(host.getValue(), port.getValue(), data.getValue(), flush.getValue(), configFile.getValue(),
                given == null ? List.of() : List.of(given), logLevel.getValue());
    }

    private static OptionSpec option(String name, String label, Class<?> type, String description) {
        return OptionSpec.builder(name).paramLabel(label).type(type).arity("1").description(description).build();
    }
}
