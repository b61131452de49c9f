#!/usr/bin/env bash
# Apache Kafka 4.4.0 (Maven), its own tool and its own Java client.
#
# `kafka-transactions abort --topic t --partition 0 --start-offset 0` is for a transaction that hangs in a partition. Kafka does
# not ask whether it hangs: of one that its producer is still at, the records of that partition are aborted, and nobody else is
# told. The producer goes on, in the same partition too, and its commit succeeds: what it wrote to the others and what it wrote
# after the tool has run is committed, and what it wrote before is not. `find-hanging` says which ones hang.
#
# Fails when the commit fails, or all of it or nothing is there. Needs java 17, mvn and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/kafka-4.4.0.bash"

cat >Part.java <<'END_OF_PROGRAM'
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;

public class Part {
    public static void main(String[] args) throws Exception {
        String text = StringSerializer.class.getName();
        try (var producer = new KafkaProducer<String, String>(Map.of("bootstrap.servers", args[0],
                "transactional.id", "id", "key.serializer", text, "value.serializer", text))) {
            producer.initTransactions();
            producer.beginTransaction();
            for (int partition : new int[] {0, 1})
                producer.send(new ProducerRecord<>("t", partition, null, "before")).get();
            System.out.println("open");
            System.in.read();
            producer.send(new ProducerRecord<>("t", 0, null, "after")).get();
            producer.commitTransaction();
        }
        String read = StringDeserializer.class.getName();
        try (var consumer = new KafkaConsumer<String, String>(Map.of("bootstrap.servers", args[0],
                "isolation.level", "read_committed", "auto.offset.reset", "earliest",
                "key.deserializer", read, "value.deserializer", read))) {
            for (int partition : new int[] {0, 1}) {
                consumer.assign(List.of(new TopicPartition("t", partition)));
                StringBuilder seen = new StringBuilder();
                long endMs = System.currentTimeMillis() + 3_000;
                while (System.currentTimeMillis() < endMs)
                    for (ConsumerRecord<String, String> one : consumer.poll(Duration.ofMillis(100))) seen.append(" " + one.value());
                System.out.println("committed in partition " + partition + ":" + seen);
            }
        }
    }
}
END_OF_PROGRAM
javac -cp "$jars" Part.java
mkfifo go
java -cp "$jars:." Part "$bootstrap" <go >seen &
program=$!
exec 3>go
while ! grep -q open seen; do sleep 0.2; done
tool TransactionsCommand abort --topic t --partition 0 --start-offset 0
echo >&3
wait "$program"
cat seen
[ "$(cat seen)" = 'open
committed in partition 0: after
committed in partition 1: before' ]
