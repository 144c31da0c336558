// SPDX-License-Identifier: Apache-2.0
// record.mjs [-l LIBRARY] [-s] DIR...: what the reference library gives for strings.json with the tokenizer.json
// of each DIR: a line {"name": "...", "strings": [numbers]}, and for each of these strings a line
// {"ids": [...], "pieces": [...], "text": "..."}. -s: of short strings only. LIBRARY, of build/tokenizers/node_modules:
// tokenizers (the Rust library with its own bindings; default), @anush008/tokenizers (the same, an older release
// with other bindings) or @huggingface/tokenizers (JavaScript).
import { readFileSync, existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const here = dirname(fileURLToPath(import.meta.url));
const require = createRequire(join(here, '../../build/tokenizers/package.json'));
const { values, positionals } = parseArgs({
	allowPositionals: true,
	options: { library: { type: 'string', short: 'l', default: 'tokenizers' }, short: { type: 'boolean', short: 's' } },
});
const strings = JSON.parse(readFileSync(join(here, 'strings.json'), 'utf8'));
const read = (path) => (existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {});

// What transformers does after decoding where the configuration has clean_up_tokenization_spaces.
const CLEAN = [[' .', '.'], [' ?', '?'], [' !', '!'], [' ,', ','], [" ' ", "'"], [" n't", "n't"], [" 'm", "'m"], [" 's", "'s"], [" 've", "'ve"], [" 're", "'re"]];

function encoder(dir, config) {
	if (values.library === '@huggingface/tokenizers') {
		const { Tokenizer } = require(values.library);
		const t = new Tokenizer(read(join(dir, 'tokenizer.json')), config);
		return (s) => {
			const e = t.encode(s);
			return [e.ids, e.tokens, t.decode(e.ids, { skip_special_tokens: true, clean_up_tokenization_spaces: false })];
		};
	}
	const t = require(values.library).Tokenizer.fromFile(join(dir, 'tokenizer.json'));
	// transformers does without both unless it is asked for them.
	t.disableTruncation();
	t.disablePadding();
	return async (s) => {
		const e = await t.encode(s, null, { addSpecialTokens: true });
		return [e.getIds(), e.getTokens(), await t.decode(e.getIds(), true)];
	};
}

for (const dir of positionals) {
	const config = read(join(dir, 'tokenizer_config.json'));
	const encode = encoder(dir, config);
	const numbers = strings.map((_, i) => i).filter((i) => !values.short || strings[i].length <= 80);
	const lines = [JSON.stringify({ name: basename(dir), strings: numbers })];
	for (const i of numbers) {
		try {
			let [ids, pieces, text] = await encode(strings[i]);
			if (config.clean_up_tokenization_spaces === true) text = CLEAN.reduce((t, [a, b]) => t.replaceAll(a, b), text);
			lines.push(JSON.stringify({ ids, pieces, text }));
		} catch (e) {
			lines.push(JSON.stringify({ error: String(e.message ?? e) }));
		}
	}
	process.stdout.write(lines.join('\n') + '\n');
}
