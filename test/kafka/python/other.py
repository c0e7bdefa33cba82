# Part of the tests: a program that knows nothing of sidecast, with two other Kafka libraries: confluent-kafka (librdkafka) and
# kafka-python. OTLP by OpenTelemetry's own generated classes.
#   other.py read  LIBRARY BROKERS TOPIC            one JSON object a message, until the topic's end
#   other.py write LIBRARY BROKERS TOPIC REQUESTS   the ids that it wrote, one JSON object a message
import json
import os
import sys
import time

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

SERVER = 2
SPANS = 3


def read_confluent(brokers, topic):
    from confluent_kafka import Consumer, TopicPartition

    consumer = Consumer({"bootstrap.servers": brokers, "group.id": "other", "enable.auto.commit": False})
    partitions = list(consumer.list_topics(topic, timeout=20).topics[topic].partitions)
    ends = {p: consumer.get_watermark_offsets(TopicPartition(topic, p), timeout=20) for p in partitions}
    left = sum(high - low for low, high in ends.values())
    consumer.assign([TopicPartition(topic, p, ends[p][0]) for p in partitions])
    while left > 0:
        message = consumer.poll(20)
        if message is None or message.error():
            sys.exit(f"nothing more came: {message and message.error()}")
        left -= 1
        yield message.key(), message.partition(), dict(message.headers() or []), message.value(), len(partitions)


def read_kafka_python(brokers, topic):
    from kafka import KafkaConsumer, TopicPartition

    consumer = KafkaConsumer(bootstrap_servers=brokers.split(","), enable_auto_commit=False)
    partitions = [TopicPartition(topic, p) for p in consumer.partitions_for_topic(topic)]
    consumer.assign(partitions)
    first, last = consumer.beginning_offsets(partitions), consumer.end_offsets(partitions)
    left = sum(last[p] - first[p] for p in partitions)
    consumer.seek_to_beginning()
    until = time.monotonic() + 20
    while left > 0 and time.monotonic() < until:
        for messages in consumer.poll(timeout_ms=1000).values():
            for message in messages:
                left -= 1
                yield message.key, message.partition, dict(message.headers), message.value, len(partitions)


def read(library, brokers, topic):
    from kafka.partitioner.default import murmur2

    messages = read_confluent if library == "confluent-kafka" else read_kafka_python
    for key, partition, headers, value, partitions in messages(brokers, topic):
        request = ExportTraceServiceRequest.FromString(value)
        spans = [s for r in request.resource_spans for scope in r.scope_spans for s in scope.spans]
        home = (murmur2(key) & 0x7FFFFFFF) % partitions if key else None
        ids = [f"{s.trace_id.hex()}:{s.span_id.hex()}" for s in spans]
        services = [a.value.string_value for r in request.resource_spans for a in r.resource.attributes]
        print(json.dumps({"key": key and key.decode(), "partition": partition, "home": home,
                          "headers": list(headers), "spans": ids, "services": services}))


def request_of(trace_id, span_ids):
    request = ExportTraceServiceRequest()
    resource = request.resource_spans.add()
    name = resource.resource.attributes.add()
    name.key, name.value.string_value = "service.name", "written-elsewhere"
    scope = resource.scope_spans.add()
    now = time.time_ns()
    for index, span_id in enumerate(span_ids):
        span = scope.spans.add()
        span.trace_id, span.span_id, span.name = trace_id, span_id, "GET /elsewhere"
        span.kind = SERVER
        span.start_time_unix_nano, span.end_time_unix_nano = now + index, now + index + 5_000_000
    return request


def write(library, brokers, topic, requests):
    if library == "confluent-kafka":
        from confluent_kafka import Producer

        producer = Producer({"bootstrap.servers": brokers})
        send = lambda key, value: producer.produce(topic, key=key, value=value)
    else:
        from kafka import KafkaProducer

        producer = KafkaProducer(bootstrap_servers=brokers.split(","))
        send = lambda key, value: producer.send(topic, key=key, value=value)
    for _ in range(int(requests)):
        trace_id = int(time.time()).to_bytes(4, "big") + os.urandom(12)
        span_ids = [os.urandom(8) for _ in range(SPANS)]
        send(trace_id.hex().encode(), request_of(trace_id, span_ids).SerializeToString())
        print(json.dumps({"trace": trace_id.hex(), "spans": [one.hex() for one in span_ids]}))
    producer.flush()


what, *rest = sys.argv[1:]
(read if what == "read" else write)(*rest)
