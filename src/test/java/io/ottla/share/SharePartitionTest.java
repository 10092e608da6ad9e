// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import static io.ottla.share.Acknowledgement.Kind.ACCEPT;
import static io.ottla.share.Acknowledgement.Kind.GAP;
import static io.ottla.share.Acknowledgement.Kind.REJECT;
import static io.ottla.share.Acknowledgement.Kind.RELEASE;
import static io.ottla.share.Acknowledgement.Kind.RENEW;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.ottla.coordinator.Caller;
import io.ottla.share.ShareHarness.Answer;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/** What becomes of records in a share group (KIP-932). Logs are batches of ten records. */
class SharePartitionTest {
    private final ShareHarness share = new ShareHarness(Map.of("share.delivery.count.limit", "2", "share.partition.max.record.locks", "100"));

    private static Acquisition.Acquired got(long first, long last, int deliveryCount) {
        return new Acquisition.Acquired(first, last, deliveryCount);
    }

    @Test
    void aPartitionWithoutStateIsUnknownAndOneWithoutAStartHasNotStarted() {
        assertInstanceOf(Position.Unknown.class, share.look(10));
        share.begin(SharePartition.NOT_STARTED);
        assertInstanceOf(Position.NotStarted.class, share.look(10));
        share.ask((Caller<Errors> caller) -> new ShareCommand.Start(ShareHarness.KEY, 42, caller));
        assertEquals(42, ((Position.Read) share.look(10)).offset());
    }

    @Test
    void wholeBatchesAreHandedOutUnlessTheLimitIsStrict() {
        share.begin(0);
        assertEquals(List.of(got(0, 19, 1)), share.fetch("a", 100, 15, false));
        assertEquals(List.of(got(20, 34, 1)), share.fetch("b", 100, 15, true));
        assertEquals(List.of(got(35, 49, 1)), share.fetch("b", 100, 12, false));
    }

    @Test
    void stateThatIsAskedForAgainStaysAndStateThatIsSetBeginsAnew() {
        share.begin(5);
        share.fetch("a", 10, 10, false);
        share.acknowledge("a", 5, 6, ACCEPT);
        share.ask((Caller<Errors> caller) -> new ShareCommand.Initialize(ShareHarness.KEY, 1, SharePartition.NOT_STARTED, false, caller));
        assertEquals(7, share.state().startOffset());
        share.begin(SharePartition.NOT_STARTED);
        assertInstanceOf(Position.NotStarted.class, share.look(10));
    }

    @Test
    void acknowledgedRecordsAreDoneWithAndTheStartFollows() {
        share.begin(0);
        share.fetch("a", 10, 10, false);
        assertEquals(Errors.NONE, share.acknowledge("a", 3, 9, ACCEPT));
        assertEquals(0, share.state().startOffset());
        assertEquals(Errors.NONE, share.acknowledge("a", 0, 2, GAP, ACCEPT, REJECT));
        assertEquals(10, share.state().startOffset());
    }

    @Test
    void onlyTheHolderMayAcknowledgeAndAllOrNothing() {
        share.begin(0);
        share.fetch("a", 20, 10, false);
        share.fetch("b", 20, 10, false);
        assertEquals(Errors.INVALID_RECORD_STATE, share.acknowledge("a", 5, 15, ACCEPT));
        assertEquals(Errors.INVALID_REQUEST, share.acknowledge("a", 5, 25, ACCEPT));
        assertEquals(Errors.NONE, share.acknowledge("a", 0, 9, ACCEPT));
        assertEquals(Errors.NONE, share.acknowledge("a", 0, 9, ACCEPT), "what is past is past");
        assertEquals(Errors.INVALID_RECORD_STATE, share.acknowledge("a", 10, 10, ACCEPT));
    }

    @Test
    void releasedRecordsAreHandedOutAgainUntilTheLimit() {
        share.begin(0);
        share.fetch("a", 10, 10, false);
        share.acknowledge("a", 0, 9, RELEASE);
        assertEquals(List.of(got(0, 9, 2)), share.fetch("b", 10, 10, false));
        share.acknowledge("b", 0, 9, RELEASE);
        assertEquals(List.of(), share.fetch("a", 10, 10, false));
        assertEquals(10, share.state().startOffset());
    }

    @Test
    void locksEndByThemselvesUnlessTheyAreRenewed() {
        share.begin(0);
        share.fetch("a", 10, 10, false);
        share.advance(20_000);
        assertEquals(Errors.NONE, share.acknowledge("a", 5, 9, RENEW));
        share.advance(10_000);
        assertEquals(List.of(got(0, 4, 2)), share.fetch("b", 10, 10, false));
        share.advance(20_000);
        assertEquals(List.of(got(5, 9, 2)), share.fetch("b", 10, 10, false));
        assertEquals(Errors.INVALID_RECORD_STATE, share.acknowledge("a", 5, 5, ACCEPT));
    }

    @Test
    void aMemberThatGoesAwayLetsGoOfEverything() {
        share.begin(0);
        share.fetch("a", 20, 10, false);
        share.fetch("b", 20, 10, false);
        share.release("a");
        assertEquals(List.of(got(0, 9, 2)), share.fetch("b", 20, 10, false));
    }

    @Test
    void noMoreRecordsAreInFlightThanMayBe() {
        share.begin(0);
        assertEquals(List.of(got(0, 99, 1)), share.fetch("a", 1_000, 500, false));
        Position.Full full = assertInstanceOf(Position.Full.class, share.look(10));
        Answer<Boolean> waiting = share.submit(caller -> new ShareCommand.Wait(ShareHarness.KEY, full.lookAgain(), caller));
        assertNull(waiting.value);
        share.acknowledge("a", 0, 49, ACCEPT);
        assertEquals(true, waiting.value);
        assertEquals(List.of(got(100, 109, 1)), share.fetch("a", 1_000, 10, false));
    }

    @Test
    void whoeverWaitsHearsOfReleasedRecords() {
        share.begin(0);
        share.fetch("a", 10, 10, false);
        Position.Read end = assertInstanceOf(Position.Read.class, share.look(10));
        Answer<Boolean> waiting = share.submit(caller -> new ShareCommand.Wait(ShareHarness.KEY, end.lookAgain(), caller));
        share.acknowledge("a", 0, 4, ACCEPT);
        assertNull(waiting.value);
        share.acknowledge("a", 5, 5, RELEASE);
        assertEquals(true, waiting.value);
    }

    @Test
    void offsetsThatHoldNothingToDeliverAreDoneWithAtOnce() {
        share.begin(0);
        List<Acquisition.Batch> batches = List.of(
                new Acquisition.Batch(5, 9, true), new Acquisition.Batch(10, 10, false), new Acquisition.Batch(13, 14, true));
        assertEquals(List.of(got(5, 9, 1), got(13, 14, 1)), share.acquire("a", new Acquisition(0, batches, 100, 100, false)));
        share.acknowledge("a", 5, 9, ACCEPT);
        assertEquals(13, share.state().startOffset());
    }

    @Test
    void theStartMovesWithTheLog() {
        share.begin(0);
        share.fetch("a", 20, 20, false);
        share.ask((Caller<Position> caller) -> new ShareCommand.Look(ShareHarness.KEY, 15, 10, caller));
        assertEquals(15, share.state().startOffset());
        assertEquals(Errors.NONE, share.acknowledge("a", 0, 19, ACCEPT));
        assertEquals(20, share.state().startOffset());
    }

    @Test
    void suspiciousRecordsAreHandedOutInSmallPortionsAndAtLastAlone() {
        ShareHarness patient = new ShareHarness(Map.of("share.delivery.count.limit", "4"));
        patient.begin(0);
        assertEquals(List.of(got(0, 9, 1)), patient.fetch("a", 10, 10, false));
        patient.release("a");
        assertEquals(List.of(got(0, 9, 2)), patient.fetch("a", 10, 10, false));
        patient.release("a");
        assertEquals(List.of(got(0, 4, 3)), patient.fetch("a", 10, 10, false));
        patient.release("a");
        assertEquals(List.of(got(0, 0, 4)), patient.fetch("a", 10, 10, false));
    }

    @Test
    void lostDeliveriesDoNotOutliveTheProcessButAcknowledgementsDo() {
        share.begin(0);
        share.fetch("a", 20, 20, false);
        share.acknowledge("a", 0, 4, ACCEPT);
        share.acknowledge("a", 10, 11, RELEASE);
        share.crash();
        assertEquals(List.of(got(5, 9, 1), got(10, 11, 2), got(12, 19, 1)), share.fetch("b", 20, 20, false));
    }

    @Test
    void anAcknowledgementThatWasNotFlushedIsNotAnswered() {
        share.begin(0);
        share.fetch("a", 10, 10, false);
        Answer<Errors> answer = share.submit(caller -> new ShareCommand.Acknowledge(
                ShareHarness.KEY, "a", List.of(new Acknowledgement(0, 9, List.of(ACCEPT))), caller));
        assertNull(answer.value);
        share.crash();
        assertEquals(List.of(got(0, 9, 1)), share.fetch("b", 10, 10, false));
    }

    @Test
    void snapshotsFollowManyUpdatesAndKeepLocks() {
        ShareHarness wide = new ShareHarness(Map.of("share.partition.max.record.locks", "1000"));
        wide.begin(0);
        wide.fetch("a", 600, 600, true);
        for (int offset = 1; offset <= 520; offset++) {
            assertEquals(Errors.NONE, wide.acknowledge("a", offset, offset, ACCEPT));
        }
        assertEquals(1, wide.state().snapshotEpoch());
        assertEquals(Errors.NONE, wide.acknowledge("a", 521, 521, ACCEPT));
        wide.crash();
        assertEquals(List.of(got(0, 0, 1), got(522, 599, 1)), wide.fetch("b", 600, 600, false));
    }

    @Test
    void deadLettersAreWrittenBeforeTheirRecordsAreDoneWithAlsoAcrossARestart() {
        ShareHarness dead = new ShareHarness(Map.of("share.delivery.count.limit", "2", "errors.deadletterqueue.topic.name", "dlq.t"));
        dead.begin(0);
        dead.fetch("a", 10, 10, false);
        dead.acknowledge("a", 0, 1, REJECT);
        assertEquals(List.of(new DeadLetter(ShareHarness.KEY, 0, 1, 1, true)), dead.deadLetters);
        dead.crash();
        dead.deadLetters.clear();
        dead.look(1);
        assertEquals(List.of(new DeadLetter(ShareHarness.KEY, 0, 1, 1, true)), dead.deadLetters);
        assertEquals(0, dead.state().startOffset());
        dead.tell(new ShareCommand.DeadLetterWritten(ShareHarness.KEY, 0, 1));
        assertEquals(2, dead.state().startOffset());
    }

    private Errors write(int leaderEpoch, long startOffset, Run... runs) {
        return share.ask((Caller<Errors> caller) ->
                new ShareCommand.Write(ShareHarness.KEY, 1, leaderEpoch, startOffset, 0, List.of(runs), caller));
    }

    private Answered<ShareSnapshot> readAsLeader(int leaderEpoch) {
        return share.ask(caller -> new ShareCommand.ReadAsLeader(ShareHarness.KEY, leaderEpoch, caller));
    }

    @Test
    void whatALeaderElsewhereWritesCountsAndItsEpochOutlivesACrash() {
        share.begin(0);
        assertEquals(Errors.NONE, write(3, 5, Run.unlocked(5, 6, DeliveryState.AVAILABLE, 1), Run.unlocked(7, 8, DeliveryState.ACKNOWLEDGED, 1)));
        assertEquals(5, readAsLeader(4).value().startOffset());
        share.crash();
        assertEquals(Errors.FENCED_LEADER_EPOCH, write(3, 9));
        assertEquals(Errors.FENCED_LEADER_EPOCH, readAsLeader(3).error());
        assertEquals(List.of(got(5, 6, 2), got(9, 9, 1)), share.fetch("a", 10, 10, false));
    }

    @Test
    void aWriteFromElsewhereLeavesLocksAndWakesWhoWaits() {
        share.begin(0);
        share.fetch("a", 10, 10, false);
        Answer<Boolean> waiting = share.submit(caller -> new ShareCommand.Wait(ShareHarness.KEY, share.state().freed(), caller));
        assertEquals(Errors.NONE, write(0, 2, Run.unlocked(2, 4, DeliveryState.AVAILABLE, 1), Run.unlocked(5, 6, DeliveryState.ACKNOWLEDGED, 1)));
        assertEquals(true, waiting.value);
        assertEquals(Errors.INVALID_RECORD_STATE, share.acknowledge("a", 5, 6, ACCEPT));
        assertEquals(Errors.NONE, share.acknowledge("a", 2, 4, ACCEPT));
        assertEquals(7, share.state().startOffset());
    }
}
