// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import io.ottla.broker.Ottla;
import java.util.Map;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * The broker that the client tests talk to: one embedded Ottla shared by all of them, or whatever listens at the addresses in the
 * system property {@code ottla.test.bootstrap}, for example a real Apache Kafka. As it is shared, a test names its topics and groups uniquely.
 */
public interface BrokerUnderTest {
    /** Addresses as in {@code bootstrap.servers}. */
    String bootstrapServers();

    /** Injects the shared broker into constructors and test methods, and stops it after the last test. */
    final class Extension implements ParameterResolver {
        @Override
        public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
            return parameter.getParameter().getType() == BrokerUnderTest.class;
        }

        @Override
        public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
            return context.getRoot().getStore(ExtensionContext.Namespace.GLOBAL)
                    .getOrComputeIfAbsent(BrokerUnderTest.class, key -> start(), BrokerUnderTest.class);
        }

        private static BrokerUnderTest start() {
            String external = System.getProperty("ottla.test.bootstrap");
            if (external != null) {
                return () -> external;
            }
            return new Embedded(Ottla.startTemporary(Map.of(
                    "group.initial.rebalance.delay.ms", "0",
                    "group.consumer.min.heartbeat.interval.ms", "100",
                    "group.consumer.heartbeat.interval.ms", "100",
                    "transaction.abort.timed.out.transaction.cleanup.interval.ms", "200")));
        }
    }

    /** Closed by JUnit, as it is kept in the store of the whole test run. */
    record Embedded(Ottla broker) implements BrokerUnderTest, AutoCloseable {
        @Override
        public String bootstrapServers() {
            return broker.bootstrapServers();
        }

        @Override
        public void close() {
            broker.close();
        }
    }
}
