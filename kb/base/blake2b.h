/* kb/base/blake2b.h: BLAKE2b (RFC 7693) of several texts at once, on processors where that is faster than one after the other. */
#ifndef KB_BASE_BLAKE2B_H
#define KB_BASE_BLAKE2B_H

#include "kb/base/str.h"

/* The hashes of 512 bits, without a key, of n texts. false: not here; nothing is set. */
bool blake2b_lanes(unsigned char (*out)[64], const struct str *texts, size_t n);

#endif
