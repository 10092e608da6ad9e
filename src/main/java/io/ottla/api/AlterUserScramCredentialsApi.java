// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.kafka.clients.admin.ScramMechanism;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.DuplicateResourceException;
import org.apache.kafka.common.errors.ResourceNotFoundException;
import org.apache.kafka.common.errors.UnacceptableCredentialException;
import org.apache.kafka.common.errors.UnsupportedSaslMechanismException;
import org.apache.kafka.common.message.AlterUserScramCredentialsRequestData;
import org.apache.kafka.common.message.AlterUserScramCredentialsRequestData.ScramCredentialDeletion;
import org.apache.kafka.common.message.AlterUserScramCredentialsRequestData.ScramCredentialUpsertion;
import org.apache.kafka.common.message.AlterUserScramCredentialsResponseData;
import org.apache.kafka.common.message.AlterUserScramCredentialsResponseData.AlterUserScramCredentialsResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * AlterUserScramCredentials, 0 (KIP-554). Errors per user: UNACCEPTABLE_CREDENTIAL for an empty name or too few or too many
 * iterations, UNSUPPORTED_SASL_MECHANISM, RESOURCE_NOT_FOUND for a deletion of what is not there, DUPLICATE_RESOURCE for a user
 * who is changed twice, KAFKA_STORAGE_ERROR.
 */
final class AlterUserScramCredentialsApi implements Api<AlterUserScramCredentialsRequestData> {
    private static final int MAX_ITERATIONS = 16_384;

    private final ScramCredentials credentials;

    AlterUserScramCredentialsApi(ScramCredentials credentials) {
        this.credentials = credentials;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.ALTER_USER_SCRAM_CREDENTIALS;
    }

    @Override
    public void answer(AlterUserScramCredentialsRequestData body, Request request) {
        Blocking.run(request, body, () -> {
            Map<String, Runnable> changes = new LinkedHashMap<>();
            body.deletions().forEach(deletion -> add(changes, deletion.name(), () -> delete(deletion)));
            body.upsertions().forEach(upsertion -> add(changes, upsertion.name(), () -> put(upsertion)));
            AlterUserScramCredentialsResponseData reply = new AlterUserScramCredentialsResponseData();
            changes.forEach((user, change) -> reply.results().add(result(user, change)));
            request.reply(reply);
        });
    }

    /** Two changes of one user are one that is refused. */
    private static void add(Map<String, Runnable> changes, String user, Runnable change) {
        changes.merge(user, change, (first, second) -> () -> {
            throw new DuplicateResourceException("A user credential cannot be altered twice in the same request");
        });
    }

    private static AlterUserScramCredentialsResult result(String user, Runnable change) {
        AlterUserScramCredentialsResult result = new AlterUserScramCredentialsResult().setUser(user).setErrorMessage(null);
        try {
            change.run();
            return result;
        } catch (ApiException e) {
            return result.setErrorCode(Errors.forException(e).code()).setErrorMessage(e.getMessage());
        }
    }

    private void delete(ScramCredentialDeletion deletion) {
        ScramMechanism mechanism = check(deletion.name(), deletion.mechanism());
        if (!credentials.remove(deletion.name(), mechanism)) {
            throw new ResourceNotFoundException("Attempt to delete a user credential that does not exist");
        }
    }

    private void put(ScramCredentialUpsertion upsertion) {
        ScramMechanism mechanism = check(upsertion.name(), upsertion.mechanism());
        int least = org.apache.kafka.common.security.scram.internals.ScramMechanism.forMechanismName(mechanism.mechanismName()).minIterations();
        if (upsertion.iterations() < least) {
            throw new UnacceptableCredentialException("Too few iterations");
        }
        if (upsertion.iterations() > MAX_ITERATIONS) {
            throw new UnacceptableCredentialException("Too many iterations");
        }
        credentials.put(upsertion.name(), mechanism, upsertion.salt(), upsertion.saltedPassword(), upsertion.iterations());
    }

    private static ScramMechanism check(String user, byte type) {
        if (user.isEmpty()) {
            throw new UnacceptableCredentialException("Username must not be empty");
        }
        ScramMechanism mechanism = ScramMechanism.fromType(type);
        if (mechanism == ScramMechanism.UNKNOWN) {
            throw new UnsupportedSaslMechanismException("Unknown SCRAM mechanism");
        }
        return mechanism;
    }
}
