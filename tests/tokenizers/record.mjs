// SPDX-License-Identifier: Apache-2.0
// record.mjs DIR [LIBRARY]: what the reference library gives for strings.json with the tokenizer.json of DIR,
// a line {"ids": [...], "pieces": [...], "text": "..."} each. LIBRARY (of build/tokenizers/node_modules):
// tokenizers (the Rust library with its own bindings; default), @anush008/tokenizers (the same, an older
// release with other bindings) or @huggingface/tokenizers (JavaScript).
import { readFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, '../../build/tokenizers/package.json'));
const [dir, library = 'tokenizers'] = process.argv.slice(2);
const strings = JSON.parse(readFileSync(join(here, 'strings.json'), 'utf8'));
const read = (name) => (existsSync(join(dir, name)) ? JSON.parse(readFileSync(join(dir, name), 'utf8')) : {});
const config = read('tokenizer_config.json');

// What transformers does after decoding where the configuration has clean_up_tokenization_spaces.
const CLEAN = [[' .', '.'], [' ?', '?'], [' !', '!'], [' ,', ','], [" ' ", "'"], [" n't", "n't"], [" 'm", "'m"], [" 's", "'s"], [" 've", "'ve"], [" 're", "'re"]];
const clean = (text) => (config.clean_up_tokenization_spaces === true ? CLEAN.reduce((t, [a, b]) => t.replaceAll(a, b), text) : text);

async function encoder() {
	if (library === '@huggingface/tokenizers') {
		const { Tokenizer } = require(library);
		const t = new Tokenizer(read('tokenizer.json'), config);
		return (s) => {
			const e = t.encode(s);
			return [e.ids, e.tokens, t.decode(e.ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false })];
		};
	}
	const t = require(library).Tokenizer.fromFile(join(dir, 'tokenizer.json'));
	// transformers does without both unless it is asked for them.
	t.disableTruncation();
	t.disablePadding();
	return async (s) => {
		const e = await t.encode(s, null, { addSpecialTokens: true });
		const ids = e.getIds();
		return [ids, e.getTokens(), await t.decode(ids, true)];
	};
}

const encode = await encoder();
for (const s of strings) {
	let line;
	try {
		const [ids, pieces, text] = await encode(s);
		line = { ids, pieces, text: clean(text) };
	} catch (e) {
		line = { error: String(e.message ?? e) };
	}
	process.stdout.write(JSON.stringify(line) + '\n');
}
