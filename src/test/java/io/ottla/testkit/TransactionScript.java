// SPDX-License-Identifier: Apache-2.0
package io.ottla.testkit;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.kafka.common.message.AddOffsetsToTxnRequestData;
import org.apache.kafka.common.message.AddOffsetsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopic;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTopicCollection;
import org.apache.kafka.common.message.AddPartitionsToTxnRequestData.AddPartitionsToTxnTransaction;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData;
import org.apache.kafka.common.message.AddPartitionsToTxnResponseData.AddPartitionsToTxnTopicResultCollection;
import org.apache.kafka.common.message.DescribeTransactionsRequestData;
import org.apache.kafka.common.message.DescribeTransactionsResponseData;
import org.apache.kafka.common.message.EndTxnRequestData;
import org.apache.kafka.common.message.EndTxnResponseData;
import org.apache.kafka.common.message.FetchRequestData;
import org.apache.kafka.common.message.FetchResponseData;
import org.apache.kafka.common.message.FindCoordinatorRequestData;
import org.apache.kafka.common.message.FindCoordinatorResponseData;
import org.apache.kafka.common.message.InitProducerIdRequestData;
import org.apache.kafka.common.message.InitProducerIdResponseData;
import org.apache.kafka.common.message.ListTransactionsRequestData;
import org.apache.kafka.common.message.ListTransactionsResponseData;
import org.apache.kafka.common.message.OffsetFetchRequestData;
import org.apache.kafka.common.message.OffsetFetchResponseData;
import org.apache.kafka.common.message.ProduceRequestData;
import org.apache.kafka.common.message.ProduceResponseData;
import org.apache.kafka.common.message.TxnOffsetCommitRequestData;
import org.apache.kafka.common.message.TxnOffsetCommitResponseData;
import org.apache.kafka.common.message.WriteTxnMarkersRequestData;
import org.apache.kafka.common.message.WriteTxnMarkersResponseData;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.record.internal.MemoryRecords;
import org.apache.kafka.common.record.internal.Record;
import org.apache.kafka.common.record.internal.RecordBatch;
import org.apache.kafka.common.record.internal.SimpleRecord;
import org.apache.kafka.common.compress.Compression;
import org.apache.kafka.common.utils.Utils;

/**
 * Runs one script of transactional requests against a broker: each line that is not indented is a request, the indented
 * line below it the answer. Names of topics, groups and transactional ids are made unique on the way out and shown as
 * written; producer ids are shown as P0, P1, ... in the order in which they first appear.
 */
public final class TransactionScript implements AutoCloseable {
    private static final Set<Errors> NOT_READY = Set.of(Errors.COORDINATOR_NOT_AVAILABLE, Errors.COORDINATOR_LOAD_IN_PROGRESS, Errors.NOT_COORDINATOR);

    private final String suffix = Clients.unique("").substring(1);
    private final List<Long> producerIds = new ArrayList<>();
    private final Map<String, org.apache.kafka.common.Uuid> topicIds = new HashMap<>();
    private final Clients clients;
    private final RawClient client;

    public TransactionScript(String bootstrapServers) {
        clients = new Clients(bootstrapServers);
        client = RawClient.connect(bootstrapServers);
    }

    /** The script with the answers that this broker gives. */
    public String run(String script) {
        StringBuilder out = new StringBuilder();
        for (String line : script.lines().toList()) {
            if (line.startsWith(" ")) {
                continue;
            }
            out.append(line).append('\n');
            if (!line.isBlank() && !line.startsWith("#")) {
                String answer = answer(line);
                out.append(answer.isEmpty() ? "" : "  " + answer + '\n');
            }
        }
        return out.toString();
    }

    private String answer(String line) {
        Line asked = new Line(line);
        return switch (asked.words.getFirst()) {
            case "topic" -> topic(asked);
            case "init" -> init(asked);
            case "wear" -> wear(asked);
            case "add" -> add(asked, false);
            case "verify" -> add(asked, true);
            case "addoffsets" -> addOffsets(asked);
            case "commitoffset" -> commitOffset(asked);
            case "end" -> end(asked);
            case "produce" -> produce(asked);
            case "read" -> read(asked);
            case "committed" -> committed(asked);
            case "describe" -> describe(asked);
            case "settle" -> settle(asked);
            case "list" -> list(asked);
            case "marker" -> marker(asked);
            default -> throw new IllegalArgumentException(line);
        };
    }

    /** A request: words, of which those with '=' are options. */
    private final class Line {
        private final List<String> words = new ArrayList<>();
        private final Map<String, String> options = new HashMap<>();

        private Line(String line) {
            for (String word : line.strip().split(" +")) {
                int equals = word.indexOf('=');
                if (equals < 0) {
                    words.add(word);
                } else {
                    options.put(word.substring(0, equals), word.substring(equals + 1));
                }
            }
        }

        private int version(int latest) {
            return Integer.parseInt(options.getOrDefault("v", "" + latest));
        }

        private String unique(int index) {
            String word = words.get(index);
            return word.equals("null") ? null : word.equals("''") ? "" : word + suffix;
        }

        private long producerId() {
            String id = options.getOrDefault("id", "-1");
            return id.startsWith("P") ? producerIds.get(Integer.parseInt(id.substring(1))) : Long.parseLong(id);
        }

        private short epoch() {
            return Short.parseShort(options.getOrDefault("epoch", "-1"));
        }

        private Map<String, List<Integer>> partitions() {
            Map<String, List<Integer>> result = new TreeMap<>();
            for (String partition : options.get("to").split(",")) {
                int dash = partition.lastIndexOf('-');
                result.computeIfAbsent(partition.substring(0, dash) + suffix, name -> new ArrayList<>())
                        .add(Integer.parseInt(partition.substring(dash + 1)));
            }
            return result;
        }
    }

    private String shown(long producerId) {
        if (producerId < 0) {
            return "none";
        }
        if (!producerIds.contains(producerId)) {
            producerIds.add(producerId);
        }
        return "P" + producerIds.indexOf(producerId);
    }

    private String plain(String name) {
        return name.endsWith(suffix) ? name.substring(0, name.length() - suffix.length()) : name;
    }

    private static String error(short code) {
        return Errors.forCode(code).name();
    }

    private String topic(Line asked) {
        String name = asked.unique(1);
        org.apache.kafka.clients.admin.CreateTopicsResult made = clients.admin().createTopics(List.of(
                new org.apache.kafka.clients.admin.NewTopic(name, Integer.parseInt(asked.words.get(2)), (short) 1)));
        Clients.await(made.all());
        topicIds.put(name, Clients.await(made.topicId(name)));
        Eventually.until(() -> "topic " + name, () -> fetch(name, 0, false).errorCode() == 0);
        return "";
    }

    private String init(Line asked) {
        if (asked.unique(1) != null && !asked.unique(1).isEmpty()) {
            findCoordinator((byte) 1, asked.unique(1));
        }
        InitProducerIdRequestData request = new InitProducerIdRequestData().setTransactionalId(asked.unique(1))
                .setTransactionTimeoutMs(Integer.parseInt(asked.options.getOrDefault("timeout", "60000")))
                .setProducerId(asked.producerId()).setProducerEpoch(asked.epoch());
        InitProducerIdResponseData reply = client.call(request, asked.version(5), InitProducerIdResponseData.class);
        while (NOT_READY.contains(Errors.forCode(reply.errorCode()))) {
            reply = client.call(request, asked.version(5), InitProducerIdResponseData.class);
        }
        return error(reply.errorCode()) + " id=" + shown(reply.producerId()) + " epoch=" + reply.producerEpoch();
    }

    /** Starts the producer anew until its epoch is as large as asked. */
    private String wear(Line asked) {
        InitProducerIdResponseData reply;
        do {
            reply = client.call(new InitProducerIdRequestData().setTransactionalId(asked.unique(1)).setTransactionTimeoutMs(60_000), 5,
                    InitProducerIdResponseData.class);
        } while (reply.producerEpoch() < asked.epoch());
        return error(reply.errorCode()) + " id=" + shown(reply.producerId()) + " epoch=" + reply.producerEpoch();
    }

    private void findCoordinator(byte type, String key) {
        Eventually.until(() -> "a coordinator", () -> client.call(new FindCoordinatorRequestData().setKeyType(type)
                .setCoordinatorKeys(List.of(key)), 4, FindCoordinatorResponseData.class).coordinators().getFirst().errorCode() == 0);
    }

    private String add(Line asked, boolean verifyOnly) {
        int version = asked.version(verifyOnly ? 5 : 3);
        AddPartitionsToTxnTopicCollection topics = new AddPartitionsToTxnTopicCollection();
        asked.partitions().forEach((name, partitions) -> topics.add(new AddPartitionsToTxnTopic().setName(name).setPartitions(partitions)));
        AddPartitionsToTxnRequestData request = new AddPartitionsToTxnRequestData();
        if (version < 4) {
            request.setV3AndBelowTransactionalId(asked.unique(1)).setV3AndBelowProducerId(asked.producerId())
                    .setV3AndBelowProducerEpoch(asked.epoch()).setV3AndBelowTopics(topics);
        } else {
            request.transactions().add(new AddPartitionsToTxnTransaction().setTransactionalId(asked.unique(1)).setProducerId(asked.producerId())
                    .setProducerEpoch(asked.epoch()).setVerifyOnly(verifyOnly).setTopics(topics));
        }
        AddPartitionsToTxnResponseData reply = client.call(request, version, AddPartitionsToTxnResponseData.class);
        if (version < 4) {
            return added(reply.resultsByTopicV3AndBelow());
        }
        return error(reply.errorCode()) + reply.resultsByTransaction().stream()
                .map(each -> " " + plain(each.transactionalId()) + ": " + added(each.topicResults())).collect(Collectors.joining());
    }

    private String added(AddPartitionsToTxnTopicResultCollection topics) {
        return topics.stream().flatMap(topic -> topic.resultsByPartition().stream()
                .map(each -> plain(topic.name()) + "-" + each.partitionIndex() + " " + error(each.partitionErrorCode())))
                .sorted().collect(Collectors.joining(", "));
    }

    private String addOffsets(Line asked) {
        findCoordinator((byte) 0, asked.unique(2));
        return error(client.call(new AddOffsetsToTxnRequestData().setTransactionalId(asked.unique(1)).setProducerId(asked.producerId())
                .setProducerEpoch(asked.epoch()).setGroupId(asked.unique(2)), asked.version(4), AddOffsetsToTxnResponseData.class).errorCode());
    }

    private String commitOffset(Line asked) {
        findCoordinator((byte) 0, asked.unique(2));
        TxnOffsetCommitRequestData request = new TxnOffsetCommitRequestData().setTransactionalId(asked.unique(1)).setGroupId(asked.unique(2))
                .setProducerId(asked.producerId()).setProducerEpoch(asked.epoch());
        asked.partitions().forEach((name, partitions) -> request.topics().add(new TxnOffsetCommitRequestData.TxnOffsetCommitRequestTopic().setName(name)
                .setPartitions(partitions.stream().map(index -> new TxnOffsetCommitRequestData.TxnOffsetCommitRequestPartition()
                        .setPartitionIndex(index).setCommittedOffset(Long.parseLong(asked.options.get("offset")))).toList())));
        return client.call(request, asked.version(5), TxnOffsetCommitResponseData.class).topics().stream()
                .flatMap(topic -> topic.partitions().stream().map(each -> plain(topic.name()) + "-" + each.partitionIndex() + " " + error(each.errorCode())))
                .collect(Collectors.joining(", "));
    }

    private String end(Line asked) {
        EndTxnResponseData reply = client.call(new EndTxnRequestData().setTransactionalId(asked.unique(1)).setProducerId(asked.producerId())
                .setProducerEpoch(asked.epoch()).setCommitted(asked.words.get(2).equals("commit")), asked.version(5), EndTxnResponseData.class);
        return error(reply.errorCode()) + (asked.version(5) < 5 ? "" : " id=" + shown(reply.producerId()) + " epoch=" + reply.producerEpoch());
    }

    private String produce(Line asked) {
        int version = asked.version(12);
        SimpleRecord record = new SimpleRecord(System.currentTimeMillis(), null, Utils.utf8(asked.options.getOrDefault("value", "x")));
        int sequence = Integer.parseInt(asked.options.getOrDefault("seq", "0"));
        boolean plainBatch = asked.words.contains("plain");
        ProduceRequestData request = new ProduceRequestData().setAcks((short) -1).setTimeoutMs(10_000).setTransactionalId(asked.unique(1));
        asked.partitions().forEach((name, partitions) -> request.topicData().add(new ProduceRequestData.TopicProduceData()
                .setName(version < 13 ? name : "").setTopicId(version < 13 ? org.apache.kafka.common.Uuid.ZERO_UUID : topicIds.get(name))
                .setPartitionData(partitions.stream().map(index -> new ProduceRequestData.PartitionProduceData().setIndex(index).setRecords(plainBatch
                        ? MemoryRecords.withIdempotentRecords(Compression.NONE, asked.producerId(), asked.epoch(), sequence, record)
                        : MemoryRecords.withTransactionalRecords(Compression.NONE, asked.producerId(), asked.epoch(), sequence, record))).toList())));
        return client.call(request, version, ProduceResponseData.class).responses().stream()
                .flatMap(topic -> topic.partitionResponses().stream().map(each -> error(each.errorCode()))).sorted().collect(Collectors.joining(", "));
    }

    /** Everything that a reader of the given isolation finds, markers included: producer id, epoch and value. */
    private String read(Line asked) {
        int dash = asked.words.get(1).lastIndexOf('-');
        FetchResponseData.PartitionData reply = fetch(asked.words.get(1).substring(0, dash) + suffix,
                Integer.parseInt(asked.words.get(1).substring(dash + 1)), asked.words.get(2).equals("committed"));
        List<String> found = new ArrayList<>();
        for (RecordBatch batch : ((MemoryRecords) reply.records()).batches()) {
            for (Record record : batch) {
                found.add((batch.isControlBatch() ? org.apache.kafka.common.record.internal.ControlRecordType.parse(record.key()).name()
                        : Utils.utf8(record.value())) + "/" + shown(batch.producerId()) + "/" + batch.producerEpoch());
            }
        }
        String aborted = reply.abortedTransactions() == null ? "" : " aborted=" + reply.abortedTransactions().stream()
                .map(each -> shown(each.producerId()) + "@" + each.firstOffset()).toList();
        return error(reply.errorCode()) + " stable=" + reply.lastStableOffset() + " end=" + reply.highWatermark() + aborted + " " + found;
    }

    private FetchResponseData.PartitionData fetch(String topic, int partition, boolean committedOnly) {
        FetchRequestData request = new FetchRequestData().setMaxWaitMs(0).setMinBytes(0).setMaxBytes(1 << 20).setIsolationLevel((byte) (committedOnly ? 1 : 0));
        request.topics().add(new FetchRequestData.FetchTopic().setTopic(topic).setPartitions(List.of(
                new FetchRequestData.FetchPartition().setPartition(partition).setFetchOffset(0).setPartitionMaxBytes(1 << 20))));
        return client.call(request, 12, FetchResponseData.class).responses().getFirst().partitions().getFirst();
    }

    private String committed(Line asked) {
        findCoordinator((byte) 0, asked.unique(1));
        List<OffsetFetchRequestData.OffsetFetchRequestTopics> topics = asked.partitions().entrySet().stream()
                .map(entry -> new OffsetFetchRequestData.OffsetFetchRequestTopics().setName(entry.getKey()).setPartitionIndexes(entry.getValue())).toList();
        OffsetFetchRequestData request = new OffsetFetchRequestData().setRequireStable(asked.words.contains("stable"));
        request.groups().add(new OffsetFetchRequestData.OffsetFetchRequestGroup().setGroupId(asked.unique(1)).setTopics(topics));
        OffsetFetchResponseData.OffsetFetchResponseGroup reply = client.call(request, 8, OffsetFetchResponseData.class).groups().getFirst();
        return error(reply.errorCode()) + " " + reply.topics().stream().flatMap(topic -> topic.partitions().stream()
                .map(each -> plain(topic.name()) + "-" + each.partitionIndex() + " " + error(each.errorCode()) + " " + each.committedOffset()))
                .collect(Collectors.joining(", "));
    }

    private DescribeTransactionsResponseData.TransactionState state(String transactionalId) {
        return client.call(new DescribeTransactionsRequestData().setTransactionalIds(List.of(transactionalId)), 0,
                DescribeTransactionsResponseData.class).transactionStates().getFirst();
    }

    private String describe(Line asked) {
        DescribeTransactionsResponseData.TransactionState state = state(asked.unique(1));
        String partitions = state.topics().stream().flatMap(topic -> topic.partitions().stream()
                .map(index -> plain(topic.topic()) + (topic.topic().startsWith("__") ? "" : "-" + index))).sorted().toList().toString();
        if (state.errorCode() != 0) {
            return error(state.errorCode());
        }
        return error(state.errorCode()) + " " + state.transactionState() + " id=" + shown(state.producerId()) + " epoch=" + state.producerEpoch()
                + " timeout=" + state.transactionTimeoutMs() + " started=" + (state.transactionStartTimeMs() > 0 ? "yes" : state.transactionStartTimeMs()) + " " + partitions;
    }

    /** Waits until no markers are under way. */
    private String settle(Line asked) {
        long deadline = System.nanoTime() + Eventually.DEADLINE.toNanos();
        String state = state(asked.unique(1)).transactionState();
        while (state.startsWith("Prepare") || state.equals(asked.options.get("from"))) {
            if (System.nanoTime() > deadline) {
                return "never settled: " + state;
            }
            java.util.concurrent.locks.LockSupport.parkNanos(5_000_000);
            state = state(asked.unique(1)).transactionState();
        }
        return state;
    }

    private String list(Line asked) {
        ListTransactionsRequestData request = new ListTransactionsRequestData();
        if (asked.options.containsKey("states")) {
            request.setStateFilters(Arrays.asList(asked.options.get("states").split(",")));
        }
        if (asked.options.containsKey("id")) {
            request.setProducerIdFilters(List.of(asked.producerId()));
        }
        if (asked.version(2) >= 1) {
            request.setDurationFilter(Long.parseLong(asked.options.getOrDefault("longer", "-1")));
        }
        if (asked.version(2) >= 2) {
            String pattern = asked.options.get("pattern");
            request.setTransactionalIdPattern(pattern == null ? ".*" + suffix : pattern);
        }
        ListTransactionsResponseData reply = client.call(request, asked.version(2), ListTransactionsResponseData.class);
        return error(reply.errorCode()) + " unknown=" + reply.unknownStateFilters().stream().sorted().toList() + " "
                + reply.transactionStates().stream().filter(each -> each.transactionalId().endsWith(suffix))
                .map(each -> plain(each.transactionalId()) + "/" + shown(each.producerId()) + "/" + each.transactionState()).sorted().toList();
    }

    private String marker(Line asked) {
        WriteTxnMarkersRequestData request = new WriteTxnMarkersRequestData();
        request.markers().add(new WriteTxnMarkersRequestData.WritableTxnMarker().setProducerId(asked.producerId()).setProducerEpoch(asked.epoch())
                .setTransactionResult(asked.words.get(1).equals("commit"))
                .setCoordinatorEpoch(Integer.parseInt(asked.options.getOrDefault("coordinator", "0")))
                .setTopics(asked.partitions().entrySet().stream().map(entry -> new WriteTxnMarkersRequestData.WritableTxnMarkerTopic()
                        .setName(entry.getKey()).setPartitionIndexes(entry.getValue())).toList()));
        return client.call(request, asked.version(1), WriteTxnMarkersResponseData.class).markers().stream()
                .flatMap(each -> each.topics().stream()).flatMap(topic -> topic.partitions().stream()
                        .map(each -> plain(topic.name()) + "-" + each.partitionIndex() + " " + error(each.errorCode()))).sorted().collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
        client.close();
        clients.close();
    }
}
