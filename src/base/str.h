/*
 * str - one growable byte string for the whole program.
 *
 * Owns:    its bytes, always NUL-terminated (p is never NULL after the first add; use str_c for a
 * view). Threads: any; a str belongs to one thread at a time. Errors:  none; out of memory ends the
 * program (mem.h).
 */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct str {
	char *p;
	size_t len; /* bytes, without the NUL */
	size_t cap;
};

#define STR_INIT                                                                                   \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

void str_done(struct str *s);  /* frees the bytes; s is empty and usable again */
void str_clear(struct str *s); /* length 0, keeps the memory */
void str_add(struct str *s, const char *p, size_t len);
void str_adds(struct str *s, const char *z); /* a C string; NULL adds nothing */
void str_addc(struct str *s, char c);
/* In double quotes, with a backslash before each of them and each backslash (RFC 3501 4.3, RFC 5322
 * 3.2.4). */
void str_add_quoted(struct str *s, const char *p, size_t len);
void str_add_lf(struct str *s, const char *p, size_t len); /* every CRLF as LF */
/* The octets of text with LF line ends when it is sent with CRLF. */
size_t str_wire_size(const char *p, size_t len);
void str_addf(struct str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void str_addv(struct str *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void str_cut(struct str *s, size_t len);   /* shortens to len bytes; longer than it is: no change */
void str_room(struct str *s, size_t more); /* makes room for more bytes behind len */
char *str_steal(struct str *s);            /* the bytes are now the caller's (free()); never NULL */
const char *str_c(const struct str *s);    /* "" when empty */

/* A list of strings the list owns. */
struct strv {
	char **v;
	size_t n, cap;
};

#define STRV_INIT                                                                                  \
	{                                                                                          \
		NULL, 0, 0                                                                         \
	}

void strv_add(struct strv *v, const char *s);
void strv_addn(struct strv *v, const char *p, size_t len);
void strv_take(struct strv *v, char *s); /* keeps s */
void strv_done(struct strv *v);
bool strv_has(const struct strv *v, const char *s);

bool str_starts(const char *s, const char *prefix);
bool str_istarts(const char *s, const char *prefix); /* ASCII case does not matter */

/*
 * Words of protocols and mail, compared and read the same in every locale (RFC 5234 2.3: their
 * letters are ASCII). libc's strcasecmp, toupper and strtod follow LC_CTYPE and LC_NUMERIC: in
 * tr_TR "I" is no capital "i", in de_DE "0.9" is zero. tests/lint/layers.sh holds the rule.
 */
char str_lower(char c); /* A to Z become a to z, all else stays */
char str_upper(char c);
bool str_is_alnum(char c);
size_t str_ascii(const char *p, size_t len);           /* bytes in front of the first above 0x7f */
bool str_is_ascii(const char *p, size_t len);          /* no byte above 0x7f */
int str_icmp(const char *a, const char *b);            /* as strcmp */
int str_nicmp(const char *a, const char *b, size_t n); /* as strncmp */
const char *str_ifind(const char *hay, const char *needle); /* as strstr */
/* "12", "0.9", ".5" at the beginning of s, and *end behind it; 0 and *end = s when there is none.
 * No sign, no exponent. */
double str_decimal(const char *s, const char **end);
/* The distance of two words by insertions, deletions, changes and swaps (Damerau), for "did you
 * mean". */
size_t str_distance(const char *a, const char *b);

#endif
