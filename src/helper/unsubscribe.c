/*
 * talaria-unsubscribe URL: leaves a mailing list by one request (RFC 8058). A program of its own,
 * so that what speaks HTTP with hosts that a mail names is nowhere near the mail: it knows this
 * address and nothing else.
 *
 * Only https to a public address; no redirect is followed, no cookie, password or proxy is used,
 * and what the server answers is not kept. 0: the list says it is done; else the last line on
 * standard error tells why it is not.
 *
 * TALARIA_UNSUBSCRIBE_CA=FILE, for tests: these authorities alone are trusted, and hosts may be
 * here.
 */
#include "base/i18n.h"
#include "base/str.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { URL_MAX = 2000, SECONDS = 20, CONNECT_SECONDS = 10, ANSWER_MAX = 64 * 1024 };

struct request {
	const char *ca; /* NULL: not in a test */
	size_t answer;  /* bytes */
	bool private_address;
};

static int fail(const char *why)
{
	fprintf(stderr, "%s\n", why);
	return 1;
}

/* RFC 6890: networks that are not of everybody. */
static bool is_private4(uint32_t a)
{
	static const struct {
		uint32_t net;
		int bits;
	} nets[] = {{0x00000000, 8}, {0x0a000000, 8}, {0x64400000, 10}, {0x7f000000, 8},
		{0xa9fe0000, 16}, {0xac100000, 12}, {0xc0000000, 24}, {0xc0a80000, 16},
		{0xc6120000, 15}, {0xe0000000, 3}};

	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++)
		if ((a ^ nets[i].net) >> (32 - nets[i].bits) == 0)
			return true;
	return false;
}

/* Only 2000::/3 is of everybody, and what carries an address of the other kind is as that. */
static bool is_private6(const unsigned char a[16])
{
	static const unsigned char nat64[12] = {0, 0x64, 0xff, 0x9b};
	bool maps = memcmp(a, nat64, sizeof(nat64)) == 0;
	uint32_t inner =
		(uint32_t)a[12] << 24 | (uint32_t)a[13] << 16 | (uint32_t)a[14] << 8 | a[15];

	if (maps)
		return is_private4(inner);
	if (a[0] == 0x20 && a[1] == 0x02)
		return is_private4(
			(uint32_t)a[2] << 24 | (uint32_t)a[3] << 16 | (uint32_t)a[4] << 8 | a[5]);
	return a[0] >> 5 != 1;
}

static bool is_private(const struct sockaddr *a)
{
	if (a->sa_family == AF_INET)
		return is_private4(
			ntohl(((const struct sockaddr_in *)(const void *)a)->sin_addr.s_addr));
	if (a->sa_family == AF_INET6)
		return is_private6(
			((const struct sockaddr_in6 *)(const void *)a)->sin6_addr.s6_addr);
	return true;
}

/* Looked at here and not by the name: what a name stands for may change between two looks. */
static curl_socket_t open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *a)
{
	struct request *r = ctx;

	(void)purpose;
	if (!r->ca && is_private(&a->addr)) {
		r->private_address = true;
		return CURL_SOCKET_BAD;
	}
	return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

static size_t take(char *p, size_t size, size_t n, void *ctx)
{
	struct request *r = ctx;

	(void)p;
	r->answer += size * n;
	return r->answer > ANSWER_MAX ? 0 : size * n;
}

static void set_up(CURL *c, struct request *r, const char *url)
{
	curl_easy_setopt(c, CURLOPT_URL, url);
	curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, "https");
	curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L);
	curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED);
	curl_easy_setopt(c, CURLOPT_PROXY, "");
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)SECONDS);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_POSTFIELDS, "List-Unsubscribe=One-Click");
	curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, r);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, r);
	if (r->ca)
		curl_easy_setopt(c, CURLOPT_CAINFO, r->ca);
}

static int judge(CURL *c, const struct request *r, CURLcode rc)
{
	long status = 0;

	if (r->private_address)
		return fail(_("The address of the list's host is not on the public internet"));
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
	/* Enough was heard when it was too much. */
	if (rc != CURLE_OK && !(rc == CURLE_WRITE_ERROR && r->answer > ANSWER_MAX))
		return fail(curl_easy_strerror(rc));
	if (status >= 300 && status < 400)
		return fail(_("The list's host answered with a redirect, which is not followed"));
	if (status < 200 || status >= 300) {
		fprintf(stderr, _("The list's host refused: HTTP status %ld\n"), status);
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	struct request r = {.ca = getenv("TALARIA_UNSUBSCRIBE_CA")};
	CURLcode rc;
	CURL *c;
	int status;

	i18n_init();
	if (argc != 2)
		return fail("usage: talaria-unsubscribe URL");
	if (strlen(argv[1]) > URL_MAX || !str_istarts(argv[1], "https://"))
		return fail(_("Only an https address can be asked"));
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0 || (c = curl_easy_init()) == NULL)
		return fail("libcurl cannot be started");
	set_up(c, &r, argv[1]);
	rc = curl_easy_perform(c);
	status = judge(c, &r, rc);
	curl_easy_cleanup(c);
	curl_global_cleanup();
	return status;
}
