/* One mail that is being written or on its way: its state and its bytes together. */
#include "base/clock.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/utf8.h"
#include "mime/charset.h"
#include "store/mail/account.h"
#include "store/mail/lanes.h"
#include "store/mail/write_priv.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int written_open(struct account *a, const char *id, struct written *w, struct err *err)
{
	*w = (struct written){0};
	if (outbox_get(a->outbox, id, &w->m, err) != 0)
		return -1;
	if (outbox_read(a->outbox, id, &w->bytes, err) == 0)
		return 0;
	written_done(w);
	return -1;
}

void written_done(struct written *w)
{
	outbox_mail_done(&w->m);
	str_done(&w->bytes);
}

void written_read(const struct written *w, struct draft *d)
{
	letter_read(d, str_c(&w->bytes), w->bytes.len, &w->m.files);
}

int written_put(struct account *a, struct written *w, struct err *err)
{
	return outbox_put(a->outbox, &w->m, str_c(&w->bytes), w->bytes.len, err);
}

int written_save(struct account *a, struct written *w, struct draft *d, struct err *err)
{
	struct strv keys = STRV_INIT;
	struct str bytes = STR_INIT;

	if (!*d->from)
		draft_set(&d->from, a->setup->settings->from);
	draft_make_id(d);
	if (letter_write(d, w->bytes.len ? w->bytes.p : NULL, w->bytes.len, &w->m.files,
		    clock_now(), &bytes, &keys, err) != 0) {
		str_done(&bytes);
		return -1;
	}
	str_done(&w->bytes);
	w->bytes = bytes;
	strv_done(&w->m.files);
	w->m.files = keys;
	free(w->m.subject);
	w->m.subject = utf8_clean_line(d->subject, strlen(d->subject));
	draft_set(&w->m.message_id, d->message_id);
	return written_put(a, w, err);
}

static bool can_read(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, R_OK) == 0;
}

/* What a text names and cannot be read does not make the text wait: it is told, and kept by its
 * name. */
void written_mark_lost(struct account *a, struct draft *d, const struct written *w)
{
	for (size_t i = 0; i < d->nfiles; i++) {
		struct draft_file *f = &d->files[i];

		if (!f->path || strv_has(&w->m.files, f->key))
			continue;
		f->lost = !can_read(f->path);
		if (f->lost)
			store_notice(a,
				_("There is no file %s that can be read: it is not attached"),
				f->path);
	}
}

/* A line that some other program would obey ("Fcc:") is not taken for one that was. */
static void tell_unheeded(struct account *a, const struct draft *now, const struct draft *before)
{
	for (size_t i = 0; i < now->extra.n; i++) {
		const char *line = now->extra.v[i];

		if (!letter_heeds(line) && !strv_has(&before->extra, line))
			store_notice(a, _("The header line “%s” does nothing here and is not sent"),
				line);
	}
}

int written_settle(struct account *a, const char *id, struct err *err)
{
	struct str text = STR_INIT, was = STR_INIT, said = STR_INIT;
	struct draft before, now;
	struct err why = {0};
	struct written w;
	bool changed;
	int rc = 0;

	if (outbox_text_read(a->outbox, id, &text, &why) != 0) {
		str_done(&text);
		if (why.kind == ERR_GONE)
			return 0; /* nobody edits it */
		*err = why;       /* it must not go without what was written last */
		return -1;
	}
	if (written_open(a, id, &w, err) != 0) {
		str_done(&text);
		return -1;
	}
	written_read(&w, &before);
	draft_write(&before, &was);
	changed = text.len != was.len || memcmp(str_c(&text), str_c(&was), was.len) != 0;
	if (changed)
		rc = charset_from_person(&said, i18n_charset(), str_c(&text), text.len, err);
	if (changed && rc == 0) {
		draft_init(&now);
		draft_read(&now, &before, str_c(&said), said.len);
		written_mark_lost(a, &now, &w);
		tell_unheeded(a, &now, &before);
		rc = written_save(a, &w, &now, err);
		draft_done(&now);
	}
	if (rc == 0)
		outbox_text_remove(a->outbox, id);
	draft_done(&before);
	written_done(&w);
	str_done(&text);
	str_done(&was);
	str_done(&said);
	return rc;
}

bool written_is_busy(struct account *a, const struct outbox_mail *m, struct err *err)
{
	/* Another running copy may be at it, while this one does not send. */
	bool other = m->state == OUTBOX_SENDING && !lanes_are_open(a);

	if (a->relay->unnoted && strcmp(a->relay->unnoted->id, m->id) == 0) {
		err_set(err, ERR_BUSY,
			_("What became of it is not noted yet: the disk takes nothing"));
		return true;
	}
	if (!other && !(a->relay->sending && strcmp(a->relay->sending, m->id) == 0))
		return false;
	err_set(err, ERR_BUSY, _("It is being sent just now"));
	return true;
}

/* Before DATA nobody can have it, and nothing is known of it that would be lost. */
int written_take_back(struct account *a, const struct outbox_mail *m, struct err *err)
{
	if (a->relay->sending && strcmp(a->relay->sending, m->id) == 0 &&
		m->state == OUTBOX_QUEUED) {
		lanes_cancel_job(a, LANE_SEND, a->relay->job);
		MEM_FREE(a->relay->sending);
		a->relay->next_look = 0; /* the next one goes */
		account_settles(a);
	}
	return written_is_busy(a, m, err) ? -1 : 0;
}
