"""Reads the messages of the q native protocol.

Python 3 with nothing but its standard library. Everything about a message comes from spec/protocol.json: this file
knows the frames and the kinds of fields, and so does a reader in any other language.

    protocol = Protocol.load()
    for payload in frames(data):
        print(protocol.decode_request(payload))
"""

import json
import struct
from pathlib import Path

I64_MAX = 2**53 - 1


class ProtocolError(ValueError):
    """The bytes are not what the protocol calls for."""


def frames(data):
    """Yields the payload of each frame: length u32 | payload."""
    position = 0
    while position < len(data):
        if position + 4 > len(data):
            raise ProtocolError("a frame is cut off in its length")
        (length,) = struct.unpack_from(">I", data, position)
        position += 4
        if position + length > len(data):
            raise ProtocolError(f"a frame of {length} bytes is cut off")
        yield data[position : position + length]
        position += length


class Reader:
    """A place in some bytes. Takes nothing that is not there."""

    def __init__(self, data, position=0):
        self.data = data
        self.position = position

    @property
    def remaining(self):
        return len(self.data) - self.position

    def take(self, count):
        if count > self.remaining:
            raise ProtocolError(f"{count} bytes are needed, {self.remaining} remain")
        start = self.position
        self.position += count
        return self.data[start : self.position]

    def number(self, form):
        """A big-endian number; form is a letter of the struct module."""
        return struct.unpack(">" + form, self.take(struct.calcsize(">" + form)))[0]

    def varint(self):
        """Unsigned LEB128 of at most 32 bits, in its shortest form."""
        value = 0
        for shift in range(0, 35, 7):
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            if byte < 0x80:
                if byte == 0 and shift > 0:
                    raise ProtocolError("a varint is not in its shortest form")
                if value > 0xFFFFFFFF:
                    break
                return value
        raise ProtocolError("a varint is larger than 32 bits")


def read_bool(reader):
    value = reader.take(1)[0]
    if value > 1:
        raise ProtocolError(f"a boolean is 0 or 1, not {value}")
    return value == 1


def read_i64(reader):
    value = reader.number("q")
    if abs(value) > I64_MAX:
        raise ProtocolError("the number is beyond 2^53-1")
    return value


def read_uuid(reader):
    digits = reader.take(16).hex()
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))


def read_text(reader, length):
    try:
        return reader.take(length).decode("utf-8")
    except UnicodeDecodeError as error:
        raise ProtocolError("a string is not valid UTF-8") from error


def nullable(read_content):
    """The same content behind its length + 1; 0 = null."""

    def read(reader):
        prefix = reader.varint()
        return None if prefix == 0 else read_content(reader, prefix - 1)

    return read


SCALARS = {
    "bool": read_bool,
    "i8": lambda reader: reader.number("b"),
    "i16": lambda reader: reader.number("h"),
    "i32": lambda reader: reader.number("i"),
    "i64": read_i64,
    "u16": lambda reader: reader.number("H"),
    "u32": lambda reader: reader.number("I"),
    "string": lambda reader: read_text(reader, reader.varint()),
    "bytes": lambda reader: reader.take(reader.varint()),
    "uuid": read_uuid,
    "nullableString": nullable(read_text),
    "nullableBytes": nullable(lambda reader, length: reader.take(length)),
}


def read_value(reader, kind, version):
    """Reads one value of a kind as the specification describes it."""
    name = kind["type"]
    if name == "struct":
        fields = (field for field in kind["fields"] if field["since"] <= version)
        return {field["name"]: read_value(reader, field["kind"], version) for field in fields}
    if name == "array":
        return read_elements(reader, kind, version, reader.varint())
    if name == "nullableArray":
        prefix = reader.varint()
        return None if prefix == 0 else read_elements(reader, kind, version, prefix - 1)
    return SCALARS[name](reader)


def read_elements(reader, kind, version, count):
    # Every element takes at least a byte: a count beyond that is refused before a list of its size is made.
    if count > reader.remaining:
        raise ProtocolError(f"{count} elements do not fit in the {reader.remaining} bytes that remain")
    return [read_value(reader, kind["element"], version) for _ in range(count)]


def read_body(reader, shape, version):
    body = read_value(reader, shape, version)
    if reader.remaining > 0:
        raise ProtocolError(f"{reader.remaining} bytes are left over at the end")
    return body


class Protocol:
    """The APIs and errors of a specification."""

    def __init__(self, specification):
        self.apis = {api["key"]: api for api in specification["apis"]}
        self.errors = {error["code"]: error for error in specification["errors"]}
        self.error_body = specification["errorBody"]

    @classmethod
    def load(cls, path=Path(__file__).parent.parent / "spec" / "protocol.json"):
        return cls(json.loads(Path(path).read_text(encoding="utf-8")))

    def api(self, key, version):
        api = self.apis.get(key)
        if api is None:
            raise ProtocolError(f"there is no API with the key {key}")
        if not api["versions"]["min"] <= version <= api["versions"]["max"]:
            raise ProtocolError(f"{api['name']} has no version {version}")
        return api

    def decode_request(self, payload):
        """apiKey u16 | apiVersion u16 | correlationId u32 | body"""
        reader = Reader(payload)
        key, version, correlation_id = reader.number("H"), reader.number("H"), reader.number("I")
        api = self.api(key, version)
        body = read_body(reader, api["request"], version)
        return {"api": api["name"], "version": version, "correlationId": correlation_id, "body": body}

    def decode_response(self, payload, key, version):
        """correlationId u32 | errorCode i16 | body. Key and version are those of the request with this correlationId."""
        reader = Reader(payload)
        correlation_id, error_code = reader.number("I"), reader.number("h")
        if error_code != 0:
            return {"correlationId": correlation_id, "error": self.decode_error(reader, error_code)}
        return {"correlationId": correlation_id, "body": read_body(reader, self.api(key, version)["response"], version)}

    def decode_error(self, reader, code):
        body = read_body(reader, self.error_body, 0)
        entry = self.errors.get(code, self.errors[-1])
        details = {detail["key"]: read_detail(detail) for detail in body["details"]}
        return {"code": code, "name": entry["name"], "message": body["message"], "details": details}


def read_detail(detail):
    if detail["type"] == 1:
        return float(detail["value"]) if not detail["value"].lstrip("-").isdigit() else int(detail["value"])
    if detail["type"] == 2:
        return detail["value"] == "true"
    return detail["value"]
