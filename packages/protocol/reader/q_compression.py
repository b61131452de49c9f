"""Decompression for record batches with the standard library alone.

gzip comes with Python. snappy and the LZ4 frame format are small enough to be read here. zstd is not: Python has it
from version 3.14 on (compression.zstd); before that NotAvailable is raised. Checksums inside snappy and LZ4 are not
looked at, because the CRC of the batch has covered their bytes.
"""

import struct
import zlib

from q_protocol import ProtocolError

try:
    from compression import zstd
except ImportError:
    zstd = None

OUTPUT_MAX = 64 * 1024 * 1024
XERIAL_MAGIC = bytes.fromhex("82534e4150505900")
LZ4_MAGIC = bytes.fromhex("04224d18")
ZSTD_MAGIC = bytes.fromhex("28b52ffd")


class NotAvailable(Exception):
    """This Python has no decoder for the codec."""


def decompress(codec, data):
    return DECODERS[codec](data)


def gunzip(data):
    decoder = zlib.decompressobj(wbits=31)
    output = decoder.decompress(data, OUTPUT_MAX)
    if not decoder.eof:
        raise ProtocolError("gzip data is cut off or too large")
    return output


def unzstd(data):
    if data[:4] != ZSTD_MAGIC:
        raise ProtocolError("the records section is not a zstd frame")
    if zstd is None:
        raise NotAvailable("zstd needs Python 3.14")
    return zstd.decompress(data)


def unsnappy(data):
    """A raw block, or xerial framing: magic 8 | version i32 | compatible i32 | (length i32 | raw block)*"""
    if data[:8] != XERIAL_MAGIC:
        return snappy_block(data)
    output, position = bytearray(), 16
    while position < len(data):
        (length,) = struct.unpack_from(">i", data, position)
        position += 4
        output += snappy_block(data[position : position + length])
        position += length
    return bytes(output)


def snappy_block(data):
    """Uncompressed length as LEB128, then tags: literals and copies of what was written before."""
    expected, position = leb128(data)
    output = bytearray()
    while position < len(data):
        tag = data[position]
        position += 1
        if tag & 3 == 0:
            length = (tag >> 2) + 1
            if length > 60:
                size = length - 60
                length = int.from_bytes(data[position : position + size], "little") + 1
                position += size
            output += data[position : position + length]
            position += length
            continue
        if tag & 3 == 1:
            length, distance, size = (tag >> 2 & 7) + 4, (tag >> 5) << 8 | data[position], 1
        else:
            size = 2 if tag & 3 == 2 else 4
            length, distance = (tag >> 2) + 1, int.from_bytes(data[position : position + size], "little")
        position += size
        copy_back(output, distance, length)
    if len(output) != expected:
        raise ProtocolError("snappy data has another length than it says")
    return bytes(output)


def leb128(data):
    value = 0
    for index, byte in enumerate(data[:5]):
        value |= (byte & 0x7F) << 7 * index
        if byte < 0x80:
            return value, index + 1
    raise ProtocolError("snappy data has no length")


def unlz4(data):
    """magic | flags, block size, [content size], [dictionary id], header checksum | blocks | 0 | [content checksum]"""
    if data[:4] != LZ4_MAGIC:
        raise ProtocolError("the records section is not an LZ4 frame")
    flags = data[4]
    has_block_checksum, has_content_size, has_dictionary = flags & 0x10, flags & 0x08, flags & 0x01
    position = 6 + (8 if has_content_size else 0) + (4 if has_dictionary else 0) + 1
    output = bytearray()
    while True:
        (size,) = struct.unpack_from("<I", data, position)
        position += 4
        if size == 0:
            return bytes(output)
        block = data[position : position + (size & 0x7FFFFFFF)]
        position += len(block) + (4 if has_block_checksum else 0)
        if size >> 31:
            output += block
        else:
            lz4_block(block, output)


def lz4_block(data, output):
    """Sequences of: token | literals | distance u16 little-endian | match. The last one ends after its literals."""
    position = 0
    while position < len(data):
        token = data[position]
        literals, position = lz4_length(data, position + 1, token >> 4)
        output += data[position : position + literals]
        position += literals
        if position >= len(data):
            return
        distance = int.from_bytes(data[position : position + 2], "little")
        length, position = lz4_length(data, position + 2, token & 15)
        copy_back(output, distance, length + 4)


def lz4_length(data, position, start):
    length = start
    if start == 15:
        while True:
            length += data[position]
            position += 1
            if data[position - 1] != 255:
                break
    return length, position


def copy_back(output, distance, length):
    """Repeats what was written `distance` bytes ago; it may overlap with what it writes."""
    if not 0 < distance <= len(output) or len(output) + length > OUTPUT_MAX:
        raise ProtocolError("compressed data points outside of its output")
    for _ in range(length):
        output.append(output[-distance])


DECODERS = {"none": bytes, "gzip": gunzip, "snappy": unsnappy, "lz4": unlz4, "zstd": unzstd}
