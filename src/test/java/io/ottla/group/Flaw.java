// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import io.ottla.coordinator.Decider;
import io.ottla.coordinator.JournalEntry;
import io.ottla.coordinator.Moment;
import io.ottla.coordinator.Outcome;
import io.ottla.coordinator.Reply;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.ConsumerGroupHeartbeatResponseData;
import org.apache.kafka.common.protocol.Errors;

/** Something that is wrong with the broker's decisions, so that a simulation can show that it would notice. */
enum Flaw {
    NONE,

    /** Whoever commits may. */
    COMMITS_UNCHECKED {
        @Override
        Outcome<GroupCommand, GroupEvent> decide(Decider<GroupCommand, GroupEvent> right, GroupCommand command, Moment now) {
            if (!(command instanceof GroupCommand.CommitOffsets commit)) {
                return right.decide(command, now);
            }
            List<GroupEvent> events = new ArrayList<>();
            commit.commits().forEach(each -> events.add(new GroupEvent.OffsetCommitted(commit.groupId(), each.topic(), each.partition(),
                    new CommittedOffset(each.offset(), each.leaderEpoch(), each.metadata(), now.wallMs(), CommittedOffset.NO_EXPIRY, each.topicId()))));
            return Outcome.of(events, commit.caller(), Errors.NONE);
        }
    },

    /** Commits are not written. */
    COMMITS_UNWRITTEN {
        @Override
        boolean writes(GroupEvent event) {
            return !(event instanceof GroupEvent.OffsetCommitted);
        }
    },

    /** What a rebalance of a classic group has led to is not written. */
    GROUPS_UNWRITTEN {
        @Override
        boolean writes(GroupEvent event) {
            return !(event instanceof GroupEvent.ClassicGroupKept);
        }
    },

    /** What a consumer member owns is not written. */
    OWNERS_UNWRITTEN {
        @Override
        boolean writes(GroupEvent event) {
            return !(event instanceof GroupEvent.CurrentKept);
        }
    },

    /** A member that dies keeps its partitions. */
    SESSIONS_ENDLESS {
        @Override
        Outcome<GroupCommand, GroupEvent> decide(Decider<GroupCommand, GroupEvent> right, GroupCommand command, Moment now) {
            boolean over = command instanceof GroupCommand.SessionOver || command instanceof GroupCommand.ConsumerSessionOver
                    || command instanceof GroupCommand.SyncTimeOver || command instanceof GroupCommand.JoinTimeOver;
            return over ? Outcome.nothing() : right.decide(command, now);
        }
    },

    /** A leader's assignment gives everybody what one member should get. */
    SHARES_REPEATED {
        @Override
        Outcome<GroupCommand, GroupEvent> decide(Decider<GroupCommand, GroupEvent> right, GroupCommand command, Moment now) {
            if (!(command instanceof GroupCommand.Sync sync) || sync.assignments().isEmpty()) {
                return right.decide(command, now);
            }
            Map<String, byte[]> repeated = new HashMap<>(sync.assignments());
            byte[] one = repeated.values().iterator().next();
            repeated.replaceAll((memberId, share) -> one);
            return right.decide(new GroupCommand.Sync(sync.groupId(), sync.memberId(), sync.instanceId(), sync.generation(), sync.protocolType(),
                    sync.protocolName(), repeated, sync.caller()), now);
        }
    },

    /** A consumer member is told another epoch than the one that is kept. */
    EPOCHS_EARLY {
        @Override
        Outcome<GroupCommand, GroupEvent> decide(Decider<GroupCommand, GroupEvent> right, GroupCommand command, Moment now) {
            Outcome<GroupCommand, GroupEvent> outcome = right.decide(command, now);
            if (!(command instanceof GroupCommand.AnswerBeat)) {
                return outcome;
            }
            List<Reply<?>> replies = new ArrayList<>();
            outcome.replies().forEach(reply -> replies.add(later(reply)));
            return new Outcome<>(outcome.events(), replies, outcome.timers(), outcome.next());
        }

        @SuppressWarnings("unchecked")
        private static <R> Reply<R> later(Reply<R> reply) {
            return reply.response() instanceof ConsumerGroupHeartbeatResponseData told && told.errorCode() == 0
                    ? new Reply<>(reply.caller(), (R) told.duplicate().setMemberEpoch(told.memberEpoch() + 1)) : reply;
        }
    };

    Outcome<GroupCommand, GroupEvent> decide(Decider<GroupCommand, GroupEvent> right, GroupCommand command, Moment now) {
        return right.decide(command, now);
    }

    boolean writes(GroupEvent event) {
        return true;
    }

    /** The same decider with this flaw. */
    Decider<GroupCommand, GroupEvent> in(Decider<GroupCommand, GroupEvent> right) {
        return new Decider<>() {
            @Override
            public Outcome<GroupCommand, GroupEvent> decide(GroupCommand command, Moment now) {
                return Flaw.this.decide(right, command, now);
            }

            @Override
            public void apply(GroupEvent event) {
                right.apply(event);
            }

            @Override
            public JournalEntry encode(GroupEvent event) {
                return writes(event) ? right.encode(event) : null;
            }

            @Override
            public GroupEvent decode(JournalEntry entry) {
                return right.decode(entry);
            }

            @Override
            public Outcome<GroupCommand, GroupEvent> loaded(Moment now) {
                return right.loaded(now);
            }

            @Override
            public void abandon(Errors error) {
                right.abandon(error);
            }
        };
    }
}
