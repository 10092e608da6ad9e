// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Caller;
import java.util.List;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.SyncGroupResponseData;

/** A member of a classic group. Changed only by its group. */
final class ClassicMember {
    static final byte[] NO_ASSIGNMENT = new byte[0];

    final String memberId;
    final String instanceId;
    final String clientId;
    final String clientHost;
    int sessionTimeoutMs;
    int rebalanceTimeoutMs;
    List<MemberProtocol> protocols;
    byte[] assignment = NO_ASSIGNMENT;

    /** Parked requests of this member, or null. */
    Caller<JoinGroupResponseData> awaitingJoin;
    Caller<SyncGroupResponseData> awaitingSync;

    /** True until the member has been told its id and generation: it cannot send heartbeats before that. */
    boolean fresh;

    /** The session ends at this {@code elapsedMs} unless the member is heard of. */
    long sessionDeadlineMs;

    /** @param instanceId null for a dynamic member */
    ClassicMember(String memberId, String instanceId, String clientId, String clientHost) {
        this.memberId = memberId;
        this.instanceId = instanceId;
        this.clientId = clientId;
        this.clientHost = clientHost;
    }

    boolean isStatic() {
        return instanceId != null;
    }

    boolean supports(String protocol) {
        return protocols.stream().anyMatch(each -> each.name().equals(protocol));
    }

    /** What the member says under {@code protocol}; empty if it does not know it. */
    byte[] metadata(String protocol) {
        for (MemberProtocol each : protocols) {
            if (each.name().equals(protocol)) {
                return each.metadata();
            }
        }
        return new byte[0];
    }

    /** True while a parked request shows that the member is alive. Fresh members are parked too but may be gone. */
    boolean aliveByWaiting() {
        return !fresh && (awaitingJoin != null || awaitingSync != null);
    }
}
