/* kb/text/language.c: which language a text is written in: by its letters, then by its commonest words. */
#include "kb/text/fold.h"

static const struct { const char *lang, *words; } common[] = {
	{ "en", "the of and to in is for that are with" }, { "de", "der die und das ist nicht ein mit den zu" },
	{ "fr", "le les et des est une dans que pour la" }, { "es", "el los las una que para por del es con" },
	{ "pt", "os uma que para com do da em um por" }, { "it", "il che di una per gli del non con sono" },
	{ "nl", "het een van en dat niet zijn voor op te" }, { "tr", "ve bir bu ile olarak olan daha gibi ancak ya" },
	{ "pl", "jest nie na do oraz w z się przez dla" }, { "id", "yang dan untuk dengan ini dari pada adalah dalam tidak" },
	{ "vi", "và của là các cho một được có không với" }, { "hu", "az egy hogy nem és meg ez van a is" },
	{ "ro", "și în la cu pe de este nu care pentru" }, { "az", "və bir bu ilə üçün olan də edir ki olaraq" },
	{ "bs", "je da se na su za i od koji nije" }, { "cs", "je se na že by ale jako jsou která pro" },
	{ "sv", "och att det som en på är av för inte" }, { "da", "og at det som en på er af til ikke" },
};

const char *text_language(struct str text)
{
	size_t ar = 0, fa = 0, ur = 0, bn = 0, cyr = 0, uk = 0, mk = 0, sr = 0, ru = 0, han = 0, kana = 0, hangul = 0, th = 0,
	    el = 0, latin_n = 0, i = 0, k, best = 0, score[sizeof common / sizeof *common] = { 0 };
	struct words w = { str_utf8_cut(text, 8192), 0, 0 };
	struct buf low = BUF_INIT;
	struct str word;
	const char *lang = "";

	while (i < w.text.n) {
		uint32_t c = str_utf8_next(w.text, &i);

		if (c < 0x250) { latin_n += c >= 'A'; continue; }
		if (c >= 0x370 && c < 0x400) el++;
		else if (c >= 0x400 && c < 0x530) {
			cyr++;
			uk += c == 0x0456 || c == 0x0457 || c == 0x0454;
			mk += c == 0x0453 || c == 0x045c || c == 0x0455;
			sr += c == 0x0452 || c == 0x045b;
			ru += c == 0x044b || c == 0x044d;
		} else if (c >= 0x600 && c < 0x700) {
			ar++;
			fa += c == 0x067e || c == 0x0686 || c == 0x0698 || c == 0x06af;
			ur += c == 0x0679 || c == 0x0688 || c == 0x0691 || c == 0x06ba || c == 0x06d2;
		} else if (c >= 0x980 && c < 0xa00) bn++;
		else if (c >= 0xe00 && c < 0xe80) th++;
		else if (c >= 0x3040 && c < 0x3100) kana++;
		else if (c >= 0x4e00 && c < 0xa000) han++;
		else if (c >= 0xac00 && c < 0xd7b0) hangul++;
	}
	if (cyr > latin_n / 4 && cyr > ar)
		return uk * 50 > cyr ? "uk" : mk * 100 > cyr ? "mk" : sr * 100 > cyr ? "sr" : ru * 200 > cyr ? "ru" : "bg";
	if (ar > latin_n / 4)
		return ur * 100 > ar ? "ur" : fa * 100 > ar ? "fa" : "ar";
	if (bn > latin_n / 4) return "bn";
	if (th > latin_n / 4) return "th";
	if (hangul > latin_n / 4) return "ko";
	if (kana + han > latin_n / 8) return kana * 20 > han ? "ja" : "zh";
	if (el > latin_n / 4) return "el";
	while (words_next(&w, &word)) {
		buf_clear(&low);
		text_lower(&low, word);
		for (k = 0; k < sizeof common / sizeof *common; k++) {
			struct str rest = cstr(common[k].words), one;

			while (str_split(&one, &rest, ' '))
				score[k] += str_eq(one, buf_str(&low));
		}
	}
	for (k = 0; k < sizeof common / sizeof *common; k++)
		if (score[k] > best) {
			best = score[k];
			lang = common[k].lang;
		}
	buf_free(&low);
	return best >= 2 ? lang : "";
}
