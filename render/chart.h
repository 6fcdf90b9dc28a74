/* render/chart.h: pictures for those who would rather look than read: SVG in the page, drawn in the colours of the text
 * around it, with words and numbers in it so that no meaning hangs on a colour. The table with the same facts stands
 * beside it. Whole numbers only: same copy, same picture. */
#ifndef RENDER_CHART_H
#define RENDER_CHART_H

#include "render/page.h"

struct ready {				/* how ready a country is for a meeting */
	struct str country;		/* "MK" */
	struct str order;		/* of its name */
	bool profile;
	size_t cases;			/* published, in full */
};
/* A row for each country: has it a profile, a first, second and third case study. */
void chart_readiness(struct page *p, const struct ready *v, size_t n);

/* matrix.html: topics by country: the picture, and the table. */
void page_matrix(struct page *p);

#endif
