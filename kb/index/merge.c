/* kb/index/merge.c: several segments become one. Their dictionaries are read side by side; the lists of a term are read
 * side by side, and written anew in the order of the new places. No text is read again. */
#include "kb/index/parts.h"
#include "kb/index/postings.h"

#include <stdlib.h>

struct input {
	struct merge_source *from;
	struct terms terms;
	enum iter more;			/* of the terms */
	struct cursor c;
	bool on;			/* c stands at a posting that goes */
	uint32_t place;			/* its new place */
	struct buf positions;
};

/* On to the next posting of a document that goes. */
static enum rc advance(struct input *in, struct err *e)
{
	enum iter more;

	for (;;) {
		if ((more = cursor_next(&in->c, e)) == ITER_ERROR)
			return e->rc;
		in->on = more == ITER_ITEM;
		if (!in->on)
			return RC_OK;
		in->place = in->from->to[in->c.docs[in->c.i]];
		if (in->place != UINT32_MAX)
			return RC_OK;
	}
}

static enum rc merge_term(struct segment_out *o, struct input *in, size_t n, struct str term, struct err *e)
{
	struct listing x;
	size_t k, first;
	enum rc rc = RC_OK;

	for (k = 0; k < n; k++) {
		in[k].on = false;
		if (in[k].more != ITER_ITEM || !str_eq((struct str){ in[k].terms.term, in[k].terms.n }, term))
			continue;
		if ((rc = terms_entry(&x, &in[k].terms, e)))
			goto out;
		rc = cursor_open(&in[k].c, &in[k].from->s, &x, e);
		in[k].on = true;
		if (rc || (rc = advance(&in[k], e)))
			goto out;
	}
	for (;;) {
		for (k = 0, first = n; k < n; k++)
			if (in[k].on && (first == n || in[k].place < in[first].place))
				first = k;
		if (first == n)
			break;
		buf_clear(&in[first].positions);
		if ((rc = cursor_positions(&in[first].c, &in[first].positions, e)))
			break;
		segment_posting(o, in[first].place, in[first].c.weights[in[first].c.i],
		    (const uint32_t *)(const void *)in[first].positions.p, in[first].positions.n / sizeof(uint32_t));
		if ((rc = advance(&in[first], e)))
			break;
	}
out:
	for (k = 0; k < n; k++)
		if (in[k].more == ITER_ITEM && str_eq((struct str){ in[k].terms.term, in[k].terms.n }, term))
			cursor_close(&in[k].c);
	return rc;
}

enum rc merge_segments(struct segment_info *info, struct merge_source *sources, size_t n, struct txn **t,
    const struct segment_tables *tables, uint32_t id, const uint8_t *norms, uint32_t ndocs, turn_fn *turn, void *ctx,
    struct err *e)
{
	struct input *in = xmalloc((n + 1) * sizeof *in);
	struct segment_out *o = segment_create(t, tables, id, norms, ndocs, turn, ctx);
	struct buf term = BUF_INIT;
	struct err odd = ERR_INIT;
	enum rc rc = RC_OK;
	size_t k, first;

	for (k = 0; k < n; k++) {
		in[k].from = &sources[k];
		in[k].positions = (struct buf)BUF_INIT;
		in[k].terms.open = false;
		in[k].c.copy = in[k].c.lengths_copy = in[k].c.skips_copy = in[k].c.bits_copy = (struct buf)BUF_INIT;
	}
	for (k = 0; k < n && !rc; k++)
		if (!(rc = terms_open(&in[k].terms, &sources[k].s, e)) &&
		    (in[k].more = terms_next(&in[k].terms, e)) == ITER_ERROR)
			rc = e->rc;
	while (!rc) {
		for (k = 0, first = n; k < n; k++)
			if (in[k].more == ITER_ITEM && (first == n || str_cmp((struct str){ in[k].terms.term, in[k].terms.n },
			    (struct str){ in[first].terms.term, in[first].terms.n }) < 0))
				first = k;
		if (first == n)
			break;
		buf_clear(&term);
		buf_add(&term, in[first].terms.term, in[first].terms.n);
		segment_term(o, buf_str(&term));
		rc = merge_term(o, in, n, buf_str(&term), e);
		for (k = 0; k < n && !rc; k++)
			if (in[k].more == ITER_ITEM && str_eq((struct str){ in[k].terms.term, in[k].terms.n }, buf_str(&term)) &&
			    (in[k].more = terms_next(&in[k].terms, e)) == ITER_ERROR)
				rc = e->rc;
	}
	if (rc)
		(void)!segment_finish(info, o, &odd);	/* what failed first is told */
	else
		rc = segment_finish(info, o, e);
	for (k = 0; k < n; k++) {
		terms_close(&in[k].terms);
		buf_free(&in[k].positions);
	}
	buf_free(&term);
	free(in);
	return rc;
}
