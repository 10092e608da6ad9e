// SPDX-License-Identifier: Apache-2.0
package io.ottla.cli;

/** What a command could not do, in one line for the person who gave it. */
final class Failure extends RuntimeException {
    private static final long serialVersionUID = 1;

    Failure(String message) {
        super(message);
    }
}
