#include "engine/sorter.h"

#include "base/mem.h"

#include <stdlib.h>

void sort_job_run(struct sort_job *job)
{
	order_build(&job->order, &(struct order_rows){job->n, job->uid, job->parent,
					 job->date ? job->date : job->key, job->key});
}

void sort_job_free(struct sort_job *job)
{
	if (!job)
		return;
	free(job->uid);
	free(job->parent);
	free(job->date);
	free(job->key);
	order_done(&job->order);
	free(job);
}

static void run(struct worker_job *j)
{
	sort_job_run((struct sort_job *)j);
}

static void drop(struct worker_job *j)
{
	sort_job_free((struct sort_job *)j);
}

struct sort_job *sort_job_new(void)
{
	struct sort_job *job = mem_alloc(sizeof(*job));

	job->job.run = run;
	job->job.drop = drop;
	return job;
}
