// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.network.Request;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.ApiVersionsResponseData;
import org.apache.kafka.common.message.ApiVersionsResponseData.ApiVersion;
import org.apache.kafka.common.message.ApiVersionsResponseData.FinalizedFeatureKey;
import org.apache.kafka.common.message.ApiVersionsResponseData.SupportedFeatureKey;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * ApiVersions, 0 to 5: what is served, in which versions, and the finalized features (KIP-584). From version 3 on a
 * client name or version with other than letters, digits, '.' and '-' is answered INVALID_REQUEST (KIP-511); from
 * version 5 on a client that expects another cluster or node is answered REBOOTSTRAP_REQUIRED, and INVALID_REQUEST if it says only
 * one of them (KIP-1242).
 */
final class ApiVersionsApi implements Api<ApiVersionsRequestData> {
    /** A feature that Apache Kafka 4.4 finalizes, at its level there. */
    record Feature(String name, short min, short max, short level) {}

    private static final Pattern SOFTWARE = Pattern.compile("[a-zA-Z0-9](?:[a-zA-Z0-9\\-.]*[a-zA-Z0-9])?");
    /** Any fixed number will do: levels never change while the process lives. */
    private static final long FEATURES_EPOCH = 1;

    private final Supplier<Set<ApiKeys>> served;
    private final List<Feature> features;
    private final Cluster cluster;

    ApiVersionsApi(Supplier<Set<ApiKeys>> served, List<Feature> features, Cluster cluster) {
        this.served = served;
        this.features = features;
        this.cluster = cluster;
    }

    static ApiVersion version(ApiKeys key) {
        return key.toApiVersionForApiResponse(false, ListenerType.BROKER)
                .orElseThrow(() -> new IllegalStateException(key + " has no stable version"));
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.API_VERSIONS;
    }

    @Override
    public void answer(ApiVersionsRequestData body, Request request) {
        short version = request.head().version();
        Errors error = check(body, version);
        ApiVersionsResponseData reply = new ApiVersionsResponseData().setErrorCode(error.code());
        served.get().forEach(key -> reply.apiKeys().add(version(key)));
        if (version >= 3 && error == Errors.NONE) {
            addFeatures(reply, version);
        }
        request.reply(reply);
    }

    private Errors check(ApiVersionsRequestData body, short version) {
        if (version >= 3 && !(SOFTWARE.matcher(body.clientSoftwareName()).matches()
                && SOFTWARE.matcher(body.clientSoftwareVersion()).matches())) {
            return Errors.INVALID_REQUEST;
        }
        boolean saysCluster = body.clusterId() != null;
        boolean saysNode = body.nodeId() >= 0;
        if (saysCluster != saysNode) {
            return Errors.INVALID_REQUEST;
        }
        boolean expectsUs = !saysCluster || body.clusterId().equals(cluster.id()) && body.nodeId() == cluster.nodeId();
        return expectsUs ? Errors.NONE : Errors.REBOOTSTRAP_REQUIRED;
    }

    private void addFeatures(ApiVersionsResponseData reply, short version) {
        reply.setFinalizedFeaturesEpoch(FEATURES_EPOCH);
        for (Feature feature : features) {
            // Clients of version 3 take a smallest version of 0 for an error (KAFKA-17011).
            if (version >= 4 || feature.min() > 0) {
                reply.supportedFeatures().add(new SupportedFeatureKey()
                        .setName(feature.name()).setMinVersion(feature.min()).setMaxVersion(feature.max()));
            }
            reply.finalizedFeatures().add(new FinalizedFeatureKey()
                    .setName(feature.name()).setMinVersionLevel(feature.level()).setMaxVersionLevel(feature.level()));
        }
    }
}
