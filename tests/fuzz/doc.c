/* tests/fuzz/doc.c: any bytes as a document: every check ends, in order, with sane places and sentences. */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "kb/doc/check.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool known(void *ctx, struct str id)
{
	(void)ctx;
	return id.n % 2 == 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct vocab vocab;
	static struct arena kept = ARENA_INIT;
	struct check_env env = { &vocab, STR("TLP:GREEN"), known, NULL };
	struct str text = { (const char *)data, size }, path = STR_NONE;
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct findings f = { 0 };
	struct place at = { 0, 0 };
	struct doc d;
	size_t i, lines = 1, errors = 0, warnings = 0;

	if (!vocab.n)
		vocab_default(&vocab, &kept);
	if (!doc_parse(&d, &at, &a, text, &e))
		path = doc_path_of(&a, d.id);
	if (!path.n)
		path = size % 2 ? STR("drafts/cs-mk-2022-taiwan.fa.md") : STR("case-studies/mk/cs-mk-2022-taiwan.md");
	check_document(&f, &a, path, text, &env);
	check_personal(&f, &a, text, 1, size % 3 == 0);
	for (i = 0; i < size; i++)
		lines += data[i] == '\n';
	for (i = 0; i < f.n; i++) {
		const struct finding *v = &f.v[i];

		assert(v->place.line <= lines && (v->place.line == 0) == (v->place.column == 0));
		assert(v->message.n && str_chr(v->message, '\n') == SIZE_MAX && str_utf8_bad(v->message) == v->message.n);
		assert(strncmp(v->rule, "PD", 2) != 0 || v->message.n < 256);
	}
	for (i = 0; i < f.n && errors + warnings < f.errors + f.warnings; i++) {
		errors += !f.v[i].passed && f.v[i].level == LEVEL_ERROR;
		warnings += !f.v[i].passed && f.v[i].level == LEVEL_WARNING;
	}
	assert(errors == f.errors && warnings == f.warnings);
	arena_free(&a);
	return 0;
}
