// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

/** Who does the log's work that may block: flushing, and tidying up. */
interface Workers {
    /** Has {@code task} run soon, on some thread but the caller's. */
    void submit(Runnable task);

    /** Has {@code task} run soon. Called by a task that is about to end, whose thread may take it: no other is woken. */
    void submitNext(Runnable task);

    /** Whether a thread may dawdle without keeping others' work waiting. */
    boolean spare();

    /** Runs what was submitted and ends the threads; what is submitted later still runs. */
    void close();
}
