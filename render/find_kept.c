/* render/find_kept.c: the words of documents, kept for the next build (kept.h), whose pages need not be made then. After
 * the stamp of its build:
 *
 *	strings	count; strings: stems and surfaces
 *	words	count; for each: the stemmer, the word, numbers of the strings of struct find_word
 *	documents	count, by name; for each: its name, its words as in find_part.posts
 */
#include "render/find_parts.h"

#include <stdlib.h>

#include "kb/index/record.h"
#include "render/kept.h"

/* ---- reading ---- */

static bool read_words(struct find_part *p, struct str *s)
{
	struct str one;
	uint32_t n, i, tag;

	if (!kept_take_u32(&n, s))
		return false;
	for (i = 0; i < n; i++)
		if (!kept_take_str(&one, s) || one.n > UINT8_MAX ||
		    strings_put(&p->strings, one, 0, strings_hash(one, 0), NULL) != i)
			return false;
	if (!kept_take_u32(&n, s) || n > s->n)
		return false;
	p->of = xmalloc(((size_t)n + 1) * sizeof *p->of);
	for (i = 0; i < n; i++) {
		struct find_word *of = &p->of[i];

		if (!kept_take_u32(&tag, s) || tag > UINT8_MAX || !kept_take_str(&one, s) || one.n > UINT8_MAX ||
		    strings_put(&p->words, one, (uint8_t)tag, strings_hash(one, (uint8_t)tag), NULL) != i ||
		    !kept_take_u32(&of->term, s) || of->term >= p->strings.n ||
		    !kept_take_u32(&of->english, s) || of->english >= p->strings.n ||
		    !kept_take_u32(&of->form, s) || of->form >= p->strings.n)
			return false;
	}
	return true;
}

static bool read_documents(struct find *f, struct str *s)
{
	struct str posts;
	uint32_t n, i;

	if (!kept_take_u32(&n, s) || n > s->n)
		return false;
	f->kept_names = arena_array(&f->a, n, sizeof *f->kept_names);
	f->kept_spots = arena_array(&f->a, n, sizeof *f->kept_spots);
	for (i = 0; i < n; i++) {
		if (!kept_take_str(&f->kept_names[i], s) || !kept_take_str(&posts, s) ||
		    (i && str_cmp(f->kept_names[i - 1], f->kept_names[i]) >= 0))
			return false;
		f->kept_spots[i] = (struct find_spot){ f->kept, (size_t)(posts.p - f->map.body.p), posts.n };
	}
	f->nkept = n;
	return s->n == 0;
}

bool find_load(struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp)
{
	struct find_part *p = &f->parts[f->kept];
	struct str s, of;

	if (kept_map(&f->map, path, key))
		return false;
	s = f->map.body;
	if (kept_take_str(&of, &s) && str_eq(of, stamp) && read_words(p, &s) && read_documents(f, &s)) {
		p->borrowed = f->map.body;
		return true;
	}
	strings_free(&p->strings);
	strings_free(&p->words);
	free(p->of);
	p->of = NULL;
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

/* ---- writing ---- */

static uint32_t put(struct strings *to, const struct strings *from, size_t i)
{
	return (uint32_t)strings_put(to, strings_at(from, i), from->v[i].tag, from->v[i].hash, NULL);
}

/* Words and strings of all parts, each once; to[i]: the new number of each word of part i, or UINT32_MAX. */
static void join(struct find_part *all, const struct find *f, uint32_t **to, struct arena *a)
{
	unsigned i;
	size_t k;
	uint32_t w;

	for (i = 0; i < f->nparts; i++) {
		const struct find_part *p = &f->parts[i];

		to[i] = arena_array(a, p->words.n, sizeof *to[i]);
		for (k = 0; k < p->words.n; k++) {
			if (!p->used[k])
				continue;
			to[i][k] = w = put(&all->words, &p->words, k);
			if (w == all->cap)
				all->of = xrealloc(all->of, (all->cap = all->cap ? all->cap * 2 : 1024) * sizeof *all->of);
			all->of[w] = (struct find_word){ put(&all->strings, &p->strings, p->of[k].term),
			    put(&all->strings, &p->strings, p->of[k].english), put(&all->strings, &p->strings, p->of[k].form) };
		}
	}
}

enum rc find_save(const struct find *f, const char *path, const unsigned char key[KEPT_KEY], struct str stamp, struct err *e)
{
	struct arena a = ARENA_INIT;
	struct find_part all = { 0 };
	uint32_t **to = arena_array(&a, f->nparts, sizeof *to);
	struct buf posts = BUF_INIT;
	uint64_t word, weight;
	struct kept_out *o = NULL;
	struct str s;
	size_t i, k;
	enum rc rc;

	if ((rc = kept_begin(&o, path, key, e)))
		goto out;
	join(&all, f, to, &a);
	kept_add_str(o, stamp);
	kept_add_u32(o, (uint32_t)all.strings.n);
	for (i = 0; i < all.strings.n; i++)
		kept_add_str(o, strings_at(&all.strings, i));
	kept_add_u32(o, (uint32_t)all.words.n);
	for (i = 0; i < all.words.n; i++) {
		kept_add_u32(o, all.words.v[i].tag);
		kept_add_str(o, strings_at(&all.words, i));
		kept_add_u32(o, all.of[i].term);
		kept_add_u32(o, all.of[i].english);
		kept_add_u32(o, all.of[i].form);
	}
	kept_add_u32(o, (uint32_t)f->n);
	for (i = 0; i < f->n; i++) {
		k = f->number[f->copy->v[i] - f->copy->all];
		buf_clear(&posts);
		for (s = find_posts(f, k); varint_get(&word, &s) && varint_get(&weight, &s);)
			if (word < f->parts[f->spots[k].part].words.n) {
				varint_put(&posts, to[f->spots[k].part][word]);
				varint_put(&posts, weight);
			}
		kept_add_str(o, f->copy->v[i]->name);
		kept_add_str(o, buf_str(&posts));
	}
	rc = kept_end(o, true, e);
out:
	buf_free(&posts);
	strings_free(&all.words);
	strings_free(&all.strings);
	free(all.of);
	arena_free(&a);
	return rc;
}
