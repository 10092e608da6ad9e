// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.TopicCatalog;
import java.net.InetAddress;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;
import org.apache.kafka.common.errors.InvalidRequestException;

/**
 * The client quotas of KIP-546, kept in the catalog as configs of a resource of no type of Kafka's: its name is the entity, such
 * as {@code quota?client-id=a&user=b}, where an entity without a name, the default, ends in the equals sign. They are kept and
 * described; nothing is throttled. Changes are made one after the other, under this object's lock.
 */
final class ClientQuotas {
    static final String USER = "user";
    static final String CLIENT_ID = "client-id";
    static final String IP = "ip";
    private static final String PREFIX = "quota?";
    private static final double TOLERANCE = 1e-6;
    /** The largest value of each quota; those with none may be fractions. */
    private static final Map<String, Double> OF_USERS = Map.of("producer_byte_rate", (double) Long.MAX_VALUE,
            "consumer_byte_rate", (double) Long.MAX_VALUE, "request_percentage", Double.NaN, "controller_mutation_rate", Double.NaN);
    private static final Map<String, Double> OF_ADDRESSES = Map.of("connection_creation_rate", (double) Integer.MAX_VALUE);

    private final TopicCatalog catalog;

    ClientQuotas(TopicCatalog catalog) {
        this.catalog = catalog;
    }

    /** All entities, by type to name (null: the default), with their quotas. */
    Map<Map<String, String>, Map<String, Double>> all() {
        Map<Map<String, String>, Map<String, Double>> all = new HashMap<>();
        catalog.configs().forEach((resource, values) -> {
            if (resource.type() == Type.UNKNOWN && resource.name().startsWith(PREFIX)) {
                Map<String, Double> quotas = new TreeMap<>();
                values.forEach((key, value) -> quotas.put(key, Double.valueOf(value)));
                all.put(entity(resource.name()), quotas);
            }
        });
        return all;
    }

    /**
     * Changes quotas of an entity, or only checks the change; a value of null removes one.
     *
     * @throws InvalidRequestException for an entity or a quota that can't be
     */
    synchronized void alter(Map<String, String> entity, Map<String, Double> changes, boolean validateOnly) {
        check(entity);
        Map<String, Double> known = entity.containsKey(IP) ? OF_ADDRESSES : OF_USERS;
        changes.forEach((key, value) -> check(known, key, value));
        if (validateOnly) {
            return;
        }
        ConfigResource resource = new ConfigResource(Type.UNKNOWN, name(entity));
        Map<String, String> values = new HashMap<>(catalog.configs(resource));
        changes.forEach((key, value) -> values.compute(key, (name, before) -> value == null ? null : value.toString()));
        catalog.replaceConfigs(resource, values);
    }

    private static void check(Map<String, String> entity) {
        if (entity.isEmpty()) {
            throw new InvalidRequestException("Invalid empty client quota entity");
        }
        entity.forEach((type, name) -> {
            if (!Set.of(USER, CLIENT_ID, IP).contains(type)) {
                throw new InvalidRequestException("Unhandled client quota entity type: " + type);
            }
            if (name != null && name.isEmpty()) {
                throw new InvalidRequestException("Empty " + type + " not supported");
            }
        });
        if (entity.containsKey(IP)) {
            checkAddress(entity);
        }
    }

    private static void checkAddress(Map<String, String> entity) {
        if (entity.size() > 1) {
            throw new InvalidRequestException("A quota of an address can't be one of a user or client id too.");
        }
        String address = entity.get(IP);
        try {
            if (address != null) {
                InetAddress.getByName(address);
            }
        } catch (UnknownHostException e) {
            throw new InvalidRequestException(address + " is not a valid IP or resolvable host.");
        }
    }

    private static void check(Map<String, Double> known, String key, Double value) {
        if (!known.containsKey(key)) {
            throw new InvalidRequestException("Invalid configuration key " + key);
        }
        if (value == null) {
            return;
        }
        if (!Double.isFinite(value) || value <= 0) {
            throw new InvalidRequestException("Quota " + key + " must be a finite number greater than 0");
        }
        double most = known.get(key);
        if (value >= most) {
            throw new InvalidRequestException("Proposed value for " + key + " is too large.");
        }
        if (!Double.isNaN(most) && Math.abs(value - Math.rint(value)) > TOLERANCE) {
            throw new InvalidRequestException(key + " cannot be a fractional value.");
        }
    }

    private static String name(Map<String, String> entity) {
        StringBuilder name = new StringBuilder(PREFIX);
        new TreeMap<>(entity).forEach((type, of) -> name.append(name.length() == PREFIX.length() ? "" : "&")
                .append(type).append('=').append(of == null ? "" : URLEncoder.encode(of, StandardCharsets.UTF_8)));
        return name.toString();
    }

    private static Map<String, String> entity(String name) {
        Map<String, String> entity = new TreeMap<>();
        for (String part : name.substring(PREFIX.length()).split("&")) {
            int equals = part.indexOf('=');
            String of = part.substring(equals + 1);
            entity.put(part.substring(0, equals), of.isEmpty() ? null : URLDecoder.decode(of, StandardCharsets.UTF_8));
        }
        return entity;
    }
}
