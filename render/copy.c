/* render/copy.c: see copy.h. */
#include "render/copy_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/date.h"
#include "kb/gate/sodium.h"
#include "render/facts.h"
#include "render/strings.h"

#define KEY_MAX 40			/* bytes of a code that gets a page */

static int rank_of(const struct copy *c)
{
	int ceiling = tlp_rank(c->ceiling);

	if (c->want.audience == AUDIENCE_PUBLIC)
		return 0;
	return ceiling < 0 ? 1 : ceiling > 2 ? 2 : ceiling;
}

static bool names(const struct front *f, const char *key, struct str id)
{
	const struct key *k;
	size_t i, j;

	for (i = 0; i < f->n; i++) {
		k = &f->keys[i];
		for (j = 0; str_is(k->name, key) && j < k->n; j++)
			if (str_eq(k->values[j], id))
				return true;
	}
	return false;
}

/* Why one text may not be shown, or NULL. Every variant of a key that is in conflict must allow it. must: an
 * original has to have the keys, a translation may. */
static const char *judge_keys(const struct copy *c, struct arena *a, const struct front *f, bool must)
{
	bool label = false, status = false;
	size_t i, j;

	for (i = 0; i < f->n; i++) {
		const struct key *k = &f->keys[i];

		if (str_is(k->name, "tlp")) {
			label = label || k->n > 0;
			for (j = 0; j < k->n; j++) {
				int rank = tlp_rank(k->values[j]);

				if (rank < 0)
					return "unknown label";
				if (rank > rank_of(c) && c->want.audience != AUDIENCE_NODE)
					return arena_printf(a, "label %.*s", FMT_STR(k->values[j]));
			}
		}
		if (str_is(k->name, "status") && k->n) {
			status = true;
			if (c->want.audience != AUDIENCE_NODE && !str_is(k->values[0], "published"))
				return arena_printf(a, "status %.*s", FMT_STR(k->values[0]));
		}
	}
	if (must && !label)
		return "no label";
	if (must && !status && c->want.audience != AUDIENCE_NODE)
		return "no status";
	return NULL;
}

/* Is it fit for the audience; NULL: yes. */
static const char *judge(const struct copy *c, struct arena *a, const struct entry *e)
{
	const struct front *f = &e->original->doc.front;
	const char *why;

	if (e->broken)
		return c->want.audience == AUDIENCE_NODE ? NULL : "front matter does not parse";
	if (e->original != e && !e->original->in)
		return "its original is left out";
	if (e->original == e && (why = judge_keys(c, a, f, true)))
		return why;
	if (e->original != e && (why = judge_keys(c, a, &e->doc.front, false)))
		return why;
	if (c->want.audience == AUDIENCE_PUBLIC && str_is(cstr(e->kind->name), "contact"))
		return "contacts are for the community";
	if (c->want.audience != AUDIENCE_NODE && names(f, "handling", STR("H2")) && !front_text(f, "handling-note").n)
		return "handling H2 without the provider's permission";
	return NULL;
}

/* And is it of the meeting that the pack is for. */
static const char *judge_meeting(const struct copy *c, const struct entry *e)
{
	const struct front *f = &e->original->doc.front;

	if (c->want.meeting.n && !str_eq(e->id, c->want.meeting) && !names(f, "meetings", c->want.meeting) &&
	    !names(f, "presented-at", c->want.meeting) && !names(f, "from", c->want.meeting))
		return "not of this meeting";
	return NULL;
}

bool copy_fit(const struct copy *c, const struct kind *kind, struct str text)
{
	struct arena a = ARENA_INIT;
	struct err err = ERR_INIT;
	struct entry e = { .kind = kind };
	struct place at;
	bool fit;

	e.original = &e;
	fit = !doc_parse(&e.doc, &at, &a, text, &err) && !judge(c, &a, &e);
	arena_free(&a);
	return fit;
}

static struct entry *find(struct entry *v, size_t n, struct str name)
{
	size_t from = 0, to = n, mid;
	int d;

	while (from < to) {
		mid = from + (to - from) / 2;
		d = str_cmp(v[mid].name, name);
		if (d == 0)
			return &v[mid];
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

/* ---- lookup ---- */

static uint64_t *name_slot(const struct copy *c, struct str name, uint32_t hash)
{
	const struct lookup *l = c->lookup;
	size_t i = hash & (l->nnames - 1);

	while (l->names[i] && (l->names[i] >> 32 != hash || !str_eq(c->all[(uint32_t)l->names[i] - 1].name, name)))
		i = (i + 1) & (l->nnames - 1);
	return &l->names[i];
}

static uint32_t slot_hash(unsigned what, struct str extra, struct str key)
{
	return strings_hash(key, (uint8_t)what) + (extra.n ? strings_hash(extra, 0) : 0);
}

/* The slot that a key has, or the free one where it belongs. */
static struct slot *slot_of(const struct lookup *l, unsigned what, struct str extra, struct str key)
{
	uint32_t hash = slot_hash(what, extra, key);
	size_t i;

	for (i = hash & (l->n - 1);; i = (i + 1) & (l->n - 1)) {
		struct slot *s = &l->v[i];

		if (!s->key.p || (s->hash == hash && s->what == what && str_eq(s->key, key) && str_eq(s->extra, extra)))
			return s;
	}
}

/* The first of a key counts. */
static void slot_put(const struct lookup *l, struct slot s)
{
	struct slot *to = slot_of(l, s.what, s.extra, s.key);

	s.hash = slot_hash(s.what, s.extra, s.key);
	if (!to->key.p)
		*to = s;
}

/* When all entries are there: before uses are. */
static void names_make(struct copy *c)
{
	struct lookup *l = arena_alloc(&c->arena, sizeof *l);
	size_t i;

	for (l->nnames = 64; l->nnames < 2 * c->nall; l->nnames *= 2)
		;
	l->names = arena_array(&c->arena, l->nnames, sizeof *l->names);
	c->lookup = l;
	for (i = 0; i < c->nall; i++) {
		uint32_t hash = strings_hash(c->all[i].name, 0);

		*name_slot(c, c->all[i].name, hash) = (uint64_t)hash << 32 | (i + 1);
	}
}

static void lookup_make(struct copy *c)
{
	struct lookup *l = c->lookup;
	size_t want = 0, i, j, end;

	for (i = 0; i < USES; i++)
		for (j = 0; j < c->uses[i].n; j++)
			want += j == 0 || !str_eq(c->uses[i].v[j].key, c->uses[i].v[j - 1].key);
	for (i = 0; i < c->vocab.n; i++)
		want += c->vocab.tables[i].n;
	for (l->n = 64; l->n < 2 * want; l->n *= 2)
		;
	l->v = arena_array(&c->arena, l->n, sizeof *l->v);
	for (i = 0; i < USES; i++)
		for (j = 0; j < c->uses[i].n; j = end) {
			struct str key = c->uses[i].v[j].key;

			for (end = j; end < c->uses[i].n && str_eq(c->uses[i].v[end].key, key); end++)
				;
			if (key.n)
				slot_put(l, (struct slot){ .key = key, .what = (uint32_t)i, .from = (uint32_t)j,
				    .n = (uint32_t)(end - j) });
		}
	for (i = 0; i < c->vocab.n; i++)
		for (j = 0; j < c->vocab.tables[i].n; j++) {
			const struct term *t = &c->vocab.tables[i].terms[j];

			if (t->code.n)
				slot_put(l, (struct slot){ .key = t->code, .extra = c->vocab.tables[i].name, .what = IN_LABELS,
				    .label = t->label });
		}
}

const struct texts *copy_texts(const struct copy *c)
{
	const struct texts *t = c->want.theme ? theme_texts(c->want.theme, c->want.lang) : NULL;

	return t || !c->want.theme ? t : c->want.theme->english;
}

struct str copy_label(const struct copy *c, const char *vocab, struct str code)
{
	const struct slot *s = c->lookup && c->lookup->v ? slot_of(c->lookup, IN_LABELS, cstr(vocab), code) : NULL;

	return s && s->key.p ? s->label : vocab_label(&c->vocab, vocab, code);
}

const struct entry *copy_any(const struct copy *c, struct str name)
{
	uint32_t i;

	if (!c->lookup) {
		facts_note(c->watch, FACT_NAME, 0, 0, name);
		return find(c->all, c->nall, name);
	}
	if (!(i = (uint32_t)*name_slot(c, name, strings_hash(name, 0)))) {
		facts_note(c->watch, FACT_NAME, 0, 0, name);
		return NULL;
	}
	facts_name(c->watch, c, &c->all[i - 1]);
	return &c->all[i - 1];
}

const struct entry *copy_find(const struct copy *c, struct str name)
{
	const struct entry *e = copy_any(c, name);

	return e && e->in ? e : NULL;
}

static struct str either(struct str a, struct str b)
{
	return a.n ? a : b;
}

/* Of each label (its rank + 1) the latest entry that is in: the next one mostly is so for the same reason. */
struct alike {
	const struct entry *v[6];
};

static void fill(const struct copy *c, struct arena *a, struct entry *e, struct alike *alike)
{
	const struct entry *o = e->original, *like;

	e->title = either(e->doc.title, e->name);
	e->summary = e->doc.summary;
	e->lang = either(e->doc.lang, e->broken ? STR("en") : o->lang);
	if (!lang_valid(e->lang))
		e->lang = STR("en");
	if (o == e) {
		e->owner = either(e->doc.owner, e->owner);
		e->status = e->doc.status;
		e->tlp = e->doc.tlp;
		if (str_is(e->tlp, "TLP:WHITE"))
			e->tlp = STR("TLP:CLEAR");
	} else {
		e->owner = o->owner;
		e->status = o->status;
		e->tlp = o->tlp;
	}
	e->date = either(e->doc.date, o->date);
	if (!(e->reason = judge(c, a, e)))
		e->reason = judge_meeting(c, e);
	e->in = !e->reason;
	if (!e->in)
		return;
	like = alike->v[tlp_rank(e->tlp) + 1];
	alike->v[tlp_rank(e->tlp) + 1] = e;
	e->reason = like && str_eq(like->status, e->status) && str_eq(like->tlp, e->tlp) ? like->reason :
	    arena_printf(a, "%.*s, %.*s", FMT_STR(either(e->status, STR("no status"))),
	    FMT_STR(either(e->tlp, STR("no label"))));
}

/* What other pages may show of an entry: all it has but its body. face: of its own front matter so far. */
static void make_face(struct entry *e, struct buf *scratch)
{
	const char bits[] = { (char)('0' + e->in), (char)('0' + e->stale), (char)('0' + e->broken), (char)('0' + e->conflict), ' ' };
	struct buf *b = scratch;

	buf_clear(b);
	buf_add(b, e->face, sizeof e->face);
	if (e->original != e)
		buf_add(b, e->original->face, sizeof e->original->face);
	buf_add(b, bits, sizeof bits);
	buf_puts(b, e->reason);
	buf_putc(b, ' ');
	buf_puts(b, e->kind->name);
	buf_putc(b, ' ');
	buf_str_add(b, e->owner);
	buf_putc(b, ' ');
	buf_str_add(b, e->name);
	blake2b_of(e->face, buf_str(b));
}

/* ---- texts: read when wanted, or held where the snapshot does not stay (serve) ----
 *
 * Where pages of all are made, each text is wanted twice: for its row, then for its page. So the first ones that each thread
 * reads are held, as many as there is memory for, in blocks that go when the last text in them was asked for. */

struct held_block {			/* XMALLOC_LARGE bytes */
	size_t left;			/* texts that nobody asked for yet */
	char data[];
};
#define HOLD_BLOCK (XMALLOC_LARGE - sizeof(struct held_block))

static void let_go(struct source *from, size_t i)
{
	struct held_block *b = from->held ? from->held[i].in : NULL;

	if (!b)
		return;
	from->held[i] = (struct held){ STR_NONE, NULL };
	if (!--b->left)
		free(b);
}

static enum rc read_text(struct buf *text, struct snap *s, uint32_t doc, struct str name, struct err *e)
{
	return snap_text(text, s, &(struct record){ .doc = doc, .id = name }, e);
}

enum rc copy_record(struct record *r, const struct copy *c, const struct entry *e, struct err *err)
{
	struct source *from = c->source;

	return e->original == e ? snap_find(r, from->snap, e->name, err) : snap_own(r, from->snap, (size_t)(e - c->all), err);
}

enum rc copy_read(struct buf *text, const struct copy *c, const struct entry *e, struct err *err)
{
	struct source *from = c->source;
	size_t i = (size_t)(e - c->all);
	struct record r;
	enum rc rc;

	if (from->texts) {
		buf_str_add(text, from->texts[i]);
		return RC_OK;
	}
	pthread_mutex_lock(&from->one);
	if (from->held && from->held[i].in) {
		buf_str_add(text, from->held[i].text);
		let_go(from, i);
		pthread_mutex_unlock(&from->one);
		return RC_OK;
	}
	if (from->docs)
		rc = read_text(text, from->snap, from->docs[i], e->name, err);
	else if (!(rc = copy_record(&r, c, e, err)))
		rc = snap_text(text, from->snap, &r, err);
	if (++from->reads % REST == 0)
		snap_rest(from->snap);
	pthread_mutex_unlock(&from->one);
	return rc;
}

/* Documents from..to, by name, which one thread reads. */
struct part {
	struct copy *c;
	struct snap *snap;		/* its own */
	struct rows rows;		/* as far as it has come */
	struct arena a, names, scratch;	/* a and names become the copy's: names are looked up, so they stand close together */
	struct buf text, row;
	size_t from, to, made;		/* made: rows that were not there */
	struct held_block *block;	/* that texts are put into to be held */
	size_t used, hold;		/* bytes of it; bytes that may be held yet */
	enum rc rc;
	struct err err;
	pthread_t thread;
	bool running;
};

static void hold(struct part *p, size_t i, struct str text)
{
	if (!text.n || text.n > p->hold || text.n > HOLD_BLOCK / 64)
		return;
	if (!p->block || p->used + text.n > HOLD_BLOCK) {
		p->block = xmalloc_large(XMALLOC_LARGE);
		p->block->left = p->used = 0;
	}
	memcpy(p->block->data + p->used, text.p, text.n);
	p->c->source->held[i] = (struct held){ { p->block->data + p->used, text.n }, p->block };
	p->block->left++;
	p->used += text.n;
	p->hold -= text.n;
}

/* The row of an entry: as it was kept, or from its text. */
static enum rc read_row(struct part *p, struct entry *to, uint32_t doc)
{
	struct source *from = p->c->source;
	enum rc rc;

	from->docs[to - p->c->all] = doc;
	to->row = rows_next(&p->rows, to->name, &to->blob);
	if (!from->texts && to->row.n && row_read(to, &p->a, to->row))
		return RC_OK;
	buf_clear(&p->text);
	if ((rc = read_text(&p->text, p->snap, doc, to->name, &p->err)))
		return rc;
	if (from->texts)
		from->texts[to - p->c->all] = arena_str(&p->a, buf_str(&p->text));
	hold(p, (size_t)(to - p->c->all), buf_str(&p->text));
	buf_clear(&p->row);
	row_make(&p->row, &p->scratch, buf_str(&p->text));
	to->row = arena_str(&p->a, buf_str(&p->row));
	p->made++;
	return row_read(to, &p->a, to->row) ? RC_OK :
	    err_set(&p->err, RC_CORRUPT, "%.*s: its front matter cannot be packed", FMT_STR(to->name));
}

/* What one document says of itself. */
static enum rc read_one(struct part *p, size_t i)
{
	struct entry *to = &p->c->all[i];
	struct doc_path path = { 0 };
	struct record r;
	enum rc rc;

	if ((rc = snap_own(&r, p->snap, i, &p->err)))
		return rc;
	if (!doc_path_parse(&path, r.path, NULL))
		return err_set(&p->err, RC_CORRUPT, "index: %.*s is no path of a document; mend with 'colep index --rebuild'",
		    FMT_STR(r.path));
	to->name = arena_str(&p->names, path.name);
	to->id = str_sub(to->name, 0, path.id.n);
	to->owner = arena_str(&p->a, path.owner);
	to->kind = path.kind;
	to->blob = r.blob;
	to->original = to;
	to->conflict = r.conflict;
	return read_row(p, to, r.doc);
}

static void *read_part(void *arg)
{
	struct part *p = arg;
	size_t i;

	for (i = p->from; i < p->to && !p->rc; i++) {
		p->rc = read_one(p, i);
		if (i % REST == 0)
			snap_rest(p->snap);
	}
	return NULL;
}

/* What it has of its original, which stands before it, and whether it is in. */
static void settle(struct part *p, size_t i, struct alike *alike)
{
	struct copy *c = p->c;
	struct entry *to = &c->all[i], *o;
	size_t dot = str_chr(to->name, '.');
	struct oid rev;

	if (dot != SIZE_MAX) {
		if (!(o = find(c->all, i, to->id))) {
			to->reason = "its original is not there";
			to->title = either(to->doc.title, to->name);
			make_face(to, &p->text);
			return;
		}
		to->original = o;
		to->stale = !oid_parse(&rev, front_text(&to->doc.front, "source-rev")) || !oid_eq(&rev, &o->blob);
		if (to->broken || !to->doc.lang.n)
			to->doc.lang = str_sub(to->name, dot + 1, to->name.n);
	}
	fill(c, &p->a, to, alike);
	make_face(to, &p->text);
}

static void settle_all(struct part *p, bool translations)
{
	struct alike alike = { { NULL } };
	size_t i;

	for (i = p->from; i < p->to; i++)
		if ((str_chr(p->c->all[i].name, '.') != SIZE_MAX) == translations)
			settle(p, i, &alike);
}

static void *settle_originals(void *part)
{
	settle_all(part, false);
	return NULL;
}

static void *settle_translations(void *part)
{
	settle_all(part, true);
	return NULL;
}

/* All parts, a thread for each; this one does what no thread can be had for. */
static void run_parts(struct part *v, size_t n, void *(*run)(void *part))
{
	size_t i;

	for (i = 1; i < n; i++)
		v[i].running = v[i].snap != v[0].snap && pthread_create(&v[i].thread, NULL, run, &v[i]) == 0;
	for (i = 0; i < n; i++)
		if (v[i].running)
			pthread_join(v[i].thread, NULL);
		else
			(void)run(&v[i]);
}

/* All documents, each thread its share: what each says, then what it has of others. */
static enum rc read_all(struct copy *c, struct snap *s, struct err *e)
{
	enum { WORTH_IT = 32 };	/* documents for one thread */
	struct part parts[COPY_THREADS];
	struct err odd = ERR_INIT;
	size_t n = c->want.threads, i;
	enum rc rc = RC_OK;

	n = n < 1 ? 1 : n > COPY_THREADS ? COPY_THREADS : n;
	n = n > c->nall / WORTH_IT + 1 ? c->nall / WORTH_IT + 1 : n;
	for (i = 0; i < n; i++) {
		struct part *p = &parts[i];

		*p = (struct part){ .c = c, .snap = s, .rows = c->source->rows, .from = i * c->nall / n, .to = (i + 1) * c->nall / n };
		p->hold = c->want.hold / n;
		if (i && snap_twin(&p->snap, s, &odd))
			p->snap = s;
	}
	run_parts(parts, n, read_part);
	for (i = 0; i < n; i++)
		if (parts[i].rc && !rc)
			rc = err_set(e, parts[i].rc, "%s", parts[i].err.msg);
	if (!rc) {
		run_parts(parts, n, settle_originals);
		run_parts(parts, n, settle_translations);
	}
	for (i = 0; i < n; i++) {
		struct part *p = &parts[i];

		c->source->made += p->made;
		arena_join(&c->arena, &p->a);
		arena_join(&c->arena, &p->names);
		arena_free(&p->scratch);
		buf_free(&p->text);
		buf_free(&p->row);
		if (p->snap != s)
			snap_close(p->snap);
	}
	return rc;
}

static int newer(const struct entry *a, const struct entry *b)
{
	int d = -str_cmp(a->date, b->date);

	return d ? d : str_cmp(a->name, b->name);
}

static int by_kind(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa, *b = *(const struct entry *const *)pb;

	return a->kind != b->kind ? (a->kind < b->kind ? -1 : 1) : newer(a, b);
}

/* The uses of a sort: entries come in their order within a key, so only keys are sorted. */
struct bucket {
	struct str key;
	const struct entry *last;
	size_t n, at;
};
struct sorter {
	struct bucket *buckets;
	size_t n, cap;
	uint32_t *slots;		/* number of a bucket + 1; 0: free. A power of two, at most half full */
	size_t nslots;
	struct { size_t bucket; const struct entry *entry; } *v;
	size_t nv, cap_v;
};

static uint32_t *bucket_slot(const struct sorter *s, struct str key)
{
	size_t i = strings_hash(key, 0) & (s->nslots - 1);

	while (s->slots[i] && !str_eq(s->buckets[s->slots[i] - 1].key, key))
		i = (i + 1) & (s->nslots - 1);
	return &s->slots[i];
}

static void use(struct sorter *s, struct arena *a, struct str key, const struct entry *e)
{
	struct bucket *b;
	uint32_t *slot;
	size_t i;

	if (2 * s->n >= s->nslots) {
		s->nslots = s->nslots ? 4 * s->nslots : 256;
		s->slots = arena_array(a, s->nslots, sizeof *s->slots);
		for (i = 0; i < s->n; i++)
			*bucket_slot(s, s->buckets[i].key) = (uint32_t)i + 1;
	}
	if (!*(slot = bucket_slot(s, key))) {
		if (s->n == s->cap)
			s->buckets = arena_grow(a, s->buckets, &s->cap, sizeof *s->buckets);
		s->buckets[s->n++] = (struct bucket){ .key = key };
		*slot = (uint32_t)s->n;
	}
	b = &s->buckets[*slot - 1];
	if (b->last == e)
		return;			/* each once */
	b->last = e;
	b->n++;
	if (s->nv == s->cap_v)
		s->v = arena_grow(a, s->v, &s->cap_v, sizeof *s->v);
	s->v[s->nv].bucket = *slot - 1;
	s->v[s->nv++].entry = e;
}

static int by_key(const void *pa, const void *pb)
{
	const struct bucket *a = *(const struct bucket *const *)pa, *b = *(const struct bucket *const *)pb;

	return str_cmp(a->key, b->key);
}

static void sort_uses(struct uses *to, struct sorter *s, struct arena *a)
{
	struct bucket **order = xmalloc((s->n + 1) * sizeof *order);
	size_t i, at = 0;

	for (i = 0; i < s->n; i++)
		order[i] = &s->buckets[i];
	if (s->n)
		qsort(order, s->n, sizeof(struct bucket *), by_key);
	for (i = 0; i < s->n; i++) {
		order[i]->at = at;
		at += order[i]->n;
	}
	*to = (struct uses){ arena_array(a, at, sizeof *to->v), at };
	for (i = 0; i < s->nv; i++) {
		struct bucket *b = &s->buckets[s->v[i].bucket];

		to->v[b->at++] = (struct use_of){ b->key, s->v[i].entry };
	}
	free(order);
}

/* The code with letters of one size, so that "mk" and "MK" share a page. */
static struct str code(struct arena *a, struct str s, bool upper)
{
	char *p = arena_cstr(a, s);
	size_t i;

	for (i = 0; i < s.n; i++)
		if (upper ? p[i] >= 'a' && p[i] <= 'z' : p[i] >= 'A' && p[i] <= 'Z')
			p[i] = (char)(p[i] ^ 0x20);
	return (struct str){ p, s.n };
}

/* Names that are devices on Windows, whatever stands behind a dot. */
static const char devices[] = "con prn aux nul com1 com2 com3 com4 com5 com6 com7 com8 com9 lpt1 lpt2 lpt3 lpt4 lpt5 lpt6 "
    "lpt7 lpt8 lpt9";

bool copy_key_valid(struct str key)
{
	char low[5];
	size_t i;

	for (i = 0; i < key.n && key.n < sizeof low; i++)
		low[i] = key.p[i] >= 'A' && key.p[i] <= 'Z' ? (char)(key.p[i] + 32) : key.p[i];
	if (key.n > 2 && key.n < sizeof low && word_in(devices, (struct str){ low, key.n }))
		return false;
	for (i = 0; i < key.n; i++)
		if (!(key.p[i] >= 'a' && key.p[i] <= 'z') && !(key.p[i] >= 'A' && key.p[i] <= 'Z') &&
		    !(key.p[i] >= '0' && key.p[i] <= '9') && key.p[i] != '-')
			return false;
	return key.n > 0 && key.n <= KEY_MAX && key.p[0] != '-';
}

/* Some of the uses, which one thread collects: the links, or all others. */
struct collecting {
	struct copy *c;
	const struct entry *const *order;	/* the admitted as their users are listed */
	bool links;
	struct sorter g[USES];
	struct arena a, scratch;	/* a: becomes the copy's */
	pthread_t thread;
};

/* Documents of the copy that the body links to. */
static void body_links(struct collecting *k, const struct entry *e)
{
	const struct entry *to;
	size_t i;

	if (str_is(cstr(e->kind->name), "exercise"))
		return;			/* the player view must not tell what the rest links to */
	for (i = 0; i < e->nlinks; i++)
		if ((to = copy_find(k->c, e->links[i])))
			use(&k->g[USE_LINK], &k->scratch, to->id, e);
}

static void collect_links(struct collecting *k, const struct entry *e)
{
	const struct front *f = &e->doc.front;
	const struct key_rule *r;
	const struct entry *to;
	size_t i, j;

	for (i = 0; i < f->n; i++) {
		r = kind_key(e->kind, f->keys[i].name);
		if (!r || (r->type != KEY_ID && r->type != KEY_IDLIST))
			continue;
		for (j = 0; j < f->keys[i].n; j++) {
			if (!(to = copy_find(k->c, f->keys[i].values[j])) || to->original == e)
				continue;
			use(&k->g[USE_LINK], &k->scratch, to->id, e);
			if (str_is(cstr(to->kind->name), "meeting"))
				use(&k->g[USE_MEETING], &k->scratch, to->id, e);
		}
	}
	body_links(k, e);
}

static void collect_values(struct collecting *k, const struct entry *e)
{
	const struct front *f = &e->doc.front;
	int64_t first, last;
	size_t i, j;

	use(&k->g[USE_KIND], &k->scratch, cstr(e->kind->name), e);
	if (date_parse(&first, &last, e->date))
		use(&k->g[USE_YEAR], &k->scratch, str_sub(e->date, 0, 4), e);
	use(&k->g[USE_STATUS], &k->scratch, e->status, e);
	for (i = 0; i < f->n; i++) {
		const struct key *key = &f->keys[i];
		const struct key_rule *r = kind_key(e->kind, key->name);
		bool country = str_is(key->name, "countries") || str_is(key->name, "country") ||
		    (r && r->vocab && str_is(cstr(r->vocab), "countries"));

		for (j = 0; j < key->n; j++)
			if (country)
				use(&k->g[USE_COUNTRY], &k->scratch, code(&k->a, key->values[j], true), e);
			else if (str_is(key->name, "topics"))
				use(&k->g[USE_TOPIC], &k->scratch, code(&k->a, key->values[j], false), e);
	}
}

static void *collect_some(void *arg)
{
	struct collecting *k = arg;
	const struct copy *c = k->c;
	size_t i;

	for (i = 0; i < c->n; i++) {
		const struct entry *e = k->order[i];

		if (k->links) {
			if (e->original == e)
				collect_links(k, e);
			continue;
		}
		use(&k->g[USE_LANG], &k->scratch, code(&k->a, e->lang, false), e);
		if (e->original != e)
			use(&k->g[USE_TRANSLATION], &k->scratch, e->id, e);
		else
			collect_values(k, e);
	}
	for (i = 0; i < USES; i++)
		if (k->links == (i == USE_LINK || i == USE_MEETING))
			sort_uses(&k->c->uses[i], &k->g[i], &k->a);
	arena_free(&k->scratch);
	return NULL;
}

static void collect(struct copy *c)
{
	const struct entry **order = xmalloc((c->n + 1) * sizeof *order);
	struct collecting links = { .c = c, .order = order, .links = true }, rest = { .c = c, .order = order };
	bool running;

	memcpy(order, c->v, c->n * sizeof *order);
	if (c->n)
		qsort(order, c->n, sizeof *order, by_kind);
	running = c->want.threads > 1 && pthread_create(&links.thread, NULL, collect_some, &links) == 0;
	collect_some(&rest);
	if (running)
		pthread_join(links.thread, NULL);
	else
		collect_some(&links);
	arena_join(&c->arena, &rest.a);
	arena_join(&c->arena, &links.a);
	free(order);
}

static void read_vocab(struct copy *c, struct snap *s)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	size_t i;

	vocab_default(&c->vocab, &c->arena);
	for (i = 0; i < c->vocab.n; i++) {
		struct str name = c->vocab.tables[i].name;

		buf_clear(&b);
		if (!snap_file(&b, s, cstr(arena_printf(&c->arena, "vocab/%.*s.md", FMT_STR(name))), &e) &&
		    str_utf8_bad(buf_str(&b)) == b.n && vocab_read(&c->vocab, &c->arena, name, buf_str(&b), &e))
			continue;	/* no table in it: the default holds */
	}
	buf_free(&b);
}

/* roster/space: the lower of several ceilings counts, as everywhere. */
static void read_space(struct copy *c, struct snap *s)
{
	struct buf b = BUF_INIT;
	struct err e = ERR_INIT;
	struct str rest, line, label, best = STR_NONE;

	if (!snap_file(&b, s, STR("roster/space"), &e))
		for (rest = buf_str(&b); str_line(&line, &rest);) {
			label = str_trim(str_sub(line, 8, line.n));
			if (str_starts(line, STR("ceiling ")) && tlp_rank(label) >= 0 &&
			    (!best.n || tlp_rank(label) < tlp_rank(best)))
				best = arena_str(&c->arena, label);
			if (str_starts(line, STR("name ")) && str_utf8_bad(line) == line.n)
				c->space = arena_str(&c->arena, str_sub(line, 5, line.n));
		}
	c->ceiling = best.n ? best : STR("TLP:GREEN");
	buf_free(&b);
}

static void set_today(struct copy *c)
{
	int64_t first, last, best = 0;
	size_t i;

	if (c->want.now)
		best = c->want.now / 86400;
	for (i = 0; !c->want.now && i < c->n; i++)
		if (date_parse(&first, &last, c->v[i]->date) && first > best)
			best = first;
	c->today_days = best;
	date_format(c->today, best * 86400);
}

/* Rows are kept for the next build while all else is put in order. */
static void *keep_rows(void *copy)
{
	const struct copy *c = copy;
	struct err odd = ERR_INIT;

	if (c->source->made && c->want.kept && rows_save(c->want.kept, c, &odd))
		odd.rc = RC_OK;		/* the next one parses again */
	return NULL;
}

enum rc copy_load(struct copy **out, struct snap *s, const struct copy_want *want, struct err *e)
{
	struct copy *c = xmalloc(sizeof *c);
	pthread_t keeper;
	bool keeping = false;
	enum rc rc = RC_OK;
	size_t i;

	*c = (struct copy){ .arena = ARENA_INIT, .want = *want, .commit = snap_commit(s) };
	random_bytes(c->id, sizeof c->id);
	c->want.meeting = arena_str(&c->arena, want->meeting);
	c->want.lang = arena_str(&c->arena, want->lang);
	read_vocab(c, s);
	read_space(c, s);
	c->nall = snap_count(s);
	c->all = arena_array(&c->arena, c->nall, sizeof *c->all);
	c->v = arena_array(&c->arena, c->nall, sizeof *c->v);
	c->tlp = STR("TLP:CLEAR");
	c->source = arena_alloc(&c->arena, sizeof *c->source);
	*c->source = (struct source){ .one = PTHREAD_MUTEX_INITIALIZER, .snap = s };
	c->source->docs = arena_array(&c->arena, c->nall, sizeof *c->source->docs);
	if (want->hold)
		c->source->held = arena_array(&c->arena, c->nall, sizeof *c->source->held);
	if (want->live)
		c->source->texts = arena_array(&c->arena, c->nall, sizeof *c->source->texts);
	rows_open(&c->source->rows, want->kept);
	if ((rc = read_all(c, s, e)))
		goto out;
	if (!(keeping = c->want.threads > 1 && pthread_create(&keeper, NULL, keep_rows, c) == 0))
		keep_rows(c);
	for (i = 0; i < c->nall; i++) {
		c->broken |= c->all[i].broken;
		if (!c->all[i].in) {
			let_go(c->source, i);
			continue;
		}
		c->all[i].number = (uint32_t)c->n;
		c->v[c->n++] = &c->all[i];
		c->conflict |= c->all[i].conflict;
		if (tlp_rank(c->all[i].tlp) > tlp_rank(c->tlp))
			c->tlp = c->all[i].tlp;
	}
	names_make(c);
	if (want->meeting.n && (!(c->meeting = copy_find(c, want->meeting)) ||
	    !str_is(cstr(c->meeting->kind->name), "meeting"))) {
		const struct entry *m = copy_any(c, want->meeting);

		if (m && !m->in)
			rc = err_set(e, RC_NOTFOUND, "%.*s: not for this audience: %s", FMT_STR(want->meeting), m->reason);
		else
			rc = err_set(e, RC_NOTFOUND, "%.*s: no such meeting; 'colep list --kind meeting' names them",
			    FMT_STR(want->meeting));
		goto out;
	}
	collect(c);
	lookup_make(c);
	set_today(c);
	*out = c;
out:
	if (keeping)
		pthread_join(keeper, NULL);
	if (rc)
		copy_free(c);
	return rc;
}

void copy_free(struct copy *c)
{
	size_t i;

	if (!c)
		return;
	if (c->source) {
		for (i = 0; c->source->held && i < c->nall; i++)
			let_go(c->source, i);
		rows_close(&c->source->rows);
		kept_unmap(&c->source->image);
	}
	arena_free(&c->arena);
	free(c);
}

static const struct use_of *uses_of(size_t *n, const struct copy *c, enum use use, struct str key)
{
	const struct slot *s = c->lookup && c->lookup->v ? slot_of(c->lookup, use, STR_NONE, key) : NULL;

	*n = s ? s->n : 0;
	return s ? c->uses[use].v + s->from : c->uses[use].v;
}

const struct use_of *copy_uses(size_t *n, const struct copy *c, enum use use, struct str key)
{
	facts_note(c->watch, FACT_USES, use, 0, key);
	return uses_of(n, c, use, key);
}

bool copy_used(const struct copy *c, enum use use, struct str key)
{
	size_t n;

	facts_note(c->watch, FACT_USED, use, 0, key);
	(void)uses_of(&n, c, use, key);
	return n > 0;
}

const struct use_of *copy_uses_page(size_t *n, const struct copy *c, enum use use, struct str key, size_t page)
{
	facts_note(c->watch, FACT_PAGE, use, page, key);
	return uses_of(n, c, use, key);
}

const struct uses *copy_keys(const struct copy *c, enum use use)
{
	facts_note(c->watch, FACT_KEYS, use, 0, STR_NONE);
	return &c->uses[use];
}

const struct entry *copy_best(const struct copy *c, const struct entry *e)
{
	const struct use_of *u;
	size_t n, i;

	if (!c->want.lang.n || str_eq(e->lang, c->want.lang))
		return e;
	u = copy_uses(&n, c, USE_TRANSLATION, e->id);
	for (i = 0; i < n; i++)
		if (str_eq(u[i].entry->lang, c->want.lang))
			return u[i].entry;
	return e;
}

static bool id_char(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

/* The next id of a left-out document in s at or after *at: [*at, *end), with the ".md" behind. An id may begin and
 * end at any hyphen of a run ("fn-<id>" is the anchor of a footnote); of several the longest counts, so that one
 * that begins like another is not taken for it. */
static bool next_left_out(const struct copy *c, struct str s, size_t *at, size_t *end)
{
	const struct entry *e;
	size_t i = *at, from, to, run, hyphen;

	/* Most texts have no hyphen. An id begins with two letters and one: a date does not. */
	while (i < s.n && (hyphen = str_chr(str_sub(s, i, s.n), '-')) != SIZE_MAX) {
		for (from = run = i + hyphen; from > i && id_char(s.p[from - 1]); from--)
			;
		for (; run < s.n && id_char(s.p[run]); run++)
			;
		while (from + 5 <= run) {
			bool begins = s.p[from] >= 'a' && s.p[from + 1] >= 'a' && s.p[from + 2] == '-';

			for (e = NULL, to = run; begins && to >= from + 5; to--)
				if ((to == run || s.p[to] == '-') && (e = copy_any(c, str_sub(s, from, to))))
					break;
			if (e && !e->in) {
				if (str_starts(str_sub(s, to, s.n), STR(".md")))
					to += 3;
				*at = from;
				*end = to;
				return true;
			}
			if (e) {
				from = to;
				continue;
			}
			while (from < run && s.p[from] != '-')
				from++;
			from++;
		}
		i = run;
	}
	return false;
}

bool copy_names_left_out(const struct copy *c, struct str text)
{
	size_t at = 0, end;

	return next_left_out(c, text, &at, &end);
}

void copy_html(struct buf *b, const struct copy *c, struct str html, const char *instead)
{
	size_t done = 0, at, end;

	for (at = 0; next_left_out(c, html, &at, &end); at = done = end) {
		buf_str_add(b, str_sub(html, done, at));
		buf_puts(b, instead);
	}
	buf_str_add(b, str_sub(html, done, html.n));
}

void copy_text(struct buf *b, const struct copy *c, struct str text)
{
	size_t done = 0, at, end;

	for (at = 0; next_left_out(c, text, &at, &end); at = done = end) {
		buf_html_escape(b, str_sub(text, done, at));
		buf_puts(b, COPY_NOT_HERE);
	}
	buf_html_escape(b, str_sub(text, done, text.n));
}

bool copy_overdue(const struct copy *c, struct str date)
{
	int64_t first, last;

	facts_note(c->watch, FACT_OVERDUE, 0, 0, date);
	return date_parse(&first, &last, date) && last < c->today_days;
}

bool copy_old(const struct copy *c, struct str date)
{
	int64_t first, last;

	facts_note(c->watch, FACT_OLD, 0, 0, date);
	return date_parse(&first, &last, date) && last + 366 < c->today_days;
}

const char *copy_today(const struct copy *c)
{
	facts_note(c->watch, FACT_TODAY, 0, 0, STR_NONE);
	return c->today;
}

int64_t copy_today_days(const struct copy *c)
{
	facts_note(c->watch, FACT_TODAY, 0, 0, STR_NONE);
	return c->today_days;
}
