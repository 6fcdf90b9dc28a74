/* kb/doc/make/called.c: called texts/LANGUAGE.txt... >called_table.c: a program of the build, see kb/doc/called.h.
 *
 * Of the texts: kind.*, kinds.*, those of value.* that are a stage or a role, topics.*, countries.*, and called.*, whose names
 * stand between commas. Countries' English names are the labels of the vocabulary. What the vocabularies call a topic is left
 * out, in whatever language: documents have it as a word, and a text about the topic has it more than once. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kb/base/arena.h"
#include "kb/doc/called.h"
#include "kb/doc/kind.h"
#include "kb/doc/vocab.h"
#include "kb/text/stem.h"

enum { WORDS = 4 };			/* of a name; a longer one is none that is typed */

struct table {
	struct arena a;
	char **lines, **codes;
	size_t n, cap, ncodes, ccap;
	struct stems *stems;
	struct vocab vocab;
};

static struct str surfaces(struct table *t, struct str name)
{
	struct words w = { name, 0, 0 };
	struct buf b = BUF_INIT;
	struct str word;

	while (words_next(&w, &word)) {
		buf_puts(&b, b.n ? " " : "");
		called_surface(&b, word);
	}
	word = arena_str(&t->a, buf_str(&b));
	buf_free(&b);
	return word;
}

/* Does the vocabulary call the topic so? */
static bool topic_called(struct table *t, struct str code, struct str name)
{
	const struct term *m = vocab_term(vocab_table(&t->vocab, STR("topics")), code);
	struct str rest = m ? m->also : STR_NONE, one;
	const struct str wanted = surfaces(t, name);
	bool yes = m && str_eq(surfaces(t, m->label), wanted);

	while (!yes && str_split(&one, &rest, ','))
		yes = str_eq(surfaces(t, one), wanted);
	return yes;
}

static void add_name(struct table *t, struct str lang, struct str code, struct str name)
{
	const bool ask = str_is(code, "ask");
	const unsigned stemmer = ask ? 0 : stems_lang(lang);
	struct words w = { name, 0, 0 };
	struct buf stems = BUF_INIT;
	struct str word;
	char *lower = arena_cstr(&t->a, code);
	size_t i, n;

	for (n = 0; words_next(&w, &word); n++)
		buf_printf(&stems, "%s%.*s", n ? " " : "", FMT_STR(stems_term(t->stems, word, stemmer)));
	for (i = 0; lower[i]; i++)
		lower[i] = (char)(lower[i] >= 'A' && lower[i] <= 'Z' ? lower[i] | 0x20 : lower[i]);
	if (n && n <= WORDS) {
		if (t->n == t->cap)
			t->lines = arena_grow(&t->a, t->lines, &t->cap, sizeof *t->lines);
		t->lines[t->n++] = arena_printf(&t->a, "%.*s\t%.*s\t%u\t0%s", FMT_STR(surfaces(t, name)), FMT_STR(buf_str(&stems)), stemmer, lower);
		if (t->ncodes == t->ccap)
			t->codes = arena_grow(&t->a, t->codes, &t->ccap, sizeof *t->codes);
		t->codes[t->ncodes++] = arena_printf(&t->a, "0%s", lower);
	}
	buf_free(&stems);
}

static bool stage_or_role(struct str value)
{
	static const char *const keys[] = { "stage", "roles" };
	size_t i, k;

	for (i = 0; kinds[i].name; i++)
		for (k = 0; k < sizeof keys / sizeof *keys; k++) {
			const struct key_rule *rule = kind_key(&kinds[i], cstr(keys[k]));

			if (rule && rule->values && word_in(rule->values, value))
				return true;
		}
	return false;
}

static void add_line(struct table *t, struct str lang, struct str line)
{
	static const char *const families[] = { "kind", "kinds", "topics", "countries" };
	struct str family, code, name;
	size_t i, at = str_find(line, STR(" = "));

	if (at == SIZE_MAX || line.p[0] == '#')
		return;
	name = str_sub(line, at + 3, line.n);
	code = str_sub(line, 0, at);
	if (str_chr(code, '.') == SIZE_MAX || str_is(code, "kinds.more"))
		return;
	str_split(&family, &code, '.');
	if (str_is(family, "called"))
		for (struct str one; str_split(&one, &name, ',');)
			add_name(t, lang, code, one);
	else if (str_is(family, "value") && stage_or_role(code))
		add_name(t, lang, code, name);
	else
		for (i = 0; i < sizeof families / sizeof *families; i++)
			if (str_is(family, families[i]) && !(str_is(family, "topics") && topic_called(t, code, name)))
				add_name(t, lang, code, name);
}

static void add_countries(struct table *t)
{
	const struct vocab_table *of = vocab_table(&t->vocab, STR("countries"));
	size_t i;

	for (i = 0; i < of->n; i++)
		add_name(t, STR("en"), of->terms[i].code, of->terms[i].label);
}

static int by_bytes(const void *x, const void *y)
{
	return strcmp(*(char *const *)x, *(char *const *)y);
}

static size_t once(char **v, size_t n)
{
	size_t i, k = 0;

	qsort(v, n, sizeof *v, by_bytes);
	for (i = 0; i < n; i++)
		if (!k || strcmp(v[k - 1], v[i]) != 0)
			v[k++] = v[i];
	return k;
}

static void print(struct table *t)
{
	size_t i, at = 0;
	const char *p;

	t->n = once(t->lines, t->n);
	t->ncodes = once(t->codes, t->ncodes);
	puts("#include \"kb/doc/called.h\"\n\n#pragma GCC diagnostic ignored \"-Woverlength-strings\"\nconst char called_lines[] =");
	for (i = 0; i < t->n; i++) {
		putchar('"');
		for (p = t->lines[i]; *p; p++)
			printf(*p == '\t' ? "\\t" : strchr("\"\\", *p) ? "\\%c" : "%c", *p);
		puts("\\n\"");
	}
	puts(";\nconst uint32_t called_at[] = {");
	for (i = 0; i < t->n; at += strlen(t->lines[i++]) + 1)
		printf("%zu,\n", at);
	printf("%zu };\nconst uint32_t called_heads[] = {\n", at);
	for (i = 0; i < t->n; i++)
		printf("%" PRIu32 "u,\n", called_head(cstr(t->lines[i])));
	printf("};\nconst size_t called_n = %zu;\nconst char called_codes[][CALLED_CODE] = {\n", t->n);
	for (i = 0; i < t->ncodes; i++)
		printf("\"%s\",\n", t->codes[i]);
	printf("};\nconst size_t called_ncodes = %zu;\n", t->ncodes);
}

int main(int argc, char **argv)
{
	struct table t = { .stems = stems_open() };
	char line[8192], *name, *dot;
	FILE *f;
	int i, status = 0;

	vocab_default(&t.vocab, &t.a);
	for (i = 1; i < argc; i++) {
		name = strrchr(argv[i], '/') ? strrchr(argv[i], '/') + 1 : argv[i];
		if (!(dot = strchr(name, '.')) || !(f = fopen(argv[i], "r"))) {
			fprintf(stderr, "called: %s: cannot be read\n", argv[i]);
			status = 1;
			continue;
		}
		while (fgets(line, sizeof line, f))
			add_line(&t, (struct str){ name, (size_t)(dot - name) }, str_trim(cstr(line)));
		fclose(f);
	}
	add_countries(&t);
	print(&t);
	stems_close(t.stems);
	arena_free(&t.a);
	return status || fflush(stdout) ? 1 : 0;
}
