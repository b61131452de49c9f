import com.fasterxml.jackson.databind.JsonNode;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.kafka.connect.cli.ConnectDistributed;
import org.apache.kafka.connect.runtime.Herder;
import org.apache.kafka.connect.runtime.rest.entities.ConnectorInfo;
import org.apache.kafka.connect.util.FutureCallback;

/** A worker of Kafka Connect, whose sources write exactly once. */
final class Connects {
    private static final int TRIES_MAX = 40;
    private static final int PAUSE_MS = 500;

    private Connects() { }

    static void addTo(Map<String, Rig.Operation> operations, String bootstrap) {
        operations.put("connect", (args, session) -> work(bootstrap, args, session));
    }

    private static JsonNode work(String bootstrap, JsonNode args, Rig.Session session) throws Exception {
        String group = args.get("group").asText();
        Map<String, String> settings = new HashMap<>();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("group.id", group);
        settings.put("exactly.once.source.support", "enabled");
        for (String kept : new String[] {"offset", "config", "status"}) {
            settings.put(kept + ".storage.topic", group + "-" + kept);
            settings.put(kept + ".storage.replication.factor", "1");
        }
        settings.put("offset.storage.partitions", "2");
        settings.put("status.storage.partitions", "1");
        settings.put("key.converter", "org.apache.kafka.connect.storage.StringConverter");
        settings.put("value.converter", "org.apache.kafka.connect.storage.StringConverter");
        settings.put("plugin.discovery", "service_load");
        settings.put("listeners", "http://127.0.0.1:0");
        settings.put("session.timeout.ms", args.get("sessionTimeoutMs").asText());
        settings.put("heartbeat.interval.ms", "1000");
        settings.put("scheduled.rebalance.max.delay.ms", "0");
        Map<String, String> source = Map.of(
            "name", "numbers", "connector.class", "Numbers", "tasks.max", "1", "topic", args.get("to").asText(),
            "end", args.get("end").asText(), "exactly.once.support", "required", "transaction.boundary", "poll");
        var worker = new ConnectDistributed(new String[0]).startConnect(settings);
        begin(worker.herder(), source);
        session.tell("begun", Rig.JSON.createObjectNode());
        while (!session.isStopped.get()) Thread.sleep(20);
        worker.stop();
        return Rig.JSON.createObjectNode();
    }

    /** It refuses while its group is divided anew. */
    private static void begin(Herder herder, Map<String, String> source) throws Exception {
        for (int tries = 1; ; tries++) {
            FutureCallback<Herder.Created<ConnectorInfo>> begun = new FutureCallback<>();
            herder.putConnectorConfig("numbers", source, true, begun);
            try {
                begun.get(60, TimeUnit.SECONDS);
                return;
            } catch (ExecutionException error) {
                if (tries == TRIES_MAX) throw error;
                Thread.sleep(PAUSE_MS);
            }
        }
    }
}
