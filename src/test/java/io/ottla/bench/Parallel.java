// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/** The same work several times side by side. */
final class Parallel {
    /** One of them. */
    interface Work {
        void run(int index) throws Exception;
    }

    private Parallel() {}

    /** Returns when all are done, and throws what the first that failed threw. */
    static void run(int times, Work work) throws Exception {
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            await(threads, times, work);
        }
    }

    /** The same for work that keeps its thread busy. */
    static void runOnPlatformThreads(int times, Work work) throws Exception {
        try (ExecutorService threads = Executors.newFixedThreadPool(times)) {
            await(threads, times, work);
        }
    }

    private static void await(ExecutorService threads, int times, Work work) throws Exception {
        List<Future<?>> all = IntStream.range(0, times).<Future<?>>mapToObj(i -> threads.submit(() -> {
            work.run(i);
            return null;
        })).toList();
        try {
            for (Future<?> one : all) {
                one.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }
}
