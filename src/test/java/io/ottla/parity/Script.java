// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * A file of scenarios. A scenario begins with {@code == title}, or {@code == title | Api} to play it once for each version of an API
 * ({@code | Api 3-7} for some), with names and connections of its own each time. Then come its requests, each with the answers
 * below it, indented:
 *
 * <pre>
 * Metadata {topics: [{name: $t}]}
 *   v0-8 => {...}
 *   v9-13 => {...}
 * </pre>
 *
 * A request goes out in the scenario's version if it is of its API, in the version after an {@code @}, or in the latest. In an
 * answer only what is not at its default is written. Where Ottla means to answer otherwise, lines after Apache Kafka's answer say
 * why, after an exclamation mark, and how. Words in square brackets after the API are explained in {@link ScenarioRun}.
 */
record Script(List<String> head, List<Scenario> scenarios) {
    /** @param api null if the scenario is played only once */
    record Scenario(List<String> heading, String title, ApiKeys api, List<Short> versions, List<Step> steps) {}

    /**
     * @param answers the lines of Apache Kafka's answers, as they are in the file
     * @param own     the lines of Ottla's answers and why they differ, if they are meant to
     */
    record Step(List<String> lines, String api, Short version, Map<String, String> options, Object body, List<String> answers, List<String> own) {
        /** What Ottla must answer. */
        List<String> expected() {
            return own.isEmpty() ? answers : own.stream().filter(line -> !line.startsWith(WHY)).toList();
        }
    }

    private static final String WHY = "  ! ";

    private static final Pattern SCENARIO = Pattern.compile("== (.*?)(?: \\| (\\w+)(?: ([0-9]+)(?:-([0-9]+))?)?)?");
    private static final Pattern STEP = Pattern.compile("(\\w+)(?:@([0-9]+))?(?: \\[([^\\]]*)\\])?(?: (.*))?", Pattern.DOTALL);
    private static final Map<String, ApiKeys> APIS = apis();

    private static Map<String, ApiKeys> apis() {
        Map<String, ApiKeys> apis = new HashMap<>();
        for (ApiKeys key : ApiKeys.values()) {
            apis.put(key.name, key);
        }
        return apis;
    }

    static ApiKeys api(String name) {
        return APIS.get(name);
    }

    static Script parse(List<String> lines) {
        Script script = new Script(new ArrayList<>(), new ArrayList<>());
        List<String> pending = new ArrayList<>();
        Scenario scenario = null;
        for (int at = 0; at < lines.size(); at++) {
            String line = lines.get(at);
            if (line.isBlank() || line.startsWith("#")) {
                pending.add(line);
            } else if (line.startsWith("==")) {
                pending.add(line);
                scenario = scenario(pending);
                script.scenarios.add(scenario);
                pending = new ArrayList<>();
            } else if (line.startsWith(" ")) {
                Step last = scenario.steps.getLast();
                (line.startsWith(WHY) || !last.own.isEmpty() ? last.own : last.answers).add(line);
            } else {
                StringBuilder text = new StringBuilder(line);
                pending.add(line);
                while (!TextReader.isWhole(text.toString())) {
                    line = lines.get(++at);
                    pending.add(line);
                    text.append('\n').append(line);
                }
                scenario.steps.add(step(pending, text.toString()));
                pending = new ArrayList<>();
            }
        }
        return script;
    }

    private static Scenario scenario(List<String> heading) {
        Matcher matcher = SCENARIO.matcher(heading.getLast());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no scenario: " + heading.getLast());
        }
        ApiKeys api = matcher.group(2) == null ? null : known(matcher.group(2));
        List<Short> versions = new ArrayList<>();
        if (api != null) {
            ApiVersion all = api.toApiVersionForApiResponse(false, ListenerType.BROKER).orElseThrow();
            int from = matcher.group(3) == null ? all.minVersion() : Integer.parseInt(matcher.group(3));
            int to = matcher.group(3) == null ? all.maxVersion() : matcher.group(4) == null ? from : Integer.parseInt(matcher.group(4));
            for (int version = from; version <= to; version++) {
                versions.add((short) version);
            }
        }
        return new Scenario(heading, matcher.group(1), api, versions, new ArrayList<>());
    }

    private static ApiKeys known(String name) {
        if (!APIS.containsKey(name)) {
            throw new IllegalArgumentException("no API is called " + name);
        }
        return APIS.get(name);
    }

    private static Step step(List<String> lines, String text) {
        Matcher matcher = STEP.matcher(text);
        if (!matcher.matches()) {
            throw new IllegalArgumentException("no request: " + text);
        }
        Map<String, String> options = new HashMap<>();
        if (matcher.group(3) != null) {
            for (String option : matcher.group(3).trim().split(" +")) {
                String[] parts = option.split("=", 2);
                options.put(parts[0], parts.length == 1 ? "" : parts[1]);
            }
        }
        return new Step(lines, matcher.group(1), matcher.group(2) == null ? null : Short.valueOf(matcher.group(2)), options,
                matcher.group(4) == null ? null : TextReader.read(matcher.group(4)), new ArrayList<>(), new ArrayList<>());
    }

    /** The file with other answers: for each scenario, for each step, its lines. */
    List<String> withAnswers(List<List<List<String>>> answers) {
        List<String> lines = new ArrayList<>(head);
        for (int i = 0; i < scenarios.size(); i++) {
            lines.addAll(scenarios.get(i).heading);
            for (int j = 0; j < scenarios.get(i).steps.size(); j++) {
                lines.addAll(scenarios.get(i).steps.get(j).lines);
                lines.addAll(answers.get(i).get(j));
                lines.addAll(scenarios.get(i).steps.get(j).own);
            }
        }
        return lines;
    }
}
