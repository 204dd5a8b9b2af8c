#include "tests/sync/verdict.h"

#include "base/mem.h"
#include "store/disk/outbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_SENT = 4096 };

struct verdict verdict;

static struct act begun[KID_ACTS];
static bool was_done[KID_ACTS];
static unsigned nbegun;
static enum { MAIL_NOT, MAIL_BEGUN, MAIL_DONE, MAIL_TOLD } mail_state[MAX_SENT];
static size_t rows_shown;
static struct str faults = STR_INIT; /* of the cache, at the last look */

void verdict_say(const char *kind, const char *text)
{
	if (!verdict.quiet)
		print_message("# %s: %s\n", kind, text);
}

void verdict_bad(const char *text)
{
	verdict.opened++;
	verdict_say("the engine", text);
}

struct person *verdict_begin(const char *fill_n)
{
	unsigned mails = verdict.mails;
	bool quiet = verdict.quiet;
	struct person *p;

	verdict = (struct verdict){.mails = mails, .quiet = quiet};
	nbegun = 0;
	p = world_person(fill_n, &verdict.cache_dir);
	verdict.observer = observer_new(p->name);
	return p;
}

void verdict_end(struct person *p)
{
	observer_free(verdict.observer);
	person_free(p);
	free(verdict.cache_dir);
}

void verdict_note(const struct kid_report *r)
{
	switch (r->told) {
	case TOLD_BEGIN:
		assert_true(nbegun < KID_ACTS);
		if (r->act.kind == ACT_SEND) {
			assert_true(r->act.mail < MAX_SENT);
			verdict.mails = r->act.mail;
			mail_state[r->act.mail] = MAIL_BEGUN;
		}
		was_done[nbegun] = false;
		begun[nbegun++] = r->act;
		break;
	case TOLD_DONE:
		was_done[r->seq - 1] = true;
		if (begun[r->seq - 1].kind == ACT_SEND)
			mail_state[begun[r->seq - 1].mail] = MAIL_DONE;
		break;
	case TOLD_SENT:
		if (r->seq < MAX_SENT)
			mail_state[r->seq] = MAIL_TOLD;
		break;
	case TOLD_ROWS:
		rows_shown = r->rows;
		break;
	default:
		break;
	}
}

void verdict_settled(void)
{
	nbegun = 0;
	str_done(&faults);
}

unsigned verdict_faults(void)
{
	return verdict.lost + verdict.doubled + verdict.cache + verdict.opened;
}

/* --- the server and the caches --- */

static unsigned fit_other(const struct world *is, unsigned last_done, struct str *text)
{
	struct world_done acts[KID_ACTS];

	for (unsigned i = 0; i < nbegun; i++)
		acts[i] = (struct world_done){&begun[i], i < last_done};
	return world_fit_other(&verdict.model, acts, nbegun, is, text);
}

/* What was done must be there, of what was under way a leading part may. The state that fits best
 * is the model from now on; 0: it fits. */
static unsigned fit(const struct world *is, struct str *text)
{
	struct world w = verdict.model, best = verdict.model;
	unsigned least = UINT32_MAX, last_done = 0, other;

	for (unsigned i = 0; i < nbegun; i++)
		if (was_done[i])
			last_done = i + 1;
	for (unsigned i = 0; i <= nbegun; i++) {
		unsigned n;

		if (i)
			world_apply(&w, &begun[i - 1]);
		n = i < last_done ? UINT32_MAX : world_compare(&w, is, NULL);
		if (n < least) {
			least = n;
			best = w;
		}
	}
	other = fit_other(is, last_done, text);
	if (least)
		verdict.model = best;
	else
		verdict.model = *is;
	return least + other;
}

static void show_acts(void)
{
	for (unsigned i = 0; i < nbegun; i++) {
		char text[160];

		world_act_text(&begun[i], text, sizeof(text));
		verdict_say(was_done[i] ? "was done" : "under way", text);
	}
}

bool verdict_look(void)
{
	struct seen s;
	struct world is, kept = verdict.model;
	size_t rows, cache;
	bool doubled, fits;

	observer_look(verdict.observer, NULL, &s);
	doubled = world_of(&s, &is);
	fits = fit(&is, NULL) == 0 && !doubled;
	str_clear(&faults);
	cache = observer_compare(&s, verdict.cache_dir, true, &faults, &rows);
	if (!fits || cache)
		verdict.model = kept;
	seen_done(&s);
	return fits && !cache;
}

/* One fault is counted once: what is there twice goes. */
static void remove_doubles(const struct seen *s)
{
	for (size_t i = 0; i < s->n; i++) {
		const struct seen_mail *m = &s->v[i];
		struct imap_selected sel;
		struct err err = {0};
		char uid[16];

		if (!*m->id || seen_find(s, m->folder, m->id) == m)
			continue;
		snprintf(uid, sizeof(uid), "%u", (unsigned)m->uid);
		if (imap_select(verdict.observer, m->folder, NULL, NULL, NULL, NULL, &sel, &err) !=
				0 ||
			imap_expunge(verdict.observer, uid, &err) != 0)
			fail_msg("%s", err.text);
	}
}

void verdict_count(void)
{
	struct str text = STR_INIT;
	struct seen s;
	struct world is;
	bool doubled, off;

	observer_look(verdict.observer, NULL, &s);
	doubled = world_of(&s, &is);
	show_acts();
	off = fit(&is, &text) != 0;
	if (off)
		world_compare(&verdict.model, &is, &text);
	world_say_lines(verdict_say, "the server", &text);
	str_done(&text);
	verdict.model = is;
	if (doubled)
		remove_doubles(&s);
	verdict.doubled += doubled;
	verdict.lost += off && !doubled;
	verdict.cache += faults.len != 0;
	world_say_lines(verdict_say, "the cache", &faults);
	seen_done(&s);
}

/* --- mails that were sent --- */

static const char *mail_fault(
	const struct seen *bob, const struct seen *mine, struct outbox *o, unsigned k)
{
	unsigned there = world_count(bob, "INBOX", 'k', k),
		 kept = world_count(mine, "Sent", 'k', k);
	bool waits = world_in_outbox(o, k);

	if (there > 1)
		return "came twice";
	if (kept > 1)
		return "is twice in Sent";
	if (mail_state[k] == MAIL_TOLD && !there)
		return "was told as sent and did not come";
	if (mail_state[k] >= MAIL_DONE && !there && !waits)
		return "is lost";
	if (there && !waits && !kept)
		return "has no copy in Sent";
	return NULL;
}

bool verdict_came_twice(unsigned first)
{
	struct imap *im = observer_new("bob");
	struct seen bob, mine;
	bool twice = false;

	observer_look(im, "INBOX", &bob);
	observer_look(verdict.observer, "Sent", &mine);
	for (unsigned k = first; !twice && k <= verdict.mails; k++)
		twice = world_count(&bob, "INBOX", 'k', k) > 1 ||
			world_count(&mine, "Sent", 'k', k) > 1;
	seen_done(&bob);
	seen_done(&mine);
	observer_free(im);
	return twice;
}

void verdict_mails(unsigned first)
{
	struct imap *im = observer_new("bob");
	struct outbox *o = world_outbox();
	struct seen bob, mine;
	unsigned sent = 0, unsure = 0;

	observer_look(im, "INBOX", &bob);
	observer_look(verdict.observer, "Sent", &mine);
	for (unsigned k = first; k <= verdict.mails; k++) {
		const char *fault = mail_fault(&bob, &mine, o, k);
		char text[80];

		sent += world_count(&bob, "INBOX", 'k', k);
		unsure += world_in_outbox(o, k);
		if (!fault)
			continue;
		verdict.lost += !strstr(fault, "twice");
		verdict.doubled += strstr(fault, "twice") != NULL;
		snprintf(text, sizeof(text), "k%u %s", k, fault);
		verdict_say("a mail", text);
	}
	if (!verdict.quiet)
		print_message("# %u mails written, %u came, %u wait unconfirmed\n",
			verdict.mails + 1 - first, sent, unsure);
	seen_done(&bob);
	seen_done(&mine);
	outbox_free(o);
	observer_free(im);
}

/* --- rows that were shown --- */

void verdict_no_rows(void)
{
	rows_shown = 0;
}

void verdict_rows(const struct seen *s)
{
	struct str lines = STR_INIT;
	size_t rows, n = observer_compare(s, verdict.cache_dir, false, &lines, &rows);

	verdict.cache += n != 0;
	verdict.lost += rows < rows_shown;
	if (rows < rows_shown) {
		char text[80];

		snprintf(
			text, sizeof(text), "%zu rows were shown, %zu are there", rows_shown, rows);
		verdict_say("the cache", text);
	}
	world_say_lines(verdict_say, "the cache", &lines);
	str_done(&lines);
}
