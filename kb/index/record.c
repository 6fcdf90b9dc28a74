/* kb/index/record.c: see record.h.
 *
 * A record is a row of strings, each a varint length + 1 (0: absent) and its bytes, in the order of
 * text_fields; then three lists, each a varint count and its strings; then the blob's id, 20 bytes; then one
 * byte: 1 when the front matter is broken, 2 when a conflict is open.
 *
 * Weights: a word of the title counts WEIGHT_TITLE, of a heading WEIGHT_HEADING, else 1; also-called names of a
 * document's codes are words of weight 1. They are summed per document before the score saturates. */
#include "kb/index/record.h"

#include <string.h>

#include "kb/doc/doc.h"
#include "kb/index/plain.h"

enum { WEIGHT_TITLE = 3, WEIGHT_HEADING = 2 };

static struct str *const *text_fields(struct record *r, struct str *row[12])
{
	row[0] = &r->id, row[1] = &r->kind, row[2] = &r->owner, row[3] = &r->status, row[4] = &r->tlp, row[5] = &r->lang;
	row[6] = &r->date, row[7] = &r->title, row[8] = &r->summary, row[9] = &r->path, row[10] = &r->stage;
	row[11] = NULL;
	return row;
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
	r->stage = front_text(&d.front, "stage");
	take_list(&r->countries, &r->ncountries, &d.front, "countries");
	take_list(&r->topics, &r->ntopics, &d.front, "topics");
	take_list(&r->meetings, &r->nmeetings, &d.front, "meetings");
	r->conflict = marked(d.body);
	for (i = 0; i < d.front.n; i++)
		r->conflict |= d.front.keys[i].variant > 1;
	if (str_is(r->kind, "country-profile") && !r->ncountries)
		take_list(&r->countries, &r->ncountries, &d.front, "country");
	return true;
}

void varint_put(struct buf *b, uint64_t v)
{
	for (; v >= 0x80; v >>= 7)
		buf_putc(b, (char)(v | 0x80));
	buf_putc(b, (char)v);
}

bool varint_more(uint64_t *v, struct str *s)
{
	uint64_t sum = 0;
	unsigned shift, c;

	for (shift = 0; s->n && shift < 64; shift += 7) {
		c = (unsigned char)*s->p;
		s->p++, s->n--;
		sum |= (uint64_t)(c & 0x7f) << shift;
		if (c < 0x80) {
			*v = sum;
			return true;
		}
	}
	return false;
}

static void put(struct buf *b, struct str s)
{
	varint_put(b, s.p ? s.n + 1 : 0);
	buf_str_add(b, s);
}

static bool get(struct str *out, struct str *s)
{
	uint64_t n;

	if (!varint_get(&n, s) || n > s->n + 1)
		return false;
	*out = n ? str_sub(*s, 0, n - 1) : STR_NONE;
	if (n)
		*s = str_sub(*s, n - 1, s->n);
	return true;
}

void record_encode(struct buf *b, const struct record *r)
{
	const struct str *lists[] = { r->countries, r->topics, r->meetings };
	const size_t counts[] = { r->ncountries, r->ntopics, r->nmeetings };
	struct record copy = *r;
	struct str *row[12];
	size_t i, j;

	for (i = 0; text_fields(&copy, row)[i]; i++)
		put(b, *row[i]);
	for (i = 0; i < 3; i++) {
		varint_put(b, counts[i]);
		for (j = 0; j < counts[i]; j++)
			put(b, lists[i][j]);
	}
	buf_add(b, r->blob.b, sizeof r->blob.b);
	buf_putc(b, (char)(r->broken | r->conflict << 1));
}

enum rc record_decode(struct record *out, struct arena *a, struct str s, struct err *e)
{
	struct record r = { 0 };
	const struct str **lists[] = { &r.countries, &r.topics, &r.meetings };
	size_t *counts[] = { &r.ncountries, &r.ntopics, &r.nmeetings }, i, j;
	struct str *row[12], *list;
	uint64_t n;

	for (i = 0; text_fields(&r, row)[i]; i++)
		if (!get(row[i], &s))
			goto bad;
	for (i = 0; i < 3; i++) {
		if (!varint_get(&n, &s) || n > s.n)
			goto bad;
		list = arena_array(a, n, sizeof *list);
		for (j = 0; j < n; j++)
			if (!get(&list[j], &s))
				goto bad;
		*lists[i] = list;
		*counts[i] = n;
	}
	if (s.n != sizeof r.blob.b + 1 || r.id.n == 0)
		goto bad;
	memcpy(r.blob.b, s.p, sizeof r.blob.b);
	r.broken = s.p[sizeof r.blob.b] & 1;
	r.conflict = s.p[sizeof r.blob.b] & 2;
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

void record_plain(struct buf *out, const struct record *r, struct str text)
{
	buf_str_add(out, r->title);
	buf_putc(out, '\n');
	buf_str_add(out, r->summary);
	buf_putc(out, '\n');
	plain_text(out, body_of(text));
}

struct feed {
	unsigned lang;
	word_fn *fn;
	void *ctx;
	bool running;
};

static void feed(const struct feed *f, struct str text, unsigned weight)
{
	struct words w = { text, 0, 0 };
	struct str word;

	while (words_next(&w, &word))
		f->fn(f->ctx, word, f->lang, weight, f->running);
}

static void feed_code(const struct feed *f, const struct vocab *v, const char *table, struct str code)
{
	const struct vocab_table *t = vocab_table(v, cstr(table));
	const struct term *m = t ? vocab_term(t, code) : NULL;

	if (m) {
		feed(f, m->label, 1);
		feed(f, m->also, 1);
	}
}

void record_words(struct buf *plain, const struct record *r, struct str text, const struct vocab *v, word_fn *fn, void *ctx)
{
	struct feed f = { record_stemmer(r, text), fn, ctx, true }, names;
	struct str rest, line;
	unsigned n = 0;
	size_t i;

	names = f;
	names.running = false;
	names.lang = stems_lang(STR("en"));	/* the vocabularies are in English */
	fn(ctx, r->id, 0, 1, false);		/* as one word: its parts are the title's, and would count twice */
	for (i = 0; i < r->ntopics; i++)
		feed_code(&names, v, "topics", r->topics[i]);
	for (i = 0; i < r->ncountries; i++)
		feed_code(&names, v, "countries", r->countries[i]);
	buf_clear(plain);
	record_plain(plain, r, text);
	for (rest = buf_str(plain); str_line(&line, &rest); n++)
		feed(&f, line, n == 0 ? WEIGHT_TITLE : line.n && line.p[0] == PLAIN_HEADING ? WEIGHT_HEADING : 1);
}
