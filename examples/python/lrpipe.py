# SPDX-License-Identifier: Apache-2.0
"""Streams of lrpipe in Python: read, write, as arrays, as a table of pandas.

    import lrpipe

    for r in lrpipe.records("heads.lrp"):             # headers and data records: dicts, tensors are numpy arrays
        if r["type"] == "heads":
            print(r["site"], r["relevance"].shape)

    a = lrpipe.arrays("dev.avg")                      # the columns of `stream-show --tsv`, by name
    print(a["mean"][a["site"] == "enc-self.4"])

    lrpipe.frame("dev.avg").groupby("site")["mean"].max()       # the same as a pandas.DataFrame

    lrpipe.write("new.lrp", "heads", [dict(sentence=0, site="enc-self.4", first_step=0, relevance=x)])

What is read is a path or a binary file, such as sys.stdin.buffer; the format is in FORMAT.md. A stream is good only when
its end record was read: one that is cut, or is no stream, raises StreamError, which says where. So take what records() gave
for the whole only when it has ended.

This is one file, to be copied or imported from where it is. It needs numpy, msgpack and zstandard, and pandas for frame().
"""
import contextlib
import os
import shlex
import signal
import stat
import sys

import msgpack
import numpy
import zstandard

ONCE = 1 << 20  # bytes that are read at a time
MOST = int(os.environ.get("LRPIPE_MAX_RECORD", 1 << 30))  # bytes of a record
HEADER = 18  # bytes that the header of a frame has at most
MAGIC = b"\x28\xb5\x2f\xfd"
TYPES = ("<f2", "<f4", "<f8", "<i4", "<i8")
TENSOR = {"nd", "type", "kind", "shape", "data"}

# The axes of `relevance`, by the type of the record.
AXES = {"heads": ("step", "head"), "tokens": ("step", "position"), "relevance": ("step", "position", "neuron")}


class StreamError(Exception):
    """What was read is no whole stream, or not the one that is needed."""


class Failed(StreamError):
    """The program that wrote the stream failed, and wrote why. `said`: that is on standard error already."""

    def __init__(self, place, record, said):
        self.program, self.message, self.said = record["program"], record["message"], said
        super().__init__(f"{place}: {self.program} failed: {self.message}")


def records(source):
    """The headers and data records of a stream, dicts with numpy arrays as tensors, one by one."""
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            yield from _records(file, os.fspath(source))
    else:
        yield from _records(source, str(getattr(source, "name", "stream")))


def arrays(source):
    """A dict of columns of one length, those of `stream-show --tsv`: numpy arrays.

    Of heads `sentence`, `site`, `step`, `head`, `relevance`; of averages `site`, `layer`, `head`, `mean`, `low`, `high`, ...;
    of tokens, relevance and losses alike. What a record has none of is NaN, and -1 in a column of whole numbers."""
    parts = []
    for r in records(source):
        if r["type"] in AXES:
            parts.append(_relevance(r))
        elif r["type"] == "losses":
            step = _steps(r, len(r["loss"]))
            parts.append(dict(sentence=r["sentence"], step=step, **_sized(r, len(step))))
        elif r["type"] == "average":
            parts.append(_average(r))
        elif r["type"] not in ("header", "skipped"):
            raise StreamError(f"{source}: records of '{r['type']}' are no table; read them with records()")
    return _joined(parts)


def frame(source):
    """The same as a pandas.DataFrame."""
    import pandas

    return pandas.DataFrame(arrays(source))


def write(target, content, records, header=None):
    """One segment: a header, the records, an end record that counts them.

    `header` is what the header is to have besides, perhaps one that was read; this program is added to its history. Where
    making a record fails, a path is left as it was, and into a file goes a record that says why."""
    if not isinstance(target, (str, os.PathLike)):
        return _write(target, content, records, header)
    part = os.fspath(target) + ".part"
    try:
        with open(part, "wb") as file:
            _write(file, content, records, header)
        os.replace(part, target)
    except BaseException:
        with contextlib.suppress(OSError):
            os.unlink(part)
        raise


@contextlib.contextmanager
def messages():
    """For a program that stands in a pipe: what is wrong is one line on standard error, and exit status 1."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        yield
    except (StreamError, OSError) as e:
        if not getattr(e, "said", False):
            print(f"{os.path.basename(sys.argv[0])}: {e}", file=sys.stderr)
        sys.exit(1)


def _records(file, place):
    count, number = None, 0  # data records of the segment, None: no segment is open; records read
    for number, content in enumerate(_frames(file, place), 1):
        try:
            record = msgpack.unpackb(content, object_pairs_hook=_map, strict_map_key=False)
            kind = record["type"]
        except (ValueError, TypeError, LookupError, msgpack.UnpackException) as e:
            raise StreamError(f"{place}: record {number}: not a record of this format: {e}") from e
        if kind == "failed":
            raise Failed(place, record, _is_pipe(file) and "stored" not in record)
        if (kind == "header") != (count is None):
            what = "a header before the end record of the segment before it" if kind == "header" else f"'{kind}' before a header"
            raise StreamError(f"{place}: record {number}: {what}")
        if kind == "header":
            if record.get("format") != "lrpipe" or record.get("version") != 1:
                raise StreamError(f"{place}: record {number}: format {record.get('format')}, version {record.get('version')}, not lrpipe 1")
            count = 0
        elif kind == "end":
            if record["records"] != count:
                raise StreamError(f"{place}: record {number}: the end record counts {record['records']} records, not {count}")
            count = None
            continue
        else:
            count += 1
        yield record
    if count is not None:
        raise StreamError(f"{place}: the stream ends behind record {number} without its end record: the program before it failed")
    if not number:
        raise StreamError(f"{place}: empty: no stream came in; look at the program before it")


def _frames(file, place):
    """What the frames of a file hold, each decompressed and checked."""
    read = getattr(file, "read1", file.read)  # what is there, not waiting for more
    zstd = zstandard.ZstdDecompressor(max_window_size=1 << 31)
    data, number = b"", 0
    while True:
        while len(data) < HEADER and (more := read(ONCE)):
            data += more
        if not data:
            return
        number += 1
        if not data.startswith(MAGIC[:len(data)]):
            raise StreamError(f"{place}: record {number}: not an lrpipe stream (no zstd frame)")
        try:
            frame = zstandard.get_frame_parameters(data)
            if not 0 < frame.content_size <= MOST or not frame.has_checksum or frame.dict_id:
                raise StreamError(f"{place}: record {number}: a zstd frame without its content size or checksum, or larger than {MOST} bytes")
            one, parts = zstd.decompressobj(), []
            while True:
                parts.append(one.decompress(data))
                if one.eof:
                    break
                data = read(ONCE)
                if not data:
                    raise StreamError(f"{place}: record {number}: cut off inside a record")
        except zstandard.ZstdError as e:
            what = "cut off inside a record" if len(data) < HEADER else str(e)
            raise StreamError(f"{place}: record {number}: {what}") from e
        data = one.unused_data
        yield b"".join(parts)


def _map(pairs):
    """A map, or the tensor that it is."""
    named = {k.decode() if isinstance(k, bytes) else k: v for k, v in pairs}
    if len(named) < len(pairs):
        raise ValueError("a key comes twice in a map")
    if set(named) != TENSOR or named["nd"] is not True or named["type"] not in (*TYPES, "bf16"):
        return dict(pairs)
    if named["type"] == "bf16":  # the upper half of a float
        return (numpy.frombuffer(named["data"], "<u2").astype("<u4") << 16).view("<f4").reshape(named["shape"])
    return numpy.frombuffer(named["data"], named["type"]).reshape(named["shape"]).copy()


def _encode(x):
    """What msgpack does not know: numbers and arrays of numpy."""
    if isinstance(x, numpy.generic):
        return x.item()
    if not isinstance(x, numpy.ndarray):
        raise TypeError(f"a record cannot hold a {type(x).__name__}")
    kind = x.dtype.newbyteorder("<").str
    if kind not in TYPES:
        raise TypeError(f"a record cannot hold an array of {x.dtype}; make it float64 or int64 with astype()")
    return {b"nd": True, b"type": kind, b"kind": "", b"shape": list(x.shape), b"data": x.astype(kind).tobytes()}


def _write(file, content, records, header):
    # At this level texts stay as they are, and file(1) sees what the stream is.
    zstd = zstandard.ZstdCompressor(level=-1, write_checksum=True, write_content_size=True)

    def put(record):
        file.write(zstd.compress(msgpack.packb(record, default=_encode)))

    first = dict(type="header", format="lrpipe", version=1, content=content)
    history = (header or {}).get("history", []) + [shlex.join([os.path.basename(sys.argv[0]), *sys.argv[1:]])]
    put({**first, **(header or {}), **first, "history": history})
    count = 0
    try:
        for record in records:
            put({**record, "type": "skipped" if record.get("type") == "skipped" else content})
            count += 1
    except BaseException as e:  # a Failed knows whose mistake it is
        failed = dict(type="failed", program=getattr(e, "program", os.path.basename(sys.argv[0])), message=str(getattr(e, "message", e)))
        if not _is_pipe(file):
            failed["stored"] = True  # whoever reads the file has not seen the message
        with contextlib.suppress(OSError):
            put(failed)
            file.flush()
        raise
    put(dict(type="end", records=count))
    file.flush()


def _is_pipe(file):
    try:
        return stat.S_ISFIFO(os.fstat(file.fileno()).st_mode)
    except (AttributeError, OSError):
        return False


def _steps(r, rows):
    """The numbers of the steps of a record's rows."""
    if "drawn" in r:
        first = r.get("first_drawn", 0)
        return numpy.array(r["drawn"][first:first + rows], "i8")
    return r.get("first_step", 0) + numpy.arange(rows)


def _sized(r, count):
    """Those keys of a record that are lists of so many numbers."""
    return {k: v for k, v in r.items() if isinstance(v, numpy.ndarray) and v.shape == (count,)}


def _relevance(r):
    x, axes = r["relevance"], AXES[r["type"]]
    if x.ndim != len(axes):
        raise StreamError(f"relevance of {x.ndim} dimensions in a record of '{r['type']}', not {len(axes)}")
    place = numpy.indices(x.shape).reshape(x.ndim, -1)
    columns = dict(sentence=r["sentence"], site=r["site"], step=_steps(r, len(x))[place[0]])
    columns.update(zip(axes[1:], place[1:]))
    if r["type"] == "tokens":
        pieces = r.get("pieces") or [""] * x.shape[1]
        columns["piece"] = numpy.array(pieces, str)[place[1]]
    return dict(columns, relevance=x.reshape(-1))


def _average(r):
    layer = r["site"].rpartition(".")[2]
    heads = len(r["mean"])
    columns = dict(site=r["site"], layer=int(layer) if layer.isdecimal() else -1, head=numpy.arange(heads), **_sized(r, heads))
    return {**columns, **{k: r[k] for k in ("steps", "drawn", "sentences", "steps_b", "sentences_b") if k in r}}


def _joined(parts):
    """Columns of all parts one behind the other; a single value stands in each row of its part."""
    names = dict.fromkeys(name for part in parts for name in part)
    rows = [next(x.size for x in part.values() if isinstance(x, numpy.ndarray)) for part in parts]
    columns = {}
    for name in names:
        there = [numpy.asarray(part[name]) for part in parts if name in part]
        missing = -1 if there[0].dtype.kind == "i" else numpy.nan if there[0].dtype.kind == "f" else ""
        columns[name] = numpy.concatenate([numpy.broadcast_to(part.get(name, missing), n) for part, n in zip(parts, rows)])
    return columns
