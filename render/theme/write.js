/* write.js: the form of write.html, from the data in write-data.js. It works from a folder without a network: nothing is
 * sent or stored; "Save file" hands over a document that `colep adopt` takes in. The rules are those of `check`. */
(function () {
	'use strict';
	var data, texts, form, kind, dirty = false, tried = false, timer;	/* tried: to save what the form holds */

	function t(key) { return texts[key] || data.texts.en[key] || key; }
	function fill(s, what) { return s.replace('{x}', what); }
	function make(tag, attributes, children) {
		var e = document.createElement(tag), k;
		for (k in attributes)
			if (attributes[k] !== null && attributes[k] !== false)
				e.setAttribute(k, attributes[k] === true ? '' : attributes[k]);
		(children || []).forEach(function (c) { e.appendChild(typeof c === 'string' ? document.createTextNode(c) : c); });
		return e;
	}
	function id(x) { return document.getElementById(x); }
	function list(type) { return type === 'list' || type === 'ids'; }

	/* ---- fields ---- */

	var skipped = ' id kind status cleared-by cleared-on endorsed-at replaces ';
	var rare = ' institutions regions meetings related handling handling-note grading attribution lint-ok source ';

	function keys() {		/* common ones that the kind has not of its own, then its own */
		var own = kind.keys.map(function (r) { return r.name; });
		return data.common.filter(function (r) { return skipped.indexOf(' ' + r.name + ' ') < 0 && own.indexOf(r.name) < 0; }).concat(kind.keys);
	}
	function fixed(r) { return r.values && r.values.length === 1 && r.need === 'always' ? r.values[0] : null; }
	function apart(all) {		/* names; where two are alike, with their codes */
		var seen = Object.create(null);
		all.forEach(function (c) { seen[c[1]] = (seen[c[1]] || 0) + 1; });
		return all.map(function (c) { return seen[c[1]] > 1 ? [c[0], c[1] + ' (' + c[0] + ')'] : c; });
	}
	function codes(r) {		/* [code, label] of what may be chosen, or null */
		if (r.name === 'tlp')
			return r.values.slice(0, r.values.indexOf(data.ceiling) + 1).map(function (v) { return [v, v]; });
		if (r.values)
			return r.values.map(function (v) { return [v, t('value.' + v) === 'value.' + v ? v : capital(t('value.' + v))]; });
		if (r.vocab === 'owners')
			return by_name(data.owners.map(function (c) { return [c[0], texts['institutions.' + c[0]] || texts['countries.' + c[0].toUpperCase()] || c[1]]; }));
		return r.vocab === 'countries' ? countries() : !data.vocab[r.vocab] ? null :
			apart(data.vocab[r.vocab].map(function (c) { return [c[0], texts[r.vocab + '.' + c[0]] || c[1]]; }));
	}
	function language() { return document.querySelector('main').getAttribute('lang'); }
	function capital(s) { return s.charAt(0).toLocaleUpperCase(language()) + s.slice(1); }
	function by_name(all) {		/* in the order of the reader's alphabet */
		return apart(all).sort(function (a, b) { return a[1].localeCompare(b[1], language()); });
	}
	function countries() {
		return by_name((data.vocab.countries || []).map(function (c) { return [c[0], texts['countries.' + c[0]] || c[1]]; }));
	}
	function label(r) { return t('key.' + r.name) === 'key.' + r.name ? r.name : t('key.' + r.name); }
	function hint(r) {
		var k = 'hint.' + (r.vocab === 'countries' && list(r.type) ? 'countries' : data.texts.en['hint.' + r.name] ? r.name : r.type);
		return data.texts.en[k] ? t(k) : '';
	}

	function options(all, empty) {
		return (empty ? [make('option', { value: '' }, [''])] : []).concat(all.map(function (c) {
			return make('option', { value: c[0] }, [c[1]]);
		}));
	}
	function boxes(r, all) {
		return make('div', { 'class': all.length > 60 ? 'boxes many' : 'boxes', id: 'f-' + r.name, role: 'group', 'aria-labelledby': 'l-' + r.name }, all.map(function (c) {
			return make('label', {}, [make('input', { type: 'checkbox', name: r.name, value: c[0] }), ' ', make('bdi', {}, [c[1]])]);
		}));
	}
	function control(r) {
		var all = codes(r), name = 'f-' + r.name, described = hint(r) ? 'h-' + r.name : null;
		if (r.vocab === 'countries' && list(r.type))
			return make('input', { id: name, type: 'text', list: 'countries', 'aria-describedby': described, autocomplete: 'off', dir: 'ltr' });
		if (all && list(r.type))
			return boxes(r, all);
		if (all)
			return make('select', { id: name, 'aria-describedby': described }, options(all, r.need !== 'always' || all.length > 1));
		if (r.name === 'summary')
			return make('textarea', { id: name, rows: 3, maxlength: 300, dir: 'auto', 'aria-describedby': described });
		if (r.name === 'lint-ok')
			return make('textarea', { id: name, rows: 2, dir: 'auto', 'aria-describedby': described });
		return make('input', { id: name, type: 'text', dir: r.type === 'text' ? 'auto' : 'ltr', autocomplete: 'off', maxlength: r.name === 'title' ? 300 : 1000,
			inputmode: r.type === 'number' ? 'numeric' : null, 'aria-describedby': described });
	}
	function field(r) {
		var c = control(r), need = r.need !== 'optional', group = c.getAttribute('role') === 'group';
		return make('div', { 'class': 'field' }, [
			make(group ? 'span' : 'label', group ? { id: 'l-' + r.name, 'class': 'label' } : { 'for': 'f-' + r.name }, [label(r) + (need ? ' *' : '')]),
			hint(r) ? make('span', { id: 'h-' + r.name, 'class': 'hint' }, [hint(r)]) : '', c,
			make('p', { 'class': 'wrong', id: 'e-' + r.name })]);
	}
	function section(h, i) {
		return make('div', { 'class': 'field' }, [
			make('label', { 'for': 's-' + i }, [(t('head.' + h.text) === 'head.' + h.text ? h.text : t('head.' + h.text)) + (h.must ? ' *' : '')]),
			make('textarea', { id: 's-' + i, rows: 5, dir: 'auto' }), make('p', { 'class': 'wrong', id: 'e-s-' + i })]);
	}
	function country(x) {		/* the code of a name that is one country's, here or in English, or what was typed */
		var c = countries().concat(data.vocab.countries).filter(function (y) { return y[1].toLowerCase() === x.toLowerCase(); });
		return c.length && c.every(function (y) { return y[0] === c[0][0]; }) ? c[0][0] : x.toUpperCase();
	}
	function value(r) {		/* a string, or an array of a list */
		var e = id('f-' + r.name);
		if (fixed(r) !== null)
			return fixed(r);
		if (!e)
			return list(r.type) ? [] : '';
		if (e.getAttribute('role') === 'group')
			return Array.prototype.filter.call(e.querySelectorAll('input'), function (x) { return x.checked; }).map(function (x) { return x.value; });
		if (r.name === 'lint-ok')
			return e.value.split('\n').map(function (x) { return x.trim(); }).filter(Boolean);
		if (list(r.type))
			return e.value.split(r.vocab === 'countries' ? /[,;]+/ : /[,;\s]+/).map(function (x) { return x.trim(); }).filter(Boolean).map(function (x) {
				return r.vocab === 'countries' ? country(x) : x;
			});
		return e.value.replace(/\s+/g, ' ').trim();
	}
	function put(r, v) {
		var e = id('f-' + r.name);
		if (!e)
			return;
		if (e.getAttribute('role') === 'group')
			Array.prototype.forEach.call(e.querySelectorAll('input'), function (x) { x.checked = v.indexOf(x.value) >= 0; });
		else
			e.value = Array.isArray(v) ? v.join(r.name === 'lint-ok' ? '\n' : ', ') : v;
	}

	/* ---- the document ---- */

	function quote(s) {
		return /^[A-Za-z][A-Za-z0-9 ().\/+-]*$/.test(s) && !/^(yes|no|true|false|null|on|off|y|n)$/i.test(s) || /^[0-9][0-9\/-]*$/.test(s) || /^TLP:[A-Z+]+$/.test(s) ? s :
			'"' + s.replace(/[\u0000-\u001f\u007f]/g, ' ').replace(/\\/g, '\\\\').replace(/"/g, '\\"') + '"';
	}
	function body() {
		if (!kind.heads.length)
			return '\n' + clean(id('s-0').value);
		return kind.heads.map(function (h, i) {
			var s = clean(id('s-' + i).value);
			return '\n## ' + h.text + '\n' + (s ? '\n' + s : '');
		}).join('');
	}
	function clean(s) {		/* headings of one's own go below those of the form */
		s = s.replace(/\r\n?/g, '\n').replace(/[ \t]+$/gm, '').replace(/^\n+|\n+$/g, '').replace(/^#{1,2}(?=\s)/gm, '###');
		return s ? s + '\n' : '';
	}
	function text() {
		var out = ['---', 'kind: ' + kind.name];
		keys().forEach(function (r) {
			var v = value(r);
			if (r.name === 'lint-ok' && v.length)
				out.push('lint-ok:'), v.forEach(function (x) { out.push('- ' + quote(x)); });
			else if (list(r.type) ? v.length : v)
				out.push(r.name + ': ' + (list(r.type) ? '[' + v.map(quote).join(', ') + ']' : quote(v)));
		});
		return out.concat(['---', '']).join('\n') + body();
	}
	function name() {
		var v = id('f-title').value.normalize('NFKD').toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-+|-+$/g, '').slice(0, 40).replace(/-+$/, '');
		return (v || kind.name) + '.colep.md';
	}

	/* ---- checks ---- */

	function date(s) {
		return s.split('/').length <= 2 && s.split('/').every(function (x) {
			var m = /^([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?$/.exec(x), d;
			if (!m || (m[2] && (m[2] < '01' || m[2] > '12')))
				return false;
			d = m[3] ? new Date(Date.UTC(+m[1], +m[2] - 1, +m[3])) : null;
			return !d || d.getUTCMonth() === +m[2] - 1 && +m[3] > 0;
		});
	}
	function html(s) {		/* raw HTML, which is not shown; links in angle brackets are none */
		return s.split('\n').some(function (line) {
			return /<(?:[!?]|\/?[A-Za-z][A-Za-z0-9-]*(?:[\/>\t]|\s[^>]*>|$))/.test(line.replace(/`+[^`]*`+/g, ''));
		});
	}
	function wrong(r, v) {		/* what is not right with a value, or '' */
		var all = codes(r), each = list(r.type) ? v : v === '' ? [] : [v], bad;
		if (!each.length)
			return r.need === 'always' || r.need === 'published' ? t('form.missing') : '';
		bad = each.filter(function (x) {
			if (r.name === 'lint-ok')
				return !/^PD[0-9]{2} \S/.test(x);
			if (r.type === 'date')
				return !date(x);
			if (r.type === 'number')
				return !/^[0-9]+$/.test(x);
			if (r.type === 'id' || r.type === 'ids')
				return !/^[a-z]{2}-[a-z]{2,8}(-[0-9]{4}(-[a-z0-9]+)+)?$/.test(x) || x.length > 64;
			if (kind.name === 'exercise' && r.vocab === 'countries')
				return !/^X[A-Z]$/.test(x) || x === 'XK';
			return all && !all.some(function (c) { return c[0] === x; });
		});
		if (bad.length)
			return fill(t(r.type === 'date' ? 'form.date' : r.type === 'number' ? 'form.number' : r.type === 'id' || r.type === 'ids' ? 'form.id' : 'form.code'), bad.join(', '));
		if ((r.name === 'summary' || r.name === 'title') && Array.from(v).length > 300)
			return t('form.long');
		return '';
	}
	function personalIn(s, passed) {
		return personal.check(s, kind.name === 'contact').filter(function (f) { return passed.indexOf(f.rule) < 0; }).map(function (f) {
			return { stop: f.error, text: t('form.' + f.rule) + ' \u2066' + f.shows + ' (' + f.rule + ')\u2069' };
		});
	}
	/* All findings: { where: id of the field, stop: may not leave as it is, text }. all: also what is missing. */
	function check(all) {
		var out = [], passed = [], some = false;
		function add(where, stop, what) { if (what) out.push({ where: where, stop: stop, text: what }); }

		keys().forEach(function (r) { if (r.name === 'lint-ok') passed = value(r).map(function (x) { return x.slice(0, 4); }); });
		keys().forEach(function (r) {
			var v = value(r), what = fixed(r) !== null ? '' : wrong(r, v);
			if (all || what !== t('form.missing'))
				add('f-' + r.name, false, what);
			personalIn(Array.isArray(v) ? v.join(' ') : v, passed).forEach(function (f) { add('f-' + r.name, f.stop, f.text); });
		});
		(kind.heads.length ? kind.heads : [{ text: '', must: false }]).forEach(function (h, i) {
			var s = id('s-' + i).value;
			if (all && h.must && !s.trim())
				add('s-' + i, false, t('form.empty'));
			if (s.trim() && /^(What worked|What did not work|Lessons)$/.test(h.text))
				some = true;
			if (html(s))
				add('s-' + i, true, t('form.html'));
			personalIn(s, passed).forEach(function (f) { add('s-' + i, f.stop, f.text); });
		});
		if (all && kind.name === 'case-study' && !some && id('f-detail').value !== 'outline')
			add('s-6', false, t('form.worked'));
		if (kind.name === 'contact' && id('f-tlp').value === 'TLP:CLEAR')
			add('f-tlp', true, t('form.contact'));
		return out;
	}
	function show(found) {
		Array.prototype.forEach.call(document.querySelectorAll('.wrong'), function (e) { e.textContent = ''; });
		Array.prototype.forEach.call(document.querySelectorAll('[aria-invalid]'), function (e) { e.removeAttribute('aria-invalid'); });
		found.forEach(function (f) {
			var e = id('e-' + f.where.replace(/^f-/, ''));
			e.textContent += (e.textContent ? '\n' : '') + f.text;
			id(f.where).setAttribute('aria-invalid', 'true');
		});
	}
	function summary(found) {
		var box = id('found');
		box.textContent = '';
		if (found.length)
			box.appendChild(make('ul', {}, found.map(function (f) {
				var e = id(f.where), l = e.closest('.field').firstChild.textContent;
				return make('li', {}, [make('a', { href: '#' + f.where }, [l.replace(' *', '')]), ': ', make('bdi', {}, [f.text])]);
			})));
	}
	function say(s) { id('state').textContent = s; }

	/* ---- what people do ---- */

	function save() {
		var found = check(true), stop = found.filter(function (f) { return f.stop; }), a, url;
		clearTimeout(timer);
		tried = true;
		show(found);
		summary(found);
		if (stop.length) {
			say(t('form.stop'));
			id(stop[0].where).focus();
			return;
		}
		url = URL.createObjectURL(new Blob([text()], { type: 'text/markdown;charset=utf-8' }));
		a = make('a', { href: url, download: name() });
		document.body.appendChild(a);
		a.click();
		a.remove();
		setTimeout(function () { URL.revokeObjectURL(url); }, 60000);
		dirty = false;
		say(fill(t(found.length ? 'form.saved-missing' : 'form.saved'), name()));
	}
	function unquote(s) {
		s = s.trim();
		return s.charAt(0) === '"' ? s.slice(1, -1).replace(/\\(.)/g, '$1') : s;
	}
	/* A file that this form saved, or any document of plain lines: what is not understood is told. */
	function open(s) {
		var lines = s.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n').split('\n'), end = lines.indexOf('---', 1), values = {}, last = '', k, heads = {}, at = '';
		if (lines[0] !== '---' || end < 0)
			return say(t('form.unreadable'));
		lines.slice(1, end).forEach(function (l) {
			var m = /^([a-z][a-z0-9-]*):\s*(.*)$/.exec(l), q;
			if (m) {
				last = m[1];
				q = /^\[(.*)\]$/.exec(m[2]);
				values[last] = q ? (q[1].match(/"(?:[^"\\]|\\.)*"|[^,]+/g) || []).map(unquote).filter(Boolean) : m[2] ? unquote(m[2]) : [];
			} else if ((m = /^\s*- (.*)$/.exec(l)) && Array.isArray(values[last]))
				values[last].push(unquote(m[1]));
		});
		for (k = 0; k < data.kinds.length && data.kinds[k].name !== values.kind; k++)
			;
		if (k === data.kinds.length)
			return say(t('form.unreadable'));
		id('kind').value = values.kind;
		draw();
		keys().forEach(function (r) { if (values[r.name] !== undefined) put(r, list(r.type) && !Array.isArray(values[r.name]) ? [values[r.name]] : values[r.name]); });
		lines.slice(end + 1).forEach(function (l) {
			var m = /^## (.*)$/.exec(l);
			if (m && kind.heads.some(function (h) { return h.text === m[1].trim(); }))
				at = m[1].trim();
			else
				heads[at] = (heads[at] === undefined ? '' : heads[at] + '\n') + l;
		});
		if (!kind.heads.length)
			id('s-0').value = (heads[''] || '').trim();
		kind.heads.forEach(function (h, i) { id('s-' + i).value = (heads[h.text] || (i ? '' : heads['']) || '').trim(); });
		dirty = false;
		later();
		say(t('form.opened'));
	}
	function later() {
		clearTimeout(timer);
		timer = setTimeout(function () { var f = check(tried); show(f); if (id('found').firstChild) summary(f); }, 400);
	}

	/* ---- the page ---- */

	function kept() {
		var v = {};
		keys().forEach(function (r) { v[r.name] = value(r); });
		(kind.heads.length ? kind.heads : [{ text: '' }]).forEach(function (h, i) { v['## ' + h.text] = id('s-' + i).value; });
		return v;
	}
	function restore(v) {
		keys().forEach(function (r) { if (v[r.name] !== undefined && v[r.name].length) put(r, v[r.name]); });
		(kind.heads.length ? kind.heads : [{ text: '' }]).forEach(function (h, i) { if (v['## ' + h.text]) id('s-' + i).value = v['## ' + h.text]; });
	}
	function group(title, children) { return make('section', {}, [make('h2', {}, [title])].concat(children)); }
	function draw() {
		var all, common, more, own, now = new Date();
		kind = data.kinds.filter(function (k) { return k.name === id('kind').value; })[0];
		all = keys().filter(function (r) { return fixed(r) === null; });
		common = all.filter(function (r) { return kind.keys.indexOf(r) < 0 && rare.indexOf(' ' + r.name + ' ') < 0; });
		more = all.filter(function (r) { return kind.keys.indexOf(r) < 0 && rare.indexOf(' ' + r.name + ' ') >= 0; });
		own = all.filter(function (r) { return kind.keys.indexOf(r) >= 0; });
		form.textContent = '';
		[group(t('form.about'), common.map(field)), own.length ? group(t('form.details'), own.map(field)) : '',
			group(t('form.text'), kind.heads.length ? kind.heads.map(section) : [section({ text: t('form.text'), must: false }, 0)]),
			make('details', {}, [make('summary', {}, [t('form.more')])].concat(more.map(field))),
			make('datalist', { id: 'countries' }, options(countries(), false))].forEach(function (e) { if (e) form.appendChild(e); });
		if (id('f-date'))
			id('f-date').value = now.getFullYear() + '-' + ('0' + (now.getMonth() + 1)).slice(-2) + '-' + ('0' + now.getDate()).slice(-2);
		if (id('f-lang'))
			id('f-lang').value = 'en';
		if (id('f-stage') && id('f-stage').options)
			id('f-stage').selectedIndex = 1;
		if (id('f-tlp'))
			id('f-tlp').value = kind.name === 'contact' ? 'TLP:GREEN' : '';
		tried = false;
		id('found').textContent = '';
		say('');
	}
	function speak(lang) {
		var k, rtl = /^(ar|fa|ur|ckb)$/.test(lang), held = form.firstChild ? kept() : null, chosen = id('kind').value;
		texts = data.texts[lang];
		document.querySelector('main').setAttribute('lang', lang);
		document.querySelector('main').setAttribute('dir', rtl ? 'rtl' : 'ltr');
		Array.prototype.forEach.call(document.querySelectorAll('[data-text]'), function (e) { e.textContent = t(e.getAttribute('data-text')); });
		id('kind').textContent = '';
		data.kinds.forEach(function (x) { id('kind').appendChild(make('option', { value: x.name }, [t('kind.' + x.name)])); });
		id('kind').value = chosen || 'lesson';
		draw();
		if (held)
			restore(held);
		for (k in data.texts)
			if (!id('language').querySelector('option[value="' + k + '"]'))
				id('language').appendChild(make('option', { value: k, lang: k }, [data.names[k] || k]));
		id('language').value = lang;
	}
	window.W = function (d) {
		data = d;
		personal.zeros = d.zeros;
		form = id('form');
		id('language').addEventListener('change', function () { speak(id('language').value); });
		id('kind').addEventListener('change', function () { var v = kept(); draw(); restore(v); });
		form.addEventListener('input', function () { dirty = true; later(); });
		id('save').addEventListener('click', save);
		id('open').addEventListener('change', function () {
			var f = id('open').files[0], r = new FileReader();
			if (!f || f.size > 262144)
				return say(t('form.unreadable'));
			r.onload = function () { open(r.result); };
			r.readAsText(f);
			id('open').value = '';
		});
		window.addEventListener('beforeunload', function (e) { if (dirty) { e.preventDefault(); e.returnValue = ''; } });
		speak(data.texts[d.lang] ? d.lang : 'en');
		id('write').hidden = false;
	};
})();
