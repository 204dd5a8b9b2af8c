#include "store/request.h"

#include "base/mem.h"
#include "mime/build.h"
#include "store/mail/query.h"
#include "store/store.h"

#include <stdlib.h>

enum { TEXTS_MAX = 3 };

/* Where the owned texts of a kind are, 0: no more; and whether nobody hears of its end. */
struct kind_row {
	size_t texts[TEXTS_MAX];
	bool unheard;
};
#define TEXT(member) offsetof(struct store_request, member)
#define MAIL                                                                                       \
	{                                                                                          \
		.texts = { TEXT(mail.id) }                                                         \
	}
#define SILENT                                                                                     \
	{                                                                                          \
		.unheard = true                                                                    \
	}

static const struct kind_row kinds[REQUESTS] = {
	[REQUEST_ONLINE] = SILENT,
	[REQUEST_RETRY] = SILENT,
	[REQUEST_PASSWORD] = {.texts = {TEXT(password.secret)}, .unheard = true},
	[REQUEST_OPEN] = {.texts = {TEXT(open.folder), TEXT(open.query), TEXT(open.conversation)}},
	[REQUEST_CLOSE] = SILENT,
	[REQUEST_RELIST] = SILENT,
	[REQUEST_ORDER] = SILENT,
	[REQUEST_ROWS] = SILENT,
	[REQUEST_SEARCH] = {.texts = {TEXT(search.query)}},
	[REQUEST_READ] = {.texts = {TEXT(read.asked), TEXT(read.missing), TEXT(read.charset)}},
	[REQUEST_SAVE_PART] = {.texts = {TEXT(save.section), TEXT(save.path)}},
	[REQUEST_SAVE_RAW] = {.texts = {TEXT(save.section), TEXT(save.path)}},
	[REQUEST_VIEW] = {.texts = {TEXT(part.section)}},
	[REQUEST_CUT_PART] = {.texts = {TEXT(cut.section), TEXT(cut.type), TEXT(cut.name)}},
	[REQUEST_LEND] = {.texts = {TEXT(lend.name), TEXT(lend.text)}},
	[REQUEST_LENT_BACK] = {.texts = {TEXT(save.path)}, .unheard = true},
	[REQUEST_KEYWORDS] = {.texts = {TEXT(keywords.clear), TEXT(keywords.set)}},
	[REQUEST_MOVE] = {.texts = {TEXT(to.folder)}},
	[REQUEST_COPY] = {.texts = {TEXT(to.folder)}},
	[REQUEST_CREATE] = {.texts = {TEXT(to.folder)}},
	[REQUEST_DELETE_FOLDER] = {.texts = {TEXT(reshape.folder), TEXT(reshape.name)}},
	[REQUEST_RENAME_FOLDER] = {.texts = {TEXT(reshape.folder), TEXT(reshape.name)}},
	[REQUEST_COMPOSE] = {.texts = {TEXT(compose.to), TEXT(compose.url), TEXT(compose.draft)}},
	[REQUEST_DRAFT_LOAD] = MAIL,
	[REQUEST_DRAFT_EDIT] = MAIL,
	[REQUEST_DRAFT_TAKE] = MAIL,
	[REQUEST_DRAFT_SAVE] = MAIL,
	[REQUEST_DRAFT_KEEP] = MAIL,
	[REQUEST_DRAFT_DROP] = MAIL,
	[REQUEST_SEND] = {.texts = {TEXT(send.id)}},
	[REQUEST_OUTBOX_RETRY] = MAIL,
	[REQUEST_OUTBOX_HOLD] = MAIL,
	[REQUEST_OUTBOX_EDIT] = MAIL,
	[REQUEST_OUTBOX_DROP] = MAIL,
	[REQUEST_EXPORT] = {.texts = {TEXT(file.path), TEXT(file.folder)}},
	[REQUEST_IMPORT] = {.texts = {TEXT(file.path), TEXT(file.folder)}},
	[REQUEST_BACKUP] = {.texts = {TEXT(file.path), TEXT(file.folder)}},
	[REQUEST_LEAVE_LIST] = {.texts = {TEXT(leave.url)}},
	[REQUEST_CANCEL] = SILENT,
	[REQUEST_QUIT] = SILENT,
};

struct store_request *store_request_new(enum request_kind kind)
{
	struct store_request *r = mem_alloc(sizeof(*r));

	r->kind = kind;
	r->account = -1;
	return r;
}

void store_request_free(struct store_request *r)
{
	if (!r)
		return;
	if (r->owed_by) {
		r->unanswered(r);
		return;
	}
	for (size_t i = 0; i < TEXTS_MAX && kinds[r->kind].texts[i]; i++)
		mem_free_secret(*(char **)((char *)r + kinds[r->kind].texts[i]));
	if (r->kind == REQUEST_ACCOUNT)
		store_account_free(r->add.setup);
	if (r->kind == REQUEST_DRAFT_SAVE && r->mail.says)
		draft_done(r->mail.says);
	if (r->kind == REQUEST_DRAFT_SAVE)
		free(r->mail.says);
	if (r->kind == REQUEST_SEARCH)
		query_sets_free(r->search.sets, r->search.nsets);
	free(r->uids);
	free(r);
}

void store_request_free_item(struct queue_item *item)
{
	store_request_free((struct store_request *)item);
}

void store_request_set_uids(struct store_request *r, const uint32_t *uids, size_t n)
{
	r->uids = mem_dup(uids, n * sizeof(*uids));
	r->n = n;
}

bool store_request_is_answered(enum request_kind kind)
{
	return !kinds[kind].unheard;
}
