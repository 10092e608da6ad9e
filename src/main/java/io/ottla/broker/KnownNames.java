// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.common.config.ConfigDef.Importance;
import org.apache.kafka.common.config.ConfigDef.Range;
import org.apache.kafka.common.config.ConfigDef.Type;
import org.apache.kafka.common.config.ConfigDef.Validator;

/**
 * The broker configs that Kafka knows and one process has no use for: clusters, controllers, replicas, tiered storage.
 * Read from a resource, and only when a configuration holds a name that Ottla does not define.
 */
final class KnownNames {
    private static final String RESOURCE = "configs-without-effect.txt";

    /** Names that go on with something of the user's: a listener's name, a plugin's own config. */
    private static final List<String> PREFIXES = List.of("listener.name.", "rsm.config.", "rlmm.config.", "zookeeper.", "config.providers.");

    private static final String DYNAMIC = " dynamic";

    private static final String DOCUMENTATION = "As in Kafka, but it changes nothing in one process.";

    private final Set<String> names;
    private final ConfigDef dynamic = new ConfigDef();

    KnownNames() {
        try (InputStream in = KnownNames.class.getResourceAsStream(RESOURCE)) {
            List<String> lines = new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().filter(line -> !line.startsWith("#")).toList();
            lines.stream().filter(line -> line.contains(DYNAMIC)).forEach(this::define);
            names = lines.stream().map(line -> line.split(DYNAMIC)[0]).collect(Collectors.toUnmodifiableSet());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Validator atLeast(int least) {
        return (name, value) -> {
            if (value != null) {
                Range.atLeast(least).ensureValid(name, value);
            }
        };
    }

    boolean contains(String name) {
        return names.contains(name) || PREFIXES.stream().anyMatch(name::startsWith);
    }

    /** Those that Kafka lets an operator change while a broker runs, with its types, ranges and defaults. */
    ConfigDef dynamic() {
        return dynamic;
    }

    private void define(String line) {
        List<String> words = Arrays.asList((line.replace(DYNAMIC, "") + " -").split(" "));
        Type type = Type.valueOf(words.get(1));
        Validator range = words.get(3).equals("-") ? null : atLeast(Integer.parseInt(words.get(3)));
        if (words.get(2).equals("-")) {
            dynamic.defineInternal(words.get(0), type, null, range, Importance.LOW, DOCUMENTATION);
        } else {
            dynamic.define(words.get(0), type, words.get(2), range, Importance.LOW, DOCUMENTATION);
        }
    }

    /** The known name that is closest to {@code wrong}, or an empty text if none is close. */
    String nearest(String wrong, Collection<String> defined) {
        String best = "";
        int bestDistance = Math.max(2, wrong.length() / 4) + 1;
        for (Collection<String> candidates : List.of(defined, names)) {
            for (String candidate : candidates) {
                int distance = distance(wrong, candidate, bestDistance);
                if (distance < bestDistance) {
                    best = candidate;
                    bestDistance = distance;
                }
            }
        }
        return best;
    }

    /** Levenshtein's distance, or {@code bound} if it is not below that. */
    private static int distance(String a, String b, int bound) {
        if (Math.abs(a.length() - b.length()) >= bound) {
            return bound;
        }
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
            }
        }
        return Math.min(row[b.length()], bound);
    }
}
