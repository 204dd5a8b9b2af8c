/* The engine against Dovecot that offers neither MOVE nor UIDPLUS. Needs tests/servers. */
#include "tests/sync/person.h"

#include <stdlib.h>

static bool is_marked(struct msglist *l, uint32_t uid)
{
	ptrdiff_t row = msglist_find(l, uid);

	return row >= 0 && (flags_at(l, (size_t)row) & MAIL_DELETED);
}

/* What is moved leaves, what somebody else had marked stays, and so does its mark. */
static void old_server_moves_and_takes_back(void **state)
{
	struct person *p = person_new("imap", "", "--count", "6");
	struct msglist *l = open_folder(p, "INBOX"), *archive;
	uint32_t uids[3], marked;

	UNTIL(p, msglist_count(l) == 6 && msglist_sync_percent(l) == 100);
	archive = open_folder(p, "Archive");
	for (size_t i = 0; i < 3; i++)
		uids[i] = msglist_uid(l, i);
	marked = msglist_uid(l, 4);
	flag_one(p, l, marked, MAIL_DELETED);
	done(p, engine_archive(p->engine, l, uids, 3));
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_count(archive) == 3);
	restart(p, false);
	l = open_folder(p, "INBOX");
	archive = open_folder(p, "Archive");
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 3 && is_marked(l, marked));
	assert_int_equal(msglist_count(archive), 3);
	assert_false(flags_at(archive, 0) & MAIL_DELETED);
}

static void old_server_takes_back(void **state)
{
	struct person *p = person_new("imap", "", "--count", "6");
	struct msglist *l = open_folder(p, "INBOX"), *archive;
	uint32_t uids[3];

	UNTIL(p, msglist_count(l) == 6 && msglist_sync_percent(l) == 100);
	archive = open_folder(p, "Archive");
	for (size_t i = 0; i < 3; i++)
		uids[i] = msglist_uid(l, i);
	done(p, engine_archive(p->engine, l, uids, 3));
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_count(archive) == 3);
	UNTIL(p, msglist_count(l) == 3);
	done(p, engine_undo(p->engine));
	UNTIL(p, engine_pending(p->engine) == 0 && msglist_count(l) == 6 &&
			 msglist_count(archive) == 0);
}

static void old_server_replays(void **state)
{
	struct person *p = person_new("imap", "", "--count", "40");
	struct msglist *l = open_folder(p, "INBOX"), *archive;
	uint32_t uid;

	UNTIL(p, msglist_count(l) == 40 && msglist_sync_percent(l) == 100);
	/* A folder that is open may be asked for before the list of folders is. */
	UNTIL(p, engine_find_folder(p->engine, 0, "Archive") >= 0);
	restart(p, true);
	l = open_folder(p, "INBOX");
	for (size_t i = 0; i < 20; i++) {
		uid = msglist_uid(l, i);
		flag_one(p, l, uid, MAIL_FLAGGED);
		copy_one(p, l, uid, "Archive");
	}
	assert_int_equal(engine_pending(p->engine), 2);
	restart(p, false);
	UNTIL(p, engine_pending(p->engine) == 0);
	archive = synced(p, "Archive", 20);
	assert_true(flags_at(archive, 0) & MAIL_FLAGGED);
}

int main(void)
{
	static const char conf[] = "protocol imap {\n  imap_capability = IMAP4rev1 SASL-IR "
				   "LITERAL+ ID ENABLE IDLE SPECIAL-USE\n}\n";
	const struct CMUnitTest tests[] = {
		PERSON_CASE(old_server_moves_and_takes_back),
		PERSON_CASE(old_server_takes_back),
		PERSON_CASE(old_server_replays),
	};

	return PERSON_RUN(tests, conf);
}
