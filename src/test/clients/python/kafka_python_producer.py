# SPDX-License-Identifier: Apache-2.0
"""Produces as kafka-python's users write it: str.encode as serializer, send, flush, close; first with keys, then without."""
import sys

from kafka import KafkaProducer

servers, topic, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
producer = KafkaProducer(bootstrap_servers=servers, key_serializer=str.encode, value_serializer=str.encode)
for number in range(count):
    producer.send(topic, key=f"key-{number}", value=f"value-{number}")
producer.flush()
producer.close()

producer = KafkaProducer(bootstrap_servers=servers, value_serializer=str.encode)
futures = [producer.send(topic, f"value-{number}") for number in range(count, 2 * count)]
producer.flush()
offsets = [future.get(timeout=120).offset for future in futures]
producer.close()
print("sent", count + len(offsets))
