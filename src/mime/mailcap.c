#include "mime/mailcap.h"

#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

/* Of a file of any size so many rows are taken, and of a row so many arguments. */
enum { ROWS_MAX = 10000, ARGS_MAX = 8 };

struct row {
	char *type;         /* "image" stands for "image/" and anything */
	char *commands[3];  /* by mailcap_use; as written; NULL: none */
	char *test, *named; /* or NULL */
	bool terminal, text;
};

struct mailcap {
	struct row *rows;
	size_t n, cap;
};

struct mailcap *mailcap_new(void)
{
	return mem_alloc(sizeof(struct mailcap));
}

static void row_done(struct row *r)
{
	free(r->type);
	for (size_t i = 0; i < MEM_COUNT(r->commands); i++)
		free(r->commands[i]);
	free(r->test);
	free(r->named);
}

void mailcap_free(struct mailcap *m)
{
	for (size_t i = 0; i < m->n; i++)
		row_done(&m->rows[i]);
	free(m->rows);
	free(m);
}

/* --- reading --- */

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static char *trimmed(const char *s, size_t len)
{
	while (len && is_blank(*s)) {
		s++;
		len--;
	}
	while (len && is_blank(s[len - 1]))
		len--;
	return mem_strndup(s, len);
}

/* The next field of a row, up to a ';' that no backslash is before; NULL: that was the last. */
static char *next_field(const char **at, const char *end)
{
	const char *start = *at, *p = start;

	if (start > end)
		return NULL;
	while (p < end && *p != ';')
		p += *p == '\\' && p + 1 < end ? 2 : 1;
	*at = p + 1;
	return trimmed(start, (size_t)(p - start));
}

/* The member that "name=..." fills; NULL: another name. */
static char **member(struct row *r, const char *field, size_t name)
{
	const struct {
		const char *name;
		char **to;
	} members[] = {{"test", &r->test}, {"nametemplate", &r->named},
		{"print", &r->commands[MAILCAP_PRINT]}, {"edit", &r->commands[MAILCAP_EDIT]}};

	for (size_t i = 0; i < MEM_COUNT(members); i++)
		if (strlen(members[i].name) == name && str_nicmp(field, members[i].name, name) == 0)
			return members[i].to;
	return NULL;
}

static void take_option(struct row *r, const char *field)
{
	const char *is = strchr(field, '=');
	size_t name = is ? (size_t)(is - field) : 0;
	char **to;

	while (name && is_blank(field[name - 1]))
		name--;
	to = is ? member(r, field, name) : NULL;
	if (to && !*to)
		*to = trimmed(is + 1, strlen(is + 1));
	else if (str_icmp(field, "needsterminal") == 0)
		r->terminal = true;
	else if (str_icmp(field, "copiousoutput") == 0)
		r->text = true;
}

static void take_row(struct mailcap *m, const char *p, size_t len)
{
	const char *end = p + len;
	struct row r = {.type = next_field(&p, end)};
	char *field = next_field(&p, end);

	r.commands[MAILCAP_VIEW] = field;
	if (!field || !*r.type || *r.type == '#' || m->n >= ROWS_MAX) {
		row_done(&r);
		return;
	}
	while ((field = next_field(&p, end)) != NULL) {
		take_option(&r, field);
		free(field);
	}
	m->rows = mem_grow(m->rows, &m->cap, m->n + 1, sizeof(*m->rows));
	m->rows[m->n++] = r;
}

/* An odd number of them at the end: the row goes on. */
static bool goes_on(const char *p, size_t n)
{
	size_t k = 0;

	while (k < n && p[n - 1 - k] == '\\')
		k++;
	return k % 2 == 1;
}

void mailcap_add(struct mailcap *m, const char *text, size_t len)
{
	const char *p = text, *end = text + len;
	struct str row = STR_INIT;

	while (p < end) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		size_t n = (size_t)((lf ? lf : end) - p);
		bool more;

		n -= n && p[n - 1] == '\r';
		more = goes_on(p, n);
		str_add(&row, p, n - more);
		p = lf ? lf + 1 : end;
		if (more && p < end)
			continue;
		take_row(m, str_c(&row), row.len);
		str_clear(&row);
	}
	str_done(&row);
}

/* --- commands --- */

bool mailcap_is_plain(const char *value)
{
	if (!*value || *value == '-')
		return false;
	for (; *value; value++)
		if (!str_is_alnum(*value) && !strchr("._+-/:=@,", *value))
			return false;
	return true;
}

enum quote { QUOTE_NONE, QUOTE_SINGLE, QUOTE_DOUBLE };

struct script {
	const struct mailcap_want *want;
	struct str text;
	struct strv *args;
	enum quote quote;
	bool has_file, refused;
};

/* "$N" in the quotes that stand there; they are open again behind it. */
static void add_argument(struct script *s, size_t n)
{
	switch (s->quote) {
	case QUOTE_SINGLE:
		str_addf(&s->text, "'\"${%zu}\"'", n);
		break;
	case QUOTE_DOUBLE:
		str_addf(&s->text, "${%zu}", n);
		break;
	default:
		str_addf(&s->text, "\"${%zu}\"", n);
		break;
	}
}

static void add_value(struct script *s, const char *value)
{
	if (!mailcap_is_plain(value) || s->args->n >= ARGS_MAX) {
		s->refused = true;
		return;
	}
	strv_add(s->args, value);
	add_argument(s, s->args->n + 1);
}

/* A parameter that the mail does not have is an empty word. */
static const char *add_param(struct script *s, const char *p)
{
	const char *end = strchr(p, '}');
	const struct mailcap_want *w = s->want;

	if (!end) {
		s->refused = true;
		return p + strlen(p);
	}
	for (size_t i = 0; i < w->nparams; i++)
		if (strlen(w->params[i].name) == (size_t)(end - p) &&
			str_nicmp(w->params[i].name, p, (size_t)(end - p)) == 0 &&
			*w->params[i].value) {
			add_value(s, w->params[i].value);
			return end + 1;
		}
	str_adds(&s->text, s->quote == QUOTE_NONE ? "''" : "");
	return end + 1;
}

/* What is behind a '%'. */
static const char *add_percent(struct script *s, const char *p)
{
	switch (*p) {
	case 's':
		s->has_file = true;
		add_argument(s, 1);
		return p + 1;
	case 't':
		add_value(s, s->want->type);
		return p + 1;
	case '{':
		return add_param(s, p + 1);
	case '%':
		str_addc(&s->text, '%');
		return p + 1;
	default: /* %n and %F, the parts of a multipart */
		s->refused = true;
		return p + (*p != '\0');
	}
}

/* As sh will read it: which quotes are open. */
static void follow_quote(struct script *s, char c)
{
	if (c == '\'' && s->quote != QUOTE_DOUBLE)
		s->quote = s->quote == QUOTE_SINGLE ? QUOTE_NONE : QUOTE_SINGLE;
	else if (c == '"' && s->quote != QUOTE_SINGLE)
		s->quote = s->quote == QUOTE_DOUBLE ? QUOTE_NONE : QUOTE_DOUBLE;
}

/* NULL: a value of the mail's is refused. A backslash is the row's own, and ends with it. */
static char *script_of(
	const struct mailcap_want *want, const char *command, struct strv *args, bool *has_file)
{
	struct script s = {.want = want, .args = args};

	for (const char *p = command; *p;) {
		if (*p == '%') {
			p = add_percent(&s, p + 1);
			continue;
		}
		p += *p == '\\' && p[1];
		follow_quote(&s, *p);
		str_addc(&s.text, *p++);
	}
	*has_file = s.has_file;
	if (!s.refused)
		return s.text.p ? str_steal(&s.text) : mem_strdup("");
	str_done(&s.text);
	return NULL;
}

/* --- finding --- */

static bool type_fits(const char *row, const char *type)
{
	size_t main = strcspn(type, "/"), n = strcspn(row, "/");

	if (!row[n] || strcmp(row + n, "/*") == 0)
		return (n == 1 && *row == '*') || (n == main && str_nicmp(row, type, n) == 0);
	return str_icmp(row, type) == 0;
}

static bool passes(const struct row *r, const struct mailcap_want *want)
{
	struct strv args = {0};
	bool file = false, passed;
	char *script;

	if (!r->test)
		return true;
	script = script_of(want, r->test, &args, &file);
	passed = script && !file && want->test && want->test(want->ctx, script, &args);
	free(script);
	strv_done(&args);
	return passed;
}

/* What stands behind the name in "%s.html", where it is no more than that. */
static char *suffix_of(const char *named)
{
	const char *p = named && strncmp(named, "%s", 2) == 0 ? named + 2 : "";

	return mem_strdup(
		strspn(p, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._") ==
				strlen(p)
			? p
			: "");
}

static bool take(const struct row *r, const struct mailcap_want *want, struct mailcap_found *out)
{
	bool file = false;
	char *script = script_of(want, r->commands[want->use], &out->args, &file);
	struct str s = STR_INIT;

	if (!script) {
		strv_done(&out->args);
		out->args = (struct strv){0};
		return false;
	}
	if (!file) {
		str_addf(&s, "{ %s\n} <\"$1\"", script);
		free(script);
		script = str_steal(&s);
	}
	out->script = script;
	out->suffix = suffix_of(r->named);
	out->terminal = r->terminal;
	out->text = r->text;
	return true;
}

bool mailcap_find(
	const struct mailcap *m, const struct mailcap_want *want, struct mailcap_found *out)
{
	*out = (struct mailcap_found){0};
	for (size_t i = 0; i < m->n; i++) {
		const struct row *r = &m->rows[i];

		if (r->commands[want->use] && *r->commands[want->use] && (r->text || !want->text) &&
			type_fits(r->type, want->type) && passes(r, want) && take(r, want, out))
			return true;
	}
	return false;
}

void mailcap_found_done(struct mailcap_found *found)
{
	free(found->script);
	strv_done(&found->args);
	free(found->suffix);
}
