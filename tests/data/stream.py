"""Streams and checkpoints as files: one zstd frame per MessagePack record; safetensors."""
import json, os, struct
import msgpack, msgpack_numpy, zstandard
import numpy as np


def write_stream(path, content, records, **said):
    """Header, with what is said in it, records, end record that counts them."""
    header = {"type": "header", "format": "lrpipe", "version": 1, "content": content, "history": ["reference.py"], **said}
    with open(path, "wb") as f:
        for r in [header, *records, {"type": "end", "records": len(records)}]:
            packed = msgpack.packb(r, default=msgpack_numpy.encode, use_bin_type=True)
            compressor = zstandard.ZstdCompressor(level=19, write_checksum=True, write_content_size=True)
            f.write(compressor.compress(packed))


def read_stream(path):
    """The data records of a stream of one segment."""
    with open(path, "rb") as f:
        reader = zstandard.ZstdDecompressor().stream_reader(f, read_across_frames=True)
        header, *records, end = msgpack.Unpacker(reader, object_hook=msgpack_numpy.decode)
    assert header["type"] == "header" and end == {"type": "end", "records": len(records)}, path
    return records


NUMPY = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "U8": "u1", "BOOL": "?"}


def to_bytes(x, dtype):
    """float64 -> F32, F16 or BF16 (the upper half of an F32, rounded to nearest); buffers as what they are."""
    if dtype == "BF16":
        return ((x.astype("<f4").view("<u4") + 0x8000) >> 16).astype("<u2").tobytes()
    return x.astype(NUMPY[dtype]).tobytes()


def from_bytes(data, dtype):
    """F32, F16, BF16 or whole numbers -> float64."""
    if dtype == "BF16":
        return (np.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").astype(float)
    return np.frombuffer(data, NUMPY[dtype]).astype(float)


def write_safetensors(path, tensors, dtype):
    """8-byte header length, JSON header padded to 8 bytes, data in the order of the dict.

    Numbers are written as dtype; integers, bytes and truth values (buffers) as what they are.
    """
    header, data = {"__metadata__": {"format": "pt"}}, b""
    for name, x in tensors.items():
        x = np.asarray(x)
        kind = {"i": "I64", "u": "U8", "b": "BOOL"}.get(x.dtype.kind, dtype)
        raw = to_bytes(x, kind)
        header[name] = {"dtype": kind, "shape": list(x.shape), "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    """{name: float64 array} of one file."""
    with open(path, "rb") as f:
        data = f.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    out = {}
    for name, t in json.loads(data[8:start]).items():
        if name != "__metadata__":
            a, b = t["data_offsets"]
            out[name] = from_bytes(data[start + a:start + b], t["dtype"]).reshape(t["shape"])
    return out


def read_weights(folder):
    """All tensors of a model directory, from one file or from its shards."""
    index = f"{folder}/model.safetensors.index.json"
    files = ["model.safetensors"]
    if os.path.exists(index):
        with open(index) as f:
            files = sorted(set(json.load(f)["weight_map"].values()))
    out = {}
    for name in files:
        out.update(read_safetensors(f"{folder}/{name}"))
    return out
