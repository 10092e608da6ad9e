// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

import java.io.IOException;
import java.io.InputStream;
import java.util.Properties;
import java.util.concurrent.Callable;
import org.apache.kafka.clients.CommonClientConfigs;
import picocli.CommandLine.Model.CommandSpec;

final class VersionCommand implements Callable<Integer> {
    CommandSpec spec() {
        return Commands.describe(this, "version", "Print the versions of Ottla, of the Kafka protocol that it speaks, and of Java.");
    }

    @Override
    public Integer call() throws IOException {
        String version = VersionCommand.class.getPackage().getImplementationVersion();
        System.out.println("ottla " + (version == null ? "(not from a jar)" : version)
                + ", Kafka protocol " + protocolVersion() + ", Java " + Runtime.version());
        return 0;
    }

    private static String protocolVersion() throws IOException {
        Properties properties = new Properties();
        try (InputStream in = CommonClientConfigs.class.getResourceAsStream("/kafka/kafka-version.properties")) {
            properties.load(in);
        }
        return properties.getProperty("version");
    }
}
