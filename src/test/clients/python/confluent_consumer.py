# SPDX-License-Identifier: Apache-2.0
"""Consumes as confluent-kafka's users write it: subscribe, poll(1.0) in a loop, stop at the end of every partition, close."""
import sys

from confluent_kafka import Consumer, KafkaError, KafkaException

servers, group, topic, partitions = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
consumer = Consumer({
    "bootstrap.servers": servers,
    "group.id": group,
    "auto.offset.reset": "earliest",
    "enable.partition.eof": True,
})
consumer.subscribe(
    [topic],
    on_assign=lambda _, assigned: print("assigned", len(assigned), flush=True),
    on_revoke=lambda _, revoked: print("revoked", len(revoked), flush=True),
)
ended = set()
while len(ended) < partitions:
    message = consumer.poll(1.0)
    if message is None:
        continue
    if message.error():
        if message.error().code() != KafkaError._PARTITION_EOF:
            raise KafkaException(message.error())
        print("end", message.partition(), message.offset(), flush=True)
        ended.add(message.partition())
        continue
    print("record", message.partition(), message.offset(), message.key().decode(), message.value().decode(), flush=True)
consumer.close()
print("closed", flush=True)
