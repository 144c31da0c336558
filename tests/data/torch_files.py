#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Writes tests/data/torch/: files as torch.save makes them, and the same tensors as safetensors, in the order
of C. Needs python3-torch; the tests need the files alone. Run it in the root of the tree."""
import json
import os
import struct
from collections import OrderedDict

import torch

NAMES = {torch.float32: "F32", torch.float16: "F16", torch.bfloat16: "BF16", torch.float64: "F64", torch.int64: "I64",
         torch.int32: "I32", torch.int16: "I16", torch.int8: "I8", torch.uint8: "U8", torch.bool: "BOOL", torch.complex64: "C64"}


def write_safetensors(path, tensors):
    header, data = {}, b""
    for k, v in sorted(tensors.items()):
        v = v.detach().contiguous()
        part = (v.view(torch.int16) if v.dtype == torch.bfloat16 else v).numpy().tobytes()
        header[k] = dict(dtype=NAMES[v.dtype], shape=list(v.shape), data_offsets=[len(data), len(data) + len(part)])
        data += part
    text = json.dumps(header).encode()
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)


os.makedirs("tests/data/torch", exist_ok=True)
os.chdir("tests/data/torch")
torch.manual_seed(1)
base = torch.randn(4, 6)
attributes = torch.randn(2)
attributes.note = "kept by some trainers"
parameter = torch.nn.Parameter(torch.randn(2))
parameter.note = "the same"
tensors = OrderedDict(
    a=base, transposed=base.t(), part=base[1:3, 2:5], steps=base[::2, ::3], column=base[:1].t(), parameter=torch.nn.Parameter(torch.randn(3)),
    permuted=torch.randn(2, 3, 4).permute(2, 0, 1), expanded=torch.arange(3.0).expand(2, 3), scalar=torch.tensor(3.5), empty=torch.empty(0, 3),
    half=torch.randn(2, 2).half(), bfloat16=torch.randn(5).bfloat16(), double=torch.randn(2).double(), complex=torch.tensor([1 + 2j]),
    int64=torch.arange(5), int32=torch.arange(3, dtype=torch.int32), int16=torch.arange(3, dtype=torch.int16),
    int8=torch.arange(3, dtype=torch.int8), uint8=torch.arange(3, dtype=torch.uint8), bool=torch.tensor([True, False]),
    attributes=attributes, attributed=parameter)
torch.save(tensors, "all.bin")
write_safetensors("all.safetensors", tensors)

linear = torch.nn.Linear(2, 2)
torch.save(linear.state_dict(), "module.bin")  # an OrderedDict with _metadata
write_safetensors("module.safetensors", linear.state_dict())

parts = {"x-00001-of-00002.bin": {"a": base}, "x-00002-of-00002.bin": {"b": base.t()}}
for name, part in parts.items():
    torch.save(part, name)
with open("pytorch_model.bin.index.json", "w") as f:
    json.dump({"metadata": {"total_size": 192}, "weight_map": {k: name for name, part in parts.items() for k in part}}, f)

torch.save({"w": torch.ones(2)}, "old.bin", _use_new_zipfile_serialization=False)
torch.jit.script(linear).save("program.bin")
torch.save(linear, "whole.bin")
torch.save({"w": torch.ones(2)}, "protocol4.bin", pickle_protocol=4)
torch.save({"w": torch.ones(2).to_sparse()}, "sparse.bin")
