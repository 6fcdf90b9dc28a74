/* render/find_kept.c: the words of documents, kept for the next build (kept.h), whose pages need not be made then, and the
 * order that find_finish brought forms and lists into: it is the same as long as the documents use the same words. The
 * file is mapped and used as it is. All arrays begin at multiples of 8:
 *
 *	stamp of its build: a string
 *	counts: words, their bytes, their slots; strings, their bytes, their slots; forms, references, lists; documents; u32
 *	words: struct string, bytes, slots (strings.h); struct find_word; the list of each, u32
 *	strings: struct string, bytes, slots
 *	forms, by order: number of the string; where its references begin; references
 *	documents, by name: offset and length of the name, of the words (as in find_part.posts); u64
 *	names; words
 */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/index/record.h"
#include "render/kept.h"

enum { N_WORDS, N_WORD_BYTES, N_WORD_SLOTS, N_STRINGS, N_STRING_BYTES, N_STRING_SLOTS, N_FORMS, N_REFS, N_LISTS, N_DOCUMENTS,
	COUNTS };
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

static bool take_documents(struct find *f, struct str s, size_t n)
{
	const void *v;
	const struct document *d;
	size_t i;

	if (!take(&v, &s, n, sizeof *d))
		return false;
	d = v;
	f->kept_names = arena_array(&f->a, n, sizeof *f->kept_names);
	f->kept_spots = arena_array(&f->a, n, sizeof *f->kept_spots);
	for (i = 0; i < n; i++) {
		if (d[i].name > s.n || d[i].name_n > s.n - d[i].name || d[i].words > s.n || d[i].words_n > s.n - d[i].words)
			return false;
		f->kept_names[i] = (struct str){ s.p + d[i].name, d[i].name_n };
		f->kept_spots[i] = (struct find_spot){ f->kept, d[i].words, d[i].words_n };
	}
	f->parts[f->kept].borrowed = s;
	f->nkept = n;
	return true;
}

static bool parse(struct find *f, struct str s, struct str stamp)
{
	struct find_part *p = &f->parts[f->kept];
	struct find_kept *k = &f->of_kept;
	const void *counts, *of;
	const uint32_t *n;
	struct str had;
	size_t i;

	if (!kept_take_str(&had, &s) || !str_eq(had, stamp) || !kept_take(&had, &s, (8 - (size_t)(s.p - f->map.all.p) % 8) % 8) ||
	    !take(&counts, &s, COUNTS, sizeof *n))
		return false;
	n = counts;
	if (!take_set(&p->words, &s, n[N_WORDS], n[N_WORD_BYTES], n[N_WORD_SLOTS]) || !take(&of, &s, n[N_WORDS], sizeof *p->of) ||
	    !take((const void **)&k->list_of, &s, n[N_WORDS], 4) ||
	    !take_set(&p->strings, &s, n[N_STRINGS], n[N_STRING_BYTES], n[N_STRING_SLOTS]) ||
	    !take((const void **)&k->forms, &s, n[N_FORMS], 4) || !take((const void **)&k->ref_at, &s, (size_t)n[N_FORMS] + 1, 4) ||
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
	return take_documents(f, s, n[N_DOCUMENTS]);
}

bool find_load(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp)
{
	if (kept_map(&f->map, path, key))
		return false;
	if (parse(f, f->map.body, stamp))
		return true;
	f->parts[f->kept] = (struct find_part){ 0 };
	f->nkept = 0;
	kept_unmap(&f->map);
	return false;
}

bool find_keep(struct find *f, const struct entry *e)
{
	size_t from = 0, to = f->nkept, mid;
	int d;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (!(d = str_cmp(f->kept_names[mid], e->name))) {
			f->spots[f->number[e - f->copy->all]] = f->kept_spots[mid];
			return true;
		}
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return false;
}

bool find_same_words(struct find *f, uint32_t **list_of)
{
	const struct find_part *kept = &f->parts[f->kept];
	const struct find_kept *k = &f->of_kept;
	char *used;
	unsigned i;
	size_t j, at;
	bool same = kept->words.n > 0;

	if (!same)
		return false;
	used = memcpy(xmalloc(kept->words.n), kept->used, kept->words.n);
	for (i = 0; same && i < f->kept; i++) {
		const struct strings *words = &f->parts[i].words;

		f->to_kept[i] = xmalloc((words->n + 1) * sizeof *f->to_kept[i]);
		for (j = 0; same && j < words->n; j++) {
			at = strings_find(&kept->words, strings_at(words, j), words->v[j].tag);
			same = at != SIZE_MAX;
			f->to_kept[i][j] = (uint32_t)at;
			if (same)
				used[at] = 1;
		}
	}
	same = same && !memchr(used, 0, kept->words.n);
	free(used);
	if (!same)
		return false;
	for (i = 0; i < f->kept; i++) {
		list_of[i] = xmalloc((f->parts[i].words.n + 1) * sizeof **list_of);
		for (j = 0; j < f->parts[i].words.n; j++)
			list_of[i][j] = k->list_of[f->to_kept[i][j]];
	}
	list_of[f->kept] = memcpy(xmalloc(kept->words.n * sizeof **list_of), k->list_of, kept->words.n * sizeof **list_of);
	f->forms = arena_array(&f->a, k->nforms, sizeof *f->forms);
	for (j = 0; j < k->nforms; j++)		/* the map ends before the index does */
		f->forms[j] = arena_str(&f->a, strings_at(&kept->strings, k->forms[j]));
	f->ref_at = memcpy(arena_array(&f->a, k->nforms + 1, sizeof *f->ref_at), k->ref_at, (k->nforms + 1) * sizeof *f->ref_at);
	f->refs = memcpy(arena_array(&f->a, k->nrefs + 1, sizeof *f->refs), k->refs, k->nrefs * sizeof *f->refs);
	f->nforms = k->nforms;
	f->nlists = k->nlists;
	f->same = true;
	return true;
}

/* ---- writing ---- */

static uint32_t put(struct strings *to, const struct strings *from, size_t i)
{
	return (uint32_t)strings_put(to, strings_at(from, i), from->v[i].tag, from->v[i].hash, NULL);
}

/* Words and strings of all parts, each once; to[i]: the new number of each word of part i; list: of each new word. */
static void join(struct find_part *all, struct find *f, uint32_t **to, uint32_t **list, struct arena *a)
{
	unsigned i;
	size_t k, total = 0;
	uint32_t w;

	for (i = 0; i < f->nparts; i++)
		total += f->parts[i].words.n;
	all->of = xmalloc((total + 1) * sizeof *all->of);
	*list = arena_array(a, total, sizeof **list);
	for (i = 0; i < f->nparts; i++) {
		const struct find_part *p = &f->parts[i];

		to[i] = arena_array(a, p->words.n, sizeof *to[i]);
		for (k = 0; k < p->words.n; k++) {
			if (!p->used[k])
				continue;
			to[i][k] = w = put(&all->words, &p->words, k);
			(*list)[w] = f->list_of[i][k];
			all->of[w] = (struct find_word){ put(&all->strings, &p->strings, p->of[k].term),
			    put(&all->strings, &p->strings, p->of[k].english), put(&all->strings, &p->strings, p->of[k].form) };
		}
	}
}

static void add(struct kept_out *o, const void *p, size_t n)
{
	static const char zeros[8];

	kept_add(o, (struct str){ p, n });
	kept_add(o, (struct str){ zeros, (8 - n % 8) % 8 });
}

static void add_set(struct kept_out *o, const struct strings *s)
{
	add(o, s->v, s->n * sizeof *s->v);
	add(o, s->bytes.p, s->bytes.n);
	add(o, s->slots, s->nslots * sizeof *s->slots);
}

/* The words of document k with new numbers. */
static void renumber(struct buf *to, const struct find *f, size_t k, uint32_t *const *map)
{
	const struct find_spot *spot = &f->spots[k];
	struct str s = find_posts(f, k);
	uint64_t word, weight;

	if (!map[spot->part]) {
		buf_str_add(to, s);
		return;
	}
	while (varint_get(&word, &s) && varint_get(&weight, &s))
		if (word < f->parts[spot->part].words.n) {
			varint_put(to, map[spot->part][word]);
			varint_put(to, weight);
		}
}

static void add_documents(struct kept_out *o, const struct find *f, uint32_t *const *map, struct arena *a)
{
	struct document *d = arena_array(a, f->n, sizeof *d);
	struct buf names = BUF_INIT, words = BUF_INIT;
	size_t i;

	for (i = 0; i < f->n; i++) {
		const struct entry *e = f->copy->v[i];

		d[i].name = names.n;
		d[i].name_n = e->name.n;
		buf_str_add(&names, e->name);
		d[i].words = words.n;
		renumber(&words, f, f->number[e - f->copy->all], map);
		d[i].words_n = words.n - d[i].words;
	}
	for (i = 0; i < f->n; i++)
		d[i].words += names.n;
	add(o, d, f->n * sizeof *d);
	kept_add(o, buf_str(&names));
	kept_add(o, buf_str(&words));
	buf_free(&names);
	buf_free(&words);
}

enum rc find_save(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct find_part all = { 0 }, *p = &all;
	uint32_t **map = arena_array(&a, f->nparts, sizeof *map), *list, *forms, n[COUNTS];
	struct kept_out *o = NULL;
	struct str head = STR_NONE;
	size_t i;
	enum rc rc;

	if ((rc = kept_begin(&o, path, key, e)))
		goto out;
	if (f->same) {
		p = &f->parts[f->kept];
		list = f->list_of[f->kept];
		for (i = 0; i < f->kept; i++)
			map[i] = f->to_kept[i];
	} else {
		join(&all, f, map, &list, &a);
	}
	forms = arena_array(&a, f->nforms, sizeof *forms);
	for (i = 0; i < f->nforms; i++)
		forms[i] = f->same ? f->of_kept.forms[i] : (uint32_t)strings_find(&p->strings, f->forms[i], 0);
	n[N_WORDS] = (uint32_t)p->words.n;
	n[N_WORD_BYTES] = (uint32_t)p->words.bytes.n;
	n[N_WORD_SLOTS] = (uint32_t)p->words.nslots;
	n[N_STRINGS] = (uint32_t)p->strings.n;
	n[N_STRING_BYTES] = (uint32_t)p->strings.bytes.n;
	n[N_STRING_SLOTS] = (uint32_t)p->strings.nslots;
	n[N_FORMS] = (uint32_t)f->nforms;
	n[N_REFS] = f->nforms ? f->ref_at[f->nforms] : 0;
	n[N_LISTS] = (uint32_t)f->nlists;
	n[N_DOCUMENTS] = (uint32_t)f->n;
	kept_add_str(o, stamp);
	head.n = (8 - (4 + stamp.n) % 8) % 8;	/* what stands before is a multiple of 8 */
	head.p = "\0\0\0\0\0\0\0";
	kept_add(o, head);
	add(o, n, sizeof n);
	add_set(o, &p->words);
	add(o, p->of, p->words.n * sizeof *p->of);
	add(o, list, p->words.n * sizeof *list);
	add_set(o, &p->strings);
	add(o, forms, f->nforms * sizeof *forms);
	add(o, f->ref_at, (f->nforms + 1) * sizeof *f->ref_at);
	add(o, f->refs, n[N_REFS] * sizeof *f->refs);
	add_documents(o, f, map, &a);
	rc = kept_end(o, true, e);
out:
	strings_free(&all.words);
	strings_free(&all.strings);
	free(all.of);
	arena_free(&a);
	return rc;
}
