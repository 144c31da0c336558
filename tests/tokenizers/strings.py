#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Write strings.json: awkward strings for tokenisers, one a line. Run it after a change here, then record again."""
import json
import random
import sys
from pathlib import Path

# What the tokenizers under test treat as tokens of their own, or as marks inside of pieces.
SPECIAL = ["<s>", "</s>", "<unk>", "<pad>", "<mask>", "[CLS]", "[SEP]", "[MASK]", "[UNK]", "<|endoftext|>",
           "<|im_start|>", "<|im_end|>", "<|begin_of_text|>", "<|eot_id|>", "<bos>", "<eos>", "<start_of_turn>",
           "<extra_id_0>", "<0x0A>", "<0xF0>", "\u2581", "##", "\u0120", "@@", "</w>", "<think>"]

SENTENCES = [
    "The quick brown fox jumps over the lazy dog.",
    "Heute ist ein schöner Tag, und die Sonne scheint über Köln.",
    "Où est la bibliothèque ? Elle est à côté de l'école.",
    "¿Dónde está el niño? ¡Mañana será otro día!",
    "Perché no? È già così.",
    "Não há nada melhor do que o pão de queijo.",
    "Szybki brązowy lis skacze nad leniwym psem.",
    "Příliš žluťoučký kůň úpěl ďábelské ódy.",
    "Árvíztűrő tükörfúrógép.",
    "Съешь же ещё этих мягких французских булок, да выпей чаю.",
    "Γειά σου Κόσμε, ΟΔΥΣΣΕΥΣ και Οδυσσεύς.",
    "Pijamalı hasta yağız şoföre çabucak güvendi. İSTANBUL ILIK ısı",
    "Trăm năm trong cõi người ta, chữ tài chữ mệnh khéo là ghét nhau.",
    "אני אוהב ללמוד שפות חדשות, שָׁלוֹם!",
    "أنا أحب القراءة كثيرًا. السَّلامُ عليكم؟",
    "मैं हिंदी बोलता हूँ और क्षत्रिय हूँ।",
    "আমি বাংলায় গান গাই।",
    "நான் தமிழ் பேசுகிறேன்.",
    "ฉันรักภาษาไทยมากที่สุดในโลก",
    "今天天气很好,我们去公园散步吧。你好!世界",
    "今日はとても良い天気ですね。カタカナとひらがな、漢字。",
    "안녕하세요 세계, 오늘 날씨가 좋네요.",
    "მე მიყვარს ქართული ენა.",
    "Ես սիրում եմ հայերեն։",
    "ሰላም ለዓለም፣ እንደምን ነህ?",
    "ខ្ញុំស្រឡាញ់ភាសាខ្មែរ",
    "ကျွန်တော် မြန်မာစကားပြောတယ်။",
    "བོད་སྐད་ཤེས་ཀྱི་མེད།",
]

SPACES = [" ", "  ", "   ", "\t", "\n", "\r", "\r\n", "\n\n", "\n\n\n", " \n", "\n ", "\t\t", " \t ", "\v", "\f", "\u00a0", "\u0085", "\u1680",
          "\u180e", "\u2000", "\u2003", "\u2009", "\u200a", "\u200b", "\u2028", "\u2029", "\u202f", "\u205f", "\u2060", "\u3000", "\ufeff",
          "\u001c", "\u001d", "\u001e", "\u001f"]

CODE = [
    "def f(x, *, y=None):\n    \"\"\"Doc.\"\"\"\n    return [i ** 2 for i in range(x) if i % 2 == 0]\n",
    "if __name__ == '__main__':\n\tsys.exit(main(sys.argv[1:]))",
    "#include <stdio.h>\n\nint main(void)\n{\n\tprintf(\"%d\\n\", 42);\n\treturn 0;\n}\n",
    "for (int i = 0; i < n; i++) a[i] += b[i] << 2 & 0xFF;",
    "{\"key\": [1, 2.5, -3e-10, true, null], \"nested\": {\"a\": \"b\\u00e9\"}}",
    "find . -name '*.c' -print0 | xargs -0 grep -n \"foo\\|bar\" >out 2>&1 && echo $? || exit 1",
    "^(?:[a-z0-9!#$%&'*+/=?^_`{|}~-]+)@(?:[a-z]{2,})$",
    "\\begin{equation} \\frac{\\partial L}{\\partial w_{ij}} = \\sum_{k=1}^{n} x_k^2 \\end{equation}",
    "https://example.org:8080/path/to/file.html?query=1&lang=de#frag%20ment",
    "first.last+tag@sub.example.co.uk, C:\\Windows\\System32\\drivers",
    "<div class=\"a b\">&nbsp;&amp;&#8364;</div><!-- comment -->",
    "SELECT * FROM t WHERE a <> 'b''c' AND d IS NOT NULL; -- end",
    "| a | b |\n|---|:-:|\n| 1 | `x` |\n\n- [ ] **bold** _it_ ~~no~~\n1. one\n2. two\n",
    "```python\nprint('hi')\n```\n> quote\n\n---\n# Title\n## Sub\n",
    "camelCaseString snake_case_string SCREAMING_CASE kebab-case-string HTTPServer2XML",
    "a=b;c+=d--;e!==f===g=>h->i::j<<=k>>>l??m?.n...o",
    "@decorator #hashtag $variable %percent ^caret &amp *star ~tilde `tick`",
    "lambda x: (x[0], -x[1])  # comment    with    spaces",
    "                deep indentation\n        less\n    \n\n\n  two",
    "\t\t\ttabs\n\t\tfewer\n\t\n",
    "0x1F 0b1010 0o17 1_000_000 1e-5 .5 5. 1..2 3.14159",
]

CONTRACTIONS = ["I'm you're he's we've they'll I'd can't won't", "I'M YOU'RE HE'S WE'VE THEY'LL I'D CAN'T", "it\u2019s don\u2019t we\u2019ll",
                "'s 't 're 've 'm 'll 'd", "'S'T'RE'VE'M'LL'D", "'\u017f '\u017fa x'\u017f", "'S 'LL 'Ll 'lL", "rock 'n' roll '90s", "o'clock O'Neil's",
                "l'\u00e9t\u00e9 aujourd'hui", "dogs' ''quoted'' 'single'", "n't do n't did n't ' s 's . , ? !", "Hello , world ! How are you ? I ' m fine .",
                "a .b , c ! d ?e we 're I 've he 's I 'm", "'\u212a K\u212a \u212b"]

NUMBERS = ["0", "7", "12", "123", "1234", "12345", "123456", "1234567", "1234567890123", "1,234,567.89", "1.234.567,89", "1 234 567", "12'345", "-42", "+1",
           "3.14", "1e10", "2024-01-31T23:59:59Z", "12:34", "50%", "$19.99", "\u20ac5", "\u00a35", "1st 2nd 3rd", "v1.2.3-rc4", "192.168.0.1", "x1y22z333",
           "\u0661\u0662\u0663\u0664\u0665", "\u06f1\u06f2\u06f3", "\u0967\u0968\u0969\u096a", "\uff11\uff12\uff13\uff14", "x\u00b2+y\u00b3", "\u2070\u2071\u2074\u2079", "\u2082\u2083",
           "\u2160\u2161\u2162 \u2170\u217b", "\u00bd \u00be \u2153", "1\u20442", "\u2460\u2461\u2473\u24ea", "\u3007\u4e00\u4e8c\u4e09", "\U0001d7ce\U0001d7cf\U0001d7d0", "1" * 30, "9" * 101,
           "1a2b3c4d", "\u0e51\u0e52\u0e53", "\u1369\u136a\u136b", "10\u2212 3\u00d74\u00f75", "\u2189 \u09f4 \u0bf0"]

EMOJI = ["\U0001f600", "\U0001f600\U0001f603\U0001f604", "hi \U0001f44b\U0001f3fd!", "\U0001f468\u200d\U0001f469\u200d\U0001f467\u200d\U0001f466",
         "\U0001f3f3\ufe0f\u200d\U0001f308", "\U0001f1e9\U0001f1ea\U0001f1eb\U0001f1f7", "\U0001f1e9", "\u2764\ufe0f \u2764 \u2764\ufe0e", "1\ufe0f\u20e3 #\ufe0f\u20e3",
         "\U0001f9d1\U0001f3ff\u200d\U0001f52c", "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f", "\u2600\u2601\u260e\u263a\ufe0f",
         "a\U0001f600b \U0001f600 c", "\U0001f469\U0001f3fb\u200d\u2764\ufe0f\u200d\U0001f48b\u200d\U0001f468\U0001f3fe", "\U0001fae0\U0001fae8\U0001fa77", "\u00a9\ufe0f\u00ae\u2122",
         "\U0001f3fd", "\u200d", "\ufe0f"]

MARKS = ["e\u0301", "\u00e9", "caf\u00e9 cafe\u0301", "A\u030a\u00c5\u212b", "o\u0302\u0323 o\u0323\u0302 \u1ed9", "Z\u0351\u036b\u0343\u036a\u0302\u036b\u033d\u034f\u0334\u0319\u0324A\u0337\u0303L\u0362G\u0321O\u031d",
         "\u0301", "\u0301\u0301a", " \u0301", "a" + "\u0308" * 60, "\u1e9b\u0323 \ufb2c", "\u1100\u1161\u11a8 \uac01 \uac00\u11a8", "\u304b\u3099 \u304c \uff76\uff9e", "\u0928\u093c \u0929", "n\u0303o \u00f1o",
         "\u0344 \u0340 \u0341", "\u2126 \u03a9 \u00b5 \u03bc", "\U0001d15e\U0001d165\U0001d16f", "\u0f43 \u0f73 \u0f75", "i\u0307\u0301 \u012f\u0307", "\ufb1d\ufb2a\ufb4f", "\u0c15\u0c4d\u0c37 \u0d15\u0d4d\u200c",
         "\u0e33 \u0eb3 \u0e40\u0e01\u0e4a\u0e32\u0e30", "x\u20dd \u20e3 \u20d7", "\u093f \u093f\u0915", "\u0903a \u0488"]

COMPATIBLE = ["\ufb01nd \ufb02ow \ufb03 \ufb06", "\u2460\u2461 \u3392 \u338e \u33a5", "\u33a1 \u339e \u3300 \u337f", "\uff76\uff9e\uff77\uff9f\uff71 \uff61\uff62\uff63", "\uff21\uff22\uff23 \uff41\uff42\uff43\uff01\uff1f",
              "\u2026 \u2025 \u2024", "\u2122 \u2120 \u2103 \u2109 \u2116 \u2121", "\u01c4 \u01c5 \u01c6 \u01f1", "\u0132 \u0133 \u0149", "\u2100 \u2105 \u2106", "\u210c \u2102 \u2124 \U0001d504\U0001d538\U0001d7d8",
              "\u3231 \u3220 \u32c0 \u3358", "\u00aa \u00ba \u02b0 \u1d2c", "\u00a8 \u00af \u00b4 \u00b8", "\ufdfa \ufdfb \ufe70 \ufef7", "\uff5e \u301c ~ \u223c \u02dc", "\u2010 \u2011 \u2012 \u2013 \u2014 \u2015 \u2212 - \u00ad \uff0d",
              "\u201cquoted\u201d \u2018single\u2019 \u00abguillemets\u00bb \u201elow\u201c \u2039a\u203a", "\u0130 \u0131 I i \u0130stanbul \u0130\u0307", "\u1e9e \u00df STRASSE Stra\u00dfe STRA\u1e9eE", "\u03a3 \u03c3 \u03c2 \u039f\u0394\u039f\u03a3 \u039f\u03a3\u0391 \u03a3\u03a3 A\u03a3.",
              "\u017f \u017ft \ufb05", "\u0149 \u01f0 \u0390 \u1f80 \u1fb3 \u1fbc", "\u2c2f \ua7ae \u10a0 \u13a0 \uab70", "\u1c90 \u10d0 \u01c5 \u1f88", "\U00010400\U00010428 \U0001e900\U0001e922", "\u3000\u3001\u3002\u300c\u300d\u30fb\uff65",
              "\uf900 \uf929 \U0002f800 \u2f00 \u2e80", "\u1fef \u2000 \u2001 \u037e ; \u0387", "\u3164 \uffa0 \u115f", "\u2474 \u249c \u24b6 \u24d0", "\u2a74 \u2a75 \u2a76 \u220c \u2260", "\u3251 \u1f100 \U0001f100 \U0001f130 \U0001f190 \U0001f200"]

BIDI = ["\u200fabc\u200e", "\u202aabc\u202c \u202babc\u202c \u202eabc\u202c", "\u2066a\u2067b\u2068c\u2069", "\u061c\u0627", "abc \u05d0\u05d1\u05d2 123 def", "(\u05d0\u05d1) [\u0627\u0628]", "\u0640\u0640\u0640 \u0644\u0627 \ufefb",
        "\u0627\u0650\u0644\u0652\u062d\u064e\u0645\u0652\u062f\u064f", "\u05b0\u05d0 \u05be \u05c3", "\u0600\u0601 \u06dd\u0661"]

CONTROL = ["\0", "a\0b", "\0\0\0", " \0 ", "\u0001\u0002\u0003", "\u0007\u0008", "\u001b[31mred\u001b[0m", "\u007f", "a\u007fb", "\u0080\u0081\u009f", "\ufffd", "a\ufffdb\ufffd\ufffd", "\ufffc \ufff9\ufffa\ufffb", "\ufffe\uffff",
           "\U0001fffe", "\U0010ffff", "\U0010fffd \ue000 \uf8ff \U000f0000", "\u0378 \u0379 \u05ff", "\u2065 \ufdd0", "\U000e0001\U000e0020", "\u00ad soft\u00adhyphen", "\u034f \u180b \u180e \u17b4", "\u2061\u2062\u2063", "\ufeff", "\ufeffabc",
           "a\ufeffb", "abc\ufeff", "\ufeff\ufeff <s>", "\u206a\u206f", "\U0001d173", "\ud7b0\ud7cb \ud7ff", "\u2fff \u31ef"]

MIXED = ["Hello, y'all! How are you \U0001f601 ?", "hello世界мир🌍שלום", "abc漢字kana かな123", "日本語とEnglishの混在text", "naïve Ångström façade coöperate", "ABCdefGHI", "aBcDeFgH", "ALL CAPS SENTENCE HERE",
         "Title Case Words Here", "word" * 40, "ab " * 100, "x", "Ünïcödé ÀÉÎÕÜ ßẞ ŁÓDŹ ØRE", "foo.bar,baz;qux:quux!corge?grault", "...---...", "!!!", "?!?!", "(((((", "])}>", "\"\"\"", "''''", "--", "----", "=" * 50, "*" * 9, "___a___",
         "\\n\\t\\\\", "a/b\\c|d", "<<>>", "<a><b>", "[[x]]", "{{y}}", "$$", "a-b-c", "a - b", "a -b", "a- b", "€uro ¥en £b ₿", "∀x∈ℝ: ⌈x⌉ = −⌊−x⌋", "→ ⇒ ↔ ∞ ≠ ≤ ½", "♠♣♥♦ ♔♕ ▁▂▃ ░▒▓ ┌─┐", "«»„“”‚‘’", "‰ † ‡ • ‣ §¶",
         "Mr. Smith's co. isn't U.S.A.-based.", "e.g. i.e. etc.", "3M 4K 5G", "H₂O CO₂ E=mc²", "10km/h 5°C", "C++ C# F# .NET", "AT&T R&D", "#1 @me", "test\u200btest", "zero\u200cwidth\u200dnon\u2060break", "no\u00a0break\u00a0space",
         "tab\tseparated\tvalues", "line1\nline2\r\nline3\rline4", "para\n\n\npara", "trail   \n   lead", "\n\n\n\nabc", "abc\n\n\n\n", " \n \n ", "a\u2028b\u2029c\u0085d", "  x  y  ", "a\u3000b\u3000\u3000c", "a\u2003b",
         "ABC\u1680DEF", "a\u180eb", "\u4e00", "\u4e00\u4e01\u4e02\u4e03", "\u3400\u4dbf \U00020000\U0002a6df \U0002b740", "\u30fb\u30fc\u3005\u3006\u3007", "\uac00\ud7a3", "ㄱㄴㄷ ㅏㅑ", "\u0e01\u0e33", "ก็ ที่ ปี่", "क्ष ज्ञ त्र श्र", "ไทยEnglish",
         "zażółć gęślą jaźń", "Đặng Thị Hồng", "ŒUVRE œuvre Æsir æ", "ĳsvogel", "ǅ ǈ", "ꙮ ᚠᚢᚦ 𐌰𐌱𐌲 𓀀𓀁", "𝒜𝓃𝒹 𝔣𝔯𝔞𝔨", "ｆｕｌｌ　ｗｉｄｔｈ", "ﾊﾝｶｸ ｶﾀｶﾅ", "ᏣᎳᎩ", "ꓡꓲꓢ", "ߒߞߏ", "ⴰⵎⴰⵣⵉⵖ"]


def blocks():
    """A character of each of many blocks."""
    return [chr(c) for c in (0x21, 0x27, 0x41, 0x7A, 0xA1, 0xAD, 0xB7, 0xD7, 0xF7, 0xFF, 0x100, 0x17F, 0x1C5, 0x2BB, 0x2C7, 0x370, 0x416, 0x531, 0x5D0, 0x627,
                             0x710, 0x780, 0x905, 0x985, 0xA05, 0xA85, 0xB05, 0xB85, 0xC05, 0xC85, 0xD05, 0xD85, 0xE01, 0xE3F, 0xE81, 0xF40, 0x1000, 0x10D0,
                             0x1200, 0x13A0, 0x1401, 0x1681, 0x16A0, 0x1780, 0x1820, 0x1D400, 0x1E00, 0x1F00, 0x2013, 0x20AC, 0x2103, 0x2190, 0x2200, 0x2300,
                             0x2500, 0x2581, 0x25A0, 0x2600, 0x2801, 0x3042, 0x30A2, 0x3105, 0x4E2D, 0xA000, 0xAC00, 0xFB00, 0xFE30, 0xFF01, 0xFFE5, 0x10000,
                             0x10330, 0x12000, 0x1F000, 0x1F300, 0x1F900, 0x20001, 0xE0100)]


def strings():
    rng = random.Random(13)
    letters = "abcdefghijklmnopqrstuvwxyz"
    out = [""]
    out += SENTENCES
    out += SPACES
    out += ["a" + s + "b" for s in ("\t", "\n", "\r\n", "  ", "   ", "\u00a0", "\u0085", "\u2009", "\u200b", "\u2028", "\u3000", "\ufeff", "\v", "\f", "\u001c", "\u001f")]
    out += [" leading", "  leading", "trailing ", "trailing  ", " both ", "\tlead", "\nlead", "trail\n", "a" + " " * 17 + "b", " " * 300, "\n" * 200, "\t" * 100 + "x", " \u00a0 \u3000 x", ("a" + " " * 7) * 8]
    out += CODE + CONTRACTIONS + NUMBERS + EMOJI + MARKS + COMPATIBLE + BIDI + CONTROL
    for s in SPECIAL:
        out += [s, "a" + s + "b c", "x " + s + " y"]
    out += ["".join(SPECIAL[:8]), "  ".join(SPECIAL), "<s>Hello</s>", " <s> Hello </s> ", "<S> </S> <UNK> [cls] [mask]", "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n", "\u2581a\u2581\u2581b", "\u2581\u2581", "a \u2581b",
            "##ing play##ing", "<0x0a><0xZZ>", "<mask><mask> <mask>", "word<mask>word <mask>.", "<extra_id_0> <extra_id_1>x<extra_id_99>", "< s >", "<<s>>", "</s", "[MASK]\n[MASK]\t[MASK]", "<start_of_turn>model\n", "[INST] hi [/INST]", "<MASK> <Mask>"]
    out += MIXED + blocks()
    out += ["a" * 5000, "".join(rng.choice(letters) for _ in range(5000)), "".join(rng.choice(letters + letters.upper()) for _ in range(600)), "é" * 500, "漢" * 300, "ก" * 200, "🙂" * 100, "!" * 1000, "-" * 999, ".,;:!?" * 100,
            "hello " * 200, "1234567890" * 50, "ab" * 150, "\u0301" * 100, "A" * 101, "z" * 100, "<s>" * 50, "\u2581" * 64, "#" * 200, "a\n" * 100]
    # Characters at random: of all planes, of one line of mixed scripts, of bytes.
    ranges = [(0x20, 0x7E), (0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xE7F), (0x1E00, 0x1FFF), (0x2000, 0x2BFF), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xAC00, 0xD7A3), (0xFB00, 0xFFEF), (0x1F300, 0x1FAFF)]
    for _ in range(12):
        out.append("".join(chr(rng.randint(*rng.choice(ranges))) for _ in range(40)))
    for _ in range(6):
        out.append("".join(rng.choice([" ", "  ", "\n", "'", ".", "1", "a", "B", "é", "\t", "<s>", "ﬁ", "漢", "\u0301"]) for _ in range(40)))
    return list(dict.fromkeys(out))


if __name__ == "__main__":
    lines = strings()
    Path(__file__).with_name("strings.json").write_text("[\n" + ",\n".join(json.dumps(s) for s in lines) + "\n]\n")
    print(len(lines), "strings", file=sys.stderr)
