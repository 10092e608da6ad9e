// SPDX-License-Identifier: Apache-2.0
package io.ottla.junit;

import io.ottla.broker.Ottla;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;

/**
 * Gives a broker to constructors, lifecycle methods and tests that have a parameter of type {@link Ottla}.
 *
 * <pre>{@code
 * @ExtendWith(OttlaExtension.class)
 * class OrdersTest {
 *     @Test
 *     void ordersArrive(Ottla broker) {
 *         ... broker.bootstrapServers() ...
 *     }
 * }
 * }</pre>
 *
 * <p>A test class, with the classes nested in it, has one broker of its own: on a free port, with a temporary data directory. It
 * starts when the first parameter is asked for and is closed, and its data deleted, after the class. So classes may run in parallel.
 */
public final class OttlaExtension implements ParameterResolver {
    private static final Namespace NAMESPACE = Namespace.create(OttlaExtension.class);

    /** For JUnit, which makes it by its name. */
    public OttlaExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        return parameter.getParameter().getType() == Ottla.class;
    }

    @Override
    public Ottla resolveParameter(ParameterContext parameter, ExtensionContext context) {
        ExtensionContext outermostClass = context;
        for (ExtensionContext c = context; c != null; c = c.getParent().orElse(null)) {
            if (c.getTestClass().isPresent()) {
                outermostClass = c;
            }
        }
        return outermostClass.getStore(NAMESPACE)
                .getOrComputeIfAbsent(Running.class, key -> new Running(Ottla.start()), Running.class).broker;
    }

    /** JUnit before 5.13 closes nothing but its own kind of resource. */
    @SuppressWarnings("deprecation")
    private record Running(Ottla broker) implements ExtensionContext.Store.CloseableResource {
        @Override
        public void close() {
            broker.close();
        }
    }
}
