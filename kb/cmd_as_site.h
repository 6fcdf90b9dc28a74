/* kb/cmd_as_site.h: how `search --as-site` reaches the ranking of the site's own search, which lives in render/, above
 * kb/: main.c hands these functions over in struct ctx. */
#ifndef KB_CMD_AS_SITE_H
#define KB_CMD_AS_SITE_H

#include "kb/index/query.h"

struct ctx;

struct as_site {
	/* The copy of a node that `site --audience` would write, ready to be asked. audience: NULL, "public" or
	 * "community"; RC_INVALID: another. */
	enum rc (*open)(void **site, struct ctx *c, const char *dir, const char *audience, struct err *e) NODISCARD;
	void (*close)(void *site);	/* no-op on NULL */
	/* Best first; records live until close, what res holds in the arena. RC_INVALID: nothing to look for. */
	enum rc (*run)(struct result *res, struct arena *a, void *site, struct str text, const struct filters *f,
	    size_t limit, struct err *e) NODISCARD;
};

#endif
