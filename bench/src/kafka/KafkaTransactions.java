import java.util.Map;
import java.util.concurrent.atomic.LongAdder;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.errors.InvalidTxnStateException;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Producers that commit one small transaction after another, each with one record in every partition, through Kafka's
 * own client; a thread and a client each, as that client has one transaction at a time.
 *
 * That client may end a transaction before it has sent what is in it (findings/java-commits-before-its-records.sh), which
 * servers refuse for good: its thread goes on with a new one, a few times.
 *
 *   java KafkaTransactions PORT TOPIC PRODUCERS PARTITIONS BYTES WARM_UP_MS MEASURE_MS
 *
 * Prints `records=N elapsedMs=T`, where records are committed transactions, without the warm-up.
 */
public final class KafkaTransactions {
    private static final int REFUSED_MAX = 5;

    public static void main(String[] args) throws Exception {
        int producers = Integer.parseInt(args[2]);
        long warmUpMs = Long.parseLong(args[5]);
        LongAdder committed = new LongAdder();
        Thread[] threads = new Thread[producers];
        for (int index = 0; index < producers; index++) {
            String id = "bench-" + index;
            threads[index] = new Thread(() -> commitAlways(args, id, committed));
            threads[index].setDaemon(true);
            threads[index].start();
        }
        while (committed.sum() < producers) Thread.sleep(10);
        Thread.sleep(warmUpMs);
        long before = committed.sum();
        long startNanos = System.nanoTime();
        Thread.sleep(Long.parseLong(args[6]));
        long records = committed.sum() - before;
        System.out.println("records=" + records + " elapsedMs=" + (System.nanoTime() - startNanos) / 1e6);
        Runtime.getRuntime().halt(0);
    }

    private static void commitAlways(String[] args, String id, LongAdder committed) {
        for (int refused = 0; ; refused++) {
            try {
                commitAgain(args, id, committed);
            } catch (RuntimeException error) {
                boolean isEarly = error instanceof InvalidTxnStateException
                    || error.getCause() instanceof InvalidTxnStateException;
                if (isEarly && refused < REFUSED_MAX) continue;
                error.printStackTrace();
                Runtime.getRuntime().halt(1);
            }
        }
    }

    private static void commitAgain(String[] args, String id, LongAdder committed) {
        int partitions = Integer.parseInt(args[3]);
        byte[] value = new byte[Integer.parseInt(args[4])];
        Map<String, Object> settings =
            Map.of("bootstrap.servers", "127.0.0.1:" + args[0], "transactional.id", id, "linger.ms", 0);
        try (KafkaProducer<byte[], byte[]> producer =
                 new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            producer.initTransactions();
            while (true) {
                producer.beginTransaction();
                for (int partition = 0; partition < partitions; partition++)
                    producer.send(new ProducerRecord<>(args[1], partition, null, value));
                producer.commitTransaction();
                committed.increment();
            }
        }
    }
}
