/* kb/index/index.c: see index.h. One LMDB file, .git/colep/index-SCHEMA.mdb, with nine tables:
 *
 *	meta	"stamp"			see stamp_encode
 *		"dict"			zstd dictionary of the stored texts
 *	docs	u32 ordinal		record (record.c)
 *	ids	"cs-mk-2022-taiwan"	u32 ordinal
 *	texts	u32 ordinal		zstd frame of the whole document
 *	norms, terms			postings, by segment (segment.c)
 *	forms, gone			words as they are spelled, by segment (forms.c)
 *	files	"roster/space"		the file: roster/ and vocab/ of this main
 *
 * Numbers in keys are big-endian, so that they sort. An ordinal belongs to one version of one document and is
 * never used again. A change of main is one write transaction: the tree diff says which documents go (their
 * places are marked dead) and which come (they make a new segment); segments of like size are merged by reading
 * their stored texts again, four at a time, so that there are few and a text is read again rarely. What is
 * counted (documents, lengths, languages) is exact at any time, and what is ranked depends on counts and
 * texts alone, so an index brought forward commit by commit answers as one built at once.
 *
 * Trust: whatever is not as its writer left it (sum.c), does not decode, has another schema or analyser, or names
 * a commit that is not there is dropped and built anew. The file's lock (index.lock) is held while writing, never while reading. */
#include "kb/index/index.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/doc/doc.h"
#include "kb/gate/git.h"
#include "kb/index/parts.h"
#include "kb/limits.h"

enum { SCHEMA = 2, MERGE_AT = 4 };	/* segments of one size that are merged into one */
#define FILE_MAX ((size_t)16 << 20)	/* bytes of a roster or vocabulary file */
#if defined(__SANITIZE_ADDRESS__)
#define MAP_DEFAULT ((uint64_t)1 << 30)
#else
#define MAP_DEFAULT ((uint64_t)1 << (sizeof(void *) > 4 ? 36 : 29))
#endif

struct index {
	const struct node *node;
	struct arena a;			/* of the index itself */
	const char *path;
	struct store *store;
	struct stems *stems;
	struct buf dict;
	struct zpack *zpack;
	uint64_t map;
	bool write;			/* the store is open for writing */
};

static void put_be(struct buf *b, uint32_t v)
{
	const char bytes[4] = { (char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v };

	buf_add(b, bytes, 4);
}

static uint32_t get_be(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct key32 { char b[4]; };

static struct str key_of(struct key32 *k, uint32_t v)
{
	*k = (struct key32){ { (char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v } };
	return (struct str){ k->b, 4 };
}

/* u32 schema, u32 analyser, commit, u32 next ordinal, u32 next segment, then varints: documents, length,
 * LANGS counts, number of segments, and each segment less the one before. */
static void stamp_encode(struct buf *b, const struct stamp *s)
{
	size_t i;

	put_be(b, SCHEMA);
	put_be(b, TEXT_VERSION);
	buf_add(b, s->commit.b, sizeof s->commit.b);
	put_be(b, s->next);
	put_be(b, s->next_segment);
	varint_put(b, s->documents);
	varint_put(b, s->length);
	for (i = 0; i < LANGS; i++)
		varint_put(b, s->langs[i]);
	varint_put(b, s->nsegments);
	for (i = 0; i < s->nsegments; i++)
		varint_put(b, s->segments[i] - (i ? s->segments[i - 1] : 0));
}

static bool stamp_decode(struct stamp *out, struct arena *a, struct str s)
{
	struct stamp st = { 0 };
	uint64_t v, n, sum = 0;
	size_t i;

	if (s.n < 36 || get_be(s.p) != SCHEMA || get_be(s.p + 4) != TEXT_VERSION)
		return false;
	memcpy(st.commit.b, s.p + 8, sizeof st.commit.b);
	st.next = get_be(s.p + 28);
	st.next_segment = get_be(s.p + 32);
	s = str_sub(s, 36, s.n);
	if (!varint_get(&st.documents, &s) || !varint_get(&st.length, &s))
		return false;
	for (i = 0; i < LANGS; i++)
		if (!varint_get(&st.langs[i], &s))
			return false;
	if (!varint_get(&n, &s) || n > s.n)
		return false;
	st.segments = arena_array(a, n, sizeof *st.segments);
	for (i = 0; i < n; i++) {
		if (!varint_get(&v, &s) || (sum += v) >= UINT32_MAX)
			return false;
		st.segments[i] = (uint32_t)sum;
	}
	st.nsegments = n;
	if (s.n || st.documents > st.next)
		return false;
	*out = st;
	return true;
}

static enum rc tables_open(struct tables *t, struct txn *txn, struct err *e)
{
	enum rc rc;

	(void)((rc = txn_table(&t->meta, txn, "meta", e)) || (rc = txn_table(&t->docs, txn, "docs", e)) ||
	    (rc = txn_table(&t->ids, txn, "ids", e)) || (rc = txn_table(&t->texts, txn, "texts", e)) ||
	    (rc = txn_table(&t->norms, txn, "norms", e)) || (rc = txn_table(&t->terms, txn, "terms", e)) ||
	    (rc = txn_table(&t->forms, txn, "forms", e)) || (rc = txn_table(&t->gone, txn, "gone", e)) ||
	    (rc = txn_table(&t->files, txn, "files", e)));
	return rc;
}

/* ---- snapshots ---- */

static enum rc dict_open(struct index *ix, struct txn *txn, table_id meta, struct err *e)
{
	struct str dict;
	enum rc rc;

	if (ix->zpack)
		return RC_OK;
	rc = txn_get(&dict, txn, meta, STR("dict"), e);
	if (rc && rc != RC_NOTFOUND)
		return rc;
	buf_clear(&ix->dict);
	if (!rc)
		buf_str_add(&ix->dict, dict);
	return zpack_open(&ix->zpack, buf_str(&ix->dict), e);
}

enum rc snap_open(struct snap **out, struct index *ix, struct err *e)
{
	struct snap *s = xmalloc(sizeof *s);
	struct str stamp;
	enum rc rc;
	size_t i;

	*s = (struct snap){ .ix = ix };
	if ((rc = txn_begin(&s->txn, ix->store, false, e)) || (rc = tables_open(&s->t, s->txn, e)) ||
	    (rc = txn_get(&stamp, s->txn, s->t.meta, STR("stamp"), e)))
		goto out;
	if (!stamp_decode(&s->stamp, &s->a, stamp)) {
		rc = err_set(e, RC_CORRUPT, "%s: of another version, or damaged; 'colep index --rebuild' makes it anew", ix->path);
		goto out;
	}
	s->segments = arena_array(&s->a, s->stamp.nsegments, sizeof *s->segments);
	for (i = 0; i < s->stamp.nsegments && !rc; i++)
		rc = segment_open(&s->segments[i], s->txn, s->t.norms, s->stamp.segments[i], e);
out:
	if (rc) {
		if (rc == RC_NOTFOUND)
			rc = err_set(e, RC_CORRUPT, "%s: incomplete; 'colep index --rebuild' makes it anew", ix->path);
		snap_close(s);
		return rc;
	}
	*out = s;
	return RC_OK;
}

void snap_close(struct snap *s)
{
	if (!s)
		return;
	txn_abort(&s->txn);
	arena_free(&s->a);
	free(s);
}

struct oid snap_commit(const struct snap *s)
{
	return s->stamp.commit;
}

size_t snap_count(const struct snap *s)
{
	return (size_t)s->stamp.documents;
}

struct stems *index_stems(struct index *ix)
{
	if (!ix->stems)
		ix->stems = stems_open();
	return ix->stems;
}

static enum rc find_ordinal(uint32_t *ordinal, struct snap *s, struct str id, struct err *e)
{
	struct str v;
	enum rc rc;

	if (id.n == 0 || id.n > STORE_KEY_MAX)
		return err_set(e, RC_NOTFOUND, "%.*s: no document of this id", FMT_STR(id));
	rc = txn_get(&v, s->txn, s->t.ids, id, e);
	if (rc == RC_NOTFOUND)
		return err_set(e, rc, "%.*s: no document of this id", FMT_STR(id));
	if (!rc && v.n != 4)
		return err_set(e, RC_CORRUPT, "index: %.*s: its number is broken", FMT_STR(id));
	if (!rc)
		*ordinal = get_be(v.p);
	return rc;
}

enum rc snap_by_ordinal(struct record *r, struct snap *s, struct arena *a, uint32_t ordinal, struct err *e)
{
	struct key32 k;
	struct record of;
	struct str v;
	uint32_t original;
	size_t dot;
	enum rc rc;

	if ((rc = txn_get(&v, s->txn, s->t.docs, key_of(&k, ordinal), e)))
		return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "index: document %u is missing", ordinal) : rc;
	if ((rc = record_decode(r, a, v, e)))
		return rc;
	r->doc = ordinal;
	dot = str_chr(r->id, '.');
	if (dot == SIZE_MAX || (rc = find_ordinal(&original, s, str_sub(r->id, 0, dot), e)) == RC_NOTFOUND)
		return RC_OK;		/* an original, or a translation that came before it */
	if (rc || (rc = txn_get(&v, s->txn, s->t.docs, key_of(&k, original), e)) || (rc = record_decode(&of, a, v, e)))
		return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "index: document %u is missing", original) : rc;
	r->status = of.status;
	r->tlp = of.tlp;
	r->stage = of.stage;
	r->countries = of.countries, r->ncountries = of.ncountries;
	r->topics = of.topics, r->ntopics = of.ntopics;
	r->meetings = of.meetings, r->nmeetings = of.nmeetings;
	if (!r->date.n)
		r->date = of.date;
	return RC_OK;
}

static enum rc load_ids(struct snap *s, struct err *e)
{
	struct store_iter it;
	struct str k, v;
	enum iter more;
	size_t cap = 0;
	enum rc rc;

	if (s->by_id)
		return RC_OK;
	if ((rc = store_iter_open(&it, s->txn, s->t.ids, STR_NONE, e)))
		return rc;
	while ((more = store_iter_next(&it, &k, &v, e)) == ITER_ITEM && v.n == 4) {
		if (s->nids == cap)
			s->by_id = arena_grow(&s->a, s->by_id, &cap, sizeof *s->by_id);
		s->by_id[s->nids++] = get_be(v.p);
	}
	store_iter_close(&it);
	if (more == ITER_ERROR)
		return e->rc;
	if (more == ITER_ITEM || s->nids != s->stamp.documents)
		return err_set(e, RC_CORRUPT, "index: its list of ids is broken");
	return RC_OK;
}

enum rc snap_record(struct record *r, struct snap *s, size_t i, struct err *e)
{
	enum rc rc = load_ids(s, e);

	return rc ? rc : snap_by_ordinal(r, s, &s->a, s->by_id[i], e);
}

enum rc snap_find(struct record *r, struct snap *s, struct str id, struct err *e)
{
	uint32_t ordinal = 0;
	enum rc rc = find_ordinal(&ordinal, s, id, e);

	return rc ? rc : snap_by_ordinal(r, s, &s->a, ordinal, e);
}

enum rc snap_text(struct buf *b, struct snap *s, const struct record *r, struct err *e)
{
	struct key32 k;
	struct str v;
	enum rc rc;

	if ((rc = txn_get(&v, s->txn, s->t.texts, key_of(&k, r->doc), e)))
		return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "index: the text of %.*s is missing", FMT_STR(r->id)) : rc;
	if ((rc = dict_open(s->ix, s->txn, s->t.meta, e)))
		return rc;
	return zpack_decode(b, s->ix->zpack, v, LIMIT_DOC, e);
}

enum rc snap_file(struct buf *b, struct snap *s, struct str path, struct err *e)
{
	struct str v;
	enum rc rc = txn_get(&v, s->txn, s->t.files, path, e);

	if (!rc)
		buf_str_add(b, v);
	return rc;
}

/* Default tables, replaced by those of the files table. */
static enum rc read_vocab(struct vocab *v, struct arena *a, struct txn *txn, table_id files, struct err *e)
{
	const struct str front = STR("vocab/"), back = STR(".md");
	struct store_iter it;
	struct err odd = ERR_INIT;
	struct str k, value;
	enum iter more;
	enum rc rc;

	vocab_default(v, a);
	if ((rc = store_iter_open(&it, txn, files, front, e)))
		return rc;
	while ((more = store_iter_next(&it, &k, &value, e)) == ITER_ITEM && str_starts(k, front))
		if (str_ends(k, back) && str_utf8_bad(value) == value.n &&
		    vocab_read(v, a, str_sub(k, front.n, k.n - back.n), value, &odd))
			odd.rc = RC_OK;		/* no table in it: the default holds */
	store_iter_close(&it);
	return more == ITER_ERROR ? e->rc : RC_OK;
}

enum rc snap_vocab(const struct vocab **v, struct snap *s, struct err *e)
{
	struct vocab *got;
	enum rc rc;

	if (!s->vocab) {
		got = arena_alloc(&s->a, sizeof *got);
		if ((rc = read_vocab(got, &s->a, s->txn, s->t.files, e)))
			return rc;
		s->vocab = got;
	}
	*v = s->vocab;
	return RC_OK;
}

/* ---- writing ---- */

struct writer {
	struct index *ix;
	struct repo *repo;
	struct txn *txn;
	struct tables t;
	struct stamp st;
	struct arena a;			/* of the whole update */
	struct vocab vocab;
	struct builder *b;
	struct buf plain;		/* of the document in work */
	const struct progress *progress;
	struct change *changes;		/* the diff, in order of path */
	size_t n, cap;
};

static bool is_file(struct str path)		/* roster/ and vocab/, one level */
{
	return (str_starts(path, STR("roster/")) || str_starts(path, STR("vocab/"))) && path.n <= LIMIT_PATH;
}

static enum rc collect(void *ctx, const struct change *c, struct err *e)
{
	struct writer *w = ctx;

	(void)e;
	if (!is_file(c->path) && !doc_path_parse(&(struct doc_path){ 0 }, c->path, NULL))
		return RC_OK;		/* nothing of the view */
	if (w->n == w->cap)
		w->changes = arena_grow(&w->a, w->changes, &w->cap, sizeof *w->changes);
	w->changes[w->n] = *c;
	w->changes[w->n++].path = arena_str(&w->a, c->path);
	return RC_OK;
}

static bool regular(const struct change *c)
{
	return !oid_is_none(&c->new) && (c->mode & 0170000) == 0100000;
}

static void add_word(void *ctx, struct str word, unsigned lang, unsigned weight, bool running)
{
	struct writer *w = ctx;

	(void)running;
	builder_word(w->b, index_stems(w->ix), word, lang, weight);
}

/* The words of one document go to the builder. */
static void add_document(struct writer *w, uint32_t ordinal, const struct record *r, struct str text)
{
	builder_document(w->b, ordinal);
	record_words(&w->plain, r, text, &w->vocab, add_word, w);
	builder_end(w->b);
}

static enum rc put_document(struct writer *w, struct str path, struct str text, const struct oid *blob, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct buf rec = BUF_INIT, frame = BUF_INIT, num = BUF_INIT;
	uint32_t ordinal = w->st.next;
	struct record r;
	struct key32 k;
	enum rc rc = RC_OK;

	if (!record_make(&r, &a, path, text, blob))
		goto out;
	if (ordinal == UINT32_MAX - 1) {
		rc = err_set(e, RC_CORRUPT, "index: its numbers are used up; 'colep index --rebuild' makes it anew");
		goto out;
	}
	record_encode(&rec, &r);
	put_be(&num, ordinal);
	if ((rc = zpack_encode(&frame, w->ix->zpack, text, e)) ||
	    (rc = txn_append(w->txn, w->t.docs, key_of(&k, ordinal), buf_str(&rec), e)) ||
	    (rc = txn_append(w->txn, w->t.texts, key_of(&k, ordinal), buf_str(&frame), e)) ||
	    (rc = txn_put(w->txn, w->t.ids, r.id, buf_str(&num), e)))
		goto out;
	add_document(w, ordinal, &r, text);
	w->st.next++;
	w->st.documents++;
	w->st.length += builder_length(w->b);
	w->st.langs[record_stemmer(&r, text) % LANGS]++;
out:
	buf_free(&rec);
	buf_free(&frame);
	buf_free(&num);
	arena_free(&a);
	return rc;
}

static enum rc read_blob(struct buf *b, struct writer *w, const struct oid *o, size_t max, struct err *e)
{
	buf_clear(b);
	return repo_read(b, w->repo, o, OBJECT_BLOB, max, e);
}

static enum rc put_changes(struct writer *w, struct err *e)
{
	struct buf text = BUF_INIT;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < w->n && !rc; i++) {
		const struct change *c = &w->changes[i];

		if (w->progress)
			w->progress->fn(w->progress->ctx, i, w->n);
		if (is_file(c->path) || !regular(c))
			continue;
		rc = read_blob(&text, w, &c->new, LIMIT_DOC, e);
		if (rc == RC_INVALID)
			rc = RC_OK;	/* larger than a document may be: not one */
		else if (!rc)
			rc = put_document(w, c->path, buf_str(&text), &c->new, e);
	}
	buf_free(&text);
	return rc;
}

static enum rc put_files(struct writer *w, struct err *e)
{
	struct buf text = BUF_INIT;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < w->n && !rc; i++) {
		const struct change *c = &w->changes[i];

		if (!is_file(c->path))
			continue;
		if (regular(c)) {
			rc = read_blob(&text, w, &c->new, FILE_MAX, e);
			if (rc == RC_INVALID)
				rc = RC_OK;
			else if (!rc)
				rc = txn_put(w->txn, w->t.files, c->path, buf_str(&text), e);
		} else {
			rc = txn_del(w->txn, w->t.files, c->path, e);
			if (rc == RC_NOTFOUND)
				rc = RC_OK;
		}
	}
	buf_free(&text);
	return rc;
}

/* Train the dictionary on documents spread over all; nothing when too little. */
static enum rc train(struct writer *w, struct err *e)
{
	struct buf texts = BUF_INIT, one = BUF_INIT, dict = BUF_INIT;
	size_t ends[ZSTD_DICT_SAMPLES], i, n = 0, step = w->n / ZSTD_DICT_SAMPLES + 1;
	struct str samples[ZSTD_DICT_SAMPLES];
	enum rc rc = RC_OK;

	for (i = 0; i < w->n && n < ZSTD_DICT_SAMPLES && !rc; i += step) {
		if (is_file(w->changes[i].path) || !regular(&w->changes[i]))
			continue;
		rc = read_blob(&one, w, &w->changes[i].new, LIMIT_DOC, e);
		if (rc == RC_INVALID)
			rc = RC_OK;
		else if (!rc) {
			buf_str_add(&texts, str_sub(buf_str(&one), 0, 16384));
			ends[n++] = texts.n;
		}
	}
	for (i = 0; i < n; i++)
		samples[i] = str_sub(buf_str(&texts), i ? ends[i - 1] : 0, ends[i]);
	if (!rc && (rc = zpack_train(&dict, samples, n, e)) == RC_NOTFOUND)
		rc = RC_OK;
	if (!rc && dict.n)
		rc = txn_put(w->txn, w->t.meta, STR("dict"), buf_str(&dict), e);
	buf_free(&texts);
	buf_free(&one);
	buf_free(&dict);
	return rc;
}

static enum rc write_segment(struct writer *w, struct err *e)
{
	struct forms *f;
	uint32_t *more;
	enum rc rc;

	if (!builder_documents(w->b))
		return RC_OK;
	f = forms_open();
	builder_forms(w->b, f);
	if (!(rc = builder_write(w->b, w->txn, w->t.terms, w->t.norms, w->st.next_segment, e)))
		rc = forms_write(f, w->txn, w->t.forms, w->st.next_segment, e);
	forms_close(f);
	if (rc)
		return rc;
	more = arena_array(&w->a, w->st.nsegments + 1, sizeof *more);
	if (w->st.nsegments)
		memcpy(more, w->st.segments, w->st.nsegments * sizeof *more);
	more[w->st.nsegments++] = w->st.next_segment++;
	w->st.segments = more;
	return RC_OK;
}

static enum rc build_all(struct writer *w, struct err *e)
{
	const struct tables *t = &w->t;
	struct str dict;
	enum rc rc;

	w->st = (struct stamp){ .commit = w->st.commit };
	if ((rc = txn_clear(w->txn, t->docs, e)) || (rc = txn_clear(w->txn, t->ids, e)) ||
	    (rc = txn_clear(w->txn, t->texts, e)) || (rc = txn_clear(w->txn, t->norms, e)) ||
	    (rc = txn_clear(w->txn, t->terms, e)) || (rc = txn_clear(w->txn, t->forms, e)) ||
	    (rc = txn_clear(w->txn, t->gone, e)) || (rc = txn_clear(w->txn, t->files, e)))
		return rc;
	w->n = 0;
	if ((rc = repo_diff(w->repo, NULL, &w->st.commit, collect, w, e)))
		return rc;
	rc = txn_get(&dict, w->txn, t->meta, STR("dict"), e);
	if (rc == RC_NOTFOUND)
		rc = train(w, e);
	(void)(rc || (rc = dict_open(w->ix, w->txn, t->meta, e)) || (rc = put_files(w, e)) ||
	    (rc = read_vocab(&w->vocab, &w->a, w->txn, t->files, e)) || (rc = put_changes(w, e)) ||
	    (rc = write_segment(w, e)));
	return rc;
}

struct leaving {			/* of one segment */
	uint32_t *v;			/* places of the dead */
	size_t n, cap;
	struct forms *forms;		/* their words */
	struct stems *stems;
};

static void leave_word(void *ctx, struct str word, unsigned lang, unsigned weight, bool running)
{
	struct leaving *l = ctx;
	struct buf form = BUF_INIT;

	(void)weight;
	(void)running;
	text_surface(&form, word);
	forms_add(l->forms, buf_str(&form), stems_term(l->stems, word, lang), 1);
	buf_free(&form);
}

/* Take the old versions of what changed out: ids, docs, texts, places, words. */
static enum rc remove_old(struct writer *w, struct err *e)
{
	struct leaving *dead = arena_array(&w->a, w->st.nsegments + 1, sizeof *dead), *from;
	struct segment *seg = arena_array(&w->a, w->st.nsegments + 1, sizeof *seg);
	struct buf text = BUF_INIT;
	struct doc_path p;
	enum rc rc = RC_OK;
	size_t i, j;

	for (i = 0; i < w->st.nsegments && !rc; i++)
		if (!(rc = segment_open(&seg[i], w->txn, w->t.norms, w->st.segments[i], e)))
			seg[i].norms = arena_str(&w->a, seg[i].norms);	/* the transaction changes below */
	for (i = 0; i < w->n && !rc; i++) {
		const struct change *c = &w->changes[i];
		uint32_t ordinal, place = UINT32_MAX;
		struct record r;
		struct key32 k;
		struct str v;

		if (is_file(c->path) || oid_is_none(&c->old) || !doc_path_parse(&p, c->path, NULL))
			continue;
		rc = txn_get(&v, w->txn, w->t.ids, p.name, e);
		if (rc == RC_NOTFOUND) {
			rc = RC_OK;	/* the old one was no document */
			continue;
		}
		if (rc)
			break;
		if (v.n != 4) {
			rc = err_set(e, RC_CORRUPT, "index: %.*s: its number is broken", FMT_STR(p.name));
			break;
		}
		ordinal = get_be(v.p);
		from = dead;
		for (j = 0; j < w->st.nsegments && place == UINT32_MAX; j++)
			if ((place = segment_find(&seg[j], ordinal)) != UINT32_MAX) {
				from = &dead[j];
				if (from->n == from->cap)
					from->v = arena_grow(&w->a, from->v, &from->cap, sizeof *from->v);
				from->v[from->n++] = place;
			}
		if (place == UINT32_MAX || w->st.documents == 0) {
			rc = err_set(e, RC_CORRUPT, "index: %.*s is in no segment", FMT_STR(p.name));
			break;
		}
		if ((rc = txn_get(&v, w->txn, w->t.docs, key_of(&k, ordinal), e)) || (rc = record_decode(&r, &w->a, v, e)) ||
		    (rc = txn_get(&v, w->txn, w->t.texts, key_of(&k, ordinal), e)))
			break;
		buf_clear(&text);
		if ((rc = zpack_decode(&text, w->ix->zpack, v, LIMIT_DOC, e)))
			break;
		if (!from->forms)
			*from = (struct leaving){ from->v, from->n, from->cap, forms_open(), index_stems(w->ix) };
		record_words(&w->plain, &r, buf_str(&text), &w->vocab, leave_word, from);
		w->st.langs[record_stemmer(&r, buf_str(&text)) % LANGS]--;
		w->st.documents--;
		(void)((rc = txn_del(w->txn, w->t.ids, p.name, e)) || (rc = txn_del(w->txn, w->t.docs, key_of(&k, ordinal), e)) ||
		    (rc = txn_del(w->txn, w->t.texts, key_of(&k, ordinal), e)));
	}
	for (j = 0; j < w->st.nsegments && !rc; j++)
		if (dead[j].n) {
			uint64_t length = 0;

			rc = segment_kill(w->txn, w->t.norms, &seg[j], dead[j].v, dead[j].n, &length, e);
			w->st.length -= length;
			if (!rc)
				rc = forms_remove(dead[j].forms, w->txn, w->t.gone, w->st.segments[j], e);
		}
	for (j = 0; j < w->st.nsegments; j++)
		forms_close(dead[j].forms);
	buf_free(&text);
	return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "index: a document is missing") : rc;
}

static unsigned tier(uint32_t n)
{
	unsigned t = 0;

	while (n >= MERGE_AT) {
		n /= MERGE_AT;
		t++;
	}
	return t;
}

static uint32_t live(const struct segment *s)
{
	uint32_t i, n = 0;

	for (i = 0; i < s->n; i++)
		n += segment_length(s, i) != 0;
	return n;
}

static int by_number(const void *x, const void *y)
{
	uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

	return (a > b) - (a < b);
}

/* Read the live documents of some segments again and write them as one. */
static enum rc merge(struct writer *w, const bool *chosen, const struct segment *seg, struct err *e)
{
	uint32_t *ordinals = NULL, *left, i;
	struct arena scratch = ARENA_INIT;
	struct buf text = BUF_INIT;
	size_t n = 0, cap = 0, j, nleft = 0;
	struct record r;
	struct key32 k;
	struct str v;
	enum rc rc = RC_OK;

	for (j = 0; j < w->st.nsegments; j++)
		for (i = 0; chosen[j] && i < seg[j].n; i++)
			if (segment_length(&seg[j], i)) {
				if (n == cap)
					ordinals = arena_grow(&w->a, ordinals, &cap, sizeof *ordinals);
				ordinals[n++] = segment_ordinal(&seg[j], i);
			}
	if (n)
		qsort(ordinals, n, sizeof *ordinals, by_number);
	builder_close(w->b);
	w->b = builder_open();
	for (j = 0; j < n && !rc; j++) {
		arena_reset(&scratch);
		buf_clear(&text);
		if ((rc = txn_get(&v, w->txn, w->t.docs, key_of(&k, ordinals[j]), e)) ||
		    (rc = record_decode(&r, &scratch, v, e)) ||
		    (rc = txn_get(&v, w->txn, w->t.texts, key_of(&k, ordinals[j]), e)) ||
		    (rc = zpack_decode(&text, w->ix->zpack, v, LIMIT_DOC, e)))
			break;
		add_document(w, ordinals[j], &r, buf_str(&text));
	}
	left = arena_array(&w->a, w->st.nsegments + 1, sizeof *left);
	for (j = 0; j < w->st.nsegments && !rc; j++) {
		if (chosen[j]) {
			if (!(rc = segment_drop(w->txn, w->t.terms, w->t.norms, w->st.segments[j], e)))
				rc = forms_drop(w->txn, w->t.forms, w->t.gone, w->st.segments[j], e);
		}
		else
			left[nleft++] = w->st.segments[j];
	}
	w->st.segments = left;
	w->st.nsegments = nleft;
	if (!rc)
		rc = write_segment(w, e);
	arena_free(&scratch);
	buf_free(&text);
	return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "index: a document is missing") : rc;
}

/* Merge while four segments have one size, or one is half dead. */
static enum rc tidy(struct writer *w, struct err *e)
{
	for (;;) {
		struct segment *seg = arena_array(&w->a, w->st.nsegments + 1, sizeof *seg);
		bool *chosen = arena_array(&w->a, w->st.nsegments + 1, sizeof *chosen), any = false;
		unsigned count[20] = { 0 }, t;
		uint32_t alive;
		size_t j;
		enum rc rc;

		for (j = 0; j < w->st.nsegments; j++) {
			if ((rc = segment_open(&seg[j], w->txn, w->t.norms, w->st.segments[j], e)))
				return rc;
			alive = live(&seg[j]);
			if (alive * 2 < seg[j].n || alive == 0)
				chosen[j] = any = true;
			count[tier(alive)]++;
		}
		for (t = 0; t < 20 && !any; t++)
			for (j = 0; count[t] >= MERGE_AT && j < w->st.nsegments; j++)
				if (tier(live(&seg[j])) <= t)
					chosen[j] = any = true;
		if (!any)
			return RC_OK;
		if ((rc = merge(w, chosen, seg, e)))
			return rc;
	}
}

static enum rc build_changes(struct writer *w, const struct oid *old, bool *all, struct err *e)
{
	enum rc rc;
	size_t i;

	w->n = 0;
	if ((rc = repo_diff(w->repo, old, &w->st.commit, collect, w, e)))
		return rc;
	*all = w->n > 64 && w->n > w->st.documents / 2;
	for (i = 0; i < w->n; i++)
		*all |= str_starts(w->changes[i].path, STR("vocab/"));	/* names of codes are indexed */
	if (*all)
		return RC_OK;
	(void)((rc = dict_open(w->ix, w->txn, w->t.meta, e)) || (rc = put_files(w, e)) ||
	    (rc = read_vocab(&w->vocab, &w->a, w->txn, w->t.files, e)) || (rc = remove_old(w, e)) ||
	    (rc = put_changes(w, e)) || (rc = write_segment(w, e)) || (rc = tidy(w, e)));
	return rc;
}

/* One transaction: from what the store holds to `commit`. *why: set when it was built from nothing. */
static enum rc update(struct index *ix, const struct oid *commit, bool rebuild, const struct progress *p,
    const char **why, struct err *e)
{
	struct writer w = { .ix = ix, .progress = p };
	struct buf stamp = BUF_INIT;
	struct oid old = OID_NONE;
	bool all = true;
	struct str v;
	enum rc rc;

	w.b = builder_open();
	if ((rc = repo_open(&w.repo, ix->node->dir, e)) || (rc = txn_begin(&w.txn, ix->store, true, e)) ||
	    (rc = tables_open(&w.t, w.txn, e)))
		goto out;
	rc = txn_get(&v, w.txn, w.t.meta, STR("stamp"), e);
	if (rc && rc != RC_NOTFOUND)
		goto out;
	if (rc == RC_NOTFOUND)
		*why = *why ? *why : "there was none";
	else if (!stamp_decode(&w.st, &w.a, v))
		*why = "it was of another version";
	else if (rebuild)
		*why = "as asked";
	else {
		bool has;

		old = w.st.commit;
		if ((rc = repo_has(&has, w.repo, &old, e)))
			goto out;
		if (has)
			all = false;
		else
			*why = "the commit it was made from is gone";
	}
	rc = RC_OK;
	w.st.commit = *commit;
	if (!all && !oid_eq(&old, commit))
		rc = build_changes(&w, &old, &all, e);
	if (!rc && all)
		rc = build_all(&w, e);
	if (rc)
		goto out;
	stamp_encode(&stamp, &w.st);
	if (!(rc = txn_put(w.txn, w.t.meta, STR("stamp"), buf_str(&stamp), e)))
		rc = txn_commit(&w.txn, e);
out:
	txn_abort(&w.txn);
	repo_close(w.repo);
	builder_close(w.b);
	buf_free(&w.plain);
	buf_free(&stamp);
	arena_free(&w.a);
	return rc;
}

/* ---- opening ---- */

static void shut(struct index *ix)
{
	store_close(ix->store);
	ix->store = NULL;
	zpack_close(ix->zpack);
	ix->zpack = NULL;
}

static enum rc current(bool *is, struct index *ix, const struct oid *commit, struct err *e)
{
	struct snap *s;
	enum rc rc = snap_open(&s, ix, e);

	if (rc)
		return rc;
	*is = oid_eq(&s->stamp.commit, commit);
	snap_close(s);
	return RC_OK;
}

static void forget(struct index *ix)
{
	struct arena a = ARENA_INIT;

	shut(ix);
	unlink(ix->path);
	unlink(arena_printf(&a, "%s-lock", ix->path));
	unlink(arena_printf(&a, "%s-sum", ix->path));
	arena_free(&a);
}

static enum rc write_index(struct index *ix, const struct oid *commit, bool rebuild, const struct progress *p,
    const char **why, struct err *e)
{
	struct lock lock = LOCK_INIT;
	struct err odd = ERR_INIT;
	bool is = false;
	enum rc rc;
	int tries;

	if ((rc = lock_open(&lock, path_join(&ix->a, ix->node->cache, "index.lock"), 60, e)))
		return rc;
	if (file_exists(ix->path) && !sum_right(ix->path)) {
		*why = "it was damaged, or its writer was stopped";
		forget(ix);
	}
	for (tries = 0; tries < 2; tries++) {
		shut(ix);
		if ((rc = store_open(&ix->store, ix->path, (size_t)ix->map, true, e)) == RC_OK) {
			ix->write = true;
			if (!rebuild && current(&is, ix, commit, e) == RC_OK && is)
				break;	/* somebody else did it meanwhile */
			rc = update(ix, commit, rebuild, p, why, e);
			if (rc == RC_OK)
				rc = sum_write(ix->path, e);
			else if (rc != RC_CORRUPT && sum_write(ix->path, &odd))
				odd.rc = RC_OK;		/* the old state stands, though pages of it that are free may have changed */
		}
		if (rc != RC_CORRUPT)
			break;
		*why = "it was damaged";
		forget(ix);
	}
	lock_close(&lock);
	return rc;
}

static enum rc map_size(struct index *ix, struct err *e)
{
	struct str v;
	enum rc rc = node_config(&v, &ix->a, ix->node, "colep.indexMap", e);

	ix->map = MAP_DEFAULT;
	if (!rc && v.n && (!str_u64(&ix->map, v) || ix->map < 1 << 20 || ix->map > (uint64_t)1 << 46))
		rc = err_set(e, RC_INVALID, "%s/config: colep.indexMap: a number of bytes from 1048576 on is wanted", ix->node->git);
	return rc;
}

enum rc index_open(struct index **out, const struct node *n, bool rebuild, const struct progress *p,
    const char **rebuilt_why, bool *stale, struct err *e)
{
	const struct timespec pause = { 0, 50000000 };	/* 50 ms */
	struct index *ix = xmalloc(sizeof *ix);
	const char *why = NULL;
	struct oid commit;
	bool is = false, right = false;
	enum rc rc;
	int waits;

	*ix = (struct index){ .node = n };
	if (stale)
		*stale = false;
	ix->path = arena_printf(&ix->a, "%s/index-%d.mdb", n->cache, SCHEMA);
	if ((rc = node_main(&commit, n, e))) {
		if (rc == RC_NOTFOUND)
			rc = RC_IO;	/* no answer, but a node without a commit */
		goto out;
	}
	if ((rc = map_size(ix, e)))
		goto out;
	if (!rebuild) {
		rc = sum_right(ix->path) ? store_open(&ix->store, ix->path, (size_t)ix->map, false, e) : RC_CORRUPT;
		if (!rc)
			rc = current(&is, ix, &commit, e);
		if (!rc && is)
			goto out;
	}
	if ((rc = write_index(ix, &commit, rebuild, p, &why, e)) == RC_IO && !rebuild && stale) {
		struct err again = ERR_INIT;

		shut(ix);		/* a disk that takes nothing: what is there may still answer */
		for (waits = 0; !(right = sum_right(ix->path)) && file_exists(ix->path) && waits < 20; waits++)
			nanosleep(&pause, NULL);	/* its owner may be writing */
		if (right && store_open(&ix->store, ix->path, (size_t)ix->map, false, &again) == RC_OK &&
		    current(&is, ix, &commit, &again) == RC_OK) {
			*stale = !is;
			rc = RC_OK;
		}
	}
	if (!rc && rebuilt_why)
		*rebuilt_why = why;
out:
	if (rc) {
		index_close(ix);
		return rc;
	}
	*out = ix;
	return RC_OK;
}

enum rc index_refresh(struct index *ix, const struct progress *p, struct err *e)
{
	const char *why = NULL;
	struct oid commit;
	bool is = false;
	enum rc rc;

	if ((rc = node_main(&commit, ix->node, e)))
		return rc;
	if ((rc = current(&is, ix, &commit, e)) == RC_OK && is)
		return RC_OK;
	return write_index(ix, &commit, false, p, &why, e);
}

void index_close(struct index *ix)
{
	if (!ix)
		return;
	shut(ix);
	stems_close(ix->stems);
	buf_free(&ix->dict);
	arena_free(&ix->a);
	free(ix);
}
