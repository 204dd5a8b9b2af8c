#include "mime/head.h"

#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/envelope.h"
#include "mime/header.h"

#include <stdlib.h>
#include <string.h>

static const struct head_sender_row senders[HEAD_SENDER_COUNT] = {
	[HEAD_SENDER_UNASKED] = {"", "", "unasked"},
	[HEAD_SENDER_UNKNOWN] = {"?", "?", "unknown"},
	[HEAD_SENDER_PROVEN] = {"✓", "+", "proven"},
	[HEAD_SENDER_OPEN] = {"!", "!", "not-proven"},
};

const struct head_sender_row *head_sender_row(enum head_sender s)
{
	return &senders[s];
}

const char *head_one_click_text(enum head_one_click why)
{
	switch (why) {
	case HEAD_NOT_OFFERED:
		return _("the list does not offer that");
	case HEAD_NOT_TRUSTED:
		return _("no trusted-authserv is set");
	case HEAD_NOT_SIGNED:
		return _("no proven signature covers its address");
	case HEAD_SEVERAL_OFFERED:
		return _("it names several addresses");
	default:
		return "";
	}
}

/* --- who sent it --- */

/* d speaks for from: it is the same domain, or one above it that has a dot. */
static bool speaks_for(const char *d, const char *from)
{
	size_t n = strlen(d), len = strlen(from);

	if (n == 0 || n > len || !strchr(d, '.'))
		return false;
	return str_icmp(from + len - n, d) == 0 && (n == len || from[len - n - 1] == '.');
}

static bool proves(const struct auth_result *r, const char *from)
{
	if (!auth_passed(r))
		return false;
	/* DMARC looks at From itself, but a server need not say so. */
	return r->method == AUTH_DMARC && !*r->domain ? true : speaks_for(r->domain, from);
}

static void judge(struct head *h, const struct authres *a, const char *trusted)
{
	bool proven = false, refuted = false;

	if (!a->found) {
		h->sender = *trusted ? HEAD_SENDER_UNKNOWN : HEAD_SENDER_UNASKED;
		return;
	}
	for (size_t i = 0; i < a->n; i++) {
		const struct auth_result *r = &a->v[i];

		proven |= *h->domain && proves(r, h->domain);
		refuted |= r->method == AUTH_DMARC && strcmp(r->word, "fail") == 0;
		if (r->method == AUTH_DKIM && auth_passed(r) && !*h->signer && *r->domain) {
			free(h->signer);
			h->signer = mem_strdup(r->domain);
		}
	}
	h->sender = proven && !refuted ? HEAD_SENDER_PROVEN : HEAD_SENDER_OPEN;
	if (h->sender == HEAD_SENDER_PROVEN)
		h->signer[0] = '\0';
}

/* Several addresses, or none, are nobody in particular. */
static char *domain_of(const struct envelope *e)
{
	const char *at = e->from.n == 1 && !e->from.cut ? strrchr(e->from.v[0].mail, '@') : NULL;
	char *domain = mem_strdup(at ? at + 1 : "");

	for (char *c = domain; *c; c++)
		*c = str_lower(*c);
	return domain;
}

/* --- how to leave the list --- */

/* What stands between < and >, without blanks; NULL at the end. free() */
static char *next_address(const char **p)
{
	const char *open = strchr(*p, '<'), *close = open ? strchr(open, '>') : NULL;
	struct str out = STR_INIT;

	if (!close)
		return NULL;
	for (const char *c = open + 1; c < close; c++)
		if (*c != ' ' && *c != '\t')
			str_addc(&out, *c);
	*p = close + 1;
	return str_steal(&out);
}

static bool is_plain(const char *url)
{
	size_t n = strlen(url);

	for (const char *c = url; *c; c++)
		if (*c <= ' ' || *c > '~' || strchr("\"<>\\^`{|}", *c))
			return false;
	return n > 0 && n <= HEAD_URL_MAX;
}

static void keep_first(char **to, char *url, size_t *n)
{
	(*n)++;
	if (**to) {
		free(url);
		return;
	}
	free(*to);
	*to = url;
}

static size_t read_ways(struct head *h, const char *value)
{
	size_t https = 0, mailto = 0;
	char *url;

	while ((url = next_address(&value)) != NULL) {
		if (is_plain(url) && str_istarts(url, "https://"))
			keep_first(&h->leave_https, url, &https);
		else if (is_plain(url) && str_istarts(url, "mailto:"))
			keep_first(&h->leave_mailto, url, &mailto);
		else
			free(url);
	}
	return https;
}

/* RFC 8058: the two fields, covered by a signature that is good. */
static void read_leaving(struct head *h, const char *header, size_t len, const struct authres *a,
	const char *trusted)
{
	static const char *const fields[] = {"List-Unsubscribe", "List-Unsubscribe-Post", NULL};
	char *ways = header_get(header, len, fields[0]), *post = header_get(header, len, fields[1]);
	size_t https = ways ? read_ways(h, ways) : 0;

	if (!https || !post || str_icmp(post, "List-Unsubscribe=One-Click") != 0)
		h->one_click = HEAD_NOT_OFFERED;
	else if (https > 1 || header_count(header, len, fields[0]) > 1)
		h->one_click = HEAD_SEVERAL_OFFERED;
	else if (!*trusted)
		h->one_click = HEAD_NOT_TRUSTED;
	else if (!authres_covers(a, header, len, fields))
		h->one_click = HEAD_NOT_SIGNED;
	else
		h->one_click = HEAD_ONE_CLICK;
	free(ways);
	free(post);
}

/* --- in words --- */

static void add_sender(struct str *out, const struct head *h)
{
	const struct head_sender_row *row = head_sender_row(h->sender);

	if (*row->mark)
		str_addf(out, "%s ", row->mark);
	if (h->sender == HEAD_SENDER_PROVEN)
		str_addf(out, _("Your server found proof that this is from %s."), h->domain);
	else if (h->sender == HEAD_SENDER_UNKNOWN)
		str_adds(out, _("Your server says nothing of the sender in this message."));
	else if (h->sender == HEAD_SENDER_UNASKED)
		str_adds(out, _("No server is trusted to have checked the sender. The option "
				"trusted-authserv of the account names the one that receives your "
				"mail, as it calls itself in Authentication-Results."));
	else if (!*h->domain)
		str_adds(out, _("The From field does not hold exactly one address, so that "
				"nothing proves who sent this."));
	else
		str_addf(out, _("Your server found no proof that this is from %s."), h->domain);
	str_adds(out, "\n\n");
}

static void add_results(struct str *out, const struct authres *a)
{
	for (size_t i = 0; i < a->n; i++) {
		const struct auth_result *r = &a->v[i];

		str_addf(out, "%s: %s", auth_method_name(r->method), r->word);
		if (*r->domain)
			str_addf(out, "  %s", r->domain);
		str_addc(out, '\n');
	}
	if (a->found && !a->n)
		str_adds(out, _("It checked neither SPF nor DKIM nor DMARC.\n"));
	if (a->found)
		str_addc(out, '\n');
}

/* A name that somebody gave himself. */
static void add_name(struct str *out, const char *name)
{
	size_t n = utf8_cut(name, strlen(name), 100);

	str_add(out, *name ? name : _("(without a name)"),
		*name ? n : strlen(_("(without a name)")));
}

static void add_ignored(struct str *out, const struct authres *a, const char *trusted)
{
	if (!a->ignored.n || !*trusted)
		return;
	str_adds(out, _("What others say, or what may be forged, is not believed:"));
	for (size_t i = 0; i < a->ignored.n; i++) {
		str_adds(out, i ? ", " : " ");
		add_name(out, a->ignored.v[i]);
	}
	if (a->more_ignored)
		str_addf(out, _(" and %zu more"), a->more_ignored);
	str_adds(out, "\n");
	if (a->stranger && !a->found)
		str_addf(out,
			_("The message came through %s afterwards, which is not known as yours. If "
			  "it is, add its name to trusted-authserv.\n"),
			*a->stranger == '?' ? _("a host without a name") : a->stranger);
	str_addc(out, '\n');
}

static void add_list(struct str *out, const struct head *h)
{
	if (*h->list_id)
		str_addf(out, _("List: %s\n"), h->list_id);
	if (*h->leave_https)
		str_addf(out, _("Leave it: %s\n"), h->leave_https);
	if (*h->leave_mailto)
		str_addf(out, _("Leave it: %s\n"), h->leave_mailto);
	if ((*h->leave_https || *h->leave_mailto) && h->one_click != HEAD_ONE_CLICK)
		str_addf(out, _("Not by one key: %s.\n"), head_one_click_text(h->one_click));
}

void head_read(struct head *h, const char *header, size_t len, const char *trusted)
{
	struct authres a;
	struct envelope e;
	struct str details = STR_INIT;

	*h = (struct head){.signer = mem_strdup(""),
		.leave_https = mem_strdup(""),
		.leave_mailto = mem_strdup("")};
	envelope_parse(&e, header, len);
	authres_read(&a, header, len, trusted);
	h->domain = domain_of(&e);
	h->list_id = mem_strdup(e.list_id);
	judge(h, &a, trusted);
	read_leaving(h, header, len, &a, trusted);
	add_sender(&details, h);
	add_results(&details, &a);
	add_ignored(&details, &a, trusted);
	add_list(&details, h);
	h->details = str_steal(&details);
	authres_done(&a);
	envelope_done(&e);
}

void head_done(struct head *h)
{
	free(h->domain);
	free(h->signer);
	free(h->list_id);
	free(h->leave_https);
	free(h->leave_mailto);
	free(h->details);
	*h = (struct head){0};
}
