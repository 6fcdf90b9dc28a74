/* kb/base/date.h: the dates of DOMAIN 3, and times as the output and commits need them. No locale, no
 * time zone: always UTC, the proleptic Gregorian calendar. */
#ifndef KB_BASE_DATE_H
#define KB_BASE_DATE_H

#include <stdbool.h>
#include <stdint.h>

#include "kb/base/str.h"

/* Days since 1970-01-01 of a calendar day, and back. */
int64_t date_days(int year, int month, int day);
void date_civil(int *year, int *month, int *day, int64_t days);

/* `2022`, `2022-05`, `2022-05-18`, or two of these with a slash between: "2021-03/2021-11". First and
 * last day covered, as days since 1970. false: not a date, no such day, or the end before the start.
 * Years 1900 to 2199. */
bool date_parse(int64_t *first, int64_t *last, struct str s);

/* "2022-05-18" (10 bytes and NUL) of a time in seconds since 1970. */
void date_format(char out[11], int64_t seconds);
/* "2022-05-18T14:00:00Z" (20 bytes and NUL). */
void time_format(char out[21], int64_t seconds);

#endif
