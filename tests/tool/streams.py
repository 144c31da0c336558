# SPDX-License-Identifier: Apache-2.0
"""The records of a stream, for the tests: read with msgpack and zstandard, nothing of the project's; and whether arrays agree."""
import io, sys
import msgpack, msgpack_numpy, zstandard
import numpy as np


def read_segment(path):
    """The header, and all data records; `-` is standard input."""
    data = sys.stdin.buffer.read() if path == "-" else open(path, "rb").read()
    frames = zstandard.ZstdDecompressor().stream_reader(io.BytesIO(data), read_across_frames=True)
    records = list(msgpack.Unpacker(frames, object_hook=msgpack_numpy.decode, max_buffer_size=0))
    if not records or records[-1]["type"] != "end":
        sys.exit(f"{path}: no end record")
    return records[0], [r for r in records if r["type"] not in ("header", "end")]


def read_stream(path):
    """All data records."""
    return read_segment(path)[1]


def whole_relevance(path):
    """{(sentence, site): relevance of all steps}, of records of consecutive steps."""
    parts = {}
    for r in read_stream(path):
        part = parts.setdefault((r["sentence"], r["site"]), [])
        if sum(map(len, part)) != r["first_step"]:
            sys.exit(f"{path}: sentence {r['sentence']}, {r['site']}: step {r['first_step']} is out of order")
        part.append(r["relevance"])
    return {key: np.concatenate(part).astype(float) for key, part in parts.items()}


def compare(where, want, got, tolerance):
    """The shapes must be the same, the numbers agree up to tolerance times the largest; else exits 1 and says what is off.

    Returns the largest difference, as a part of the largest number."""
    if want.shape != got.shape:
        sys.exit(f"{where}: shape {got.shape}, not {want.shape}")
    error = abs(got.astype(float) - want).max() / (abs(want).max() or 1)
    if not error <= tolerance:
        sys.exit(f"{where}: off by {error:.2g} of the largest")
    return error
