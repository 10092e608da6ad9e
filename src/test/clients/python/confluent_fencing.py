# SPDX-License-Identifier: Apache-2.0
"""A producer that another one has replaced, one that was too slow, and one that goes on after it gave a transaction up."""
import sys
import time

from confluent_kafka import Consumer, KafkaException, Producer, TopicPartition

servers, name, topic, patience = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])


def open_producer(transactional_id, **more):
    producer = Producer({"bootstrap.servers": servers, "transactional.id": transactional_id, "linger.ms": 0, **more})
    producer.init_transactions(patience)
    return producer


def begin(producer, value):
    producer.begin_transaction()
    producer.produce(topic, partition=0, value=value)
    producer.flush(patience)


def attempt(who, what):
    try:
        what()
        print(who, "went well", flush=True)
    except KafkaException as e:
        error = e.args[0]
        print(who, error.name(), "fatal" if error.fatal() else "abort" if error.txn_requires_abort() else "retry", flush=True)


def stable_end():
    consumer = Consumer({"bootstrap.servers": servers, "group.id": name, "isolation.level": "read_committed"})
    try:
        return consumer.get_watermark_offsets(TopicPartition(topic, 0), patience)[1]
    finally:
        consumer.close()


old = open_producer(name + "-fenced")
begin(old, "zombie")
new = open_producer(name + "-fenced")
begin(new, "alive")
attempt("commit of the new one", lambda: new.commit_transaction(patience))
attempt("commit of the old one", lambda: old.commit_transaction(patience))
attempt("abort of the old one", lambda: old.abort_transaction(patience))

late = open_producer(name + "-late", **{"transaction.timeout.ms": 1000})
begin(late, "late")
deadline = time.monotonic() + patience
while stable_end() < 6 and time.monotonic() < deadline:
    time.sleep(0.1)
print("stable end", stable_end(), flush=True)
attempt("commit of the late one", lambda: late.commit_transaction(patience))

steady = open_producer(name + "-steady")
begin(steady, "given up")
attempt("abort", lambda: steady.abort_transaction(patience))
for i in range(3):
    begin(steady, "steady %d" % i)
    attempt("commit", lambda: steady.commit_transaction(patience))

consumer = Consumer({"bootstrap.servers": servers, "group.id": name, "isolation.level": "read_committed", "enable.auto.commit": False})
consumer.assign([TopicPartition(topic, 0, 0)])
read = []
while len(read) < 4:
    read += [message.value().decode() for message in consumer.consume(4 - len(read), 1.0) if message.error() is None]
print("read", ", ".join(read), flush=True)
consumer.close()
