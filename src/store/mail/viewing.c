#include "store/mail/viewing.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/run.h"
#include "base/utf8.h"
#include "mime/kind.h"
#include "mime/magic.h"
#include "mime/mailcap.h"
#include "mime/part.h"
#include "mime/render.h"
#include "store/disk/lent.h"
#include "store/disk/tarball.h"
#include "store/mail/rendering.h"
#include "store/store_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
	TEST_MS = 5000,      /* for a row's test, */
	TEXT_MS = 30000,     /* for a program that writes text, */
	TEXT_MAX = 10 << 20, /* and how much of it is taken */
	MAILCAP_MAX = 1 << 20,
	ENTRIES_MAX = 5000,
	HEAD_BYTES = 16 * 1024, /* of a part, as it is encoded, to see what it is */
	SCRIPT_ARGS = 16
};

struct viewing {
	struct rendering rendering;
	struct store *store; /* not run's */
	/* What is looked at. */
	struct str bytes;
	char *path; /* where it may be put; NULL: it was told */
	char *type; /* that it goes by */
	char *charset;
	bool format_flowed, delsp;
	bool written; /* path is there */
	enum viewed_way way;
	bool warned;
	int width;
	/* What came of it. */
	struct viewed *viewed;
	struct err err;
};

/* --- as a text --- */

/* A message of this one part, so that it looks as it would in its own. */
static void add_message(const struct viewing *x, const char *type, struct str *out)
{
	str_addf(out, "Content-Type: %s", mailcap_is_plain(type) ? type : "text/plain");
	if (mailcap_is_plain(x->charset))
		str_addf(out, "; charset=%s", x->charset);
	if (x->format_flowed)
		str_addf(out, "; format=flowed%s", x->delsp ? "; delsp=yes" : "");
	str_adds(out, "\r\nContent-Transfer-Encoding: binary\r\n\r\n");
	str_add(out, str_c(&x->bytes), x->bytes.len);
}

static struct text *text_of(const struct viewing *x, const char *type)
{
	bool message = strcmp(type, "message/rfc822") == 0;
	struct render_options opt = {.width = x->width, .no_headers = !message};
	struct str one = STR_INIT;
	struct parts parts = {0};
	struct text *t;

	if (message)
		str_add(&one, str_c(&x->bytes), x->bytes.len);
	else
		add_message(x, type, &one);
	part_parse(&parts, str_c(&one), one.len);
	t = render_message(&parts, parts.n ? parts.v[0].header : "",
		parts.n ? parts.v[0].header_len : 0, &opt);
	part_done(&parts);
	str_done(&one);
	return t;
}

/* The type whose reading is ours; NULL: none. */
static const char *text_type(const struct viewing *x)
{
	const char *type = x->type;

	if (x->way == VIEWED_AS_TEXT)
		return "text/plain";
	if (strcmp(type, "message/rfc822") == 0 || str_istarts(type, "text/"))
		return type;
	return kind_is_text(type) ? "text/plain" : NULL;
}

/* --- what an archive holds --- */

struct listing {
	struct text *t;
	size_t files;
	uint64_t octets;
	bool encrypted;
};

static bool add_entry(void *ctx, const struct tarball_entry *e)
{
	struct listing *l = ctx;
	struct str s = STR_INIT;
	time_t when = (time_t)e->mtime;
	struct tm tm;
	char date[32] = "";

	if (l->files >= ENTRIES_MAX)
		return false;
	if (e->mtime && localtime_r(&when, &tm))
		strftime(date, sizeof(date), "%Y-%m-%d %H:%M", &tm);
	str_addf(&s, "%12llu  %-16.16s  ", (unsigned long long)e->size, date);
	utf8_clean(&s, e->name, strlen(e->name), UTF8_LINE);
	if (e->encrypted)
		str_adds(&s, _("  (encrypted)"));
	text_add(l->t, TEXT_PLAIN, s.p, s.len);
	l->files += !e->dir;
	l->octets += e->size;
	str_done(&s);
	return true;
}

static void add_notice(struct text *t, const char *said)
{
	text_add(t, TEXT_NOTICE, said, strlen(said));
}

/* NULL: it is none that can be read, or a single file that is only packed. */
static struct text *list_archive(const struct viewing *x)
{
	struct listing l = {.t = text_new()};
	struct text *head = text_new();
	struct str s = STR_INIT;
	struct err err = {0};
	int rc = tarball_list(str_c(&x->bytes), x->bytes.len, add_entry, &l, &err);

	if (rc < 0 && !l.t->n) {
		text_free(l.t);
		text_free(head);
		return NULL;
	}
	str_addf(&s,
		ngettext("%zu file, %llu bytes", "%zu files, %llu bytes", (unsigned long)l.files),
		l.files, (unsigned long long)l.octets);
	add_notice(head, s.p);
	if (rc > 0)
		add_notice(l.t, _("There is more in it, which is not listed"));
	else if (rc < 0)
		add_notice(l.t, err.text);
	str_done(&s);
	text_join(head, l.t);
	return head;
}

/* --- by programs --- */

static int write_file(struct viewing *x)
{
	int fd, rc;

	if (x->written)
		return 0;
	fd = open(x->path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_errno(&x->err, _("Cannot create %s"), x->path);
	x->written = true;
	rc = file_write_all(fd, x->path, str_c(&x->bytes), x->bytes.len, &x->err);
	close(fd);
	return rc;
}

static void run_args(const struct viewing *x, const char *script, const struct strv *args,
	const char *argv[SCRIPT_ARGS])
{
	size_t n = 0;

	argv[n++] = "sh";
	argv[n++] = "-c";
	argv[n++] = script;
	argv[n++] = "sh";
	argv[n++] = x->path;
	for (size_t i = 0; i < args->n && n + 1 < SCRIPT_ARGS; i++)
		argv[n++] = args->v[i];
	argv[n] = NULL;
}

static bool run_test(void *ctx, const char *script, const struct strv *args)
{
	const struct run_limits limits = {TEST_MS, MAILCAP_MAX, -1};
	const char *argv[SCRIPT_ARGS];
	struct str ignored = STR_INIT;
	bool passed;

	run_args(ctx, script, args, argv);
	passed = run_capture(argv, &limits, &ignored, NULL) == 0;
	str_done(&ignored);
	return passed;
}

static void add_mailcap(struct mailcap *m, const char *path)
{
	char *plain = file_expand(path);
	struct str s = STR_INIT;

	if (file_read(plain, MAILCAP_MAX, &s, NULL) == 0)
		mailcap_add(m, str_c(&s), s.len);
	str_done(&s);
	free(plain);
}

static struct mailcap *read_mailcaps(void)
{
	const char *paths = getenv("MAILCAPS");
	struct mailcap *m = mailcap_new();

	if (!paths || !*paths)
		paths = "~/.mailcap:/etc/mailcap:/usr/etc/mailcap:/usr/local/etc/mailcap";
	while (*paths) {
		size_t len = strcspn(paths, ":");
		char *path = mem_strndup(paths, len);

		add_mailcap(m, path);
		free(path);
		paths += len + (paths[len] == ':');
	}
	return m;
}

static bool find(struct viewing *x, const struct mailcap *m, bool text, struct mailcap_found *out)
{
	const struct mailcap_param params[] = {{"charset", x->charset}};
	const struct mailcap_want want = {.type = x->type,
		.use = MAILCAP_VIEW,
		.text = text,
		.params = params,
		.nparams = MEM_COUNT(params),
		.test = run_test,
		.ctx = x};

	return mailcap_find(m, &want, out);
}

/* The file gets the ending that the program wants to see. */
static void set_suffix(struct viewing *x, const char *suffix)
{
	size_t len = strlen(x->path), n = strlen(suffix);
	struct str s = STR_INIT;

	if (!n || (len > n && str_icmp(x->path + len - n, suffix) == 0))
		return;
	str_addf(&s, "%s%s", x->path, suffix);
	free(x->path);
	x->path = str_steal(&s);
}

static struct text *text_of_output(const struct viewing *x, const struct str *out)
{
	char utf8[] = "utf-8";
	struct viewing written = {.bytes = *out, .charset = utf8, .width = x->width};

	return text_of(&written, "text/plain");
}

/* What it writes is the text; a program that fails shows nothing of it. */
static void take_output(struct viewing *x, const struct mailcap_found *found)
{
	const struct run_limits limits = {TEXT_MS, TEXT_MAX, -1};
	const char *argv[SCRIPT_ARGS];
	struct str out = STR_INIT;

	run_args(x, found->script, &found->args, argv);
	if (run_capture(argv, &limits, &out, &x->err) == 0)
		x->viewed->text = text_of_output(x, &out);
	str_done(&out);
}

static void take_program(struct viewing *x, struct mailcap_found *found)
{
	set_suffix(x, found->suffix);
	if (write_file(x) != 0)
		return;
	if (found->text) {
		take_output(x, found);
		return;
	}
	x->viewed->script = found->script;
	found->script = NULL;
	x->viewed->args = found->args;
	found->args = (struct strv){0};
	x->viewed->terminal = found->terminal;
}

static void by_mailcap(struct viewing *x)
{
	struct mailcap *m = read_mailcaps();
	struct mailcap_found found;
	bool text_first = x->way == VIEWED_ANYHOW;

	if ((text_first && find(x, m, true, &found)) || find(x, m, false, &found)) {
		take_program(x, &found);
		mailcap_found_done(&found);
	} else if (x->way == VIEWED_MAILCAP) {
		err_set(&x->err, ERR_INPUT,
			_("No mailcap file has a row for %s: ~/.mailcap is yours to write"),
			x->type);
	} else {
		write_file(x);
	}
	mailcap_free(m);
}

/* --- all --- */

static void warn(struct viewing *x, enum kind_doubt doubt, const char *found)
{
	struct str s = STR_INIT;

	if (doubt == KIND_PROGRAM)
		str_addf(&s, _("“%s” is a program"), x->viewed->name);
	else
		str_addf(&s, _("“%s” is not what it says: it is %s"), x->viewed->name, found);
	x->viewed->warning = str_steal(&s);
}

static void look(struct viewing *x)
{
	const char *text = text_type(x);

	if (x->way == VIEWED_FILE) {
		write_file(x);
		return;
	}
	if (x->way != VIEWED_MAILCAP && text)
		x->viewed->text = text_of(x, text);
	else if (x->way != VIEWED_MAILCAP && kind_is_archive(x->type))
		x->viewed->text = list_archive(x);
	if (!x->viewed->text)
		by_mailcap(x);
}

static void viewing_run(struct worker_job *j)
{
	struct viewing *x = (struct viewing *)j;
	struct magic *m = magic_new();
	const char *found = magic_type(m, str_c(&x->bytes), x->bytes.len);
	const char *type = kind_type(x->viewed->name, x->type, found);
	enum kind_doubt doubt = kind_doubt(x->viewed->name, x->type, found);

	if (type != x->type) {
		char *own = mem_strdup(type);

		free(x->type);
		x->type = own;
	}
	if (doubt != KIND_FINE && !x->warned && x->way != VIEWED_AS_TEXT)
		warn(x, doubt, found);
	else
		look(x);
	magic_free(m);
}

static void viewing_drop(struct worker_job *j)
{
	struct viewing *x = (struct viewing *)j;

	if (x->path)
		lent_back(x->store->lent, x->path);
	viewed_free(x->viewed);
	str_done(&x->bytes);
	free(x->path);
	free(x->type);
	free(x->charset);
	free(x);
}

static void viewing_back(struct store *s, struct rendering *r)
{
	struct viewing *x = (struct viewing *)r;
	struct viewed *v = x->viewed;
	struct store_event *ev;

	if (x->err.kind != ERR_NONE) {
		answer_failed(s, r->request, &x->err);
		r->request = NULL;
		return;
	}
	ev = store_event_new(STORE_VIEWED);
	if (!v->text && !v->warning) {
		v->path = x->path;
		x->path = NULL;
	}
	free(v->type);
	v->type = x->type;
	x->type = NULL;
	ev->viewed = v;
	x->viewed = NULL;
	answer_with(s, r->request, ev);
	r->request = NULL;
}

void viewing_give(struct store *s, struct store_request *r, const struct part *p, struct str *bytes,
	char *path)
{
	struct viewing *x = mem_alloc(sizeof(*x));
	struct str type = STR_INIT;
	char *name = utf8_clean_line(p->name ? p->name : "", p->name ? strlen(p->name) : 0);

	str_addf(&type, "%s/%s", p->type, p->subtype);
	x->rendering.job.run = viewing_run;
	x->rendering.job.drop = viewing_drop;
	x->rendering.back = viewing_back;
	x->rendering.request = r;
	x->store = s;
	x->bytes = *bytes;
	*bytes = (struct str)STR_INIT;
	x->path = path;
	x->type = str_steal(&type);
	x->charset = mem_strdup(p->charset);
	x->format_flowed = p->format_flowed;
	x->delsp = p->delsp;
	x->way = r->part.way;
	x->warned = r->part.warned;
	x->width = r->part.width < 20 ? 20 : r->part.width;
	x->viewed = viewed_new(name, x->type);
	free(name);
	rendering_give(s, &x->rendering, RENDERING_READING);
}

/* --- before anything is opened --- */

static enum kind_doubt doubt_of(const struct part *p, struct magic *m)
{
	struct part head = *p;
	struct str type = STR_INIT, bytes = STR_INIT;
	enum kind_doubt doubt;

	head.body_len = p->body_len < HEAD_BYTES ? p->body_len : HEAD_BYTES;
	part_decode(&head, &bytes);
	str_addf(&type, "%s/%s", p->type, p->subtype);
	doubt = kind_doubt(p->name, type.p, magic_type(m, str_c(&bytes), bytes.len));
	str_done(&type);
	str_done(&bytes);
	return doubt;
}

unsigned char *viewing_doubts(const struct parts *parts)
{
	unsigned char *doubts = NULL;
	struct magic *m = NULL;

	for (size_t i = 0; i < parts->n; i++) {
		if (!parts->v[i].body || !part_is_attachment(parts, (int)i))
			continue;
		m = m ? m : magic_new();
		doubts = doubts ? doubts : mem_array(parts->n, 1);
		doubts[i] = (unsigned char)doubt_of(&parts->v[i], m);
	}
	if (m)
		magic_free(m);
	return doubts;
}
