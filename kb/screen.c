/* kb/screen.c: see screen.h. */
#include "kb/screen.h"

#include <sys/ioctl.h>

#include "kb/text/chars.h"

void screen_open(struct screen *s, FILE *f, const char *columns, const char *no_colour, const char *term)
{
	struct winsize size = { 0 };
	uint64_t width = 0;

	if ((!str_u64(&width, cstr(columns)) || !width) && !ioctl(fileno(f), TIOCGWINSZ, &size))
		width = size.ws_col;
	*s = (struct screen){ .f = f, .width = !width ? SCREEN_PLAIN_WIDTH : width < SCREEN_NARROW ? SCREEN_NARROW : (size_t)width,
		.colour = !(no_colour && *no_colour) && !(term && strcmp(term, "dumb") == 0) };
}

/* How a look begins and ends. */
static const struct look { const char *on, *off, *plain_on, *plain_off; } looks[] = {
	[SCREEN_TITLE] = { "\033[1m", "\033[0m", "", "" },
	[SCREEN_QUIET] = { "\033[2m", "\033[0m", "", "" },
	[SCREEN_MARK] = { "\033[1m", "\033[0m", "[[", "]]" },
	[SCREEN_PLAIN] = { "", "", "", "" },
};

/* What takes the text from one look to another. */
static void turn(const char *part[2], const struct screen *s, uint32_t from, uint32_t to)
{
	part[0] = s->colour ? looks[from].off : looks[from].plain_off;
	part[1] = s->colour ? looks[to].on : looks[to].plain_on;
}

static bool is_look(uint32_t cp)
{
	return cp >= SCREEN_TITLE && cp <= SCREEN_PLAIN;
}

static size_t columns(const struct screen *s, uint32_t cp, uint32_t *look)
{
	const char *part[2];

	if (!is_look(cp))
		return text_columns(cp);
	turn(part, s, *look, cp);
	*look = cp;
	return s->colour ? 0 : strlen(part[0]) + strlen(part[1]);
}

size_t screen_columns(struct str text)
{
	size_t i, n = 0;

	for (i = 0; i < text.n;)
		n += text_columns(str_utf8_next(text, &i));
	return n;
}

void screen_add(struct buf *b, struct str text)
{
	size_t i, at;
	uint32_t cp;

	for (i = 0; i < text.n;) {
		at = i;
		cp = str_utf8_next(text, &i);
		if (!(cp >= 0x202a && cp <= 0x202e) && !(cp >= 0x2066 && cp <= 0x2069))
			buf_add(b, text.p + at, i - at);
	}
}

static size_t pad(const struct screen *s, size_t at, size_t to)
{
	for (; at < to; at++)
		putc(' ', s->f);
	return at;
}

static size_t next_line(const struct screen *s, size_t indent)
{
	putc('\n', s->f);
	return pad(s, 0, indent);
}

void screen_text(const struct screen *s, size_t at, size_t indent, struct str text)
{
	uint32_t look = SCREEN_PLAIN, ahead;
	const char *part[2];
	size_t i = 0, gap, end, wide, w;

	at = pad(s, at, indent);
	while (i < text.n) {
		for (gap = 0; i < text.n && text.p[i] == ' '; i++)
			gap++;
		for (end = i, wide = 0, ahead = look; end < text.n && text.p[end] != ' ';)
			wide += columns(s, str_utf8_next(text, &end), &ahead);
		if (at > indent && (at + gap >= s->width || (at + gap + wide > s->width && indent + wide <= s->width)))
			at = next_line(s, indent);
		else
			at = pad(s, at, at + gap);
		while (i < end) {
			size_t from = i;
			uint32_t before = look;

			w = columns(s, str_utf8_next(text, &i), &look);
			if (at + w > s->width && (text.p[from] & 0x80))
				at = next_line(s, indent);
			if (is_look((unsigned char)text.p[from])) {
				turn(part, s, before, look);
				fprintf(s->f, "%s%s", part[0], part[1]);
			} else {
				fwrite(text.p + from, 1, i - from, s->f);
			}
			at += w;
		}
	}
	turn(part, s, look, SCREEN_PLAIN);
	fprintf(s->f, "%s\n", part[0]);
}

void screen_part(struct buf *line, struct str part)
{
	if (!part.n)
		return;
	buf_puts(line, line->n ? "  " : "");
	buf_text_escape(line, part);
}

static void part(const struct screen *s, int look, size_t indent, struct str text)
{
	struct buf b = BUF_INIT;

	if (text.n) {
		buf_putc(&b, (char)look);
		screen_add(&b, text);
		screen_text(s, 0, indent, buf_str(&b));
	}
	buf_free(&b);
}

void screen_card(const struct screen *s, struct str title, struct str line, struct str text)
{
	struct screen prose = *s;
	struct buf b = BUF_INIT;

	if (prose.width > SCREEN_PROSE)
		prose.width = SCREEN_PROSE;
	buf_text_escape(&b, title);
	part(s, SCREEN_TITLE, 0, buf_str(&b));
	part(s, SCREEN_QUIET, 2, line);
	part(&prose, SCREEN_PLAIN, 2, text);
	buf_free(&b);
}
