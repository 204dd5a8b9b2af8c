#include "base/i18n.h"

#include <langinfo.h>
#include <locale.h>
#include <stdio.h>

static char charset[40] = "UTF-8";

const char *i18n_charset(void)
{
	return charset;
}

void i18n_init(void)
{
	setlocale(LC_ALL, "");
	snprintf(charset, sizeof(charset), "%s", nl_langinfo(CODESET));
	/* Text inside is UTF-8 and widths come from wcwidth(): a "C" locale would make every letter
	 * unknown. In tr_TR the libraries that read protocols with strcasecmp() would not know
	 * their own words, in de_DE a number would end at its point. */
	setlocale(LC_CTYPE, "C.UTF-8");
	setlocale(LC_NUMERIC, "C");
	bindtextdomain("talaria", LOCALEDIR);
	bind_textdomain_codeset("talaria", "UTF-8");
	textdomain("talaria");
}
