/* tests/unit/record.c: what is kept of a document; its words, and those of one that takes another's place. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "kb/base/date.h"
#include "kb/index/record.h"

enum { SLOTS = 4096 };
struct seen {				/* by slot of a word of a language */
	int64_t now[SLOTS];		/* what the version that stands has */
	int64_t more[SLOTS];		/* what the count of its like becomes more by */
	uint64_t order;			/* of all words that stand, with weight and whether they run */
	size_t told[3];			/* words by fate */
};

static uint64_t mixed(uint64_t h, struct str s)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		h = (h ^ (unsigned char)s.p[i]) * 0x100000001b3u;
	return h ^ h >> 29;
}

static void take(void *ctx, struct str word, unsigned lang, unsigned weight, bool running, enum fate fate)
{
	struct seen *s = ctx;
	size_t i = mixed(0xcbf29ce484222325u ^ lang, word) % SLOTS;

	s->told[fate]++;
	s->more[i] += fate == COMES ? 1 : fate == GOES ? -1 : 0;
	if (fate == GOES)
		return;
	s->now[i]++;
	s->order = mixed(s->order ^ weight << 1 ^ running, word);
}

static const struct str path = { "case-studies/mk/cs-mk-2022-taiwan.md", 36 };

/* Words of `now` (or NULL) that takes the place of `was` (or NULL). */
static void words_of(struct seen *s, const char *now, const char *was, const struct vocab *v)
{
	const char *const texts[2] = { now, was };
	struct buf plain[2] = { BUF_INIT, BUF_INIT };
	struct arena a = ARENA_INIT;
	struct version d[2];
	struct record r[2];
	struct oid blob = OID_NONE;
	size_t i;

	memset(s, 0, sizeof *s);
	for (i = 0; i < 2; i++)
		if (texts[i]) {
			assert_true(record_make(&r[i], &a, path, cstr(texts[i]), &blob));
			d[i] = (struct version){ &r[i], cstr(texts[i]), record_stemmer(&r[i], cstr(texts[i])) };
		}
	record_words(plain, now ? &d[0] : NULL, was ? &d[1] : NULL, v, take, s);
	buf_free(&plain[0]);
	buf_free(&plain[1]);
	arena_free(&a);
}

static const char *const texts[] = {
	"---\ntitle: Boats\nlang: en\ntopics: [small-boats]\ncountries: [mk]\n---\n# Boats\n\nOne line.\nOne line.\nAnother line.\n",
	"---\ntitle: Boats\nlang: en\ntopics: [small-boats]\ncountries: [mk]\n---\n# Boats\n\nOne line.\nA new line.\n\nOne line.\nOne line.\n",
	"---\ntitle: Boats again\nlang: en\ntopics: [hawala]\ncountries: [mk]\n---\n# Boats\n\nOne line.\nAnother line.\n",
	"---\ntitle: Boats\nlang: de\ntopics: [small-boats]\ncountries: [mk]\n---\n# Boats\n\nOne line.\nAnother line.\n",
	"---\ntitle: Boats\nlang: en\ntopics: [hawala]\ncountries: [mk]\n---",
	"---\ntitle: Boats\nlang: en\ntopics: [small-boats]\ncountries: [mk]\n---",
	"---\ntitle: [\nlang: en\n---\n# Boats\n\nOne line.\nAnother line.\n",
	"---\ntitle: Boats\nlang: en\ntopics: [small-boats]\n---\nThey are on the sea with the wind.\nIt is text.\n",
	"---\ntitle: Boats\nlang: en\ntopics: [small-boats]\n---\nThey are on the sea with the wind.\nIt is \xff.\n",	/* broken, of one stemmer */
	"One line.\nAnother line.\n# Boats\nOne line.\n",
	"",
};

/* Of a version that takes another's place: what stands is told as of it alone, what is counted becomes what it alone has. */
static void assert_as_each_alone(const char *now, const char *was, const struct vocab *v)
{
	static struct seen new, old, both;
	size_t k;

	words_of(&new, now, NULL, v);
	words_of(&old, was, NULL, v);
	words_of(&both, now, was, v);
	assert_true(both.order == new.order);
	for (k = 0; k < SLOTS; k++) {
		assert_int_equal(both.now[k], new.now[k]);
		assert_int_equal(both.more[k], new.now[k] - old.now[k]);
	}
}

static void test_record__of_two_versions_words_count_as_of_each_alone(void **state)
{
	const size_t n = sizeof texts / sizeof *texts;
	struct arena a = ARENA_INIT;
	struct vocab v;
	size_t i, j;

	(void)state;
	vocab_default(&v, &a);
	for (i = 0; i <= n; i++)
		for (j = 0; j <= n; j++)
			assert_as_each_alone(i < n ? texts[i] : NULL, j < n ? texts[j] : NULL, &v);
	arena_free(&a);
}

static size_t below(uint64_t *seed, size_t n)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(*seed >> 33) % n;
}

/* Lines are put in, taken out and changed anywhere in a text, at its ends too. */
static void test_record__of_versions_that_are_edited_words_count_as_of_each_alone(void **state)
{
	static const char *const fronts[] = { "", "---\ntitle: Boats\nlang: en\ntopics: [small-boats]\n---\n",
		"---\ntitle: Boats\nlang: en\nsummary: of the boats\ntopics: [hawala]\n---\n", "---\ntitle: Boats\nlang: de\n---\n",
		"---\ntitle: Boats\ntopics: [small-boats]\n---\n", "---\ntitle: [\n---\n" };
	static const char *const lines[] = { "# Boats", "", "One line.", "One line", "Another line of the sea and the wind.", "- one", "```", "> said",
		"| a | b |", "<!-- not", "said -->", "Die Boote sind auf dem Meer und nicht bei den anderen.", "Boats", "of the boats", "---", "\xff" };
	enum { LINES = 12 };
	const char *doc[LINES + 1] = { NULL }, *front = fronts[1];
	struct buf text[2] = { BUF_INIT, BUF_INIT };
	struct arena a = ARENA_INIT;
	uint64_t seed = 11;
	size_t n = 0, i, k, at;
	struct vocab v;

	(void)state;
	vocab_default(&v, &a);
	for (i = 0; i < 3000; i++) {
		struct buf *now = &text[i % 2], *was = &text[1 - i % 2];

		if (!below(&seed, 6))
			front = fronts[below(&seed, sizeof fronts / sizeof *fronts)];
		for (k = below(&seed, 4); k; k--) {
			const char *line = lines[below(&seed, sizeof lines / sizeof *lines)];

			at = below(&seed, n + 1);
			if (n == LINES || (n && !below(&seed, 2))) {
				at = at == n ? n - 1 : at;
				memmove(doc + at, doc + at + 1, (--n - at) * sizeof *doc);
			}
			if (n < LINES && below(&seed, 3)) {
				memmove(doc + at + 1, doc + at, (n++ - at) * sizeof *doc);
				doc[at] = line;
			}
		}
		buf_clear(now);
		buf_puts(now, front);
		for (k = 0; k < n; k++)
			buf_printf(now, "%s%s", doc[k], k + 1 < n || below(&seed, 3) ? "\n" : "");
		assert_as_each_alone(now->p, i ? was->p : NULL, &v);
	}
	buf_free(&text[0]);
	buf_free(&text[1]);
	arena_free(&a);
}

static void test_record__what_stays_is_not_cut_twice(void **state)
{
	static struct seen both;
	struct arena a = ARENA_INIT;
	struct vocab v;

	(void)state;
	vocab_default(&v, &a);
	words_of(&both, texts[1], texts[0], &v);
	assert_int_equal(both.told[COMES], 3 + 2);	/* "A new line.", "One line." once more */
	assert_int_equal(both.told[GOES], 2);		/* "Another line." */
	assert_true(both.told[STAYS] > 6);
	arena_free(&a);
}

/* Encode and decode; the bytes that the date and the countries took beyond a record without either. */
static size_t kept(struct arena *a, struct str date, struct str *countries, size_t n)
{
	struct record r = { .id = STR("cs-mk-2022-taiwan"), .title = STR("Taiwan"), .lang = STR("en"), .date = date,
		.countries = countries, .ncountries = n }, got;
	struct buf b = BUF_INIT, bare = BUF_INIT;
	struct err e = ERR_INIT;
	struct str bytes;
	size_t i, took;

	record_encode(&b, &r);
	bytes = arena_str(a, buf_str(&b));
	assert_int_equal(record_decode(&got, a, r.id, bytes, &e), RC_OK);
	assert_true(str_eq(got.date, date) && !got.date.p == !date.p);
	assert_true(str_is(got.lang, "en"));
	assert_int_equal(got.ncountries, n);
	for (i = 0; i < n; i++)
		assert_true(str_eq(got.countries[i], countries[i]));
	r.date = STR_NONE;
	r.ncountries = 0;
	record_encode(&bare, &r);
	took = b.n - bare.n;
	buf_free(&b);
	buf_free(&bare);
	return took;
}

static void test_record__what_is_kept_comes_back_days_and_codes_in_few_bytes(void **state)
{
	static const char *const dates[] = { "1970-01-01", "1969-12-31", "2022-05-18", "2149-06-06", "2149-06-07", "2199-12-31", "2022",
		"2022-05", "2021/2023-05", "2021/2022", "2022-02-30", "2022-5-018", "", "\xff\xff" };
	struct str codes[] = { STR("MK"), STR("AA"), STR("ZZ"), STR("en"), STR("zz"), STR("aA"), STR("Aa"), STR("A["), STR("a{"), STR("@A"),
		STR("`a"), STR("\xc3\xa9"), STR("M"), STR("MKD"), STR("9A"), STR("") };
	struct arena a = ARENA_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof dates / sizeof *dates; i++)
		assert_true(kept(&a, cstr(dates[i]), NULL, 0) <= strlen(dates[i]));
	for (i = 0; i < 60000; i += 37) {
		char day[11];

		date_format(day, (int64_t)i * 86400);
		assert_true(kept(&a, cstr(day), NULL, 0) <= 2);	/* and no date takes one */
	}
	(void)kept(&a, STR_NONE, codes, sizeof codes / sizeof *codes);
	for (i = 0; i < 5; i++)
		assert_int_equal(kept(&a, STR_NONE, &codes[i], 1), 2);
	arena_free(&a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_record__what_is_kept_comes_back_days_and_codes_in_few_bytes),
		cmocka_unit_test(test_record__of_two_versions_words_count_as_of_each_alone),
		cmocka_unit_test(test_record__of_versions_that_are_edited_words_count_as_of_each_alone),
		cmocka_unit_test(test_record__what_stays_is_not_cut_twice),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
