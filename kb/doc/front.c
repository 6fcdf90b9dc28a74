/* kb/doc/front.c: see front.h.
 *
 * libyaml reads the lines between the fences event by event, and the first event that leaves the flat
 * subset ends the work, so nesting never costs. Places come from its line numbers and a table of line
 * starts of ours (its own offsets count characters).
 *
 * Most front matter needs none of YAML: flat() reads what every line of says plainly, and gives up at the first that
 * libyaml could take otherwise, or refuse. So what is read is the same, and what is said of errors is libyaml's. */
#include "kb/doc/front.h"

#include <string.h>

#include <yaml.h>

#include "kb/limits.h"

struct reader {
	yaml_parser_t yaml;
	struct front *f;
	struct place *at;
	struct arena *a;
	size_t *lines, nlines;		/* offset of each line after the opening fence; the last is the closing one */
	struct err *e;
	bool foreign;			/* front_parse_foreign */
};

static enum rc fail(struct reader *r, const yaml_mark_t *m, const char *what)
{
	r->at->line = (unsigned)m->line + 2;
	r->at->column = (unsigned)m->column + 1;
	return err_set(r->e, RC_INVALID, "front matter: %s", what);
}

static enum rc next(struct reader *r, yaml_event_t *ev)
{
	const char *p;

	if (yaml_parser_parse(&r->yaml, ev))
		return RC_OK;
	p = r->yaml.problem ? r->yaml.problem : "cannot be read";
	if (strstr(p, "mapping values are not allowed"))
		p = "a value with ': ' in it; put the whole value in double quotes, as in title: \"Water: a study\"";
	return fail(r, &r->yaml.problem_mark, p);
}

static const char *plain_scalar(const struct reader *r, const yaml_event_t *ev)
{
	if (ev->data.scalar.anchor)
		return "an anchor; write the value out";
	if (ev->data.scalar.tag)
		return "a tag; leave out what begins with '!'";
	if (r->foreign)
		return NULL;
	if (ev->data.scalar.style == YAML_LITERAL_SCALAR_STYLE || ev->data.scalar.style == YAML_FOLDED_SCALAR_STYLE ||
	    ev->start_mark.line != ev->end_mark.line)
		return "a value over several lines; write it in one line";
	return NULL;
}

static const char *misfit(const struct reader *r, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_ALIAS_EVENT:
		return "an alias; write the value out, or in double quotes when it begins with '*'";
	case YAML_SCALAR_EVENT:
		return plain_scalar(r, ev);
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return "nesting; a value is one text or one list of texts";
	default:
		return "not 'key: value' lines";
	}
}

static struct str scalar(struct reader *r, const yaml_event_t *ev)
{
	struct str s = { (const char *)ev->data.scalar.value, ev->data.scalar.length }, row;
	struct buf b = BUF_INIT;

	if (!r->foreign || str_chr(s, '\n') == SIZE_MAX)
		return arena_str(r->a, s);
	while (str_line(&row, &s))	/* several lines become one, joined with blanks */
		if ((row = str_trim(row)).n) {
			buf_puts(&b, b.n ? " " : "");
			buf_str_add(&b, row);
		}
	s = arena_str(r->a, buf_str(&b));
	buf_free(&b);
	return s;
}

static enum rc list(struct reader *r, struct key *k, size_t *last_line)
{
	yaml_event_t ev;
	const char *why;
	size_t cap = 0;
	enum rc rc;

	for (;;) {
		if ((rc = next(r, &ev)))
			return rc;
		if (ev.type == YAML_SEQUENCE_END_EVENT) {
			if (ev.start_mark.index != ev.end_mark.index)	/* "]", not the end of a block list */
				*last_line = ev.start_mark.line;
			yaml_event_delete(&ev);
			return RC_OK;
		}
		why = misfit(r, &ev);
		if (!why && k->n == LIMIT_LIST)
			why = "a list of more than 500 entries; split the document";
		if (why) {
			rc = fail(r, &ev.start_mark, why);
		} else {
			if (k->n == cap)
				k->values = arena_grow(r->a, k->values, &cap, sizeof *k->values);
			k->values[k->n++] = scalar(r, &ev);
			*last_line = ev.end_mark.line;
		}
		yaml_event_delete(&ev);
		if (rc)
			return rc;
	}
}

static bool key_name(struct key *k, struct str s)
{
	size_t at = str_chr(s, '@'), i;
	uint64_t variant = 1;

	if (at != SIZE_MAX && (!str_u64(&variant, str_sub(s, at + 1, s.n)) || variant < 2 || variant > 999))
		return false;
	k->name = str_sub(s, 0, at);
	k->variant = (uint16_t)variant;
	for (i = 0; i < k->name.n; i++) {
		char c = k->name.p[i];

		if (!((c >= 'a' && c <= 'z') || (i && ((c >= '0' && c <= '9') || c == '-'))))
			return false;
	}
	return k->name.n > 0 && k->name.n <= 64;
}

/* "Redirect_From" -> "redirect-from": what others call their keys, as ours may be called. */
static struct str foreign_name(struct reader *r, struct str s)
{
	char *name = arena_cstr(r->a, s);
	size_t i;

	for (i = 0; i < s.n; i++) {
		char c = name[i];

		if (c >= 'A' && c <= 'Z')
			name[i] = (char)(c | 0x20);
		else if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			name[i] = '-';
	}
	return (struct str){ name, s.n };
}

/* One "key: value"; *end when the mapping ends instead. */
static enum rc entry(struct reader *r, size_t *cap, bool *end)
{
	struct key k = { .variant = 1 };
	struct front *f = r->f;
	yaml_event_t ev;
	const char *why;
	size_t i, last;
	enum rc rc;

	if ((rc = next(r, &ev)))
		return rc;
	if (ev.type == YAML_MAPPING_END_EVENT) {
		*end = true;
		yaml_event_delete(&ev);
		return RC_OK;
	}
	why = misfit(r, &ev);
	if (!why && !key_name(&k, r->foreign ? foreign_name(r, scalar(r, &ev)) : scalar(r, &ev)))
		why = "a key that is not of lower-case letters, digits and hyphens";
	if (!why && ev.start_mark.column)
		why = "a key that does not begin its line; take the blanks in front away";
	for (i = 0; !why && i < f->n; i++)
		if (f->keys[i].variant == k.variant && str_eq(f->keys[i].name, k.name))
			why = "a key that stands twice; remove one of the two";
	if (!why && f->n == LIMIT_KEYS)
		why = "more than 200 keys";
	if (why)
		rc = fail(r, &ev.start_mark, why);
	last = ev.start_mark.line;
	k.place = (struct place){ (unsigned)last + 2, 1 };
	k.from = (uint32_t)(last < r->nlines ? r->lines[last] : f->close);
	yaml_event_delete(&ev);
	if (rc || (rc = next(r, &ev)))
		return rc;
	k.value_place = (struct place){ (unsigned)ev.start_mark.line + 2, (unsigned)ev.start_mark.column + 1 };
	if (ev.type == YAML_SEQUENCE_START_EVENT && !ev.data.sequence_start.anchor && !ev.data.sequence_start.tag) {
		k.list = true;
		yaml_event_delete(&ev);
		if ((rc = list(r, &k, &last)))
			return rc;
	} else {
		if ((why = misfit(r, &ev))) {
			rc = fail(r, &ev.start_mark, why);
		} else if (ev.data.scalar.length) {
			k.values = arena_array(r->a, 1, sizeof *k.values);
			k.values[k.n++] = scalar(r, &ev);
		}
		if (!why && (k.n || ev.data.scalar.style != YAML_PLAIN_SCALAR_STYLE))
			last = ev.end_mark.line;	/* "" may stand on a line of its own; where nothing stands, the mark is farther */
		yaml_event_delete(&ev);
		if (rc)
			return rc;
	}
	k.to = (uint32_t)(last + 1 < r->nlines ? r->lines[last + 1] : f->close);
	if (f->n == *cap)
		f->keys = arena_grow(r->a, f->keys, cap, sizeof *f->keys);
	f->keys[f->n++] = k;
	return RC_OK;
}

static enum rc events(struct reader *r)
{
	yaml_event_t ev;
	bool end = false;
	size_t cap = 0;
	enum rc rc;
	int i;

	for (i = 0; i < 3; i++) {	/* stream, document, mapping */
		static const yaml_event_type_t want[] = { YAML_STREAM_START_EVENT, YAML_DOCUMENT_START_EVENT,
			YAML_MAPPING_START_EVENT };

		if ((rc = next(r, &ev)))
			return rc;
		if (ev.type == YAML_STREAM_END_EVENT)
			end = true;		/* nothing between the fences */
		else if (ev.type != want[i] || (i == 2 && (ev.data.mapping_start.anchor || ev.data.mapping_start.tag ||
		    ev.data.mapping_start.style == YAML_FLOW_MAPPING_STYLE)))
			rc = fail(r, &ev.start_mark, "not 'key: value' lines");
		yaml_event_delete(&ev);
		if (rc || end)
			return rc;
	}
	while (!end)
		if ((rc = entry(r, &cap, &end)))
			return rc;
	return RC_OK;
}

/* ---- without libyaml ---- */

/* Take one text off *s; in a list something must stand behind it. */
static bool flat_text(struct str *v, struct str *s, bool in_list)
{
	enum { ENDS = 1, ODD };		/* in a list */
	static const unsigned char special[256] = { [','] = ENDS, [']'] = ENDS, ['['] = ODD, ['{'] = ODD, ['}'] = ODD, [':'] = ODD,
		['#'] = ODD, ['?'] = ODD };
	size_t i = 0, end;

	if (!s->n || strchr("-?:,[]{}#&*!|>%@`", s->p[0]))
		return false;
	if (s->p[0] == '"' || s->p[0] == '\'') {
		end = str_chr(str_sub(*s, 1, s->n), s->p[0]);
		if (end == SIZE_MAX)
			return false;
		*v = str_sub(*s, 1, end + 1);
		*s = str_sub(*s, end + 2, s->n);
		return str_chr(*v, '\\') == SIZE_MAX;
	}
	for (; i < s->n; i++) {
		char c = s->p[i];
		unsigned char what = special[(unsigned char)c];

		if (!what)
			continue;
		if (in_list && what == ENDS)
			break;
		if (in_list || (c == ':' && (i + 1 == s->n || s->p[i + 1] == ' ')) || (c == '#' && s->p[i - 1] == ' '))
			return false;
	}
	*v = str_sub(*s, 0, i);
	*s = str_sub(*s, i, s->n);
	return v->p[v->n - 1] != ' ';
}

static struct str no_blanks(struct str s)
{
	while (s.n && s.p[0] == ' ')
		s = str_sub(s, 1, s.n);
	return s;
}

static bool flat_value(struct key *k, struct arena *a, size_t *cap, struct str v)
{
	if (k->n == LIMIT_LIST)
		return false;
	if (k->n == *cap)
		k->values = arena_grow(a, k->values, cap, sizeof *k->values);
	k->values[k->n++] = v;
	return true;
}

/* "[one, another]" */
static bool flat_list(struct key *k, struct arena *a, struct str s)
{
	size_t cap = 0;
	struct str v;
	bool more;

	k->list = true;
	s = no_blanks(str_sub(s, 1, s.n));
	if (str_is(s, "]"))
		return true;
	do {
		if (!flat_text(&v, &s, true) || !s.n || (s.p[0] != ',' && s.p[0] != ']') || !flat_value(k, a, &cap, v))
			return false;
		more = s.p[0] == ',';
		s = no_blanks(str_sub(s, 1, s.n));
	} while (more);
	return !s.n;
}

/* Values and names end with a NUL, as all that is in an arena does. */
static void end_strings(struct key *k)
{
	size_t i;

	for (i = 0; i < k->n; i++)
		((char *)(uintptr_t)k->values[i].p)[k->values[i].n] = '\0';
}

/* One "key: value", "key: [values]" or "key:" at line i. */
static bool flat_entry(struct key *k, struct arena *a, struct str line, size_t i)
{
	size_t colon = str_chr(line, ':');
	struct str s, v;

	*k = (struct key){ .variant = 1, .place = { (unsigned)i + 2, 1 } };
	if (colon == SIZE_MAX || !key_name(k, str_sub(line, 0, colon)))
		return false;
	s = no_blanks(str_sub(line, colon + 1, line.n));
	k->value_place = (struct place){ k->place.line, (unsigned)(line.n - s.n) + 1 };
	if (line.n == colon + 1)
		return true;
	if (line.p[colon + 1] != ' ' || !s.n)
		return false;
	if (s.p[0] == '[')
		return flat_list(k, a, s);
	if (!flat_text(&v, &s, false) || s.n)
		return false;
	if (v.n) {
		k->values = arena_array(a, 1, sizeof *k->values);
		k->values[k->n++] = v;
	}
	return true;
}

/* Lines "- value" behind "key:"; *i: the line before the first of them, then the last one. */
static bool flat_items(struct key *k, struct arena *a, size_t *i, const char *copy, const struct reader *r)
{
	size_t cap = 0, column = 0;
	struct str line, s, v;

	for (; *i + 2 < r->nlines; ++*i) {
		line = (struct str){ copy + r->lines[*i + 1] - r->f->open, r->lines[*i + 2] - r->lines[*i + 1] - 1 };
		s = no_blanks(line);
		if (!s.n || s.p[0] != '-')
			break;
		if (!k->list) {
			column = line.n - s.n;
			k->list = true;
			k->value_place = (struct place){ (unsigned)*i + 3, (unsigned)column + 1 };
		}
		if (s.n < 2 || s.p[1] != ' ' || line.n - s.n != column)
			return false;
		s = no_blanks(str_sub(s, 1, s.n));
		if (!flat_text(&v, &s, false) || s.n || !flat_value(k, a, &cap, v))
			return false;
	}
	return true;
}

/* Of front matter of plain bytes; false: it is for libyaml. */
static bool flat(struct reader *r, struct str text)
{
	struct front *f = r->f;
	struct str inside = str_sub(text, f->open, f->close);
	char *copy = arena_cstr(r->a, inside);
	size_t cap = 0, i, j, first;
	struct key k;

	if (!inside.n)
		return false;
	for (i = 0; i + 1 < r->nlines; i++) {
		size_t from = r->lines[i] - f->open, to = r->lines[i + 1] - f->open - 1;

		first = i;
		if (!flat_entry(&k, r->a, (struct str){ copy + from, to - from }, i) || f->n == LIMIT_KEYS)
			return false;
		if (copy[to - 1] == ':' && !flat_items(&k, r->a, &i, copy, r))
			return false;
		for (j = 0; j < f->n; j++)
			if (f->keys[j].variant == k.variant && str_eq(f->keys[j].name, k.name))
				return false;
		k.from = (uint32_t)r->lines[first];
		k.to = (uint32_t)r->lines[i + 1];
		if (f->n == cap)
			f->keys = arena_grow(r->a, f->keys, &cap, sizeof *f->keys);
		f->keys[f->n++] = k;
	}
	for (i = 0; i < f->n; i++) {
		copy[f->keys[i].name.p - copy + (ptrdiff_t)f->keys[i].name.n] = '\0';
		end_strings(&f->keys[i]);
	}
	return true;
}

static enum rc place_fail(struct place *at, unsigned line, struct err *e, const char *what)
{
	*at = (struct place){ line, line ? 1 : 0 };
	return err_set(e, RC_INVALID, "%s", what);
}

/* What libyaml would take for the end of a line or of the document, and we, who count LFs, would not. plain: no byte in it is
 * odd. */
static const char *hidden_break(struct str line, bool plain)
{
	const unsigned char *p = (const unsigned char *)line.p;
	bool marker = str_starts(line, STR("---")) || str_starts(line, STR("..."));
	size_t i;

	if (marker && (line.n == 3 || line.p[3] == ' ' || line.p[3] == '\t'))
		return "a second document in the front matter ('---' or '...' and more); take the line out";
	for (i = 0; !plain && i < line.n; i++)
		if (p[i] == '\r' || (p[i] == 0xc2 && p[i + 1] == 0x85) ||
		    (p[i] == 0xe2 && p[i + 1] == 0x80 && (p[i + 2] == 0xa8 || p[i + 2] == 0xa9)))
			return "a line break other than LF in the front matter (CR, U+0085, U+2028 or U+2029); take it out";
	return NULL;
}

typedef unsigned char bytes __attribute__((vector_size(16)));

/* Only characters that mean the same to libyaml wherever they stand: no controls but LF, none that it calls not printable or
 * the end of a line. Two bytes stand in front of s. */
static bool all_plain(struct str s)
{
	const unsigned char *p;
	uint64_t odd[2] = { 0, 0 };
	unsigned char last[18];
	bytes x, b1, b2;
	size_t i;

	for (i = 0; i < s.n && !(odd[0] | odd[1]); i += sizeof x) {
		p = (const unsigned char *)s.p + i;
		if (s.n - i < sizeof x) {
			memset(last, '\n', sizeof last);
			p = memcpy(last, p - 2, s.n - i + 2);
			p += 2;
		}
		memcpy(&x, p, sizeof x);
		memcpy(&b1, p - 1, sizeof x);
		memcpy(&b2, p - 2, sizeof x);
		x = (bytes)(((x < 0x20) & (x != '\n')) | (x == 0x7f) | (x == 0xef) | ((b1 == 0xc2) & (x < 0xa0)) |
		    ((b2 == 0xe2) & (b1 == 0x80) & ((x & 0xfe) == 0xa8)));
		memcpy(odd, &x, sizeof odd);
	}
	return !(odd[0] | odd[1]);
}

static enum rc parse(struct front *out, struct place *at, struct arena *a, struct str text, bool foreign, struct err *e)
{
	struct front f = { .open = 4 };
	struct reader r = { .f = &f, .at = at, .a = a, .e = e, .foreign = foreign };
	struct str rest, line;
	const char *why;
	size_t cap = 0, off, end;
	bool plain;
	enum rc rc;

	if (text.n > LIMIT_VIEW)
		return place_fail(at, 0, e, "more than 4 MiB; settle its conflicts, or split the document");
	if (str_starts(text, STR("\xef\xbb\xbf")))
		return place_fail(at, 1, e, "begins with a byte order mark; save it as UTF-8 without BOM");
	if (str_chr(text, '\0') != SIZE_MAX)
		return place_fail(at, 0, e, "has NUL bytes, so it is no text; save it as UTF-8");
	if (str_utf8_bad(text) != text.n)
		return place_fail(at, 0, e, "is not UTF-8; save it as UTF-8");
	if (foreign && str_starts(text, STR("---\r\n")))
		f.open = 5;
	else if (str_starts(text, STR("---\r\n")))
		return place_fail(at, 1, e, "has Windows line ends (CRLF) in the front matter; save it with LF");
	else if (!str_starts(text, STR("---\n")))
		return place_fail(at, 1, e, "no front matter; the first line must be ---");
	end = str_find(str_sub(text, f.open - 1, LIMIT_FRONT), STR("\n---\n"));
	plain = !foreign && end != SIZE_MAX && all_plain(str_sub(text, f.open, f.open + end));
	for (rest = str_sub(text, f.open, text.n), off = f.open; str_line(&line, &rest); off += line.n + 1) {
		if (off + line.n + (rest.p != NULL) > LIMIT_FRONT)
			return place_fail(at, 1, e, "front matter of more than 16 KiB, or its closing --- is missing");
		if (r.nlines == cap)
			r.lines = arena_grow(a, r.lines, &cap, sizeof *r.lines);
		r.lines[r.nlines++] = off;
		if (!foreign && line.n && line.p[line.n - 1] == '\r')
			return place_fail(at, (unsigned)r.nlines + 1, e,
			    "has Windows line ends (CRLF) in the front matter; save it with LF");
		if (str_is(foreign ? str_trim(line) : line, "---")) {
			f.close = off;
			f.body = off + line.n + 1 < text.n ? off + line.n + 1 : text.n;
			f.body_line = (unsigned)r.nlines + 2;
			break;
		}
		if ((why = hidden_break(foreign && line.n && line.p[line.n - 1] == '\r' ? str_sub(line, 0, line.n - 1) : line, plain)))
			return place_fail(at, (unsigned)r.nlines + 1, e, why);
	}
	if (!f.close)
		return place_fail(at, 1, e, "front matter is not closed; put a line --- behind it");
	if (plain && flat(&r, text)) {
		*out = f;
		return RC_OK;
	}
	f.keys = NULL;
	f.n = 0;
	if (!yaml_parser_initialize(&r.yaml))
		return err_set(e, RC_IO, "front matter: no memory to read it");
	yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text.p + f.open, f.close - f.open);
	rc = events(&r);
	yaml_parser_delete(&r.yaml);
	if (!rc)
		*out = f;
	return rc;
}

enum rc front_parse(struct front *f, struct place *at, struct arena *a, struct str text, struct err *e)
{
	return parse(f, at, a, text, false, e);
}

enum rc front_parse_foreign(struct front *f, struct place *at, struct arena *a, struct str text, struct err *e)
{
	return parse(f, at, a, text, true, e);
}

const struct key *front_key(const struct front *f, const char *name)
{
	size_t n = strlen(name), i;

	for (i = 0; i < f->n; i++)
		if (f->keys[i].name.n == n && f->keys[i].variant == 1 && memcmp(f->keys[i].name.p, name, n) == 0)
			return &f->keys[i];
	return NULL;
}

struct str front_text(const struct front *f, const char *name)
{
	const struct key *k = front_key(f, name);

	return k && k->n ? k->values[0] : STR_NONE;
}

/* Would libyaml read these bytes, written plainly, as the same text? Rather quotes too many than one too few. */
static bool plain(struct str v, bool in_list)
{
	size_t i;

	if (!v.n || v.p[0] == ' ' || v.p[v.n - 1] == ' ' || v.p[v.n - 1] == ':' || strchr("-?:,[]{}#&*!|>'\"%@`~=<", v.p[0]))
		return false;
	for (i = 0; i < v.n; i++) {
		unsigned char c = (unsigned char)v.p[i];

		if (c == '"' || c == '\\' || (in_list && strchr(",[]{}:#", c)))
			return false;
		if ((c == ':' && v.p[i + 1 < v.n ? i + 1 : i] == ' ') || (c == '#' && v.p[i - 1] == ' '))
			return false;
		if (c == 0xc2 || c == 0xe2 || c == 0xef)	/* NEL, line separators, byte order marks among others */
			return false;
	}
	return true;
}

void front_quote(struct buf *b, struct str value, bool in_list)
{
	struct buf clean = BUF_INIT;
	size_t i = 0;

	while (i < value.n) {
		uint32_t c = str_utf8_next(value, &i);

		buf_utf8(&clean, c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0x2028 || c == 0x2029 || c == 0xfeff ||
		    c == 0xfffe || c == 0xffff ? ' ' : c);
	}
	if (plain(buf_str(&clean), in_list)) {
		buf_str_add(b, buf_str(&clean));
	} else {
		buf_putc(b, '"');
		for (i = 0; i < clean.n; i++) {
			if (clean.p[i] == '"' || clean.p[i] == '\\')
				buf_putc(b, '\\');
			buf_putc(b, clean.p[i]);
		}
		buf_putc(b, '"');
	}
	buf_free(&clean);
}

/* Everything but the lines of the key, with `line` in their place, or behind the last key. */
static void splice(struct buf *out, const struct front *f, struct str text, const char *name, struct str line)
{
	const struct key *k = front_key(f, name);
	size_t from = k ? k->from : f->close, to = k ? k->to : f->close;

	buf_str_add(out, str_sub(text, 0, from));
	buf_str_add(out, line);
	buf_str_add(out, str_sub(text, to, text.n));
}

void front_set(struct buf *out, const struct front *f, struct str text, const char *name, struct str value)
{
	struct buf line = BUF_INIT;

	buf_printf(&line, "%s: ", name);
	front_quote(&line, value, false);
	buf_putc(&line, '\n');
	splice(out, f, text, name, buf_str(&line));
	buf_free(&line);
}

void front_set_list(struct buf *out, const struct front *f, struct str text, const char *name,
    const struct str *values, size_t n)
{
	struct buf line = BUF_INIT;
	size_t i;

	buf_printf(&line, "%s: [", name);
	for (i = 0; i < n; i++) {
		buf_puts(&line, i ? ", " : "");
		front_quote(&line, values[i], true);
	}
	buf_puts(&line, "]\n");
	splice(out, f, text, name, buf_str(&line));
	buf_free(&line);
}

void front_remove(struct buf *out, const struct front *f, struct str text, const char *name)
{
	splice(out, f, text, name, STR_NONE);
}
