#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "ui/cli_priv.h"
#include "ui/index_row.h"
#include "ui/json.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
	ROW_MS = 30 * 1000,
	ACCOUNT_COLUMNS = 10,
	PLACE_COLUMNS = 20,
	DATE_COLUMNS = 16,
	LEAST_SUBJECT = 20,
	TEXT_COLUMNS = 80
};

/* --- rows --- */

struct awaited {
	struct msglist *list;
	size_t row;
	struct msg_row *out;
};

static bool row_is_here(struct cli *c, void *arg)
{
	struct awaited *a = arg;

	(void)c;
	return !msglist_row(a->list, a->row, a->out) || a->out->subject;
}

static bool get_row(struct cli *c, struct msglist *l, size_t row, struct msg_row *out)
{
	struct awaited a = {l, row, out};

	cli_until(c, row_is_here, &a, ROW_MS);
	if (!msglist_row(l, row, out))
		return false;
	if (!out->subject) { /* its page cannot be read: the row still counts */
		out->from_name = out->from_mail = out->to = out->cc = out->keywords = "";
		out->subject = _("(not readable)");
	}
	return true;
}

struct printer {
	struct cli *cli;
	struct msglist *list;
	int columns;
	size_t printed;
	struct str where;
	struct index_format format;
};

static enum mail_role role_of(struct printer *p)
{
	struct engine *e = p->cli->engine;
	int account = engine_find_account(e, msglist_account(p->list)),
	    at = account < 0 ? -1 : engine_find_folder(e, (size_t)account, msglist_folder(p->list));
	struct folder_info folder;

	if (at < 0)
		return ROLE_NONE;
	engine_folder(e, (size_t)account, (size_t)at, &folder);
	return folder.role;
}

/* The columns of the screen, in rooms that do not depend on what else is printed. Unless the person
 * chose others these; the number, which show takes, is always there. */
static void choose_columns(struct printer *p)
{
	static const int rooms[LIST_COLUMNS] = {[COLUMN_NUMBER] = 6,
		[COLUMN_FLAGS] = 5,
		[COLUMN_FROM] = 20,
		[COLUMN_TO] = 20,
		[COLUMN_KEYWORDS] = 20,
		[COLUMN_SIZE] = 5,
		[COLUMN_DATE] = DATE_COLUMNS};
	const struct span_row *span = msglist_span(p->list);
	struct index_format *f = &p->format;
	struct str names = STR_INIT;
	bool own;
	enum mail_role role = role_of(p);
	const char *chosen =
		settings_columns(p->cli->settings, msglist_folder(p->list), role, &own);

	listing_read(&f->columns, "", chosen, NULL);
	if (!listing_has(&f->columns, COLUMN_NUMBER))
		str_adds(&names, "number ");
	str_adds(&names, own ? chosen : "flags date account from size subject");
	listing_read(&f->columns, "", str_c(&names), NULL);
	f->date_format = settings_text(p->cli->settings, SET_DATE_FORMAT);
	if (!*f->date_format)
		f->date_format = "iso";
	f->show_to = role == ROLE_SENT || role == ROLE_DRAFTS;
	f->places = msglist_spans(p->list);
	memcpy(f->room, rooms, sizeof(rooms));
	if (f->places)
		f->room[COLUMN_ACCOUNT] = span && span->every ? PLACE_COLUMNS : ACCOUNT_COLUMNS;
	str_done(&names);
}

/* All of it; keywords in front of it have a third at most. */
static int subject_room(const struct msg_row *row)
{
	struct str words = STR_INIT;
	int columns = utf8_columns(row->subject, strlen(row->subject));

	index_keywords(&words, row->keywords);
	columns += words.len ? 3 * utf8_columns(words.p, words.len) + 1 : 0;
	str_done(&words);
	return columns;
}

/* As wide as the terminal; where there is none the subject has all the room it needs. */
static void print_row(struct printer *p, const struct msg_row *row)
{
	struct index_format *f = &p->format;
	struct line line = LINE_INIT;
	size_t len;

	f->number = row->uid;
	f->room[COLUMN_DATE] = DATE_COLUMNS + row->ahead; /* the mark of the future takes one */
	f->own = row->from_mail && settings_own_address(p->cli->settings, row->from_mail);
	f->room[COLUMN_SUBJECT] = p->columns ? p->columns - index_used(f) : subject_room(row);
	if (p->columns && f->room[COLUMN_SUBJECT] < LEAST_SUBJECT)
		f->room[COLUMN_SUBJECT] = LEAST_SUBJECT;
	index_row(&line, row, f);
	for (len = line.text.len; len && line.text.p[len - 1] == ' '; len--)
		continue;
	printf("%.*s\n", (int)len, line.text.p);
	line_done(&line);
}

static bool print_at(struct printer *p, size_t at)
{
	struct msg_row row;
	struct msg_origin origin;
	char *text;

	if (p->cli->args->limit && p->printed == p->cli->args->limit)
		return false;
	if (!get_row(p->cli, p->list, at, &row))
		return true;
	p->printed++;
	str_clear(&p->where);
	if (p->format.places)
		engine_where(p->cli->engine, p->list, row.uid, &p->where);
	p->format.place = p->format.places ? str_c(&p->where) : NULL;
	if (msglist_origin(p->list, row.uid, &origin))
		row.uid = origin.uid; /* what show takes, with account and folder */
	if (!p->cli->args->json) {
		print_row(p, &row);
		return true;
	}
	text = json_of_row(origin.account_name, origin.folder, &row);
	printf("%s%s", p->printed > 1 ? ",\n" : "", text);
	free(text);
	return true;
}

static void flat_by_date(struct msglist *l)
{
	msglist_set_threads(l, false);
	msglist_set_sort(l, SORT_DATE, false);
	msglist_settle(l);
}

/* Whether row 0 is the newest in the order by date. */
static bool newest_first(struct msglist *l)
{
	struct msg_row first, last;
	size_t n = msglist_count(l);

	return !n || !msglist_row(l, 0, &first) || !msglist_row(l, n - 1, &last) ||
	       first.date >= last.date;
}

static void print_begin(struct printer *p)
{
	p->columns = cli_columns();
	choose_columns(p);
	if (p->cli->args->json)
		cli_print("[");
}

static void print_end(struct printer *p)
{
	size_t absent = engine_absent(p->cli->engine, p->list), looked, texts;

	if (p->cli->args->json)
		cli_print("]\n");
	engine_texts(p->list, &looked, &texts);
	if (looked < texts)
		cli_say(_("Looked in %llu of %llu texts; the others are not here, or cannot be "
			  "read"),
			(unsigned long long)looked, (unsigned long long)texts);
	if (absent)
		cli_say(ngettext("%zu folder is not here yet; talaria sync fetches it",
				"%zu folders are not here yet; talaria sync fetches them", absent),
			absent);
	str_done(&p->where);
}

static const char *folder_word(const struct cli *c, size_t at)
{
	return c->args->words.n > at ? c->args->words.v[at] : c->args->folder;
}

enum cli_status cli_list(struct cli *c)
{
	struct err err = {0};
	struct msglist *l = cli_open(c, folder_word(c, 0), &err);
	struct printer p = {.cli = c, .list = l};
	size_t n;
	bool down;

	if (!l)
		return cli_fail(&err);
	flat_by_date(l);
	n = msglist_count(l);
	down = newest_first(l);
	print_begin(&p);
	for (size_t i = 0; i < n && print_at(&p, down ? i : n - 1 - i); i++)
		continue;
	print_end(&p);
	engine_close(c->engine, l);
	return CLI_OK;
}

static int by_number(const void *a, const void *b)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;

	return (x > y) - (x < y);
}

/* The rows of the UIDs, in the list's order; -1 when nothing is left of them. */
static size_t rows_of(struct msglist *l, const struct event_found *found, size_t *rows)
{
	size_t n = 0;

	for (size_t i = 0; i < found->n; i++) {
		ptrdiff_t row = msglist_find(l, found->uids[i]);

		if (row >= 0)
			rows[n++] = (size_t)row;
	}
	if (n)
		qsort(rows, n, sizeof(*rows), by_number);
	return n;
}

enum cli_status cli_search(struct cli *c)
{
	struct err err = {0};
	struct printer p = {.cli = c};
	struct msglist *l;
	struct event *ev;
	size_t *rows, n;
	bool down;

	if (engine_query_check(c->args->words.v[0], &err) != 0)
		return cli_fail(&err);
	l = p.list = cli_open(c, folder_word(c, 1), &err);
	if (!l)
		return cli_fail(&err);
	flat_by_date(l);
	ev = cli_wait(c, engine_search(c->engine, l, c->args->words.v[0]), &err);
	if (!ev) {
		engine_close(c->engine, l);
		return cli_fail(&err);
	}
	rows = mem_array(ev->found.n + 1, sizeof(*rows));
	n = rows_of(l, &ev->found, rows);
	down = newest_first(l);
	print_begin(&p);
	for (size_t i = 0; i < n && print_at(&p, rows[down ? i : n - 1 - i]); i++)
		continue;
	print_end(&p);
	if (ev->found.unseen)
		cli_say("%s", ev->found.unseen);
	free(rows);
	event_free(ev);
	engine_close(c->engine, l);
	return CLI_OK;
}

/* --- one message --- */

/* What is here at once; then, when allowed, what has to come from the server. */
static struct message_view *read_message(
	struct cli *c, struct msglist *l, uint32_t uid, struct err *err)
{
	int columns = cli_columns();
	struct read_options options = {
		.width = columns ? columns : TEXT_COLUMNS, .no_headers = c->args->json};
	struct message_view *view = NULL;

	for (int round = 0; round < 2; round++) {
		struct event *ev = cli_wait(c, engine_read(c->engine, l, uid, &options), err);

		if (ev) {
			engine_view_free(view);
			view = engine_take_view(ev);
			event_free(ev);
			if (view && !view->partial)
				return view;
		}
		if (c->args->offline || c->online || msglist_account(l)[0] == '\0')
			break;
		if (cli_go_online(c, err) != 0)
			break;
	}
	return view;
}

static void print_view(struct cli *c, struct msglist *l, const struct message_view *view)
{
	struct str text = STR_INIT;
	struct msg_row row = {.uid = view->uid};
	ptrdiff_t at = msglist_find(l, view->uid);
	char *json;

	if (!c->args->json) {
		text_plain(view->text, &text, true);
		fwrite(str_c(&text), 1, text.len, stdout);
		str_done(&text);
		return;
	}
	if (at >= 0)
		get_row(c, l, (size_t)at, &row);
	json = json_of_view(msglist_account(l), msglist_folder(l), &row, view);
	puts(json);
	free(json);
}

static enum cli_status save_parts(struct cli *c, struct msglist *l, const struct message_view *view)
{
	struct str dir = STR_INIT;
	struct err err = {0};
	enum cli_status status = CLI_OK;
	size_t saved = 0;

	if (file_make_dirs(c->args->save, &err) != 0)
		return cli_fail(&err);
	str_addf(&dir, "%s/", c->args->save);
	for (size_t i = 0; i < view->nparts; i++) {
		struct event *ev;

		if (!view->parts[i].attachment)
			continue;
		ev = cli_wait(c,
			engine_save_part(c->engine, l, view->uid, view->parts[i].section, dir.p),
			&err);
		if (ev)
			saved++;
		else
			status = cli_fail(&err);
		if (ev)
			fprintf(stderr, "%s\n", ev->saved.path);
		event_free(ev);
	}
	if (!saved && status == CLI_OK)
		cli_say(_("This message has no attachment"));
	str_done(&dir);
	return status;
}

static uint32_t message_id(const char *word, struct err *err)
{
	char *end;
	unsigned long long n = strtoull(word, &end, 10);

	if (end != word && !*end && *word != '-' && n > 0 && n <= UINT32_MAX)
		return (uint32_t)n;
	err_set(err, ERR_INPUT,
		_("“%s” is not the number of a message; talaria list shows them in its first "
		  "column"),
		word);
	return 0;
}

static enum cli_status show_one(struct cli *c, struct msglist *l, uint32_t uid, struct err *err)
{
	struct message_view *view;
	enum cli_status status = CLI_OK;

	if (msglist_find(l, uid) < 0) {
		err_set(err, ERR_GONE, _("There is no message %u in %s"), uid, msglist_folder(l));
		return cli_fail(err);
	}
	view = read_message(c, l, uid, err);
	if (!view || !view->text) {
		engine_view_free(view);
		return cli_fail(err);
	}
	print_view(c, l, view);
	if (c->args->save && !c->args->offline && msglist_account(l)[0])
		cli_go_online(c, NULL);
	if (c->args->save)
		status = save_parts(c, l, view);
	engine_view_free(view);
	return status;
}

enum cli_status cli_show(struct cli *c)
{
	struct err err = {0};
	size_t n = c->args->words.n;
	uint32_t uid = message_id(c->args->words.v[n - 1], &err);
	const char *folder = n > 1 ? c->args->words.v[0] : c->args->folder;
	struct msglist *l;
	enum cli_status status;

	if (!uid) {
		cli_fail(&err);
		return CLI_USAGE;
	}
	if (folder && settings_span_find(c->settings, folder)) {
		err_set(&err, ERR_INPUT,
			_("%u is the number of a message in several folders: show --account NAME "
			  "FOLDER %u says in which"),
			uid, uid);
		cli_fail(&err);
		return CLI_USAGE;
	}
	l = cli_open(c, folder, &err);
	if (!l)
		return cli_fail(&err);
	status = show_one(c, l, uid, &err);
	engine_close(c->engine, l);
	return status;
}
