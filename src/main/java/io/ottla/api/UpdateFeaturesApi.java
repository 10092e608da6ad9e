// SPDX-License-Identifier: Apache-2.0
package io.ottla.api;

import io.ottla.api.ApiVersionsApi.Feature;
import io.ottla.network.Request;
import java.util.List;
import org.apache.kafka.clients.admin.FeatureUpdate.UpgradeType;
import org.apache.kafka.common.message.UpdateFeaturesRequestData;
import org.apache.kafka.common.message.UpdateFeaturesRequestData.FeatureUpdateKey;
import org.apache.kafka.common.message.UpdateFeaturesResponseData;
import org.apache.kafka.common.message.UpdateFeaturesResponseData.UpdatableFeatureResult;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.Errors;

/**
 * UpdateFeatures, 0 to 2 (KIP-584, KIP-778): features are at the levels that this program has, and stay there.
 * INVALID_UPDATE_VERSION for any other level, for the request as a whole.
 */
final class UpdateFeaturesApi implements Api<UpdateFeaturesRequestData> {
    private final List<Feature> features;

    UpdateFeaturesApi(List<Feature> features) {
        this.features = features;
    }

    @Override
    public ApiKeys key() {
        return ApiKeys.UPDATE_FEATURES;
    }

    @Override
    public void answer(UpdateFeaturesRequestData body, Request request) {
        UpdateFeaturesResponseData reply = new UpdateFeaturesResponseData().setErrorMessage(null);
        for (FeatureUpdateKey update : body.featureUpdates()) {
            String wrong = wrong(update);
            if (wrong != null) {
                request.reply(new UpdateFeaturesResponseData().setErrorCode(Errors.INVALID_UPDATE_VERSION.code())
                        .setErrorMessage("The update failed for all features since the following feature had an error: " + wrong));
                return;
            }
            if (request.head().version() < 2) {
                reply.results().add(new UpdatableFeatureResult().setFeature(update.feature()).setErrorMessage(Errors.NONE.message()));
            }
        }
        request.reply(reply);
    }

    /** Why this can't be done, or null if it is so already. */
    private String wrong(FeatureUpdateKey update) {
        String what = "Invalid update version " + update.maxVersionLevel() + " for feature " + update.feature() + ". ";
        Feature feature = features.stream().filter(each -> each.name().equals(update.feature())).findFirst().orElse(null);
        if (feature == null) {
            return what + "It is not a feature of this cluster.";
        }
        if (UpgradeType.fromCode(update.upgradeType()) == UpgradeType.UNKNOWN) {
            return what + "The upgrade type " + update.upgradeType() + " is not known.";
        }
        return update.maxVersionLevel() == feature.level() ? null : what + "Its level is always " + feature.level() + " here.";
    }
}
