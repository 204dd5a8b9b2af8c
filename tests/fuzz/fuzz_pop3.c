#include "net/pop3.h"

#include "tests/fuzz/server.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len);

static void done(void *ctx, uint32_t number, struct str *message, const struct err *err)
{
	(void)number, (void)err;
	*(size_t *)ctx += message ? message->len : 1;
}

static void session(struct pop3 *pop)
{
	static const uint32_t numbers[] = {1, 2, 3};
	struct pop3_list list;
	bool gone[3];
	size_t n = 0;

	if (!pop3_list(pop, &list, NULL))
		for (size_t i = 0; i < list.n; i++)
			if (!list.v[i].number || (i && list.v[i].number <= list.v[i - 1].number))
				abort();
	pop3_list_done(&list);
	pop3_retr(pop, numbers, 3, 5000, done, NULL, &n, NULL);
	pop3_top(pop, numbers, 3, 10, done, NULL, &n, NULL);
	pop3_dele_many(pop, numbers, 3, gone, NULL);
	pop3_quit(pop, NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t len)
{
	const struct net_login login = {"alice", "secret", NULL};
	struct net_server server = server_says(PROTOCOL_POP3, p, len);
	struct pop3 *pop;

	if (!pop3_open(&pop, &server, &server_options, &login, NULL, NULL))
		session(pop);
	pop3_free(pop);
	server_wait();
	return 0;
}
