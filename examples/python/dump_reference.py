#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What a model computes of each line of a text in Hugging Face's transformers, for `trace-extract --check REFERENCE.npz`.

Usage: dump_reference.py MODEL REFERENCE.npz <text >ids

Arrays are called LINE.NAME, with lines from 0: the ids, the logits, the hidden states, and what comes out of every module that has a weight, by
the name that it has in PyTorch. What goes to standard output are the lines' ids, as `trace-extract --ids` takes them.
"""
import sys
import numpy, torch


def arrays_of(model, inputs):
    """{name: array} of a text: `inputs` are tensors by the names of the model's arguments, each a batch of one."""
    arrays, hooks = {name: ids for name, ids in inputs.items() if name.endswith("input_ids")}, []
    for name, module in model.named_modules():
        def keep(module, args, output, name=name):
            arrays.setdefault(name, output)  # of several calls the first
        if isinstance(getattr(module, "weight", None), torch.Tensor):
            hooks.append(module.register_forward_hook(keep))
    with torch.no_grad():
        output = model(**inputs, output_hidden_states=True)
    for hook in hooks:
        hook.remove()
    arrays["logits"] = getattr(output, "logits", None)
    for name in "hidden_states", "encoder_hidden_states", "decoder_hidden_states":
        arrays.update({f"{name}.{i}": x for i, x in enumerate(getattr(output, name, None) or ())})
    return {name: x.detach().contiguous().numpy() for name, x in arrays.items() if isinstance(x, torch.Tensor)}


def main(name, reference):
    import transformers

    tokenizer = transformers.AutoTokenizer.from_pretrained(name)
    config = transformers.AutoConfig.from_pretrained(name)
    # with .double() instead of .float() the test is sharper: trace-extract -p f64 --tolerance 1e-6
    model = getattr(transformers, config.architectures[0]).from_pretrained(name).float().eval()
    arrays = {}
    for i, line in enumerate(sys.stdin):
        if not line.strip():
            print()
            continue
        inputs = {"input_ids": tokenizer(line.rstrip("\n"), return_tensors="pt").input_ids}
        print(*inputs["input_ids"][0].tolist())
        if config.is_encoder_decoder:  # what is generated, greedily: a line needs no target then
            inputs["decoder_input_ids"] = model.generate(inputs["input_ids"], num_beams=1, do_sample=False)[:, :-1]
        arrays.update({f"{i}.{key}": x for key, x in arrays_of(model, inputs).items()})
    numpy.savez(reference, **arrays)


if __name__ == "__main__":
    main(*sys.argv[1:])
