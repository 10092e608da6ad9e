# SPDX-License-Identifier: Apache-2.0
"""Produces numbered records to one partition with delivery reports; extra arguments are name=value settings of librdkafka."""
import sys

from confluent_kafka import Producer

servers, topic, first, count = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
settings = dict(argument.split("=", 1) for argument in sys.argv[5:])
producer = Producer({"bootstrap.servers": servers, **settings})


def delivered(error, message):
    if error is None:
        print("delivered", message.partition(), message.offset(), message.value().decode(), flush=True)
    else:
        print("failed", message.value().decode(), error.name(), flush=True)


for number in range(first, first + count):
    producer.produce(topic, partition=0, key=f"key-{number}", value=str(number), headers=[("n", str(number).encode())], callback=delivered)
    producer.poll(0)
left = producer.flush(120)
print("left", left, flush=True)
