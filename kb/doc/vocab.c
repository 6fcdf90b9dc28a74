/* kb/doc/vocab.c: see vocab.h. The defaults are written as the tables are: one term a line, its fields
 * between bars; a label left empty is the code with blanks for hyphens. */
#include "kb/doc/vocab.h"

#include <string.h>
#include <strings.h>

struct source { const char *name, *lines; };

static const struct source defaults[] = {
{ "topics",
"som|Smuggling of migrants|threat|people smuggling, human smuggling, migrant smuggling, facilitation, SOM\n"
"thb|Trafficking in human beings|threat|TIP, trafficking in persons, human trafficking, THB\n"
"irregular-migration||threat|illegal migration\n"
"digitalisation||threat|digitalization, online, social media\n"
"small-boats||threat|dinghies, boats\n"
"visa-free-regime||threat|visa-free travel\n"
"secondary-movements||threat|onward movement\n"
"third-country-use|Use of third countries|threat|\n"
"stranded-migrants||threat|\n"
"undocumented-migrants||threat|\n"
"organised-crime||threat|organized crime, OCG, criminal networks\n"
"hawala||threat|hundi, informal value transfer\n"
"awareness||prevention|information campaign, awareness raising\n"
"border-control||prevention|border checks\n"
"border-management||prevention|IBM, integrated border management\n"
"mobile-teams||prevention|mobile units\n"
"deterrence||prevention|\n"
"humanitarian-visas||prevention|\n"
"national-action-plan||prevention|NAP, strategy\n"
"vulnerable-groups||protection|minors, children, women\n"
"victim-identification||protection|\n"
"victim-support||protection|shelter, victim assistance\n"
"hotline||protection|helpline\n"
"ngo-partnership|Partnership with NGOs|protection|NGO, civil society\n"
"legislation||prosecution|law, legal framework\n"
"prosecution||prosecution|\n"
"specialised-courts||prosecution|specialized courts, special courts\n"
"investigation||prosecution|\n"
"debriefing||prosecution|interviews\n"
"financial-investigation||prosecution|follow the money, money flows\n"
"sanctions||prosecution|penalties, fines\n"
"police-cooperation||partnership|police co-operation\n"
"liaison-officers||partnership|LO\n"
"link-offices||partnership|link office\n"
"task-forces||partnership|task force\n"
"regional-agreements||partnership|\n"
"mou|Memoranda of understanding|partnership|MoU, bilateral agreements\n"
"data-sharing||partnership|information exchange, information sharing\n"
"information-analysis||partnership|intelligence analysis\n"
"inter-agency|Inter-agency co-operation|partnership|interagency\n"
"urgent-channels||partnership|\n"
"red-tape||partnership|bureaucracy\n"
"capacity-building||partnership|training\n"
"tip-report|TIP report|partnership|trafficking in persons report\n"
"monitoring||partnership|\n" },
{ "crime",
"som|Smuggling of migrants||people smuggling, human smuggling, migrant smuggling, facilitation\n"
"document-fraud|||forgery, false documents\nillegal-stay|||\n"
"thb|Trafficking in human beings||TIP, trafficking in persons, human trafficking\n"
"money-laundering|||\norganised-crime|||organized crime\ncorruption|||bribery\nnot-stated|||\n" },
{ "som-acts", "illegal-entry|||\ndocument-production|||\ndocument-provision|||\nenabling-stay|||\nattempt|||\n"
"accomplice|||\norganising|||\n" },
{ "aggravating", "danger-to-life|||\ndegrading-treatment|||\n" },
{ "thb-acts", "recruitment|||\ntransportation|||\ntransfer|||\nharbouring|||\nreceipt|||\n" },
{ "thb-means", "force|||\ncoercion|||\nabduction|||\nfraud|||\ndeception|||\nabuse-of-power|||\n"
"abuse-of-vulnerability|||\npayments|||\n" },
{ "thb-purpose", "sexual-exploitation|||\nforced-labour|||forced labor\nslavery|||\nservitude|||\norgan-removal|||\n"
"forced-begging|||\nforced-criminality|||\nforced-marriage|||\nother|||\n" },
{ "modus-operandi", "on-foot|||\nhidden-in-vehicle|||\nsmall-boat|||\nvessel|||\nair-travel|||\nlookalike|||\n"
"forged-document|||\ngenuine-document-misuse|||\nvisa-abuse|||\nvisa-free-abuse|||\nsham-marriage|||\n"
"false-job-offer|||\nsafe-house|||\nscout-vehicle|||\nonline-recruitment|||\nencrypted-messaging|||\n"
"corrupt-official|||\nother|||\n" },
{ "transport", "road|||\nrail|||\nfoot|||\nsea|||\nriver|||\nair|||\n" },
{ "border", "green-border|||\ncrossing-point|||BCP\nsea-border|||\nairport|||\ninternal|||\n" },
{ "finance", "hawala|||hundi\ncash|||\nmoney-transfer|||\nbank|||\ncrypto|||\ndebt|||\nother|||\n" },
{ "routes", "western-balkan|||\neastern-mediterranean|||\ncentral-mediterranean|||\nwestern-mediterranean|||\n"
"eastern-land|||\nchannel|||\nsilk-routes|||\ncaspian|||\nother|||\n" },
{ "regions", "silk-routes|||\nsouth-east-europe|||\ncaucasus|||\ncentral-asia|||\neu|EU||European Union\n" },
{ "channels", "interpol-ncb|INTERPOL NCB||National Central Bureau\neuropol|||\nliaison-officer|||\nlink-office|||\n"
"bilateral-police|||\nborder-contact-point|||\njoint-investigation-team|||JIT\ntask-force|||\n"
"mutual-legal-assistance|||MLA\neurojust|||\nregional-agreement|||\nsecretariat|||\nngo|NGO||\nother|||\nnot-stated|||\n" },
{ "techniques", "debriefing|||\nsurveillance|||\ninterception|||\nundercover|||\ncontrolled-delivery|||\nfinancial|||\n"
"digital-forensics|||\ndocument-examination|||\nopen-source|||OSINT\nwitness-protection|||\njoint-operation|||\n" },
{ "outcome", "disrupted|||\narrests|||\nprosecution|||\nconviction|||\nacquittal|||\nassets-seized|||\nvictims-assisted|||\n"
"cooperation-improved|Co-operation improved||\nongoing|||\nnot-stated|||\n" },
{ "institutions", "bps|Budapest Process Secretariat||Secretariat\neucom|European Commission||\nunodc|UNODC||"
"United Nations Office on Drugs and Crime\nfrontex|||\ninterpol|INTERPOL||\neuropol|||\ncepol|CEPOL||\neurojust|||\n"
"iom|IOM||International Organization for Migration\nicmpd|ICMPD||\ntfwb|Task Force Western Balkans||\n" },
{ "countries",
"AD|Andorra\nAE|United Arab Emirates\nAF|Afghanistan\nAG|Antigua and Barbuda\nAI|Anguilla\nAL|Albania\nAM|Armenia\nAO|Angola\n"
"AQ|Antarctica\nAR|Argentina\nAS|American Samoa\nAT|Austria\nAU|Australia\nAW|Aruba\nAX|Åland Islands\nAZ|Azerbaijan\n"
"BA|Bosnia and Herzegovina\nBB|Barbados\nBD|Bangladesh\nBE|Belgium\nBF|Burkina Faso\nBG|Bulgaria\nBH|Bahrain\nBI|Burundi\n"
"BJ|Benin\nBL|Saint Barthélemy\nBM|Bermuda\nBN|Brunei\nBO|Bolivia\nBQ|Caribbean Netherlands\nBR|Brazil\nBS|Bahamas\nBT|Bhutan\n"
"BV|Bouvet Island\nBW|Botswana\nBY|Belarus\nBZ|Belize\nCA|Canada\nCC|Cocos Islands\nCD|DR Congo\nCF|Central African Republic\n"
"CG|Congo\nCH|Switzerland\nCI|Côte d'Ivoire\nCK|Cook Islands\nCL|Chile\nCM|Cameroon\nCN|China\nCO|Colombia\nCR|Costa Rica\n"
"CU|Cuba\nCV|Cabo Verde\nCW|Curaçao\nCX|Christmas Island\nCY|Cyprus\nCZ|Czechia\nDE|Germany\nDJ|Djibouti\nDK|Denmark\n"
"DM|Dominica\nDO|Dominican Republic\nDZ|Algeria\nEC|Ecuador\nEE|Estonia\nEG|Egypt\nEH|Western Sahara\nER|Eritrea\nES|Spain\n"
"ET|Ethiopia\nFI|Finland\nFJ|Fiji\nFK|Falkland Islands\nFM|Micronesia\nFO|Faroe Islands\nFR|France\nGA|Gabon\n"
"GB|United Kingdom\nGD|Grenada\nGE|Georgia\nGF|French Guiana\nGG|Guernsey\nGH|Ghana\nGI|Gibraltar\nGL|Greenland\nGM|Gambia\n"
"GN|Guinea\nGP|Guadeloupe\nGQ|Equatorial Guinea\nGR|Greece\nGS|South Georgia\nGT|Guatemala\nGU|Guam\nGW|Guinea-Bissau\n"
"GY|Guyana\nHK|Hong Kong\nHM|Heard and McDonald Islands\nHN|Honduras\nHR|Croatia\nHT|Haiti\nHU|Hungary\nID|Indonesia\n"
"IE|Ireland\nIL|Israel\nIM|Isle of Man\nIN|India\nIO|British Indian Ocean Territory\nIQ|Iraq\nIR|Iran\nIS|Iceland\nIT|Italy\n"
"JE|Jersey\nJM|Jamaica\nJO|Jordan\nJP|Japan\nKE|Kenya\nKG|Kyrgyzstan\nKH|Cambodia\nKI|Kiribati\nKM|Comoros\n"
"KN|Saint Kitts and Nevis\nKP|North Korea\nKR|South Korea\nKW|Kuwait\nKY|Cayman Islands\nKZ|Kazakhstan\nLA|Laos\nLB|Lebanon\n"
"LC|Saint Lucia\nLI|Liechtenstein\nLK|Sri Lanka\nLR|Liberia\nLS|Lesotho\nLT|Lithuania\nLU|Luxembourg\nLV|Latvia\nLY|Libya\n"
"MA|Morocco\nMC|Monaco\nMD|Moldova\nME|Montenegro\nMF|Saint Martin\nMG|Madagascar\nMH|Marshall Islands\nMK|North Macedonia\n"
"ML|Mali\nMM|Myanmar\nMN|Mongolia\nMO|Macao\nMP|Northern Mariana Islands\nMQ|Martinique\nMR|Mauritania\nMS|Montserrat\n"
"MT|Malta\nMU|Mauritius\nMV|Maldives\nMW|Malawi\nMX|Mexico\nMY|Malaysia\nMZ|Mozambique\nNA|Namibia\nNC|New Caledonia\n"
"NE|Niger\nNF|Norfolk Island\nNG|Nigeria\nNI|Nicaragua\nNL|Netherlands\nNO|Norway\nNP|Nepal\nNR|Nauru\nNU|Niue\n"
"NZ|New Zealand\nOM|Oman\nPA|Panama\nPE|Peru\nPF|French Polynesia\nPG|Papua New Guinea\nPH|Philippines\nPK|Pakistan\n"
"PL|Poland\nPM|Saint Pierre and Miquelon\nPN|Pitcairn\nPR|Puerto Rico\nPS|Palestine\nPT|Portugal\nPW|Palau\nPY|Paraguay\n"
"QA|Qatar\nRE|Réunion\nRO|Romania\nRS|Serbia\nRU|Russia\nRW|Rwanda\nSA|Saudi Arabia\nSB|Solomon Islands\nSC|Seychelles\n"
"SD|Sudan\nSE|Sweden\nSG|Singapore\nSH|Saint Helena\nSI|Slovenia\nSJ|Svalbard and Jan Mayen\nSK|Slovakia\nSL|Sierra Leone\n"
"SM|San Marino\nSN|Senegal\nSO|Somalia\nSR|Suriname\nSS|South Sudan\nST|São Tomé and Príncipe\nSV|El Salvador\n"
"SX|Sint Maarten\nSY|Syria\nSZ|Eswatini\nTC|Turks and Caicos Islands\nTD|Chad\nTF|French Southern Territories\nTG|Togo\n"
"TH|Thailand\nTJ|Tajikistan\nTK|Tokelau\nTL|Timor-Leste\nTM|Turkmenistan\nTN|Tunisia\nTO|Tonga\nTR|Türkiye||Turkey\n"
"TT|Trinidad and Tobago\nTV|Tuvalu\nTW|Taiwan\nTZ|Tanzania\nUA|Ukraine\nUG|Uganda\nUM|US Outlying Islands\n"
"US|United States\nUY|Uruguay\nUZ|Uzbekistan\nVA|Holy See\nVC|Saint Vincent\nVE|Venezuela\nVG|British Virgin Islands\n"
"VI|US Virgin Islands\nVN|Viet Nam||Vietnam\nVU|Vanuatu\nWF|Wallis and Futuna\nWS|Samoa\nXK|Kosovo\nYE|Yemen\nYT|Mayotte\n"
"ZA|South Africa\nZM|Zambia\nZW|Zimbabwe\n" },
};
enum { DEFAULTS = sizeof defaults / sizeof *defaults };

static struct str label_of(struct arena *a, struct str code)
{
	char *s = arena_cstr(a, code);
	size_t i;

	for (i = 0; i < code.n; i++)
		if (s[i] == '-')
			s[i] = ' ';
	if (s[0] >= 'a' && s[0] <= 'z')
		s[0] = (char)(s[0] - 32);
	return (struct str){ s, code.n };
}

static struct str cell(struct str *row)
{
	struct str c = STR_NONE;

	(void)str_split(&c, row, '|');
	return str_trim(c);
}

static void add(struct vocab_table *t, size_t *cap, struct arena *a, struct str row)
{
	struct term term = { .code = cell(&row) };

	term.label = cell(&row);
	term.group = cell(&row);
	term.also = cell(&row);
	term.note = cell(&row);
	if (!term.label.n)
		term.label = label_of(a, term.code);
	if (t->n == *cap)
		t->terms = arena_grow(a, t->terms, cap, sizeof *t->terms);
	t->terms[t->n++] = term;
}

void vocab_default(struct vocab *v, struct arena *a)
{
	struct str rest, line;
	size_t i, cap;

	*v = (struct vocab){ arena_array(a, DEFAULTS, sizeof *v->tables), DEFAULTS };
	for (i = 0; i < DEFAULTS; i++) {
		v->tables[i].name = cstr(defaults[i].name);
		for (cap = 0, rest = cstr(defaults[i].lines); str_line(&line, &rest);)
			add(&v->tables[i], &cap, a, line);
	}
}

static bool rule_line(struct str line)		/* |---|:--| */
{
	size_t i, dashes = 0;

	for (i = 0; i < line.n; i++) {
		if (!strchr("|-: ", line.p[i]))
			return false;
		dashes += line.p[i] == '-';
	}
	return dashes > 0;
}

enum rc vocab_read(struct vocab *v, struct arena *a, struct str name, struct str markdown, struct err *e)
{
	struct vocab_table t = { .name = arena_str(a, name) }, *at = NULL;
	struct str rest = arena_str(a, markdown), line;
	size_t cap = 0, i;
	bool inside = false;

	while (str_line(&line, &rest)) {
		line = str_trim(line);
		if (!line.n || !memchr(line.p, '|', line.n)) {
			if (inside)
				break;
			continue;
		}
		if (!inside) {		/* the heading row, then the rule */
			inside = str_line(&line, &rest) && rule_line(str_trim(line));
			continue;
		}
		if (line.p[0] == '|')
			line = str_sub(line, 1, line.n);
		if (str_trim(str_sub(line, 0, str_chr(line, '|'))).n)
			add(&t, &cap, a, line);
	}
	if (!inside)
		return err_set(e, RC_INVALID, "vocab/%.*s.md: no table 'code | label | group | also called | note' in it",
		    FMT_STR(name));
	for (i = 0; i < v->n && !at; i++)
		if (str_eq(v->tables[i].name, name))
			at = &v->tables[i];
	if (!at) {
		struct vocab_table *more = arena_array(a, v->n + 1, sizeof *more);

		memcpy(more, v->tables, v->n * sizeof *more);
		v->tables = more;
		at = &more[v->n++];
	}
	*at = t;
	return RC_OK;
}

void vocab_format(struct buf *b, const struct vocab_table *t)
{
	size_t i;

	buf_printf(b, "# %.*s\n\n| code | label | group | also called | note |\n|---|---|---|---|---|\n", FMT_STR(t->name));
	for (i = 0; i < t->n; i++) {
		const struct term *m = &t->terms[i];

		buf_printf(b, "| %.*s | %.*s | %.*s | %.*s | %.*s |\n", FMT_STR(m->code), FMT_STR(m->label),
		    FMT_STR(m->group), FMT_STR(m->also), FMT_STR(m->note));
	}
}

const struct vocab_table *vocab_table(const struct vocab *v, struct str name)
{
	size_t i;

	for (i = 0; i < v->n; i++)
		if (str_eq(v->tables[i].name, name))
			return &v->tables[i];
	return NULL;
}

const struct term *vocab_term(const struct vocab_table *t, struct str code)
{
	size_t i;

	for (i = 0; i < t->n; i++)
		if (str_eq(t->terms[i].code, code))
			return &t->terms[i];
	return NULL;
}

static bool same_word(struct str a, struct str b)
{
	return a.n == b.n && a.n && strncasecmp(a.p, b.p, a.n) == 0;
}

struct str vocab_nearest(const struct vocab_table *t, struct str code)
{
	size_t i, d, best = code.n > 4 ? 3 : 2;
	struct str near = STR_NONE, rest, name;

	for (i = 0; i < t->n; i++) {
		const struct term *m = &t->terms[i];

		if (same_word(m->code, code) || same_word(m->label, code))
			return m->code;
		for (rest = m->also; str_split(&name, &rest, ',');)
			if (same_word(str_trim(name), code))
				return m->code;
	}
	for (i = 0; i < t->n; i++) {
		d = str_distance(code, t->terms[i].code, best);
		if (d < best) {
			best = d;
			near = t->terms[i].code;
		}
	}
	for (i = 0; !near.n && code.n >= 4 && i < t->n; i++)
		if (str_starts(t->terms[i].code, code) || str_starts(code, t->terms[i].code))
			near = t->terms[i].code;
	return near;
}

struct str vocab_label(const struct vocab *v, const char *table, struct str code)
{
	const struct vocab_table *t = vocab_table(v, cstr(table));
	const struct term *m = t ? vocab_term(t, code) : NULL;

	return m ? m->label : code;
}
