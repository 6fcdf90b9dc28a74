/* kb/gate/nettle.h: the gate to Nettle, loaded when first used: hashes of much text. */
#ifndef KB_GATE_NETTLE_H
#define KB_GATE_NETTLE_H

#include "kb/base/str.h"

/* SHA-256 as sha256_of() (sodium.h) has it, and as sha256sum(1) does. Nettle asks the processor, which most have an instruction
 * for: four times as fast. Where Nettle is not installed, sha256_of() does it. For several threads at once. */
void sha256_fast(unsigned char out[32], struct str s);

#endif
