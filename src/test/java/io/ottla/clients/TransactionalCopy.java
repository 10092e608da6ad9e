// SPDX-License-Identifier: Apache-2.0
package io.ottla.clients;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.testkit.Clients;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.apache.kafka.common.TopicPartition;

/** A topic whose records a program of another language copies in transactions, some of which it gives up. */
final class TransactionalCopy {
    private final Clients clients;
    private final String group;
    private final String source;
    private final String target;
    private final int count;

    TransactionalCopy(Clients clients, String name, int count) {
        this.clients = clients;
        this.group = Clients.unique(name);
        this.source = clients.topic(name + "-in", 2);
        this.target = clients.topic(name + "-out", 2);
        this.count = count;
        clients.sendNumbers(source, 0, 0, count / 2 - 1);
        clients.sendNumbers(source, 1, count / 2, count - 1);
    }

    String group() {
        return group;
    }

    String source() {
        return source;
    }

    String target() {
        return target;
    }

    /** Each record must be there once, whatever was given up under way, and the group must have committed them all. */
    void check(List<String> lines) {
        assertEquals("copied " + count, lines.getLast());
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("aborted")), lines::toString);
        var consumer = clients.consumer(null, Map.of("isolation.level", "read_committed"));
        consumer.assign(List.of(new TopicPartition(target, 0), new TopicPartition(target, 1)));
        assertEquals(IntStream.range(0, count).boxed().toList(),
                Clients.values(Clients.poll(consumer, count)).stream().map(Integer::valueOf).sorted().toList());
        var committed = Clients.await(clients.admin().listConsumerGroupOffsets(group).partitionsToOffsetAndMetadata());
        assertEquals(count, committed.values().stream().mapToLong(each -> each.offset()).sum(), committed::toString);
    }
}
