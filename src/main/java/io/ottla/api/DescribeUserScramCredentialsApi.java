// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.HashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsRequestData.UserName;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData.CredentialInfo;
import org.apache.kafka.common.message.DescribeUserScramCredentialsResponseData.DescribeUserScramCredentialsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DescribeUserScramCredentials, 0 (KIP-554). Errors per user: RESOURCE_NOT_FOUND, DUPLICATE_RESOURCE for one asked for twice. */
final class DescribeUserScramCredentialsApi implements Api<DescribeUserScramCredentialsRequestData> {
    private final ScramCredentials credentials;

    DescribeUserScramCredentialsApi(ScramCredentials credentials) {
        this.credentials = credentials;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_USER_SCRAM_CREDENTIALS;
    }

    @Override
    public void answer(DescribeUserScramCredentialsRequestData body, Request request) {
        DescribeUserScramCredentialsResponseData reply = new DescribeUserScramCredentialsResponseData();
        if (body.users() == null || body.users().isEmpty()) {
            credentials.all().forEach((user, infos) -> reply.results().add(described(user, infos)));
        } else {
            Map<String, Integer> times = new HashMap<>();
            body.users().stream().map(UserName::name).forEach(user -> times.merge(user, 1, Integer::sum));
            times.forEach((user, count) -> reply.results().add(count > 1 ? refused(user, Errors.DUPLICATE_RESOURCE) : described(user, credentials.of(user))));
        }
        request.reply(reply);
    }

    private static DescribeUserScramCredentialsResult described(String user, Map<ScramMechanism, Integer> iterations) {
        if (iterations.isEmpty()) {
            return refused(user, Errors.RESOURCE_NOT_FOUND);
        }
        DescribeUserScramCredentialsResult result = new DescribeUserScramCredentialsResult().setUser(user);
        iterations.forEach((mechanism, count) -> result.credentialInfos().add(new CredentialInfo().setMechanism(mechanism.type()).setIterations(count)));
        return result;
    }

    private static DescribeUserScramCredentialsResult refused(String user, Errors error) {
        return new DescribeUserScramCredentialsResult().setUser(user).setErrorCode(error.code()).setErrorMessage(error.message());
    }
}
