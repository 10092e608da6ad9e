// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.Type;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.Message;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.record.internal.BaseRecords;
import org.apache.kafka.common.record.internal.MemoryRecords;

/** Kafka's message classes as the values of a script, and back. */
final class MessageText {
    private static final Set<String> NOT_OF_THE_MESSAGE = Set.of("_unknownTaggedFields", "next", "prev");
    /** These are of no use to see, and long. */
    private static final Set<String> ONLY_WHETHER = Set.of("errorMessage", "batchIndexErrorMessage", "acknowledgeErrorMessage", "documentation", "helpText");

    private MessageText() {}

    /** Sets the fields that {@code schema}, the message's of one version, has; others are left out, and null where it may not be. */
    static void fill(Message message, Map<?, ?> values, Schema schema, Names names) {
        Map<String, org.apache.kafka.common.protocol.types.Type> known = fields(schema);
        values.forEach((name, value) -> {
            Field field = field(message.getClass(), (String) name);
            org.apache.kafka.common.protocol.types.Type type = known.get(plain(field.getName()));
            if (type != null && (value != null || type.isNullable())) {
                set(message, field, of(field, value, type, names));
            }
        });
    }

    private static Object of(Field field, Object value, org.apache.kafka.common.protocol.types.Type type, Names names) {
        Class<?> wanted = field.getType();
        if (value == null) {
            return null;
        } else if (Collection.class.isAssignableFrom(wanted)) {
            return collection(field, (List<?>) names.expand(value), type, names);
        } else if (Message.class.isAssignableFrom(wanted)) {
            Message nested = (Message) create(wanted);
            fill(nested, (Map<?, ?>) value, (Schema) type, names);
            return nested;
        }
        return scalar(wanted, value, names);
    }

    @SuppressWarnings("unchecked")
    private static Object collection(Field field, List<?> values, org.apache.kafka.common.protocol.types.Type type, Names names) {
        Collection<Object> collection = field.getType() == List.class ? new ArrayList<>() : (Collection<Object>) create(field.getType());
        Class<?> element = elementType(field);
        org.apache.kafka.common.protocol.types.Type inner = type.arrayElementType().orElseThrow();
        for (Object each : values) {
            if (Message.class.isAssignableFrom(element)) {
                Message nested = (Message) create(element);
                fill(nested, (Map<?, ?>) each, (Schema) inner, names);
                collection.add(nested);
            } else {
                collection.add(scalar(element, each, names));
            }
        }
        return collection;
    }

    private static Object scalar(Class<?> wanted, Object value, Names names) {
        Object known = names.resolve(value);
        if (wanted == String.class) {
            return known instanceof byte[] bytes ? new String(bytes, StandardCharsets.UTF_8) : known.toString();
        } else if (wanted == Uuid.class) {
            return known instanceof Uuid uuid ? uuid : Uuid.fromString(known.toString());
        } else if (wanted == byte[].class) {
            return bytes(known);
        } else if (wanted == ByteBuffer.class) {
            return ByteBuffer.wrap(bytes(known));
        } else if (BaseRecords.class.isAssignableFrom(wanted)) {
            return MemoryRecords.readableRecords(ByteBuffer.wrap(bytes(known)));
        } else if (known instanceof Boolean || known instanceof Double) {
            return known;
        }
        long number = (Long) known;
        return wanted == long.class || wanted == Long.class ? (Object) number
                : wanted == int.class || wanted == Integer.class ? (Object) (int) number
                : wanted == short.class || wanted == Short.class ? (Object) (short) number
                : wanted == byte.class || wanted == Byte.class ? (Object) (byte) number : (double) number;
    }

    private static byte[] bytes(Object value) {
        return value instanceof byte[] bytes ? bytes : value.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** The fields that are not at their defaults, which are also what a field has that its version does not know. */
    static Map<String, Object> tree(Message message, Names names) {
        Map<String, Object> tree = new LinkedHashMap<>();
        Message defaults = (Message) create(message.getClass());
        for (Field field : fields(message.getClass())) {
            Object value = get(message, field);
            if (!same(value, get(defaults, field)) || field.getName().equals("apiKey")) {
                tree.put(field.getName(), shown(field.getName(), value, names));
            }
        }
        return tree;
    }

    private static Object shown(String name, Object value, Names names) {
        return switch (value) {
            case null -> null;
            case Message nested -> tree(nested, names);
            case Collection<?> list -> list.stream().map(each -> shown(name, each, names)).toList();
            case BaseRecords records -> BatchText.show((MemoryRecords) records, names);
            case ByteBuffer buffer -> names.hide(name, BatchText.text(buffer));
            case byte[] bytes -> names.hide(name, BatchText.text(ByteBuffer.wrap(bytes)));
            case Short code when name.toLowerCase(Locale.ROOT).endsWith("errorcode") -> Errors.forCode(code).name();
            case Short id when name.equals("apiKey") -> ApiKeys.forId(id).name;
            case String text when ONLY_WHETHER.contains(name) && !text.isEmpty() -> "<text>";
            default -> names.hide(name, value);
        };
    }

    private static boolean same(Object one, Object other) {
        return one instanceof byte[] bytes ? other instanceof byte[] others && Arrays.equals(bytes, others)
                : one == null ? other == null : one.equals(other);
    }

    private static Map<String, org.apache.kafka.common.protocol.types.Type> fields(Schema schema) {
        Map<String, org.apache.kafka.common.protocol.types.Type> fields = new HashMap<>();
        for (BoundField field : schema.fields()) {
            if (field.def.type instanceof TaggedFields tagged) {
                tagged.fields().values().forEach(each -> fields.put(plain(each.name), each.type));
            } else {
                fields.put(plain(field.def.name), field.def.type);
            }
        }
        return fields;
    }

    private static String plain(String name) {
        return name.replace("_", "").toLowerCase(Locale.ROOT);
    }

    private static List<Field> fields(Class<?> type) {
        return Arrays.stream(type.getDeclaredFields())
                .filter(field -> !Modifier.isStatic(field.getModifiers()) && !NOT_OF_THE_MESSAGE.contains(field.getName()))
                .peek(field -> field.setAccessible(true))
                .toList();
    }

    private static Field field(Class<?> type, String name) {
        return fields(type).stream().filter(field -> field.getName().equals(name)).findFirst()
                .orElseThrow(() -> new IllegalArgumentException(type.getSimpleName() + " has no " + name));
    }

    private static Class<?> elementType(Field field) {
        Type type = field.getType() == List.class ? field.getGenericType() : field.getType().getGenericSuperclass();
        return (Class<?>) ((ParameterizedType) type).getActualTypeArguments()[0];
    }

    static Object create(Class<?> type) {
        try {
            return type.getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(type + " cannot be made", e);
        }
    }

    private static Object get(Object target, Field field) {
        try {
            return field.get(target);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void set(Object target, Field field, Object value) {
        try {
            field.set(target, value);
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
