import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.CommitFailedException;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.ConsumerRecords;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.errors.RebalanceInProgressException;

/** Members of groups. */
final class Members {
    private static final Duration POLL = Duration.ofMillis(100);

    private Members() { }

    static void addTo(Map<String, Rig.Operation> operations, String bootstrap) {
        operations.put("member", (args, session) -> member(bootstrap, args, session));
    }

    private static JsonNode member(String bootstrap, JsonNode args, Rig.Session session) {
        int sessionTimeoutMs = args.get("sessionTimeoutMs").asInt();
        Map<String, Object> settings = new HashMap<>(Map.of(
            "bootstrap.servers", bootstrap,
            "group.id", args.get("group").asText(),
            "session.timeout.ms", sessionTimeoutMs,
            "heartbeat.interval.ms", Math.min(1000, sessionTimeoutMs / 4),
            "enable.auto.commit", false,
            "auto.offset.reset", "earliest"));
        if (args.hasNonNull("instanceId")) settings.put("group.instance.id", args.get("instanceId").asText());
        boolean commits = args.get("commits").asBoolean();
        try (KafkaConsumer<byte[], byte[]> consumer = Records.consumer(settings)) {
            consumer.subscribe(List.of(args.get("topic").asText()), new Teller(consumer, session));
            while (!session.isStopped.get()) {
                ConsumerRecords<byte[], byte[]> records = consumer.poll(POLL);
                if (records.isEmpty()) continue;
                ObjectNode data = Rig.JSON.createObjectNode();
                ArrayNode told = data.putArray("records");
                for (ConsumerRecord<byte[], byte[]> record : records) told.add(Records.fromRecord(record));
                session.tell("records", data);
                if (commits) commit(consumer);
            }
        }
        return Rig.JSON.createObjectNode();
    }

    /** Others may have its partitions by now: they read again what it could not commit. */
    private static void commit(KafkaConsumer<byte[], byte[]> consumer) {
        try {
            consumer.commitSync();
        } catch (RebalanceInProgressException | CommitFailedException error) {
            System.err.println("not committed: " + error.getMessage());
        }
    }

    private record Teller(KafkaConsumer<byte[], byte[]> consumer, Rig.Session session) implements ConsumerRebalanceListener {
        @Override
        public void onPartitionsAssigned(Collection<TopicPartition> added) {
            tell(List.copyOf(consumer.assignment()));
        }

        @Override
        public void onPartitionsRevoked(Collection<TopicPartition> taken) {
            tell(consumer.assignment().stream().filter(one -> !taken.contains(one)).toList());
        }

        @Override
        public void onPartitionsLost(Collection<TopicPartition> lost) {
            tell(List.of());
        }

        private void tell(List<TopicPartition> owned) {
            ObjectNode data = Rig.JSON.createObjectNode();
            ArrayNode partitions = data.putArray("partitions");
            for (TopicPartition one : owned) partitions.add(one.partition());
            session.tell("assigned", data);
        }
    }
}
