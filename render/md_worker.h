/* render/md_worker.h: the two ends of the pipe, for md.c and md_worker.c only.
 *
 *	request    u32 length, that many bytes of Markdown, at most MD_IN
 *	answer     u32 length, that many bytes of HTML, at most MD_OUT; a longer one is announced and not sent
 *
 * Lengths are in the machine's byte order. A worker answers in order, several at once where it was asked so, and ends by
 * itself only with one of the statuses below or when the pipe closes. */
#ifndef RENDER_MD_WORKER_H
#define RENDER_MD_WORKER_H

#include <sys/types.h>

#include "kb/limits.h"

#define MD_IN LIMIT_DOC
#define MD_OUT ((size_t)4 << 20)	/* bytes; 256 KiB of ">" make 7 MB of HTML, prose makes 1.1 times its size */

#define MD_EXIT_MEMORY 2
#define MD_EXIT_SANDBOX 3		/* the kernel refused a limit or the filter: nothing was parsed */

/* What the child does after fork: locks itself in and serves. parent: whose death ends it. */
_Noreturn void md_worker(int fd, pid_t parent);

#endif
