import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;

/** Kafka Streams, exactly once: counts records by their value, each count a record. */
final class Streams {
    private Streams() { }

    static void addTo(Map<String, Rig.Operation> operations, String bootstrap) {
        operations.put("streams", (args, session) -> count(bootstrap, args, session));
    }

    private static JsonNode count(String bootstrap, JsonNode args, Rig.Session session) throws Exception {
        Properties settings = new Properties();
        settings.putAll(Map.of(
            "bootstrap.servers", bootstrap,
            "application.id", args.get("application").asText(),
            "state.dir", args.get("folder").asText(),
            "processing.guarantee", "exactly_once_v2",
            "default.key.serde", Serdes.StringSerde.class,
            "default.value.serde", Serdes.StringSerde.class,
            // A kill comes long after the last commit, and what was sent since is stored.
            "commit.interval.ms", 500,
            "producer.linger.ms", 0,
            // Every count is written, and not the last one of each commit alone.
            "statestore.cache.max.bytes", 0));
        settings.put("consumer.session.timeout.ms", args.get("sessionTimeoutMs").asInt());
        settings.put("consumer.heartbeat.interval.ms", 1000);
        settings.put("consumer.auto.offset.reset", "earliest");
        StreamsBuilder builder = new StreamsBuilder();
        // The key is another one, so what is counted goes through a topic of its own.
        builder.<String, String>stream(args.get("topic").asText())
            .map((key, value) -> slowly(KeyValue.pair(value, value), args.get("pauseMs").asInt()))
            .groupByKey()
            .count()
            .toStream()
            .mapValues(String::valueOf)
            .to(args.get("to").asText());
        try (KafkaStreams streams = new KafkaStreams(builder.build(), settings)) {
            streams.setUncaughtExceptionHandler(error -> StreamThreadExceptionResponse.REPLACE_THREAD);
            streams.setStateListener((now, before) ->
                session.tell("state", Rig.JSON.createObjectNode().put("state", now.name())));
            streams.start();
            while (!session.isStopped.get()) Thread.sleep(20);
            streams.close(Duration.ofSeconds(15));
        }
        return Rig.JSON.createObjectNode();
    }

    private static <T> T slowly(T value, int pauseMs) {
        try {
            Thread.sleep(pauseMs);
        } catch (InterruptedException error) {
            Thread.currentThread().interrupt();
        }
        return value;
    }
}
