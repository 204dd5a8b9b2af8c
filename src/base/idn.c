#include "base/idn.h"

#include "base/i18n.h"
#include "base/utf8.h"

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

void idn_mail_to_ascii(struct str *out, const char *mail)
{
	const char *at = strrchr(mail, '@');
	char domain[IDN_SIZE];

	if (!at || idn_to_ascii(domain, at + 1, NULL)) {
		str_adds(out, mail);
		return;
	}
	str_add(out, mail, (size_t)(at + 1 - mail));
	str_adds(out, domain);
}

static bool can_be_shown(const char *name)
{
	const char *p = name, *end = name + strlen(name);

	while (p < end)
		if (utf8_is_unsafe(utf8_next(&p, end)))
			return false;
	return utf8_valid(name, strlen(name));
}

static bool leads_back(const char *people, const char *ascii)
{
	char back[IDN_SIZE];

	return idn_to_ascii(back, people, NULL) == 0 && str_icmp(back, ascii) == 0;
}

static void add_domain(struct str *out, const char *p, size_t len)
{
	char ascii[IDN_SIZE], *people = NULL;

	if (len >= sizeof(ascii)) {
		str_add(out, p, len);
		return;
	}
	for (size_t i = 0; i < len; i++)
		ascii[i] = str_lower(p[i]);
	ascii[len] = '\0';
	if (str_ifind(ascii, "xn--") && idn2_to_unicode_8z8z(ascii, &people, 0) == IDN2_OK &&
		can_be_shown(people) && leads_back(people, ascii))
		str_adds(out, people);
	else
		str_add(out, p, len);
	idn2_free(people);
}

void idn_people(struct str *out, const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "@");

		str_add(out, text, len);
		text += len;
		if (!*text)
			break;
		str_addc(out, *text++);
		for (len = 0; str_is_alnum(text[len]) || text[len] == '-' || text[len] == '.';)
			len++;
		add_domain(out, text, len);
		text += len;
	}
}
