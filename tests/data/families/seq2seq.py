"""Encoder-decoder models: a model's directory, greedy generation, and what stands in want/NAME.npz for a line of ids."""
import json, os, sys
import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(1, os.path.dirname(HERE))
import bart, t5
from stream import read_weights


def read_json(path):
    with open(path, encoding="utf-8") as f:
        return json.load(f)


def open_model(folder):
    """The model, and the settings of its generation: those of config.json where no generation_config.json stands."""
    config, generation = read_json(f"{folder}/config.json"), f"{folder}/generation_config.json"
    make = bart.Bart if config["model_type"] in bart.KINDS else t5.T5
    return make(config, read_weights(folder)), read_json(generation) if os.path.exists(generation) else config


def generate(model, settings, source):
    """Tokens behind decoder_start_token_id, greedily, and the smallest lead that decided one.

    forced_bos_token_id is the first of them; forced_eos_token_id the last where max_length tokens, the start among them, would
    stand there without an end; eos_token_id, or one of them, ends.
    """
    eos, longest = settings["eos_token_id"], settings.get("max_length", 20)
    given, lead = [settings["decoder_start_token_id"]], np.inf
    while len(given) < longest:
        forced = settings.get("forced_bos_token_id") if len(given) == 1 else None
        if len(given) == longest - 1 and settings.get("forced_eos_token_id") is not None:
            forced = settings["forced_eos_token_id"]
        if forced is None:
            logits = model.forward(source, given)["logits"][-1]
            second, first = np.sort(logits)[-2:]
            lead, forced = min(lead, first - second), int(logits.argmax())
        given.append(forced)
        if forced in (eos if isinstance(eos, list) else [eos]):
            break
    return given[1:], lead


def line_values(model, settings, line):
    """{name: array} for `source` or `source TAB target`, and the smallest lead in generation.

    A target in the line goes without its end of sentence, config.json's eos_token_id, which is added: `target` has it. Step t
    predicts target[t], by inputs[:t + 1].
    """
    source, *given = ([int(i) for i in part.split()] for part in line.split("\t"))
    if given:
        target, lead = given[0] + [model.c["eos_token_id"]], np.inf
    else:
        target, lead = generate(model, settings, source)
    inputs = [settings["decoder_start_token_id"], *target[:-1]]
    values = model.forward(source, inputs)
    ids = {"source": source, "target": target, "inputs": inputs, "generated": [] if given else target}
    return {**{k: np.array(v, dtype=np.int64) for k, v in ids.items()}, **values}, lead
