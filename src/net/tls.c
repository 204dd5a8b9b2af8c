#include "net/tls.h"

#include "base/hash.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "net/connect.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { BINDING_SIZE = 32, HEX_SIZE = 2 * HASH_SHA256_SIZE + 1, READ_AHEAD = 32 << 10 };

struct tls {
	SSL_CTX *ctx;
	SSL *ssl;
	char host[CONNECT_HOST_SIZE];
	bool pinned;
	bool ready;  /* the handshake is done; OpenSSL forgets that on errors */
	bool broken; /* after a fatal error OpenSSL must not be asked to say goodbye */
	int verify;  /* X509_V_* of the first failed check */
	int depth;
	char sha256[HEX_SIZE]; /* of the leaf, also when it was refused */
};

void tls_init(void)
{
	OPENSSL_init_ssl(OPENSSL_INIT_LOAD_SSL_STRINGS | OPENSSL_INIT_LOAD_CRYPTO_STRINGS, NULL);
}

/* --- verifying --- */

static void fingerprint(char hex[HEX_SIZE], X509 *cert)
{
	unsigned char *der = NULL, sum[HASH_SHA256_SIZE];
	int len = cert ? i2d_X509(cert, &der) : -1;

	hex[0] = '\0';
	if (len <= 0)
		return;
	hash_sha256(sum, der, (size_t)len);
	hash_hex(hex, sum, sizeof(sum));
	OPENSSL_free(der);
}

static bool pin_matches(const char *pin, const char *sha256)
{
	size_t n = 0;

	for (; *pin; pin++) {
		if (*pin == ':' || *pin == ' ')
			continue;
		if (!sha256[n] || str_nicmp(pin, sha256 + n, 1) != 0)
			return false;
		n++;
	}
	return n == HEX_SIZE - 1;
}

static void note_failure(struct tls *t, X509_STORE_CTX *store)
{
	t->verify = X509_STORE_CTX_get_error(store);
	if (t->verify == X509_V_OK)
		t->verify = X509_V_ERR_UNSPECIFIED;
	t->depth = X509_STORE_CTX_get_error_depth(store);
}

/* The same checks of the same certificates, with the authorities the store has now. */
static bool verify_again(struct tls *t, X509_STORE_CTX *first)
{
	X509_STORE_CTX *again = X509_STORE_CTX_new();
	bool ok = again &&
		  X509_STORE_CTX_init(again, SSL_CTX_get_cert_store(t->ctx),
			  X509_STORE_CTX_get0_cert(first),
			  X509_STORE_CTX_get0_untrusted(first)) == 1 &&
		  X509_VERIFY_PARAM_set1(
			  X509_STORE_CTX_get0_param(again), X509_STORE_CTX_get0_param(first)) == 1;

	if (ok) {
		ok = X509_verify_cert(again) == 1;
		if (ok) {
			X509_STORE_CTX_set0_verified_chain(first, X509_STORE_CTX_get1_chain(again));
			X509_STORE_CTX_set_error(first, X509_V_OK);
			t->verify = X509_V_OK;
		} else {
			note_failure(t, again);
		}
	}
	X509_STORE_CTX_free(again);
	return ok;
}

/*
 * Replaces OpenSSL's walk so that the failed check and the leaf are known afterwards. The file with
 * all the system's authorities is read only when the directory, where each is found by its name,
 * did not help: to read it takes longer than all the rest of a handshake.
 */
static int verify_chain(X509_STORE_CTX *store, void *arg)
{
	struct tls *t = arg;
	bool ok;

	fingerprint(t->sha256, X509_STORE_CTX_get0_cert(store));
	if (t->pinned)
		return 1; /* compared after the handshake proved that the server has the key */
	if (X509_verify_cert(store) == 1)
		return 1;
	note_failure(t, store);
	ERR_set_mark();
	SSL_CTX_set_default_verify_file(t->ctx);
	ok = verify_again(t, store);
	ERR_pop_to_mark(); /* what is left there would be taken for an error of the handshake */
	return ok;
}

/* Which check failed, as the middle of a sentence. */
static const char *verify_reason(const struct tls *t)
{
	switch (t->verify) {
	case X509_V_ERR_HOSTNAME_MISMATCH:
	case X509_V_ERR_IP_ADDRESS_MISMATCH:
		return _("it is for another server");
	case X509_V_ERR_CERT_HAS_EXPIRED:
		return t->depth ? _("its authority's certificate has expired")
				: _("it has expired");
	case X509_V_ERR_CERT_NOT_YET_VALID:
		return _("it is not valid yet: is this computer's clock right?");
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
		return _("it is self-signed");
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
		return _("its root authority is not known here");
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return _("its authority is not known here, or the server left out an intermediate");
	case X509_V_ERR_INVALID_PURPOSE:
		return _("it is not made for servers");
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_INVALID_NON_CA:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
		return _("who signed it may not sign certificates for it");
	case X509_V_ERR_EE_KEY_TOO_SMALL:
	case X509_V_ERR_CA_KEY_TOO_SMALL:
	case X509_V_ERR_CA_MD_TOO_WEAK:
		return _("its key or signature is too weak");
	default:
		return X509_verify_cert_error_string(t->verify);
	}
}

/* An authority of one's own mends nothing but an authority that is not known. */
static bool would_authority_help(const struct tls *t)
{
	switch (t->verify) {
	case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
	case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return true;
	default:
		return false;
	}
}

static int verify_error(const struct tls *t, struct err *err)
{
	return err_set(err, ERR_CERT,
		would_authority_help(t)
			? _("the certificate of %.60s is refused: %s (SHA-256 %s; to trust it: "
			    "tls-ca or tls-pin)")
			: _("the certificate of %.60s is refused: %s (SHA-256 %s; tls-pin would "
			    "trust it all the same)"),
		t->host, verify_reason(t), t->sha256);
}

static int check_pin(struct tls *t, const char *pin, struct err *err)
{
	if (pin_matches(pin, t->sha256))
		return 0;
	return err_set(err, ERR_CERT,
		_("the certificate of %.60s is not the one tls-pin names; it is now SHA-256 %s"),
		t->host, t->sha256);
}

/* --- setting up --- */

static int library_error(const struct tls *t, struct err *err)
{
	const char *why = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return err_set(err, ERR_CERT, _("TLS with %.60s failed: %s"), t->host,
		why ? why : _("the connection is not acceptable"));
}

static int load_trust(struct tls *t, const struct net_options *o, struct err *err)
{
	SSL_CTX_set_default_verify_dir(t->ctx);
	if (!o || !o->tls_ca || SSL_CTX_load_verify_file(t->ctx, o->tls_ca) == 1) {
		ERR_clear_error();
		return 0;
	}
	ERR_clear_error();
	return err_set(
		err, ERR_CERT, _("tls-ca: %.150s has no certificate that can be read"), o->tls_ca);
}

static int set_up_context(struct tls *t, const struct net_options *o, struct err *err)
{
	t->ctx = SSL_CTX_new(TLS_client_method());
	if (!t->ctx)
		return library_error(t, err);
	SSL_CTX_set_min_proto_version(t->ctx, TLS1_2_VERSION);
	SSL_CTX_set_options(t->ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
	SSL_CTX_set_mode(
		t->ctx, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
	SSL_CTX_set_session_cache_mode(t->ctx, SSL_SESS_CACHE_OFF);
	/* Else each record takes two reads, and some servers send one for each small answer. Who
	 * waits reads first, so what was read ahead is never waited for. */
	SSL_CTX_set_read_ahead(t->ctx, 1);
	SSL_CTX_set_default_read_buffer_len(t->ctx, READ_AHEAD);
	SSL_CTX_set_verify(t->ctx, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_cert_verify_callback(t->ctx, verify_chain, t);
	return load_trust(t, o, err);
}

static int set_up_identity(struct tls *t, struct err *err)
{
	X509_VERIFY_PARAM *param = SSL_get0_param(t->ssl);

	X509_VERIFY_PARAM_set_hostflags(
		param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	if (connect_is_address(t->host)) {
		if (X509_VERIFY_PARAM_set1_ip_asc(param, t->host) == 1)
			return 0;
	} else if (SSL_set1_host(t->ssl, t->host) == 1 &&
		   SSL_set_tlsext_host_name(t->ssl, t->host) == 1) {
		return 0;
	}
	return library_error(t, err);
}

static int set_up(struct tls *t, int fd, const struct net_options *o, struct err *err)
{
	if (set_up_context(t, o, err) < 0)
		return -1;
	t->ssl = SSL_new(t->ctx);
	if (!t->ssl || SSL_set_fd(t->ssl, fd) != 1)
		return library_error(t, err);
	SSL_set_connect_state(t->ssl);
	return set_up_identity(t, err);
}

/* --- moving bytes --- */

static int closed_error(const struct tls *t, struct err *err)
{
	return err_set(err, ERR_NETWORK, _("%.100s closed the connection"), t->host);
}

static int protocol_error(const struct tls *t, struct err *err)
{
	unsigned long code = ERR_peek_last_error();

	if (ERR_GET_LIB(code) == ERR_LIB_SSL) {
		switch (ERR_GET_REASON(code)) {
		case SSL_R_UNEXPECTED_EOF_WHILE_READING:
			ERR_clear_error();
			if (!t->ready)
				return err_set(err, ERR_NETWORK,
					_("%.100s closed the connection in the TLS handshake"),
					t->host);
			return err_set(err, ERR_NETWORK,
				_("the connection to %.100s was cut off in the middle"), t->host);
		case SSL_R_WRONG_VERSION_NUMBER:
		case SSL_R_PACKET_LENGTH_TOO_LONG:
			ERR_clear_error();
			return err_set(err, ERR_CERT,
				_("%.100s does not speak TLS on this port: is the scheme or the "
				  "port "
				  "wrong?"),
				t->host);
		case SSL_R_UNSUPPORTED_PROTOCOL:
		case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
			ERR_clear_error();
			return err_set(err, ERR_CERT,
				_("%.100s only has TLS versions that are not safe (1.2 is needed)"),
				t->host);
		default:
			break;
		}
	}
	return library_error(t, err);
}

/* What a call that moved nothing means: 0 wait for *events, -1 failed. */
static int not_moved(struct tls *t, int result, int saved, short *events, struct err *err)
{
	switch (SSL_get_error(t->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		*events = POLLIN;
		return 0;
	case SSL_ERROR_WANT_WRITE:
		*events = POLLOUT;
		return 0;
	case SSL_ERROR_ZERO_RETURN:
		return closed_error(t, err);
	case SSL_ERROR_SYSCALL:
		t->broken = true;
		ERR_clear_error();
		if (saved == 0)
			return closed_error(t, err);
		errno = saved;
		err_errno(err, _("the connection to %.100s broke"), t->host);
		if (err)
			err->kind = ERR_NETWORK;
		return -1;
	default:
		t->broken = true;
		if (t->verify != X509_V_OK) {
			ERR_clear_error();
			return verify_error(t, err);
		}
		return protocol_error(t, err);
	}
}

ssize_t tls_read(struct tls *t, void *p, size_t len, short *events, struct err *err)
{
	int n;

	ERR_clear_error();
	errno = 0;
	n = SSL_read(t->ssl, p, len > INT_MAX ? INT_MAX : (int)len);
	return n > 0 ? n : not_moved(t, n, errno, events, err);
}

ssize_t tls_write(struct tls *t, const void *p, size_t len, short *events, struct err *err)
{
	int n;

	ERR_clear_error();
	errno = 0;
	n = SSL_write(t->ssl, p, len > INT_MAX ? INT_MAX : (int)len);
	return n > 0 ? n : not_moved(t, n, errno, events, err);
}

/* --- a session --- */

static int shake_hands(
	struct tls *t, int fd, int64_t deadline, struct net_cancel *cancel, struct err *err)
{
	for (;;) {
		short events = 0;
		int n;

		ERR_clear_error();
		errno = 0;
		n = SSL_do_handshake(t->ssl);
		if (n == 1) {
			t->ready = true;
			return 0;
		}
		if (not_moved(t, n, errno, &events, err) < 0)
			return -1;
		if (connect_wait(fd, events, deadline, cancel, CONNECT_LATE_TLS, t->host, err) < 0)
			return -1;
	}
}

int tls_open(struct tls **out, int fd, const char *host, const struct net_options *options,
	int64_t deadline, struct net_cancel *cancel, struct err *err)
{
	struct tls *t = mem_alloc(sizeof(*t));
	size_t len = strlen(host);

	/* A final dot is DNS notation and never in a certificate. */
	if (len && host[len - 1] == '.')
		len--;
	snprintf(t->host, sizeof(t->host), "%.*s", (int)len, host);
	t->pinned = options && options->tls_pin;
	t->verify = X509_V_OK;
	if (set_up(t, fd, options, err) < 0 || shake_hands(t, fd, deadline, cancel, err) < 0 ||
		(t->pinned && check_pin(t, options->tls_pin, err) < 0)) {
		tls_free(t);
		return -1;
	}
	*out = t;
	return 0;
}

void tls_close(struct tls *t)
{
	if (t->broken || !t->ready)
		return;
	ERR_clear_error();
	SSL_shutdown(t->ssl);
	ERR_clear_error();
	t->broken = true;
}

void tls_free(struct tls *t)
{
	if (!t)
		return;
	SSL_free(t->ssl);
	SSL_CTX_free(t->ctx);
	free(t);
}

size_t tls_exporter(struct tls *t, char *out, size_t max)
{
	static const char label[] = "EXPORTER-Channel-Binding";

	/* RFC 9266 3: before TLS 1.3 only with the extended master secret. */
	if (max < BINDING_SIZE ||
		(SSL_version(t->ssl) < TLS1_3_VERSION && SSL_get_extms_support(t->ssl) != 1))
		return 0;
	if (SSL_export_keying_material(t->ssl, (unsigned char *)out, BINDING_SIZE, label,
		    sizeof(label) - 1, (const unsigned char *)"", 0, 1) != 1) {
		ERR_clear_error();
		return 0;
	}
	return BINDING_SIZE;
}

void tls_describe(const struct tls *t, struct str *out)
{
	X509 *cert = SSL_get0_peer_certificate(t->ssl);
	const ASN1_TIME *end = cert ? X509_get0_notAfter(cert) : NULL;
	struct tm tm;

	str_addf(out, "%s %s", SSL_get_version(t->ssl), SSL_get_cipher_name(t->ssl));
	if (end && ASN1_TIME_to_tm(end, &tm) == 1)
		str_addf(out, _(", certificate valid until %04d-%02d-%02d"), tm.tm_year + 1900,
			tm.tm_mon + 1, tm.tm_mday);
	str_addf(out, _(", SHA-256 %s"), t->sha256);
	if (t->pinned)
		str_adds(out, _(" (pinned)"));
}
