// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.api.LiveConfigs;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;

/** A broker whose configs stay as they are. */
record NoLiveConfigs() implements LiveConfigs {
    @Override
    public boolean counts(String name) {
        return false;
    }

    @Override
    public ConfigDef withoutEffect() {
        return new ConfigDef();
    }

    @Override
    public void check(String broker, Map<String, String> overrides) {}

    @Override
    public void refresh() {}
}
