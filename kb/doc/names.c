/* kb/doc/names.c: see names.h. */
#include "kb/doc/names.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "kb/doc/called.h"
#include "kb/text/fold.h"

enum { NAMES_MAX = 256 };		/* told apart; what follows may come twice */

struct naming {
	name_fn *fn;
	void *ctx;
	struct str seen[NAMES_MAX];
	size_t n;
};

static struct str lang_of(struct str name)
{
	size_t i = 0;

	while (i < name.n)
		if (str_utf8_next(name, &i) >= 0x0370)	/* no Latin letter */
			return cstr(text_language(name));
	return STR("en");
}

static void give(struct naming *g, struct str name)
{
	size_t i;

	name = str_trim(name);
	for (i = 0; i < g->n; i++)
		if (g->seen[i].n == name.n && strncasecmp(g->seen[i].p, name.p, name.n) == 0)
			return;
	if (!name.n)
		return;
	if (g->n < NAMES_MAX)
		g->seen[g->n++] = name;
	g->fn(g->ctx, name, lang_of(name));
}

static void give_keys(struct naming *g, const struct front *f, const struct key_rule *rule, const struct vocab *v)
{
	for (; rule->name; rule++) {
		const struct key *k = rule->vocab ? front_key(f, rule->name) : NULL;
		const struct vocab_table *t = k ? vocab_table(v, cstr(rule->vocab)) : NULL;
		size_t i;

		for (i = 0; t && i < k->n; i++) {
			const struct term *m = vocab_term(t, k->values[i]);
			struct str rest = m ? m->also : STR_NONE, name;

			if (m)
				give(g, m->label);
			while (str_split(&name, &rest, ','))
				give(g, name);
		}
	}
}

void names_each(const struct front *f, const struct kind *k, const struct vocab *v, name_fn *fn, void *ctx)
{
	struct naming g;

	g.fn = fn;
	g.ctx = ctx;
	g.n = 0;
	give_keys(&g, f, common_keys, v);
	if (k)
		give_keys(&g, f, k->keys, v);
}

static int by_code(const void *code, const void *el)
{
	return strcmp(code, el);
}

/* The word of a document's code, borrowed for ever; STR_NONE: none is called so. */
static struct str called_code(struct str value)
{
	char code[CALLED_CODE] = "0";
	size_t i;

	if (value.n > CALLED_CODE - 2)
		return STR_NONE;
	for (i = 0; i < value.n; i++)		/* countries' are capitals */
		code[i + 1] = (char)(value.p[i] >= 'A' && value.p[i] <= 'Z' ? value.p[i] | 0x20 : value.p[i]);
	return cstr(bsearch(code, called_codes, called_ncodes, sizeof *called_codes, by_code));
}

void codes_each(const struct front *f, const struct kind *k, code_fn *fn, void *ctx)
{
	static const char *const keys[] = { "stage", "roles", "countries", "country", "topics" };
	struct str code = k ? called_code(cstr(k->name)) : STR_NONE;
	size_t i, j;

	if (code.n)
		fn(ctx, code);
	for (i = 0; i < sizeof keys / sizeof *keys; i++) {
		const struct key *key = front_key(f, keys[i]);

		for (j = 0; key && j < key->n; j++) {
			if (k && str_is(key->values[j], k->name))	/* a participant is so by its kind and its roles */
				continue;
			code = called_code(key->values[j]);
			if (code.n)
				fn(ctx, code);
		}
	}
}
