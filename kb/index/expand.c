/* kb/index/expand.c: see expand.h. */
#include "kb/index/expand.h"

#include <string.h>

#include "kb/index/forms.h"
#include "kb/index/parts.h"
#include "kb/text/fold.h"

enum { PREFIX_TERMS = 32, NEAR_TERMS = 3, ONE_FROM = 5, TWO_FROM = 9 };

static void put_term(struct expansion *x, struct arena *a, size_t *cap, struct str term)
{
	size_t i;

	for (i = 0; i < x->n; i++)
		if (str_eq(x->terms[i], term))
			return;
	if (!term.n)
		return;
	if (x->n == *cap)
		x->terms = arena_grow(a, x->terms, cap, sizeof *x->terms);
	x->terms[x->n++] = arena_str(a, term);
}

static bool has_digit(struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (s.p[i] >= '0' && s.p[i] <= '9')
			return true;
	return false;
}

/* The stems of a word in every language of the index, and in English, that of the codes' names. A word of a document
 * whose language has no stemmer stands in the forms. */
static void put_stems(struct expansion *x, struct arena *a, size_t *cap, struct snap *s, struct str word)
{
	unsigned lang, en = stems_lang(STR("en"));

	for (lang = 1; lang < stems_count() && lang < LANGS; lang++)
		if (lang == en || s->stamp.langs[lang])
			put_term(x, a, cap, stems_term(index_stems(s->ix), word, lang));
}

enum rc expand_word(struct expansion *x, struct arena *a, struct snap *s, struct str word, enum tier tier, bool typing,
    struct err *e)
{
	struct form_list list = { 0 };
	struct buf b = BUF_INIT;
	size_t cap = 0, letters, i, most = SIZE_MAX;
	struct str surface;
	enum rc rc = RC_OK;

	*x = (struct expansion){ 0 };
	text_surface(&b, word);
	surface = buf_str(&b);
	letters = str_utf8_count(surface);
	switch (tier) {
	case TIER_EXACT:
		put_stems(x, a, &cap, s, word);
		rc = forms_exact(&list, a, s, surface, e);
		break;
	case TIER_PREFIX:
		if (typing && letters > 1)
			rc = forms_prefix(&list, a, s, surface, e);
		most = PREFIX_TERMS;
		break;
	case TIER_ONE: case TIER_TWO:
		if (letters >= (tier == TIER_ONE ? ONE_FROM : TWO_FROM) && !has_digit(surface))
			rc = forms_near(&list, a, s, surface, tier == TIER_ONE ? 1 : 2, e);
		most = NEAR_TERMS;
		if (list.n)
			x->shown = arena_str(a, list.v[0].form);
		break;
	default:
		break;
	}
	for (i = 0; i < list.n && x->n < most; i++)
		put_term(x, a, &cap, list.v[i].term);
	buf_free(&b);
	return rc;
}
