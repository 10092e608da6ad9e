// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.clients.admin.AlterConfigOp.OpType;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData;
import org.apache.kafka.common.message.IncrementalAlterConfigsRequestData.AlterConfigsResource;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData;
import org.apache.kafka.common.message.IncrementalAlterConfigsResponseData.AlterConfigsResourceResponse;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * IncrementalAlterConfigs, 0 to 1 (KIP-339): sets, deletes, appends to and subtracts from configs of topics and groups.
 * Errors per resource: those of {@link ConfigChanges#replace}.
 */
final class IncrementalAlterConfigsApi implements Api<IncrementalAlterConfigsRequestData> {
    private final ConfigChanges changes;

    IncrementalAlterConfigsApi(ConfigChanges changes) {
        this.changes = changes;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.INCREMENTAL_ALTER_CONFIGS;
    }

    @Override
    public void answer(IncrementalAlterConfigsRequestData body, Request request) {
        Blocking.run(request, body, () -> {
            IncrementalAlterConfigsResponseData reply = new IncrementalAlterConfigsResponseData();
            Set<ConfigResource> repeated = ConfigChanges.repeated(body.resources().stream().map(IncrementalAlterConfigsApi::resource));
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
            changes.apply(resource(asked), changesOf(asked), validateOnly);
            return response.setErrorMessage(null);
        } catch (ApiException e) {
            return response.setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
        }
    }

    private static List<ConfigChanges.Change> changesOf(AlterConfigsResource asked) {
        Set<String> names = new HashSet<>();
        return asked.configs().stream().map(config -> {
            if (!names.add(config.name())) {
                throw new InvalidRequestException("Error due to duplicate config keys");
            }
            if (config.configOperation() < 0 || config.configOperation() >= OpType.values().length) {
                throw new InvalidRequestException("Unknown operation type " + config.configOperation());
            }
            return new ConfigChanges.Change(config.name(), OpType.forId(config.configOperation()), config.value());
        }).toList();
    }
}
