/* sync/pin.h: certificates of peers that nobody vouches for (`serve --lan`): compared by their words once, kept in
 * .git/colep/pins/HOST_PORT.pem, and the only one that git takes from that place from then on. */
#ifndef SYNC_PIN_H
#define SYNC_PIN_H

#include "kb/gate/tls.h"
#include "kb/node.h"

/* Where that of a place is kept, below cache; NULL for what is no https:// address. */
const char *pin_file(struct arena *a, const char *cache, const char *url);
/* The one that a place shows now. RC_INVALID: no https:// address. RC_IO: it cannot be reached. */
enum rc pin_fetch(struct tls_certificate *t, const char *url, struct err *e) NODISCARD;
enum rc pin_keep(const struct node *n, const char *url, const struct tls_certificate *t, struct err *e) NODISCARD;
/* Did a transfer fail since nobody vouches for the certificate, or it is another than the one kept? */
bool pin_wanted(const char *url, const struct err *e);

#endif
