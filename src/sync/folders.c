/* The account's folders and their counts: LIST with STATUS in one, or folder by folder. */
#include "base/clock.h"
#include "base/mem.h"
#include "mime/charset.h"
#include "sync/watch.h"

#include <stdlib.h>
#include <string.h>

enum { INBOX_MS = 60000 };

/* The folder's name for people: UTF-8, '/' between levels whatever the server uses. */
static char *folder_name(const struct imap_mailbox *m)
{
	char *name = charset_from_imap_utf7(m->name);

	if (m->delimiter && m->delimiter != '/')
		for (char *p = name; *p; p++) {
			if (*p == m->delimiter)
				*p = '/';
			else if (*p == '/')
				*p = '_';
		}
	if (strcasecmp(name, "INBOX") == 0)
		memcpy(name, "INBOX", 5);
	return name;
}

/* Servers without LIST-STATUS: one STATUS for each folder, a few at a time would stall jobs, so it
 * stops for them. */
static int status_folders(struct lane_thread *l, struct result *r, struct err *err)
{
	struct watch *w = watch_state(l);

	for (size_t i = 0; i < r->n && !queue_len(l->jobs); i++) {
		struct folder_entry *f = &r->folders[i];
		struct imap_status st = {0};

		if (f->counts_known || !f->selectable)
			continue;
		if (imap_status(w->im, f->mailbox, &st, err) != 0) {
			if (!imap_is_alive(w->im))
				return -1;
			continue;
		}
		f->counts_known = true;
		f->total = st.messages;
		f->unread = st.unseen;
		f->uidnext = st.uidnext;
		f->uidvalidity = st.uidvalidity;
		f->highestmodseq = st.highestmodseq;
	}
	return 0;
}

/* New mail in the inbox is looked for every minute while another folder is the one that IDLE
 * watches. */
static int look_pause(struct lane_thread *l)
{
	int pause = l->account->check_seconds * 1000;
	const struct watch *w = watch_state(l);

	return w->folder && strcmp(w->folder, "INBOX") != 0 && pause > INBOX_MS ? INBOX_MS : pause;
}

int folders_list(struct lane_thread *l, const struct job *j, struct err *err)
{
	struct watch *w = watch_state(l);
	struct imap_mailboxes boxes = {0};
	struct result *r = result_new(RESULT_FOLDERS);
	int rc = imap_list(w->im, &boxes, &r->err);

	r->request = j ? j->request : 0;
	w->next_look = clock_ms() + look_pause(l);
	rc = watch_outcome(l, rc, &r->err, err);
	r->folders = mem_array(boxes.n, sizeof(*r->folders));
	for (size_t i = 0; i < boxes.n; i++) {
		const struct imap_mailbox *m = &boxes.v[i];

		r->folders[r->n++] = (struct folder_entry){.name = folder_name(m),
			.mailbox = mem_strdup(m->name),
			.role = (int)m->role,
			.selectable = m->selectable,
			.counts_known = m->status.known,
			.total = m->status.messages,
			.unread = m->status.unseen,
			.uidnext = m->status.uidnext,
			.uidvalidity = m->status.uidvalidity,
			.highestmodseq = m->status.highestmodseq};
	}
	imap_mailboxes_done(&boxes);
	if (rc == 0)
		rc = status_folders(l, r, err);
	lane_post(l, r);
	return rc;
}
