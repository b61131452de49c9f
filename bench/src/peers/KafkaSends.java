import java.util.Arrays;
import java.util.Map;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Awaited sends through Kafka's own client, one at a time: kafka-producer-perf-test awaits none, and counts in whole
 * milliseconds.
 *
 *   java KafkaSends PORT TOPIC RECORDS BYTES
 *
 * Prints `records=N elapsedMs=T p50Ms=.. p99Ms=..`, of the last four fifths of the sends (the first fifth warms up).
 */
public final class KafkaSends {
    private static final int WARM_UP_FIFTH = 5;

    public static void main(String[] args) throws Exception {
        String topic = args[1];
        int records = Integer.parseInt(args[2]);
        byte[] value = new byte[Integer.parseInt(args[3])];
        Map<String, Object> settings = Map.of("bootstrap.servers", "127.0.0.1:" + args[0], "acks", "all", "linger.ms", 0);
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            int warmUp = records / WARM_UP_FIFTH;
            long[] nanos = new long[records];
            long startNanos = 0;
            for (int index = 0; index < records; index++) {
                long sentNanos = System.nanoTime();
                if (index == warmUp) startNanos = sentNanos;
                producer.send(new ProducerRecord<>(topic, value)).get();
                nanos[index] = System.nanoTime() - sentNanos;
            }
            double elapsedMs = (System.nanoTime() - startNanos) / 1e6;
            long[] sorted = Arrays.copyOfRange(nanos, warmUp, records);
            Arrays.sort(sorted);
            System.out.println("records=" + sorted.length + " elapsedMs=" + elapsedMs + " p50Ms=" + percentile(sorted, 0.5) + " p99Ms=" + percentile(sorted, 0.99));
        }
    }

    private static double percentile(long[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * share))] / 1e6;
    }
}
