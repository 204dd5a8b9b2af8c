/* What the options make of the screen. */
#include "ui/ui.h"

#include <string.h>

bool app_ascii(const struct app *a)
{
	return settings_bool(a->settings, SET_ASCII);
}

bool app_theme_is_auto(const struct settings *s)
{
	return strcmp(settings_text(s, SET_THEME), "auto") == 0;
}

const char *app_theme_name(const struct settings *s)
{
	if (!app_theme_is_auto(s))
		return settings_text(s, SET_THEME);
	return term_background() == TERM_LIGHT ? "light" : "dark";
}

void app_theme(struct app *a)
{
	a->styles = a->config->styles;
	style_theme(&a->styles, app_theme_name(a->settings));
	term_styles(&a->styles);
	a->dirty = true;
}

void app_sidebar(struct app *a)
{
	const char *s = settings_text(a->settings, SET_SIDEBAR);

	a->sidebar = strcmp(s, "yes") == 0  ? SIDEBAR_YES
		     : strcmp(s, "no") == 0 ? SIDEBAR_NO
					    : SIDEBAR_AUTO;
}
