/* Folders in and out of an account, and backups, without the screen. */
#include "base/i18n.h"
#include "base/mem.h"
#include "ui/cli_priv.h"

#include <stdio.h>

static enum cli_status finish(struct cli *c, unsigned request)
{
	struct err err = {0};
	struct event *ev = cli_wait(c, request, &err);

	if (!ev)
		return cli_fail(&err);
	if (ev->done.text)
		cli_print("%s\n", ev->done.text);
	event_free(ev);
	return CLI_OK;
}

/* The account, as its server has it now unless offline; -1 with err. Where another running copy is
 * connected, what it keeps here is as good. */
static int fresh_account(struct cli *c, struct err *err)
{
	int account = cli_account(c, NULL, err);

	if (account >= 0 && !c->args->offline && cli_sync_account(c, account, err) != 0 &&
		err->kind != ERR_BUSY)
		account = -1;
	return account;
}

enum cli_status cli_export(struct cli *c)
{
	bool all = c->args->words.n == 1;
	const char *path = c->args->words.v[all ? 0 : 1];
	struct err err = {0};
	struct msglist *l;
	int account;

	if (!all) {
		l = cli_open(c, c->args->words.v[0], &err);
		if (l && !c->args->offline && !cli_is_path(c->args->words.v[0]) &&
			cli_go_online(c, &err) != 0)
			l = NULL;
		return l ? finish(c, engine_export(c->engine, l, NULL, 0, path)) : cli_fail(&err);
	}
	account = fresh_account(c, &err);
	if (account < 0)
		return cli_fail(&err);
	return finish(c, engine_export_folder(c->engine, (size_t)account, NULL, path));
}

/* What a server is to get goes there before the program ends, when it can. */
static enum cli_status upload(struct cli *c, int account)
{
	struct err err = {0};
	struct account_info info;

	engine_account(c->engine, (size_t)account, &info);
	if (!protocol_row(info.protocol)->has_folders || !info.pending || c->args->offline)
		return CLI_OK;
	if (cli_sync_account(c, account, &err) == 0)
		return CLI_OK;
	if (err.kind != ERR_BUSY)
		return cli_fail(&err);
	cli_say(_("Another running copy of Talaria sends them to the server"));
	return CLI_OK;
}

enum cli_status cli_import(struct cli *c)
{
	const char *folder = c->args->words.n > 1 ? c->args->words.v[1] : NULL;
	struct err err = {0};
	int account = fresh_account(c, &err);
	enum cli_status status;

	if (account < 0)
		return cli_fail(&err);
	if (folder && (*folder == '=' || *folder == '+'))
		folder++;
	status = finish(c, engine_import(c->engine, (size_t)account, c->args->words.v[0], folder));
	return status == CLI_OK ? upload(c, account) : status;
}

enum cli_status cli_backup(struct cli *c)
{
	struct err err = {0};
	int account = cli_account(c, NULL, &err);

	if (account < 0)
		return cli_fail(&err);
	return finish(c, engine_backup(c->engine, (size_t)account,
				 c->args->words.n ? c->args->words.v[0] : "."));
}
