/* tests/browser/measure.mjs: what searching costs a reader. Not a test; prints median, 95 of 100, most.
 *
 * measure.mjs site SITE QUERIES [N]: the first answer, in a fresh tab for each of N queries (lines: qid TAB query) spread
 *	over a file, from a folder on a disk. "Enter": the page stands there, nothing of the index is read; until the hits
 *	are painted. "address": from opening search.html#q=... "again": another query with what is read kept.
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

async function site() {
	const of = { enter: [], address: [], again: [], kb: [], files: [] }, worst = [];
	for (const q of queries) {
		const page = await context.newPage(), got = new Set();
		page.on('request', r => { if (/\/find(-\w)?\/\w+\.js$/.test(r.url())) got.add(r.url()); });
		await page.goto(url(where, 'search.html'));
		const ms = await page.evaluate(answer, q), kb = [...got].reduce((n, u) => n + statSync(fileURLToPath(u)).size, 0) / 1000;
		of.enter.push(ms);
		of.kb.push(kb);
		of.files.push(got.size);
		of.again.push(await page.evaluate(answer, queries[(queries.indexOf(q) + 7) % queries.length]));
		worst.push({ q, ms, kb, files: got.size });
		await page.close();
		const other = await context.newPage();
		await other.goto(url(where, 'search.html') + '#q=' + encodeURIComponent(q), { waitUntil: 'commit' });
		of.address.push(await other.evaluate(() => new Promise(done => {
			const look = () => {
				const s = document.getElementById('find-status');
				if (s && s.textContent) requestAnimationFrame(() => setTimeout(() => done(performance.now()), 0));
				else setTimeout(look, 1);
			};
			look();
		})));
		await other.close();
	}
	console.log(`search from file://, ${queries.length} queries, each in a fresh tab: median, 95 of 100, most`);
	line('Enter to hits', 'ms', of.enter);
	line('address to hits', 'ms', of.address);
	line('another query', 'ms', of.again);
	line('read', 'kB', of.kb);
	line('files', '', of.files);
	for (const w of worst.sort((a, b) => b.kb - a.kb).slice(0, 2)) console.log(`  most is read by "${w.q}": ${w.kb.toFixed(0)} kB, ${w.files} files, ${w.ms.toFixed(0)} ms`);
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
