#include "ui/app.h"
#include "ui/folder_tree.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "ui/views.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EVENTS_AT_ONCE = 256, IDLE_MS = 30000, MAX_HELD = 256 };

/* Who waits for the answer hears at once that none comes. */
static void give_up(struct app *a)
{
	struct event ev = {.kind = EVENT_CANCELLED, .request = a->holding, .account = -1};
	struct await w;

	engine_cancel(a->engine, a->holding);
	ask_drop_keys(a);
	app_message(a, _("Cancelled"));
	if (ask_take_await(a, ev.request, &w))
		w.fn(a, w.ctx, &ev);
}

/* True: the key waits, or ended the waiting. */
static bool hold_key(struct app *a, const struct term_key *k)
{
	if (!a->holding)
		return false;
	if (strcmp(k->name, "Esc") == 0 || strcmp(k->name, "Ctrl-G") == 0) {
		give_up(a);
		return true;
	}
	if (a->nheld < MAX_HELD) {
		a->held = mem_grow(a->held, &a->cap_held, a->nheld + 1, sizeof(*a->held));
		a->held[a->nheld] = *k;
		a->held[a->nheld++].text = k->text ? mem_strdup(k->text) : NULL;
	} else {
		app_error(a, _("Too many keys were typed ahead; the last of them are lost"));
	}
	return true;
}

/* One of them may begin the next search: the rest waits again. */
static void play_held(struct app *a)
{
	struct term_key k;

	while (a->nheld && !a->holding && !a->quit && !a->child.pid) {
		k = a->held[0];
		memmove(a->held, a->held + 1, --a->nheld * sizeof(*a->held));
		app_input(a, &k);
		mem_free_secret(k.text);
	}
}

void app_events(struct app *a)
{
	struct event *ev;

	/* Bounded: keys must not wait behind a flood. */
	for (int i = 0; i < EVENTS_AT_ONCE && (ev = engine_next(a->engine)); i++) {
		inbox_take(a, ev);
		event_free(ev);
		play_held(a);
	}
}

/* --- keys --- */

static void click(struct app *a, const struct term_key *k)
{
	const struct layout *l = &a->layout;
	struct view *v = app_view(a);
	int tab;

	if (k->row == l->tabs.row) {
		tab = frame_tab_at(a, k->col);
		if (tab >= 0)
			app_show_tab(a, tab);
	} else if (l->border_col >= 0 && k->col < l->border_col) {
		ptrdiff_t row = frame_side_at(a, k->row);

		if (row >= 0)
			folders_open(a, (size_t)row);
	} else if (k->row >= l->main.row && k->row < l->main.row + l->main.rows) {
		/* What is clicked on is the list over the message. */
		if (l->both && v != app_find_view(a, UI_INDEX)) {
			app_close_view(a, v);
			v = app_view(a);
		}
		if (v->ops->click)
			v->ops->click(v, k->row - l->main.row, k->col - l->main.col);
	}
}

static bool is_bound(struct app *a, const char *name)
{
	return keys_find(a->config->keys, app_view(a)->ops->context, name) != NULL;
}

/* Whether the keys go to the list at the side, and the key was for that alone: to leave it. */
static bool leaves_side(struct app *a, const char *line)
{
	const struct command *c = commands_first(line);
	bool was = a->side_active;

	if (!c || !(c->traits & COMMAND_SIDE))
		a->side_active = false;
	return was && c && c->traits & COMMAND_LEAVES;
}

static void bound_key(struct app *a, const char *name)
{
	struct view *v = app_view(a);
	const struct key_binding *b = keys_find(a->config->keys, v->ops->context, name);
	char *line;

	a->esc_prefix = false;
	if (!b) {
		const char *help = keys_of(a->config->keys, v->ops->context, "help");

		app_message(a, _("The key %s does nothing here; %s shows the keys"), name,
			help ? help : ":help");
		return;
	}
	if (leaves_side(a, b->command))
		return;
	/* The command may bind the key anew. */
	line = mem_strdup(b->command);
	commands_run(a, line);
	free(line);
}

static void tell_key(struct app *a, const char *name)
{
	const struct key_binding *b = keys_find(a->config->keys, app_view(a)->ops->context, name);

	a->what_key = a->esc_prefix = false;
	app_message(a, "%s: %s", name, b ? b->command : _("nothing here"));
}

void app_input(struct app *a, const struct term_key *k)
{
	char name[40];

	a->dirty = true;
	if (strcmp(k->name, "Background") == 0) {
		app_theme(a);
		return;
	}
	if (hold_key(a, k))
		return;
	if (a->prompt.active) {
		a->prompt_cut = k->cut;
		if (strcmp(k->name, "Click") != 0)
			ask_key(a, k);
		return;
	}
	a->message_shown = false;
	if (strcmp(k->name, "Click") == 0) {
		click(a, k);
	} else if (strcmp(k->name, "Paste") == 0) {
		app_message(a, _("Text was pasted, but nothing asks for text here"));
	} else if (strcmp(k->name, "Esc") == 0) {
		/* Esc and then a key is the same as Alt and the key, as in mutt. */
		a->esc_prefix = !a->esc_prefix;
		a->tag_prefix = a->side_active = a->marks = false;
	} else {
		/* Who meant Esc alone, to leave something, has it as that: the key is one by itself
		 * where it means nothing with Alt. */
		snprintf(name, sizeof(name), "Alt-%s", k->name);
		(a->what_key ? tell_key : bound_key)(
			a, a->esc_prefix && is_bound(a, name) ? name : k->name);
	}
}

static void drain_keys(struct app *a)
{
	struct term_key k;

	while (!a->quit && !a->child.pid && term_key(&k)) {
		app_input(a, &k);
		mem_free_secret(k.text);
	}
}

/* --- the loop --- */

static void handle_signals(struct app *a)
{
	unsigned s = term_signals();

	if (s & TERM_QUIT)
		a->quit = true;
	if (s & TERM_CHILD)
		app_child_look(a);
	if (s & TERM_STOP) {
		term_suspend();
		app_relayout(a);
	}
	if (s & (TERM_RESIZE | TERM_CONT) && !a->child.pid) {
		if (s & TERM_CONT)
			term_resume();
		term_resized();
		app_relayout(a);
	}
}

static int64_t earlier(int64_t a, int64_t b)
{
	return b && b < a ? b : a;
}

static int wait_time(struct app *a, int64_t now)
{
	int64_t next = now + IDLE_MS;
	struct account_info info;

	if (a->message_shown)
		next = earlier(next, a->message_until);
	for (int t = 0; t < a->ntabs; t++) {
		struct view *v = app_tab_top(a, t);

		if (v && v->ops->tick)
			next = earlier(next, v->ops->tick(v, now));
	}
	for (size_t i = 0; i < engine_accounts(a->engine); i++) {
		engine_account(a->engine, i, &info);
		if (info.state == STATE_WAITING)
			next = earlier(next, now + 1000);
	}
	return next <= now ? 0 : (int)(next - now);
}

/* What time alone changes: old messages, countdowns, the dates of the list. */
static void pass_time(struct app *a, int64_t now)
{
	if (a->message_shown && now >= a->message_until && !a->prompt.active)
		a->message_shown = false;
	a->dirty = true;
}

void app_paint(struct app *a)
{
	ask_waiting(a);
	a->dirty = false;
	frame_draw(a);
	term_flush();
}

static void loop(struct app *a)
{
	while (!a->quit) {
		struct pollfd fds[3] = {{.fd = term_signal_fd(), .events = POLLIN},
			{.fd = engine_fd(a->engine), .events = POLLIN},
			/* Another program has the terminal: its keys are not ours. */
			{.fd = a->child.pid ? -1 : term_fd(), .events = POLLIN}};
		int timeout, n;

		timeout = wait_time(a, clock_ms());
		if (a->dirty && term_is_on())
			app_paint(a);
		n = poll(fds, 3, timeout);
		if (n < 0 && errno != EINTR)
			break;
		if (n == 0)
			pass_time(a, clock_ms());
		handle_signals(a);
		if (fds[2].revents & (POLLHUP | POLLERR | POLLNVAL))
			a->quit = true;
		if (!a->child.pid)
			drain_keys(a);
		app_events(a);
	}
}

/* --- the end --- */

static char *history_path(void)
{
	char *dir = settings_dir_state(), *path = dir ? file_join(dir, "history") : NULL;

	free(dir);
	return path;
}

void app_done(struct app *a, const char *path)
{
	char *folded = folder_tree_path(path);
	struct err err = {0};

	while (a->ntabs) {
		struct tab *t = &a->tabs[a->ntabs - 1];

		while (t->n)
			tabs_close_top(a, t);
		free(t->folder);
		a->ntabs--;
	}
	ask_done(a);
	app_drop_pipes(a);
	/* The terminal is the shell's again. */
	if (path && history_save(a->history, path, &err) < 0)
		fprintf(stderr, _("talaria: what was typed is not remembered: %s\n"), err.text);
	history_free(a->history);
	if (folded && folder_tree_save(a->tree, folded, &err) < 0)
		fprintf(stderr, _("talaria: which folders are folded is not remembered: %s\n"),
			err.text);
	free(folded);
	folder_tree_free(a->tree);
	ask_drop_keys(a);
	free(a->held);
	free(a->child_command);
	free(a->last_search);
	for (size_t i = 0; a->reasons && i < engine_accounts(a->engine); i++)
		free(a->reasons[i]);
	free(a->reasons);
}

int app_run(struct engine *e, struct settings *s, const struct app_start *start)
{
	struct ui_config *own = start->config ? NULL : ui_config_new();
	struct ui_config *config = own ? own : start->config;
	struct style_set styles = config->styles;
	struct err err = {0};
	struct app a;
	char *path;

	style_theme(&styles, app_theme_name(s));
	if (term_start(&styles, settings_bool(s, SET_MOUSE), &err) < 0) {
		fprintf(stderr, "talaria: %s\n", err.text);
		ui_config_free(own);
		return 1;
	}
	if (app_theme_is_auto(s))
		term_ask_background();
	path = history_path();
	app_init(&a, e, s, start, config, path);
	loop(&a);
	/* The terminal first: what follows may take a moment, and the shell should be there. */
	term_stop();
	app_done(&a, path);
	free(path);
	ui_config_free(own);
	return 0;
}
