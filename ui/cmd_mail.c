/* Changing mail: flags, folders, tags. */
#include "ui/act.h"
#include "ui/cmd.h"
#include "ui/pathtext.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void change_selection(struct app *a, enum act act)
{
	struct selection s;

	if (!app_selection(a, &s))
		return;
	act_step_away(a, &s);
	act_apply(a, &s, act, NULL);
	selection_done(&s);
}

static void cmd_delete(struct app *a)
{
	struct selection s;

	if (app_selection(a, &s))
		act_delete(a, &s);
}

static void cmd_archive(struct app *a)
{
	change_selection(a, ACT_ARCHIVE);
}

static void whole_came(struct app *a, void *ctx, struct event *ev)
{
	uint32_t uid = (uint32_t)(uintptr_t)ctx;
	struct view *v = app_view(a);

	app_finish(a, ev);
	if (ev->kind == EVENT_DONE && v->ops->reload && act_shows(v, ev->list))
		v->ops->reload(v, uid);
}

static void cmd_whole(struct app *a)
{
	struct selection s;

	if (!app_selection_one(a, &s))
		return;
	app_await_long(a, engine_whole(a->engine, s.list, s.uids[0]), whole_came,
		(void *)(uintptr_t)s.uids[0], NULL);
	app_message(a, _("Fetching the whole message …"));
	selection_done(&s);
}

static void cmd_conversation(struct app *a)
{
	struct selection s;
	struct view *v = NULL;

	if (!app_selection_one(a, &s))
		return;
	if (msglist_span(s.list) == span_conversation())
		app_message(a, _("This is its conversation"));
	else
		v = view_index_conversation(a, s.list, s.uids[0]);
	selection_done(&s);
	if (v)
		app_push(a, v);
}

/* --- to a folder: what is selected is fixed when the question is asked --- */

struct filing {
	struct selection s;
	enum act act;
};

static void filing_free(struct filing *f)
{
	selection_done(&f->s);
	free(f);
}

/* It is in a file now: what was to be moved goes here. */
static void exported(struct app *a, void *ctx, struct event *ev)
{
	struct filing *f = ctx;

	app_finish(a, ev);
	if (ev->kind == EVENT_DONE && f->act == ACT_MOVE && selection_stands(a, &f->s)) {
		act_step_away(a, &f->s);
		act_apply(a, &f->s, ACT_DELETE, NULL);
	}
	filing_free(f);
}

/* A Maildir, or a new mbox file. */
static void file_out(struct app *a, struct filing *f, const char *written)
{
	char *path = pathtext_path(written);

	if (f->act == ACT_MOVE && !act_may_change(a, f->s.list)) {
		filing_free(f);
	} else {
		app_await_long(a, engine_export(a->engine, f->s.list, f->s.uids, f->s.n, path),
			exported, f, NULL);
	}
	free(path);
}

static bool is_path(const char *name)
{
	return *name == '/' || *name == '~' || str_starts(name, "./");
}

/* mutt's way to say that a folder is one among the others. */
static const char *bare_name(struct app *a, const char *name)
{
	int account = app_account(a);

	if ((*name != '=' && *name != '+') || !name[1] || account < 0 ||
		engine_find_folder(a->engine, (size_t)account, name) >= 0)
		return name;
	return name + 1;
}

static void file_to(struct app *a, void *ctx, const char *folder)
{
	struct filing *f = ctx;
	size_t len = folder ? strlen(folder) : 0;
	char *name;

	while (len && folder[len - 1] == ' ')
		len--;
	name = mem_strndup(folder ? folder : "", len);
	if (!len || !selection_stands(a, &f->s)) {
		filing_free(f);
	} else if (is_path(name)) {
		file_out(a, f, name);
	} else {
		if (f->act == ACT_MOVE)
			act_step_away(a, &f->s);
		act_apply(a, &f->s, f->act, bare_name(a, name));
		filing_free(f);
	}
	free(name);
}

static size_t complete_filing(void *ctx, const char *line, struct strv *out)
{
	return is_path(line) ? complete_path_line(ctx, line, out)
			     : complete_folder_line(ctx, line, out);
}

static void cmd_file(struct app *a, const struct args *args)
{
	enum act act = (enum act)args->which;
	struct selection s;
	struct filing *f;
	struct str label = STR_INIT;

	if (!app_selection(a, &s))
		return;
	f = mem_alloc(sizeof(*f));
	*f = (struct filing){s, act};
	if (args->n) {
		file_to(a, f, args->rest);
		return;
	}
	if (s.n > 1)
		str_addf(&label,
			act == ACT_MOVE ? ngettext("Move %zu message to: ",
						  "Move %zu messages to: ", (unsigned long)s.n)
					: ngettext("Copy %zu message to: ",
						  "Copy %zu messages to: ", (unsigned long)s.n),
			s.n);
	else
		str_adds(&label, act == ACT_MOVE ? _("Move to: ") : _("Copy to: "));
	app_ask(a, str_c(&label), "", HISTORY_FOLDER, complete_filing, file_to, f, app_view(a));
	str_done(&label);
}

static void cmd_undo(struct app *a)
{
	app_await(a, engine_undo(a->engine), NULL, NULL, NULL);
}

/* --- flags --- */

static void flag_selection(struct app *a, unsigned clear, unsigned set)
{
	struct selection s;

	if (!app_selection(a, &s))
		return;
	act_flags(a, &s, clear, set);
	act_step_on(a, &s);
	selection_done(&s);
}

static void cmd_toggle(struct app *a, const struct args *args)
{
	unsigned flag = (unsigned)args->which;
	struct selection s;
	bool on;

	if (!app_selection(a, &s))
		return;
	on = msglist_flags(s.list, s.uids[0]) & flag;
	act_flags(a, &s, on ? flag : 0, on ? 0 : flag);
	act_step_on(a, &s);
	selection_done(&s);
}

static void cmd_read(struct app *a)
{
	flag_selection(a, 0, MAIL_SEEN);
}

static void cmd_unread(struct app *a)
{
	flag_selection(a, MAIL_SEEN, 0);
}

static unsigned flag_named(const char *name)
{
	static const struct {
		const char *names[3];
		unsigned flag;
	} flags[] = {{{"read", "N", "n"}, MAIL_SEEN}, {{"answered", "r", "a"}, MAIL_ANSWERED},
		{{"flagged", "!", "f"}, MAIL_FLAGGED}, {{"deleted", "D", "d"}, MAIL_DELETED}};

	for (size_t i = 0; i < MEM_COUNT(flags); i++)
		for (int k = 0; k < 3; k++)
			if (strcmp(flags[i].names[k], name) == 0)
				return flags[i].flag;
	return 0;
}

struct flagging {
	struct selection s;
	bool on;
};

static void flag_given(struct app *a, void *ctx, const char *name)
{
	struct flagging *f = ctx;
	unsigned flag = name ? flag_named(name) : 0;
	/* mutt's N stands for "new", the opposite of read. */
	bool set = f->on != (name && str_icmp(name, "n") == 0);

	if (name && !flag) {
		app_error(a, _("A flag is read, answered, flagged or deleted, not “%s”"), name);
	} else if (name && selection_stands(a, &f->s)) {
		act_flags(a, &f->s, set ? 0 : flag, set ? flag : 0);
		act_step_on(a, &f->s);
	}
	selection_done(&f->s);
	free(f);
}

static void cmd_set_flag(struct app *a, const struct args *args)
{
	bool on = args->which != 0;
	struct selection s;
	struct flagging *f;

	if (!app_selection(a, &s))
		return;
	f = mem_alloc(sizeof(*f));
	*f = (struct flagging){s, on};
	if (args->n)
		flag_given(a, f, args->v[0]);
	else
		app_ask_choice(a,
			on ? _("Set: (n)ew (a)nswered (f)lagged (d)eleted? ")
			   : _("Clear: (n)ew (a)nswered (f)lagged (d)eleted? "),
			"nafd", flag_given, f, app_view(a));
}

/* --- keywords --- */

static void show_keywords(struct app *a, const struct selection *s)
{
	struct strv all = STRV_INIT;
	struct str words = STR_INIT;
	struct msg_row m;

	for (size_t i = 0; i < s->n; i++) {
		ptrdiff_t row = msglist_find(s->list, s->uids[i]);
		const char *p = row >= 0 && msglist_row(s->list, (size_t)row, &m) && m.keywords
					? m.keywords
					: "";

		while (*(p += strspn(p, " "))) {
			char *word = mem_strndup(p, strcspn(p, " "));

			if (!strv_has(&all, word)) {
				strv_add(&all, word);
				str_addf(&words, " %s", word);
			}
			p += strlen(word);
			free(word);
		}
	}
	if (words.len)
		app_message(a, _("Keywords:%s"), words.p);
	else
		app_message(a, _("No keywords; give one with :keyword WORD"));
	strv_done(&all);
	str_done(&words);
}

static void change_keywords(struct app *a, const struct selection *s, const struct args *args)
{
	struct str clear = STR_INIT, set = STR_INIT;

	for (size_t i = 0; i < args->n; i++) {
		const char *word = args->v[i];
		struct str *to = *word == '-' ? &clear : &set;

		word += *word == '-' || *word == '+';
		if (!*word || strchr(word, ' ')) {
			app_error(
				a, _("Say WORD or +WORD to give a keyword, -WORD to take it away"));
			goto out;
		}
		str_addf(to, "%s%s", to->len ? " " : "", word);
	}
	if (act_may_change(a, s->list))
		app_await(a,
			engine_keywords(
				a->engine, s->list, s->uids, s->n, str_c(&clear), str_c(&set)),
			NULL, NULL, NULL);
out:
	str_done(&clear);
	str_done(&set);
}

static void cmd_keyword(struct app *a, const struct args *args)
{
	struct selection s;

	if (!app_selection(a, &s))
		return;
	if (args->n)
		change_keywords(a, &s, args);
	else
		show_keywords(a, &s);
	selection_done(&s);
}

/* --- tags --- */

static void cmd_tag(struct app *a)
{
	struct selection s;
	bool on;

	if (!app_selection(a, &s))
		return;
	/* For the tagged ones there is but one thing to do. */
	on = !s.tagged && !msglist_is_tagged(s.list, s.uids[0]);
	for (size_t i = 0; i < s.n; i++)
		msglist_tag(s.list, s.uids[i], on);
	act_step_on(a, &s);
	selection_done(&s);
}

/* Says text, which is used up, and behind it what could not be looked at. */
static void tell_found(struct app *a, const struct event_found *found, struct str *text)
{
	if (found->unseen)
		str_addf(text, ". %s", found->unseen);
	app_message(a, "%s", str_c(text));
	str_done(text);
}

static void tag_found(struct app *a, struct view *v, struct event *ev, bool on)
{
	const struct event_found *found = &ev->found;
	struct str said = STR_INIT;

	if (ev->kind != EVENT_FOUND) {
		app_finish(a, ev);
		return;
	}
	for (size_t i = 0; i < found->n; i++)
		msglist_tag(view_index_list(v), found->uids[i], on);
	str_addf(&said,
		on ? ngettext("%zu message tagged", "%zu messages tagged", (unsigned long)found->n)
		   : ngettext("%zu message untagged", "%zu messages untagged",
			     (unsigned long)found->n),
		found->n);
	tell_found(a, found, &said);
}

static void tag_them(struct app *a, void *ctx, struct event *ev)
{
	tag_found(a, ctx, ev, true);
}

static void untag_them(struct app *a, void *ctx, struct event *ev)
{
	tag_found(a, ctx, ev, false);
}

static void delete_them(struct app *a, void *ctx, struct event *ev)
{
	const struct event_found *found = &ev->found;
	struct selection s = selection_of(view_index_list(ctx));
	struct str said = STR_INIT;

	if (ev->kind != EVENT_FOUND) {
		app_finish(a, ev);
		return;
	}
	if (found->n == 0) {
		str_adds(&said, _("Nothing matches"));
		tell_found(a, found, &said);
		return;
	}
	if (found->unseen)
		app_message(a, "%s", found->unseen);
	s.tagged = true;
	s.n = found->n;
	s.uids = mem_dup(found->uids, s.n * sizeof(*s.uids));
	act_delete(a, &s);
}

static void undelete_them(struct app *a, void *ctx, struct event *ev)
{
	struct selection s = selection_of(view_index_list(ctx));

	if (ev->kind != EVENT_FOUND) {
		app_finish(a, ev);
		return;
	}
	s.tagged = true;
	s.n = ev->found.n;
	s.uids = mem_dup(ev->found.uids, s.n * sizeof(*s.uids));
	act_undelete(a, &s);
}

/* v: the list that was asked about. */
static void for_pattern(struct app *a, struct view *v, const char *pattern, app_done_fn *fn)
{
	struct err err = {0};

	if (!pattern || !*pattern)
		return;
	if (engine_query_check(pattern, &err) != 0)
		app_error(a, "%s", err.text);
	else
		app_await(a, engine_search(a->engine, view_index_list(v), pattern), fn, v, v);
}

static void tag_given(struct app *a, void *ctx, const char *pattern)
{
	for_pattern(a, ctx, pattern, tag_them);
}

static void untag_given(struct app *a, void *ctx, const char *pattern)
{
	for_pattern(a, ctx, pattern, untag_them);
}

static void delete_given(struct app *a, void *ctx, const char *pattern)
{
	for_pattern(a, ctx, pattern, delete_them);
}

static void undelete_given(struct app *a, void *ctx, const char *pattern)
{
	for_pattern(a, ctx, pattern, undelete_them);
}

static void ask_pattern(
	struct app *a, const struct args *args, const char *label, app_answer_fn *fn)
{
	struct view *v = app_view(a);

	if (args->n)
		fn(a, v, args->rest);
	else
		app_ask(a, label, "", HISTORY_SEARCH, NULL, fn, v, v);
}

static void cmd_tag_pattern(struct app *a, const struct args *args)
{
	ask_pattern(a, args, _("Tag messages that match: "), tag_given);
}

static void cmd_untag_pattern(struct app *a, const struct args *args)
{
	ask_pattern(a, args, _("Untag messages that match: "), untag_given);
}

static void cmd_delete_pattern(struct app *a, const struct args *args)
{
	ask_pattern(a, args, _("Delete messages that match: "), delete_given);
}

static void cmd_undelete_pattern(struct app *a, const struct args *args)
{
	ask_pattern(a, args, _("Undelete messages that match: "), undelete_given);
}

static void cmd_untag_all(struct app *a)
{
	msglist_untag_all(view_index_list(app_view(a)));
}

static void cmd_tag_prefix(struct app *a)
{
	uint32_t *uids = NULL;
	size_t n = msglist_tagged(view_index_list(app_view(a)), &uids);

	free(uids);
	if (n == 0) {
		app_message(a, _("Nothing is tagged; t tags"));
		return;
	}
	a->tag_prefix = true;
	app_message(a,
		ngettext("The next command is for the %zu tagged message",
			"The next command is for the %zu tagged messages", (unsigned long)n),
		n);
}

const struct command cmd_mail_commands[] = {
	{"delete", UI_INDEX | UI_READER, N_("delete (to the Trash; from the Trash for good)"),
		.run = cmd_delete},
	{"delete-pattern", UI_INDEX, N_("delete messages that match"), .args = "[PATTERN]",
		.max = -1, .run_args = cmd_delete_pattern},
	{"undelete-pattern", UI_INDEX,
		N_("take the deleted mark from messages that match; where none has it: undo"),
		.args = "[PATTERN]", .max = -1, .run_args = cmd_undelete_pattern},
	{"undo", UI_ANY, N_("take back the last move, delete, archive or flag"), .run = cmd_undo},
	{"archive", UI_INDEX | UI_READER, N_("move to the Archive"), .run = cmd_archive},
	{"conversation", UI_INDEX | UI_READER,
		N_("show the thread with what belongs to it in all folders of the account"),
		.run = cmd_conversation},
	{"whole", UI_INDEX | UI_READER,
		N_("fetch all of a message of which the server gave only the beginning, or "
		   "nothing"),
		.run = cmd_whole},
	{"move", UI_INDEX | UI_READER,
		N_("move to a folder, or into a Maildir or a new .mbox file"),
		.args = "[FOLDER|PATH]", .max = -1, .run_args = cmd_file, .which = ACT_MOVE,
		.complete = complete_folder},
	{"copy", UI_INDEX | UI_READER,
		N_("copy to a folder, or into a Maildir or a new .mbox file"),
		.args = "[FOLDER|PATH]", .max = -1, .run_args = cmd_file, .which = ACT_COPY,
		.complete = complete_folder},
	{"flag", UI_INDEX | UI_READER, N_("set or clear the important mark"),
		.run_args = cmd_toggle, .which = MAIL_FLAGGED},
	{"read", UI_INDEX | UI_READER, N_("mark as read"), .run = cmd_read},
	{"unread", UI_INDEX | UI_READER, N_("mark as unread"), .run = cmd_unread},
	{"toggle-read", UI_INDEX | UI_READER, N_("mark as read or unread"), .run_args = cmd_toggle,
		.which = MAIL_SEEN},
	{"set-flag", UI_INDEX | UI_READER, N_("set a flag: read, answered, flagged or deleted"),
		.args = "[FLAG]", .max = 1, .run_args = cmd_set_flag, .which = true},
	{"clear-flag", UI_INDEX | UI_READER, N_("clear a flag: read, answered, flagged or deleted"),
		.args = "[FLAG]", .max = 1, .run_args = cmd_set_flag, .which = false},
	{"keyword", UI_INDEX | UI_READER,
		N_("give keywords (labels) or take them away; alone: show them"),
		.args = "[WORD|-WORD...]", .max = -1, .run_args = cmd_keyword,
		.complete = complete_keyword},
	{"tag", UI_INDEX | UI_READER, N_("tag or untag this message"), .run = cmd_tag},
	{"tag-pattern", UI_INDEX, N_("tag messages that match"), .args = "[PATTERN]", .max = -1,
		.run_args = cmd_tag_pattern},
	{"untag-pattern", UI_INDEX, N_("untag messages that match"), .args = "[PATTERN]", .max = -1,
		.run_args = cmd_untag_pattern},
	{"untag-all", UI_INDEX, N_("untag everything"), .run = cmd_untag_all},
	{"tag-prefix", UI_INDEX, N_("do the next command to all tagged messages"),
		.run = cmd_tag_prefix},
	{.name = NULL},
};
