#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Relevance at every head site by the double-precision reference.  Usage: reference-relevance.py MODEL RULE IDS OUT [SITES]

IDS holds lines `source ids TAB target ids`, as in tests/data/want; OUT is the stream to write. SITES, with commas, are other
nodes. With bias=exclude a record has, under `bias`, what outputs above its site kept that are their bias alone.
"""
import os, sys
sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "../data"))
from reference import Model, Rule, Sweep, relevance_records
from stream import write_stream


def main(model, rule, ids, out, sites=None):
    model, records = Model(model), []
    for s, line in enumerate(open(ids)):
        source, target = ([int(i) for i in part.split()] for part in line.split("\t"))
        g = model.forward(source, model.inputs(target))
        sweep = Sweep(model, g, Rule.parse(rule), model.top(g, 1)[0][:, 0])
        bias = sweep.bias_above if sweep.rule.bias == "exclude" else None
        records += relevance_records(s, g, sweep.R, sites.split(",") if sites else model.sites(), bias)
    write_stream(out, "relevance", records)


main(*sys.argv[1:])
