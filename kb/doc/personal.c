/* kb/doc/personal.c: the rules PD01 to PD14 (DOMAIN 7), part of check.h.
 *
 * The text is first made plain: digits of all scripts ASCII, zero-width characters gone, no-break spaces
 * blanks; `from` leads back to the bytes of the original, so that places are true. Rules look at bytes; the
 * message shows the match masked, never whole. Every rule runs in time linear in the text, but for the
 * words it looks for near by, which stand in a window of fixed size. */
#include "kb/doc/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/text/fold.h"

struct scan {
	struct findings *f;
	struct arena *a;
	struct str p;			/* plain text */
	struct str low;			/* the same, ASCII letters small */
	const size_t *from;
	struct str text;		/* the original */
	unsigned line;			/* of its first byte; 0: the text is a name, not lines */
	size_t seen, seen_line, seen_column;	/* the last place asked for: places rise within a rule */
};

static bool digit(char c) { return c >= '0' && c <= '9'; }
static bool upper(char c) { return c >= 'A' && c <= 'Z'; }
static bool letter(char c) { return upper(c) || (c >= 'a' && c <= 'z'); }
static bool alnum(char c) { return digit(c) || letter(c) || (c & 0x80); }
static char at(struct str s, size_t i) { return i < s.n ? s.p[i] : '\0'; }

static struct str mask(struct arena *a, struct str s)
{
	size_t n = str_utf8_count(s), head = n > 7 ? 3 : 1, tail = n > 7 ? 2 : 0, i = 0, k;
	struct str front, back;

	if (str_utf8_bad(s) != s.n)
		return STR("***");
	for (k = 0; k < head && i < s.n; k++)
		(void)str_utf8_next(s, &i);
	front = str_sub(s, 0, i);
	for (; k < n - tail && i < s.n; k++)
		(void)str_utf8_next(s, &i);
	back = str_sub(s, i, s.n);
	return cstr(arena_printf(a, "%.*s***%.*s", FMT_STR(front), FMT_STR(back)));
}

static void found(struct scan *s, const char *rule, size_t i, size_t j, const char *what)
{
	enum level level = rule[2] == '0' ? (rule[3] <= '7' ? LEVEL_ERROR : LEVEL_WARNING)
	    : rule[3] == '3' ? LEVEL_ERROR : LEVEL_WARNING;
	struct str match = mask(s->a, str_trim(str_sub(s->p, i, j)));
	struct place place = { 0, 0 };
	size_t off = s->from[i], k;

	if (s->line) {
		if (off < s->seen)
			s->seen = 0, s->seen_line = s->line, s->seen_column = 1;
		for (k = s->seen; k < off; k++)
			if (s->text.p[k] == '\n')
				s->seen_line++, s->seen_column = 1;
			else
				s->seen_column += (s->text.p[k] & 0xc0) != 0x80;
		s->seen = off;
		place.line = (unsigned)s->seen_line;
		place.column = (unsigned)s->seen_column;
	}
	finding_add(s->f, s->a, place, level, rule, "%s %.*s; %s", what, FMT_STR(match),
	    level == LEVEL_ERROR ? "remove it, or put a line under lint-ok when it is a false alarm" :
	    "remove it unless it is needed and says nothing of a person");
}

/* Does one of the words (separated by '|', small letters), or its plural in s, stand within `chars` characters of
 * [i, j)? */
static bool near(const struct scan *s, size_t i, size_t j, size_t chars, const char *words)
{
	size_t lo = i, hi = j, n, b, e, gap;
	struct str rest, w;

	for (n = 0; lo > 0 && n < chars + 20; n++)
		while (--lo > 0 && (s->low.p[lo] & 0xc0) == 0x80)
			;
	for (n = 0; hi < s->low.n && n < chars + 20; n++)
		(void)str_utf8_next(s->low, &hi);
	for (b = lo; b < hi; b++) {
		if (!letter(s->low.p[b]) || (b > 0 && alnum(s->low.p[b - 1])))
			continue;
		for (rest = cstr(words); str_split(&w, &rest, '|');) {
			if (w.p[0] != s->low.p[b] || !str_eq(str_sub(s->low, b, b + w.n), w))
				continue;
			e = b + w.n + (at(s->low, b + w.n) == 's');
			if (letter(at(s->low, e)) || (e > i && b < j))
				continue;
			gap = e <= i ? str_utf8_count(str_sub(s->low, e, i)) : str_utf8_count(str_sub(s->low, j, b));
			if (gap <= chars)
				return true;
		}
	}
	return false;
}

enum { GROUPS = 20 };

/* Groups of digits from i, with one or two of " .-/()" between: as many whole groups as hold at most max digits. The
 * first is taken even when it is longer. */
struct run {
	size_t n, end;			/* digits in all; offset behind the last */
	size_t groups, from[GROUPS], size[GROUPS];
};

static void digit_run(struct run *r, const struct scan *s, size_t i, size_t max)
{
	size_t j = i, k, gap;

	*r = (struct run){ .end = i };
	while (r->groups < GROUPS) {
		for (k = j; digit(at(s->p, k)) && (!r->groups || r->n + (k - j) <= max); k++)
			;
		if (k == j || (r->groups && r->n + (k - j) > max))
			return;
		r->from[r->groups] = j;
		r->size[r->groups++] = k - j;
		r->n += k - j;
		r->end = j = k;
		for (gap = 0; gap < 2 && j < s->p.n && s->p.p[j] && strchr(" .-/()", s->p.p[j]); gap++)
			j++;
		if (!gap)
			return;
	}
}

static bool year(const struct scan *s, const struct run *r, size_t group)
{
	const char *p = s->p.p + r->from[group];

	return r->size[group] == 4 && ((p[0] == '1' && p[1] == '9') || (p[0] == '2' && p[1] == '0'));
}

static bool years(const struct scan *s, const struct run *r)
{
	size_t i;

	for (i = 0; i < r->groups; i++)
		if (!year(s, r, i))
			return false;
	return true;
}

static size_t ordinal(const struct scan *s, size_t i)	/* behind "st", "nd", "rd", "th" at i, or i */
{
	struct str two = str_sub(s->low, i, i + 2);

	return !letter(at(s->low, i + 2)) && (str_is(two, "st") || str_is(two, "nd") || str_is(two, "rd") || str_is(two, "th")) ?
	    i + 2 : i;
}

/* "2022-05-18", "18.05.2022", "18/5/2022", "18 May 2022", "18-May-2022", "1st of May 2022", "May 18, 2022" at i: its
 * end, or 0. */
static size_t full_date(const struct scan *s, size_t i)
{
	static const char *const months[] = { "january", "february", "march", "april", "may", "june", "july", "august",
		"september", "october", "november", "december", "jan", "feb", "mar", "apr", "jun", "jul", "aug", "sep",
		"sept", "oct", "nov", "dec" };
	size_t j = i, n[3] = { 0 }, k, m;
	char sep;

	if (i > 0 && alnum(s->p.p[i - 1]))
		return 0;
	if (digit(at(s->p, i))) {
		for (k = 0; k < 3; k++) {
			while (digit(at(s->p, j)))
				j++, n[k]++;
			if (k == 2)
				break;
			if (k == 0 && n[0] <= 2) {
				m = ordinal(s, j);
				sep = at(s->p, m);
				if ((sep == ' ' || sep == '-' || sep == '/' || sep == '.') && letter(at(s->p, m + 1))) {
					j = m + 1;
					if (str_is(str_sub(s->low, j, j + 3), "of "))
						j += 3;
					goto month;
				}
			}
			sep = at(s->p, j);
			if (sep != '-' && sep != '.' && sep != '/')
				return 0;
			j++;
			if (sep == '.' && at(s->p, j) == ' ')
				j++;
		}
		if (alnum(at(s->p, j)))
			return 0;
		return (n[0] == 4 && n[1] && n[1] <= 2 && n[2] && n[2] <= 2) ||
		    (n[0] && n[0] <= 2 && n[1] && n[1] <= 2 && (n[2] == 4 || n[2] == 2)) ? j : 0;
	}
month:
	for (m = 0; m < sizeof months / sizeof *months; m++) {
		struct str word;

		if (at(s->low, j) != months[m][0])
			continue;
		word = cstr(months[m]);
		if (!str_eq(str_sub(s->low, j, j + word.n), word) || letter(at(s->low, j + word.n)))
			continue;
		k = j + word.n;
		if (at(s->p, k) == '.')
			k++;
		if (!n[0]) {		/* May 18, 2022 */
			if (at(s->p, k++) != ' ')
				return 0;
			for (n[1] = 0; digit(at(s->p, k)); k++)
				n[1]++;
			if (!n[1] || n[1] > 2)
				return 0;
			k = ordinal(s, k);
			if (at(s->p, k) == ',')
				k++;
		}
		if (!at(s->p, k) || !strchr(" -/", at(s->p, k)))
			return 0;
		k++;
		for (n[2] = 0; digit(at(s->p, k)); k++)
			n[2]++;
		return n[2] == 4 ? k : 0;
	}
	return 0;
}

static void pd01_mail(struct scan *s)
{
	size_t i, b, e, dot;

	for (i = 0; i < s->p.n; i++) {
		if (s->p.p[i] != '@')
			continue;
		for (b = i; b > 0 && (alnum(s->p.p[b - 1]) || strchr("._%+-", s->p.p[b - 1])) && i - b < 64; b--)
			;
		for (dot = 0, e = i + 1; e < s->p.n && (alnum(s->p.p[e]) || s->p.p[e] == '-' || s->p.p[e] == '.'); e++)
			if (s->p.p[e] == '.' && e > i + 1 && alnum(at(s->p, e + 1)) && !digit(at(s->p, e + 1)) && alnum(at(s->p, e + 2)))
				dot = e;
		if (b < i && dot) {
			found(s, "PD01", b, e, "an e-mail address");
			i = e;
		}
	}
}

static void pd02_phone(struct scan *s)
{
	struct run r;
	size_t i, day;

	for (i = 0; i < s->p.n; i++) {
		bool plus = s->p.p[i] == '+';

		if (plus ? i > 0 && alnum(s->p.p[i - 1]) : !digit(s->p.p[i]) || (i > 0 && alnum(s->p.p[i - 1])))
			continue;
		digit_run(&r, s, i + plus + (plus && at(s->p, i + 1) == '('), 15);
		if (!plus && (day = full_date(s, i))) {
			i = day - 1;
		} else if (!plus && years(s, &r)) {
			i = r.end - 1;
		} else if (r.n <= 15 && (plus ? r.n >= 8 : r.n >= 7 && near(s, i, r.end, 40,
		    "tel|telephone|phone|mobile|whatsapp|viber|mob"))) {
			found(s, "PD02", i, r.end, "a telephone number");
			i = r.end - 1;
		} else if (!plus) {	/* a number may begin with the next group */
			i = r.from[0] + r.size[0] - 1;
		}
	}
}

static unsigned mod97(struct str s)
{
	unsigned r = 0, v;
	size_t i, k;

	for (k = 0; k < 2; k++)		/* behind the first four, then the first four */
		for (i = k ? 0 : 4; i < (k ? 4 : s.n); i++) {
			char c = s.p[i];

			v = digit(c) ? (unsigned)(c - '0') : (unsigned)((c & ~0x20) - 'A') + 10;
			r = (v > 9 ? r * 100 + v : r * 10 + v) % 97;
		}
	return r;
}

static void pd03_iban(struct scan *s)
{
	char b[34];
	size_t i, j, n, digits;

	for (i = 0; i + 15 <= s->p.n; i++) {
		if (!letter(s->p.p[i]) || !letter(s->p.p[i + 1]) || !digit(s->p.p[i + 2]) || !digit(s->p.p[i + 3]) ||
		    (i > 0 && alnum(s->p.p[i - 1])))
			continue;
		for (n = digits = 0, j = i; j < s->p.n && n < sizeof b; j++) {
			char c = s->p.p[j];

			if ((c == ' ' || c == '-') && n && alnum(s->p.p[j - 1]))
				continue;
			if (!digit(c) && (!letter(c) || upper(c) != upper(s->p.p[i])))
				break;		/* "EU27 member states ..." is a sentence */
			b[n++] = c;
			digits += digit(c);
			if (n >= 15 && digits >= 8 && !alnum(at(s->p, j + 1)) && mod97((struct str){ b, n }) == 1) {
				found(s, "PD03", i, j + 1, "a bank account number (IBAN)");
				i = j;
				break;
			}
		}
	}
}

static bool mrz_digit(struct str line, size_t from, size_t to, size_t check)
{
	static const unsigned weight[] = { 7, 3, 1 };
	unsigned sum = 0, v;
	size_t i;

	if (check >= line.n || !digit(line.p[check]))
		return false;
	for (i = from; i < to; i++) {
		char c = line.p[i];

		v = digit(c) ? (unsigned)(c - '0') : upper(c) ? (unsigned)(c - 'A') + 10 : 0;
		sum += v * weight[(i - from) % 3];
	}
	return sum % 10 == (unsigned)(line.p[check] - '0');
}

static void pd04_mrz(struct scan *s)
{
	size_t i, j;

	for (i = 0; i < s->p.n; i = j + 1) {
		struct str line;

		for (j = i; j < s->p.n && (upper(s->p.p[j]) || digit(s->p.p[j]) || s->p.p[j] == '<'); j++)
			;
		line = str_sub(s->p, i, j);
		if ((line.n != 30 && line.n != 36 && line.n != 44) || str_chr(line, '<') == SIZE_MAX)
			continue;
		if (str_find(line, STR("<<")) != SIZE_MAX || line.p[1] == '<' || mrz_digit(line, 0, 9, 9) ||
		    mrz_digit(line, 13, 19, 19) || mrz_digit(line, 5, 14, 14) || mrz_digit(line, 0, 6, 6))
			found(s, "PD04", i, j, "a line of a travel document (MRZ)");
	}
}

static void pd05_document(struct scan *s)
{
	size_t i, j, digits, small;

	for (i = 0; i < s->p.n; i = j + 1) {
		for (j = i, digits = small = 0; j < s->p.n && alnum(s->p.p[j]); j++) {
			digits += digit(s->p.p[j]);
			small += !digit(s->p.p[j]) && !letter(s->p.p[j]);
		}
		if (j - i < 6 || j - i > 9 || digits < 5 || small)
			continue;
		if (near(s, i, j, 60, "passport|travel document|id card|identity card"))
			found(s, "PD05", i, j, "a passport or ID number");
	}
}

static void pd06_birth(struct scan *s)
{
	size_t i, e;

	for (i = 0; i < s->p.n; i++)
		if ((digit(s->p.p[i]) || letter(s->p.p[i])) && (e = full_date(s, i))) {
			if (near(s, i, e, 40, "born|date of birth|dob|birth date|birthday"))
				found(s, "PD06", i, e, "a date of birth");
			i = e - 1;
		}
}

static bool jmbg(const char *d)			/* 13 digits: day, month, year, region, check digit */
{
	unsigned day = (unsigned)(d[0] - '0') * 10 + (unsigned)(d[1] - '0'), month = (unsigned)(d[2] - '0') * 10 +
	    (unsigned)(d[3] - '0'), sum = 0, i, k;

	if (!day || day > 31 || !month || month > 12)
		return false;
	for (i = 0; i < 6; i++)
		sum += (7 - i) * ((unsigned)(d[i] - '0') + (unsigned)(d[i + 6] - '0'));
	k = 11 - sum % 11;
	return (k > 9 ? 0 : k) == (unsigned)(d[12] - '0');
}

static void pd07_national(struct scan *s)
{
	size_t i, j, k;

	for (i = 0; i < s->p.n; i = j + 1) {
		bool pk;

		for (j = i; j < s->p.n && digit(s->p.p[j]); j++)
			;
		if (j == i || (i > 0 && (alnum(s->p.p[i - 1]))))
			continue;
		pk = j - i == 5 && at(s->p, j) == '-';
		for (k = 1; pk && k <= 7; k++)
			pk = digit(at(s->p, j + k));
		if (pk && at(s->p, j + 8) == '-' && digit(at(s->p, j + 9)) && !alnum(at(s->p, j + 10))) {
			found(s, "PD07", i, j + 10, "a national number");
			j += 9;
		} else if ((j - i == 13 && jmbg(s->p.p + i)) || (j - i >= 8 && j - i <= 15 && near(s, i, j, 40,
		    "egn|nir|national id|jmbg|embg|cnic|personal number|national number|nid"))) {
			found(s, "PD07", i, j, "a national number");
		}
	}
}

static bool luhn(const struct scan *s, size_t i, size_t end)
{
	unsigned sum = 0, v;
	bool twice = false;

	for (; end > i; end--)
		if (digit(s->p.p[end - 1])) {
			v = (unsigned)(s->p.p[end - 1] - '0');
			if (twice)
				v = v > 4 ? v * 2 - 9 : v * 2;
			twice = !twice;
			sum += v;
		}
	return sum % 10 == 0;
}

/* Are the groups those that cards (4444, 465, 464, ...) and IMEIs (2661, 861, 6261) are printed in? */
static bool card_groups(const struct scan *s, const struct run *r)
{
	static const char *const shapes[] = { "4444", "44443", "4441", "465", "464", "6D", "2661", "861", "6261" };
	char shape[GROUPS + 1] = "";
	size_t i;

	if (year(s, r, 0))
		return false;		/* four years in a row */
	for (i = 0; i < r->groups; i++)
		shape[i] = "0123456789ABCDEFGHIJ"[r->size[i] < 20 ? r->size[i] : 0];
	for (i = 0; i < sizeof shapes / sizeof *shapes; i++)
		if (strcmp(shape, shapes[i]) == 0)
			return true;
	return false;
}

/* Other digits may stand before and behind the number, so each group begins one that may end at each later group. */
static void pd08_card(struct scan *s)
{
	struct run r;
	size_t i, next;

	for (i = 0; i < s->p.n; i = next + 1) {
		next = i;
		if (!digit(s->p.p[i]) || (i > 0 && alnum(s->p.p[i - 1])))
			continue;
		digit_run(&r, s, i, 19);
		next = i + r.size[0] - 1;
		for (; r.n >= 13; r.n -= r.size[--r.groups]) {
			size_t last = r.groups - 1, end = r.from[last] + r.size[last];

			if (r.n <= 19 && !alnum(at(s->p, end)) && luhn(s, i, end) && (card_groups(s, &r) ||
			    (!years(s, &r) && near(s, i, end, 40, "card|imei|visa|mastercard")))) {
				found(s, "PD08", i, end, "a payment card or IMEI number");
				next = end - 1;
				break;
			}
		}
	}
}

static void pd09_plate(struct scan *s)
{
	size_t i, j, n, digits, letters, parts;

	for (i = 0; i < s->p.n; i++) {
		if (!(upper(s->p.p[i]) || digit(s->p.p[i])) || (i > 0 && alnum(s->p.p[i - 1])))
			continue;
		for (j = i, n = digits = letters = 0, parts = 1; j < s->p.n && n < 10; j++) {
			char c = s->p.p[j];

			if ((c == ' ' || c == '-') && parts < 3 && (upper(at(s->p, j + 1)) || digit(at(s->p, j + 1))))
				parts++;
			else if (upper(c))
				letters++, n++;
			else if (digit(c))
				digits++, n++;
			else
				break;
		}
		if (!alnum(at(s->p, j)) && letters && letters <= 5 && digits >= 2 && digits <= 6 && n >= 4 && n <= 9 &&
		    near(s, i, j, 40, "plate|registration"))
			found(s, "PD09", i, j, "a vehicle plate");
		while (j > i && !alnum(s->p.p[j - 1]))
			j--;
		i = j > i ? j - 1 : i;
	}
}

static size_t decimal(const struct scan *s, size_t i)	/* end of digits '.' 3+ digits at i, or 0 */
{
	size_t j = i, n;

	while (digit(at(s->p, j)))
		j++;
	if (j == i || j - i > 3 || at(s->p, j) != '.')
		return 0;
	for (n = 0, j++; digit(at(s->p, j)); j++)
		n++;
	return n >= 3 ? j : 0;
}

static void pd10_position(struct scan *s)
{
	size_t i, j, k;

	for (i = 0; i < s->p.n; i++) {
		if (!digit(s->p.p[i]) || (i > 0 && (alnum(s->p.p[i - 1]) || s->p.p[i - 1] == '.')))
			continue;
		if ((j = decimal(s, i))) {
			for (k = j; k < s->p.n && k < j + 8 && !digit(s->p.p[k]); k++)
				if (!strchr(" ,;NSEWnsew-+", s->p.p[k]) && !(s->p.p[k] & 0x80))
					break;
			if (k > j && (k = decimal(s, k))) {
				found(s, "PD10", i, k, "an exact position");
				j = k;
			}
			i = j - 1;
			continue;
		}
		for (j = i; digit(at(s->p, j)); j++)
			;
		if (j - i <= 3 && str_starts(str_sub(s->p, j, s->p.n), STR("\xc2\xb0"))) {
			for (j += 2; at(s->p, j) == ' '; j++)
				;
			for (k = j; digit(at(s->p, k)); k++)
				;
			if (k > j && k - j <= 2 && (at(s->p, k) == '\'' || (at(s->p, k) & 0x80)))
				found(s, "PD10", i, k, "an exact position");
			i = k;
		}
	}
}

static bool ipv4(const struct scan *s, size_t i, size_t *end)
{
	size_t j = i, part, v, n;

	for (part = 0; part < 4; part++) {
		for (n = v = 0; digit(at(s->p, j)) && n < 4; j++, n++)
			v = v * 10 + (size_t)(s->p.p[j] - '0');
		if (!n || v > 255 || (part < 3 && at(s->p, j++) != '.'))
			return false;
	}
	*end = j;
	return !alnum(at(s->p, j)) && !(at(s->p, j) == '.' && digit(at(s->p, j + 1)));
}

/* Eight groups of hexadecimal digits, or fewer around a "::". */
static bool ipv6(const struct scan *s, size_t i, size_t *end)
{
	size_t j = i, groups = 0, n, first = 0;
	bool hole = false;

	for (;;) {
		for (n = 0; n < 5 && (digit(at(s->p, j)) || (at(s->low, j) >= 'a' && at(s->low, j) <= 'f')); n++)
			j++;
		if (!n || n > 4)
			return false;
		if (++groups == 1)
			first = n;
		if (at(s->p, j) != ':' || groups > 7)
			break;
		if (at(s->p, ++j) == ':') {
			if (hole)
				return false;
			hole = true;
			j++;
		}
	}
	*end = j;
	return !alnum(at(s->p, j)) && at(s->p, j) != ':' && (hole ? first > 2 && groups < 8 : groups == 8);
}

static void pd11_account(struct scan *s)
{
	static const char *const sites[] = { "facebook.com/", "instagram.com/", "twitter.com/", "x.com/", "t.me/",
		"tiktok.com/@", "linkedin.com/in/", "vk.com/", "youtube.com/@", "wa.me/", "snapchat.com/add/" };
	size_t i, j, k, m;

	for (i = 0; i < s->p.n; i++) {
		char c = s->p.p[i];
		bool first = i == 0 || !alnum(s->p.p[i - 1]);

		if (!first)
			continue;
		if (i > 0 ? s->p.p[i - 1] != '.' && s->p.p[i - 1] != ':' && (ipv4(s, i, &j) || ipv6(s, i, &j)) :
		    ipv4(s, i, &j) || ipv6(s, i, &j)) {
			found(s, "PD11", i, j, "an IP address");
			i = j - 1;
			continue;
		}
		if (c == '@' && letter(at(s->p, i + 1))) {
			for (j = i + 1; alnum(at(s->p, j)) || at(s->p, j) == '_'; j++)
				;
			if (j - i > 3 && !(at(s->p, j) == '.' && letter(at(s->p, j + 1)))) {
				found(s, "PD11", i, j, "an account name");
				i = j - 1;
			}
			continue;
		}
		if (!letter(c) && !digit(c))
			continue;
		for (j = i; digit(at(s->p, j)) || letter(at(s->p, j)); j++)
			;
		k = j - i;
		for (m = 0; m < sizeof sites / sizeof *sites; m++) {
			struct str site;

			if (s->low.p[i] != sites[m][0])
				continue;
			site = cstr(sites[m]);
			if (str_eq(str_sub(s->low, i, i + site.n), site) && (alnum(at(s->p, i + site.n)) ||
			    at(s->p, i + site.n) == '+')) {
				for (j = i + site.n + 1; alnum(at(s->p, j)) || strchr("._-", at(s->p, j) ? at(s->p, j) : ' '); j++)
					;
				found(s, "PD11", i, j, "a link to a profile");
				k = 0;
				break;
			}
		}
		if (k >= 26) {
			struct str w = str_sub(s->p, i, j);
			bool digits = false, mixed = false, hex = k == 42 && w.p[0] == '0' && (w.p[1] | 0x20) == 'x';

			for (m = 0; m < w.n; m++) {
				digits |= digit(w.p[m]);
				mixed |= letter(w.p[m]);
				if (hex && m > 1 && !digit(w.p[m]) && !((w.p[m] | 0x20) >= 'a' && (w.p[m] | 0x20) <= 'f'))
					hex = false;
			}
			if (hex || (str_starts(w, STR("bc1")) && digits) ||
			    ((w.p[0] == '1' || w.p[0] == '3') && k <= 35 && digits && mixed))
				found(s, "PD11", i, j, "an account of a crypto currency");
		}
		i = j > i ? j - 1 : i;
	}
}

static void pd12_name(struct scan *s)
{
	static const char *const titles[] = { "Mr", "Mrs", "Ms", "Miss", "Dr", "Prof", "Inspector", "Sergeant", "Lieutenant",
		"Captain", "Colonel", "Superintendent", "Constable", "Commissar", "Detective" };
	static const char *const not_names[] = { "General", "Generals", "Inspector", "Sergeant", "Office", "Unit" };
	size_t i, j, m, k;

	for (i = 0; i < s->p.n; i++) {
		if (!upper(s->p.p[i]) || (i > 0 && alnum(s->p.p[i - 1])))
			continue;
		for (m = 0; m < sizeof titles / sizeof *titles; m++) {
			struct str t, name;
			bool other = false;

			if (s->p.p[i] != titles[m][0])
				continue;
			t = cstr(titles[m]);
			if (!str_eq(str_sub(s->p, i, i + t.n), t))
				continue;
			j = i + t.n + (at(s->p, i + t.n) == '.');
			/* e2 and c2 lead dashes, quotation marks and other signs, no letters. */
			if (at(s->p, j++) != ' ' || !(upper(at(s->p, j)) || ((at(s->p, j) & 0x80) && at(s->p, j) != '\xe2' &&
			    at(s->p, j) != '\xc2')))
				continue;
			for (k = j; alnum(at(s->p, k)) || at(s->p, k) == '-' || at(s->p, k) == '\''; k++)
				;
			name = str_sub(s->p, j, k);
			for (size_t q = 0; q < sizeof not_names / sizeof *not_names; q++)
				other |= str_is(name, not_names[q]);
			if (!other && name.n > 1)
				found(s, "PD12", i, k, "what reads like a person's name,");
			break;
		}
	}
}

/* Is what ends behind `end` the target of a link: "](x.png", "]: x.png", "<x.png", or an address with "://"? */
static bool link_target(const struct scan *s, size_t end)
{
	size_t i = end, k;

	while (i > 0 && end - i < 512 && !strchr(" \t\n(<>[", s->p.p[i - 1] ? s->p.p[i - 1] : ' '))
		i--;
	if (str_find(str_sub(s->p, i, end), STR("://")) != SIZE_MAX || (i > 0 && s->p.p[i - 1] == '<'))
		return true;
	if (i > 1 && s->p.p[i - 1] == '(')
		return s->p.p[i - 2] == ']';
	for (k = i; k > 0 && i - k < 8 && s->p.p[k - 1] == ' '; k--)
		;
	return k > 1 && k < i && s->p.p[k - 1] == ':' && s->p.p[k - 2] == ']';
}

static void pd13_picture(struct scan *s)
{
	static const char *const kinds_of[] = { "png", "jpg", "jpeg", "gif", "webp", "bmp", "svg", "heic", "tif", "tiff", "avif" };
	size_t i, j, back, last = s->p.n;

	while (last > 0 && s->p.p[last - 1] != ']')
		last--;
	for (i = 0; i + 2 < last; i++) {
		if (s->p.p[i] != '!' || s->p.p[i + 1] != '[' || s->p.p[i + 2] == '^')
			continue;
		for (back = 0; back < i && s->p.p[i - 1 - back] == '\\'; back++)
			;
		if (back % 2 == 0)
			found(s, "PD13", i, i + 2, "a picture");
	}
	for (i = 0; i + 3 < s->p.n; i++)
		for (j = 0; s->p.p[i] == '.' && j < sizeof kinds_of / sizeof *kinds_of; j++) {
			struct str ending = cstr(kinds_of[j]);

			if (str_starts(str_sub(s->low, i + 1, s->low.n), ending) && !alnum(at(s->p, i + 1 + ending.n)) &&
			    !(at(s->p, i + 1 + ending.n) == '.' && alnum(at(s->p, i + 2 + ending.n))) && link_target(s, i)) {
				found(s, "PD13", i, i + 1 + ending.n, "a link to a picture");
				break;
			}
		}
}

static void pd14_age(struct scan *s)
{
	size_t i, j;

	for (i = 0; i < s->p.n; i++) {
		if (!digit(s->p.p[i]) || (i > 0 && alnum(s->p.p[i - 1])))
			continue;
		for (j = i; digit(at(s->p, j)); j++)
			;
		if (j - i <= 2 && (str_starts(str_sub(s->low, j, s->low.n), STR("-year-old")) ||
		    str_starts(str_sub(s->low, j, s->low.n), STR(" year old")) ||
		    str_starts(str_sub(s->low, j, s->low.n), STR("-years-old")) ||
		    str_starts(str_sub(s->low, j, s->low.n), STR(" years old")) ||
		    (i >= 5 && str_eq(str_sub(s->low, i - 5, i), STR("aged ")) && (i == 5 || !alnum(s->low.p[i - 6])))))
			found(s, "PD14", i, j, "an exact age,");
		i = j - 1;
	}
}

void check_personal(struct findings *f, struct arena *a, struct str text, unsigned first_line, bool contact)
{
	struct buf plain = BUF_INIT, low = BUF_INIT;
	struct scan s = { .f = f, .a = a, .text = text, .line = first_line, .seen_line = first_line, .seen_column = 1 };
	size_t *from, i;

	if (!text.n)
		return;
	text_plain(&plain, &from, text);
	buf_str_add(&low, buf_str(&plain));
	for (i = 0; i < low.n; i++)
		if (upper(low.p[i]))
			low.p[i] = (char)(low.p[i] | 0x20);
	s.p = buf_str(&plain);
	s.low = buf_str(&low);
	s.from = from;
	if (!contact) {
		pd01_mail(&s);
		pd02_phone(&s);
		pd12_name(&s);
	}
	pd03_iban(&s);
	pd04_mrz(&s);
	pd05_document(&s);
	pd06_birth(&s);
	pd07_national(&s);
	pd08_card(&s);
	pd09_plate(&s);
	pd10_position(&s);
	pd11_account(&s);
	pd13_picture(&s);
	pd14_age(&s);
	free(from);
	buf_free(&plain);
	buf_free(&low);
}
