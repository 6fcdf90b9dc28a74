/* kb/base/oid.c: see oid.h. */
#include "kb/base/oid.h"

static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool oid_parse(struct oid *o, struct str hex)
{
	struct oid got;
	size_t i;

	if (hex.n != OID_HEX)
		return false;
	for (i = 0; i < sizeof got.b; i++) {
		int hi = digit(hex.p[2 * i]), lo = digit(hex.p[2 * i + 1]);

		if (hi < 0 || lo < 0)
			return false;
		got.b[i] = (unsigned char)(hi << 4 | lo);
	}
	*o = got;
	return true;
}

void oid_format(char out[OID_HEX + 1], const struct oid *o)
{
	static const char hex[] = "0123456789abcdef";
	size_t i;

	for (i = 0; i < sizeof o->b; i++) {
		out[2 * i] = hex[o->b[i] >> 4];
		out[2 * i + 1] = hex[o->b[i] & 15];
	}
	out[OID_HEX] = '\0';
}
