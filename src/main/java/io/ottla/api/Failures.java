// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import io.ottla.wire.RequestHead;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.requests.AbstractRequest;
import org.apache.kafka.common.requests.AbstractResponse;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers requests that failed as a whole: an exception with an error of Kafka's with that error, any other with UNKNOWN_SERVER_ERROR. */
final class Failures {
    private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

    private Failures() {}

    /** Answers in the shape that this API has for errors, which kafka-clients knows for each. */
    static void reply(Request request, ApiMessage body, RuntimeException failure) {
        RequestHead head = request.head();
        if (failure instanceof ApiException) {
            LOG.debug("event=request_refused api={} version={} client_id={} reason=\"{}\"", head.api(), head.version(), head.clientId(), failure.toString());
        } else {
            LOG.error("event=request_failed api={} version={} client_id={} action=reply_error", head.api(), head.version(), head.clientId(), failure);
        }
        AbstractRequest parsed = AbstractRequest.parseRequest(head.api(), head.version(), MessageUtil.toByteBufferAccessor(body, head.version())).request;
        AbstractResponse reply = parsed.getErrorResponse(failure);
        if (reply == null) {
            request.hangUp(head.api() + " request failed and wants no reply");
        } else {
            request.reply(reply.data());
        }
    }
}
