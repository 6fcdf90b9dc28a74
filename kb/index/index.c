/* kb/index/index.c: see index.h. One LMDB file, .git/colep/index-SCHEMA.ANALYSIS.mdb, with these tables:
 *
 *	meta	"dict"			zstd dictionary of the stored texts
 *	docs, texts			documents by id, their texts by ordinal (docs.c)
 *	terms, lists, positions		words of the documents, by segment (segment.c)
 *	columns				lengths, dates, facets and ids, by segment (columns.c)
 *	forms, gone			words as they are spelled, by segment (forms.c)
 *	files	"roster/space"		the file: roster/ and vocab/ of this main
 *
 * and one without a name, beside where LMDB keeps those names:
 *
 *	which documents of any segment are gone (segment.c)
 *	all rows of segments of at most SMALL documents, and with them documents that were replaced (docs.c)
 *	"stamp", behind four bytes 255	see stamp_encode
 *
 * So what every update changes stands at the end of one table, in one page or two; LMDB writes besides the way there and
 * which pages are free.
 *
 * Behind each value stands a check, as told in sealed.c. Numbers in keys are big-endian, so that they sort. An ordinal
 * belongs to one document, whatever its versions, and is never another's. How a new main is taken in stands on top of
 * update.c. What is counted (documents, lengths, languages, words) is exact at any time, and what is ranked depends on
 * counts and texts alone, so an index brought forward commit by commit answers as one built at once.
 *
 * Trust: whatever is not as its writer left it (sum.c), does not decode, has another schema or analyser, or names
 * a commit that is not there is dropped and built anew. A program of another schema or analysis has a file of its own,
 * which is removed when nobody wrote it for a month. What the checks of values find while it is read ends what was
 * asked, and the record of sum.c is taken away, so that whoever opens the index next makes it anew. The file's lock
 * (index.lock) is held while writing, never while reading.
 *
 * An index made anew takes its place by a rename, and so does LMDB's lock beside it, which holds what is true of one
 * file only. Who opens the two must not get one of each: so index.swap is held for these two moments, shared by those
 * who open. Readers that have the old file open keep it. */
#include "kb/index/index.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/index/evaluate.h"
#include "kb/index/pack.h"
#include "kb/index/parts.h"
#include "kb/index/passing.h"
#include "kb/index/sealed.h"
#include "kb/limits.h"

enum { SCHEMA = 22, SMALL = 256, UNUSED = 30 * 24 * 60 * 60 };	/* UNUSED: seconds */
#if defined(__SANITIZE_ADDRESS__)
#define MAP_DEFAULT ((uint64_t)1 << 30)
#else
#define MAP_DEFAULT ((uint64_t)1 << (sizeof(void *) > 4 ? 36 : 29))
#endif

static void put_be(struct buf *b, uint32_t v)
{
	const char bytes[4] = { (char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v };

	buf_add(b, bytes, 4);
}

uint32_t key32_get(const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

struct str key32(struct key32 *k, uint32_t v)
{
	*k = (struct key32){ { (char)(v >> 24), (char)(v >> 16), (char)(v >> 8), (char)v } };
	return (struct str){ k->b, 4 };
}

/* u32 schema, u32 analyser, commit, u32 next ordinal, u32 next segment, then varints: documents, length,
 * LANGS counts, number of segments, and for each: its id less the one before, documents, dead ones, terms, bytes of lists
 * and of positions, number of places that are dead and stand here alone, these, each less the one before; then number of
 * documents that stand aside, and for each: its ordinal less the one before, the segment it stands with. */
void stamp_encode(struct buf *b, const struct stamp *s)
{
	size_t i, j;

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
	for (i = 0; i < s->nsegments; i++) {
		const struct segment_info *g = &s->segments[i];

		varint_put(b, g->id - (i ? g[-1].id : 0));
		varint_put(b, g->n);
		varint_put(b, g->dead);
		varint_put(b, g->terms);
		varint_put(b, g->heap[0]);
		varint_put(b, g->heap[1]);
		varint_put(b, g->nlate);
		for (j = 0; j < g->nlate; j++)
			varint_put(b, g->late[j] - (j ? g->late[j - 1] : 0));
	}
	varint_put(b, s->naside);
	for (i = 0; i < s->naside; i++) {
		varint_put(b, s->aside[i].ordinal - (i ? s->aside[i - 1].ordinal : 0));
		varint_put(b, s->aside[i].segment);
	}
	seal(b, STR("stamp"));
}

/* The next of numbers that rise: below a bound, and behind the one before, if there is one. */
static bool rising_get(uint32_t *v, struct str *s, const uint32_t *before, uint32_t bound)
{
	uint64_t more;

	if (!varint_get(&more, s) || (before && !more) || more >= bound - (before ? *before : 0))
		return false;
	*v = (before ? *before : 0) + (uint32_t)more;
	return true;
}

/* The dead that a segment's part of the stamp tells alone. */
static bool late_get(struct segment_info *g, struct arena *a, struct str *s)
{
	uint32_t *late, i;
	uint64_t n;

	if (!varint_get(&n, s) || n > s->n || n > g->dead)
		return false;
	g->late = late = arena_array(a, n, sizeof *late);
	g->nlate = (uint32_t)n;
	for (i = 0; i < n; i++)
		if (!rising_get(&late[i], s, i ? &late[i - 1] : NULL, g->n))
			return false;
	return true;
}

static bool aside_get(struct stamp *st, struct arena *a, struct str *s)
{
	struct aside_at *aside;
	uint64_t n, segment;
	size_t i;

	if (!varint_get(&n, s) || n > s->n)
		return false;
	st->aside = aside = arena_array(a, n, sizeof *aside);
	st->naside = n;
	for (i = 0; i < n; i++) {
		if (!rising_get(&aside[i].ordinal, s, i ? &aside[i - 1].ordinal : NULL, st->next) || !varint_get(&segment, s) ||
		    segment >= st->next_segment)
			return false;
		aside[i].segment = (uint32_t)segment;
	}
	return true;
}

bool stamp_decode(struct stamp *out, struct arena *a, struct str s)
{
	struct stamp st = { 0 };
	uint64_t v, n, sum = 0, docs, dead;
	size_t i;

	if (!sealed(&s, STR("stamp")) || s.n < 36 || key32_get(s.p) != SCHEMA || key32_get(s.p + 4) != TEXT_VERSION)
		return false;
	memcpy(st.commit.b, s.p + 8, sizeof st.commit.b);
	st.next = key32_get(s.p + 28);
	st.next_segment = key32_get(s.p + 32);
	s = str_sub(s, 36, s.n);
	if (st.next_segment > SEGMENTS_MAX || !varint_get(&st.documents, &s) || !varint_get(&st.length, &s))
		return false;
	for (i = 0; i < LANGS; i++)
		if (!varint_get(&st.langs[i], &s))
			return false;
	if (!varint_get(&n, &s) || n > s.n)
		return false;
	st.segments = arena_array(a, n, sizeof *st.segments);
	for (i = 0; i < n; i++) {
		struct segment_info *g = &st.segments[i];

		if (!varint_get(&v, &s) || v > UINT32_MAX || (sum += v) >= st.next_segment || !varint_get(&docs, &s) ||
		    !varint_get(&dead, &s) || docs > st.next || dead > docs || !varint_get(&g->terms, &s) ||
		    !varint_get(&g->heap[0], &s) || !varint_get(&g->heap[1], &s))
			return false;
		g->id = (uint32_t)sum;
		g->n = (uint32_t)docs;
		g->dead = (uint32_t)dead;
		if (!late_get(g, a, &s))
			return false;
	}
	st.nsegments = n;
	if (!aside_get(&st, a, &s) || s.n || st.documents > st.next)
		return false;
	*out = st;
	return true;
}

/* A document takes at least eight bytes of columns, and heaps are as long as is told: more than a file of so many bytes holds,
 * room for which may not be asked for, is in none of its segments. */
static bool held(const struct stamp *s, uint64_t bytes)
{
	size_t i, k;

	for (i = 0; i < s->nsegments; i++) {
		const struct segment_info *g = &s->segments[i];
		const uint64_t take[] = { (uint64_t)8 * g->n, g->heap[0], g->heap[1] };

		for (k = 0; k < sizeof take / sizeof *take; bytes -= take[k++])
			if (take[k] > bytes)
				return false;
	}
	return true;
}

enum rc stamp_get(struct stamp *s, struct arena *a, struct txn *txn, struct tables *t, struct err *e)
{
	struct str v;
	enum rc rc = txn_get(&v, txn, t->small.terms, STAMP_KEY, e);

	if (rc)
		return rc;
	if (!stamp_decode(s, a, v) || !held(s, txn_bytes(txn)))
		return err_set(e, RC_CORRUPT, "index: of another version, or damaged; 'colep index --rebuild' makes it anew");
	t->aside = s->aside;
	t->naside = s->naside;
	return RC_OK;
}

enum rc segment_tables_open(struct segment_tables *t, struct txn *txn, struct err *e)
{
	enum rc rc;

	(void)((rc = txn_table(&t->terms, txn, "terms", e)) || (rc = txn_table(&t->lists, txn, "lists", e)) ||
	    (rc = txn_table(&t->positions, txn, "positions", e)) || (rc = txn_table(&t->columns, txn, "columns", e)) ||
	    (rc = txn_table(&t->forms, txn, "forms", e)) || (rc = txn_table(&t->gone, txn, "gone", e)));
	t->dead = t->gone;		/* none of those that are merged is */
	return rc;
}

enum rc tables_open(struct tables *t, struct txn *txn, struct err *e)
{
	table_id small = 0;
	enum rc rc;

	(void)((rc = txn_table(&t->meta, txn, "meta", e)) || (rc = txn_table(&t->docs, txn, "docs", e)) ||
	    (rc = txn_table(&t->texts, txn, "texts", e)) ||
	    (rc = txn_table(&t->files, txn, "files", e)) || (rc = segment_tables_open(&t->large, txn, e)) ||
	    (rc = txn_table(&small, txn, NULL, e)));
	t->small = (struct segment_tables){ small, small, small, small, small, small, small };
	t->large.dead = small;
	return rc;
}

const struct segment_tables *tables_for(const struct tables *t, uint32_t n)
{
	return n > SMALL ? &t->large : &t->small;
}

/* ---- snapshots ---- */

enum rc index_dict(struct index *ix, struct txn *txn, table_id meta, struct err *e)
{
	struct str dict = STR_NONE;
	enum rc rc;

	if (ix->zpack)
		return RC_OK;
	rc = sealed_get(&dict, txn, meta, STR("dict"), e);
	if (rc && rc != RC_NOTFOUND)
		return rc;
	buf_clear(&ix->dict);
	if (!rc)
		buf_str_add(&ix->dict, dict);
	return zpack_open(&ix->zpack, buf_str(&ix->dict), e);
}

enum rc snap_open(struct snap **out, struct index *ix, struct err *e)
{
	struct snap *s;
	enum rc rc;
	size_t i;

	if (!ix->store)				/* it could not be opened again: see index_damaged */
		return err_set(e, RC_CORRUPT, "%s: cannot be read; 'colep index --rebuild' makes it anew", ix->path);
	s = xmalloc(sizeof *s);
	*s = (struct snap){ .ix = ix };
	s->t = ix->t;
	if ((rc = txn_begin(&s->txn, ix->store, false, e)) || (rc = stamp_get(&s->stamp, &s->a, s->txn, &s->t, e)))
		goto out;
	s->segments = arena_array(&s->a, s->stamp.nsegments, sizeof *s->segments);
	for (i = 0; i < s->stamp.nsegments && !rc; i++)
		rc = segment_open(&s->segments[i], &s->a, s->txn, tables_for(&s->t, s->stamp.segments[i].n), &s->stamp.segments[i], ix->seen, e);
out:
	if (rc) {
		if (rc == RC_NOTFOUND)
			rc = err_set(e, RC_CORRUPT, "%s: incomplete; 'colep index --rebuild' makes it anew", ix->path);
		(void)snap_result(s, rc);
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
	zpack_close(s->zpack);
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

enum rc index_repo(struct repo **r, struct index *ix, struct err *e)
{
	enum rc rc = ix->repo ? RC_OK : repo_open(&ix->repo, ix->node->dir, e);

	*r = ix->repo;
	return rc;
}

struct stems *index_stems(struct index *ix)
{
	if (!ix->stems)
		ix->stems = stems_open();
	return ix->stems;
}

static enum rc get_whole(struct record *r, struct snap *s, struct arena *a, struct str id, struct err *e)
{
	enum rc rc = docs_get(r, a, s->txn, &s->t, id, e);

	return rc ? rc : docs_inherit(r, a, s->txn, &s->t, e);
}

enum rc snap_by_id(struct record *r, struct snap *s, struct arena *a, struct str id, struct err *e)
{
	enum rc rc = get_whole(r, s, a, id, e);

	return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "index: document %.*s is missing", FMT_STR(id)) : rc;
}

enum rc snap_result(struct snap *s, enum rc rc)
{
	if (rc == RC_CORRUPT)
		s->ix->damaged = true;
	return rc;
}

static enum rc load_ids(struct snap *s, struct err *e)
{
	struct store_iter it;
	bool rising = true;
	struct str k, v;
	enum iter more;
	size_t cap = 0;
	enum rc rc;

	if (s->by_id)
		return RC_OK;
	if ((rc = store_iter_open(&it, s->txn, s->t.docs, STR_NONE, e)))
		return rc;
	while ((more = store_iter_next(&it, &k, &v, e)) == ITER_ITEM) {
		rising &= !s->nids || str_cmp(s->by_id[s->nids - 1], k) < 0;	/* one that changed into another's is found as that */
		if (s->nids == cap)
			s->by_id = arena_grow(&s->a, s->by_id, &cap, sizeof *s->by_id);
		s->by_id[s->nids++] = k;
	}
	store_iter_close(&it);
	if (more == ITER_ERROR)
		return e->rc;
	if (s->nids != s->stamp.documents || !rising)
		return err_set(e, RC_CORRUPT, "index: its list of ids is damaged; 'colep index --rebuild' makes it anew");
	return RC_OK;
}

enum rc snap_twin(struct snap **out, struct snap *s, struct err *e)
{
	struct snap *twin = xmalloc(sizeof *twin);
	enum rc rc;

	*twin = (struct snap){ .ix = s->ix, .t = s->ix->t };
	if ((rc = load_ids(s, e)) || (rc = index_dict(s->ix, s->txn, s->t.meta, e)) ||
	    (rc = zpack_open(&twin->zpack, buf_str(&s->ix->dict), e)) || (rc = txn_begin(&twin->txn, s->ix->store, false, e)) ||
	    (rc = stamp_get(&twin->stamp, &twin->a, twin->txn, &twin->t, e)))
		goto out;
	if (!oid_eq(&twin->stamp.commit, &s->stamp.commit))
		rc = err_set(e, RC_CONFLICT, "%s: there is a later state", s->ix->path);
	twin->by_id = s->by_id;
	twin->nids = s->nids;
out:
	if (rc)
		snap_close(twin);
	else
		*out = twin;
	return rc;
}

enum rc snap_record(struct record *r, struct snap *s, size_t i, struct err *e)
{
	enum rc rc = load_ids(s, e);

	return snap_result(s, rc ? rc : snap_by_id(r, s, &s->a, s->by_id[i], e));
}

enum rc snap_own(struct record *r, struct snap *s, size_t i, struct err *e)
{
	enum rc rc = load_ids(s, e);

	return snap_result(s, rc ? rc : docs_get(r, &s->a, s->txn, &s->t, s->by_id[i], e));
}

enum rc snap_find(struct record *r, struct snap *s, struct str id, struct err *e)
{
	return snap_result(s, get_whole(r, s, &s->a, arena_str(&s->a, id), e));	/* which the record goes on to borrow */
}

enum rc snap_text(struct buf *b, struct snap *s, const struct record *r, struct err *e)
{
	enum rc rc = index_dict(s->ix, s->txn, s->t.meta, e);

	if (!rc && (rc = docs_text(b, s->zpack ? s->zpack : s->ix->zpack, s->txn, &s->t, r->doc, e)) == RC_NOTFOUND)
		rc = err_set(e, RC_CORRUPT, "index: the text of %.*s is missing", FMT_STR(r->id));
	return snap_result(s, rc);
}

void snap_rest(struct snap *s)
{
	txn_rest(s->txn);
}

enum rc snap_file(struct buf *b, struct snap *s, struct str path, struct err *e)
{
	struct str v;
	enum rc rc = sealed_get(&v, s->txn, s->t.files, path, e);

	if (!rc)
		buf_str_add(b, v);
	return snap_result(s, rc);
}

/* Default tables, replaced by those of the files table. */
static enum rc files_vocab(struct vocab *v, struct arena *a, struct txn *txn, table_id files, struct err *e)
{
	const struct str front = STR("vocab/"), back = STR(".md");
	struct store_iter it;
	struct err odd = ERR_INIT;
	struct str k, value;
	bool right = true;
	enum iter more;
	enum rc rc;

	vocab_default(v, a);
	if ((rc = store_iter_open(&it, txn, files, front, e)))
		return rc;
	while ((more = store_iter_next(&it, &k, &value, e)) == ITER_ITEM && str_starts(k, front) && (right = sealed(&value, k)))
		if (str_ends(k, back) && str_utf8_bad(value) == value.n &&
		    vocab_read(v, a, str_sub(k, front.n, k.n - back.n), value, &odd))
			odd.rc = RC_OK;		/* no table in it: the default holds */
	store_iter_close(&it);
	if (!right)
		return err_set(e, RC_CORRUPT, "index: a vocabulary in it is damaged; 'colep index --rebuild' makes it anew");
	return more == ITER_ERROR ? e->rc : RC_OK;
}

enum rc index_vocab(const struct vocab **v, struct index *ix, struct txn *txn, table_id files, struct err *e)
{
	struct vocab *got;
	enum rc rc;

	if (!ix->vocab) {
		got = arena_alloc(&ix->vocab_a, sizeof *got);
		if ((rc = files_vocab(got, &ix->vocab_a, txn, files, e))) {
			arena_free(&ix->vocab_a);
			return rc;
		}
		ix->vocab = got;
	}
	*v = ix->vocab;
	return RC_OK;
}

enum rc snap_vocab(const struct vocab **v, struct snap *s, struct err *e)
{
	return snap_result(s, index_vocab(v, s->ix, s->txn, s->t.files, e));
}

/* ---- opening ---- */

static void shut(struct index *ix)
{
	if (ix->damaged)
		sum_forget(ix->path);
	ix->damaged = false;
	store_close(ix->store);
	ix->store = NULL;
	seen_close(ix->seen);
	ix->seen = NULL;
	passings_close(ix->passings);
	ix->passings = NULL;
	sum_free(&ix->sum);
	arena_free(&ix->vocab_a);
	ix->vocab = NULL;
	zpack_close(ix->zpack);
	ix->zpack = NULL;
}

/* Is what is open for writing the file that stands at its path? It may be damaged, or another one made anew. */
static bool still_there(const struct index *ix)
{
	return ix->store && ix->write && !ix->damaged && store_is(ix->store, ix->path);
}

/* Is it of that commit, and can all that a search begins with be read? */
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

/* The same of its stamp alone: of an index that was read before. */
static bool stands_at(struct index *ix, const struct oid *commit)
{
	struct arena a = ARENA_INIT;
	struct err odd = ERR_INIT;
	struct txn *t = NULL;
	struct tables tables = ix->t;
	struct stamp st;
	bool is = !txn_begin(&t, ix->store, false, &odd) && !stamp_get(&st, &a, t, &tables, &odd) && oid_eq(&st.commit, commit);

	txn_abort(&t);
	arena_free(&a);
	return is;
}

/* The tables, for as long as the store is open: a transaction that is not committed keeps none. */
static enum rc know_tables(struct index *ix, struct err *e)
{
	struct txn *t = NULL;
	enum rc rc;

	(void)((rc = txn_begin(&t, ix->store, false, e)) || (rc = tables_open(&ix->t, t, e)) || (rc = txn_commit(&t, e)));
	txn_abort(&t);
	return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "%s: incomplete; 'colep index --rebuild' makes it anew", ix->path) : rc;
}

/* RC_CORRUPT: there is none, or it is not as it was left. */
static enum rc open_store(struct index *ix, bool write, struct err *e)
{
	struct lock swap = LOCK_INIT;
	enum rc rc;

	if (write && still_there(ix) && sum_stands(&ix->sum, ix->path))
		return RC_OK;		/* others may have written meanwhile, which LMDB tells */
	lock_share(&swap, ix->swap);
	shut(ix);
	if (!sum_right(ix->path))
		rc = err_set(e, RC_CORRUPT, "%s: damaged, or its writer was stopped", ix->path);
	else if (!(rc = store_open(&ix->store, ix->path, (size_t)ix->map, write, e)) && !(rc = know_tables(ix, e)))
		ix->seen = seen_open();
	if (rc) {				/* a store whose tables are not known is none */
		store_close(ix->store);
		ix->store = NULL;
	}
	lock_close(&swap);
	ix->write = write;
	return rc == RC_NOTFOUND ? RC_CORRUPT : rc;
}

/* Of an index of another schema or analysis: has no program written it for so long that none will? It may be gone. */
static bool unused(const char *path)
{
	struct stat st;

	return lstat(path, &st) || time(NULL) - st.st_mtime > UNUSED;
}

/* Remove what is left of an index that was being made, (all) this one, and those of other programs that none uses any more:
 * where two versions of the program work on a node, neither makes the other's anew. What stands beside an index goes with it. */
static void sweep(struct index *ix, bool all)
{
	const struct str mine = cstr(strrchr(ix->path, '/') + 1), end = STR(".mdb");
	struct arena a = ARENA_INIT;
	struct err odd = ERR_INIT;
	char **names;
	size_t n, i, at;

	if (dir_list(&names, &n, &a, ix->node->cache, &odd))
		n = 0;				/* what cannot be removed stays */
	for (i = 0; i < n; i++) {
		const struct str name = cstr(names[i]);
		struct str of, rest;

		if (!str_starts(name, STR("index-")) || (at = str_find(name, end)) == SIZE_MAX)
			continue;
		of = str_sub(name, 0, at + end.n);
		rest = str_sub(name, of.n, name.n);
		if (str_eq(of, mine) ? all || (rest.n && !str_is(rest, "-lock") && !str_is(rest, "-sum")) :
		    unused(path_join(&a, ix->node->cache, arena_cstr(&a, of))))
			unlink(path_join(&a, ix->node->cache, names[i]));
	}
	arena_free(&a);
}

/* On a full disk: what may go to make room. */
static enum rc tell_other(struct index *ix, enum rc rc, struct err *e)
{
	const char *failed = arena_cstr(&ix->a, cstr(e->msg)), *mine = strrchr(ix->path, '/') + 1;
	struct err odd = ERR_INIT;
	char **names;
	size_t n, i;

	if (rc != RC_IO || !strcasestr(failed, "no space left") || dir_list(&names, &n, &ix->a, ix->node->cache, &odd))
		return rc;
	for (i = 0; i < n; i++)
		if (str_starts(cstr(names[i]), STR("index-")) && str_ends(cstr(names[i]), STR(".mdb")) && strcmp(names[i], mine) != 0)
			return err_set(e, rc, "%s; %s/%s is of another version of the program: where none uses it any more, remove it", failed,
			    ix->node->cache, names[i]);
	return rc;
}

/* A new file in the place of what is there; right: what is there is in order. */
static enum rc rebuild_index(struct index *ix, bool right, const struct oid *commit, const struct progress *p, struct err *e)
{
	const char *new = arena_printf(&ix->a, "%s-new", ix->path), *lock = arena_printf(&ix->a, "%s-lock", ix->path);
	struct lock swap = LOCK_INIT;
	struct err odd = ERR_INIT;
	struct txn *txn = NULL;
	enum rc rc;

	zpack_close(ix->zpack);
	ix->zpack = NULL;
	buf_clear(&ix->dict);
	if (ix->store && (txn_begin(&txn, ix->store, false, &odd) || index_dict(ix, txn, ix->t.meta, &odd)))
		buf_clear(&ix->dict);	/* one is trained */
	txn_abort(&txn);
	shut(ix);
	sweep(ix, !right);
	if ((rc = update_build(ix, new, commit, p, e)))
		return tell_other(ix, rc, e);
	if ((rc = lock_open(&swap, ix->swap, 60, e)))
		goto out;
	if (rename(new, ix->path) || rename(arena_printf(&ix->a, "%s-lock", new), lock) ||
	    rename(arena_printf(&ix->a, "%s-sum", new), arena_printf(&ix->a, "%s-sum", ix->path)))
		rc = err_errno(e, "%s", ix->path);
	else
		rc = sum_write(&ix->sum, ix->path, e);
out:
	lock_close(&swap);
	store_remove(new);
	sum_forget(new);
	return rc ? rc : open_store(ix, true, e);
}

/* How the file stands after a commit, or after what came to nothing: then the old state does, though pages of it that are
 * free may have changed. */
static enum rc sum_after(struct index *ix, enum rc rc, struct err *e)
{
	struct err odd = ERR_INIT;

	if (!rc)
		return sum_write(&ix->sum, ix->path, e);
	if (rc != RC_CORRUPT && sum_write(&ix->sum, ix->path, &odd))
		odd.rc = RC_OK;
	return rc;
}

static enum rc write_index(struct index *ix, const struct oid *commit, bool rebuild, const struct progress *p,
    const char **why, struct err *e)
{
	struct lock lock = LOCK_INIT;
	bool all = rebuild, right = true;
	enum rc rc;

	if ((rc = lock_open(&lock, ix->lock, 60, e)))
		return rc;
	if ((rc = open_store(ix, true, e)) == RC_CORRUPT) {
		*why = file_exists(ix->path) ? "it was damaged, or its writer was stopped" : "there was none";
	} else if (!rc && !rebuild) {
		if (stands_at(ix, commit))
			goto out;		/* somebody else did it meanwhile */
		if (!(rc = sum_before(&ix->sum, ix->store, ix->path, e)))
			rc = update_forward(&all, why, ix, commit, p, e);
		if (rc || !all)
			rc = sum_after(ix, rc, e);
		if (rc == RC_CORRUPT)
			*why = "it was damaged";
	}
	ix->untidy |= !rc && !all;
	if (!rc && !all && !ix->swept) {
		sweep(ix, false);
		ix->swept = true;
	}
	right = rc != RC_CORRUPT;
	if (!right || (!rc && all)) {
		if (rebuild)
			*why = "as asked";
		rc = rebuild_index(ix, right, commit, p, e);
	}
out:
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
	bool is = false;
	enum rc rc;
	int waits;

	*ix = (struct index){ .node = n, .sum = SUM_INIT };
	if (stale)
		*stale = false;
	ix->path = arena_printf(&ix->a, "%s/index-%d.%d.mdb", n->cache, SCHEMA, TEXT_VERSION);
	ix->lock = path_join(&ix->a, n->cache, "index.lock");
	ix->swap = path_join(&ix->a, n->cache, "index.swap");
	if ((rc = node_main(&commit, n, e))) {
		if (rc == RC_NOTFOUND)
			rc = RC_IO;	/* no answer, but a node without a commit */
		goto out;
	}
	if ((rc = map_size(ix, e)))
		goto out;
	if (!rebuild) {
		if (!(rc = open_store(ix, false, e)))
			rc = current(&is, ix, &commit, e);
		if (!rc && is)
			goto out;
	}
	if ((rc = write_index(ix, &commit, rebuild, p, &why, e)) == RC_IO && !rebuild && stale) {
		struct err again = ERR_INIT;

		shut(ix);		/* a disk that takes nothing: what is there may still answer */
		for (waits = 0; (rc = open_store(ix, false, &again)) == RC_CORRUPT && waits < 20; waits++)
			nanosleep(&pause, NULL);	/* its owner may be writing */
		if (!rc && current(&is, ix, &commit, &again) == RC_OK) {
			*stale = !is;
			rc = RC_OK;
		} else {
			rc = e->rc;
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

bool index_damaged(const struct index *ix)
{
	return ix->damaged || !ix->store;
}

enum rc index_refresh(struct index *ix, const struct progress *p, struct err *e)
{
	const char *why = NULL;
	struct oid commit;
	enum rc rc;

	if ((rc = node_main(&commit, ix->node, e)))
		return rc;
	if (!index_damaged(ix) && stands_at(ix, &commit))
		return RC_OK;
	return write_index(ix, &commit, false, p, &why, e);
}

enum rc index_tidy(struct index *ix, struct err *e)
{
	struct lock lock = LOCK_INIT;
	struct err odd = ERR_INIT;
	enum rc rc;

	if (!ix->untidy || ix->damaged || lock_open(&lock, ix->lock, 0, &odd))
		return RC_OK;
	ix->untidy = false;
	if (!(rc = open_store(ix, true, e))) {
		if (!(rc = sum_before(&ix->sum, ix->store, ix->path, e)))
			rc = update_tidy(ix, e);
		rc = sum_after(ix, rc, e);
		if (rc == RC_CORRUPT)
			ix->damaged = true;
	}
	lock_close(&lock);
	return rc;
}

void index_close(struct index *ix)
{
	if (!ix)
		return;
	shut(ix);
	stems_close(ix->stems);
	stems_close(ix->replacing);
	repo_close(ix->repo);
	evaluator_close(ix->evaluator);
	buf_free(&ix->dict);
	arena_free(&ix->a);
	free(ix);
}
