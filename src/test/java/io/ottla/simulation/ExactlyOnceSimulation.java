// SPDX-License-Identifier: Apache-2.0
package io.ottla.simulation;

import io.ottla.simulation.Violation.Kind;
import io.ottla.world.ManualClock;
import io.ottla.world.SimulatedDisk;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.apache.kafka.common.TopicPartition;

/** One random history of a broker, its producers and readers. A seed always gives the same. */
final class ExactlyOnceSimulation implements SimulatedProducer.Network {
    private static final int STEPS = 1_200;
    private static final int PRODUCERS = 3;
    private static final int MAX_IN_TRANSIT = 40;
    private static final int HISTORY_KEPT = 400;
    private static final long START_MS = 1_700_000_000_000L;

    private record InTransit(SimulatedProducer from, Step step, SimulatedProducer.Delivery delivery) {}

    private final Random random;
    private final Fault fault;
    private final SimulatedDisk disk;
    private final ManualClock clock = new ManualClock(START_MS);
    private final Deque<String> history = new ArrayDeque<>();
    private final List<SimulatedProducer> producers = new ArrayList<>();
    private final List<SimulatedProducer> zombies = new ArrayList<>();
    private final List<InTransit> transit = new ArrayList<>();
    private final List<Reader> readers = new ArrayList<>();
    private final Verdicts verdicts = new Verdicts();
    private House house;
    private int life;
    private boolean broken;

    ExactlyOnceSimulation(long seed, Fault fault) throws IOException {
        random = new Random(seed);
        this.fault = fault;
        disk = new SimulatedDisk(random);
        disk.syncsAll(random.nextBoolean());
        open();
        for (int i = 0; i < PRODUCERS; i++) {
            producers.add(new SimulatedProducer("p" + i, random.nextBoolean(), random, this));
        }
        for (TopicPartition partition : verdicts.partitions()) {
            readers.add(new Reader(partition, 300 + random.nextInt(3000)));
        }
    }

    /** The last steps. */
    String history() {
        return String.join("\n", history);
    }

    private void note(String step) {
        history.add(step);
        if (history.size() > HISTORY_KEPT) {
            history.remove();
        }
    }

    private void open() throws IOException {
        house = new House(disk, clock, random, fault, life);
    }

    /** Returns the number of transactions that were committed. */
    int run() throws IOException {
        for (int i = 0; i < STEPS; i++) {
            step();
        }
        heal();
        settle();
        int committed = verdicts.check(house, readers);
        for (boolean cut : new boolean[] {false, true}) {
            restart(cut);
            house.settle();
            readers.forEach(reader -> reader.readAll(house));
            verdicts.check(house, readers);
        }
        return committed;
    }

    private void step() throws IOException {
        house.pass(random.nextInt(6));
        int choice = random.nextInt(100);
        if (choice < 18) {
            producers.get(random.nextInt(PRODUCERS)).act();
        } else if (choice < 36) {
            deliver();
        } else if (choice < 60) {
            house.turn();
        } else if (choice < 84) {
            house.work();
        } else if (choice < 90) {
            house.workAside();
        } else if (choice < 94) {
            readers.get(random.nextInt(readers.size())).poll(house);
        } else {
            rare();
        }
    }

    private void rare() throws IOException {
        switch (random.nextInt(40)) {
            case 0 -> restart(false);
            case 1 -> restart(true);
            case 2 -> powerCutInTheMidst();
            case 3, 4, 5 -> {
                note("compact");
                house.compact();
            }
            case 6 -> {
                note("time passes");
                house.pass(500);
            }
            case 7, 8, 9 -> restartProducer(false);
            case 10, 11, 12 -> restartProducer(true);
            case 13, 14, 15, 16, 17, 18 -> loseAnswer();
            case 19, 20 -> verdicts.checkOffsets(house);
            case 21 -> breakDisk();
            case 22 -> rereadFromTheStart();
            case 23, 24, 25, 26 -> zombieActs();
            default -> replaceTheDead();
        }
    }

    private void deliver() {
        if (transit.isEmpty()) {
            return;
        }
        InTransit next = transit.remove(random.nextInt(transit.size()));
        note("arrives " + next.step + " of " + next.from);
        int mine = life;
        next.delivery.to(house);
        if (mine != life) {
            throw new IllegalStateException("the broker died while it was asked");
        }
    }

    @Override
    public void send(SimulatedProducer from, Step step, SimulatedProducer.Delivery delivery) {
        // What was sent before may still arrive; in the first protocol only writes can be told from what follows them.
        boolean late = from.second() || step instanceof Step.Write;
        if (!late || transit.size() >= MAX_IN_TRANSIT) {
            transit.removeIf(each -> each.from == from);
        }
        transit.add(new InTransit(from, step, delivery));
    }

    @Override
    public Story newStory(SimulatedProducer of) {
        return verdicts.newStory(of.id(), random);
    }

    @Override
    public long nowMs() {
        return clock.wallMs();
    }

    private void replaceTheDead() {
        for (int i = 0; i < PRODUCERS; i++) {
            if (producers.get(i).dead()) {
                replace(i);
            }
        }
    }

    private void replace(int index) {
        SimulatedProducer old = producers.get(index);
        producers.set(index, new SimulatedProducer(old.id(), old.second(), random, this));
    }

    private void restartProducer(boolean leavesZombie) {
        int index = random.nextInt(PRODUCERS);
        SimulatedProducer old = producers.get(index);
        note("restart of " + old + (leavesZombie ? ", which lives on" : ""));
        if (leavesZombie) {
            zombies.add(old);
        } else {
            old.die();
        }
        replace(index);
    }

    private void zombieActs() {
        zombies.removeIf(SimulatedProducer::dead);
        if (!zombies.isEmpty()) {
            SimulatedProducer zombie = zombies.get(random.nextInt(zombies.size()));
            if (random.nextInt(4) == 0) {
                zombie.tryAgain();
            }
            zombie.act();
        }
    }

    private void loseAnswer() {
        SimulatedProducer producer = producers.get(random.nextInt(PRODUCERS));
        if (producer.waiting()) {
            note("no answer for " + producer);
            producer.tryAgain();
        }
    }

    private void rereadFromTheStart() {
        if (broken) {
            return;
        }
        readers.stream().filter(reader -> reader.partition().topic().equals(House.PLAIN))
                .forEach(reader -> verdicts.checkSame(reader, new Reader(reader.partition(), 1 << 20).readAll(house)));
    }

    /** Some calls fail for a while; what is written meanwhile is refused, or in doubt. */
    private void breakDisk() {
        if (broken) {
            heal();
            return;
        }
        note("disk trouble");
        broken = true;
        double chance = 0.05 + random.nextDouble() * 0.3;
        SimulatedDisk.Call call = random.nextBoolean() ? SimulatedDisk.Call.FORCE : SimulatedDisk.Call.WRITE;
        disk.faults((each, path) -> each == call && random.nextDouble() < chance);
    }

    private void heal() {
        note("disk is well");
        broken = false;
        disk.faults(SimulatedDisk.Faults.NONE);
    }

    /** From some call of the next work on nothing works any more, then the power is gone. */
    private void powerCutInTheMidst() throws IOException {
        int[] left = {random.nextInt(12)};
        broken = true;
        disk.faults((call, path) -> left[0]-- <= 0);
        switch (random.nextInt(4)) {
            case 0 -> house.work();
            case 1 -> house.turn();
            case 2 -> house.compact();
            default -> house.workAside();
        }
        restart(true);
    }

    private void restart(boolean cut) throws IOException {
        note(cut ? "power cut" : "kill");
        Map<String, List<String>> before = cut || broken ? null : verdicts.memories(house);
        heal();
        if (cut) {
            disk.crash();
        } else {
            disk.kill();
        }
        life++;
        open();
        if (before != null) {
            verdicts.checkMemories(before, verdicts.memories(house));
        }
        // Connections died with the broker; requests that were still on their way arrive at nobody, or by a new connection.
        producers.forEach(SimulatedProducer::tryAgain);
    }

    /** Lets everything come to an end that can, without any more help of the producers. */
    private void settle() {
        producers.forEach(SimulatedProducer::die);
        while (!transit.isEmpty()) {
            deliver();
            house.settle();
        }
        for (int i = 0; i < 60; i++) {
            house.pass(1_000);
            house.settle();
        }
        readers.forEach(reader -> reader.readAll(house));
    }
}
