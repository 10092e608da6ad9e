// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;

/**
 * From the command to the first answer, and to the first acknowledged record. The client runs already and speaks the protocol by hand.
 * A first start that does not count reads the programs' files from the disk; how long that takes says more of the disk.
 */
final class StartRow implements Row {
    private static final int STARTS = 3;

    @Override
    public String name() {
        return "start";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
        Samples unread = new Samples();
        unread.of(contender);
        start(contender, unread);
        for (int i = 0; i < STARTS; i++) {
            start(contender, samples);
        }
    }

    private void start(Contender contender, Samples samples) throws Exception {
        try (Server server = Server.launch(contender)) {
            server.awaitReady();
            double ready = server.millisSinceLaunch();
            try (RawClient client = RawClient.connect(server.bootstrapServers())) {
                RawProduce.createTopic(client, "first");
                RawProduce.one(client, "first", 100);
            }
            samples.add(Metric.less(name(), "ready", "ms"), ready);
            samples.add(Metric.less(name(), "first acknowledged record", "ms"), server.millisSinceLaunch());
        }
    }
}
