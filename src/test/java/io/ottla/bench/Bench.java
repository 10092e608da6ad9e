// SPDX-License-Identifier: Apache-2.0
package io.ottla.bench;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import org.apache.kafka.common.record.internal.CompressionType;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;

/** Runs the rows: in each round every broker does every row, one after the other and in turns first, so that a slow minute hits both. */
@Command(name = "ottla bench", description = "Measure Ottla, alone or beside Apache Kafka 4.4.0 (from Maven Central).", sortOptions = false)
final class Bench implements Callable<Integer> {
    @Option(names = "--kafka", description = "Measure Apache Kafka as well, and print ratios.")
    private boolean kafka;

    @Option(names = "--only", split = ",", paramLabel = "ROW", description = "Only these rows, separated by commas.")
    private List<String> only;

    @Option(names = "--rounds", paramLabel = "N", defaultValue = "0", description = "Rounds to take medians of. Default: 3, or 1 with --quick")
    private int rounds;

    @Option(names = "--quick", description = "Less of everything: to see that it works, not to compare.")
    private boolean quick;

    @Option(names = "--flush", paramLabel = "disk|os", defaultValue = "disk", description = "As in ottla start. Kafka always does what os does. Default: disk")
    private String flush;

    @Option(names = "--list", description = "Only say which rows there are.")
    private boolean list;

    @Option(names = {"-h", "--help"}, usageHelp = true, description = "Show this help.")
    private boolean help;

    public static void main(String[] args) {
        System.setProperty("org.slf4j.simpleLogger.defaultLogLevel", "error");
        System.exit(new CommandLine(new Bench()).execute(args));
    }

    private static List<Row> rows(Scale scale) {
        return List.of(new StartRow(), new MemoryRow(), new ThroughputRow(scale, 100), new ThroughputRow(scale, 1000), new LatencyRow(scale),
                new RequestRow(scale, RequestRow.Kind.PRODUCE), new RequestRow(scale, RequestRow.Kind.FETCH),
                new PartitionsRow(scale), new DurableRow(scale, 1, 16, DurableRow.SMALL_BATCH_BYTES), new DurableRow(scale, 8, 1, DurableRow.SMALL_BATCH_BYTES),
                new DurableRow(scale, 1, 16, DurableRow.DEFAULT_BATCH_BYTES), new CatchUpRow(scale),
                new AppendRow(scale, CompressionType.NONE), new AppendRow(scale, CompressionType.LZ4),
                new RebalanceRow(scale, GroupProtocol.CLASSIC), new RebalanceRow(scale, GroupProtocol.CONSUMER),
                new HeartbeatsRow(scale, GroupProtocol.CLASSIC), new HeartbeatsRow(scale, GroupProtocol.CONSUMER),
                new CommitsRow(scale), new OffsetsRestartRow(scale),
                new TransactionsRow(scale, 100), new TransactionsRow(scale, 1), new IdempotenceRow(scale, 16), new IdempotenceRow(scale, 1),
                new ProducerIdsRow(scale));
    }

    @Override
    public Integer call() throws Exception {
        List<Row> rows = selected(rows(quick ? Scale.QUICK : Scale.FULL));
        if (list) {
            rows.forEach(row -> System.out.println(row.name()));
            return 0;
        }
        OttlaContender.build();
        List<Contender> contenders = new ArrayList<>(List.of(new OttlaContender(flush)));
        if (kafka) {
            contenders.add(KafkaContender.resolve());
        }
        Report report = new Report(run(rows, contenders, rounds > 0 ? rounds : quick ? 1 : 3));
        report.print(System.out);
        System.out.println("all numbers: " + report.write(Path.of("target", "bench")));
        return 0;
    }

    private List<Row> selected(List<Row> rows) {
        if (only == null) {
            return rows;
        }
        List<String> names = rows.stream().map(Row::name).toList();
        for (String name : only) {
            if (!names.contains(name)) {
                throw new ParameterException(new CommandLine(this), "there is no row " + name + "; there are " + String.join(", ", names));
            }
        }
        return rows.stream().filter(row -> only.contains(row.name())).toList();
    }

    /** What a contender left in the page cache would be written to the disk while the next one is measured. */
    private static void emptyPageCacheOfWrites() throws Exception {
        int exit = new ProcessBuilder("sync").inheritIO().start().waitFor();
        if (exit != 0) {
            throw new IOException("sync ended with " + exit);
        }
    }

    private static Samples run(List<Row> rows, List<Contender> contenders, int rounds) throws Exception {
        Samples samples = new Samples();
        List<Contender> order = new ArrayList<>(contenders);
        for (int round = 1; round <= rounds; round++) {
            for (Row row : rows) {
                for (Contender contender : order) {
                    System.err.println("round " + round + " of " + rounds + ": " + row.name() + ", " + contender.name());
                    samples.of(contender);
                    emptyPageCacheOfWrites();
                    row.measure(contender, samples);
                }
            }
            Collections.reverse(order);
        }
        return samples;
    }
}
