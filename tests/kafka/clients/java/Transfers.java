import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;

/** Consumes, and produces what it has consumed, in transactions with the offsets of its group. */
final class Transfers {
    private static final Duration POLL = Duration.ofMillis(100);

    private Transfers() { }

    static void addTo(Map<String, Rig.Operation> operations, String bootstrap) {
        operations.put("transfer", (args, session) -> transfer(bootstrap, args, session));
    }

    private static JsonNode transfer(String bootstrap, JsonNode args, Rig.Session session) throws Exception {
        int sessionTimeoutMs = args.get("sessionTimeoutMs").asInt();
        Map<String, Object> reads = new HashMap<>(Map.of(
            "bootstrap.servers", bootstrap,
            "group.id", args.get("group").asText(),
            "session.timeout.ms", sessionTimeoutMs,
            "heartbeat.interval.ms", Math.min(1000, sessionTimeoutMs / 4),
            "enable.auto.commit", false,
            "auto.offset.reset", "earliest",
            "isolation.level", "read_committed",
            "max.poll.records", args.get("recordsMax").asInt()));
        Map<String, Object> writes = new HashMap<>(Map.of(
            "bootstrap.servers", bootstrap,
            "transactional.id", args.get("transactionalId").asText(),
            "max.block.ms", 15_000,
            "request.timeout.ms", 10_000,
            "delivery.timeout.ms", 20_000));
        try (KafkaConsumer<byte[], byte[]> consumer = Records.consumer(reads);
             KafkaProducer<byte[], byte[]> producer = Records.producer(writes)) {
            producer.initTransactions();
            consumer.subscribe(List.of(args.get("topic").asText()));
            int count = 0;
            while (!session.isStopped.get()) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                if (records.isEmpty()) continue;
                producer.beginTransaction();
                List<Future<RecordMetadata>> sent = new ArrayList<>();
                for (ConsumerRecord<byte[], byte[]> one : records)
                    sent.add(producer.send(new ProducerRecord<>(
                        args.get("to").asText(), one.partition(), one.timestamp(), one.key(), one.value())));
                producer.flush();
                for (Future<RecordMetadata> one : sent) one.get();
                session.tell("sent", Rig.JSON.createObjectNode().put("count", count + records.count()));
                Thread.sleep(args.get("pauseMs").asInt());
                producer.sendOffsetsToTransaction(records.nextOffsets(), consumer.groupMetadata());
                producer.commitTransaction();
                count += records.count();
                session.tell("transferred", Rig.JSON.createObjectNode().put("count", count));
            }
        }
        return Rig.JSON.createObjectNode();
    }
}
