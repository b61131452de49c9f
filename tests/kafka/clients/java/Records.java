import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Producing, reading a partition, and a load. */
final class Records {
    private static final Duration POLL = Duration.ofMillis(100);
    private static final int NUMBERS_UNDER_WAY = 200;
    private static final int TELL_EVERY_MS = 100;

    private Records() { }

    static void addTo(Map<String, Rig.Operation> operations, String bootstrap) {
        operations.put("produce", (args, session) -> produce(bootstrap, args));
        operations.put("consume", (args, session) -> consume(bootstrap, args));
        operations.put("load", (args, session) -> load(bootstrap, args, session));
    }

    static KafkaProducer<byte[], byte[]> producer(Map<String, Object> settings) {
        return new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer());
    }

    static KafkaConsumer<byte[], byte[]> consumer(Map<String, Object> settings) {
        return new KafkaConsumer<>(settings, new ByteArrayDeserializer(), new ByteArrayDeserializer());
    }

    private static JsonNode produce(String bootstrap, JsonNode args) throws Exception {
        int requestBytesMax = args.path("requestBytesMax").asInt(16 << 20);
        Map<String, Object> settings = new HashMap<>(Map.of(
            "bootstrap.servers", bootstrap,
            "acks", args.get("acks").asText(),
            "enable.idempotence", args.get("isIdempotent").asBoolean(),
            "compression.type", args.get("codec").asText(),
            "batch.size", 1 << 20,
            "linger.ms", 50,
            "max.request.size", requestBytesMax,
            "max.block.ms", 15_000,
            "request.timeout.ms", 10_000,
            "delivery.timeout.ms", 20_000));
        boolean isTransactional = args.hasNonNull("transactionalId");
        if (isTransactional) settings.put("transactional.id", args.get("transactionalId").asText());
        try (KafkaProducer<byte[], byte[]> producer = producer(settings)) {
            if (isTransactional) {
                producer.initTransactions();
                producer.beginTransaction();
            }
            List<Future<RecordMetadata>> sent = new ArrayList<>();
            for (JsonNode record : args.get("records")) sent.add(producer.send(toRecord(args.get("topic").asText(), record)));
            producer.flush();
            for (Future<RecordMetadata> one : sent) one.get();
            if (isTransactional && args.path("outcome").asText().equals("abort")) producer.abortTransaction();
            else if (isTransactional) producer.commitTransaction();
        }
        return Rig.JSON.createObjectNode();
    }

    private static ProducerRecord<byte[], byte[]> toRecord(String topic, JsonNode record) throws IOException {
        ProducerRecord<byte[], byte[]> made = new ProducerRecord<>(
            topic,
            record.get("partition").asInt(),
            record.get("timestampMs").asLong(),
            bytes(record.get("key")),
            bytes(record.get("value")));
        for (JsonNode header : record.get("headers")) made.headers().add(header.get(0).asText(), header.get(1).binaryValue());
        return made;
    }

    private static byte[] bytes(JsonNode encoded) throws IOException {
        return encoded == null || encoded.isNull() ? null : encoded.binaryValue();
    }

    static ObjectNode fromRecord(ConsumerRecord<byte[], byte[]> record) {
        ObjectNode told = Rig.JSON.createObjectNode()
            .put("partition", record.partition())
            .put("offset", record.offset())
            .put("key", record.key())
            .put("value", record.value())
            .put("timestampMs", record.timestamp());
        ArrayNode headers = told.putArray("headers");
        for (Header header : record.headers()) headers.addArray().add(header.key()).add(header.value());
        return told;
    }

    private static JsonNode consume(String bootstrap, JsonNode args) {
        TopicPartition partition = new TopicPartition(args.get("topic").asText(), args.get("partition").asInt());
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", bootstrap, "auto.offset.reset", "none", "isolation.level", "read_committed");
        ObjectNode result = Rig.JSON.createObjectNode();
        ArrayNode records = result.putArray("records");
        int count = args.get("count").asInt();
        try (KafkaConsumer<byte[], byte[]> consumer = consumer(settings)) {
            consumer.assign(List.of(partition));
            seek(consumer, partition, args.get("from"));
            while (records.size() < count) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(POLL))
                    if (records.size() < count) records.add(fromRecord(record));
            }
        }
        return result;
    }

    private static void seek(KafkaConsumer<byte[], byte[]> consumer, TopicPartition partition, JsonNode from) {
        if (from.isTextual()) {
            if (from.asText().equals("start")) consumer.seekToBeginning(List.of(partition));
            else consumer.seekToEnd(List.of(partition));
        } else if (from.has("offset")) {
            consumer.seek(partition, from.get("offset").asLong());
        } else {
            long timeMs = from.get("timeMs").asLong();
            consumer.seek(partition, consumer.offsetsForTimes(Map.of(partition, timeMs)).get(partition).offset());
        }
    }

    private static JsonNode load(String bootstrap, JsonNode args, Rig.Session session) throws Exception {
        Map<String, Object> settings = Map.of(
            "bootstrap.servers", bootstrap,
            "enable.idempotence", args.get("isIdempotent").asBoolean(),
            "acks", "all",
            "reconnect.backoff.max.ms", 200,
            "request.timeout.ms", 10_000,
            "delivery.timeout.ms", 60_000);
        String topic = args.get("topic").asText();
        int partitions = args.get("partitions").asInt();
        List<Integer> acked = new ArrayList<>();
        AtomicInteger failed = new AtomicInteger();
        AtomicInteger underWay = new AtomicInteger();
        try (KafkaProducer<byte[], byte[]> producer = producer(settings)) {
            long nextTellMs = 0;
            for (int number = 0; !session.isStopped.get() || underWay.get() > 0; ) {
                if (!session.isStopped.get() && underWay.get() < NUMBERS_UNDER_WAY) {
                    int sent = number++;
                    byte[] value = String.valueOf(sent).getBytes(StandardCharsets.UTF_8);
                    underWay.incrementAndGet();
                    producer.send(new ProducerRecord<>(topic, sent % partitions, null, value), (metadata, error) -> {
                        if (error == null) synchronized (acked) { acked.add(sent); }
                        else failed.incrementAndGet();
                        underWay.decrementAndGet();
                    });
                } else {
                    Thread.sleep(1);
                }
                if (System.currentTimeMillis() >= nextTellMs) {
                    nextTellMs = System.currentTimeMillis() + TELL_EVERY_MS;
                    int count;
                    synchronized (acked) { count = acked.size(); }
                    session.tell("acked", Rig.JSON.createObjectNode().put("count", count));
                }
            }
        }
        ObjectNode result = Rig.JSON.createObjectNode().put("failed", failed.get());
        ArrayNode told = result.putArray("acked");
        for (int number : acked) told.add(number);
        return result;
    }
}
