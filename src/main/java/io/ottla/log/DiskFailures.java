// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.util.concurrent.atomic.LongAdder;

/** Counts what the disk refused to do, since the start. Safe for any thread. */
final class DiskFailures {
    final LongAdder appends = new LongAdder();
    final LongAdder flushes = new LongAdder();
    final LongAdder reads = new LongAdder();
    final LongAdder changes = new LongAdder();
}
