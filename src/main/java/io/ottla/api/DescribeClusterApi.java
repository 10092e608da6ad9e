// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import org.apache.kafka.common.message.DescribeClusterRequestData;
import org.apache.kafka.common.message.DescribeClusterResponseData;
import org.apache.kafka.common.message.DescribeClusterResponseData.DescribeClusterBroker;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/** DescribeCluster, 0 to 2 (KIP-700, KIP-919). Asked for controllers, a broker answers MISMATCHED_ENDPOINT_TYPE or UNSUPPORTED_ENDPOINT_TYPE. */
final class DescribeClusterApi implements Api<DescribeClusterRequestData> {
    private static final byte BROKERS = 1;
    private static final byte CONTROLLERS = 2;

    private final Cluster cluster;

    DescribeClusterApi(Cluster cluster) {
        this.cluster = cluster;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.DESCRIBE_CLUSTER;
    }

    @Override
    public void answer(DescribeClusterRequestData body, Request request) {
        DescribeClusterResponseData reply = new DescribeClusterResponseData();
        if (body.endpointType() != BROKERS) {
            Errors error = body.endpointType() == CONTROLLERS ? Errors.MISMATCHED_ENDPOINT_TYPE : Errors.UNSUPPORTED_ENDPOINT_TYPE;
            request.reply(reply.setErrorCode(error.code())
                    .setErrorMessage("The request was sent to an endpoint of the wrong type."));
            return;
        }
        Cluster.Endpoint endpoint = cluster.endpoint(request);
        reply.setClusterId(cluster.id()).setControllerId(cluster.nodeId());
        reply.brokers().add(new DescribeClusterBroker().setBrokerId(cluster.nodeId())
                .setHost(endpoint.host()).setPort(endpoint.port()).setRack(cluster.rack()));
        if (body.includeClusterAuthorizedOperations()) {
            reply.setClusterAuthorizedOperations(Operations.ON_CLUSTER);
        }
        request.reply(reply);
    }
}
