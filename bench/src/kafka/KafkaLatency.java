import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * End to end through Kafka's own clients, at a fixed rate: records are due at their time whatever became of those
 * before, and each counts from when it was due until the consumer has it. Kafka's own EndToEndLatency has one record
 * under way at a time, and so no rate.
 *
 *   java KafkaLatency PORT TOPIC RATE SECONDS WARM_UP_SECONDS
 *
 * Prints `records=N elapsedMs=T p50Ms=.. p99Ms=..`, without the warm-up.
 */
public final class KafkaLatency {
    private static final int VALUE_BYTES = 100;
    private static final long NAP_NANOS = 50_000;

    public static void main(String[] args) throws Exception {
        String servers = "127.0.0.1:" + args[0];
        String topic = args[1];
        int rate = Integer.parseInt(args[2]);
        int records = rate * (Integer.parseInt(args[3]) + Integer.parseInt(args[4]));
        int warmUp = rate * Integer.parseInt(args[4]);
        long[] nanos = new long[records];
        Map<String, Object> reading = Map.of("bootstrap.servers", servers, "auto.offset.reset", "earliest");
        KafkaConsumer<byte[], byte[]> consumer =
            new KafkaConsumer<>(reading, new ByteArrayDeserializer(), new ByteArrayDeserializer());
        consumer.assign(List.of(new TopicPartition(topic, 0)));
        consumer.poll(Duration.ofMillis(500));
        Thread reader = new Thread(() -> read(consumer, nanos));
        reader.start();
        Map<String, Object> writing = Map.of("bootstrap.servers", servers, "linger.ms", 0);
        long startNanos;
        try (KafkaProducer<byte[], byte[]> producer =
                 new KafkaProducer<>(writing, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.partitionsFor(topic);
            startNanos = System.nanoTime();
            for (int sent = 0; sent < records; sent++) {
                long dueNanos = startNanos + sent * 1_000_000_000L / rate;
                while (System.nanoTime() < dueNanos) LockSupport.parkNanos(NAP_NANOS);
                byte[] value = ByteBuffer.allocate(VALUE_BYTES).putLong(dueNanos).array();
                producer.send(new ProducerRecord<>(topic, value), (metadata, error) -> {
                    if (error != null) fail(error);
                });
            }
        }
        reader.join();
        long[] sorted = Arrays.copyOfRange(nanos, warmUp, records);
        Arrays.sort(sorted);
        System.out.println("records=" + sorted.length + " elapsedMs=" + (System.nanoTime() - startNanos) / 1e6
            + " p50Ms=" + percentile(sorted, 0.5) + " p99Ms=" + percentile(sorted, 0.99));
        System.exit(0);
    }

    private static void read(KafkaConsumer<byte[], byte[]> consumer, long[] nanos) {
        try {
            for (int taken = 0; taken < nanos.length; ) {
                for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofMillis(100))) {
                    if (record.offset() != taken) throw new IllegalStateException("offset " + record.offset());
                    nanos[taken++] = System.nanoTime() - ByteBuffer.wrap(record.value()).getLong();
                }
            }
        } catch (RuntimeException error) {
            fail(error);
        }
    }

    private static void fail(Exception error) {
        error.printStackTrace();
        Runtime.getRuntime().halt(1);
    }

    private static double percentile(long[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * share))] / 1e6;
    }
}
