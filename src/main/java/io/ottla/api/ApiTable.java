// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.network.RequestHandler;
import io.ottla.wire.RequestHead;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.EnumMap;
import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;

/**
 * Finds the API for a request, decodes its body, and has it answered. As Kafka does: an API or version that is not
 * served closes the connection, except for ApiVersions, which answers UNSUPPORTED_VERSION in version 0 (KIP-511); a body
 * that does not fit its version closes the connection.
 */
final class ApiTable implements RequestHandler {
    private final Map<ApiKeys, Api<?>> apis = new EnumMap<>(ApiKeys.class);

    ApiTable(Collection<Api<?>> served) {
        served.forEach(api -> apis.put(api.key(), api));
    }

    Set<ApiKeys> keys() {
        return apis.keySet();
    }

    @Override
    public boolean pipelined(ApiKeys key) {
        Api<?> api = apis.get(key);
        return api != null && api.pipelined();
    }

    @Override
    public void handle(Request request) {
        RequestHead head = request.head();
        Api<?> api = apis.get(head.api());
        if (api == null) {
            request.hangUp(head.api() + " is not served here");
        } else if (!served(head)) {
            refuseVersion(request);
        } else {
            decodeAndAnswer(api, request);
        }
    }

    /** Kafka's latest version of an API may be one that it is still at work on. Of ApiVersions every version counts as enabled. */
    private static boolean served(RequestHead head) {
        return head.api().isVersionSupported(head.version()) && head.api().isVersionEnabled(head.version(), false);
    }

    private void refuseVersion(Request request) {
        RequestHead head = request.head();
        if (head.api() != ApiKeys.API_VERSIONS) {
            request.hangUp("version " + head.version() + " of " + head.api() + " is not supported");
            return;
        }
        ApiVersionsResponseData reply = new ApiVersionsResponseData().setErrorCode(Errors.UNSUPPORTED_VERSION.code());
        reply.apiKeys().add(ApiVersionsApi.version(ApiKeys.API_VERSIONS));
        request.reply(reply, (short) 0);
    }

    @SuppressWarnings("unchecked")
    private <Q extends ApiMessage> void decodeAndAnswer(Api<Q> api, Request request) {
        RequestHead head = request.head();
        ByteBuffer body = request.body();
        Q message = (Q) head.api().messageType.newRequest();
        try {
            message.read(new ByteBufferAccessor(body), head.version());
        } catch (RuntimeException e) {
            request.hangUp(head.api() + " request of version " + head.version() + " can't be read: " + e);
            return;
        }
        try {
            api.answer(message, request);
        } catch (RuntimeException e) {
            Failures.reply(request, message, e);
        }
    }
}
