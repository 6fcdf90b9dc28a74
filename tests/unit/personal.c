/* tests/unit/personal.c: PD01 to PD14: what they find, what they leave alone, masks, places, time.
 * All data are made up or the specimens of the standards. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "kb/doc/check.h"

static struct arena arena;
static struct findings f;

static void look(struct str s, bool contact)
{
	arena_free(&arena);
	memset(&f, 0, sizeof f);
	check_personal(&f, &arena, s, 1, contact);
}

static const struct finding *hit(const char *rule)
{
	size_t i;

	for (i = 0; i < f.n; i++)
		if (strcmp(f.v[i].rule, rule) == 0)
			return &f.v[i];
	return NULL;
}

static void print(void)
{
	size_t i;

	for (i = 0; i < f.n; i++)
		print_message("#   %u:%u %s %.*s\n", f.v[i].place.line, f.v[i].place.column, f.v[i].rule, FMT_STR(f.v[i].message));
}

#define FOUND(rule, level, ...) do { \
	static const char *const v_[] = { __VA_ARGS__ }; \
	found(rule, level, v_, sizeof v_ / sizeof *v_); \
} while (0)

static void found(const char *rule, enum level level, const char *const *v, size_t n)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++) {
		look(cstr(v[i]), false);
		if (hit(rule) && hit(rule)->level == level)
			continue;
		print_message("# %s does not find: %s\n", rule, v[i]);
		print();
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

/* No finding of this rule; of any rule, when it is NULL. */
#define LEAVES(rule, ...) do { \
	static const char *const v_[] = { __VA_ARGS__ }; \
	leaves(rule, v_, sizeof v_ / sizeof *v_); \
} while (0)

static void leaves(const char *rule, const char *const *v, size_t n)
{
	size_t i, wrong = 0;

	for (i = 0; i < n; i++) {
		look(cstr(v[i]), false);
		if (rule ? hit(rule) == NULL : f.n == 0)
			continue;
		print_message("# reported: %s\n", v[i]);
		print();
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static int close_all(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

static void test_personal__pd01_mail(void **state)
{
	(void)state;
	FOUND("PD01", LEVEL_ERROR, "a@b.mk", "ivan.ivanov@mvr.bg", "x <first.last+tag@sub.example.org> y", "mailto:desk@example.com,",
	    "A_B-c%d@EXAMPLE.ORG.", "(a.b@c-d.co.uk)", "иван@пример.мкд", "ali@نمونه.ایران", "a\xe2\x80\x8b@b.mk", "a@b\xe2\x80\x8b.mk",
	    "me@xn--e1afmkfd.xn--p1ai", "a@b.museum|c");
	LEAVES("PD01", "a @ b", "user@host", "5 @ 3.50 each", "@name", "a@", "@b.mk", "a@1.2", "case-studies/mk", "a@.mk");
}

static void test_personal__pd02_telephone(void **state)
{
	(void)state;
	FOUND("PD02", LEVEL_ERROR, "+359 88 123 4567", "+359881234567", "+389 70 123-456", "+381 (0)64 1234567", "+92 300 1234567",
	    "+98 912 345 6789", "+43 1 53115-0000", "+43 (1) 531 150", "+49.30.1234567", "+1 (202) 555-0143", "+44/20/79460000",
	    "tel. 02 123 4567", "Tel: 0881234567", "phone 0300-1234567", "mobile: 070 123 456", "WhatsApp 00389 70 123 456",
	    "Viber number 0641234567", "Telephone (02) 987-65-43", "070 123 456 (mobile)", "+\xd9\xa3\xd9\xa8\xd9\xa9 70 123 456",
	    "tel +\xdb\xb9\xdb\xb8\xdb\xb9\xdb\xb1\xdb\xb2\xdb\xb3\xdb\xb4\xdb\xb5\xdb\xb6\xdb\xb7\xdb\xb8\xdb\xb9",
	    "phone \xe0\xa7\xa6\xe0\xa7\xa7\xe0\xa7\xad\xe0\xa7\xa7\xe0\xa7\xa8\xe0\xa7\xa9\xe0\xa7\xaa\xe0\xa7\xab\xe0\xa7\xac\xe0\xa7\xad\xe0\xa7\xae",
	    "+389\xc2\xa0" "70\xc2\xa0" "123\xc2\xa0" "456", "+389\xe2\x80\xaf" "70\xe2\x80\xaf" "123456", "+3897\xe2\x80\x8b" "0123\xe2\x80\x8d" "456",
	    "+389\xe2\x80\x91" "70\xe2\x80\x91" "123\xe2\x80\x91" "456", "+389\xe2\x80\x89" "70 123456", "\xe2\x80\xaa+38970123456\xe2\x80\xac",
	    "+38970123456 2022-05-18", "+389 70 123 456 12 2022 14:00", "phone 2021 2022 070 123 456 123456", "mobiles: 070 123 456",
	    "case 123456789 070123456 phone");
	LEAVES("PD02", "25 mobile teams in 2021-2022", "mobile teams in 2019, 2020 and 2021/2022", "phone interception on 2022-05-18",
	    "12,345,678 euros", "+5 % in 2021", "1+1=2", "cs-mk-2022-taiwan", "mobile units: 1,234,567 euros", "Article 10 (2) 2000",
	    "telecom 12345678", "1234567890", "C++ 17", "TLP:GREEN 2022-05-18", "ISO 3166-1", "a+38970123456x is code",
	    "phones were seized on 18.05.2022", "mobile patrols 18 May 2022", "+123456");
}

static void test_personal__pd03_iban(void **state)
{
	(void)state;
	FOUND("PD03", LEVEL_ERROR, "GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819", "BG80BNBG96611020345678",
	    "MK07250120000058984", "MK07 2501 2000 0058 984", "RS35260005601001611379", "AT61 1904 3002 3457 3201", "PK36SCBL0000001123456702",
	    "DE89 3704 0044 0532 0130 00", "HU42117730161111101800000000", "IQ98NBIQ850123456789012", "NO9386011117947",
	    "gb29nwbk60161331926819", "IBAN:DE89370400440532013000.", "DE89-3704-0044-0532-0130-00",
	    "DE89\xc2\xa0" "3704\xc2\xa0" "0044\xc2\xa0" "0532\xc2\xa0" "0130\xc2\xa0" "00", "DE\xe2\x80\x8b" "89370400440532013000",
	    "IR062960000000100324200001", "MT84MALT011000012345MTLCAST001S");
	LEAVES("PD03", "GB29NWBK60161331926818", "DE88 3704 0044 0532 0130 00", "CO19 measures", "8ab686eafeb1f44702738c8b0f24f2567c36da6d",
	    "mt-bps-2022-colep-2", "ISO3166 alpha2", "EU27 member states have a common border and rules", "XDE89370400440532013000");
}

static void test_personal__pd03_leaves_sentences_alone(void **state)
{
	static const char *const words[] = { "member", "states", "of", "the", "border", "agreed", "in", "Vienna", "to", "share" };
	char s[128];
	unsigned i, a, b, c, d, e;

	(void)state;
	for (i = 0; i < 20000; i++) {	/* of so many, hundreds have the right remainder */
		a = i % 10, b = i / 10 % 10, c = i / 100 % 10, d = i / 1000 % 10, e = i / 10000 % 10;
		snprintf(s, sizeof s, "EU27 %s %s %s %s %s %s %s", words[a], words[b], words[c], words[d], words[e], words[(a + 3) % 10],
		    words[(b + 7) % 10]);
		look(cstr(s), false);
		if (hit("PD03"))
			fail_msg("reported: %s", s);
	}
}

static void test_personal__pd04_mrz(void **state)
{
	(void)state;
	FOUND("PD04", LEVEL_ERROR, "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<", "L898902C36UTO7408122F1204159ZE184226B<<<<<10",
	    "I<UTOD231458907<<<<<<<<<<<<<<<", "7408122F1204159UTO<<<<<<<<<<<6", "ERIKSSON<<ANNA<MARIA<<<<<<<<<<",
	    "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<", "D231458907UTO7408122F1204159<<<<<<<6", "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<",
	    "L8988901C4XXX4009078F96121096ZE184226B<<<<<<", "x\n\nL8988901C4XXX4009078F9612109<<<<<<<<\n");
	LEAVES("PD04", "P<UTOERIKSSON<<ANNA<MARIA", "<<<<<<<< HEAD", "ABCDEFGHIJKLMNOPQRSTUVWXYZABCD", "a << b", "if (A<B)");
}

static void test_personal__pd05_document(void **state)
{
	(void)state;
	FOUND("PD05", LEVEL_ERROR, "passport AB1234567", "passport no. 381234567", "Passport number: A12345678", "travel document X123456",
	    "ID card 123456789", "AB123456 (passport)", "identity card no C1234567", "two passports, AB12345 and AB12346",
	    "passport\xc2\xa0" "AB1234567", "passport AB\xe2\x80\x8b" "1234567", "passport \xdb\xb1\xdb\xb2\xdb\xb3\xdb\xb4\xdb\xb5\xdb\xb6\xdb\xb7\xdb\xb8",
	    "ID cards 1234567 and 1234568", "passport\nAB1234567");
	LEAVES("PD05", "passport of 2022", "passports issued in 2021-2022", "AB1234567", "the passport rule of Article 12345",
	    "150 false passports and 2,500 visas", "passport. A long sentence stands between the two words, so long that AB1234567",
	    "passport 2022-05-18", "identity 1234567");
}

static void test_personal__pd06_birth(void **state)
{
	(void)state;
	FOUND("PD06", LEVEL_ERROR, "born 1985-03-12", "born on 12.03.1985", "DOB 12/3/1985", "date of birth: 12 March 1985",
	    "Date of birth March 12, 1985", "born on 12. 3. 1985", "dob: 12-03-85", "12 Mar 1985 (birth date)", "born 1364/01/21",
	    "born \xdb\xb1\xdb\xb3\xdb\xb6\xdb\xb4/\xdb\xb0\xdb\xb1/\xdb\xb2\xdb\xb1", "born \xd9\xa1\xd9\xa9\xd9\xa8\xd9\xa5-\xd9\xa0\xd9\xa3-\xd9\xa1\xd9\xa2",
	    "born\xc2\xa0" "12\xc2\xa0March\xc2\xa0" "1985", "born on 12-Mar-1985", "born on 12th March 1985", "born on the 1st of May 1990",
	    "born May 1st, 1990", "born\n12.03.1985", "born 12.3.1985.");
	LEAVES("PD06", "born in 1985", "born in March 1985", "signed on 2022-05-18", "the airborne unit, 2022-05-18", "stillborn 2022-05-18 plan",
	    "born in 10 of 25 cases", "DOB 1.2");
}

static void test_personal__pd07_national(void **state)
{
	(void)state;
	FOUND("PD07", LEVEL_ERROR, "12345-1234567-1", "CNIC 35202-1234567-3.", "0101006500006", "JMBG 0101006500006",
	    "1503985710002", "(2902992450003)", "EGN 7501020018", "EGN: 8001010008", "7501020018 is the EGN", "NIR 18501751234567",
	    "national ID 1234567890", "JMBG 1234567890123", "\xdb\xb1\xdb\xb2\xdb\xb3\xdb\xb4\xdb\xb5-\xdb\xb1\xdb\xb2\xdb\xb3\xdb\xb4\xdb\xb5\xdb\xb6\xdb\xb7-\xdb\xb1",
	    "12345\xe2\x80\x91" "1234567\xe2\x80\x91" "1", "01010065\xe2\x80\x8b" "00006", "NID \xe0\xa7\xa7\xe0\xa7\xa8\xe0\xa7\xa9\xe0\xa7\xaa\xe0\xa7\xab\xe0\xa7\xac\xe0\xa7\xad\xe0\xa7\xae\xe0\xa7\xaf\xe0\xa7\xa6",
	    "national IDs 1234567890");
	LEAVES("PD07", "0101006500007", "3213006500006", "12345-123456-1", "12345-1234567-12", "123456-1234567-1", "1234567890",
	    "the national ID scheme of 2022", "14234567890123", "12345-1234567");
}

static void test_personal__pd08_card(void **state)
{
	(void)state;
	FOUND("PD08", LEVEL_WARNING, "4111 1111 1111 1111", "4111-1111-1111-1111", "card 4111111111111111", "3782 822463 10005",
	    "5555 5555 5555 4444", "IMEI 490154203237518", "49-015420-323751-8", "4111\xc2\xa0" "1111\xc2\xa0" "1111\xc2\xa0" "1111",
	    "12345-1234567-1 4111 1111 1111 1111", "in 2022 4111 1111 1111 1111", "4111 1111 1111 1111 12/26 123", "25 4111 1111 1111 1111 7",
	    "4111 1111 1111 1111 5555 5555 5555 4444", "cards: 1 4111111111111111", "\xd9\xa4\xd9\xa1\xd9\xa1\xd9\xa1 1111 1111 1111",
	    "4\xe2\x80\x8b" "111 1111 1111 1111");
	LEAVES("PD08", "4111 1111 1111 1112", "4111111111111111", "490154203237518", "2014 2015 2016 2017 2018 2019 2020 2021 2022",
	    "2003 2004 2005 2009", "12 345 678", "1234-5678");
}

static void test_personal__pd09_plate(void **state)
{
	(void)state;
	FOUND("PD09", LEVEL_WARNING, "plate SK 1234 AB", "registration CA1234BB", "plates BG-123-AB", "SK-1234-AB (number plate)",
	    "licence plate W 12345 X", "number plates M AB 1234", "registration number LEA 1234");
	LEAVES("PD09", "SK 1234 AB", "registration of 25 migrants", "plate 1234", "registration in 2022", "a plate of food, TLP:GREEN");
}

static void test_personal__pd10_position(void **state)
{
	(void)state;
	FOUND("PD10", LEVEL_WARNING, "41.1231, 20.8016", "41.123 20.801", "41.1231N 20.8016E", "-41.1231,-20.8016", "41.123\xc2\xb0, 20.801\xc2\xb0",
	    "41\xc2\xb0" "07'23\"N", "41\xc2\xb0 7\xe2\x80\xb2 N", "\xdb\xb4\xdb\xb1.\xdb\xb1\xdb\xb2\xdb\xb3, \xdb\xb2\xdb\xb0.\xdb\xb8\xdb\xb0\xdb\xb1");
	LEAVES("PD10", "41.12, 20.80", "1.234", "12.345.678 euros", "from 1.234 to 5.678", "20\xc2\xb0" "C", "1.2.3.4", "25\xc2\xb0", "3.141 is pi");
}

static void test_personal__pd11_account(void **state)
{
	(void)state;
	FOUND("PD11", LEVEL_WARNING, "192.168.10.20", "(8.8.8.8)", "2001:db8:0:0:8:800:200c:417a", "2001:db8::8a2e:370:7334",
	    "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "bc1qar0srrr7xfkvy5l643lydnw9re59gtzzwf5mdq",
	    "0x52908400098527886E0F7030069857D2E4169EE7", "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy", "facebook.com/some.one",
	    "https://www.instagram.com/name_1", "t.me/channel", "https://x.com/name", "on @some_name", "(@name)", "https://t.me/+abcdefgh",
	    "www.tiktok.com/@name", "linkedin.com/in/name-1", "\xd9\xa1\xd9\xa9\xd9\xa2.168.1.1");
	LEAVES("PD11", "1.2.3", "256.1.1.1", "version 1.2.3.4.5", "8ab686eafeb1f44702738c8b0f24f2567c36da6d", "netflix.com/x",
	    "facebook.com is used", "a @ b", "12:30:45", "std::string", "at 12::30", "internationalisation of co-operation", "2022:05");
}

static void test_personal__pd12_name(void **state)
{
	(void)state;
	FOUND("PD12", LEVEL_WARNING, "Mr Ivanov", "Mrs. Petrova", "Ms Khan", "Dr. Müller", "Inspector Petrovski", "Mr Иванов", "Mr\xc2\xa0Smith",
	    "Prof. Ødegaard", "Captain Ali", "Mr O'Neill", "(Dr Žižek)", "Mr \xd8\xb9\xd9\x84\xdb\x8c", "Mr\xe2\x80\x8b Smith");
	LEAVES("PD12", "General Directorate", "Inspector General", "the inspector said", "Drina", "Ms.", "Mr", "Inspectors General",
	    "Captain \xe2\x80\x93 of the vessel", "Dr.\n\nText", "Missing Persons", "Mrs", "Detective work", "Professional Standards",
	    "Inspector \xe2\x80\x9cgeneral\xe2\x80\x9d", "Dr \xc2\xabx\xc2\xbb");
}

static void test_personal__pd13_picture(void **state)
{
	(void)state;
	FOUND("PD13", LEVEL_ERROR, "![a](b.png)", "![](https://x.example/y)", "![a][ref]", "![ref]\n\n[ref]: x.png", "![a [b] c](d.png)",
	    "![a\nb](c.png)", "\\\\![a](b)", "[photo](face.jpg)", "[x](https://a.example/B.JPEG?w=1)", "[x]: a/b.webp", "<https://x.example/a.png>",
	    "![][r]");
	LEAVES("PD13", "\\![a](b)", "wow! [a](b.md)", "[a](b.md)", "Stop![^1]", "the file photo.jpg was found", "[png](x.md)", "!", "![",
	    "[a](x.png.md)", "!\\[a](b)");
}

static void test_personal__pd14_age(void **state)
{
	(void)state;
	FOUND("PD14", LEVEL_WARNING, "a 25-year-old man", "25 year old", "aged 25", "she is 8 years old", "Aged 17", "\xdb\xb2\xdb\xb5-year-old",
	    "25\xc2\xa0years\xc2\xa0old", "a 9-years-old child", "25\xe2\x80\x91year\xe2\x80\x91old", "aged\xc2\xa0" "40");
	LEAVES("PD14", "in 25 years", "a 100-year-old law", "managed 25 cases", "aged people", "25-year plan", "packaged 25", "under 18");
}

static void test_personal__prose_of_reports_is_left_alone(void **state)
{
	(void)state;
	LEAVES(NULL, "In 2021, 12,345,678 euros were seized; 1 234 migrants were found.", "Article 10 of the Protocol of 15 November 2000",
	    "25 mobile teams in 2021-2022", "cs-mk-2022-taiwan and mt-bps-2022-colep-2", "General Directorate of National Police",
	    "ISO 3166-1 alpha-2, TLP:GREEN, MK, TW", "source-rev: 8ab686eafeb1f44702738c8b0f24f2567c36da6d", "18 May 2022, 14:00-16:30",
	    "Regulation (EU) 2016/399", "UNSCR 2240 (2015)", "2015, 2016, 2017, 2018, 2019, 2020, 2021", "1 000 000 people in 2019/2020",
	    "Resolution 55/25, Annex II", "an increase of 12.5 % (2021: 3.456)", "from 01.01.2021 to 31.12.2021",
	    "passports and ID cards are checked with 25 devices", "The 2nd COLEP meeting, Ohrid, 18 May 2022", "hours: 24/7",
	    "| 2019 | 2020 | 2021 |\n|---|---|---|\n| 1,234 | 5,678 | 9,012 |", "W1, V1 and O1", "M1 (migrant), S1 (suspect)");
}

static void test_personal__a_contact_may_hold_what_a_desk_needs(void **state)
{
	struct str s = STR("desk@example.org, +389 70 123 456, Inspector Petrovski, GB29NWBK60161331926819");

	(void)state;
	look(s, true);
	assert_null(hit("PD01"));
	assert_null(hit("PD02"));
	assert_null(hit("PD12"));
	assert_non_null(hit("PD03"));
	look(s, false);
	assert_int_equal(f.n, 4);
}

static void test_personal__messages_mask_the_match(void **state)
{
	static const struct { const char *text, *shows; } v[] = {
		{ "+38970123412", "+38***12" }, { "GB29NWBK60161331926819", "GB2***19" }, { "first.last@example.org", "fir***rg" },
		{ "a@b.mk", "a***;" }, { "12345-1234567-1", "123***-1" }, { "aged 25", "2***;" }, { "Mr Ivanovski", "Mr ***ki" },
		{ "192.168.10.20", "192***20" }, { "Mr Иванов", "Mr ***ов" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		look(cstr(v[i].text), false);
		assert_true(f.n > 0);
		if (str_find(f.v[0].message, cstr(v[i].shows)) == SIZE_MAX || str_find(f.v[0].message, cstr(v[i].text)) != SIZE_MAX) {
			print();
			fail_msg("not masked as %s", v[i].shows);
		}
		assert_true(str_utf8_bad(f.v[0].message) == f.v[0].message.n);
	}
}

static void test_personal__places_count_characters_of_the_text_as_it_is(void **state)
{
	static const struct { const char *text; unsigned line, column; } v[] = {
		{ "+38970123456", 1, 1 }, { "a\nb +38970123456", 2, 3 }, { "жжж +38970123456", 1, 5 }, { "\n\nپلیس +38970123456", 3, 6 },
		{ "a\xe2\x80\x8b\xe2\x80\x8b +38970123456", 1, 5 }, { "\xdb\xb1\xdb\xb2 x +\xdb\xb3\xdb\xb8\xdb\xb9" "70123456", 1, 6 },
		{ "x\xc2\xa0\xc2\xa0+38970123456", 1, 4 }, { "\xf0\x9f\x98\x80 +38970123456", 1, 3 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof v / sizeof *v; i++) {
		look(cstr(v[i].text), false);
		assert_non_null(hit("PD02"));
		assert_int_equal(hit("PD02")->place.line, v[i].line);
		assert_int_equal(hit("PD02")->place.column, v[i].column);
	}
	look(STR("жж a@b.mk, жж c@d.mk\nж e@f.mk и +38970123456 a@b.mk"), false);
	assert_int_equal(f.n, 5);
	assert_int_equal(f.v[0].place.column, 4);
	assert_int_equal(f.v[1].place.column, 15);
	assert_int_equal(f.v[2].place.line, 2);
	assert_int_equal(f.v[2].place.column, 3);
	assert_int_equal(f.v[3].place.column, 25);
	assert_int_equal(f.v[4].place.column, 12);
	memset(&f, 0, sizeof f);
	check_personal(&f, &arena, STR("a\nmail a@b.mk"), 10, false);
	assert_int_equal(f.v[0].place.line, 11);
	memset(&f, 0, sizeof f);
	check_personal(&f, &arena, STR("a@b.mk"), 0, false);
	assert_int_equal(f.v[0].place.line, 0);
	assert_int_equal(f.v[0].place.column, 0);
}

static void test_personal__time_grows_with_the_text(void **state)
{
	static const char *const unit[] = { "0", "1", "@", "+", "a", "A", "0000 ", "0 ", "12345 ", "1234567 ", "a@", "a@b.c ", "@abcd ", "+1 ",
		"+12345678 ", "Mr A ", "![", "![a](b) ", "](", "x.png ", "[a](x.png)", "<", "AB12", "GB29 ", "A1 ", "1.", "1.1.1.1 ", "1.234,",
		"1\xc2\xb0", "\xc2\xb0", "12-year-old ", "born ", "1.1.2022 ", "tel 1234567 ", "passport ", "AB12345 ", "::", "a:", "\xe2\x80\x8b",
		"\xd9\xa1", "\n", "May ", "1 May ", "t.me/a ", "card 4111 1111 1111 1111 ", "12345-1234567-1 ", "plate A12 ", "A-", "1-", "\\", "!" };
	struct buf b = BUF_INIT;
	struct timespec from, to;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof unit / sizeof *unit; i++) {
		buf_clear(&b);
		while (b.n < (size_t)256 << 10)
			buf_puts(&b, unit[i]);
		clock_gettime(CLOCK_MONOTONIC, &from);
		look(buf_str(&b), false);
		clock_gettime(CLOCK_MONOTONIC, &to);
		if (getenv("COLEP_TEST_TIMES"))
			print_message("# %5ld ms %zu findings: %s\n", (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000,
			    f.n, unit[i]);
		if (to.tv_sec - from.tv_sec >= 5)
			fail_msg("256 KiB of \"%s\" took %ld s", unit[i], (long)(to.tv_sec - from.tv_sec));
	}
	buf_free(&b);
}

static void test_personal__any_bytes_are_read(void **state)
{
	static const char bytes[] = "\xff\xfe+38970\xff" "123456\0\x80\x80@\xc2";
	char *s = malloc(4096);
	unsigned x = 1;
	size_t i, n;

	(void)state;
	look((struct str){ bytes, sizeof bytes - 1 }, false);
	look(STR("linkedin.com/in/\xff\xff_x"), false);
	assert_true(f.n == 1 && str_utf8_bad(f.v[0].message) == f.v[0].message.n);
	for (n = 0; n < 200; n++) {
		for (i = 0; i < 4096; i++) {
			x = x * 1103515245 + 12345;
			s[i] = n % 2 ? "09+@ .-AZa<>/(!\x80\xc2\xb0\xa0\n"[x / 65536 % 20] : (char)(x >> 20);
		}
		look((struct str){ s, 4096 - n }, false);
	}
	free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_personal__pd01_mail),
		cmocka_unit_test(test_personal__pd02_telephone),
		cmocka_unit_test(test_personal__pd03_iban),
		cmocka_unit_test(test_personal__pd03_leaves_sentences_alone),
		cmocka_unit_test(test_personal__pd04_mrz),
		cmocka_unit_test(test_personal__pd05_document),
		cmocka_unit_test(test_personal__pd06_birth),
		cmocka_unit_test(test_personal__pd07_national),
		cmocka_unit_test(test_personal__pd08_card),
		cmocka_unit_test(test_personal__pd09_plate),
		cmocka_unit_test(test_personal__pd10_position),
		cmocka_unit_test(test_personal__pd11_account),
		cmocka_unit_test(test_personal__pd12_name),
		cmocka_unit_test(test_personal__pd13_picture),
		cmocka_unit_test(test_personal__pd14_age),
		cmocka_unit_test(test_personal__prose_of_reports_is_left_alone),
		cmocka_unit_test(test_personal__a_contact_may_hold_what_a_desk_needs),
		cmocka_unit_test(test_personal__messages_mask_the_match),
		cmocka_unit_test(test_personal__places_count_characters_of_the_text_as_it_is),
		cmocka_unit_test(test_personal__time_grows_with_the_text),
		cmocka_unit_test(test_personal__any_bytes_are_read),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, close_all);
}
