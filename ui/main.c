/* The program's start. */
#include "base/i18n.h"

#include <stdio.h>

int main(void)
{
	i18n_init();
	puts(PACKAGE_STRING);
	return 0;
}
