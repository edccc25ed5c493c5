/* A QEMU process. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* memfd_create, memmem, process_vm_readv */
#endif
#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define HIGH_FD 200 /* above every descriptor a child is given */
#define SEARCH_PIECE (1u << 20)
#define SEARCH_MAX (512ull << 20) /* of one mapping: RAM and code buffers are larger or shared */

/* ---- command line ---- */

void process_arg(struct process_args *a, const char *fmt, ...)
{
	size_t left = sizeof(a->text) - a->used;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(a->text + a->used, left, fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= left || a->args == PROCESS_ARGS) {
		a->full = true;
		return;
	}
	a->arg[a->args++] = a->text + a->used;
	a->arg[a->args] = NULL;
	a->used += (size_t)n + 1;
}

void process_arg_program(struct process_args *a, const struct qemu_program *program)
{
	process_arg(a, "%s", program->binary);
	if (!program->prefix[0])
		return;
	process_arg(a, "-L");
	process_arg(a, "%s/usr/share/qemu", program->prefix);
	process_arg(a, "-L");
	process_arg(a, "%s/usr/share/seabios", program->prefix);
}

/* ---- in the child ---- */

static void close_from(int first)
{
	DIR *dir = opendir("/proc/self/fd");
	struct dirent *d;

	if (!dir) {
		for (int fd = first; fd < 1024; fd++)
			close(fd);
		return;
	}
	while ((d = readdir(dir)) != NULL) {
		int fd = atoi(d->d_name);

		if (fd >= first && fd != dirfd(dir))
			close(fd);
	}
	closedir(dir);
}

/* Puts fds at PROCESS_FIRST_FD and up and `err` at 1 and 2; by way of high numbers, so that none is lost. */
static bool place_fds(const int *fds, size_t count, int err, int tell)
{
	int high[PROCESS_FDS + 2], null = open("/dev/null", O_RDONLY);

	for (size_t i = 0; i < count + 2; i++) {
		int fd = i < count ? fds[i] : i == count ? err : tell;

		high[i] = fcntl(fd, F_DUPFD, HIGH_FD);
		if (high[i] < 0)
			return false;
	}
	if (null < 0 || dup2(null, 0) < 0 || dup2(high[count], 1) < 0 || dup2(high[count], 2) < 0)
		return false;
	for (size_t i = 0; i < count; i++)
		if (dup2(high[i], PROCESS_FIRST_FD + (int)i) < 0)
			return false;
	/* the pipe that tells of a failed exec closes with the exec */
	if (dup2(high[count + 1], PROCESS_FIRST_FD + (int)count) < 0 ||
	    fcntl(PROCESS_FIRST_FD + (int)count, F_SETFD, FD_CLOEXEC) < 0)
		return false;
	close_from(PROCESS_FIRST_FD + (int)count + 1);
	return true;
}

static _Noreturn void become(const struct qemu_program *program, const struct process_args *args,
			     const int *fds, size_t count, int err, int tell, pid_t parent)
{
	char modules[sizeof(program->prefix) + 64];
	struct sigaction act = { .sa_handler = SIG_DFL };
	sigset_t none;
	int error;

	/* the kernel kills it when we end, in whatever way; unless we have ended already */
	if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent)
		_exit(126);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	sigaction(SIGPIPE, &act, NULL);
	if (program->prefix[0]) {
		snprintf(modules, sizeof(modules), "%s/usr/lib/x86_64-linux-gnu/qemu",
			 program->prefix);
		setenv("QEMU_MODULE_DIR", modules, 1);
	}
	if (place_fds(fds, count, err, tell)) {
		tell = PROCESS_FIRST_FD + (int)count;
		execv(args->arg[0], args->arg);
	}
	error = errno;
	if (write(tell, &error, sizeof(error)) < 0)
		_exit(127);
	_exit(126);
}

/* ---- starting and ending ---- */

int process_file(const char *what)
{
	return memfd_create(what, MFD_CLOEXEC);
}

static bool cannot(char *error, size_t size, const char *binary, int why)
{
	/* descriptors go by way of high numbers */
	bool files = why == EINVAL || why == EMFILE;

	snprintf(error, size, "%s: cannot start it: %s%s", binary,
		 files ? "too few files may be open" : strerror(why),
		 files ? "; allow more (ulimit -n 1024)" : "");
	return false;
}

bool process_start(struct process *p, const struct qemu_program *program,
		   const struct process_args *args, const int *fds, size_t count, char *error,
		   size_t size)
{
	int tell[2], why = 0;
	pid_t parent = getpid();
	ssize_t n;

	*p = (struct process){ .err = -1 };
	if (args->full || count > PROCESS_FDS)
		return cannot(error, size, program->binary, E2BIG);
	p->err = process_file("qemu-errors");
	if (p->err < 0 || pipe(tell) != 0)
		return cannot(error, size, program->binary, errno);
	fflush(NULL); /* nothing buffered may be written twice */
	p->pid = fork();
	if (p->pid == 0)
		become(program, args, fds, count, p->err, tell[1], parent);
	why = p->pid < 0 ? errno : 0;
	close(tell[1]);
	do {
		n = p->pid < 0 ? 0 : read(tell[0], &why, sizeof(why));
	} while (n < 0 && errno == EINTR);
	close(tell[0]);
	if (p->pid < 0)
		p->pid = 0;
	if (p->pid && n == 0)
		return true;
	process_end(p);
	return cannot(error, size, program->binary, why);
}

void process_end(struct process *p)
{
	if (p->pid) {
		kill(p->pid, SIGKILL);
		while (waitpid(p->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (p->err >= 0)
		close(p->err);
	*p = (struct process){ .err = -1 };
}

bool process_alive(struct process *p, char *how, size_t size)
{
	int status;
	pid_t pid = p->pid ? waitpid(p->pid, &status, WNOHANG) : -1;

	if (pid == 0)
		return true;
	if (pid < 0)
		snprintf(how, size, "it is gone");
	else if (WIFSIGNALED(status))
		snprintf(how, size, "it was ended by signal %d (%s)", WTERMSIG(status),
			 strsignal(WTERMSIG(status)));
	else
		snprintf(how, size, "it ended with exit status %d", WEXITSTATUS(status));
	p->pid = 0;
	return false;
}

void process_errors(const struct process *p, char *buf, size_t size)
{
	off_t end = p->err >= 0 ? lseek(p->err, 0, SEEK_END) : 0;
	off_t from = end > (off_t)(size - 1) ? end - (off_t)(size - 1) : 0;
	ssize_t n = end > 0 ? pread(p->err, buf, size - 1, from) : 0;

	if (n < 0)
		n = 0;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	for (ssize_t i = 0; i < n; i++)
		if ((unsigned char)buf[i] < ' ' && buf[i] != '\n' && buf[i] != '\t')
			buf[i] = '?';
}

/* ---- its memory ---- */

bool process_peek(const struct process *p, uint64_t at, void *buf, size_t len)
{
	struct iovec here = { buf, len }, there = { (void *)(uintptr_t)at, len };

	return p->pid && process_vm_readv(p->pid, &here, 1, &there, 1, 0) == (ssize_t)len;
}

bool process_poke(const struct process *p, uint64_t at, const void *buf, size_t len)
{
	struct iovec here = { (void *)(uintptr_t)buf, len }, there = { (void *)(uintptr_t)at, len };

	return p->pid && process_vm_writev(p->pid, &here, 1, &there, 1, 0) == (ssize_t)len;
}

/* Pieces overlap by len, so that nothing is cut in two. */
static uint64_t find_in(const struct process *p, uint64_t first, uint64_t end, const void *bytes,
			size_t len, char *piece)
{
	for (uint64_t at = first; at + len <= end; at += SEARCH_PIECE - len) {
		size_t n = end - at < SEARCH_PIECE ? (size_t)(end - at) : SEARCH_PIECE;
		const char *hit;

		if (!process_peek(p, at, piece, n))
			return 0;
		hit = memmem(piece, n, bytes, len);
		if (hit)
			return at + (uint64_t)(hit - piece);
	}
	return 0;
}

static uint64_t find_mapped(const struct process *p, FILE *maps, bool heap, const void *bytes,
			    size_t len, char *piece)
{
	char line[512];
	uint64_t hit = 0;

	while (!hit && fgets(line, sizeof(line), maps)) {
		uint64_t first, end, inode;
		char mode[8];

		if (sscanf(line, "%" SCNx64 "-%" SCNx64 " %7s %*s %*s %" SCNu64, &first, &end, mode,
			   &inode) != 4)
			continue;
		if (strncmp(mode, "rw-p", 4) != 0 || inode || end - first > SEARCH_MAX ||
		    (strstr(line, "[heap]") != NULL) != heap)
			continue;
		hit = find_in(p, first, end, bytes, len, piece);
	}
	return hit;
}

uint64_t process_find(const struct process *p, const void *bytes, size_t len)
{
	char path[64], *piece = malloc(SEARCH_PIECE);
	uint64_t hit = 0;

	snprintf(path, sizeof(path), "/proc/%ld/maps", (long)p->pid);
	for (int heap = 1; piece && !hit && heap >= 0; heap--) {
		FILE *maps = fopen(path, "re");

		if (!maps)
			break;
		hit = find_mapped(p, maps, heap, bytes, len, piece);
		fclose(maps);
	}
	free(piece);
	return hit;
}
