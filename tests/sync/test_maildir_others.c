/*
 * The local mail is a plain Maildir++ tree: what other programs do in it is seen, while Talaria
 * runs and at its next start, and what Talaria does is seen by them (mutt, Dovecot). An mbox that
 * grows while it is open, too.
 */
#include "base/file.h"
#include "base/mem.h"
#include "base/run.h"
#include "tests/sync/person.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAILS = 8 };

/* --- the other program --- */

static int shell(const char *command, const char *tree, struct str *out)
{
	struct str kept = STR_INIT;
	struct err err = {0};
	const char *const argv[] = {"sh", "-c", command, "sh", tree, NULL};
	int n;

	if (run_capture(argv, &(struct run_limits){30000, 1 << 20, -1}, &kept, &err) != 0)
		fail_msg("%s: %s", command, err.text);
	n = atoi(str_c(&kept));
	if (out)
		str_add(out, str_c(&kept), kept.len);
	str_done(&kept);
	return n;
}

static char *tree_of(const struct person *p)
{
	struct str out = STR_INIT;

	str_addf(&out, "%s/XDG_DATA_HOME/talaria/test/mail", p->home);
	return str_steal(&out);
}

static void others(struct person *p, const char *command)
{
	char *tree = tree_of(p);

	shell(command, tree, NULL);
	free(tree);
}

/* As a delivery agent does it: written in tmp, then named. */
static void deliver(struct person *p, const char *folder, const char *subject)
{
	static int count;
	struct str cmd = STR_INIT;

	count++;
	str_addf(&cmd,
		"cd \"$1/%s\" && n=17000%05d.P%d.other && "
		"printf 'From: x@example.org\\nTo: y@example.org\\nSubject: %s\\n"
		"Message-ID: <o%d@example.org>\\nDate: Sat, 03 Jan 2026 01:05:30 "
		"+0000\\n\\nhello\\n' "
		">tmp/$n && mv tmp/$n new/$n",
		folder, count, count, subject, count);
	others(p, cmd.p);
	str_done(&cmd);
}

/* The file of that subject, then the rest of the command with it in $f. */
static void with_file(struct person *p, const char *subject, const char *then)
{
	struct str cmd = STR_INIT;

	str_addf(&cmd,
		"cd \"$1\" && f=$(grep -rlx 'Subject: %s' cur new) && [ -n \"$f\" ] && b=${f##*/} "
		"&& "
		"b=${b%%%%:*} && %s",
		subject, then);
	others(p, cmd.p);
	str_done(&cmd);
}

/* --- what the person sees --- */

static void put_numbered(struct person *p, int i)
{
	struct str mail = STR_INIT;
	char *path = file_join(p->home, "mail.eml");

	str_addf(&mail,
		"From: x@example.org\nTo: y@example.org\nSubject: Mail %d\n"
		"Date: Sat, 03 Jan 2026 01:05:3%d +0000\nMessage-ID: <m%d@example.org>\n\nx\n",
		i, i, i);
	assert_int_equal(file_replace(path, mail.p, mail.len, 0644, NULL), 0);
	put_mail(p, path);
	free(path);
	str_done(&mail);
}

/* "Mail 0", "Mail 1" ... are fetched by POP3 and shown. */
static struct person *person_with_mail(void)
{
	struct person *p = person_new("pop3", "", NULL, NULL);

	for (int i = 0; i < MAILS; i++)
		put_numbered(p, i);
	p->inbox = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	done(p, engine_sync(p->engine, 0)); /* one may have been under way before all were there */
	UNTIL(p, msglist_count(p->inbox) == MAILS);
	return p;
}

static bool shows(struct person *p, struct msglist *l, const char *subject, uint32_t flags)
{
	for (size_t i = 0; i < msglist_count(l); i++)
		if (strcmp(row_of(p, l, i).subject, subject) == 0)
			return (flags_at(l, i) & (MAIL_SEEN | MAIL_FLAGGED | MAIL_ANSWERED)) ==
			       flags;
	return false;
}

static bool has_folder(struct person *p, const char *name, unsigned total)
{
	int i = engine_find_folder(p->engine, 0, name);
	struct folder_info f;

	if (i < 0)
		return false;
	engine_folder(p->engine, 0, (size_t)i, &f);
	return f.total == total;
}

/* What the six changes of `meddle` have come to. */
static void sees_meddling(struct person *p, struct msglist *l)
{
	UNTIL(p, shows(p, l, "Delivered by others", 0));
	UNTIL(p, shows(p, l, "Mail 0", MAIL_SEEN));
	UNTIL(p, shows(p, l, "Mail 1", MAIL_SEEN | MAIL_FLAGGED | MAIL_ANSWERED));
	UNTIL(p, find_subject(p, l, "Mail 2") < 0);
	UNTIL(p, shows(p, l, "Seen at once", MAIL_SEEN));
	UNTIL(p, has_folder(p, "Made/elsewhere", 2));
	assert_int_equal(msglist_count(l), MAILS + 1);
}

static void meddle(struct person *p)
{
	deliver(p, "", "Delivered by others");
	with_file(p, "Mail 0", "mv $f cur/$b:2,S");
	with_file(p, "Mail 1", "mv $f cur/$b:2,S && mv cur/$b:2,S cur/$b:2,FRS");
	with_file(p, "Mail 2", "rm $f");
	deliver(p, "", "Seen at once");
	with_file(p, "Seen at once", "mv $f cur/$b:2,Sab"); /* with keywords of Dovecot */
	others(p, "mkdir \"$1/.Made.elsewhere\"");
	others(p, "cd \"$1/.Made.elsewhere\" && mkdir tmp new cur");
	deliver(p, ".Made.elsewhere", "Far away");
	deliver(p, ".Made.elsewhere", "Far away too");
}

/* --- the cases --- */

static void seen_while_running(void **state)
{
	struct person *p = person_with_mail();
	struct msglist *made;

	meddle(p);
	sees_meddling(p, p->inbox);
	made = open_folder(p, "Made/elsewhere");
	assert_int_equal(msglist_count(made), 2);
	deliver(p, ".Made.elsewhere", "One more");
	UNTIL(p, shows(p, made, "One more", 0) && has_folder(p, "Made/elsewhere", 3));
	/* Away with it while it is open, and there again. */
	others(p, "mv \"$1/.Made.elsewhere\" \"$1/../aside\"");
	UNTIL(p,
		msglist_count(made) == 0 && engine_find_folder(p->engine, 0, "Made/elsewhere") < 0);
	others(p, "mv \"$1/../aside\" \"$1/.Made.elsewhere\"");
	UNTIL(p, msglist_count(made) == 3 && has_folder(p, "Made/elsewhere", 3));
	engine_close(p->engine, made);
	others(p, "rm -r \"$1/.Made.elsewhere\"");
	UNTIL(p, engine_find_folder(p->engine, 0, "Made/elsewhere") < 0);
	/* A name that is free again can be used. */
	done(p, engine_create_folder(p->engine, 0, "Made/elsewhere"));
	UNTIL(p, has_folder(p, "Made/elsewhere", 0));
	/* In a folder that nobody has open the numbers follow. */
	deliver(p, ".Made.elsewhere", "Unread");
	UNTIL(p, has_folder(p, "Made/elsewhere", 1));
	/* What was taken away here is not fetched again. */
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(p->inbox), MAILS + 1);
}

static void seen_at_the_next_start(void **state)
{
	struct person *p = person_with_mail();
	struct msglist *l;

	done(p, engine_create_folder(p->engine, 0, "Short"));
	stop(p);
	meddle(p);
	others(p, "rm -r \"$1/.Short\"");
	start(p, true);
	l = open_folder(p, "INBOX");
	sees_meddling(p, l);
	assert_int_equal(engine_find_folder(p->engine, 0, "Short"), -1);
	restart(p, false);
	l = open_folder(p, "INBOX");
	done(p, engine_sync(p->engine, 0));
	assert_int_equal(msglist_count(l), MAILS + 1);
}

/* "SUBJECT FLAGS" of each row, sorted. */
static char *listing(struct person *p, struct msglist *l)
{
	struct strv lines = STRV_INIT;
	struct str out = STR_INIT;

	for (size_t i = 0; i < msglist_count(l); i++) {
		struct str line = STR_INIT;
		uint32_t flags = flags_at(l, i);

		str_addf(&line, "%s|%s%s%s\n", row_of(p, l, i).subject,
			flags & MAIL_ANSWERED ? "R" : "", flags & MAIL_FLAGGED ? "F" : "",
			flags & MAIL_SEEN ? "S" : "");
		strv_take(&lines, str_steal(&line));
	}
	for (size_t i = 0; i < lines.n; i++)
		for (size_t k = i + 1; k < lines.n; k++)
			if (strcmp(lines.v[i], lines.v[k]) > 0) {
				char *x = lines.v[i];

				lines.v[i] = lines.v[k];
				lines.v[k] = x;
			}
	for (size_t i = 0; i < lines.n; i++)
		str_adds(&out, lines.v[i]);
	strv_done(&lines);
	return str_steal(&out);
}

/* Read, answered and flagged ones, and two that came from elsewhere. */
static char *mark_some(struct person *p)
{
	uint32_t uid = msglist_uid(p->inbox, 0), uids[2] = {uid, msglist_uid(p->inbox, 1)};

	done(p, engine_flag(p->engine, p->inbox, uids, 2, 0, MAIL_SEEN));
	flag_one(p, p->inbox, uid, MAIL_FLAGGED | MAIL_ANSWERED);
	deliver(p, "", "From elsewhere");
	UNTIL(p, msglist_count(p->inbox) == MAILS + 1);
	return listing(p, p->inbox);
}

static bool have(const char *tool)
{
	struct str cmd = STR_INIT;
	int n;

	str_addf(&cmd, "command -v %s >/dev/null 2>&1 && echo 1 || echo 0", tool);
	n = shell(cmd.p, "", NULL);
	str_done(&cmd);
	return n == 1;
}

/* A user whose mail this tree is, asked through the server's own tool. */
static void dovecot_sees_the_same(void **state)
{
	char *ours, *tree;
	struct person *p;
	struct str theirs = STR_INIT;

	if (!have("doveadm")) {
		print_message("# not tested: doveadm is missing\n");
		return;
	}
	p = person_with_mail();
	ours = kept(mark_some(p));
	tree = kept(tree_of(p));
	stop(p);
	setenv("WHO", p->name, 1);
	shell("m=$SRV_MAIL/$WHO/Maildir && rm -rf \"$m\" && cp -R \"$1\" \"$m\" && "
	      "chown -R --reference=\"$SRV_MAIL/$WHO\" \"$m\" && "
	      "doveadm -c \"$SRV_DIR/dovecot.conf\" -f flow fetch -u $WHO "
	      "'flags hdr.subject' mailbox INBOX | "
	      "sed -n 's/^flags=\\(.*\\) hdr.subject=\\(.*\\)$/\\2|\\1/p' | "
	      "awk -F'|' '{ f = \"\"; if ($2 ~ /Answered/) f = f \"R\"; "
	      "if ($2 ~ /Flagged/) f = f \"F\"; if ($2 ~ /Seen/) f = f \"S\"; "
	      "print $1 \"|\" f }' | LC_ALL=C sort",
		tree, &theirs);
	assert_string_equal(str_c(&theirs), ours);
	str_done(&theirs);
}

/* mutt's own index of the folder, opened read-only. */
static void mutt_sees_the_same(void **state)
{
	char *ours, *tree;
	struct person *p;
	struct str theirs = STR_INIT;

	if (!have("mutt") || !have("tmux")) {
		print_message("# not tested: mutt or tmux is missing\n");
		return;
	}
	p = person_with_mail();
	ours = kept(mark_some(p));
	tree = kept(tree_of(p));
	shell("d=$(cd \"$1/..\" && pwd) && rc=$d/muttrc && printf '%s\\n' 'set sort=date' "
	      "'set index_format=\"<<%s|%S%Z>>\"' 'set status_format=END' 'set help=no' "
	      "'set mark_old=no' \"set folder=$d record= postponed=\" >$rc && "
	      "t() { env -u TMUX tmux -S $d/m -f /dev/null \"$@\"; } && "
	      "t new-session -d -s m -x 100 -y 40 "
	      "\"HOME=$d LC_ALL=C.UTF-8 mutt -n -F $rc -R -f '$1'\" && i=0 && "
	      "until t capture-pane -p -t m | grep -q END || [ $i -gt 500 ]; do i=$((i + 1)); "
	      "done; "
	      "t capture-pane -p -t m; t kill-server",
		tree, &theirs);
	for (char *line = ours, *end; *line; line = end + 1) {
		char *bar = strchr(line, '|');
		struct str want = STR_INIT, flagged = STR_INIT;
		char *at;

		end = strchr(line, '\n');
		*end = *bar = '\0';
		str_addf(&want, "<<%s|", line);
		at = strstr(str_c(&theirs), want.p);
		if (!at)
			fail_msg("mutt does not show %s:\n%s", want.p, theirs.p);
		at += want.len;
		at[strcspn(at, ">\n")] = '\0';
		/* %S%Z: N is new, r answered, ! flagged. */
		assert_int_equal(strchr(at, 'N') == NULL, strchr(bar + 1, 'S') != NULL);
		assert_int_equal(strchr(at, '!') != NULL, strchr(bar + 1, 'F') != NULL);
		assert_int_equal(strchr(at, 'r') != NULL, strchr(bar + 1, 'R') != NULL);
		at[strlen(at)] = '>';
		str_done(&want);
		str_done(&flagged);
	}
	str_done(&theirs);
}

static const char one[] = "From a@example.org Sat Jan  3 01:05:34 2026\nFrom: a@example.org\n"
			  "Subject: Mbox one\n\nfirst\n";

static void mbox_grows_while_open(void **state)
{
	struct person *p = person_new("imap", "", NULL, NULL);
	struct message_view *v;
	struct err err = {0};
	struct msglist *l;
	char *path = kept(file_join(p->home, "grows.mbox"));

	assert_int_equal(file_replace(path, one, strlen(one), 0600, NULL), 0);
	l = engine_open(p->engine, -1, path, &err);
	assert_non_null(l);
	UNTIL(p, msglist_ready(l) && msglist_count(l) == 1);
	shell("printf '\\nFrom b@example.org Sat Jan  3 02:05:34 2026\\nFrom: b@example.org\\n"
	      "Subject: Mbox two\\nStatus: RO\\n\\nsecond\\n' >>\"$1\"",
		path, NULL);
	UNTIL(p, msglist_count(l) == 2 && shows(p, l, "Mbox two", MAIL_SEEN));
	assert_true(shows(p, l, "Mbox one", 0));
	v = read_view(p, l, msglist_uid(l, (size_t)find_subject(p, l, "Mbox one")));
	engine_view_free(v);
	v = read_view(p, l, msglist_uid(l, (size_t)find_subject(p, l, "Mbox two")));
	engine_view_free(v);
	/* The first one goes: the others move up. */
	shell("sed -n '/^From b@/,$p' \"$1\" >\"$1.new\" && mv \"$1.new\" \"$1\"", path, NULL);
	UNTIL(p, msglist_count(l) == 1 && shows(p, l, "Mbox two", MAIL_SEEN));
	engine_close(p->engine, l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		PERSON_CASE(seen_while_running),
		PERSON_CASE(seen_at_the_next_start),
		PERSON_CASE(dovecot_sees_the_same),
		PERSON_CASE(mutt_sees_the_same),
		PERSON_CASE(mbox_grows_while_open),
	};

	return PERSON_RUN(tests, NULL);
}
