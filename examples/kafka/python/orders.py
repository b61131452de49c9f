"""Sends three orders, and reads them as a member of a group: with confluent-kafka."""

import sys

from confluent_kafka import Consumer, KafkaException, Producer
from confluent_kafka.admin import AdminClient, NewTopic

bootstrap = sys.argv[1] if len(sys.argv) > 1 else "localhost:9092"
topic = "orders-python"
orders = ["two lamps", "a table", "six chairs"]

admin = AdminClient({"bootstrap.servers": bootstrap})
if topic not in admin.list_topics(timeout=10).topics:
    admin.create_topics([NewTopic(topic, num_partitions=3)])[topic].result()


def delivered(error, _message):
    if error is not None:
        raise KafkaException(error)


# Idempotent: what is sent again after a failure is stored once.
producer = Producer({"bootstrap.servers": bootstrap, "enable.idempotence": True})
for order in orders:
    producer.produce(topic, key="customer-7", value=order, on_delivery=delivered)
producer.flush()

consumer = Consumer(
    {
        "bootstrap.servers": bootstrap,
        "group.id": "invoices",
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
    }
)
consumer.subscribe([topic])
count = 0
while count < len(orders):
    message = consumer.poll(1.0)
    if message is None:
        continue
    if message.error() is not None:
        raise KafkaException(message.error())
    print(message.key().decode(), "ordered", message.value().decode())  # customer-7 ordered two lamps
    consumer.commit(message, asynchronous=False)  # the next run goes on behind it
    count += 1
consumer.close()
