/* The links of a message. */
#include "ui/view_list.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"

#include <stdlib.h>

struct links_view {
	struct list_view list;
	struct strv links;
};

static struct strv *links_of(struct list_view *x)
{
	return &((struct links_view *)(void *)x)->links;
}

static size_t links_count(struct list_view *x)
{
	return links_of(x)->n;
}

static void links_row(struct list_view *x, size_t i, struct line *out, int width)
{
	line_addf(out, STYLE_DIM, "%3zu  ", i + 1);
	line_pad(out, STYLE_LINK, links_of(x)->v[i], width - 6);
}

void links_follow(struct app *a, const char *url)
{
	const char *browser = getenv("BROWSER");
	int account = app_account(a);

	if (str_istarts(url, "mailto:"))
		app_await(a,
			engine_compose(a->engine, (size_t)(account < 0 ? 0 : account),
				COMPOSE_MAILTO, NULL, 0, url),
			view_compose_came, NULL, NULL);
	else if (str_istarts(url, "http://") || str_istarts(url, "https://") ||
		 str_istarts(url, "ftp://"))
		app_run_child(a, browser && *browser ? browser : "xdg-open", url, NULL, NULL, NULL);
	else
		app_error(a, _("Only web and mail links are opened"));
}

static void links_open(struct list_view *x, size_t i)
{
	links_follow(x->v.app, links_of(x)->v[i]);
}

static void links_done(struct list_view *x)
{
	strv_done(links_of(x));
}

static const struct list_ops links_list = {.empty = N_("This message has no links"),
	.count = links_count,
	.row = links_row,
	.open = links_open,
	.done = links_done};

static const struct hint hints[] = {
	{"back", N_("Back")}, {"open", N_("Open")}, {"search", N_("Search")}, {NULL, NULL}};

const struct view_ops view_links_ops = {
	.context = UI_LINKS,
	.label = N_("Links"),
	.hints = hints,
	LIST_VIEW,
};

struct view *view_links_new(struct app *a, const struct strv *links)
{
	struct links_view *x = list_new(a, sizeof(*x), &view_links_ops, &links_list);

	for (size_t i = 0; i < links->n; i++)
		strv_add(&x->links, links->v[i]);
	return &x->list.v;
}
