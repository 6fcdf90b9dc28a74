/* render/theme.c: see theme.h.
 *
 * The files compiled in are a table that the build makes of the folder (see the Makefile): name, first byte, end.
 * A template is read once into a list of steps; running it is copying and calling. A section remembers where it
 * began to write and whether its slot wrote anything; if not, the page is cut back to there. */
#include "render/theme.h"

#include <stdlib.h>
#include <string.h>

#include "kb/base/file.h"
#include "kb/doc/doc.h"
#include "kb/doc/kind.h"
#include "render/strings.h"

#define FILE_MAX_ ((size_t)1 << 20)	/* bytes of one file of a theme */
#define DEPTH 8				/* sections in each other */

/* What the Makefile makes of render/theme. */
extern const struct theme_embedded { const char *name, *begin, *end; } theme_embedded[];

static const struct { const char *file, *slots; } templates[TEMPLATES] = {
	[TEMPLATE_PAGE] = { "page.html", "lang dir title meta up practice notice site label menu search main audience form class" },
	[TEMPLATE_DOCUMENT] = { "document.html", "title switch notices summary conflicts facts contents body meeting related "
	    "links history lang" },
	[TEMPLATE_ITEM] = { "item.html", "link kind owner date stage status label summary" },
	[TEMPLATE_HOME] = { "home.html", "title lead facts news meeting countries topics kinds asks tables" },
};

enum step_kind { STEP_TEXT, STEP_SLOT, STEP_WORD, STEP_OPEN, STEP_CLOSE };
struct step {
	enum step_kind kind;
	struct str s;			/* text, or the key of a word */
	struct str *words;		/* escaped, by the number of the texts */
	unsigned slot;
};
struct template {
	struct step *v;
	size_t n, cap;
};

static int by_name(const void *pa, const void *pb)
{
	const struct theme_file *a = pa, *b = pb;

	return str_cmp(a->name, b->name);
}

static const struct theme_file *find(const struct theme_file *v, size_t n, struct str name)
{
	size_t from = 0, to = n, mid;
	int d;

	while (from < to) {
		mid = from + (to - from) / 2;
		if (!(d = str_cmp(v[mid].name, name)))
			return &v[mid];
		if (d < 0)
			from = mid + 1;
		else
			to = mid;
	}
	return NULL;
}

const struct theme_file *theme_file(const struct theme *t, struct str name)
{
	return find(t->files, t->nfiles, name);
}

bool theme_copied(struct str name)
{
	size_t i;

	for (i = 0; i < name.n; i++)
		if (!(name.p[i] >= 'a' && name.p[i] <= 'z') && !(name.p[i] >= '0' && name.p[i] <= '9') && name.p[i] != '-' &&
		    !(name.p[i] == '.' && i > 0))
			return false;
	return name.n <= 64 && (str_ends(name, STR(".css")) || str_ends(name, STR(".js")) || str_ends(name, STR(".svg")));
}

/* ---- templates ---- */

static void step_add(struct theme *t, struct template *to, enum step_kind kind, struct str s, unsigned slot)
{
	if (to->n == to->cap)
		to->v = arena_grow(&t->arena, to->v, &to->cap, sizeof *to->v);
	to->v[to->n++] = (struct step){ .kind = kind, .s = s, .slot = slot };
}

static bool slot_number(unsigned *n, const char *slots, struct str name)
{
	struct str rest = cstr(slots), w;

	for (*n = 0; str_split(&w, &rest, ' '); ++*n)
		if (str_eq(w, name))
			return true;
	return false;
}

static unsigned line_of(struct str text, size_t at)
{
	unsigned line = 1;
	size_t i;

	for (i = 0; i < at; i++)
		line += text.p[i] == '\n';
	return line;
}

static enum rc template_parse(struct theme *t, enum theme_template which, struct err *e)
{
	const char *file = templates[which].file, *slots = templates[which].slots, *what = NULL;
	const struct theme_file *f = theme_file(t, cstr(file));
	struct template *to = arena_alloc(&t->arena, sizeof *to);
	unsigned open[DEPTH], depth = 0, n;
	struct str text = f->bytes, in;
	size_t at = 0, begin, end = 0;
	char c;

	while (!what && at < text.n) {
		begin = str_find(str_sub(text, at, text.n), STR("{{"));
		begin = begin == SIZE_MAX ? text.n : at + begin;
		if (begin > at)
			step_add(t, to, STEP_TEXT, str_sub(text, at, begin), 0);
		if (begin == text.n)
			break;
		end = str_find(str_sub(text, begin, text.n), STR("}}"));
		at = begin;
		if (end == SIZE_MAX) {
			what = "'{{' without '}}'";
			break;
		}
		end += begin;
		in = str_trim(str_sub(text, begin + 2, end));
		c = in.n ? in.p[0] : '\0';
		if (c == '#' || c == '/')
			in = str_trim(str_sub(in, 1, in.n));
		if (c == '!')
			;
		else if (str_starts(in, STR("t ")))
			step_add(t, to, STEP_WORD, str_trim(str_sub(in, 2, in.n)), 0);
		else if (!slot_number(&n, slots, in))
			what = "no such slot";
		else if (c == '#' && depth == DEPTH)
			what = "sections too deep in each other";
		else if (c == '#')
			step_add(t, to, STEP_OPEN, STR_NONE, open[depth++] = n);
		else if (c == '/' && (!depth || open[depth - 1] != n))
			what = "ends a section that is not open";
		else if (c == '/')
			step_add(t, to, STEP_CLOSE, STR_NONE, open[--depth]);
		else if (which == TEMPLATE_PAGE && n == PAGE_MAIN && depth)
			what = "'main' stands in a section";
		else
			step_add(t, to, STEP_SLOT, STR_NONE, n);
		if (!what)
			at = end + 2;
	}
	if (!what && depth)
		what = "a section is not closed";
	if (what)
		return err_set(e, RC_INVALID, "%s:%u: %s: '%.40s'; slots here are: %s", file, line_of(text, at), what,
		    at < text.n ? text.p + at : "", slots);
	t->templates[which] = to;
	return RC_OK;
}

void template_run(struct buf *b, size_t *at, const struct template *t, int until, const struct texts *x,
    void (*slot)(void *ctx, unsigned n), void *ctx)
{
	struct { size_t begin; unsigned slot; bool filled; } open[DEPTH];
	unsigned depth = 0, i;
	size_t before;

	for (; *at < t->n; ++*at) {
		const struct step *s = &t->v[*at];

		switch (s->kind) {
		case STEP_TEXT:
			buf_str_add(b, s->s);
			break;
		case STEP_WORD:
			buf_str_add(b, s->words[x->number]);
			break;
		case STEP_SLOT:
			if ((int)s->slot == until) {
				++*at;
				return;
			}
			before = b->n;
			slot(ctx, s->slot);
			for (i = 0; b->n > before && i < depth; i++)
				open[i].filled |= open[i].slot == s->slot;
			break;
		case STEP_OPEN:
			open[depth].begin = b->n;
			open[depth].slot = s->slot;
			open[depth++].filled = false;
			break;
		case STEP_CLOSE:
			if (!open[--depth].filled && b->p)
				b->p[b->n = open[depth].begin] = '\0';
			break;
		}
	}
}

/* ---- texts ---- */

static bool text_line(struct theme_file *to, struct str line)
{
	size_t eq = str_find(line, STR(" = "));

	if (eq == SIZE_MAX)
		return false;
	to->name = str_trim(str_sub(line, 0, eq));
	to->bytes = str_trim(str_sub(line, eq + 3, line.n));
	return to->name.n > 0;
}

static enum rc texts_parse(struct texts *to, struct arena *a, const struct theme_file *f, struct err *e)
{
	struct str rest = f->bytes, line;
	size_t cap = 0, i;
	unsigned at = 0;

	if (str_utf8_bad(rest) != rest.n)
		return err_set(e, RC_INVALID, "%.*s: not UTF-8", FMT_STR(f->name));
	while (str_line(&line, &rest)) {
		at++;
		line = str_trim(line);
		if (!line.n || line.p[0] == '#')
			continue;
		if (to->n == cap)
			to->v = arena_grow(a, to->v, &cap, sizeof *to->v);
		if (!text_line(&to->v[to->n++], line))
			return err_set(e, RC_INVALID, "%.*s:%u: no 'key = text'", FMT_STR(f->name), at);
	}
	if (to->n)
		qsort(to->v, to->n, sizeof *to->v, by_name);
	for (i = 1; i < to->n; i++)
		if (str_eq(to->v[i].name, to->v[i - 1].name))
			return err_set(e, RC_INVALID, "%.*s: '%.*s' stands there twice", FMT_STR(f->name), FMT_STR(to->v[i].name));
	return RC_OK;
}

/* What a language lacks is as in English; what only it has are names of codes. */
static void texts_fill(struct theme *t, struct texts *x)
{
	struct theme_file *v = arena_array(&t->arena, t->english->written + x->n, sizeof *v);
	const struct theme_file *en = t->english->as_written;
	size_t i = 0, k = 0, n = 0;

	while (i < t->english->written || k < x->n) {
		int d = i == t->english->written ? 1 : k == x->n ? -1 : str_cmp(en[i].name, x->v[k].name);

		v[n++] = d > 0 || (d == 0 && x->v[k].bytes.n) ? x->v[k] : en[i];
		i += d <= 0;
		k += d >= 0;
	}
	x->v = v;
	x->n = n;
}

/* "countries.XA" to "countries.XZ", but XK: the countries of exercises, which no vocabulary names. */
static void texts_made_up(struct theme *t, struct texts *x)
{
	const struct theme_file *f = find(x->v, x->n, STR("country.made-up"));
	struct str text = f ? f->bytes : STR_NONE;
	size_t open = str_find(text, STR("{x}")), n = x->n, i;
	struct theme_file *v = arena_array(&t->arena, n + 26, sizeof *v);
	char name[] = "countries.X?";

	if (open == SIZE_MAX)
		return;
	memcpy(v, x->v, n * sizeof *v);
	for (i = 'A'; i <= 'Z'; i++) {
		struct buf b = BUF_INIT;

		name[sizeof name - 2] = (char)i;
		if (i == 'K' || find(x->v, x->n, cstr(name)))
			continue;
		buf_printf(&b, "%.*sX%c%.*s", (int)open, text.p, (int)i, FMT_STR(str_sub(text, open + 3, text.n)));
		v[n].name = arena_str(&t->arena, cstr(name));
		v[n++].bytes = arena_str(&t->arena, buf_str(&b));
		buf_free(&b);
	}
	qsort(v, n, sizeof *v, by_name);
	x->v = v;
	x->n = n;
}

static uint32_t *text_slot(const struct texts *x, struct str key)
{
	size_t i = strings_hash(key, 0) & (x->nslots - 1);

	while (x->slots[i] && !str_eq(x->v[x->slots[i] - 1].name, key))
		i = (i + 1) & (x->nslots - 1);
	return &x->slots[i];
}

static void texts_hash(struct texts *x, struct arena *a)
{
	size_t i;

	for (x->nslots = 64; x->nslots < 2 * x->n; x->nslots *= 2)
		;
	x->slots = arena_array(a, x->nslots, sizeof *x->slots);
	for (i = 0; i < x->n; i++)
		*text_slot(x, x->v[i].name) = (uint32_t)i + 1;
}

static bool is_texts(struct str name)
{
	return str_starts(name, STR("texts/")) && str_ends(name, STR(".txt")) && lang_valid(str_sub(name, 6, name.n - 4));
}

/* The words of the templates in a language, as they stand in pages. */
static void words_resolve(struct theme *t, const struct texts *x)
{
	struct buf b = BUF_INIT;
	size_t which, i;

	for (which = 0; which < TEMPLATES; which++)
		for (i = 0; i < t->templates[which]->n; i++) {
			struct step *s = &t->templates[which]->v[i];

			if (s->kind != STEP_WORD)
				continue;
			if (!s->words)
				s->words = arena_array(&t->arena, t->ntexts, sizeof *s->words);
			buf_clear(&b);
			buf_html_escape(&b, text_get(x, s->s, NULL));
			s->words[x->number] = arena_str(&t->arena, buf_str(&b));
		}
	buf_free(&b);
}

static enum rc texts_make(struct theme *t, struct texts *x, struct err *e)
{
	enum rc rc = texts_parse(x, &t->arena, x->file, e);

	if (rc)
		x->n = 0;
	if (x != t->english)
		texts_fill(t, x);
	x->as_written = x->v;
	x->written = x->n;
	texts_made_up(t, x);
	texts_hash(x, &t->arena);
	words_resolve(t, x);
	atomic_store_explicit(&x->made, true, memory_order_release);
	return rc;
}

static bool is_compiled_in(const struct theme_file *f)
{
	const struct theme_embedded *in;

	for (in = theme_embedded; in->name && in->begin != f->bytes.p; in++)
		;
	return in->name;
}

/* Those of a folder are looked through; of those compiled in, others than English are made when they are asked for. */
static enum rc texts_open(struct theme *t, struct err *e)
{
	struct texts *english = NULL;
	size_t i;
	enum rc rc;

	t->texts = arena_array(&t->arena, t->nfiles, sizeof *t->texts);
	for (i = 0; i < t->nfiles; i++) {
		struct texts *x = &t->texts[t->ntexts];

		if (!is_texts(t->files[i].name))
			continue;
		x->file = &t->files[i];
		x->number = t->ntexts;
		x->lang = str_sub(x->file->name, strlen("texts/"), x->file->name.n - 4);
		if (str_is(x->lang, "en"))
			english = x;
		t->ntexts++;
	}
	t->english = english;
	rc = texts_make(t, english, e);
	for (i = 0; !rc && i < t->ntexts; i++)
		if (&t->texts[i] != english && !is_compiled_in(t->texts[i].file))
			rc = texts_make(t, &t->texts[i], e);
	return rc;
}

static const struct texts *made(const struct theme *t, struct texts *x)
{
	struct theme *to = (struct theme *)(uintptr_t)t;
	struct err ignored = ERR_INIT;	/* it is compiled in, or was looked through */

	if (atomic_load_explicit(&x->made, memory_order_acquire))
		return x;
	pthread_mutex_lock(&to->one);
	if (!x->made && texts_make(to, x, &ignored))
		ignored.rc = RC_OK;
	pthread_mutex_unlock(&to->one);
	return x;
}

const struct texts *theme_texts(const struct theme *t, struct str lang)
{
	size_t i;

	for (i = 0; i < t->ntexts; i++)
		if (str_eq(t->texts[i].lang, lang))
			return made(t, &t->texts[i]);
	for (i = 0; i < t->ntexts; i++)
		if (str_eq(t->texts[i].lang, str_sub(lang, 0, str_chr(lang, '-'))))
			return made(t, &t->texts[i]);
	return NULL;
}

struct str text_get(const struct texts *x, struct str key, bool *found)
{
	uint32_t i = *text_slot(x, key);

	if (found)
		*found = i > 0;
	return i ? x->v[i - 1].bytes : key;
}

struct str text_of(const struct texts *x, const char *group, struct str name)
{
	char key[96];
	size_t n = strlen(group);
	struct str text;
	bool found = false;

	if (n + 1 + name.n > sizeof key)
		return STR_NONE;
	memcpy(key, group, n);
	key[n] = '.';
	memcpy(key + n + 1, name.p, name.n);
	text = text_get(x, (struct str){ key, n + 1 + name.n }, &found);
	return found ? text : STR_NONE;
}

/* ---- opening ---- */

static void put(struct theme *t, size_t *cap, struct str name, struct str bytes)
{
	size_t i;

	for (i = 0; i < t->nfiles && !str_eq(t->files[i].name, name); i++)
		;
	if (i == t->nfiles && t->nfiles == *cap)
		t->files = arena_grow(&t->arena, t->files, cap, sizeof *t->files);
	t->nfiles += i == t->nfiles;
	t->files[i] = (struct theme_file){ name, bytes };
}

static bool known(const struct theme *t, struct str name)
{
	size_t i;

	for (i = 0; i < t->nfiles && !str_eq(t->files[i].name, name); i++)
		;
	return i < t->nfiles;
}

static enum rc no_template(struct theme *t, const char *dir, const char *name, struct err *e)
{
	const char *all = "";
	size_t i;

	for (i = 0; i < TEMPLATES; i++)
		all = arena_printf(&t->arena, "%s%s%s", all, i ? ", " : "", templates[i].file);
	return err_set(e, RC_INVALID, "%s/%s: no template of this name; there are %s", dir, name, all);
}

/* The files of one folder of a theme, in the place of those compiled in. */
static enum rc read_folder(struct theme *t, size_t *cap, const char *dir, const char *prefix, struct err *e)
{
	struct buf b = BUF_INIT;
	char **names;
	size_t n, i;
	enum rc rc = dir_list(&names, &n, &t->arena, dir, e);

	for (i = 0; !rc && i < n; i++) {
		struct str name = cstr(arena_printf(&t->arena, "%s%s", prefix, names[i]));

		bool template = !*prefix && names[i][0] != '.' && str_ends(name, STR(".html"));

		if (!theme_copied(name) && !is_texts(name) && !template)
			continue;	/* a README, a folder, what an editor left */
		if (template && !known(t, name)) {
			rc = no_template(t, dir, names[i], e);
			break;
		}
		buf_clear(&b);
		rc = file_read(&b, path_join(&t->arena, dir, names[i]), FILE_MAX_, e);
		if (!rc)
			put(t, cap, name, arena_str(&t->arena, buf_str(&b)));
	}
	buf_free(&b);
	return rc;
}

enum rc theme_open(struct theme **out, const char *dir, struct err *e)
{
	struct theme *t = xmalloc(sizeof *t);
	const struct theme_embedded *in;
	size_t cap = 0, i;
	enum rc rc = RC_OK;

	*t = (struct theme){ .arena = ARENA_INIT, .one = PTHREAD_MUTEX_INITIALIZER };
	for (in = theme_embedded; in->name; in++)
		put(t, &cap, cstr(in->name), (struct str){ in->begin, (size_t)(in->end - in->begin) });
	qsort(t->files, t->nfiles, sizeof *t->files, by_name);
	if (dir) {
		const char *texts = path_join(&t->arena, dir, "texts");

		t->of_folder = true;
		if (!(rc = read_folder(t, &cap, dir, "", e)) && file_is_dir(texts))
			rc = read_folder(t, &cap, texts, "texts/", e);
		if (rc)
			goto out;	/* the message names the path */
		qsort(t->files, t->nfiles, sizeof *t->files, by_name);
	}
	for (i = 0; !rc && i < TEMPLATES; i++)
		rc = template_parse(t, (enum theme_template)i, e);
	if (!rc)
		rc = texts_open(t, e);
	if (rc && dir)
		err_prefix(e, "%s", dir);
out:
	if (rc)
		theme_close(t);
	else
		*out = t;
	return rc;
}

void theme_close(struct theme *t)
{
	if (!t)
		return;
	arena_free(&t->arena);
	free(t);
}
