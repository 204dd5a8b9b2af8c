#include "store/mail/leaving.h"

#include "base/file.h"
#include "base/i18n.h"
#include "base/mem.h"
#include "base/run.h"
#include "store/answer.h"
#include "store/mail/rendering.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define HELPER "talaria-unsubscribe"

enum { HELPER_MS = 30000, OUTPUT_MAX = 4096 };

struct leaving {
	struct rendering rendering;
	char *url;
	struct err err;
};

/* In the directory that the environment names, beside this program where that was not installed,
 * or where it is installed. */
static char *helper(void)
{
	const char *dir = getenv("TALARIA_LIBEXECDIR");
	char self[4096], *slash, *path;
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	if (dir && *dir)
		return file_join(dir, HELPER);
	self[n < 0 ? 0 : n] = '\0';
	slash = strrchr(self, '/');
	if (slash) {
		*slash = '\0';
		path = file_join(self, HELPER);
		if (access(path, X_OK) == 0)
			return path;
		free(path);
	}
	return file_join(PKGLIBEXECDIR, HELPER);
}

static void leaving_run(struct worker_job *j)
{
	static const struct run_limits limits = {HELPER_MS, OUTPUT_MAX, -1};
	struct leaving *x = (struct leaving *)j;
	char *program = helper();
	/* The address is one word of its own, whatever is in it. */
	const char *const argv[] = {program, x->url, NULL};
	struct str out = STR_INIT;

	run_capture(argv, &limits, &out, &x->err);
	str_done(&out);
	free(program);
}

static void leaving_drop(struct worker_job *j)
{
	struct leaving *x = (struct leaving *)j;

	store_request_free(x->rendering.request);
	free(x->url);
	free(x);
}

static void leaving_back(struct store *s, struct rendering *r)
{
	struct leaving *x = (struct leaving *)r;

	if (x->err.kind)
		answer_failed(s, r->request, &x->err);
	else
		answer_done(s, r->request, _("The list says that you left it"));
	r->request = NULL;
}

int leaving_request(struct store *s, struct store_request *r, struct str *said, struct err *err)
{
	struct leaving *x;

	(void)said;
	if (!r->leave.url || !str_istarts(r->leave.url, "https://"))
		return err_set(err, ERR_INPUT, _("Only an https address can be asked"));
	x = mem_alloc(sizeof(*x));
	x->rendering.job.run = leaving_run;
	x->rendering.job.drop = leaving_drop;
	x->rendering.back = leaving_back;
	x->rendering.request = r;
	x->url = mem_strdup(r->leave.url);
	rendering_give(s, &x->rendering, RENDERING_HELPERS);
	return REQUEST_TAKEN;
}
