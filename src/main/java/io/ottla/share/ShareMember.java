// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import java.util.List;

/**
 * One member of a share group.
 *
 * @param rackId        may be null
 * @param subscribed    topic names, in order
 * @param epoch         the epoch of the assignment that it was told
 * @param previousEpoch the one before: a member that did not get our answer comes back with it
 * @param assigned      what it was told
 */
record ShareMember(
        String memberId,
        String rackId,
        String clientId,
        String clientHost,
        List<String> subscribed,
        int epoch,
        int previousEpoch,
        Assignment assigned) {

    static ShareMember unknown(String memberId) {
        return new ShareMember(memberId, null, "", "", List.of(), 0, -1, Assignment.NONE);
    }

    ShareMember described(String newRackId, String newClientId, String newClientHost, List<String> newSubscribed) {
        return new ShareMember(memberId, newRackId, newClientId, newClientHost, newSubscribed, epoch, previousEpoch, assigned);
    }

    ShareMember told(int newEpoch, int newPreviousEpoch, Assignment assignment) {
        return new ShareMember(memberId, rackId, clientId, clientHost, subscribed, newEpoch, newPreviousEpoch, assignment);
    }

    boolean describedLike(ShareMember other) {
        return java.util.Objects.equals(rackId, other.rackId) && clientId.equals(other.clientId)
                && clientHost.equals(other.clientHost) && subscribed.equals(other.subscribed);
    }
}
