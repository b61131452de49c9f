#!/usr/bin/env bash
# Kafka's own Java client 4.4.0 (Maven: org.apache.kafka:kafka-clients), with Apache Kafka 4.4.0.
#
# A transactional producer may commit before it has sent what it commits. Its network thread asks whether records are waiting
# (`RecordAccumulator.hasIncomplete`), and then for the next request (`TransactionManager.nextRequest`), for which it needs the
# manager's lock. If it has to wait for the lock, because the program's own thread is in `send`, and that thread comes to
# `commitTransaction` first, the network thread goes on with the old answer: the end of the transaction is sent at once, and
# the records are not. With the second version of the transaction protocol, where partitions join by being written to, the
# broker knows of no transaction then and answers InvalidTxnStateException, which is fatal: the producer has to be made anew.
# It takes a thread that loses its turn at the wrong moment, as one of many does on a busy machine; here the program holds the
# lock until the network thread waits at that place.
#
# Fails when the commit waits for its records. Needs java 17 and mvn.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/kafka-4.4.0.bash"

cat >Early.java <<'END_OF_PROGRAM'
import java.lang.reflect.Field;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.internals.Sender;
import org.apache.kafka.clients.producer.internals.TransactionManager;
import org.apache.kafka.clients.producer.internals.TransactionalRequestResult;
import org.apache.kafka.common.serialization.StringSerializer;

public class Early {
    public static void main(String[] args) throws Exception {
        Map<String, Object> settings = Map.of("bootstrap.servers", args[0], "transactional.id", "early", "linger.ms", 0);
        KafkaProducer<String, String> producer =
            new KafkaProducer<>(settings, new StringSerializer(), new StringSerializer());
        producer.initTransactions();
        producer.beginTransaction();
        producer.send(new ProducerRecord<>("t", 0, null, "in time"));
        producer.commitTransaction();
        System.out.println("a commit that nothing disturbs: done");

        TransactionManager manager = part(producer, "transactionManager");
        Sender sender = part(producer, "sender");
        Thread network = threadNamed("kafka-producer-network-thread");
        producer.beginTransaction();
        TransactionalRequestResult commit = null;
        for (long end = System.currentTimeMillis() + 60_000; commit == null && System.currentTimeMillis() < end; ) {
            sender.wakeup();
            synchronized (manager) {
                if (!waitsForTheNextRequest(network)) continue;
                // What the program's thread does: `send`, and the first line of `commitTransaction`.
                producer.send(new ProducerRecord<>("t", 0, null, "too late"));
                commit = manager.beginCommit();
            }
        }
        sender.wakeup();
        try {
            commit.await(20, TimeUnit.SECONDS, "the commit");
            System.out.println("a commit while the network thread waits for the lock: done");
        } catch (RuntimeException error) {
            System.out.println("a commit while the network thread waits for the lock: " + error.getClass().getSimpleName());
        }
        Runtime.getRuntime().halt(0);
    }

    private static boolean waitsForTheNextRequest(Thread network) {
        for (int look = 0; look < 200; look++) {
            if (network.getState() != Thread.State.BLOCKED) continue;
            StackTraceElement[] stack = network.getStackTrace();
            return stack.length > 0 && stack[0].getMethodName().equals("nextRequest");
        }
        return false;
    }

    @SuppressWarnings("unchecked")
    private static <T> T part(Object of, String name) throws Exception {
        Field field = of.getClass().getDeclaredField(name);
        field.setAccessible(true);
        return (T) field.get(of);
    }

    private static Thread threadNamed(String beginning) {
        return Thread.getAllStackTraces().keySet().stream()
            .filter(each -> each.getName().startsWith(beginning)).findFirst().orElseThrow();
    }
}
END_OF_PROGRAM
javac -cp "$jars" Early.java
seen=$(java -cp "$jars:." Early "$bootstrap")
echo "$seen"
[ "$seen" = 'a commit that nothing disturbs: done
a commit while the network thread waits for the lock: InvalidTxnStateException' ]
