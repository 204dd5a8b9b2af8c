/* A folder that is made where there is none yet. */
#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "store/disk/maildir.h"
#include "store/mail/folder.h"
#include "store/mail/folder_tell.h"
#include "store/mail/remote.h"
#include "store/store_priv.h"

#include <stdlib.h>

static struct folder *new_local(
	struct account *a, const char *name, enum mail_role role, struct err *err)
{
	char *root = file_join(a->setup->data_dir, "mail");
	struct folder *f = NULL;

	if (maildir_create(root, name, err) == 0) {
		f = folder_find(a, name, true);
		if (!f)
			f = folder_new(a, name, true);
		f->box.vanished = false;
		f->role = role;
		if (!f->box.dir)
			f->box.dir = maildir_dir(root, name, NULL);
	}
	free(root);
	return f;
}

struct folder *folder_for_role(struct account *a, enum mail_role role, struct err *err)
{
	bool local = !remote_has_folders(a);
	struct folder *f = folder_by_role(a, role, local);
	const char *given = folder_given_name(a, role);
	char *name;

	if (f)
		return f;
	name = folder_own_name(a, given ? given : mail_role_row(role)->folder);
	if (local) {
		f = new_local(a, name, role, err);
	} else {
		/* The connection makes it when the first message goes there; its wire name is asked
		 * for then. */
		f = folder_new(a, name, false);
		f->role = given ? ROLE_NONE : role; /* no alias of the server's own */
		f->mailbox = folder_wire_name(a, name);
	}
	free(name);
	if (f)
		folder_send_folders(a);
	return f;
}

struct folder *folder_local_for_role(struct account *a, enum mail_role role, struct err *err)
{
	struct folder *f = folder_by_role(a, role, true);

	return f ? f : new_local(a, mail_role_row(role)->folder, role, err);
}

struct folder *folder_for_import(struct account *a, const char *name, struct err *err)
{
	struct folder *f = folder_by_ui_name(a, name);

	if (f)
		return f;
	if (!remote_has_folders(a)) {
		f = new_local(a, name, ROLE_NONE, err);
	} else {
		char *own = folder_own_name(a, name);

		f = folder_by_ui_name(a, own);
		if (!f) {
			f = folder_new(a, own, false); /* made with the first message */
			f->mailbox = folder_wire_name(a, own);
		}
		free(own);
	}
	if (f)
		folder_send_folders(a);
	return f;
}
