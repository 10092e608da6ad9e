// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads Kafka's {@code listeners}, {@code advertised.listeners} and {@code listener.security.protocol.map}. Listeners
 * named in {@code controller.listener.names} are left out: one process has no controller to talk to.
 */
final class Listeners {
    private static final Logger LOG = LoggerFactory.getLogger(Listeners.class);
    private static final Pattern ENDPOINT = Pattern.compile("([A-Za-z0-9_.-]+)://(?:\\[([^\\]]*)\\]|([^:\\[\\]/]*)):(-?\\d{1,5})");
    private static final Set<String> ALL_ADDRESSES = Set.of("", "0.0.0.0", "::", "0:0:0:0:0:0:0:0");

    private record Endpoint(String name, String host, int port) {}

    private final Map<String, String> protocols;
    private final Set<String> controllers = new HashSet<>();

    private Listeners(String protocolMap, List<String> controllerNames) {
        protocols = parseProtocols(protocolMap);
        controllerNames.forEach(name -> controllers.add(name.toUpperCase(Locale.ROOT)));
    }

    /** @param advertised null for none */
    static List<Listener> parse(List<String> listeners, List<String> advertised, String protocolMap, List<String> controllerNames) {
        Listeners parser = new Listeners(protocolMap, controllerNames);
        Map<String, Endpoint> bound = parser.endpoints("listeners", listeners);
        Map<String, Endpoint> told = parser.endpoints("advertised.listeners", advertised == null ? List.of() : advertised);
        if (bound.isEmpty()) {
            throw new InvalidConfig("listeners: at least one listener is needed, for example PLAINTEXT://localhost:9092");
        }
        List<Listener> result = new ArrayList<>();
        for (Endpoint endpoint : bound.values()) {
            result.add(listener(endpoint, told.remove(endpoint.name)));
        }
        if (!told.isEmpty()) {
            throw new InvalidConfig("advertised.listeners: " + told.keySet().iterator().next() + " is not among listeners");
        }
        return List.copyOf(result);
    }

    private static Listener listener(Endpoint bound, Endpoint told) {
        boolean everywhere = ALL_ADDRESSES.contains(bound.host);
        if (told == null) {
            return new Listener(bound.name, everywhere ? "" : bound.host, bound.port, everywhere ? thisHost() : bound.host, 0);
        }
        if (!told.host.isEmpty() && ALL_ADDRESSES.contains(told.host)) {
            throw new InvalidConfig("advertised.listeners: " + told.host + " is not an address that a client can connect to");
        }
        return new Listener(bound.name, everywhere ? "" : bound.host, bound.port, told.host.isEmpty() ? thisHost() : told.host, told.port);
    }

    /** As Kafka does: what this host calls itself is the best guess at what others call it. */
    private static String thisHost() {
        try {
            return InetAddress.getLocalHost().getCanonicalHostName();
        } catch (UnknownHostException e) {
            LOG.warn("host name unknown, advertising=localhost cause={}", e.getMessage());
            return "localhost";
        }
    }

    private Map<String, Endpoint> endpoints(String config, List<String> texts) {
        Map<String, Endpoint> result = new LinkedHashMap<>();
        for (String text : texts) {
            Endpoint endpoint = endpoint(config, text.trim());
            if (controllers.contains(endpoint.name)) {
                continue;
            }
            requirePlaintext(config, endpoint.name);
            if (result.put(endpoint.name, endpoint) != null) {
                throw new InvalidConfig(config + ": the listener name " + endpoint.name + " is used twice");
            }
        }
        return result;
    }

    private static Endpoint endpoint(String config, String text) {
        Matcher parts = ENDPOINT.matcher(text);
        if (!parts.matches()) {
            throw new InvalidConfig(config + ": '" + text + "' is not NAME://HOST:PORT");
        }
        int port = Integer.parseInt(parts.group(4));
        if (port < 0 || port > 65535) {
            throw new InvalidConfig(config + ": port " + port + " of '" + text + "' is not between 0 and 65535");
        }
        String host = parts.group(2) != null ? parts.group(2) : parts.group(3);
        return new Endpoint(parts.group(1).toUpperCase(Locale.ROOT), host, port);
    }

    private void requirePlaintext(String config, String name) {
        String protocol = protocols.get(name);
        if (protocol == null) {
            throw new InvalidConfig(config + ": the listener " + name + " has no protocol in listener.security.protocol.map");
        }
        if (!protocol.equals("PLAINTEXT")) {
            throw new InvalidConfig(config + ": the listener " + name + " asks for " + protocol + "; this version of Ottla speaks PLAINTEXT only");
        }
    }

    private static Map<String, String> parseProtocols(String map) {
        Map<String, String> result = new HashMap<>();
        for (String pair : map.split(",")) {
            String[] parts = pair.trim().split(":", -1);
            if (parts.length != 2) {
                throw new InvalidConfig("listener.security.protocol.map: '" + pair.trim() + "' is not NAME:PROTOCOL");
            }
            result.put(parts[0].trim().toUpperCase(Locale.ROOT), parts[1].trim().toUpperCase(Locale.ROOT));
        }
        return result;
    }
}
