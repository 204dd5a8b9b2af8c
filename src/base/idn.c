#include "base/idn.h"

#include "base/i18n.h"
#include "base/str.h"

#include <idn2.h>
#include <string.h>

int idn_to_ascii(char out[IDN_SIZE], const char *name, struct err *err)
{
	char *ascii = NULL;
	int r;

	if (str_is_ascii(name, strlen(name))) {
		if (strlen(name) >= IDN_SIZE)
			return err_set(
				err, ERR_INPUT, _("the name of a server or domain is too long"));
		memcpy(out, name, strlen(name) + 1);
		return 0;
	}
	r = idn2_lookup_u8(
		(const uint8_t *)name, (uint8_t **)&ascii, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (r != IDN2_OK || !ascii || strlen(ascii) >= IDN_SIZE) {
		idn2_free(ascii);
		return err_set(err, ERR_INPUT, _("the name “%.100s” is not valid (%s)"), name,
			idn2_strerror(r));
	}
	memcpy(out, ascii, strlen(ascii) + 1);
	idn2_free(ascii);
	return 0;
}
