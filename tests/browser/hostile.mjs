/* tests/browser/hostile.mjs make NODE | try SITE URL: a community of documents that are out to run something in the
 * reader's browser, and what becomes of them.
 *
 * Each payload calls pwned(N), asks 127.0.0.1:9 for something or leads to a script when followed. They stand in bodies,
 * in every key of every kind of document, in names of vocabularies and files, in messages of commits. Chromium opens the
 * pages with their policy switched off, so that what is not escaped would run; then every element and attribute of
 * every page must be one that the site makes. So it is with the hits of a search, the form of write.html and the pages that
 * `serve` gives at URL. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { dirname, join } from 'node:path';
import vm from 'node:vm';
import { ok, done, open, tab, url, files, read, inside, colep } from './lib.mjs';

const [what, where, home] = process.argv.slice(2), root = process.env.ROOT, AWAY = 'http://127.0.0.1:9/';
let next = 0;
const X = () => `pwned(${++next})`;

/* ---- payloads ---- */

const html = [
	x => `<script>${x}</script>`, x => `<ScRiPt>${x}</sCrIpT>`, x => `<script\n>${x}</script\n>`, x => `<script/x>${x}</script>`,
	x => `<script src="data:text/javascript,${x}"></script>`, () => `<script src="${AWAY}a.js"></script>`, x => `<script type=module>${x}</script>`,
	x => `<<script>${x}//<</script>`, x => `<scr<script>ipt>${x}</scr</script>ipt>`, x => `<script>${x}`, x => `< script>${x}</script>`,
	x => `<img src=x onerror=${x}>`, x => `<img src=x onerror="${x}">`, x => `<img src=x onerror='${x}'>`, x => `<img src=x onerror=\`${x}\`>`,
	x => `<img/src=x/onerror=${x}>`, x => `<IMG SRC=x ONERROR=${x}>`, x => `<image src=x onerror=${x}>`, x => `<img src="x" ${'a'.repeat(300)} onerror=${x}>`,
	x => `<img \n src=x\tonerror\n=${x}>`, () => `<img src=${AWAY}b>`, () => `<img srcset="${AWAY}c 1x">`, x => `<img src=x:x onerror&#61;${x}>`,
	x => `<svg onload=${x}>`, x => `<svg/onload=${x}>`, x => `<svg><script>${x}</script></svg>`, x => `<svg><script href="data:text/javascript,${x}"/></svg>`,
	x => `<svg><animate onbegin=${x} attributeName=x dur=1s></svg>`, x => `<svg><set onbegin=${x} attributeName=x></svg>`,
	x => `<svg><a xlink:href="javascript:${x}"><text y=20>t</text></a></svg>`, x => `<svg><foreignObject><body onload=${x}></foreignObject></svg>`,
	x => `<svg><style><img src=x onerror=${x}></style></svg>`, x => `<svg><desc><img src=x onerror=${x}></desc></svg>`,
	x => `<svg><title><img src=x onerror=${x}></title></svg>`, () => `<svg><image href="${AWAY}d"/></svg>`, () => `<svg><use href="${AWAY}e#x"/></svg>`,
	x => `<math><mtext><table><mglyph><style><img src=x onerror=${x}></style></table></mtext></math>`, x => `<math href="javascript:${x}">t</math>`,
	x => `<math><maction actiontype="statusline" xlink:href="javascript:${x}">t</maction></math>`, x => `<math><annotation-xml encoding="text/html"><img src=x onerror=${x}></annotation-xml></math>`,
	x => `<iframe src="javascript:parent.${x}"></iframe>`, x => `<iframe srcdoc="<script>parent.${x}</script>"></iframe>`, () => `<iframe src="${AWAY}f"></iframe>`,
	x => `<object data="javascript:${x}"></object>`, () => `<object data="${AWAY}g"></object>`, x => `<embed src="javascript:${x}">`, () => `<embed src="${AWAY}h">`,
	x => `<body onload=${x}>`, x => `<body onpageshow=${x}>`, x => `<frameset onload=${x}>`, x => `<html onmouseover=${x}>`,
	x => `<details open ontoggle=${x}>`, x => `<video><source onerror=${x}></video>`, x => `<audio src=x onerror=${x}></audio>`, () => `<video poster="${AWAY}i"></video>`,
	x => `<input autofocus onfocus=${x}>`, x => `<select autofocus onfocus=${x}>`, x => `<textarea autofocus onfocus=${x}>`, x => `<xss tabindex=1 autofocus onfocus=${x}>`,
	x => `<marquee onstart=${x}>m</marquee>`, x => `<form action="javascript:${x}"><button>b</button></form>`, x => `<button formaction="javascript:${x}">b</button>`,
	() => `<base href="${AWAY}">`, x => `<meta http-equiv=refresh content="0;url=javascript:${x}">`, () => `<meta http-equiv=refresh content="0;url=${AWAY}j">`,
	() => `<link rel=stylesheet href="${AWAY}k">`, () => `<link rel=prefetch href="${AWAY}l">`, () => `<link rel=icon href="${AWAY}m">`,
	() => `<style>@import "${AWAY}n"; body { background: url(${AWAY}o) }</style>`, () => `<div style="background:url(${AWAY}p)">d</div>`,
	() => `<div style="position:fixed;inset:0;background:red">cover</div>`, x => `<div style="width:expression(${x})">d</div>`,
	x => `<a href="javascript:${x}">a</a>`, x => `<a href="&#106;avascript:${x}">a</a>`, x => `<a href="java&#9;script:${x}">a</a>`, x => `<a href=" javascript:${x}">a</a>`,
	x => `<a href="data:text/html,<script>${x}</script>">a</a>`, x => `<a href=x onclick=${x}>a</a>`, x => `<a onmouseover=${x}>a</a>`,
	() => `<table background="${AWAY}q"><tr><td>t</table>`, x => `<noscript><p title="</noscript><img src=x onerror=${x}>">`, x => `<template><script>${x}</script></template>`,
	x => `<!--><img src=x onerror=${x}>-->`, x => `<!--[if gte IE 4]><script>${x}</script><![endif]-->`, x => `<![CDATA[<script>${x}</script>]]>`,
	x => `<?xml version="1.0"?><script>${x}</script>`, () => '<plaintext>', x => `<xmp><img src=x onerror=${x}></xmp>`, x => `<title><img src=x onerror=${x}></title>`,
	x => `<listing>&lt;img onerror=${x} src=x&gt;</listing>`, x => `<dialog open onclose=${x}>d</dialog>`, x => `<slot onslotchange=${x}></slot>`,
	x => `<p/onmouseover=${x}/style=position:fixed>p`, x => `<a ping="${AWAY}r" href="#${x}">a</a>`, x => `<input type=image src=x onerror=${x}>`, x => `<style onload=${x}></style>`,
	x => `<svg><handler type="text/javascript">${x}</handler></svg>`, x => `<object><param name=x value="javascript:${x}"></object>`, x => `<bgsound src="javascript:${x}">`,
];
const breakouts = [
	x => `"><script>${x}</script>`, x => `'><script>${x}</script>`, x => `" onmouseover="${x}" x="`, x => `' onmouseover='${x}' x='`, x => `" autofocus onfocus=${x} x="`,
	x => `\` onmouseover=${x} x=\``, x => `></a><img src=x onerror=${x}>`, x => `</title><script>${x}</script>`, x => `</textarea><script>${x}</script>`,
	x => `</style><script>${x}</script>`, x => `</script><script>${x}</script>`, x => `</ScRiPt ><script>${x}</script>`, x => `--><script>${x}</script>`, x => `--!><script>${x}</script>`,
	x => `]]><script>${x}</script>`, x => `"),${x},S("`, x => `");${x};//`, x => `\\");${x};//`, x => `\\\\");${x};//`, x => `\\u0022);${x};//`, x => `\\x22);${x};//`,
	x => `');${x};//`, x => `\`);${x};//`, x => `\${${x}}`, x => `{{constructor.constructor("${x}")()}}`, x => `{{t skip}}{{up}}${x}`, x => `{{#summary}}${x}`, x => `{{/summary}}${x}{{! `,
	x => `%3Cscript%3E${x}%3C/script%3E`, x => `&lt;script&gt;${x}&lt;/script&gt;`, x => `&amp;lt;script&amp;gt;${x}`, x => `&#60;script&#62;${x}&#60;/script&#62;`,
	x => `&#x3c;script>${x}&#x3c;/script>`, x => `&LT;script&GT;${x}`, x => `\u2028");${x};//`, x => `\u2029${x}//`, x => `<!--<script>${x}//`, x => `<!-- ${x}`, x => `--> ${x}`,
	x => `\u202e<script>${x}</script>\u202c`, x => `\u2066"\u2069${x}`, x => `\u061c\u200f"${x}`, x => `\ufeff<script>${x}</script>`, x => `\uff1cscript\uff1e${x}\uff1c/script\uff1e`,
	x => `+ADw-script+AD4-${x}+ADw-/script+AD4-`, x => `\\`, x => `"${x}\\`, x => `'"\`><&${x}`, x => `javascript:${x}`, x => `data:text/html,<script>${x}</script>`, x => `=${x}`,
	x => `\u00ad<\u200bscript>${x}`, x => `${x}\u0301\u0489`, x => `#q=<img src=x onerror=${x}>`, x => `../../../etc/passwd"${x}`, x => `[a](javascript:${x})`, x => `<b>${x}</b>`,
];
const addresses = [
	x => `javascript:${x}`, x => `JAVASCRIPT:${x}`, x => `jAvAsCrIpT:${x}`, x => `javascript&#58;${x}`, x => `javascript&colon;${x}`, x => `&#106;avascript:${x}`, x => `&#x6A;avascript:${x}`,
	x => `&#0000106avascript:${x}`, x => `%6Aavascript:${x}`, x => `java%0ascript:${x}`, x => `java&Tab;script:${x}`, x => `java&NewLine;script:${x}`, x => `javascript\\:${x}`, x => `&#1;javascript:${x}`,
	x => `&#32;javascript:${x}`, x => `\u00a0javascript:${x}`, x => `\u2003javascript:${x}`, x => `\ufeffjavascript:${x}`, x => `javascript://%0a${x}`, x => `javascript:/*"/*'/*--></title></style></script>*/${x}`,
	x => `vbscript:${x}`, x => `VbScRiPt:${x}`, x => `livescript:${x}`, x => `mocha:${x}`, x => `data:text/html,<script>${x}</script>`, x => `data:text/html;base64,${Buffer.from(`<script>${x}</script>`).toString('base64')}`,
	x => `DATA:text/html,${x}`, x => `data:image/svg+xml,<svg onload=${x}>`, x => `data:application/xhtml+xml,${x}`, x => `data:,${x}`, x => `blob:${x}`, () => 'file:///etc/passwd', () => 'filesystem:x',
	x => `feed:javascript:${x}`, x => `view-source:javascript:${x}`, x => `jar:javascript:${x}`, x => `about:blank#${x}`, () => '//127.0.0.1:9/s', () => '\\\\127.0.0.1\\t', () => '/\\127.0.0.1:9/u',
	x => `http://127.0.0.1:9/"onmouseover="${x}`, x => `x"onclick="${x}`, x => `x'onclick='${x}`, x => `x><script>${x}</script>`, () => 'ms-word:ofe|u|http://127.0.0.1:9/v', x => `mailto:a@example.org?body="><script>${x}</script>`,
	x => `intent://${x}`, x => `x.html#"><img src=x onerror=${x}>`, x => `../d/x.html"onmouseover="${x}`, x => `?"><script>${x}</script>`, x => `ll-bps-2022-x.md"onclick="${x}`, x => `ht&#116;ps://x"${x}`,
];
const forms = [u => `[t](${u})`, u => `[t](<${u}>)`, u => `![t](${u})`, u => `<${u}>`, u => `[t][r]\n\n[r]: ${u} "${u}"`];
const count = html.length + breakouts.length + addresses.length;

function make(node) {
	const put = (path, text) => { mkdirSync(dirname(join(node, path)), { recursive: true }); writeFileSync(join(node, path), text); };
	const git = (...args) => {
		const r = spawnSync('git', ['-C', node, '-c', 'user.name=t', '-c', 'user.email=t@t.invalid', ...args], { encoding: 'utf8' });
		if (r.status) throw new Error(r.stderr);
	};
	const quoted = s => `'${s.replace(/[\0-\x08\x0b-\x1f\x7f\u2028\u2029\ufeff]/g, '').replaceAll('\n', ' ').replaceAll("'", "''")}'`;
	const front = keys => `---\n${Object.entries(keys).map(([k, v]) => `${k}: ${v}\n`).join('')}---\n\n`;
	const lesson = (slug, title, body, more = {}) => put(`lessons/bps/ll-bps-2022-${slug}.md`, front({ id: `ll-bps-2022-${slug}`, kind: 'lesson', title: quoted(title), owner: 'bps',
		status: 'published', tlp: 'TLP:CLEAR', lang: 'en', date: '2022-06-01', summary: quoted('Harmless ' + slug), topics: '[som]', category: 'lesson', stage: 'observation', ...more }) + body);

	/* messages of commits, by the program: a document that was there is changed */
	breakouts.slice(0, 24).forEach((p, i) => {
		lesson('messages', 'Messages', `## Observation\n\nChange ${i}.\n`);
		colep('-C', node, 'save', '-m', `${html[i](X())} ${p(X())}`.replaceAll('\n', ' '));
	});
	const bodies = [...html.map(p => [p(X()), `text ${p(X())} text`]), ...breakouts.map(p => [p(X()), `# ${p(X())}`, '`' + p(X()) + '`', `| ${p(X())} |\n|---|\n| ${p(X())} |`]),
		...addresses.flatMap(p => forms.map(f => [f(p(X()))]))].map(v => v.join('\n\n'));
	for (let i = 0; i * 12 < bodies.length; i++)
		lesson(`body-${i}`, `Body ${i}`, `## Observation\n\n${bodies.slice(i * 12, i * 12 + 12).map((b, k) => `Seen ${i * 12 + k}.\n\n${b}`).join('\n\n')}\n`);
	lesson('fence', 'Fence', '```' + breakouts[0](X()) + '\n' + html.map(p => p(X())).join('\n') + '\n```\n\n' + html.map(p => '    ' + p(X()).replaceAll('\n', ' ')).join('\n') + '\n\n[^' + breakouts[2](X()).replace(/[\s[\]]/g, '') + ']\n');

	/* every key of every kind, each with another payload */
	const keys = [...readFileSync(join(root, 'kb/doc/kind.c'), 'utf8').matchAll(/\{ "([a-z-]+)", KEY_(\w+),/g)].map(m => [m[1], /LIST/.test(m[2])]);
	if (keys.length < 50) throw new Error('keys not found in kind.c');
	const kinds = [['action', 'ac', 'actions'], ['case-study', 'cs', 'case-studies'], ['issue', 'is', 'issues'], ['lesson', 'll', 'lessons'], ['meeting', 'mt', 'meetings'], ['request', 'rq', 'requests'],
		['exercise', 'ex', 'exercises'], ['procedure', 'pr', 'procedures'], ['contact', 'ct', 'contacts']];
	const all = [...html, ...breakouts];
	kinds.forEach(([kind, prefix, folder], k) => {
		for (let turn = 0; turn < 3; turn++) {
			const id = `${prefix}-bps-2022-keys-${turn}`, v = {};
			keys.forEach(([key, list], i) => {
				const one = () => quoted(all[(k * 37 + turn * 61 + i * 7) % all.length](X()) + ' Seenkey');
				v[key] = list ? `[${one()}]` : one();
			});
			Object.assign(v, { id, kind, status: 'published', tlp: kind === 'contact' ? 'TLP:GREEN' : 'TLP:CLEAR', owner: 'bps' }, turn ? { lang: 'en', date: '2022-06-01' } : {});
			delete v.handling;
			for (const n of ['translation-of', 'source-rev']) delete v[n];
			put(`${folder}/bps/${id}.md`, front(v) + '## Summary\n\nSeenkey.\n');
		}
	});
	all.forEach((p, i) => lesson(`title-${i}`, `Seentitle ${i} ${p(X())}`, '## Observation\n\nNothing.\n', { summary: quoted(`Seensummary ${p(X())}`) }));
	put('lessons/bps/ll-bps-2022-messages.fa.md', front({ 'translation-of': 'll-bps-2022-messages', 'source-rev': '0'.repeat(40), lang: 'fa', title: quoted(breakouts[0](X())) }) + html[0](X()) + '\n');

	/* names: of words in the vocabularies, of files */
	const table = v => `| Code | Label | Group | Also called | Note |\n|---|---|---|---|---|\n${v.map(r => `| ${r.join(' | ')} |\n`).join('')}`;
	const cell = s => s.replaceAll('|', '').replaceAll('\n', ' ');
	put('vocab/topics.md', table([['som', cell(html[0](X())), cell(breakouts[0](X())), cell(breakouts[2](X())), cell(html[11](X()))], ['hawala', `\u2028");pwned(0);//\u2029\u202e<!--`, '', '', ''], ['som"><img src=x onerror=pwned(0)>', 'x', '', '', '']]));
	put('vocab/countries.md', table([['MK', cell(breakouts[10](X())), '', '', '']]));
	for (const [i, p] of [...html.slice(0, 12), ...breakouts.slice(0, 12)].entries())
		put(`lessons/bps/${i}${p(X()).replaceAll('/', '\u2215').replaceAll('\n', ' ')}.md`, front({ title: 'A name that is none' }) + 'x\n');
	git('add', '-A');
	git('commit', '-qm', '<script>pwned(0)</script>');
}

/* ---- trying ---- */

const elements = new Set(`html head meta title script link body a header div span form label input button nav ul ol li main article section h1 h2 h3 h4 h5 h6 p dl dt dd strong em del code pre
	blockquote table thead tbody tr th td br hr sup footer bdi ins mark details summary noscript fieldset legend small b i figure figcaption abbr time bdo wbr`.split(/\s+/));
const attributes = new Set(`lang dir charset name content http-equiv href rel class id tabindex role src defer async action method for type value maxlength autocomplete spellcheck hidden scope start
	hreflang aria-label aria-current aria-labelledby aria-hidden aria-describedby title open checked disabled data-footnote-ref data-footnote-backref data-footnotes data-footnote-backref-idx datetime`.split(/\s+/));

/* In the page: whatever is not the site's own. */
function strange([els, attrs]) {
	const out = [], is = new Set(els), may = new Set(attrs), form = /\/write\.html$/.test(location.pathname);	/* a form of its own, none of a document's */
	for (const e of document.querySelectorAll('*')) {
		const chart = e.closest('figure.chart svg'), name = e.localName;
		if (chart ? !/^(svg|g|rect|text|title|desc|path|line|circle|a|tspan)$/.test(name) : !form && !is.has(name)) out.push(`<${name}>`);
		if (name === 'script' && !/^(\.\.\/|\/)?((search|write|write-data|personal|live)\.js$|find)/.test(e.getAttribute('src') || '-')) out.push(`a script ${e.getAttribute('src')}`);
		if (name === 'form' && !/^(\.\.\/|\/)?search(\.html)?$/.test(e.getAttribute('action') || 'search.html')) out.push(`a form to ${e.getAttribute('action')}`);
		for (const a of e.attributes) {
			if (name === 'link' && a.name === 'media' && a.value === 'print') continue;
			if (name === 'script' && a.name === 'blocking' && a.value === 'render') continue;	/* the first files of the index */
			if (/^on|^style$|^srcdoc$/i.test(a.name) || !form && !chart && !may.has(a.name) && !/^data-(hits|comma|none|empty|missing|kind|country|topic|lang|status|year)$/.test(a.name)) out.push(`${name} ${a.name}="${a.value.slice(0, 60)}"`);
			if (/^(href|src|action|xlink:href)$/.test(a.name)) {
				let u;
				try { u = new URL(a.value, location.href); } catch { out.push(`${name} leads to ${a.value}, which is no address`); continue; }
				if (!/^(file|https?|mailto):$/.test(u.protocol) || u.protocol === 'file:' && u.host) out.push(`${name} leads to ${u.href.slice(0, 80)}`);
				if (u.protocol === 'file:' && !u.pathname.startsWith(location.pathname.replace(/(\/(\w+))?\/[^/]*$/, (all, f, n) => /^(d|kind|country|topic|meeting|year|lang|status)$/.test(n || '') ? '' : f || ''))) out.push(`${name} leads out to ${u.href.slice(0, 80)}`);
			}
		}
	}
	return out;
}

async function attempt(site) {
	ok(`${count} payloads, in bodies, keys, titles, names and messages`, count >= 200 ? [] : ['too few']);
	const context = await open({ bypassCSP: true }), { page, take } = await tab(context), bad = [], seen = { Seen: 0, Seenkey: 0 };
	await context.addInitScript(() => { window.ran = []; window.pwned = n => { window.ran.push(n); console.error('ran ' + n); }; });
	let pages = 0;
	const note = async name => {
		for (const x of [...await page.evaluate(strange, [[...elements], [...attributes]]), ...(await page.evaluate(() => window.ran)).map(n => `ran ${n}`), ...take()]) bad.push(`${name}: ${x}`);
	};
	for (const f of files(site, '.html')) {
		const bytes = read(f), name = inside(site, f);
		for (const k in seen) seen[k] += bytes.split(k + (k === 'Seen' ? ' ' : '')).length - 1;
		if (!/pwned\(\d|127\.0\.0\.1/.test(bytes) || /title-\d*[1-9]\.html$/.test(name)) continue;	/* every tenth title */
		pages++;
		await page.goto(url(f));
		await page.evaluate(() => document.querySelectorAll('details').forEach(d => { d.open = true; }));
		await note(name);
		if (page.url() !== url(f)) bad.push(`${name}: went to ${page.url()}`);
	}
	ok(`${pages} pages with payloads run nothing, ask nobody, and hold no element or attribute but the site's`, pages > 60 ? bad.splice(0) : [`only ${pages} pages`]);
	ok('the payloads are on the pages', seen.Seen > 300 && seen.Seenkey > 100 ? [] : [JSON.stringify(seen)]);

	/* what the page of the search makes of them */
	for (const q of ['seentitle', 'seentitle script', 'seentitle pwned', 'seenkey', ...html.slice(0, 8).map(p => p('pwned(0)')), ...breakouts.map(p => p('pwned(0)')).slice(0, 24)]) {
		await page.goto('about:blank');
		await page.goto(url(site, 'search.html') + '#' + new URLSearchParams({ q, kind: '"><img src=x onerror=pwned(0)>', topic: q }));
		await page.waitForFunction(() => document.getElementById('find-status').textContent);
		await page.goto(url(site, 'search.html') + '#' + new URLSearchParams({ q }));
		await page.waitForFunction(() => document.getElementById('find-status').textContent);
		await note(q);
	}
	await page.goto('about:blank');
	await page.goto(url(site, 'search.html') + '#q=seentitle');
	await page.waitForSelector('#find-hits li:nth-child(10)');
	while (await page.isVisible('#find-more')) {
		const n = await page.locator('#find-hits li').count();
		await page.click('#find-more');
		await page.waitForSelector(`#find-hits li:nth-child(${n + 1})`);
	}
	const shown = await page.locator('#find-hits li').count();
	await note('all hits');
	ok(`the search shows ${shown} hostile titles as text`, shown === files(site, '.html').filter(f => /title-\d+\.html$/.test(f)).length && shown > 100 ? bad.splice(0) : [shown]);
	await page.goto(url(site, 'd/ll-bps-2022-title-0.html') + '#q=script%20seentitle%20pwned');
	await page.waitForSelector('article mark');
	await note('marked');
	ok('marking words in a page runs nothing', bad.splice(0));

	/* the form: words of the vocabularies, and a file that is opened in it */
	const opened = [];
	await page.goto(url(site, 'write.html'));
	await page.waitForSelector('#write:not([hidden])');
	for (const k of await page.$$eval('#kind option', o => o.map(x => x.value))) {
		await page.selectOption('#kind', k);
		await note(`the form of a ${k}`);
	}
	for (const [i, p] of [...html, ...breakouts].entries()) {
		const x = `'${p(X()).replace(/[\0-\x08\x0b-\x1f\x7f]/g, '').replaceAll('\n', ' ').replaceAll("'", "''")}'`;
		writeFileSync('opened.colep.md', `---\nkind: lesson\ntitle: ${x}\nowner: ${x}\ntlp: ${x}\nlang: ${x}\ndate: ${x}\nsummary: ${x}\ntopics: [${x}]\ncountries: [${x}]\nsource: ${x}\n---\n\n## Observation\n\n${p(X())}\n`);
		await page.evaluate(() => { document.getElementById('state').textContent = ''; });
		await page.setInputFiles('#open', 'opened.colep.md');
		await page.waitForFunction(() => document.getElementById('state').textContent);
		if (/pwned|127\.0/.test(await page.inputValue('#s-0').catch(() => ''))) opened.push(i);
		await page.click('#save');
	}
	await note('the form with files opened in it');
	ok(`${opened.length} hostile files are opened in the form, which runs nothing`, opened.length > 100 ? bad.splice(0) : [`only ${opened.length}`, ...bad.splice(0)]);

	/* the pages of serve, and what it says to what is asked for */
	const live = await context.newPage();
	live.on('request', r => { if (!r.url().startsWith(home)) bad.push(`serve: asks for ${r.url()}`); });
	live.on('dialog', d => { bad.push(`serve: ${d.message()}`); d.dismiss().catch(() => {}); });
	let served = 0, seenThere = 0;
	const names = files(site, '.html').map(f => inside(site, f)).filter(f => /^d\/\w\w-bps-2022-(body|fence|keys|messages)/.test(f));
	const asked = [...html, ...breakouts].filter((p, i) => i % 4 === 0).map(p => encodeURIComponent(p('pwned(0)')));
	for (const path of ['', 'changes.html', 'topics.html', 'labels.html', 'write.html', ...names, 'search?q=seentitle', 'search?q=seenkey&show=200',
		...asked.flatMap(q => [`search?q=${q}`, `search?q=seentitle&kind=${q}`, `live?q=${q}`, `d/${q}.html`, `${q}?view=${q}`])]) {
		let text = '';
		try {
			await live.goto(home + path);
			for (const x of await live.evaluate(strange, [[...elements, 'select', 'option'], [...attributes, 'selected']])) bad.push(`serve, ${path}: ${x}`);
			const ran = await live.evaluate(() => window.ran.splice(0));
			bad.push(...ran.map(n => `serve, ${path}: ran ${n}`));
			text = await live.evaluate(() => document.documentElement.innerHTML);
		} catch (e) { bad.push(`serve, ${path}: ${e.message}`); }	/* it led away */
		seenThere += /pwned\(/.test(text);
		served++;
	}
	ok(`${served} pages of serve run nothing, ask nobody else, and hold no element or attribute but the program's`, seenThere > 60 ? bad.splice(0) : [`payloads on ${seenThere} pages only`]);
	await context.close();

	/* the files of the index: one call each, of two strings, and nothing else */
	const broken = [];
	let n = 0;
	for (const f of files(site, '.js').filter(f => /\/find(-\w)?\/[^/]*\.js$/.test(f))) {
		const bytes = read(f), calls = [], sandbox = { S: (...a) => calls.push(a), pwned: i => calls.push(['ran', i, 'x']) };
		n++;
		try { vm.runInNewContext(bytes, sandbox); } catch (e) { broken.push(`${inside(site, f)}: ${e.message}`); }
		if (calls.length !== 1 || calls[0].length !== 2 || calls[0].some(a => typeof a !== 'string') || inside(site, f) !== calls[0][0] + '.js') broken.push(`${inside(site, f)}: ${calls.length} calls`);
		if (/[<\u2028\u2029\u202a-\u202e\u2066-\u2069\0-\x09\x0b-\x1f\x7f-\x9f]/.test(bytes)) broken.push(`${inside(site, f)}: a character that must be escaped`);
	}
	ok(`${n} files of the index are one call of two strings each`, n > 4 ? broken : [`only ${n}`]);
	done();
}

if (what === 'make') make(where); else await attempt(where);
