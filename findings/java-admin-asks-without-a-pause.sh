#!/usr/bin/env bash
# Kafka's own Java client 4.4.0 (Maven: org.apache.kafka:kafka-clients), with Apache Kafka 4.4.0.
#
# `Admin.abortTransaction` and `Admin.describeProducers` look for the leader of the partition first. Where there is no such
# topic, as when its name is misspelt or it was deleted, the client asks for it again until `default.api.timeout.ms` is over (a
# minute): not each `retry.backoff.ms`, which is 100 ms and longer each time, but as soon as it is answered, thousands of times
# a second. One tool with a wrong name keeps a processor of the broker busy for a minute.
#
# Fails when it asks fewer than 100 times a second. Needs java 17, mvn and python3.
set -euo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/kafka-4.4.0.bash"

cat >Asks.java <<'END_OF_PROGRAM'
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.AbortTransactionSpec;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.KafkaFuture;
import org.apache.kafka.common.TopicPartition;

public class Asks {
    private static final int SECONDS = 4;

    public static void main(String[] args) throws Exception {
        TopicPartition nowhere = new TopicPartition("nowhere", 0);
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", args[0],
                "default.api.timeout.ms", SECONDS * 1000, "request.timeout.ms", SECONDS * 1000))) {
            say("abortTransaction", admin.abortTransaction(new AbortTransactionSpec(nowhere, 0, (short) 0, 0)).all());
            say("describeProducers", admin.describeProducers(List.of(nowhere)).all());
        }
    }

    private static void say(String what, KafkaFuture<?> asked) throws Exception {
        try {
            asked.get();
            System.out.println(what + ": done");
        } catch (Exception error) {
            Matcher tries = Pattern.compile("tries=(\\d+)").matcher(error.getMessage());
            boolean isBusy = tries.find() && Integer.parseInt(tries.group(1)) > SECONDS * 100;
            System.err.println(error.getMessage());
            System.out.println(what + ": " + (isBusy ? "more than" : "at most") + " 100 requests a second");
        }
    }
}
END_OF_PROGRAM
javac -cp "$jars" Asks.java
seen=$(java -cp "$jars:." Asks "$bootstrap")
echo "$seen"
[ "$seen" = 'abortTransaction: more than 100 requests a second
describeProducers: more than 100 requests a second' ]
