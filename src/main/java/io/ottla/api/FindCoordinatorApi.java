// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.FindCoordinatorResponseData.Coordinator;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * FindCoordinator, 0 to 6: one broker coordinates everything. INVALID_REQUEST for an unknown key type, and for a share
 * coordinator key that is not group:topic-id:partition (KIP-932).
 */
final class FindCoordinatorApi implements Api<FindCoordinatorRequestData> {
    private static final byte GROUP = 0;
    private static final byte TRANSACTION = 1;
    private static final byte SHARE = 2;

    private final Cluster cluster;

    FindCoordinatorApi(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.FIND_COORDINATOR;
    }

    @Override
    public void answer(FindCoordinatorRequestData body, Request request) {
        short version = request.head().version();
        FindCoordinatorResponseData reply = new FindCoordinatorResponseData();
        if (version < 4) {
            Coordinator found = find(body.key(), body.keyType(), version, request);
            reply.setErrorCode(found.errorCode()).setErrorMessage(version >= 1 ? Errors.forCode(found.errorCode()).message() : null)
                    .setNodeId(found.nodeId()).setHost(found.host()).setPort(found.port());
        } else {
            body.coordinatorKeys().forEach(key -> reply.coordinators().add(find(key, body.keyType(), version, request)));
        }
        request.reply(reply);
    }

    private Coordinator find(String key, byte type, short version, Request request) {
        boolean valid = switch (type) {
            case GROUP, TRANSACTION -> true;
            case SHARE -> version >= 6 && isSharePartition(key);
            default -> false;
        };
        Coordinator coordinator = new Coordinator().setKey(key);
        if (!valid) {
            return coordinator.setErrorCode(Errors.INVALID_REQUEST.code()).setErrorMessage(type == SHARE ? "" : Errors.INVALID_REQUEST.message())
                    .setNodeId(-1).setHost("").setPort(-1);
        }
        Cluster.Endpoint endpoint = cluster.endpoint(request);
        return coordinator.setNodeId(cluster.nodeId()).setHost(endpoint.host()).setPort(endpoint.port());
    }

    private static boolean isSharePartition(String key) {
        String[] parts = key.split(":");
        if (parts.length != 3 || parts[0].isEmpty()) {
            return false;
        }
        try {
            Uuid.fromString(parts[1]);
            return Integer.parseInt(parts[2]) >= 0;
        } catch (IllegalArgumentException e) {
            return false;
        }
    }
}
