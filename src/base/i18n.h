/*
 * i18n - gettext's short names.
 *
 * Owns:    nothing.
 * Threads: any, after i18n_init in main.
 * Errors:  none; a missing catalogue means English.
 */
#ifndef BASE_I18N_H
#define BASE_I18N_H

#include <libintl.h>

#define _(text) gettext(text)
#define N_(text) (text)

/* Messages and dates by the environment, the program's catalogue; letters are always C.UTF-8's. */
void i18n_init(void);
/* The character set of the environment's locale as the system names it: what files that are not
 * UTF-8 are most likely in. "UTF-8" before i18n_init. */
const char *i18n_charset(void);

#endif
