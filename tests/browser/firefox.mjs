/* tests/browser/firefox.mjs SITE NODE: the search of a site in Firefox, from a folder on a disk, finds what
 * `colep search --as-site` finds. Firefox is spoken to over its Marionette socket: "LENGTH:[0,id,command,arguments]"
 * goes there, "LENGTH:[1,id,error,result]" comes back. */
import { ok, is, done, files, read, colep, chance, url } from './lib.mjs';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { spawn } from 'node:child_process';
import { join, resolve } from 'node:path';

const [site, node] = process.argv.slice(2), profile = resolve('profile-firefox');
mkdirSync(profile);
/* What is recommended for tests lets a page read all files; here it must not. */
writeFileSync(join(profile, 'user.js'), 'user_pref("remote.prefs.recommended", false);\nuser_pref("marionette.port", 0);\n' +
	'user_pref("app.update.auto", false);\nuser_pref("datareporting.policy.dataSubmissionEnabled", false);\n');
const firefox = spawn('firefox-esr', ['--headless', '--no-remote', '--marionette', '--profile', profile], { stdio: 'ignore', env: { ...process.env, HOME: profile } });
process.on('exit', () => firefox.kill());
const sleep = ms => new Promise(r => setTimeout(r, ms)), at = join(profile, 'MarionetteActivePort');
for (let i = 0; i < 600 && !existsSync(at); i++) await sleep(100);
const socket = connect(Number(readFileSync(at, 'utf8')), '127.0.0.1'), waiting = new Map();
let bytes = Buffer.alloc(0), id = 0;
socket.on('data', data => {
	bytes = Buffer.concat([bytes, data]);
	for (;;) {
		const colon = bytes.indexOf(':'), n = Number(bytes.subarray(0, colon));
		if (colon < 0 || bytes.length < colon + 1 + n) return;
		const m = JSON.parse(bytes.subarray(colon + 1, colon + 1 + n));
		bytes = bytes.subarray(colon + 1 + n);
		if (!Array.isArray(m)) continue;	/* the greeting */
		const [yes, no] = waiting.get(m[1]);
		m[2] ? no(new Error(JSON.stringify(m[2]).slice(0, 300))) : yes(m[3]);
	}
});
const send = (name, args) => new Promise((yes, no) => {
	const text = JSON.stringify([0, ++id, name, args]);
	waiting.set(id, [yes, no]);
	socket.write(`${Buffer.byteLength(text)}:${text}`);
});
const run = async (script, ...args) => (await send('WebDriver:ExecuteAsyncScript', { args, script:
	`const end = arguments[arguments.length - 1], page = window.wrappedJSObject || window; (async () => { ${script} })().then(end, e => end('' + e));` })).value;

await send('WebDriver:NewSession', { capabilities: { alwaysMatch: { timeouts: { script: 120000 } } } });
await send('WebDriver:Navigate', { url: url(site, 'search.html') });
is('files are as strict as for anybody', await run(`try { await page.fetch('index.html'); return 'read'; } catch (e) { return page.colep ? e.name : 'no page'; }`), 'TypeError');

const pick = chance(20261125), any = [/^[a-z]+$/i, /^[\p{Script=Cyrillic}]+$/u, /^[\p{Script=Arabic}]+$/u, /^[\p{Script=Bengali}]+/u];
const words = files(join(site, 'd'), '.html').map(f => read(f).replace(/^[^]*<article>|<\/article>[^]*$/g, '').replace(/<[^>]*>|&\w+;|&#\d+;/g, ' '))
	.flatMap(t => t.match(/[\p{L}\p{N}][\p{L}\p{M}\p{N}]*/gu) || []);
const some = only => { for (;;) { const w = words[pick(words.length)]; if (only.test(w)) return w; } };
const queries = [];
for (let i = 0; i < 60; i++) queries.push(some(any[i % 4]), [...some(any[i % 4])].slice(0, 3).join(''), `${some(any[i % 2])} ${some(any[i % 2])}`);
const found = JSON.parse(await run(`const out = [];
	for (const q of arguments0) { const r = await page.colep.search(q, new page.Object()); const v = []; for (const d of Array.from(r.hits.slice(0, 20))) v.push(await page.colep.nameOf(d)); out.push(v); }
	return JSON.stringify(out);`.replace('arguments0', JSON.stringify(queries))));
writeFileSync('queries', queries.map((q, i) => `${i}\t${q}\n`).join(''));
const wanted = queries.map(() => []);
for (const line of colep('-C', node, 'search', '--as-site', '--batch', 'queries', '--limit', '20').out.split('\n').slice(0, -1)) {
	const [q, name] = line.split('\t');
	wanted[q].push(name);
}
ok(`${queries.length} queries: Firefox answers as --as-site does, in order`, queries.flatMap((q, i) =>
	JSON.stringify(found[i]) === JSON.stringify(wanted[i]) ? [] : [`${q}\npage    ${found[i].slice(0, 6)}\nas-site ${wanted[i].slice(0, 6)}`]));
ok('most of them find something', found.filter(v => v.length).length > 120 ? [] : [found.filter(v => v.length).length]);
async function go(to) {		/* anew, also where only what stands behind "#" is another */
	await send('WebDriver:Navigate', { url: 'about:blank' });
	await send('WebDriver:Navigate', { url: to });
}
await go(url(site, 'search.html') + '#q=hawala');
is('an address with a search has its hits', await run(`for (let i = 0; i < 300 && !document.querySelector('#find-hits li'); i++) await new Promise(r => setTimeout(r, 100));
	return document.querySelector('#find-hits li a').getAttribute('href');`), 'd/is-bg-2022-hawala.html#q=hawala');
is('the hits are seen and then narrowed', await run(`for (let i = 0; i < 100 && document.getElementById('find-narrow').hidden; i++) await new Promise(r => setTimeout(r, 100));
	return document.querySelectorAll('#find-facets input').length > 10;`), true);
await go(url(site, 'd/is-bg-2022-hawala.html') + '#q=hawala');
is('the opened page has its words marked', await run(`for (let i = 0; i < 100 && !document.querySelector('article mark'); i++) await new Promise(r => setTimeout(r, 100));
	return document.querySelector('article mark').textContent.toLowerCase();`), 'hawala');
await send('Marionette:Quit', { flags: ['eForceQuit'] }).catch(() => {});
socket.destroy();
done();
