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
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds the API for a request, decodes its body, and has it answered. As Kafka does: an API or version that is not
 * served closes the connection, except for ApiVersions, which answers UNSUPPORTED_VERSION in version 0 (KIP-511); a body
 * that does not fit its version closes the connection; a failure of ours is answered with UNKNOWN_SERVER_ERROR.
 */
final class ApiTable implements RequestHandler {
    private static final Logger LOG = LoggerFactory.getLogger(ApiTable.class);

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
        } else if (!head.api().isVersionSupported(head.version())) {
            refuseVersion(request);
        } else {
            decodeAndAnswer(api, request);
        }
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
        int start = body.position();
        Q message = (Q) head.api().messageType.newRequest();
        try {
            message.read(new ByteBufferAccessor(body), head.version());
        } catch (RuntimeException e) {
            request.hangUp(head.api() + " request of version " + head.version() + " can't be read: " + e);
            return;
        }
        try {
            api.answer(message, request);
        } catch (InvalidRequestException e) {
            request.hangUp(head.api() + " request is invalid: " + e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("event=request_failed api={} version={} client_id={} action=reply_error", head.api(), head.version(), head.clientId(), e);
            replyFailure(request, body.position(start), e);
        }
    }

    /** Answers a failure in the shape that this API has for errors, which kafka-clients knows for each. */
    private static void replyFailure(Request request, ByteBuffer body, RuntimeException failure) {
        RequestHead head = request.head();
        AbstractRequest parsed = AbstractRequest.parseRequest(head.api(), head.version(), new ByteBufferAccessor(body)).request;
        AbstractResponse reply = parsed.getErrorResponse(failure);
        if (reply == null) {
            request.hangUp(head.api() + " request failed and wants no reply");
        } else {
            request.reply(reply.data());
        }
    }
}
