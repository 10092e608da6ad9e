// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.group.GroupCoordinator;
import io.ottla.share.ShareCoordinator;
import io.ottla.streams.StreamsCoordinator;
import io.ottla.transaction.TransactionCoordinator;
import java.nio.file.Path;
import java.util.List;

/**
 * What the APIs are answered from.
 *
 * @param admin            topics, configs and this broker
 * @param groups           consumer groups
 * @param groupProtocols   group.coordinator.rebalance.protocols
 * @param share            share groups
 * @param maxShareSessions group.share.max.share.sessions
 * @param streams          streams groups
 * @param transactions     producer ids and transactions
 * @param createsTopics    auto.create.topics.enable
 * @param fetchSessionSlots max.incremental.fetch.session.cache.slots
 * @param fetchMaxBytes    fetch.max.bytes
 * @param dataDirectory    where the data is, for DescribeLogDirs
 */
public record Services(
        TopicAdmin admin,
        GroupCoordinator groups,
        List<String> groupProtocols,
        ShareCoordinator share,
        int maxShareSessions,
        StreamsCoordinator streams,
        TransactionCoordinator transactions,
        boolean createsTopics,
        int fetchSessionSlots,
        int fetchMaxBytes,
        Path dataDirectory) {}
