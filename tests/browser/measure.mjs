/* tests/browser/measure.mjs SITE QUERIES: what a first answer costs: a fresh tab for each query of a file (qid TAB query),
 * from opening the page to its hits. Not a test. Prints milliseconds, kilobytes and files: median, 95 of 100, most. */
import { open, tab, url, read, inside } from './lib.mjs';
import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const [site, list] = process.argv.slice(2), context = await open(), all = [];
for (const line of read(list).split('\n').filter(Boolean)) {
	const { page } = await tab(context), got = new Set();
	page.on('request', r => { if (/\/find(-\w)?\/\w+\.js$/.test(r.url())) got.add(r.url()); });
	await page.goto(url(site, 'search.html'));
	const ms = await page.evaluate(async q => { const t = performance.now(), r = await colep.search(q, {}); await Promise.all(r.hits.slice(0, 10).map(colep.nameOf)); return performance.now() - t; }, line.split('\t')[1]);
	all.push({ q: line, ms, files: got.size, kb: [...got].reduce((n, u) => n + statSync(fileURLToPath(u)).size, 0) / 1000 });
	await page.close();
}
for (const k of ['ms', 'kb', 'files']) {
	const v = all.map(a => a[k]).sort((a, b) => a - b);
	console.log(`${k}: ${[v[v.length >> 1], v[Math.floor(v.length * .95)], v.at(-1)].map(x => x.toFixed(1)).join(' ')}`);
}
console.log(all.sort((a, b) => b.kb - a.kb).slice(0, 5).map(a => `${a.q}: ${a.ms.toFixed(0)} ms, ${a.kb.toFixed(0)} kB, ${a.files} files`).join('\n'));
await context.close();
