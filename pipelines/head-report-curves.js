// SPDX-License-Identifier: Apache-2.0
// Curves of points.tsv, for head-report's page, and what the page consists of.

const inks = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6d31"];
const marks = ["M-3.5 0a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0 -7 0", "M-3.2-3.2h6.4v6.4h-6.4z", "M0-4.2L4 3.2H-4z", "M0-4.5L4.5 0L0 4.5L-4.5 0z",
	"M0 4.2L4-3.2H-4z"];

// The curves of a table of points: {order, direction, points}, and the value without any mask.
function curvesOf(table) {
	const column = name => table.columns.indexOf(name), what = column("kl") >= 0 ? "kl" : "loss";
	const number = (row, name) => present(row[column(name)]) ? Number(row[column(name)]) : null;
	const all = table.rows.map(row => ({ order: row[column("order")], direction: row[column("direction")],
		removed: number(row, "removed"), value: number(row, what), increase: number(row, "increase"),
		low: number(row, "low"), high: number(row, "high") }));
	const base = all.find(p => p.direction === "none")?.value ?? null, curves = [];

	for (const p of all.filter(p => ["least", "most", "random"].includes(p.direction))) {
		let curve = curves.find(c => c.order === p.order && c.direction === p.direction);
		if (!curve)
			curves.push(curve = { order: p.order, direction: p.direction, points: base === null ? [] : [{ removed: 0, value: base, low: 0, high: 0 }] });
		curve.points.push(p);
	}
	return { base, curves, what: what === "kl" ? "divergence per token (nats)" : "loss per token (nats)" };
}

// Round numbers from low to high, about five of them.
function ticks(low, high) {
	const raw = (high - low) / 5 || 1, power = 10 ** Math.floor(Math.log10(raw));
	const step = [1, 2, 5, 10].find(s => s * power >= raw * 0.999) * power;
	const first = Math.ceil(low / step - 1e-9);

	return Array.from({ length: Math.floor(high / step + 1e-9) - first + 1 }, (_, i) => +((first + i) * step).toPrecision(10));
}

const capped = (x, low, high) => Math.min(high, Math.max(low, x));

// One picture; colours and marks go by the order, and random orders are grey.
function drawCurves(found, direction, look, top, width) {
	const height = Math.round(capped(width * 0.6, 240, 400)), left = 52, right = width - 12, foot = height - 40;
	const curves = found.curves.filter(c => c.direction === direction || (direction === "least" && c.direction === "random"));
	const values = found.curves.flatMap(c => c.points.map(p => p.value)), most = Math.max(1, ...found.curves.flatMap(c => c.points.map(p => p.removed)));
	const ends = curves.filter(c => c.direction !== "random" && found.base !== null).flatMap(c => c.points.filter(p => present(p.high)).map(p => found.base + p.high));
	const low = Math.min(...values), high = top > low ? top : Math.max(...values, ...ends);
	const x = removed => left + removed / most * (right - left), y = value => foot - (capped(value, low, high) - low) / (high - low || 1) * (foot - 14);
	const picture = drawing("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": `Curves, ${direction} relevant heads first` });
	const text = (px, py, anchor, words) => drawing("text", { x: px, y: py, "text-anchor": anchor }, words), points = [];

	for (const value of ticks(low, high))
		picture.append(drawing("path", { class: "grid", d: `M${left} ${y(value)}H${right}` }), text(left - 6, y(value) + 4, "end", String(value)));
	for (const value of ticks(0, most))
		picture.append(drawing("path", { class: "axis", d: `M${x(value)} ${foot}v4` }), text(x(value), foot + 17, "middle", String(value)));
	picture.append(drawing("path", { class: "axis", d: `M${left} 14V${foot}H${right}` }),
		text((left + right) / 2, height - 6, "middle", "heads removed"), text(left - 6, 10, "start", found.what));
	if (found.base !== null)
		picture.append(drawing("path", { class: "base", d: `M${left} ${y(found.base)}H${right}` }));
	for (const curve of curves.filter(c => !look(c).off)) {
		const { ink, mark, random } = look(curve), line = curve.points.map(p => `${x(p.removed)} ${y(p.value)}`).join("L");
		const sure = curve.points.filter(p => present(p.low) && found.base !== null);
		const edge = (list, key) => list.map(p => `${x(p.removed)} ${y(found.base + p[key])}`).join("L");
		if (!random && sure.length > 1)
			picture.append(drawing("path", { class: "band", fill: ink, d: `M${edge(sure, "high")}L${edge([...sure].reverse(), "low")}Z` }));
		picture.append(drawing("path", { class: `curve${random ? " random" : ""}`, ...(random ? {} : { stroke: ink }), d: `M${line}` }));
		for (const p of random ? [] : curve.points.filter(p => p.order && p.value <= high)) {
			const point = drawing("path", { class: "point", fill: ink, d: mark, transform: `translate(${x(p.removed)} ${y(p.value)})` });
			point.dataset.tip = `${p.order}, ${plural(p.removed, "head")} removed, the ${direction} relevant first: ${+p.value.toPrecision(5)}` +
				(present(p.increase) ? `\nincrease ${+p.increase.toPrecision(4)}` : "") +
				(present(p.low) ? `, 95 % interval ${+p.low.toPrecision(4)} to ${+p.high.toPrecision(4)}` : "");
			point.setAttribute("aria-label", point.dataset.tip);
			points.push(point);
		}
	}
	picture.append(...points);
	makeWalkable(picture, points);
	return picture;
}

const drawers = []; // what is drawn once the page has its width

function curveCharts(table) {
	const found = curvesOf(table), off = new Set(), random = curve => curve.direction === "random";
	const names = [...new Set(found.curves.filter(c => !random(c)).map(c => c.order))];
	const look = curve => random(curve) ? { random: true, off: off.has("random orders") } : { ink: inks[names.indexOf(curve.order) % inks.length],
		mark: marks[names.indexOf(curve.order) % marks.length], off: off.has(curve.order) };
	const charts = element("div", { class: "charts" }), top = element("input", { type: "number", min: 0, step: "any", "aria-label": "largest value shown" });
	let drawn = 0;
	const directions = ["least", "most"].filter(d => found.curves.some(c => c.direction === d || (d === "least" && random(c))));
	const draw = () => {
		const columns = getComputedStyle(charts).gridTemplateColumns.split(" ").length;
		drawn = charts.clientWidth;
		const width = capped(columns > 1 ? drawn / columns - 16 : drawn, 280, 840) || 640;
		charts.replaceChildren(...directions.map(d => element("figure", {},
			element("figcaption", {}, `The ${d} relevant heads first`), drawCurves(found, d, look, Number(top.value), Math.round(width)))));
	};
	const keys = [...names, ...(found.curves.some(random) ? ["random orders"] : [])].map(name => {
		const { ink, mark } = look(found.curves.find(c => c.order === name) ?? { direction: "random" });
		const sample = drawing("svg", { viewBox: "-16 -7 32 14", "aria-hidden": "true" },
			drawing("path", { class: `curve${ink ? "" : " random"}`, d: "M-15 0H15", ...(ink ? { stroke: ink } : {}) }),
			...(mark ? [drawing("path", { d: mark, fill: ink })] : []));
		const button = element("button", { type: "button", "aria-pressed": "true" }, sample, name);
		button.addEventListener("click", () => {
			off.delete(name) || off.add(name);
			button.setAttribute("aria-pressed", String(!off.has(name)));
			draw();
		});
		return button;
	});
	top.addEventListener("input", draw);
	drawers.push(draw);
	new ResizeObserver(() => requestAnimationFrame(() => charts.clientWidth !== drawn && draw())).observe(charts);
	return element("div", {}, element("div", { class: "keys" }, ...keys, element("label", {}, "show up to ", top)), charts,
		folded("Table of the points", tabbed(table, "Points of the curves")));
}

// The commands of a header's history, one below the other, of a difference those of both sides.
function commandsOf(header) {
	const other = header.compared?.b?.history, lines = header.history ?? [];

	return element("pre", {}, [...(other ? ["# A", ...lines.slice(0, -1), "# B", ...other, "# A and B", ...lines.slice(-1)] : lines)].join("\n"));
}

function build() {
	for (const list of [data.averages, data.ledgers, data.maps]) // files of one name are told apart by their folders
		for (const part of list.filter((a, _, all) => all.filter(b => b.name === a.name).length > 1))
			part.title = part.file;
	const every = [...data.averages, ...data.ledgers, ...data.maps].map(part => factsOf(part.header, part.sites).map(String));
	const common = new Set(every.length ? every[0].filter(fact => every.every(facts => facts.includes(fact))) : []);
	const first = [...data.averages, ...data.ledgers, ...data.maps][0], shared = first ? factsOf(first.header, first.sites).filter(f => common.has(String(f))) : [];
	const model = first?.header.model?.name, title = data.title ?? (model ? `Attention heads of ${model}` : "Attention heads");
	const whole = (part, ...children) => element("div", {}, element("h3", {}, part.title ?? part.name), ...children);
	const own = part => factList(factsOf(part.header).filter(f => !common.has(String(f))), true);

	document.title = byId("title").textContent = title;
	byId("lead").textContent = [[data.averages.length, "average"], [data.ablations.length, "ablation"], [data.ledgers.length, "ledger"],
		[data.maps.length, "token map"]].filter(([n]) => n).map(([n, word]) => plural(n, word)).join(", ");
	fill("measured", factList([...shared, ["Page by", data.program]]));
	if (data.averages.length)
		fill("heads", element("p", { class: "quiet" }, "Rows are layers, columns heads; the further from the ground's colour, the larger, of either sign. " +
			"Point at a cell, or go there with the tab key and the arrows, for its value. The header of a column sorts a table."),
		...data.averages.map(average => averageSection(average, common)));
	for (const run of data.ablations)
		fill("ablation", whole(run, run.points ? curveCharts(run.points) : null,
			run.summary ? folded("How well each order foretells it", tabbed(run.summary, "Summary of the orders"), true) : null,
			run.plan ? folded("The plan: which head goes when", tabbed(run.plan, "Plan"), !run.points) : null));
	for (const ledger of data.ledgers)
		fill("ledger", whole(ledger, own(ledger), tabbed(ledger.table, `Ledger of ${ledger.name}`)));
	if (data.maps.length)
		fill("tokens");
	document.querySelectorAll(".drawn").forEach((figure, i) => {
		const cells = [...figure.querySelectorAll("g")].filter(cell => cell.querySelector("title"));
		cells.forEach(cell => cell.setAttribute("aria-label", cell.dataset.tip = cell.querySelector("title").textContent));
		cells.forEach(cell => cell.querySelector("title").remove());
		figure.before(whole(data.maps[i], own(data.maps[i])));
		makeWalkable(figure, cells);
	});
	fill("commands", element("p", { class: "quiet" }, "A command below another read what that one wrote, through a pipe, or from a file where it names one."));
	for (const part of [...data.averages, ...data.ledgers, ...data.maps].filter(part => part.header.history))
		fill("commands", element("h3", {}, part.file), part.command ? element("pre", {}, part.command) : commandsOf(part.header));
	for (const run of data.ablations.filter(run => run.commands || run.settings))
		fill("commands", element("h3", {}, run.name), run.commands ? element("pre", {}, run.commands) : null,
			run.settings ? folded("What its files depend on", element("pre", {}, run.settings)) : null);
	fill("commands", element("h3", {}, "This page"), element("pre", {}, data.command));
	drawers.forEach(draw => draw());
}

for (const [on, off] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
	document.addEventListener(on, event => {
		const target = event.target.closest?.("[data-tip]");
		if (target)
			showTip(target);
	});
	document.addEventListener(off, hideTip);
}
document.addEventListener("keydown", event => event.key === "Escape" && hideTip());
document.addEventListener("scroll", () => document.activeElement?.dataset?.tip ? showTip(document.activeElement) : hideTip(), true);
build();
