// SPDX-License-Identifier: Apache-2.0
package io.ottla.broker;

/** The broker could not start; the message is one line for the user, and nothing was changed. */
public final class StartFailed extends RuntimeException {
    private static final long serialVersionUID = 1;

    StartFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
