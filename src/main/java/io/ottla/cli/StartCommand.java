// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import io.ottla.broker.BrokerConfig;
import io.ottla.broker.Ottla;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.Callable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** Runs a broker until the process is told to stop. */
final class StartCommand implements Callable<Integer> {
    private static final String DEFAULT_HOST = "localhost";
    private static final int DEFAULT_PORT = 9092;

    private final OptionSpec host = option("--host", "HOST", String.class, "Address to listen on; 0.0.0.0 for all. Default: " + DEFAULT_HOST);
    private final OptionSpec port = option("--port", "PORT", Integer.class, "Port to listen on; 0 takes a free one. Default: " + DEFAULT_PORT);
    private final OptionSpec data = option("--data", "DIR", String.class, "Where everything is kept. Default: ottla-data in the current directory");
    private final OptionSpec flush = option("--flush", "disk|os", String.class,
            "When acks=all is answered: once the records are on the disk (default), or in the operating system's cache.");
    private final OptionSpec configFile = option("--config", "FILE", String.class, "Properties file with the names of Kafka's broker configs.");
    private final OptionSpec overrides = option("--override", "NAME=VALUE", String[].class, "One config; may be given several times.");
    private final OptionSpec logLevel = option("--log-level", "LEVEL", String.class, "error, warn (default), info, debug or trace; also by OTTLA_LOG.");

    CommandSpec spec() {
        CommandSpec spec = Main.describe(this, "start", "Start the broker, and run it until SIGTERM or Ctrl-C.");
        for (OptionSpec option : List.of(host, port, data, flush, configFile, overrides, logLevel)) {
            spec.addOption(option);
        }
        spec.usageMessage().sortOptions(false).footer("", "Options win over the configuration file, and --override wins over both.");
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        RunningBroker broker = RunningBroker.start(config());
        System.out.println(readyLine(broker.ottla()));
        broker.awaitStop();
        return 0;
    }

    /** Sets up the logging and reads the configuration, in this order, as reading may log. */
    BrokerConfig config() {
        Logging.configure(logLevel.getValue());
        return BrokerConfig.of(properties());
    }

    static String readyLine(Ottla broker) {
        return "ready on " + broker.bootstrapServers() + ", data in " + broker.dataDirectory().toAbsolutePath().normalize()
                + ", in " + ProcessAge.millis() + " ms";
    }

    private Map<String, String> properties() {
        Map<String, String> properties = read(configFile.getValue());
        if (host.getValue() != null || port.getValue() != null) {
            properties.put("listeners", listener(host.getValue(), port.getValue()));
        }
        if (data.getValue() != null) {
            properties.put("log.dirs", data.getValue());
        }
        if (flush.getValue() != null) {
            properties.put("ottla.flush", flush.getValue());
        }
        String[] given = overrides.getValue();
        for (String override : given == null ? new String[0] : given) {
            int equals = override.indexOf('=');
            if (equals < 1) {
                throw new Failure("--override: '" + override + "' is not NAME=VALUE");
            }
            properties.put(override.substring(0, equals).trim(), override.substring(equals + 1));
        }
        return properties;
    }

    /** Either may be null. */
    private static String listener(String host, Integer port) {
        String address = host == null ? DEFAULT_HOST : host;
        return "PLAINTEXT://" + (address.contains(":") ? "[" + address + "]" : address) + ":" + (port == null ? DEFAULT_PORT : port);
    }

    private static OptionSpec option(String name, String label, Class<?> type, String description) {
        return OptionSpec.builder(name).paramLabel(label).type(type).arity("1").description(description).build();
    }

    /** Without a file there is nothing in it. */
    private static Map<String, String> read(String file) {
        Map<String, String> properties = new HashMap<>();
        if (file == null) {
            return properties;
        }
        Properties loaded = new Properties();
        try (Reader reader = Files.newBufferedReader(Path.of(file))) {
            loaded.load(reader);
        } catch (NoSuchFileException e) {
            throw new Failure("--config: there is no file " + file);
        } catch (IOException | IllegalArgumentException e) {
            throw new Failure("--config: cannot read " + file + ": " + e.getMessage());
        }
        loaded.forEach((name, value) -> properties.put((String) name, (String) value));
        return properties;
    }
}
