/* Saved searches: lists of all folders by a name and a query of the person's own. */
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/settings_priv.h"
#include "store/mail/filter.h"
#include "store/mail/query.h"

#include <stdlib.h>
#include <string.h>

enum { SEARCHES_MAX = 100, NAME_MAX_BYTES = 64 };

struct saved_search {
	struct span_row row; /* of strings below */
	char *name, *query;  /* owned; '@' in front of the name */
	bool forgotten;      /* lists may be open by it */
};

static struct saved_search *nth(const struct settings *s, size_t n)
{
	for (size_t i = 0; i < s->nsearches; i++)
		if (!s->searches[i]->forgotten && n-- == 0)
			return s->searches[i];
	return NULL;
}

static struct saved_search *find(const struct settings *s, const char *name)
{
	struct saved_search *x;

	for (size_t i = 0; (x = nth(s, i)); i++)
		if (str_icmp(x->name + 1, name) == 0)
			return x;
	return NULL;
}

size_t settings_spans(const struct settings *s)
{
	size_t n = 0;

	while (nth(s, n))
		n++;
	return SPANS + n;
}

const struct span_row *settings_span(const struct settings *s, size_t i)
{
	return i < SPANS ? span_row(i) : &nth(s, i - SPANS)->row;
}

const struct span_row *settings_span_find(const struct settings *s, const char *name)
{
	const struct span_row *row = span_find(name);
	const struct saved_search *x = !row && *name == '@' ? find(s, name + 1) : NULL;

	return x ? &x->row : row;
}

/* It becomes a name of a list, a word of the command line, and a row. */
static bool is_name(const char *name)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x80 && !str_is_alnum(*p) && !strchr("-_.+", *p))
			return false;
	return *name && strlen(name) <= NAME_MAX_BYTES;
}

static bool is_taken(const char *name)
{
	bool taken = str_icmp(name, "find") == 0 || str_icmp(name, "conversation") == 0;

	for (size_t i = 0; i < SPANS; i++)
		taken |= str_icmp(name, span_row(i)->name + 1) == 0;
	return taken;
}

static int check(const struct settings *s, const char *name, const char *query, struct err *err)
{
	struct query *q;

	if (!is_name(name))
		return err_set(err, ERR_INPUT,
			_("The name of a search is made of letters, digits, “-”, “_”, “.” and “+”, "
			  "%d bytes at most"),
			NAME_MAX_BYTES);
	if (is_taken(name))
		return err_set(err, ERR_INPUT,
			_("@%s is there already, and cannot be another search"), name);
	if (!find(s, name) && settings_spans(s) - SPANS == SEARCHES_MAX)
		return err_set(err, ERR_INPUT, _("more than %d saved searches"), SEARCHES_MAX);
	if (filter_query(&q, query, err) != 0)
		return -1;
	query_free(q);
	return 0;
}

static struct saved_search *new_search(const char *name, const char *query)
{
	struct saved_search *x = mem_alloc(sizeof(*x));
	struct str at = STR_INIT;

	str_addf(&at, "@%s", name);
	x->name = str_steal(&at);
	x->query = mem_strdup(query);
	x->row = (struct span_row){
		.name = x->name, .label = x->name + 1, .query = x->query, .every = true};
	return x;
}

int settings_search(struct settings *s, const char *name, const char *query, struct err *err)
{
	struct saved_search *old = find(s, name), *x;

	if (check(s, name, query, err) != 0)
		return -1;
	x = new_search(name, query);
	s->searches =
		mem_grow(s->searches, &s->cap_searches, s->nsearches + 1, sizeof(*s->searches));
	s->searches[s->nsearches++] = x;
	if (!old)
		return 0;
	/* The new one stands where the old one stood. */
	old->forgotten = true;
	for (size_t i = s->nsearches - 1; s->searches[i - 1] != old; i--) {
		s->searches[i] = s->searches[i - 1];
		s->searches[i - 1] = x;
	}
	return 0;
}

int settings_search_forget(struct settings *s, const char *name, struct err *err)
{
	struct saved_search *x = find(s, *name == '@' ? name + 1 : name);

	if (!x)
		return err_set(err, ERR_INPUT, _("There is no saved search %s"), name);
	x->forgotten = true;
	return 0;
}

void settings_apply_search(
	struct settings *s, const struct conf_line *line, struct conf_errors *errors)
{
	struct err err = {0};

	if (line->n != 3 || line->block)
		conf_error(errors, &line->words[0], _("write: search NAME \"QUERY\""));
	else if (find(s, line->words[1].text))
		conf_error(errors, &line->words[1], _("there are two searches named %s"),
			line->words[1].text);
	else if (settings_search(s, line->words[1].text, line->words[2].text, &err) != 0)
		conf_error(errors,
			&line->words[is_name(line->words[1].text) && !is_taken(line->words[1].text)
					     ? 2
					     : 1],
			"%s", err.text);
}

void settings_searches_free(struct settings *s)
{
	for (size_t i = 0; i < s->nsearches; i++) {
		free(s->searches[i]->name);
		free(s->searches[i]->query);
		free(s->searches[i]);
	}
	free(s->searches);
}
