/*
 * A disk that takes no note for a while, of the journal or of a folder's cache (odd.py): it is
 * told, nothing is done twice, and all goes on when the disk is well again.
 */
#include "base/mem.h"
#include "tests/sync/odd.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* --- the disk --- */

static const char *_Atomic bad_file; /* a part of the path of what cannot be written; NULL: none */
int __real_fdatasync(int fd);
int __wrap_fdatasync(int fd);

int __wrap_fdatasync(int fd)
{
	const char *bad = atomic_load(&bad_file);
	char link[64], path[512];
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	n = bad ? readlink(link, path, sizeof(path) - 1) : 0;
	path[n > 0 ? n : 0] = '\0';
	if (!bad || !strstr(path, bad))
		return __real_fdatasync(fd);
	errno = ENOSPC;
	return -1;
}

/* --- the cases --- */

static struct person *with_mark_offline(struct msglist **l)
{
	uint32_t uid = 2;
	struct person *p = BY_IMAP("fill INBOX 3");

	filled(p, 3);
	restart(p, true);
	*l = open_folder(p, "INBOX");
	UNTIL(p, msglist_count(*l) == 3);
	flag_one(p, *l, uid, MAIL_FLAGGED);
	return p;
}

/* What the journal cannot note as sent is not sent. */
static void nothing_goes_out_unnoted(void **state)
{
	struct msglist *l;
	struct person *p = with_mark_offline(&l);

	atomic_store(&bad_file, "ops.wal");
	engine_set_offline(p->engine, false);
	UNTIL(p, strstr(person_told(), "The journal of account test cannot be written"));
	UNTIL_SERVER(p, number("idling") == 1);
	assert_int_equal(seen("UID STORE"), 0);
	assert_int_equal(engine_pending(p->engine), 1);
	atomic_store(&bad_file, NULL);
	settled(p);
	assert_int_equal(seen("UID STORE"), 1);
	assert_int_equal(number("marked INBOX \\Flagged"), 1);
}

/* What was done is not done again because the journal could not forget it. */
static void what_is_through_is_not_sent_again(void **state)
{
	struct msglist *l;
	struct person *p = with_mark_offline(&l);

	odd("rule UID STORE => hold");
	engine_set_offline(p->engine, false);
	UNTIL_SERVER(p, seen("UID STORE"));
	atomic_store(&bad_file, "ops.wal");
	odd("release");
	UNTIL(p, strstr(person_told(), "The journal of account test cannot be written"));
	UNTIL_SERVER(p, number("idling") == 1);
	assert_int_equal(seen("UID STORE"), 1);
	atomic_store(&bad_file, NULL);
	settled(p);
	assert_int_equal(seen("UID STORE"), 1);
	restart(p, false);
	settled(p);
	assert_int_equal(seen("UID STORE"), 1);
	assert_int_equal(number("marked INBOX \\Flagged"), 1);
}

/* The mark of a move that the journal does not take: it is asked for once more. */
static void move_waits_until_its_mark_is_noted(void **state)
{
	int asked;
	struct person *p = BY_IMAP("caps IMAP4rev1 AUTH=PLAIN SASL-IR UIDPLUS IDLE LITERAL+",
		"fill INBOX 3", "fill Archive 0");
	struct msglist *l = filled(p, 3);

	UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0);
	UNTIL_SERVER(p, number("idling") == 1);
	asked = seen("STATUS \"Archive\"");
	odd("rule x1 STATUS \"Archive\" => hold");
	move_one(p, l, 2, "Archive");
	UNTIL_SERVER(p, seen("STATUS \"Archive\"") > asked);
	atomic_store(&bad_file, "ops.wal");
	odd("release");
	UNTIL(p, strstr(person_told(), "The journal of account test cannot be written"));
	assert_int_equal(seen("UID COPY"), 0);
	atomic_store(&bad_file, NULL);
	settled(p);
	assert_int_equal(number("count Archive"), 1);
	assert_int_equal(number("count INBOX"), 2);
	assert_int_equal(seen("UID COPY"), 1);
}

/* The cache is told of, and the mail is shown all the same. */
static void cache_that_cannot_be_written_is_told(void **state)
{
	struct person *p;
	struct msglist *l;

	odd("fill INBOX 3");
	atomic_store(&bad_file, "headers.wal");
	p = by_imap();
	l = open_with(p, "INBOX", 3);
	UNTIL(p, strstr(person_told(), "The cache of folder INBOX cannot be written"));
	atomic_store(&bad_file, NULL);
	odd("fill INBOX 1");
	UNTIL(p, msglist_count(l) == 4);
	restart(p, false);
	l = filled(p, 4);
	all_subjects_once(p, l, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ODD_CASE(nothing_goes_out_unnoted),
		ODD_CASE(what_is_through_is_not_sent_again),
		ODD_CASE(move_waits_until_its_mark_is_noted),
		ODD_CASE(cache_that_cannot_be_written_is_told),
	};

	return ODD_RUN(tests);
}
