/* kb/doc/kind.c: see kind.h. Data, and lookups in it. */
#include "kb/doc/kind.h"

#include <string.h>

#define END { NULL, KEY_TEXT, NEED_OPTIONAL, NULL, NULL, NULL }
#define LAST { NULL, false, false }

#define O NEED_OPTIONAL
#define R NEED_ALWAYS
#define P NEED_PUBLISHED

const struct key_rule common_keys[] = {
	{ "id", KEY_ID, R, NULL, NULL, "prefix-owner-year-slug; the file's name, fixed for life" },
	{ "kind", KEY_CODE, R, NULL, NULL, "one of the eleven kinds" },
	{ "title", KEY_TEXT, R, NULL, NULL, "at most 300 characters; in double quotes when it holds ': '" },
	{ "owner", KEY_CODE, R, NULL, "owners", "who may change and withdraw it: mk, bps" },
	{ "status", KEY_CODE, R, "draft submitted cleared published superseded withdrawn", NULL, "where it is on its way" },
	{ "tlp", KEY_CODE, R, "TLP:CLEAR TLP:GREEN TLP:AMBER TLP:AMBER+STRICT TLP:RED", NULL, "who may have it" },
	{ "lang", KEY_CODE, R, NULL, "lang", "language of the text: en, bg, sr-Latn" },
	{ "date", KEY_DATE, R, NULL, NULL, "day written" },
	{ "summary", KEY_TEXT, P, NULL, NULL, "at most 300 characters, shown in lists and search" },
	{ "topics", KEY_LIST, P, NULL, "topics", "codes of vocab/topics.md" },
	{ "countries", KEY_LIST, O, NULL, "countries", "ISO codes, upper case: MK, TW" },
	{ "institutions", KEY_LIST, O, NULL, "institutions", "codes of vocab/institutions.md" },
	{ "regions", KEY_LIST, O, NULL, "regions", "codes of vocab/regions.md" },
	{ "meetings", KEY_IDLIST, O, NULL, NULL, "meetings it was written for or shown at" },
	{ "related", KEY_IDLIST, O, NULL, NULL, "documents to read beside it" },
	{ "replaces", KEY_IDLIST, O, NULL, NULL, "documents that it makes superseded" },
	{ "source", KEY_TEXT, O, NULL, NULL, "where the facts come from" },
	{ "handling", KEY_CODE, O, "H0 H1 H2 H3", NULL, "Europol handling code" },
	{ "handling-note", KEY_TEXT, O, NULL, NULL, "required with H3; with H2 the provider's permission" },
	{ "grading", KEY_TEXT, O, NULL, "grading", "admiralty:B2, 4x4:B2 or 3x5x2:1AP" },
	{ "attribution", KEY_CODE, O, "country none", NULL, "none: no speaker, no country" },
	{ "cleared-by", KEY_TEXT, O, NULL, NULL, "set by clear: a function, no name" },
	{ "cleared-on", KEY_DATE, O, NULL, NULL, "set by clear" },
	{ "endorsed-at", KEY_ID, O, NULL, NULL, "set by endorse: a meeting" },
	{ "lint-ok", KEY_LIST, O, NULL, NULL, "false alarms, one a line: PD05 vessel number" },
	END
};

const struct key_rule translation_keys[] = {
	{ "translation-of", KEY_ID, R, NULL, NULL, "id of the original" },
	{ "source-rev", KEY_TEXT, R, NULL, NULL, "blob id of the text translated" },
	{ "lang", KEY_CODE, R, NULL, "lang", "language of this text" },
	{ "title", KEY_TEXT, R, NULL, NULL, "at most 300 characters" },
	{ "summary", KEY_TEXT, O, NULL, NULL, "at most 300 characters" },
	{ "date", KEY_DATE, O, NULL, NULL, "day translated" },
	{ "lint-ok", KEY_LIST, O, NULL, NULL, "false alarms, one a line" },
	END
};

static const struct key_rule case_study[] = {
	{ "basis", KEY_CODE, R, "real-life", NULL, "case studies are never hypothetical" },
	{ "detail", KEY_CODE, R, "outline full", NULL, "outline: details are to follow" },
	{ "crime", KEY_LIST, R, NULL, "crime", "codes of vocab/crime.md" },
	{ "period", KEY_DATE, O, NULL, NULL, "2021-03/2021-11" },
	{ "origin", KEY_LIST, O, NULL, "countries", "ISO codes" },
	{ "transit", KEY_LIST, O, NULL, "countries", "ISO codes" },
	{ "destination", KEY_LIST, O, NULL, "countries", "ISO codes" },
	{ "som-acts", KEY_LIST, O, NULL, "som-acts", "Article 6 of the SOM Protocol" },
	{ "aggravating", KEY_LIST, O, NULL, "aggravating", "codes of vocab/aggravating.md" },
	{ "thb-acts", KEY_LIST, O, NULL, "thb-acts", "Article 3 of the Palermo Protocol" },
	{ "thb-means", KEY_LIST, O, NULL, "thb-means", "not needed for a child" },
	{ "thb-purpose", KEY_LIST, O, NULL, "thb-purpose", "purpose of exploitation" },
	{ "modus-operandi", KEY_LIST, O, NULL, "modus-operandi", "codes of vocab/modus-operandi.md" },
	{ "transport", KEY_LIST, O, NULL, "transport", "road rail foot sea river air" },
	{ "border", KEY_LIST, O, NULL, "border", "codes of vocab/border.md" },
	{ "routes", KEY_LIST, O, NULL, "routes", "codes of vocab/routes.md" },
	{ "finance", KEY_LIST, O, NULL, "finance", "codes of vocab/finance.md" },
	{ "channels", KEY_LIST, P, NULL, "channels", "ways of co-operation that were used" },
	{ "techniques", KEY_LIST, O, NULL, "techniques", "codes of vocab/techniques.md" },
	{ "outcome", KEY_LIST, P, NULL, "outcome", "codes of vocab/outcome.md" },
	{ "suspects", KEY_NUMBER, O, NULL, NULL, "how many" },
	{ "migrants", KEY_NUMBER, O, NULL, NULL, "how many" },
	{ "victims", KEY_NUMBER, O, NULL, NULL, "how many" },
	{ "lessons", KEY_IDLIST, O, NULL, NULL, "lessons drawn from it" },
	END
};
static const struct key_rule lesson[] = {
	{ "category", KEY_CODE, R, "good-practice shortcoming lesson", NULL, "what it is" },
	{ "stage", KEY_CODE, R, "observation identified implementing learned rejected", NULL, "how far it is" },
	{ "from", KEY_IDLIST, O, NULL, NULL, "cases, exercises, meetings" },
	{ "action-body", KEY_TEXT, O, NULL, NULL, "who must act" },
	{ "transferable", KEY_CODE, O, "yes no conditions", NULL, "does it work elsewhere" },
	END
};
static const struct key_rule country_profile[] = {
	{ "country", KEY_CODE, R, NULL, "countries", "ISO code" },
	{ "position", KEY_LIST, O, "origin transit destination", NULL, "on the routes" },
	{ "presented-at", KEY_ID, O, NULL, NULL, "meeting" },
	{ "focal-point", KEY_ID, O, NULL, NULL, "contact" },
	END
};
static const struct key_rule meeting[] = {
	{ "number", KEY_NUMBER, O, NULL, NULL, "2 of the 2nd meeting" },
	{ "start", KEY_DATE, R, NULL, NULL, "first day" },
	{ "end", KEY_DATE, O, NULL, NULL, "last day" },
	{ "place", KEY_TEXT, O, NULL, NULL, "town" },
	{ "format", KEY_CODE, R, "in-person online hybrid", NULL, "how people meet" },
	{ "countries", KEY_LIST, R, NULL, "countries", "who takes part: ISO codes, upper case" },
	{ "chairs", KEY_LIST, O, NULL, NULL, "countries in the chair" },
	{ "stage", KEY_CODE, R, "planned held cancelled", NULL, "how far it is" },
	END
};
static const struct key_rule action[] = {
	{ "from", KEY_ID, R, NULL, NULL, "meeting or exercise that decided it" },
	{ "responsible", KEY_LIST, R, NULL, "owners", "codes of who must do it" },
	{ "due", KEY_TEXT, O, NULL, NULL, "a date, or words" },
	{ "stage", KEY_CODE, R, "open in-progress done dropped", NULL, "how far it is" },
	END
};
static const struct key_rule participant[] = {
	{ "code", KEY_CODE, R, NULL, NULL, "MK, unodc" },
	{ "name", KEY_TEXT, R, NULL, NULL, "as it writes itself" },
	{ "type", KEY_CODE, R, "country institution", NULL, "what it is" },
	{ "roles", KEY_LIST, R, "participant chair secretariat observer", NULL, "in COLEP" },
	{ "chair-from", KEY_DATE, O, NULL, NULL, "first day in the chair" },
	{ "chair-until", KEY_DATE, O, NULL, NULL, "last day" },
	{ "endorsed-at", KEY_ID, O, NULL, NULL, "meeting that endorsed the chair" },
	{ "position", KEY_LIST, O, "origin transit destination", NULL, "on the routes" },
	END
};
static const struct key_rule issue[] = {
	{ "type", KEY_CODE, R, "trend challenge need offer", NULL, "what it is" },
	{ "raised-by", KEY_CODE, R, NULL, "owners", "code of who raised it" },
	{ "priority", KEY_CODE, O, "high medium low", NULL, "how pressing" },
	{ "to", KEY_LIST, O, NULL, "owners", "of an offer or a need: for whom" },
	{ "stage", KEY_CODE, R, "open discussed closed", NULL, "how far it is" },
	END
};
static const struct key_rule request[] = {
	{ "type", KEY_CODE, R, "information-exchange capacity-building operational-partnership other-assistance", NULL,
	    "what is asked" },
	{ "from", KEY_CODE, R, NULL, "owners", "code of who asks" },
	{ "to", KEY_LIST, R, NULL, "owners", "codes of who is asked" },
	{ "via", KEY_CODE, R, "bps", NULL, "always the Secretariat" },
	{ "urgency", KEY_CODE, O, "routine urgent immediate", NULL, "routine when absent" },
	{ "needed-by", KEY_DATE, O, NULL, NULL, "required unless routine" },
	{ "channel", KEY_CODE, O, NULL, "channels", "proposed channel" },
	{ "stage", KEY_CODE, R, "new acknowledged introduced answered declined closed", NULL, "how far it is" },
	{ "subject", KEY_LIST, O, "routes methods documents concealment legislation technology", NULL,
	    "Article 10 of the SOM Protocol" },
	END
};
static const struct key_rule contact[] = {
	{ "role", KEY_CODE, R, "focal-point deputy chair-office secretariat liaison-officer ncb institution", NULL, "which desk" },
	{ "country", KEY_CODE, O, NULL, "countries", "ISO code; or institution" },
	{ "institution", KEY_CODE, O, NULL, "institutions", "code; or country" },
	{ "unit", KEY_TEXT, R, NULL, NULL, "the desk, never a person" },
	{ "email", KEY_TEXT, O, NULL, NULL, "of the desk" },
	{ "phone", KEY_TEXT, O, NULL, NULL, "of the desk" },
	{ "secure-channel", KEY_TEXT, O, NULL, NULL, "how to reach it safely" },
	{ "hours", KEY_CODE, O, "office 24/7", NULL, "when it answers" },
	{ "languages", KEY_LIST, O, NULL, "lang", "spoken there" },
	{ "verified", KEY_DATE, R, NULL, NULL, "day it was last found right" },
	END
};
static const struct key_rule exercise[] = {
	{ "hypothetical", KEY_YESNO, R, "yes", NULL, "exercises are always made up" },
	{ "type", KEY_CODE, R, "table-top", NULL, "what it is" },
	{ "duration", KEY_NUMBER, O, NULL, NULL, "minutes" },
	{ "players", KEY_LIST, O, NULL, NULL, "who plays" },
	{ "stage", KEY_CODE, R, "planned ready played reviewed", NULL, "how far it is" },
	END
};
static const struct key_rule procedure[] = {
	{ "type", KEY_CODE, R, "procedure guideline communique checklist", NULL, "what it is" },
	{ "stage", KEY_CODE, R, "proposal draft adopted", NULL, "how far it is" },
	END
};

static const struct heading case_study_h[] = {
	{ "Summary", true, false }, { "Background", false, false }, { "What happened", true, false },
	{ "Investigation", false, false }, { "International cooperation", true, false }, { "Outcome", false, false },
	{ "What worked", false, false }, { "What did not work", false, false }, { "Lessons", false, false },
	{ "Questions for discussion", false, false }, { "Sources", false, false }, LAST
};
static const struct heading lesson_h[] = {
	{ "Observation", true, false }, { "Discussion", false, false }, { "Conclusion", false, false },
	{ "Recommendation", true, false }, { "Remedial action", false, false }, { "Validation", false, false }, LAST
};
static const struct heading country_profile_h[] = {
	{ "Situation and trends", true, false }, { "Legal framework", false, false },
	{ "Structures and specialised units", false, false }, { "Investigation and prosecution", false, false },
	{ "Border management", false, false }, { "International cooperation", false, false },
	{ "Victim protection", false, false }, { "Prevention and awareness", false, false }, { "Data", false, false },
	{ "Challenges", false, false }, { "Good practices", false, false }, { "Needs and offers", false, false }, LAST
};
static const struct heading meeting_h[] = {
	{ "Purpose", true, false }, { "Attendance", false, false }, { "Presentations", false, false },
	{ "Discussion", true, false }, { "Decisions", false, false }, { "Next steps", false, false },
	{ "Next meeting", false, false }, LAST
};
static const struct heading action_h[] = { { "What", true, false }, { "Progress", false, false }, LAST };
static const struct heading no_h[] = { LAST };
static const struct heading issue_h[] = {
	{ "What is new or unsolved", true, false }, { "Effect", false, false }, { "What would help", false, false }, LAST
};
static const struct heading request_h[] = {
	{ "What is asked", true, false }, { "Why", false, false }, { "Proposed channel", false, false },
	{ "Answer", false, false }, LAST
};
static const struct heading exercise_h[] = {
	{ "Purpose", true, false }, { "Objectives", true, false }, { "Roles", false, false },
	{ "Ground rules", false, false }, { "Scenario", true, false }, { "Injects", true, false },
	{ "Discussion questions", false, false }, { "Hot wash", false, true }, { "Evaluation", false, true },
	{ "Improvement plan", false, true }, LAST
};
static const struct heading procedure_h[] = {
	{ "Purpose", true, false }, { "Scope", false, false }, { "Definitions", false, false },
	{ "Principles", false, false }, { "Steps", true, false }, { "Roles", false, false },
	{ "Safeguards", false, false }, { "References", false, false }, { "Open points", false, false }, LAST
};

const struct kind kinds[] = {
	{ "case-study", "cs", "case-studies", "Case study", "Case studies", true, false, case_study, case_study_h },
	{ "lesson", "ll", "lessons", "Lesson", "Lessons", true, false, lesson, lesson_h },
	{ "country-profile", "cp", "country-profiles", "Country profile", "Country profiles", false, false,
	    country_profile, country_profile_h },
	{ "meeting", "mt", "meetings", "Meeting", "Meetings", true, true, meeting, meeting_h },
	{ "action", "ac", "actions", "Action", "Actions", true, true, action, action_h },
	{ "participant", "pt", "participants", "Participant", "Participants", false, false, participant, no_h },
	{ "issue", "is", "issues", "Issue", "Issues", true, true, issue, issue_h },
	{ "request", "rq", "requests", "Request", "Requests", true, false, request, request_h },
	{ "contact", "ct", "contacts", "Contact", "Contacts", true, false, contact, no_h },
	{ "exercise", "ex", "exercises", "Exercise", "Exercises", true, true, exercise, exercise_h },
	{ "procedure", "pr", "procedures", "Procedure", "Procedures", true, true, procedure, procedure_h },
	{ NULL, NULL, NULL, NULL, NULL, false, false, NULL, NULL }
};

const struct kind *kind_find(struct str name)
{
	const struct kind *k;

	for (k = kinds; k->name; k++)
		if (str_is(name, k->name))
			return k;
	return NULL;
}

const struct kind *kind_by_prefix(struct str prefix)
{
	const struct kind *k;

	for (k = kinds; k->name; k++)
		if (str_is(prefix, k->prefix))
			return k;
	return NULL;
}

const struct kind *kind_by_folder(struct str folder)
{
	const struct kind *k;

	for (k = kinds; k->name; k++)
		if (str_is(folder, k->folder))
			return k;
	return NULL;
}

static const struct key_rule *find(const struct key_rule *rules, struct str key)
{
	for (; rules->name; rules++)
		if (str_is(key, rules->name))
			return rules;
	return NULL;
}

const struct key_rule *kind_key(const struct kind *k, struct str key)
{
	const struct key_rule *r = k ? find(k->keys, key) : NULL;

	return r ? r : find(common_keys, key);
}

int status_rank(struct str status)
{
	static const char *const ranks[] = { "draft", "submitted", "cleared", "published", "superseded", "withdrawn" };
	int i;

	for (i = 0; i < 6; i++)
		if (str_is(status, ranks[i]))
			return i;
	return -1;
}

bool word_in(const char *words, struct str word)
{
	const char *w = words;
	size_t i;

	for (; *w; w += *w == ' ') {
		for (i = 0; i < word.n && w[i] && w[i] != ' ' && w[i] == word.p[i]; i++)
			;
		if (i == word.n && (!w[i] || w[i] == ' '))
			return true;
		while (*w && *w != ' ')
			w++;
	}
	return false;
}
