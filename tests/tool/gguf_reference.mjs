// SPDX-License-Identifier: Apache-2.0
// What others read in a GGUF file: node gguf_reference.mjs FILE ID ... prints JSON {keys, tensors, top: for each id the likeliest ids behind it}.
import { gguf } from "@huggingface/gguf";
import { getLlama } from "node-llama-cpp";

const [path, ...ids] = process.argv.slice(2);
const plain = x => typeof x === "bigint" ? Number(x) : Array.isArray(x) ? x.map(plain) : x;
const { metadata, tensorInfos } = await gguf(path, { allowLocalFile: true });
const llama = await getLlama({ gpu: false, build: "never", skipDownload: true, logLevel: "error" });
const model = await llama.loadModel({ modelPath: path });
const sequence = (await model.createContext({ contextSize: 64, sequences: 1, flashAttention: false })).getSequence();
const next = await sequence.controlledEvaluate(ids.map(id => [Number(id), { generateNext: { probabilities: true } }]));
const text = JSON.stringify({
  keys: Object.fromEntries(Object.entries(metadata).map(([k, v]) => [k, plain(v)])),
  tensors: tensorInfos.map(t => [t.name, t.dtype, plain(t.shape), plain(t.offset)]),
  top: next.map(n => [...n.next.probabilities.entries()].slice(0, 3)),
});
process.stdout.write(text + "\n", () => process.exit(0));
