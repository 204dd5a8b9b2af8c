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

void i18n_init(
	void); /* locale from the environment, catalogue of this program; falls back to C.UTF-8 */

#endif
