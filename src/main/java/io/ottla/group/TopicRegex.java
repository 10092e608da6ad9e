// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import java.util.Set;
import java.util.TreeSet;

/** Topic expressions in RE2 syntax: whole names match, in time that grows with the name only. */
final class TopicRegex {
    private TopicRegex() {}

    /** Null if the expression is right, else what is wrong with it. */
    static String problem(String regex) {
        try {
            Pattern.compile(regex);
            return null;
        } catch (PatternSyntaxException e) {
            return e.getDescription();
        }
    }

    static Set<String> matching(String regex, TopicsImage image) {
        Pattern pattern = Pattern.compile(regex);
        Set<String> topics = new TreeSet<>();
        image.byName().keySet().forEach(name -> {
            if (pattern.matches(name)) {
                topics.add(name);
            }
        });
        return topics;
    }
}
