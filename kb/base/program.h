/* kb/base/program.h: which program this is, to the byte: for what is kept from one run to the next. */
#ifndef KB_BASE_PROGRAM_H
#define KB_BASE_PROGRAM_H

#include <stdbool.h>

#include "kb/base/str.h"

/* Append the build ids of the program and of every library it is linked with. false: one has none, so that nothing made
 * by another program can be told from what this one would make. */
bool program_id(struct buf *b);

#endif
