// SPDX-License-Identifier: Apache-2.0
package io.ottla.topic;

/** An append that takes too long for a thread that others wait for. Nothing was written or changed: it belongs on another thread, as {@link AppendOrigin#CLIENT}. */
public final class AppendTooCostly extends RuntimeException {
    private static final long serialVersionUID = 1;

    public AppendTooCostly(String message) {
        super(message, null, false, false);
    }
}
