import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.kafka.common.config.ConfigDef;
import org.apache.kafka.connect.connector.Task;
import org.apache.kafka.connect.data.Schema;
import org.apache.kafka.connect.source.ExactlyOnceSupport;
import org.apache.kafka.connect.source.SourceConnector;
import org.apache.kafka.connect.source.SourceRecord;
import org.apache.kafka.connect.source.SourceTask;

/** A connector whose source is the numbers from 0 to its setting `end`, some milliseconds for each few. */
public final class Numbers extends SourceConnector {
    private Map<String, String> settings;

    @Override
    public void start(Map<String, String> given) {
        settings = given;
    }

    @Override
    public Class<? extends Task> taskClass() {
        return NumbersTask.class;
    }

    @Override
    public List<Map<String, String>> taskConfigs(int tasksMax) {
        return List.of(settings);
    }

    @Override
    public void stop() { }

    @Override
    public ConfigDef config() {
        return new ConfigDef();
    }

    @Override
    public String version() {
        return "1";
    }

    @Override
    public ExactlyOnceSupport exactlyOnceSupport(Map<String, String> given) {
        return ExactlyOnceSupport.SUPPORTED;
    }

    /** Goes on behind the last number whose transaction was committed. */
    public static final class NumbersTask extends SourceTask {
        private static final int AT_ONCE = 5;
        private static final int PAUSE_MS = 10;
        private static final Map<String, String> SOURCE = Map.of("source", "numbers");

        private String topic;
        private long next;
        private long end;

        @Override
        public void start(Map<String, String> given) {
            topic = given.get("topic");
            end = Long.parseLong(given.get("end"));
            Map<String, Object> offset = context.offsetStorageReader().offset(SOURCE);
            next = offset == null ? 0 : (Long) offset.get("next");
        }

        @Override
        public List<SourceRecord> poll() throws InterruptedException {
            Thread.sleep(PAUSE_MS);
            List<SourceRecord> records = new ArrayList<>();
            for (; records.size() < AT_ONCE && next < end; next++)
                records.add(new SourceRecord(
                    SOURCE, Map.of("next", next + 1), topic, 0, Schema.STRING_SCHEMA, String.valueOf(next)));
            return records.isEmpty() ? null : records;
        }

        @Override
        public void stop() { }

        @Override
        public String version() {
            return "1";
        }
    }
}
