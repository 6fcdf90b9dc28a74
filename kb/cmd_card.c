/* kb/cmd_card.c: see cmd_card.h. */
#include "kb/cmd_card.h"

#include "kb/base/file.h"
#include "kb/doc/vocab.h"

/* Owners are countries' codes in small letters, or institutions'. */
static struct str owner_name(struct arena *a, const struct vocab *v, struct str owner)
{
	char *code = arena_cstr(a, owner);
	size_t i;

	if (owner.n != 2)
		return vocab_label(v, "institutions", owner);
	for (i = 0; i < owner.n; i++)
		code[i] = (char)(code[i] >= 'a' && code[i] <= 'z' ? code[i] - 32 : code[i]);
	return vocab_label(v, "countries", cstr(code));
}

enum rc card_line(struct str *done, const struct ctx *c, struct snap *s, const char *dir, const struct record *r, struct err *e)
{
	struct buf line = BUF_INIT, places = BUF_INIT;
	const struct vocab *v;
	enum rc rc;
	size_t i;

	*done = STR_NONE;
	if (!cmd_to_screen(c))
		return RC_OK;
	if ((rc = snap_vocab(&v, s, e)))
		return rc;
	for (i = 0; i < r->ncountries; i++) {
		buf_puts(&places, i ? ", " : "");
		buf_str_add(&places, vocab_label(v, "countries", r->countries[i]));
	}
	screen_part(&line, r->id);
	screen_part(&line, r->kind);
	screen_part(&line, r->date);
	screen_part(&line, str_is(r->lang, "en") ? STR_NONE : r->lang);
	screen_part(&line, str_is(r->status, "published") ? STR_NONE : r->status);
	screen_part(&line, str_is(r->tlp, "TLP:CLEAR") ? STR_NONE : r->tlp);
	screen_part(&line, places.n ? buf_str(&places) : owner_name(c->arena, v, r->owner));
	if (c->ndirs > 1)
		screen_part(&line, cstr(path_join(c->arena, dir, arena_cstr(c->arena, r->path))));
	*done = arena_str(c->arena, buf_str(&line));
	buf_free(&line);
	buf_free(&places);
	return RC_OK;
}
