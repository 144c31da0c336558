#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Train a small English language model in Llama's layout on the CPU.

  train.py train DATA OUT --until HH:MM   train until that UTC time, exporting to OUT as it goes
  train.py eval DATA OUT                  perplexity of the exported model on DATA/test.en, beside a unigram
                                          and a 3-gram model of the same pieces
  train.py reference OUT TEXT NPZ         values of a text, in double precision: what lrpipe must compute

DATA is what ../en-de/corpus.py writes; only its English sides are read. The architecture is that of Hugging
Face's LlamaForCausalLM: root mean squares in front of blocks, rotary positions, heads that share keys and
values, a gate in the feed-forward network, one matrix for input and output.

A text is a sentence: <s>, its pieces, </s>. A batch is some sentences of about the same length.
"""
import argparse, calendar, collections, json, math, os, random, struct, time
import numpy as np
import sentencepiece
import torch
import torch.nn as nn
import torch.nn.functional as F

CFG = dict(width=192, layers=6, heads=8, kv_heads=4, ffn=512, vocab=6000, positions=256, theta=10000.0, eps=1e-5)
BOS, EOS = 1, 2
MAX_TOKENS = 100    # longer sentences are cut


# ---------------------------------------------------------------- vocabulary
def build_tokenizer(corpus, folder):
    """Byte-pair encoding with a piece for every byte, as Llama's tokenizer.model."""
    sentencepiece.SentencePieceTrainer.train(
        input=corpus, model_prefix=f"{folder}/tokenizer", vocab_size=CFG["vocab"], model_type="bpe", byte_fallback=True,
        character_coverage=0.9999, split_digits=True, allow_whitespace_only_pieces=True, remove_extra_whitespaces=False,
        normalization_rule_name="identity", num_threads=2, minloglevel=1)
    os.remove(f"{folder}/tokenizer.vocab")


def tokenizer(folder):
    return sentencepiece.SentencePieceProcessor(model_file=f"{folder}/tokenizer.model")


def encode(spm, line):
    return [BOS] + spm.encode(line)[:MAX_TOKENS - 2] + [EOS]


# --------------------------------------------------------------------- model
class RMSNorm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(CFG["width"]))

    def forward(self, x):
        return self.weight * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + CFG["eps"])


def linear(inputs, outputs, std=0.02):
    m = nn.Linear(inputs, outputs, bias=False)
    nn.init.normal_(m.weight, std=std)
    return m


def rotate(x, cos, sin):
    """Neuron a of a head's first half goes with a of its second half."""
    a, b = x.chunk(2, -1)
    return torch.cat([a * cos - b * sin, b * cos + a * sin], -1)


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        d, self.d = CFG["width"], CFG["width"] // CFG["heads"]
        deep = 0.02 / math.sqrt(2 * CFG["layers"])
        self.input_layernorm, self.post_attention_layernorm = RMSNorm(), RMSNorm()
        self.q_proj, self.o_proj = linear(d, d), linear(d, d, deep)
        self.k_proj, self.v_proj = (linear(d, CFG["kv_heads"] * self.d) for _ in range(2))
        self.gate_proj, self.up_proj, self.down_proj = linear(d, CFG["ffn"]), linear(d, CFG["ffn"]), linear(CFG["ffn"], d, deep)

    def forward(self, x, cos, sin, mask, drop):
        y = self.input_layernorm(x)
        heads = lambda t: t.view(*t.shape[:2], -1, self.d).transpose(1, 2)
        q, k, v = heads(self.q_proj(y)), heads(self.k_proj(y)), heads(self.v_proj(y))
        q, k = rotate(q, cos, sin), rotate(k, cos, sin)
        group = CFG["heads"] // CFG["kv_heads"]
        k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        p = (q @ k.transpose(-1, -2) / math.sqrt(self.d) + mask).softmax(-1)
        x = x + drop(self.o_proj((p @ v).transpose(1, 2).reshape(x.shape)))
        y = self.post_attention_layernorm(x)
        return x + drop(self.down_proj(F.silu(self.gate_proj(y)) * self.up_proj(y)))


class Model(nn.Module):
    def __init__(self, dropout=0.0):
        super().__init__()
        self.embed_tokens = nn.Embedding(CFG["vocab"], CFG["width"])
        nn.init.normal_(self.embed_tokens.weight, std=0.02)
        self.layers = nn.ModuleList(Layer() for _ in range(CFG["layers"]))
        self.norm, self.drop = RMSNorm(), nn.Dropout(dropout)

    def layers_of(self, ids):
        """What the layers give [sentences, positions, width]; what pads a row at its end is seen by nothing before it."""
        d, n = CFG["width"] // CFG["heads"], ids.shape[1]
        angle = torch.arange(n, dtype=torch.double)[:, None] / CFG["theta"] ** (torch.arange(0, d, 2, dtype=torch.double) / d)
        x = self.embed_tokens(ids)
        cos, sin, mask = angle.cos().to(x), angle.sin().to(x), torch.full((n, n), -math.inf).triu(1).to(x)
        x = self.drop(x)
        for layer in self.layers:
            x = layer(x, cos, sin, mask, self.drop)
            yield x

    def forward(self, ids):
        """Logits [sentences, positions, vocabulary]"""
        *_, x = self.layers_of(ids)
        return self.norm(x) @ self.embed_tokens.weight.T

    def losses(self, rows):
        """-log p of each token but the first of a row."""
        n = max(map(len, rows))
        ids = torch.tensor([r + [EOS] * (n - len(r)) for r in rows])
        want = torch.tensor([r[1:] + [-100] * (n - len(r)) for r in rows])
        real = want.reshape(-1) >= 0
        return F.cross_entropy(self(ids[:, :-1]).flatten(0, 1)[real], want.reshape(-1)[real], reduction="none")


# -------------------------------------------------------------------- export
def name_of(name):
    """Hugging Face's name of a parameter."""
    for part, of in (("self_attn", "qkvo"), ("mlp", ("gate", "up", "down"))):
        for x in of:
            name = name.replace(f".{x}_proj", f".{part}.{x}_proj")
    return "model." + name


def write_safetensors(path, model):
    """All parameters as bfloat16: the upper half of a float32, rounded to nearest, ties to even."""
    head, data = {"__metadata__": {"format": "pt"}}, b""
    for name, p in sorted((name_of(n), p) for n, p in model.named_parameters()):
        x = p.detach().to(torch.bfloat16).view(torch.int16).numpy().astype("<i2").tobytes()
        head[name] = {"dtype": "BF16", "shape": list(p.shape), "data_offsets": [len(data), len(data) + len(x)]}
        data += x
    text = json.dumps(head, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    with open(path + ".tmp", "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)
    os.replace(path + ".tmp", path)


def load(folder):
    with open(f"{folder}/model.safetensors", "rb") as f:
        data = f.read()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    head, model = json.loads(data[8:start]), Model()
    for name, p in model.named_parameters():
        t = head[name_of(name)]
        a, b = t["data_offsets"]
        bits = np.frombuffer(data[start + a:start + b], "<u2").astype("<u4") << 16
        p.data = torch.tensor(bits.view("<f4").reshape(t["shape"]))
    return model.eval()


def write_configs(folder):
    c = CFG
    config = {
        "_name_or_path": "en-lm-tiny", "architectures": ["LlamaForCausalLM"], "attention_bias": False, "attention_dropout": 0.0,
        "bos_token_id": BOS, "eos_token_id": EOS, "hidden_act": "silu", "hidden_size": c["width"], "initializer_range": 0.02,
        "intermediate_size": c["ffn"], "max_position_embeddings": c["positions"], "mlp_bias": False, "model_type": "llama",
        "num_attention_heads": c["heads"], "num_hidden_layers": c["layers"], "num_key_value_heads": c["kv_heads"],
        "pretraining_tp": 1, "rms_norm_eps": c["eps"], "rope_scaling": None, "rope_theta": c["theta"], "tie_word_embeddings": True,
        "torch_dtype": "bfloat16", "transformers_version": "4.44.0", "use_cache": True, "vocab_size": c["vocab"]}
    generation = {"_from_model_config": True, "bos_token_id": BOS, "eos_token_id": EOS, "transformers_version": "4.44.0"}
    special = {"bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>"}
    token = {"add_bos_token": True, "add_eos_token": False, "clean_up_tokenization_spaces": False, "legacy": False,
             "model_max_length": c["positions"], "tokenizer_class": "LlamaTokenizer", **special}
    for name, value in (("config", config), ("generation_config", generation), ("tokenizer_config", token),
                        ("special_tokens_map", special)):
        with open(f"{folder}/{name}.json", "w") as f:
            json.dump(value, f, indent=2)
            f.write("\n")


# ------------------------------------------------------------------ training
def lines(path):
    with open(path, encoding="utf-8") as f:
        return f.read().split("\n")[:-1]


def batches(texts, tokens, rng):
    """Batches of about `tokens` tokens, endlessly, with epoch numbers; rows of about the same length together."""
    epoch = 0
    while True:
        order = sorted(texts, key=lambda t: len(t) + rng.random())
        parts, part, n = [], [], 0
        for t in order:
            part.append(t)
            n += len(t)
            if n >= tokens:
                parts.append(part)
                part, n = [], 0
        rng.shuffle(parts)
        for part in parts:
            yield epoch, part
        epoch += 1


@torch.no_grad()
def loss_of(model, texts):
    """Nats per token, <s> not counted."""
    texts = sorted(texts, key=len)
    total = sum(model.losses(texts[i:i + 50]).sum().item() for i in range(0, len(texts), 50))
    return total / sum(len(t) - 1 for t in texts)


def train(a):
    hour, minute = map(int, a.until.split(":"))
    end = calendar.timegm(time.gmtime()[:3] + (hour, minute, 0))
    torch.manual_seed(1)
    spm = tokenizer(a.out)
    texts, dev = ([encode(spm, x) for x in lines(f"{a.data}/{part}.en")] for part in ("train", "dev"))
    model, log = Model(a.dropout), open(f"{a.out}/train.log", "a", buffering=1)
    say = lambda s: (print(s, flush=True), log.write(s + "\n"))
    matrices = [p for p in model.parameters() if p.dim() > 1]
    vectors = [p for p in model.parameters() if p.dim() == 1]
    opt = torch.optim.AdamW([{"params": matrices, "weight_decay": 0.1}, {"params": vectors, "weight_decay": 0.0}],
                            lr=a.lr, betas=(0.9, 0.95), foreach=True)
    say(f"# {len(texts)} sentences, {sum(len(t) - 1 for t in texts)} tokens, {sum(p.numel() for p in model.parameters())} parameters, "
        f"lr {a.lr}, warmup {a.warmup}, batch {a.tokens}, dropout {a.dropout}")
    start = saved = decay_from = time.time()
    total, run, seen = 0, 0.0, 0
    for step, (epoch, batch) in enumerate(batches(texts, a.tokens, random.Random(1)), 1):
        t = time.time()
        if t >= end:
            break
        if step <= a.warmup:
            lr, decay_from = a.lr * step / a.warmup, t
        else:
            lr = a.lr * (0.05 + 0.95 * (end - t) / (end - decay_from))
        for group in opt.param_groups:
            group["lr"] = lr
        model.train()
        loss = model.losses(batch)
        opt.zero_grad(set_to_none=True)
        loss.mean().backward()
        norm = nn.utils.clip_grad_norm_(model.parameters(), 1.0).item()
        opt.step()
        total, run, seen = total + len(loss), run + loss.sum().item(), seen + len(loss)
        if step % 250 == 0:
            say(f"step {step} epoch {epoch} lr {lr:.2e} loss {run / seen:.4f} gnorm {norm:.2f} "
                f"tokens/s {total / (time.time() - start):.0f} minutes {(time.time() - start) / 60:.1f}")
            run = seen = 0
        if time.time() - saved > 600:
            checkpoint(model.eval(), a.out, dev, say, step)
            saved = time.time()
    checkpoint(model.eval(), a.out, dev, say, step)
    say(f"# done: {step} steps, {total} tokens, epoch {epoch}, {(time.time() - start) / 60:.1f} minutes")


def checkpoint(model, out, dev, say, step):
    say(f"checkpoint at step {step}: dev loss {loss_of(model, dev):.4f} nats/token")
    write_safetensors(f"{out}/model.safetensors", model)


# ---------------------------------------------------------------- evaluation
class KneserNey:
    """Interpolated Kneser-Ney (Chen and Goodman 1999) with one discount, of pieces, up to three in a row."""
    def __init__(self, texts, discount=0.75):
        self.d = discount
        grams = [collections.Counter() for _ in range(3)]
        for t in texts:
            t = [BOS] + t
            grams[2].update(zip(t, t[1:], t[2:]))
        # Below the longest, what counts is after how many different tokens something came.
        for n in (1, 0):
            grams[n].update(g[1:] for g in grams[n + 1])
        self.grams, self.all, self.kinds = grams, [], []
        for g in grams:
            self.all.append(collections.Counter())
            self.kinds.append(collections.Counter())
            for k, c in g.items():
                self.all[-1][k[:-1]] += c
                self.kinds[-1][k[:-1]] += 1

    def p(self, gram):
        if not gram:
            return 1 / CFG["vocab"]
        n, before = len(gram) - 1, gram[:-1]
        if not self.all[n][before]:
            return self.p(gram[1:])
        return (max(self.grams[n][gram] - self.d, 0) + self.d * self.kinds[n][before] * self.p(gram[1:])) / self.all[n][before]

    def loss(self, texts):
        total = sum(-math.log(self.p((a, b, c))) for t in texts for a, b, c in zip([BOS] + t, t, t[1:]))
        return total / sum(len(t) - 1 for t in texts)


def evaluate(a):
    spm, model = tokenizer(a.out), load(a.out)
    texts, test = ([encode(spm, x) for x in lines(f"{a.data}/{part}.en")] for part in ("train", "test"))
    counts = collections.Counter(x for t in texts for x in t[1:])
    among = sum(counts.values()) + CFG["vocab"]
    unigram = -sum(math.log((counts[x] + 1) / among) for t in test for x in t[1:]) / sum(len(t) - 1 for t in test)
    for what, loss in (("unigram", unigram), ("3-gram", KneserNey(texts).loss(test)), ("model", loss_of(model, test))):
        print(f"{what}: {loss:.4f} nats/token, perplexity {math.exp(loss):.1f}")


def reference(a):
    """NPZ: the text, its ids behind <s> but for the last, what each layer gives, and the first 40 logits of each position, named as lrpipe's nodes."""
    model = load(a.data).double()
    ids = torch.tensor([[BOS] + tokenizer(a.data).encode(a.out)[:-1]])  # the last token is only predicted
    with torch.no_grad():
        values = {f"dec.{i}.ffn.add": x[0].numpy() for i, x in enumerate(model.layers_of(ids))}
        values["logits"] = model(ids)[0, :, :40].numpy()
    np.savez_compressed(a.npz, text=a.out, input_ids=ids[0].numpy(), **values)


if __name__ == "__main__":
    ap = argparse.ArgumentParser()
    ap.add_argument("what", choices=["train", "eval", "reference"])
    ap.add_argument("data")
    ap.add_argument("out")
    ap.add_argument("npz", nargs="?")
    ap.add_argument("--until", default="23:59")
    ap.add_argument("--lr", type=float, default=3e-3)
    ap.add_argument("--warmup", type=int, default=300)
    ap.add_argument("--tokens", type=int, default=2000, help="tokens of a batch")
    ap.add_argument("--dropout", type=float, default=0.0)
    a = ap.parse_args()
    if a.what == "train":
        os.makedirs(a.out, exist_ok=True)
        if not os.path.exists(f"{a.out}/tokenizer.model"):
            build_tokenizer(f"{a.data}/train.en", a.out)
        write_configs(a.out)
        train(a)
    else:
        evaluate(a) if a.what == "eval" else reference(a)
