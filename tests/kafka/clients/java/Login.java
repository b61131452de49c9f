import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.security.auth.callback.Callback;
import javax.security.auth.login.AppConfigurationEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.security.auth.AuthenticateCallbackHandler;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerToken;
import org.apache.kafka.common.security.oauthbearer.OAuthBearerTokenCallback;

/** Shows who it is with a client of its own, and sends one record. */
final class Login {
    private static final String MODULES = "org.apache.kafka.common.security.";

    private Login() { }

    static void addTo(Map<String, Rig.Operation> operations) {
        operations.put("login", (args, session) -> logIn(args));
    }

    private static JsonNode logIn(JsonNode args) throws Exception {
        String mechanism = args.get("mechanism").asText();
        boolean isEncrypted = args.hasNonNull("caFile");
        Map<String, Object> settings = new HashMap<>(Map.of(
            "bootstrap.servers", args.get("bootstrap").asText(),
            "acks", "all",
            "max.block.ms", 10_000,
            "security.protocol", isEncrypted ? "SASL_SSL" : "SASL_PLAINTEXT",
            "sasl.mechanism", mechanism,
            "sasl.jaas.config", jaasOf(mechanism, args.get("username").asText(), args.get("password").asText())));
        if (isEncrypted)
            settings.putAll(Map.of("ssl.truststore.type", "PEM", "ssl.truststore.location", args.get("caFile").asText()));
        if (mechanism.equals("OAUTHBEARER")) settings.put("sasl.login.callback.handler.class", Tokens.class.getName());
        byte[] value = args.get("value").asText().getBytes(StandardCharsets.UTF_8);
        try (KafkaProducer<byte[], byte[]> producer = Records.producer(settings)) {
            producer.send(new ProducerRecord<>(args.get("topic").asText(), 0, null, value)).get();
        }
        return Rig.JSON.createObjectNode();
    }

    private static String jaasOf(String mechanism, String username, String password) {
        if (mechanism.equals("OAUTHBEARER"))
            return MODULES + "oauthbearer.OAuthBearerLoginModule required token=\"" + password + "\";";
        String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
        return MODULES + module + " required username=\"" + username + "\" password=\"" + password + "\";";
    }

    /** Hands out the token that the settings name. */
    public static final class Tokens implements AuthenticateCallbackHandler {
        private String token = "";

        @Override
        public void configure(Map<String, ?> configs, String mechanism, List<AppConfigurationEntry> entries) {
            token = String.valueOf(entries.get(0).getOptions().get("token"));
        }

        @Override
        public void handle(Callback[] callbacks) {
            for (Callback callback : callbacks)
                if (callback instanceof OAuthBearerTokenCallback wanted) wanted.token(new Given(token));
        }

        @Override
        public void close() { }
    }

    private record Given(String value) implements OAuthBearerToken {
        @Override
        public Set<String> scope() {
            return Set.of();
        }

        @Override
        public long lifetimeMs() {
            return System.currentTimeMillis() + 3_600_000;
        }

        @Override
        public String principalName() {
            return "alice";
        }

        @Override
        public Long startTimeMs() {
            return null;
        }
    }
}
