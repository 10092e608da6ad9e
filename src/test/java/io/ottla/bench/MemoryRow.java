// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

/** Resident memory of a broker that has just started and has nothing to do. */
final class MemoryRow implements Row {
    private static final long SETTLE_MS = 3000;

    @Override
    public String name() {
        return "memory";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        try (Server server = contender.start()) {
            Thread.sleep(SETTLE_MS);
            samples.add(Metric.less(name(), "resident, idle", "MB"), server.residentMegabytes());
        }
    }
}
