// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.coordinator.Caller;
import io.ottla.share.ShareHarness.Answer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.apache.kafka.common.protocol.Errors;
import org.junit.jupiter.api.Test;

/**
 * Random histories of one share partition: members fetch, acknowledge, renew, leave, die and come late, and the process
 * crashes. {@code ./mvnw -Psoak} plays ten thousand of them, {@code -Dsimulation.seed=N} plays one again.
 */
class ShareSimulationTest {
    private static final int HISTORIES = Integer.getInteger("simulation.histories", Boolean.getBoolean("soak") ? 10_000 : 300);
    private static final Long ONLY = Long.getLong("simulation.seed");

    @Test
    void everyRecordIsDoneWithOnceAndNobodyGetsWhatAnotherHolds() {
        for (long seed = ONLY != null ? ONLY : 1; seed <= (ONLY != null ? ONLY : HISTORIES); seed++) {
            try {
                new History(seed).play();
            } catch (Throwable e) {
                throw new AssertionError("simulation.seed=" + seed, e);
            }
        }
    }

    private static final class History {
        private record Held(String member, long untilMs) {}

        private final Random random;
        private final ShareHarness share;
        private final int limit;
        private final Map<Long, Held> held = new HashMap<>();
        private final Set<Long> done = new HashSet<>();
        private final Map<Long, Integer> deliveries = new HashMap<>();
        private long logEnd;

        private History(long seed) {
            random = new Random(seed);
            limit = 2 + random.nextInt(4);
            share = new ShareHarness(Map.of(
                    "share.delivery.count.limit", Integer.toString(limit),
                    "share.record.lock.duration.ms", "2000",
                    "share.partition.max.record.locks", "100"));
        }

        private void play() {
            share.begin(0);
            for (int step = 0; step < 150; step++) {
                step();
            }
            drain();
            assertEquals(logEnd, share.state().startOffset(), "the start when all is done");
            for (long offset = 0; offset < logEnd; offset++) {
                assertTrue(done.contains(offset) || deliveries.getOrDefault(offset, 0) >= limit, "record " + offset + " is stranded");
            }
        }

        private void step() {
            String member = "m" + random.nextInt(4);
            switch (random.nextInt(12)) {
                case 0, 1 -> logEnd += random.nextInt(40);
                case 2, 3, 4 -> fetch(member, 1 + random.nextInt(30), random.nextBoolean());
                case 5, 6, 7 -> acknowledge(member);
                case 8 -> leave(member);
                case 9 -> share.advance(random.nextInt(1_500));
                case 10 -> acknowledgeTooLate(member);
                default -> {
                    if (random.nextInt(4) == 0) {
                        share.crash();
                        held.clear();
                    }
                }
            }
        }

        private void fetch(String member, int most, boolean strict) {
            long now = share.clock.wallMs();
            for (Acquisition.Acquired acquired : share.fetch(member, logEnd, most, strict)) {
                for (long offset = acquired.first(); offset <= acquired.last(); offset++) {
                    Held other = held.get(offset);
                    assertTrue(other == null || other.untilMs <= now, "record " + offset + " is held by " + other);
                    assertTrue(!done.contains(offset), "record " + offset + " was done with");
                    assertTrue(acquired.deliveryCount() <= limit, "delivery " + acquired.deliveryCount() + " of record " + offset);
                    held.put(offset, new Held(member, now + 2_000));
                    deliveries.merge(offset, 1, Integer::sum);
                }
            }
        }

        private List<Long> of(String member) {
            long now = share.clock.wallMs();
            return new ArrayList<>(held.entrySet().stream()
                    .filter(entry -> entry.getValue().member.equals(member) && entry.getValue().untilMs > now)
                    .map(Map.Entry::getKey).sorted().toList());
        }

        private void acknowledge(String member) {
            List<Long> mine = of(member);
            if (mine.isEmpty()) {
                return;
            }
            long first = mine.get(random.nextInt(mine.size()));
            long last = first;
            while (held.containsKey(last + 1) && mine.contains(last + 1) && random.nextInt(8) > 0) {
                last++;
            }
            List<Acknowledgement.Kind> kinds = new ArrayList<>();
            for (long offset = first; offset <= last; offset++) {
                kinds.add(List.of(Acknowledgement.Kind.ACCEPT, Acknowledgement.Kind.ACCEPT, Acknowledgement.Kind.RELEASE,
                        Acknowledgement.Kind.REJECT, Acknowledgement.Kind.RENEW).get(random.nextInt(5)));
            }
            boolean crashes = random.nextInt(20) == 0;
            List<Acknowledgement> acknowledgements = List.of(new Acknowledgement(first, last, kinds));
            Answer<Errors> answer = share.submit((Caller<Errors> caller) ->
                    new ShareCommand.Acknowledge(ShareHarness.KEY, member, acknowledgements, caller));
            if (crashes) {
                share.crash();
                held.clear();
                return;
            }
            share.flush();
            assertEquals(Errors.NONE, answer.value, () -> "acknowledgement of " + acknowledgements);
            for (long offset = first; offset <= last; offset++) {
                settle(member, offset, kinds.get((int) (offset - first)));
            }
        }

        private void settle(String member, long offset, Acknowledgement.Kind kind) {
            switch (kind) {
                case ACCEPT, REJECT, GAP -> {
                    done.add(offset);
                    held.remove(offset);
                }
                case RELEASE -> held.remove(offset);
                case RENEW -> held.put(offset, new Held(member, share.clock.wallMs() + 2_000));
            }
        }

        private void leave(String member) {
            share.release(member);
            held.values().removeIf(each -> each.member.equals(member));
        }

        /** Whoever does not hold a record cannot say anything about it. */
        private void acknowledgeTooLate(String member) {
            long now = share.clock.wallMs();
            held.entrySet().stream().filter(entry -> !entry.getValue().member.equals(member) && entry.getValue().untilMs > now)
                    .map(Map.Entry::getKey).findFirst().ifPresent(offset -> assertEquals(Errors.INVALID_RECORD_STATE,
                            share.acknowledge(member, offset, offset, Acknowledgement.Kind.ACCEPT)));
        }

        private void drain() {
            share.advance(5_000);
            held.clear();
            for (int round = 0; share.look(100) != null && share.state().startOffset() < logEnd; round++) {
                assertTrue(round < 10_000, "the rest is never handed out");
                fetch("last", 100, false);
                for (long offset : of("last")) {
                    assertEquals(Errors.NONE, share.acknowledge("last", offset, offset, Acknowledgement.Kind.ACCEPT));
                    settle("last", offset, Acknowledgement.Kind.ACCEPT);
                }
            }
        }
    }
}
