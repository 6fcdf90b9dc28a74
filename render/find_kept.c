/* render/find_kept.c: the words of documents, kept for the next build (kept.h), whose pages need not be made then, and the
 * dictionary of these words with the order that find_finish brought forms and lists into: it stays as it is as long as the
 * documents use the same words. Both files are mapped and used as they are; arrays begin at multiples of 8.
 *
 * "texts", new with every build that makes a document's page:
 *
 *	stamp of the build; id of the dictionary: strings
 *	words of documents, as in find_part.posts; names
 *	documents, by name: offset behind the id and length of the name, of the words; u64; then how many, u64
 *
 * "words", the dictionary:
 *
 *	its id: a string
 *	counts: words, their bytes, their slots; strings, their bytes, their slots; forms, references, lists, 0; u32
 *	words: struct string, bytes, slots (strings.h); struct find_word; the list of each, u32
 *	strings: struct string, bytes, slots
 *	forms, by order: number of the string; where its references begin; references
 */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/record.h"
#include "render/kept.h"

enum { N_WORDS, N_WORD_BYTES, N_WORD_SLOTS, N_STRINGS, N_STRING_BYTES, N_STRING_SLOTS, N_FORMS, N_REFS, N_LISTS,
	COUNTS = 10 };
struct document {
	uint64_t name, name_n, words, words_n;
};

/* ---- reading ---- */

static bool take(const void **to, struct str *s, size_t n, size_t size)
{
	struct str part;

	if (n > s->n / size || !kept_take(&part, s, (n * size + 7) / 8 * 8))
		return false;
	*to = part.p;
	return true;
}

/* A set as it was, to look things up in only. */
static bool take_set(struct strings *to, struct str *s, size_t n, size_t bytes, size_t slots)
{
	const void *v, *b, *k;
	size_t i;

	if (!take(&v, s, n, sizeof *to->v) || !take(&b, s, bytes, 1) || !take(&k, s, slots, sizeof *to->slots) ||
	    slots & (slots - 1) || slots < 2 * n)
		return false;
	*to = (struct strings){ .bytes = { (char *)(uintptr_t)b, bytes, 0 }, .v = (struct string *)(uintptr_t)v, .n = n, .cap = n,
	    .slots = (uint64_t *)(uintptr_t)k, .nslots = slots };
	for (i = 0; i < n; i++)
		if (to->v[i].at > bytes || to->v[i].n > bytes - to->v[i].at)
			return false;
	for (i = 0; i < slots; i++)
		if ((uint32_t)to->slots[i] > n)
			return false;
	return true;
}

static bool skip_to_8(struct str *s, const struct kept_map *map)
{
	struct str part;

	return kept_take(&part, s, (8 - (size_t)(s->p - map->all.p) % 8) % 8);
}

static bool parse_texts(struct find *f, struct str s, struct str stamp)
{
	const struct document *d;
	struct str had;
	uint64_t n;
	size_t i;

	if (!kept_take_str(&had, &s) || !str_eq(had, stamp) || !kept_take_str(&had, &s) || had.n != sizeof f->dictionary ||
	    !skip_to_8(&s, &f->map) || s.n < sizeof n)
		return false;
	memcpy(f->dictionary, had.p, had.n);
	memcpy(&n, s.p + s.n - sizeof n, sizeof n);
	s.n -= sizeof n;
	if (n > s.n / sizeof *d)
		return false;
	s.n -= n * sizeof *d;
	d = (const void *)(s.p + s.n);
	f->kept_names = arena_array(&f->a, n, sizeof *f->kept_names);
	f->kept_spots = arena_array(&f->a, n, sizeof *f->kept_spots);
	for (i = 0; i < n; i++) {
		if (d[i].name > s.n || d[i].name_n > s.n - d[i].name || d[i].words > s.n || d[i].words_n > s.n - d[i].words)
			return false;
		f->kept_names[i] = (struct str){ s.p + d[i].name, d[i].name_n };
		f->kept_spots[i] = (struct find_spot){ f->kept, d[i].words, d[i].words_n };
	}
	f->kept_posts = s;
	f->nkept = n;
	return true;
}

bool find_load(struct find *f, const char *texts, const unsigned char key[KEPT_KEY], struct str stamp)
{
	if (kept_map(&f->map, texts, key))
		return false;
	if (parse_texts(f, f->map.body, stamp))
		return true;
	f->nkept = 0;
	kept_unmap(&f->map);
	return false;
}

static bool parse_words(struct find *f, struct str s)
{
	struct find_words *p = &f->kept_words;
	struct find_kept *k = &f->of_kept;
	const void *counts, *of;
	const uint32_t *n;
	struct str had;
	size_t i;

	if (!kept_take_str(&had, &s) || !str_eq(had, (struct str){ (const char *)f->dictionary, sizeof f->dictionary }) ||
	    !skip_to_8(&s, &f->words_map) || !take(&counts, &s, COUNTS, sizeof *n))
		return false;
	n = counts;
	if (!take_set(&p->words, &s, n[N_WORDS], n[N_WORD_BYTES], n[N_WORD_SLOTS]) || !take(&of, &s, n[N_WORDS], sizeof *p->of) ||
	    !take((const void **)&k->list_of, &s, n[N_WORDS], 4) ||
	    !take_set(&p->strings, &s, n[N_STRINGS], n[N_STRING_BYTES], n[N_STRING_SLOTS]) ||
	    !take((const void **)&k->forms, &s, n[N_FORMS], 4) ||
	    !take((const void **)&k->ref_at, &s, (size_t)n[N_FORMS] + 1, 4) ||
	    !take((const void **)&k->refs, &s, n[N_REFS], 4))
		return false;
	p->of = (struct find_word *)(uintptr_t)of;
	k->nforms = n[N_FORMS];
	k->nrefs = n[N_REFS];
	k->nlists = n[N_LISTS];
	for (i = 0; i < p->words.n; i++)
		if (p->of[i].term >= p->strings.n || p->of[i].english >= p->strings.n || p->of[i].form >= p->strings.n ||
		    (k->list_of[i] >= k->nlists && k->list_of[i] != UINT32_MAX))
			return false;
	for (i = 0; i < k->nforms; i++)
		if (k->forms[i] >= p->strings.n || k->ref_at[i] > k->ref_at[i + 1])
			return false;
	if (k->ref_at[k->nforms] != k->nrefs)
		return false;
	for (i = 0; i < k->nrefs; i++)
		if (k->refs[i] >= k->nlists)
			return false;
	return s.n == 0;
}

bool find_load_words(struct find *f, const char *words, const unsigned char key[KEPT_KEY])
{
	if (kept_map(&f->words_map, words, key))
		return false;
	if (parse_words(f, f->words_map.body))
		return true;
	f->kept_words = (struct find_words){ 0 };
	kept_unmap(&f->words_map);
	return false;
}

bool find_keep(struct find *f, const struct entry *e)
{
	size_t at = str_lower(f->kept_names, f->nkept, e->name);

	if (at == f->nkept || !str_eq(f->kept_names[at], e->name))
		return false;
	f->spots[f->number[e - f->copy->all]] = f->kept_spots[at];
	return true;
}

void find_kept_lists(struct find *f)
{
	const struct find_kept *k = &f->of_kept;

	f->list_of = (uint32_t *)(uintptr_t)k->list_of;		/* read-only, as find_forget knows */
	f->form_strings = (uint32_t *)(uintptr_t)k->forms;
	f->ref_at = memcpy(arena_array(&f->a, k->nforms + 1, sizeof *f->ref_at), k->ref_at, (k->nforms + 1) * sizeof *f->ref_at);
	f->refs = arena_array(&f->a, k->nrefs + 1, sizeof *f->refs);
	memcpy(f->refs, k->refs, k->nrefs * sizeof *f->refs);
	f->nforms = k->nforms;
	f->nlists = k->nlists;
}

/* ---- writing ---- */

static const char zeros[8];

static void add(struct kept_out *o, const void *p, size_t n)
{
	kept_add(o, (struct str){ p, n });
	kept_add(o, (struct str){ zeros, (8 - n % 8) % 8 });
}

static void add_set(struct kept_out *o, const struct strings *s)
{
	add(o, s->v, s->n * sizeof *s->v);
	add(o, s->bytes.p, s->bytes.n);
	add(o, s->slots, s->nslots * sizeof *s->slots);
}

/* The words of document k with the numbers of all. */
static void renumber(struct buf *to, const struct find *f, size_t k)
{
	const uint32_t *map = f->to[f->spots[k].part];
	struct str s = find_posts(f, k);
	uint64_t word, weight;

	buf_clear(to);
	if (!map) {
		buf_str_add(to, s);
		return;
	}
	while (varint_get(&word, &s) && varint_get(&weight, &s)) {
		if (f->spots[k].part == f->kept && word >= f->kept_words.words.n)
			continue;
		varint_put(to, map[word]);
		varint_put(to, weight);
	}
}

/* Words first: how long they are is known when they are written. */
static void add_documents(struct kept_out *o, const struct find *f)
{
	struct arena a = ARENA_INIT;
	struct document *d = arena_array(&a, f->n, sizeof *d);
	struct buf names = BUF_INIT, words = BUF_INIT;
	uint64_t total = 0, n = f->n;
	size_t i;

	for (i = 0; i < f->n; i++) {
		renumber(&words, f, f->number[f->copy->v[i] - f->copy->all]);
		kept_add(o, buf_str(&words));
		d[i].words = total;
		d[i].words_n = words.n;
		total += words.n;
	}
	for (i = 0; i < f->n; i++) {
		d[i].name = total + names.n;
		d[i].name_n = f->copy->v[i]->name.n;
		buf_str_add(&names, f->copy->v[i]->name);
	}
	kept_add(o, buf_str(&names));
	kept_add(o, (struct str){ zeros, (8 - (total + names.n) % 8) % 8 });
	add(o, d, f->n * sizeof *d);
	add(o, &n, sizeof n);
	buf_free(&names);
	buf_free(&words);
	arena_free(&a);
}

/* So that what follows one or two strings begins at a multiple of 8, as the whole file does. */
static void pad(struct kept_out *o, size_t n)
{
	kept_add(o, (struct str){ zeros, (8 - n % 8) % 8 });
}

static enum rc save_words(const struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str id, struct err *e)
{
	const struct find_words *w = &f->all;
	const uint32_t n[COUNTS] = { [N_WORDS] = (uint32_t)w->words.n, [N_WORD_BYTES] = (uint32_t)w->words.bytes.n,
		[N_WORD_SLOTS] = (uint32_t)w->words.nslots, [N_STRINGS] = (uint32_t)w->strings.n,
		[N_STRING_BYTES] = (uint32_t)w->strings.bytes.n, [N_STRING_SLOTS] = (uint32_t)w->strings.nslots,
		[N_FORMS] = (uint32_t)f->nforms, [N_REFS] = f->ref_at[f->nforms], [N_LISTS] = (uint32_t)f->nlists };
	struct kept_out *o = NULL;
	enum rc rc;

	if ((rc = kept_begin(&o, path, key, e)))
		return rc;
	kept_add_str(o, id);
	pad(o, 4 + id.n);
	add(o, n, sizeof n);
	add_set(o, &w->words);
	add(o, w->of, w->words.n * sizeof *w->of);
	add(o, f->list_of, w->words.n * sizeof *f->list_of);
	add_set(o, &w->strings);
	add(o, f->form_strings, f->nforms * sizeof *f->form_strings);
	add(o, f->ref_at, (f->nforms + 1) * sizeof *f->ref_at);
	add(o, f->refs, n[N_REFS] * sizeof *f->refs);
	return kept_end(o, true, e);
}

enum rc find_save(const struct find *f, const char *texts, const char *words, const unsigned char key[KEPT_KEY],
    struct str stamp, struct err *e)
{
	struct str id = { (const char *)f->dictionary, sizeof f->dictionary };
	struct kept_out *o = NULL;
	enum rc rc;

	if (!f->same) {
		id = stamp;		/* the dictionary is of this build */
		if ((rc = save_words(f, words, key, id, e)))
			return rc;
	}
	if ((rc = kept_begin(&o, texts, key, e)))
		return rc;
	kept_add_str(o, stamp);
	kept_add_str(o, id);
	pad(o, 8 + stamp.n + id.n);
	add_documents(o, f);
	return kept_end(o, true, e);
}
