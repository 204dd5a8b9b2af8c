/*
 * Mailboxes are made, removed and renamed. Programs that show only what is subscribed (RFC 3501
 * 6.3.6) follow: a server that does not keep that is no reason to fail.
 */
#include "base/i18n.h"
#include "base/mem.h"
#include "sync/watch.h"

#include <stdlib.h>
#include <string.h>

/* -1: the connection is dead. */
static int subscribe(struct imap *im, const char *mailbox, bool on, struct err *err)
{
	struct err said = {0};

	if (imap_subscribe(im, mailbox, on, &said) == 0 || imap_is_alive(im))
		return 0;
	if (err)
		*err = said;
	return -1;
}

int mailbox_make(struct imap *im, const char *mailbox, struct err *err)
{
	int rc = imap_create(im, mailbox, err);

	return rc == 0 ? subscribe(im, mailbox, true, err) : rc;
}

/* The mailbox, or one below it: its name begins so, and goes on with what is between levels. */
static bool concerns(const struct watch *w, const char *mailbox, const char *name)
{
	size_t len = strlen(mailbox);

	if (!name || strncmp(name, mailbox, len) != 0)
		return false;
	return !name[len] || (w->delimiter && name[len] == w->delimiter);
}

/* A mailbox that is selected is not removed under our own feet (servers differ in what comes
 * then), nor watched afterwards. */
static int step_out(struct lane_thread *l, const char *mailbox, struct err *err)
{
	struct watch *w = watch_state(l);

	if (concerns(w, mailbox, w->mailbox)) {
		MEM_FREE(w->mailbox);
		MEM_FREE(w->folder);
	}
	return concerns(w, mailbox, w->selected) ? watch_ensure_selected(l, "INBOX", err) : 0;
}

/* What came since the person was told how many go is a reason to ask again. */
static int check_count(struct imap *im, const struct job *j, struct err *err)
{
	struct imap_status st = {0};

	if (!j->reshape.holds_messages)
		return 0;
	if (imap_status(im, j->mailbox, &st, err) != 0)
		return -1;
	return st.messages > j->reshape.known
		       ? err_set(err, ERR_BUSY,
				 ngettext("Folder %s holds %zu message now; nothing was deleted",
					 "Folder %s holds %zu messages now; nothing was deleted",
					 st.messages),
				 j->folder, (size_t)st.messages)
		       : 0;
}

static int reshape(struct lane_thread *l, const struct job *j, struct err *err)
{
	struct imap *im = watch_state(l)->im;
	int rc = step_out(l, j->mailbox, err);

	if (rc == 0 && !j->reshape.name)
		rc = check_count(im, j, err);
	if (rc != 0)
		return rc;
	return j->reshape.name ? imap_rename(im, j->mailbox, j->reshape.name, err)
			       : imap_delete(im, j->mailbox, err);
}

/* Those below it have new names too. */
static int resubscribe(struct imap *im, const struct job *j, struct err *err)
{
	size_t len = strlen(j->mailbox);
	int rc = subscribe(im, j->mailbox, false, err);

	if (rc == 0 && j->reshape.name)
		rc = subscribe(im, j->reshape.name, true, err);
	for (size_t i = 0; rc == 0 && j->reshape.name && i < j->reshape.below.n; i++) {
		struct str now = STR_INIT;

		str_addf(&now, "%s%s", j->reshape.name, j->reshape.below.v[i] + len);
		rc = subscribe(im, j->reshape.below.v[i], false, err);
		if (rc == 0)
			rc = subscribe(im, now.p, true, err);
		str_done(&now);
	}
	return rc;
}

int mailbox_reshape(struct lane_thread *l, struct job *j, struct err *err)
{
	struct result *r = result_new(RESULT_MAILBOX);
	bool done;
	int rc;

	r->request = j->request;
	rc = reshape(l, j, &r->err);
	done = rc == 0;
	rc = watch_outcome(l, rc, &r->err, err);
	lane_post(l, r);
	return done ? resubscribe(watch_state(l)->im, j, err) : rc;
}
