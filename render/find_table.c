/* render/find_table.c: the folding of one character at a time, for the page's script.
 *
 * The page cuts a query into words and folds them as the index was: it brings the text into normal form C, looks up
 * the class of each character (space, word, pair: kb/text/fold.h) and what it becomes. Both are told by the script
 * file find/table.js in four lines of printable characters, numbers as in find_number:
 *
 *	classes	ranges of word characters, then of pair characters: gap to the end of the last range, length
 *	runs	of characters that fold alike: gap to the start of the last run, count, mode, distance to the
 *		target as a zigzag number. Mode 0: each to the next target; 1: every second one to every second
 *		target; 2: all to the same; 3: all to nothing (no distance)
 *	single	the others: gap to the last one, then the text it becomes, then a blank
 *
 * Characters that are not in normal form C are not told; nor those that stay as they are. */
#include "render/find_parts.h"

#include <stdlib.h>
#include <string.h>

#include "kb/text/fold.h"

const char find_digits[90] = "#$%&'()*+,-./0123456789:;=>?@ABCDEFGHIJKLMNOPQRSTUVWXYZ[]^_`abcdefghijklmnopqrstuvwxyz{|}~";

void find_number(struct buf *b, uint32_t v)
{
	for (; v >= 45; v = v / 45 - 1)
		buf_putc(b, find_digits[45 + v % 45]);
	buf_putc(b, find_digits[v]);
}
