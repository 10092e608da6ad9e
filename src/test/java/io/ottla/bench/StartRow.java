// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import io.ottla.testkit.RawClient;

/** From the command to the first answer, and to the first acknowledged record. The client runs already and speaks the protocol by hand. */
final class StartRow implements Row {
    @Override
    public String name() {
        return "start";
    }

    @Override
    public void measure(Contender contender, Samples samples) throws Exception {
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
