/* kb/text/language.c: which language a text is written in. The script that most letters are of says which languages
 * it may be; among them, small words and letters of their own decide: a word or letter that k of these languages have
 * counts WEIGHT / k for each. */
#include "kb/text/fold.h"

#include <string.h>

enum { LOOKED_AT = 8192, WEIGHT = 60, LEAST = 2 * WEIGHT / 3, MARKS = 1024 };
enum script { LATIN, CYRILLIC, ARABIC, OTHERS, SCRIPTS };

/* Small letters; letters weigh as a word each. */
static const struct { const char *lang; enum script script; const char *words, *letters; } tongues[] = {
{ "en", LATIN, "the of and to in is for that are with was on as by this be from at or an which it have not their were has", "" },
{ "de", LATIN, "der die und das ist nicht ein mit den zu von für im auf des dem eine sich als auch wird bei werden sind aus", "ß ä" },
{ "fr", LATIN, "le les et des est une dans que pour la du en qui par sur au plus sont avec ce il ne pas ont aux", "ç è ê œ" },
{ "es", LATIN, "el los las una que para por del es con en de la un se su al lo como más fue sus y no son entre", "ñ ¿" },
{ "pt", LATIN, "os uma que para com do da em um por no na dos das ao não como mais foi são pela pelo entre e o", "ã õ ç" },
{ "it", LATIN, "il che di una per gli del non con sono nel della è alla dei anche più delle da come la un si le", "ò ì" },
{ "nl", LATIN, "het een van en dat niet zijn voor op te de is met in door ook worden werd aan bij naar uit wordt", "" },
{ "tr", LATIN, "ve bir bu ile olarak olan için daha gibi ancak da de çok en ise kadar sonra ya ne göre tarafından", "ı ğ ş" },
{ "az", LATIN, "və bir bu ilə üçün olan də edir ki olaraq da daha ən sonra kimi onun idi olub", "ə ğ ı ş" },
{ "pl", LATIN, "jest nie na do oraz w z się przez dla że od po i jak to są był być jego który", "ł ą ę ś ż ź" },
{ "id", LATIN, "yang dan untuk dengan ini dari pada adalah dalam tidak di ke akan oleh atau itu juga sebagai telah", "" },
{ "vi", LATIN, "và của là các cho một được có không với trong những người đã này để về từ khi nhiều", "ơ ư ạ ế ộ ấ ầ" },
{ "hu", LATIN, "az egy hogy nem és meg ez van is a volt mint azt csak már el de még vagy amely", "ő ű" },
{ "ro", LATIN, "și în cu pe de este nu care pentru din la a fost mai sunt au prin un o ca sau între", "ă ș ț ş ţ" },
{ "bs", LATIN, "je da se na su za i od koji nije u a sa bi će kao ne o iz te ili što po do", "đ ć č ž" },
{ "sl", LATIN, "je in se na za so ki da v ne s ter pa kot bi z po ali o pri", "č ž" },
{ "cs", LATIN, "je se na že by ale jako jsou která pro v a s z do byl nebo to podle také", "ě ř ů" },
{ "sk", LATIN, "je sa na že by ale ako sú ktorá pre v a s z do bol alebo to podľa aj", "ľ ĺ ŕ ô" },
{ "sq", LATIN, "të dhe në e i një për me që është nga se si ka nuk më kjo janë u do", "ë" },
{ "sv", LATIN, "och att det som en på är av för inte den med till i var har ett om de från", "å ö" },
{ "da", LATIN, "og at det som en på er af til ikke den med for i var har et om de fra blev", "å ø æ" },
{ "no", LATIN, "og at det som en på er av til ikke den med for i var har et om de fra ble", "å ø æ" },
{ "fi", LATIN, "ja on ei se että oli joka mutta myös ovat kun hän sen tai olivat mukaan", "ä ö" },
{ "et", LATIN, "ja on ei et see oli ka kui oma või mis selle kes ning aga", "õ ä" },
{ "lt", LATIN, "ir yra kad su iš buvo į tai kaip jo ar bet nuo po per", "ė ų į ū" },
{ "lv", LATIN, "un ir ka ar no uz tas bija par kas lai arī pie", "ā ē ī ņ ķ ļ" },
{ "ca", LATIN, "els les una que per amb del és dels al la de i en no més va ser són com", "l·l ç" },
{ "eu", LATIN, "eta da ez bat zuen dira zen izan dute ere duen baina hau", "" },
{ "ga", LATIN, "agus an na ar is sé bhí go le as do ag ba seo", "" },
{ "ru", CYRILLIC, "и в не на что с по как это из для от к его был за а но или так был при", "ы э ё" },
{ "uk", CYRILLIC, "і в не на що з як це та до від за його був для або але у", "і ї є ґ" },
{ "be", CYRILLIC, "і ў не на што з як гэта да ад за яго быў для або", "ў і" },
{ "bg", CYRILLIC, "и в не на че с по като това от за се да е са със при към или към са ще беше", "ъ" },
{ "mk", CYRILLIC, "и во не на дека со по како ова од за се да е се ќе кон или беше овој биле", "ѓ ќ ѕ ј" },
{ "sr", CYRILLIC, "и у не на да са по као ово од за се је су ће при или био која који што", "ђ ћ ј" },
{ "kk", CYRILLIC, "және мен бұл үшін бар деп осы болып", "қ ғ ұ ү ә" },
{ "ar", ARABIC, "في من على إلى أن التي الذي عن مع هذا هذه كان كما ما لم لا بين و قد ذلك", "ة أ إ" },
{ "fa", ARABIC, "در از به که با این را است برای آن و یک می های بود شد تا خود بر ها", "پ چ گ ژ" },
{ "ur", ARABIC, "کے کی میں ہے اور سے کا کو نے پر یہ ہیں کہ جو اس تھا ایک بھی نہیں کیا", "ٹ ڈ ڑ ں ے" },
{ "ps", ARABIC, "د په او چې کې له ته سره دا يو نه وي", "ښ ږ ځ څ ډ ړ" },
{ "ckb", ARABIC, "لە بۆ بە و کە ئەو ئەم لەگەڵ دەکات بوو", "ێ ۆ ڕ ڵ" },
};
enum { TONGUES = sizeof tongues / sizeof *tongues };

/* What is looked for, by hash: open addressing, never full. Words and letters are apart, as a letter may be a word. */
struct mark { struct str word; uint64_t tongues; };
_Static_assert(TONGUES <= 64, "a bit each");

static struct mark *mark_of(struct mark *marks, struct str word)
{
	uint32_t h = 2166136261u;
	size_t i;

	for (i = 0; i < word.n; i++)
		h = (h ^ (unsigned char)word.p[i]) * 16777619u;
	for (i = h % MARKS; marks[i].word.n && !str_eq(marks[i].word, word); i = (i + 1) % MARKS)
		;
	return &marks[i];
}

static void learn(struct mark *marks, struct str words, size_t tongue)
{
	struct str word;

	while (str_split(&word, &words, ' ')) {
		struct mark *m = mark_of(marks, word);

		m->word = word;
		m->tongues |= (uint64_t)1 << tongue;
	}
}

static void count(uint32_t *score, const struct mark *marks, struct str word)
{
	const struct mark *m = mark_of((struct mark *)marks, word);
	uint32_t each;
	size_t k;

	if (!m->word.n)
		return;
	each = (uint32_t)(WEIGHT / __builtin_popcountll(m->tongues));
	for (k = 0; k < TONGUES; k++)
		if (m->tongues >> k & 1)
			score[k] += each;
}

/* Among the languages of a script. */
static const char *best_of(struct str text, enum script script)
{
	struct mark words[MARKS] = { 0 }, letters[MARKS] = { 0 };
	uint32_t score[TONGUES] = { 0 }, most = 0;
	struct words w = { text, 0, 0 };
	const char *lang = "";
	struct str word;
	size_t i, k, at;
	char low[WORD_MAX];

	for (k = 0; k < TONGUES; k++)
		if (tongues[k].script == script) {
			learn(words, cstr(tongues[k].words), k);
			learn(letters, cstr(tongues[k].letters), k);
		}
	while (words_next(&w, &word)) {
		struct buf small = BUF_INIT;

		if (word.n <= sizeof low) {	/* letters as they stand, only small: another yeh is another language */
			for (i = 0; i < word.n; i++)
				low[i] = (char)(word.p[i] >= 'A' && word.p[i] <= 'Z' ? word.p[i] | 0x20 : word.p[i]);
			count(score, words, (struct str){ low, word.n });
		}
		for (i = 0; i < word.n; ) {
			at = i;
			if (str_utf8_next(word, &i) < 0x80)
				continue;
			buf_clear(&small);
			if (script == ARABIC)
				buf_str_add(&small, str_sub(word, at, i));
			else
				text_lower(&small, str_sub(word, at, i));
			count(score, letters, buf_str(&small));
		}
		buf_free(&small);
	}
	for (k = 0; k < TONGUES; k++)
		if (score[k] > most) {
			most = score[k];
			lang = tongues[k].lang;
		}
	return most >= LEAST ? lang : "";
}

const char *text_language(struct str text)
{
	size_t n[SCRIPTS] = { 0 }, bn = 0, dev = 0, th = 0, ko = 0, han = 0, kana = 0, el = 0, hy = 0, ka = 0, he = 0, ta = 0, i = 0;

	text = str_utf8_cut(text, LOOKED_AT);
	while (i < text.n) {
		uint32_t c = str_utf8_next(text, &i);

		if (c < 0x250) n[LATIN] += (c | 0x20) >= 'a' && c != 0xd7;
		else if (c >= 0x400 && c < 0x530) n[CYRILLIC]++;
		else if (c >= 0x600 && c < 0x780) n[ARABIC]++;
		else if (c >= 0x980 && c < 0xa00) bn++;
		else if (c >= 0x900 && c < 0x980) dev++;
		else if (c >= 0xb80 && c < 0xc00) ta++;
		else if (c >= 0xe00 && c < 0xe80) th++;
		else if (c >= 0x370 && c < 0x400) el++;
		else if (c >= 0x530 && c < 0x590) hy++;
		else if (c >= 0x590 && c < 0x600) he++;
		else if (c >= 0x10a0 && c < 0x1100) ka++;
		else if (c >= 0x3040 && c < 0x3100) kana++;
		else if (c >= 0x4e00 && c < 0xa000) han++;
		else if (c >= 0xac00 && c < 0xd7b0) ko++;
	}
	if (n[CYRILLIC] > n[LATIN] / 4 && n[CYRILLIC] > n[ARABIC]) {
		const char *lang = best_of(text, CYRILLIC);

		return lang[0] ? lang : "bg";
	}
	if (n[ARABIC] > n[LATIN] / 4) {
		const char *lang = best_of(text, ARABIC);

		return lang[0] ? lang : "ar";
	}
	if (bn > n[LATIN] / 4) return "bn";
	if (dev > n[LATIN] / 4) return "hi";
	if (ta > n[LATIN] / 4) return "ta";
	if (th > n[LATIN] / 4) return "th";
	if (ko > n[LATIN] / 4) return "ko";
	if (kana + han > n[LATIN] / 8) return kana * 20 > han ? "ja" : "zh";
	if (el > n[LATIN] / 4) return "el";
	if (hy > n[LATIN] / 4) return "hy";
	if (he > n[LATIN] / 4) return "he";
	if (ka > n[LATIN] / 4) return "ka";
	return best_of(text, LATIN);
}
