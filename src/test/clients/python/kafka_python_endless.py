# SPDX-License-Identifier: Apache-2.0
"""Produces numbered records to one partition, idempotently and whatever happens to the broker, until standard input is closed."""
import sys
import threading
import time

from kafka import KafkaProducer

servers, topic, partition = sys.argv[1], sys.argv[2], int(sys.argv[3])
producer = KafkaProducer(
    bootstrap_servers=servers,
    enable_idempotence=True,
    acks="all",
    linger_ms=2,
    delivery_timeout_ms=600_000,
    request_timeout_ms=10_000,
    max_block_ms=600_000,
    reconnect_backoff_max_ms=200,
)
stopped = threading.Event()
threading.Thread(target=lambda: (sys.stdin.read(), stopped.set()), daemon=True).start()
lock = threading.Lock()
in_flight = threading.Semaphore(500)


def done(line):
    in_flight.release()
    with lock:
        print(line, flush=True)


number = 0
while not stopped.is_set():
    for _ in range(5):
        value = str(number)
        in_flight.acquire()
        future = producer.send(topic, value.encode(), partition=partition)
        future.add_callback(lambda metadata, value=value: done(f"delivered {metadata.offset} {value}"))
        future.add_errback(lambda error, value=value: done(f"failed {error!r} {value}"))
        number += 1
    time.sleep(0.004)
producer.flush(timeout=120)
with lock:
    print("sent", number, flush=True)
