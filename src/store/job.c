#include "store/job.h"

#include "base/mem.h"

#include <stdlib.h>

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

static void free_job_kind(struct job *j)
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
	case JOB_SEARCH:
		free(j->search.key);
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
	free_job_kind(j);
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

static void entries_done(struct folder_entries *e)
{
	for (size_t i = 0; i < e->n; i++) {
		free(e->v[i].name);
		free(e->v[i].mailbox);
	}
	free(e->v);
}

static void summaries_done(struct result_summaries *s)
{
	for (size_t i = 0; i < s->n; i++)
		summary_free(s->v[i]);
	free(s->v);
}

static void flags_done(struct result_flags *f)
{
	for (size_t i = 0; i < f->n; i++)
		free(f->v[i].keywords);
	free(f->v);
}

static void sent_done(struct result_sent *s)
{
	for (size_t i = 0; i < s->n; i++) {
		free(s->v[i].address);
		free(s->v[i].text);
	}
	free(s->v);
	free(s->id);
}

/* What is one array, text or string and no more. */
static void free_single(struct result *r)
{
	switch (r->kind) {
	case RESULT_ALERT:
		free(r->alert.text);
		break;
	case RESULT_VANISHED:
		free(r->vanished.uids);
		break;
	case RESULT_FOUND:
		free(r->found.uids);
		break;
	case RESULT_OP_READY:
		free(r->op_ready.uids);
		break;
	case RESULT_POP3_LISTED:
		free(r->listed.v);
		break;
	case RESULT_POP3_HEADER:
	case RESULT_POP3_MESSAGE:
	case RESULT_POP3_PART:
		str_done(&r->message.bytes);
		break;
	case RESULT_POP3_DONE:
		free(r->session.deleted);
		break;
	case RESULT_SEND_READY:
		free(r->send_ready.id);
		break;
	case RESULT_CHECKED:
		str_done(&r->checked.text);
		break;
	default:
		break; /* owns nothing more */
	}
}

static void free_result_kind(struct result *r)
{
	switch (r->kind) {
	case RESULT_FOLDERS:
		entries_done(&r->folders.all);
		free(r->folders.prefix);
		break;
	case RESULT_COUNTS:
		entries_done(&r->counts);
		break;
	case RESULT_SUMMARIES:
		summaries_done(&r->summaries);
		break;
	case RESULT_FLAGS:
		flags_done(&r->flags);
		break;
	case RESULT_BODY:
		free(r->body.piece);
		str_done(&r->body.bytes);
		break;
	case RESULT_OP:
		free(r->op.uids);
		free(r->op.stay);
		break;
	case RESULT_SENT:
		sent_done(&r->sent);
		break;
	default:
		free_single(r);
		break;
	}
}

void result_free(struct result *r)
{
	if (!r)
		return;
	free_result_kind(r);
	free(r->folder);
	free(r);
}

void result_free_item(struct queue_item *item)
{
	result_free((struct result *)item);
}
