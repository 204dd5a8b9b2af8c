/* Tabs, and the screens that lie one over the other in each. */
#include "ui/ui.h"

#include "base/i18n.h"
#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

struct view *app_tab_top(struct app *a, int tab)
{
	struct tab *t = &a->tabs[tab];

	return t->n ? t->stack[t->n - 1] : NULL;
}

struct view *app_view(struct app *a)
{
	return a->ntabs ? app_tab_top(a, a->tab) : NULL;
}

struct view *app_find_view(struct app *a, unsigned context)
{
	struct tab *t = &a->tabs[a->tab];

	for (int i = t->n; i > 0; i--)
		if (t->stack[i - 1]->ops->context & context)
			return t->stack[i - 1];
	return NULL;
}

void app_each_view(struct app *a, unsigned context, void (*fn)(struct view *v))
{
	for (int t = 0; t < a->ntabs; t++)
		for (int i = 0; i < a->tabs[t].n; i++)
			if (a->tabs[t].stack[i]->ops->context & context)
				fn(a->tabs[t].stack[i]);
}

int app_account(struct app *a)
{
	struct tab *t = &a->tabs[a->tab];
	int account = -1;

	if (engine_accounts(a->engine) == 0)
		return -1;
	for (int i = t->n; i > 0 && account < 0; i--)
		if (t->stack[i - 1]->ops->account)
			account = t->stack[i - 1]->ops->account(t->stack[i - 1]);
	if (account < 0 && a->ntabs)
		account = t->account;
	return account < 0 ? 0 : account;
}

void app_relayout(struct app *a)
{
	struct view *v = app_view(a);
	struct layout_options o = {.sidebar = a->sidebar,
		.sidebar_width = (int)settings_int(a->settings, SET_SIDEBAR_WIDTH),
		.keybar = settings_bool(a->settings, SET_KEYBAR),
		.both = v && v->ops->split,
		.mode = (enum layout_mode)settings_int(a->settings, SET_LAYOUT),
		.list_lines = (int)settings_int(a->settings, SET_PREVIEW_LINES),
		.message_cols = (int)settings_int(a->settings, SET_WRAP) + 2};
	const struct region *at;

	layout_compute(&a->layout, term_rows(), term_cols(), &o);
	at = a->layout.both && v != app_find_view(a, UI_INDEX) ? &a->layout.preview
							       : &a->layout.main;
	if (v && v->ops->show && !a->layout.too_small)
		v->ops->show(v, at->rows, at->cols - 2);
	a->dirty = true;
}

void app_dispose(struct app *a, struct view *v)
{
	app_forget(a, v);
	v->ops->close(v);
}

static bool push_on(struct app *a, struct tab *t, struct view *v)
{
	if (t->n == MAX_STACK) {
		app_error(a, _("Too many screens are open one over the other; q leaves one"));
		app_dispose(a, v);
		return false;
	}
	t->stack[t->n++] = v;
	app_relayout(a);
	return true;
}

bool app_push(struct app *a, struct view *v)
{
	return push_on(a, &a->tabs[a->tab], v);
}

static struct tab *tab_of(struct app *a, const struct view *v)
{
	for (int i = 0; i < a->ntabs; i++)
		for (int k = 0; k < a->tabs[i].n; k++)
			if (a->tabs[i].stack[k] == v)
				return &a->tabs[i];
	return NULL;
}

bool app_push_over(struct app *a, const struct view *below, struct view *v)
{
	struct tab *t = tab_of(a, below);

	return push_on(a, t ? t : &a->tabs[a->tab], v);
}

void tabs_close_top(struct app *a, struct tab *t)
{
	app_dispose(a, t->stack[--t->n]);
}

static void drop_tab(struct app *a, int i)
{
	int opener = a->tabs[i].opener;

	free(a->tabs[i].folder);
	memmove(&a->tabs[i], &a->tabs[i + 1], (size_t)(a->ntabs - i - 1) * sizeof(*a->tabs));
	a->ntabs--;
	memset(&a->tabs[a->ntabs], 0, sizeof(*a->tabs));
	if (a->tab == i)
		a->tab = opener < i ? opener : i > 0 ? i - 1 : 0;
	else if (a->tab > i)
		a->tab--;
	for (int t = 0; t < a->ntabs; t++)
		if (a->tabs[t].opener >= i && a->tabs[t].opener > 0)
			a->tabs[t].opener--;
}

/* There is always a screen. */
void tabs_ensure(struct app *a)
{
	if (a->ntabs == 0) {
		a->ntabs = 1;
		a->tab = 0;
		a->tabs[0] = (struct tab){.account = -1};
	}
	if (!app_view(a))
		app_show_tab(a, a->tab);
}

void app_close_view(struct app *a, struct view *v)
{
	for (int i = 0; i < a->ntabs; i++) {
		struct tab *t = &a->tabs[i];
		int at = 0;

		while (at < t->n && t->stack[at] != v)
			at++;
		if (at == t->n)
			continue;
		while (t->n > at)
			tabs_close_top(a, t);
		if (t->n == 0)
			drop_tab(a, i);
		break;
	}
	tabs_ensure(a);
	app_relayout(a);
}

/* The lowest view of a list. */
static int list_at(const struct tab *t, const struct msglist *l)
{
	for (int i = 0; i < t->n; i++)
		if (t->stack[i]->ops->list && t->stack[i]->ops->list(t->stack[i]) == l)
			return i;
	return -1;
}

void app_close_list(struct app *a, const struct msglist *l)
{
	for (int i = 0; i < a->ntabs; i++) {
		struct tab *t = &a->tabs[i];
		int at = list_at(t, l);
		struct view *kept = NULL;

		if (at < 0)
			continue;
		/* Who deletes one folder after the other does so there. */
		if (t->stack[t->n - 1]->ops->stays)
			kept = t->stack[--t->n];
		while (t->n > at)
			tabs_close_top(a, t);
		if (kept)
			t->stack[t->n++] = kept;
		if (t->n == 0)
			drop_tab(a, i);
		break;
	}
	tabs_ensure(a);
	app_relayout(a);
}

int app_new_tab(struct app *a, struct view *v)
{
	if (a->ntabs == MAX_TABS)
		return -1;
	a->tabs[a->ntabs] =
		(struct tab){.stack = {v}, .n = 1, .account = app_account(a), .opener = a->tab};
	a->tab = a->ntabs++;
	app_relayout(a);
	return 0;
}

void app_show_tab(struct app *a, int i)
{
	struct tab *t = &a->tabs[i];

	a->tab = i;
	a->side_active = false;
	if (t->n == 0) {
		t->stack[0] = a->fill_tab(a, t);
		t->n = 1;
	}
	app_relayout(a);
}
