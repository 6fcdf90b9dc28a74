/* kb/index/update.c: how the index comes to a new main: made from nothing, or brought forward.
 *
 * From nothing, it is written as a new file, which takes the old one's place when all of it is on the disk; a reader
 * that has the old one open keeps it. Documents are read, cut into words and packed by several threads, a batch at a
 * time, and put down by one, in order of id; so the result is the same for any number of threads. When words take RUN
 * bytes of memory, they are written as a segment into a file beside it, and all those are merged in the end, read side by
 * side: what grows with the documents is some 250 bytes of each.
 *
 * Forward, it is a transaction in place: the tree diff says which documents go (they are marked dead, and what is
 * counted of them is taken off) and which come (they make a new segment, in order of id). A translation is filed
 * under its original's facets, so it goes and comes when that one changes.
 *
 * Segments that updates left become one, the smaller ones, when there are MERGE_AT of a size, or one that is half dead: by
 * whoever has the time, in a transaction of its own (update_tidy). Where nobody had, an update does it before it begins, in
 * the same transaction, when there are MERGE_NOW: so it waits for the disk once. A few documents that are replaced are put
 * aside (docs.c), and in their place when there are ASIDE times as many; so are the places of what they were, which are dead. */
#include "kb/index/parts.h"

#include <pthread.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kb/base/file.h"
#include "kb/doc/doc.h"
#include "kb/gate/git.h"
#include "kb/index/build.h"
#include "kb/index/columns.h"
#include "kb/index/pack.h"
#include "kb/index/sealed.h"
#include "kb/limits.h"

enum { BATCH = 32, THREADS_MAX = 4, MERGE_AT = 4, MERGE_NOW = 2 * MERGE_AT, ASIDE = 4, TURN = 64 << 20 };
#define RUN ((size_t)384 << 20)		/* bytes of words that are held in memory, as they are there */
#define FILE_MAX ((size_t)16 << 20)	/* bytes of a roster or vocabulary file */

struct item {				/* a document that comes, goes, or both */
	struct change c;		/* path and ids */
	struct str id;
	uint32_t was;			/* the ordinal of the version that goes; NONE: there was none */
};
#define NONE UINT32_MAX
struct writer {
	struct index *ix;
	struct repo *repo;
	struct store *store;		/* what is written to; the index's own or a new one */
	struct txn *txn;
	struct tables t;
	struct tables before;		/* as they stood when the update began */
	struct stamp st;
	struct arena a;			/* of the whole update */
	const struct vocab *vocab;
	const struct progress *progress;
	struct timing time;
	uint64_t beside;		/* of a thread that writes beside the first */
	struct item *items;		/* in order of id */
	size_t n, cap;
	struct change *files;		/* roster and vocabularies */
	size_t nfiles, files_cap;
	size_t waiting;			/* bytes put down since the last commit of a new file */
	struct buf row;			/* the value being put down */

	/* the segment in work */
	struct builder *builders[THREADS_MAX];
	size_t nbuilders;
	struct columns_out *columns;
	struct forms *forms;		/* its words, less those of documents that went */
	size_t left;			/* how many went */
	uint32_t first;			/* the first segment that this update may write */
	bool quick;			/* so few documents, one batch, that what is replaced is put aside */
	struct seen *seen;		/* of these: they may come to nothing */
	uint32_t *places;		/* by item */

	/* segments of a new file that are to be merged */
	struct store *runs;
	struct txn *runs_txn;
	struct segment_tables runs_t;
	struct segment_info *run_infos;
	size_t nruns, runs_cap;
	const char *runs_path;
};

static uint64_t clock_of(const struct writer *w)
{
	return w->progress && w->progress->clock ? w->progress->clock() : 0;
}

static uint64_t passed_of(const struct writer *w)
{
	return w->progress && w->progress->passed ? w->progress->passed() : 0;
}

/* ---- what changed ---- */

static bool is_file(struct str path)		/* roster/ and vocab/, one level */
{
	return (str_starts(path, STR("roster/")) || str_starts(path, STR("vocab/"))) && path.n <= LIMIT_PATH;
}

/* Path and id live in the writer's arena. */
static void add_item(struct writer *w, const struct change *c, struct str id)
{
	if (w->n == w->cap) {
		w->cap = w->cap ? 2 * w->cap : 64;
		w->items = xrealloc(w->items, w->cap * sizeof *w->items);
	}
	w->items[w->n++] = (struct item){ *c, id, NONE };
}

static enum rc collect(void *ctx, const struct change *c, struct err *e)
{
	struct writer *w = ctx;
	struct change kept = *c;
	struct doc_path p;

	(void)e;
	kept.path = arena_str(&w->a, c->path);
	if (is_file(c->path)) {
		if (w->nfiles == w->files_cap)
			w->files = arena_grow(&w->a, w->files, &w->files_cap, sizeof *w->files);
		w->files[w->nfiles++] = kept;
	} else if (doc_path_parse(&p, kept.path, NULL)) {
		add_item(w, &kept, p.name);
	}
	return RC_OK;			/* all else is nothing of the view */
}

static int by_id(const void *x, const void *y)
{
	const struct item *a = x, *b = y;
	int k = str_cmp(a->id, b->id);

	return k ? k : str_cmp(a->c.path, b->c.path);
}

static void sort_items(struct writer *w)
{
	if (w->n)
		qsort(w->items, w->n, sizeof *w->items, by_id);
}

static bool regular(const struct change *c)
{
	return !oid_is_none(&c->new) && (c->mode & 0170000) == 0100000;
}

static enum rc put_files(struct writer *w, struct err *e)
{
	struct buf text = BUF_INIT;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < w->nfiles && !rc; i++) {
		const struct change *c = &w->files[i];

		buf_clear(&text);
		if (regular(c)) {
			rc = repo_read(&text, w->repo, &c->new, OBJECT_BLOB, FILE_MAX, e);
			if (rc == RC_INVALID)
				rc = RC_OK;
			else if (!rc)
				rc = sealed_put(w->txn, w->t.files, c->path, &text, e);
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
		if (!regular(&w->items[i].c))
			continue;
		buf_clear(&one);
		rc = repo_read(&one, w->repo, &w->items[i].c.new, OBJECT_BLOB, LIMIT_VIEW, e);
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
	buf_free(&w->ix->dict);
	w->ix->dict = dict;
	buf_free(&texts);
	buf_free(&one);
	return rc;
}

/* ---- documents, by several threads ---- */

struct made {				/* of one item; bytes live in its batch's arena */
	bool document;
	struct str record, text;	/* text: as it is put down */
	uint32_t length;
	unsigned stemmer, was_stemmer;	/* was_stemmer: of the version that goes */
};
struct batch {
	struct arena a;
	struct made made[BATCH];
	bool done;
	enum rc rc;
	struct err e;
};
struct maker {				/* what one thread has of its own; but the first one has the index's */
	const struct writer *w;
	struct repo *repo;
	struct stems *stems;
	struct zpack *zpack;
	struct builder *b;
	struct txn *before;		/* the old versions, as they stood when the update began; NULL: there are none */
	struct buf text, was, plain[2], bytes;
	struct arena a;
	struct timing time;
	size_t held;			/* bytes of its builder, after its last batch */
	unsigned number;
};

static void add_word(void *ctx, struct str word, unsigned lang, unsigned weight, bool running, enum fate fate)
{
	struct maker *m = ctx;

	builder_word(m->b, m->stems, word, lang, weight, running, fate);
}

static enum rc maker_open(struct maker *m, const struct writer *w, struct builder *b, unsigned number, struct err *e)
{
	enum rc rc;

	*m = (struct maker){ .w = w, .b = b, .number = number };
	if (w->left && (rc = txn_begin(&m->before, w->store, false, e)))
		return rc;
	if (w->quick && w->ix->replaced && !w->ix->replacing)
		w->ix->replacing = stems_open_large();
	w->ix->replaced |= w->quick;
	m->stems = w->quick && w->ix->replacing ? w->ix->replacing : stems_open_once();	/* of one update, the builder remembers all words */
	if (!number) {
		m->repo = w->repo;
		rc = w->ix->zpack ? RC_OK : zpack_open(&w->ix->zpack, buf_str(&w->ix->dict), e);
		m->zpack = w->ix->zpack;
		return rc;
	}
	if ((rc = repo_open(&m->repo, w->ix->node->dir, e)))
		return rc;
	return zpack_open(&m->zpack, buf_str(&w->ix->dict), e);
}

static void maker_close(struct maker *m)
{
	if (m->number) {
		repo_close(m->repo);
		zpack_close(m->zpack);
	}
	if (m->stems != m->w->ix->replacing)
		stems_close(m->stems);
	txn_abort(&m->before);
	buf_free(&m->text);
	buf_free(&m->was);
	buf_free(&m->plain[0]);
	buf_free(&m->plain[1]);
	buf_free(&m->bytes);
	arena_free(&m->a);
}

/* The version of a document that goes. */
static enum rc read_old(struct record *r, struct maker *m, const struct item *it, struct err *e)
{
	enum rc rc;

	buf_clear(&m->was);
	if (!(rc = docs_get(r, &m->a, m->before, &m->w->before, it->id, e)))
		rc = docs_text(&m->was, m->zpack, m->before, &m->w->before, it->was, e);
	return rc == RC_NOTFOUND ? err_set(e, RC_CORRUPT, "index: a document is missing") : rc;
}

static bool put_aside(const struct writer *w, const struct item *it)
{
	return w->quick && it->was != NONE;
}

static enum rc make_one(struct made *d, struct arena *a, struct maker *m, size_t i, struct err *e)
{
	const struct item *it = &m->w->items[i];
	uint64_t t0 = clock_of(m->w), t1, t2, began;
	struct record r, old;
	struct version now, was;
	enum rc rc;

	*d = (struct made){ .document = false };
	buf_clear(&m->text);
	arena_reset(&m->a);
	rc = regular(&it->c) ? repo_read(&m->text, m->repo, &it->c.new, OBJECT_BLOB, LIMIT_VIEW, e) : RC_INVALID;
	if (rc && rc != RC_INVALID)		/* that: larger than a document may be, so not one */
		return rc;
	d->document = !rc;
	if (it->was != NONE) {
		if ((rc = read_old(&old, m, it, e)))
			return rc;
		was = (struct version){ &old, buf_str(&m->was), record_stemmer(&old, buf_str(&m->was)) };
		d->was_stemmer = was.stemmer % LANGS;
	}
	t1 = clock_of(m->w);
	began = passed_of(m->w);
	m->time.read += t1 - t0;
	if (d->document && (d->document = record_make(&r, &m->a, it->c.path, buf_str(&m->text), &it->c.new))) {
		now = (struct version){ &r, buf_str(&m->text), record_stemmer(&r, buf_str(&m->text)) };
		d->stemmer = now.stemmer % LANGS;
	}
	builder_document(m->b, (uint32_t)i);
	record_words(m->plain, d->document ? &now : NULL, it->was != NONE ? &was : NULL, m->w->vocab, add_word, m);
	d->length = builder_end(m->b);
	if (!d->document)
		return RC_OK;
	buf_clear(&m->bytes);
	record_encode(&m->bytes, &r);
	d->record = arena_str(a, buf_str(&m->bytes));
	t2 = clock_of(m->w);
	m->time.analyse += t2 - t1;
	m->time.analysing += passed_of(m->w) - began;
	buf_clear(&m->bytes);
	if (put_aside(m->w, it))
		buf_str_add(&m->bytes, buf_str(&m->text));
	else if ((rc = zpack_encode(&m->bytes, m->zpack, buf_str(&m->text), e)))
		return rc;
	d->text = arena_str(a, buf_str(&m->bytes));
	m->time.texts += clock_of(m->w) - t2;
	return RC_OK;
}

static void make_batch(struct batch *b, struct maker *m, size_t from, size_t to)
{
	size_t i;

	arena_reset(&b->a);
	b->rc = RC_OK;
	for (i = from; i < to && !b->rc; i++)
		b->rc = make_one(&b->made[i - from], &b->a, m, i, &b->e);
}

/* What is put down goes through one thread, in order. */
static enum rc turn(void *ctx, struct err *e)
{
	struct writer *w = ctx;
	enum rc rc;

	if ((rc = txn_commit(&w->txn, e)))
		return rc;
	return txn_begin(&w->txn, w->store, true, e);
}

/* The documents that stand aside from now on: with this one, or without it. */
static void set_aside(struct writer *w, uint32_t ordinal, bool aside)
{
	struct aside_at *all;
	size_t i, n = w->st.naside;

	if (docs_aside(&i, &w->t, ordinal) == aside)
		return;
	all = arena_array(&w->a, n + 1, sizeof *all);
	if (i)
		memcpy(all, w->st.aside, i * sizeof *all);
	if (aside)
		all[i] = (struct aside_at){ ordinal, w->st.next_segment };
	if (aside ? i < n : i + 1 < n)
		memcpy(all + i + aside, w->st.aside + i + !aside, (n - i - !aside) * sizeof *all);
	w->t.aside = w->st.aside = all;
	w->t.naside = w->st.naside = aside ? n + 1 : n - 1;
}

static enum rc take_one(struct writer *w, uint32_t ordinal, struct str id, struct err *e)
{
	enum rc rc = docs_take(w->txn, &w->t, ordinal, id, e);

	set_aside(w, ordinal, false);
	return rc;
}

static enum rc put_one(struct writer *w, size_t i, const struct made *d, bool fresh, struct err *e)
{
	const uint32_t was = w->items[i].was, ordinal = was == NONE ? w->st.next : was;
	const struct str id = w->items[i].id;
	uint8_t norm = norm_of(d->length);
	const struct doc_row row = { ordinal, id, d->record, d->text };
	const enum doc_place where = fresh ? DOC_LAST : was == NONE ? DOC_NEW : put_aside(w, &w->items[i]) ? DOC_ASIDE : DOC_HERE;
	struct arena a = ARENA_INIT;
	struct record r;
	enum rc rc = RC_OK;

	w->places[i] = columns_count(w->columns);
	if (was != NONE)
		w->st.langs[d->was_stemmer]--;
	if (!d->document)
		return was == NONE ? RC_OK : take_one(w, was, id, e);
	if (ordinal == NONE - 1 || w->st.next_segment == SEGMENTS_MAX)
		return err_set(e, RC_CORRUPT, "index: its numbers are used up; 'colep index --rebuild' makes it anew");
	if (where == DOC_ASIDE)
		set_aside(w, ordinal, true);
	if ((rc = docs_put(&w->row, w->txn, &w->t, &row, where, e)) ||
	    (rc = record_decode(&r, &a, id, d->record, e)) || (rc = docs_inherit(&r, &a, w->txn, &w->t, e)))
		goto out;
	if (where == DOC_HERE)
		set_aside(w, ordinal, false);
	columns_add(w->columns, &r, ordinal, norm);
	w->st.next += was == NONE;
	w->st.documents++;
	w->st.length += norm_length(norm);
	w->st.langs[d->stemmer]++;
	w->waiting += d->record.n + d->text.n + 64;
	if (fresh && w->waiting > TURN) {
		w->waiting = 0;
		rc = turn(w, e);
	}
out:
	arena_free(&a);
	return rc;
}

struct crew {				/* threads and the batches between them; all below lock */
	struct writer *w;
	struct maker makers[THREADS_MAX];
	pthread_t threads[THREADS_MAX];
	size_t n;
	pthread_mutex_t lock;
	pthread_cond_t turn;
	struct batch *ring;
	size_t nring, nbatches;
	size_t next, taken;		/* the batch to make next; batches put down */
	bool hold, stop;		/* hand out no more: for now, for ever */
};

static void *work(void *ctx)
{
	struct maker *m = ctx;
	struct crew *c = (struct crew *)(void *)((char *)m - offsetof(struct crew, makers) - (size_t)m->number * sizeof *m);
	size_t i, from, to;

	pthread_mutex_lock(&c->lock);
	for (;;) {
		while (!c->stop && (c->hold || c->next == c->taken + c->nring) && c->next < c->nbatches)
			pthread_cond_wait(&c->turn, &c->lock);
		if (c->stop || c->next == c->nbatches)
			break;
		i = c->next++;
		pthread_mutex_unlock(&c->lock);
		from = i * BATCH;
		to = from + BATCH < c->w->n ? from + BATCH : c->w->n;
		make_batch(&c->ring[i % c->nring], m, from, to);
		pthread_mutex_lock(&c->lock);
		m->held = builder_bytes(m->b);
		c->ring[i % c->nring].done = true;
		pthread_cond_broadcast(&c->turn);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

static enum rc end_run(struct writer *w, struct err *e);

/* All items, in order. A new file ends a run now and then, when no thread is at work. */
static enum rc put_items(struct writer *w, bool fresh, struct err *e)
{
	size_t want = w->n <= 8 * BATCH ? 1 : w->progress && w->progress->threads ? w->progress->threads :
	    (size_t)sysconf(_SC_NPROCESSORS_ONLN), i, k, j, held;
	struct crew *c = xmalloc(sizeof *c);
	enum rc rc = RC_OK;

	*c = (struct crew){ .w = w, .nbatches = (w->n + BATCH - 1) / BATCH, .nring = 1 };
	c->n = want > THREADS_MAX ? THREADS_MAX : want ? want : 1;
	if (c->n > 1)
		c->nring = 4 * c->n;
	c->ring = xmalloc(c->nring * sizeof *c->ring);
	for (i = 0; i < c->nring; i++)
		c->ring[i] = (struct batch){ .e = ERR_INIT };
	pthread_mutex_init(&c->lock, NULL);
	pthread_cond_init(&c->turn, NULL);
	for (k = 0; k < c->n && !rc; k++) {
		if (k == w->nbuilders)
			w->builders[w->nbuilders++] = builder_open();
		rc = maker_open(&c->makers[k], w, w->builders[k], (unsigned)k, e);
	}
	for (k = 0; c->n > 1 && k < c->n && !rc; k++)
		if (pthread_create(&c->threads[k], NULL, work, &c->makers[k])) {
			rc = err_set(e, RC_IO, "no thread can be started");
			break;
		}
	j = c->n > 1 ? k : 0;			/* threads that run */
	for (i = 0; i < c->nbatches && !rc; i++) {
		struct batch *b = &c->ring[i % c->nring];
		size_t from = i * BATCH, to = from + BATCH < w->n ? from + BATCH : w->n;
		uint64_t t0;
		bool quiet;

		if (w->progress && w->progress->fn)
			w->progress->fn(w->progress->ctx, from, w->n);
		if (c->n == 1) {
			make_batch(b, &c->makers[0], from, to);
			c->makers[0].held = builder_bytes(c->makers[0].b);
		} else {
			pthread_mutex_lock(&c->lock);
			while (!b->done)
				pthread_cond_wait(&c->turn, &c->lock);
			pthread_mutex_unlock(&c->lock);
		}
		t0 = clock_of(w);
		if ((rc = b->rc))
			*e = b->e;
		for (k = from; k < to && !rc; k++)
			rc = put_one(w, k, &b->made[k - from], fresh, e);
		w->time.put += clock_of(w) - t0;
		pthread_mutex_lock(&c->lock);
		b->done = false;
		c->taken++;
		for (k = held = 0; k < c->n; k++)
			held += c->makers[k].held;
		if (fresh && held > RUN)
			c->hold = true;
		quiet = c->hold && (c->n == 1 || c->taken == c->next);
		pthread_cond_broadcast(&c->turn);
		pthread_mutex_unlock(&c->lock);
		if (quiet && !rc) {
			rc = end_run(w, e);
			for (k = 0; k < c->n; k++) {
				c->makers[k].b = w->builders[k];
				c->makers[k].held = 0;
			}
			pthread_mutex_lock(&c->lock);
			c->hold = false;
			pthread_cond_broadcast(&c->turn);
			pthread_mutex_unlock(&c->lock);
		}
	}
	pthread_mutex_lock(&c->lock);
	c->stop = true;
	pthread_cond_broadcast(&c->turn);
	pthread_mutex_unlock(&c->lock);
	for (k = 0; k < j; k++)
		pthread_join(c->threads[k], NULL);
	for (k = 0; k < w->nbuilders; k++) {
		w->time.read += c->makers[k].time.read;
		w->time.analyse += c->makers[k].time.analyse;
		w->time.analysing += c->makers[k].time.analysing / c->n;
		w->time.texts += c->makers[k].time.texts;
		maker_close(&c->makers[k]);
	}
	for (i = 0; i < c->nring; i++)
		arena_free(&c->ring[i].a);
	pthread_cond_destroy(&c->turn);
	pthread_mutex_destroy(&c->lock);
	free(c->ring);
	free(c);
	return rc;
}

/* ---- segments ---- */

static void empty_run(struct writer *w)
{
	size_t k;

	for (k = 0; k < w->nbuilders; k++) {
		builder_close(w->builders[k]);
		w->builders[k] = builder_open();
	}
	columns_free(w->columns);
	w->columns = columns_create();
	forms_close(w->forms);
	w->forms = forms_open();
}

/* All words as they are spelled, in order. */
static void *collect_forms(void *ctx)
{
	struct writer *w = ctx;
	const uint64_t t0 = clock_of(w);
	size_t k;

	for (k = 0; k < w->nbuilders; k++)
		builder_forms(w->builders[k], w->forms);
	forms_settle(w->forms);
	w->beside = clock_of(w) - t0;
	return NULL;
}

/* What was collected becomes a segment of a store. Where threads collected it, one puts the words as they are spelled in
 * order while lists are written. */
static enum rc write_segment(struct segment_info *info, struct writer *w, struct txn **txn, const struct segment_tables *t,
    uint32_t id, turn_fn *fn, struct err *e)
{
	struct segment_out *o = segment_create(txn, t, id, columns_norms(w->columns), columns_count(w->columns), fn, w);
	pthread_t thread;
	const bool beside = w->nbuilders > 1 && !pthread_create(&thread, NULL, collect_forms, w);
	enum rc rc;

	builder_write(w->builders, w->nbuilders, o, w->places);
	rc = segment_finish(info, o, e);
	if (!rc)
		rc = columns_write(w->columns, *txn, t->columns, id, e);
	if (beside) {
		pthread_join(thread, NULL);
		w->time.write += w->beside;
	} else if (!rc) {
		(void)collect_forms(w);
	}
	return rc ? rc : forms_write(w->forms, *txn, t, id, e);
}

static enum rc turn_runs(void *ctx, struct err *e)
{
	struct writer *w = ctx;
	enum rc rc;

	if ((rc = txn_commit(&w->runs_txn, e)))
		return rc;
	return txn_begin(&w->runs_txn, w->runs, true, e);
}

/* The words in memory go to the file of runs. */
static enum rc end_run(struct writer *w, struct err *e)
{
	const uint64_t t0 = clock_of(w), began = passed_of(w);
	enum rc rc;

	if (!columns_count(w->columns)) {
		empty_run(w);
		return RC_OK;
	}
	if (!w->runs) {
		store_remove(w->runs_path);
		if ((rc = store_open(&w->runs, w->runs_path, (size_t)w->ix->map, true, e)) || (rc = store_durable(w->runs, false, e)))
			return rc;
	}
	if ((rc = txn_begin(&w->runs_txn, w->runs, true, e)) ||
	    (rc = segment_tables_open(&w->runs_t, w->runs_txn, e)))
		return rc;
	if (w->nruns == w->runs_cap)
		w->run_infos = arena_grow(&w->a, w->run_infos, &w->runs_cap, sizeof *w->run_infos);
	if ((rc = write_segment(&w->run_infos[w->nruns], w, &w->runs_txn, &w->runs_t, (uint32_t)w->nruns,
	    turn_runs, e)) ||
	    (rc = txn_commit(&w->runs_txn, e)))
		return rc;
	w->nruns++;
	empty_run(w);
	w->time.write += clock_of(w) - t0;
	w->time.writing += passed_of(w) - began;
	return RC_OK;
}

static void add_info(struct writer *w, const struct segment_info *info)
{
	struct segment_info *more = arena_array(&w->a, w->st.nsegments + 1, sizeof *more);

	if (w->st.nsegments)
		memcpy(more, w->st.segments, w->st.nsegments * sizeof *more);
	more[w->st.nsegments++] = *info;
	w->st.segments = more;
	w->st.next_segment = info->id + 1;
}

static enum rc write_merged(struct segment_info *info, struct writer *w, struct merge_source *from, size_t n, struct columns_out *columns,
    turn_fn *fn, struct err *e)
{
	const struct segment_tables *t = tables_for(&w->t, columns_count(columns));
	enum rc rc = merge_segments(info, from, n, &w->txn, t, w->st.next_segment, columns_norms(columns), columns_count(columns), fn, w, e);

	return rc ? rc : columns_write(columns, w->txn, t->columns, info->id, e);
}

/* All runs of a new file as its one segment. */
static enum rc merge_runs(struct writer *w, struct err *e)
{
	struct merge_source *from = arena_array(&w->a, w->nruns, sizeof *from);
	struct columns_out *columns = columns_create();
	struct seen *seen = seen_open();
	struct segment_info info;
	struct txn *txn = NULL;
	uint32_t place;
	size_t k;
	enum rc rc;

	if ((rc = txn_begin(&txn, w->runs, false, e)))
		goto out;
	for (k = 0; k < w->nruns && !rc; k++) {
		if ((rc = segment_open(&from[k].s, &w->a, txn, &w->runs_t, &w->run_infos[k], seen, e)))
			break;
		from[k].to = arena_array(&w->a, w->run_infos[k].n, sizeof *from[k].to);
		for (place = 0; place < w->run_infos[k].n && !rc; place++) {
			from[k].to[place] = columns_count(columns);
			rc = columns_copy(columns, &from[k].s, place, e);
		}
	}
	if (!rc && !(rc = write_merged(&info, w, from, w->nruns, columns, turn, e)) &&
	    !(rc = forms_merge(w->txn, tables_for(&w->t, info.n), info.id, txn, &w->runs_t, w->nruns, e)))
		add_info(w, &info);
out:
	txn_abort(&txn);
	columns_free(columns);
	seen_close(seen);
	return rc;
}

static enum rc put_stamp(struct writer *w, struct err *e)
{
	struct buf stamp = BUF_INIT;
	enum rc rc;

	stamp_encode(&stamp, &w->st);
	rc = txn_put(w->txn, w->t.small.terms, STAMP_KEY, buf_str(&stamp), e);
	buf_free(&stamp);
	return rc;
}

static void writer_free(struct writer *w)
{
	size_t k;

	txn_abort(&w->txn);
	txn_abort(&w->runs_txn);
	store_close(w->runs);
	if (w->runs_path)
		store_remove(w->runs_path);
	for (k = 0; k < w->nbuilders; k++)
		builder_close(w->builders[k]);
	columns_free(w->columns);
	forms_close(w->forms);
	seen_close(w->seen);
	free(w->items);
	free(w->places);
	buf_free(&w->row);
	if (w->progress && w->progress->timing)
		*w->progress->timing = w->time;
	arena_free(&w->a);
}

static enum rc put_all(struct writer *w, bool fresh, struct err *e)
{
	const uint64_t began = passed_of(w);
	enum rc rc;

	w->places = xmalloc((w->n + 1) * sizeof *w->places);
	w->columns = columns_create();
	rc = put_items(w, fresh, e);
	w->time.collecting = passed_of(w) - began - w->time.writing;	/* runs were written meanwhile */
	return rc;
}

enum rc update_build(struct index *ix, const char *path, const struct oid *commit, const struct progress *p, struct err *e)
{
	struct writer w = { .ix = ix, .progress = p, .forms = forms_open() };
	struct segment_info info;
	uint64_t t0, began;
	enum rc rc;

	w.st.commit = *commit;
	w.runs_path = arena_printf(&w.a, "%s-runs", path);
	store_remove(path);
	if ((rc = store_open(&w.store, path, (size_t)ix->map, true, e)) || (rc = store_durable(w.store, false, e)) ||
	    (rc = index_repo(&w.repo, ix, e)) || (rc = txn_begin(&w.txn, w.store, true, e)) ||
	    (rc = tables_open(&w.t, w.txn, e)) || (rc = repo_diff(w.repo, NULL, commit, collect, &w, e)))
		goto out;
	sort_items(&w);
	t0 = clock_of(&w);
	if (!ix->dict.n)			/* kept over rebuilds */
		rc = train(&w, e);
	w.time.texts += clock_of(&w) - t0;
	if (!rc && ix->dict.n) {
		buf_str_add(&w.row, buf_str(&ix->dict));
		rc = sealed_put(w.txn, w.t.meta, STR("dict"), &w.row, e);
	}
	if (rc || (rc = put_files(&w, e)) || (rc = index_vocab(&w.vocab, ix, w.txn, w.t.files, e)) || (rc = put_all(&w, true, e)))
		goto out;
	if (w.nruns && (rc = end_run(&w, e)))
		goto out;
	t0 = clock_of(&w);
	began = passed_of(&w);
	if (w.nruns) {
		rc = merge_runs(&w, e);
	} else if (columns_count(w.columns) && !(rc = write_segment(&info, &w, &w.txn,
	    tables_for(&w.t, columns_count(w.columns)), 0, turn, e))) {
		add_info(&w, &info);
	}
	(void)(rc || (rc = put_stamp(&w, e)) || (rc = txn_commit(&w.txn, e)) || (rc = store_durable(w.store, true, e)) ||
	    (rc = sum_commit(&ix->sum, w.store, path, e)));
	w.time.write += clock_of(&w) - t0;
	w.time.writing += passed_of(&w) - began;
out:
	writer_free(&w);
	store_close(w.store);
	if (rc) {
		store_remove(path);
		sum_forget(path);
	}
	return rc;
}

/* ---- forward ---- */

/* Translations of originals that changed are filed under what these say now: they go and come as well. */
static enum rc add_translations(struct writer *w, struct err *e)
{
	size_t n = w->n, i;
	struct arena a = ARENA_INIT;
	struct store_iter it;
	struct record r;
	struct str k, v;
	enum iter more;
	enum rc rc = RC_OK;

	for (i = 0; i < n && !rc; i++) {
		struct str id = w->items[i].id, front;

		if (str_chr(id, '.') != SIZE_MAX)
			continue;
		front = cstr(arena_printf(&w->a, "%.*s.", FMT_STR(id)));
		if ((rc = store_iter_open(&it, w->txn, w->t.docs, front, e)))
			break;
		while (!rc && (more = store_iter_next(&it, &k, &v, e)) == ITER_ITEM && str_starts(k, front)) {
			struct change c;
			size_t lo = 0, hi = n;

			while (lo < hi) {	/* the items come sorted */
				size_t mid = (lo + hi) / 2;

				if (str_cmp(w->items[mid].id, k) < 0)
					lo = mid + 1;
				else
					hi = mid;
			}
			if (lo < n && str_eq(w->items[lo].id, k))
				continue;
			arena_reset(&a);
			if ((rc = docs_get(&r, &a, w->txn, &w->t, k, e)))
				break;
			c = (struct change){ arena_str(&w->a, r.path), r.blob, r.blob, 0100644 };
			add_item(w, &c, arena_str(&w->a, k));
		}
		store_iter_close(&it);
		if (!rc && more == ITER_ERROR)
			rc = e->rc;
	}
	arena_free(&a);
	sort_items(w);
	return rc;
}

struct leaver {				/* a document that goes */
	uint32_t ordinal;
	struct item *item;
};

/* Those of n documents (in order of id) that are in one segment go out of it. */
static enum rc leave_segment(struct writer *w, struct segment_info *info, const struct leaver *v, size_t n, struct err *e)
{
	const struct column_chunk *c;
	struct buf places = BUF_INIT;
	struct segment s;
	uint32_t ordinal, at;
	enum rc rc = RC_OK;
	bool gone;
	size_t i;

	segment_open_undead(&s, &w->a, w->txn, tables_for(&w->t, info->n), info, info->id < w->first ? w->ix->seen : w->seen);
	for (i = 0; i < n && !rc; i++) {
		if (v[i].item->was != NONE)
			continue;
		rc = columns_place(&at, &s, v[i].item->id, e);
		if (rc == RC_NOTFOUND || (!rc && !(rc = segment_gone(&gone, &s, at, e)) && gone)) {
			rc = RC_OK;
			continue;
		}
		if (rc || (rc = columns_ordinal(&ordinal, &s, at, e)) || (rc = columns_chunk(&c, &s, at / CHUNK_DOCS, e)))
			break;
		if (ordinal != v[i].ordinal) {
			rc = err_set(e, RC_CORRUPT, "index: a document has two numbers");
			break;
		}
		v[i].item->was = ordinal;
		w->st.length -= norm_length(c->norms[at % CHUNK_DOCS]);
		w->st.documents--;
		w->left++;
		buf_add(&places, &at, sizeof at);
	}
	if (!rc && places.n)
		segment_kill(&s, (const uint32_t *)(const void *)places.p, places.n / sizeof at);
	*info = s.info;
	buf_free(&places);
	return rc;
}

/* The dead of which the stamp alone tells. */
static uint64_t late_dead(const struct writer *w)
{
	uint64_t n = 0;
	size_t i;

	for (i = 0; i < w->st.nsegments; i++)
		n += w->st.segments[i].nlate;
	return n;
}

static enum rc settle_dead(struct writer *w, struct err *e)
{
	struct segment s;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < w->st.nsegments && !rc; i++) {
		struct segment_info *info = &w->st.segments[i];

		segment_open_undead(&s, &w->a, w->txn, tables_for(&w->t, info->n), info, w->seen);
		rc = segment_settle(&s, e);
		*info = s.info;
	}
	return rc;
}

/* Take the old versions of what changed out. */
static enum rc remove_old(struct writer *w, struct err *e)
{
	struct leaver *v = arena_array(&w->a, w->n, sizeof *v);
	struct arena a = ARENA_INIT;
	size_t n = 0, i;
	struct record r;
	enum rc rc = RC_OK;

	for (i = 0; i < w->n && !rc; i++) {
		if (oid_is_none(&w->items[i].c.old))
			continue;
		rc = docs_get(&r, &a, w->txn, &w->t, w->items[i].id, e);
		if (rc == RC_NOTFOUND)
			rc = RC_OK;		/* the old one was no document */
		else if (!rc)
			v[n++] = (struct leaver){ r.doc, &w->items[i] };
		arena_reset(&a);
	}
	arena_free(&a);
	for (i = 0; i < w->st.nsegments && !rc && w->left < n; i++)
		rc = leave_segment(w, &w->st.segments[i], v, n, e);
	if (!rc && w->left != n)
		rc = err_set(e, RC_CORRUPT, "index: a document is in no segment");
	return rc || w->quick ? rc : settle_dead(w, e);
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

/* Which segments are to be one: all of a size and below, when `many` have that size; one of it that is half dead counts as
 * four. */
static bool choose(bool *chosen, const struct stamp *st, unsigned many)
{
	unsigned count[20] = { 0 }, t;
	bool any = false;
	size_t j;

	for (j = 0; j < st->nsegments; j++) {
		const struct segment_info *s = &st->segments[j];

		count[tier(s->n - s->dead)] += s->dead * 2 > s->n ? MERGE_AT : 1;
	}
	for (t = 20; t-- > 0 && !any;)
		for (j = 0; j < st->nsegments; j++) {
			chosen[j] = count[t] >= many && tier(st->segments[j].n - st->segments[j].dead) <= t;
			any |= chosen[j];
		}
	return any;
}

struct row {				/* a document of several segments that become one */
	struct str id;
	uint32_t source, place;
};

static int by_row(const void *x, const void *y)
{
	return str_cmp(((const struct row *)x)->id, ((const struct row *)y)->id);
}

/* Make one segment of those chosen: `r` reads them as they stood when the transaction that writes began. */
static enum rc merge_chosen(struct writer *w, const bool *chosen, struct txn *r, struct err *e)
{
	struct merge_source *from = arena_array(&w->a, w->st.nsegments, sizeof *from);
	struct columns_out *columns = columns_create();
	struct forms *f = forms_open();
	struct arena scratch = ARENA_INIT;	/* of ids */
	struct segment_info info, *left = arena_array(&w->a, w->st.nsegments + 1, sizeof *left);
	struct row *rows = NULL;
	size_t n = 0, nrows = 0, cap = 0, nleft = 0, j, i;
	uint32_t place;
	struct str id;
	enum rc rc = RC_OK;

	for (j = 0; j < w->st.nsegments && !rc; j++) {
		const struct segment_info *s = &w->st.segments[j];

		if (!chosen[j]) {
			left[nleft++] = *s;
			continue;
		}
		if ((rc = segment_open(&from[n].s, &w->a, r, tables_for(&w->t, s->n), s, w->ix->seen, e)))
			break;
		from[n].to = arena_array(&w->a, s->n, sizeof *from[n].to);
		for (place = 0; place < s->n && !rc; place++) {
			from[n].to[place] = UINT32_MAX;
			if (segment_dead(&from[n].s, place))
				continue;
			if ((rc = columns_id(&id, &scratch, &from[n].s, place, e)))
				break;
			if (nrows == cap)
				rows = arena_grow(&w->a, rows, &cap, sizeof *rows);
			rows[nrows++] = (struct row){ id, (uint32_t)n, place };
		}
		if (!rc)
			rc = forms_copy(f, r, &from[n].s.t, s->id, e);
		n++;
	}
	if (nrows)
		qsort(rows, nrows, sizeof *rows, by_row);
	for (i = 0; i < nrows && !rc; i++) {
		from[rows[i].source].to[rows[i].place] = (uint32_t)i;
		rc = columns_copy(columns, &from[rows[i].source].s, rows[i].place, e);
	}
	w->st.segments = left;
	w->st.nsegments = nleft;
	if (!rc && (nrows || !forms_none(f)) && !(rc = write_merged(&info, w, from, n, columns, NULL, e)) &&
	    !(rc = forms_write(f, w->txn, tables_for(&w->t, info.n), info.id, e)))
		add_info(w, &info);
	for (j = 0; j < n && !rc; j++)
		if (!(rc = segment_drop(w->txn, &from[j].s.t, &from[j].s.info, e)))
			rc = forms_drop(w->txn, &from[j].s.t, from[j].s.info.id, e);
	columns_free(columns);
	forms_close(f);
	arena_free(&scratch);
	return rc;
}

/* Put in order what the updates before left: segments are merged, documents and the dead put in their place. *any: something
 * was. */
static enum rc tidy(bool *any, struct writer *w, unsigned many, struct err *e)
{
	bool *chosen = arena_array(&w->a, w->st.nsegments + 1, sizeof *chosen), merge = choose(chosen, &w->st, many),
	    settle = w->st.naside >= (uint64_t)ASIDE * many || late_dead(w) >= (uint64_t)ASIDE * many;
	struct txn *r = NULL;
	enum rc rc = RC_OK;

	*any = merge || settle;
	if (*any && !(rc = txn_begin(&r, w->store, false, e)) && merge)
		rc = merge_chosen(w, chosen, r, e);
	if (!rc && settle && !(rc = docs_settle(&w->row, w->ix->zpack, w->txn, &w->t, r, e)) && !(rc = settle_dead(w, e)))
		w->t.naside = w->st.naside = 0;
	txn_abort(&r);
	return rc;
}

static enum rc put_all_down(struct writer *w, struct err *e)
{
	enum rc rc;

	(void)((rc = put_stamp(w, e)) || (rc = txn_commit(&w->txn, e)) || (rc = sum_commit(&w->ix->sum, w->store, w->ix->path, e)));
	return rc;
}

enum rc update_tidy(struct index *ix, struct err *e)
{
	struct writer w = { .ix = ix, .store = ix->store, .t = ix->t };
	bool any;
	enum rc rc;

	if (!(rc = txn_begin(&w.txn, w.store, true, e)) && !(rc = stamp_get(&w.st, &w.a, w.txn, &w.t, e)) &&
	    !(rc = index_dict(ix, w.txn, w.t.meta, e)) && !(rc = tidy(&any, &w, MERGE_AT, e)) && any)
		rc = put_all_down(&w, e);
	writer_free(&w);
	return rc;
}

enum rc update_forward(bool *all, const char **why, struct index *ix, const struct oid *commit, const struct progress *p, struct err *e)
{
	struct writer w = { .ix = ix, .progress = p, .store = ix->store, .forms = forms_open(), .builders = { builder_open() },
		.nbuilders = 1 };
	struct segment_info info;
	struct oid old;
	enum rc rc;
	size_t i;
	bool has, any;

	*all = true;
	w.t = ix->t;
	if ((rc = index_repo(&w.repo, ix, e)) || (rc = txn_begin(&w.txn, w.store, true, e)))
		goto out;
	if ((rc = stamp_get(&w.st, &w.a, w.txn, &w.t, e))) {
		if (rc == RC_NOTFOUND || rc == RC_CORRUPT) {
			*why = rc == RC_NOTFOUND ? "there was none" : "it was of another version";
			rc = RC_OK;
		}
		goto out;
	}
	old = w.st.commit;
	w.before = w.t;
	if ((rc = txn_del(w.txn, w.t.small.terms, STAMP_KEY, e)))	/* it comes again behind the rows to come, which so stand last */
		goto out;
	if ((rc = repo_has(&has, w.repo, &old, e)))
		goto out;
	if (!has) {
		*why = "the commit it was made from is gone";
		goto out;
	}
	w.first = w.st.next_segment;
	w.seen = seen_open();
	w.st.commit = *commit;
	if (oid_eq(&old, commit)) {
		*all = false;
		goto out;
	}
	if ((rc = repo_diff(w.repo, &old, commit, collect, &w, e)))
		goto out;
	for (i = 0; i < w.nfiles; i++)
		if (str_starts(w.files[i].path, STR("vocab/")))
			goto out;		/* names of codes are indexed */
	if (w.n > 64 && w.n > w.st.documents / 2)
		goto out;
	sort_items(&w);
	*all = false;
	if ((rc = add_translations(&w, e)))
		goto out;
	w.quick = w.n <= BATCH;
	if ((rc = index_dict(ix, w.txn, w.t.meta, e)) || (rc = put_files(&w, e)) ||
	    (rc = index_vocab(&w.vocab, ix, w.txn, w.t.files, e)) || (rc = tidy(&any, &w, MERGE_NOW, e)) || (rc = remove_old(&w, e)) ||
	    (rc = put_all(&w, false, e)))
		goto out;
	if (columns_count(w.columns) || w.left) {
		if ((rc = write_segment(&info, &w, &w.txn, tables_for(&w.t, columns_count(w.columns)), w.st.next_segment, NULL, e)))
			goto out;
		add_info(&w, &info);
	}
	rc = put_all_down(&w, e);
out:
	writer_free(&w);
	return rc;
}
