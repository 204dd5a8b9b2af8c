#include "ui/commands.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "ui/cmd.h"
#include "ui/term.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_DEPTH = 4 };

static const struct command table[] = {
	{"next", "[N]", UI_ANY, 0, 1, N_("move to the next line or message"), cmd_next, NULL},
	{"previous", "[N]", UI_ANY, 0, 1, N_("move to the previous line or message"), cmd_previous,
		NULL},
	{"line-down", "[N]", UI_ANY, 0, 1, N_("scroll down by a line"), cmd_line_down, NULL},
	{"line-up", "[N]", UI_ANY, 0, 1, N_("scroll up by a line"), cmd_line_up, NULL},
	{"page-down", "", UI_ANY, 0, 0, N_("go one page down"), cmd_page_down, NULL},
	{"page-up", "", UI_ANY, 0, 0, N_("go one page up"), cmd_page_up, NULL},
	{"half-down", "", UI_ANY, 0, 0, N_("go half a page down"), cmd_half_down, NULL},
	{"half-up", "", UI_ANY, 0, 0, N_("go half a page up"), cmd_half_up, NULL},
	{"first", "", UI_ANY, 0, 0, N_("go to the beginning"), cmd_first, NULL},
	{"last", "", UI_ANY, 0, 0, N_("go to the end"), cmd_last, NULL},
	{"top", "", UI_ANY, 0, 0, N_("go to the first line of the screen"), cmd_top, NULL},
	{"middle", "", UI_ANY, 0, 0, N_("go to the middle of the screen"), cmd_middle, NULL},
	{"bottom", "", UI_ANY, 0, 0, N_("go to the last line of the screen"), cmd_bottom, NULL},
	{"jump", "N", UI_INDEX, 1, 1, N_("go to the Nth message"), cmd_jump, NULL},
	{"next-unread", "", UI_INDEX | UI_READER, 0, 0, N_("go to the next unread message"),
		cmd_next_unread, NULL},
	{"previous-unread", "", UI_INDEX | UI_READER, 0, 0, N_("go to the previous unread message"),
		cmd_previous_unread, NULL},
	{"open", "[FOLDER]", UI_ANY, 0, -1, N_("open what the cursor is on, or a folder"), cmd_open,
		complete_folder},
	{"open-folder", "", UI_ANY, 0, 0, N_("ask for a folder and open it"), cmd_open_folder,
		NULL},
	{"open-tab", "FOLDER", UI_ANY, 1, -1, N_("open a folder in a new tab"), cmd_open_tab,
		complete_folder},
	{"back", "", UI_ANY, 0, 0, N_("leave this screen"), cmd_back, NULL},
	{"tab", "N", UI_ANY, 1, 1, N_("go to the Nth tab"), cmd_tab, NULL},
	{"next-tab", "", UI_ANY, 0, 0, N_("go to the next tab"), cmd_next_tab, NULL},
	{"previous-tab", "", UI_ANY, 0, 0, N_("go to the previous tab"), cmd_previous_tab, NULL},
	{"close-tab", "", UI_ANY, 0, 0, N_("close this tab"), cmd_close_tab, NULL},
	{"folders", "", UI_ANY, 0, 0, N_("show all accounts and folders"), cmd_folders, NULL},
	{"sidebar", "", UI_ANY, 0, 0, N_("show or hide the list of folders at the side"),
		cmd_sidebar, NULL},
	{"sidebar-next", "", UI_ANY, 0, 0, N_("go down in the list at the side"), cmd_sidebar_next,
		NULL},
	{"sidebar-previous", "", UI_ANY, 0, 0, N_("go up in the list at the side"),
		cmd_sidebar_previous, NULL},
	{"sidebar-open", "", UI_ANY, 0, 0, N_("open the folder chosen at the side"),
		cmd_sidebar_open, NULL},
	{"search", "[-r] [TEXT]", UI_ANY, 0, -1,
		N_("search text or, in a list of messages, a pattern; -r backwards"), cmd_search,
		NULL},
	{"search-next", "", UI_ANY, 0, 0, N_("go to the next match"), cmd_search_next, NULL},
	{"search-previous", "", UI_ANY, 0, 0, N_("go to the previous match"), cmd_search_previous,
		NULL},
	{"command", "[TEXT]", UI_ANY, 0, -1, N_("type a command, or the rest of one"), cmd_command,
		NULL},
	{"help", "[TOPIC]", UI_ANY, 0, 1,
		N_("show the keys of this screen, or help on a command, option or screen"),
		cmd_help, complete_help},
	{"messages", "", UI_ANY, 0, 0, N_("show what was said so far"), cmd_messages, NULL},
	{"redraw", "", UI_ANY, 0, 0, N_("paint the screen anew"), cmd_redraw, NULL},
	{"suspend", "", UI_ANY, 0, 0, N_("stop for a while and go back to the shell"), cmd_suspend,
		NULL},
	{"cancel", "", UI_ANY, 0, 0, N_("stop the long operation that runs"), cmd_cancel, NULL},
	{"quit", "", UI_ANY, 0, 0, N_("end the program"), cmd_quit, NULL},
	{"limit", "[PATTERN]", UI_INDEX, 0, -1,
		N_("show only messages that match; “all” shows everything"), cmd_limit, NULL},
	{"sort", "[-r] [KEY]", UI_INDEX, 0, 2,
		N_("sort by date, received, from, subject, size or unread; -r reversed"), cmd_sort,
		complete_sort},
	{"threads", "", UI_INDEX, 0, 0, N_("turn threads on or off"), cmd_threads, NULL},
	{"fold", "", UI_INDEX, 0, 0, N_("fold or unfold this thread"), cmd_fold, NULL},
	{"fold-all", "", UI_INDEX, 0, 0, N_("fold or unfold all threads"), cmd_fold_all, NULL},
	{"quotes", "", UI_READER, 0, 0, N_("hide or show quoted text"), cmd_quotes, NULL},
	{"skip-quoted", "", UI_READER, 0, 0, N_("go behind the next quoted text"), cmd_skip_quoted,
		NULL},
	{"headers", "", UI_READER, 0, 0, N_("show all headers or the usual ones"), cmd_headers,
		NULL},
	{"html", "", UI_READER, 0, 0, N_("show the other version, HTML or plain text"), cmd_html,
		NULL},
	{"links", "", UI_READER, 0, 0, N_("list the links of this message"), cmd_links, NULL},
	{"attachments", "", UI_INDEX | UI_READER, 0, 0,
		N_("list the parts and attachments of this message"), cmd_attachments, NULL},
	{"save", "[PATH]", UI_INDEX | UI_READER | UI_PARTS, 0, -1,
		N_("save the message, or the attachment under the cursor, into a file"), cmd_save,
		complete_path},
	{"delete", "", UI_INDEX | UI_READER, 0, 0,
		N_("delete (to the Trash; from the Trash for good)"), cmd_delete, NULL},
	{"delete-thread", "", UI_INDEX | UI_READER, 0, 0, N_("delete the whole thread"),
		cmd_delete_thread, NULL},
	{"delete-pattern", "[PATTERN]", UI_INDEX, 0, -1, N_("delete messages that match"),
		cmd_delete_pattern, NULL},
	{"undo", "", UI_ANY, 0, 0, N_("take back the last move, delete, archive or flag"), cmd_undo,
		NULL},
	{"archive", "", UI_INDEX | UI_READER, 0, 0, N_("move to the Archive"), cmd_archive, NULL},
	{"whole", "", UI_INDEX | UI_READER, 0, 0,
		N_("fetch all of a message of which the server gave only the beginning, or "
		   "nothing"),
		cmd_whole, NULL},
	{"move", "[FOLDER]", UI_INDEX | UI_READER, 0, -1, N_("move to a folder"), cmd_move,
		complete_folder},
	{"copy", "[FOLDER]", UI_INDEX | UI_READER, 0, -1, N_("copy to a folder"), cmd_copy,
		complete_folder},
	{"flag", "", UI_INDEX | UI_READER, 0, 0, N_("set or clear the important mark"), cmd_flag,
		NULL},
	{"read", "", UI_INDEX | UI_READER, 0, 0, N_("mark as read"), cmd_read, NULL},
	{"unread", "", UI_INDEX | UI_READER, 0, 0, N_("mark as unread"), cmd_unread, NULL},
	{"toggle-read", "", UI_INDEX | UI_READER, 0, 0, N_("mark as read or unread"),
		cmd_toggle_read, NULL},
	{"read-thread", "", UI_INDEX | UI_READER, 0, 0, N_("mark the whole thread as read"),
		cmd_read_thread, NULL},
	{"set-flag", "[FLAG]", UI_INDEX | UI_READER, 0, 1,
		N_("set a flag: read, answered, flagged or deleted"), cmd_set_flag, NULL},
	{"clear-flag", "[FLAG]", UI_INDEX | UI_READER, 0, 1,
		N_("clear a flag: read, answered, flagged or deleted"), cmd_clear_flag, NULL},
	{"keyword", "[WORD|-WORD...]", UI_INDEX | UI_READER, 0, -1,
		N_("give keywords (labels) or take them away; alone: show them"), cmd_keyword,
		complete_keyword},
	{"tag", "", UI_INDEX | UI_READER, 0, 0, N_("tag or untag this message"), cmd_tag, NULL},
	{"tag-thread", "", UI_INDEX, 0, 0, N_("tag or untag this thread"), cmd_tag_thread, NULL},
	{"tag-pattern", "[PATTERN]", UI_INDEX, 0, -1, N_("tag messages that match"),
		cmd_tag_pattern, NULL},
	{"untag-pattern", "[PATTERN]", UI_INDEX, 0, -1, N_("untag messages that match"),
		cmd_untag_pattern, NULL},
	{"untag-all", "", UI_INDEX, 0, 0, N_("untag everything"), cmd_untag_all, NULL},
	{"tag-prefix", "", UI_INDEX, 0, 0, N_("do the next command to all tagged messages"),
		cmd_tag_prefix, NULL},
	{"create", "[FOLDER]", UI_ANY, 0, -1, N_("make a folder"), cmd_create, NULL},
	{"delete-folder", "[FOLDER]", UI_ANY, 0, -1,
		N_("delete a folder and the messages in it for good"), cmd_delete_folder,
		complete_folder},
	{"rename-folder", "[NAME]", UI_ANY, 0, -1,
		N_("give this folder, and those below it, another name"), cmd_rename_folder,
		complete_folder},
	{"export", "[-a] [PATH]", UI_ANY, 0, -1,
		N_("copy this folder, or the tagged messages, into a Maildir or a new .mbox file; "
		   "-a "
		   "all folders of the account"),
		cmd_export, complete_transfer},
	{"import", "[-a] [PATH [FOLDER]]", UI_ANY, 0, -1,
		N_("copy an mbox or Maildir into this folder, or FOLDER; -a a whole Maildir tree"),
		cmd_import, complete_transfer},
	{"backup", "[PATH]", UI_ANY, 0, -1,
		N_("write what exists only here into a .tar.gz, and read it back"), cmd_backup,
		complete_path},
	{"compose", "[ADDRESS...]", UI_ANY, 0, -1, N_("write a message"), cmd_compose, NULL},
	{"reply", "", UI_INDEX | UI_READER, 0, 0, N_("answer the sender"), cmd_reply, NULL},
	{"reply-all", "", UI_INDEX | UI_READER, 0, 0, N_("answer everybody"), cmd_reply_all, NULL},
	{"reply-list", "", UI_INDEX | UI_READER, 0, 0, N_("answer the mailing list"),
		cmd_reply_list, NULL},
	{"forward", "", UI_INDEX | UI_READER, 0, 0, N_("forward the message"), cmd_forward, NULL},
	{"drafts", "", UI_ANY, 0, 0, N_("go on with a draft"), cmd_drafts, NULL},
	{"send", "", UI_COMPOSE, 0, 0, N_("send the message"), cmd_send, NULL},
	{"edit", "", UI_COMPOSE, 0, 0, N_("edit the message again"), cmd_edit, NULL},
	{"edit-from", "", UI_COMPOSE, 0, 0, N_("change From"), cmd_edit_from, NULL},
	{"edit-to", "", UI_COMPOSE, 0, 0, N_("change To"), cmd_edit_to, NULL},
	{"edit-cc", "", UI_COMPOSE, 0, 0, N_("change Cc"), cmd_edit_cc, NULL},
	{"edit-bcc", "", UI_COMPOSE, 0, 0, N_("change Bcc"), cmd_edit_bcc, NULL},
	{"edit-subject", "", UI_COMPOSE, 0, 0, N_("change the subject"), cmd_edit_subject, NULL},
	{"attach", "[FILE]", UI_COMPOSE, 0, -1, N_("attach a file"), cmd_attach, complete_path},
	{"detach", "", UI_COMPOSE, 0, 0, N_("take an attached file away"), cmd_detach, NULL},
	{"postpone", "", UI_COMPOSE, 0, 0, N_("keep it as a draft for later"), cmd_postpone, NULL},
	{"discard", "", UI_COMPOSE, 0, 0, N_("throw the draft away"), cmd_discard, NULL},
	{"outbox", "", UI_ANY, 0, 0, N_("show mail that is not sent yet"), cmd_outbox, NULL},
	{"retry-mail", "", UI_OUTBOX, 0, 0, N_("send this mail now"), cmd_retry_mail, NULL},
	{"hold-mail", "", UI_OUTBOX, 0, 0, N_("keep this mail until you send it"), cmd_hold_mail,
		NULL},
	{"mail-details", "", UI_OUTBOX, 0, 0, N_("show what the relay said for each recipient"),
		cmd_mail_details, NULL},
	{"edit-mail", "", UI_OUTBOX, 0, 0, N_("take this mail back and edit it"), cmd_edit_mail,
		NULL},
	{"drop-mail", "", UI_OUTBOX, 0, 0, N_("throw this mail away unsent"), cmd_drop_mail, NULL},
	{"pending", "", UI_ANY, 0, 0, N_("show changes the server does not know yet"), cmd_pending,
		NULL},
	{"drop-change", "[all]", UI_PENDING, 0, 1, N_("take this change back, or all of them"),
		cmd_drop_change, NULL},
	{"drop-draft", "", UI_DRAFTS, 0, 0, N_("throw this draft away"), cmd_drop_draft, NULL},
	{"sync", "[ACCOUNT]", UI_ANY, 0, 1, N_("fetch mail and bring the server up to date"),
		cmd_sync, complete_account},
	{"retry", "", UI_ANY, 0, 0, N_("connect now instead of waiting"), cmd_retry, NULL},
	{"offline", "", UI_ANY, 0, 0, N_("close all connections and work offline"), cmd_offline,
		NULL},
	{"online", "", UI_ANY, 0, 0, N_("connect again"), cmd_online, NULL},
	{"protocol", "[imap|pop3] [ACCOUNT]", UI_ANY, 0, 2,
		N_("switch an account between IMAP and POP3; says first what that does"),
		cmd_protocol, complete_protocol},
	{"account", "NAME", UI_ANY, 1, 1, N_("go to the inbox of an account"), cmd_account,
		complete_account},
	{"check", "[ACCOUNT]", UI_ANY, 0, 1, N_("connect, log in, and report"), cmd_check,
		complete_account},
	{"set", "[NAME[=VALUE]]", UI_ANY, 0, -1, N_("set an option, or show it"), cmd_set,
		complete_setting},
	{"bind", "SCREEN KEY COMMAND", UI_ANY, 3, -1, N_("let a key run a command"), cmd_bind,
		complete_bind},
	{"unbind", "SCREEN KEY", UI_ANY, 2, 2, N_("let a key do nothing"), cmd_unbind,
		complete_bind},
	{"color", "NAME COLOR [COLOR] [bold...]", UI_ANY, 2, -1,
		N_("set foreground and background of a style"), cmd_color, complete_color},
};

const struct command *commands_table(size_t *n)
{
	*n = MEM_COUNT(table);
	return table;
}

const struct command *commands_find(const char *name)
{
	for (size_t i = 0; i < MEM_COUNT(table); i++)
		if (strcmp(table[i].name, name) == 0)
			return &table[i];
	return NULL;
}

const char *commands_suggest(const char *name)
{
	const char *best = NULL;
	size_t least = strlen(name) / 3 + 2;

	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		size_t d = str_distance(name, table[i].name);

		if (d < least) {
			least = d;
			best = table[i].name;
		}
	}
	return best;
}

/* --- running --- */

static const struct command *check_line(const struct conf_line *l, struct err *err)
{
	const char *name = l->words[0].text;
	const struct command *c = commands_find(name);
	int n = (int)l->n - 1;

	if (!c) {
		const char *near = commands_suggest(name);

		err_set(err, ERR_INPUT,
			near ? _("There is no command “%s”; did you mean “%s”?")
			     : _("There is no command “%s”; ? lists them"),
			name, near);
		return NULL;
	}
	if (n < c->min || (c->max >= 0 && n > c->max)) {
		err_set(err, ERR_INPUT, _("Usage: %s%s%s"), c->name, *c->args ? " " : "", c->args);
		return NULL;
	}
	return c;
}

static void run_one(struct app *a, const struct conf_line *l)
{
	struct str rest = STR_INIT;
	struct err err = {0};
	const struct command *c = check_line(l, &err);
	const char **words;
	bool prefix = a->tag_prefix;

	if (!c) {
		app_error(a, "%s", err.text);
		return;
	}
	if (!(c->contexts & app_view(a)->ops->context)) {
		app_error(a, _("“%s” means nothing here: %s"), c->name, _(c->help));
		return;
	}
	words = mem_array(l->n, sizeof(*words));
	for (size_t i = 1; i < l->n; i++) {
		words[i - 1] = l->words[i].text;
		str_addf(&rest, "%s%s", i > 1 ? " " : "", l->words[i].text);
	}
	c->run(a, &(struct args){l->n - 1, words, str_c(&rest)});
	/* The prefix is for one command; the command line is only the way to it. */
	if (prefix && strcmp(c->name, "command") != 0)
		a->tag_prefix = false;
	free(words);
	str_done(&rest);
}

void commands_run(struct app *a, const char *line)
{
	struct conf_errors errors = {0};
	struct conf_block *b = conf_parse(line, strlen(line), &errors);

	a->dirty = true;
	if (errors.n || a->depth >= MAX_DEPTH) {
		app_error(a, "%s", errors.n ? errors.v[0].text : _("Too many commands in one"));
	} else {
		a->depth++;
		for (size_t i = 0; i < b->n && !a->quit; i++)
			run_one(a, &b->lines[i]);
		a->depth--;
	}
	conf_free(b);
	conf_errors_done(&errors);
}

int commands_check(const char *line, struct err *err)
{
	struct conf_errors errors = {0};
	struct conf_block *b = conf_parse(line, strlen(line), &errors);
	int rc = 0;

	if (errors.n)
		rc = err_set(err, ERR_INPUT, "%s", errors.v[0].text);
	for (size_t i = 0; i < b->n && rc == 0; i++)
		rc = check_line(&b->lines[i], err) ? 0 : -1;
	conf_free(b);
	conf_errors_done(&errors);
	return rc;
}

/* --- completion --- */

static void complete_names(const char *word, struct strv *out)
{
	for (size_t i = 0; i < MEM_COUNT(table); i++)
		if (str_starts(table[i].name, word))
			strv_add(out, table[i].name);
}

/* Names with blanks in them have to be quoted to stay one word; open and move take the rest of the
 * line, but what follows must not be cut at ';' or '#'. */
static void quote_all(struct strv *v, size_t from)
{
	for (size_t i = from; i < v->n; i++) {
		struct str s = STR_INIT;

		conf_quote(&s, v->v[i]);
		free(v->v[i]);
		v->v[i] = str_steal(&s);
	}
}

size_t commands_complete(void *ctx, const char *line, struct strv *out)
{
	const char *start = strrchr(line, ';');
	struct conf_errors errors = {0};
	struct conf_block *b;
	const struct command *c;
	size_t word_at = strlen(line), at;
	bool fresh, quoted = false;

	start = start ? start + 1 : line;
	start += strspn(start, " ");
	at = (size_t)(start - line);
	/* Where the last word begins, quotes respected. */
	for (const char *p = start; *p; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p == ' ' && !quoted)
			at = (size_t)(p - line) + 1;
	}
	fresh = at == word_at;
	if (at == (size_t)(start - line)) {
		complete_names(line + at, out);
		return at;
	}
	b = conf_parse(start, strlen(start), &errors);
	c = b->n ? commands_find(b->lines[0].words[0].text) : NULL;
	if (c && c->complete) {
		size_t n = b->lines[0].n;
		const char *word = fresh ? "" : b->lines[0].words[n - 1].text;

		c->complete(ctx, (int)(fresh ? n - 1 : n - 2), word, out);
		quote_all(out, 0);
	}
	conf_free(b);
	conf_errors_done(&errors);
	return at;
}

/* --- configuration --- */

struct ui_config *ui_config_new(void)
{
	struct ui_config *c = mem_alloc(sizeof(*c));

	c->keys = keys_new();
	style_theme(&c->styles, "dark");
	return c;
}

void ui_config_free(struct ui_config *c)
{
	if (!c)
		return;
	keys_free(c->keys);
	free(c);
}

static void config_bind(struct ui_config *c, const struct conf_line *l, struct conf_errors *errors)
{
	const struct conf_word *w = l->words;
	struct err err = {0};

	if (l->n < 4 || l->n > 5)
		conf_error(errors, &w[0], _("bind needs a screen, a key and a command"));
	else if (commands_check(w[3].text, &err) < 0)
		conf_error(errors, &w[3], "%s", err.text);
	else if (keys_bind(c->keys, w[1].text, w[2].text, w[3].text, l->n > 4 ? w[4].text : "",
			 &err) < 0)
		conf_error(errors, keys_context(w[1].text) ? &w[2] : &w[1], "%s", err.text);
}

static void config_unbind(
	struct ui_config *c, const struct conf_line *l, struct conf_errors *errors)
{
	const struct conf_word *w = l->words;
	struct err err = {0};

	if (l->n != 3)
		conf_error(errors, &w[0], _("unbind needs a screen and a key"));
	else if (keys_unbind(c->keys, w[1].text, w[2].text, &err) < 0)
		conf_error(errors, keys_context(w[1].text) ? &w[2] : &w[1], "%s", err.text);
}

static const char *near_style(const char *name)
{
	const char *best = NULL;
	size_t least = strlen(name) / 3 + 2;

	for (int i = 0; i < STYLES; i++) {
		size_t d = str_distance(name, style_name((enum style)i));

		if (d < least) {
			least = d;
			best = style_name((enum style)i);
		}
	}
	return best;
}

static void config_color(struct ui_config *c, const struct conf_line *l, struct conf_errors *errors)
{
	const struct conf_word *w = l->words;
	struct style_look look = {COLOR_NONE, COLOR_NONE, 0};
	int style = l->n > 1 ? style_find(w[1].text) : -1, colors = 0;
	struct err err = {0};

	if (l->n < 3) {
		conf_error(errors, &w[0], _("color needs a style and a color"));
		return;
	}
	if (style < 0) {
		const char *near = near_style(w[1].text);

		if (near)
			conf_error(errors, &w[1], _("there is no style “%s”; did you mean “%s”?"),
				w[1].text, near);
		else
			conf_error(errors, &w[1], _("there is no style “%s”"), w[1].text);
		return;
	}
	for (size_t i = 2; i < l->n; i++) {
		unsigned attr = style_attr(w[i].text);

		look.attr |= (unsigned char)attr;
		if (attr)
			continue;
		if (colors > 1 || style_color(w[i].text, colors ? &look.bg : &look.fg, &err) < 0) {
			conf_error(errors, &w[i], "%s",
				colors > 1 ? _("more than two colors") : err.text);
			return;
		}
		colors++;
	}
	c->styles.look[style] = look;
	c->styles.own[style] = true;
}

void ui_config_line(void *ctx, const struct conf_line *l, struct conf_errors *errors)
{
	static const char *const known[] = {"account", "bind", "color", "set", "unbind"};
	const char *name = l->words[0].text, *near = NULL;
	size_t least = strlen(name) / 3 + 2;

	if (strcmp(name, "bind") == 0) {
		config_bind(ctx, l, errors);
	} else if (strcmp(name, "unbind") == 0) {
		config_unbind(ctx, l, errors);
	} else if (strcmp(name, "color") == 0) {
		config_color(ctx, l, errors);
	} else {
		for (size_t i = 0; i < MEM_COUNT(known); i++)
			if (str_distance(name, known[i]) < least) {
				least = str_distance(name, known[i]);
				near = known[i];
			}
		if (near)
			conf_error(errors, &l->words[0], _("“%s” is not known; did you mean “%s”?"),
				name, near);
		else
			conf_error(errors, &l->words[0],
				_("“%s” is not known: a line begins with set, account, bind, "
				  "unbind "
				  "or color"),
				name);
	}
}

void commands_manual(struct str *out)
{
	for (size_t i = 0; i < MEM_COUNT(table); i++) {
		str_addf(out, ".It Ic %s", table[i].name);
		if (*table[i].args)
			str_addf(out, " Ar \"%s\"", table[i].args);
		str_addc(out, '\n');
		for (const char *p = table[i].help; *p; p++) {
			if (*p == '-')
				str_adds(out, "\\-");
			else
				str_addc(out, *p);
		}
		str_adds(out, ".\n");
	}
}
