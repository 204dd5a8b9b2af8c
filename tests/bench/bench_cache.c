/*
 * What the header cache costs, as ratios of things measured in the same run: absolute times differ
 * from machine to machine, these should not.
 *
 *   bench_cache [SMALL [LARGE]]    numbers of messages, 100000 and 1000000
 *   bench_cache fill [N [CHUNK [RATE]]]   the first synchronisation of a folder as the disk thread
 *                                  has it: newest first, CHUNK messages at a time (2000), at most
 *                                  RATE a second (50000), each looked up for a list
 */
#include "base/file.h"
#include "base/mem.h"
#include "store/disk/cache_priv.h"
#include "store/disk/compactor.h"
#include "tests/unit/cachemodel.h"
#include "tests/unit/harness.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ROUNDS = 9, BATCH = 200 };

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void must(int rc, const struct err *err)
{
	if (rc >= 0)
		return;
	fprintf(stderr, "%s\n", err->text);
	exit(1);
}

static int over;

static void row(const char *what, double got, double bar)
{
	printf("%-62s %8.2f  (at most %g)%s\n", what, got, bar, got > bar ? "  OVER" : "");
	over += got > bar;
}

/* --- building --- */

static void add_range(struct cache *c, uint32_t from, uint32_t n)
{
	static struct summary s[BATCH];
	static struct model_text t[BATCH];
	struct err err;

	for (uint32_t done = 0; done < n; done += BATCH) {
		uint32_t k;

		for (k = 0; k < BATCH && done + k < n; k++)
			model_summary(&s[k], &t[k], from + done + k, 1, 0, "");
		must(cache_add(c, s, k, &err), &err);
	}
}

static double build(const char *dir, uint32_t n)
{
	struct cache *c;
	struct err err;
	double start = now();

	must(cache_open(&c, dir, "F", NULL, &err), &err);
	for (uint32_t uid = 1; uid <= n; uid += 20000) {
		add_range(c, uid, n + 1 - uid < 20000 ? n + 1 - uid : 20000);
		if (cache_wants_compact(c)) {
			must(cache_compact(dir, "F", &err), &err);
			must(cache_refresh(c, &err), &err);
		}
	}
	cache_free(c);
	must(cache_compact(dir, "F", &err), &err);
	return now() - start;
}

/* --- to the first screen --- */

/* Byte by byte: what a plain program would do with a column of dates. */
static uint32_t *date_order(const uint32_t *dates, size_t n)
{
	uint32_t *order = mem_array(n + 1, 4), *other = mem_array(n + 1, 4);

	for (size_t i = 0; i < n; i++)
		order[i] = (uint32_t)i;
	for (int shift = 0; shift < 32; shift += 8) {
		size_t start[257] = {0};
		uint32_t *swap = order;

		for (size_t i = 0; i < n; i++)
			start[(dates[i] >> shift & 255) + 1]++;
		for (int b = 0; b < 256; b++)
			start[b + 1] += start[b];
		for (size_t i = 0; i < n; i++)
			other[start[dates[order[i]] >> shift & 255]++] = order[i];
		order = other;
		other = swap;
	}
	free(other);
	return order;
}

static double open_once(const char *dir)
{
	const struct columns *cols;
	struct summary s;
	struct cache *c;
	struct err err;
	uint32_t *order;
	double start = now();

	must(cache_open(&c, dir, "F", NULL, &err), &err);
	cols = cache_columns_view(c);
	order = date_order(cols->received, cols->n);
	for (size_t i = 0; i < 50 && i < cols->n; i++)
		must(cache_get(c, cols->uid[order[cols->n - 1 - i]], &s), &err);
	start = now() - start;
	free(order);
	cache_free(c);
	return start;
}

/* The same number of bytes by pread, and the same order. */
static double plain_once(const char *path, size_t n)
{
	uint32_t *bytes = mem_array(n, 26);
	double start = now();
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	for (size_t at = 0; at < 26 * n; at += 106496)
		if (pread(fd, (char *)bytes + at, 26 * n - at < 106496 ? 26 * n - at : 106496,
			    (off_t)at) < 0)
			exit(1);
	free(date_order(bytes, n));
	start = now() - start;
	close(fd);
	free(bytes);
	return start;
}

/* The quickest round: what else the machine does only ever adds. */
static double best(const double *v)
{
	double least = v[0];

	for (int i = 1; i < ROUNDS; i++)
		least = v[i] < least ? v[i] : least;
	return least;
}

/* The most memory this process ever had, in KiB, as text into a file. */
static void tell_peak(const char *to)
{
	struct str status = STR_INIT;
	const char *line;

	must(file_read("/proc/self/status", 65536, &status, NULL), NULL);
	line = strstr(str_c(&status), "VmHWM:");
	line = line ? line + 6 : "0";
	must(file_replace(to, line, strlen(line), 0600, NULL), NULL);
	str_done(&status);
}

/* A program of its own: the memory of this one would count as its. */
static double peak_megabytes(const char *self, const char *dir)
{
	char *to = file_join(dir, "peak");
	struct str text = STR_INIT;
	double kilobytes;
	int status;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid == 0) {
		execl(self, self, "open", dir, to, (char *)NULL);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid || status != 0)
		exit(1);
	must(file_read(to, 65536, &text, NULL), NULL);
	kilobytes = strtod(str_c(&text), NULL);
	unlink(to);
	free(to);
	str_done(&text);
	return kilobytes / 1024;
}

static char *plain_file(const char *dir, size_t n)
{
	char *path = file_join(dir, "plain"), *data = mem_array(n, 26);

	for (size_t i = 0; i < 26 * n; i++)
		data[i] = (char)model_mix(i);
	must(file_replace(path, data, 26 * n, 0600, NULL), NULL);
	free(data);
	return path;
}

/* --- single rows --- */

static double sum_of_records(const char *dir, double *file)
{
	struct cache *c;
	struct err err;
	double sum = 0;
	size_t len;

	must(cache_load(&c, dir, "F", false, &err), &err);
	for (enum family f = FAMILY_PAIRS; f <= FAMILY_STRINGS; f++)
		for (uint32_t i = 0; i < base_pages(c->base, f); i++)
			if (base_page(c->base, f, i, &len))
				sum += (double)len;
	sum += 26.0 * (double)c->columns.n;
	*file = (double)c->header.base_size;
	cache_free(c);
	return sum;
}

static double append_flags(struct cache *c, size_t n)
{
	struct err err;
	double start = now();

	for (uint32_t i = 0; i < n; i++)
		must(cache_set_flags(c, 1 + i * 7, 0, MAIL_SEEN, NULL, &err), &err);
	return (now() - start) / (double)n;
}

/* A page of 4096 messages read from a GDBM file and stored, as an update has to. */
static double update_pages(const char *dir, size_t n)
{
	char *path = file_join(dir, "pages"), *page = mem_alloc(106496);
	struct gdbmf *f;
	struct err err;
	double start;

	must(gdbmf_create(&f, path, &err), &err);
	must(gdbmf_store(f, 'h', 0, page, 106496, &err), &err);
	start = now();
	for (uint32_t i = 0; i < n; i++) {
		size_t len;

		free(gdbmf_fetch(f, 'h', i, &len));
		must(gdbmf_store(f, 'h', i + 1, page, 106496, &err), &err);
	}
	start = (now() - start) / (double)n;
	gdbmf_close(f);
	unlink(path);
	free(path);
	free(page);
	return start;
}

static double seen_by_other(struct cache *a, struct cache *b)
{
	struct err err;
	double start = now();

	must(cache_set_flags(a, 1, MAIL_SEEN, MAIL_FLAGGED, NULL, &err), &err);
	must(cache_refresh(b, &err), &err);
	return (now() - start) / 1000;
}

static double add_batches(const char *dir, uint32_t above)
{
	struct cache *c;
	struct err err;
	double start;

	must(cache_open(&c, dir, "F", NULL, &err), &err);
	start = now();
	add_range(c, above + 1, 20 * BATCH);
	start = (now() - start) / 20;
	cache_free(c);
	return start;
}

static void measure(const char *self, uint32_t small, uint32_t large, const char *const dirs[2])
{
	double s[ROUNDS], l[ROUNDS], p[ROUNDS], file, sum, page, flag;
	char *plain = plain_file(dirs[0], small);
	struct cache *a, *b;
	struct err err;

	for (int i = 0; i < ROUNDS; i++) {
		p[i] = plain_once(plain, small);
		s[i] = open_once(dirs[0]);
		l[i] = open_once(dirs[1]);
	}
	unlink(plain);
	free(plain);
	printf("# open %u: %.2f ms, plain %.2f ms; open %u: %.1f ms\n", small, best(s), best(p),
		large, best(l));
	row("small folder to the first screen / plain pread and sort", best(s) / best(p), 4);
	row("large folder to the first screen / small one", best(l) / best(s), 12);
	row("peak memory of the small folder, MB", peak_megabytes(self, dirs[0]), 20);
	row("peak memory of the large folder, MB", peak_megabytes(self, dirs[1]), 80);
	sum = sum_of_records(dirs[0], &file);
	row("base file / sum of its records", file / sum, 1.15);
	must(cache_open(&a, dirs[0], "F", NULL, &err), &err);
	must(cache_open(&b, dirs[0], "F", NULL, &err), &err);
	row("flag change until another copy sees it, s", seen_by_other(a, b), 1.5);
	page = update_pages(dirs[0], 200);
	flag = append_flags(a, 2000);
	printf("# flag %.4f ms, page %.4f ms\n", flag, page);
	row("flag appended to the log / GDBM page update", flag / page, 0.1);
	cache_free(a);
	cache_free(b);
	row("200 messages into the large folder / into the small one",
		add_batches(dirs[1], large) / add_batches(dirs[0], small), 3);
}

/* --- first fill --- */

static double cpu(clockid_t whose)
{
	struct timespec t;

	clock_gettime(whose, &t);
	return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

/* Bytes this process gave to write() and its like so far. */
static double written(void)
{
	struct str io = STR_INIT;
	const char *line;
	double n;

	must(file_read("/proc/self/io", 65536, &io, NULL), NULL);
	line = strstr(str_c(&io), "wchar:");
	n = line ? strtod(line + 6, NULL) : 0;
	str_done(&io);
	return n;
}

struct fill {
	struct cache *c;
	const char *dir;
	struct compactor *beside;
	unsigned job;
	double longest, longest_cpu, adding, adopting;
	uint32_t rewrites;
};

static struct cache *handover(void *ctx)
{
	struct fill *f = ctx;
	struct compacted *r = f->job ? compactor_take(f->beside, 100) : NULL;
	struct cache *next = r ? r->next : NULL;

	if (!r)
		return NULL;
	f->job = 0;
	r->next = NULL;
	compacted_free(r);
	return next;
}

/* What the disk thread does between two answers of the server. */
static void fill_follow(struct fill *f)
{
	struct compacted *r = f->job ? compactor_take(f->beside, 0) : NULL;
	struct err err;

	if (r) {
		must(r->err.kind == ERR_NONE ? 0 : -1, &r->err);
		f->job = 0;
		if (r->next && cache_adopt(f->c, r->next, &err) != 0)
			must(cache_refresh(f->c, &err), &err);
		compactor_give(f->beside, r->next);
		r->next = NULL;
		compacted_free(r);
	}
	if (!f->job && cache_wants_compact(f->c)) {
		f->job = compactor_post(f->beside, f->dir, "F");
		f->rewrites++;
	}
}

/* The rows of uid - k + 1 .. uid, as an answer of the server brings them; each is looked up once
 * more, for the list. */
static void fill_chunk(struct fill *f, uint32_t uid, uint32_t k)
{
	struct summary *s = mem_array(k, sizeof(*s));
	struct model_text *t = mem_array(k, sizeof(*t));
	struct columns row = {0};
	double start, added, used;
	struct err err;

	for (uint32_t i = 0; i < k; i++)
		model_summary(&s[i], &t[i], uid - k + 1 + i, 1, 0, "");
	columns_resize(&row, k);
	start = now();
	used = cpu(CLOCK_THREAD_CPUTIME_ID);
	must(cache_add(f->c, s, k, &err), &err);
	for (uint32_t i = 0; i < k; i++)
		if (!cache_row(f->c, s[i].uid, &row, i))
			exit(1);
	added = now();
	fill_follow(f);
	f->adding += added - start;
	f->adopting += now() - added;
	used = cpu(CLOCK_THREAD_CPUTIME_ID) - used;
	if (now() - start > f->longest)
		f->longest = now() - start;
	if (used > f->longest_cpu)
		f->longest_cpu = used;
	columns_done(&row);
	free(s);
	free(t);
}

static void fill(const char *dir, uint32_t n, uint32_t chunk, double rate)
{
	struct fill f = {.dir = dir, .beside = compactor_new()};
	double start = now(), used = cpu(CLOCK_PROCESS_CPUTIME_ID), bytes = written(), file, sum;
	struct err err;

	must(cache_open(&f.c, dir, "F", NULL, &err), &err);
	cache_on_replaced(f.c, handover, &f);
	for (uint32_t uid = n; uid;) {
		uint32_t k = uid < chunk ? uid : chunk;

		fill_chunk(&f, uid, k);
		uid -= k;
		while (now() - start < (n - uid) / rate * 1e3) {
			poll(NULL, 0, 1);
			fill_follow(&f);
		}
	}
	while (f.job)
		fill_follow(&f);
	start = now() - start;
	printf("# log at the end %.1f MB\n", (double)wal_size(f.c->wal) / 1e6);
	cache_free(f.c);
	compactor_free(f.beside, 10000);
	used = cpu(CLOCK_PROCESS_CPUTIME_ID) - used;
	bytes = written() - bytes;
	sum = sum_of_records(dir, &file);
	printf("# %u messages, %u a time: %.0f ms, CPU %.0f ms (adding %.0f, adopting %.0f); "
	       "%u rewrites, %.0f MB written, base %.0f MB\n",
		n, chunk, start, used, f.adding, f.adopting, f.rewrites, bytes / 1e6, file / 1e6);
	printf("# opened as it is then: %.1f ms\n", open_once(dir));
	row("bytes written / bytes of the final records", bytes / sum, 10);
	row("longest step of the disk thread, ms of CPU", f.longest_cpu, 50);
	row("longest time the disk thread was not there for others, ms", f.longest, 50);
}

static int fill_main(int argc, char **argv)
{
	char *top = harness_dir(), *dir = file_join(top, "fill");

	fill(dir, argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 1000000,
		argc > 3 ? (uint32_t)strtoul(argv[3], NULL, 10) : 2000,
		argc > 4 ? strtod(argv[4], NULL) : 50000);
	harness_remove(top);
	free(dir);
	free(top);
	return over > 0;
}

int main(int argc, char **argv)
{
	if (argc > 1 && strcmp(argv[1], "fill") == 0)
		return fill_main(argc, argv);
	if (argc > 3 && strcmp(argv[1], "open") == 0) {
		open_once(argv[2]);
		tell_peak(argv[3]);
		return 0;
	}

	uint32_t small = argc > 1 ? (uint32_t)strtoul(argv[1], NULL, 10) : 100000;
	uint32_t large = argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 10 * small;
	char *top = harness_dir();
	const char *dirs[2] = {file_join(top, "small"), file_join(top, "large")};

	printf("# built %u in %.0f ms\n", small, build(dirs[0], small));
	printf("# built %u in %.0f ms\n", large, build(dirs[1], large));
	measure(argv[0], small, large, dirs);
	harness_remove(top);
	free(top);
	return over > 0;
}
