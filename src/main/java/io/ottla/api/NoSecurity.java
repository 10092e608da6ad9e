// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.List;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.IllegalSaslStateException;
import org.apache.kafka.common.errors.SecurityDisabledException;
import org.apache.kafka.common.errors.UnsupportedByAuthenticationException;
import org.apache.kafka.common.message.CreateDelegationTokenRequestData;
import org.apache.kafka.common.message.CreateDelegationTokenResponseData;
import org.apache.kafka.common.message.ExpireDelegationTokenRequestData;
import org.apache.kafka.common.message.ExpireDelegationTokenResponseData;
import org.apache.kafka.common.message.RenewDelegationTokenRequestData;
import org.apache.kafka.common.message.RenewDelegationTokenResponseData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.security.auth.KafkaPrincipal;

/**
 * The APIs of authentication and authorization, as a broker without an authorizer and with plain listeners answers them.
 * DescribeAcls, CreateAcls and DeleteAcls, 1 to 3: SECURITY_DISABLED, for each ACL. CreateDelegationToken and
 * DescribeDelegationToken, 1 to 3, RenewDelegationToken and ExpireDelegationToken, 1 to 2: DELEGATION_TOKEN_REQUEST_NOT_ALLOWED,
 * as nobody is known by name here. SaslHandshake, 0 to 1, and SaslAuthenticate, 0 to 2: ILLEGAL_SASL_STATE.
 */
final class NoSecurity {
    private NoSecurity() {}

    static List<Api<?>> apis() {
        return List.of(
                withoutAuthorizer(ApiKeys.DESCRIBE_ACLS),
                withoutAuthorizer(ApiKeys.CREATE_ACLS),
                withoutAuthorizer(ApiKeys.DELETE_ACLS),
                new CreateToken(),
                new Fixed<RenewDelegationTokenRequestData>(ApiKeys.RENEW_DELEGATION_TOKEN, () -> new RenewDelegationTokenResponseData()
                        .setErrorCode(Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code()).setExpiryTimestampMs(-1)),
                new Fixed<ExpireDelegationTokenRequestData>(ApiKeys.EXPIRE_DELEGATION_TOKEN, () -> new ExpireDelegationTokenResponseData()
                        .setErrorCode(Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code()).setExpiryTimestampMs(-1)),
                withoutNames(ApiKeys.DESCRIBE_DELEGATION_TOKEN),
                withoutSasl(ApiKeys.SASL_HANDSHAKE),
                withoutSasl(ApiKeys.SASL_AUTHENTICATE));
    }

    private static Api<?> withoutAuthorizer(ApiKeys key) {
        return new Refused<>(key, body -> new SecurityDisabledException("No Authorizer is configured."));
    }

    private static Api<?> withoutNames(ApiKeys key) {
        return new Refused<>(key, body -> new UnsupportedByAuthenticationException("Delegation tokens are not given on a plain listener."));
    }

    /** The reply that an error alone would not give: without a time of expiry. */
    private record Fixed<Q extends ApiMessage>(ApiKeys key, Supplier<ApiMessage> reply) implements Api<Q> {
        @Override
        public void answer(Q body, Request request) {
            request.reply(reply.get());
        }
    }

    private static Api<?> withoutSasl(ApiKeys key) {
        return new Refused<>(key, body -> new IllegalSaslStateException("This listener does not authenticate with SASL."));
    }

    /** Says who asked, which is nobody in particular. */
    private record CreateToken() implements Api<CreateDelegationTokenRequestData> {
        @Override
        public ApiKeys key() {
            return ApiKeys.CREATE_DELEGATION_TOKEN;
        }

        @Override
        public void answer(CreateDelegationTokenRequestData body, Request request) {
            KafkaPrincipal nobody = KafkaPrincipal.ANONYMOUS;
            CreateDelegationTokenResponseData reply = new CreateDelegationTokenResponseData()
                    .setErrorCode(Errors.DELEGATION_TOKEN_REQUEST_NOT_ALLOWED.code())
                    .setPrincipalType(nobody.getPrincipalType()).setPrincipalName(nobody.getName())
                    .setIssueTimestampMs(-1).setExpiryTimestampMs(-1).setMaxTimestampMs(-1);
            if (request.head().version() >= 3) {
                reply.setTokenRequesterPrincipalType(nobody.getPrincipalType()).setTokenRequesterPrincipalName(nobody.getName());
            }
            request.reply(reply);
        }
    }
}
