#include "store/disk/lent.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/str.h"
#include "mime/mailcap.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

struct lent {
	char *dir; /* NULL: nothing was lent yet */
	unsigned n;
};

struct lent *lent_new(void)
{
	return mem_alloc(sizeof(struct lent));
}

static int make_dir(struct lent *l, struct err *err)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = file_join(
		tmp && *tmp == '/' && mailcap_is_plain(tmp) ? tmp : "/tmp", "talaria-XXXXXX");

	if (!mkdtemp(dir)) {
		err_errno(err, _("Cannot make a private directory like %s"), dir);
		free(dir);
		return -1;
	}
	l->dir = dir;
	return 0;
}

/* Letters and digits of any script, and what no shell knows. */
static char *plain_name(const char *name)
{
	char *safe = file_safe_name(name);

	for (char *p = safe; *p; p++)
		if ((unsigned char)*p < 0x80 && !str_is_alnum(*p) && !strchr("._-+=,@", *p))
			*p = '_';
	return safe;
}

char *lent_path(struct lent *l, const char *name, struct err *err)
{
	struct str path = STR_INIT;
	char *safe;

	if (!l->dir && make_dir(l, err) != 0)
		return NULL;
	str_addf(&path, "%s/%u", l->dir, ++l->n);
	if (mkdir(path.p, 0700) != 0) {
		err_errno(err, _("Cannot create %s"), path.p);
		str_done(&path);
		return NULL;
	}
	safe = plain_name(name);
	str_addf(&path, "/%s", safe);
	free(safe);
	return str_steal(&path);
}

void lent_back(struct lent *l, const char *path)
{
	size_t len = l->dir ? strlen(l->dir) : 0;
	char *own;

	if (!len || strncmp(path, l->dir, len) != 0 || path[len] != '/' || strstr(path, "/../"))
		return;
	own = mem_strndup(path, len + 1 + strcspn(path + len + 1, "/"));
	if (strlen(own) > len + 1)
		file_remove_tree(own, NULL);
	free(own);
}

void lent_end(struct lent *l)
{
	if (l->dir)
		file_remove_tree(l->dir, NULL);
	free(l->dir);
	free(l);
}
