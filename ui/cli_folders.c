/* Folders are made, deleted and renamed without the screen. */
#include "base/i18n.h"
#include "base/mem.h"
#include "ui/cli_priv.h"
#include "ui/folder_text.h"

#include <stdlib.h>
#include <string.h>

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

static bool is_server(const struct cli *c, int account)
{
	struct account_info info;

	engine_account(c->engine, (size_t)account, &info);
	return protocol_row(info.protocol)->has_folders;
}

/* On a server it waits for a connection: this one's, or that of another running copy. What the
 * server said against it was told on the way. */
static enum cli_status create(struct cli *c, int account, const char *name)
{
	struct err err = {0};
	struct event *ev =
		cli_wait(c, engine_create_folder(c->engine, (size_t)account, name), &err);
	enum cli_status status = CLI_OK;

	if (!ev)
		return cli_fail(&err);
	if (is_server(c, account) && !c->args->offline && cli_sync_account(c, account, &err) != 0 &&
		err.kind != ERR_BUSY)
		status = cli_fail(&err);
	else if (engine_pending_rows(c->engine) > engine_pending(c->engine))
		status = cli_status_of(ERR_REFUSED);
	else if (ev->done.text)
		cli_print("%s\n", ev->done.text);
	event_free(ev);
	return status;
}

/* With its numbers as the server has them, where it is asked. What is in f lasts until the next
 * event. */
static enum cli_status find(struct cli *c, int account, const char *name, struct folder_info *f)
{
	struct err err = {0};
	int i;

	/* What the account's own folders are can only be told by the server, local ones are here.
	 */
	if (is_server(c, account) && !c->args->offline && !str_starts(name, "Local/") &&
		cli_sync_account(c, account, &err) != 0 && err.kind != ERR_BUSY)
		return cli_fail(&err);
	i = engine_find_folder(c->engine, (size_t)account, name);
	if (i < 0) {
		cli_say(_("There is no folder %s; talaria folders lists them"), name);
		return CLI_DATA;
	}
	engine_folder(c->engine, (size_t)account, (size_t)i, f);
	return CLI_OK;
}

/* A script says so beforehand. */
static bool agreed(const struct cli *c, const char *question)
{
	if (c->args->yes)
		return true;
	if (cli_can_ask() && cli_agrees(question))
		return true;
	if (!cli_can_ask())
		cli_say(_("There is nobody to ask: --yes says that it is meant"));
	else
		cli_say(_("Nothing was changed"));
	return false;
}

static enum cli_status delete (struct cli *c, int account, const char *name) {
	struct str text = STR_INIT; struct folder_info f; enum cli_status status = CLI_FAILED;

	if (find(c, account, name, &f) != 0) return CLI_DATA;
	if (folder_text_refuses(&text, &f)){cli_say("%s", text.p); status = CLI_DATA;}
else
{
	uint32_t known = folder_text_known(&f);
	char *full = mem_strdup(f.name);

	folder_text_delete(&text, c->engine, (size_t)account, &f);
	if (agreed(c, text.p))
		status = finish(c, engine_delete_folder(c->engine, (size_t)account, full, known));
	free(full);
}
str_done(&text);
return status;
}

static enum cli_status rename_to(struct cli *c, int account, const char *name, const char *to)
{
	struct str text = STR_INIT;
	struct folder_info f;
	enum cli_status status = find(c, account, name, &f);
	char *full;

	if (status != CLI_OK)
		return status;
	status = CLI_FAILED;
	full = mem_strdup(f.name);
	folder_text_role(&text, &f);
	if (text.len)
		str_addf(&text, _("Rename it to %s? (y/n) "), to);
	if (!text.len || agreed(c, text.p))
		status = finish(c, engine_rename_folder(c->engine, (size_t)account, full, to));
	free(full);
	str_done(&text);
	return status;
}

enum cli_status cli_change_folders(struct cli *c)
{
	char **words = c->args->words.v;
	size_t n = c->args->words.n;
	struct err err = {0};
	int account = cli_account(c, NULL, &err);

	if (c->args->read_only) {
		cli_say(_("Nothing is changed with --read-only"));
		return CLI_USAGE;
	}
	if (account < 0 || cli_settle(c, account, &err) != 0)
		return cli_fail(&err);
	if (n == 2 && strcmp(words[0], "create") == 0)
		return create(c, account, words[1]);
	if (n == 2 && strcmp(words[0], "delete") == 0)
		return delete (c, account, words[1]);
	if (n == 3 && strcmp(words[0], "rename") == 0)
		return rename_to(c, account, words[1], words[2]);
	cli_say(_("Write: talaria folders create NAME, delete NAME, or rename NAME NEW"));
	return CLI_USAGE;
}
