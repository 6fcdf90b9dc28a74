/* kb/base/date.c: see date.h. The day count is the usual one that begins the year in March, so that
 * the leap day comes last. */
#include "kb/base/date.h"

#include <stdio.h>
#include <string.h>

int64_t date_days(int year, int month, int day)
{
	int64_t y = month > 2 ? year : year - 1, era = (y >= 0 ? y : y - 399) / 400;
	int64_t yoe = y - era * 400, doy = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;

	return era * 146097 + yoe * 365 + yoe / 4 - yoe / 100 + doy - 719468;
}

void date_civil(int *year, int *month, int *day, int64_t days)
{
	int64_t z = days + 719468, era = (z >= 0 ? z : z - 146096) / 146097, doe = z - era * 146097;
	int64_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
	int64_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100), mp = (5 * doy + 2) / 153;

	*day = (int)(doy - (153 * mp + 2) / 5 + 1);
	*month = (int)(mp < 10 ? mp + 3 : mp - 9);
	*year = (int)(yoe + era * 400 + (*month <= 2));
}

static int month_days(int year, int month)
{
	static const int days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 };
	bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;

	return month == 2 && leap ? 29 : days[month - 1];
}

static bool number(int *v, struct str s, size_t digits, int min, int max)
{
	uint64_t n;

	if (s.n != digits || !str_u64(&n, s) || n < (uint64_t)min || n > (uint64_t)max)
		return false;
	*v = (int)n;
	return true;
}

static bool one(int64_t *first, int64_t *last, struct str s)
{
	int y, m, d;

	if (!number(&y, str_sub(s, 0, 4), 4, 1900, 2199))
		return false;
	if (s.n == 4) {
		*first = date_days(y, 1, 1);
		*last = date_days(y, 12, 31);
		return true;
	}
	if (s.p[4] != '-' || !number(&m, str_sub(s, 5, 7), 2, 1, 12))
		return false;
	if (s.n == 7) {
		*first = date_days(y, m, 1);
		*last = date_days(y, m, month_days(y, m));
		return true;
	}
	if (s.n != 10 || s.p[7] != '-' || !number(&d, str_sub(s, 8, 10), 2, 1, month_days(y, m)))
		return false;
	*first = *last = date_days(y, m, d);
	return true;
}

bool date_parse(int64_t *first, int64_t *last, struct str s)
{
	size_t slash = str_chr(s, '/');
	int64_t a, b, c;

	if (!one(&a, &b, str_sub(s, 0, slash)))
		return false;
	if (slash != SIZE_MAX && (!one(&c, &b, str_sub(s, slash + 1, s.n)) || b < a || c < a))
		return false;
	*first = a;
	*last = b;
	return true;
}

static int64_t floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

static void digits(char *to, unsigned v, size_t n)
{
	for (; n; v /= 10)
		to[--n] = (char)('0' + v % 10);
}

void date_format(char out[11], int64_t seconds)
{
	int y, m, d;

	date_civil(&y, &m, &d, floor_div(seconds, 86400));
	memcpy(out, "0000-00-00", 11);
	digits(out, (unsigned)y, 4);
	digits(out + 5, (unsigned)m, 2);
	digits(out + 8, (unsigned)d, 2);
}

void time_format(char out[21], int64_t seconds)
{
	int64_t day = floor_div(seconds, 86400);
	unsigned s = (unsigned)(seconds - day * 86400);

	date_format(out, seconds);
	snprintf(out + 10, 11, "T%02u:%02u:%02uZ", s / 3600 % 100, s / 60 % 60, s % 60);
}
