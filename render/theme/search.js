/* search.js: search from a disk: reads what find_files.c writes, ranks as find.c does, marks words of "#q=" in a page. */
(() => {
'use strict';
const up = document.currentScript.getAttribute('src').replace(/search\.js$/, ''), early = !document.currentScript.defer;	/* early: before search.html is whole */
const WORD_MAX = 64, POINTS = 64, WORDS = 32, FIRST = 5, FEW = 10, FORMS = 256, LISTS = 8, DOCS = 64, HINTS = 8;
const FACETS = ['kind', 'country', 'topic', 'lang', 'status', 'year'];

/* files: each calls S with its name and one string; what it is made into is kept */

const files = new Map();
window.S = (name, text) => { files.get(name).text = text; };

function make(name, fn) {
	let f = files.get(name);
	if (f) return f.made;
	files.set(name, f = {});
	const s = document.createElement('script');
	f.made = new Promise((done, fail) => {
		s.blocking = 'render';	/* heard while the head is read: what was found is asked for before the page is laid out */
		s.src = up + name + '.js';
		s.onload = () => done(f.text);
		s.onerror = fail;
		document.head.append(s);
	}).then(fn).catch(() => { files.delete(name); throw new Error(name + '.js'); }).finally(() => { s.remove(); f.text = ''; });
	return f.made;
}

/* numbers: digits 0 to 44 end one, 45 to 89 go on */

const digit = new Uint8Array(128);
for (let c = 0x23, n = 0; c < 0x7f; c++) if (c !== 0x3c && c !== 0x5c) digit[c] = n++;

class Reader {
	constructor(s, i = 0) { this.s = s; this.i = i; }
	more() { return this.i < this.s.length; }
	digit() { return digit[this.s.charCodeAt(this.i++)]; }
	number() {
		let v = 0, m = 1, d;
		while ((d = digit[this.s.charCodeAt(this.i++)]) >= 45) { v += m * d; m *= 45; }
		return v + m * d;
	}
	until(c) { const from = this.i, at = this.s.indexOf(c, from); this.i = at + 1; return this.s.slice(from, at); }
}
/* Part n of what one character ends each part of. */
function part(s, c, n) {
	let from = 0;
	while (n--) from = s.indexOf(c, from) + 1;
	return s.slice(from, s.indexOf(c, from));
}

/* words: kb/text/chars.h. The lines of the table rise, and each is read as far as the characters that were asked for: it
 * yields where the next of what it tells begins. */

const BREAK = 0, LETTER = 1, PAIR = 2, DROP = 3;
const kinds = new Uint8Array(0x110000), surfaces = new Map();

function* kindLine(r, k) {
	for (let at = 0; r.more();) {
		const from = at + r.number();
		yield from;
		at = from + r.number() + 1;
		kinds.fill(k, from, at);
	}
}
function* runLine(r) {
	for (let c = 0; r.more();) {
		yield c += r.number();
		const n = r.number() + 3, mode = r.number(), z = r.number(), to = z % 2 ? c - (z + 1) / 2 : c + z / 2, step = 1 + mode % 2;
		for (let i = 0; i < n; i++) surfaces.set(c + i * step, to + (mode < 2 ? i * step : 0));
	}
}
function* oneLine(r) {
	for (let c = 0; r.more();) {
		yield c += r.number();
		surfaces.set(c, r.until(' '));
	}
}
let unread = [];
function begin(lines) {
	const r = lines.map(line => new Reader(line));
	unread = [kindLine(r[0], LETTER), kindLine(r[1], PAIR), kindLine(r[2], DROP), runLine(r[3]), oneLine(r[4])]
		.map(line => ({ line, at: line.next().value }));
}
const table = () => make('find/table', text => begin(text.split('\n')));	/* for a page that is read; a search has it of root */
function readTo(c) { for (const u of unread) while (u.at <= c) u.at = u.line.next().value; }

function surfaceOf(c) {
	if (kinds[c] === BREAK || kinds[c] === DROP) return '';
	if (c >= 0xac00 && c <= 0xd7a3) {
		const s = c - 0xac00, t = s % 28;
		return String.fromCharCode(0x1100 + Math.floor(s / 588), 0x1161 + Math.floor(s % 588 / 28), ...t ? [0x11a7 + t] : []);
	}
	const s = surfaces.get(c);
	return typeof s === 'string' ? s : String.fromCodePoint(s === undefined ? c : s);
}

const bytes = c => c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;

function surface(v) {
	let s = '', out = '', n = 0;
	v.slice(0, POINTS).forEach((c, i) => {
		if (c === 0x306 && i && (v[i - 1] === 0x418 || v[i - 1] === 0x438)) s = s.slice(0, -1) + 'j';
		else s += surfaceOf(c);
	});
	for (const ch of s) {
		if ((n += bytes(ch.codePointAt(0))) > WORD_MAX) break;
		out += ch;
	}
	return out;
}

/* Calls fn(surface, from, to). */
function words(text, fn) {
	const v = [], at = [];
	let i = 0;
	for (const ch of text) { v.push(ch.codePointAt(0)); at.push(i); i += ch.length; }
	at.push(i);
	readTo(v.reduce((a, b) => Math.max(a, b), 0));
	for (i = 0; i < v.length;) {
		const start = i, k = kinds[v[i++]];
		if (k === LETTER) {
			for (; i < v.length; i++) {
				const c = v[i], kind = kinds[c];
				if (kind === BREAK || kind === PAIR || c === 0x200c && v[i - 1] >= 0x600 && v[i - 1] <= 0x8ff) break;
			}
			fn(surface(v.slice(start, i)), at[start], at[i]);
		} else if (k === PAIR) {
			const p = [];
			for (i = start; i < v.length && kinds[v[i]] === PAIR;) {
				p.push(i++);
				while (i < v.length && kinds[v[i]] === DROP) i++;
			}
			p.push(i);
			for (let j = 0; j < Math.max(1, p.length - 2); j++) {
				const end = p[Math.min(j + 2, p.length - 1)];
				fn(surface(v.slice(p[j], end)), at[p[j]], at[end]);
			}
		}
	}
}

/* By code points, as UTF-8 is. */
function before(a, b) {
	const n = Math.min(a.length, b.length);
	for (let i = 0; i < n; i++) {
		let x = a.charCodeAt(i), y = b.charCodeAt(i);
		if (x === y) continue;
		if (x >= 0xd800 && y >= 0xd800) { x += x < 0xe000 ? 0x2000 : -0x800; y += y < 0xe000 ? 0x2000 : -0x800; }
		return x < y;
	}
	return a.length < b.length;
}

function query(text) {
	const asked = [];
	let open = false, done = 0;
	for (const m of text.matchAll(/[^ \t\r\n]+/g)) {
		if (asked.length >= WORDS) break;
		const not = m[0].length > 1 && m[0][0] === '-' && m[0][1] !== '-';
		let last = -1;
		words(m[0], (form, from, to) => {
			if (asked.length >= WORDS) return;
			last = to;
			open = !not && m.index + to === text.length;
			if (form) asked.push({ form, not });
		});
	}
	return { asked, open };
}

/* the index */

/* The first string of each block and its file. */
function blocksOf(line, folder) {
	const v = line.split(' '), firsts = [], files = [];
	for (let i = 0; i + 1 < v.length; i += 2) { firsts.push(v[i]); files.push(folder + '/' + v[i + 1]); }
	return { firsts, files };
}
const root = () => make('find/root', text => {
	const lines = text.split('\n');
	begin(lines.slice(4));
	return { n: Number(lines[0].split(' ')[1]), forms: blocksOf(lines[1], 'find-t'), lists: blocksOf(lines[2], 'find-p'), names: lines[3] };
});
/* A function from the number of a facet. */
const facets = () => make('find/facets', text => {
	const lines = text.split('\n'), made = [];
	return f => made[f] || (made[f] = facet(lines, f));
});

function facet(lines, f) {
	const cells = lines[3 * f].split('\t'), values = [];
	for (let i = 1; i < cells.length; i += 2) values.push({ value: cells[i], label: cells[i + 1] });
	const sets = lines[3 * f + 1].split(' ').slice(0, -1).map(s => {
		const set = [];
		for (const r = new Reader(s); r.more();) set.push(r.number());
		return set;
	});
	let width = 1;
	while (90 ** width < sets.length) width++;
	const r = new Reader(lines[3 * f + 2]), column = new Uint32Array(r.s.length / width);
	for (let i = 0; i < column.length; i++) for (let k = 0; k < width; k++) column[i] = 90 * column[i] + r.digit();
	return { name: FACETS[f], values, sets, column };
}

const block = async (of, n) => n < of.files.length ? make(of.files[n], text => text) : '';
/* Yields each string of a block that begins with s and what stands behind it, in order. An item that has more in common with
 * the one before than that has with s is no nearer to s; one that has less is behind all of them. */
function* beginning(text, s) {
	for (let i = 0, same = 0, got = ''; i < text.length;) {
		const end = text.indexOf(' ', i), like = digit[text.charCodeAt(i++)];
		if (like < same) return;
		if (like === same || same === s.length) {
			let at = i;
			if (same < s.length) {
				while (same < s.length && at < end && text[at] === s[same]) { at++; same++; }
				if (same < s.length) {
					if (same && s.charCodeAt(same - 1) >> 10 === 0x36) same--;	/* characters are alike as wholes */
					i = end + 1;
					continue;
				}
				got = s;
			} else got = got.slice(0, like);
			const mark = text.indexOf('!', at), stop = mark < 0 || mark > end ? end : mark;
			got += text.slice(at, stop);
			yield [got, text.slice(stop, end)];
		}
		i = end + 1;
	}
}
/* What stands behind s; undefined: s is not there. */
function behind(text, s) {
	for (const [string, tail] of beginning(text, s)) return string === s ? tail : undefined;
}
const docOf = async d => part(await make('find-d/' + Math.floor(d / DOCS), text => text), '\n', d % DOCS).split('\t');

/* The last of a sorted array that is not behind, or 0. */
function place(v, is_before) {
	let from = 0, to = v.length;
	while (to - from > 1) {
		const mid = (from + to) >> 1;
		if (is_before(v[mid])) from = mid; else to = mid;
	}
	return from;
}
const placeOf = (of, s) => place(of.firsts, f => !before(s, f));

/* In whole numbers, as bm25_rare. */
function idf(n, df) {
	let x = Math.floor((2 * n + 2) * 65536 / (2 * df + 1)), whole = 0, frac = 0;
	while (x >= 131072) { x = Math.floor(x / 2); whole++; }
	for (let i = 0; i < 16; i++) {
		x = Math.floor(x * x / 65536);
		frac *= 2;
		if (x >= 131072) { x = Math.floor(x / 2); frac++; }
	}
	x = Math.floor((whole * 65536 + frac) * 45426 / 65536);
	const root = v => Math.floor(Math.sqrt(v * 65536)), fourth = root(root(x));
	return Math.floor(Math.floor(x * fourth / 65536) * root(fourth) / 131072);
}

/* what words name: find_called.c */

function fits(word, w) {
	const cut = word.charCodeAt(word.length - 1) - 65, ends = cut >= 0 && cut < 26, whole = ends ? word.slice(0, -1) : word, stem = whole.length - cut;
	return w === whole ? 2 : ends && w.slice(0, 4) === whole.slice(0, 4) && w.startsWith(whole.slice(0, stem)) && w.length <= stem + 3 ? 1 : 0;
}
function namedIn(names, asked) {
	const w = asked.map(({ form, not }) => not ? '' : form.length > 4 ? form.replace(/^[\u0627\u0644]\u0644/, '') : form), codes = [], ask = [];
	let others = 0;
	for (let i = 0, best; i < w.length; i += best >> 1 || 1) {
		let found = [];
		best = 0;
		const begin = '|' + w[i].slice(0, 4);
		for (let at = -1; w[i] && (at = names.indexOf(begin, at + 1)) >= 0;) {
			const from = names.lastIndexOf('\t', at) + 1, code = names.slice(from, names.indexOf('|', from));
			const how = names.slice(at + 1).match(/^[^|\t]*/)[0].split(' ').map((v, k) => fits(v, w[i + k] || '')), worth = how.includes(0) ? 0 : 2 * how.length + !how.includes(1);
			if (!worth || worth < best) continue;
			if (worth > best) found = [];
			best = worth;
			found.push(code);
		}
		if (found.includes('0ask')) ask[i] = true;
		else for (const code of found) if (codes.length < HINTS && !codes.includes(code)) codes.push(code);
		if (!best && w[i]) others++;
	}
	return { codes, ask, others };
}

/* The terms of a form's lists: itself, and those that stand behind it. */
const termsOf = (form, tail) => [form, ...tail.split('!').slice(1).map(t => form.slice(0, digit[t.charCodeAt(0)]) + t.slice(1))];
/* Those of a form, or null; of the first forms that begin so. */
async function exactTerms(ix, form) {
	const tail = behind(await block(ix.forms, placeOf(ix.forms, form)), form);
	return tail === undefined ? null : termsOf(form, tail);
}
async function beginningTerms(ix, form) {
	const terms = [], blocks = new Set(), { firsts } = ix.forms, first = placeOf(ix.forms, form);
	for (let n = first, left = FORMS; n < firsts.length && left && (n === first || firsts[n].startsWith(form)); n++)
		for (const [s, tail] of beginning(await block(ix.forms, n), form)) {
			for (const term of termsOf(s, tail)) {
				const at = placeOf(ix.lists, term);
				if (!blocks.has(at) && blocks.size === LISTS) continue;
				blocks.add(at);
				terms.push(term);
			}
			if (!--left) break;
		}
	return terms;
}
async function postings(ix, terms) {
	const blocks = await Promise.all(terms.map(t => block(ix.lists, placeOf(ix.lists, t))));
	return terms.map((t, i) => (behind(blocks[i], t) || '').slice(1));
}
/* The documents of terms, each once, and impact: the highest one of each. As Reader does it, in a loop of its own: there
 * are thousands of postings, and the script is young. */
async function take(ix, terms) {
	const impact = new Uint8Array(ix.n), docs = [];
	for (const t of await postings(ix, terms))
		for (let i = 0, doc = 0, m, d, q; i < t.length; doc++) {
			for (m = 1; (d = digit[t.charCodeAt(i++)]) >= 45; m *= 45) doc += m * d;
			doc += m * d;
			q = digit[t.charCodeAt(i++)];
			if (!impact[doc]) docs.push(doc);
			if (impact[doc] < q) impact[doc] = q;
		}
	return { docs, impact };
}

async function search(text, chosen) {
	const narrow = FACETS.some(f => chosen[f] && chosen[f].length), [ix, of] = await Promise.all([root(), narrow && facets()]), { asked, open } = query(ix.n ? text : '');
	const score = new Float64Array(ix.n), state = new Uint8Array(ix.n), touched = [], HIT = 1, OUT = 2;
	const positive = asked.some(w => !w.not), blank = !positive && !narrow, { codes, ask, others } = namedIn(ix.names, asked);
	function add(docs, bit, worth) {
		for (const d of docs) {
			if (!state[d]) touched.push(d);
			state[d] |= bit;
			score[d] += worth(d);
		}
	}
	await Promise.all([...codes.map(async code => {
		const { docs, impact } = await take(ix, [code]), o = Math.max(1, others - (code.length === 3) - (ask[0] ? 2 : 0));
		const factor = Math.floor(2 * (idf(ix.n, docs.length) + 32768) / (o * o));
		add(docs, HIT, d => factor * impact[d]);
	}), ...asked.map(async (w, i) => {
		const last = open && i === asked.length - 1, bit = w.not ? OUT : HIT;
		block(ix.lists, placeOf(ix.lists, w.form)).catch(() => {});	/* most forms have a list of their own: asked for beside the forms */
		const exact = await exactTerms(ix, w.form), found = exact && await take(ix, exact);
		const begun = !w.not && (!found || last && found.docs.length < FEW) && await take(ix, await beginningTerms(ix, w.form));
		const { docs, impact } = found || begun || { docs: [] }, factor = Math.floor(idf(ix.n, docs.length) / (ask[i] ? 4 : 1));
		add(docs, bit, d => factor * impact[d]);
		if (found && begun) add(begun.docs.filter(d => !impact[d]), bit, d => Math.floor(factor * begun.impact[d] / 64));
	})]);
	const filters = [];		/* a facet that is chosen from, and which of its sets fit */
	FACETS.forEach((name, k) => {
		if (!chosen[name] || !chosen[name].length) return;
		const f = of(k);
		filters.push({ k, f, fits: f.sets.map(s => s.some(v => chosen[name].includes(f.values[v].value))) });
	});
	/* bits of the facets that a document does not fit */
	const misfit = d => { let no = 0; for (const { k, f, fits } of filters) if (!fits[f.column[d]]) no |= 1 << k; return no; };
	const fits = positive ? HIT : 0, keys = new Float64Array(positive ? touched.length : ix.n);		/* a key: score and document, both whole numbers */
	let length = 0;
	if (!blank) for (const d of positive ? touched : state.keys()) if (state[d] === fits && !(narrow && misfit(d))) keys[length++] = score[d] * ix.n + d;
	const best = keys.subarray(0, length).sort().reverse(), hits = { length, slice: (from, to) => Array.from(best.subarray(from, to), k => k % ix.n) };
	/* how many documents have each value of facet f, number k, were it not chosen from */
	function counts(f, k) {
		const of = new Uint32Array(f.sets.length), sums = new Uint32Array(f.values.length);
		for (let d = 0; d < ix.n; d++) if (state[d] === fits && !(misfit(d) & ~(1 << k))) of[f.column[d]]++;
		f.sets.forEach((s, i) => { if (of[i]) for (const v of s) sums[v] += of[i]; });
		return sums;
	}
	return { hits, blank, asked, counts };
}

/* marking */

function wanted(asked) {
	const forms = asked.filter(w => !w.not).map(w => w.form);
	return s => s && forms.some(f => s === f || f.length > 2 && s.startsWith(f) || s.length > 4 && s.length >= f.length - 3 && f.startsWith(s));
}
function marked(text, want) {
	const out = document.createDocumentFragment();
	let at = 0;
	words(text, (s, from, to) => {
		if (from < at || !want(s)) return;
		const m = document.createElement('mark');
		m.textContent = text.slice(from, to);
		out.append(text.slice(at, from), m);
		at = to;
	});
	if (at) out.append(text.slice(at));
	return at ? out : null;
}
async function markPage(main, text) {
	await table();
	const want = wanted(query(text).asked), walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT), nodes = [];
	while (walk.nextNode()) nodes.push(walk.currentNode);
	for (const node of nodes) {
		const m = marked(node.data, want);
		if (m) node.replaceWith(m);
	}
}

/* the page */

function element(name, attributes, ...children) {
	const e = document.createElement(name);
	for (const k in attributes) e.setAttribute(k, attributes[k]);
	e.append(...children);
	return e;
}

const chosen = p => Object.fromEntries(FACETS.map(f => [f, p.getAll(f)]));
/* before: of what the address asked for, the result that is on its way. */
function page(form, before) {
	const [input, status, list, more, side, narrow] = ['q', 'status', 'hits', 'more', 'facets', 'narrow'].map(id => document.getElementById('find-' + id));
	const say = (key, v) => form.dataset[key].replace(/\{\w+\}/, v);
	let turn = 0, shown = 0, result = null, last = {}, timer = 0;

	const state = () => {
		const p = new URLSearchParams(input.value && { q: input.value });
		FACETS.forEach((name, k) => {
			const of = boxes[k].field ? boxes[k].rows.filter(r => r && r.box.checked).map(r => r.box.value) : last[name] || [];
			for (const v of of) p.append(name, v);
		});
		return p;
	};
	/* A box stays where it is once it was made, so that the keyboard does. */
	const boxes = FACETS.map(() => ({ field: null, rows: [] }));
	function showFacet(k, f, { counts }, chosen) {
		const b = boxes[k], { values } = f, sums = counts(f, k), name = FACETS[k];
		if (!b.field) side.append(b.field = element('fieldset', {}, element('legend', {}, form.dataset[name])));
		let at = b.field.firstChild;
		if (!b.order) {
			const of = new Intl.Collator(document.documentElement.lang).compare, named = name === 'country' || name === 'topic';
			b.order = [...values.keys()].sort((x, y) => named ? of(values[x].label, values[y].label) : x - y);
		}
		b.order.forEach(v => {
			const { value, label } = values[v];
			let r = b.rows[v];
			const checked = chosen.includes(value), shown = sums[v] > 0 || checked;
			if (!r && shown) {
				const box = element('input', { type: 'checkbox', name, value }), n = element('span', { class: 'quiet' });
				r = b.rows[v] = { box, n, row: element('label', {}, box, element('span', {}, element('bdi', {}, label), ' ', n)) };
				at.after(r.row);
			}
			if (!r) return;
			at = r.row;
			r.box.checked = checked;
			r.row.hidden = !shown;
			r.n.textContent = '(' + sums[v] + ')';
		});
		b.field.hidden = b.rows.every(r => r.row.hidden);
	}
	async function showHits(n) {
		const mine = turn, { hits, asked } = result, want = wanted(asked);
		const docs = await Promise.all(hits.slice(shown, n).map(docOf));
		if (mine !== turn) return;
		if (!shown) list.replaceChildren();
		const q = input.value ? '#' + new URLSearchParams({ q: input.value }) : '';
		for (const [name, lang, kind, owner, date, label, title, summary] of docs) {
			const dir = 'auto', comma = form.dataset.comma + ' ', what = element('span', { class: 'quiet' }, kind + comma + owner), item = element('li', {},
				element('a', { href: up + 'd/' + name + '.html' + q, lang, dir, hreflang: lang }, marked(title, want) || title), ' ', what);
			for (const v of [date, label]) if (v) what.append(comma, element('bdi', {}, v));
			if (summary) item.append(element('p', { lang, dir }, marked(summary, want) || summary));
			list.append(item);
		}
		shown = Math.min(n, hits.length);
		more.hidden = n === FIRST || shown >= hits.length;
	}
	const task = () => new Promise(done => setTimeout(done, 0));
	const seen = () => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));	/* what stands there was painted */
	async function run(c, before) {
		const mine = ++turn;
		last = c;
		try {
			const r = await (before && input.value === q ? before : search(input.value, c));
			if (mine !== turn) return;
			result = r;
			shown = 0;
			await showHits(FIRST);	/* what a screen holds; each stands in a file of its own, as a rule */
			if (mine !== turn) return;
			status.textContent = say(r.blank ? 'empty' : r.hits.length ? 'hits' : 'none', r.hits.length);
			await seen();
			if (mine === turn) await showHits(FEW);
			const of = await facets();
			for (let k = 0; k < FACETS.length && mine === turn; k++) {
				showFacet(k, of(k), r, c[FACETS[k]]);
				await task();
			}
			if (mine === turn) narrow.hidden = boxes.every(b => b.field.hidden);
		} catch (e) {
			if (mine === turn) status.textContent = say('missing', () => e.message);
		}
	}
	function go(push) {
		const p = state();
		clearTimeout(timer);
		const ran = run(chosen(p));	/* files are asked for before the address is changed */
		if (location.hash !== '#' + p) history[push ? 'pushState' : 'replaceState'](null, '', location.pathname + '#' + p);
		return ran;
	}
	function fromAddress(before) {
		const p = address();
		input.value = p.get('q') || '';
		if (String(p)) run(chosen(p), before);
	}
	form.addEventListener('submit', e => { e.preventDefault(); go(true); });
	form.addEventListener('input', e => { clearTimeout(timer); timer = setTimeout(go, e.target === input ? 200 : 0); });
	side.addEventListener('change', () => go(false));
	input.addEventListener('focus', () => { if (!turn) run(chosen(state())); });
	more.addEventListener('click', async () => { const n = shown; await showHits(n + FEW); list.children[n].firstChild.focus(); });
	addEventListener('hashchange', () => { if (location.hash.includes('=')) fromAddress(); });
	form.hidden = false;
	narrow.open = matchMedia('(min-width: 60rem)').matches;
	fromAddress(before);
}

const address = () => new URLSearchParams(location.hash.slice(1) || location.search), q = address().get('q');
window.colep = { search, words, table, nameOf: async d => (await docOf(d))[0] };
if (early) {
	const before = q ? search(q, chosen(address())) : null, start = () => page(document.getElementById('find'), before);
	if (before) before.then(r => Promise.all(r.hits.slice(0, FIRST).map(docOf))).catch(() => {});
	if (document.readyState === 'loading') addEventListener('DOMContentLoaded', start);
	else start();
} else if (q && document.querySelector('main article')) markPage(document.querySelector('main'), q).catch(() => {});
})();
