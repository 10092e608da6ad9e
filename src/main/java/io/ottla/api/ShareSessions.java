// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.share.ShareCoordinator;
import io.ottla.share.SharePartitionKey;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The share sessions there are, at most as many as group.share.max.share.sessions. A session ends with its connection, and
 * the locks of its member with it. Guarded by its own lock.
 */
final class ShareSessions {
    private static final Logger LOG = LoggerFactory.getLogger(ShareSessions.class);

    private final ShareCoordinator share;
    private final int limit;
    private final Map<ShareSession.Key, ShareSession> sessions = new HashMap<>();

    ShareSessions(ShareCoordinator share, int limit) {
        this.share = share;
        this.limit = limit;
    }

    /** Opens a session in place of any that the member has; null if there are too many. On the connection's loop. */
    ShareSession open(ShareSession.Key key, Request request) {
        ShareSession session = new ShareSession(key);
        synchronized (this) {
            if (!sessions.containsKey(key) && sessions.size() >= limit) {
                return null;
            }
            sessions.put(key, session);
        }
        request.whenClosed(key, () -> close(session));
        return session;
    }

    /** The session, or null. */
    synchronized ShareSession find(ShareSession.Key key) {
        return sessions.get(key);
    }

    /** Ends a session and gives up the locks of its member; harmless if it has ended. */
    void close(ShareSession session) {
        synchronized (this) {
            if (!sessions.remove(session.key(), session)) {
                return;
            }
        }
        for (ShareSession.Target target : session.targets()) {
            SharePartitionKey partition = new SharePartitionKey(session.key().groupId(), target.topicId(), target.partition());
            share.release(partition, session.key().memberId(), error -> {
                if (error != Errors.NONE) {
                    LOG.debug("event=locks_not_released share_partition={} error={} action=wait_until_they_end", partition, error);
                }
            });
        }
    }
}
