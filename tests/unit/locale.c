/*
 * Loaded before a test program (LD_PRELOAD): it runs in the locale of its environment, as a library
 * might be used. Talaria itself pins what mail and protocols need; its parts must not count on
 * that.
 */
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>

__attribute__((constructor)) static void enter_locale(void)
{
	if (!setlocale(LC_ALL, "")) {
		fprintf(stderr, "the locale %s is not there\n", getenv("LANG"));
		abort();
	}
}
