// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.wire.RequestContext;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.message.ConsumerGroupDescribeResponseData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;

/**
 * Understands the steps of the stories. Members have names of their own in them, whatever ids the coordinator gives out;
 * all are in one group on the topic {@code orders} with four partitions, unless a step says otherwise.
 */
final class Scenario {
    private static final String GROUP = "group";

    private GroupHarness harness;
    private final Map<String, Member> members = new LinkedHashMap<>();
    private final List<String> outcome = new ArrayList<>();

    /** What a client knows of itself. */
    private static final class Member {
        private final String name;
        private String id = "";
        private String instanceId;
        private int generation = -1;
        private int epoch;
        private List<ConsumerGroupHeartbeatRequestData.TopicPartitions> owned = List.of();
        private List<ConsumerGroupHeartbeatRequestData.TopicPartitions> reported;

        private Member(String name) {
            this.name = name;
        }
    }

    /** One line: a verb, names and values, and options. */
    private record Step(String verb, List<String> words, Map<String, String> options) {
        static Step parse(String line) {
            List<String> words = new ArrayList<>();
            Map<String, String> options = new HashMap<>();
            String[] parts = line.trim().split("\\s+");
            for (String part : Arrays.copyOfRange(parts, 1, parts.length)) {
                int equals = part.indexOf('=');
                if (equals < 0) {
                    words.add(part);
                } else {
                    options.put(part.substring(0, equals), part.substring(equals + 1));
                }
            }
            return new Step(parts[0], words, options);
        }

        String option(String name, String otherwise) {
            return options.getOrDefault(name, otherwise);
        }

        int number(String name, int otherwise) {
            return options.containsKey(name) ? Integer.parseInt(options.get(name)) : otherwise;
        }
    }

    Scenario() {
        configure(Map.of());
    }

    /** A broker anew, with these configs beside those of all stories. */
    private void configure(Map<String, String> options) {
        Map<String, Object> configs = new HashMap<>(Map.of("offsets.retention.minutes", 10, "offsets.retention.check.interval.ms", 60_000,
                "group.consumer.assignment.interval.ms", 0));
        options.forEach((name, value) -> configs.put(name, value.chars().allMatch(Character::isDigit) ? Integer.valueOf(value) : value));
        harness = new GroupHarness(configs);
    }

    /** Does one step; returns what was answered meanwhile, to whomever. */
    List<String> step(String line) {
        Step step = Step.parse(line);
        outcome.clear();
        switch (step.verb) {
            case "broker" -> configure(step.options);
            case "join" -> join(step);
            case "sync" -> sync(step);
            case "heartbeat" -> forEach(step, member -> say(member, harness.heartbeat(GROUP, member.id, member.instanceId, member.generation)));
            case "beat" -> beat(step);
            case "beats" -> beats(step);
            case "consumers" -> describeConsumers();
            case "leave" -> leave(step);
            case "commit" -> commit(step);
            case "commit-in-transaction" -> commitInTransaction(step);
            case "end-transaction" -> outcome.add(harness.endTransaction(GROUP, step.number("producer", 1), step.number("epoch", 0),
                    step.words.contains("commit")).name());
            case "offsets" -> offsets(step);
            case "delete-offset" -> outcome.add(harness.deleteOffset(GROUP, partition(step.words.getFirst())).name());
            case "delete-group" -> outcome.add(harness.deleteGroup(GROUP).name());
            case "delete-topic" -> harness.catalog.delete(step.words.isEmpty() ? "orders" : step.words.getFirst());
            case "create-topic" -> harness.catalog.create(step.words.isEmpty() ? "orders" : step.words.getFirst(), 4, Map.of());
            case "grow-topic" -> harness.catalog.grow("orders", Integer.parseInt(step.words.getFirst()));
            case "wait" -> harness.advance(millis(step.words.getFirst()));
            case "keep-alive" -> keepAlive(step);
            case "restart" -> harness.restart();
            case "group" -> describe();
            case "rebalances" -> harness.rebalances(GROUP).forEach(each -> outcome.add(history(each)));
            default -> throw new IllegalArgumentException("no such step: " + line);
        }
        harness.settle();
        return List.copyOf(outcome);
    }

    private void say(Member member, Object what) {
        outcome.add(member.name + ": " + what);
    }

    private Member member(String name) {
        return members.computeIfAbsent(name, Member::new);
    }

    private void forEach(Step step, Consumer<Member> action) {
        step.words.forEach(name -> action.accept(member(name)));
    }

    private String nameOf(String memberId) {
        return members.values().stream().filter(each -> each.id.equals(memberId)).map(each -> each.name).findFirst()
                .orElse(memberId.isEmpty() ? "nobody" : "a member that is gone");
    }

    private void join(Step step) {
        for (String name : step.words) {
            Member member = member(name);
            member.instanceId = step.option("instance", member.instanceId);
            if (step.options.containsKey("id")) {
                member.id = step.options.get("id").equals("new") ? "" : step.options.get("id");
            }
            int version = step.number("version", member.instanceId == null ? 3 : 5);
            var request = harness.joinRequest(GROUP, member.id, member.instanceId, step.option("protocols", "range").split(","))
                    .setProtocolType(step.option("type", "consumer"));
            List<String> topics = List.of(step.option("topics", "orders").split(","));
            request.protocols().forEach(each -> each.setMetadata(step.options.containsKey("metadata") ? new byte[] {1}
                    : GroupHarness.subscription(topics, numbers(step.option("owns", "")))));
            // Ids begin with the client's name: what assignors make of their order is the same each time.
            RequestContext context = new RequestContext((short) version, name, "/127.0.0.1", "PLAINTEXT");
            harness.coordinator().joinGroup(context, request, response -> joined(member, response));
            harness.settle();
        }
    }

    private static List<Integer> numbers(String list) {
        return Arrays.stream(list.split(",")).filter(each -> !each.isEmpty()).map(Integer::valueOf).toList();
    }

    private void joined(Member member, JoinGroupResponseData response) {
        Errors error = Errors.forCode(response.errorCode());
        if (!response.memberId().isEmpty() && (error == Errors.NONE || error == Errors.MEMBER_ID_REQUIRED)) {
            member.id = response.memberId();
        }
        if (error != Errors.NONE) {
            say(member, error);
            return;
        }
        member.generation = response.generationId();
        harness.afterSettling(() -> say(member, "joined generation " + response.generationId() + ", protocol " + response.protocolName()
                + ", leader " + nameOf(response.leader()) + (response.skipAssignment() ? ", must not assign" : "")
                + (response.members().isEmpty() ? "" : ", members " + response.members().stream()
                        .map(each -> nameOf(each.memberId())).collect(Collectors.joining(" ")))));
    }

    private void sync(Step step) {
        Map<String, byte[]> assignments = new HashMap<>();
        step.options.forEach((name, partitions) -> {
            if (!name.equals("generation")) {
                assignments.put(member(name).id, GroupHarness.assignment("orders", numbers(partitions).toArray(Integer[]::new)));
            }
        });
        for (String name : step.words) {
            Member member = member(name);
            harness.sync(GROUP, member.id, member.instanceId, step.number("generation", member.generation), assignments,
                    response -> synced(member, response));
        }
    }

    private void synced(Member member, SyncGroupResponseData response) {
        Errors error = Errors.forCode(response.errorCode());
        say(member, error == Errors.NONE ? "got " + names(ConsumerProtocols.assigned(response.assignment())) : error);
    }

    private static String names(List<TopicPartition> partitions) {
        return partitions.isEmpty() ? "nothing" : partitions.stream().map(TopicPartition::toString).collect(Collectors.joining(" "));
    }

    /** One heartbeat of the consumer protocol; a member that was told to give up partitions does so, unless it is told to keep them. */
    private void beat(Step step) {
        for (String name : step.words) {
            Member member = member(name);
            member.id = step.option("id", member.id.isEmpty() ? name + "-id" : member.id);
            member.instanceId = step.option("instance", member.instanceId);
            member.epoch = step.number("epoch", member.epoch);
            boolean joins = member.epoch == 0;
            if (joins) {
                member.owned = List.of();
            }
            boolean keeps = step.options.containsKey("keeps");
            ConsumerGroupHeartbeatRequestData request = new ConsumerGroupHeartbeatRequestData()
                    .setGroupId(GROUP)
                    .setMemberId(member.id)
                    .setInstanceId(member.instanceId)
                    .setMemberEpoch(member.epoch)
                    .setRebalanceTimeoutMs(joins ? GroupHarness.REBALANCE_MS : -1)
                    .setServerAssignor(step.option("assignor", null))
                    .setSubscribedTopicRegex(step.option("regex", null))
                    .setSubscribedTopicNames(step.options.containsKey("topics") ? List.of(step.options.get("topics").split(","))
                            : joins && !step.options.containsKey("regex") ? List.of("orders") : null)
                    .setTopicPartitions(joins ? List.of() : keeps ? member.reported : member.owned);
            harness.beat(1, request, response -> beaten(member, response));
        }
    }

    private void beaten(Member member, ConsumerGroupHeartbeatResponseData response) {
        Errors error = Errors.forCode(response.errorCode());
        if (error != Errors.NONE) {
            say(member, error);
            return;
        }
        member.epoch = response.memberEpoch();
        member.generation = member.epoch;
        String has = "";
        if (response.assignment() != null) {
            member.reported = member.owned;
            member.owned = new ArrayList<>();
            List<TopicPartition> named = new ArrayList<>();
            response.assignment().topicPartitions().forEach(each -> {
                member.owned.add(new ConsumerGroupHeartbeatRequestData.TopicPartitions().setTopicId(each.topicId()).setPartitions(each.partitions()));
                each.partitions().forEach(partition -> named.add(new TopicPartition(harness.nameOf(each.topicId()), partition)));
            });
            has = ", has " + names(named.stream().sorted(Comparator.comparing(TopicPartition::toString)).toList());
        }
        say(member, "epoch " + response.memberEpoch() + has);
    }

    /** Heartbeats of all these members every second. */
    private void beats(Step step) {
        for (long left = millis(step.option("for", "1s")); left > 0; left -= 1_000) {
            harness.advance(1_000);
            beat(new Step("beat", step.words, Map.of()));
        }
    }

    private void describeConsumers() {
        var described = harness.describeConsumers(GROUP);
        if (described.errorCode() != 0) {
            outcome.add(Errors.forCode(described.errorCode()).name());
            return;
        }
        outcome.add(described.groupState() + ", epoch " + described.groupEpoch() + ", assignment of epoch " + described.assignmentEpoch()
                + ", assignor " + described.assignorName());
        described.members().forEach(each -> outcome.add("  " + nameOf(each.memberId()) + (each.memberType() == 0 ? " (classic)" : "") + ": epoch " + each.memberEpoch() + ", has "
                + named(each.assignment()) + ", is to have " + named(each.targetAssignment())));
    }

    private static String named(ConsumerGroupDescribeResponseData.Assignment assignment) {
        return names(assignment.topicPartitions().stream().flatMap(topic -> topic.partitions().stream()
                .map(partition -> new TopicPartition(topic.topicName(), partition))).sorted(Comparator.comparing(TopicPartition::toString)).toList());
    }

    private void leave(Step step) {
        MemberIdentity[] who = step.words.stream().map(name -> new MemberIdentity()
                .setMemberId(step.options.containsKey("instance") ? "" : member(name).id)
                .setGroupInstanceId(step.option("instance", member(name).instanceId))).toArray(MemberIdentity[]::new);
        var answers = harness.leave(GROUP, who).members();
        for (int i = 0; i < who.length; i++) {
            say(member(step.words.get(i)), Errors.forCode(answers.get(i).errorCode()));
        }
    }

    private static int partition(String name) {
        return Integer.parseInt(name.substring("orders-".length()));
    }

    private void commit(Step step) {
        Member member = step.words.isEmpty() ? new Member("nobody") : member(step.words.getFirst());
        step.options.forEach((name, value) -> {
            if (name.startsWith("orders-")) {
                say(member, harness.commit(step.number("version", 8), GROUP, member.id, member.instanceId,
                        step.number("generation", member.generation), partition(name), Long.parseLong(value), ""));
            }
        });
    }

    private void commitInTransaction(Step step) {
        Member member = step.words.isEmpty() ? new Member("nobody") : member(step.words.getFirst());
        step.options.forEach((name, value) -> {
            if (name.startsWith("orders-")) {
                say(member, harness.commitInTransaction(GROUP, member.id, step.number("generation", member.generation),
                        step.number("producer", 1), step.number("epoch", 0), partition(name), Long.parseLong(value)));
            }
        });
    }

    private void offsets(Step step) {
        Map<String, String> found = new TreeMap<>();
        for (int partition = 0; partition < 4; partition++) {
            String offset = harness.offset(GROUP, partition, step.words.contains("stable"));
            if (!offset.equals("-1")) {
                found.put("orders-" + partition, offset);
            }
        }
        outcome.add(found.isEmpty() ? "none" : found.entrySet().stream().map(each -> each.getKey() + "=" + each.getValue()).collect(Collectors.joining(" ")));
    }

    /** A heartbeat of each member every second, whichever protocol it speaks; nobody looks at the answers. */
    private void keepAlive(Step step) {
        long left = millis(step.option("for", "0s"));
        for (; left > 0; left -= 1_000) {
            harness.advance(1_000);
            int told = outcome.size();
            forEach(step, member -> {
                if (member.epoch > 0) {
                    beat(new Step("beat", List.of(member.name), Map.of()));
                } else {
                    harness.heartbeat(GROUP, member.id, member.instanceId, member.generation);
                }
            });
            outcome.subList(told, outcome.size()).clear();
        }
    }

    private void describe() {
        var described = harness.describe(GROUP);
        outcome.add(described.groupState() + (described.protocolData().isEmpty() ? "" : ", protocol " + described.protocolData()));
        described.members().forEach(each -> outcome.add("  " + nameOf(each.memberId()) + ": "
                + names(ConsumerProtocols.assigned(each.memberAssignment()))));
    }

    private String history(Rebalance each) {
        return "generation " + each.generation() + ": joined " + named(each.joined()) + ", left " + named(each.left())
                + ", moved " + (each.moves().isEmpty() ? "nothing" : each.moves().stream().map(move -> move.topic() + "-" + move.partition()
                        + " from " + nameOf(move.from()) + " to " + nameOf(move.to())).collect(Collectors.joining(", ")))
                + "; took " + each.durationMs() + " ms, nobody owned a partition for " + each.longestGapMs() + " ms";
    }

    private String named(List<String> ids) {
        return ids.isEmpty() ? "nobody" : ids.stream().map(this::nameOf).collect(Collectors.joining(" "));
    }

    private static long millis(String duration) {
        return duration.endsWith("ms") ? Long.parseLong(duration.substring(0, duration.length() - 2))
                : duration.endsWith("m") ? Long.parseLong(duration.substring(0, duration.length() - 1)) * 60_000
                : Long.parseLong(duration.substring(0, duration.length() - 1)) * 1_000;
    }
}
