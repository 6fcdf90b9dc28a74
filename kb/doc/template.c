/* kb/doc/template.c: see template.h. */
#include "kb/doc/template.h"

#include <stdlib.h>
#include <string.h>

struct writer {
	struct buf *b;
	const struct template_set *sets;
	size_t n;
	bool *used;
};

static bool listed(enum key_type t)
{
	return t == KEY_LIST || t == KEY_IDLIST;
}

static void put(struct writer *w, const struct key_rule *rule, const char *name, struct str value)
{
	struct str part;
	bool list = rule && listed(rule->type), first = true;
	size_t i;

	for (i = 0; i < w->n; i++)
		if (str_is(w->sets[i].key, name)) {
			value = w->sets[i].value;
			w->used[i] = true;
		}
	buf_printf(w->b, "%s:", name);
	if (list) {
		buf_puts(w->b, " [");
		while (str_split(&part, &value, ',')) {
			buf_puts(w->b, first ? "" : ", ");
			front_quote(w->b, str_trim(part), true);
			first = false;
		}
		buf_putc(w->b, ']');
	} else if (value.n) {
		buf_putc(w->b, ' ');
		front_quote(w->b, value, false);
	}
	buf_putc(w->b, '\n');
}

/* What a required key begins with: the only value there is, or the first stage. */
static struct str initial(const struct key_rule *r)
{
	struct str words = cstr(r->values);

	if (r->values && r->type == KEY_CODE && (strcmp(r->name, "stage") == 0 || str_chr(words, ' ') == SIZE_MAX))
		return str_sub(words, 0, str_chr(words, ' '));
	if (r->type == KEY_YESNO)
		return words;
	return STR_NONE;
}

static const struct key_rule *own_key(const struct kind *k, const char *name)
{
	const struct key_rule *r;

	for (r = k->keys; r->name; r++)
		if (strcmp(r->name, name) == 0)
			return r;
	return NULL;
}

static bool given(const struct writer *w, const char *name)
{
	size_t i;

	for (i = 0; i < w->n; i++)
		if (str_is(w->sets[i].key, name))
			return true;
	return false;
}

static bool local_key(struct str key)		/* x-..., as front matter takes it */
{
	return str_starts(key, STR("x-")) && key.n > 2 && key.n <= 64 &&
	    strspn(key.p, "abcdefghijklmnopqrstuvwxyz0123456789-") == key.n;
}

enum rc template_write(struct buf *b, const struct kind *k, struct str id, struct str title, struct str owner,
    struct str lang, struct str date, const struct template_set *sets, size_t n, struct err *e)
{
	const struct { const char *name; struct str value; } head[] = {
		{ "id", id }, { "kind", cstr(k->name) }, { "title", title }, { "owner", owner }, { "status", STR("draft") },
		{ "tlp", STR("TLP:GREEN") }, { "lang", lang }, { "date", date }
	};
	struct writer w = { b, sets, n, xmalloc(n + 1) };
	const struct key_rule *r;
	const struct heading *h;
	enum rc rc = RC_OK;
	size_t i;

	memset(w.used, 0, n + 1);
	for (i = 0; i < n; i++)
		if (word_in("id kind title owner status lang", sets[i].key)) {
			free(w.used);
			return err_set(e, RC_INVALID, "%.*s: follows from the kind, the title, --owner and --lang; leave it out",
			    FMT_STR(sets[i].key));
		}
	buf_puts(b, "---\n");
	for (i = 0; i < sizeof head / sizeof *head; i++)
		put(&w, NULL, head[i].name, head[i].value);
	for (r = common_keys; r->name; r++)
		if (!own_key(k, r->name) && r->need != NEED_ALWAYS && (r->need == NEED_PUBLISHED || given(&w, r->name) ||
		    strcmp(r->name, "countries") == 0 || strcmp(r->name, "meetings") == 0 || strcmp(r->name, "source") == 0))
			put(&w, r, r->name, STR_NONE);
	for (r = k->keys; r->name; r++)
		if (r->need != NEED_OPTIONAL || given(&w, r->name))
			put(&w, r, r->name, initial(r));
	for (i = 0; i < n && !rc; i++)
		if (!w.used[i]) {
			if (local_key(sets[i].key))
				put(&w, NULL, sets[i].key.p, sets[i].value);
			else
				rc = err_set(e, RC_INVALID, "%.*s: a %s has no such key; 'man 5 colep' lists them",
				    FMT_STR(sets[i].key), k->name);
		}
	buf_puts(b, "---\n");
	for (h = k->headings; h->text; h++)
		buf_printf(b, "\n## %s\n\n", h->text);
	while (b->n >= 2 && b->p[b->n - 1] == '\n' && b->p[b->n - 2] == '\n')
		b->n--;
	b->p[b->n] = '\0';
	free(w.used);
	return rc;
}
