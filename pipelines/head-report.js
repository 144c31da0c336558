// SPDX-License-Identifier: Apache-2.0
"use strict";
// The script of head-report's page. All that comes from the data goes into text, never into markup.
// Control characters, and those that turn the direction of text around, are marks there.
const data = JSON.parse(document.getElementById("data").textContent, (key, value) => typeof value !== "string" ? value :
	value.replace(/[^\P{Cc}\n\t]|[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "\ufffd"));
const byId = name => document.getElementById(name);

// An element: attributes, then children, which are elements or text.
function element(name, attributes = {}, ...children) {
	const made = document.createElement(name);

	for (const [key, value] of Object.entries(attributes))
		if (value !== null && value !== false)
			made.setAttribute(key, value);
	made.append(...children.filter(child => child !== null));
	return made;
}

function drawing(name, attributes = {}, ...children) {
	const made = document.createElementNS("http://www.w3.org/2000/svg", name);

	for (const [key, value] of Object.entries(attributes))
		made.setAttribute(key, value);
	made.append(...children);
	return made;
}

const plural = (count, word) => `${count} ${word}${count === 1 ? "" : "s"}`;
const present = x => x !== null && x !== undefined && x !== false && x !== "";

// How numbers up to this one are written: with so many digits of the largest.
function decimals(largest, digits = 4) {
	const places = largest > 0 ? digits - 1 - Math.floor(Math.log10(largest)) : 0;

	return x => !present(x) ? "" : places > 12 ? x.toExponential(digits - 1) : x.toFixed(Math.max(0, places));
}

// Values at the pointer and at the focus.
function showTip(target) {
	const tip = byId("tip"), box = target.getBoundingClientRect();

	tip.textContent = target.dataset.tip;
	tip.hidden = false;
	const left = Math.min(box.left, innerWidth - tip.offsetWidth - 8);
	const above = box.top - tip.offsetHeight - 6;
	tip.style.left = `${Math.max(4, left)}px`;
	tip.style.top = `${above > 0 ? above : box.bottom + 6}px`;
}

function hideTip() {
	byId("tip").hidden = true;
}

// The nearest of the cells in the direction of an arrow; of Home and End the ends of the row.
function neighbour(cells, from, key) {
	const middle = cell => {
		const box = cell.getBoundingClientRect();
		return [box.left + box.width / 2, box.top + box.height / 2];
	};
	const [x, y] = middle(from);
	let best = null, least = Infinity;

	for (const cell of cells) {
		const [cx, cy] = middle(cell), dx = cx - x, dy = cy - y;
		const [ahead, aside] = { ArrowRight: [dx, dy], ArrowLeft: [-dx, dy], ArrowDown: [dy, dx], ArrowUp: [-dy, dx],
			Home: [-dx, dy], End: [dx, dy] }[key];
		const ends = key === "Home" || key === "End";
		if (ahead < 0.5 || (ends && Math.abs(aside) > 1))
			continue;
		const far = ends ? -ahead : ahead + 4 * Math.abs(aside);
		if (far < least)
			[best, least] = [cell, far];
	}
	return best;
}

// Cells of a figure: one is in the order of the tab key, arrows go to the others.
function makeWalkable(figure, cells) {
	cells.forEach((cell, i) => cell.setAttribute("tabindex", i === 0 ? 0 : -1));
	figure.addEventListener("keydown", event => {
		if (!/^(Arrow|Home|End)/.test(event.key) || !cells.includes(event.target))
			return;
		event.preventDefault();
		const next = neighbour(cells, event.target, event.key);
		if (!next)
			return;
		event.target.setAttribute("tabindex", -1);
		next.setAttribute("tabindex", 0);
		next.focus();
	});
}

// A table that its headers sort. Columns: name, of(row), show(value), word where it is text; a cell may be an element.
function sortable(columns, rows, label) {
	const body = element("tbody");
	const heads = columns.map(column => {
		const button = element("button", { type: "button" }, column.name);
		const head = element("th", { scope: "col", class: column.word || column.left ? "word" : null, title: column.about ?? null }, button);

		button.addEventListener("click", () => {
			const down = head.ariaSort ? head.ariaSort === "ascending" : !column.word && !column.upward;
			heads.forEach(other => other.removeAttribute("aria-sort"));
			head.setAttribute("aria-sort", down ? "descending" : "ascending");
			const order = new Intl.Collator("en", { numeric: true }).compare;
			lines.sort(([a], [b]) => {
				const x = column.of(a), y = column.of(b);
				if (!present(x) || !present(y))
					return present(y) - present(x);
				return (down ? -1 : 1) * (column.word ? order(x, y) : x - y);
			});
			body.append(...lines.map(([, line]) => line));
		});
		return head;
	});
	const lines = rows.map(row => [row, element("tr", {}, ...columns.map(column => {
		const value = column.of(row);
		return element("td", { class: column.word || column.left ? "word" : null },
			column.show ? column.show(value, row) : present(value) ? String(value) : "");
	}))]);

	body.append(...lines.map(([, line]) => line));
	return element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": label },
		element("table", { class: "list" }, element("thead", {}, element("tr", {}, ...heads)), body));
}

// A table of tabs: columns of numbers are numbers.
function tabbed(table, label) {
	const columns = table.columns.map((name, i) => {
		const there = row => present(row[i]) && row[i] !== "-", cells = table.rows.filter(there).map(row => row[i]);
		const word = !cells.length || cells.some(cell => isNaN(cell));
		const show = word ? null : (cell, row) => present(cell) ? String(+cell.toPrecision(6)) : row[i] ?? "";
		return { name, word, show, of: row => word ? row[i] : there(row) ? Number(row[i]) : null };
	});

	return sortable(columns, table.rows, label);
}

function folded(title, content, open = false) {
	return element("details", { open: open ? "" : false }, element("summary", {}, title), content);
}

// Sections that have something are shown, and named on top.
function fill(name, ...children) {
	const section = byId(name);

	section.append(...children.filter(child => child !== null));
	if (!section.hidden)
		return;
	section.hidden = false;
	byId("contents").append(element("li", {},
		element("a", { href: `#${name}` }, section.querySelector("h2").textContent)));
}

// Of head-compare: "Spearman 0.59 [0.4, 0.7], within layers 0.7; Kendall ...".
function agreementOf(found) {
	const range = ([value, ...ends]) => `${+value.toPrecision(3)}${ends.length ? ` [${ends.map(end => +end.toPrecision(3)).join(", ")}]` : ""}`;
	const correlation = (name, part) => part?.all && `${name} ${range(part.all)}${part.layer ? `, within layers ${range(part.layer)}` : ""}`;

	return [correlation("Spearman", found.spearman), correlation("Kendall", found.kendall),
		found.overlap?.all && `overlap of the top ${found.top} ${range(found.overlap.all)}`].filter(present).join("; ");
}

// What a header says, as pairs of a name and a text.
function factsOf(header, sites = []) {
	const model = header.model ?? {}, checkpoint = model.checkpoint ?? {}, rule = header.rule ?? {};
	const most = key => Math.max(0, ...sites.map(site => site[key] ?? 0));
	const list = map => Object.entries(map ?? {}).map(([key, value]) => `${key} ${value}`).join(", ");
	const { name: ruleName, ...ruleKeys } = rule, compared = header.compared;
	const side = s => s && [s.name, s.file, s.sentences && plural(s.sentences, "sentence")].filter(present).join(", ");

	return [
		["Model", [model.name, model.family && `family ${model.family}`].filter(present).join(", ")],
		["Size", [model.layers && plural(model.layers, "layer"), model.heads && plural(model.heads, "head"),
			model.kv_heads && model.kv_heads !== model.heads && `${plural(model.kv_heads, "head")} of keys and values`,
			model.width && `width ${model.width}`].filter(present).join(", ")],
		["Checkpoint", [checkpoint.path, checkpoint.bytes && `${checkpoint.bytes} bytes`].filter(present).join(", ")],
		["Fingerprint", checkpoint.hash],
		["Heads taken out", model.pruned],
		["Heads masked", model.masked && `${model.masked}${model.masked_by ? `, by ${model.masked_by}` : ""}`],
		["Rule", ruleName && `${ruleName} (${list(ruleKeys)})`],
		["Start", [header.start, header.size && `size ${header.size}`].filter(present).join(", ")],
		["Norm", header.norm],
		["Measure", header.measure],
		["Difference", compared && `A - B${compared.paired ? ", of pairs of sentences" : ", unpaired"}`],
		["A", compared && side(compared.a)],
		["B", compared && side(compared.b)],
		["Agreement", header.agreement && agreementOf(header.agreement)],
		["Order", header.greedy && `greedy (${list(header.greedy)})`],
		["Sentences", most("sentences") || ""],
		["Steps", most("steps") ? `${most("steps")}${most("drawn") ? `, of which ${most("drawn")} were drawn` : ""}` : ""],
		["Left out", list(header.left_out)],
		["Cut at the limit", header.cut],
		["Read until", header.until && list(header.until)],
	].filter(([, text]) => present(text)).map(([name, text]) => [name, String(text)]);
}

function factList(facts, short = false) {
	return element("dl", { class: short ? "short" : null },
		...facts.map(([name, text]) => element("div", {}, element("dt", {}, name), element("dd", {}, text))));
}

// The heads of an average, with their ranks.
function headsOf(average) {
	return average.sites.flatMap(site => {
		const [, kind, layer] = site.site.match(/^(.*)\.(\d+)$/);

		return site.mean.map((mean, head) => {
			const at = key => site[key]?.[head] ?? null, { rank, in_layer, was } = average.ranks[`${site.site}:${head}`];
			return { site: site.site, kind, layer: +layer, head, mean, low: at("low"), high: at("high"), place: at("place"),
				a: at("mean_a"), b: at("mean_b"), p: at("p_holm"), steps: site.steps, sentences: site.sentences, rank, layerRank: in_layer, was };
		});
	});
}

function quantity(header) {
	if (header.compared)
		return "difference A - B";
	if (header.greedy)
		return "loss expected when the head goes, in nats a step";
	if (header.measure)
		return { confidence: "mean of the largest attention weight", output: "mean length of the output",
			effect: "mean effect on the predictions" }[header.measure] ?? header.measure;
	return { sum: "share of the layer's relevance", abs: "share of the layer's relevance, without signs",
		max: "part of the layer's largest relevance", size: "size of relevance",
		square: "square of relevance" }[header.norm] ?? "relevance";
}

function headName(h) {
	return `${h.site} head ${h.head}${h.was === h.head ? "" : ` (was ${h.was})`}`;
}

// A panel: rows are layers, columns heads.
function panel(kind, heads, largest, write) {
	const width = Math.max(...heads.map(h => h.head)) + 1, small = width <= 16, each = small ? 1 : 8;
	const short = decimals(largest, 3), cells = [];
	const label = h => element("th", { scope: "col" }, h % each ? "" : String(h));
	const rows = [...new Set(heads.map(h => h.layer))].sort((a, b) => a - b).map(layer => {
		const line = heads.filter(h => h.layer === layer);
		return element("tr", {}, element("th", { scope: "row" }, String(layer)), ...Array.from({ length: width }, (_, i) => {
			const h = line.find(h => h.head === i);
			if (!h)
				return element("td", { class: "none" });
			const part = largest ? Math.min(1, Math.abs(h.mean) / largest) : 0;
			const interval = h.low === null ? "" : `\n95 % interval ${write(h.low)} to ${write(h.high)}`;
			const cell = element("td", { class: `head${h.mean < 0 ? " minus" : ""}${part > 0.6 ? " strong" : part > 0.5 ? " middle" : ""}` },
				small ? short(h.mean).replace(/^-(?=[0.]*$)/, "").replace(/^(-?)0\./, "$1.") : "");
			cell.style.setProperty("--part", part.toFixed(4));
			cell.dataset.tip = `${headName(h)}: ${write(h.mean)}${interval}\nrank ${h.layerRank} in the layer, ${h.rank} of all`;
			cell.setAttribute("aria-label", cell.dataset.tip);
			cells.push(cell);
			return cell;
		}));
	});
	const map = element("table", { class: `map ${small ? "small" : "large"}${width > 8 ? " crowded" : ""}` },
		element("caption", {}, kind),
		element("thead", {}, element("tr", {}, element("th", { "aria-label": "layer" }), ...Array.from({ length: width }, (_, i) => label(i)))),
		element("tbody", {}, ...rows));
	const figure = element("figure", { class: `panel${small ? "" : " wide"}` }, map);
	makeWalkable(figure, cells);
	return figure;
}

function scale(heads, largest, write) {
	const both = heads.some(h => h.mean < 0);

	return element("div", { class: "scale" }, both ? write(-largest) : "0", element("i", { class: both ? "both" : null }), write(largest));
}

// An interval and its middle on a line from the least of all to the most.
function intervalBar(heads) {
	const ends = heads.flatMap(h => [h.low ?? h.mean, h.high ?? h.mean]);
	const from = Math.min(0, ...ends), to = Math.max(0, ...ends), place = x => to > from ? (x - from) / (to - from) * 100 : 0;

	return (value, h) => {
		const bar = element("span", { class: "bar" }), dot = element("b"), range = element("i");
		dot.style.left = `${place(h.mean)}%`;
		if (h.low !== null) {
			range.style.left = `${place(h.low)}%`;
			range.style.width = `${place(h.high) - place(h.low)}%`;
			bar.append(range);
		}
		bar.append(dot);
		return bar;
	};
}

function headTable(heads, write, name) {
	const has = key => heads.some(h => h[key] !== null), number = (title, key, about) => ({ name: title, of: h => h[key], show: write, about });
	const count = (title, key, about) => ({ name: title, of: h => h[key], upward: /rank|place/.test(title), about });

	return sortable([
		{ name: "site", of: h => h.site, word: true },
		{ ...count("head", "head"), upward: true },
		...(heads.some(h => h.was !== h.head) ? [count("was", "was", "the head's number before others were taken out")] : []),
		number("mean", "mean"),
		...(has("low") ? [number("low", "low", "where its 95 % interval begins"), number("high", "high", "where its 95 % interval ends")] : []),
		{ name: "interval", of: h => h.mean, show: intervalBar(heads), left: true },
		...(has("a") ? [number("A", "a"), number("B", "b")] : []),
		...(has("p") ? [{ name: "p", of: h => h.p, show: p => p.toPrecision(2), about: "adjusted for all heads (Holm)" }] : []),
		...(has("place") ? [count("place", "place", "1 goes first")] : []),
		count("rank", "rank", "of all heads, 1 the most relevant"), count("rank in layer", "layerRank"),
		count("steps", "steps"), count("sentences", "sentences"),
	], heads, `Heads of ${name}`);
}

function averageSection(average, common) {
	const heads = headsOf(average), largest = Math.max(...heads.map(h => Math.abs(h.mean)));
	const write = decimals(largest), own = factsOf(average.header, average.sites).filter(fact => !common.has(String(fact)));
	const kinds = [...new Set(heads.map(h => h.kind))];
	const title = `${average.title ?? average.name}: ${quantity(average.header)}`;

	return element("div", {}, element("h3", {}, title), own.length ? factList(own, true) : null,
		element("div", { class: "panels" }, ...kinds.map(kind => panel(kind, heads.filter(h => h.kind === kind), largest, write))),
		scale(heads, largest, write),
		folded(`Table of ${plural(heads.length, "head")}`, headTable(heads, write, average.name), data.averages.length === 1));
}
