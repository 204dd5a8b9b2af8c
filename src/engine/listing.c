#include "engine/listing.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

enum { FIX_DISTANCE = 2 };

static const struct listing_row rows[LIST_COLUMNS] = {
	[COLUMN_NUMBER] = {"number", N_("on the screen the place in the list, as jump takes it; "
					"of talaria list what show takes")},
	[COLUMN_FLAGS] = {"flags",
		N_("* tagged; N new, r answered, f forwarded, m muted, D deleted; F "
		   "flagged; A has files; ~ the server is not told yet")},
	[COLUMN_ACCOUNT] = {"account", N_("where the message is; only in lists of several folders "
					  "or accounts")},
	[COLUMN_FROM] = {"from", N_("the sender; of what you sent yourself, and in folders of sent "
				    "mail and drafts, the first recipient, unless there is a "
				    "column to")},
	[COLUMN_TO] = {"to", N_("the first recipient")},
	[COLUMN_KEYWORDS] = {"keywords", N_("labels; without this column they stand in front of "
					    "the subject")},
	[COLUMN_SUBJECT] = {"subject", N_("the subject, behind the lines of its thread; takes the "
					  "room that is left")},
	[COLUMN_SIZE] = {"size", N_("how large the message is")},
	[COLUMN_DATE] = {"date", N_("when it was sent, as date-format says; with ! when it came, "
				    "because it says that it was sent later than that")},
};

const struct listing_row *listing_row(enum list_column column)
{
	return &rows[column];
}

void listing_names(struct str *out)
{
	for (int i = 0; i < LIST_COLUMNS; i++)
		str_addf(out, "%s%s", i ? " " : "", rows[i].name);
}

bool listing_has(const struct listing *l, enum list_column column)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->at[i] == column)
			return true;
	return false;
}

static int find(const char *name, const char **near)
{
	size_t best = FIX_DISTANCE + 1;

	*near = NULL;
	for (int i = 0; i < LIST_COLUMNS; i++) {
		size_t d = str_distance(name, rows[i].name);

		if (d == 0)
			return i;
		if (d < best)
			*near = rows[i].name;
		best = d < best ? d : best;
	}
	return -1;
}

/* at: where the word begins, from 1 on. */
static int no_column(
	const char *option, const char *word, size_t at, const char *near, struct err *err)
{
	struct str names = STR_INIT;

	listing_names(&names);
	if (near)
		err_set(err, ERR_INPUT,
			_("%s: at %zu: there is no column “%s”; did you mean “%s”?"), option, at,
			word, near);
	else
		err_set(err, ERR_INPUT, _("%s: at %zu: there is no column “%s”; there are: %s"),
			option, at, word, str_c(&names));
	str_done(&names);
	return -1;
}

static int add(
	struct listing *out, const char *option, const char *word, size_t at, struct err *err)
{
	const char *near;
	int column = find(word, &near);

	if (column < 0)
		return no_column(option, word, at, near, err);
	if (listing_has(out, (enum list_column)column))
		return err_set(
			err, ERR_INPUT, _("%s: at %zu: “%s” is there twice"), option, at, word);
	out->at[out->n++] = (enum list_column)column;
	return 0;
}

int listing_read(struct listing *out, const char *option, const char *text, struct err *err)
{
	int rc = 0;

	*out = (struct listing){.n = 0};
	for (const char *p = text; rc == 0 && *(p += strspn(p, " ")); p += strcspn(p, " ")) {
		char *word = mem_strndup(p, strcspn(p, " "));

		rc = add(out, option, word, (size_t)(p - text) + 1, err);
		free(word);
	}
	if (rc == 0 && !out->n) {
		struct str names = STR_INIT;

		listing_names(&names);
		rc = err_set(err, ERR_INPUT, _("%s needs a column at least; there are: %s"), option,
			str_c(&names));
		str_done(&names);
	}
	return rc;
}
