// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.io.IOException;

/** Bytes that were durable are not what was written: the partition must stop. */
final class DamagedLogException extends IOException {
    private static final long serialVersionUID = 1;

    DamagedLogException(String message) {
        super(message);
    }
}
