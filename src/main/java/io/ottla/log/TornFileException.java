// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import java.io.IOException;

/** A failed write could not be undone: the file's end is unknown until the partition is opened again. */
final class TornFileException extends IOException {
    private static final long serialVersionUID = 1;

    TornFileException(String message, Throwable cause) {
        super(message, cause);
    }
}
