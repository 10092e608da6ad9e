// SPDX-License-Identifier: Apache-2.0
package io.ottla.parity;

import io.ottla.testkit.Eventually;
import io.ottla.testkit.RawClient;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.message.ApiMessageType.ListenerType;
import org.apache.kafka.common.message.ApiVersionsRequestData;
import org.apache.kafka.common.message.RequestHeaderData;
import org.apache.kafka.common.message.ResponseHeaderData;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.ApiMessage;
import org.apache.kafka.common.protocol.ByteBufferAccessor;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.protocol.MessageUtil;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.requests.DescribeConfigsResponse.ConfigSource;

/**
 * Plays one scenario in one version. Options of a request: {@code on=b} uses the connection b; {@code later} does not wait, and
 * {@code await [on=b]} does; {@code silent} wants no reply; {@code quiet} leaves the answer out of the script; {@code mine} leaves
 * out of the answer what has names that are not of this run; {@code without=x,y} what has these names; {@code set} leaves out
 * configs at their defaults; {@code sorted} sorts its lists; {@code fields=x,y} shows
 * only these of the answer; {@code hide=x,y} leaves these out, however deep; {@code client=x} is the client id;
 * {@code cut=3} leaves out the last bytes and {@code extra=3} adds some. {@code frame} and {@code bytes} send just that, and
 * {@code close [on=b]} closes a connection. {@code again} asks until the transaction before has ended, however long that takes.
 */
final class ScenarioRun implements AutoCloseable {
    private static final Set<String> CHANGES = Set.of("CreateTopics", "DeleteTopics", "CreatePartitions", "AlterConfigs", "IncrementalAlterConfigs");
    private static final List<String> NAME_FIELDS = List.of("name", "topic", "topicName", "groupId", "resourceName", "apiKey");
    private static final String MAIN = "main";
    private static final Long DEFAULT_CONFIG = (long) ConfigSource.DEFAULT_CONFIG.id();

    /** A request that is not answered yet. */
    private record Sent(ApiKeys api, short version, int correlationId, Map<String, String> options) {}

    private final String bootstrapServers;
    private final Script.Scenario scenario;
    private final short version;
    private final Names names;
    private final long pauseMs;
    private final Map<String, RawClient> connections = new HashMap<>();
    private final Map<String, Sent> awaited = new HashMap<>();
    private int nextCorrelationId = 1;

    /** @param pauseMs how long a change may take to be known to the whole of a broker that has many parts */
    ScenarioRun(String bootstrapServers, Script.Scenario scenario, short version, Names names, long pauseMs) {
        this.bootstrapServers = bootstrapServers;
        this.scenario = scenario;
        this.version = version;
        this.names = names;
        this.pauseMs = pauseMs;
    }

    /** The answer of each step; null where it is of no interest. */
    List<String> play() {
        List<String> answers = new ArrayList<>();
        for (Script.Step step : scenario.steps()) {
            String answer = play(step);
            answers.add(step.options().containsKey("quiet") || step.options().containsKey("later") ? null : answer);
            if (pauseMs > 0 && (CHANGES.contains(step.api()) || step.options().containsKey("pause"))) {
                pause();
            }
        }
        return answers;
    }

    private String play(Script.Step step) {
        String connection = step.options().getOrDefault("on", MAIN);
        try {
            return switch (step.api()) {
                case "await" -> receive(connection, awaited.remove(connection));
                case "close" -> close(connection);
                case "frame" -> {
                    client(connection).sendFrame(ByteBuffer.wrap((byte[]) names.resolve(step.body())));
                    yield raw(connection);
                }
                case "bytes" -> {
                    client(connection).sendBytes((byte[]) names.resolve(step.body()));
                    yield raw(connection);
                }
                default -> call(step, connection);
            };
        } catch (UncheckedIOException e) {
            close(connection);
            if (RawClient.isClosedByPeer(e)) {
                return "closed";
            } else if (e.getCause() instanceof SocketTimeoutException) {
                return "silence";
            }
            throw e;
        }
    }

    private String call(Script.Step step, String connection) {
        if (step.options().containsKey("again")) {
            return callUntilEnded(step, connection);
        }
        Sent sent = send(step, connection);
        if (step.options().containsKey("later")) {
            awaited.put(connection, sent);
            return null;
        }
        return step.options().containsKey("silent") ? receiveNothing(connection, sent) : receive(connection, sent);
    }

    private String callUntilEnded(Script.Step step, String connection) {
        AtomicReference<String> answer = new AtomicReference<>();
        Eventually.until(answer::get, () -> {
            answer.set(receive(connection, send(step, connection)));
            return !answer.get().contains(Errors.CONCURRENT_TRANSACTIONS.name());
        });
        return answer.get();
    }

    private Sent send(Script.Step step, String connection) {
        ApiKeys api = Script.api(step.api());
        short asked = step.version() != null ? step.version() : api == scenario.api() ? version : latest(api);
        short encoded = api == ApiKeys.API_VERSIONS && asked > api.latestVersion() ? api.latestVersion() : asked;
        ApiMessage message = api.messageType.newRequest();
        MessageText.fill(message, step.body() == null ? Map.of() : (Map<?, ?>) step.body(), schema(api, encoded), names);
        Sent sent = new Sent(api, asked, nextCorrelationId++, step.options());
        client(connection).sendFrame(frame(sent, MessageUtil.toByteBufferAccessor(message, encoded).buffer(), step.options()));
        return sent;
    }

    /** The latest that is not still being made. */
    private static short latest(ApiKeys api) {
        return api.toApiVersionForApiResponse(false, ListenerType.BROKER).orElseThrow().maxVersion();
    }

    private static Schema schema(ApiKeys api, short version) {
        Schema[] schemas = ApiMessageType.fromApiKey(api.id).requestSchemas();
        return schemas[version];
    }

    private static ByteBuffer frame(Sent sent, ByteBuffer body, Map<String, String> options) {
        RequestHeaderData header = new RequestHeaderData()
                .setRequestApiKey(sent.api.id)
                .setRequestApiVersion(sent.version)
                .setCorrelationId(sent.correlationId)
                .setClientId("null".equals(options.get("client")) ? null : options.getOrDefault("client", "parity"));
        ByteBuffer head = MessageUtil.toByteBufferAccessor(header, sent.api.requestHeaderVersion(sent.version)).buffer();
        int size = head.remaining() + body.remaining() + Integer.parseInt(options.getOrDefault("extra", "0"))
                - Integer.parseInt(options.getOrDefault("cut", "0"));
        byte[] frame = new byte[head.remaining() + body.remaining()];
        ByteBuffer.wrap(frame).put(head).put(body);
        return ByteBuffer.wrap(Arrays.copyOf(frame, size));
    }

    private String receive(String connection, Sent sent) {
        return answer(sent, client(connection).receiveFrame());
    }

    private String answer(Sent sent, ByteBuffer frame) {
        ByteBufferAccessor readable = new ByteBufferAccessor(frame);
        short read = sent.api == ApiKeys.API_VERSIONS && !sent.api.isVersionSupported(sent.version) ? 0 : sent.version;
        ResponseHeaderData header = new ResponseHeaderData(readable, sent.api.responseHeaderVersion(read));
        if (header.correlationId() != sent.correlationId) {
            throw new AssertionError("expected the answer to " + sent + " but got that to " + header.correlationId());
        }
        ApiMessage reply = sent.api.messageType.newResponse();
        reply.read(readable, read);
        Map<String, Object> whole = MessageText.tree(reply, names);
        if (sent.options.containsKey("fields")) {
            whole.keySet().retainAll(List.of(sent.options.get("fields").split(",")));
        }
        Object tree = whole;
        if (sent.options.containsKey("mine")) {
            tree = kept(tree, name -> name.contains("$"));
        }
        if (sent.options.containsKey("without")) {
            List<String> left = List.of(sent.options.get("without").split(","));
            tree = kept(tree, name -> !left.contains(name));
        }
        if (sent.options.containsKey("set")) {
            tree = withoutDefaults(tree);
        }
        if (sent.options.containsKey("hide")) {
            tree = hidden(tree, List.of(sent.options.get("hide").split(",")));
        }
        if (sent.options.containsKey("sorted")) {
            tree = sorted(tree);
        }
        return TextWriter.lines(tree, 4) + (frame.hasRemaining() ? " and " + frame.remaining() + " bytes" : "");
    }

    /** The next request is answered, and nothing before it. */
    private String receiveNothing(String connection, Sent sent) {
        Sent probe = new Sent(ApiKeys.API_VERSIONS, (short) 0, nextCorrelationId++, Map.of());
        ByteBuffer body = MessageUtil.toByteBufferAccessor(new ApiVersionsRequestData(), (short) 0).buffer();
        client(connection).sendFrame(frame(probe, body, Map.of()));
        ByteBuffer frame = client(connection).receiveFrame();
        return frame.getInt(0) == probe.correlationId ? "no answer" : answer(sent, frame);
    }

    private String raw(String connection) {
        ByteBuffer frame = client(connection).receiveFrame();
        byte[] bytes = new byte[frame.remaining()];
        frame.get(bytes);
        return "hex\"" + HexFormat.of().formatHex(bytes) + "\"";
    }

    private static Object kept(Object tree, Predicate<String> keeps) {
        return switch (tree) {
            case Map<?, ?> map -> {
                Map<Object, Object> kept = new LinkedHashMap<>();
                map.forEach((name, value) -> kept.put(name, kept(value, keeps)));
                yield kept;
            }
            case List<?> list -> list.stream().filter(each -> isKept(each, keeps)).map(each -> kept(each, keeps)).toList();
            case null, default -> tree;
        };
    }

    private static Object withoutDefaults(Object tree) {
        return switch (tree) {
            case Map<?, ?> map -> {
                Map<Object, Object> kept = new LinkedHashMap<>();
                map.forEach((name, value) -> kept.put(name, withoutDefaults(value)));
                yield kept;
            }
            case List<?> list -> list.stream().map(ScenarioRun::withoutDefaults)
                    .filter(each -> !(each instanceof Map<?, ?> map && DEFAULT_CONFIG.equals(map.get("configSource")))).toList();
            case null, default -> tree;
        };
    }

    private static Object hidden(Object tree, List<String> names) {
        return switch (tree) {
            case Map<?, ?> map -> {
                Map<Object, Object> kept = new LinkedHashMap<>();
                map.forEach((name, value) -> {
                    if (!names.contains(name)) {
                        kept.put(name, hidden(value, names));
                    }
                });
                yield kept;
            }
            case List<?> list -> list.stream().map(each -> hidden(each, names)).toList();
            case null, default -> tree;
        };
    }

    private static boolean isKept(Object element, Predicate<String> keeps) {
        return !(element instanceof Map<?, ?> map) || NAME_FIELDS.stream().map(map::get)
                .allMatch(name -> !(name instanceof String string) || keeps.test(string));
    }

    private static Object sorted(Object tree) {
        return switch (tree) {
            case Map<?, ?> map -> {
                Map<Object, Object> kept = new LinkedHashMap<>();
                map.forEach((name, value) -> kept.put(name, sorted(value)));
                yield kept;
            }
            case List<?> list -> list.stream().map(ScenarioRun::sorted).sorted(Comparator.comparing(TextWriter::line)).toList();
            case null, default -> tree;
        };
    }

    private RawClient client(String connection) {
        return connections.computeIfAbsent(connection, name -> RawClient.connect(bootstrapServers));
    }

    private String close(String connection) {
        RawClient client = connections.remove(connection);
        if (client != null) {
            client.close();
        }
        return null;
    }

    private void pause() {
        try {
            Thread.sleep(pauseMs);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new AssertionError(e);
        }
    }

    @Override
    public void close() {
        List.copyOf(connections.keySet()).forEach(this::close);
    }
}
