// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;

/** The broker configs that may change while it runs, besides those that give the defaults of topics. */
public interface LiveConfigs {
    /** Whether a change of this config counts at once. */
    boolean counts(String name);

    /** Those that may be changed as in Kafka, and change nothing here. */
    ConfigDef withoutEffect();

    /**
     * Looks whether the broker could go on with what is to be kept for it, or for all brokers if {@code broker} is empty.
     *
     * @throws org.apache.kafka.common.errors.InvalidRequestException if not
     */
    void check(String broker, Map<String, String> overrides);

    /** Goes on with what is kept now. */
    void refresh();
}
