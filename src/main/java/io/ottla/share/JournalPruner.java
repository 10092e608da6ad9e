// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.topic.InternalTopics;
import io.ottla.topic.Partition;
import io.ottla.topic.PartitionOffsets;
import io.ottla.topic.TopicCatalog;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Shortens __share_group_state, which compaction cannot do: an update does not replace the one before. All that lies before a
 * moment is redundant once every share partition has been written as a whole after it. Works in virtual threads.
 */
final class JournalPruner implements Caller<SharePartitionKey> {
    private static final Logger LOG = LoggerFactory.getLogger(JournalPruner.class);
    /** A journal of fewer entries is left alone. */
    private static final long MIN_ENTRIES = 200;
    private static final int MAX_ROUNDS = 10_000;

    /** Has a shard write partitions as a whole; answered with the number of those that are left, or -1. */
    interface Condensing {
        void condense(int shard, long beforeMs, Consumer<Integer> left);
    }

    private final TopicCatalog catalog;
    private final Condensing condensing;

    JournalPruner(TopicCatalog catalog, Condensing condensing) {
        this.catalog = catalog;
        this.condensing = condensing;
    }

    @Override
    public void answer(SharePartitionKey key) {
        Thread.ofVirtual().name("ottla-share-prune").start(() -> prune(key));
    }

    @Override
    public void refuse(Errors error) {
        LOG.debug("event=share_prune_put_off error={}", error);
    }

    private void prune(SharePartitionKey key) {
        List<Partition> partitions = catalog.topics().get(InternalTopics.SHARE_GROUP_STATE).partitions();
        int shard = key.shardOf(partitions.size());
        Partition partition = partitions.get(shard);
        try {
            PartitionOffsets offsets = partition.offsets();
            if (offsets.logEnd() - offsets.logStart() < MIN_ENTRIES || !condense(shard)) {
                return;
            }
            partition.deleteRecordsBefore(offsets.logEnd());
            LOG.debug("event=share_state_pruned partition={} start={}", partition.id(), offsets.logEnd());
        } catch (ApiException e) {
            LOG.warn("event=share_prune_failed partition={} reason=\"{}\" action=retry_later", partition.id(), e.getMessage());
        }
    }

    private boolean condense(int shard) {
        long beforeMs = System.currentTimeMillis() + 1;
        for (int round = 0; round < MAX_ROUNDS; round++) {
            CompletableFuture<Integer> left = new CompletableFuture<>();
            condensing.condense(shard, beforeMs, left::complete);
            int count = left.join();
            if (count <= 0) {
                return count == 0;
            }
        }
        return false;
    }
}
