// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

/** One kind of measurement. It starts the broker as it needs it and leaves nothing behind. */
interface Row {
    /** As {@code --only} selects it. */
    String name();

    /** Measures one broker once; called again for each round. */
    void measure(Contender contender, Samples samples) throws Exception;
}
