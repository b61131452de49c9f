"""confluent-kafka (librdkafka), driven by the rig: see operations.ts."""

import base64
import json
import sys
import threading
import time
from importlib.metadata import version

from confluent_kafka import (
    Consumer,
    ConsumerGroupState,
    ConsumerGroupTopicPartitions,
    KafkaException,
    Producer,
    TopicPartition,
    libversion,
)
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewPartitions,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

BOOTSTRAP = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1:9092"
BASE = {"bootstrap.servers": BOOTSTRAP, "reconnect.backoff.ms": 50, "reconnect.backoff.max.ms": 500}
TIMEOUT = 20
out_lock = threading.Lock()


class Cannot(Exception):
    """The client has no such thing."""


def say(message):
    with out_lock:
        sys.stdout.write(json.dumps(message) + "\n")
        sys.stdout.flush()


def text(value):
    return None if value is None else base64.b64encode(value).decode()


def raw(value):
    return None if value is None else base64.b64decode(value)


def read_record(message):
    return {
        "partition": message.partition(),
        "offset": message.offset(),
        "key": text(message.key()),
        "value": text(message.value()),
        "headers": [[name, text(value) or ""] for name, value in message.headers() or []],
        "timestampMs": message.timestamp()[1],
    }


admin = AdminClient(BASE)


def only(futures):
    """Admin calls give one future for each thing; there is one here."""
    (future,) = futures.values()
    return future.result(TIMEOUT)


def hello(_args, _session):
    return {"version": f"{version('confluent-kafka')} (librdkafka {libversion()[0]})"}


def send(producer, topic, record, on_delivery):
    producer.produce(
        topic,
        partition=record["partition"],
        key=raw(record["key"]),
        value=raw(record["value"]),
        headers=[(name, raw(value)) for name, value in record["headers"]],
        timestamp=record["timestampMs"],
        on_delivery=on_delivery,
    )


def login(args, _session):
    """Shows who it is with a client of its own, and sends one record."""
    errors = []
    settings = {
        **BASE,
        "bootstrap.servers": args["bootstrap"],
        "security.protocol": "SASL_PLAINTEXT" if args["caFile"] is None else "SASL_SSL",
        "sasl.mechanism": args["mechanism"],
        "message.timeout.ms": 8000,
        # It tries for ever, and says so each time: the first time is enough.
        "error_cb": lambda error: errors.append(error) if error.name() == "_AUTHENTICATION" else None,
    }
    if args["caFile"] is not None:
        settings["ssl.ca.location"] = args["caFile"]
    if args["mechanism"] == "OAUTHBEARER":
        settings["oauth_cb"] = lambda _config: (args["password"], time.time() + 3600)
    else:
        settings.update({"sasl.username": args["username"], "sasl.password": args["password"]})
    producer = Producer(settings)
    producer.produce(
        args["topic"],
        partition=0,
        value=args["value"].encode(),
        on_delivery=lambda error, _message: errors.append(error) if error else None,
    )
    left = 1
    for _ in range(TIMEOUT * 10):
        left = producer.flush(0.1)
        if errors or left == 0:
            break
    producer.purge()
    if errors:
        raise KafkaException(errors[0])
    if left > 0:
        raise RuntimeError(f"the record was not delivered in {TIMEOUT} s")
    return {}


def produce(args, _session):
    transactional_id = args.get("transactionalId")
    settings = {
        **BASE,
        "acks": args["acks"],
        "compression.type": args["codec"],
        "enable.idempotence": args["isIdempotent"],
        "message.timeout.ms": 8000,
        # How long a topic that the broker does not know may still be on its way.
        "topic.metadata.propagation.max.ms": 2000,
        "linger.ms": 20,
        "allow.auto.create.topics": False,
    }
    if transactional_id is not None:
        settings.update({"transactional.id": transactional_id, "transaction.timeout.ms": 8000})
    producer = Producer(settings)
    errors = []
    if transactional_id is not None:
        producer.init_transactions(TIMEOUT)
        producer.begin_transaction()
    for record in args["records"]:
        send(producer, args["topic"], record, lambda error, _message: errors.append(error) if error else None)
    left = producer.flush(TIMEOUT)
    if errors:
        raise KafkaException(errors[0])
    if left > 0:
        raise RuntimeError(f"{left} records were not delivered in {TIMEOUT} s")
    if transactional_id is not None and args.get("outcome") == "abort":
        producer.abort_transaction(TIMEOUT)
    elif transactional_id is not None:
        producer.commit_transaction(TIMEOUT)
    return {}


def consume(args, _session):
    topic, partition, start = args["topic"], args["partition"], args["from"]
    consumer = Consumer(
        {
            **BASE,
            "group.id": "no-group",
            "enable.auto.commit": False,
            "auto.offset.reset": "error",
            "fetch.wait.max.ms": 200,
        }
    )
    try:
        if start == "start":
            offset = -2
        elif start == "end":
            offset = -1
        elif "offset" in start:
            offset = start["offset"]
        else:
            at = TopicPartition(topic, partition, start["timeMs"])
            offset = consumer.offsets_for_times([at], TIMEOUT)[0].offset
        consumer.assign([TopicPartition(topic, partition, offset)])
        records = []
        while len(records) < args["count"]:
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error():
                raise KafkaException(message.error())
            records.append(read_record(message))
        return {"records": records}
    finally:
        consumer.close()


def member(args, session):
    topic = args["topic"]
    settings = {
        **BASE,
        "group.id": args["group"],
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "session.timeout.ms": args["sessionTimeoutMs"],
        "heartbeat.interval.ms": min(1000, args["sessionTimeoutMs"] // 4),
        "fetch.wait.max.ms": 500,
        "topic.metadata.refresh.interval.ms": 60000,
    }
    if "instanceId" in args:
        settings["group.instance.id"] = args["instanceId"]
    consumer = Consumer(settings)

    def tell_assigned(partitions):
        session.tell("assigned", {"partitions": [each.partition for each in partitions]})

    consumer.subscribe(
        [topic],
        on_assign=lambda _consumer, partitions: tell_assigned(partitions),
        on_revoke=lambda _consumer, _partitions: tell_assigned([]),
    )
    try:
        while not session.is_stopped():
            messages = consumer.consume(100, 0.1)
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
            if not messages:
                continue
            if args["commits"]:
                commit(consumer, messages)
            session.tell("records", {"records": [read_record(message) for message in messages]})
    finally:
        consumer.close()
    return {}


def commit(consumer, messages):
    """A commit may fail in a rebalance; whoever has the partition then reads the records again."""
    ends = {message.partition(): message.offset() + 1 for message in messages}
    topic = messages[0].topic()
    try:
        consumer.commit(offsets=[TopicPartition(topic, p, offset) for p, offset in ends.items()], asynchronous=False)
    except KafkaException as error:
        print(error, file=sys.stderr)


def transfer(args, session):
    """Consumes, and produces what it has consumed, in transactions with the offsets of its group."""
    consumer = Consumer(
        {
            **BASE,
            "group.id": args["group"],
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "session.timeout.ms": args["sessionTimeoutMs"],
            "heartbeat.interval.ms": min(1000, args["sessionTimeoutMs"] // 4),
            "fetch.wait.max.ms": 500,
        }
    )
    producer = Producer({**BASE, "transactional.id": args["transactionalId"], "linger.ms": 1})
    producer.init_transactions(TIMEOUT)
    consumer.subscribe([args["topic"]])
    errors, count = [], 0
    try:
        while not session.is_stopped():
            messages = consumer.consume(args["recordsMax"], 0.1)
            for message in messages:
                if message.error():
                    raise KafkaException(message.error())
            if not messages:
                continue
            producer.begin_transaction()
            for message in messages:
                producer.produce(
                    args["to"],
                    partition=message.partition(),
                    key=message.key(),
                    value=message.value(),
                    timestamp=message.timestamp()[1],
                    on_delivery=lambda error, _message: errors.append(error) if error else None,
                )
            producer.flush(TIMEOUT)
            if errors:
                raise KafkaException(errors[0])
            session.tell("sent", {"count": count + len(messages)})
            time.sleep(args["pauseMs"] / 1000)
            positions = consumer.position(consumer.assignment())
            producer.send_offsets_to_transaction(positions, consumer.consumer_group_metadata(), TIMEOUT)
            producer.commit_transaction(TIMEOUT)
            count += len(messages)
            session.tell("transferred", {"count": count})
    except KafkaException as error:
        # It would stay open until its time is over, and hold back whoever reads.
        if error.args[0].txn_requires_abort():
            producer.abort_transaction(TIMEOUT)
        raise
    finally:
        consumer.close()
    return {}


def load(args, session):
    producer = Producer(
        {
            **BASE,
            "enable.idempotence": args["isIdempotent"],
            "acks": -1,
            "message.timeout.ms": 120000,
            "linger.ms": 1,
            "retry.backoff.ms": 50,
            "retry.backoff.max.ms": 500,
        }
    )
    acked, failed = [], []
    under_way_max = 200

    def delivered(number):
        return lambda error, _message: (failed if error else acked).append(number)

    number, told = 0, 0.0
    while not session.is_stopped():
        if len(producer) < under_way_max:
            producer.produce(
                args["topic"], str(number), partition=number % args["partitions"], on_delivery=delivered(number)
            )
            number += 1
        producer.poll(0 if len(producer) < under_way_max else 0.01)
        if time.monotonic() - told > 0.1:
            told = time.monotonic()
            session.tell("acked", {"count": len(acked)})
    producer.flush(TIMEOUT)
    return {"acked": acked, "failed": len(failed)}


def describe_cluster(_args, _session):
    found = admin.describe_cluster().result(TIMEOUT)
    return {"clusterId": found.cluster_id, "brokers": len(found.nodes)}


def list_topics(_args, _session):
    return {"topics": list(admin.list_topics(timeout=TIMEOUT).topics)}


def create_topic(args, _session):
    only(admin.create_topics([NewTopic(args["topic"], args["partitions"], 1, config=args["configs"])]))
    return {}


def describe_topic(args, _session):
    found = admin.list_topics(args["topic"], TIMEOUT).topics[args["topic"]]
    if found.error is not None:
        raise KafkaException(found.error)
    return {"partitions": len(found.partitions)}


def delete_topic(args, _session):
    only(admin.delete_topics([args["topic"]]))
    return {}


def create_partitions(args, _session):
    only(admin.create_partitions([NewPartitions(args["topic"], args["count"])]))
    return {}


def delete_records(args, _session):
    only(admin.delete_records([TopicPartition(args["topic"], args["partition"], args["before"])]))
    return {}


def describe(kind, name):
    found = only(admin.describe_configs([ConfigResource(kind, name)]))
    return {"configs": {entry.name: entry.value for entry in found.values()}}


def describe_configs(args, _session):
    return describe(ResourceType.TOPIC, args["topic"])


def describe_broker_configs(_args, _session):
    (node, *_) = admin.describe_cluster().result(TIMEOUT).nodes
    return describe(ResourceType.BROKER, str(node.id))


def alter_config(args, _session):
    entry = ConfigEntry(args["name"], args["value"], incremental_operation=AlterConfigOpType.SET)
    only(
        admin.incremental_alter_configs(
            [ConfigResource(ResourceType.TOPIC, args["topic"], incremental_configs=[entry])]
        )
    )
    return {}


def list_offset(args, _session):
    place = args["at"]
    if place == "start":
        spec = OffsetSpec.earliest()
    elif place == "end":
        spec = OffsetSpec.latest()
    else:
        spec = OffsetSpec.for_timestamp(place["timeMs"])
    found = only(admin.list_offsets({TopicPartition(args["topic"], args["partition"]): spec}))
    return {"offset": found.offset}


def list_groups(_args, _session):
    found = admin.list_consumer_groups().result(TIMEOUT)
    return {"groups": [group.group_id for group in found.valid]}


def describe_group(args, _session):
    found = only(admin.describe_consumer_groups([args["group"]]))
    partitions = [
        each.partition
        for member in found.members
        if member.assignment is not None
        for each in member.assignment.topic_partitions
        if each.topic == args["topic"]
    ]
    return {
        "state": ConsumerGroupState(found.state).name,
        "members": len(found.members),
        "partitions": sorted(partitions),
    }


def delete_group(args, _session):
    only(admin.delete_consumer_groups([args["group"]]))
    return {}


def committed(args, _session):
    found = only(admin.list_consumer_group_offsets([ConsumerGroupTopicPartitions(args["group"])]))
    return {
        "offsets": {
            str(each.partition): each.offset
            for each in found.topic_partitions
            if each.topic == args["topic"] and each.offset >= 0
        }
    }


def reset_offset(args, _session):
    place = TopicPartition(args["topic"], args["partition"], args["offset"])
    only(admin.alter_consumer_group_offsets([ConsumerGroupTopicPartitions(args["group"], [place])]))
    return {}


def delete_offset(_args, _session):
    raise Cannot("confluent-kafka has no OffsetDelete")


def streams(_args, _session):
    raise Cannot("confluent-kafka has no streams")


def connect(_args, _session):
    raise Cannot("confluent-kafka has no connectors")


def tool(_args, _session):
    raise Cannot("confluent-kafka has no console tools")


OPERATIONS = {
    "login": login,
    "hello": hello,
    "produce": produce,
    "consume": consume,
    "member": member,
    "transfer": transfer,
    "load": load,
    "describeCluster": describe_cluster,
    "listTopics": list_topics,
    "createTopic": create_topic,
    "describeTopic": describe_topic,
    "deleteTopic": delete_topic,
    "createPartitions": create_partitions,
    "deleteRecords": delete_records,
    "describeConfigs": describe_configs,
    "describeBrokerConfigs": describe_broker_configs,
    "alterConfig": alter_config,
    "listOffset": list_offset,
    "listGroups": list_groups,
    "describeGroup": describe_group,
    "deleteGroup": delete_group,
    "committed": committed,
    "resetOffset": reset_offset,
    "deleteOffset": delete_offset,
    "streams": streams,
    "connect": connect,
    "tool": tool,
}


class Session:
    """How an operation that goes on tells its news, and learns that it is to end."""

    def __init__(self, request_id):
        self._id = request_id
        self._stop = threading.Event()

    def tell(self, event, data):
        say({"id": self._id, "event": event, "data": data})

    def stop(self):
        self._stop.set()

    def is_stopped(self):
        return self._stop.is_set()


def serve(request, session, running):
    try:
        say({"id": request["id"], "ok": OPERATIONS[request["op"]](request["args"], session)})
    except Cannot as error:
        say({"id": request["id"], "cannot": str(error)})
    except KafkaException as error:
        (inner, *_) = error.args
        say({"id": request["id"], "error": str(inner), "code": inner.name() if hasattr(inner, "name") else ""})
    except Exception as error:  # pylint: disable=broad-except
        say({"id": request["id"], "error": repr(error), "code": type(error).__name__})
    finally:
        running.pop(request["id"], None)


def main():
    running = {}
    for line in sys.stdin:
        request = json.loads(line)
        if request["op"] == "stop":
            session = running.get(request["args"]["id"])
            if session is not None:
                session.stop()
            continue
        session = running[request["id"]] = Session(request["id"])
        threading.Thread(target=serve, args=(request, session, running), daemon=True).start()


main()
