#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Read a stream: python3 read_stream.py <stream prints the type and the tensors of each record."""
import os
import stat
import sys

import msgpack
import msgpack_numpy
import numpy
import zstandard


class Failed(SystemExit):
    """The program that wrote the stream failed. In a pipe it has said so: no message."""

    def __init__(self, file, record):
        self.program, self.message = record["program"], record["message"]
        said = stat.S_ISFIFO(os.fstat(file.fileno()).st_mode) and "stored" not in record
        super().__init__(1 if said else "%s failed: %s" % (self.program, self.message))


def unique(pairs):
    """A map, or the tensor that it is."""
    if len(dict(pairs)) < len(pairs):
        raise ValueError("a key comes twice in a map")
    return msgpack_numpy.decode(dict(pairs))


def records(file):
    """The headers and data records of a stream, tensors as numpy arrays."""
    frames = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
    count = None  # data records of the segment; None: no segment is open
    for record in msgpack.Unpacker(frames, object_pairs_hook=unique, max_buffer_size=0):
        if record["type"] == "failed":
            raise Failed(file, record)
        if record["type"] == "end":
            if record["records"] != count:
                raise EOFError("the end record counts %d, not %s" % (record["records"], count))
            count = None
            continue
        count = 0 if record["type"] == "header" else count + 1
        yield record
    if count is not None:
        raise EOFError("the stream ends without its end record")


if __name__ == "__main__":
    for r in records(sys.stdin.buffer):
        tensors = {k: v.tolist() for k, v in r.items() if isinstance(v, numpy.ndarray)}
        print(r["type"], r.get("content", r.get("sentence", "")), tensors)
