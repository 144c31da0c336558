#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Train the small tokenizers of models/, one of each kind as published models have them, on the built-in corpus and a
few lines of other scripts. What counts is that they are of the kind: the vocabularies are small. Needs spm_train."""
import base64
import json
import re
import subprocess
import tempfile
import unicodedata
from collections import Counter
from pathlib import Path

from strings import EMOJI, NUMBERS, SENTENCES

HERE = Path(__file__).resolve().parent
CORPUS = HERE.parents[1] / "examples/en-de"
SPACE = "\u2581"
LLAMA3 = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")


def lines():
    text = [(CORPUS / f).read_text() for f in ("dev.en", "dev.de")]
    return "".join(text).splitlines() + SENTENCES + NUMBERS[:12] + EMOJI[:4]


def words(pattern, text):
    """How often each match of pattern is in the lines."""
    return Counter(w for line in text for w in re.findall(pattern, line))


def byte_alphabet():
    """The letters that byte-level tokenizers write bytes as, by byte."""
    shown = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    others = iter(range(0x100, 0x200))
    return [chr(b) if b in shown else chr(next(others)) for b in range(256)]


BYTES = byte_alphabet()


def as_bytes(word):
    return [BYTES[b] for b in word.encode()]


def train_bpe(counted, count, prefix=""):
    """The count most frequent merges of words, each a list of symbols with how often it is there, and the symbols
    that they make. prefix: what symbols inside of a word begin with, which a merge takes away from its right side."""
    merges = []
    counted = [(list(s), n) for s, n in counted]
    for _ in range(count):
        pairs = Counter()
        for symbols, n in counted:
            for pair in zip(symbols, symbols[1:]):
                pairs[pair] += n
        (a, b), n = min(pairs.items(), key=lambda p: (-p[1], p[0]))
        if n < 2:
            break
        merges.append((a, b))
        for symbols, _ in counted:
            for i in range(len(symbols) - 2, -1, -1):
                if symbols[i:i + 2] == [a, b]:
                    symbols[i:i + 2] = [a + b.removeprefix(prefix)]
    return merges, [a + b.removeprefix(prefix) for a, b in merges]


def ids(*groups):
    """An id for each token of the groups, in their order."""
    return {t: i for i, t in enumerate(dict.fromkeys(t for g in groups for t in g))}


def bpe(vocab, merges, **settings):
    plain = {"dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
             "fuse_unk": False, "byte_fallback": False, "ignore_merges": False}
    return {"type": "BPE", **plain, **settings, "vocab": vocab, "merges": [" ".join(m) for m in merges]}


def sequence(kind, *parts):
    return {"type": "Sequence", kind: list(parts)}


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def replace(pattern, content, kind="String"):
    return {"type": "Replace", "pattern": {kind: pattern}, "content": content}


def byte_level(add_prefix_space=False, trim_offsets=True, use_regex=True):
    return {"type": "ByteLevel", "add_prefix_space": add_prefix_space, "trim_offsets": trim_offsets, "use_regex": use_regex}


def metaspace(scheme="always", space=SPACE, cut=True):
    return {"type": "Metaspace", "replacement": space, "prepend_scheme": scheme, "split": cut}


def template(vocab, first=(), last=()):
    """TemplateProcessing: special tokens before and after the text."""
    def tokens(names):
        return [{"SpecialToken": {"id": t, "type_id": 0}} for t in names]
    a, b = ({"Sequence": {"id": s, "type_id": i}} for i, s in enumerate("AB"))
    special = {t: {"id": t, "ids": [vocab[t]], "tokens": [t]} for t in (*first, *last)}
    return {"type": "TemplateProcessing", "single": tokens(first) + [a] + tokens(last),
            "pair": tokens(first) + [a] + tokens(last) + [b] + tokens(last), "special_tokens": special}


def added(vocab, *contents, special=True, **flags):
    """Added tokens; those that are not in the vocabulary come after it (the last ones are given one by one)."""
    plain = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": not special}
    return [{"id": vocab.setdefault(c, len(vocab)), "content": c, **plain, **flags, "special": special} for c in contents]


def tokenizer(model, tokens, normalizer=None, pre_tokenizer=None, post_processor=None, decoder=None):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": sorted(tokens, key=lambda t: t["id"]), "normalizer": normalizer,
            "pre_tokenizer": pre_tokenizer, "post_processor": post_processor, "decoder": decoder, "model": model}


def write(name, content, out=None, files=None, **config):
    """models/NAME (or out/NAME); files: others than tokenizer.json, which is written unless files has vocab in it."""
    directory = (out or HERE / "models") / name
    directory.mkdir(parents=True, exist_ok=True)
    for file, text in (files or {"tokenizer.json": json.dumps(content, ensure_ascii=False) + "\n"}).items():
        (directory / file).write_text(text)
    (directory / "tokenizer_config.json").write_text(json.dumps({"clean_up_tokenization_spaces": False, **config}, indent=2) + "\n")


# Byte-level BPE ---------------------------------------------------------------------------------------------------

GPT2_WORDS = r" ?[^\W\d_]+| ?\d+| ?[^\s\w]+|\s+"


def byte_level_bpe():
    merges, merged = train_bpe([(as_bytes(w), n) for w, n in words(GPT2_WORDS, lines()).items()], 450)
    alphabet = sorted(BYTES)

    vocab = ids(alphabet, merged)
    tokens = added(vocab, "<|endoftext|>")
    gpt2 = tokenizer(bpe(vocab, merges), tokens, None, byte_level(), byte_level(trim_offsets=False, add_prefix_space=True), byte_level(add_prefix_space=True))
    config = {"tokenizer_class": "GPT2Tokenizer", "add_prefix_space": False, "unk_token": "<|endoftext|>", "bos_token": "<|endoftext|>", "eos_token": "<|endoftext|>"}
    write("gpt2", gpt2, **config)
    files = {"vocab.json": json.dumps(vocab, ensure_ascii=False), "merges.txt": "#version: 0.2\n" + "".join(" ".join(m) + "\n" for m in merges)}
    write("gpt2-files", None, files=files, **config)

    # Whole words that no merge makes: ignore_merges finds them.
    whole = ["".join(as_bytes(w)) for w, _ in words(r" ?[^\W\d_]{5,}", lines()).most_common(60)]
    whole += ["".join(as_bytes(w)) for w in (" \U0001f600", "\u4eca\u5929", "12", "123", " Hello", "\n\n", "   ")]
    vocab = ids(alphabet, merged, whole)
    tokens = added(vocab, "<|begin_of_text|>", "<|end_of_text|>", "<|eot_id|>", "<|start_header_id|>")
    llama3 = tokenizer(bpe(vocab, merges, ignore_merges=True), tokens, None, sequence("pretokenizers", split(LLAMA3), byte_level(use_regex=False)),
                       sequence("processors", byte_level(add_prefix_space=True, trim_offsets=False), template(vocab, ["<|begin_of_text|>"])), byte_level(add_prefix_space=True))
    write("llama3", llama3, tokenizer_class="PreTrainedTokenizerFast", bos_token="<|begin_of_text|>", eos_token="<|end_of_text|>", clean_up_tokenization_spaces=True)

    vocab = ids(alphabet, merged)
    tokens = added(vocab, "<|endoftext|>", "<|im_start|>", "<|im_end|>") + added(vocab, "<think>", "</think>", special=False, normalized=False)
    qwen = tokenizer(bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""), tokens, {"type": "NFC"},
                     sequence("pretokenizers", split(QWEN), byte_level(use_regex=False, trim_offsets=False)), byte_level(trim_offsets=False, use_regex=False),
                     byte_level(trim_offsets=False, use_regex=False))
    qwen["model"]["merges"] = [list(m) for m in merges]
    write("qwen", qwen, tokenizer_class="Qwen2Tokenizer", eos_token="<|im_end|>", pad_token="<|endoftext|>", bos_token=None, unk_token=None, add_prefix_space=False)

    vocab = ids(["<|endoftext|>", "<|padding|>"], alphabet, merged)
    tokens = added(vocab, "<|endoftext|>", "<|padding|>") + added(vocab, "   ", "  ", special=False)
    neox = tokenizer(bpe(vocab, merges), tokens, {"type": "NFC"}, byte_level(), byte_level(add_prefix_space=False), byte_level(add_prefix_space=True))
    write("neox", neox, tokenizer_class="GPTNeoXTokenizer", bos_token="<|endoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>", add_prefix_space=False)

    # Digits alone before the bytes, as code models have it, and o200k's way to say a split (what matches is kept).
    vocab = ids(["<|endoftext|>"], alphabet, merged)
    digits = tokenizer(bpe(vocab, merges), added(vocab, "<|endoftext|>"), None, sequence("pretokenizers", {"type": "Digits", "individual_digits": True}, byte_level()), None, byte_level())
    write("digits", digits, tokenizer_class="GPT2Tokenizer", unk_token="<|endoftext|>", bos_token="<|endoftext|>", eos_token="<|endoftext|>")
    kept = tokenizer(bpe(vocab, merges), added(vocab, "<|endoftext|>"), {"type": "NFKC"}, sequence("pretokenizers", split(LLAMA3, "Removed", True), byte_level(use_regex=False)), None, byte_level())
    write("kept", kept, tokenizer_class="GPT2Tokenizer", unk_token="<|endoftext|>", bos_token="<|endoftext|>", eos_token="<|endoftext|>")

    start = ["<s>", "<pad>", "</s>", "<unk>"]
    vocab = ids(start, alphabet, merged)
    tokens = added(vocab, *start, normalized=True) + added(vocab, "<mask>", lstrip=True)
    for name, prefix in (("roberta", False), ("roberta-prefix", True)):
        processor = {"type": "RobertaProcessing", "sep": ["</s>", vocab["</s>"]], "cls": ["<s>", vocab["<s>"]], "trim_offsets": not prefix, "add_prefix_space": prefix}
        roberta = tokenizer(bpe(vocab, merges, continuing_subword_prefix="", end_of_word_suffix=""), tokens, None, byte_level(add_prefix_space=prefix), processor, byte_level(add_prefix_space=True))
        write(name, roberta, tokenizer_class="RobertaTokenizer", add_prefix_space=prefix, bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>",
              pad_token="<pad>", unk_token="<unk>", mask_token={"__type": "AddedToken", "content": "<mask>", "lstrip": True, "rstrip": False, "single_word": False, "normalized": False})


# BPE of characters ------------------------------------------------------------------------------------------------

def byte_pieces(missing=()):
    return [f"<0x{b:02X}>" for b in range(256) if b not in missing]


def character_bpe():
    text = [SPACE + line.replace(" ", SPACE) for line in lines()]
    spaced = words(SPACE + "+[^" + SPACE + "]*", text)
    merges, merged = train_bpe([(w, n) for w, n in spaced.items()], 400)
    merges += [(SPACE * n, SPACE * n) for n in (1, 2, 4)]
    merged += [SPACE * n for n in (2, 4, 8)]
    letters = [c for c, n in Counter("".join(text)).most_common() if n > 2 and ord(c) < 0x500 or c == SPACE]
    start = ["<unk>", "<s>", "</s>"]
    vocab = ids(start, byte_pieces(), merged, letters)
    model = bpe(vocab, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True)
    decoders = [replace(SPACE, " "), {"type": "ByteFallback"}, {"type": "Fuse"}]
    strip = {"type": "Strip", "content": " ", "start": 1, "stop": 0}
    config = {"tokenizer_class": "LlamaTokenizer", "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>", "add_bos_token": True, "add_eos_token": False}
    llama2 = tokenizer(model, added(vocab, *start), sequence("normalizers", {"type": "Prepend", "prepend": SPACE}, replace(" ", SPACE)), None,
                       template(vocab, ["<s>"]), sequence("decoders", *decoders, strip))
    write("llama2", llama2, legacy=True, **config)
    first = tokenizer(model, added(vocab, *start), None, metaspace("first", cut=False), template(vocab, ["<s>"]), sequence("decoders", *decoders, strip))
    write("llama2-first", first, legacy=False, **config)

    # Phi-3: tokens that strip what follows them.
    tokens = added(vocab, "<unk>", "<s>") + added(vocab, "</s>", rstrip=True) + added(vocab, "<|im_start|>", "<|im_end|>", "<mask>", rstrip=True)
    phi3 = tokenizer({**model, "vocab": dict(vocab)}, tokens, llama2["normalizer"], None, template(vocab, ["<s>"]), llama2["decoder"])
    write("phi3", phi3, legacy=False, **config)

    start = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>", "<start_of_turn>", "<end_of_turn>"]
    vocab = ids(start, ["\n", "\n\n"], byte_pieces(), merged, letters)
    tokens = added(vocab, *start) + added(vocab, "\n\n", special=False, normalized=False)
    gemma = tokenizer({**model, "vocab": vocab}, tokens, replace(" ", SPACE), split(" ", "MergedWithPrevious", kind="String"), template(vocab, ["<bos>"]), sequence("decoders", *decoders))
    write("gemma", gemma, tokenizer_class="GemmaTokenizer", bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", unk_token="<unk>", add_bos_token=True, add_eos_token=False)

    # A vocabulary that lacks some bytes: a character with one of those is unknown, alone or fused with its neighbours.
    for name, fuse in (("bytes-fused", True), ("bytes-apart", False)):
        vocab = ids(["<unk>", "<s>", "</s>"], byte_pieces(missing=(0x00, 0xE4, 0xF0)), merged, letters)
        few = tokenizer({**model, "vocab": vocab, "fuse_unk": fuse}, added(vocab, "<unk>", "<s>", "</s>"), llama2["normalizer"], None, template(vocab, last=["</s>"]), llama2["decoder"])
        write(name, few, legacy=True, **{**config, "add_bos_token": False, "add_eos_token": True})

    # OpenAI's GPT: a mark at the end of words, on BERT's words; and the mark inside of words that few have.
    lower = words(r"\w+|[^\w\s]", [line.lower() for line in lines()])
    ended = [([*w[:-1], w[-1] + "</w>"], n) for w, n in lower.items()]
    merges, merged = train_bpe(ended, 400)
    letters = sorted({c for w, _ in ended for c in w if ord(c[0]) < 0x500})
    merges = [m for m in merges if all(set(p.replace("</w>", "")) <= set("".join(letters)) for p in m)]
    vocab = ids(["<unk>"], letters, [a + b for a, b in merges])
    gpt = tokenizer(bpe(vocab, merges, unk_token="<unk>", end_of_word_suffix="</w>"), added(vocab, "<unk>"),
                    {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
                    {"type": "BertPreTokenizer"}, None, {"type": "BPEDecoder", "suffix": "</w>"})
    write("openai-gpt", gpt, tokenizer_class="OpenAIGPTTokenizer", unk_token="<unk>", do_lower_case=True)
    clip_words = [([*as_bytes(w)[:-1], as_bytes(w)[-1] + "</w>"], n) for w, n in lower.items()]
    merges, merged = train_bpe(clip_words, 300)
    vocab = ids(sorted(BYTES), [b + "</w>" for b in sorted(BYTES)], merged, ["<|startoftext|>", "<|endoftext|>"])
    pattern = r"<\|startoftext\|>|<\|endoftext\|>|'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+"
    clip = tokenizer(bpe(vocab, merges, unk_token="<|endoftext|>", end_of_word_suffix="</w>", continuing_subword_prefix=""), added(vocab, "<|startoftext|>", "<|endoftext|>"),
                     sequence("normalizers", {"type": "NFC"}, replace(r"\s+", " ", "Regex"), {"type": "Lowercase"}),
                     sequence("pretokenizers", split(pattern, "Removed", True), byte_level()),
                     {"type": "RobertaProcessing", "sep": ["<|endoftext|>", vocab["<|endoftext|>"]], "cls": ["<|startoftext|>", vocab["<|startoftext|>"]], "trim_offsets": False, "add_prefix_space": False},
                     byte_level(add_prefix_space=True))
    write("clip", clip, tokenizer_class="CLIPTokenizer", bos_token="<|startoftext|>", eos_token="<|endoftext|>", unk_token="<|endoftext|>", pad_token="<|endoftext|>")
    inside = [([w[0], *("##" + c for c in w[1:])], n) for w, n in lower.items() if max(map(ord, w)) < 0x500]
    merges, merged = train_bpe(inside, 300, "##")
    vocab = ids(["[UNK]"], sorted({s for w, _ in inside for s in w}), merged)
    marked = tokenizer(bpe(vocab, merges, unk_token="[UNK]", continuing_subword_prefix="##", fuse_unk=True), added(vocab, "[UNK]"), {"type": "Lowercase"},
                       {"type": "Whitespace"}, None, {"type": "WordPiece", "prefix": "##", "cleanup": False})
    write("bpe-inside", marked, tokenizer_class="PreTrainedTokenizerFast", unk_token="[UNK]")


# WordPiece, and a word a token --------------------------------------------------------------------------------------

def word_piece():
    special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    config = {"tokenizer_class": "BertTokenizer", "unk_token": "[UNK]", "sep_token": "[SEP]", "pad_token": "[PAD]", "cls_token": "[CLS]", "mask_token": "[MASK]", "tokenize_chinese_chars": True, "strip_accents": None}
    for name, cased in (("bert-uncased", False), ("bert-cased", True)):
        text = lines() if cased else ["".join(c for c in unicodedata.normalize("NFD", line.lower()) if unicodedata.category(c) != "Mn") for line in lines()]
        found = words(r"\w+|[^\w\s]", text)
        letters = sorted({c for w in found for c in w})
        whole = [w for w, n in found.most_common() if len(w) > 1 and n > 2]
        ends = Counter(w[i:] for w, n in found.items() for i in range(1, len(w) - 1) if len(w) - i < 5 for _ in range(n))
        vocab = ids(special, letters, ["##" + c for c in letters if c.isalnum()], whole, ["##" + e for e, _ in ends.most_common(250)])
        normalizer = {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": not cased}
        processor = {"type": "BertProcessing", "sep": ["[SEP]", vocab["[SEP]"]], "cls": ["[CLS]", vocab["[CLS]"]]} if cased else template(vocab, ["[CLS]"], ["[SEP]"])
        model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab}
        content = tokenizer(model, added(vocab, *special), normalizer, {"type": "BertPreTokenizer"}, processor, {"type": "WordPiece", "prefix": "##", "cleanup": not cased})
        write(name, content, do_lower_case=not cased, **config)
        if not cased:
            write(name + "-files", None, files={"vocab.txt": "".join(t + "\n" for t in vocab)}, do_lower_case=True, **config)

    found = words(r"\w+|[^\w\s]", lines())
    vocab = ids(["[UNK]", "[PAD]"], [w for w, _ in found.most_common(600)])
    content = tokenizer({"type": "WordLevel", "vocab": vocab, "unk_token": "[UNK]"}, added(vocab, "[UNK]", "[PAD]"), {"type": "NFC"}, {"type": "Whitespace"})
    write("words", content, tokenizer_class="PreTrainedTokenizerFast", unk_token="[UNK]", pad_token="[PAD]")


# Unigram ------------------------------------------------------------------------------------------------------------

def fields(message):
    """(number, value) of each field of a protocol buffer's message; numbers of 32 bits as bytes."""
    at = 0

    def varint():
        nonlocal at
        value = shift = 0
        while True:
            byte = message[at]
            at += 1
            value |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                return value

    while at < len(message):
        key = varint()
        size = {0: None, 1: 8, 2: 0, 5: 4}[key & 7]
        if size is None:
            yield key >> 3, varint()
            continue
        size = size or varint()
        yield key >> 3, message[at:at + size]
        at += size


def spm(text, *options):
    """The pieces with their scores, and the charsmap in base 64, of a SentencePiece model trained on text."""
    import struct
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "text").write_text("\n".join(text) + "\n")
        subprocess.run(["spm_train", f"--input={folder}/text", f"--model_prefix={folder}/m", "--minloglevel=2", "--num_threads=1", *options], check=True, capture_output=True)
        model = list(fields((Path(folder) / "m.model").read_bytes()))
    pieces = [dict(fields(value)) for number, value in model if number == 1]
    (normalizer,) = [dict(fields(value)) for number, value in model if number == 3]
    return [[p[1].decode(), struct.unpack("<f", p[2])[0]] for p in pieces], base64.b64encode(normalizer.get(2, b"")).decode()


def rules():
    """Some of nmt_nfkc's rules, in spm_train's format: what has one character, and what has two and composes."""
    points = [*range(0xA0, 0x180), *range(0x1C4, 0x1CD), *range(0x2000, 0x2070), 0x3000, *range(0xFB00, 0xFB07), *range(0xFF01, 0xFF20), *range(0xFF41, 0xFF48), 0xFF76, 0xFF9E, *range(0x2460, 0x2466), 0x338F, 0x33A1, 0x2122, 0xFDFA, 0xE33]
    table = {chr(c): unicodedata.normalize("NFKC", chr(c)) for c in points}
    table = {k: v for k, v in table.items() if k != v and unicodedata.category(k) != "Cn"}
    for c in ("\t", "\n", "\r", "\u00a0", "\u2028", "\u2029", "\u200b", "\u3000", "\ufeff"):
        table[c] = " "
    for c in [*range(1, 9), *range(0xE, 0x20), 0x7F, 0xAD, 0x200E, 0x200F]:
        table[chr(c)] = ""
    for letter in "aeiouAEOUncs":
        for mark in "\u0300\u0301\u0302\u0303\u0308\u030a\u0327\u0323":
            if len(both := unicodedata.normalize("NFC", letter + mark)) == 1:
                table[letter + mark] = both
    table["o\u0302\u0323"] = table["o\u0323\u0302"] = "\u1ed9"
    table["\uff76\uff9e"] = "\u30ac"

    def code(s):
        return " ".join(f"{ord(c):X}" for c in s)
    return "".join(f"{code(k)}\t{code(v)}\n" for k, v in sorted(table.items()))


def unigram(pieces, **settings):
    return {"type": "Unigram", "unk_id": [p for p, _ in pieces].index("<unk>"), "vocab": [[p, round(s, 6)] for p, s in pieces], "byte_fallback": False, **settings}


def unigrams():
    text = lines()
    with tempfile.NamedTemporaryFile("w", suffix=".tsv") as file:
        file.write(rules())
        file.flush()
        pieces, charsmap = spm(text, "--model_type=unigram", "--vocab_size=600", f"--normalization_rule_tsv={file.name}", "--character_coverage=0.98")
    pieces = pieces[3:]
    precompiled = {"type": "Precompiled", "precompiled_charsmap": charsmap}

    fairseq = [["<s>", 0.0], ["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], *pieces]
    vocab = ids([p for p, _ in fairseq])
    vocab["<mask>"] = len(fairseq)
    fairseq.append(["<mask>", 0.0])
    tokens = added(vocab, "<s>", "<pad>", "</s>", "<unk>") + added(vocab, "<mask>", lstrip=True)
    xlmr = tokenizer(unigram(fairseq), tokens, precompiled, sequence("pretokenizers", {"type": "WhitespaceSplit"}, metaspace()), template(vocab, ["<s>"], ["</s>"]), metaspace())
    write("xlm-roberta", xlmr, tokenizer_class="XLMRobertaTokenizer", bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>")

    # NLLB: the language in front, tokens for languages after the vocabulary, runs of spaces to one.
    tokens = added(vocab, "<s>", "<pad>", "</s>", "<unk>") + added(vocab, "eng_Latn", "deu_Latn") + added(vocab, "<mask>", lstrip=True, normalized=True)
    nllb = tokenizer(unigram(fairseq), tokens, sequence("normalizers", precompiled, replace(" {2,}", " ", "Regex")), metaspace(), template(vocab, ["eng_Latn"], ["</s>"]), metaspace())
    write("nllb", nllb, tokenizer_class="NllbTokenizer", bos_token="<s>", eos_token="</s>", sep_token="</s>", cls_token="<s>", unk_token="<unk>", pad_token="<pad>", mask_token="<mask>", src_lang="eng_Latn", tgt_lang=None)

    plain = [["<pad>", 0.0], ["</s>", 0.0], ["<unk>", 0.0], *pieces]
    vocab = ids([p for p, _ in plain])
    tokens = added(vocab, "<pad>", "</s>", "<unk>") + added(vocab, *(f"<extra_id_{i}>" for i in range(3)), lstrip=False)
    t5 = tokenizer(unigram(plain), tokens, sequence("normalizers", precompiled, {"type": "Strip", "strip_left": False, "strip_right": True}, replace(" {2,}", SPACE, "Regex")), metaspace("first"), template(vocab, last=["</s>"]), metaspace())
    write("t5", t5, tokenizer_class="T5Tokenizer", eos_token="</s>", unk_token="<unk>", pad_token="<pad>", extra_ids=3)

    start = ["<pad>", "<unk>", "[CLS]", "[SEP]", "[MASK]"]
    albert = [*([t, 0.0] for t in start), *pieces]
    vocab = ids([p for p, _ in albert])
    tokens = added(vocab, "<pad>", "<unk>", "[CLS]", "[SEP]") + added(vocab, "[MASK]", lstrip=True)
    content = tokenizer(unigram(albert), tokens, sequence("normalizers", replace("``", '"'), replace("''", '"'), {"type": "NFKD"}, {"type": "StripAccents"}, {"type": "Lowercase"}, precompiled, replace(" {2,}", " ", "Regex")),
                        metaspace(), template(vocab, ["[CLS]"], ["[SEP]"]), metaspace())
    write("albert", content, tokenizer_class="AlbertTokenizer", cls_token="[CLS]", sep_token="[SEP]", unk_token="<unk>", pad_token="<pad>", mask_token="[MASK]", do_lower_case=True)

    fallback = [["<unk>", 0.0], ["<s>", 0.0], ["</s>", 0.0], *([b, 0.0] for b in byte_pieces()), *pieces]
    vocab = ids([p for p, _ in fallback])
    content = tokenizer(unigram(fallback, byte_fallback=True), added(vocab, "<unk>", "<s>", "</s>"), sequence("normalizers", {"type": "Prepend", "prepend": SPACE}, replace(" ", SPACE)), None, template(vocab, ["<s>"]),
                        sequence("decoders", replace(SPACE, " "), {"type": "ByteFallback"}, {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0}))
    write("unigram-bytes", content, tokenizer_class="PreTrainedTokenizerFast", bos_token="<s>", eos_token="</s>", unk_token="<unk>")


if __name__ == "__main__":
    byte_level_bpe()
    character_bpe()
    word_piece()
    unigrams()
