"""Reads record batches: the public "record batch v2" layout (see spec/protocol.md)."""

import struct

from q_compression import decompress
from q_protocol import ProtocolError

HEADER = struct.Struct(">qiibIhiqqqhii")
HEADER_BYTES = 61
LENGTH_END = 12
CRC_START = 21
CODECS = ("none", "gzip", "snappy", "lz4", "zstd")
LOG_APPEND_TIME = 0x08
DELETE_HORIZON = 0x40


def crc_table():
    table = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ 0x82F63B78 if value & 1 else value >> 1
        table.append(value)
    return table


CRC_TABLE = crc_table()


def crc32c(data):
    value = 0xFFFFFFFF
    for byte in data:
        value = CRC_TABLE[(value ^ byte) & 0xFF] ^ value >> 8
    return value ^ 0xFFFFFFFF


def read_header(data):
    """Checks length, magic and CRC, and gives the fields of the header."""
    if len(data) < HEADER_BYTES:
        raise ProtocolError("a batch is cut off in its header")
    fields = HEADER.unpack_from(data)
    base_offset, length, leader_epoch, magic, crc, attributes, last_delta = fields[:7]
    if magic != 2:
        raise ProtocolError(f"a batch has magic 2, not {magic}")
    if length + LENGTH_END != len(data):
        raise ProtocolError(f"a batch of {len(data)} bytes says that it has {length + LENGTH_END}")
    actual = crc32c(data[CRC_START:])
    if actual != crc:
        raise ProtocolError(f"a batch has the checksum {actual:08x}, not {crc:08x}")
    if attributes & 7 >= len(CODECS):
        raise ProtocolError(f"there is no codec {attributes & 7}")
    base_timestamp, max_timestamp, producer_id, producer_epoch, base_sequence, count = fields[7:]
    return {
        "baseOffset": base_offset,
        "lastOffset": base_offset + last_delta,
        "leaderEpoch": leader_epoch,
        "crc": crc,
        "attributes": attributes,
        "codec": CODECS[attributes & 7],
        "baseTimestamp": base_timestamp,
        "maxTimestamp": max_timestamp,
        "producerId": producer_id,
        "producerEpoch": producer_epoch,
        "baseSequence": base_sequence,
        "recordsCount": count,
    }


def read_batch(data):
    """The header, and its records under "records"."""
    header = read_header(data)
    cursor = Cursor(decompress(header["codec"], data[HEADER_BYTES:]))
    records = [read_record(cursor, header) for _ in range(header["recordsCount"])]
    if cursor.position != len(cursor.data):
        raise ProtocolError("bytes are left over after the last record")
    return {**header, "records": records}


class Cursor:
    """A place in the records section. Varints are zigzag-encoded here, unlike in messages."""

    def __init__(self, data):
        self.data = data
        self.position = 0

    def varint(self):
        value = shift = 0
        while True:
            byte = self.take(1)[0]
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value >> 1 ^ -(value & 1)
            if shift > 63:
                raise ProtocolError("a varint in a record never ends")

    def take(self, count):
        if count < 0 or self.position + count > len(self.data):
            raise ProtocolError("a record is cut off")
        start = self.position
        self.position += count
        return self.data[start : self.position]

    def nullable(self):
        """length (-1 = null) | bytes"""
        length = self.varint()
        return None if length == -1 else self.take(length)


def read_record(cursor, header):
    length = cursor.varint()
    end = cursor.position + length
    cursor.take(1)  # attributes, always 0
    timestamp = header["baseTimestamp"] + cursor.varint()
    offset = header["baseOffset"] + cursor.varint()
    key, value = cursor.nullable(), cursor.nullable()
    headers = []
    for _ in range(cursor.varint()):
        name = cursor.take(cursor.varint()).decode("utf-8")
        headers.append({"key": name, "value": cursor.nullable()})
    if cursor.position != end:
        raise ProtocolError("a record does not have the length that it says")
    if header["attributes"] & LOG_APPEND_TIME:
        timestamp = header["maxTimestamp"]
    return {"offset": offset, "timestampMs": timestamp, "key": key, "value": value, "headers": headers}
