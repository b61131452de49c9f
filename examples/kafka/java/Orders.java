import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

/** Sends three orders, and reads them as a member of a group: with Kafka's own client. */
public final class Orders {
    private static final String TOPIC = "orders-java";
    private static final List<String> ORDERS = List.of("two lamps", "a table", "six chairs");

    public static void main(String[] args) throws Exception {
        String bootstrap = args.length > 0 ? args[0] : "localhost:9092";

        try (Admin admin = Admin.create(Map.of("bootstrap.servers", bootstrap))) {
            admin.createTopics(List.of(new NewTopic(TOPIC, Optional.of(3), Optional.empty()))).all().get();
        } catch (ExecutionException error) {
            if (!(error.getCause() instanceof TopicExistsException)) throw error;
        }

        // Idempotent unless told otherwise: what is sent again after a failure is stored once.
        Map<String, Object> sending = Map.of("bootstrap.servers", bootstrap);
        try (var producer = new KafkaProducer<>(sending, new StringSerializer(), new StringSerializer())) {
            for (String order : ORDERS) producer.send(new ProducerRecord<>(TOPIC, "customer-7", order)).get();
        }

        Map<String, Object> reading = Map.of(
            "bootstrap.servers", bootstrap,
            "group.id", "invoices",
            "auto.offset.reset", "earliest",
            "enable.auto.commit", false);
        try (var consumer = new KafkaConsumer<>(reading, new StringDeserializer(), new StringDeserializer())) {
            consumer.subscribe(List.of(TOPIC));
            for (int count = 0; count < ORDERS.size(); ) {
                for (ConsumerRecord<String, String> record : consumer.poll(Duration.ofSeconds(1))) {
                    System.out.println(record.key() + " ordered " + record.value()); // customer-7 ordered two lamps
                    count++;
                }
                consumer.commitSync(); // the next run goes on behind them
            }
        }
    }
}
