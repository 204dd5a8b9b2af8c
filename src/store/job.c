#include "store/job.h"

#include "base/mem.h"

#include <stdlib.h>

void sync_account_copy(struct sync_account *to, const struct sync_account *from)
{
	*to = *from;
	to->name = mem_strdup(from->name);
	to->imap = mem_strdup(from->imap);
	to->pop3 = mem_strdup(from->pop3);
	to->smtp = mem_strdup(from->smtp);
	to->password = mem_strdup(from->password);
	to->auth = mem_strdup(from->auth);
	to->tls_ca = mem_strdup(from->tls_ca);
	to->tls_pin = mem_strdup(from->tls_pin);
}

void sync_account_done(struct sync_account *a)
{
	free(a->name);
	free(a->imap);
	free(a->pop3);
	free(a->smtp);
	mem_free_secret(a->password);
	free(a->auth);
	free(a->tls_ca);
	free(a->tls_pin);
	*a = (struct sync_account){0};
}

struct job *job_new(enum job_kind kind)
{
	struct job *j = mem_alloc(sizeof(*j));

	j->kind = kind;
	return j;
}

void job_free(struct job *j)
{
	if (!j)
		return;
	free(j->folder);
	free(j->mailbox);
	free(j->target);
	free(j->known.uids);
	free(j->known.flags);
	free(j->section);
	op_free(j->op);
	free(j->plan.retr);
	free(j->plan.top);
	free(j->plan.dele);
	free(j->plan.part);
	free(j->plan.last);
	free(j->id);
	free(j->from);
	strv_done(&j->recipients);
	str_done(&j->bytes);
	mem_free_secret(j->text);
	free(j);
}

void job_free_item(struct queue_item *item)
{
	job_free((struct job *)item);
}

struct result *result_new(enum result_kind kind)
{
	struct result *r = mem_alloc(sizeof(*r));

	r->kind = kind;
	return r;
}

static void free_arrays(struct result *r)
{
	for (size_t i = 0; r->folders && i < r->n; i++) {
		free(r->folders[i].name);
		free(r->folders[i].mailbox);
	}
	free(r->folders);
	for (size_t i = 0; r->summaries && i < r->n; i++)
		summary_free(r->summaries[i]);
	free(r->summaries);
	for (size_t i = 0; r->flags && i < r->n; i++)
		free(r->flags[i].keywords);
	free(r->flags);
	for (size_t i = 0; r->fates && i < r->n; i++) {
		free(r->fates[i].address);
		free(r->fates[i].text);
	}
	free(r->fates);
	free(r->entries);
	free(r->uids);
}

void result_free(struct result *r)
{
	if (!r)
		return;
	free_arrays(r);
	free(r->folder);
	free(r->section);
	free(r->text);
	free(r->id);
	str_done(&r->bytes);
	free(r);
}

void result_free_item(struct queue_item *item)
{
	result_free((struct result *)item);
}
