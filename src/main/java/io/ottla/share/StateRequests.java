// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.group.Gather;
import io.ottla.group.OnceCaller;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/** Questions that concern many share partitions at once, each of which some shard decides. Safe for any thread. */
record StateRequests(BiConsumer<SharePartitionKey, ShareCommand> submit) {
    /** Gives partitions their state; the first error among them, or NONE. */
    void initialize(String groupId, Map<Uuid, ReadyPartitions.Partitions> partitions, int stateEpoch, Consumer<Errors> reply) {
        List<SharePartitionKey> keys = new ArrayList<>();
        partitions.forEach((topic, each) -> each.indexes().forEach(index -> keys.add(new SharePartitionKey(groupId, topic, index))));
        all(keys, reply, key -> caller -> new ShareCommand.Initialize(key, stateEpoch, SharePartition.NOT_STARTED, false, caller));
    }

    /** Takes partitions their state away; the first error among them, or NONE. */
    void remove(Collection<SharePartitionKey> keys, Consumer<Errors> reply) {
        all(keys, reply, key -> caller -> new ShareCommand.Remove(key, caller));
    }

    /** Asks about one partition; null for one without state. */
    void read(SharePartitionKey key, Consumer<Answered<ShareSnapshot>> reply) {
        submit.accept(key, new ShareCommand.Read(key, Answered.caller(new OnceCaller<>(reply, Answered::refused))));
    }

    /** Sets where a group begins in one partition; a negative offset is for where share.auto.offset.reset says. */
    void reset(SharePartitionKey key, int stateEpoch, long startOffset, Consumer<Errors> reply) {
        submit.accept(key, new ShareCommand.Initialize(
                key, stateEpoch, Math.max(SharePartition.NOT_STARTED, startOffset), true, new OnceCaller<>(reply, error -> error)));
    }

    private void all(
            Collection<SharePartitionKey> keys,
            Consumer<Errors> reply,
            Function<SharePartitionKey, Function<OnceCaller<Errors>, ShareCommand>> command) {
        if (keys.isEmpty()) {
            reply.accept(Errors.NONE);
            return;
        }
        Gather<Errors> gather = new Gather<>(keys.size(),
                errors -> reply.accept(errors.stream().filter(error -> error != Errors.NONE).findFirst().orElse(Errors.NONE)));
        int i = 0;
        for (SharePartitionKey key : keys) {
            submit.accept(key, command.apply(key).apply(new OnceCaller<>(gather.slot(i++), error -> error)));
        }
    }
}
