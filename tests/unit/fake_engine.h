/*
 * fake_engine - an engine that holds a few messages in memory, for tests of the screen alone. Its
 * lists are the real ones (engine/msglist).
 *
 * Owns:    what engine_new made.
 * Threads: one.
 * Errors:  as the engine's.
 */
#ifndef TESTS_FAKE_ENGINE_H
#define TESTS_FAKE_ENGINE_H

#include "engine/engine.h"

/* What was asked for last: "delete 2 3", "move 3 Archive", "protocol pop3" ... */
const char *fake_last(void);
void fake_forget(void); /* nothing was asked for */
/* What was written to last: "reply 3". */
const char *fake_composed(void);
/* Of the list that was opened last: "sort 4 reverse". */
const char *fake_sorting(const struct engine *e);
/* messages: how many each INBOX gets beyond the fixed ones. */
void fake_messages(int messages);

/* Of the first account; why NULL: online, as at the beginning. e NULL: nobody is told. */
void fake_state(struct engine *e, enum account_state now, const char *why);
void fake_outbox_waits(bool waits); /* what is in the outbox goes by itself, or needs the user */
void fake_accounts(size_t n);     /* before a screen is opened; those behind the first are alike */
void fake_body(const char *text); /* of answers that are begun; NULL: a quoted line */
/* n mails in the outbox, named out1, out2 ... from first on. */
void fake_outbox(int first, int n);
void fake_outbox_recipients(size_t n); /* of each */
/* The answer to the next request is this failure. */
void fake_fail(const char *text);
void fake_slow(bool slow); /* messages that are read do not come */
void fake_html(bool html);
void fake_has_it(size_t n); /* n recipients of each draft have it already */
/* The draft as it was saved last. */
const struct draft *fake_draft(const struct engine *e);
/* A message is taken away by another program. */
void fake_vanish(struct engine *e, uint32_t uid);

/* Puts an event into the queue that nobody asked for. */
void fake_post(struct engine *e, enum event_kind kind, int account, const char *text);
/* The folder of the list that was opened last is gone. */
void fake_close(struct engine *e, const char *text);
/* A folder of the first account is taken away; NULL: all are there. */
void fake_hide_folder(struct engine *e, const char *name);
void fake_progress(struct engine *e, unsigned request, uint64_t done, uint64_t total);
/* As a switch of the protocol does: every UID is now that of the message before. */
void fake_renumber(struct engine *e);
/* n new messages before all others of every list. */
void fake_arrive(struct engine *e, size_t n);

#endif
