// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import java.util.List;
import java.util.Set;

/**
 * A member of a consumer group (KIP-848) as the journal keeps it, in its two parts. Immutable.
 *
 * @param subscription what the member wants
 * @param current      what it has
 */
record ConsumerMember(String memberId, Subscription subscription, Current current) {
    /** The member has left for a moment and will come back under the same static identity. */
    static final int GONE_FOR_A_MOMENT = -2;

    /** The member has left. */
    static final int GONE = -1;

    /** The member joins. */
    static final int JOINING = 0;

    /**
     * Kafka's ConsumerGroupMemberMetadataValue.
     *
     * @param instanceId static identity, or null
     * @param rackId     or null
     * @param regex      RE2 expression for topics, or null
     * @param assignor   the server-side assignor that it wants, or null
     * @param classic    what it says in the classic protocol, or null if it speaks the consumer protocol
     */
    record Subscription(
            String instanceId,
            String rackId,
            String clientId,
            String clientHost,
            Set<String> topics,
            String regex,
            int rebalanceTimeoutMs,
            String assignor,
            Classic classic) {
        Subscription speaking(Classic other) {
            return new Subscription(instanceId, rackId, clientId, clientHost, topics, regex, rebalanceTimeoutMs, assignor, other);
        }
    }

    /**
     * A member that still speaks the classic protocol, in a group on its way from one to the other.
     *
     * @param protocols in the member's order; the first one is that of all its answers
     */
    record Classic(int sessionTimeoutMs, List<MemberProtocol> protocols) {
        String protocolName() {
            return protocols.getFirst().name();
        }

        /** The version of the consumers' own protocol that the member understands. */
        short version() {
            return ConsumerProtocols.version(protocols.getFirst().metadata());
        }
    }

    /** How far a member has come towards its target assignment; numbered as Kafka numbers them. */
    enum State {
        /** It has everything, at this epoch. */
        STABLE(0),
        /** It must give up partitions first. */
        UNREVOKED_PARTITIONS(1),
        /** It waits for partitions that others have not given up yet. */
        UNRELEASED_PARTITIONS(2);

        private final byte number;

        State(int number) {
            this.number = (byte) number;
        }

        byte number() {
            return number;
        }

        static State of(byte number) {
            for (State each : values()) {
                if (each.number == number) {
                    return each;
                }
            }
            throw new IllegalArgumentException("member state " + number);
        }
    }

    /**
     * Kafka's ConsumerGroupCurrentMemberAssignmentValue.
     *
     * @param epoch         the epoch that the member is told
     * @param previousEpoch the one before, which it may still use if the last answer was lost
     * @param assigned      partitions that it may use
     * @param revoking      partitions that it must give up before it gets a new epoch
     * @param since         the epochs since when it has them all
     */
    record Current(int epoch, int previousEpoch, State state, Partitions assigned, Partitions revoking, AssignmentEpochs since) {
        static final Current JOINED = new Current(0, -1, State.STABLE, Partitions.NONE, Partitions.NONE, AssignmentEpochs.NONE);

        /** Everything that nobody else may get now. */
        Partitions held() {
            return assigned.plus(revoking);
        }
    }

    boolean isStatic() {
        return subscription.instanceId != null;
    }

    boolean isClassic() {
        return subscription.classic != null;
    }

    int epoch() {
        return current.epoch;
    }

    ConsumerMember with(Subscription other) {
        return new ConsumerMember(memberId, other, current);
    }

    ConsumerMember with(Current other) {
        return new ConsumerMember(memberId, subscription, other);
    }
}
