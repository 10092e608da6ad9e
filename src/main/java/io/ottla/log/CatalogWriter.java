// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes the catalog's changes into its journal before they take effect, and sees to it that a change that was refused stays so: when
 * it could not be taken back either, nothing else is written until it is, which is tried again and again. Called under the catalog's lock.
 */
final class CatalogWriter {
    private static final Logger LOG = LoggerFactory.getLogger(CatalogWriter.class);
    private static final long SETTLE_AGAIN_MS = 5_000;

    private final LogContext context;
    private final CatalogJournal journal;
    private final ReentrantLock lock;
    private final Supplier<CatalogImage> image;
    private boolean closed;
    /** Whether another attempt to end the journal's doubt is planned. */
    private boolean settling;

    /**
     * @param lock  the catalog's
     * @param image what the catalog is, without the change that is being written
     */
    CatalogWriter(LogContext context, CatalogJournal journal, ReentrantLock lock, Supplier<CatalogImage> image) {
        this.context = context;
        this.journal = journal;
        this.lock = lock;
        this.image = image;
    }

    /** @throws KafkaStorageException the change is not made */
    void write(CatalogEvent event) {
        if (closed) {
            throw new KafkaStorageException("The log is closed");
        }
        try {
            settle();
            if (journal.worthRewriting() && !event.makesRoom()) {
                journal.rewrite(image.get().events());
            }
            journal.append(event);
        } catch (IOException e) {
            throw trySettle() ? unsaved(e) : doubtful(e);
        }
    }

    private void settle() throws IOException {
        if (journal.inDoubt()) {
            journal.settle(image.get().events());
            LOG.info("event=catalog_doubt_settled action=refused_changes_are_undone");
        }
    }

    /** Undoes what was refused; false if it may still come true at the next start. Then it is tried again. */
    private boolean trySettle() {
        try {
            settle();
            return true;
        } catch (IOException e) {
            if (!settling) {
                settling = true;
                context.timers().schedule(SETTLE_AGAIN_MS, () -> context.workers().submit(this::settleLater));
            }
            return false;
        }
    }

    private void settleLater() {
        lock.lock();
        try {
            settling = false;
            if (!closed) {
                trySettle();
            }
        } finally {
            lock.unlock();
        }
    }

    private KafkaStorageException doubtful(IOException cause) {
        context.failures().changes.increment();
        LOG.error("event=catalog_in_doubt action=refused_and_undone_as_soon_as_the_disk_works reason=\"{}\"", cause.getMessage());
        return new KafkaStorageException("The change could neither be saved nor undone, and may turn out to be made if the broker is started again: "
                + cause.getMessage(), cause);
    }

    /** Counts and logs a change that the disk does not take; returns what to say of it. */
    KafkaStorageException unsaved(IOException cause) {
        context.failures().changes.increment();
        LOG.error("event=catalog_write_failed action=refused reason=\"{}\"", cause.getMessage());
        return new KafkaStorageException("The change cannot be saved: " + cause.getMessage(), cause);
    }

    /** True if a change that was refused may turn out to be made at the next start. Takes the lock. */
    boolean inDoubt() {
        lock.lock();
        try {
            return journal.inDoubt();
        } finally {
            lock.unlock();
        }
    }

    /** Writes no more; ends a doubt if that is possible now. */
    void close() {
        trySettle();
        closed = true;
    }
}
