# Apache Kafka 4.4.0 from Maven Central (org.apache.kafka:kafka_2.13 and kafka-tools), one KRaft node with its defaults, for
# the findings that source this. Needs java 17 or later, and mvn. Runs in a folder of its own, where the working directory is
# then; all of it is gone at the end.
#
#   $bootstrap   where it listens
#   $jars        its class path, which has Kafka's own client and tools

folder=$(mktemp -d)
kafka=
trap '[ -z "$kafka" ] || kill -9 "$kafka" 2>/dev/null; rm -rf "$folder"' EXIT
cd "$folder"

cat >pom.xml <<'END_OF_POM'
<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>finding</groupId>
  <artifactId>finding</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka-tools</artifactId>
      <version>4.4.0</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-nop</artifactId>
      <version>1.7.36</version>
    </dependency>
  </dependencies>
</project>
END_OF_POM
mvn -B -q -Dstyle.color=never dependency:copy-dependencies -DincludeScope=runtime "-DoutputDirectory=$folder/jars" >/dev/null
jars="$folder/jars/*"

free_port() {
  python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}
port=$(free_port)
controller=$(free_port)
bootstrap=127.0.0.1:$port
cat >server.properties <<END_OF_SETTINGS
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://$bootstrap,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://$bootstrap
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT
log.dirs=$folder/logs
offsets.topic.replication.factor=1
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
END_OF_SETTINGS
cluster=$(java -cp "$jars" kafka.tools.StorageTool random-uuid)
java -cp "$jars" kafka.tools.StorageTool format --standalone -t "$cluster" -c server.properties >/dev/null
java -Xmx512m -cp "$jars" kafka.Kafka server.properties >kafka.log 2>&1 &
kafka=$!
disown

tool() {
  java -Xmx256m -cp "$jars" "org.apache.kafka.tools.$1" --bootstrap-server "$bootstrap" "${@:2}"
}
tool TopicCommand --create --topic t --partitions 2 >/dev/null
