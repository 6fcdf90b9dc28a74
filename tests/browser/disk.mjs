/* tests/browser/disk.mjs PUBLIC READONLY: what must hold of a copy that is carried: nothing of what was left out is in a
 * byte of it, and it works from a medium that cannot be written, from a path of odd letters, and without scripts. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import vm from 'node:vm';
import { ok, is, done, open, tab, url, files, read, inside } from './lib.mjs';

const [site, odd] = process.argv.slice(2);
/* In what was left out, and nowhere else: in titles, summaries, texts, topics, names, messages; as a reader of another
 * script would type them too. */
const canaries = ['quokka', 'zanzibar', 'numbat', 'wombat', 'platypus', 'echidna', 'bandicoot', 'axolotl', 'кенгуру', 'kenguru', 'کانگورو', 'll-bps-2022-hidden', 'll-bps-2022-early'];

/* ---- bytes ---- */

const S = f => { let text; vm.runInNewContext(read(f), { S: (name, t) => { text = t; } }); return text; };
const digits = [...Array(0x7f - 0x23).keys()].map(i => i + 0x23).filter(c => c !== 0x3c && c !== 0x5c);
const strings = letter => S(join(site, 'find', 'root.js')).split('\n')[letter === 't' ? 1 : 2].split(' ').filter((_, i) => i % 2).flatMap(name => {
	const out = [];
	let form = '';
	for (const entry of S(join(site, 'find-' + letter, name + '.js')).split(' ').slice(0, -1)) {
		form = form.slice(0, digits.indexOf(entry.charCodeAt(0))) + entry.slice(1).replace(/!.*/s, '');
		out.push(form);
	}
	return out;
});
const forms = strings('t'), terms = strings('p');
for (const [what, v] of [['forms', forms], ['terms', terms]])
	ok(`${v.length} ${what} are in the index, in order`, v.length > 2000 && v.every((f, i) => !i || Buffer.compare(Buffer.from(v[i - 1]), Buffer.from(f)) < 0) ? [] : ['not']);
const said = new Map(files(site).map(f => [inside(site, f), f + '\n' + readFileSync(f, 'utf8')]));
for (const f of files(site, '.js').filter(f => /\/find(-d)?\/[^/]*\.js$/.test(f))) said.set(inside(site, f) + ', as read', S(f));
said.set('the forms of the index', forms.join('\n'));
said.set('the terms of the index', terms.join('\n'));
for (const c of canaries)
	ok(`'${c}' of what is left out is nowhere in ${said.size} texts`, [...said].filter(([, t]) => t.normalize('NFC').toLowerCase().includes(c)).map(([n]) => n));
ok('and what is in is found by this test', ['hawala', 'll-bps-2022-open', 'хавала'].filter(w => ![...said.values()].some(t => t.toLowerCase().includes(w))));

/* ---- Chromium ---- */

const context = await open(), { page, take } = await tab(context);
await page.goto(url(site, 'search.html'));
is('no canary is found, no beginning of one', await page.evaluate(async list => {
	const out = [];
	for (const q of list) {
		const r = await colep.search(q, {});
		out.push(...r.hits.length && !/-/.test(q) ? [q] : []);
	}
	return out;
}, canaries.flatMap(c => [c, c.slice(0, 5)]).filter(c => !/^(ll-bp)/.test(c))), []);
await page.goto(url(odd, 'index.html'));
await page.fill('header input[name=q]', 'hawala');
await page.press('header input[name=q]', 'Enter');
await page.waitForSelector('#find-hits li a');
await page.click('#find-hits li a');
await page.waitForSelector('article mark');
await page.click('.brand a');
await page.waitForSelector('nav a');
for (const a of ['kinds.html', 'countries.html', 'topics.html']) {
	await page.click(`nav a[href="${a}"]`);
	await page.click('main a');
	ok(`${a} leads on from an odd path`, (await page.title()) && await page.$('main h1') ? [] : ['no page']);
	await page.goto(url(odd, 'index.html'));
}
ok('nothing was asked elsewhere', take());
await context.close();

const still = await open({ javaScriptEnabled: false }), quiet = await tab(still), p = quiet.page, bad = [];
await p.goto(url(site, 'index.html'));
await p.fill('header input[name=q]', 'hawala');
await p.press('header input[name=q]', 'Enter');
await p.waitForURL(/search\.html/);
ok('without scripts the search says so, and leads to the lists', await p.isVisible('noscript p') && await p.isVisible('noscript a') && !await p.isVisible('#find') ? [] : ['not']);
for (const f of files(site, '.html').filter((f, i) => i % 7 === 0 && !/\/(search|write)\.html$/.test(f))) {
	await p.goto(url(f));
	const text = (await p.locator('main').innerText()).trim();
	if (text.length < 20) bad.push(`${inside(site, f)}: ${text}`);
}
ok('without scripts all other pages are there to read', [...bad, ...quiet.take()]);
await still.close();
done();
