/* tests/browser/pages.mjs LANG=DIR...: the pages of each site: HTML, links, and in Chromium accessibility (axe) in
 * light, dark and on a narrow screen, keyboard, direction, overflow, what is printed; nothing asked of anybody.
 * English: every kind of page, all of it; another language: the kinds that differ most, what words and direction change. */
import { createRequire } from 'node:module';
import { cpSync, existsSync, renameSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join, normalize } from 'node:path';
import { HtmlValidate } from 'html-validate';
import { ok, is, done, open, tab, url, files, read, inside } from './lib.mjs';

const sites = process.argv.slice(2).map(a => a.split('=')), axe = read(createRequire(import.meta.url).resolve('axe-core/axe.min.js'));

/* ---- HTML ---- */

const validator = new HtmlValidate({ root: true, extends: ['html-validate:recommended'], rules: {
	'long-title': 'off',			/* titles are their writers' */
	'prefer-native-element': 'off',		/* a scrolling table is a region, not a section */
	'wcag/h32': 'off',			/* write.html saves by a button, it sends nothing */
} });
for (const [lang, dir] of sites) {
	/* all in English; the same pages in other languages differ in words */
	const pages = files(dir, '.html').filter((f, i) => lang === 'en' || i % 8 === 0);
	ok(`${lang}: ${pages.length} pages are valid HTML`, pages.flatMap(f => validator.validateStringSync(read(f)).results.flatMap(r =>
		r.messages.map(m => `${inside(dir, f)}:${m.line}: ${m.message} (${m.ruleId})`))));
}

/* ---- links ---- */

const text = s => s.replace(/&(amp|lt|gt|quot|#39);/g, (all, n) => ({ amp: '&', lt: '<', gt: '>', quot: '"', '#39': '\'' })[n]);
function links(dir) {
	const ids = new Map(), bad = [];
	const idsOf = f => ids.get(f) || ids.set(f, new Set([...read(f).matchAll(/ id="([^"]*)"/g)].map(m => text(m[1])))).get(f);
	let n = 0;
	for (const f of files(dir, '.html'))
		for (const [, name, raw] of read(f).matchAll(/ (href|src|action)="([^"]*)"/g)) {
			const link = text(raw);
			n++;
			if (name === 'href' && /^(https?:\/\/|mailto:)/i.test(link)) continue;
			const [path, id] = link.split('#'), to = path ? normalize(join(dirname(f), decodeURIComponent(path))) : f;
			if (/^[a-z]+:|^\//i.test(link) || to.startsWith('..') || !to.startsWith(dir + '/')) bad.push(`${inside(dir, f)}: ${link} leads out`);
			else if (!existsSync(to)) bad.push(`${inside(dir, f)}: ${link}: no such file`);
			else if (id && to.endsWith('.html') && !idsOf(to).has(id)) bad.push(`${inside(dir, f)}: ${link}: no such place`);
		}
	return { n, bad };
}
for (const [lang, dir] of sites) {
	const { n, bad } = links(dir);
	ok(`${lang}: ${n} links lead to what is there`, n ? bad : ['no link']);
}
/* The same with one fault at a time: each is found. */
cpSync(sites.at(-1)[1], 'faults', { recursive: true });
const page0 = join('faults', 'index.html'), html0 = read(page0), doc0 = inside('faults', files('faults/d', '.html')[0]);
for (const [fault, said] of [['<a href="nowhere.html">', 'nowhere.html: no such file'], [`<a href="${doc0}#nowhere">`, `${doc0}#nowhere: no such place`],
	['<a href="#nowhere">', '#nowhere: no such place'], ['<a href="../out.html">', '../out.html leads out'], ['<a href="/etc/passwd">', '/etc/passwd leads out'],
	['<a href="file:///x">', 'file:///x leads out'], ['<img src="https://example.org/x.png">', 'https://example.org/x.png leads out'],
	['<form action="https://example.org/">', 'https://example.org/ leads out'], ['<script src="gone.js">', 'gone.js: no such file']]) {
	writeFileSync(page0, html0.replace('</main>', fault + '</main>'));
	is(`${fault} would be found`, links('faults').bad, [`index.html: ${said}`]);
}
writeFileSync(page0, html0);
const away = files('faults/d', '.html').find(f => html0.includes(inside('faults', f)));
renameSync(away, 'away.html');
ok('so would a page that is missing', links('faults').bad.some(b => b.startsWith('index.html: ' + inside('faults', away))) ? [] : [away]);

/* ---- Chromium ---- */

const context = await open();
async function audit(page, only) {
	await page.evaluate(axe);
	const r = await page.evaluate(o => axe.run(document, o), { preload: false, resultTypes: ['violations'], ...only,
		runOnly: only.runOnly || { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] } });
	return r.violations.map(v => `${v.id}: ${v.help}: ${v.nodes.length}: ${v.nodes[0].html.slice(0, 150)}`);
}
/* One page of each kind: the fixed ones, the first of each folder, a document of each kind of document. */
function samples(dir) {
	const seen = new Set();
	return files(dir, '.html').filter(f => {
		const name = inside(dir, f), m = /^(\w+)\/((\w\w)-)?/.exec(name), k = m ? m[1] + (m[1] === 'd' ? m[3] + (/\.\w+\.html$/.test(name) ? '.' : '') : '') : name;
		return !seen.has(k) && seen.add(k);
	});
}
const colours = { runOnly: { type: 'rule', values: ['color-contrast', 'link-in-text-block'] } };
const narrow = { runOnly: { type: 'rule', values: ['color-contrast', 'target-size', 'scrollable-region-focusable'] } };
for (const [lang, dir] of sites) {
	const { page, take } = await tab(context), bad = [], all = samples(dir);
	const pages = lang === 'en' ? all : all.filter(f => /(^|\/)(index|search|print|kinds|changes|readiness|matrix|participants|actions|labels)\.html$|\/(country|kind|meeting)\/|\/d\/(cs|mt)/.test(f));
	for (const f of pages) {
		const name = inside(dir, f), note = async (how, found) => { for (const x of [...await found, ...take()]) bad.push(`${name} ${how}: ${x}`); };
		await page.setViewportSize({ width: 1280, height: 900 });
		await page.emulateMedia({ colorScheme: 'light' });
		await page.goto(url(f) + (/search/.test(f) ? '#q=a' : ''));
		if (/search/.test(f)) await page.waitForSelector('#find-hits li');
		await note('light', audit(page, {}));
		await note('', page.evaluate(print => {
			const out = [], h = document.querySelectorAll('h1'), l = document.documentElement;
			if (h.length !== 1 && !print) out.push(`${h.length} headings of the first level`);
			if (!l.lang || !l.dir) out.push('no language or direction');
			if (l.dir !== (/^(ar|fa|ur)/.test(l.lang) ? 'rtl' : 'ltr')) out.push(`${l.lang} goes ${l.dir}`);
			if (document.querySelector('[style], style, script:not([src])') || [...document.querySelectorAll('*')].some(e => [...e.attributes].some(a => /^on/.test(a.name)))) out.push('style or script inside the page');
			if (!document.querySelector('meta[http-equiv=Content-Security-Policy]')) out.push('no policy');
			if (document.querySelectorAll('.tlp').length < 2) out.push('no label above and below');
			return out;
		}, name === 'print.html'));	/* a pack on one page has its documents' headings */
		await page.keyboard.press('Tab');
		await note('keyboard', page.evaluate(() => document.activeElement.matches('.skip[href="#main"]') ? [] : ['the first stop is not the link to the text']));
		await page.emulateMedia({ colorScheme: 'dark' });
		if (lang === 'en') await note('dark', audit(page, colours));
		await page.setViewportSize({ width: 320, height: 700 });
		if (lang === 'en') await note('narrow', audit(page, narrow));
		await note('narrow', page.evaluate(() => document.documentElement.scrollWidth > 320 ? [`${document.documentElement.scrollWidth} wide`] : []));
	}
	ok(`${lang}: ${pages.length} pages are fit for all, light, dark and narrow`, bad);
	await page.close();
}

/* ---- paper ---- */

/* The text of each sheet. */
async function printed(page, f) {
	writeFileSync('sheets.pdf', await page.goto(url(f)).then(() => page.pdf({ preferCSSPageSize: true })));
	const r = spawnSync('pdftotext', ['-layout', 'sheets.pdf', '-'], { encoding: 'utf8', maxBuffer: 1 << 26 });
	if (r.status !== 0) throw new Error(`pdftotext: ${r.error || r.stderr}`);
	return r.stdout.split('\f').slice(0, -1);
}
const { page, take } = await tab(context);
for (const [lang, dir] of sites) {
	const bad = [], wanted = ['d/mt-bps-2022-colep-2.html', 'matrix.html', 'print.html'].map(f => join(dir, f)).filter(existsSync);
	let n = 0;
	for (const f of /en|ur|pack/.test(lang) ? wanted : []) {
		const label = /class="tlp[^>]*>(TLP:[A-Z+]+)</.exec(read(f))[1];
		(await printed(page, f)).forEach((text, i, all) => {
			n++;
			if (i && f.endsWith('matrix.html')) bad.push('the chart and its countries are not on one sheet');
			if (text.split(label).length < 3) bad.push(`${inside(dir, f)}, sheet ${i + 1}: ${label} is not above and below: ${text.slice(0, 80)}`);
			const times = what => (text.match(what) || []).length, facts = times(/^ *Label +TLP:/gm);
			if (f.endsWith('print.html') && facts !== times(/\bId +[a-z]{2}-[a-z]/g)) bad.push(`${inside(dir, f)}, sheet ${i + 1}: facts of a document are torn`);
			if (!new RegExp(`\\b${i + 1} ?/ ?${all.length}\\b`).test(text)) bad.push(`${inside(dir, f)}, sheet ${i + 1}: no number`);
		});
		bad.push(...take());
	}
	if (n) ok(`${lang}: ${n} printed sheets have their label above and below and their number, a chart its countries`, bad);
}
await context.close();
done();
