// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import java.util.List;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.BrokerIdNotRegisteredException;
import org.apache.kafka.common.errors.ControllerIdNotRegisteredException;
import org.apache.kafka.common.errors.InconsistentClusterIdException;
import org.apache.kafka.common.errors.InvalidRequestException;
import org.apache.kafka.common.errors.UnsupportedVersionException;
import org.apache.kafka.common.message.AddRaftVoterRequestData;
import org.apache.kafka.common.message.RemoveRaftVoterRequestData;
import org.apache.kafka.common.message.UnregisterBrokerRequestData;
import org.apache.kafka.common.message.UnregisterControllerRequestData;
import org.apache.kafka.common.protocol.ApiKeys;

/**
 * Requests to change who is in the cluster, which has this one member as long as it runs. UnregisterBroker, 0:
 * BROKER_ID_NOT_REGISTERED, or INVALID_REQUEST for this broker. UnregisterController, 0: CONTROLLER_ID_NOT_REGISTERED, or
 * INVALID_REQUEST for this broker. AddRaftVoter, 0 to 1, and RemoveRaftVoter, 0 (KIP-853): INCONSISTENT_CLUSTER_ID,
 * INVALID_REQUEST for a voter without a directory id, UNSUPPORTED_VERSION as the voters are fixed.
 */
final class OneMember {
    private final Cluster cluster;

    private OneMember(Cluster cluster) {
        this.cluster = cluster;
    }

    static List<Api<?>> apis(Cluster cluster) {
        OneMember member = new OneMember(cluster);
        return List.of(
                new Refused<UnregisterBrokerRequestData>(ApiKeys.UNREGISTER_BROKER, body -> member.unregisterBroker(body.brokerId())),
                new Refused<UnregisterControllerRequestData>(ApiKeys.UNREGISTER_CONTROLLER, body -> member.unregisterController(body.controllerId())),
                new Refused<AddRaftVoterRequestData>(ApiKeys.ADD_RAFT_VOTER, body -> member.changeVoters(body.clusterId(), body.voterDirectoryId())),
                new Refused<RemoveRaftVoterRequestData>(ApiKeys.REMOVE_RAFT_VOTER, body -> member.changeVoters(body.clusterId(), body.voterDirectoryId())));
    }

    private ApiException unregisterBroker(int id) {
        return id == cluster.nodeId()
                ? new InvalidRequestException("Broker ID " + id + " is running, and the only one.")
                : new BrokerIdNotRegisteredException("Broker ID " + id + " is not currently registered");
    }

    private ApiException unregisterController(int id) {
        return id == cluster.nodeId()
                ? new InvalidRequestException("Controller ID " + id + " is running, and the only one.")
                : new ControllerIdNotRegisteredException("Controller ID " + id + " is not currently registered");
    }

    private ApiException changeVoters(String clusterId, Uuid directory) {
        if (clusterId != null && !clusterId.equals(cluster.id())) {
            return new InconsistentClusterIdException("This is cluster " + cluster.id() + ", not " + clusterId + ".");
        }
        return directory.equals(Uuid.ZERO_UUID)
                ? new InvalidRequestException("A voter has a directory id.")
                : new UnsupportedVersionException("The voters of this cluster are fixed.");
    }
}
