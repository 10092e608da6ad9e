// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

/** A configuration that cannot be used. Its message is one line for the person who wrote the configuration. */
public final class InvalidConfig extends RuntimeException {
    public InvalidConfig(String message) {
        super(message);
    }
}
