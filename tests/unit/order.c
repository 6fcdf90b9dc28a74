/* tests/unit/order.c: names of a list are in the order of the reader's alphabet. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "render/order.h"

static int compare(const char *a, const char *b)
{
	struct buf x = BUF_INIT, y = BUF_INIT;
	int d;

	order_key(&x, cstr(a));
	order_key(&y, cstr(b));
	d = str_cmp(buf_str(&x), buf_str(&y));
	buf_free(&x);
	buf_free(&y);
	return d;
}

static void in_order(const char *const *v)
{
	for (; v[1]; v++)
		if (compare(v[0], v[1]) >= 0)
			fail_msg("%s stands behind %s", v[0], v[1]);
}

static void test_order__is_that_of_each_alphabet(void **state)
{
	static const char *const latin[] = { "Afghanistan", "Bangladesh", "Bosnia and Herzegovina", "Bulgaria", "Croatia", "Iran", "Iraq",
		"Österreich", "Pakistan", "Türkiye", "United Kingdom", "United States", NULL };
	static const char *const persian[] = { "آلمان", "اتریش", "افغانستان", "بلغارستان", "پاکستان", "تایوان", "چین", "روسیه", "ژاپن",
		"عراق", "فرانسه", "کرواسی", "گرجستان", "لبنان", "مجارستان", "نروژ", "ویتنام", "هند", "یمن", NULL };
	static const char *const serbian[] = { "Аустрија", "Вануату", "Грчка", "Дания", "Ђорђе", "Ерон", "Италија", "Јапан", "Кипар",
		"Ливан", "Љубљана", "Мали", "Тунис", "Ћуприја", "Уганда", NULL };
	static const char *const bengali[] = { "অস্ট্রিয়া", "আফগানিস্তান", "ইরাক", "জার্মানি", "পাকিস্তান", "সার্বিয়া", NULL };

	(void)state;
	in_order(latin);
	in_order(persian);
	in_order(serbian);
	in_order(bengali);
}

static void test_order__sees_no_case_and_no_accent(void **state)
{
	(void)state;
	assert_int_equal(compare("ÖSTERREICH", "osterreich"), 0);
	assert_int_equal(compare("ЂОРЂЕ", "ђорђе"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_order__is_that_of_each_alphabet),
		cmocka_unit_test(test_order__sees_no_case_and_no_accent),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
