/* tests/browser/shots.mjs FOLDER LANG...: pictures of every kind of page of the sites LANG and pack-LANG, in each of the
 * modes below, as FOLDER/pictures/LANG-MODE/NAME.png, and as contact sheets, FOLDER/sheets/LANG-MODE-N.png. Not a test:
 * they are there to be looked at. Print is what Chromium prints, turned into pictures by pdftoppm (poppler). */
import { open, url } from './lib.mjs';
import { existsSync, mkdirSync, readdirSync, rmSync, unlinkSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const [out, ...langs] = process.argv.slice(2), only = process.env.ONLY && new RegExp(process.env.ONLY);
/* width and height of the window; how high a picture may be; pictures side by side and rows on a sheet, and how wide */
const modes = {
	light: { size: [1366, 768], high: 1500, across: 3, rows: 2, wide: 660 },
	dark: { size: [1366, 768], high: 1500, across: 3, rows: 2, wide: 660, colorScheme: 'dark' },
	phone: { size: [360, 740], high: 1480, across: 6, rows: 1, wide: 330 },
	small: { size: [320, 640], high: 1400, across: 6, rows: 1, wide: 320, colorScheme: 'dark' },
	forced: { size: [1366, 768], high: 1500, across: 3, rows: 2, wide: 660, forcedColors: 'active' },
	print: { high: 1123, across: 4, rows: 2, wide: 490, pages: 3 },
};
const wanted = (process.env.MODES || 'light dark phone small print').split(' ');

const documents = ['cs-bg-2023-ledger', 'cs-mk-2022-taiwan', 'll-bg-2022-hawala', 'll-mk-2022-mobile-teams', 'cp-bg', 'mt-bps-2022-colep-2',
	'ac-bps-2022-communique', 'pt-mk', 'is-bg-2022-hawala', 'rq-bg-2023-payments', 'ct-bg-2023-desk', 'ex-bps-2022-grey-lantern',
	'pr-bps-2022-victim-identification'];
const lists = ['index', 'kinds', 'kind/lessons', 'kind/case-studies', 'countries', 'country/bg', 'topics', 'topic/som', 'years', 'year/2022',
	'languages', 'lang/fa', 'meetings', 'meeting/mt-bps-2022-colep-2', 'labels', 'chairs', 'participants', 'kind/contacts', 'requests', 'needs',
	'actions', 'readiness', 'matrix', 'changes', 'conflicts'];

async function hits(page, n) { await page.waitForFunction(k => document.getElementById('find-status').textContent && document.querySelectorAll('#find-hits li').length >= k, n); }
async function form(page, kind) { await page.waitForSelector('#write:not([hidden])'); await page.selectOption('#kind', kind); }
const at = where => page => page.evaluate(w => {
	for (const d of document.querySelectorAll('details')) d.open = true;
	document.querySelector(w).scrollIntoView();
}, where);
/* Name, file, what is done before the picture is taken. */
function pages(lang) {
	const own = lang === 'en' ? 'fa' : lang;
	return [
		...lists.map(f => [f.replace('/', '-'), `${lang}/${f}.html`]),
		...documents.map(d => ['d-' + d, `${lang}/d/${d}.html`]),
		['d-translation', `${lang}/d/mt-bps-2022-colep-2.${own}.html`], ['d-stale', `${lang}/d/ll-bg-2022-hawala.${own}.html`],
		['search-empty', `${lang}/search.html`], ['search-hits', `${lang}/search.html#q=hawala`, p => hits(p, 1)],
		['search-many', `${lang}/search.html#q=border&kind=lesson`, p => hits(p, 5)], ['search-none', `${lang}/search.html#q=zzxxqq`, p => hits(p, 0)],
		['d-conflict', `${lang}/d/ll-mk-2022-mobile-teams.html`, at('.conflict .sides')],
		['d-history', `${lang}/d/ll-mk-2022-mobile-teams.html`, at('.history')], ['changes-open', `${lang}/changes.html`, at('.diff')],
		['d-marked', `${lang}/d/is-bg-2022-hawala.html#q=hawala`, p => p.waitForSelector('mark')],
		['focus', `${lang}/index.html`, async p => { for (let i = 0; i < 7; i++) await p.keyboard.press('Tab'); }],
		['skip', `${lang}/d/cp-bg.html`, p => p.keyboard.press('Tab')],
		...['case-study', 'lesson', 'contact', 'request'].map(k => ['write-' + k, `${lang}/write.html`, p => form(p, k)]),
		['write-wrong', `${lang}/write.html`, async p => {
			await form(p, 'lesson');
			await p.fill('#f-title', 'Call +1 202 555 0123 or a.b@example.org');
			await p.click('#save');
			await p.waitForTimeout(100);
		}],
		['pack', `pack-${lang}/index.html`], ['pack-print', `pack-${lang}/print.html`],
	].filter(p => !only || only.test(p[0])).filter(([name, file]) => existsSync(file.split('#')[0]) || console.log(`${lang}: no ${file}`));
}

const context = await open(), overflow = [];
let page = await context.newPage();
page.setDefaultTimeout(10000);
/* Chromium without a screen now and then waits for a picture that never comes: another tab, once more. */
async function again(what, fn) {
	try { return await fn(); } catch (e) {
		console.log(`${what}, once more: ${e.message.split('\n')[0]}`);
		await page.close();
		page = await context.newPage();
		page.setDefaultTimeout(30000);
		return fn();
	}
}
async function look(m) {
	const [width, height] = m.size || [1366, 768];
	await page.emulateMedia({ colorScheme: m.colorScheme || 'light', forcedColors: m.forcedColors || 'none' });
	await page.setViewportSize({ width, height });
}
for (const lang of langs)
	for (const mode of wanted) {
		const m = modes[mode], dir = join(out, 'pictures', `${lang}-${mode}`);
		rmSync(dir, { recursive: true, force: true });
		mkdirSync(dir, { recursive: true });
		for (const [name, file, act] of pages(lang)) await again(`${lang} ${mode} ${name}`, async () => {
			await look(m);
			await page.goto('about:blank');
			const [path, hash] = file.split('#');
			await page.goto(url(path) + (hash ? '#' + hash : ''));
			if (act) await act(page).catch(e => console.log(`${lang} ${mode} ${name}: ${e.message.split('\n')[0]}`));
			if (mode === 'print') {
				const pdf = join(dir, name + '.pdf');
				await page.pdf({ path: pdf, preferCSSPageSize: true });
				const r = spawnSync('pdftoppm', ['-r', '72', '-png', '-l', String(m.pages), pdf, join(dir, name)], { encoding: 'utf8' });
				if (r.status !== 0) throw new Error(`pdftoppm: ${r.error || r.stderr}`);
				unlinkSync(pdf);
				return;
			}
			const [high, across] = await page.evaluate(() => [document.documentElement.scrollHeight, document.documentElement.scrollWidth]);
			if (across > m.size[0]) overflow.push(`${lang} ${mode} ${name}: ${across} wide`);
			await page.setViewportSize({ width: m.size[0], height: Math.max(m.size[1], Math.min(high, m.high)) });
			await page.screenshot({ path: join(dir, name + '.png'), caret: 'initial', animations: 'allow' });
		});
	}
await context.close();

/* ---- contact sheets ---- */

const sheets = join(out, 'sheets');
mkdirSync(sheets, { recursive: true });
const paper = await open(), sheet = await paper.newPage();
for (const lang of langs)
	for (const mode of wanted) {
		const m = modes[mode], dir = join(out, 'pictures', `${lang}-${mode}`), all = readdirSync(dir).filter(f => f.endsWith('.png')).sort();
		for (const f of readdirSync(sheets)) if (f.startsWith(`${lang}-${mode}-`)) unlinkSync(join(sheets, f));
		for (let i = 0, k = 1; i < all.length; i += m.across * m.rows, k++) {
			const cells = all.slice(i, i + m.across * m.rows).map(f => `<figure><figcaption>${f}</figcaption><img src="${pathToFileURL(join(dir, f)).href}"></figure>`);
			const html = join(out, 'sheet.html');
			writeFileSync(html, `<!DOCTYPE html><meta charset=utf-8><style>body{margin:8px;background:#777;display:grid;gap:8px;align-items:start;` +
				`grid-template-columns:repeat(${m.across},${m.wide}px);width:max-content}figure{margin:0}figcaption{font:12px monospace;background:#ff8}img{width:100%;display:block}</style>${cells.join('')}`);
			await sheet.setViewportSize({ width: m.across * (m.wide + 8) + 8, height: 400 });
			await sheet.goto(pathToFileURL(html).href);
			await sheet.screenshot({ path: join(sheets, `${lang}-${mode}-${String(k).padStart(2, '0')}.png`), fullPage: true });
			unlinkSync(html);
		}
	}
await paper.close();
console.log(overflow.join('\n') || 'no page is wider than its window');
