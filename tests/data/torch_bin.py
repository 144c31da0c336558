#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes pytorch_model.bin without PyTorch: a pickle by hand, in a zip archive.

  torch_bin.py convert DIR OUT [SHARDS]   a model's directory again, its safetensors as pytorch_model.bin
  torch_bin.py case NAME FILE             one of the files that must be refused (or read), see CASES
  torch_bin.py cases [DIRECTORY]          all of them as DIRECTORY/NAME.bin, and what the message must say; "-": it is read
  torch_bin.py large FILE BYTES           a sparse file of one tensor of F32, as a zip64 archive
"""
import json, os, shutil, struct, sys, zipfile, zlib

CLASSES = {"F32": ("Float", 4), "F16": ("Half", 2), "BF16": ("BFloat16", 2), "F64": ("Double", 8),
           "I64": ("Long", 8), "I32": ("Int", 4), "U8": ("Byte", 1), "BOOL": ("Bool", 1)}


def text(s):
    s = s.encode()
    return b"X" + struct.pack("<I", len(s)) + s


def whole(n):
    if 0 <= n < 256:
        return b"K" + bytes([n])
    if -(1 << 31) <= n < 1 << 31:
        return b"J" + struct.pack("<i", n)
    b = n.to_bytes(n.bit_length() // 8 + 1, "little", signed=True)
    return b"\x8a" + bytes([len(b)]) + b


def tup(*parts):
    return b"(" + b"".join(parts) + b"t"


def name(module, function):
    return f"c{module}\n{function}\n".encode()


def storage(key, count, kind="Float", module="torch", word="storage"):
    return tup(text(word), name(module, kind + "Storage"), text(key), text("cpu"), whole(count)) + b"Q"


ORDERED = name("collections", "OrderedDict") + b")R"


def strides(shape):
    out = [1]
    for n in shape[:0:-1]:
        out.insert(0, out[0] * n)
    return out[: len(shape)]


def tensor(where, shape, stride=None, offset=0, more=b"", function="_rebuild_tensor_v2"):
    numbers = [tup(*map(whole, x)) for x in (shape, strides(shape) if stride is None else stride)]
    return name("torch._utils", function) + tup(where, whole(offset), *numbers, b"\x89", ORDERED, more) + b"R"


def dict_of(*pairs):
    return b"}(" + b"".join(pairs) + b"u"


def pickle(value):
    return b"\x80\x02" + value + b"."


def archive(path, value, storages, folder="archive/", extra=(), compress=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w") as z:
        z.writestr(folder + "data.pkl", value)
        for key, data in storages.items():
            z.writestr(f"{folder}data/{key}", data, compress)
        z.writestr(folder + "version", "3\n")
        for n, data in extra:
            z.writestr(n, data)


def read_safetensors(path):
    data = open(path, "rb").read()
    n = struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8 : 8 + n])
    header.pop("__metadata__", None)
    return {k: (v["dtype"], v["shape"], data[8 + n :][slice(*v["data_offsets"])]) for k, v in header.items()}


def write_tensors(path, tensors):
    pairs, storages = [], {}
    for i, (k, (dtype, shape, data)) in enumerate(tensors.items()):
        kind, size = CLASSES[dtype]
        pairs.append(text(k) + tensor(storage(str(i), len(data) // size, kind), shape))
        storages[str(i)] = data
    archive(path, pickle(dict_of(*pairs)), storages)


def convert(source, out, shards=1):
    os.mkdir(out)
    tensors = {}
    for n in sorted(os.listdir(source)):
        if n.endswith(".safetensors"):
            tensors.update(read_safetensors(f"{source}/{n}"))
        elif not n.startswith("model.safetensors"):
            shutil.copyfile(f"{source}/{n}", f"{out}/{n}")
    if shards == 1:
        return write_tensors(f"{out}/pytorch_model.bin", tensors)
    where = {}
    for i in range(shards):
        file = f"pytorch_model-{i + 1:05}-of-{shards:05}.bin"
        part = {k: v for j, (k, v) in enumerate(tensors.items()) if j % shards == i}
        where.update(dict.fromkeys(part, file))
        write_tensors(f"{out}/{file}", part)
    json.dump({"metadata": {}, "weight_map": where}, open(f"{out}/pytorch_model.bin.index.json", "w"))


def large(path, size):
    """data/0 comes first, so that all else is at the end; zipfile would write every byte of it."""
    value = pickle(dict_of(text("w") + tensor(storage("0", size // 4), [size // 4])))

    def local(n, length, crc):
        return struct.pack("<IHHHHHIIIHH", 0x04034B50, 45, 0, 0, 0, 0, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(n), 20) + n + struct.pack(
            "<HHQQ", 1, 16, length, length)

    def central(n, length, crc, at):
        return struct.pack("<IHHHHHHIIIHHHHHII", 0x02014B50, 45, 45, 0, 0, 0, 0, crc, 0xFFFFFFFF, 0xFFFFFFFF, len(n), 28, 0, 0, 0, 0,
            0xFFFFFFFF) + n + struct.pack("<HHQQQ", 1, 24, length, length, at)

    with open(path, "wb") as f:
        f.write(local(b"a/data/0", size, 0))
        f.seek(size, 1)
        at, crc = f.tell(), zlib.crc32(value)
        f.write(local(b"a/data.pkl", len(value), crc) + value)
        start = f.tell()
        f.write(central(b"a/data/0", size, 0, 0) + central(b"a/data.pkl", len(value), crc, at))
        end = f.tell()
        f.write(struct.pack("<IQHHIIQQQQ", 0x06064B50, 44, 45, 45, 0, 0, 2, 2, end - start, start))
        f.write(struct.pack("<IIQI", 0x07064B50, 0, end, 1))
        f.write(struct.pack("<IHHHHIIH", 0x06054B50, 0, 0, 2, 2, 0xFFFFFFFF, 0xFFFFFFFF, 0))


ONE = {"0": bytes(16)}  # four numbers of F32
FOUR = storage("0", 4)


def of(value):
    """A pickle of one tensor 'w' that is this value."""
    return dict_of(text("w") + value)


def laughs():
    """A tuple of two tuples of two tuples, 2^200 of them, each there once."""
    value = b")"
    for i in range(200):
        value += b"q" + bytes([i]) + b"h" + bytes([i]) + b"\x86"
    return value


def itself():
    return b"]q\x00h\x00a"


# What stands in the pickle, and what must be said of it; "-": it is read.
PICKLES = {
    "good": (of(tensor(FOUR, [2, 2])), "-"),
    "good-empty": (b"}", "-"),
    "good-transposed": (of(tensor(FOUR, [2, 2], [1, 2])), "-"),
    "good-shared": (dict_of(text("a") + tensor(FOUR, [2], offset=1), text("b") + tensor(FOUR, [4])), "-"),
    "good-v3": (of(tensor(storage("0", 16, "Untyped", "torch.storage"), [8], function="_rebuild_tensor_v3",
        more=name("torch", "float16"))), "-"),
    "good-repeated": (of(tensor(FOUR, [1000, 4], [0, 1])), "-"),
    "good-wide-stride-of-one": (of(tensor(FOUR, [1, 4], [1 << 62, 1])), "-"),
    "good-trailing": (of(tensor(FOUR, [4])) + b".os.system", "-"),
    "good-laughs-in-metadata": (ORDERED + b"(" + text("w") + tensor(FOUR, [4]) + b"u" + dict_of(text("_metadata") + laughs()) + b"b", "-"),
    "system": (of(name("os", "system") + tup(text("true")) + b"R"), "'os.system' is called: not a file of weights alone"),
    "system-uncalled": (of(name("os", "system")), "'os.system' is called"),
    "eval": (name("builtins", "eval") + tup(text("1")) + b"R", "'builtins.eval' is called"),
    "getattr": (name("torch", "load") + tup(text("x")) + b"R", "'torch.load' is called"),
    "stack-global": (text("os") + text("system") + b"\x93" + tup(text("true")) + b"R", "operation STACK_GLOBAL"),
    "inst": (b"(" + text("true") + b"ios\nsystem\n", "operation INST"),
    "obj": (b"(" + name("collections", "OrderedDict") + b"o", "operation OBJ"),
    "newobj": (name("collections", "OrderedDict") + b")\x81", "operation NEWOBJ"),
    "ext": (b"\x82\x01", "operation EXT1"),
    "frame": (b"\x95" + bytes(8), "operation FRAME"),
    "unknown-operation": (b"\xff", "operation unknown (byte 2 of its pickle)"),
    "call-a-text": (of(text("f") + b")R"), "a call of something else than a function"),
    "call-a-tensor": (of(tensor(FOUR, [4]) + b")R"), "a call of something else than a function"),
    "quantised": (of(name("torch._utils", "_rebuild_qtensor") + tup(FOUR) + b"R"), "'torch._utils._rebuild_qtensor' is called"),
    "marks": (b"(" * 100000, "it ends with several values, or none"),
    "deep": (b"]" * 100000, "it ends with several values, or none"),
    "nested": (b")" + b"\x85" * 100000, "holds no dict of tensors"),
    "laughs": (of(laughs()), "'w' is a tuple, not a tensor"),
    "laughs-as-shape": (of(name("torch._utils", "_rebuild_tensor_v2") + b"(" + FOUR + b"K\x00" + laughs() + laughs() + b"\x89" + ORDERED + b"tR"),
        "its offset, sizes and strides must be whole numbers"),
    "itself": (of(itself()), "'w' is a list, not a tensor"),
    "itself-whole": (b"}q\x00(" + text("w") + b"h\x00u", "'w' is a dict within"),
    "repeated": (of(tensor(FOUR, [1 << 30, 1 << 10], [0, 0])), "its strides repeat elements"),
    "repeated-often": (b"}(" + b"".join(text(f"w{i}") + tensor(FOUR, [1 << 10, 1 << 10], [0, 0]) for i in range(100)) + b"u",
        "its strides repeat elements"),
    "memo-large": (b"Nr\xff\xff\xff\xff", "a memo's number that is too large"),
    "memo-none": (b"h\x07", "the memo lacks a value"),
    "no-mark": (b"Nt", "a mark is missing"),
    "no-value": (b"\x86", "a value is missing"),
    "below-mark": (b"N(\x85", "a value is missing"),
    "odd-items": (b"}(" + text("w") + b"u", "a key without a value"),
    "items-of-a-list": (b"](" + text("w") + b"Nu", "no dict to set items of"),
    "append-to-a-dict": (b"}Na", "no list to append to"),
    "text-too-long": (b"X\xff\xff\xff\xff", "cut off"),
    "name-without-end": (b"ctorch", "a name that does not end"),
    "nul": (dict_of(text("a\0b") + tensor(FOUR, [4])), "a text with a NUL"),
    "no-utf8": (b"}U\x01\xff" + tensor(FOUR, [4]) + b"s", "not UTF-8"),
    "newline": (dict_of(text("a\nb") + tensor(FOUR, [4])), "control character in its name"),
    "twice": (dict_of(text("w") + tensor(FOUR, [4]), text("w") + tensor(FOUR, [4])), "tensor 'w' is in it twice"),
    "long-name": (dict_of(text("w" * 5000) + tensor(FOUR, [4])), "no text of at most 4096 bytes"),
    "number-for-a-name": (dict_of(b"K\x01" + tensor(FOUR, [4])), "no text of at most 4096 bytes"),
    "number": (dict_of(text("epoch") + b"K\x03"), "'epoch' is a number, not a tensor"),
    "training": (dict_of(text("state_dict") + of(tensor(FOUR, [4]))), "'state_dict' is a dict within: a checkpoint of a training; save"),
    "tensor-alone": (tensor(FOUR, [4]), "holds no dict of tensors by their names"),
    "storage-small": (of(tensor(storage("0", 5), [5])), "its storage 'data/0' has 16 bytes, fewer than 5 elements of F32"),
    "storage-negative": (of(tensor(storage("0", -1), [4])), "fewer than -1 elements"),
    "storage-huge": (of(tensor(storage("0", 1 << 62), [4])), "fewer than 4611686018427387904 elements"),
    "storage-missing": (of(tensor(storage("1", 4), [4])), "its storage 'data/1' is missing"),
    "storage-elsewhere": (of(tensor(storage("../../etc/passwd", 4), [4])), "its storage 'data/../../etc/passwd' is missing"),
    "storage-long-key": (of(tensor(storage("k" * 1000, 4), [4])), "is missing"),
    "storage-word": (of(tensor(storage("0", 4, word="module"), [4])), "not in a storage as torch.save describes it"),
    "storage-a-text": (of(tensor(text("0"), [4])), "not in a storage as torch.save describes it"),
    "storage-no-class": (of(tensor(tup(text("storage"), ORDERED, text("0"), text("cpu"), whole(4)) + b"Q", [4])), "not in a storage"),
    "storage-unknown": (of(tensor(storage("0", 4, "QInt8"), [4])), "'torch.QInt8Storage' is called"),
    "outside": (of(tensor(FOUR, [5])), "its elements are not inside its storage of 4"),
    "outside-by-offset": (of(tensor(FOUR, [4], offset=1)), "its elements are not inside"),
    "outside-by-stride": (of(tensor(FOUR, [2, 2], [3, 1])), "its elements are not inside"),
    "offset-huge": (of(tensor(FOUR, [1], offset=(1 << 63) - 1)), "its elements are not inside"),
    "offset-negative": (of(tensor(FOUR, [1], offset=-1)), "must be whole numbers, not negative"),
    "offset-beyond": (of(tensor(FOUR, [1], offset=1 << 63)), "must be whole numbers"),
    "size-negative": (of(tensor(FOUR, [-1], [1])), "must be whole numbers, not negative"),
    "stride-negative": (of(tensor(FOUR, [2], [-1], offset=3)), "must be whole numbers, not negative"),
    "stride-huge": (of(tensor(FOUR, [3], [(1 << 63) - 1])), "its elements are not inside"),
    "product": (of(tensor(FOUR, [1 << 32, 1 << 32], [0, 0])), "its shape is too large"),
    "size-a-text": (of(name("torch._utils", "_rebuild_tensor_v2") + tup(FOUR, whole(0), tup(text("4")), tup(whole(1)), b"\x89", ORDERED) + b"R"),
        "must be whole numbers"),
    "strides-missing": (of(tensor(FOUR, [2, 2], [1])), "it must have at most 8 sizes, and as many strides"),
    "nine-sizes": (of(tensor(FOUR, [1] * 9)), "it must have at most 8 sizes"),
    "arguments-missing": (of(name("torch._utils", "_rebuild_tensor_v2") + tup(FOUR) + b"R"), "'w' is an object, not a tensor"),
    "conjugated": (of(tensor(FOUR, [4], more=dict_of(text("conj") + b"\x88"))), "its numbers are to be conjugated or negated"),
    "v3-dtype": (of(tensor(storage("0", 16, "Untyped"), [4], function="_rebuild_tensor_v3", more=text("float32"))), "its dtype is not known"),
    "state": (of(tensor(FOUR, [4]) + b"}b"), "'w' is an object, not a tensor"),
}
GOOD = pickle(PICKLES["good"][0])

# Archives: arguments of archive(), or a function that writes the file; and the message.
ARCHIVES = {
    "other-folder": (dict(folder="opus-mt/"), "-"),
    "other-entries": (dict(extra=[("archive/.data/serialization_id", "1"), ("archive/byteorder", "little")]), "-"),
    "storage-larger": (dict(storages={"0": bytes(20)}), "-"),
    "big-endian": (dict(extra=[("archive/byteorder", "big")]), "its byteorder is 'big', only 'little' is supported"),
    "torchscript": (dict(extra=[("archive/constants.pkl", "x")]), "a TorchScript archive, which is a program; save its weights alone"),
    "deflated": (dict(compress=zipfile.ZIP_DEFLATED), "'archive/data/0' is compressed, so that it cannot be used where it lies"),
    "bomb": (dict(storages={"0": bytes(10 << 20)}, compress=zipfile.ZIP_DEFLATED), "'archive/data/0' is compressed"),
    "bzip2": (dict(compress=zipfile.ZIP_BZIP2), "is compressed by method 12"),
    "dots": (dict(extra=[("archive/../../x", "y")]), "'archive/../../x' in it is no name of a file inside"),
    "absolute": (dict(extra=[("/etc/x", "y")]), "'/etc/x' in it is no name of a file inside"),
    "outside-of-folder": (dict(extra=[("x", "y")]), "'x' is not in the folder of 'archive/data.pkl'"),
    "two-pickles": (dict(extra=[("b/data.pkl", "y")]), "both 'archive/data.pkl' and 'b/data.pkl' are in it"),
    "twice-stored": (dict(extra=[("archive/data/0", bytes(16))]), "'data/0' is in it twice"),
    "no-folder": (dict(folder=""), "a zip without data.pkl"),
}


def write_case(case, path):
    if case in PICKLES:
        return archive(path, pickle(PICKLES[case][0]), ONE)
    import warnings

    warnings.simplefilter("ignore")  # zipfile minds a name that comes twice
    archive(path, **{"value": GOOD, "storages": ONE, **ARCHIVES[case][0]})


if __name__ == "__main__":
    if sys.argv[1] == "convert":
        convert(*sys.argv[2:4], *map(int, sys.argv[4:]))
    elif sys.argv[1] == "case":
        write_case(*sys.argv[2:])
    elif sys.argv[1] == "large":
        large(sys.argv[2], int(sys.argv[3]))
    else:
        for case, (_, says) in (PICKLES | ARCHIVES).items():
            if len(sys.argv) > 2:
                write_case(case, f"{sys.argv[2]}/{case}.bin")
            print(f"{case}\t{says}")
