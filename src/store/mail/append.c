#include "store/mail/append.h"

#include "base/file.h"
#include "store/store_priv.h"

#include <stdlib.h>

char *append_path(const struct account *a, const char *file)
{
	char *dir = file_join(a->setup->data_dir, "append"), *path;

	if (!*file)
		return dir;
	path = file_join(dir, file);
	free(dir);
	return path;
}

void append_drop(const struct account *a, const struct op *op)
{
	char *path = append_path(a, op->file);

	/* left behind it is a file that nothing names */
	if (*op->file)
		file_remove_tree(path, NULL);
	free(path);
}
