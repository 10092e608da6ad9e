// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Writes values as {@link TextReader} reads them, broken into lines where they are long. */
final class TextWriter {
    private static final int WIDTH = 150;

    private TextWriter() {}

    /** The value on one line. */
    static String line(Object value) {
        return switch (value) {
            case null -> "null";
            case Map<?, ?> map -> {
                List<String> parts = new ArrayList<>();
                map.forEach((name, each) -> parts.add(text((String) name) + ": " + line(each)));
                yield "{" + String.join(", ", parts) + "}";
            }
            case List<?> list -> "[" + String.join(", ", list.stream().map(TextWriter::line).toList()) + "]";
            case String string -> text(string);
            case Tagged tagged -> tagged.tag() + line(tagged.value());
            default -> value.toString();
        };
    }

    /** The value with its inner lines indented by so many blanks; the first line is not. */
    static String lines(Object value, int indent) {
        String line = line(value);
        if (line.length() + indent <= WIDTH) {
            return line;
        }
        String inner = " ".repeat(indent + 2);
        return switch (value) {
            case Map<?, ?> map -> {
                List<String> parts = new ArrayList<>();
                map.forEach((name, each) -> parts.add(inner + text((String) name) + ": " + lines(each, indent + 2)));
                yield "{\n" + String.join(",\n", parts) + "}";
            }
            case List<?> list -> "[\n" + inner + String.join(",\n" + inner, list.stream().map(each -> lines(each, indent + 2)).toList()) + "]";
            case Tagged tagged -> tagged.tag() + lines(tagged.value(), indent);
            case null, default -> line;
        };
    }

    private static String text(String string) {
        boolean bare = !string.isEmpty() && string.chars().allMatch(c -> TextReader.isBare((char) c))
                && !Character.isDigit(string.charAt(0)) && string.charAt(0) != '-' && !List.of("true", "false", "null").contains(string);
        if (bare) {
            return string;
        }
        StringBuilder quoted = new StringBuilder("\"");
        for (char c : string.toCharArray()) {
            if (c == '"' || c == '\\') {
                quoted.append('\\').append(c);
            } else if (c < ' ' || c > '~') {
                quoted.append(String.format("\\x%02x", (int) c & 0xff));
            } else {
                quoted.append(c);
            }
        }
        return quoted.append('"').toString();
    }
}
