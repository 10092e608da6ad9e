// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.opentest4j.TestAbortedException;

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
            throw new TestAbortedException("no broker: set -Dottla.test.bootstrap");
        }
    }
}
