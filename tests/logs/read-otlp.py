"""Reads a request of OTLP/HTTP in JSON as a collector does, and fails on anything that the protocol does not have."""

import json
import sys

from google.protobuf import json_format
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

request = json_format.Parse(sys.stdin.read(), ExportLogsServiceRequest())
told = []
for of_resource in request.resource_logs:
    resource = {a.key: a.value.string_value for a in of_resource.resource.attributes}
    for of_scope in of_resource.scope_logs:
        for record in of_scope.log_records:
            told.append(
                {
                    "service": resource.get("service.name"),
                    "timeMs": record.time_unix_nano // 1_000_000,
                    "severity": record.severity_number,
                    "event": record.event_name,
                    "body": record.body.string_value,
                    "attributes": sorted(a.key for a in record.attributes),
                }
            )
print(json.dumps(told))
