import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.protocol.Errors;
import org.apache.kafka.common.utils.internals.AppInfoParser;

/** Kafka's Java clients and its console tools, driven by the rig: see operations.ts. One virtual machine for all. */
public final class Rig {
    static final ObjectMapper JSON = new ObjectMapper();

    /** How an operation that goes on tells its news, and learns that it is to end. */
    static final class Session {
        final AtomicBoolean isStopped = new AtomicBoolean();
        private final int id;

        Session(int id) {
            this.id = id;
        }

        void tell(String event, JsonNode data) {
            ObjectNode message = JSON.createObjectNode().put("id", id).put("event", event);
            message.set("data", data);
            say(message);
        }
    }

    interface Operation {
        JsonNode run(JsonNode args, Session session) throws Exception;
    }

    /** The client has no such thing. */
    static final class Cannot extends Exception {
        Cannot(String why) {
            super(why);
        }
    }

    private static final Map<Integer, Session> RUNNING = new ConcurrentHashMap<>();
    private static PrintStream answers;

    public static void main(String[] args) throws Exception {
        answers = System.out;
        BufferedReader requests = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        ConsoleTools.takeOver();
        Map<String, Operation> operations = new ConcurrentHashMap<>();
        operations.put("hello", (asked, session) -> JSON.createObjectNode().put("version", AppInfoParser.getVersion()));
        operations.put("tool", (asked, session) -> ConsoleTools.run(asked));
        Login.addTo(operations);
        Records.addTo(operations, args[0]);
        Members.addTo(operations, args[0]);
        Transfers.addTo(operations, args[0]);
        Streams.addTo(operations, args[0]);
        Connects.addTo(operations, args[0]);
        Administration.addTo(operations, args[0]);
        for (String line; (line = requests.readLine()) != null; ) {
            JsonNode request = JSON.readTree(line);
            int id = request.get("id").asInt();
            JsonNode asked = request.get("args");
            String op = request.get("op").asText();
            if (op.equals("stop")) {
                Session session = RUNNING.get(asked.get("id").asInt());
                if (session != null) session.isStopped.set(true);
            } else {
                new Thread(() -> serve(id, op, operations.get(op), asked)).start();
            }
        }
        Runtime.getRuntime().halt(0);
    }

    private static void serve(int id, String op, Operation operation, JsonNode args) {
        Session session = new Session(id);
        RUNNING.put(id, session);
        ObjectNode answer = JSON.createObjectNode().put("id", id);
        try {
            if (operation == null) throw new Cannot("it has no " + op);
            answer.set("ok", operation.run(args, session));
        } catch (Cannot why) {
            answer.put("cannot", why.getMessage());
        } catch (Throwable thrown) {
            Throwable error = thrown;
            while ((error instanceof ExecutionException || error instanceof CompletionException) && error.getCause() != null)
                error = error.getCause();
            answer.put("error", String.valueOf(error.getMessage())).put("code", codeOf(error));
            if (!(error instanceof ApiException)) error.printStackTrace();
        } finally {
            RUNNING.remove(id);
        }
        say(answer);
    }

    /** The protocol's name of an error; of what the client says by itself, its class. */
    private static String codeOf(Throwable error) {
        // A time-out says what it was waiting out.
        if (error.getCause() instanceof ApiException) return codeOf(error.getCause());
        Errors known = Errors.forException(error);
        return known == Errors.UNKNOWN_SERVER_ERROR ? error.getClass().getSimpleName() : known.name();
    }

    private static void say(JsonNode message) {
        synchronized (answers) {
            answers.println(message);
        }
    }
}
