/*
 * The worker pool: one pipe to each worker with the number of its next job, one back with the result.
 *
 * A worker has one job at a time, so whatever ends a worker names the job that did it.
 */
#include "pool.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cli.h"

struct worker {
	pid_t pid; /* 0: not running */
	int job_fd, result_fd;
	bool busy;
	size_t job;
	uint64_t deadline_ns;
	size_t got; /* bytes of the result so far */
	struct run_result result;
};

struct pool {
	const struct pool_spec *spec;
	struct worker *worker;
	struct pollfd *poll;
	struct run_result **result; /* ended, but an earlier job has not */
	size_t next;                /* job to hand out */
	size_t finished;
	size_t handed; /* given to spec->done */
	bool stopped;
};

static uint64_t now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* ---- in the worker ---- */

static bool read_all(int fd, void *buf, size_t len)
{
	char *at = buf;

	while (len > 0) {
		ssize_t n = read(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

static bool write_all(int fd, const void *buf, size_t len)
{
	const char *at = buf;

	while (len > 0) {
		ssize_t n = write(fd, at, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		at += n;
		len -= (size_t)n;
	}
	return true;
}

/* Ends with the parent: either it closes the pipe, or it is gone. exit() lets coverage counters be written. */
static _Noreturn void work(const struct pool_spec *spec, int job_fd, int result_fd)
{
	struct run_result result;
	size_t job;

	while (read_all(job_fd, &job, sizeof(job))) {
		memset(&result, 0, sizeof(result));
		spec->run(spec->ctx, job, &result);
		if (!write_all(result_fd, &result, sizeof(result)))
			break;
	}
	exit(EXIT_SUCCESS);
}

/* ---- workers ---- */

/* A worker must not hold the other workers' pipes, or they would never see their end. */
static void close_others(struct pool *p)
{
	for (size_t i = 0; i < p->spec->workers; i++) {
		if (p->worker[i].pid) {
			close(p->worker[i].job_fd);
			close(p->worker[i].result_fd);
		}
	}
}

static int worker_start(struct pool *p, struct worker *w)
{
	int job[2], result[2], error;

	if (pipe(job) != 0)
		return errno;
	if (pipe(result) != 0) {
		error = errno;
		close(job[0]);
		close(job[1]);
		return error;
	}
	fflush(NULL); /* nothing buffered may be written twice */
	w->pid = 0;
	w->pid = fork();
	if (w->pid == 0) {
		/* a worker in the middle of a job is not to outlive a command that was killed */
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		close_others(p);
		close(job[1]);
		close(result[0]);
		work(p->spec, job[0], result[1]);
	}
	error = errno;
	close(job[0]);
	close(result[1]);
	if (w->pid < 0) {
		w->pid = 0;
		close(job[1]);
		close(result[0]);
		return error;
	}
	w->job_fd = job[1];
	w->result_fd = result[0];
	w->busy = false;
	w->got = 0;
	return 0;
}

/* Returns the wait status. */
static int worker_end(struct worker *w)
{
	int status = 0;

	close(w->job_fd);
	close(w->result_fd);
	while (waitpid(w->pid, &status, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
	w->busy = false;
	return status;
}

static void hand_over(struct pool *p)
{
	while (!p->stopped && p->handed < p->spec->jobs && p->result[p->handed]) {
		size_t n = p->handed++;

		p->stopped = !p->spec->done(p->spec->ctx, n, p->result[n]);
		free(p->result[n]);
		p->result[n] = NULL;
	}
}

static void job_ended(struct pool *p, struct worker *w)
{
	struct run_result *copy = cli_alloc(1, sizeof(*copy));

	*copy = w->result;
	p->result[w->job] = copy;
	w->busy = false;
	w->got = 0;
	p->finished++;
	if (p->spec->progress)
		p->spec->progress(p->spec->ctx, p->finished);
	hand_over(p);
}

/* The worker ended without a result: its job failed, and says how. */
static void job_crashed(struct pool *p, struct worker *w, bool late)
{
	size_t size = sizeof(w->result.text);
	int status = worker_end(w);

	memset(&w->result, 0, sizeof(w->result));
	w->result.verdict = RUN_FAIL;
	if (late)
		snprintf(w->result.text, size,
			 "the run did not end within %llu s and was killed; every run must be "
			 "bounded",
			 (unsigned long long)(p->spec->timeout_ns / 1000000000u));
	else if (WIFSIGNALED(status))
		snprintf(w->result.text, size, "the run was killed by signal %d (%s)",
			 WTERMSIG(status), strsignal(WTERMSIG(status)));
	else
		snprintf(w->result.text, size, "the run ended the worker with exit status %d",
			 WEXITSTATUS(status));
	job_ended(p, w);
}

static void worker_read(struct pool *p, struct worker *w)
{
	char *at = (char *)&w->result + w->got;
	ssize_t n = read(w->result_fd, at, sizeof(w->result) - w->got);

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		job_crashed(p, w, false);
		return;
	}
	w->got += (size_t)n;
	if (w->got < sizeof(w->result))
		return;
	/* The texts came from another process: end them whatever they hold. */
	w->result.step[sizeof(w->result.step) - 1] = '\0';
	w->result.text[sizeof(w->result.text) - 1] = '\0';
	w->result.tail[sizeof(w->result.tail) - 1] = '\0';
	job_ended(p, w);
}

/* ---- the pool ---- */

/* Gives every idle worker a job, starting workers that are missing. */
static int hand_out(struct pool *p)
{
	int error = 0;
	size_t busy = 0;

	for (size_t i = 0; i < p->spec->workers; i++) {
		struct worker *w = &p->worker[i];

		if (!w->busy && p->next < p->spec->jobs && !p->stopped) {
			if (!w->pid)
				error = worker_start(p, w);
			if (w->pid) {
				w->job = p->next++;
				w->busy = true;
				w->deadline_ns = now_ns() + p->spec->timeout_ns;
				/* A worker that is gone already is noticed by its result pipe. */
				(void)write_all(w->job_fd, &w->job, sizeof(w->job));
			}
		}
		busy += w->busy;
	}
	return busy > 0 ? 0 : error; /* fewer workers are enough */
}

static int poll_timeout_ms(const struct pool *p)
{
	uint64_t now = now_ns(), first = UINT64_MAX;

	for (size_t i = 0; i < p->spec->workers; i++)
		if (p->worker[i].busy && p->worker[i].deadline_ns < first)
			first = p->worker[i].deadline_ns;
	if (first <= now)
		return 0;
	first = (first - now) / 1000000u + 1;
	return first < 60000 ? (int)first : 60000;
}

static void wait_for_some(struct pool *p)
{
	for (size_t i = 0; i < p->spec->workers; i++)
		p->poll[i] = (struct pollfd){
			.fd = p->worker[i].busy ? p->worker[i].result_fd : -1,
			.events = POLLIN,
		};
	if (poll(p->poll, (nfds_t)p->spec->workers, poll_timeout_ms(p)) < 0)
		return; /* interrupted: the caller comes again */
	for (size_t i = 0; i < p->spec->workers; i++) {
		struct worker *w = &p->worker[i];

		if (p->poll[i].revents) {
			worker_read(p, w);
		} else if (w->busy && now_ns() >= w->deadline_ns) {
			kill(w->pid, SIGKILL);
			job_crashed(p, w, true);
		}
	}
}

static int run_here(struct pool *p)
{
	for (size_t n = 0; n < p->spec->jobs && !p->stopped; n++) {
		struct run_result result;

		memset(&result, 0, sizeof(result));
		p->spec->run(p->spec->ctx, n, &result);
		if (p->spec->progress)
			p->spec->progress(p->spec->ctx, n + 1);
		p->stopped = !p->spec->done(p->spec->ctx, n, &result);
	}
	return 0;
}

/* Ends an idle worker, which exits 0 unless something like a leak checker objects; a busy one is killed. */
static bool worker_close(struct worker *w)
{
	bool killed = w->busy;

	if (killed)
		kill(w->pid, SIGKILL);
	return worker_end(w) != 0 && !killed;
}

static int run_workers(struct pool *p)
{
	int error = hand_out(p);

	while (!error && !p->stopped && p->handed < p->spec->jobs) {
		wait_for_some(p);
		error = hand_out(p);
	}
	for (size_t i = 0; i < p->spec->workers; i++) {
		if (p->worker[i].pid && worker_close(&p->worker[i]) && !error)
			error = ECHILD;
	}
	return error;
}

int pool_run(const struct pool_spec *spec)
{
	struct pool p = { .spec = spec };
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;
	int error;

	if (spec->workers == 0)
		return run_here(&p);
	p.worker = cli_alloc(spec->workers, sizeof(*p.worker));
	p.poll = cli_alloc(spec->workers, sizeof(*p.poll));
	p.result = cli_alloc(spec->jobs, sizeof(*p.result));
	sigaction(SIGPIPE, &ignore, &old); /* a worker may die before it takes its job */
	error = run_workers(&p);
	sigaction(SIGPIPE, &old, NULL);
	for (size_t i = 0; i < spec->jobs; i++)
		free(p.result[i]);
	free(p.result);
	free(p.poll);
	free(p.worker);
	return error;
}
