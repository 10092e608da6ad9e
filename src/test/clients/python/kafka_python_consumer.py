# SPDX-License-Identifier: Apache-2.0
"""Iterates over a topic with auto commit, and stops when nothing has come for a while."""
import sys

from kafka import KafkaConsumer

servers, group, topic = sys.argv[1:4]
consumer = KafkaConsumer(
    topic,
    bootstrap_servers=servers,
    group_id=group,
    auto_offset_reset="earliest",
    enable_auto_commit=True,
    consumer_timeout_ms=2000,
    key_deserializer=lambda key: key.decode() if key else None,
    value_deserializer=bytes.decode,
)
for message in consumer:
    print("record", message.topic, message.partition, message.offset, message.key, message.value, flush=True)
consumer.close()
print("closed")
