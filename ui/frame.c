/* Everything around the views: tabs, the list at the side, status line, key bar, questions. */
#include "ui/term.h"
#include "ui/views.h"

#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

/* --- tabs --- */

static void tab_title(struct app *a, int i, struct str *out)
{
	struct view *v = app_tab_top(a, i);
	struct account_info info;

	if (v && v->ops->title) {
		v->ops->title(v, out);
	} else if (v) {
		str_adds(out, _(v->ops->label));
	} else if (a->tabs[i].account >= 0) {
		engine_account(a->engine, (size_t)a->tabs[i].account, &info);
		str_adds(out, info.name);
	}
}

static int tab_width(struct app *a)
{
	int room = a->layout.tabs.cols / (a->ntabs ? a->ntabs : 1) - 4;

	return room > 32 ? 32 : room < 6 ? 6 : room;
}

static void add_tab(struct app *a, int i, struct line *line)
{
	int style = i == a->tab ? STYLE_TAB_ACTIVE : STYLE_TABS, max = tab_width(a), w;
	struct str s = STR_INIT;

	tab_title(a, i, &s);
	w = utf8_columns(str_c(&s), s.len);
	line_addf(line, style, " %d ", i + 1);
	line_pad(line, style, str_c(&s), w < max ? w : max);
	line_add(line, style, " ");
	str_done(&s);
}

static void draw_tabs(struct app *a)
{
	struct line line = LINE_INIT;

	for (int i = 0; i < a->ntabs; i++)
		add_tab(a, i, &line);
	draw_line_kept(&a->layout.tabs, 0, &line, 0, STYLE_TABS);
	line_done(&line);
}

int frame_tab_at(struct app *a, int col)
{
	struct line line = LINE_INIT;
	int found = -1;

	for (int i = 0; i < a->ntabs && found < 0; i++) {
		add_tab(a, i, &line);
		if (col < line_columns(&line))
			found = i;
	}
	line_done(&line);
	return found;
}

/* --- the side --- */

static ptrdiff_t current_row(struct app *a)
{
	struct view *v = app_find_view(a, UI_INDEX);

	return v ? folders_find(a, view_index_account(v), msglist_folder(view_index_list(v))) : -1;
}

/* The first row that is seen. */
static size_t side_top(const struct app *a)
{
	size_t rows = (size_t)a->layout.side.rows;

	return a->side_cursor >= rows ? a->side_cursor - rows + 1 : 0;
}

ptrdiff_t frame_side_at(struct app *a, int row)
{
	const struct region *r = &a->layout.side;
	size_t at = side_top(a) + (size_t)(row - r->row);

	return row >= r->row && row < r->row + r->rows && at < folders_rows(a) ? (ptrdiff_t)at : -1;
}

static void draw_border(struct app *a, const struct region *r)
{
	for (int i = 0; i < r->rows; i++)
		term_put(r->row + i, r->col, 1, STYLE_BORDER, app_ascii(a) ? "|" : "│",
			app_ascii(a) ? 1 : strlen("│"));
}

static void draw_side(struct app *a)
{
	const struct region *r = &a->layout.side;
	ptrdiff_t here = current_row(a);
	size_t n = folders_rows(a), top;
	struct line line = LINE_INIT;

	if (!a->side_active && here >= 0)
		a->side_cursor = (size_t)here;
	top = side_top(a);
	for (int i = 0; i < r->rows && top + (size_t)i < n; i++) {
		size_t row = top + (size_t)i;
		int flags = 0;

		if (a->side_active && row == a->side_cursor)
			flags = STYLE_SELECTED;
		else if ((ptrdiff_t)row == here)
			flags = STYLE_SELECTED_DIM;
		if (flags == STYLE_SELECTED)
			term_cursor(r->row + i, r->col, false);
		line_clear(&line);
		folders_line(a, row, &line, r->cols);
		draw_line_kept(r, i, &line, flags, STYLE_PLAIN);
	}
	line_done(&line);
	draw_border(a, &(struct region){r->row, a->layout.border_col, r->rows, 1});
}

/* --- status line --- */

enum { REASON_COLUMNS = 34 };

/* Only its beginning: the folder's own line has to stay, and the whole of it was said. */
static void add_reason(struct line *out, const char *reason)
{
	size_t len = strlen(reason), n = utf8_fit(reason, len, REASON_COLUMNS, NULL);

	line_addf(out, STYLE_STATUS, "%.*s%s", (int)n, reason, n < len ? "…" : "");
}

static void add_state(struct app *a, const struct account_info *info, struct line *out)
{
	bool ascii = app_ascii(a);
	int64_t left = (info->retry_at - clock_ms() + 999) / 1000;

	switch (info->state) {
	case STATE_ONLINE:
		line_add(out, STYLE_STATUS_OK, ascii ? "* " : "● ");
		line_add(out, STYLE_STATUS, _("online"));
		break;
	case STATE_CONNECTING:
		line_add(out, STYLE_STATUS_WARN, ascii ? "o " : "◌ ");
		line_add(out, STYLE_STATUS, _("connecting"));
		break;
	case STATE_WAITING:
		line_add(out, STYLE_STATUS_WARN, ascii ? "o " : "○ ");
		line_addf(out, STYLE_STATUS, _("again in %d s"), (int)(left > 0 ? left : 0));
		if (*info->reason) {
			line_add(out, STYLE_STATUS, ": ");
			add_reason(out, info->reason);
		}
		break;
	case STATE_FAILED:
		line_add(out, STYLE_STATUS_BAD, ascii ? "x " : "✗ ");
		add_reason(out, *info->reason ? info->reason : _("failed"));
		break;
	case STATE_FOLLOWING:
		line_add(out, STYLE_STATUS_OK, ascii ? "= " : "◐ ");
		line_add(out, STYLE_STATUS, _("another Talaria synchronises"));
		break;
	case STATE_OFFLINE:
		line_add(out, STYLE_STATUS_WARN, ascii ? "o " : "○ ");
		line_add(out, STYLE_STATUS, _("offline"));
		break;
	}
	if (info->insecure)
		line_add(out, STYLE_STATUS_BAD, _("  not encrypted!"));
	line_add(out, STYLE_STATUS, "   ");
}

static void add_right(struct app *a, const struct account_info *info, struct line *out)
{
	if ((a->progress_request || a->progress_quiet) && a->progress_total) {
		struct str s = STR_INIT;

		if (a->progress_bytes) {
			draw_size(&s, a->progress_bytes);
			line_addf(out, STYLE_STATUS, _("%llu of %llu, %s  "),
				(unsigned long long)a->progress_done,
				(unsigned long long)a->progress_total, str_c(&s));
		}
		str_done(&s);
		line_addf(out, STYLE_STATUS, "%d%% ",
			(int)(a->progress_done * 100 / a->progress_total));
		draw_bar(out, STYLE_PROGRESS, a->progress_done, a->progress_total, 9, app_ascii(a));
	} else if (a->progress_request && a->progress_bytes) {
		struct str s = STR_INIT;

		draw_size(&s, a->progress_bytes);
		line_add(out, STYLE_STATUS, str_c(&s));
		str_done(&s);
	} else if (a->to_index) {
		line_addf(out, STYLE_STATUS, _("texts are indexed: %d%%"),
			(int)(a->indexed * 100 / a->to_index));
	}
	if (info && info->pending)
		line_addf(out, STYLE_STATUS_WARN, _("  %zu waiting"), info->pending);
	if (info && info->to_send)
		line_addf(out, STYLE_STATUS_WARN, _("  %zu to send"), info->to_send);
	if (info && info->outbox > info->to_send)
		line_addf(
			out, STYLE_STATUS_WARN, _("  %zu not sent"), info->outbox - info->to_send);
	if (a->tag_prefix)
		line_add(out, STYLE_STATUS_WARN, _("  tagged:"));
	if (a->esc_prefix)
		line_add(out, STYLE_STATUS_WARN, "  Esc-");
	line_add(out, STYLE_STATUS, " ");
}

void frame_status(struct app *a, struct line *left, struct line *right)
{
	struct view *v = app_view(a);
	struct account_info info;
	int account = app_account(a);

	line_add(left, STYLE_STATUS, " ");
	if (account >= 0) {
		engine_account(a->engine, (size_t)account, &info);
		line_addf(
			left, STYLE_STATUS, "%s %s ", info.name, protocol_row(info.protocol)->key);
		add_state(a, &info, left);
	}
	if (v->ops->status)
		v->ops->status(v, left);
	add_right(a, account >= 0 ? &info : NULL, right);
}

/* What waits is never cut off by what is only good to know. */
static void draw_status(struct app *a)
{
	const struct region *r = &a->layout.status;
	struct line left = LINE_INIT, right = LINE_INIT;
	struct region begin = *r, end = *r;
	const char *cut = app_ascii(a) ? "." : "…";

	frame_status(a, &left, &right);
	end.cols = line_columns(&right);
	if (end.cols < r->cols) {
		begin.cols = r->cols - end.cols;
		end.col = r->col + begin.cols;
		draw_line(&end, 0, &right, 0, STYLE_STATUS);
	}
	draw_line(&begin, 0, &left, 0, STYLE_STATUS);
	if (line_columns(&left) > begin.cols) /* a number that lost its end would be another one */
		draw_over(&begin, 0, begin.cols - 1, STYLE_STATUS, cut, strlen(cut));
	line_done(&left);
	line_done(&right);
}

/* --- key bar --- */

static int add_hint(
	struct app *a, struct line *out, unsigned context, const struct hint *h, int room)
{
	const char *key = keys_of(a->config->keys, context, h->command), *label = _(h->label);
	int w;

	if (!key)
		return 0;
	w = utf8_columns(key, strlen(key)) + utf8_columns(label, strlen(label)) + 3;
	/* The most useful come first: what follows one that does not fit is left out, too. */
	if (w > room)
		return room;
	line_addf(out, STYLE_KEYBAR_KEY, " %s", key);
	line_addf(out, STYLE_KEYBAR, " %s ", label);
	return w;
}

void frame_keybar(struct app *a, struct line *out, int width)
{
	static const struct hint help = {"help", N_("Help")};
	const struct view_ops *ops = app_view(a)->ops;
	struct line last = LINE_INIT;
	int room = width - add_hint(a, &last, ops->context, &help, width);

	for (const struct hint *h = ops->hints; h->command; h++)
		room -= add_hint(a, out, ops->context, h, room);
	for (size_t i = 0; i < last.n; i++)
		line_addn(out, last.parts[i].style, str_c(&last.text) + last.parts[i].start,
			last.parts[i].len);
	line_done(&last);
}

/* --- questions and messages --- */

static void prompt_text(struct prompt *p, struct str *out, size_t *cursor)
{
	if (p->kind == PROMPT_PASSWORD) {
		int n = utf8_columns(str_c(&p->text), p->cursor);
		int all = utf8_columns(str_c(&p->text), p->text.len);

		for (int i = 0; i < all; i++)
			str_addc(out, '*');
		*cursor = (size_t)n;
		return;
	}
	str_add(out, str_c(&p->text), p->text.len);
	*cursor = p->cursor;
}

enum { LEAST_ANSWER = 8 };

/* The end of a long question, from a word on, that fits: what it asks for stands there. The words
 * before go into the row above. */
static const char *last_part(const char *label, int columns)
{
	const char *p = label;

	if (columns < 1)
		columns = 1;
	while (utf8_columns(p, strlen(p)) > columns) {
		const char *blank = strchr(p, ' ');

		if (blank && blank[1] && (size_t)(blank - p) <= (size_t)columns) {
			p = blank + 1;
			continue;
		}
		utf8_next(&p, p + strlen(p));
	}
	return p;
}

static void draw_over_status(struct app *a, int style, const char *s, size_t len)
{
	const struct region *r = &a->layout.status;
	struct line line = LINE_INIT;
	size_t fits = utf8_fit(s, len, r->cols - 1, NULL);

	line_addn(&line, style, s, fits);
	if (fits < len)
		line_add(&line, style, app_ascii(a) ? "." : "…");
	term_fill(r->row, r->col, r->cols, STYLE_PLAIN);
	draw_line(r, 0, &line, 0, STYLE_PLAIN);
	line_done(&line);
}

/* Where the text before the cursor begins that room columns can show. */
static size_t first_that_fits(const char *s, size_t cursor, int room)
{
	size_t from = cursor, at = cursor;

	while (at > 0) {
		const char *q;

		at--;
		while (at > 0 && ((unsigned char)s[at] & 0xC0) == 0x80)
			at--;
		q = s + at;
		room -= utf8_width(utf8_next(&q, s + cursor));
		if (room < 0)
			break;
		from = at;
	}
	return from;
}

/* The part of a long line around the cursor that fits. */
static void draw_prompt(struct app *a)
{
	const struct region *r = &a->layout.bar;
	struct prompt *p = &a->prompt;
	struct str s = STR_INIT;
	struct line line = LINE_INIT;
	const char *question = last_part(p->label, r->cols - LEAST_ANSWER);
	size_t cursor, from = 0;
	int label = utf8_columns(question, strlen(question)), room;

	if (question > p->label)
		draw_over_status(a, STYLE_PROMPT, p->label, (size_t)(question - p->label));
	room = r->cols - label - 1;
	prompt_text(p, &s, &cursor);
	from = first_that_fits(str_c(&s), cursor, room);
	line_pad(&line, STYLE_PROMPT, question, label);
	line_addn(&line, STYLE_PLAIN, str_c(&s) + from,
		utf8_fit(str_c(&s) + from, s.len - from, r->cols, NULL));
	term_fill(r->row, r->col, r->cols, STYLE_PLAIN);
	draw_line(r, 0, &line, 0, STYLE_PLAIN);
	term_cursor(r->row,
		r->col + label +
			(p->kind == PROMPT_CHOICE ? 0
						  : utf8_columns(str_c(&s) + from, cursor - from)),
		true);
	line_done(&line);
	mem_free_secret(str_steal(&s));
}

static void draw_choices(struct app *a)
{
	struct prompt *p = &a->prompt;
	const char *more = p->more ? _(" and more: go on typing") : "";
	int tail = utf8_columns(more, strlen(more));
	struct region row = a->layout.status, rest = row, *r = &row;
	struct line line = LINE_INIT;
	size_t first = 0;
	int used = 0;

	if (tail > row.cols / 2)
		tail = 0;
	row.cols -= tail;
	rest.col += row.cols;
	rest.cols = tail;
	/* Pages of candidates, so that the one chosen is seen. */
	for (size_t i = 0; p->found_at < p->found.n && i <= p->found_at; i++) {
		int w = utf8_columns(p->found.v[i], strlen(p->found.v[i])) + 2;

		if (used + w > r->cols) {
			first = i;
			used = 0;
		}
		used += w;
	}
	for (size_t i = first; i < p->found.n && line_columns(&line) < r->cols; i++) {
		int style = i == p->found_at ? STYLE_CURSOR : STYLE_CHOICES;

		line_addf(&line, style, " %s ", p->found.v[i]);
	}
	draw_line(r, 0, &line, 0, STYLE_CHOICES);
	if (tail) {
		line_clear(&line);
		line_add(&line, STYLE_CHOICES, more);
		draw_line(&rest, 0, &line, 0, STYLE_CHOICES);
	}
	line_done(&line);
}

static bool keybar_kept(struct app *a, const struct region *r)
{
	const unsigned numbers[] = {app_view(a)->ops->context, keys_version(a->config->keys)};
	struct str key = STR_INIT;
	bool kept;

	str_adds(&key, "keybar");
	str_add(&key, (const char *)numbers, sizeof(numbers));
	kept = draw_kept(r, 0, &key);
	str_done(&key);
	return kept;
}

static void draw_bottom(struct app *a, bool keybar)
{
	const struct region *r = &a->layout.bar;
	struct line line = LINE_INIT;

	if (a->prompt.active) {
		draw_prompt(a);
		if (a->prompt.cycling && a->prompt.found.n > 1)
			draw_choices(a);
		else if (a->prompt.said.len)
			draw_over_status(a, a->prompt.wrong ? STYLE_ERROR : STYLE_MESSAGE,
				a->prompt.said.p, a->prompt.said.len);
		if (a->prompt.full || a->prompt_cut) {
			const char *s = a->prompt.full
						? _("The line is full: nothing more was taken")
						: _("More was pasted than can be taken: its end is "
						    "missing");

			draw_over_status(a, STYLE_ERROR, s, strlen(s));
		}
	} else if (a->message_shown && a->nmessages) {
		const struct message *m = &a->messages[a->message_at];

		line_add(&line, STYLE_PLAIN, " ");
		line_pad(&line, m->error ? STYLE_ERROR : STYLE_MESSAGE, m->text, r->cols - 1);
		term_fill(r->row, r->col, r->cols, STYLE_PLAIN);
		draw_line(r, 0, &line, 0, STYLE_PLAIN);
	} else if (keybar && !keybar_kept(a, r)) {
		frame_keybar(a, &line, r->cols);
		draw_line(r, 0, &line, 0, STYLE_PLAIN);
	}
	line_done(&line);
}

/* On a large screen the list stays beside or over the message, whichever of the two has the keys.
 */
static void draw_main(struct app *a, struct view *v)
{
	const struct layout *l = &a->layout;
	struct view *index = app_find_view(a, UI_INDEX);

	if (!l->both) {
		v->ops->draw(v, &l->main);
		return;
	}
	/* The terminal's cursor stands where the last one puts it: where the keys go. */
	if (index && v == index)
		view_index_preview(v, &l->preview);
	if (index)
		index->ops->draw(index, &l->main);
	if (l->rule.rows == 1)
		draw_rule(&l->rule, 0, app_ascii(a));
	else
		draw_border(a, &l->rule);
	if (v != index)
		v->ops->draw(v, &l->preview);
}

void frame_draw(struct app *a)
{
	const struct layout *l = &a->layout;
	struct view *v = app_view(a);

	term_erase();
	if (l->rows != term_rows() || l->cols != term_cols())
		app_relayout(a);
	term_cursor(-1, 0, false);
	if (l->too_small) {
		const char *s = _("Window too small");

		term_put(0, 0, term_cols(), STYLE_PLAIN, s, strlen(s));
		return;
	}
	draw_tabs(a);
	draw_main(a, v);
	if (l->border_col >= 0)
		draw_side(a);
	draw_status(a);
	draw_bottom(a, l->bar.row != l->status.row);
}
