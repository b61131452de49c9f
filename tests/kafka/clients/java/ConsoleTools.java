import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.apache.kafka.common.utils.internals.Exit;

/**
 * Kafka's console tools in this virtual machine, side by side: the start of one costs a second of processor time. What
 * a tool writes is its own, and where it would end the process, only its own call ends.
 *
 *   {"tool": "TopicCommand", "args": ["--list", ...], "input": "what it reads"}
 *   {"code": 0, "output": "what it wrote to both of its outputs"}
 */
final class ConsoleTools {
    private static final InheritableThreadLocal<Call> CURRENT = new InheritableThreadLocal<>();

    private ConsoleTools() { }

    /** What one tool reads and writes. Threads that it starts belong to it. */
    private static final class Call {
        final InputStream input;
        final ByteArrayOutputStream output = new ByteArrayOutputStream();
        final List<Runnable> hooks = new CopyOnWriteArrayList<>();
        volatile Integer code;

        Call(String input) {
            this.input = new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8));
        }

        /** What a virtual machine does at its end: a tool may say its last words there. */
        void end(int code) {
            for (Runnable hook : hooks) hook.run();
            this.code = code;
        }
    }

    /** Thrown where a tool would end the process. */
    private static final class Ended extends Error {
        Ended() {
            super("the tool has ended", null, false, false);
        }
    }

    /** Goes to the tool that writes, until it has ended; what no tool writes goes to the program's own errors. */
    private static final class Output extends OutputStream {
        private final OutputStream otherwise = System.err;

        @Override
        public void write(int one) {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int length) {
            Call call = CURRENT.get();
            if (call != null && call.code != null) return;
            try {
                (call == null ? otherwise : call.output).write(bytes, offset, length);
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }
    }

    private static final class Input extends InputStream {
        @Override
        public int read() throws IOException {
            Call call = CURRENT.get();
            return call == null ? -1 : call.input.read();
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            Call call = CURRENT.get();
            return call == null ? -1 : call.input.read(bytes, offset, length);
        }
    }

    static void takeOver() {
        PrintStream output = new PrintStream(new Output(), true);
        System.setOut(output);
        System.setErr(output);
        System.setIn(new Input());
        Exit.setExitProcedure(ConsoleTools::end);
        Exit.setHaltProcedure(ConsoleTools::end);
        Exit.setShutdownHookAdder((name, hook) -> {
            Call call = CURRENT.get();
            if (call != null) call.hooks.add(hook);
        });
    }

    private static void end(int code, String message) {
        Call call = CURRENT.get();
        if (call != null && call.code == null) {
            if (message != null) System.out.println(message);
            call.end(code);
        }
        throw new Ended();
    }

    static JsonNode run(JsonNode asked) {
        Call call = new Call(asked.path("input").asText(""));
        CURRENT.set(call);
        try {
            String[] args = Rig.JSON.convertValue(asked.get("args"), String[].class);
            Class<?> tool = Class.forName("org.apache.kafka.tools." + asked.get("tool").asText());
            tool.getMethod("main", String[].class).invoke(null, (Object) args);
            call.end(0);
        } catch (InvocationTargetException error) {
            if (!(error.getCause() instanceof Ended)) fail(call, error.getCause());
        } catch (ReflectiveOperationException error) {
            fail(call, error);
        } finally {
            CURRENT.remove();
        }
        ObjectNode answer = Rig.JSON.createObjectNode();
        answer.put("code", call.code);
        answer.put("output", call.output.toString(StandardCharsets.UTF_8));
        return answer;
    }

    private static void fail(Call call, Throwable error) {
        error.printStackTrace(System.out);
        call.code = 1;
    }
}
