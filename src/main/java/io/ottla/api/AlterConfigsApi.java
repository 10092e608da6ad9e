// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.AlterConfigsRequestData;
import org.apache.kafka.common.message.AlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.AlterConfigsResponseData;
import org.apache.kafka.common.message.AlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** AlterConfigs, 0 to 2: replaces all overrides of a topic or group. Errors per resource: those of {@link ConfigChanges#replace}. */
final class AlterConfigsApi implements Api<AlterConfigsRequestData> {
    private final ConfigChanges changes;

    AlterConfigsApi(ConfigChanges changes) {
        this.changes = changes;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.ALTER_CONFIGS;
    }

    @Override
    public void answer(AlterConfigsRequestData body, Request request) {
        Blocking.run(request, body, () -> {
            AlterConfigsResponseData reply = new AlterConfigsResponseData();
            Set<ConfigResource> repeated = ConfigChanges.repeated(body.resources().stream().map(AlterConfigsApi::resource));
            body.resources().forEach(asked -> reply.responses().add(alter(asked, repeated, body.validateOnly())));
            request.reply(reply);
        });
    }

    private static ConfigResource resource(AlterConfigsResource asked) {
        return new ConfigResource(ConfigResource.Type.forId(asked.resourceType()), asked.resourceName());
    }

    private AlterConfigsResourceResponse alter(AlterConfigsResource asked, Set<ConfigResource> repeated, boolean validateOnly) {
        AlterConfigsResourceResponse response = new AlterConfigsResourceResponse()
                .setResourceType(asked.resourceType()).setResourceName(asked.resourceName());
        try {
            ConfigChanges.checkOnce(resource(asked), repeated);
            Map<String, String> overrides = new HashMap<>();
            asked.configs().forEach(config -> {
                if (config.value() == null) {
                    throw new InvalidRequestException("Null value not supported for : " + config.name());
                }
                if (overrides.put(config.name(), config.value()) != null) {
                    throw new InvalidRequestException(config.name() + " is set more than once");
                }
            });
            changes.replace(resource(asked), overrides, validateOnly);
            return response.setErrorMessage(null);
        } catch (ApiException e) {
            return response.setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
        }
    }
}
