/*
 * What the engine needs for one thing, without a screen: times in milliseconds, one "name value" a
 * line, for tests/bench/bench, which knows the budgets.
 *
 *   bench_engine arrive CONFIG FOLDER          a new folder: online, first row, all rows
 *   bench_engine known CONFIG FOLDER           a folder that is here: online, synchronised, again
 *   bench_engine list CONFIG FOLDER WORD N     order, threads and limit, N times; "-ui" is the part
 *                                              that the UI thread spends
 *   bench_engine fields                        the header fields that a summary is made of
 */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "engine/engine.h"
#include "mime/envelope.h"

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
			if (kind == EVENT_FAILED)
				die(ev->err.text);
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
	say("online", now() - begin);
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
			say("online", now() - begin);
		}
		if (l && !first && msglist_row(l, 0, &row) && row.subject) {
			first = true;
			say("first", now() - begin);
		}
	}
	say("all", now() - begin);
	say("count", (double)msglist_total(l));
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
	say("synced", now() - begin);
	begin = now();
	wait_final(e, engine_sync(e, 0));
	say("again", now() - begin);
}

static void order(struct engine *e, struct msglist *l, const char *name, enum msglist_sort sort)
{
	bool wait = sort == SORT_FROM || sort == SORT_SUBJECT;
	char ui[64];
	unsigned request;
	double at = now();

	msglist_set_sort(l, sort, false);
	snprintf(ui, sizeof(ui), "%s-ui", name);
	say(ui, now() - at);
	while (wait && step(e, &request) != EVENT_LIST)
		;
	say(name, now() - at);
}

static void limit(struct engine *e, struct msglist *l, const char *word)
{
	double at = now();
	unsigned id = engine_limit(e, l, word);

	wait_final(e, id);
	say("limit", now() - at);
	say("limited", (double)msglist_count(l));
	wait_final(e, engine_limit(e, l, ""));
}

static void threads(struct msglist *l)
{
	double at = now();

	msglist_set_threads(l, true);
	say("thread", now() - at);
	at = now();
	msglist_set_threads(l, false);
	say("unthread", now() - at);
}

static void lists(struct engine *e, const char *folder, const char *word, int rounds)
{
	struct msglist *l = open_folder(e, folder);
	unsigned request;

	while (!msglist_ready(l))
		step(e, &request);
	say("ready", now() - begin);
	if (msglist_threads(l))
		msglist_set_threads(l, false);
	for (int i = 0; i < rounds; i++) {
		order(e, l, "sort-size", SORT_SIZE);
		order(e, l, "sort-from", SORT_FROM);
		order(e, l, "sort-subject", SORT_SUBJECT);
		order(e, l, "sort-date", SORT_DATE);
		threads(l);
		limit(e, l, word);
	}
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
	e = start(argv[2], settings, strcmp(argv[1], "list") == 0);
	if (strcmp(argv[1], "arrive") == 0)
		arrive(e, argv[3]);
	else if (strcmp(argv[1], "known") == 0)
		known(e, argv[3]);
	else if (argc > 5)
		lists(e, argv[3], argv[4], atoi(argv[5]));
	begin = now();
	engine_free(e);
	say("stop", now() - begin);
	settings_free(settings);
	return 0;
}
