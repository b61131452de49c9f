"""Decodes every golden vector and compares it with what the vector says. Exits with 1 on the first difference.

    python3 verify.py [folder of the package]
"""

import json
import sys
from pathlib import Path

from q_batch import read_batch, read_header
from q_compression import NotAvailable
from q_protocol import Protocol, ProtocolError, frames


def main(folder):
    protocol = Protocol.load(folder / "spec" / "protocol.json")
    messages = load(folder / "vectors" / "messages.json")
    batches = load(folder / "vectors" / "batches.json")
    print(f"requests: {verify_requests(protocol, messages['requests'])} decoded")
    print(f"answers: {verify_responses(protocol, messages['responses'])} decoded")
    print(f"errors: {verify_errors(protocol, messages['errors'])} decoded")
    decoded, headers_only = verify_batches(batches)
    print(f"batches: {decoded} decoded")
    if headers_only:
        print(f"batches: {len(headers_only)} checked up to their compressed section, this Python has no zstd: {', '.join(headers_only)}")


def load(path):
    return json.loads(path.read_text(encoding="utf-8"))


def verify_requests(protocol, vectors):
    for vector in vectors:
        expected = {name: vector[name] for name in ("api", "version", "correlationId", "body")}
        compare(label(vector, "request"), protocol.decode_request(payload(vector)), expected)
    return len(vectors)


def verify_responses(protocol, vectors):
    for vector in vectors:
        expected = {name: vector[name] for name in ("correlationId", "body")}
        actual = protocol.decode_response(payload(vector), vector["key"], vector["version"])
        compare(label(vector, "answer"), actual, expected)
    return len(vectors)


def verify_errors(protocol, vectors):
    for vector in vectors:
        error = {"code": vector["errorCode"], "name": vector["error"], "message": vector["message"], "details": vector["details"]}
        expected = {"correlationId": vector["correlationId"], "error": error}
        # An error has the same form for every API and version.
        compare(f"error {vector['error']}", protocol.decode_response(payload(vector), 0, 0), expected)
    return len(vectors)


def verify_batches(vectors):
    headers_only = []
    for vector in vectors:
        data, expected = bytes.fromhex(vector["hex"]), vector["expect"]
        try:
            actual = read_batch(data)
        except NotAvailable:
            headers_only.append(vector["name"])
            actual = read_header(data)
            expected = {name: value for name, value in expected.items() if name != "records"}
        compare(f"batch {vector['name']}", actual["codec"], vector["codec"])
        compare(f"batch {vector['name']}", {name: actual[name] for name in expected}, expected)
    return len(vectors) - len(headers_only), headers_only


def payload(vector):
    (only,) = frames(bytes.fromhex(vector["hex"]))
    return only


def label(vector, what):
    return f"{vector['api']} version {vector['version']} {what} ({vector['name']})"


def to_json(value):
    """The JSON form that the specification describes: bytes as hexadecimal digits."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {name: to_json(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [to_json(inner) for inner in value]
    return value


def compare(name, actual, expected):
    # As text, because for Python 1, 1.0 and True are the same.
    actual, expected = (json.dumps(to_json(value), sort_keys=True) for value in (actual, expected))
    if actual != expected:
        raise ProtocolError(f"{name}: expected {expected}, decoded {actual}")


if __name__ == "__main__":
    try:
        main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent.parent)
    except Exception as error:
        print(f"FAILED {type(error).__name__}: {error}", file=sys.stderr)
        sys.exit(1)
