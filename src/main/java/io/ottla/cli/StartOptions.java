// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import io.ottla.broker.BrokerConfig;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;

/** What the command line says about a start. Null stands for what it does not name. */
record StartOptions(String host, Integer port, String data, String flush, String configFile, List<String> overrides, String logLevel) {
    static final String DEFAULT_HOST = "localhost";
    static final int DEFAULT_PORT = 9092;
    private static final int LONGEST_PORT = 5;

    /**
     * Reads a command line that is {@code start} and nothing but options with a value each, as nearly all are. Null if it is not: picocli is to read it
     * then, or to say what is wrong.
     */
    static StartOptions plain(String[] arguments) {
        if (arguments.length == 0 || !arguments[0].equals("start")) {
            return null;
        }
        Map<String, String> single = new HashMap<>();
        List<String> overrides = new ArrayList<>();
        for (int i = 1; i < arguments.length; i++) {
            int equals = arguments[i].indexOf('=');
            String name = equals < 0 ? arguments[i] : arguments[i].substring(0, equals);
            String value = equals >= 0 ? arguments[i].substring(equals + 1) : i + 1 < arguments.length ? arguments[++i] : "";
            if (value.isEmpty() || value.startsWith("-") || value.startsWith("@")) {
                return null;
            }
            switch (name) {
                case "--override" -> overrides.add(value);
                case "--host", "--port", "--data", "--flush", "--config", "--log-level" -> {
                    if (single.put(name, value) != null) {
                        return null;
                    }
                }
                default -> {
                    return null;
                }
            }
        }
        String port = single.get("--port");
        return port != null && !isPort(port) ? null : new StartOptions(single.get("--host"), port == null ? null : Integer.valueOf(port),
                single.get("--data"), single.get("--flush"), single.get("--config"), overrides, single.get("--log-level"));
    }

    private static boolean isPort(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < '0' || text.charAt(i) > '9') {
                return false;
            }
        }
        return text.length() <= LONGEST_PORT;
    }

    /** Sets up the logging and reads the configuration, in this order, as reading may log. */
    BrokerConfig config() {
        Logging.configure(logLevel);
        return BrokerConfig.of(properties());
    }

    private Map<String, String> properties() {
        Map<String, String> properties = read(configFile);
        if (host != null || port != null) {
            properties.put("listeners", listener());
        }
        if (data != null) {
            properties.put("log.dirs", data);
        }
        if (flush != null) {
            properties.put("ottla.flush", flush);
        }
        for (String override : overrides) {
            int equals = override.indexOf('=');
            if (equals < 1) {
                throw new Failure("--override: '" + override + "' is not NAME=VALUE");
            }
            properties.put(override.substring(0, equals).trim(), override.substring(equals + 1));
        }
        return properties;
    }

    private String listener() {
        String address = host == null ? DEFAULT_HOST : host;
        return "PLAINTEXT://" + (address.contains(":") ? "[" + address + "]" : address) + ":" + (port == null ? DEFAULT_PORT : port);
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
