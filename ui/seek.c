#include "ui/seek.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "ui/ui.h"

#include <stdlib.h>
#include <string.h>

const char *seek_what(const struct view *v, const struct seek *s, const char *text)
{
	return text ? text : s->text ? NULL : v->app->last_search;
}

static void look_for(struct seek *s, const char *text)
{
	seek_done(s);
	s->text = mem_strdup(text);
	s->hits = hits_of_text(text);
}

bool seek_step(struct seek *s, const char *text, size_t count, size_t *at, int step,
	seek_line_fn *line, void *ctx)
{
	size_t start = *at, best = count, far = count, lines = 0;
	struct str one = STR_INIT;

	if (text)
		look_for(s, text);
	s->step = step;
	s->n = s->nth = 0;
	s->wrapped = false;
	for (size_t i = 0; s->text && i < count; i++) {
		/* how many steps away, the line itself the most */
		size_t away = step > 0 ? (i + count - start - 1) % count
				       : (start + count - i - 1) % count;
		struct hit h = {0, 0};

		str_clear(&one);
		line(ctx, i, &one);
		if (!hits_next(s->hits, HITS_TEXT, str_c(&one), one.len, &h))
			continue;
		lines++;
		if (best == count || away < far) {
			best = i;
			far = away;
			s->nth = lines;
		}
	}
	str_done(&one);
	s->n = lines;
	if (best == count)
		return false;
	s->wrapped = step > 0 ? best <= start : best >= start;
	*at = best;
	return true;
}

void seek_add_count(struct str *out, size_t nth, size_t n)
{
	struct str a = STR_INIT, b = STR_INIT;

	draw_number(&a, nth);
	draw_number(&b, n);
	if (nth)
		str_addf(out, _("match %s of %s"), str_c(&a), str_c(&b));
	else
		str_addf(out, ngettext("%s match", "%s matches", (unsigned long)n), str_c(&b));
	str_done(&a);
	str_done(&b);
}

void seek_say_wrapped(struct view *v, int step)
{
	app_message(v->app, "%s",
		step > 0 ? _("The search went on from the top")
			 : _("The search went on from the bottom"));
}

void seek_told(struct view *v, const struct seek *s)
{
	bool typing = app_is_typing(v->app, v);
	struct str count = STR_INIT;

	if (!s->n) {
		app_told(v->app, v, true, _("“%s” was not found"), s->text ? s->text : "");
	} else if (typing) {
		seek_add_count(&count, s->nth, s->n);
		app_told(v->app, v, false, "%s", str_c(&count));
	} else if (s->wrapped) {
		seek_say_wrapped(v, s->step);
	}
	str_done(&count);
}

void seek_status(const struct view *v, const struct seek *s, struct line *out)
{
	struct str count = STR_INIT;

	if (!v->app->marks || !s->n)
		return;
	seek_add_count(&count, s->nth, s->n);
	line_addf(out, STYLE_STATUS, "  %s", str_c(&count));
	str_done(&count);
}

void seek_done(struct seek *s)
{
	free(s->text);
	hits_free(s->hits);
	*s = (struct seek){0};
}
