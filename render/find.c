/* render/find.c: see find.h. This file collects words and ranks; find_lists.c makes forms and lists of the words, find_blocks.c
 * and find_files.c write them out, find_kept.c keeps and find_patch.c changes what the build before wrote.
 *
 * A word of a text is counted under its stem in the language of the text, by weight (title 3, heading 2, else 1),
 * as the node's index does it. The page has no stemmer, so the index has every *form*, which is a word's
 * surface (kb/text/chars.h), with the stems that words of this form were counted under and their English stems; each
 * names a list, and so does the form itself. Such a list need not be there.
 *
 * A posting is a document and an impact: tf / (tf + 0.56 + 0.84 * length / average length), which is BM25 as in
 * kb/index/bm25.c before the factor for rare words, in steps of 1/63, at least 1. Both lengths are rounded (find_coarse).
 * The page computes that factor from the number of documents of the whole word, in whole numbers (bm25_rare). The score
 * of a document is the sum over the words of factor times impact. Documents are numbered from the oldest on, so that a
 * new one changes no number.
 *
 * A word of the query is looked up as a form: a document's impact is the highest in the form's lists. A word that is
 * no form is taken as the beginning of forms. The last word, when it has fewer than FIND_FEW documents, is a
 * beginning too; what only that finds counts less than the least of the exact ones: factor * impact / 64. A document is
 * counted under its codes too, and what a query names counts as kb/index/rank.c has it: find_called.c. */
#include "render/find.h"
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/doc/called.h"
#include "kb/doc/names.h"
#include "kb/index/bm25.h"
#include "kb/index/record.h"
#include "kb/text/stem.h"
#include "render/page.h"

enum { TITLE = 3, HEADING = 2, PLAIN = 1, SHORT = 128 };	/* SHORT: bytes of a word that are looked at */

const char *find_countries(const struct entry *e)
{
	return str_is(cstr(e->kind->name), "country-profile") && !front_key(&e->original->doc.front, "countries") ? "country"
	    : "countries";
}

/* ---- collecting ----
 *
 * A document repeats its words, so they are summed up in a small table first and meet the large one once. All parts share
 * that one, which is larger than what a processor has at hand: what will be looked up is fetched before. */

static void part_word(struct find_part *p, struct str word, unsigned lang, unsigned weight)
{
	bool is_new;
	uint32_t hash;
	size_t i;

	word = str_utf8_cut(word, SHORT);
	hash = strings_hash(word, (uint8_t)lang);
	i = strings_put(&p->local, word, (uint8_t)lang, hash, &is_new);
	if (i >= p->local_cap) {
		p->local_cap = 2 * i + 1024;
		p->hashes = xrealloc(p->hashes, p->local_cap * sizeof *p->hashes);
		p->weights = xrealloc(p->weights, p->local_cap * sizeof *p->weights);
	}
	p->hashes[i] = hash;
	p->weights[i] = (is_new ? 0 : p->weights[i]) + weight;
}

/* Eight bytes of ASCII at once: the high bit of those from A on, less those behind Z. false: they are not. */
static bool small_eight(unsigned char *p)
{
	const uint64_t each = 0x0101010101010101u;
	uint64_t v;

	memcpy(&v, p, sizeof v);
	if (v & each * 0x80)
		return false;
	v |= ((v + each * (0x80 - 'A')) & ~(v + each * (0x7f - 'Z')) & each * 0x80) >> 2;
	memcpy(p, &v, sizeof v);
	return true;
}

/* Small letters in place of capitals, where they take as many bytes: of a word one is enough. */
static void small_letters(struct buf *b)
{
	unsigned char *p = (unsigned char *)b->p, *end = p + b->n, *stop;
	struct str low;

	while (p < end) {
		if (end - p >= 8 && small_eight(p)) {
			p += 8;
			continue;
		}
		for (stop = end - p < 8 ? end : p + 8; p < stop; p++)
			if (*p < 0x80) {
				*p |= (unsigned char)((*p >= 'A' && *p <= 'Z') << 5);
			} else if (*p >= 0xc3 && *p < 0xd6 && p + 1 < end && (p[1] & 0xc0) == 0x80) {	/* Latin to Armenian */
				low = text_char((uint32_t)(*p & 0x1f) << 6 | (p[1] & 0x3f)).lower;
				if (low.n == 2)
					memcpy(p, low.p, 2);
				p++;
			}
	}
}

static void part_text(struct find_part *p, struct str text, unsigned lang, unsigned weight)
{
	struct words w = { text, 0, 0 };
	struct str word;

	while (words_next(&w, &word))
		part_word(p, word, lang, weight);
}

/* Text of the document that may name one that is left out. */
static void part_safe(struct find_part *p, const struct copy *c, struct str text, unsigned lang, unsigned weight)
{
	buf_clear(&p->text);
	copy_html(&p->text, c, text, " ");
	small_letters(&p->text);
	part_text(p, buf_str(&p->text), lang, weight);
}

struct naming { struct find_part *p; const struct copy *c; };

static void part_name(void *ctx, struct str name, struct str lang)
{
	const struct naming *n = ctx;

	part_safe(n->p, n->c, name, stems_lang(lang), PLAIN);
}

static void part_code(void *ctx, struct str code)
{
	part_word(ctx, code, 0, PLAIN);
}

/* One character reference at s.p[i] == '&': its length, its bytes appended; 1 for an ampersand that is none. The
 * five names are all that buf_html_escape and cmark write. */
static size_t reference(struct buf *out, struct str s, size_t i)
{
	static const struct { const char *name; char c; } names[] = {
		{ "&amp;", '&' }, { "&lt;", '<' }, { "&gt;", '>' }, { "&quot;", '"' }, { "&#39;", '\'' },
	};
	size_t k;

	for (k = 0; k < sizeof names / sizeof names[0]; k++)
		if (str_starts(str_sub(s, i, s.n), cstr(names[k].name))) {
			buf_putc(out, names[k].c);
			return strlen(names[k].name);
		}
	buf_putc(out, '&');
	return 1;
}

/* Elements that may stand in the middle of a word. */
static bool is_inline(struct str name)
{
	if (name.n < 3)			/* most are p, li, td */
		return str_is(name, "a") || str_is(name, "em");
	return word_in("strong del code span bdi sup sub mark ins", name);
}

/* The text of a body, headings apart. */
static void part_html(struct find_part *p, struct str html, unsigned lang)
{
	unsigned weight = PLAIN;
	size_t i = 0, end;

	buf_clear(&p->text);
	while (i < html.n) {
		struct str name, text;
		bool closes;

		if (html.p[i] == '&') {
			i += reference(&p->text, html, i);
			continue;
		}
		if (html.p[i] != '<') {
			text = str_sub(html, i, html.n);
			text = str_sub(text, 0, str_chr(text, '<'));
			text = str_sub(text, 0, str_chr(text, '&'));
			buf_str_add(&p->text, text);
			i += text.n;
			continue;
		}
		closes = i + 1 < html.n && html.p[i + 1] == '/';
		for (end = i + 1 + closes; end < html.n && html.p[end] != ' ' && html.p[end] != '>'; end++)
			;
		name = str_sub(html, i + 1 + closes, end);
		while (end < html.n && html.p[end] != '>')
			end++;
		i = end + (end < html.n);
		if (name.n == 2 && name.p[0] == 'h' && name.p[1] >= '1' && name.p[1] <= '6') {
			small_letters(&p->text);
			part_text(p, buf_str(&p->text), lang, weight);
			buf_clear(&p->text);
			weight = closes ? PLAIN : HEADING;
		} else if (!is_inline(name)) {
			buf_putc(&p->text, ' ');
		}
	}
	small_letters(&p->text);
	part_text(p, buf_str(&p->text), lang, weight);
}

void find_stem_put(struct buf *b, struct str form, struct str stem)
{
	bool begins = str_starts(form, stem);

	buf_putc(b, (char)(stem.n | (begins ? 0 : 128)));
	if (!begins)
		buf_str_add(b, stem);
}

bool find_stem_take(struct str *stem, struct str form, struct str *s)
{
	struct str head;
	unsigned char c;

	if (!kept_take(&head, s, 1))
		return false;
	c = (unsigned char)head.p[0];
	*stem = str_sub(form, 0, c);
	return c < 128 ? c <= form.n : kept_take(stem, s, c - 128);
}

static void becomes_put(struct find_part *p, uint32_t number, struct str word, unsigned tag)
{
	struct stemmed w = stems_both(p->stems, word, tag, p->english);
	struct buf *b = &p->becomes;

	buf_reserve(b, sizeof number + 3 * WORD_MAX + 3);
	buf_add(b, &number, sizeof number);
	buf_putc(b, (char)w.surface.n);
	buf_str_add(b, w.surface);
	find_stem_put(b, w.surface, w.term);
	find_stem_put(b, w.surface, w.other);
}

bool find_becomes_take(struct find_becomes *w, struct str *s)
{
	struct str head;

	if (!kept_take(&head, s, sizeof w->number + 1))
		return false;
	memcpy(&w->number, head.p, sizeof w->number);
	return kept_take(&w->form, s, (unsigned char)head.p[sizeof w->number]) && find_stem_take(&w->term, w->form, s) &&
	    find_stem_take(&w->english, w->form, s);
}

uint32_t find_word_put(struct find *f, struct find_part *p, struct str word, unsigned tag)
{
	bool is_new;
	uint32_t i = (uint32_t)strings_put(&f->words, word, (uint8_t)tag, strings_hash(word, (uint8_t)tag), &is_new);

	if (is_new)
		becomes_put(p, i, word, tag);
	return i;
}

void find_post_put(struct buf *b, uint64_t number, uint32_t weight)
{
	varint_put(b, number << 1 | (weight != 1));
	if (weight != 1)
		varint_put(b, weight);
}

/* The words of p->local as those of document k. What takes long, stemming, is done while others look things up. */
static void part_posts(struct find *f, struct find_part *p, size_t k)
{
	const struct strings *local = &p->local;
	struct find_spot *spot = &f->spots[k];
	uint32_t length = 0;
	size_t i, new = 0;

	if (local->n > p->cap) {
		p->cap = local->n * 2;
		p->numbers = xrealloc(p->numbers, p->cap * sizeof *p->numbers);
		p->fresh = xrealloc(p->fresh, p->cap * sizeof *p->fresh);
	}
	pthread_mutex_lock(&f->one);
	for (i = 0; i < local->n; i++) {
		bool is_new;

		strings_expect(&f->words, p->hashes, local->n, i);
		p->numbers[i] = (uint32_t)strings_put(&f->words, strings_at(local, i), strings_tag(local, i), p->hashes[i], &is_new);
		p->fresh[new] = (uint32_t)i;
		new += is_new;
	}
	pthread_mutex_unlock(&f->one);
	spot->at = p->posts.n;
	for (i = 0; i < local->n; i++) {
		length += p->weights[i];
		find_post_put(&p->posts, (uint64_t)p->numbers[i] + 1, p->weights[i]);
	}
	spot->n = p->posts.n - spot->at;
	f->length[k] = length + !length;
	for (i = 0; i < new; i++) {
		k = p->fresh[i];
		becomes_put(p, p->numbers[k], strings_at(local, k), strings_tag(local, k));
	}
}

void find_add(struct find *f, unsigned part, const struct copy *c, const struct entry *e, struct str html)
{
	struct find_part *p = &f->parts[part];
	const struct front *front = &e->original->doc.front;
	size_t k = f->number[e - c->all];
	struct naming naming = { p, c };
	unsigned lang = stems_lang(e->lang);

	strings_clear(&p->local);
	part_text(p, e->name, p->english, PLAIN);
	names_each(front, e->kind, &c->vocab, part_name, &naming);
	codes_each(front, e->kind, part_code, p);
	part_safe(p, c, e->title, lang, TITLE);
	part_safe(p, c, e->summary, lang, PLAIN);
	part_html(p, html, lang);
	f->spots[k] = (struct find_spot){ .part = part, .made = true };
	part_posts(f, p, k);
}

struct str find_string(const struct find *f, size_t i)
{
	return (struct str){ f->sorted.p + f->strings[i], f->strings[i + 1] - f->strings[i] };
}

struct str find_posts(const struct find *f, size_t k)
{
	const struct find_spot *spot = &f->spots[k];

	return str_sub(buf_str(&f->parts[spot->part].posts), spot->at, spot->at + spot->n);
}

static int newest_first(const void *pa, const void *pb)
{
	const struct entry *a = *(const struct entry *const *)pa, *b = *(const struct entry *const *)pb;
	int d = -str_cmp(a->date, b->date);

	return d ? d : str_cmp(a->name, b->name);
}

/* By date, the oldest first; of one day the last name first. Most are told apart by the first bytes of the date, six bits
 * for each up to one that does not fit in so many. */
struct dated {
	uint64_t begin;
	const struct entry *e;
	uint32_t at;			/* by name, backwards */
	bool whole;			/* begin is all of the date */
};

static int oldest_first(const void *pa, const void *pb)
{
	const struct dated *a = pa, *b = pb;

	if (a->begin != b->begin)
		return a->begin < b->begin ? -1 : 1;
	if (a->whole && b->whole)	/* and nothing is read that lies all over memory */
		return (a->at > b->at) - (a->at < b->at);
	return newest_first(&b->e, &a->e);
}

static void sort_docs(struct find *f)
{
	struct dated *v = xmalloc((f->n + 1) * sizeof *v);
	size_t i, k;

	for (i = 0; i < f->n; i++) {
		const struct entry *e = f->copy->v[f->n - 1 - i];	/* by name, backwards */
		uint64_t begin = 0;

		for (k = 0; k < 10 && k < e->date.n && e->date.p[k] > ' ' && e->date.p[k] < '_'; k++)
			begin |= (uint64_t)(e->date.p[k] - ' ') << (58 - 6 * k);
		if (k < 10 && k < e->date.n && e->date.p[k] >= '_')
			begin |= (uint64_t)63 << (58 - 6 * k);
		v[i] = (struct dated){ begin, e, (uint32_t)i, k == e->date.n };
	}
	if (f->n)
		qsort(v, f->n, sizeof *v, oldest_first);
	for (i = 0; i < f->n; i++)
		f->docs[i] = v[i].e;
	free(v);
}

/* All but the order of the documents. */
static struct find *make(const struct copy *c, unsigned parts)
{
	struct find *f = xmalloc(sizeof *f);
	unsigned i;

	*f = (struct find){ .copy = c, .n = c->n, .nparts = parts, .one = PTHREAD_MUTEX_INITIALIZER };
	f->docs = arena_array(&f->a, f->n, sizeof *f->docs);
	f->number = arena_array(&f->a, c->nall, sizeof *f->number);
	f->length = arena_array(&f->a, f->n, sizeof *f->length);
	f->spots = arena_array(&f->a, f->n, sizeof *f->spots);
	f->coded = arena_array(&f->a, called_ncodes, sizeof *f->coded);
	f->parts = arena_array(&f->a, f->nparts, sizeof *f->parts);
	for (i = 0; i < parts; i++) {
		f->parts[i].stems = stems_open_once();
		f->parts[i].english = stems_lang(STR("en"));	/* of names and codes */
	}
	return f;
}

struct find *find_open(const struct copy *c, unsigned parts)
{
	struct find *f = make(c, parts);
	size_t k;

	sort_docs(f);
	for (k = 0; k < f->n; k++)
		f->number[f->docs[k] - c->all] = (uint32_t)k;
	return f;
}

struct find *find_open_near(const struct copy *c, unsigned parts, const char *path, const unsigned char key[KEPT_KEY],
    struct str stamp)
{
	struct find *f = make(c, parts);

	f->near = true;
	if (find_load(f, path, key, stamp))
		return f;
	find_close(f);
	return NULL;
}

void find_close(struct find *f)
{
	unsigned i;

	if (!f)
		return;
	find_log_close(f);
	find_forget(f);
	for (i = 0; i < FIND_KINDS; i++) {
		buf_free(&f->blocks[i].bytes);
		arena_free(&f->blocks[i].a);
	}
	arena_free(&f->a);
	free(f);
}

enum rc find_fill(struct find *f, struct md *m, struct err *e)
{
	struct page_want want = { .find = f };
	struct arena a = ARENA_INIT;
	struct buf page = BUF_INIT;
	enum rc rc = RC_OK;
	size_t i;

	/* RC_INVALID: what could not be laid out stands there as its page has it */
	for (i = 0; i < f->n && rc != RC_IO; i++) {
		buf_clear(&page);
		rc = page_write(&page, m, f->copy, cstr(arena_printf(&a, "d/%.*s.html", FMT_STR(f->docs[i]->name))), &want, e);
		arena_reset(&a);
	}
	buf_free(&page);
	arena_free(&a);
	if (rc == RC_IO)
		return rc;
	find_finish(f, NULL, NULL);
	return RC_OK;
}

/* ---- ranking ---- */

struct run {
	const struct find *f;
	uint64_t *score;
	unsigned char *state;		/* HIT, OUT */
	uint8_t *best;			/* highest impact for the word in work; 0: none */
	uint32_t *touched;
	size_t ntouched;
};
enum { HIT = 1, OUT = 2 };

/* White space parts; a '-' in front of a word leaves documents out; the rest are words as everywhere. */
static size_t read_query(struct find_asked to[FIND_WORDS], bool *open_end, struct arena *a, struct str text)
{
	struct buf form = BUF_INIT;
	struct str part, word;
	size_t n = 0, i = 0, start;
	struct words w;

	*open_end = false;
	while (i < text.n && n < FIND_WORDS) {
		bool not;

		while (i < text.n && strchr(" \t\r\n", text.p[i]))
			i++;
		for (start = i; i < text.n && !strchr(" \t\r\n", text.p[i]); i++)
			;
		part = str_sub(text, start, i);
		not = part.n > 1 && part.p[0] == '-' && part.p[1] != '-';
		w = (struct words){ part, 0, 0 };
		while (n < FIND_WORDS && words_next(&w, &word)) {
			buf_clear(&form);
			text_surface(&form, word);
			*open_end = !not && i == text.n && word.p + word.n == text.p + text.n;
			if (!form.n)
				continue;
			to[n] = (struct find_asked){ .form = arena_str(a, buf_str(&form)), .not = not };
			buf_clear(&form);
			called_surface(&form, word);
			to[n++].called = arena_str(a, buf_str(&form));
		}
	}
	buf_free(&form);
	return n;
}

static void take_list(struct run *r, uint32_t list)
{
	uint32_t i;

	for (i = r->f->list_at[list]; i < r->f->list_at[list + 1]; i++) {
		uint32_t doc = r->f->posts[i] >> 8;
		uint8_t q = (uint8_t)r->f->posts[i];

		if (!r->best[doc])
			r->touched[r->ntouched++] = doc;
		if (q > r->best[doc])
			r->best[doc] = q;
	}
}

static void take_form(struct run *r, size_t form)
{
	uint32_t i;

	take_list(r, r->f->forms[form]);
	for (i = r->f->ref_at[form]; i < r->f->ref_at[form + 1]; i++)
		take_list(r, r->f->refs[i]);
}

/* The first form that is not before s. */
static size_t form_lower(const struct find *f, struct str s)
{
	size_t from = 0, to = f->nforms, mid;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (str_cmp(find_string(f, f->forms[mid]), s) < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return from;
}

static uint32_t block_of(const struct find *f, uint32_t list)
{
	size_t from = 0, to = f->blocks[FIND_BY_TERM].n, mid;

	while (to - from > 1) {
		mid = from + (to - from) / 2;
		if (f->blocks[FIND_BY_TERM].v[mid].rank <= list)
			from = mid;
		else
			to = mid;
	}
	return (uint32_t)from;
}

/* The lists of the forms that begin with s: the first FIND_FORMS forms, of the first FIND_LISTS files. */
static void take_beginning(struct run *r, struct str s)
{
	const struct find *f = r->f;
	uint32_t blocks[FIND_LISTS], b, k, list;
	size_t i, n = 0, j, first = form_lower(f, s);

	for (i = first; i < f->nforms && i < first + FIND_FORMS && str_starts(find_string(f, f->forms[i]), s); i++)
		for (k = f->ref_at[i]; k <= f->ref_at[i + 1]; k++) {	/* its own list, then the others */
			list = k == f->ref_at[i] ? f->forms[i] : f->refs[k - 1];
			b = block_of(f, list);
			for (j = 0; j < n && blocks[j] != b; j++)
				;
			if (j == n && n == FIND_LISTS)
				continue;
			if (j == n)
				blocks[n++] = b;
			take_list(r, list);
		}
}

static void run_word(struct run *r, const struct find_asked *w, bool last, bool ask)
{
	size_t form = form_lower(r->f, w->form), exact = 0, i;
	bool is_form = form < r->f->nforms && str_eq(find_string(r->f, r->f->forms[form]), w->form);
	uint64_t factor;

	r->ntouched = 0;
	if (is_form) {
		take_form(r, form);
		exact = r->ntouched;
	}
	if (!is_form && !w->not) {
		take_beginning(r, w->form);
		exact = r->ntouched;
	} else if (last && !w->not && exact < FIND_FEW) {
		uint8_t kept[FIND_FEW];

		for (i = 0; i < exact; i++)
			kept[i] = r->best[r->touched[i]];
		take_beginning(r, w->form);
		for (i = 0; i < exact; i++)
			r->best[r->touched[i]] = kept[i];
	}
	factor = bm25_rare(r->f->n, exact) / (ask ? ASKING : 1);
	for (i = 0; i < r->ntouched; i++) {
		uint32_t doc = r->touched[i];
		uint64_t gain = factor * r->best[doc];

		if (w->not) {
			r->state[doc] |= OUT;
		} else {
			r->state[doc] |= HIT;
			r->score[doc] += i < exact ? gain : gain >> 6;
		}
		r->best[doc] = 0;
	}
}

/* The documents of a code. */
static void run_hint(struct run *r, const struct find_named *named, size_t i)
{
	const struct find *f = r->f;
	const struct str code = named->codes[i];
	const size_t form = form_lower(f, code);
	uint32_t factor, k, doc;

	r->ntouched = 0;
	if (form < f->nforms && str_eq(find_string(f, f->forms[form]), code))
		take_list(r, f->forms[form]);
	factor = hint_weight(bm25_rare(f->n, r->ntouched), code, named->others, named->ask[0]);
	for (k = 0; k < r->ntouched; k++) {
		doc = r->touched[k];
		r->state[doc] |= HIT;
		r->score[doc] += (uint64_t)factor * r->best[doc];
		r->best[doc] = 0;
	}
}

static int by_rank(const void *pa, const void *pb)
{
	const struct find_hit *a = pa, *b = pb;

	if (a->score != b->score)
		return a->score > b->score ? -1 : 1;
	return newest_first(&a->entry, &b->entry);
}

void find_record(struct record *r, const struct entry *e)
{
	const struct front *f = &e->original->doc.front;
	const struct key *countries = front_key(f, find_countries(e)), *topics = front_key(f, "topics"),
	    *meetings = front_key(f, "meetings");

	*r = (struct record){ .id = e->name, .kind = cstr(e->kind->name), .owner = e->owner, .status = e->status,
	    .tlp = e->tlp, .lang = e->lang, .date = e->date, .title = e->title, .summary = e->summary,
	    .countries = countries ? countries->values : NULL, .ncountries = countries ? countries->n : 0,
	    .topics = topics ? topics->values : NULL, .ntopics = topics ? topics->n : 0,
	    .meetings = meetings ? meetings->values : NULL, .nmeetings = meetings ? meetings->n : 0 };
}

enum rc find_run(struct find_result *res, struct arena *a, const struct find *f, struct str query,
    const struct filters *filters, size_t limit, struct err *e)
{
	struct run r = { .f = f };
	struct find_asked words[FIND_WORDS];
	struct find_named named;
	size_t n, i, positive = 0;
	struct find_hit *hits;
	struct record rec;
	bool open_end;

	n = read_query(words, &open_end, a, query);
	for (i = 0; i < n; i++)
		positive += !words[i].not;
	if (!positive && !filters_any(filters))
		return err_set(e, RC_INVALID, n ? "only words to leave out; add one to look for" : "no word to look for");
	r.score = arena_array(a, f->n, sizeof *r.score);
	r.state = arena_array(a, f->n, sizeof *r.state);
	r.best = arena_array(a, f->n, sizeof *r.best);
	r.touched = arena_array(a, f->n, sizeof *r.touched);
	find_names_in(&named, buf_str(&f->called), words, n);
	for (i = 0; i < n; i++)
		run_word(&r, &words[i], open_end && i + 1 == n, named.ask[i]);
	for (i = 0; i < named.n; i++)
		run_hint(&r, &named, i);
	hits = arena_array(a, f->n, sizeof *hits);
	*res = (struct find_result){ .hits = hits };
	for (i = 0; i < f->n; i++) {
		if ((positive && !(r.state[i] & HIT)) || r.state[i] & OUT)
			continue;
		find_record(&rec, f->docs[i]);
		if (filters_match(filters, &rec))
			hits[res->total++] = (struct find_hit){ f->docs[i], r.score[i] };
	}
	if (res->total)
		qsort(hits, res->total, sizeof *hits, by_rank);
	res->n = res->total < limit ? res->total : limit;
	return RC_OK;
}
