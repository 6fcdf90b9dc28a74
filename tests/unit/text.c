/* tests/unit/text.c: from words to terms: cutting, folding, stemming, guessing the language. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <libstemmer.h>

#include "kb/text/fold.h"
#include "kb/text/stem.h"
#include "kb/text/strip.h"

static void test_text__words_of_any_script(void **state)
{
	static const struct { const char *text, *words; } v[] = {
		{ "", "" }, { "  ,.-", "" }, { "a", "a" }, { "Stop, thief! 25x", "Stop|thief|25x" }, { "don't co-operate", "don|t|co|operate" },
		{ "don\xe2\x80\x99t", "don|t" }, { "Трафик на хора.", "Трафик|на|хора" }, { "می\xe2\x80\x8cروم تهران", "می|روم|تهران" },
		{ "قَلَم", "قَلَم" }, { "中国人", "中国|国人" }, { "中", "中" }, { "中国", "中国" }, { "a中国b", "a|中国|b" }, { "中 国", "中|国" },
		{ "カタカナx", "カタ|タカ|カナ|x" }, { "a\xff" "b", "a|b" }, { "\xff\xfe", "" }, { "\xe4\xb8", "" }, { "中\xff国", "中|国" },
		{ "हिन्दी", "हिन्दी" }, { "x\xcc\x81y", "x\xcc\x81y" }, { "№5", "5" }, { "a\xc2\xa0" "b", "a|b" }, { "한국어", "한국어" }, { "日本語x中", "日本|本語|x|中" },
		{ "ж", "ж" }, { "😀", "" }, { "ไทย", "ไท|ทย" },
	};
	struct buf b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		struct words w = { cstr(v[i].text), 0, 0 };
		struct str word;

		buf_clear(&b);
		while (words_next(&w, &word)) {
			assert_true(word.n > 0 && word.p >= v[i].text && word.p + word.n <= v[i].text + strlen(v[i].text));
			buf_printf(&b, "%s%.*s", b.n ? "|" : "", FMT_STR(word));
		}
		assert_false(words_next(&w, &word));
		if (!str_is(buf_str(&b), v[i].words))
			fail_msg("%s: %s", v[i].text, buf_cstr(&b));
	}
	buf_free(&b);
}

static struct str folded(struct buf *b, const char *s)
{
	struct buf low = BUF_INIT;

	buf_clear(b);
	text_lower(&low, cstr(s));
	text_fold(b, buf_str(&low));
	buf_free(&low);
	return buf_str(b);
}

static void test_text__spellings_fold_to_one(void **state)
{
	static const struct { const char *a, *b; } v[] = {
		{ "Police", "police" }, { "ПОЛИЦИЯ", "полиция" }, { "Müller", "muller" }, { "Straße", "STRASSE" }, { "Ærø", "aero" }, { "ŁÓDŹ", "lodz" },
		{ "Đorđe", "Djordje" }, { "Ђорђе", "Djordje" }, { "Ђорђе", "Đorđe" }, { "Љубљана", "Ljubljana" }, { "Њиве", "njive" }, { "џеп", "dzep" }, { "Џамија", "džamija" },
		{ "Čačak", "Чачак" }, { "Čačak", "Cacak" }, { "Šabac", "Шабац" }, { "Žabalj", "Жабаљ" }, { "Ćuprija", "Ћуприја" }, { "Ohrid", "Охрид" },
		{ "İstanbul", "istanbul" }, { "ISPARTA", "isparta" }, { "Isparta", "ısparta" }, { "ışık", "isik" }, { "Göç", "goc" },
		{ "کابل", "كابل" }, { "یار", "يار" }, { "ے", "ي" }, { "ہند", "هند" }, { "مُهَاجِر", "مهاجر" }, { "كتــاب", "كتاب" }, { "أحمد", "احمد" }, { "إيران", "ايران" },
		{ "آب", "اب" }, { "مدرسة", "مدرسه" }, { "مؤتمر", "موتمر" }, { "۱۲۳", "123" }, { "١٢٣", "123" }, { "১২৩", "123" }, { "１２", "12" },
		{ "ﬁn", "fin" }, { "Ⅳ", "iv" }, { "Ｐｏｌｉｃｅ", "police" }, { "ﻣﻬﺎﺟﺮ", "مهاجر" }, { "ﻻ", "لا" }, { "ئی", "ئي" }, { "ۀ", "ه" }, { "경찰", "\xe1\x84\x80\xe1\x85\xa7\xe1\x86\xbc\xe1\x84\x8e\xe1\x85\xa1\xe1\x86\xaf" }, { "e\xcc\x81t\xc3\xa9", "ete" }, { "Ñandú", "nandu" }, { "Ångström", "angstrom" }, { "Qəbələ", "qebele" }, { "Ελλάδα", "ελλαδα" },
		{ "می\xe2\x80\x8cروم", "میروم" }, { "Ґанок", "ganok" }, { "þing", "thing" },
	};
	struct buf a = BUF_INIT, b = BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++)
		if (!str_eq(folded(&a, v[i].a), folded(&b, v[i].b)) || !a.n)
			fail_msg("%s is %s, %s is %s", v[i].a, buf_cstr(&a), v[i].b, buf_cstr(&b));
	/* What must stay apart. */
	assert_false(str_eq(folded(&a, "हिन्दी"), folded(&b, "हनद")));
	assert_false(str_eq(folded(&a, "полиция"), folded(&b, "позиция")));
	assert_true(str_is(folded(&a, "12"), "12"));
	buf_free(&a);
	buf_free(&b);
}

static void test_text__long_words_are_cut_at_a_character(void **state)
{
	struct buf word = BUF_INIT, low = BUF_INIT, out = BUF_INIT;
	struct stems *s = stems_open();
	static const char *const unit[] = { "a", "ж", "中", "\xf0\x90\x90\x80", "\xef\xb7\xba", "ß", "e\xcc\x81", "њ", "A", "İ" };
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof unit / sizeof *unit; i++)
		for (n = 1; n < 400; n += n < 70 ? 1 : 97) {
			buf_clear(&word);
			buf_clear(&low);
			buf_clear(&out);
			while (word.n < n)
				buf_puts(&word, unit[i]);
			text_lower(&low, buf_str(&word));
			assert_true(str_utf8_count(buf_str(&word)) > TEXT_POINTS || str_utf8_count(buf_str(&low)) <= 18 * TEXT_POINTS);
			assert_true(str_utf8_bad(buf_str(&low)) == low.n);
			text_fold(&out, buf_str(&low));
			assert_true(str_utf8_bad(buf_str(&out)) == out.n);
			for (unsigned lang = 0; lang < stems_count(); lang += 5) {
				struct str term = stems_term(s, buf_str(&word), lang);

				assert_true(term.n <= WORD_MAX && str_utf8_bad(term) == term.n);
			}
		}
	stems_close(s);
	stems_close(NULL);
	buf_free(&word);
	buf_free(&low);
	buf_free(&out);
}

static void same_term(struct stems *s, const char *lang, const char *x, const char *y, bool same)
{
	unsigned n = stems_lang(cstr(lang));
	char a[80], b[80];
	struct str t = stems_term(s, cstr(x), n);

	assert_true(n > 0);
	snprintf(a, sizeof a, "%.*s", FMT_STR(t));
	t = stems_term(s, cstr(y), n);
	snprintf(b, sizeof b, "%.*s", FMT_STR(t));
	if ((strcmp(a, b) == 0) != same)
		fail_msg("%s: %s is %s, %s is %s", lang, x, a, y, b);
}

static void test_text__stems_of_one_word_meet(void **state)
{
	static const struct { const char *lang, *a, *b; } v[] = {
		{ "en", "smugglers", "Smuggler" }, { "en", "studies", "study" }, { "en", "borders", "bordering" }, { "en", "VICTIMS", "victim" },
		{ "de", "Grenzen", "Grenze" }, { "de", "Häuser", "Haus" }, { "ru", "границы", "граница" }, { "ru", "ПОЛИЦИИ", "полиция" },
		{ "ar", "المهاجرين", "مهاجر" }, { "ar", "الحدود", "حدود" }, { "fr", "frontières", "frontière" }, { "sr", "granice", "границе" },
		{ "bg", "границата", "граници" }, { "bg", "границите", "Граница" }, { "bg", "трафикантите", "трафикант" }, { "bg", "градовете", "градът" },
		{ "bg", "работата", "работи" }, { "bg", "резултатът", "резултати" }, { "bg", "резултат", "резултатите" }, { "bg", "полицията", "полиции" },
		{ "bg", "войници", "войник" }, { "bg", "granitsa", "granitsi" }, { "bg", "българският", "българска" },
		{ "mk", "границата", "граница" }, { "mk", "граѓанинот", "граѓанин" }, { "mk", "животот", "живот" }, { "mk", "жртвите", "жртва" }, { "mk", "žrtvite", "жртва" },
		{ "mk", "волци", "волк" }, { "mk", "полицијата", "policija" },
		{ "fa", "کتاب‌های", "كتاب" }, { "fa", "کتابهای", "کتاب" }, { "fa", "مهاجران", "مهاجر" }, { "fa", "بزرگترین", "بزرگ" }, { "fa", "می‌کنند", "میکنند" },
		{ "ur", "کیسوں", "کیس" }, { "ur", "سرحدوں", "سرحد" }, { "ur", "لڑکے", "لڑکی" }, { "ur", "لڑکیاں", "لڑکا" },
		{ "bn", "পুলিশের", "পুলিশ" }, { "bn", "পুলিশকে", "পুলিশ" }, { "bn", "সীমান্তে", "সীমান্ত" }, { "bn", "পাচারের", "পাচার" }, { "bn", "মামলাগুলো", "মামলা" },
		{ "sq", "viktimës", "viktimat" }, { "sq", "pasaportën", "pasaporta" }, { "sq", "lumit", "lumi" }, { "sq", "kufirin", "KUFIRI" },
		{ "az", "sərhəddə", "sərhəd" }, { "az", "sərhədlər", "serhed" }, { "az", "polisin", "POLİS" }, { "az", "sənədlərin", "sənəd" }, { "az", "polislərdən", "polis" },
		{ "sr", "тужилаштво", "tuzilastva" }, { "hr", "policijske", "полицијске" }, { "sr", "границама", "granici" }, { "sr", "жртвама", "zrtve" },
		{ "bs", "žrtve", "zrtve" }, { "sr-Cyrl", "жртве", "žrtve" }, { "sr", "Љубав", "ljubav" }, { "tr", "sınırlar", "sınır" },
	};
	struct stems *s = stems_open();
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++)
		same_term(s, v[i].lang, v[i].a, v[i].b, true);
	same_term(s, "en", "police", "policy", false);
	same_term(s, "bg", "граница", "град", false);
	same_term(s, "fa", "مرز", "مرد", false);
	same_term(s, "bn", "পুলিশ", "মামলা", false);
	assert_int_equal(stems_lang(STR("sr-Latn")), stems_lang(STR("sr")));
	assert_int_equal(stems_lang(STR("hr")), stems_lang(STR("bs")));
	assert_int_equal(stems_lang(STR("nb")), stems_lang(STR("no")));
	assert_int_equal(stems_lang(STR("")), 0);
	assert_int_equal(stems_lang(STR_NONE), 0);
	assert_int_equal(stems_lang(STR("EN")), 0);
	for (i = 0; i < stems_count(); i++)	/* every stemmer opens */
		assert_true(stems_term(s, STR("test"), (unsigned)i).n > 0);
	assert_true(stems_term(s, STR("abc"), 1000).n == 3);
	assert_true(str_is(stems_term(s, STR("smugglers"), 0), "smugglers"));
	stems_close(s);
}

static void test_text__affixes_are_surfaces(void **state)
{
	struct str affix, part;
	struct buf b = BUF_INIT;
	unsigned t;
	size_t i;

	(void)state;
	for (t = 1; t <= strip_count(); t++)
		for (i = 0; strip_affix(&affix, t, i); i++)
			while (str_split(&part, &affix, '>')) {	/* else no word would end in it */
				part = str_sub(part, part.p[0] == '-', part.n - (part.p[part.n - 1] == '-'));
				buf_clear(&b);
				text_fold(&b, part);
				if (!str_eq(buf_str(&b), part))
					fail_msg("\"%.*s\" is \"%s\" in surfaces", FMT_STR(part), buf_cstr(&b));
			}
	buf_free(&b);
}

static void test_text__terms_from_the_cache_are_those_without(void **state)
{
	static const char *const part[] = { "границ", "smuggl", "ing", "ers", "ы", "ß", "كتاب", "中", "İ", "e\xcc\x81", "12", "\xe2\x80\x8c", "Ж", "Z", "\xff" };
	struct stems *s = stems_open(), *cacheless = stems_open_once();
	struct buf word = BUF_INIT, surface = BUF_INIT;
	struct stemmed b;
	unsigned other;
	uint64_t seed = 7;
	char first[WORD_MAX + 1];
	size_t i, n, empty = 0;

	(void)state;
	for (i = 0; i < 1500; i++) {
		struct stems *fresh = i % 50 ? NULL : stems_open();
		unsigned lang;
		struct str t;

		buf_clear(&word);
		for (n = i % 5 + 1; n; n--) {
			seed = seed * 6364136223846793005u + 1442695040888963407u;
			buf_puts(&word, part[(seed >> 33) % (sizeof part / sizeof *part)]);
		}
		lang = (unsigned)(seed >> 40) % stems_count();
		t = stems_term(s, buf_str(&word), lang);
		memcpy(first, t.n ? t.p : "", t.n);
		n = t.n;
		empty += !n;
		t = stems_term(s, buf_str(&word), lang);
		assert_true(t.n == n && (n == 0 || memcmp(first, t.p, n) == 0));
		other = (unsigned)(seed >> 50) % stems_count();
		b = stems_both(s, buf_str(&word), lang, other);
		assert_true(str_eq(b.term, (struct str){ first, n }) && str_eq(b.other, stems_term(cacheless, buf_str(&word), other)));
		buf_clear(&surface);
		text_surface(&surface, buf_str(&word));
		assert_true(str_eq(b.surface, buf_str(&surface)));
		if (fresh) {
			t = stems_term(fresh, buf_str(&word), lang);
			assert_true(t.n == n && (n == 0 || memcmp(first, t.p, n) == 0));
		}
		stems_close(fresh);
	}
	assert_true(empty < 200);
	assert_int_equal(stems_term(s, STR("\xe2\x80\x8c"), 0).n, 0);
	assert_int_equal(stems_term(s, STR("\xe2\x80\x8c"), 0).n, 0);
	assert_int_equal(stems_term(s, STR_NONE, 1).n, 0);
	stems_close(s);
	stems_close(cacheless);
	buf_free(&word);
	buf_free(&surface);
}

/* Words that a stemmer is not asked about are those that it leaves as they are: of all endings of three letters. */
static void test_text__a_stemmer_that_is_not_asked_would_change_nothing(void **state)
{
	static const char *const langs[][2] = { { "en", "english" }, { "tr", "turkish" } };
	static const char *const begin[] = { "", "b", "ol", "yacht", "gener", "relation", "hoping", "organis" };
	struct stems *s = stems_open_once();
	struct buf folded = BUF_INIT;
	size_t l, i, k, changed;

	(void)state;
	for (l = 0; l < 2; l++) {
		struct sb_stemmer *raw = sb_stemmer_new(langs[l][1], NULL);

		for (changed = i = 0; i < sizeof begin / sizeof *begin; i++)
			for (k = 0; k < 26 * 26 * 26; k++) {
				char word[32];
				const char *stem;
				struct str t;
				int n = snprintf(word, sizeof word, "%s%c%c%c", begin[i], (char)('a' + k / 676), (char)('a' + k / 26 % 26), (char)('a' + k % 26));

				stem = (const char *)sb_stemmer_stem(raw, (const sb_symbol *)word, n);
				changed += strcmp(stem, word) != 0;
				t = stems_term(s, (struct str){ word, (size_t)n }, stems_lang(cstr(langs[l][0])));
				buf_clear(&folded);
				text_fold(&folded, cstr(stem));
				if (!str_eq(t, buf_str(&folded)))
					fail_msg("%s: %s is %s, not %.*s", langs[l][0], word, stem, FMT_STR(t));
			}
		assert_true(changed > 2000);
		sb_stemmer_delete(raw);
	}
	buf_free(&folded);
	stems_close(s);
}

static void test_text__romanised_text_is_ascii(void **state)
{
	static const struct { const char *text, *want; } v[] = {
		{ "Трафик  на хора!", "trafik na hora" }, { "", "" }, { "Müller-Lüdenscheidt", "muller ludenscheidt" }, { "中国人 x", "  x" }, { "Ķ25", "k25" },
	};
	struct buf b = BUF_INIT;
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		buf_clear(&b);
		text_romanise(&b, cstr(v[i].text));
		for (j = 0; j < b.n; j++)
			assert_true((b.p[j] & 0x80) == 0);
		if (i != 3 && !str_is(buf_str(&b), v[i].want))
			fail_msg("%s: %s", v[i].text, buf_cstr(&b));
	}
	buf_free(&b);
}

static void test_text__plain_text_leads_back_to_its_bytes(void **state)
{
	static const char *const v[] = { "", "abc", "\xd9\xa1\xdb\xb2\xe0\xa7\xa9", "a\xe2\x80\x8b" "b", "\xc2\xa0\xe2\x80\xaf x", "жx\xff\xfe", "\xef\xbb\xbf" "a\xc2\xad",
		"+389\xe2\x80\x91" "70" };
	static const char *const plain[] = { "", "abc", "123", "ab", "   x", "жx\xff\xfe", "a", "+389-70" };
	size_t i, j;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		struct buf b = BUF_INIT;
		size_t *from;

		buf_puts(&b, "before");
		text_plain(&b, &from, cstr(v[i]));
		assert_true(str_is(str_sub(buf_str(&b), 6, b.n), plain[i]));
		for (j = 0; j + 6 < b.n; j++)
			assert_true(from[j] < from[j + 1] && (((unsigned char)v[i][from[j]] & 0x80) || v[i][from[j]] == b.p[j + 6]));
		assert_int_equal(from[b.n - 6], strlen(v[i]));
		free(from);
		buf_free(&b);
	}
}

static void test_text__the_language_of_samples(void **state)
{
	static const struct { const char *text, *lang; } v[] = {
		{ "The police of both countries are working with the prosecutors on this case.", "en" },
		{ "Die Polizei der beiden Länder arbeitet mit den Staatsanwälten und ist nicht allein.", "de" },
		{ "La police des deux pays est dans une enquête avec les procureurs pour que la justice passe.", "fr" },
		{ "Полицията на двете държави работи с прокурорите по този случай.", "bg" },
		{ "Полицията на двете држави работи со обвинителите ѓ ќ ѕ.", "mk" },
		{ "Полиција обе државе ради са тужиоцима, ђак и ћуп.", "sr" },
		{ "Полиция обеих стран работает с прокурорами по этому делу, мы были.", "ru" },
		{ "Поліція обох країн працює з прокурорами, її та є.", "uk" },
		{ "الشرطة في البلدين تعمل مع المدعين العامين", "ar" },
		{ "پلیس هر دو کشور با دادستان‌ها همکاری می‌کند، چون گزارش", "fa" },
		{ "دونوں ممالک کی پولیس اس کیس پر کام کر رہی ہے، ٹھیک ہے", "ur" },
		{ "দুই দেশের পুলিশ একসাথে কাজ করছে", "bn" }, { "两国警方正在合作办理此案", "zh" }, { "両国の警察はこの事件で協力しています", "ja" },
		{ "Her iki ülkenin polisi bu dava ile ilgili olarak ve daha fazla çalışıyor", "tr" },
		{ "", "" }, { "12345", "" }, { "Taiwan", "" }, { "\xff\xff", "" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++)
		if (strcmp(text_language(cstr(v[i].text)), v[i].lang) != 0)
			fail_msg("%s: \"%s\"", v[i].text, text_language(cstr(v[i].text)));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text__words_of_any_script),
		cmocka_unit_test(test_text__spellings_fold_to_one),
		cmocka_unit_test(test_text__long_words_are_cut_at_a_character),
		cmocka_unit_test(test_text__stems_of_one_word_meet),
		cmocka_unit_test(test_text__affixes_are_surfaces),
		cmocka_unit_test(test_text__terms_from_the_cache_are_those_without),
		cmocka_unit_test(test_text__a_stemmer_that_is_not_asked_would_change_nothing),
		cmocka_unit_test(test_text__romanised_text_is_ascii),
		cmocka_unit_test(test_text__plain_text_leads_back_to_its_bytes),
		cmocka_unit_test(test_text__the_language_of_samples),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
