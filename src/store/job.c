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

static void plan_done(struct job_pop3_plan *p)
{
	free(p->top);
	free(p->retr);
	free(p->part);
	free(p->last);
}

static void send_done(struct job_send *s)
{
	free(s->id);
	free(s->from);
	strv_done(&s->to);
	str_done(&s->bytes);
}

static void op_done(struct job_op *o)
{
	op_free(o->what);
	free(o->target);
	str_done(&o->message);
}

static void free_kind(struct job *j)
{
	switch (j->kind) {
	case JOB_PASSWORD:
		mem_free_secret(j->password.secret);
		break;
	case JOB_SYNC:
		free(j->sync.known.uids);
		free(j->sync.known.flags);
		break;
	case JOB_OP:
		op_done(&j->op);
		break;
	case JOB_MAILBOX:
		free(j->reshape.name);
		strv_done(&j->reshape.below);
		break;
	case JOB_BODY:
		free(j->body.section);
		break;
	case JOB_POP3_PLAN:
		plan_done(&j->plan);
		break;
	case JOB_POP3_ACK:
		free(j->ack.dele);
		break;
	case JOB_SEND:
		send_done(&j->send);
		break;
	default:
		break; /* owns nothing more */
	}
}

void job_free(struct job *j)
{
	if (!j)
		return;
	free_kind(j);
	free(j->folder);
	free(j->mailbox);
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
