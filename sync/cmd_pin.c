/* sync/cmd_pin.c: see cmd_pin.h. */
#include "sync/cmd_pin.h"

#include "kb/base/words.h"
#include "sync/pin.h"

enum rc cmd_pin(struct ctx *c, const struct node *n, const char *url, const char *said, struct err *e)
{
	struct tls_certificate t = TLS_NONE;
	struct buf words = BUF_INIT;
	char line[256];
	struct oid o;
	enum rc rc;

	if ((rc = pin_fetch(&t, url, e)))
		return rc;
	o = tls_words(&t);
	words_format(&words, &o);
	if (!said && !c->in_terminal) {
		rc = err_set(e, RC_UNTRUSTED, "nobody vouches for its certificate, whose words are %s; if its screen shows the same, "
		    "say so with --pin", buf_cstr(&words));
		goto out;
	}
	if (!said) {
		cmd_progress(c, "", 0, 0, true);
		fprintf(c->err, "%s\nNobody vouches for its certificate but its own screen. Type the six words that stand there: ", url);
		fflush(c->err);
		said = fgets(line, sizeof line, stdin) ? line : "";
	}
	if (words_match(&o, cstr(said)))
		rc = pin_keep(n, url, &t, e);
	else
		rc = err_set(e, RC_UNTRUSTED, "its certificate has other words: %s; it began anew and shows these now, or somebody stands "
		    "between", buf_cstr(&words));
out:
	buf_free(&words);
	tls_free(&t);
	return rc;
}
