// SPDX-License-Identifier: Apache-2.0
package io.ottla.share;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.protocol.Errors;

/** What the broker has told of the records of a topic: who holds which, which are done with. Refuses what must not be. */
final class SharedRecords {
    /** A record. */
    record Place(int partition, long offset) {}

    /** A lock, and in which life of the broker it was given. */
    private record Held(String memberId, long untilMs, int incarnation) {}

    private final ShareWorld world;
    private final Uuid topicId;
    private final Map<Integer, Long> logEnds = new HashMap<>();
    private final Map<Place, Held> held = new HashMap<>();
    private final Set<Place> done = new HashSet<>();
    /** Acknowledged, and nobody knows whether the broker kept it. */
    private final Set<Place> maybeDone = new HashSet<>();
    /** How many acknowledgements of a record are not answered yet. */
    private final Map<Place, Integer> unanswered = new HashMap<>();
    private int unansweredSince;
    private final Map<Place, Integer> deliveries = new HashMap<>();

    SharedRecords(ShareWorld world, Uuid topicId) {
        this.world = world;
        this.topicId = topicId;
    }

    void produce(int partition, int count) {
        logEnds.merge(partition, (long) count, Long::sum);
    }

    long logEnd(int partition) {
        return logEnds.getOrDefault(partition, 0L);
    }

    int done() {
        return done.size();
    }

    SharePartitionKey key(int partition) {
        return new SharePartitionKey(ShareWorld.GROUP, topicId, partition);
    }

    /** What the broker does for a fetch: it looks, reads and locks; {@code reply} gets what was locked. */
    void fetch(int partition, String memberId, int most, boolean strict, Consumer<List<Place>> reply) {
        world.share().look(key(partition), 0, most, position -> {
            if (position.error() != Errors.NONE) {
                return;
            }
            switch (position.value()) {
                case Position.NotStarted ignored -> world.share().start(key(partition), 0, error -> { });
                case Position.Read read -> acquire(partition, memberId, read, most, strict, reply);
                case Position.Full ignored -> { }
                case Position.Unknown ignored -> { }
            }
        });
        world.settle();
    }

    private void acquire(
            int partition, String memberId, Position.Read read, int most, boolean strict, Consumer<List<Place>> reply) {
        long logEnd = logEnd(partition);
        List<Acquisition.Batch> batches = new ArrayList<>();
        for (long first = read.offset() / 10 * 10; first < logEnd && first <= read.lastOffset(); first += 10) {
            batches.add(new Acquisition.Batch(first, Math.min(first + 9, logEnd - 1), true));
        }
        if (batches.isEmpty()) {
            return;
        }
        long askedMs = world.nowMs();
        int incarnation = world.incarnation();
        world.share().acquire(key(partition), memberId, new Acquisition(read.offset(), batches, most, 100, strict), answer -> {
            if (answer.error() == Errors.NONE && incarnation == world.incarnation()) {
                reply.accept(acquired(partition, memberId, answer.value(), askedMs));
            }
        });
    }

    private List<Place> acquired(int partition, String memberId, List<Acquisition.Acquired> acquired, long askedMs) {
        List<Place> places = new ArrayList<>();
        for (Acquisition.Acquired each : acquired) {
            assertTrue(each.deliveryCount() <= ShareWorld.DELIVERIES, () -> "one delivery too many: " + each);
            for (long offset = each.first(); offset <= each.last(); offset++) {
                Place place = new Place(partition, offset);
                Held other = held.get(place);
                assertTrue(!isHeld(other, askedMs), () -> place + " is held by " + other + " and was given to " + memberId);
                assertTrue(!done.contains(place), () -> place + " was done with and is given to " + memberId);
                held.put(place, new Held(memberId, askedMs + ShareWorld.LOCK_MS, world.incarnation()));
                maybeDone.remove(place);
                deliveries.merge(place, 1, Integer::sum);
                places.add(place);
            }
        }
        return places;
    }

    private boolean isHeld(Held by, long nowMs) {
        return by != null && by.untilMs > nowMs && by.incarnation == world.incarnation();
    }

    private boolean isHeldBy(Place place, String memberId, long nowMs) {
        Held by = held.get(place);
        return isHeld(by, nowMs) && by.memberId.equals(memberId);
    }

    /** Acknowledges neighbours in one partition; the broker takes all or nothing, and takes nothing from those who do not hold it. */
    void acknowledge(String memberId, List<Place> places, List<Acknowledgement.Kind> kinds) {
        int partition = places.getFirst().partition;
        long askedMs = world.nowMs();
        int incarnation = world.incarnation();
        Set<Place> mine = new HashSet<>(places.stream().filter(place -> isHeldBy(place, memberId, askedMs)).toList());
        List<Place> unknown = maybeDone(places, kinds, mine);
        if (unansweredSince != incarnation) {
            unansweredSince = incarnation;
            unanswered.clear();
        }
        boolean sure = places.stream().noneMatch(unanswered::containsKey);
        places.forEach(place -> unanswered.merge(place, 1, Integer::sum));
        Acknowledgement acknowledgement = new Acknowledgement(places.getFirst().offset, places.getLast().offset, kinds);
        world.share().acknowledge(key(partition), memberId, List.of(acknowledgement), error -> {
            if (incarnation != world.incarnation()) {
                return;
            }
            places.forEach(place -> unanswered.computeIfPresent(place, (same, count) -> count == 1 ? null : count - 1));
            // What was said before this may have been decided first.
            mine.removeIf(place -> !isHeldBy(place, memberId, askedMs));
            unknown.forEach(maybeDone::remove);
            answered(memberId, places, kinds, mine, askedMs, error);
            assertTrue(!sure || !isRefusal(error) || mine.size() < places.size(), () -> memberId + " held " + places + " and was told " + error);
        });
        world.settle();
    }

    /** Until the answer comes, nobody knows; returns which these are. */
    private List<Place> maybeDone(List<Place> places, List<Acknowledgement.Kind> kinds, Set<Place> mine) {
        List<Place> unknown = new ArrayList<>();
        for (int i = 0; i < places.size(); i++) {
            if (isFinal(kinds.get(i)) && mine.contains(places.get(i)) && maybeDone.add(places.get(i))) {
                unknown.add(places.get(i));
            }
        }
        return unknown;
    }

    private static boolean isFinal(Acknowledgement.Kind kind) {
        return kind == Acknowledgement.Kind.ACCEPT || kind == Acknowledgement.Kind.REJECT || kind == Acknowledgement.Kind.GAP;
    }

    private void answered(String memberId, List<Place> places, List<Acknowledgement.Kind> kinds, Set<Place> mine, long askedMs, Errors error) {
        switch (error) {
            case NONE -> {
                // What lies before the start is done with, and may be acknowledged again.
                assertTrue(places.stream().allMatch(place -> mine.contains(place) || isOver(place)), () -> memberId + " does not hold all of " + places);
                for (int i = 0; i < places.size(); i++) {
                    if (mine.contains(places.get(i))) {
                        taken(memberId, places.get(i), kinds.get(i), askedMs);
                    }
                }
            }
            case INVALID_RECORD_STATE, INVALID_REQUEST, COORDINATOR_LOAD_IN_PROGRESS, COORDINATOR_NOT_AVAILABLE, NOT_COORDINATOR, UNKNOWN_TOPIC_OR_PARTITION -> { }
            default -> throw new AssertionError("acknowledgement answered " + error);
        }
    }

    private static boolean isRefusal(Errors error) {
        return error == Errors.INVALID_RECORD_STATE || error == Errors.INVALID_REQUEST;
    }

    private boolean isOver(Place place) {
        return done.contains(place) || maybeDone.contains(place) || deliveries.getOrDefault(place, 0) >= ShareWorld.DELIVERIES;
    }

    private void taken(String memberId, Place place, Acknowledgement.Kind kind, long askedMs) {
        if (isFinal(kind)) {
            assertTrue(done.add(place), () -> place + " is done with twice, now by " + memberId);
            held.remove(place);
        } else if (kind == Acknowledgement.Kind.RELEASE) {
            held.remove(place);
        } else {
            held.put(place, new Held(memberId, askedMs + ShareWorld.LOCK_MS, world.incarnation()));
        }
    }

    /** Nothing is left over: every record was done with, or handed out as often as may be. */
    void checkAllDone() {
        logEnds.forEach((partition, logEnd) -> {
            for (long offset = 0; offset < logEnd; offset++) {
                Place place = new Place(partition, offset);
                assertTrue(isOver(place), () -> place + " is stranded");
            }
        });
    }
}
