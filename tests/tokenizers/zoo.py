#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""zoo.py OUT: a directory OUT/NAME for each component of tokenizer.json that may stand alone, in a tokenizer which
shows just what it does.

Normalizers, pre-tokenizers and added tokens stand before a model that has a token for each byte and one for each
byte at the end of a word: its ids show the text, and where it was cut. Decoders and post-processors stand after
models of models/ whose tokens give them something to do."""
import itertools
import json
import sys
from pathlib import Path

from strings import SENTENCES, SPECIAL
from train import BYTES, HERE, QWEN, SPACE, added, bpe, byte_level, ids, metaspace, replace, sequence, split, spm, template, tokenizer, write

BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def showing(normalizer=None, pre_tokenizer=None, tokens=()):
    """A tokenizer whose ids show each byte, and whether a word ends there."""
    vocab = ids(BYTES, [b + "</w>" for b in BYTES])
    last = byte_level(use_regex=False)
    cut = sequence("pretokenizers", pre_tokenizer, last) if pre_tokenizer else last
    made = [t for contents, flags in tokens for t in added(vocab, *contents, **flags)]
    model = bpe(ids(BYTES, [b + "</w>" for b in BYTES]), [], end_of_word_suffix="</w>")
    return tokenizer(model, made, normalizer, cut, None, byte_level())


def normalizers():
    def bert(**flags):
        return {"type": "BertNormalizer", **{"clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False, **flags}}
    yield from ((name.lower(), {"type": name}) for name in ("NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Nmt"))
    yield "nfd-strip-accents", sequence("normalizers", {"type": "NFD"}, {"type": "StripAccents"})
    yield "nfkd-lowercase-strip", sequence("normalizers", {"type": "NFKD"}, {"type": "Lowercase"}, {"type": "StripAccents"}, {"type": "Strip", "strip_left": True, "strip_right": True})
    for left, right in ((True, False), (False, True), (True, True)):
        yield f"strip-{'left' * left}{'right' * right}", {"type": "Strip", "strip_left": left, "strip_right": right}
    yield "replace-string", replace(" ", SPACE)
    yield "replace-longer", replace("e", "<e>")
    yield "replace-nothing", replace("ab", "")
    yield "replace-regex", replace(r"\s{2,}|\p{N}+", "_", "Regex")
    yield "replace-regex-meta", replace(".*", "$1\\0", "String")
    yield "replace-look", replace(r"(?<=[a-z])(?=[A-Z])|\n+(?!\S)", "|", "Regex")
    yield "prepend", {"type": "Prepend", "prepend": "\u00e9 "}
    yield "bytes", {"type": "ByteLevel"}
    yield "bert", bert(clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True)
    yield "bert-clean", bert(clean_text=True)
    yield "bert-chinese", bert(handle_chinese_chars=True)
    yield "bert-accents", bert(strip_accents=True)
    yield "bert-lower", bert(lowercase=True)
    yield "bert-lower-accents", bert(strip_accents=None, lowercase=True)
    yield "bert-accents-default", bert(strip_accents=None)
    yield "sequence-empty", sequence("normalizers")
    charsmap = json.loads((HERE / "models/xlm-roberta/tokenizer.json").read_text())["normalizer"]
    yield "charsmap", charsmap
    yield "charsmap-nfd", sequence("normalizers", {"type": "NFD"}, charsmap)
    # SentencePiece's own rules, whole: too large to be kept in models/.
    for rules in ("nmt_nfkc", "nmt_nfkc_cf"):
        _, whole = spm(SENTENCES[:10], "--vocab_size=150", "--hard_vocab_limit=false", f"--normalization_rule_name={rules}")
        yield f"charsmap-{rules.replace('_', '-')}", {"type": "Precompiled", "precompiled_charsmap": whole}


def pre_tokenizers():
    yield from ((name.lower(), {"type": name}) for name in ("Whitespace", "WhitespaceSplit", "BertPreTokenizer"))
    for each in (True, False):
        yield f"digits-{'each' if each else 'runs'}", {"type": "Digits", "individual_digits": each}
    for behavior in BEHAVIORS:
        yield f"punctuation-{behavior.lower()}", {"type": "Punctuation", "behavior": behavior}
        yield f"split-string-{behavior.lower()}", split(" ", behavior, kind="String")
        for invert in (False, True):
            yield f"split-{behavior.lower()}{'-inverted' * invert}", split(r"\p{L}+|\s", behavior, invert)
    yield "split-letters", split("aa", "Isolated", kind="String")
    yield "split-string-inverted", split("b", "Removed", True, kind="String")
    yield "split-meta", split("a.b", "Removed", kind="String")
    yield "split-empty-match", split(r"\d*", "Isolated")
    yield "split-case", split(r"(?i:'s|'t|'re|'ve|'m|'ll|'d|k)", "Isolated")
    yield "split-classes", split(r"[\w']+|\p{Han}|\p{Mn}+|\S\s?|[^\s\d]+", "Isolated")
    yield from ((f"split-regex-{i}", split(regex, "Isolated")) for i, regex in enumerate((r"\b", r"\B", r"\w+", r"\W+", r"[\w]+|[^\s]", r"\p{N}{1,3}+", r"[ae]{,2}", r"(?i)'s|[e-g]{2}|\s{0,2}+", r"\d{1,3}(?=(?:\d{3})*\b)")))
    yield "split-o200k", split(r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
    yield "split-qwen", split(QWEN)
    yield "byte-level", byte_level()
    yield "byte-level-prefix", byte_level(add_prefix_space=True)
    yield "byte-level-prefix-whole", byte_level(add_prefix_space=True, use_regex=False)
    yield "delimiter", {"type": "CharDelimiterSplit", "delimiter": "e"}
    yield "delimiter-wide", {"type": "CharDelimiterSplit", "delimiter": "\u2581"}
    for scheme in ("always", "first", "never"):
        yield f"metaspace-{scheme}", metaspace(scheme)
        yield f"metaspace-{scheme}-whole", metaspace(scheme, cut=False)
    yield "metaspace-other", metaspace(space="_")
    yield "metaspace-old", {"type": "Metaspace", "replacement": SPACE, "add_prefix_space": True}
    yield "sequence-digits-punctuation", sequence("pretokenizers", {"type": "WhitespaceSplit"}, {"type": "Digits", "individual_digits": False}, {"type": "Punctuation", "behavior": "Isolated"}, metaspace("first"))


def added_tokens():
    """Tokens of all flags, special and not, before a normalizer that changes what those with normalized match."""
    flags = ("lstrip", "rstrip", "single_word", "normalized")
    lower = {"type": "Lowercase"}
    for values in itertools.product((False, True), repeat=len(flags)):
        chosen = dict(zip(flags, values))
        name = "-".join(f for f in flags if chosen[f]) or "plain"
        yield f"added-{name}", [(SPECIAL[::2], {"special": True, **chosen}), ([*SPECIAL[1::2], "the", "ab", "Hello"], {"special": False, **chosen})], lower
    # Tokens in one another, of spaces, of capitals, of marks that a normalizer makes or takes.
    some = [(["<s>", "<s><s>", "s>", "  ", " ", "\n", "\r\n", "Hello", "HE", "\u00e9", "e\u0301", "'", "1"], {"special": False, "normalized": False})]
    yield "added-overlapping", some, None
    made = [(["\u00e9", "e", "ab", "<MASK>", "[mask]", "\uff21", "\ufb01"], {"special": False, "normalized": True}), (["<S>"], {"special": True, "normalized": True})]
    for name, normalizer in (("nfd", {"type": "NFD"}), ("nfkc-lower", sequence("normalizers", {"type": "NFKC"}, lower)), ("prepend", sequence("normalizers", {"type": "Prepend", "prepend": SPACE}, replace(" ", SPACE)))):
        yield f"added-{name}", made, normalizer
    yield "added-strip-neighbours", [(["<s>", "</s>"], {"lstrip": True, "rstrip": True}), (["<mask>"], {"lstrip": True}), (["<pad>", "<unk>"], {"rstrip": True})], None


def after():
    """(name, a model's directory, what of it is other)"""
    space, fallback, fuse = replace(SPACE, " "), {"type": "ByteFallback"}, {"type": "Fuse"}
    for base in ("llama2", "bert-cased", "gpt2", "openai-gpt", "xlm-roberta"):
        yield f"decode-none-{base}", base, {"decoder": None}
    for cleanup in (False, True):
        yield f"decode-wordpiece-{'clean' if cleanup else 'plain'}", "bert-cased", {"decoder": {"type": "WordPiece", "prefix": "##", "cleanup": cleanup}}
    yield "decode-wordpiece-prefix", "bert-cased", {"decoder": {"type": "WordPiece", "prefix": "##e", "cleanup": True}}
    yield "decode-bpe", "openai-gpt", {"decoder": {"type": "BPEDecoder", "suffix": "</w>"}}
    yield "decode-bpe-other", "gpt2", {"decoder": {"type": "BPEDecoder", "suffix": "e"}}
    yield "decode-bytes-llama2", "llama2", {"decoder": byte_level()}
    for scheme in ("always", "first", "never"):
        yield f"decode-metaspace-{scheme}", "llama2", {"decoder": metaspace(scheme)}
        yield f"decode-metaspace-{scheme}-first", "llama2-first", {"decoder": metaspace(scheme)}
    yield "decode-metaspace-other", "llama2", {"decoder": metaspace(space="e")}
    yield "decode-fallback", "bytes-apart", {"decoder": fallback}
    yield "decode-fuse", "llama2", {"decoder": fuse}
    yield "decode-strip", "llama2", {"decoder": {"type": "Strip", "content": "e", "start": 1, "stop": 0}}
    yield "decode-strip-end", "llama2", {"decoder": {"type": "Strip", "content": "e", "start": 0, "stop": 1}}
    yield "decode-strip-two", "llama2", {"decoder": sequence("decoders", space, fallback, fuse, {"type": "Strip", "content": " ", "start": 2, "stop": 0})}
    yield "decode-replace-regex", "llama2", {"decoder": sequence("decoders", fuse, replace(f"{SPACE}+", " ", "Regex"))}
    yield "decode-sequence-empty", "llama2", {"decoder": sequence("decoders")}

    vocab = {t["content"]: t["id"] for t in json.loads((HERE / "models/llama3/tokenizer.json").read_text())["added_tokens"]}
    names = list(vocab)
    pair = [names[0], vocab[names[0]]], [names[1], vocab[names[1]]]
    roberta = {"type": "RobertaProcessing", "sep": pair[1], "cls": pair[0], "trim_offsets": True, "add_prefix_space": True}
    several = template(vocab, names[:2], names[2:4])
    several["special_tokens"][names[0]] = {"id": names[0], "ids": [vocab[names[0]], vocab[names[2]]], "tokens": [names[0], names[2]]}
    yield "process-none", "llama3", {"post_processor": None}
    yield "process-bert", "llama3", {"post_processor": {"type": "BertProcessing", "sep": pair[1], "cls": pair[0]}}
    yield "process-roberta", "llama3", {"post_processor": roberta}
    yield "process-several", "llama3", {"post_processor": several}

    yield "model-short-words", "bert-cased", {"model": {"max_input_chars_per_word": 6}}
    yield "model-prefix", "bert-cased", {"model": {"continuing_subword_prefix": "e"}}
    yield "model-unk-other", "bert-cased", {"model": {"unk_token": "[MASK]"}}
    yield "model-no-unk", "llama2", {"model": {"unk_token": None, "byte_fallback": False}}
    yield "model-unk-apart", "llama2", {"model": {"fuse_unk": False, "byte_fallback": False}}
    yield "model-unk-fused", "llama2", {"model": {"fuse_unk": True, "byte_fallback": False}}
    yield "model-ignore-merges", "llama2-first", {"model": {"ignore_merges": True}, "pre_tokenizer": metaspace()}
    yield "model-words-lower", "words", {"normalizer": {"type": "Lowercase"}, "pre_tokenizer": {"type": "WhitespaceSplit"}}


def main(out):
    for name, normalizer in normalizers():
        write(f"normalize-{name}", showing(normalizer=normalizer), out)
    for name, pre_tokenizer in pre_tokenizers():
        write(f"cut-{name}", showing(pre_tokenizer=pre_tokenizer), out)
    for name, tokens, normalizer in added_tokens():
        write(name, showing(normalizer, {"type": "WhitespaceSplit"} if name.endswith(("plain", "lstrip")) else None, tokens), out)
    for name, base, changes in after():
        content = json.loads((HERE / "models" / base / "tokenizer.json").read_text())
        write(name, {**content, **changes, "model": {**content["model"], **changes.get("model", {})}}, out)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(Path(sys.argv[1]))
