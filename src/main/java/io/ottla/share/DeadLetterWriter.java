// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import io.ottla.coordinator.Caller;
import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.Partition;
import io.ottla.topic.Topic;
import io.ottla.topic.TopicCatalog;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidConfigurationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes dead letters, each run of records in a virtual thread of its own; there are never more than records in flight.
 * What cannot be written after five attempts is logged and given up, as in Kafka, so that its partition can go on.
 */
final class DeadLetterWriter implements Caller<DeadLetter> {
    private static final Logger LOG = LoggerFactory.getLogger(DeadLetterWriter.class);
    private static final int ATTEMPTS = 5;
    private static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final String ENABLED = "errors.deadletterqueue.group.enable";

    private final TopicCatalog catalog;
    private final Function<String, ShareGroupConfig> configs;
    private final Map<String, ?> brokerConfigs;
    private final Consumer<DeadLetter> written;

    /** @param written is told of each letter that is written or given up */
    DeadLetterWriter(
            TopicCatalog catalog, Function<String, ShareGroupConfig> configs, Map<String, ?> brokerConfigs, Consumer<DeadLetter> written) {
        this.catalog = catalog;
        this.configs = configs;
        this.brokerConfigs = brokerConfigs;
        this.written = written;
    }

    @Override
    public void answer(DeadLetter letter) {
        Thread.ofVirtual().name("ottla-dead-letter").start(() -> deliver(letter));
    }

    /** The decision was not kept; the letters are asked for again when its shard has been loaded. */
    @Override
    public void refuse(Errors error) {
        LOG.debug("event=dead_letter_undone error={}", error);
    }

    private void deliver(DeadLetter letter) {
        Duration pause = FIRST_PAUSE;
        for (int attempt = 1; !write(letter, attempt) && attempt < ATTEMPTS; attempt++) {
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
            }
            pause = pause.multipliedBy(2);
        }
        written.accept(letter);
    }

    /** True if there is nothing more to try. */
    private boolean write(DeadLetter letter, int attempt) {
        ShareGroupConfig config = configs.apply(letter.key().groupId());
        if (!config.hasDeadLetters()) {
            return true;
        }
        try {
            List<Partition> partitions = topic(config.deadLetterTopic()).partitions();
            Partition target = partitions.get(letter.key().partition() % partitions.size());
            appendAsConfigured(letter, config, target);
            LOG.debug("event=dead_letters_written share_partition={} first={} last={} topic={}",
                    letter.key(), letter.first(), letter.last(), config.deadLetterTopic());
            return true;
        } catch (InvalidConfigurationException e) {
            LOG.warn("event=dead_letters_lost share_partition={} first={} last={} reason=\"{}\" action=archived",
                    letter.key(), letter.first(), letter.last(), e.getMessage());
            return true;
        } catch (ApiException | AppendRefused e) {
            LOG.warn("event=dead_letters_failed share_partition={} first={} last={} attempt={} reason=\"{}\" action={}",
                    letter.key(), letter.first(), letter.last(), attempt, e.getMessage(), attempt < ATTEMPTS ? "retry" : "archived");
            return false;
        }
    }

    private Topic topic(String name) {
        String prefix = brokerConfigs.get("errors.deadletterqueue.topic.name.prefix") instanceof String set ? set : "dlq.";
        if (name.startsWith("__") || !name.startsWith(prefix)) {
            throw new InvalidConfigurationException("dead-letter topic " + name + " does not begin with \"" + prefix + "\"");
        }
        Topic found = catalog.topics().get(name);
        if (found == null) {
            return create(name);
        }
        if (!Boolean.TRUE.equals(found.config().value(ENABLED))) {
            throw new InvalidConfigurationException("topic " + name + " does not allow dead letters: " + ENABLED + " is false");
        }
        return found;
    }

    private Topic create(String name) {
        if (!Boolean.TRUE.equals(brokerConfigs.get("errors.deadletterqueue.auto.create.topics.enable"))) {
            throw new InvalidConfigurationException("dead-letter topic " + name + " does not exist and may not be created by itself");
        }
        int partitions = brokerConfigs.get("num.partitions") instanceof Number number ? number.intValue() : 1;
        try {
            return catalog.create(name, partitions, Map.of(ENABLED, "true", "message.timestamp.type", "CreateTime"));
        } catch (TopicExistsException createdMeanwhile) {
            return catalog.topics().get(name);
        }
    }

    /** Where a copied record does not fit into the dead-letter topic, its headers still do. */
    private void appendAsConfigured(DeadLetter letter, ShareGroupConfig config, Partition target) {
        try {
            append(letter, config.deadLetterCopies(), target);
        } catch (AppendRefused e) {
            if (!config.deadLetterCopies() || e.error() != Errors.MESSAGE_TOO_LARGE) {
                throw e;
            }
            append(letter, false, target);
        }
    }

    private void append(DeadLetter letter, boolean copies, Partition target) {
        Topic source = catalog.find(letter.key().topicId());
        DeadLetterRecords records = new DeadLetterRecords(letter, source, System.currentTimeMillis());
        long end = -1;
        for (java.nio.ByteBuffer batch : records.batches(copies)) {
            end = target.append(batch, AppendOrigin.COORDINATOR).lastOffset() + 1;
        }
        CompletableFuture<Void> durable = new CompletableFuture<>();
        target.whenDurable(end, failure -> {
            if (failure == null) {
                durable.complete(null);
            } else {
                durable.completeExceptionally(failure);
            }
        });
        try {
            durable.join();
        } catch (java.util.concurrent.CompletionException e) {
            throw (ApiException) e.getCause();
        }
    }
}
