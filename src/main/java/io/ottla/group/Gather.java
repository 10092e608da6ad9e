// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** Waits for several answers and passes them on together, in the order of the questions. Safe for any thread. */
public final class Gather<T> {
    private final AtomicReferenceArray<T> answers;
    private final AtomicInteger missing;
    private final Consumer<List<T>> all;

    /** @param count of answers; at least 1 */
    public Gather(int count, Consumer<List<T>> all) {
        this.answers = new AtomicReferenceArray<>(count);
        this.missing = new AtomicInteger(count);
        this.all = all;
    }

    /** Where the answer to question {@code index} goes. */
    public Consumer<T> slot(int index) {
        return answer -> {
            answers.set(index, answer);
            if (missing.decrementAndGet() == 0) {
                all.accept(IntStream.range(0, answers.length()).mapToObj(answers::get).toList());
            }
        };
    }
}
