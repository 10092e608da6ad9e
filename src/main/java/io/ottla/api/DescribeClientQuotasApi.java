// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData;
import org.apache.kafka.common.message.DescribeClientQuotasRequestData.ComponentData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData.EntityData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData.EntryData;
import org.apache.kafka.common.message.DescribeClientQuotasResponseData.ValueData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * DescribeClientQuotas, 0 to 1 (KIP-546): entities that match a component of each type asked for, and, if it is strict, have no
 * other type. UNSUPPORTED_VERSION for a type that does not exist, INVALID_REQUEST for components that make no sense.
 */
final class DescribeClientQuotasApi implements Api<DescribeClientQuotasRequestData> {
    private static final byte EXACT = 0;
    private static final byte DEFAULT = 1;
    private static final byte ANY = 2;

    private final ClientQuotas quotas;

    DescribeClientQuotasApi(ClientQuotas quotas) {
        this.quotas = quotas;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_CLIENT_QUOTAS;
    }

    @Override
    public void answer(DescribeClientQuotasRequestData body, Request request) {
        Map<String, ComponentData> components = new HashMap<>();
        body.components().forEach(component -> {
            check(component);
            if (components.put(component.entityType(), component) != null) {
                throw new InvalidRequestException("Entity type " + component.entityType() + " cannot appear more than once in the filter.");
            }
        });
        if (components.containsKey(ClientQuotas.IP) && components.size() > 1) {
            throw new InvalidRequestException("Quotas of addresses can't be those of a user or client id too.");
        }
        DescribeClientQuotasResponseData reply = new DescribeClientQuotasResponseData();
        quotas.all().forEach((entity, values) -> {
            if (matches(entity, components, body.strict())) {
                reply.entries().add(entry(entity, values));
            }
        });
        request.reply(reply);
    }

    private static void check(ComponentData component) {
        String type = component.entityType();
        if (type.isEmpty()) {
            throw new InvalidRequestException("Unexpected empty filter component entity type");
        }
        if (!List.of(ClientQuotas.USER, ClientQuotas.CLIENT_ID, ClientQuotas.IP).contains(type)) {
            throw new UnsupportedVersionException("Unsupported entity type " + type);
        }
        boolean sound = switch (component.matchType()) {
            case EXACT -> component.match() != null;
            case DEFAULT, ANY -> component.match() == null;
            default -> false;
        };
        if (!sound) {
            throw new InvalidRequestException("Match type " + component.matchType() + " does not go with the match " + component.match());
        }
    }

    private static boolean matches(Map<String, String> entity, Map<String, ComponentData> components, boolean strict) {
        if (components.isEmpty()) {
            return !strict;
        }
        return (!strict || entity.keySet().equals(components.keySet())) && components.values().stream().allMatch(component -> {
            if (!entity.containsKey(component.entityType())) {
                return false;
            }
            String name = entity.get(component.entityType());
            return component.matchType() == ANY || (component.matchType() == DEFAULT ? name == null : component.match().equals(name));
        });
    }

    private static EntryData entry(Map<String, String> entity, Map<String, Double> values) {
        EntryData entry = new EntryData();
        entity.forEach((type, name) -> entry.entity().add(new EntityData().setEntityType(type).setEntityName(name)));
        values.forEach((key, value) -> entry.values().add(new ValueData().setKey(key).setValue(value)));
        return entry;
    }
}
