/* tests/browser/search.mjs SITE NODE WIDE: the page finds what `colep search --as-site` finds, in its order; it cuts words as
 * kb/text does; it reads little; it says so when a file is missing. WIDE: a site where each document has a topic of its own. */
import { ok, is, done, open, tab, url, files, read, colep, chance } from './lib.mjs';
import { writeFileSync, renameSync } from 'node:fs';
import { join } from 'node:path';

const [site, node, wide] = process.argv.slice(2), root = process.env.ROOT, context = await open();
const { page, take } = await tab(context);

/* ---- queries out of the pages' own words ---- */

const pick = chance(20261125), texts = files(join(site, 'd'), '.html').map(f => read(f)
	.replace(/^[^]*<article>|<\/article>[^]*$/g, '').replace(/<[^>]*>/g, ' ').replace(/&\w+;|&#\d+;/g, ' '));
const words = texts.map(t => t.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) || []).filter(v => v.length > 20);
const word = (only = /./u) => {
	for (let i = 0; i < 400; i++) {
		const v = words[pick(words.length)], w = v[pick(v.length)];
		if (only.test(w)) return w;
	}
	throw new Error(`no word like ${only}`);
};
const any = [/^[a-z]+$/i, /^[\p{Script=Cyrillic}]+$/u, /^[\p{Script=Arabic}]+$/u, /^[\p{Script=Bengali}]+/u, /^\d+$/];
const cut = w => [...w].slice(0, 2 + pick(4)).join('');
const queries = [];
for (let i = 0; i < 140; i++) queries.push(word(any[i % 5]));
for (let i = 0; i < 100; i++) queries.push(cut(word(any[i % 4])));
for (let i = 0; i < 100; i++) queries.push(`${word(any[i % 2])} ${word(any[i % 2])}`);
for (let i = 0; i < 50; i++) queries.push(`${word()} ${word()} ${cut(word())}`);
for (let i = 0; i < 30; i++) queries.push(`${word(any[0])} -${word(any[0])}`);
for (let i = 0; i < 30; i++) queries.push(word(any[i % 4]).toUpperCase());
for (let i = 0; i < 25; i++) queries.push(word(/^[a-z]{4,}$/i).replace(/[aeiou]/, v => v + '\u0301'));
for (let i = 0; i < 25; i++) queries.push(word(any[0]) + 'xq');
queries.push('12/2019', 'TLP:CLEAR', 'cs-mk-2022-taiwan', '"two words" here', 'é', 'a', 'ه', 'zzzz', 'the of and', 'kind:lesson hawala',
	...read(join(root, 'tests/asked.tsv')).split('\n').filter(l => l && l[0] !== '#').map(l => l.split('\t')[0]),	/* what names kinds and countries */
	'who is not -chair', '-next meeting next', 'case study -case study', 'meetings held lessons learned open actions requests bulgaria pakistan iran france',
	'bulgarian pakistani meet', 'nigeria niger', 'والاجتماع للاجتماع الاجتماع', 'case studys cases study',
	'\u064A\u06CC ك', 'دینا', 'Đorđe', 'İstanbul', '한국어', '東京都', 'ไทย', '👮 border', ' \t border ', 'border ', '--border', '- border');

const c = await page.goto(url(site, 'search.html')).then(() => page.evaluate(async () => {
	await colep.table();
	return document.characterSet;
}));
is('the page is UTF-8', c, 'UTF-8');

const ask = (list, chosen = {}) => page.evaluate(async ([all, want]) => {
	const out = [];
	for (const q of all) {
		const r = await colep.search(q, want);
		out.push(r ? await Promise.all(r.hits.slice(0, 20).map(async d => await colep.nameOf(d))) : []);
	}
	return out;
}, [list, chosen]);
function asSite(list, ...options) {
	writeFileSync('queries', list.map((q, i) => `${i}\t${q}\n`).join(''));
	const r = colep('-C', node, 'search', '--as-site', '--batch', 'queries', '--limit', '20', ...options), out = list.map(() => []);
	for (const line of r.out.split('\n').slice(0, -1)) {
		const [qid, id] = line.split('\t');
		out[qid].push(id);
	}
	return out;
}
function differ(list, a, b) {
	return list.flatMap((q, i) => JSON.stringify(a[i]) === JSON.stringify(b[i]) ? [] :
		[`${JSON.stringify(q)}\npage    ${a[i].slice(0, 6).join(' ')}\nas-site ${b[i].slice(0, 6).join(' ')}`]);
}
const plain = queries.filter(q => !/\t/.test(q)), mine = await ask(plain);
ok(`${plain.length} queries: the page answers as --as-site does, in order`, differ(plain, mine, asSite(plain)));
ok('most of them find something', mine.filter(v => v.length).length > plain.length * 0.75 ? [] : [mine.filter(v => v.length).length]);
for (const [chosen, ...options] of [
	[{ kind: ['lesson'] }, '--kind', 'lesson'], [{ country: ['BG'] }, '--country', 'bg'], [{ lang: ['fa', 'ar'] }, '--lang', 'fa', '--lang', 'ar'],
	[{ kind: ['lesson', 'issue'], topic: ['som'] }, '--kind', 'lesson', '--kind', 'issue', '--topic', 'som'],
	[{ status: ['published'], year: ['2022'] }, '--status', 'published', '--since', '2022', '--until', '2022'],
	[{ country: ['MK'], kind: ['case-study'] }, '--country', 'MK', '--kind', 'case-study'],
]) {
	const some = plain.slice(0, 40);
	const a = await ask(some, chosen);
	ok(`with ${options.join(' ')} too (${a.filter(v => v.length).length} find something)`,
		a.some(v => v.length) ? differ(some, a, asSite(some, ...options)) : ['nothing found']);
}
is('a filter alone lists what it has', await ask([''], { kind: ['participant'] }), asSite([' '], '--kind', 'participant'));

const many = await tab(context);
await many.page.goto(url(wide, 'search.html'));
is('a filter finds its document among 8,200 sets of topics', await many.page.evaluate(async () => {
	const r = await colep.search('', { topic: ['t-0001', 't-0089', 't-0090', 't-8099', 't-8100', 't-8199'] });
	return (await Promise.all(r.hits.slice(0, 20).map(d => colep.nameOf(d)))).sort();
}), [1, 89, 90, 8099, 8100, 8199].map(t => `ll-bg-2023-${String(t * 2343 % 8200).padStart(4, '0')}`).sort());
await many.page.close();

/* ---- words ---- */

const golden = read(join(root, 'tests/golden/words.txt')).split('\n').filter(l => l.includes('\t'));
const tokens = await page.evaluate(lines => lines.map(l => {
	const out = [];
	colep.words(l, s => out.push(s || '_'));
	return out.join(' ');
}), golden.map(l => l.slice(0, l.lastIndexOf('\t'))));
ok(`${golden.length} golden lines are cut and folded as in C`, golden.flatMap((l, i) =>
	tokens[i] === l.slice(l.lastIndexOf('\t') + 1) ? [] : [`${l}\ngot ${tokens[i]}`]));

/* ---- what is read ---- */

async function asked(fn) {
	const fresh = await tab(context), got = [];
	fresh.page.on('request', r => got.push(r.url()));
	await fn(fresh.page);
	await fresh.page.close();
	return got.filter(u => /\/find(-[dpt])?\/\w+\.js$/.test(u));
}
is('a page that is read loads no byte of the index', await asked(async p => {
	await p.goto(url(site, 'index.html'));
	await p.goto(url(site, 'd/cs-mk-2022-taiwan.html'));
	await p.goto(url(site, 'search.html'));
}), []);
const loaded = await asked(async p => {
	await p.goto(url(site, 'search.html') + '#q=smuggling');
	await p.waitForSelector('#find-hits li');
});
ok(`a search reads ${loaded.length} files, each once`, loaded.length <= 24 && new Set(loaded).size === loaded.length ? [] : loaded);

/* ---- the page ---- */

const fresh = await tab(context), p = fresh.page, status = () => p.textContent('#find-status');
const settled = async () => { await p.waitForFunction(() => document.getElementById('find-status').textContent !== ''); await p.waitForTimeout(50); };
await p.goto(url(site, 'search.html'));
await p.keyboard.press('Tab');
await p.focus('#find-q');
await p.keyboard.type('hawala');
await p.keyboard.press('Enter');
await p.waitForSelector('#find-hits li');
is('typing and Enter find; the first hit is the best', await p.getAttribute('#find-hits li a', 'href'), 'd/is-bg-2022-hawala.html#q=hawala');
ok('the number of hits is said', /\d/.test(await status()) ? [] : [await status()]);
is('its place is said politely', await p.getAttribute('#find-status', 'role'), 'status');
is('what it is, as lists tell it', await p.textContent('#find-hits li .quiet'), 'Issue, Bulgaria, 2022-05-18');
ok('the words are marked', (await p.textContent('#find-hits mark')).toLowerCase() === 'hawala' ? [] : ['no']);
is('the address holds the search', new URL(p.url()).hash, '#q=hawala');
await p.waitForSelector('input[name=country][value=DE]');
const countries = await p.$$eval('label:has(input[name=country]) bdi', v => v.map(b => b.textContent));
is('countries to narrow down by are in the order of their names', countries, [...countries].sort(new Intl.Collator('en').compare));
ok('which is not that of their codes', countries.indexOf('Germany') > countries.indexOf('Bulgaria') && countries.length > 5 ? [] : countries);
/* the first hits are shown before the others are there */
const whole = () => p.waitForFunction(() => document.querySelectorAll('#find-hits li').length >= Math.min(10, Number(/\d+/.exec(document.getElementById('find-status').textContent))));
await p.check('input[name=kind][value=lesson]');
await p.waitForFunction(() => location.hash.includes('kind=lesson'));
await p.waitForFunction(() => [...document.querySelectorAll('#find-hits li a')].every(a => a.getAttribute('href').startsWith('d/ll-')));
await whole();
const before = await p.$$eval('#find-hits li a', v => v.map(a => a.getAttribute('href')));
await p.goto('about:blank');
await p.goto(url(site, 'search.html') + '#q=hawala&kind=lesson');
await p.waitForSelector('#find-hits li');
await whole();
is('a kept address gives the same', await p.$$eval('#find-hits li a', v => v.map(a => a.getAttribute('href'))), before);
ok('and has its box ticked', await p.isChecked('input[name=kind][value=lesson]') ? [] : ['not']);
await p.fill('#find-q', '');
await p.press('#find-q', 'Enter');
await p.uncheck('input[name=kind][value=lesson]');
await p.waitForFunction(() => !document.querySelector('#find-hits li'));
await p.fill('#find-q', 'border');
await p.press('#find-q', 'Enter');
await p.waitForSelector('#find-hits li:nth-child(10)');
if (await p.isVisible('#find-more')) {
	await p.click('#find-more');
	await p.waitForSelector('#find-hits li:nth-child(11)');
	is('More brings more, and the keyboard stands there', await p.evaluate(() =>
		document.activeElement === document.querySelector('#find-hits li:nth-child(11) a')), true);
} else ok('More brings more', ['no such button']);
await p.waitForSelector('#find-narrow', { state: 'visible' });
await p.fill('#find-q', 'zzxxqq');
await p.press('#find-q', 'Enter');
ok('where nothing is found nothing is offered to narrow it', await p.waitForSelector('#find-narrow', { state: 'hidden', timeout: 5000 }).then(() => [], e => [e.message]));
await p.goto(url(site, 'search.html') + '?q=hawala');
await p.waitForSelector('#find-hits li');
is('a form without scripts leads here too', await p.inputValue('#find-q'), 'hawala');
await p.click('#find-hits li a');
await p.waitForSelector('article mark');
ok('the opened page has its words marked', (await p.$$eval('article mark', v => v.map(m => m.textContent.toLowerCase()))).includes('hawala') ? [] : ['no']);
await p.goto(url(site, 'search.html') + '#q=%D8%AD%D9%88%D8%A7%D9%84%D9%87');
await p.waitForSelector('#find-hits li');
is('a hit has its language and direction', await p.$eval('#find-hits a[lang=fa]', a => getComputedStyle(a).direction), 'rtl');
ok('nothing was asked elsewhere, no error', [...take(), ...fresh.take()]);

renameSync(join(site, 'find-p'), 'away');
await p.goto('about:blank');
await p.goto(url(site, 'search.html') + '#q=hawala');
await settled();
ok('a missing file is named', (await status()).includes('find-p/') ? [] : [await status()]);
renameSync('away', join(site, 'find-p'));
await p.press('#find-q', 'Enter');
await p.waitForSelector('#find-hits li');
ok('and found once it is back');
await context.close();
done();
