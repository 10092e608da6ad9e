# SPDX-License-Identifier: Apache-2.0
"""Walks a topic and a group through kafka-python's admin client, printing a line for each step."""
import sys

from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import KafkaAdminClient, NewTopic

servers, topic, group = sys.argv[1:4]
admin = KafkaAdminClient(bootstrap_servers=servers)
admin.create_topics([NewTopic(name=topic, num_partitions=2, replication_factor=1)])
admin.wait_for_topics([topic])
print("listed", topic in admin.list_topics())
(description,) = admin.describe_topics([topic])
print("partitions", len(description["partitions"]))

producer = KafkaProducer(bootstrap_servers=servers)
for number in range(10):
    producer.send(topic, str(number).encode(), partition=1)
producer.close()

consumer = KafkaConsumer(bootstrap_servers=servers, group_id=group, auto_offset_reset="earliest", enable_auto_commit=False)
consumer.subscribe([topic])
count = 0
while count < 10:
    count += sum(len(records) for records in consumer.poll(timeout_ms=1000).values())
consumer.commit()
print("end", consumer.end_offsets([TopicPartition(topic, 1)])[TopicPartition(topic, 1)])
consumer.close()
print("committed", admin.list_group_offsets([group])[group][TopicPartition(topic, 1)].offset)
admin.delete_groups([group])
admin.delete_topics([topic])
print("deleted")
admin.close()
