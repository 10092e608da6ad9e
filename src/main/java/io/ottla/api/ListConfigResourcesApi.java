// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.message.ListConfigResourcesRequestData;
import org.apache.kafka.common.message.ListConfigResourcesResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * ListConfigResources, 0 to 1 (KIP-714, KIP-1142): what has configs. Version 0 asks for client metrics,
 * version 1 for the kinds named, or all. UNSUPPORTED_VERSION for a kind that does not exist.
 */
final class ListConfigResourcesApi implements Api<ListConfigResourcesRequestData> {
    private static final Set<ConfigResource.Type> KINDS = Set.of(ConfigResource.Type.TOPIC, ConfigResource.Type.BROKER,
            ConfigResource.Type.BROKER_LOGGER, ConfigResource.Type.CLIENT_METRICS, ConfigResource.Type.GROUP);

    private final TopicAdmin admin;

    ListConfigResourcesApi(TopicAdmin admin) {
        this.admin = admin;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.LIST_CONFIG_RESOURCES;
    }

    @Override
    public void answer(ListConfigResourcesRequestData body, Request request) {
        ListConfigResourcesResponseData reply = new ListConfigResourcesResponseData();
        Set<ConfigResource.Type> asked = new HashSet<>();
        if (request.head().version() == 0) {
            asked.add(ConfigResource.Type.CLIENT_METRICS);
        }
        body.resourceTypes().forEach(id -> asked.add(ConfigResource.Type.forId(id)));
        if (!KINDS.containsAll(asked)) {
            request.reply(reply.setErrorCode(Errors.UNSUPPORTED_VERSION.code()));
            return;
        }
        (asked.isEmpty() ? KINDS : asked).forEach(kind -> names(kind).forEach(name -> reply.configResources().add(
                resource(name, kind, request.head().version()))));
        request.reply(reply);
    }

    private static ListConfigResourcesResponseData.ConfigResource resource(String name, ConfigResource.Type kind, short version) {
        ListConfigResourcesResponseData.ConfigResource resource = new ListConfigResourcesResponseData.ConfigResource().setResourceName(name);
        return version == 0 ? resource : resource.setResourceType(kind.id());
    }

    private Iterable<String> names(ConfigResource.Type kind) {
        return switch (kind) {
            case TOPIC -> admin.catalog().topics().keySet();
            case BROKER, BROKER_LOGGER -> List.of(Integer.toString(admin.cluster().nodeId()));
            case GROUP, CLIENT_METRICS -> admin.catalog().configs().keySet().stream()
                    .filter(resource -> resource.type() == kind).map(ConfigResource::name).toList();
            case UNKNOWN -> List.of();
        };
    }
}
