import com.rabbitmq.stream.Environment;
import com.rabbitmq.stream.Message;
import com.rabbitmq.stream.OffsetSpecification;
import com.rabbitmq.stream.Producer;
import com.rabbitmq.stream.codec.SimpleCodec;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Load for RabbitMQ streams through their own Java client: stream-perf-test, its load tool, is not on Maven Central.
 *
 *   java StreamLoad.java create|delete|produce|consume|single PORT STREAM [RECORDS BYTES]
 *
 * Prints one line: `records=N elapsedMs=T`, of the last four fifths of the records (the first fifth warms up), or for
 * `single`, one send at a time, `records=N elapsedMs=T p50Ms=.. p99Ms=..`.
 */
public final class StreamLoad {
    /** No longer than the run of the slowest machine; then the run failed. */
    private static final long SECONDS_MAX = 120;
    /** Messages that are on their way at most: enough to keep the broker busy. */
    private static final int UNCONFIRMED_MAX = 100_000;
    /** Messages in one frame, and messages in one entry of it: the client's way to send large batches. */
    private static final int BATCH_SIZE = Integer.getInteger("batch", 100);
    private static final int SUB_ENTRY_SIZE = Integer.getInteger("sub", 100);
    private static final int WARM_UP_FIFTH = 5;

    public static void main(String[] args) throws Exception {
        String work = args[0];
        String stream = args[2];
        try (Environment environment = Environment.builder().host("127.0.0.1").port(Integer.parseInt(args[1])).codec(new SimpleCodec()).build()) {
            if (work.equals("create")) environment.streamCreator().stream(stream).create();
            else if (work.equals("delete")) environment.deleteStream(stream);
            else run(environment, work, stream, Long.parseLong(args[3]), Integer.parseInt(args[4]));
        }
        // Threads of the client's event loops may outlive the environment by seconds.
        System.exit(0);
    }

    private static void run(Environment environment, String work, String stream, long records, int bytes) throws Exception {
        if (work.equals("produce")) produce(environment, stream, records, bytes);
        else if (work.equals("consume")) consume(environment, stream, records, bytes);
        else if (work.equals("single")) single(environment, stream, (int) records, bytes);
        else throw new IllegalArgumentException("unknown work: " + work);
    }

    private static void produce(Environment environment, String stream, long records, int bytes) throws Exception {
        try (Producer producer = environment.producerBuilder().stream(stream).batchSize(BATCH_SIZE).subEntrySize(SUB_ENTRY_SIZE).maxUnconfirmedMessages(UNCONFIRMED_MAX).build()) {
            byte[] body = new byte[bytes];
            long warmUp = records / WARM_UP_FIFTH;
            AtomicLong confirmed = new AtomicLong();
            AtomicLong startNanos = new AtomicLong();
            AtomicLong refused = new AtomicLong();
            CountDownLatch done = new CountDownLatch(1);
            for (long index = 0; index < records; index++) {
                producer.send(producer.messageBuilder().addData(body).build(), status -> {
                    if (!status.isConfirmed()) refused.incrementAndGet();
                    long count = confirmed.incrementAndGet();
                    if (count == warmUp) startNanos.set(System.nanoTime());
                    if (count == records) done.countDown();
                });
            }
            await(done, "confirmed");
            if (refused.get() > 0) throw new IllegalStateException(refused.get() + " messages were not confirmed");
            print(records - warmUp, startNanos.get(), "");
        }
    }

    private static void consume(Environment environment, String stream, long records, int bytes) throws Exception {
        long warmUp = records / WARM_UP_FIFTH;
        AtomicLong read = new AtomicLong();
        AtomicLong readBytes = new AtomicLong();
        AtomicLong startNanos = new AtomicLong();
        CountDownLatch done = new CountDownLatch(1);
        environment.consumerBuilder().stream(stream).offset(OffsetSpecification.first()).messageHandler((context, message) -> {
            readBytes.addAndGet(message.getBodyAsBinary().length);
            long count = read.incrementAndGet();
            if (count == warmUp) startNanos.set(System.nanoTime());
            if (count == records) done.countDown();
        }).build();
        await(done, "read");
        long elapsedFrom = startNanos.get();
        print(records - warmUp, elapsedFrom, "");
        if (readBytes.get() < records * bytes) throw new IllegalStateException("fewer bytes than were written");
    }

    private static void single(Environment environment, String stream, int records, int bytes) throws Exception {
        try (Producer producer = environment.producerBuilder().stream(stream).batchSize(1).maxUnconfirmedMessages(1).build()) {
            byte[] body = new byte[bytes];
            int warmUp = records / WARM_UP_FIFTH;
            long[] nanos = new long[records];
            long startNanos = 0;
            Semaphore answered = new Semaphore(0);
            for (int index = 0; index < records; index++) {
                if (index == warmUp) startNanos = System.nanoTime();
                long sentNanos = System.nanoTime();
                producer.send(producer.messageBuilder().addData(body).build(), status -> answered.release());
                if (!answered.tryAcquire(SECONDS_MAX, TimeUnit.SECONDS)) throw new IllegalStateException("a message was not confirmed in time");
                nanos[index] = System.nanoTime() - sentNanos;
            }
            long[] sorted = Arrays.copyOfRange(nanos, warmUp, records);
            Arrays.sort(sorted);
            print(sorted.length, startNanos, " p50Ms=" + percentile(sorted, 0.5) + " p99Ms=" + percentile(sorted, 0.99));
        }
    }

    private static double percentile(long[] sorted, double share) {
        return sorted[(int) Math.min(sorted.length - 1, Math.floor(sorted.length * share))] / 1e6;
    }

    private static void await(CountDownLatch done, String what) throws InterruptedException {
        if (!done.await(SECONDS_MAX, TimeUnit.SECONDS)) throw new IllegalStateException("not all messages were " + what + " in time");
    }

    private static void print(long records, long startNanos, String more) {
        System.out.println("records=" + records + " elapsedMs=" + (System.nanoTime() - startNanos) / 1e6 + more);
    }
}
