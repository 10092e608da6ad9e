// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.topic.TopicCatalog;
import java.security.InvalidKeyException;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.config.ConfigResource.Type;
import org.apache.kafka.common.security.scram.ScramCredential;
import org.apache.kafka.common.security.scram.internals.ScramCredentialUtils;
import org.apache.kafka.common.security.scram.internals.ScramFormatter;

/**
 * The SCRAM credentials of users (KIP-554), kept in the catalog as configs of a resource of no type of Kafka's, named
 * {@code scram?} and the user: for each mechanism the keys that prove a password, which is not kept itself. Changes are made
 * one after the other, under this object's lock.
 */
final class ScramCredentials {
    private static final String PREFIX = "scram?";

    private final TopicCatalog catalog;

    ScramCredentials(TopicCatalog catalog) {
        this.catalog = catalog;
    }

    /** All users, and for each mechanism of theirs the number of iterations. */
    Map<String, Map<ScramMechanism, Integer>> all() {
        Map<String, Map<ScramMechanism, Integer>> all = new TreeMap<>();
        catalog.configs().keySet().forEach(resource -> {
            if (resource.type() == Type.UNKNOWN && resource.name().startsWith(PREFIX)) {
                String user = resource.name().substring(PREFIX.length());
                all.put(user, of(user));
            }
        });
        return all;
    }

    /** The user's mechanisms and their iterations; empty if there are none. */
    Map<ScramMechanism, Integer> of(String user) {
        Map<ScramMechanism, Integer> iterations = new TreeMap<>();
        catalog.configs(resource(user)).forEach((mechanism, credential) -> iterations.put(
                ScramMechanism.fromMechanismName(mechanism), ScramCredentialUtils.credentialFromString(credential).iterations()));
        return iterations;
    }

    synchronized void put(String user, ScramMechanism mechanism, byte[] salt, byte[] saltedPassword, int iterations) {
        Map<String, String> credentials = new HashMap<>(catalog.configs(resource(user)));
        credentials.put(mechanism.mechanismName(), ScramCredentialUtils.credentialToString(credential(mechanism, salt, saltedPassword, iterations)));
        catalog.replaceConfigs(resource(user), credentials);
    }

    /** False if there was nothing to remove. */
    synchronized boolean remove(String user, ScramMechanism mechanism) {
        Map<String, String> credentials = new HashMap<>(catalog.configs(resource(user)));
        if (credentials.remove(mechanism.mechanismName()) == null) {
            return false;
        }
        catalog.replaceConfigs(resource(user), credentials);
        return true;
    }

    private static ScramCredential credential(ScramMechanism mechanism, byte[] salt, byte[] saltedPassword, int iterations) {
        try {
            ScramFormatter formatter = new ScramFormatter(org.apache.kafka.common.security.scram.internals.ScramMechanism.forMechanismName(mechanism.mechanismName()));
            byte[] storedKey = formatter.storedKey(formatter.clientKey(saltedPassword));
            return new ScramCredential(salt, storedKey, formatter.serverKey(saltedPassword), iterations);
        } catch (NoSuchAlgorithmException | InvalidKeyException e) {
            throw new IllegalStateException("the JDK has not what " + mechanism + " needs", e);
        }
    }

    private static ConfigResource resource(String user) {
        return new ConfigResource(Type.UNKNOWN, PREFIX + user);
    }
}
