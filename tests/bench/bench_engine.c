/*
 * What the engine needs for one thing, without a screen: times in milliseconds, one "name value" a
 * line, for tests/bench/bench, which knows the budgets. "NAME-at" is the same moment by the clock
 * (CLOCK_MONOTONIC); "NAME-calls" and "NAME-heap" are calls of malloc until then and bytes in use,
 * where those can be counted.
 *
 *   bench_engine arrive CONFIG FOLDER          a new folder: online, first row, all rows
 *   bench_engine known CONFIG FOLDER           a folder that is here: online, synchronised, again
 *   bench_engine list CONFIG FOLDER WORD N     order, threads and limit, N times; "-ui" is the
 *                                              longest that the UI thread was busy at once, "-cpu"
 *                                              what all threads worked
 *   bench_engine cancel CONFIG FOLDER PROXY DIR N
 *                                              a message, and every second time an export of one,
 *                                              is cancelled that a stalled server does not send:
 *                                              until the next one is here, N times. The proxy
 *                                              before the server (tests/servers/proxy.py, DIR)
 *
 *   bench_engine inboxes CONFIG @inboxes       the inboxes of all accounts as one list: the first
 *                                              screen of it
 *   bench_engine texts CONFIG FOLDER COUNT N [INDEX]
 *                                              words of standard input, one a line, are searched
 *                                              in the texts of COUNT messages, N times each:
 *                                              "WORD-first", "WORD" and "WORD-found"; INDEX: when
 *                                              all of them were indexed
 *   bench_engine make CONFIG FOLDER N          a header cache of N messages for each account,
 *                                              without any server
 *   bench_engine fields                        the header fields that a summary is made of
 */
#include "base/clock.h"
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/run.h"
#include "engine/engine.h"
#include "mime/envelope.h"
#include "store/disk/cache.h"
#include "tests/bench/heap.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { PATIENCE_MS = 300 * 1000 };

static double begin;

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void say(const char *what, double ms)
{
	printf("%s %.3f\n", what, ms);
	fflush(stdout);
}

/* A stage is reached. */
static void reach(const char *what)
{
	struct heap_counts heap;
	double at = now();

	say(what, at - begin);
	printf("%s-at %.3f\n", what, at);
	if (heap_counts(&heap)) {
		printf("%s-calls %ld\n", what, heap.calls);
		printf("%s-heap %ld\n", what, heap.bytes);
	}
	fflush(stdout);
}

static void die(const char *why)
{
	fprintf(stderr, "bench_engine: %s\n", why);
	exit(1);
}

static void no_other(void *ctx, const struct conf_line *line, struct conf_errors *errors)
{
	(void)ctx;
	(void)line;
	(void)errors;
}

static struct engine *start(const char *config, struct settings *settings, bool offline)
{
	struct engine_options opt = {.offline = offline, .config_path = config};
	struct conf_errors errors = {0};
	struct engine *e;
	struct err err = {0};

	if (settings_read(settings, config, no_other, NULL, &errors) != 0)
		die("the configuration cannot be read");
	conf_errors_done(&errors);
	begin = now();
	if (engine_new(&e, settings, &opt, &err) != 0)
		die(err.text);
	return e;
}

static bool indexed; /* all is, it was told */
static size_t found; /* by the last search */

static void note(const struct event *ev)
{
	if (ev->kind == EVENT_PROGRESS && ev->progress.indexes)
		indexed = ev->progress.total == 0;
	else if (ev->kind == EVENT_FOUND)
		found = ev->found.n;
}

/* Waits for the next event; what it was, and whose. */
static enum event_kind step(struct engine *e, unsigned *request)
{
	int64_t end = clock_ms() + PATIENCE_MS;

	for (;;) {
		struct event *ev = engine_next(e);
		struct pollfd pfd = {engine_fd(e), POLLIN, 0};
		enum event_kind kind;

		if (ev) {
			kind = ev->kind;
			*request = ev->request;
			note(ev);
			if (kind == EVENT_FAILED)
				die(event_error(ev));
			event_free(ev);
			return kind;
		}
		if (clock_ms() > end)
			die("waited in vain");
		poll(&pfd, 1, 1000);
	}
}

static struct msglist *open_folder(struct engine *e, const char *folder)
{
	struct msglist *l;
	struct err err = {0};
	unsigned request;

	while (engine_find_folder(e, 0, folder) < 0)
		step(e, &request);
	l = engine_open(e, 0, folder, &err);
	if (!l)
		die(err.text);
	return l;
}

static bool is_online(struct engine *e)
{
	struct account_info info;

	engine_account(e, 0, &info);
	return info.state == STATE_ONLINE;
}

static void wait_online(struct engine *e)
{
	unsigned request;

	while (!is_online(e))
		step(e, &request);
	reach("online");
}

/* Bytes this process gave to write() and its like; what went to sockets is in send(). */
static double written(void)
{
	struct str io = STR_INIT;
	const char *line;
	double n;

	if (file_read("/proc/self/io", 65536, &io, NULL) != 0)
		die("/proc/self/io cannot be read");
	line = strstr(str_c(&io), "wchar:");
	n = line ? strtod(line + 6, NULL) : 0;
	str_done(&io);
	return n;
}

static void arrive(struct engine *e, const char *folder)
{
	struct msglist *l = NULL;
	struct msg_row row;
	bool online = false, first = false;
	unsigned request;
	struct err err = {0};

	while (!l || !first || msglist_sync_percent(l) != 100) {
		if (!l && engine_find_folder(e, 0, folder) >= 0)
			l = engine_open(e, 0, folder, &err);
		step(e, &request);
		if (!online && is_online(e)) {
			online = true;
			reach("online");
		}
		if (l && !first && msglist_row(l, 0, &row) && row.subject) {
			first = true;
			reach("first");
		}
	}
	reach("all");
	say("count", (double)msglist_total(l));
	say("disk", written());
}

static void wait_final(struct engine *e, unsigned id)
{
	unsigned request;

	while (step(e, &request) == EVENT_PROGRESS || request != id)
		;
}

static void known(struct engine *e, const char *folder)
{
	unsigned id;

	open_folder(e, folder);
	id = engine_sync(e, 0);
	wait_online(e);
	wait_final(e, id);
	reach("synced");
	begin = now();
	reach("between");
	wait_final(e, engine_sync(e, 0));
	reach("again");
}

/* --- cancelling --- */

enum { STALLED_MS = 1000 }; /* until the person has had enough */

static void stall(const char *proxy, const char *dir)
{
	const char *argv[] = {proxy, "--tell", dir, "freeze", NULL};
	struct run_limits limits = {.timeout_ms = PATIENCE_MS, .max_output = 4096, .cancel_fd = -1};
	struct str out = STR_INIT;
	struct err err = {0};

	if (run_capture(argv, &limits, &out, &err) != 0)
		die(err.text);
	str_done(&out);
}

/* Reads or exports a message of which the server sends nothing, until the person has had enough;
 * then the next one is read. Each row is used once: what was read before is here. */
static void cancel_one(struct engine *e, struct msglist *l, size_t *row, const char *export_to)
{
	const struct read_options opt = {.width = 80};
	uint32_t uid = msglist_uid(l, (*row)--);
	unsigned request =
		export_to ? engine_export(e, l, &uid, 1, export_to) : engine_read(e, l, uid, &opt);

	clock_pause(STALLED_MS);
	begin = now();
	engine_cancel(e, request);
	wait_final(e, engine_read(e, l, msglist_uid(l, (*row)--), &opt));
	say(export_to ? "next-export" : "next", now() - begin);
}

/* From the oldest message on: nothing has read those before. */
static void cancelled(
	struct engine *e, const char *folder, const char *proxy, const char *dir, size_t times)
{
	struct msglist *l = open_folder(e, folder);
	const struct read_options opt = {.width = 80};
	char *export_to = file_join(dir, "export");
	unsigned request;
	size_t row;

	wait_online(e);
	while (msglist_count(l) < 2 * times + 1)
		step(e, &request);
	row = msglist_count(l) - 1;
	wait_final(e, engine_read(e, l, msglist_uid(l, row--), &opt));
	for (size_t i = 0; i < times; i++) {
		stall(proxy, dir);
		cancel_one(e, l, &row, i % 2 ? export_to : NULL);
	}
	free(export_to);
}

/* --- lists --- */

static double cpu(clockid_t clock)
{
	struct timespec t;

	clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Waits until nothing is under way for the list; the longest that one event took this thread. */
static double settle(struct engine *e, struct msglist *l, unsigned request)
{
	double longest = 0;
	unsigned answered = 0;

	while (msglist_busy(l) || (request && answered != request)) {
		struct pollfd pfd = {engine_fd(e), POLLIN, 0};
		double at = cpu(CLOCK_THREAD_CPUTIME_ID), took;
		struct event *ev = engine_next(e);

		took = cpu(CLOCK_THREAD_CPUTIME_ID) - at;
		if (took > longest)
			longest = took;
		if (!ev) {
			poll(&pfd, 1, 1000);
			continue;
		}
		if (ev->kind != EVENT_PROGRESS && ev->kind != EVENT_LIST)
			answered = ev->request;
		event_free(ev);
	}
	return longest;
}

struct meter {
	const char *name;
	double wall, cpu, ui;
};

static struct meter meter_start(const char *name)
{
	return (struct meter){
		name, now(), cpu(CLOCK_PROCESS_CPUTIME_ID), cpu(CLOCK_THREAD_CPUTIME_ID)};
}

static void meter_say(const struct meter *m, struct engine *e, struct msglist *l, unsigned request)
{
	double first = cpu(CLOCK_THREAD_CPUTIME_ID) - m->ui, later = settle(e, l, request);
	char what[64];

	say(m->name, now() - m->wall);
	snprintf(what, sizeof(what), "%s-ui", m->name);
	say(what, first > later ? first : later);
	snprintf(what, sizeof(what), "%s-cpu", m->name);
	say(what, cpu(CLOCK_PROCESS_CPUTIME_ID) - m->cpu);
}

static void order(struct engine *e, struct msglist *l, const char *name, enum msglist_sort sort)
{
	struct meter m = meter_start(name);

	msglist_set_sort(l, sort, false);
	meter_say(&m, e, l, 0);
}

static void limit(struct engine *e, struct msglist *l, const char *name, const char *query)
{
	struct meter m = meter_start(name);

	meter_say(&m, e, l, engine_limit(e, l, query));
	say("limited", (double)msglist_count(l));
	settle(e, l, engine_limit(e, l, ""));
}

/* A limit as it is typed, letter by letter, and taken back: "typed" is one key and its answer. */
static void typed(struct engine *e, struct msglist *l, const char *word)
{
	struct meter m;

	for (size_t n = 1; n <= strlen(word); n++) {
		char text[64];

		snprintf(text, sizeof(text), "%.*s", (int)n, word);
		m = meter_start("typed");
		meter_say(&m, e, l, engine_limit_try(e, l, text));
	}
	m = meter_start("typed-back");
	engine_limit_end(e, l, true);
	meter_say(&m, e, l, 0);
}

static void threads(struct engine *e, struct msglist *l, const char *name, bool on)
{
	struct meter m = meter_start(name);

	msglist_set_threads(l, on);
	meter_say(&m, e, l, 0);
}

/* Everything in one thread of execution at a time: folding is never elsewhere. */
static void folds(struct engine *e, struct msglist *l)
{
	struct meter m = meter_start("fold-all");

	msglist_fold_all(l, true);
	meter_say(&m, e, l, 0);
	m = meter_start("unfold-all");
	msglist_fold_all(l, false);
	meter_say(&m, e, l, 0);
}

static void memory(const char *what, const char *field)
{
	FILE *f = fopen("/proc/self/status", "r");
	char line[256];
	size_t len = strlen(field);

	while (f && fgets(line, sizeof(line), f))
		if (strncmp(line, field, len) == 0)
			say(what, strtod(line + len, NULL) / 1024);
	if (f)
		fclose(f);
}

static void lists(struct engine *e, const char *folder, const char *word, int rounds)
{
	struct meter m = meter_start("open");
	struct msglist *l = open_folder(e, folder);
	unsigned request;

	while (!msglist_ready(l))
		step(e, &request);
	reach("ready");
	meter_say(&m, e, l, 0);
	memory("resident-mb", "VmRSS:");
	memory("peak-mb", "VmHWM:");
	if (msglist_threads(l))
		threads(e, l, "unthread", false);
	for (int i = 0; i < rounds; i++) {
		order(e, l, "sort-size", SORT_SIZE);
		order(e, l, "sort-from", SORT_FROM);
		order(e, l, "sort-subject", SORT_SUBJECT);
		order(e, l, "sort-date", SORT_DATE);
		threads(e, l, "thread", true);
		folds(e, l);
		threads(e, l, "unthread", false);
		limit(e, l, "limit", word);
		limit(e, l, "limit-flag", "~U");
		typed(e, l, word);
	}
	reach("listed");
	threads(e, l, "thread", true);
	memory("resident-after-mb", "VmRSS:");
	memory("peak-after-mb", "VmHWM:");
}

/* --- texts --- */

static void search(struct engine *e, struct msglist *l, const char *word, int rounds)
{
	char query[80], name[80];

	snprintf(query, sizeof(query), "body:%s", word);
	for (int i = 0; i < rounds; i++) {
		double at = now();

		wait_final(e, engine_search(e, l, query));
		snprintf(name, sizeof(name), "%s%s", word, i ? "" : "-first");
		say(name, now() - at);
	}
	snprintf(name, sizeof(name), "%s-found", word);
	say(name, (double)found);
}

static void texts(struct engine *e, const char *folder, size_t count, int rounds, bool index)
{
	struct msglist *l = open_folder(e, folder);
	char word[64];
	unsigned request;

	while (msglist_total(l) < count)
		step(e, &request);
	reach("ready");
	while (index && !indexed)
		step(e, &request);
	reach("indexed");
	say("cpu", cpu(CLOCK_PROCESS_CPUTIME_ID));
	while (scanf("%63s", word) == 1)
		search(e, l, word, rounds);
	memory("peak-mb", "VmHWM:");
}

/* --- the inboxes of all accounts --- */

enum { SCREEN = 24 };

static bool painted(struct msglist *l)
{
	struct msg_row row;
	bool all = msglist_ready(l);

	for (size_t i = 0; all && i < SCREEN && i < msglist_count(l); i++)
		all = msglist_row(l, i, &row) && row.subject;
	return all;
}

static void inboxes(struct engine *e)
{
	struct msglist *l = engine_open_span(e, span_row(SPAN_INBOXES));
	unsigned request;

	while (!msglist_ready(l))
		step(e, &request);
	reach("ready");
	while (!painted(l))
		step(e, &request);
	reach("first");
	say("cpu", cpu(CLOCK_PROCESS_CPUTIME_ID));
	say("count", (double)msglist_total(l));
	memory("resident-mb", "VmRSS:");
	memory("peak-mb", "VmHWM:");
}

/* --- a cache without a server --- */

static unsigned dice(unsigned n)
{
	static uint64_t state = 42;

	state = state * UINT64_C(6364136223846793005) + 1442695040888963407;
	return (unsigned)((state >> 33) % n);
}

struct mail {
	char from[64], mail[64], subject[128], id[64], references[128];
};

/* Half are answers to one of the last two hundred; one sender in eight is not in ASCII. */
static void make_mail(struct summary *s, struct mail *m, uint32_t uid, char (*subjects)[64])
{
	static const char *const words[] = {"Agenda", "letter", "invoice", "Größe", "review",
		"build", "patch", "series", "minutes", "Срок", "release", "broken", "question",
		"update", "travel", "idea"};
	uint32_t sender = dice(2000), parent = dice(2) && uid > 300 ? uid - 1 - dice(200) : 0;
	char *own = subjects[uid % 512];

	if (parent)
		memmove(own, subjects[parent % 512], 64);
	else
		snprintf(own, 64, "%s %s %s %u", words[dice(16)], words[dice(16)], words[dice(16)],
			dice(10000));
	snprintf(m->subject, sizeof(m->subject), "%s%s", parent ? "Re: " : "", own);
	snprintf(m->from, sizeof(m->from), sender % 8 ? "Sender Number %u" : "Jürgen Weiß %u",
		sender);
	snprintf(m->mail, sizeof(m->mail), "sender%u@mail%u.example.org", sender, sender % 50);
	snprintf(m->id, sizeof(m->id), "%u.%u@mail.example.org", uid, uid * 7919);
	m->references[0] = '\0';
	if (parent)
		snprintf(m->references, sizeof(m->references), "%u.%u@mail.example.org", parent,
			parent * 7919);
	*s = (struct summary){.uid = uid,
		.flags = dice(20) ? MAIL_SEEN : 0,
		.received = 1400000000 + uid * 300,
		.sent = 1400000000 + uid * 300 - dice(3000),
		.size = dice(90000),
		.keywords = "",
		.from_name = m->from,
		.from_mail = m->mail,
		.to = "list@example.org",
		.cc = "",
		.subject = m->subject,
		.message_id = m->id,
		.references = m->references,
		.file = ""};
	memcpy(s->identity, &uid, sizeof(uid));
}

static void fill_cache(const char *dir, const char *folder, uint32_t n)
{
	enum { BATCH = 500 };
	struct summary *s = mem_array(BATCH, sizeof(*s));
	struct mail *m = mem_array(BATCH, sizeof(*m));
	char(*subjects)[64] = mem_array(512, sizeof(*subjects));
	struct cache_meta meta = {1, n + 1, 1, n, true};
	struct cache *c;
	struct err err = {0};

	if (cache_open(&c, dir, folder, NULL, &err) != 0)
		die(err.text);
	for (uint32_t uid = 1; uid <= n;) {
		size_t k = 0;

		for (; k < BATCH && uid <= n; k++, uid++)
			make_mail(&s[k], &m[k], uid, subjects);
		if (cache_add(c, s, k, &err) != 0 ||
			(cache_wants_compact(c) && (cache_compact(dir, folder, &err) != 0 ||
							   cache_refresh(c, &err) < 0)))
			die(err.text);
	}
	if (cache_set_meta(c, &meta, &err) != 0 || cache_compact(dir, folder, &err) != 0)
		die(err.text);
	cache_free(c);
	free(s);
	free(m);
	free(subjects);
}

static void make_one(const struct account_settings *account, const char *folder, uint32_t n)
{
	char *base = settings_dir_cache(account->name), *pages = file_join(base, "v1"), *dir,
	     *table = file_join(base, "folders"), text[256], name[128];
	int len;

	snprintf(name, sizeof(name), "imap:%s", folder);
	dir = cache_dir_for(pages, name);
	fill_cache(dir, name, n);
	len = snprintf(
		text, sizeof(text), "talaria-folders 1\n1\t1\t%u\t0\t%s\t%s\n", n, folder, folder);
	if (file_replace(table, text, (size_t)len, 0600, NULL) != 0)
		die("the table of folders cannot be written");
	free(base);
	free(pages);
	free(dir);
	free(table);
}

static void make(struct settings *settings, const char *config, const char *folder, uint32_t n)
{
	struct conf_errors errors = {0};

	if (settings_read(settings, config, no_other, NULL, &errors) != 0)
		die("the configuration cannot be read");
	for (size_t i = 0; i < settings_accounts(settings); i++)
		make_one(settings_account(settings, i), folder, n);
}

static bool is_offline(const char *what)
{
	return strcmp(what, "list") == 0 || strcmp(what, "inboxes") == 0 ||
	       strcmp(what, "texts") == 0;
}

int main(int argc, char **argv)
{
	struct settings *settings;
	struct engine *e;

	if (argc == 2 && strcmp(argv[1], "fields") == 0) {
		puts(SUMMARY_FIELDS);
		return 0;
	}
	if (argc < 4)
		die("what, configuration and folder are needed");
	i18n_init();
	settings = settings_new();
	if (argc == 5 && strcmp(argv[1], "make") == 0) {
		make(settings, argv[2], argv[3], (uint32_t)strtoul(argv[4], NULL, 10));
		settings_free(settings);
		return 0;
	}
	e = start(argv[2], settings, is_offline(argv[1]));
	if (strcmp(argv[1], "arrive") == 0)
		arrive(e, argv[3]);
	else if (strcmp(argv[1], "known") == 0)
		known(e, argv[3]);
	else if (strcmp(argv[1], "inboxes") == 0)
		inboxes(e);
	else if (argc > 6 && strcmp(argv[1], "cancel") == 0)
		cancelled(e, argv[3], argv[4], argv[5], strtoul(argv[6], NULL, 10));
	else if (argc > 5 && strcmp(argv[1], "texts") == 0)
		texts(e, argv[3], strtoul(argv[4], NULL, 10), atoi(argv[5]), argc > 6);
	else if (argc > 5)
		lists(e, argv[3], argv[4], atoi(argv[5]));
	begin = now();
	engine_free(e);
	say("stop", now() - begin);
	settings_free(settings);
	return 0;
}
