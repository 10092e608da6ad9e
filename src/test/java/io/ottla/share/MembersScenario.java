// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Collectors;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData.AlterShareGroupOffsetsRequestPartition;
import org.apache.kafka.common.message.AlterShareGroupOffsetsRequestData.AlterShareGroupOffsetsRequestTopic;
import org.apache.kafka.common.message.AlterShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsRequestData.DeleteShareGroupOffsetsRequestTopic;
import org.apache.kafka.common.message.DeleteShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsRequestData.DescribeShareGroupOffsetsRequestGroup;
import org.apache.kafka.common.message.DescribeShareGroupOffsetsResponseData;
import org.apache.kafka.common.message.ShareGroupDescribeResponseData.DescribedGroup;
import org.apache.kafka.common.message.ShareGroupHeartbeatRequestData;
import org.apache.kafka.common.message.ShareGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** Understands the steps of the stories about the members of a share group and its offsets. Sessions are of 6 seconds. */
final class MembersScenario {
    private final ShareWorld world = new ShareWorld(new Random(1), Map.of("group.share.assignment.interval.ms", 0));
    private final Map<String, Integer> epochs = new LinkedHashMap<>();
    /** Names of topics that may be gone. */
    private final Map<Uuid, String> topics = new HashMap<>();

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
        List<String> outcome = new ArrayList<>();
        switch (verb) {
            case "create-topic" -> {
                world.catalog.create(words.get(0), Integer.parseInt(words.get(1)), Map.of());
                topics.put(world.catalog.topics().get(words.get(0)).id(), words.get(0));
            }
            case "grow-topic" -> world.catalog.grow(words.get(0), Integer.parseInt(words.get(1)));
            case "delete-topic" -> world.catalog.delete(words.get(0));
            case "beat" -> words.forEach(name -> outcome.add(beat(name, options)));
            case "leave" -> words.forEach(name -> outcome.add(beat(name, Map.of("epoch", "-1"))));
            case "keep-alive" -> {
                for (int second = 0; second < Integer.parseInt(options.get("for").replace("s", "")); second++) {
                    world.run(1_000);
                    words.forEach(name -> beat(name, Map.of()));
                }
            }
            case "wait" -> world.run(Long.parseLong(words.getFirst().replace("s", "")) * 1_000);
            case "kill" -> world.crash();
            case "group" -> outcome.addAll(group());
            case "offsets" -> outcome.addAll(offsets());
            case "set-offset" -> outcome.add(setOffset(words.get(0), Integer.parseInt(options.get("partition")), Long.parseLong(options.get("to"))));
            case "delete-offsets" -> outcome.add(deleteOffsets(words.get(0)));
            default -> throw new IllegalArgumentException("no such step: " + line);
        }
        world.settle();
        return outcome;
    }

    private String beat(String name, Map<String, String> options) {
        int epoch = options.containsKey("epoch") ? Integer.parseInt(options.get("epoch")) : epochs.getOrDefault(name, 0);
        List<String> subscribed = options.containsKey("topics") ? List.of(options.get("topics").split(",")) : epoch == 0 ? List.of("jobs") : null;
        ShareGroupHeartbeatRequestData request = new ShareGroupHeartbeatRequestData()
                .setGroupId(ShareWorld.GROUP).setMemberId(name).setMemberEpoch(epoch).setSubscribedTopicNames(subscribed);
        ShareGroupHeartbeatResponseData response = world.ask(reply -> world.share().heartbeat(ShareWorld.context(), request, reply));
        if (response.errorCode() != 0) {
            return name + ": " + Errors.forCode(response.errorCode());
        }
        epochs.put(name, Math.max(0, response.memberEpoch()));
        return name + ": epoch " + response.memberEpoch() + (response.assignment() == null ? "" : ", has " + names(
                response.assignment().topicPartitions().stream().collect(Collectors.toMap(each -> each.topicId(), each -> each.partitions()))));
    }

    private String names(Map<Uuid, List<Integer>> partitions) {
        String names = partitions.entrySet().stream()
                .flatMap(topic -> topic.getValue().stream().map(index -> topics.getOrDefault(topic.getKey(), "?") + "-" + index))
                .sorted().collect(Collectors.joining(" "));
        return names.isEmpty() ? "nothing" : names;
    }

    private List<String> group() {
        DescribedGroup group = world.describe();
        if (group == null) {
            return List.of("no such group");
        }
        List<String> lines = new ArrayList<>(List.of(group.groupState() + ", epoch " + group.groupEpoch() + ", assignment of epoch " + group.assignmentEpoch()));
        group.members().stream().sorted(java.util.Comparator.comparing(each -> each.memberId())).forEach(each -> lines.add(
                "  " + each.memberId() + ": epoch " + each.memberEpoch() + ", has " + names(each.assignment().topicPartitions().stream()
                        .collect(Collectors.toMap(topic -> topic.topicId(), topic -> topic.partitions())))));
        return lines;
    }

    private List<String> offsets() {
        DescribeShareGroupOffsetsRequestData request = new DescribeShareGroupOffsetsRequestData()
                .setGroups(List.of(new DescribeShareGroupOffsetsRequestGroup().setGroupId(ShareWorld.GROUP).setTopics(null)));
        DescribeShareGroupOffsetsResponseData response = world.ask(reply -> world.share().describeOffsets(ShareWorld.context(), request, reply));
        List<String> lines = response.groups().getFirst().topics().stream().flatMap(topic -> topic.partitions().stream()
                .map(each -> topic.topicName() + "-" + each.partitionIndex() + ": " + (each.startOffset() < 0 ? "has not begun" : "starts at " + each.startOffset())))
                .sorted().toList();
        return lines.isEmpty() ? List.of("none") : lines;
    }

    private String setOffset(String topic, int partition, long offset) {
        AlterShareGroupOffsetsRequestData request = new AlterShareGroupOffsetsRequestData().setGroupId(ShareWorld.GROUP);
        request.topics().add(new AlterShareGroupOffsetsRequestTopic().setTopicName(topic).setPartitions(List.of(
                new AlterShareGroupOffsetsRequestPartition().setPartitionIndex(partition).setStartOffset(offset))));
        AlterShareGroupOffsetsResponseData response = world.ask(reply -> world.share().alterOffsets(ShareWorld.context(), request, reply));
        short error = response.errorCode() != 0 ? response.errorCode()
                : response.responses().iterator().next().partitions().getFirst().errorCode();
        return Errors.forCode(error).name();
    }

    private String deleteOffsets(String topic) {
        DeleteShareGroupOffsetsRequestData request = new DeleteShareGroupOffsetsRequestData().setGroupId(ShareWorld.GROUP)
                .setTopics(List.of(new DeleteShareGroupOffsetsRequestTopic().setTopicName(topic)));
        DeleteShareGroupOffsetsResponseData response = world.ask(reply -> world.share().deleteOffsets(ShareWorld.context(), request, reply));
        short error = response.errorCode() != 0 ? response.errorCode() : response.responses().getFirst().errorCode();
        return Errors.forCode(error).name();
    }
}
