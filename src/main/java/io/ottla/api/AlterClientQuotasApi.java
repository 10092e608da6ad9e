// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.AlterClientQuotasRequestData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData.EntityData;
import org.apache.kafka.common.message.AlterClientQuotasResponseData.EntryData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterClientQuotas, 0 to 1 (KIP-546). Errors per entity: INVALID_REQUEST for an entity or quota that can't be, or for an entity
 * that is there twice, KAFKA_STORAGE_ERROR.
 */
final class AlterClientQuotasApi implements Api<AlterClientQuotasRequestData> {
    private final ClientQuotas quotas;

    AlterClientQuotasApi(ClientQuotas quotas) {
        this.quotas = quotas;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.ALTER_CLIENT_QUOTAS;
    }

    @Override
    public void answer(AlterClientQuotasRequestData body, Request request) {
        Blocking.run(request, body, () -> {
            Map<Map<String, String>, EntryData> answers = new LinkedHashMap<>();
            body.entries().forEach(entry -> {
                Map<String, String> entity = new HashMap<>();
                entry.entity().forEach(part -> entity.put(part.entityType(), part.entityName()));
                answers.put(entity, alter(entity, entry, answers.containsKey(entity), body.validateOnly()));
            });
            AlterClientQuotasResponseData reply = new AlterClientQuotasResponseData();
            reply.entries().addAll(answers.values());
            request.reply(reply);
        });
    }

    private EntryData alter(Map<String, String> entity, AlterClientQuotasRequestData.EntryData entry, boolean repeated, boolean validateOnly) {
        EntryData answer = new EntryData().setErrorMessage(null);
        entity.forEach((type, name) -> answer.entity().add(new EntityData().setEntityType(type).setEntityName(name)));
        try {
            if (repeated) {
                throw new InvalidRequestException("the entity is changed more than once");
            }
            Map<String, Double> changes = new HashMap<>();
            entry.ops().forEach(op -> changes.put(op.key(), op.remove() ? null : (Double) op.value()));
            quotas.alter(entity, changes, validateOnly);
            return answer;
        } catch (ApiException e) {
            return answer.setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
        }
    }
}
