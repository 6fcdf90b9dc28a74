/* kb/index/plain.c: see plain.h. */
#include "kb/index/plain.h"

#include <string.h>

static bool all_of(struct str s, const char *set)
{
	size_t i;

	for (i = 0; i < s.n; i++)
		if (!strchr(set, s.p[i]))
			return false;
	return s.n > 0;
}

/* Skip "(…)" or "[…]" behind a link's text: the offset behind it, or i. */
static size_t address(struct str s, size_t i)
{
	size_t j;
	char close = i < s.n && s.p[i] == '(' ? ')' : i < s.n && s.p[i] == '[' ? ']' : 0;

	if (!close)
		return i;
	for (j = i + 1; j < s.n && s.p[j] != close; j++)
		if (s.p[j] == '(' && close == ')') {	/* one level of brackets in an address */
			while (j < s.n && s.p[j] != ')')
				j++;
		}
	return j < s.n ? j + 1 : i;
}

/* Bytes that inline_text looks at; all others go through as they stand. */
#define R16(x) x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x
static const bool special[256] = { R16(true), R16(true), ['\\'] = true, ['<'] = true, ['!'] = true, [']'] = true, ['|'] = true, ['*'] = true,
	['`'] = true, ['['] = true, ['~'] = true, ['_'] = true };

static void inline_text(struct buf *out, struct str s)
{
	size_t i, j;

	for (i = 0; i < s.n; i++) {
		char c;

		for (j = i; j < s.n && !special[(unsigned char)s.p[j]]; j++)
			;
		buf_str_add(out, str_sub(s, i, j));
		if ((i = j) == s.n)
			break;
		c = s.p[i];
		if (c == '\\' && i + 1 < s.n && strchr("\\`*_{}[]()#+-.!|<>~", s.p[i + 1])) {
			buf_putc(out, s.p[++i]);
		} else if (c == '<' && i + 1 < s.n && (strchr("!/?", s.p[i + 1]) || (s.p[i + 1] | 0x20) >= 'a')) {
			j = i + str_chr(str_sub(s, i, s.n), '>');
			if (j < i || j >= s.n) {	/* no '>': SIZE_MAX added up */
				buf_putc(out, c);
				continue;
			}
			if (str_find(str_sub(s, i, j), STR("://")) != SIZE_MAX)
				buf_str_add(out, str_sub(s, i + 1, j));
			i = j;
		} else if (c == '!' && i + 1 < s.n && s.p[i + 1] == '[') {
			continue;
		} else if (c == ']') {
			i = address(s, i + 1) - 1;
		} else if (c == '|') {
			buf_puts(out, out->n && out->p[out->n - 1] != ' ' && out->p[out->n - 1] != '\n' ? " " : "");
		} else if (c == '*' || c == '`' || c == '[' || (c == '~' && i + 1 < s.n && s.p[i + 1] == '~')) {
			continue;
		} else if (c == '_' && (i == 0 || i + 1 >= s.n || s.p[i - 1] == ' ' || s.p[i + 1] == ' ')) {
			continue;
		} else if ((unsigned char)c < 0x20 && c != '\t') {
			buf_putc(out, ' ');
		} else {
			buf_putc(out, c);
		}
	}
}

void plain_text(struct buf *out, struct str body)
{
	struct str line;

	while (str_line(&line, &body)) {
		size_t hashes = 0;

		line = str_trim(line);
		while (line.n && line.p[0] == '>')
			line = str_trim(str_sub(line, 1, line.n));
		if (all_of(line, "-*_=: |") || str_starts(line, STR("```")) || str_starts(line, STR("~~~"))) {
			buf_putc(out, '\n');
			continue;
		}
		while (hashes < line.n && line.p[hashes] == '#')
			hashes++;
		if (hashes && hashes <= 6 && hashes < line.n && line.p[hashes] == ' ') {
			buf_putc(out, PLAIN_HEADING);
			line = str_trim(str_sub(line, hashes, line.n));
			while (line.n && line.p[line.n - 1] == '#')
				line.n--;
		} else if (line.n > 1 && strchr("-*+", line.p[0]) && line.p[1] == ' ') {
			line = str_trim(str_sub(line, 2, line.n));
		}
		inline_text(out, line);
		buf_putc(out, '\n');
	}
}
