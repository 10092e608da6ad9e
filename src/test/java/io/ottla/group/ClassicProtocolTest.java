// SPDX-License-Identifier: Apache-2.0
package io.ottla.group;

import static io.ottla.group.GroupHarness.assignment;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.group.GroupHarness.Answer;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.message.DescribeGroupsResponseData.DescribedGroup;
import org.apache.kafka.common.message.JoinGroupRequestData;
import org.apache.kafka.common.message.JoinGroupResponseData;
import org.apache.kafka.common.message.LeaveGroupRequestData.MemberIdentity;
import org.apache.kafka.common.message.SyncGroupResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

class ClassicProtocolTest {
    private static final String G = "group";

    private GroupHarness harness = new GroupHarness(Map.of());

    /** The ids of two members of a stable group: the leader first. */
    private List<String> stablePair() {
        Answer<JoinGroupResponseData> first = harness.join(G, "");
        Answer<JoinGroupResponseData> second = harness.join(G, "");
        assertTrue(first.pending() && second.pending());
        harness.advance(6_000);
        String leader = first.get().memberId();
        String follower = second.get().memberId();
        assertEquals(leader, second.get().leader());
        assertEquals(2, first.get().members().size());
        assertEquals(0, second.get().members().size());
        syncPair(leader, follower, 1);
        return List.of(leader, follower);
    }

    private void syncPair(String leader, String follower, int generation) {
        Answer<SyncGroupResponseData> waiting = harness.sync(G, follower, generation, Map.of());
        assertTrue(waiting.pending());
        Answer<SyncGroupResponseData> led = harness.sync(G, leader, generation,
                Map.of(leader, assignment("orders", 0, 1), follower, assignment("orders", 2, 3)));
        assertArrayEquals(assignment("orders", 0, 1), led.get().assignment());
        assertArrayEquals(assignment("orders", 2, 3), waiting.get().assignment());
    }

    @Test
    void theFirstMembersOfAGroupAreGatheredDuringTheInitialDelay() {
        Answer<JoinGroupResponseData> first = harness.join(G, "");
        harness.advance(2_999);
        assertTrue(first.pending());
        Answer<JoinGroupResponseData> second = harness.join(G, "");
        harness.advance(1);
        assertTrue(first.pending(), "a newcomer prolongs the delay");
        harness.advance(3_000);
        assertEquals(1, first.get().generationId());
        assertEquals(1, second.get().generationId());
        assertEquals("CompletingRebalance", harness.state(G));
    }

    @Test
    void withoutInitialDelayTheFirstMemberStartsAtOnce() {
        harness = new GroupHarness(Map.of("group.initial.rebalance.delay.ms", 0));
        assertEquals(1, harness.join(G, "").get().generationId());
    }

    @Test
    void everybodyGetsWhatTheLeaderAssigned() {
        stablePair();
        assertEquals("Stable", harness.state(G));
    }

    @Test
    void aRestartKnowsWhatAMemberSaidWhenItJoinedLast() {
        List<String> pair = stablePair();
        JoinGroupRequestData more = harness.joinRequest(G, pair.get(0), null, "range");
        more.protocols().find("range").setMetadata(GroupHarness.subscription("orders", "payments"));
        harness.join(9, more);
        harness.join(G, pair.get(1));
        syncPair(pair.get(0), pair.get(1), 2);
        DescribedGroup before = harness.describe(G);
        harness.restart();
        assertEquals(before, harness.describe(G));
    }

    @Test
    void aDynamicNewcomerComesBackWithTheIdItWasGiven() {
        JoinGroupResponseData sentAway = harness.join(4, harness.joinRequest(G, "", null, "range")).get();
        assertEquals(Errors.MEMBER_ID_REQUIRED.code(), sentAway.errorCode());
        assertTrue(sentAway.memberId().startsWith("client-"));
        Answer<JoinGroupResponseData> joined = harness.join(4, harness.joinRequest(G, sentAway.memberId(), null, "range"));
        harness.advance(3_000);
        assertEquals(sentAway.memberId(), joined.get().memberId());
        assertEquals(1, joined.get().generationId());
    }

    @Test
    void anIdThatWasGivenAndNeverUsedHoldsARebalanceUpOnlyForASession() {
        List<String> pair = stablePair();
        harness.join(4, harness.joinRequest(G, "", null, "range"));
        Answer<JoinGroupResponseData> leader = harness.join(G, pair.get(0));
        Answer<JoinGroupResponseData> follower = harness.join(G, pair.get(1));
        harness.advance(9_999);
        assertTrue(leader.pending() && follower.pending());
        harness.advance(1);
        assertEquals(2, leader.get().members().size());
        assertEquals(2, follower.get().generationId());
    }

    @Test
    void whoJoinsTwiceIsAnsweredTwice() {
        List<String> pair = stablePair();
        Answer<JoinGroupResponseData> first = harness.join(G, pair.get(0));
        Answer<JoinGroupResponseData> again = harness.join(G, pair.get(0));
        assertEquals(Errors.REBALANCE_IN_PROGRESS.code(), first.get().errorCode());
        assertTrue(again.pending());
        harness.join(G, pair.get(1));
        assertEquals(2, again.get().generationId());
    }

    @Test
    void aNewMemberCallsTheOthersBack() {
        List<String> pair = stablePair();
        Answer<JoinGroupResponseData> third = harness.join(G, "");
        assertEquals(Errors.REBALANCE_IN_PROGRESS, harness.heartbeat(G, pair.get(0), 1));
        assertEquals(Errors.REBALANCE_IN_PROGRESS, harness.heartbeat(G, pair.get(1), 1));
        Answer<JoinGroupResponseData> first = harness.join(G, pair.get(0));
        assertTrue(first.pending() && third.pending());
        Answer<JoinGroupResponseData> second = harness.join(G, pair.get(1));
        for (Answer<JoinGroupResponseData> each : List.of(first, second, third)) {
            assertEquals(2, each.get().generationId());
            assertEquals(pair.get(0), each.get().leader());
        }
        assertEquals(3, first.get().members().size());
    }

    @Test
    void aSilentMemberIsThrownOutAndTheRestRebalance() {
        List<String> pair = stablePair();
        for (int i = 0; i < 4; i++) {
            harness.advance(2_500);
            harness.heartbeat(G, pair.get(0), 1);
        }
        assertEquals(Errors.REBALANCE_IN_PROGRESS, harness.heartbeat(G, pair.get(0), 1));
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.heartbeat(G, pair.get(1), 1));
        JoinGroupResponseData alone = harness.join(G, pair.get(0)).get();
        assertEquals(2, alone.generationId());
        assertEquals(1, alone.members().size());
    }

    @Test
    void whoDoesNotRejoinInTimeIsLeftBehindAndAnotherLeads() {
        List<String> pair = stablePair();
        Answer<JoinGroupResponseData> third = harness.join(G, "");
        Answer<JoinGroupResponseData> second = harness.join(G, pair.get(1));
        for (int i = 0; i < 11; i++) {
            harness.advance(5_000);
            harness.heartbeat(G, pair.get(0), 1);
        }
        assertTrue(second.pending());
        harness.advance(5_000);
        assertEquals(pair.get(1), second.get().leader());
        assertEquals(pair.get(1), third.get().leader());
        assertEquals(2, second.get().members().size());
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.heartbeat(G, pair.get(0), 2));
    }

    @Test
    void whoNeverFetchesItsAssignmentIsThrownOut() {
        Answer<JoinGroupResponseData> first = harness.join(G, "");
        Answer<JoinGroupResponseData> second = harness.join(G, "");
        harness.advance(6_000);
        String leader = first.get().memberId();
        harness.sync(G, leader, 1, Map.of(leader, assignment("orders", 0)));
        for (int i = 0; i < 12; i++) {
            harness.advance(5_000);
            harness.heartbeat(G, leader, 1);
            harness.heartbeat(G, second.get().memberId(), 1);
        }
        assertEquals(Errors.REBALANCE_IN_PROGRESS, harness.heartbeat(G, leader, 1));
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.heartbeat(G, second.get().memberId(), 1));
    }

    /** As Kafka answers: the id is no more. */
    @Test
    void whoLeavesWhileItWaitsIsToldSoAndGetsNoId() {
        List<String> pair = stablePair();
        harness.join(G, "");
        Answer<JoinGroupResponseData> waiting = harness.join(G, pair.get(1));
        assertTrue(waiting.pending());
        harness.leave(G, pair.get(1));
        assertEquals(Errors.UNKNOWN_MEMBER_ID.code(), waiting.get().errorCode());
        assertEquals("", waiting.get().memberId());
    }

    @Test
    void leavingStartsARebalanceAndTheLastOneLeavesTheGroupEmpty() {
        List<String> pair = stablePair();
        assertEquals(Errors.NONE, harness.leave(G, pair.get(1)));
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.leave(G, pair.get(1)));
        assertEquals(Errors.REBALANCE_IN_PROGRESS, harness.heartbeat(G, pair.get(0), 1));
        assertEquals(Errors.NONE, harness.leave(G, pair.get(0)));
        assertEquals("Empty", harness.state(G));
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.heartbeat(G, pair.get(0), 1));
    }

    @Test
    void manyLeaveAtOnceWithAnErrorForEach() {
        List<String> pair = stablePair();
        var response = harness.leave(G, new MemberIdentity().setMemberId(pair.get(0)), new MemberIdentity().setMemberId("nobody"),
                new MemberIdentity().setMemberId("").setGroupInstanceId("nothing"), new MemberIdentity().setMemberId(pair.get(1)));
        assertEquals(List.of(Errors.NONE.code(), Errors.UNKNOWN_MEMBER_ID.code(), Errors.UNKNOWN_MEMBER_ID.code(), Errors.NONE.code()),
                response.members().stream().map(each -> each.errorCode()).toList());
        assertEquals("Empty", harness.state(G));
    }

    @Test
    void aStaticMemberComesBackUnderANewIdWithoutDisturbingAnybody() {
        Answer<JoinGroupResponseData> first = harness.joinStatic(5, G, "", "a");
        Answer<JoinGroupResponseData> second = harness.joinStatic(5, G, "", "b");
        harness.advance(6_000);
        syncStatic(first.get().memberId(), second.get().memberId());
        JoinGroupResponseData back = harness.joinStatic(5, G, "", "b").get();
        assertEquals(1, back.generationId());
        assertFalse(back.memberId().equals(second.get().memberId()));
        assertArrayEquals(assignment("orders", 2, 3), harness.sync(G, back.memberId(), "b", 1, Map.of()).get().assignment());
        assertEquals(Errors.NONE, harness.heartbeat(G, first.get().memberId(), "a", 1));
        assertEquals(Errors.FENCED_INSTANCE_ID, harness.heartbeat(G, second.get().memberId(), "b", 1));
        assertEquals(Errors.FENCED_INSTANCE_ID, harness.commit(8, G, second.get().memberId(), "b", 1, 2, 7, ""));
    }

    private void syncStatic(String leader, String follower) {
        harness.sync(G, leader, "a", 1, Map.of(leader, assignment("orders", 0, 1), follower, assignment("orders", 2, 3)));
        assertArrayEquals(assignment("orders", 2, 3), harness.sync(G, follower, "b", 1, Map.of()).get().assignment());
    }

    @Test
    void aStaticLeaderThatComesBackIsToldNotToAssign() {
        Answer<JoinGroupResponseData> first = harness.joinStatic(9, G, "", "a");
        harness.advance(3_000);
        String leader = first.get().memberId();
        harness.sync(G, leader, "a", 1, Map.of(leader, assignment("orders", 0)));
        JoinGroupResponseData back = harness.joinStatic(9, G, "", "a").get();
        assertTrue(back.skipAssignment());
        assertEquals(back.memberId(), back.leader());
        assertEquals(1, back.members().size());
        JoinGroupResponseData old = harness.joinStatic(8, G, "", "a").get();
        assertEquals(back.memberId(), old.leader(), "a client that cannot skip must not learn that it leads");
        assertEquals(0, old.members().size());
    }

    @Test
    void membersMustShareAProtocolAndTheMostWantedOneWins() {
        Answer<JoinGroupResponseData> first = harness.join(3, harness.joinRequest(G, "", null, "range", "roundrobin"));
        Answer<JoinGroupResponseData> second = harness.join(3, harness.joinRequest(G, "", null, "roundrobin", "range"));
        Answer<JoinGroupResponseData> third = harness.join(3, harness.joinRequest(G, "", null, "roundrobin"));
        assertEquals(Errors.INCONSISTENT_GROUP_PROTOCOL.code(), harness.join(3, harness.joinRequest(G, "", null, "sticky")).get().errorCode());
        assertEquals(Errors.INCONSISTENT_GROUP_PROTOCOL.code(),
                harness.join(3, harness.joinRequest(G, "", null, "range").setProtocolType("connect")).get().errorCode());
        harness.advance(9_000);
        for (Answer<JoinGroupResponseData> each : List.of(first, second, third)) {
            assertEquals("roundrobin", each.get().protocolName());
        }
    }

    @Test
    void aGroupTakesNoMoreThanItsMaximum() {
        harness = new GroupHarness(Map.of("group.max.size", 2));
        stablePair();
        JoinGroupResponseData refused = harness.join(G, "").get();
        assertEquals(Errors.GROUP_MAX_SIZE_REACHED.code(), refused.errorCode());
        assertEquals("Stable", harness.state(G));
    }

    @Test
    void requestsThatCannotBeRightAreRefusedAtTheDoor() {
        assertEquals(Errors.INVALID_GROUP_ID.code(), harness.join("", "").get().errorCode());
        assertEquals(Errors.INVALID_SESSION_TIMEOUT.code(),
                harness.join(3, harness.joinRequest(G, "", null, "range").setSessionTimeoutMs(5_999)).get().errorCode());
        assertEquals(Errors.UNKNOWN_MEMBER_ID.code(), harness.join(G, "nobody").get().errorCode());
        assertEquals("", harness.join(6, harness.joinRequest(G, "nobody", null, "range")).get().protocolName());
        assertEquals(Errors.INVALID_GROUP_ID, harness.heartbeat("", "m", 1));
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.heartbeat(G, "m", 1));
    }

    @Test
    void onlyMembersOfTheGenerationCommit() {
        List<String> pair = stablePair();
        assertEquals(Errors.NONE, harness.commit(G, pair.get(0), 1, 0, 10));
        assertEquals(Errors.ILLEGAL_GENERATION, harness.commit(G, pair.get(0), 2, 0, 11));
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.commit(G, "nobody", 1, 0, 12));
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.commit(G, "", -1, 0, 13));
        assertEquals(10, harness.fetch(G, 0));
        harness.join(G, "");
        assertEquals(Errors.NONE, harness.commit(G, pair.get(0), 1, 0, 14), "before it rejoins, a member commits what it has done");
        harness.join(G, pair.get(0));
        harness.join(G, pair.get(1));
        assertEquals(Errors.REBALANCE_IN_PROGRESS, harness.commit(G, pair.get(0), 2, 0, 15));
        assertEquals(14, harness.fetch(G, 0));
    }

    @Test
    void withoutMembersAnybodyMayCommitAndNobodyMayPretendAGeneration() {
        assertEquals(Errors.NONE, harness.commit("simple", "", -1, 0, 5));
        assertEquals(5, harness.fetch("simple", 0));
        assertEquals(-1, harness.fetch("simple", 1));
        assertEquals(Errors.ILLEGAL_GENERATION, harness.commit(8, "none", "m", null, 3, 0, 5, ""));
        assertEquals(Errors.GROUP_ID_NOT_FOUND, harness.commit(9, "none", "m", null, 3, 0, 5, ""));
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.commit(8, "simple", "m", null, 3, 0, 5, ""));
        assertEquals(Errors.OFFSET_METADATA_TOO_LARGE, harness.commit(8, "simple", "", null, -1, 0, 6, "x".repeat(4097)));
        assertEquals(Errors.UNKNOWN_TOPIC_OR_PARTITION, harness.commit("simple", "", -1, 9, 6));
        assertEquals(Errors.NONE, harness.commit(10, "simple", "", null, -1, 1, 8, "by id"));
        assertEquals(8, harness.fetch("simple", 1));
    }

    @Test
    void aRestartKeepsMembersAssignmentsAndOffsets() {
        List<String> pair = stablePair();
        harness.commit(G, pair.get(0), 1, 0, 10);
        harness.restart();
        assertEquals(10, harness.fetch(G, 0));
        assertEquals("Stable", harness.state(G));
        assertEquals(Errors.NONE, harness.heartbeat(G, pair.get(0), 1));
        assertArrayEquals(assignment("orders", 2, 3), harness.sync(G, pair.get(1), 1, Map.of()).get().assignment());
        harness.advance(9_000);
        assertEquals(Errors.NONE, harness.heartbeat(G, pair.get(0), 1));
        harness.advance(2_000);
        assertEquals(Errors.UNKNOWN_MEMBER_ID, harness.heartbeat(G, pair.get(1), 1), "a member that died with the broker is noticed");
    }

    @Test
    void aFollowerThatAsksAgainGetsTheSameGeneration() {
        List<String> pair = stablePair();
        JoinGroupResponseData again = harness.join(G, pair.get(1)).get();
        assertEquals(1, again.generationId());
        assertEquals("Stable", harness.state(G));
        assertTrue(harness.join(G, pair.get(0)).pending(), "the leader's join asks for a new assignment");
        assertEquals("PreparingRebalance", harness.state(G));
    }

    @Test
    void theHistoryTellsWhatMovedAndForHowLongNobodyOwnedIt() {
        List<String> pair = stablePair();
        harness.leave(G, pair.get(1));
        harness.advance(1_500);
        String leader = pair.get(0);
        harness.join(G, leader);
        Map<String, byte[]> all = new HashMap<>();
        all.put(leader, assignment("orders", 0, 1, 2, 3));
        harness.sync(G, leader, 2, all);
        List<Rebalance> history = harness.rebalances(G);
        assertEquals(2, history.size());
        Rebalance last = history.getLast();
        assertEquals(List.of(pair.get(1)), last.left());
        assertEquals(4, last.partitions());
        assertEquals(2, last.moved());
        assertEquals(1_500, last.longestGapMs());
        assertEquals(List.of(leader, pair.get(1)), history.getFirst().joined());
    }

    @Test
    void offsetsOfASubscribedTopicAreNotDeleted() {
        List<String> pair = stablePair();
        harness.commit(G, pair.get(0), 1, 0, 10);
        assertEquals(Errors.GROUP_SUBSCRIBED_TO_TOPIC, harness.deleteOffset(G, 0));
        harness.leave(G, pair.get(0));
        harness.leave(G, pair.get(1));
        assertEquals(Errors.NONE, harness.deleteOffset(G, 0));
        assertEquals(-1, harness.fetch(G, 0));
        assertEquals(Errors.GROUP_ID_NOT_FOUND, harness.deleteOffset("nothing", 0));
    }

    @Test
    void onlyAnEmptyGroupIsDeletedAndNothingOfItIsLeft() {
        List<String> pair = stablePair();
        harness.commit(G, pair.get(0), 1, 0, 10);
        assertEquals(Errors.NON_EMPTY_GROUP, harness.deleteGroup(G));
        harness.leave(G, pair.get(0));
        harness.leave(G, pair.get(1));
        assertEquals(List.of(G), harness.listGroups("Empty"));
        assertEquals(List.of(), harness.listGroups("stable"));
        assertEquals(Errors.NONE, harness.deleteGroup(G));
        assertEquals(Errors.GROUP_ID_NOT_FOUND, harness.deleteGroup(G));
        assertEquals("Dead", harness.state(G));
        harness.restart();
        assertEquals(List.of(), harness.listGroups());
        assertEquals(-1, harness.fetch(G, 0));
    }
}
