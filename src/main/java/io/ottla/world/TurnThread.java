// SPDX-License-Identifier: Apache-2.0
package io.ottla.world;

/**
 * A thread that works in turns: it waits for things to do, does them, and waits again. Others can leave work for the end of the turn that
 * it is in, where what came in during the turn is done together and nobody has to be woken.
 */
public abstract class TurnThread extends Thread {
    protected TurnThread(String name) {
        super(name);
    }

    /** The current thread if it is one of these, or null. */
    public static TurnThread current() {
        return Thread.currentThread() instanceof TurnThread thread ? thread : null;
    }

    /** Runs {@code work} before this thread waits again, once even if it is left several times. Only on this thread. */
    public abstract void atEndOfTurn(Runnable work);
}
