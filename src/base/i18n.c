#include "base/i18n.h"

#include <langinfo.h>
#include <locale.h>
#include <string.h>

void i18n_init(void)
{
	setlocale(LC_ALL, "");
	/* Text inside is UTF-8 and widths come from wcwidth(): a "C" locale would make every letter
	 * unknown. */
	if (strcmp(nl_langinfo(CODESET), "UTF-8") != 0)
		setlocale(LC_CTYPE, "C.UTF-8");
	bindtextdomain("talaria", LOCALEDIR);
	bind_textdomain_codeset("talaria", "UTF-8");
	textdomain("talaria");
}
