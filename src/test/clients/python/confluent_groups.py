# SPDX-License-Identifier: Apache-2.0
"""A group of confluent-kafka consumers: two that share four partitions, one that leaves, a static member that returns, an expression."""
import sys
import time

from confluent_kafka import Consumer, Producer
from confluent_kafka.admin import AdminClient, NewTopic

servers, protocol, name = sys.argv[1:4]
settings = {"group.protocol": protocol, "auto.offset.reset": "earliest", "enable.auto.commit": False, "topic.metadata.refresh.interval.ms": 200}
if protocol == "classic":
    settings |= {"partition.assignment.strategy": "cooperative-sticky", "heartbeat.interval.ms": 100}
admin = AdminClient({"bootstrap.servers": servers})


class Member:
    def __init__(self, group, topics, **more):
        self.events = []
        self.consumer = Consumer({"bootstrap.servers": servers, "group.id": group} | settings | {k.replace("_", "."): v for k, v in more.items()})
        self.consumer.subscribe(topics, on_assign=self.assigned, on_revoke=self.revoked)

    def assigned(self, consumer, partitions):
        self.events.append("+%d" % len(partitions))
        consumer.incremental_assign(partitions)

    def revoked(self, consumer, partitions):
        self.events.append("-%d" % len(partitions))
        consumer.incremental_unassign(partitions)

    def owned(self):
        return sorted((p.topic, p.partition) for p in self.consumer.assignment())


def poll_until(condition, *members):
    deadline = time.monotonic() + 120
    records = []
    while not condition(records):
        if time.monotonic() > deadline:
            sys.exit("gave up: %s" % [(member.owned(), member.events) for member in members])
        for member in members:
            message = member.consumer.poll(0.02)
            if message is not None and message.error() is None:
                records.append((message.topic(), message.partition(), message.offset()))
    return records


def topic(suffix, partitions):
    for future in admin.create_topics([NewTopic(name + suffix, partitions, 1)]).values():
        future.result(120)
    producer = Producer({"bootstrap.servers": servers})
    for partition in range(partitions):
        producer.produce(name + suffix, partition=partition, value="v")
    producer.flush(120)
    return name + suffix


shared = topic("-shared", 4)
one = Member(name, [shared])
print("read", len(set(poll_until(lambda records: len(records) == 4, one))), flush=True)
one.consumer.commit(asynchronous=False)
two = Member(name, [shared], group_instance_id="two")
poll_until(lambda _: len(one.owned()) == len(two.owned()) == 2, one, two)
print("shared", one.events[0], set(one.owned()) & set(two.owned()), flush=True)

before = two.owned()
two.consumer.close()
disturbances = len(one.events)
two = Member(name, [shared], group_instance_id="two")
poll_until(lambda _: len(two.owned()) == 2, one, two)
print("returned", two.owned() == before, [event for event in one.events[disturbances:] if event != "+0"], flush=True)

one.consumer.close()
poll_until(lambda _: len(two.owned()) == 4, two)
two.consumer.close()
print("left", flush=True)

topic("-x-a", 1)
matching = Member(name + "-regex", ["^" + name + "-x-[ab]"])
poll_until(lambda records: len(records) == 1, matching)
topic("-x-b", 1)
topic("-x-c", 1)
poll_until(lambda records: len(records) == 1, matching)
print("matched", [topic.removeprefix(name) for topic, _ in matching.owned()], flush=True)
matching.consumer.close()
