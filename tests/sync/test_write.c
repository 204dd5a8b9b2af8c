/* A mail that is written, with real servers: put aside on the server and resumed elsewhere, taken
 * back from the outbox, and what a former version left behind. */
#include "base/file.h"
#include "base/hash.h"
#include "base/mem.h"
#include "tests/sync/person.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char *make_file(struct person *p, const char *name, const char *bytes)
{
	char *path = file_join(p->home, name);

	assert_int_equal(file_replace(path, bytes, strlen(bytes), 0600, NULL), 0);
	return path;
}

/* The draft as a value; the event is the caller's. */
static struct event *draft_event(struct person *p, unsigned request)
{
	struct event *ev = answer(p, request);

	if (ev->kind != EVENT_DRAFT)
		fail_msg("no draft: %s", event_error(ev));
	return ev;
}

static void assert_value(const struct draft *d)
{
	assert_string_equal(d->bcc, "carol@example.org");
	assert_string_equal(d->subject, "The report");
	assert_string_equal(d->body, "Here are the figures.\n");
	assert_int_equal(d->nfiles, 2);
	assert_string_equal(d->files[0].name, "one.txt");
	assert_string_equal(d->files[1].name, "two.bin");
	assert_int_equal(d->extra.n, 1);
	assert_string_equal(d->extra.v[0], "X-Mark: kept");
	assert_true(*d->message_id);
}

/* Its id; the files are gone once they are attached. */
static char *write_report(struct person *p, const char *to)
{
	char *one = make_file(p, "one.txt", "first\n"), *two = make_file(p, "two.bin", "second\n");
	char *id = draft_of(p, engine_compose(p->engine, 0, COMPOSE_NEW, NULL, 0, to));
	unsigned first, second;
	struct event *ev;
	struct draft d;

	plain_draft(&d, p, to, "The report", "Here are the figures.\n");
	draft_set(&d.bcc, "carol@example.org");
	strv_add(&d.extra, "X-Mark: kept");
	/* Two quick ones: the second is asked for before the first is saved. */
	draft_attach(&d, one);
	first = engine_draft_save(p->engine, 0, id, &d);
	draft_attach(&d, two);
	second = engine_draft_save(p->engine, 0, id, &d);
	event_free(draft_event(p, first));
	ev = draft_event(p, second);
	assert_value(&ev->draft->draft);
	event_free(ev);
	assert_int_equal(unlink(one), 0);
	assert_int_equal(unlink(two), 0);
	draft_done(&d);
	free(one);
	free(two);
	return id;
}

static size_t drafts_in(struct person *p, size_t *on_server)
{
	struct event *ev = answer(p, engine_drafts(p->engine, 0));
	size_t n = ev->drafts.n;

	assert_int_equal(ev->kind, EVENT_DRAFTS);
	*on_server = 0;
	for (size_t i = 0; i < n; i++)
		*on_server += *ev->drafts.v[i].id == '@';
	event_free(ev);
	return n;
}

/* The same account with nothing of it here: another machine. */
static void move_house(struct person *p, const char *name)
{
	char *home = file_join(p->home, name);

	stop(p);
	assert_int_equal(file_make_dirs(home, NULL), 0);
	person_live_in(home);
	free(home);
	start(p, false);
}

static void put_aside_here_and_resumed_elsewhere(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	char *id = kept(write_report(p, "bob@example.org")), *message_id;
	struct msglist *l;
	struct event *ev;
	size_t on_server;

	done(p, engine_draft_keep(p->engine, 0, id));
	assert_int_equal(drafts_in(p, &on_server), 1);
	UNTIL(p, engine_pending(p->engine) == 0);
	l = open_with(p, "drafts", 1);
	assert_true(flags_at(l, 0) & MAIL_DRAFT);
	/* It is there now, and shown once. */
	assert_int_equal(drafts_in(p, &on_server), 1);
	assert_int_equal(on_server, 1);

	move_house(p, "elsewhere");
	l = open_with(p, "drafts", 1);
	ev = draft_event(
		p, engine_compose(p->engine, 0, COMPOSE_RESUME, l, msglist_uid(l, 0), NULL));
	assert_value(&ev->draft->draft);
	message_id = kept(mem_strdup(ev->draft->draft.message_id));
	id = kept(mem_strdup(ev->draft->id));
	draft_set(&ev->draft->draft.body, "Other figures.\n");
	event_free(draft_event(p, engine_draft_save(p->engine, 0, id, &ev->draft->draft)));
	event_free(ev);
	/* The new copy takes the place of the old one, with its files. */
	done(p, engine_draft_keep(p->engine, 0, id));
	UNTIL(p, engine_pending(p->engine) == 0);
	done(p, engine_sync(p->engine, 0));
	UNTIL(p, msglist_count(l) == 1);

	move_house(p, "third");
	l = open_with(p, "drafts", 1);
	ev = answer(p, engine_drafts(p->engine, 0));
	assert_int_equal(ev->drafts.n, 1);
	id = kept(mem_strdup(ev->drafts.v->id));
	event_free(ev);
	ev = draft_event(p, engine_compose(p->engine, 0, COMPOSE_RESUME, NULL, 0, id));
	assert_string_equal(ev->draft->draft.body, "Other figures.\n");
	assert_string_equal(ev->draft->draft.message_id, message_id);
	assert_int_equal(ev->draft->draft.nfiles, 2);
	done(p, engine_send(p->engine, 0, ev->draft->id));
	event_free(ev);
	event_of_kind(p, EVENT_SENT);
	UNTIL(p, msglist_count(l) == 0 && engine_pending(p->engine) == 0);
	assert_int_equal(drafts_in(p, &on_server), 0);
}

/* Put aside without a connection, opened again before there was one, and thrown away. */
static void put_aside_offline(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	size_t on_server;
	char *id;

	open_folder(p, "drafts");
	done(p, engine_sync(p->engine, 0));
	engine_set_offline(p->engine, true);
	UNTIL(p, true);
	id = kept(write_report(p, "bob@example.org"));
	done(p, engine_draft_keep(p->engine, 0, id));
	done(p, engine_draft_keep(p->engine, 0, id));
	UNTIL(p, engine_pending(p->engine) == 1);
	restart(p, true);
	assert_int_equal(drafts_in(p, &on_server), 1);
	assert_int_equal(on_server, 0);
	event_free(draft_event(p, engine_compose(p->engine, 0, COMPOSE_RESUME, NULL, 0, id)));
	done(p, engine_draft_discard(p->engine, 0, id));
	UNTIL(p, engine_pending(p->engine) == 0);
	assert_int_equal(drafts_in(p, &on_server), 0);
	/* Nothing is kept of what is not there, and that is said. */
	{
		struct event *ev = answer(p, engine_draft_keep(p->engine, 0, id));

		assert_int_equal(ev->kind, EVENT_FAILED);
		event_free(ev);
	}
}

static void taken_back_from_the_outbox(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	size_t on_server;
	struct event *ev;
	char *id;

	restart(p, true);
	id = kept(write_report(p, "val@x.example, al@x.example"));
	for (int i = 0; i < 2; i++) {
		done(p, engine_send(p->engine, 0, id));
		assert_int_equal(drafts_in(p, &on_server), 0);
		UNTIL(p, engine_outbox(p->engine, 0) == 1);
		ev = draft_event(p, engine_outbox_edit(p->engine, 0, id));
		assert_string_equal(ev->draft->id, id);
		assert_value(&ev->draft->draft);
		assert_string_equal(ev->draft->draft.to, "val@x.example, al@x.example");
		assert_int_equal(ev->draft->has_it.n, 0);
		event_free(ev);
		UNTIL(p, engine_outbox(p->engine, 0) == 0);
		assert_int_equal(drafts_in(p, &on_server), 1);
	}
	/* Held back, it stays until it is let go. */
	done(p, engine_send(p->engine, 0, id));
	done(p, engine_outbox_hold(p->engine, 0, id));
	restart(p, false);
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(engine_outbox(p->engine, 0), 1);
	done(p, engine_outbox_drop(p->engine, 0, id));
}

/* --- what a former version left behind --- */

static void lay(const char *dir, const char *name, const char *text)
{
	char *path = file_join(dir, name);

	assert_int_equal(file_replace(path, text, strlen(text), 0600, NULL), 0);
	free(path);
}

static void lay_former_mail(const char *dir)
{
	static const char message[] =
		"From: me@example.org\r\nTo: val@x\r\nSubject: Former\r\nMessage-ID: <f@x>\r\n"
		"MIME-Version: 1.0\r\nContent-Type: text/plain\r\n\r\nbody\r\n";
	unsigned char sum[HASH_SHA256_SIZE];
	char hex[2 * HASH_SHA256_SIZE + 1], name[64];
	struct str job = STR_INIT;

	hash_sha256(sum, message, strlen(message));
	hash_hex(hex, sum, sizeof(sum));
	str_addf(&job,
		"talaria-outbox 1\nstate failed\ndue 5\nattempts 1\nsize %zu\nsha256 %s\n"
		"from me@example.org\nrcpt val@x\nrcpt al@x\nsubject Former\nmessage-id f@x\n"
		"error 550 nobody\n",
		strlen(message), hex);
	str_addf(&job, "crc %08lx\n", (unsigned long)hash_crc32c(0, job.p, job.len));
	snprintf(name, sizeof(name), "00former.%.16s.eml", hex);
	lay(dir, name, message);
	lay(dir, "00former.job", job.p);
	str_done(&job);
}

static void former_forms_are_taken_over(void **state)
{
	struct person *p = person_new("pop3", "", NULL, NULL);
	char *data = kept(file_join(getenv("XDG_DATA_HOME"), "talaria/test"));
	char *drafts = kept(file_join(data, "drafts")), *outbox = kept(file_join(data, "outbox"));
	char *here = kept(make_file(p, "here.txt", "figures\n")), *id = NULL, *file = NULL;
	struct str text = STR_INIT;
	struct outbox_info o;
	struct event *ev;

	stop(p);
	str_addf(&text,
		"From: me@example.org\nTo: bob@x\nBcc: dora@x\nSubject: Half\nAttach: %s\n"
		"Attach: /no/such.file\nX-Own: kept\nX-Talaria-Answers: reply 7 9 local A b\n\n"
		"A thought\n",
		here);
	lay(drafts, "00halfdone.eml", text.p);
	lay_former_mail(outbox);
	start(p, true);
	ev = answer(p, engine_drafts(p->engine, 0));
	assert_int_equal(ev->drafts.n, 1);
	assert_string_equal(ev->drafts.v->id, "00halfdone");
	assert_string_equal(ev->drafts.v->draft.bcc, "dora@x");
	assert_string_equal(ev->drafts.v->draft.body, "A thought\n");
	assert_int_equal(ev->drafts.v->draft.nfiles, 2);
	assert_string_equal(ev->drafts.v->draft.files[0].name, "here.txt");
	assert_null(ev->drafts.v->draft.files[0].path);
	assert_true(ev->drafts.v->draft.files[1].lost);
	assert_string_equal(ev->drafts.v->draft.extra.v[0], "X-Own: kept");
	assert_int_equal(ev->drafts.v->draft.extra.n, 1);
	event_free(ev);
	file = file_join(drafts, "00halfdone.eml");
	assert_false(file_exists(file));
	assert_non_null(strstr(person_told(), "/no/such.file"));
	/* What is missing is told before anything is sent without it. */
	fails(p, engine_send(p->engine, 0, "00halfdone"), "/no/such.file");

	UNTIL(p, engine_outbox(p->engine, 0) == 1);
	engine_outbox_at(p->engine, 0, 0, &o);
	assert_true(o.failed);
	assert_string_equal(o.to, "val@x, al@x");
	id = mem_strdup(o.id);
	ev = draft_event(p, engine_outbox_edit(p->engine, 0, id));
	assert_string_equal(ev->draft->draft.to, "val@x");
	assert_string_equal(ev->draft->draft.bcc, "al@x");
	assert_string_equal(ev->draft->draft.message_id, "f@x");
	event_free(ev);
	free(id);
	free(file);
	str_done(&text);
}

/* --- the editor --- */

static void what_an_editor_leaves(void **state)
{
	struct person *p = person_new("pop3", "", NULL, NULL);
	char *id = kept(write_report(p, "bob@example.org")), *path;
	struct str text = STR_INIT;
	struct event *ev = draft_event(p, engine_draft_edit(p->engine, 0, id));

	path = kept(mem_strdup(ev->draft->path));
	event_free(ev);
	assert_int_equal(file_read(path, 1 << 20, &text, NULL), 0);
	assert_non_null(strstr(text.p, "Attach: [1] one.txt"));
	/* What other programs obey is not dropped without a word, and told once. */
	str_clear(&text);
	str_adds(&text, "To: bob@example.org\nFcc: =filed\nX-Own: kept\n\nText\n");
	assert_int_equal(file_replace(path, text.p, text.len, 0600, NULL), 0);
	event_free(draft_event(p, engine_draft_take(p->engine, 0, id)));
	UNTIL(p, strstr(person_told(), "“Fcc: =filed” does nothing here"));
	assert_null(strstr(person_told(), "X-Own"));
	done(p, engine_draft_discard(p->engine, 0, id));
	id = kept(write_report(p, "bob@example.org"));
	ev = draft_event(p, engine_draft_edit(p->engine, 0, id));
	path = kept(mem_strdup(ev->draft->path));
	event_free(ev);
	/* It takes its file away: the draft is as it was. */
	assert_int_equal(unlink(path), 0);
	ev = draft_event(p, engine_draft_take(p->engine, 0, id));
	assert_value(&ev->draft->draft);
	event_free(ev);
	/* The program is ended while the editor works: its text is not lost. */
	event_free(draft_event(p, engine_draft_edit(p->engine, 0, id)));
	str_clear(&text);
	str_adds(&text, "To: eva@example.org\nAttach: [2] two.bin\nAttach: /no/such.file\n\nNew\n");
	assert_int_equal(file_replace(path, text.p, text.len, 0600, NULL), 0);
	restart(p, true);
	ev = draft_event(p, engine_compose(p->engine, 0, COMPOSE_RESUME, NULL, 0, id));
	assert_string_equal(ev->draft->draft.to, "eva@example.org");
	assert_string_equal(ev->draft->draft.body, "New\n");
	assert_int_equal(ev->draft->draft.nfiles, 2);
	assert_string_equal(ev->draft->draft.files[0].name, "two.bin");
	assert_true(ev->draft->draft.files[1].lost);
	event_free(ev);
	str_done(&text);
}

/* --- a Maildir by its path --- */

static bool has_name(const char *dir, const char *end)
{
	DIR *d = opendir(dir);
	struct dirent *de;
	bool found = false;

	while (d && (de = readdir(d)))
		found |= strlen(de->d_name) > strlen(end) &&
			 strcmp(de->d_name + strlen(de->d_name) - strlen(end), end) == 0;
	if (d)
		closedir(d);
	return found;
}

static void answered_in_a_maildir_by_its_path(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	char *box = kept(file_join(p->home, "box")), *cur = kept(file_join(box, "cur")), *id;
	static const char *const subs[] = {"cur", "new", "tmp"};
	struct err err = {0};
	struct msglist *l;

	for (size_t i = 0; i < 3; i++) {
		char *dir = file_join(box, subs[i]);

		assert_int_equal(file_make_dirs(dir, NULL), 0);
		free(dir);
	}
	lay(cur, "1790000000.M1P1.h:2,S",
		"From: bob@example.org\nTo: me@example.org\nSubject: Path\n\nwords\n");
	l = engine_open(p->engine, -1, box, &err);
	UNTIL(p, msglist_count(l) == 1);
	id = draft_of(p, engine_compose(p->engine, 0, COMPOSE_REPLY, l, msglist_uid(l, 0), NULL));
	engine_set_offline(p->engine, true);
	done(p, engine_send(p->engine, 0, id));
	/* Not before the relay has it. */
	assert_false(has_name(cur, ":2,RS"));
	engine_set_offline(p->engine, false);
	event_of_kind(p, EVENT_SENT);
	assert_true(has_name(cur, ":2,RS"));
	UNTIL(p, flags_at(l, 0) & MAIL_ANSWERED);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(put_aside_here_and_resumed_elsewhere),
		PERSON_CASE(put_aside_offline),
		PERSON_CASE(taken_back_from_the_outbox),
		PERSON_CASE(former_forms_are_taken_over),
		PERSON_CASE(what_an_editor_leaves),
		PERSON_CASE(answered_in_a_maildir_by_its_path),
	};

	return PERSON_RUN(tests, NULL);
}
