// SPDX-License-Identifier: Apache-2.0
package io.ottla.log;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.ottla.topic.AppendOrigin;
import io.ottla.topic.AppendRefused;
import io.ottla.topic.AppendTooCostly;
import io.ottla.topic.PartitionId;
import io.ottla.topic.TopicConfig;
import io.ottla.world.TurnThread;
import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.FutureTask;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A batch that holds far more than its size says is not checked where others wait for it. */
class CostlyBatchTest {
    private static final PartitionId ID = new PartitionId("t", Uuid.ZERO_UUID, 0);
    private static final int BOMB_BYTES = 64 << 20;

    @ParameterizedTest
    @ValueSource(strings = {"gzip", "lz4", "zstd"})
    void aBombLeavesTheLoopUntouched(String codec) throws Exception {
        ByteBuffer bomb = ByteBuffer.wrap(batch(codec, BOMB_BYTES));
        ByteBuffer before = ByteBuffer.allocate(bomb.remaining()).put(bomb.duplicate()).flip();
        TopicConfig config = config(Map.of("message.timestamp.type", "LogAppendTime"));
        onLoop(() -> {
            assertThrows(AppendTooCostly.class, () -> check(bomb, AppendOrigin.CLIENT_ON_LOOP, config));
            return null;
        });
        assertEquals(before, bomb);
        assertEquals(bomb, check(bomb, AppendOrigin.CLIENT, config), "where nobody waits it is accepted");
    }

    @Test
    void anOrdinaryBatchStays() throws Exception {
        ByteBuffer batch = ByteBuffer.wrap(batch("lz4", 100 << 10));
        assertEquals(batch, onLoop(() -> check(batch, AppendOrigin.CLIENT_ON_LOOP, config(Map.of()))));
    }

    @Test
    void manySmallOnesAddUpUntilTheTurnEnds() throws Exception {
        byte[] batch = batch("zstd", 900 << 10);
        onLoop(() -> {
            int checked = 0;
            while (accepted(batch)) {
                checked++;
                assertTrue(checked < 100, "no end to it");
            }
            assertTrue(checked > 1, "a turn may do more than one");
            ((Loop) Thread.currentThread()).endTurn();
            assertTrue(accepted(batch), "the next turn goes on");
            return null;
        });
    }

    @Test
    void aThreadWithoutTurnsDoesNothingOfTheKind() {
        assertFalse(accepted(batch("lz4", 100)));
        assertTrue(accepted(batch("none", 100 << 10)));
    }

    @Test
    void compressingAnewIsCostlyToo() throws Exception {
        ByteBuffer plain = ByteBuffer.wrap(batch("none", 500 << 10));
        TopicConfig config = config(Map.of("compression.type", "gzip"));
        onLoop(() -> assertThrows(AppendTooCostly.class, () -> check(plain, AppendOrigin.CLIENT_ON_LOOP, config)));
        assertTrue(check(plain, AppendOrigin.CLIENT, config).remaining() < plain.remaining());
    }

    /** Of what becomes too large no more is made than shows it. */
    @Test
    void aBombIsNotUnpackedIntoMemory() {
        ByteBuffer bomb = ByteBuffer.wrap(batch("gzip", BOMB_BYTES));
        AppendRefused refused = assertThrows(AppendRefused.class, () -> check(bomb, AppendOrigin.CLIENT, config(Map.of("compression.type", "uncompressed"))));
        assertSame(Errors.MESSAGE_TOO_LARGE, refused.error());
    }

    private static boolean accepted(byte[] batch) {
        try {
            check(ByteBuffer.wrap(batch), AppendOrigin.CLIENT_ON_LOOP, config(Map.of()));
            return true;
        } catch (AppendTooCostly e) {
            return false;
        }
    }

    private static ByteBuffer check(ByteBuffer batch, AppendOrigin origin, TopicConfig config) {
        return BatchValidator.mine().check(batch, origin, ID, config, Batches.NOW);
    }

    private static TopicConfig config(Map<String, String> overrides) {
        return TopicConfig.of(Map.of(), overrides);
    }

    private static byte[] batch(String codec, int sizeBytes) {
        ByteBuffer records = MemoryRecords.withRecords(Compression.of(codec).build(), new SimpleRecord(Batches.NOW, null, new byte[sizeBytes])).buffer();
        byte[] bytes = new byte[records.remaining()];
        records.get(bytes);
        return bytes;
    }

    /** A thread whose turns a test ends. */
    private static final class Loop extends TurnThread {
        private final FutureTask<?> work;

        Loop(FutureTask<?> work) {
            super("loop", false);
            this.work = work;
        }

        @Override
        public void run() {
            work.run();
        }

        void endTurn() {
            renewEffort();
        }
    }

    private static <T> T onLoop(Callable<T> work) throws Exception {
        FutureTask<T> task = new FutureTask<>(work);
        new Loop(task).start();
        return task.get();
    }
}
