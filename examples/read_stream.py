#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Read a stream: python3 read_stream.py <stream prints the type and the tensors of each record."""
import sys

import msgpack
import msgpack_numpy
import numpy
import zstandard


def records(file):
    """The headers and data records of a stream, tensors as numpy arrays."""
    frames = zstandard.ZstdDecompressor().stream_reader(file, read_across_frames=True)
    count = None  # data records of the segment; None: no segment is open
    for record in msgpack.Unpacker(frames, object_hook=msgpack_numpy.decode, max_buffer_size=0):
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
