import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.ConsumerGroupDescription;
import org.apache.kafka.clients.admin.DescribeClusterResult;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.NewPartitions;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.config.ConfigResource;

/** What an administrator does. */
final class Administration {
    private final Admin admin;

    private Administration(Admin admin) {
        this.admin = admin;
    }

    static void addTo(Map<String, Rig.Operation> operations, String bootstrap) {
        Administration does = new Administration(Admin.create(Map.of("bootstrap.servers", bootstrap)));
        operations.put("describeCluster", (args, session) -> does.describeCluster());
        operations.put("listTopics", (args, session) -> names("topics", does.admin.listTopics().names().get()));
        operations.put("createTopic", (args, session) -> does.createTopic(args));
        operations.put("describeTopic", (args, session) -> does.describeTopic(args.get("topic").asText()));
        operations.put("deleteTopic", (args, session) -> {
            does.admin.deleteTopics(List.of(args.get("topic").asText())).all().get();
            return nothing();
        });
        operations.put("createPartitions", (args, session) -> {
            NewPartitions more = NewPartitions.increaseTo(args.get("count").asInt());
            does.admin.createPartitions(Map.of(args.get("topic").asText(), more)).all().get();
            return nothing();
        });
        operations.put("deleteRecords", (args, session) -> {
            RecordsToDelete before = RecordsToDelete.beforeOffset(args.get("before").asLong());
            does.admin.deleteRecords(Map.of(partitionOf(args), before)).all().get();
            return nothing();
        });
        operations.put("describeConfigs", (args, session) ->
            does.describeConfigs(new ConfigResource(ConfigResource.Type.TOPIC, args.get("topic").asText())));
        operations.put("describeBrokerConfigs", (args, session) -> {
            int node = does.admin.describeCluster().nodes().get().iterator().next().id();
            return does.describeConfigs(new ConfigResource(ConfigResource.Type.BROKER, String.valueOf(node)));
        });
        operations.put("alterConfig", (args, session) -> does.alterConfig(args));
        operations.put("listOffset", (args, session) -> does.listOffset(args));
        operations.put("listGroups", (args, session) -> does.listGroups());
        operations.put("describeGroup", (args, session) -> does.describeGroup(args));
        operations.put("deleteGroup", (args, session) -> {
            does.admin.deleteConsumerGroups(List.of(args.get("group").asText())).all().get();
            return nothing();
        });
        operations.put("committed", (args, session) -> does.committed(args));
        operations.put("resetOffset", (args, session) -> {
            OffsetAndMetadata offset = new OffsetAndMetadata(args.get("offset").asLong());
            does.admin.alterConsumerGroupOffsets(args.get("group").asText(), Map.of(partitionOf(args), offset)).all().get();
            return nothing();
        });
        operations.put("deleteOffset", (args, session) -> {
            does.admin.deleteConsumerGroupOffsets(args.get("group").asText(), Set.of(partitionOf(args))).all().get();
            return nothing();
        });
    }

    private static ObjectNode nothing() {
        return Rig.JSON.createObjectNode();
    }

    private static TopicPartition partitionOf(JsonNode args) {
        return new TopicPartition(args.get("topic").asText(), args.get("partition").asInt());
    }

    private static ObjectNode names(String what, Iterable<String> all) {
        ObjectNode result = nothing();
        ArrayNode told = result.putArray(what);
        for (String one : all) told.add(one);
        return result;
    }

    private JsonNode describeCluster() throws Exception {
        DescribeClusterResult cluster = admin.describeCluster();
        return nothing().put("clusterId", cluster.clusterId().get()).put("brokers", cluster.nodes().get().size());
    }

    private JsonNode createTopic(JsonNode args) throws Exception {
        Map<String, String> configs = new HashMap<>();
        args.get("configs").properties().forEach(one -> configs.put(one.getKey(), one.getValue().asText()));
        NewTopic topic = new NewTopic(args.get("topic").asText(), Optional.of(args.get("partitions").asInt()), Optional.empty());
        admin.createTopics(List.of(topic.configs(configs))).all().get();
        return nothing();
    }

    private JsonNode describeTopic(String topic) throws Exception {
        int partitions = admin.describeTopics(List.of(topic)).allTopicNames().get().get(topic).partitions().size();
        return nothing().put("partitions", partitions);
    }

    private JsonNode describeConfigs(ConfigResource resource) throws Exception {
        Config found = admin.describeConfigs(List.of(resource)).all().get().get(resource);
        ObjectNode result = nothing();
        ObjectNode configs = result.putObject("configs");
        for (ConfigEntry entry : found.entries()) configs.put(entry.name(), entry.value());
        return result;
    }

    private JsonNode alterConfig(JsonNode args) throws Exception {
        ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, args.get("topic").asText());
        ConfigEntry entry = new ConfigEntry(args.get("name").asText(), args.get("value").asText());
        AlterConfigOp set = new AlterConfigOp(entry, AlterConfigOp.OpType.SET);
        admin.incrementalAlterConfigs(Map.of(resource, List.of(set))).all().get();
        return nothing();
    }

    private JsonNode listOffset(JsonNode args) throws Exception {
        JsonNode at = args.get("at");
        OffsetSpec spec = !at.isTextual()
            ? OffsetSpec.forTimestamp(at.get("timeMs").asLong())
            : at.asText().equals("start") ? OffsetSpec.earliest() : OffsetSpec.latest();
        ListOffsetsResultInfo found = admin.listOffsets(Map.of(partitionOf(args), spec)).partitionResult(partitionOf(args)).get();
        return nothing().put("offset", found.offset());
    }

    private JsonNode listGroups() throws Exception {
        return names("groups", admin.listGroups().all().get().stream().map(group -> group.groupId()).toList());
    }

    private JsonNode describeGroup(JsonNode args) throws Exception {
        String group = args.get("group").asText();
        String topic = args.get("topic").asText();
        ConsumerGroupDescription found = admin.describeConsumerGroups(List.of(group)).all().get().get(group);
        ObjectNode result = nothing().put("state", found.groupState().toString()).put("members", found.members().size());
        ArrayNode partitions = result.putArray("partitions");
        found.members().stream()
            .flatMap(member -> member.assignment().topicPartitions().stream())
            .filter(one -> one.topic().equals(topic))
            .map(TopicPartition::partition)
            .sorted()
            .forEach(partitions::add);
        return result;
    }

    private JsonNode committed(JsonNode args) throws Exception {
        ObjectNode result = nothing();
        ObjectNode offsets = result.putObject("offsets");
        admin.listConsumerGroupOffsets(args.get("group").asText()).partitionsToOffsetAndMetadata().get().forEach((one, offset) -> {
            if (one.topic().equals(args.get("topic").asText()) && offset != null)
                offsets.put(String.valueOf(one.partition()), offset.offset());
        });
        return result;
    }
}
