# SPDX-License-Identifier: Apache-2.0
"""Produces numbered records to one partition, idempotently and whatever happens to the broker, until standard input is closed."""
import sys
import threading
import time

from confluent_kafka import Producer

servers, topic, partition = sys.argv[1], sys.argv[2], int(sys.argv[3])
producer = Producer({
    "bootstrap.servers": servers,
    "enable.idempotence": True,
    "message.timeout.ms": 0,
    "linger.ms": 2,
    "reconnect.backoff.max.ms": 200,
    "socket.timeout.ms": 10000,
    "log_level": 0,
})
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()


def delivered(error, message):
    if error is None:
        print("delivered", message.offset(), message.value().decode(), flush=True)
    else:
        print("failed", error, message.value().decode(), flush=True)


number = 0
while not stopped.is_set():
    if len(producer) < 500:
        for _ in range(10):
            producer.produce(topic, partition=partition, value=str(number), callback=delivered)
            number += 1
    producer.poll(0)
    time.sleep(0.004)
print("left", producer.flush(120))
print("sent", number, flush=True)
