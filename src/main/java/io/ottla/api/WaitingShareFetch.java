// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.EventLoop;
import io.ottla.network.Request;
import io.ottla.share.Acknowledgement;
import io.ottla.share.ShareCoordinator;
import io.ottla.share.ShareGroupConfig;
import io.ottla.share.SharePartitionKey;
import io.ottla.topic.TopicCatalog;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import org.apache.kafka.common.message.ShareFetchRequestData;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchPartition;
import org.apache.kafka.common.message.ShareFetchRequestData.FetchTopic;
import org.apache.kafka.common.protocol.Errors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A share fetch from its acknowledgements until its reply. In each round it asks where it may read in its partitions, reads,
 * and locks what it read; while it gets nothing it waits until a partition has more or others let go of records, at most as
 * long as the client wants. Runs on the connection's loop, but for {@link #woken}.
 */
final class WaitingShareFetch {
    private static final Logger LOG = LoggerFactory.getLogger(WaitingShareFetch.class);
    /** The acquire mode in which max.records is never exceeded. */
    private static final int RECORD_LIMIT = 1;

    private final ShareCoordinator share;
    private final Request request;
    private final ShareSession session;
    private final ShareFetchRequestData body;
    private final int minBytes;
    private final ShareFetchReply reply;
    private final List<ShareFetchTarget> targets = new ArrayList<>();
    private final AtomicBoolean roundQueued = new AtomicBoolean();
    private final List<AutoCloseable> watches = new ArrayList<>();
    private EventLoop.Timer timer;
    private int acknowledging;
    private int asked;
    private final int maxBytes;
    private int recordsLeft;
    private boolean inRound;
    /** Past the asking. */
    private boolean locking;
    private boolean roundWanted;
    private boolean timeUp;
    private boolean fetched;

    WaitingShareFetch(
            TopicCatalog catalog,
            ShareCoordinator share,
            Request request,
            ShareSession session,
            ShareFetchRequestData body,
            List<ShareSession.Target> targets,
            int maxBytes) {
        this.share = share;
        this.request = request;
        this.session = session;
        this.body = body;
        this.maxBytes = maxBytes;
        this.minBytes = Math.min(body.minBytes(), maxBytes);
        this.recordsLeft = body.maxRecords();
        ShareGroupConfig config = share.configOf(body.groupId());
        this.reply = new ShareFetchReply(config.lockDurationMs());
        for (ShareSession.Target target : targets) {
            this.targets.add(new ShareFetchTarget(catalog, share, config, session.key(), target));
            if (body.shareSessionEpoch() == ShareSession.INITIAL_EPOCH) {
                reply.mention(target);
            }
        }
    }

    void begin() {
        acknowledging = 1;
        for (FetchTopic topic : body.topics()) {
            for (FetchPartition partition : topic.partitions()) {
                if (!partition.acknowledgementBatches().isEmpty()) {
                    acknowledge(new ShareSession.Target(topic.topicId(), partition.partitionIndex()), partition);
                }
            }
        }
        acknowledging--;
        if (targets.isEmpty()) {
            fetched = true;
            sendIfComplete();
            return;
        }
        timer = body.maxWaitMs() > 0 && minBytes > 0 ? request.loop().schedule(body.maxWaitMs(), this::waitedLongEnough) : null;
        timeUp = timer == null;
        round();
    }

    private void acknowledge(ShareSession.Target target, FetchPartition partition) {
        List<Acknowledgement> read = ShareAcknowledgements.ofFetch(partition.acknowledgementBatches(), body.isRenewAck());
        if (read == null) {
            reply.acknowledged(target, Errors.INVALID_REQUEST);
            return;
        }
        acknowledging++;
        SharePartitionKey key = new SharePartitionKey(body.groupId(), target.topicId(), target.partition());
        share.acknowledge(key, body.memberId(), read, onLoop(error -> {
            reply.acknowledged(target, error);
            acknowledging--;
            sendIfComplete();
        }));
    }

    private <T> Consumer<T> onLoop(Consumer<T> then) {
        return answer -> request.loop().execute(() -> then.accept(answer));
    }

    private void round() {
        inRound = true;
        locking = false;
        roundWanted = false;
        for (ShareFetchTarget target : targets) {
            if (!target.asked()) {
                asked++;
                target.look(recordsLeft, onLoop(look -> looked(target, look)));
            }
        }
    }

    /** Ends the asking once all have answered, or one that nobody had read before has begun: it is not kept back by the others. */
    private void looked(ShareFetchTarget target, ShareFetchTarget.Look look) {
        target.take(look);
        asked--;
        if (fetched) {
            return;
        }
        if (!inRound) {
            round();
        } else if (locking) {
            roundWanted = true;
        } else if (asked == 0 || look.begun() && !timeUp) {
            read();
        }
    }

    private void read() {
        locking = true;
        int bytes = 0;
        boolean failed = false;
        for (ShareFetchTarget target : targets) {
            bytes += target.read(maxBytes - bytes, bytes == 0);
            failed |= target.error() != Errors.NONE;
        }
        if (bytes < Math.max(1, minBytes) && !timeUp && !failed) {
            endRound();
        } else {
            acquire(0);
        }
    }

    /** Locks what was read, partition after partition from {@code first} on, until there are enough records. */
    private void acquire(int first) {
        int index = first;
        while (index < targets.size() && !targets.get(index).hasRead()) {
            index++;
        }
        if (index == targets.size() || recordsLeft <= 0 || request.abandoned()) {
            endRound();
            return;
        }
        ShareFetchTarget target = targets.get(index);
        int next = index + 1;
        target.acquire(recordsLeft, body.batchSize(), body.shareAcquireMode() == RECORD_LIMIT, onLoop(answer -> {
            target.keep(answer);
            recordsLeft -= target.recordCount();
            acquire(next);
        }));
    }

    private void endRound() {
        inRound = false;
        boolean found = targets.stream().anyMatch(target -> target.found() || target.error() != Errors.NONE);
        targets.forEach(ShareFetchTarget::forgetRead);
        if (found || timeUp || request.abandoned()) {
            fetched = true;
            stopWatching();
            sendIfComplete();
        } else if (roundWanted || watches.isEmpty() || targets.stream().anyMatch(ShareFetchTarget::goesOn)) {
            watch();
            round();
        } else {
            targets.forEach(target -> target.awaitMore(this::woken));
        }
    }

    /** From the first round in vain on; the second follows at once, as a partition may have advanced before it was watched. */
    private void watch() {
        if (watches.isEmpty()) {
            targets.forEach(target -> watches.add(target.watch(this::woken)));
        }
    }

    /** A partition has more, or others let go of records. From any thread. */
    private void woken() {
        if (roundQueued.compareAndSet(false, true)) {
            request.loop().execute(() -> {
                roundQueued.set(false);
                lookAgain();
            });
        }
    }

    private void waitedLongEnough() {
        timeUp = true;
        lookAgain();
    }

    private void lookAgain() {
        if (fetched) {
            return;
        }
        if (inRound) {
            roundWanted = true;
        } else {
            round();
        }
    }

    private void sendIfComplete() {
        if (!fetched || acknowledging > 0) {
            return;
        }
        List<ShareSession.Target> served = new ArrayList<>();
        for (ShareFetchTarget target : targets) {
            if (target.found()) {
                served.add(target.target());
            }
            target.addTo(reply);
        }
        session.served(served);
        request.reply(reply.data());
    }

    private void stopWatching() {
        if (timer != null) {
            timer.cancel();
        }
        targets.forEach(ShareFetchTarget::awaitNoMore);
        for (AutoCloseable watch : watches) {
            try {
                watch.close();
            } catch (Exception e) {
                LOG.error("event=watch_close_failed action=ignore", e);
            }
        }
        watches.clear();
    }
}
