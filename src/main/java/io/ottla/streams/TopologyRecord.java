// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import io.ottla.coordinator.RecordReader;
import io.ottla.coordinator.RecordWriter;
import io.ottla.streams.Topology.CopartitionGroup;
import io.ottla.streams.Topology.InternalTopic;
import io.ottla.streams.Topology.Subtopology;

/** A topology as the record of __consumer_offsets keeps it. */
final class TopologyRecord {
    private TopologyRecord() {}

    static RecordWriter write(RecordWriter out, Topology topology) {
        return out.int32(topology.epoch()).array(topology.subtopologies(), TopologyRecord::write).noTags();
    }

    private static void write(RecordWriter out, Subtopology subtopology) {
        out.string(subtopology.id())
                .array(subtopology.sourceTopics(), RecordWriter::string)
                .array(subtopology.sourceTopicRegex(), RecordWriter::string)
                .array(subtopology.changelogs(), TopologyRecord::write)
                .array(subtopology.repartitionSinks(), RecordWriter::string)
                .array(subtopology.repartitionSources(), TopologyRecord::write)
                .array(subtopology.copartitionGroups(), TopologyRecord::write)
                .noTags();
    }

    private static void write(RecordWriter out, InternalTopic topic) {
        out.string(topic.name()).int32(topic.partitions()).int16(topic.replicationFactor());
        StreamsRecords.pairs(out, topic.configs()).noTags();
    }

    private static void write(RecordWriter out, CopartitionGroup group) {
        out.array(group.sourceTopics(), TopologyRecord::writeIndex)
                .array(group.sourceTopicRegex(), TopologyRecord::writeIndex)
                .array(group.repartitionSourceTopics(), TopologyRecord::writeIndex)
                .noTags();
    }

    private static void writeIndex(RecordWriter out, short index) {
        out.int16(index);
    }

    static Topology read(RecordReader in) {
        return new Topology(in.int32(), in.array(TopologyRecord::readSubtopology));
    }

    private static Subtopology readSubtopology(RecordReader in) {
        Subtopology subtopology = new Subtopology(
                in.string(),
                in.array(RecordReader::string),
                in.array(RecordReader::string),
                in.array(TopologyRecord::readTopic),
                in.array(RecordReader::string),
                in.array(TopologyRecord::readTopic),
                in.array(TopologyRecord::readGroup));
        in.skipTags();
        return subtopology;
    }

    private static InternalTopic readTopic(RecordReader in) {
        InternalTopic topic = new InternalTopic(in.string(), in.int32(), in.int16(), StreamsRecords.readPairs(in));
        in.skipTags();
        return topic;
    }

    private static CopartitionGroup readGroup(RecordReader in) {
        CopartitionGroup group = new CopartitionGroup(
                in.array(RecordReader::int16), in.array(RecordReader::int16), in.array(RecordReader::int16));
        in.skipTags();
        return group;
    }
}
