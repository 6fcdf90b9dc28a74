/* tests/fuzz/query.c: what search reads of strangers: the query (first byte even), and documents made into records and
 * words or bytes of a record that was damaged (odd). */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "kb/index/query.h"
#include "kb/index/record.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(void *ctx, struct str word, unsigned lang, unsigned weight, bool running, enum fate fate)
{
	(void)running;
	(void)fate;
	assert(word.n > 0 && lang < stems_count() && weight > 0);
	assert(stems_term(ctx, word, lang).n <= WORD_MAX);
}

static void same(struct str a, struct str b)
{
	assert(str_eq(a, b));
}

static void record(struct arena *a, struct str text)
{
	static struct vocab vocab;
	static struct arena kept = ARENA_INIT;
	static struct stems *stems;
	static const struct oid blob;
	struct err e = ERR_INIT;
	struct filters f = FILTERS_INIT;
	struct buf b = BUF_INIT, summary = BUF_INIT, plain[2] = { BUF_INIT, BUF_INIT };
	struct record r, back;
	struct version old;
	size_t i;
	bool made;

	if (!stems) {
		vocab_default(&vocab, &kept);
		stems = stems_open();
	}
	if (!record_decode(&back, a, STR("cs-mk-2022-taiwan"), text, &e)) {	/* damaged bytes: what decodes can be used */
		(void)filters_match(&f, &back);
		record_encode(&b, &back);
		buf_clear(&b);
	}
	made = record_make(&r, a, STR("case-studies/mk/cs-mk-2022-taiwan.md"), text, &blob);
	assert(made);
	record_encode(&b, &r);
	assert(!record_decode(&back, a, r.id, buf_str(&b), &e));
	same(r.id, back.id);
	same(r.title, back.title);
	record_summary(&summary, &back, text);
	same(r.summary, buf_str(&summary));
	same(r.path, back.path);
	same(r.status, back.status);
	same(r.tlp, back.tlp);
	assert(r.ntopics == back.ntopics && r.ncountries == back.ncountries && r.nmeetings == back.nmeetings);
	for (i = 0; i < r.ntopics; i++)
		same(r.topics[i], back.topics[i]);
	assert(filters_match(&f, &r));
	old = (struct version){ &back, str_sub(text, 0, text.n / 2), record_stemmer(&back, str_sub(text, 0, text.n / 2)) };
	record_words(plain, &(struct version){ &r, text, record_stemmer(&r, text) }, &old, &vocab, take, stems);
	buf_free(&plain[0]);
	buf_free(&plain[1]);
	buf_clear(&b);
	record_plain(&b, &r, text);
	buf_free(&b);
	buf_free(&summary);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct filters f = FILTERS_INIT;
	struct arena a = ARENA_INIT;
	struct err e = ERR_INIT;
	struct query *q = NULL;

	if (size && data[0] % 2)
		record(&a, (struct str){ (const char *)data, size });
	else if (query_parse(&q, &f, &a, (struct str){ (const char *)data, size }, &e))
		assert(e.msg[0] && !q);
	arena_free(&a);
	return 0;
}
