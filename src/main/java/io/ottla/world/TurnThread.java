// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

import java.util.ArrayDeque;

/**
 * A thread that works in turns: it waits for things to do, does them, and waits again. Others can leave work for the end of the turn that
 * it is in, where what came in during the turn is done together and nobody has to be woken. A turn should be short, as everybody waits for
 * its end: work whose length a stranger decides asks {@link #effortLeft} first.
 */
public abstract class TurnThread extends Thread {
    /** About ten milliseconds of decompression. */
    private static final int TURN_EFFORT_BYTES = 16 << 20;

    private final boolean patient;
    private final ArrayDeque<Runnable> atEnd = new ArrayDeque<>();
    private int effortLeft = TURN_EFFORT_BYTES;

    /** @param patient whether the work of its turns may wait for the disk */
    protected TurnThread(String name, boolean patient) {
        super(name);
        this.patient = patient;
        setDaemon(true);
    }

    /** The current thread if it is one of these, or null. */
    public static TurnThread current() {
        return Thread.currentThread() instanceof TurnThread thread ? thread : null;
    }

    /** The current thread if it is one of these and its work may wait for the disk, or null. */
    public static TurnThread currentPatient() {
        return Thread.currentThread() instanceof TurnThread thread && thread.patient ? thread : null;
    }

    /** Runs {@code work} before this thread waits again, once even if it is left several times. Only on this thread. */
    public final void atEndOfTurn(Runnable work) {
        if (!atEnd.contains(work)) {
            atEnd.add(work);
        }
    }

    /** Takes the next piece of work that was left for the end of this turn, or null. Only on this thread. */
    protected final Runnable takeAtEnd() {
        return atEnd.poll();
    }

    /** Whether work was left for the end of a turn that has not come yet: then the thread must not wait. Only on this thread. */
    protected final boolean hasWorkAtEnd() {
        return !atEnd.isEmpty();
    }

    /** How many bytes may still be decompressed in this turn. Only on this thread. */
    public final int effortLeft() {
        return effortLeft;
    }

    /** Takes bytes that were decompressed from what the turn may cost. Only on this thread. */
    public final void spend(long bytes) {
        effortLeft = (int) Math.max(0, effortLeft - bytes);
    }

    /** A new turn begins. */
    protected final void renewEffort() {
        effortLeft = TURN_EFFORT_BYTES;
    }
}
