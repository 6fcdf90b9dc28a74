/* render/theme/make/table.c: table >find_table.c: a program of the build: the table of kb/text/chars.h for the page's script.
 *
 * The page cuts a query into words and folds them by the five rules of chars.h. What each code point is and becomes
 * is told in five lines of printable characters, numbers as find_number writes them:
 *
 *	1-3	ranges of CHAR_LETTER, CHAR_PAIR, CHAR_DROP: gap to the end of the last range, length - 1
 *	4	runs of code points whose surfaces are one code point and go alike: gap to the start of the last run,
 *		count - RUN, mode, distance to the first surface as a zigzag number. Mode 0: each to the next; 1: every
 *		second one to every second; 2: all to the same; 3: every second one to the same
 *	5	the other surfaces that are not the code point itself: gap to the last one, surface, blank
 *
 * Hangul syllables are left to rule 5. */
#include "render/find_parts.h"

#include <stdio.h>
#include <stdlib.h>

#include "kb/text/chars.h"

enum { LAST = 0x10ffff, RUN = 3 };	/* RUN: shorter runs are cheaper one by one */

static void ranges(struct buf *out, const unsigned char *classes, enum char_class class)
{
	uint32_t c, end = 0, start;

	for (c = 0; c <= LAST; c++) {
		if (classes[c] != class)
			continue;
		for (start = c; c < LAST && classes[c + 1] == class; c++)
			;
		find_number(out, start - end);
		find_number(out, c - start);
		end = c + 1;
	}
	buf_putc(out, '\n');
}

/* The surface of a code point if it is to be told and is one code point, else UINT32_MAX; *told says whether. */
static uint32_t target(uint32_t c, bool *told)
{
	struct text_row row = text_char(c);
	size_t i = 0;
	uint32_t to;

	*told = false;
	if ((row.class != CHAR_LETTER && row.class != CHAR_PAIR) || (c >= 0xac00 && c <= 0xd7a3))
		return UINT32_MAX;
	*told = true;
	if (!row.surface.n)
		return UINT32_MAX;
	to = str_utf8_next(row.surface, &i);
	if (i < row.surface.n)
		return UINT32_MAX;
	*told = to != c;
	return to;
}

/* How many code points from c on go alike in a mode. */
static uint32_t run(uint32_t c, uint32_t to, uint32_t mode)
{
	uint32_t step = mode & 1 ? 2 : 1, rise = mode < 2 ? step : 0, n = 1;
	bool told;

	while (c + n * step <= LAST && target(c + n * step, &told) == to + n * rise && told)
		n++;
	return n;
}

static void table(struct buf *out)
{
	uint32_t c, to, mode, best, n, most, run_last = 0, last = 0;
	unsigned char *classes = xmalloc(LAST + 1);	/* of code points; CHAR_BREAK also where one is in a run */
	struct buf singles = BUF_INIT;
	bool told;

	for (c = 0; c <= LAST; c++)
		classes[c] = (unsigned char)text_class(c);
	ranges(out, classes, CHAR_LETTER);
	ranges(out, classes, CHAR_PAIR);
	ranges(out, classes, CHAR_DROP);
	for (c = 0; c <= LAST; c++) {
		if (classes[c] != CHAR_LETTER && classes[c] != CHAR_PAIR)
			continue;
		to = target(c, &told);
		if (!told)
			continue;
		for (mode = best = most = 0; to != UINT32_MAX && mode < 4; mode++)
			if ((n = run(c, to, mode)) > most) {
				most = n;
				best = mode;
			}
		if (most >= RUN) {
			find_number(out, c - run_last);
			find_number(out, most - RUN);
			find_number(out, best);
			find_number(out, to >= c ? (to - c) * 2 : (c - to) * 2 - 1);
			run_last = c;
			for (n = 0; n < most; n++)
				classes[c + n * (best & 1 ? 2 : 1)] = CHAR_BREAK;
			continue;
		}
		find_number(&singles, c - last);
		buf_str_add(&singles, text_char(c).surface);
		buf_putc(&singles, ' ');
		last = c;
	}
	buf_putc(out, '\n');
	buf_str_add(out, buf_str(&singles));
	buf_free(&singles);
	free(classes);
}

int main(void)
{
	struct buf b = BUF_INIT;
	size_t i;

	table(&b);
	printf("#include <stddef.h>\n\nconst size_t find_table_n = %zu;\nconst unsigned char find_table[] = {", b.n);
	for (i = 0; i < b.n; i++)
		printf("%s%u,", i % 32 ? " " : "\n\t", (unsigned)(unsigned char)b.p[i]);
	printf("\n};\n");
	buf_free(&b);
	return fflush(stdout) ? 1 : 0;
}
