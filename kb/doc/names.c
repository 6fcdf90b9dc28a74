/* kb/doc/names.c: see names.h. */
#include "kb/doc/names.h"

#include <strings.h>

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
		const struct vocab_table *t = rule->vocab ? vocab_table(v, cstr(rule->vocab)) : NULL;
		const struct key *k = t ? front_key(f, rule->name) : NULL;
		size_t i;

		for (i = 0; k && i < k->n; i++) {
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
	struct naming g = { .fn = fn, .ctx = ctx };

	give_keys(&g, f, common_keys, v);
	if (k)
		give_keys(&g, f, k->keys, v);
}
