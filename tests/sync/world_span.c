/* The second account of a world: by POP3, its mail in local folders, with the same UIDs as the
 * first one's. What is done in the list of both inboxes is done in both. */
#include "base/file.h"
#include "base/mem.h"
#include "tests/check.h"
#include "tests/sync/world.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool world_spans;

static const struct {
	char letter;
	uint32_t mark;
} marks[] = {{'F', MAIL_FLAGGED}, {'P', MAIL_FORWARDED}, {'R', MAIL_ANSWERED}, {'S', MAIL_SEEN}};

/* Its directory of a mailbox, as Maildir++ has it. free(). */
static char *box_dir(unsigned box, const char *sub)
{
	struct str path = STR_INIT;

	str_addf(&path, "%s/talaria/other/mail%s%s/%s", getenv("XDG_DATA_HOME"), box ? "/." : "",
		box ? world_boxes[box] : "", sub);
	return str_steal(&path);
}

void world_config(struct str *config, const char *user)
{
	char other[32];

	snprintf(other, sizeof(other), "%sp", user);
	person_add_user(other);
	str_addf(config,
		"account other {\n\tfrom \"%s@example.org\"\n\tprotocol pop3\n\tpop3 "
		"pop3+insecure://%s@localhost:%s\n\tpassword plain \"%s\"\n}\n",
		other, other, getenv("SRV_POP3"), getenv("SRV_PASSWORD"));
}

void world_put_other(struct world *w)
{
	static const char *const subs[] = {"cur", "new", "tmp"};

	memset(w->other, 0, sizeof(w->other));
	for (unsigned b = 0; world_spans && b < WORLD_BOXES; b++)
		for (size_t i = 0; i < MEM_COUNT(subs); i++) {
			char *dir = box_dir(b, subs[i]);

			assert_int_equal(file_make_dirs(dir, NULL), 0);
			free(dir);
		}
	for (unsigned id = 0; world_spans && id < WORLD_IDS; id++) {
		char name[64], *path;
		struct str text = STR_INIT;

		snprintf(name, sizeof(name), "cur/17000000%02u.M1P1.localhost:2,", id);
		path = box_dir(0, name);
		str_addf(&text,
			"From: b@example.org\nSubject: m%u\nMessage-ID: <m%u@example.org>\n"
			"Date: Sat, 03 Jan 2026 01:%02u:30 +0000\n\nText %u\n",
			id, id, id, id);
		assert_int_equal(file_replace(path, text.p, text.len, 0600, NULL), 0);
		w->other[0][id].there = true;
		str_done(&text);
		free(path);
	}
}

/* --- what is really there --- */

static uint32_t marks_of(const char *name)
{
	const char *letters = strstr(name, ":2,");
	uint32_t flags = 0;

	for (size_t i = 0; letters && i < MEM_COUNT(marks); i++)
		if (strchr(letters + 3, marks[i].letter))
			flags |= marks[i].mark;
	return flags;
}

static bool see_file(struct world *w, unsigned box, const char *dir, const char *name)
{
	char *path = file_join(dir, name);
	struct str text = STR_INIT;
	const char *line;
	unsigned id;
	bool doubled = false;

	assert_int_equal(file_read(path, 65536, &text, NULL), 0);
	line = strstr(str_c(&text), "Message-ID: <m");
	if (line && sscanf(line, "Message-ID: <m%u@", &id) == 1 && id < WORLD_IDS) {
		doubled = w->other[box][id].there;
		w->other[box][id] = (struct spot){true, marks_of(name)};
	}
	str_done(&text);
	free(path);
	return doubled;
}

bool world_of_other(struct world *w)
{
	bool doubled = false;

	memset(w->other, 0, sizeof(w->other));
	for (unsigned k = 0; world_spans && k < 2 * WORLD_BOXES; k++) {
		char *path = box_dir(k / 2, k % 2 ? "cur" : "new");
		DIR *dir = opendir(path);

		for (struct dirent *de; dir && (de = readdir(dir));)
			if (*de->d_name != '.')
				doubled |= see_file(w, k / 2, path, de->d_name);
		if (dir)
			closedir(dir);
		free(path);
	}
	return doubled;
}

/* --- whether it may be so --- */

static bool is_so(const struct world *w, const struct world *is, unsigned id)
{
	bool so = true;

	for (unsigned b = 0; b < WORLD_BOXES; b++)
		so &= w->other[b][id].there == is->other[b][id].there &&
		      w->other[b][id].flags == is->other[b][id].flags;
	return so;
}

static bool is_about(const struct act *a, unsigned id)
{
	for (unsigned i = 0; i < a->nothers; i++)
		if (a->others[i] == id)
			return true;
	return false;
}

static bool can_be(struct world w, const struct world_done *acts, size_t n, const struct world *is,
	unsigned id)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_about(acts[i].act, id))
			continue;
		if (!acts[i].done && can_be(w, acts + i + 1, n - i - 1, is, id))
			return true;
		world_apply(&w, acts[i].act);
	}
	return is_so(&w, is, id);
}

static void say_spots(const struct world *w, unsigned id, struct str *text)
{
	for (unsigned b = 0; b < WORLD_BOXES; b++)
		if (w->other[b][id].there)
			str_addf(
				text, " in %s %x", world_boxes[b], (unsigned)w->other[b][id].flags);
}

unsigned world_fit_other(const struct world *before, const struct world_done *acts, size_t n,
	const struct world *is, struct str *text)
{
	unsigned off = 0;

	for (unsigned id = 0; world_spans && id < WORLD_IDS; id++) {
		struct world w = *before;

		if (can_be(*before, acts, n, is, id))
			continue;
		off++;
		if (!text)
			continue;
		for (size_t i = 0; i < n; i++)
			if (acts[i].done)
				world_apply(&w, acts[i].act);
		str_addf(text, "m%u of the other account:", id);
		say_spots(is, id, text);
		str_adds(text, ", should be:");
		say_spots(&w, id, text);
		str_adds(text, "\n");
	}
	return off;
}
