// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import org.apache.kafka.common.protocol.Errors;

/** Whether somebody is who it says. */
final class Membership {
    private Membership() {}

    /**
     * NONE; FENCED_INSTANCE_ID if another member holds the static identity now; UNKNOWN_MEMBER_ID if the group knows
     * neither.
     */
    static Errors check(ClassicGroup group, String memberId, String instanceId) {
        if (instanceId != null) {
            String holder = group.memberIdOf(instanceId);
            if (holder == null) {
                return Errors.UNKNOWN_MEMBER_ID;
            }
            if (!holder.equals(memberId)) {
                return Errors.FENCED_INSTANCE_ID;
            }
        }
        return group.hasMember(memberId) ? Errors.NONE : Errors.UNKNOWN_MEMBER_ID;
    }

    /** As {@link #check}, and ILLEGAL_GENERATION if the member is not of the current generation. */
    static Errors check(ClassicGroup group, String memberId, String instanceId, int generation) {
        Errors error = check(group, memberId, instanceId);
        return error == Errors.NONE && generation != group.generation() ? Errors.ILLEGAL_GENERATION : error;
    }
}
