# SPDX-License-Identifier: Apache-2.0
"""Walks a topic and a group through confluent-kafka's admin client, printing a line for each step."""
import sys

from confluent_kafka import Consumer, ConsumerGroupTopicPartitions, Producer, TopicPartition
from confluent_kafka.admin import AdminClient, ConfigResource, NewPartitions, NewTopic, OffsetSpec

servers, topic, group = sys.argv[1:4]
admin = AdminClient({"bootstrap.servers": servers})


def only(futures):
    (future,) = futures.values()
    return future.result(timeout=120)


only(admin.create_topics([NewTopic(topic, num_partitions=2, replication_factor=1, config={"retention.ms": "3600000"})]))
only(admin.create_partitions([NewPartitions(topic, 3)]))
print("partitions", len(admin.list_topics(topic, timeout=120).topics[topic].partitions))
config = only(admin.describe_configs([ConfigResource(ConfigResource.Type.TOPIC, topic)]))
print("retention", config["retention.ms"].value)

producer = Producer({"bootstrap.servers": servers})
for number in range(10):
    producer.produce(topic, partition=0, value=str(number))
producer.flush(20)
print("end", only(admin.list_offsets({TopicPartition(topic, 0): OffsetSpec.latest()})).offset)

consumer = Consumer({"bootstrap.servers": servers, "group.id": group, "auto.offset.reset": "earliest"})
consumer.subscribe([topic])
messages = []
while len(messages) < 10:
    messages += [message for message in consumer.consume(10, 1.0) if message.error() is None]
consumer.commit(asynchronous=False)
description = only(admin.describe_consumer_groups([group]))
print("group", description.state.name, len(description.members))
consumer.close()
listed = only(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(group)])).topic_partitions
print("committed", sorted((p.partition, p.offset) for p in listed if p.offset >= 0))
print("listed", group in [g.group_id for g in admin.list_consumer_groups().result(20).valid])
only(admin.delete_consumer_groups([group]))
print("listed", group in [g.group_id for g in admin.list_consumer_groups().result(20).valid])
only(admin.delete_topics([topic]))
print("deleted")
