/* kb/index/docs.c: the rows of each document: what is known of it, and its text. They stand in
 *
 *	docs	id		varint ordinal, record (record.c)
 *	texts	u32 ordinal	zstd frame of the whole document
 *
 * or, of one that was replaced, for a while with the rows of the segment that this update made, in the table of small
 * ones; so that it changes no pages of these two, which are found far apart:
 *
 *	(ROWS_ASIDE), u32 ordinal	varint bytes of the id, id, varint bytes of the record, record, the document
 *
 * What stands aside there comes before what docs and texts hold of the same document. The stamp tells which do, and with
 * which segment: of one that is replaced again, still with the first. docs tells of every document, in any case, so ids are
 * in one place. Rows aside are put in their place when there are some of them (update.c): only then are texts packed, one
 * after another, which for one alone takes as long as writing it down. */
#include "kb/index/parts.h"

#include "kb/index/pack.h"
#include "kb/index/sealed.h"
#include "kb/limits.h"

bool docs_aside(size_t *i, const struct tables *t, uint32_t ordinal)
{
	for (*i = 0; *i < t->naside && t->aside[*i].ordinal < ordinal; (*i)++)
		;
	return *i < t->naside && t->aside[*i].ordinal == ordinal;
}

static struct str aside_key(struct segment_key *k, const struct aside_at *at)
{
	return segment_key(k, segment_rows(at->segment, ROWS_ASIDE), at->ordinal);
}

struct aside { struct str id, record, text; };

static bool part_get(struct str *part, struct str *s)
{
	uint64_t n;

	if (!varint_get(&n, s) || n > s->n)
		return false;
	*part = str_sub(*s, 0, n);
	*s = str_sub(*s, n, s->n);
	return true;
}

/* RC_NOTFOUND: it stands in its place. */
static enum rc aside_get(struct aside *a, struct txn *txn, const struct tables *t, uint32_t ordinal, struct err *e)
{
	struct segment_key k;
	struct str v = STR_NONE;
	size_t i;
	enum rc rc;

	if (!docs_aside(&i, t, ordinal))
		return RC_NOTFOUND;
	rc = sealed_get(&v, txn, t->small.terms, aside_key(&k, &t->aside[i]), e);
	if (rc == RC_NOTFOUND || (!rc && (!part_get(&a->id, &v) || !part_get(&a->record, &v))))
		rc = err_set(e, RC_CORRUPT, "index: a document in it is damaged; 'colep index --rebuild' makes it anew");
	a->text = v;
	return rc;
}

enum rc docs_get(struct record *r, struct arena *a, struct txn *txn, const struct tables *t, struct str id, struct err *e)
{
	struct aside aside;
	uint64_t ordinal;
	struct str v;
	enum rc rc;

	if (id.n == 0 || id.n > STORE_KEY_MAX)
		return err_set(e, RC_NOTFOUND, "%.*s: no document of this id", FMT_STR(id));
	rc = sealed_get(&v, txn, t->docs, id, e);
	if (rc)
		return rc == RC_NOTFOUND ? err_set(e, rc, "%.*s: no document of this id", FMT_STR(id)) : rc;
	if (!varint_get(&ordinal, &v) || ordinal >= UINT32_MAX)
		return err_set(e, RC_CORRUPT, "index: %.*s: its number is broken", FMT_STR(id));
	rc = aside_get(&aside, txn, t, (uint32_t)ordinal, e);
	if (!rc && !str_eq(aside.id, id))
		return err_set(e, RC_CORRUPT, "index: %.*s: its number is another's", FMT_STR(id));
	if ((rc && rc != RC_NOTFOUND) || (rc = record_decode(r, a, id, rc ? v : aside.record, e)))
		return rc;
	r->doc = (uint32_t)ordinal;
	return RC_OK;
}

enum rc docs_inherit(struct record *r, struct arena *a, struct txn *txn, const struct tables *t, struct err *e)
{
	size_t dot = str_chr(r->id, '.');
	struct record of;
	enum rc rc;

	if (dot == SIZE_MAX || (rc = docs_get(&of, a, txn, t, str_sub(r->id, 0, dot), e)) == RC_NOTFOUND)
		return RC_OK;		/* an original, or a translation that came before it */
	if (rc)
		return rc;
	r->status = of.status;
	r->tlp = of.tlp;
	r->stage = of.stage;
	r->countries = of.countries, r->ncountries = of.ncountries;
	r->topics = of.topics, r->ntopics = of.ntopics;
	r->meetings = of.meetings, r->nmeetings = of.nmeetings;
	if (!r->date.n)
		r->date = of.date;
	return RC_OK;
}

enum rc docs_text(struct buf *text, struct zpack *z, struct txn *txn, const struct tables *t, uint32_t ordinal, struct err *e)
{
	struct aside aside;
	struct str frame;
	struct key32 k;
	enum rc rc = aside_get(&aside, txn, t, ordinal, e);

	if (rc == RC_NOTFOUND)
		return (rc = sealed_get(&frame, txn, t->texts, key32(&k, ordinal), e)) ? rc : zpack_decode(text, z, frame, LIMIT_VIEW, e);
	if (!rc)
		buf_str_add(text, aside.text);
	return rc;
}

static enum rc put_rows(struct buf *row, struct txn *txn, const struct tables *t, const struct doc_row *d, enum doc_place where,
    struct err *e)
{
	struct key32 k;
	enum rc rc;

	buf_clear(row);
	varint_put(row, d->ordinal);
	buf_str_add(row, d->record);
	if ((rc = (where == DOC_LAST ? sealed_append : sealed_put)(txn, t->docs, d->id, row, e)))
		return rc;
	buf_str_add(row, d->text);
	return (where == DOC_HERE ? sealed_put : sealed_append)(txn, t->texts, key32(&k, d->ordinal), row, e);
}

static enum rc drop_aside(struct txn *txn, const struct tables *t, uint32_t ordinal, struct err *e)
{
	struct segment_key k;
	size_t i;

	return docs_aside(&i, t, ordinal) ? txn_del(txn, t->small.terms, aside_key(&k, &t->aside[i]), e) : RC_OK;
}

enum rc docs_put(struct buf *row, struct txn *txn, const struct tables *t, const struct doc_row *d, enum doc_place where, struct err *e)
{
	struct segment_key k;
	size_t i;
	enum rc rc;

	if (where != DOC_ASIDE || !docs_aside(&i, t, d->ordinal)) {
		rc = put_rows(row, txn, t, d, where, e);
		return rc || where != DOC_HERE ? rc : drop_aside(txn, t, d->ordinal, e);
	}
	buf_clear(row);
	varint_put(row, d->id.n);
	buf_str_add(row, d->id);
	varint_put(row, d->record.n);
	buf_str_add(row, d->record);
	buf_str_add(row, d->text);
	return sealed_put(txn, t->small.terms, aside_key(&k, &t->aside[i]), row, e);
}

enum rc docs_take(struct txn *txn, const struct tables *t, uint32_t ordinal, struct str id, struct err *e)
{
	struct key32 k;
	enum rc rc;

	(void)((rc = txn_del(txn, t->docs, id, e)) || (rc = txn_del(txn, t->texts, key32(&k, ordinal), e)) ||
	    (rc = drop_aside(txn, t, ordinal, e)));
	return rc;
}

enum rc docs_settle(struct buf *row, struct zpack *z, struct txn *txn, const struct tables *t, struct txn *before, struct err *e)
{
	struct buf frame = BUF_INIT;
	struct aside aside;
	enum rc rc = RC_OK;
	size_t i;

	for (i = 0; i < t->naside && !rc; i++) {
		const uint32_t ordinal = t->aside[i].ordinal;

		buf_clear(&frame);
		if ((rc = aside_get(&aside, before, t, ordinal, e)) || (rc = zpack_encode(&frame, z, aside.text, e)))
			break;
		rc = docs_put(row, txn, t, &(struct doc_row){ ordinal, aside.id, aside.record, buf_str(&frame) }, DOC_HERE, e);
	}
	buf_free(&frame);
	return rc;
}
