/* kb/index/record.c: see record.h.
 *
 * A record is a row of strings, those of text_fields; then three lists, each a varint count and its
 * strings; then the blob's id, 20 bytes; then one byte: 1 when the front matter is broken, 2 when a conflict is open, 4 when
 * kind, owner, lang and path are as the id tells and left out. A string is varint 0: absent; odd: its length * 2 + 1, and its
 * bytes; even: twice its number, when it has one: of a word of `common`; behind these, of two letters of ASCII, both capitals
 * or both small, as countries and languages are (PAIRS); behind these, of a day, "1970-01-01" the first (DAYS). The summary
 * stands in the text alone.
 *
 * Weights: a word of the title counts WEIGHT_TITLE, of a heading WEIGHT_HEADING, else 1; also-called names of a
 * document's codes are words of weight 1, and so are codes that a query hints at (hint.h). They are summed per document before the score saturates. */
#include "kb/index/record.h"

#include <string.h>

#include "kb/base/date.h"
#include "kb/doc/doc.h"
#include "kb/doc/names.h"
#include "kb/index/pack.h"
#include "kb/index/plain.h"

enum { WEIGHT_TITLE = 3, WEIGHT_HEADING = 2 };

/* Values that many documents have. Numbers are part of the layout. */
static const char *const common[] = { NULL, "", "draft", "submitted", "cleared", "published", "superseded", "withdrawn", "TLP:CLEAR",
	"TLP:GREEN", "TLP:AMBER", "TLP:AMBER+STRICT", "TLP:RED", "observation", "identified", "implementing", "learned",
	"rejected", "planned", "held", "cancelled", "open", "in-progress", "done", "dropped", "discussed", "closed", "new",
	"acknowledged", "introduced", "answered", "declined", "ready", "played", "reviewed", "proposal", "adopted", "som", "thb", "irregular-migration", "digitalisation", "small-boats", "visa-free-regime",
	"secondary-movements", "third-country-use", "stranded-migrants", "undocumented-migrants", "organised-crime", "hawala",
	"awareness", "border-control", "border-management", "mobile-teams", "deterrence", "humanitarian-visas",
	"national-action-plan", "vulnerable-groups", "victim-identification", "victim-support", "hotline", "ngo-partnership",
	"legislation", "prosecution", "specialised-courts", "investigation", "debriefing", "financial-investigation", "sanctions",
	"police-cooperation", "liaison-officers", "link-offices", "task-forces", "regional-agreements", "mou", "data-sharing",
	"information-analysis", "inter-agency", "urgent-channels", "red-tape", "capacity-building", "tip-report", "monitoring" };
enum { COMMON = sizeof common / sizeof *common, LETTERS = 26, PAIRS = 2 * LETTERS * LETTERS, DAYS = 1 << 16 };

enum { TEXTS = 9, TOLD = 4 };		/* TOLD: the last ones, which the id may tell */
enum { BROKEN = 1, CONFLICT = 2, AS_TOLD = 4 };

static void text_fields(struct str *row[TEXTS], struct record *r)
{
	row[0] = &r->title, row[1] = &r->status, row[2] = &r->tlp, row[3] = &r->date, row[4] = &r->stage;
	row[5] = &r->kind, row[6] = &r->owner, row[7] = &r->lang, row[8] = &r->path;
}

/* What the id tells of a record, as its path would; the path lives in the arena. */
static bool told_by_id(struct record *r, struct arena *a, struct str id)
{
	size_t dot = str_chr(id, '.');
	struct str path = doc_path_of(a, id), owner;
	const struct kind *k;

	if (!path.n || !doc_id_valid(str_sub(id, 0, dot), &k, &owner))
		return false;
	*r = (struct record){ .path = path, .id = id, .kind = cstr(k->name), .owner = owner,
	    .lang = dot == SIZE_MAX ? STR_NONE : str_sub(id, dot + 1, id.n) };
	return true;
}

static void take_list(const struct str **to, size_t *n, const struct front *f, const char *name)
{
	const struct key *k = front_key(f, name);

	*to = k ? k->values : NULL;
	*n = k ? k->n : 0;
}

static bool marked(struct str text)		/* a conflict that is open begins here */
{
	return str_starts(text, STR("<!-- conflict -->\n")) || str_find(text, STR("\n<!-- conflict -->\n")) != SIZE_MAX;
}

bool record_make(struct record *r, struct arena *a, struct str path, struct str text, const struct oid *blob)
{
	struct err e = ERR_INIT;
	struct place at;
	struct front *front;
	struct doc_path p;
	struct doc d;
	size_t i;

	*r = (struct record){ .path = path, .blob = *blob };
	if (!doc_path_parse(&p, path, NULL))
		return false;
	r->id = p.name;
	r->kind = cstr(p.kind->name);
	r->owner = p.owner;
	r->lang = p.lang;
	if (doc_parse(&d, &at, a, text, &e)) {
		r->broken = true;
		r->conflict = marked(text);
		r->title = r->id;
		return true;
	}
	r->title = d.title.n ? d.title : r->id;
	r->status = d.status;
	r->tlp = str_is(d.tlp, "TLP:WHITE") ? STR("TLP:CLEAR") : d.tlp;
	if (d.lang.n)
		r->lang = d.lang;
	r->date = d.date;
	r->summary = d.summary;
	r->stage = d.stage;
	take_list(&r->countries, &r->ncountries, &d.front, "countries");
	take_list(&r->topics, &r->ntopics, &d.front, "topics");
	take_list(&r->meetings, &r->nmeetings, &d.front, "meetings");
	r->front = front = arena_alloc(a, sizeof *front);
	*front = d.front;
	r->conflict = marked(d.body);
	for (i = 0; i < d.front.n; i++)
		r->conflict |= d.front.keys[i].variant > 1;
	if (str_is(r->kind, "country-profile") && !r->ncountries)
		take_list(&r->countries, &r->ncountries, &d.front, "country");
	return true;
}

static void day_name(char out[11], uint64_t day)
{
	date_format(out, (int64_t)day * 86400);
}

/* The number of a string that has one; else 0. */
static uint64_t number_of(struct str s)
{
	unsigned char base;
	int64_t first, last;
	char day[11];
	size_t i;

	for (i = 1; i < COMMON; i++)
		if (str_is(s, common[i]))
			return i;
	if (s.n == 2) {
		base = s.p[0] >= 'a' ? 'a' : 'A';
		if (s.p[0] < base || s.p[0] >= base + LETTERS || s.p[1] < base || s.p[1] >= base + LETTERS)
			return 0;
		return COMMON + (uint64_t)((base == 'a') * LETTERS + s.p[0] - base) * LETTERS + (uint64_t)(s.p[1] - base);
	}
	if (s.n != sizeof day - 1 || !date_parse(&first, &last, s) || first < 0 || first >= DAYS)
		return 0;
	day_name(day, (uint64_t)first);
	return str_is(s, day) ? COMMON + PAIRS + (uint64_t)first : 0;
}

/* The string of a number; false: there is none. What is not of `common` lives in the arena. */
static bool numbered(struct str *out, struct arena *a, uint64_t n)
{
	char text[11];

	if (n < COMMON) {
		*out = n ? cstr(common[n]) : STR_NONE;
		return true;
	}
	if ((n -= COMMON) < PAIRS) {
		text[0] = (char)((n < PAIRS / 2 ? 'A' : 'a') + (int)(n / LETTERS % LETTERS));
		text[1] = (char)((n < PAIRS / 2 ? 'A' : 'a') + (int)(n % LETTERS));
		*out = arena_str(a, (struct str){ text, 2 });
		return true;
	}
	if ((n -= PAIRS) >= DAYS)
		return false;
	day_name(text, n);
	*out = arena_str(a, cstr(text));
	return true;
}

static void put(struct buf *b, struct str s)
{
	uint64_t number = s.p ? number_of(s) : 0;

	varint_put(b, number || !s.p ? 2 * number : 2 * s.n + 1);
	if (!number)
		buf_str_add(b, s);
}

static bool get(struct str *out, struct arena *a, struct str *s)
{
	uint64_t n;

	if (!varint_get(&n, s))
		return false;
	if (n % 2 == 0)
		return numbered(out, a, n / 2);
	if (n / 2 > s->n)
		return false;
	*out = str_sub(*s, 0, n / 2);
	*s = str_sub(*s, n / 2, s->n);
	return true;
}

void record_encode(struct buf *b, const struct record *r)
{
	const struct str *lists[] = { r->countries, r->topics, r->meetings };
	const size_t counts[] = { r->ncountries, r->ntopics, r->nmeetings };
	struct record copy = *r, told = { .doc = 0 };
	struct arena a = ARENA_INIT;
	struct str *row[TEXTS];
	size_t i, j;
	bool as_told = told_by_id(&told, &a, r->id) && str_eq(told.kind, r->kind) && str_eq(told.owner, r->owner) &&
	    str_eq(told.path, r->path);

	if (as_told && str_eq(told.lang, r->lang))
		copy.lang = STR_NONE;
	text_fields(row, &copy);
	for (i = 0; i < TEXTS; i++)
		if (!as_told || i < TEXTS - TOLD || row[i] == &copy.lang)
			put(b, *row[i]);
	for (i = 0; i < 3; i++) {
		varint_put(b, counts[i]);
		for (j = 0; j < counts[i]; j++)
			put(b, lists[i][j]);
	}
	buf_add(b, r->blob.b, sizeof r->blob.b);
	buf_putc(b, (char)((r->broken ? BROKEN : 0) | (r->conflict ? CONFLICT : 0) | (as_told ? AS_TOLD : 0)));
	arena_free(&a);
}

enum rc record_decode(struct record *out, struct arena *a, struct str id, struct str s, struct err *e)
{
	struct record r = { 0 };
	const struct str **lists[] = { &r.countries, &r.topics, &r.meetings };
	size_t *counts[] = { &r.ncountries, &r.ntopics, &r.nmeetings }, i, j;
	struct str *row[TEXTS], *list, lang;
	unsigned char flags;
	uint64_t n;

	if (!s.n || !id.n)
		goto bad;
	flags = (unsigned char)s.p[s.n - 1];
	r.id = id;
	if (flags & AS_TOLD && !told_by_id(&r, a, id))
		goto bad;
	lang = r.lang;
	text_fields(row, &r);
	for (i = 0; i < TEXTS; i++)
		if ((!(flags & AS_TOLD) || i < TEXTS - TOLD || row[i] == &r.lang) && !get(row[i], a, &s))
			goto bad;
	if (!r.lang.p)
		r.lang = lang;
	for (i = 0; i < 3; i++) {
		if (!varint_get(&n, &s) || n > s.n)
			goto bad;
		list = arena_array(a, n, sizeof *list);
		for (j = 0; j < n; j++)
			if (!get(&list[j], a, &s))
				goto bad;
		*lists[i] = list;
		*counts[i] = n;
	}
	if (s.n != sizeof r.blob.b + 1)
		goto bad;
	memcpy(r.blob.b, s.p, sizeof r.blob.b);
	r.broken = flags & BROKEN;
	r.conflict = flags & CONFLICT;
	*out = r;
	return RC_OK;
bad:
	return err_set(e, RC_CORRUPT, "index: a record does not decode");
}

unsigned record_stemmer(const struct record *r, struct str text)
{
	return stems_lang(r->lang.n ? r->lang : cstr(text_language(text)));
}

static struct str body_of(struct str text)
{
	size_t end;

	if (!str_starts(text, STR("---\n")))
		return text;
	end = str_find(text, STR("\n---\n"));
	return end == SIZE_MAX ? text : str_sub(text, end + 5, text.n);
}

/* A summary that needs no parser: one line of front matter, and a value that is not quoted and has no marks of YAML in it. */
static bool plain_summary(struct str *out, struct str text)
{
	const struct str key = STR("\nsummary: ");
	size_t end = str_find(text, STR("\n---\n")), at, n;
	struct str front = str_sub(text, 0, end == SIZE_MAX ? 0 : end + 1), value;

	*out = STR_NONE;
	if (str_find(front, STR("summary")) == SIZE_MAX)
		return true;
	if ((at = str_find(front, key)) == SIZE_MAX)
		return false;
	value = str_sub(front, at + key.n, front.n);
	n = str_chr(value, '\n');
	if (n + 1 < value.n && strchr(" \t-]}", value.p[n + 1]))
		return false;
	if (str_find(str_sub(value, n, value.n), STR("summary")) != SIZE_MAX || str_find(str_sub(front, 0, at), STR("summary")) != SIZE_MAX)
		return false;
	value = str_trim(str_sub(value, 0, n));
	for (at = 0; at < value.n; at++)
		if ((unsigned char)value.p[at] < 0x20 || strchr(":#\x7f\xc2\xe2\xef", value.p[at]))
			return false;
	if (!value.n || !((value.p[0] | 0x20) >= 'a' && (value.p[0] | 0x20) <= 'z') || str_utf8_bad(value) != value.n)
		return false;
	*out = value;
	return true;
}

void record_summary(struct buf *out, const struct record *r, struct str text)
{
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct str summary = r->summary;
	struct place at;
	struct doc d;

	if (!summary.p && !r->broken && str_starts(text, STR("---\n")) && !plain_summary(&summary, text) && !doc_parse(&d, &at, &a, text, &e))
		summary = d.summary;
	buf_str_add(out, summary);
	arena_free(&a);
}

static void plain_head(struct buf *out, const struct record *r, struct str text)
{
	buf_str_add(out, r->title);
	buf_putc(out, '\n');
	record_summary(out, r, text);
	buf_putc(out, '\n');
}

void record_plain(struct buf *out, const struct record *r, struct str text)
{
	plain_head(out, r, text);
	plain_text(out, body_of(text));
}

struct feed {
	unsigned lang;
	word_fn *fn;
	void *ctx;
	bool running;
	enum fate fate;
};

static void feed(const struct feed *f, struct str text, unsigned weight)
{
	struct words w = { text, 0, 0 };
	struct str word;

	while (words_next(&w, &word))
		f->fn(f->ctx, word, f->lang, weight, f->running, f->fate);
}

static void feed_name(void *ctx, struct str name, struct str lang)
{
	struct feed *f = ctx;

	f->lang = stems_lang(lang);
	feed(f, name, 1);
}

static void feed_code(void *ctx, struct str code)
{
	const struct feed *f = ctx;

	f->fn(f->ctx, code, 0, 1, false, f->fate);
}

/* What the codes of a document are called; those that a query hints at. */
static void feed_codes(const struct feed *f, const struct version *d, const struct vocab *v, const struct front *front)
{
	const struct kind *k = kind_find(d->r->kind);
	struct feed names = *f, codes = *f;

	names_each(front, k, v, feed_name, &names);
	codes_each(front, k, feed_code, &codes);
}

static void feed_names(struct feed f, const struct version *d, const struct vocab *v)
{
	struct err e = ERR_INIT;
	struct arena a = ARENA_INIT;
	struct place at;
	struct doc parsed;

	f.running = false;
	if (d->r->front)
		feed_codes(&f, d, v, d->r->front);
	else if (!d->r->broken && !doc_parse(&parsed, &at, &a, d->text, &e))
		feed_codes(&f, d, v, &parsed.front);
	arena_free(&a);
}

/* A line of the running text; n lines are before it. */
static void feed_line(const struct feed *f, struct str line, size_t n)
{
	feed(f, line, n == 0 ? WEIGHT_TITLE : line.n && line.p[0] == PLAIN_HEADING ? WEIGHT_HEADING : 1);
}

static void feed_all(struct buf *plain, struct feed f, const struct version *d, const struct vocab *v)
{
	struct str rest, line;
	size_t n = 0;

	f.lang = d->stemmer;
	f.fn(f.ctx, d->r->id, 0, 1, false, f.fate);	/* as one word: its parts are the title's, and would count twice */
	feed_names(f, d, v);
	buf_clear(plain);
	record_plain(plain, d->r, d->text);
	for (rest = buf_str(plain); str_line(&line, &rest); n++)
		feed_line(&f, line, n);
}

/* How many bytes of whole lines two texts have in common at their beginning, and at the end of what follows. */
static void equal_ends(size_t *first, size_t *last, struct str a, struct str b)
{
	const size_t n = a.n < b.n ? a.n : b.n, step = 64;
	size_t i = 0, k = 0;

	while (i + step <= n && memcmp(a.p + i, b.p + i, step) == 0)
		i += step;
	while (i < n && a.p[i] == b.p[i])
		i++;
	while (i && (i < a.n || i < b.n) && a.p[i - 1] != '\n')
		i--;
	while (k < n - i && a.p[a.n - 1 - k] == b.p[b.n - 1 - k])
		k++;
	while (k && a.p[a.n - k] != '\n')
		k--;
	*first = i;
	*last = k ? k - 1 : 0;
}

/* The lines of a text, found by what they are: open addressing. */
struct lines {
	struct line { struct str s; uint64_t hash; size_t n; } *v;	/* s.p NULL: a free one; n: how often it is there and was not met */
	size_t cap;			/* a power of two, more than the lines */
};

/* Where a line is, or would be. */
static struct line *lines_at(const struct lines *l, struct str line, uint64_t hash)
{
	size_t i = hash % l->cap;

	while (l->v[i].s.p && !(l->v[i].hash == hash && str_eq(l->v[i].s, line)))
		i = (i + 1) % l->cap;
	return &l->v[i];
}

static void lines_of(struct lines *l, struct arena *a, struct str text)
{
	struct str rest = text, line;
	struct line *at;
	size_t n = 1;
	uint64_t hash;

	while (str_line(&line, &rest))
		n++;
	for (l->cap = 16; l->cap < 2 * n; l->cap *= 2)
		;
	l->v = arena_array(a, l->cap, sizeof *l->v);
	for (rest = text; str_line(&line, &rest);) {
		if (!line.n)
			continue;
		hash = check_of(0, line);
		at = lines_at(l, line, hash);
		*at = (struct line){ line, hash, at->n + 1 };
	}
}

/* Is this line among them, and was not met as often yet as it is there? */
static bool lines_meet(const struct lines *l, struct str line)
{
	struct line *at = line.n ? lines_at(l, line, check_of(0, line)) : NULL;

	return at && at->n && at->n--;
}

void record_words(struct buf plain[2], const struct version *now, const struct version *was, const struct vocab *v, word_fn *fn,
    void *ctx)
{
	struct feed f = { .fn = fn, .ctx = ctx, .running = true, .fate = COMES };
	struct str rest, line, body, old_body;
	size_t n = 0, first, last, at[3];	/* at: where in the running text its body begins, what is new of it, the equal end */
	struct arena a = ARENA_INIT;
	struct lines old;
	bool alike;

	if (!now || !was || now->stemmer != was->stemmer) {
		if (now)
			feed_all(&plain[0], f, now, v);
		f.fate = GOES;
		if (was)
			feed_all(&plain[1], f, was, v);
		return;
	}
	f.lang = now->stemmer;
	body = body_of(now->text);
	old_body = body_of(was->text);
	alike = now->r->broken == was->r->broken && body.n < now->text.n &&
	    str_eq(str_sub(now->text, 0, now->text.n - body.n), str_sub(was->text, 0, was->text.n - old_body.n));
	fn(ctx, now->r->id, 0, 1, false, STAYS);
	f.fate = alike ? STAYS : COMES;
	feed_names(f, now, v);
	equal_ends(&first, &last, body, old_body);
	buf_clear(&plain[0]);
	buf_clear(&plain[1]);
	plain_head(&plain[0], now->r, now->text);
	at[0] = plain[0].n;
	plain_text(&plain[0], str_sub(body, 0, first));
	at[1] = plain[0].n;
	plain_text(&plain[0], str_sub(body, first, body.n - last));
	at[2] = plain[0].n;
	plain_text(&plain[0], str_sub(body, body.n - last, body.n));
	if (!alike)
		plain_head(&plain[1], was->r, was->text);
	plain_text(&plain[1], str_sub(old_body, first, old_body.n - last));
	lines_of(&old, &a, buf_str(&plain[1]));
	for (rest = buf_str(&plain[0]); str_line(&line, &rest); n++) {
		const size_t i = (size_t)(line.p - plain[0].p);
		const bool equal = i < at[0] ? alike : i < at[1] || i >= at[2];

		f.fate = equal || lines_meet(&old, line) ? STAYS : COMES;
		feed_line(&f, line, n);
	}
	f.fate = GOES;
	if (!alike)
		feed_names(f, was, v);
	for (n = 0; n < old.cap; n++)
		for (; old.v[n].n; old.v[n].n--)
			feed(&f, old.v[n].s, 1);
	arena_free(&a);
}
