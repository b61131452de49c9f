"""Cuts the power of a mounted file system: for each path on a line of its input, the ext4 shutdown ioctl without a log flush.

What was not synced is gone then, and every later operation fails. Needs root. Answers each line with `ok` and the nanoseconds of
the monotonic clock right before the cut, or with the error.
"""
import fcntl
import os
import struct
import sys
import time

EXT4_IOC_SHUTDOWN = 0x8004587D  # _IOR('X', 125, __u32)
NO_LOG_FLUSH = 2

for line in sys.stdin:
    try:
        directory = os.open(line.strip(), os.O_RDONLY)
        try:
            before = time.monotonic_ns()
            fcntl.ioctl(directory, EXT4_IOC_SHUTDOWN, struct.pack("I", NO_LOG_FLUSH))
        finally:
            os.close(directory)
        print("ok", before, flush=True)
    except OSError as error:
        print(error, flush=True)
