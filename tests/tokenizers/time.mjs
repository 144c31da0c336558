// SPDX-License-Identifier: Apache-2.0
// time.mjs DIR TEXT: seconds that the reference library takes to read DIR/tokenizer.json, and to encode the lines of
// TEXT in one thread (the best of three, after a first for its caches).
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';

process.env.TOKENIZERS_PARALLELISM = 'false';
const require = createRequire(new URL('../../build/tokenizers/package.json', import.meta.url));
const { Tokenizer } = require('tokenizers');
const [dir, file] = process.argv.slice(2);
const seconds = async (work) => {
	const start = process.hrtime.bigint();
	await work();
	return Number(process.hrtime.bigint() - start) / 1e9;
};
let t;
const reading = await seconds(() => (t = Tokenizer.fromFile(join(dir, 'tokenizer.json'))));
t.disableTruncation();
t.disablePadding();
const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
const times = [];
for (let i = 0; i < 4; i++) times.push(await seconds(() => t.encodeBatch(lines)));
console.log(JSON.stringify([reading, Math.min(...times.slice(1)), times[0]]));
