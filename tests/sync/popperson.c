#include "tests/sync/popperson.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* Takes the place of the program's. */
static _Atomic int64_t clock_off;
time_t __real_clock_now(void);
time_t __wrap_clock_now(void);

time_t __wrap_clock_now(void)
{
	return __real_clock_now() + atomic_load(&clock_off);
}

void put_clock(int64_t seconds)
{
	atomic_store(&clock_off, seconds);
}

int pop_forget(void **state)
{
	put_clock(0);
	return odd_forget(state);
}

void fetch(struct person *p)
{
	event_free(answer(p, engine_sync(p->engine, 0)));
	done(p, engine_sync(p->engine, 0));
}

struct msglist *inbox_of(struct person *p, size_t n)
{
	struct msglist *l = open_folder(p, "INBOX");

	fetch(p);
	UNTIL(p, msglist_count(l) == n);
	return l;
}

char *text_at(struct person *p, struct msglist *l, size_t row)
{
	struct message_view *v = read_view(p, l, msglist_uid(l, row));
	struct str out = STR_INIT;

	text_plain(v->text, &out, false);
	engine_view_free(v);
	return str_steal(&out);
}

void shows(struct person *p, struct msglist *l, size_t row, const char *part)
{
	char *text = text_at(p, l, row);

	has(text, part);
	free(text);
}

void shows_not(struct person *p, struct msglist *l, size_t row, const char *part)
{
	char *text = text_at(p, l, row);

	assert_null(strstr(text, part));
	free(text);
}
