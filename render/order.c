/* render/order.c: see order.h. */
#include "render/order.h"

#include <stdint.h>

#include "kb/text/fold.h"

/* Small letters. Latin is put in order by what text_romanise makes of it, Bengali by its code points. */
static const char alphabet[] =
	"абвгґѓдђеёєжзѕиіїйјкќлљмнњопрстћуўфхцчџшщъыьэюя"
	"ءآأإاٱبپةتٹثجچحخدڈذرڑزژسشصضطظعغفقکكگلمنںوؤهھہۂیيىئے";

static uint32_t small(uint32_t c)
{
	if (c >= 0x410 && c <= 0x42f)
		return c + 0x20;
	return c >= 0x400 && c <= 0x40f ? c + 0x50 : c;
}

static size_t place_of(uint32_t c)
{
	struct str all = { alphabet, sizeof alphabet - 1 };
	size_t at = 0, n = 1;

	if (c < 0x400 || c > 0x6ff)
		return 0;
	for (; at < all.n; n++)
		if (str_utf8_next(all, &at) == c)
			return n;
	return 0;
}

void order_key(struct buf *out, struct str name)
{
	size_t at = 0, from, before, place;

	while (at < name.n) {
		from = at;
		if ((place = place_of(small((uint32_t)str_utf8_next(name, &at))))) {
			buf_putc(out, (char)0xd0);	/* where these letters are among all bytes of UTF-8 */
			buf_putc(out, (char)place);
			continue;
		}
		before = out->n;
		text_romanise(out, str_sub(name, from, at));
		if (out->n == before)
			buf_str_add(out, str_sub(name, from, at));
	}
}
