// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.Uuid;

/**
 * What must differ from broker to broker and from run to run, as a script names it. {@code $t} is a name that only this run
 * has. Ids that a broker gives are called {@code <member-1>}, {@code <topic-1>} and so on, in the order in which they are first
 * seen; a later request may use them. Times near now are {@code <now>}, and {@code now-2d} gives one.
 */
final class Names {
    private static final Set<String> MEMBER_FIELDS = Set.of("memberId", "leader");
    private static final Set<String> HIDDEN = Set.of("finalizedFeaturesEpoch", "logDir", "totalBytes", "usableBytes", "port");
    /** Ids that end with a UUID, and UUIDs in Kafka's own notation. */
    private static final Pattern MADE_BY_BROKER = Pattern.compile(".{31,}|[A-Za-z0-9_-]{22}");
    private static final Pattern NOW = Pattern.compile("now(?:([+-][0-9]+)(ms|s|m|h|d))?");
    /** The same character again and again. */
    private static final Pattern LONG = Pattern.compile("(.)\\1{40,}");
    private static final long NEAR_MS = TimeUnit.HOURS.toMillis(1);

    private final String suffix;
    private final Pattern own;
    private final Map<Object, String> symbols = new HashMap<>();
    private final Map<String, Object> values = new LinkedHashMap<>();
    private final Map<String, Integer> counts = new HashMap<>();

    /** @param suffix of names that only this run has: letters and digits */
    Names(String suffix) {
        this.suffix = "-" + suffix;
        this.own = Pattern.compile("([a-zA-Z0-9._]+)" + this.suffix);
    }

    String suffix() {
        return suffix;
    }

    /** The value that is meant: names made unique, symbols looked up, bytes built. */
    Object resolve(Object value) {
        return switch (value) {
            case Tagged tagged -> BatchText.build(tagged, this);
            case List<?> list -> BatchText.join(list, this);
            case String string -> resolve(string);
            case null, default -> value;
        };
    }

    private Object resolve(String string) {
        if (string.startsWith("<") && string.endsWith(">")) {
            Object value = values.get(string);
            if (value == null) {
                throw new IllegalArgumentException("nothing was called " + string + " so far, only " + values.keySet());
            }
            return value;
        }
        Matcher now = NOW.matcher(string);
        if (now.matches()) {
            long amount = now.group(1) == null ? 0 : Long.parseLong(now.group(1).replace("+", ""));
            return System.currentTimeMillis() + (amount == 0 ? 0 : TimeUnit.of(unit(now.group(2))).toMillis(amount));
        }
        return string.contains("$") ? string.replaceAll("\\$([a-zA-Z0-9._]+)", "$1" + suffix) : string;
    }

    private static java.time.temporal.ChronoUnit unit(String name) {
        return switch (name) {
            case "ms" -> java.time.temporal.ChronoUnit.MILLIS;
            case "s" -> java.time.temporal.ChronoUnit.SECONDS;
            case "m" -> java.time.temporal.ChronoUnit.MINUTES;
            case "h" -> java.time.temporal.ChronoUnit.HOURS;
            default -> java.time.temporal.ChronoUnit.DAYS;
        };
    }

    /** A list that is written as {@code times{count: 3, of: {...}}}, where {@code #} stands for the index. */
    @SuppressWarnings("unchecked")
    List<Object> expand(Object value) {
        if (!(value instanceof Tagged(String tag, Object inner) && tag.equals("times"))) {
            return (List<Object>) value;
        }
        Map<String, Object> times = (Map<String, Object>) inner;
        List<Object> list = new ArrayList<>();
        for (long i = 0; i < (Long) times.get("count"); i++) {
            list.add(TextReader.read(TextWriter.line(times.get("of")).replace("#", Long.toString(i))));
        }
        return list;
    }

    /** How a value of an answer is shown. */
    Object hide(String field, Object value) {
        if ((value instanceof String || value instanceof Uuid) && symbols.containsKey(value)) {
            return symbols.get(value);
        }
        return switch (value) {
            case Uuid uuid when uuid.equals(Uuid.ZERO_UUID) || uuid.equals(Uuid.ONE_UUID) -> uuid.toString();
            case Uuid uuid -> name("topic", uuid);
            case String string when MEMBER_FIELDS.contains(field) && MADE_BY_BROKER.matcher(string).matches() -> name("member", string);
            case String id when field.equals("clusterId") -> name("cluster", id);
            case String string when string.isEmpty() -> string;
            case Number number when number.longValue() < 0 -> value;
            case Object any when HIDDEN.contains(field) -> "<" + field + ">";
            case String string when LONG.matcher(string).matches() -> string.charAt(0) + "... of " + string.length();
            case String string -> own.matcher(string).replaceAll("\\$$1");
            case Integer id when field.equals("sessionId") -> name("session", id.longValue());
            case Long id when field.equals("producerId") -> name("producer", id);
            case Long time when nearNow(time) && isTime(field) -> "<now>";
            case Number number when !(value instanceof Double) -> number.longValue();
            default -> value;
        };
    }

    private String name(String kind, Object value) {
        Object key = value instanceof Long ? kind + value : value;
        String symbol = symbols.get(key);
        if (symbol == null) {
            symbol = "<" + kind + "-" + counts.merge(kind, 1, Integer::sum) + ">";
            symbols.put(key, symbol);
            values.put(symbol, value);
        }
        return symbol;
    }

    private static boolean isTime(String field) {
        String name = field.toLowerCase(Locale.ROOT);
        return name.contains("time");
    }

    private static boolean nearNow(long timeMs) {
        return Math.abs(System.currentTimeMillis() - timeMs) < NEAR_MS;
    }
}
