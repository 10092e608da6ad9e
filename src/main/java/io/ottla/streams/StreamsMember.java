// SPDX-License-Identifier: Apache-2.0
package io.ottla.streams;

import java.util.Map;
import java.util.Objects;

/**
 * A member: one thread of an instance of the application.
 *
 * @param profile what it says of itself
 * @param current where it is on its way to its target
 */
record StreamsMember(String memberId, Profile profile, Current current) {
    static final int JOINING = 0;
    static final int LEAVING = -1;
    /** A static member has gone, and means to come back. */
    static final int GONE_FOR_A_MOMENT = -2;

    /** Numbered as in the journal. */
    enum State { STABLE, UNREVOKED, UNRELEASED }

    /** Where the instance answers queries about its state. */
    record Endpoint(String host, int port) {}

    /**
     * @param instanceId null for a dynamic member
     * @param rackId     may be null
     * @param processId  the instance, of which several threads may be members
     * @param endpoint   may be null
     */
    record Profile(
            String instanceId,
            String rackId,
            String clientId,
            String clientHost,
            int rebalanceTimeoutMs,
            int topologyEpoch,
            String processId,
            Endpoint endpoint,
            Map<String, String> clientTags) {
        static final Profile BLANK = new Profile(null, null, "", "", -1, -1, "", null, Map.of());

        /** Whether tasks may have to move because of the difference. */
        boolean assignedLike(Profile other) {
            return topologyEpoch == other.topologyEpoch && Objects.equals(rackId, other.rackId)
                    && clientTags.equals(other.clientTags) && processId.equals(other.processId);
        }
    }

    /**
     * @param epoch         that of the target it has gone to
     * @param previousEpoch the one before: a member that did not get our answer comes back with it
     * @param revoking      what it must give up before anything else
     */
    record Current(int epoch, int previousEpoch, State state, Holding assigned, Holding revoking) {
        static final Current NEW = new Current(JOINING, JOINING, State.STABLE, Holding.NONE, Holding.NONE);

        boolean isAt(int targetEpoch) {
            return state == State.STABLE && epoch == targetEpoch;
        }
    }

    static StreamsMember blank(String memberId) {
        return new StreamsMember(memberId, Profile.BLANK, Current.NEW);
    }

    int epoch() {
        return current.epoch();
    }

    boolean isStatic() {
        return profile.instanceId() != null;
    }

    StreamsMember with(Profile next) {
        return new StreamsMember(memberId, next, current);
    }

    StreamsMember with(Current next) {
        return new StreamsMember(memberId, profile, next);
    }
}
