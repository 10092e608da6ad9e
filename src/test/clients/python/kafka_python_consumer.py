# SPDX-License-Identifier: Apache-2.0
"""Iterates over a topic with auto commit, and stops after so many records."""
import sys

from kafka import KafkaConsumer

servers, group, topic, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=servers,
    group_id=group,
    auto_offset_reset="earliest",
    enable_auto_commit=True,
    key_deserializer=lambda key: key.decode() if key else None,
    value_deserializer=bytes.decode,
)
for message in consumer:
    print("record", message.topic, message.partition, message.offset, message.key, message.value, flush=True)
    count -= 1
    if count == 0:
        break
consumer.close()
print("closed")
