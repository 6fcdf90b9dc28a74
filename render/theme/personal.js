/* personal.js: the rules PD01 to PD14 of kb/doc/personal.c for the form that works from a stick: the same findings at
 * the same places, which a test compares. Texts are looked at as rows of UTF-8 bytes, one character of a string each, as
 * there; what is told carries a masked match, never the whole. */
var personal = (function () {
	'use strict';
	var p, low, from, hits;

	function digit(c) { return c >= '0' && c <= '9'; }
	function upper(c) { return c >= 'A' && c <= 'Z'; }
	function letter(c) { return upper(c) || (c >= 'a' && c <= 'z'); }
	function alnum(c) { return digit(c) || letter(c) || c >= '\x80'; }
	function at(s, i) { return i < s.length ? s.charAt(i) : ''; }
	function within(set, c) { return c !== '' && set.indexOf(c) >= 0; }
	function tail(c) { return c >= '\x80' && c < '\xc0'; }	/* not the first byte of a character */
	function small(s) { return s.replace(/[A-Z]/g, function (c) { return String.fromCharCode(c.charCodeAt(0) | 0x20); }); }

	function bytes(s) { return unescape(encodeURIComponent(s)); }
	function chars(s) { return decodeURIComponent(escape(s)); }
	function count(s) {
		var n = 0, i;
		for (i = 0; i < s.length; i++)
			n += !tail(s.charAt(i));
		return n;
	}
	function next(s, i) {
		for (i++; i < s.length && tail(s.charAt(i)); i++)
			;
		return i;
	}

	var dropped = /[\u200b-\u200f\u2060-\u2069\ufeff\u00ad\u034f\u061c\u180e\u202a-\u202e\ufe00-\ufe0f]/;
	var blanks = /[\u00a0\u202f\u2000-\u200a\u205f\u3000]/;

	/* Digits of all scripts to ASCII, zero-width characters gone, no-break spaces to blanks; from[i]: where byte i was. */
	function plain(text) {
		var out = [], i, k, c, b, d, where = 0, list = Array.from(text);

		from = [];
		for (i = 0; i < list.length; i++) {
			c = list[i];
			b = c < '\x80' ? c : bytes(c);
			if (c >= '\x80') {
				d = dropped.test(c) ? null : blanks.test(c) ? ' ' : c === '\u2010' || c === '\u2011' ? '-' : value(c);
				if (d === null) {
					where += b.length;
					continue;
				}
				if (d !== '') {
					from.push(where);
					out.push(d);
					where += b.length;
					continue;
				}
			}
			for (k = 0; k < b.length; k++)
				from.push(where + k);
			out.push(b);
			where += b.length;
		}
		from.push(where);
		return out.join('');
	}
	/* The ASCII digit of a digit of another script, or ''. Rows of ten stand in zeros, which the site's data bring. */
	function value(c) {
		var n = c.codePointAt(0), k;
		for (k = 0; k < personal.zeros.length; k++)
			if (n >= personal.zeros[k] && n < personal.zeros[k] + 10)
				return String(n - personal.zeros[k]);
		return '';
	}

	function mask(s) {
		var list = Array.from(chars(s)), head = list.length > 7 ? 3 : 1, end = list.length > 7 ? 2 : 0;
		return list.slice(0, head).join('') + '***' + (end ? list.slice(-end).join('') : '');
	}
	function found(rule, i, j) {
		hits.push({ rule: rule, error: rule <= 'PD07' || rule === 'PD13', at: from[i], shows: mask(p.slice(i, j).trim()) });
	}

	/* Does one of the words, or its plural in s, stand within so many characters of [i, j)? */
	function near(i, j, far, words) {
		var lo = i, hi = j, n, b, e, k, w, gap;

		for (n = 0; lo > 0 && n < far + 20; n++)
			while (--lo > 0 && tail(low.charAt(lo)))
				;
		for (n = 0; hi < low.length && n < far + 20; n++)
			hi = next(low, hi);
		words = words.split('|');
		for (b = lo; b < hi; b++) {
			if (!letter(at(low, b)) || (b > 0 && alnum(at(low, b - 1))))
				continue;
			for (k = 0; k < words.length; k++) {
				w = words[k];
				if (low.substr(b, w.length) !== w)
					continue;
				e = b + w.length + (at(low, b + w.length) === 's' ? 1 : 0);
				if (letter(at(low, e)) || (e > i && b < j))
					continue;
				gap = e <= i ? count(low.slice(e, i)) : count(low.slice(j, b));
				if (gap <= far)
					return true;
			}
		}
		return false;
	}

	/* Groups of digits from i, with one or two of " .-/()" between, as many whole ones as hold at most max digits. */
	function run(i, max) {
		var r = { n: 0, end: i, from: [], size: [] }, j = i, k, gap;

		while (r.size.length < 20) {
			for (k = j; digit(at(p, k)) && (!r.size.length || r.n + (k - j) <= max); k++)
				;
			if (k === j || (r.size.length && r.n + (k - j) > max))
				break;
			r.from.push(j);
			r.size.push(k - j);
			r.n += k - j;
			r.end = j = k;
			for (gap = 0; gap < 2 && within(' .-/()', at(p, j)); gap++)
				j++;
			if (!gap)
				break;
		}
		return r;
	}
	function year(r, g) {
		var two = p.substr(r.from[g], 2);
		return r.size[g] === 4 && (two === '19' || two === '20');
	}
	function years(r) {
		return r.size.every(function (x, g) { return year(r, g); });
	}

	function ordinal(i) {
		return !letter(at(low, i + 2)) && /^(st|nd|rd|th)$/.test(low.substr(i, 2)) ? i + 2 : i;
	}
	var months = ('january february march april may june july august september october november december jan feb mar apr ' +
		'jun jul aug sep sept oct nov dec').split(' ');

	/* The end of a full date at i, or 0. */
	function date(i) {
		var j = i, n = [0, 0, 0], k, m, sep, word, named = !digit(at(p, i));

		if (i > 0 && alnum(at(p, i - 1)))
			return 0;
		for (k = 0; k < 3 && !named; k++) {
			while (digit(at(p, j)))
				j++, n[k]++;
			if (k === 2)
				break;
			if (k === 0 && n[0] <= 2) {
				m = ordinal(j);
				if (within(' -/.', at(p, m)) && letter(at(p, m + 1))) {
					j = m + 1;
					if (low.substr(j, 3) === 'of ')
						j += 3;
					named = true;
					break;
				}
			}
			sep = at(p, j);
			if (!within('-./', sep))
				return 0;
			j++;
			if (sep === '.' && at(p, j) === ' ')
				j++;
		}
		if (!named)
			return !alnum(at(p, j)) && ((n[0] === 4 && n[1] && n[1] <= 2 && n[2] && n[2] <= 2) ||
				(n[0] && n[0] <= 2 && n[1] && n[1] <= 2 && (n[2] === 4 || n[2] === 2))) ? j : 0;
		for (m = 0; m < months.length; m++) {
			word = months[m];
			if (low.substr(j, word.length) !== word || letter(at(low, j + word.length)))
				continue;
			k = j + word.length;
			if (at(p, k) === '.')
				k++;
			if (!n[0]) {		/* May 18, 2022 */
				if (at(p, k++) !== ' ')
					return 0;
				for (n[1] = 0; digit(at(p, k)); k++)
					n[1]++;
				if (!n[1] || n[1] > 2)
					return 0;
				k = ordinal(k);
				if (at(p, k) === ',')
					k++;
			}
			if (!within(' -/', at(p, k)))
				return 0;
			k++;
			for (n[2] = 0; digit(at(p, k)); k++)
				n[2]++;
			return n[2] === 4 ? k : 0;
		}
		return 0;
	}

	function pd01() {
		var i, b, e, dot;

		for (i = 0; i < p.length; i++) {
			if (p.charAt(i) !== '@')
				continue;
			for (b = i; b > 0 && (alnum(at(p, b - 1)) || within('._%+-', at(p, b - 1))) && i - b < 64; b--)
				;
			for (dot = 0, e = i + 1; e < p.length && (alnum(at(p, e)) || at(p, e) === '-' || at(p, e) === '.'); e++)
				if (at(p, e) === '.' && e > i + 1 && alnum(at(p, e + 1)) && !digit(at(p, e + 1)) && alnum(at(p, e + 2)))
					dot = e;
			if (b < i && dot) {
				found('PD01', b, e);
				i = e;
			}
		}
	}
	function pd02() {
		var i, r, plus, day;

		for (i = 0; i < p.length; i++) {
			plus = p.charAt(i) === '+';
			if (plus ? i > 0 && alnum(at(p, i - 1)) : !digit(at(p, i)) || (i > 0 && alnum(at(p, i - 1))))
				continue;
			r = run(i + (plus ? 1 + (at(p, i + 1) === '(' ? 1 : 0) : 0), 15);
			if (!plus && (day = date(i)))
				i = day - 1;
			else if (!plus && years(r))
				i = r.end - 1;
			else if (r.n <= 15 && (plus ? r.n >= 8 : r.n >= 7 && near(i, r.end, 40,
				'tel|telephone|phone|mobile|whatsapp|viber|mob'))) {
				found('PD02', i, r.end);
				i = r.end - 1;
			} else if (!plus)	/* a number may begin with the next group */
				i = r.from[0] + r.size[0] - 1;
		}
	}
	function mod97(s) {
		var r = 0, k, v;

		s = s.slice(4) + s.slice(0, 4);
		for (k = 0; k < s.length; k++) {
			v = digit(s.charAt(k)) ? +s.charAt(k) : (s.charCodeAt(k) & ~0x20) - 55;
			r = (v > 9 ? r * 100 + v : r * 10 + v) % 97;
		}
		return r;
	}
	function pd03() {
		var i, j, b, c, digits;

		for (i = 0; i + 15 <= p.length; i++) {
			if (!letter(at(p, i)) || !letter(at(p, i + 1)) || !digit(at(p, i + 2)) || !digit(at(p, i + 3)) || (i > 0 && alnum(at(p, i - 1))))
				continue;
			for (b = '', digits = 0, j = i; j < p.length && b.length < 34; j++) {
				c = p.charAt(j);
				if ((c === ' ' || c === '-') && b && alnum(at(p, j - 1)))
					continue;
				if (!digit(c) && (!letter(c) || upper(c) !== upper(at(p, i))))
					break;
				b += c;
				digits += digit(c);
				if (b.length >= 15 && digits >= 8 && !alnum(at(p, j + 1)) && mod97(b) === 1) {
					found('PD03', i, j + 1);
					i = j;
					break;
				}
			}
		}
	}
	function mrz(line, a, b, check) {
		var sum = 0, i, c;

		if (check >= line.length || !digit(at(line, check)))
			return false;
		for (i = a; i < b; i++) {
			c = at(line, i);
			sum += (digit(c) ? +c : upper(c) ? c.charCodeAt(0) - 55 : 0) * [7, 3, 1][(i - a) % 3];
		}
		return sum % 10 === +at(line, check);
	}
	function pd04() {
		var i, j, line;

		for (i = 0; i < p.length; i = j + 1) {
			for (j = i; j < p.length && (upper(at(p, j)) || digit(at(p, j)) || at(p, j) === '<'); j++)
				;
			line = p.slice(i, j);
			if ((line.length !== 30 && line.length !== 36 && line.length !== 44) || line.indexOf('<') < 0)
				continue;
			if (line.indexOf('<<') >= 0 || line.charAt(1) === '<' || mrz(line, 0, 9, 9) || mrz(line, 13, 19, 19) ||
				mrz(line, 5, 14, 14) || mrz(line, 0, 6, 6))
				found('PD04', i, j);
		}
	}
	function pd05() {
		var i, j, digits, other;

		for (i = 0; i < p.length; i = j + 1) {
			for (j = i, digits = other = 0; j < p.length && alnum(at(p, j)); j++) {
				digits += digit(at(p, j));
				other += !digit(at(p, j)) && !letter(at(p, j));
			}
			if (j - i >= 6 && j - i <= 9 && digits >= 5 && !other && near(i, j, 60, 'passport|travel document|id card|identity card'))
				found('PD05', i, j);
		}
	}
	function pd06() {
		var i, e;

		for (i = 0; i < p.length; i++)
			if ((digit(at(p, i)) || letter(at(p, i))) && (e = date(i))) {
				if (near(i, e, 40, 'born|date of birth|dob|birth date|birthday'))
					found('PD06', i, e);
				i = e - 1;
			}
	}
	function jmbg(d) {
		var day = +d.substr(0, 2), month = +d.substr(2, 2), sum = 0, i, k;

		if (!day || day > 31 || !month || month > 12)
			return false;
		for (i = 0; i < 6; i++)
			sum += (7 - i) * (+d.charAt(i) + +d.charAt(i + 6));
		k = 11 - sum % 11;
		return (k > 9 ? 0 : k) === +d.charAt(12);
	}
	function pd07() {
		var i, j, pk;

		for (i = 0; i < p.length; i = j + 1) {
			for (j = i; j < p.length && digit(at(p, j)); j++)
				;
			if (j === i || (i > 0 && alnum(at(p, i - 1))))
				continue;
			pk = j - i === 5 && /^-[0-9]{7}-[0-9]$/.test(p.substr(j, 10)) && !alnum(at(p, j + 10));
			if (pk) {
				found('PD07', i, j + 10);
				j += 9;
			} else if ((j - i === 13 && jmbg(p.slice(i, j))) || (j - i >= 8 && j - i <= 15 && near(i, j, 40,
				'egn|nir|national id|jmbg|embg|cnic|personal number|national number|nid')))
				found('PD07', i, j);
		}
	}
	function luhn(i, end) {
		var sum = 0, twice = false, v;

		for (; end > i; end--)
			if (digit(at(p, end - 1))) {
				v = +at(p, end - 1);
				if (twice)
					v = v > 4 ? v * 2 - 9 : v * 2;
				twice = !twice;
				sum += v;
			}
		return sum % 10 === 0;
	}
	var shapes = '|4444|44443|4441|465|464|6D|2661|861|6261|';
	function grouped(r, n) {
		var shape = r.size.slice(0, n).map(function (x) { return '0123456789ABCDEFGHIJ'.charAt(x < 20 ? x : 0); }).join('');
		return !year(r, 0) && shapes.indexOf('|' + shape + '|') >= 0;
	}
	function pd08() {
		var i, next, r, n, last, end, part;

		for (i = 0; i < p.length; i = next + 1) {
			next = i;
			if (!digit(at(p, i)) || (i > 0 && alnum(at(p, i - 1))))
				continue;
			r = run(i, 19);
			next = i + r.size[0] - 1;
			for (n = r.size.length; r.n >= 13; r.n -= r.size[--n]) {
				last = n - 1;
				end = r.from[last] + r.size[last];
				part = { from: r.from.slice(0, n), size: r.size.slice(0, n) };
				if (r.n <= 19 && !alnum(at(p, end)) && luhn(i, end) && (grouped(part, n) ||
					(!years(part) && near(i, end, 40, 'card|imei|visa|mastercard')))) {
					found('PD08', i, end);
					next = end - 1;
					break;
				}
			}
		}
	}
	function pd09() {
		var i, j, n, digits, letters, parts, c;

		for (i = 0; i < p.length; i++) {
			if (!(upper(at(p, i)) || digit(at(p, i))) || (i > 0 && alnum(at(p, i - 1))))
				continue;
			for (j = i, n = digits = letters = 0, parts = 1; j < p.length && n < 10; j++) {
				c = p.charAt(j);
				if ((c === ' ' || c === '-') && parts < 3 && (upper(at(p, j + 1)) || digit(at(p, j + 1))))
					parts++;
				else if (upper(c))
					letters++, n++;
				else if (digit(c))
					digits++, n++;
				else
					break;
			}
			if (!alnum(at(p, j)) && letters && letters <= 5 && digits >= 2 && digits <= 6 && n >= 4 && n <= 9 &&
				near(i, j, 40, 'plate|registration'))
				found('PD09', i, j);
			while (j > i && !alnum(at(p, j - 1)))
				j--;
			i = j > i ? j - 1 : i;
		}
	}
	function decimal(i) {
		var j = i, n;

		while (digit(at(p, j)))
			j++;
		if (j === i || j - i > 3 || at(p, j) !== '.')
			return 0;
		for (n = 0, j++; digit(at(p, j)); j++)
			n++;
		return n >= 3 ? j : 0;
	}
	function pd10() {
		var i, j, k;

		for (i = 0; i < p.length; i++) {
			if (!digit(at(p, i)) || (i > 0 && (alnum(at(p, i - 1)) || at(p, i - 1) === '.')))
				continue;
			if ((j = decimal(i))) {
				for (k = j; k < p.length && k < j + 8 && !digit(at(p, k)); k++)
					if (!within(' ,;NSEWnsew-+', at(p, k)) && at(p, k) < '\x80')
						break;
				if (k > j && (k = decimal(k))) {
					found('PD10', i, k);
					j = k;
				}
				i = j - 1;
				continue;
			}
			for (j = i; digit(at(p, j)); j++)
				;
			if (j - i <= 3 && p.substr(j, 2) === '\xc2\xb0') {
				for (j += 2; at(p, j) === ' '; j++)
					;
				for (k = j; digit(at(p, k)); k++)
					;
				if (k > j && k - j <= 2 && (at(p, k) === '\'' || at(p, k) >= '\x80'))
					found('PD10', i, k);
				i = k;
			}
		}
	}
	function ipv4(i) {
		var j = i, part, v, n;

		for (part = 0; part < 4; part++) {
			for (n = v = 0; digit(at(p, j)) && n < 4; j++, n++)
				v = v * 10 + +at(p, j);
			if (!n || v > 255 || (part < 3 && at(p, j++) !== '.'))
				return 0;
		}
		return !alnum(at(p, j)) && !(at(p, j) === '.' && digit(at(p, j + 1))) ? j : 0;
	}
	function ipv6(i) {
		var j = i, groups = 0, n, first = 0, hole = false;

		for (;;) {
			for (n = 0; n < 5 && (digit(at(p, j)) || (at(low, j) >= 'a' && at(low, j) <= 'f')); n++)
				j++;
			if (!n || n > 4)
				return 0;
			if (++groups === 1)
				first = n;
			if (at(p, j) !== ':' || groups > 7)
				break;
			if (at(p, ++j) === ':') {
				if (hole)
					return 0;
				hole = true;
				j++;
			}
		}
		return !alnum(at(p, j)) && at(p, j) !== ':' && (hole ? first > 2 && groups < 8 : groups === 8) ? j : 0;
	}
	var sites = ('facebook.com/ instagram.com/ twitter.com/ x.com/ t.me/ tiktok.com/@ linkedin.com/in/ vk.com/ youtube.com/@ ' +
		'wa.me/ snapchat.com/add/').split(' ');
	function pd11() {
		var i, j, k, m, c, site, w;

		for (i = 0; i < p.length; i++) {
			c = p.charAt(i);
			if (i > 0 && alnum(at(p, i - 1)))
				continue;
			if (i === 0 || (at(p, i - 1) !== '.' && at(p, i - 1) !== ':'))
				if ((j = ipv4(i) || ipv6(i))) {
					found('PD11', i, j);
					i = j - 1;
					continue;
				}
			if (c === '@' && letter(at(p, i + 1))) {
				for (j = i + 1; alnum(at(p, j)) || at(p, j) === '_'; j++)
					;
				if (j - i > 3 && !(at(p, j) === '.' && letter(at(p, j + 1)))) {
					found('PD11', i, j);
					i = j - 1;
				}
				continue;
			}
			if (!letter(c) && !digit(c))
				continue;
			for (j = i; digit(at(p, j)) || letter(at(p, j)); j++)
				;
			k = j - i;
			for (m = 0; m < sites.length; m++) {
				site = sites[m];
				if (low.substr(i, site.length) === site && (alnum(at(p, i + site.length)) || at(p, i + site.length) === '+')) {
					for (j = i + site.length + 1; alnum(at(p, j)) || within('._-', at(p, j)); j++)
						;
					found('PD11', i, j);
					k = 0;
					break;
				}
			}
			if (k >= 26) {
				w = p.slice(i, j);
				if (/^0[xX][0-9a-fA-F]{40}$/.test(w) || (/^bc1/.test(w) && /[0-9]/.test(w)) ||
					(/^[13]/.test(w) && k <= 35 && /[0-9]/.test(w) && /[A-Za-z]/.test(w)))
					found('PD11', i, j);
			}
			i = j > i ? j - 1 : i;
		}
	}
	var titles = ('Mr Mrs Ms Miss Dr Prof Inspector Sergeant Lieutenant Captain Colonel Superintendent Constable Commissar ' +
		'Detective').split(' '), others = ' General Generals Inspector Sergeant Office Unit ';
	function pd12() {
		var i, j, k, m, t, name;

		for (i = 0; i < p.length; i++) {
			if (!upper(at(p, i)) || (i > 0 && alnum(at(p, i - 1))))
				continue;
			for (m = 0; m < titles.length; m++) {
				t = titles[m];
				if (p.substr(i, t.length) !== t)
					continue;
				j = i + t.length + (at(p, i + t.length) === '.' ? 1 : 0);
				if (at(p, j++) !== ' ' || !(upper(at(p, j)) || (at(p, j) >= '\x80' && at(p, j) !== '\xe2' && at(p, j) !== '\xc2')))
					continue;
				for (k = j; alnum(at(p, k)) || at(p, k) === '-' || at(p, k) === '\''; k++)
					;
				name = p.slice(j, k);
				if (name.length > 1 && others.indexOf(' ' + name + ' ') < 0)
					found('PD12', i, k);
				break;
			}
		}
	}
	function target(end) {		/* is what ends there the target of a link */
		var i = end, k;

		while (i > 0 && end - i < 512 && !within(' \t\n(<>[\0', at(p, i - 1)))
			i--;
		if (p.slice(i, end).indexOf('://') >= 0 || (i > 0 && at(p, i - 1) === '<'))
			return true;
		if (i > 1 && at(p, i - 1) === '(')
			return at(p, i - 2) === ']';
		for (k = i; k > 0 && i - k < 8 && at(p, k - 1) === ' '; k--)
			;
		return k > 1 && k < i && at(p, k - 1) === ':' && at(p, k - 2) === ']';
	}
	var endings = 'png jpg jpeg gif webp bmp svg heic tif tiff avif'.split(' ');
	function pd13() {
		var i, j, back, end, e, last = p.lastIndexOf(']') + 1;

		for (i = 0; i + 2 < last; i++) {
			if (at(p, i) !== '!' || at(p, i + 1) !== '[' || at(p, i + 2) === '^')
				continue;
			for (back = 0; back < i && at(p, i - 1 - back) === '\\'; back++)
				;
			if (back % 2 === 0)
				found('PD13', i, i + 2);
		}
		for (i = 0; i + 3 < p.length; i++)
			for (j = 0; at(p, i) === '.' && j < endings.length; j++) {
				e = endings[j];
				end = i + 1 + e.length;
				if (low.substr(i + 1, e.length) === e && !alnum(at(p, end)) && !(at(p, end) === '.' && alnum(at(p, end + 1))) &&
					target(i)) {
					found('PD13', i, end);
					break;
				}
			}
	}
	function pd14() {
		var i, j;

		for (i = 0; i < p.length; i++) {
			if (!digit(at(p, i)) || (i > 0 && alnum(at(p, i - 1))))
				continue;
			for (j = i; digit(at(p, j)); j++)
				;
			if (j - i <= 2 && (/^(-year-old| year old|-years-old| years old)/.test(low.substr(j, 10)) ||
				(i >= 5 && low.substr(i - 5, 5) === 'aged ' && (i === 5 || !alnum(at(low, i - 6))))))
				found('PD14', i, j);
			i = j - 1;
		}
	}

	/* What is found in a text, by place then rule: { rule, error, at: byte of the UTF-8 text, shows: masked }. */
	function check(text, contact) {
		hits = [];
		text = text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(^|[^\ud800-\udbff])[\udc00-\udfff]/g, '$1\ufffd');
		p = plain(text);
		low = small(p);
		if (!contact) {
			pd01();
			pd02();
			pd12();
		}
		[pd03, pd04, pd05, pd06, pd07, pd08, pd09, pd10, pd11, pd13, pd14].forEach(function (rule) { rule(); });
		return hits.sort(function (a, b) { return a.at - b.at || (a.rule < b.rule ? -1 : a.rule > b.rule ? 1 : 0); });
	}
	return { check: check, zeros: [] };
})();
