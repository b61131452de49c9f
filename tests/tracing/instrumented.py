"""As instrumented-kafkajs.ts, with confluent-kafka and OpenTelemetry's instrumentation for Python."""

import json
import sys

import confluent_kafka
from opentelemetry import trace
from opentelemetry.instrumentation.confluent_kafka import ConfluentKafkaInstrumentor
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

bootstrap, action, topic = sys.argv[1:4]
exporter = InMemorySpanExporter()
provider = TracerProvider()
provider.add_span_processor(SimpleSpanProcessor(exporter))
trace.set_tracer_provider(provider)
instrumentor = ConfluentKafkaInstrumentor()

if action == "send":
    producer = instrumentor.instrument_producer(confluent_kafka.Producer({"bootstrap.servers": bootstrap}))
    producer.produce(topic, b"of confluent-kafka", headers=[("kind", b"new")])
    producer.flush(20)
else:
    consumer = instrumentor.instrument_consumer(
        confluent_kafka.Consumer(
            {"bootstrap.servers": bootstrap, "group.id": "app", "auto.offset.reset": "earliest"}
        )
    )
    consumer.subscribe([topic])
    message = None
    while message is None or message.error():
        message = consumer.poll(1)
    consumer.close()


def hexadecimal(number, digits):
    return None if number is None else f"{number:0{digits}x}"


span = [each for each in exporter.get_finished_spans() if topic in each.name][-1]
print(
    json.dumps(
        {
            "name": span.name,
            "traceId": hexadecimal(span.context.trace_id, 32),
            "spanId": hexadecimal(span.context.span_id, 16),
            "parentSpanId": None if span.parent is None else hexadecimal(span.parent.span_id, 16),
            "linked": [hexadecimal(link.context.span_id, 16) for link in span.links],
        }
    )
)
