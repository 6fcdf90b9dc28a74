/* tests/browser/measure.mjs: what searching costs a reader. Not a test; prints median, 95 of 100, most.
 *
 * measure.mjs site SITE QUERIES [N]: the first answer, in fresh tabs for each of N queries (lines: qid TAB query) spread
 *	over a file, from a folder on a disk; the least of three, for a machine that does other things too. "Enter": the
 *	page stands there, nothing of the index is read; until the hits are painted. "address": from opening
 *	search.html#q=... "another query": with what was read kept.
 * measure.mjs live URL QUERIES [N]: typing N queries into the box of a page of `serve`, a letter each 60 ms: from a letter
 *	to its answer being painted, and how long frames took meanwhile. */
import { open, url, read } from './lib.mjs';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [what, where, list, most = '100'] = process.argv.slice(2), context = await open();
const all = read(list).split('\n').filter(Boolean).map(l => l.split('\t')[1]);
const step = Math.max(1, all.length / Number(most)), queries = [];
for (let i = 0; i < all.length && queries.length < Number(most); i += step) queries.push(all[Math.floor(i)]);

function line(name, unit, v) {
	v = [...v].sort((a, b) => a - b);
	console.log(`  ${name.padEnd(24)}${[v[v.length >> 1], v[Math.floor(v.length * .95)], v.at(-1)].map(x => x.toFixed(unit === 'ms' ? 1 : 0).padStart(9)).join('')} ${unit}`);
}

/* In the page: from now to what stands in #find-status being painted. */
const answer = q => new Promise(done => {
	const input = document.getElementById('find-q'), status = document.getElementById('find-status'), begin = performance.now();
	status.textContent = '';
	new MutationObserver((m, o) => {
		if (!status.textContent) return;
		o.disconnect();
		requestAnimationFrame(() => setTimeout(() => done(performance.now() - begin), 0));
	}).observe(status, { childList: true });
	input.value = q;
	input.form.requestSubmit();
});

/* Before a page is read: from its address being opened to the same, in `shown`. */
const opened = () => addEventListener('DOMContentLoaded', () => {
	const status = document.getElementById('find-status');
	new MutationObserver((m, o) => {
		if (!status.textContent) return;
		o.disconnect();
		requestAnimationFrame(() => setTimeout(() => { window.shown = performance.now(); }, 0));
	}).observe(status, { childList: true });
});

/* One query in fresh tabs: what it took in each way, and what was read for it. */
async function once(q, next) {
	const page = await context.newPage(), got = new Set(), r = {};
	page.on('request', a => { if (/\/find(-\w)?\/\w+\.js$/.test(a.url())) got.add(a.url()); });
	await page.goto(url(where, 'search.html'));
	r.enter = await page.evaluate(answer, q);
	r.files = got.size;
	r.kb = [...got].reduce((n, u) => n + statSync(fileURLToPath(u)).size, 0) / 1000;
	r.again = await page.evaluate(answer, next);
	await page.close();
	const other = await context.newPage();
	await other.addInitScript(opened);
	await other.goto(url(where, 'search.html') + '#q=' + encodeURIComponent(q));
	r.address = await (await other.waitForFunction(() => window.shown)).jsonValue();
	await other.close();
	return r;
}

async function site() {
	const all = [];
	for (const [i, q] of queries.entries()) {
		const runs = [];
		for (let k = 0; k < 3; k++) runs.push(await once(q, queries[(i + 7) % queries.length]));
		all.push({ q, ...Object.fromEntries(Object.keys(runs[0]).map(key => [key, Math.min(...runs.map(r => r[key]))])) });
	}
	console.log(`search from file://, ${queries.length} queries, each in fresh tabs: median, 95 of 100, most`);
	line('Enter to hits', 'ms', all.map(a => a.enter));
	line('address to hits', 'ms', all.map(a => a.address));
	line('another query', 'ms', all.map(a => a.again));
	line('read', 'kB', all.map(a => a.kb));
	line('files', '', all.map(a => a.files));
	const w = all.sort((a, b) => b.kb - a.kb)[0];
	console.log(`  most is read for "${w.q}": ${w.kb.toFixed(0)} kB, ${w.files} files`);
}

async function live() {
	const page = await context.newPage();
	await page.goto(where);
	const r = await page.evaluate(async ([list, pause]) => {
		const input = document.querySelector('header input[name=q]'), answers = [], frames = [], wait = ms => new Promise(r => setTimeout(r, ms));
		let at = 0, last = 0, on = true;
		const tick = t => { if (last) frames.push(t - last); last = t; if (on) requestAnimationFrame(tick); };
		const box = document.querySelector('.live');
		new MutationObserver(() => { const from = at; if (from) requestAnimationFrame(() => setTimeout(() => answers.push(performance.now() - from), 0)); at = 0; })
			.observe(box, { childList: true });
		requestAnimationFrame(tick);
		for (const q of list) {
			input.value = '';
			input.dispatchEvent(new InputEvent('input', { bubbles: true }));
			await wait(100);
			for (const ch of q) {
				input.value += ch;
				at = performance.now();
				input.dispatchEvent(new InputEvent('input', { bubbles: true }));
				await wait(pause);
			}
			await wait(100);
		}
		on = false;
		return { answers, frames };
	}, [queries, 60]);
	console.log(`typing ${queries.length} queries into a page of serve, a letter each 60 ms: median, 95 of 100, most`);
	line('letter to answer', 'ms', r.answers);
	line('frame', 'ms', r.frames);
}

await { site, live }[what]();
await context.close();
