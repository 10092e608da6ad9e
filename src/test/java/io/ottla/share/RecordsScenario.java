// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Understands the steps of the stories about the records of one share partition. Its log is of batches of ten records; the group
 * begins at offset 0 unless a step says otherwise.
 */
final class RecordsScenario {
    private ShareHarness share;
    private long logEnd;

    RecordsScenario() {
        configure(Map.of());
    }

    private void configure(Map<String, String> configs) {
        share = new ShareHarness(configs);
        share.begin(0);
    }

    /** Does one step; returns what was answered. */
    List<String> step(String line) {
        List<String> words = new ArrayList<>();
        Map<String, String> options = new HashMap<>();
        for (String part : line.trim().split("\\s+")) {
            int equals = part.indexOf('=');
            if (equals < 0) {
                words.add(part);
            } else {
                options.put(part.substring(0, equals), part.substring(equals + 1));
            }
        }
        String verb = words.removeFirst();
        return switch (verb) {
            case "configs" -> done(() -> configure(options));
            case "begin" -> done(() -> share.begin(words.getFirst().equals("later") ? SharePartition.NOT_STARTED : Long.parseLong(words.getFirst())));
            case "start" -> List.of(share.ask((io.ottla.coordinator.Caller<org.apache.kafka.common.protocol.Errors> caller) ->
                    new ShareCommand.Start(ShareHarness.KEY, Long.parseLong(words.getFirst()), caller)).name());
            case "records" -> done(() -> logEnd += Long.parseLong(words.getFirst()));
            case "fetch" -> fetch(words.getFirst(), Integer.parseInt(options.getOrDefault("most", "500")), words.contains("strict"));
            case "accept", "release", "reject", "renew", "gap" -> List.of(words.getFirst() + ": " + share.acknowledge(words.getFirst(),
                    first(words.get(1)), last(words.get(1)), Acknowledgement.Kind.valueOf(verb.toUpperCase(Locale.ROOT))));
            case "leave" -> List.of(words.getFirst() + ": " + share.release(words.getFirst()));
            case "log-starts-at" -> done(() -> share.ask((io.ottla.coordinator.Caller<Position> caller) ->
                    new ShareCommand.Look(ShareHarness.KEY, Long.parseLong(words.getFirst()), 1, caller)));
            case "wait" -> done(() -> share.advance(Long.parseLong(words.getFirst().replace("s", "")) * 1_000));
            case "kill" -> done(() -> {
                share.crash();
                share.look(1);
            });
            case "dead-letters" -> deadLetters();
            case "dead-letters-written" -> done(() -> share.tell(
                    new ShareCommand.DeadLetterWritten(ShareHarness.KEY, first(words.getFirst()), last(words.getFirst()))));
            case "state" -> state();
            default -> throw new IllegalArgumentException("no such step: " + line);
        };
    }

    private static List<String> done(Runnable action) {
        action.run();
        return List.of();
    }

    private static long first(String range) {
        return Long.parseLong(range.split("-")[0]);
    }

    private static long last(String range) {
        String[] ends = range.split("-");
        return Long.parseLong(ends[ends.length - 1]);
    }

    private static String range(long first, long last) {
        return first == last ? "" + first : first + "-" + last;
    }

    private List<String> fetch(String member, int most, boolean strict) {
        Position position = share.look(most);
        if (!(position instanceof Position.Read)) {
            return List.of(member + ": " + switch (position) {
                case Position.Full ignored -> "too many records are locked";
                case Position.NotStarted ignored -> "the group has not begun";
                case Position.Unknown ignored -> "nobody knows the partition";
                case Position.Read ignored -> throw new AssertionError(position);
            });
        }
        List<String> got = share.fetch(member, logEnd, most, strict).stream()
                .map(each -> range(each.first(), each.last()) + " (delivery " + each.deliveryCount() + ")").toList();
        return List.of(member + ": " + (got.isEmpty() ? "nothing" : String.join(", ", got)));
    }

    private List<String> deadLetters() {
        List<String> letters = share.deadLetters.stream().map(each -> range(each.first(), each.last()) + ": "
                + (each.rejected() ? "rejected" : "out of deliveries") + " after " + each.deliveryCount()).toList();
        share.deadLetters.clear();
        return letters.isEmpty() ? List.of("none") : letters;
    }

    private List<String> state() {
        List<String> lines = new ArrayList<>(List.of("starts at " + share.state().startOffset()));
        share.state().inFlight().runs().forEach(run -> lines.add("  " + range(run.first(), run.last()) + ": " + run.state()
                + (run.memberId() == null ? "" : " by " + run.memberId()) + ", deliveries " + run.deliveryCount()));
        return lines;
    }
}
