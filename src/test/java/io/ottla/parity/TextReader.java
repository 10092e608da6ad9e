// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the values of a script: as JSON, but names and simple strings need no quotes, and a name right before a value makes it
 * {@link Tagged}. Gives maps, lists, strings, longs, doubles, booleans, null.
 */
final class TextReader {
    private static final Set<String> WORDS = Set.of("true", "false", "null");

    private final String text;
    private int at;

    private TextReader(String text) {
        this.text = text;
    }

    static Object read(String text) {
        TextReader reader = new TextReader(text);
        Object value = reader.value();
        reader.skipBlanks();
        if (reader.at < text.length()) {
            throw reader.problem("the end");
        }
        return value;
    }

    @SuppressWarnings("unchecked")
    static Map<String, Object> readMap(String text) {
        return (Map<String, Object>) read(text);
    }

    /** Whether all brackets that are opened in the text are closed again. */
    static boolean isWhole(String text) {
        int depth = 0;
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == '"' && (i == 0 || text.charAt(i - 1) != '\\')) {
                quoted = !quoted;
            } else if (!quoted) {
                depth += c == '{' || c == '[' ? 1 : c == '}' || c == ']' ? -1 : 0;
            }
        }
        return depth == 0;
    }

    private Object value() {
        char c = peek();
        return switch (c) {
            case '{' -> map();
            case '[' -> list();
            case '"' -> quoted();
            default -> word();
        };
    }

    private Map<String, Object> map() {
        Map<String, Object> map = new LinkedHashMap<>();
        at++;
        while (peek() != '}') {
            String name = peek() == '"' ? quoted() : bare();
            expect(':');
            map.put(name, value());
            if (peek() == ',') {
                at++;
            }
        }
        at++;
        return map;
    }

    private List<Object> list() {
        List<Object> list = new ArrayList<>();
        at++;
        while (peek() != ']') {
            list.add(value());
            if (peek() == ',') {
                at++;
            }
        }
        at++;
        return list;
    }

    private String quoted() {
        StringBuilder string = new StringBuilder();
        for (at++; text.charAt(at) != '"'; at++) {
            if (text.charAt(at) == '\\') {
                at++;
                if (text.charAt(at) == 'x') {
                    string.append((char) Integer.parseInt(text.substring(at + 1, at + 3), 16));
                    at += 2;
                    continue;
                }
            }
            string.append(text.charAt(at));
        }
        at++;
        return string.toString();
    }

    private Object word() {
        String word = bare();
        if (at < text.length() && "{[\"".indexOf(text.charAt(at)) >= 0) {
            return new Tagged(word, value());
        }
        if (WORDS.contains(word)) {
            return word.equals("null") ? null : (Object) word.equals("true");
        }
        if (word.matches("-?[0-9]+")) {
            return Long.parseLong(word);
        }
        return word.matches("-?[0-9]+\\.[0-9]+") ? (Object) Double.parseDouble(word) : word;
    }

    private String bare() {
        skipBlanks();
        int start = at;
        while (at < text.length() && isBare(text.charAt(at))) {
            at++;
        }
        if (at == start) {
            throw problem("a value");
        }
        return text.substring(start, at);
    }

    static boolean isBare(char c) {
        return Character.isLetterOrDigit(c) || "_.-+$<>*/".indexOf(c) >= 0;
    }

    private char peek() {
        skipBlanks();
        if (at >= text.length()) {
            throw problem("more");
        }
        return text.charAt(at);
    }

    private void expect(char c) {
        if (peek() != c) {
            throw problem("'" + c + "'");
        }
        at++;
    }

    private void skipBlanks() {
        while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
    }

    private IllegalArgumentException problem(String expected) {
        return new IllegalArgumentException("expected " + expected + " at " + at + " of: " + text);
    }
}
