import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.message.ApiMessageType;
import org.apache.kafka.common.protocol.ApiKeys;
import org.apache.kafka.common.protocol.types.BoundField;
import org.apache.kafka.common.protocol.types.Schema;
import org.apache.kafka.common.protocol.types.Struct;
import org.apache.kafka.common.protocol.types.TaggedFields;
import org.apache.kafka.common.protocol.types.Type;
import org.apache.kafka.common.record.internal.MemoryRecords;

/**
 * Writes layouts-4.4.json: a request and an answer of every version of the APIs whose keys are the arguments, from the
 * schemas of Kafka's own client, with a value in each field and with nothing wherever nothing is allowed.
 *
 *   javac -cp kafka-clients-4.4.0.jar LayoutVectors.java
 *   java -cp kafka-clients-4.4.0.jar:. LayoutVectors 0 1 2 3 8 9 10 ... > layouts-4.4.json
 */
public final class LayoutVectors {
    private static final int CORRELATION_ID = 7;

    private final boolean isEmpty;
    /** Counts the values, so that no two neighbours are alike. */
    private int count = 0;

    private LayoutVectors(boolean isEmpty) {
        this.isEmpty = isEmpty;
    }

    public static void main(String[] keys) {
        List<String> lines = new ArrayList<>();
        for (String key : keys) {
            ApiKeys api = ApiKeys.forId(Integer.parseInt(key));
            ApiMessageType type = api.messageType;
            for (short v = type.lowestSupportedVersion(); v <= type.highestSupportedVersion(false); v++) {
                lines.add(new LayoutVectors(false).exchange(api, v));
                lines.add(new LayoutVectors(true).exchange(api, v));
            }
        }
        System.out.println("[\n" + String.join(",\n", lines) + "\n]");
    }

    private String exchange(ApiKeys api, short version) {
        ByteBuffer request = ByteBuffer.allocate(64);
        request.putShort(api.id).putShort(version).putInt(CORRELATION_ID).putShort((short) 1).put((byte) 'c');
        if (api.requestHeaderVersion(version) >= 2) request.put((byte) 0);
        String asked = frame(request, api.messageType.requestSchemas()[version]);
        count = 0;
        ByteBuffer response = ByteBuffer.allocate(64);
        response.putInt(CORRELATION_ID);
        if (api.responseHeaderVersion(version) >= 1) response.put((byte) 0);
        String answered = frame(response, api.messageType.responseSchemas()[version]);
        return String.format(
            "{\"flow\":\"layout-%s\",\"conn\":0,\"apiKey\":%d,\"apiVersion\":%d,\"request\":\"%s\",\"response\":\"%s\"}",
            isEmpty ? "empty" : "full", api.id, version, asked, answered);
    }

    private String frame(ByteBuffer header, Schema schema) {
        Object value = valueOf(schema);
        ByteBuffer frame = ByteBuffer.allocate(header.position() + schema.sizeOf(value));
        frame.put(header.flip());
        schema.write(frame, value);
        return Base64.getEncoder().encodeToString(frame.array());
    }

    private Object valueOf(Type type) {
        if (type instanceof TaggedFields tagged) {
            NavigableMap<Integer, Object> values = new TreeMap<>();
            if (!isEmpty) tagged.fields().forEach((tag, field) -> values.put(tag, valueOf(field.type)));
            return values;
        }
        Optional<Type> element = type.arrayElementType();
        if (isEmpty && type.isNullable()) return null;
        if (element.isPresent())
            return isEmpty ? new Object[0] : new Object[] {valueOf(element.get()), valueOf(element.get())};
        if (type instanceof Schema schema) {
            Struct struct = new Struct(schema);
            for (BoundField field : schema.fields()) struct.set(field, valueOf(field.def.type));
            return struct;
        }
        count += 1;
        return isEmpty ? nothingOf(type.toString()) : somethingOf(type.toString());
    }

    private Object nothingOf(String type) {
        if (type.contains("RECORDS")) return MemoryRecords.EMPTY;
        if (type.contains("STRING")) return "";
        if (type.contains("BYTES")) return ByteBuffer.allocate(0);
        return switch (type) {
            case "BOOLEAN" -> false;
            case "INT8" -> (byte) -1;
            case "INT16" -> (short) -1;
            case "UINT16" -> 65535;
            case "INT32" -> -1;
            case "UINT32" -> 4294967295L;
            case "INT64" -> -1L;
            case "FLOAT64" -> -1.5;
            case "UUID" -> Uuid.ZERO_UUID;
            default -> throw new IllegalArgumentException(type);
        };
    }

    private Object somethingOf(String type) {
        if (type.contains("RECORDS"))
            return MemoryRecords.readableRecords(ByteBuffer.wrap(new byte[] {1, 2, (byte) count}));
        if (type.contains("STRING")) return "s" + count;
        if (type.contains("BYTES")) return ByteBuffer.wrap(new byte[] {(byte) count});
        return switch (type) {
            case "BOOLEAN" -> count % 2 == 0;
            case "INT8" -> (byte) (count % 100);
            case "INT16" -> (short) (300 + count);
            case "UINT16" -> 300 + count;
            case "INT32" -> 70_000 + count;
            case "UINT32" -> 70_000L + count;
            case "INT64" -> 5_000_000_000L + count;
            case "FLOAT64" -> count + 0.5;
            case "UUID" -> new Uuid(count, 1000 + count);
            default -> throw new IllegalArgumentException(type);
        };
    }
}
