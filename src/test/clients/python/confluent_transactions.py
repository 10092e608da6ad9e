# SPDX-License-Identifier: Apache-2.0
"""Copies records from one topic to another in transactions, and gives every third one up halfway, as a crash would."""
import sys

from confluent_kafka import Consumer, Producer

servers, group, source, target, count = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4], int(sys.argv[5])
producer = Producer({"bootstrap.servers": servers, "transactional.id": group + "-copy", "linger.ms": 5})
producer.init_transactions(120)
copied = 0
attempt = 0
while copied < count:
    consumer = Consumer({
        "bootstrap.servers": servers, "group.id": group, "auto.offset.reset": "earliest",
        "enable.auto.commit": False, "isolation.level": "read_committed"})
    consumer.subscribe([source])
    while copied < count:
        messages = [message for message in consumer.consume(20, 1.0) if message.error() is None]
        if not messages:
            continue
        attempt += 1
        producer.begin_transaction()
        for message in messages:
            producer.produce(target, partition=message.partition(), value=message.value())
        producer.send_offsets_to_transaction(consumer.position(consumer.assignment()), consumer.consumer_group_metadata())
        if attempt % 3 == 0:
            producer.flush(120)
            producer.abort_transaction(120)
            print("aborted", len(messages), flush=True)
            break
        producer.commit_transaction(120)
        copied += len(messages)
        print("committed", len(messages), flush=True)
    consumer.close()
print("copied", copied, flush=True)
