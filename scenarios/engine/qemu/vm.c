/* One running machine, and those kept for later. */
#include "vm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define KEPT 4
#define MIB (1u << 20)
#define FIRMWARE_BYTES 65536u
#define REPORT_LINES 8u

struct qemu_keep {
	struct vm *vm[KEPT];
	uint64_t clock;
};

/* ---- what broke ---- */

/* What it says of itself when nothing of the machine waits for the clock, which is as we want it. */
static void forget_warning(char *errors)
{
	char *at = strstr(errors, "icount sleep disabled and no active timers"), *from = at;
	char *end = at ? at + strcspn(at, "\n") : NULL;

	while (from && from > errors && from[-1] != '\n')
		from--;
	if (from)
		memmove(from, end + (*end == '\n'), strlen(end + (*end == '\n')) + 1);
}

void vm_log(const struct vm *vm, uint32_t lines, char *buf, size_t size)
{
	uint64_t end = vm->journal.count, mark;
	size_t at = 0;
	char errors[512];

	*buf = '\0';
	for (uint64_t n = end > lines ? end - lines : 0; n < end; n++) {
		const char *text = qemu_journal_line(&vm->journal, n, &mark);

		if (text && mark == QEMU_NO_MARK && at + strlen(text) + 4 < size)
			at += (size_t)snprintf(buf + at, size - at, "%s  %s", at ? "\n" : "", text);
	}
	process_errors(&vm->process, errors, sizeof(errors));
	forget_warning(errors);
	if (errors[0] && at + strlen(errors) + 32 < size)
		snprintf(buf + at, size - at, "%sstandard error: %s", at ? "\n" : "", errors);
}

void vm_break(struct vm *vm, const char *fmt, ...)
{
	char what[256], how[128];
	va_list ap;

	if (vm->broken[0])
		return;
	va_start(ap, fmt);
	vsnprintf(what, sizeof(what), fmt, ap);
	va_end(ap);
	/* it may need a moment to end */
	for (int i = 0; i < 20 && vm->qtest.dead && process_alive(&vm->process, how, sizeof(how));
	     i++)
		nanosleep(&(struct timespec){ .tv_nsec = 5000000 }, NULL);
	snprintf(vm->broken, sizeof(vm->broken), "QEMU %s: %s%s%s", vm->program->version, what,
		 process_alive(&vm->process, how, sizeof(how)) ? "" : "; ",
		 vm->process.pid ? "" : how);
}

const char *vm_broken(struct vm *vm)
{
	if (vm->broken[0])
		return vm->broken;
	if (vm->qtest.dead)
		vm_break(vm, "%s", vm->qtest.error);
	else if (vm->qmp.dead)
		vm_break(vm, "%s", vm->qmp.error);
	return vm->broken[0] ? vm->broken : NULL;
}

/* ---- starting ---- */

/* Firmware that halts: the processor starts 16 bytes below the end. Stays halted whatever fixed interrupt comes. */
static int firmware(void)
{
	static const uint8_t start[] = { 0xFA, 0xF4, 0xEB, 0xFD }; /* cli; hlt; jump back to hlt */
	uint8_t *rom = malloc(FIRMWARE_BYTES);
	int fd = process_file("qemu-firmware");
	bool ok = rom && fd >= 0;

	if (ok) {
		memset(rom, 0xF4, FIRMWARE_BYTES);
		memcpy(rom + FIRMWARE_BYTES - 16, start, sizeof(start));
		ok = write(fd, rom, FIRMWARE_BYTES) == (ssize_t)FIRMWARE_BYTES;
	}
	free(rom);
	if (!ok && fd >= 0)
		close(fd);
	return ok ? fd : -1;
}

/* In the order of the descriptors a process is given. */
enum given {
	GIVEN_QTEST,
	GIVEN_QMP,
	GIVEN_RAM,
	GIVEN_FIRMWARE,
	GIVEN
};
#define GIVEN_FD(n) (PROCESS_FIRST_FD + (n))

static void build_args(const struct vm *vm, struct process_args *a)
{
	const struct vm_plan *p = &vm->plan;
	unsigned mib = (unsigned)(p->ram_bytes / MIB);
	bool still = vm->program->accel_qtest;

	process_arg_program(a, vm->program);
	process_arg(a, "-machine");
	/* the timer of the PC ticks from the reset on: with `sleep=off` a processor of the host would do nothing else */
	process_arg(a, "q35,accel=%s,pit=off,memory-backend=ram", still ? "qtest" : "tcg");
	process_arg(a, "-m");
	process_arg(a, "%uM", mib);
	process_arg(a, "-smp");
	process_arg(a, "%u", QMP_PROCESSORS);
	process_arg(a, "-object");
	process_arg(a, "memory-backend-file,id=ram,size=%uM,mem-path=/proc/self/fd/%d,share=on",
		    mib, GIVEN_FD(GIVEN_RAM));
	for (size_t i = 0; i < 2; i++)
		process_arg(a, i ? "none" : "-display");
	process_arg(a, "-nodefaults");
	process_arg(a, "-no-user-config");
	process_arg(a, "-chardev");
	process_arg(a, "socket,id=qtest-line,fd=%d", GIVEN_FD(GIVEN_QTEST));
	process_arg(a, "-object");
	process_arg(a, "qtest,id=qtest-server,chardev=qtest-line,log=/dev/null");
	process_arg(a, "-chardev");
	process_arg(a, "socket,id=qmp-line,fd=%d", GIVEN_FD(GIVEN_QMP));
	process_arg(a, "-mon");
	process_arg(a, "chardev=qmp-line,mode=control");
	process_arg(a, "-bios");
	process_arg(a, "/proc/self/fd/%d", GIVEN_FD(GIVEN_FIRMWARE));
	if (!still) {
		process_arg(a, "-icount");
		process_arg(a, "shift=0,sleep=off");
	}
	/* AMD-Vi's PCI function takes the first slot that is free when it is made: after the others */
	for (int i = 0; i < 2; i++) {
		if ((p->arch == BE_AMDVI) == i) {
			process_arg(a, "-device");
			process_arg(a, "%s", p->unit);
		} else {
			vm_pci_args(p, vm->master, a);
		}
	}
}

/* Machine type and devices, for reports. */
static void describe(struct vm *vm, const struct process_args *a)
{
	size_t at = 0, size = sizeof(vm->machine);
	bool take = false;

	for (size_t i = 0; i < a->args; i++) {
		if (take && at + strlen(a->arg[i]) + 2 < size)
			at += (size_t)snprintf(vm->machine + at, size - at, "%s%s", at ? " " : "",
					       a->arg[i]);
		take = strcmp(a->arg[i], "-machine") == 0 || strcmp(a->arg[i], "-device") == 0 ||
		       strcmp(a->arg[i], "-m") == 0;
	}
}

static void close_fds(const int *fd, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* The far ends of both lines and the two files; near[] gets the near ends. */
static bool make_fds(struct vm *vm, int given[GIVEN], int near[2])
{
	int pair[2];

	for (size_t i = 0; i < GIVEN; i++)
		given[i] = -1;
	for (size_t i = 0; i < 2; i++) {
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0) {
			close_fds(near, i);
			return false;
		}
		near[i] = pair[0];
		given[i] = pair[1];
	}
	given[GIVEN_RAM] = vm->ram.fd;
	given[GIVEN_FIRMWARE] = firmware();
	if (given[GIVEN_FIRMWARE] >= 0)
		return true;
	close_fds(near, 2);
	return false;
}

static bool launch(struct vm *vm, uint32_t timeout_ms, char *error, size_t size)
{
	struct process_args *args = calloc(1, sizeof(*args));
	int given[GIVEN], near[2];
	bool ok;

	if (!args || !ram_open(&vm->ram, vm->plan.ram_bytes) || !make_fds(vm, given, near)) {
		snprintf(error, size,
			 "cannot make its memory of %llu MiB or its connections: %s; %s",
			 (unsigned long long)(vm->plan.ram_bytes / MIB), strerror(errno),
			 errno == EFBIG ? "allow larger files (ulimit -f unlimited)"
					: "fewer processes at once (-j 1) need less");
		free(args);
		return false;
	}
	build_args(vm, args);
	describe(vm, args);
	ok = process_start(&vm->process, vm->program, args, given, GIVEN, error, size);
	close_fds(given, 2);
	close(given[GIVEN_FIRMWARE]);
	free(args);
	if (!ok) {
		close_fds(near, 2);
		return false;
	}
	qtest_open(&vm->qtest, near[0], timeout_ms, &vm->journal);
	if (qmp_open(&vm->qmp, near[1], VM_START_MS, &vm->journal)) {
		vm->qmp.timeout_ms = timeout_ms;
		return true;
	}
	/* it refuses an option, mostly: its own words say which */
	(void)vm_broken(vm);
	process_errors(&vm->process, error, size);
	if (!error[0])
		snprintf(error, size, "%s", vm->broken);
	return false;
}

static void end(struct vm *vm)
{
	/* what another process started is that process's */
	if (vm->owner == getpid())
		process_end(&vm->process);
	qtest_close(&vm->qtest);
	qmp_close(&vm->qmp);
	ram_close(&vm->ram);
	free(vm);
}

static struct vm *start(const struct qemu_program *program, const struct vm_plan *plan,
			uint32_t timeout_ms, char *error, size_t size)
{
	struct vm *vm = calloc(1, sizeof(*vm));
	char why[1024] = "";

	if (!vm) {
		snprintf(error, size, "out of memory");
		return NULL;
	}
	vm->own = *program;
	vm->program = &vm->own;
	vm->master = &master_edu;
	vm->plan = *plan;
	vm->owner = getpid();
	vm->process.err = vm->qtest.lines.fd = vm->qmp.lines.fd = vm->ram.fd = -1;
	if (!launch(vm, timeout_ms, why, sizeof(why))) {
		snprintf(error, size, "QEMU %s does not start as \"%s\": %s", program->version,
			 plan->unit, why);
		end(vm);
		return NULL;
	}
	vm_pci_plug(vm);
	vm_pci_setup(vm);
	for (uint32_t i = 0; i < vm->plan.devices && !vm_broken(vm); i++)
		(void)vm->master->find(vm, i);
	if (!vm_broken(vm) && !ram_clear(&vm->ram))
		vm_break(vm, "its memory cannot be cleared: %s", strerror(errno));
	return vm;
}

/* ---- keeping ---- */

struct qemu_keep *qemu_keep_new(void)
{
	return calloc(1, sizeof(struct qemu_keep));
}

void qemu_keep_free(struct qemu_keep *keep)
{
	for (uint32_t i = 0; keep && i < KEPT; i++)
		if (keep->vm[i])
			end(keep->vm[i]);
	free(keep);
}

static bool same_plan(const struct vm *vm, const struct qemu_program *program,
		      const struct vm_plan *plan)
{
	const struct vm_plan *p = &vm->plan;

	if (vm->owner != getpid() || strcmp(vm->program->binary, program->binary) != 0 ||
	    strcmp(p->unit, plan->unit) != 0 || p->ram_bytes != plan->ram_bytes ||
	    p->devices != plan->devices || p->buses != plan->buses)
		return false;
	for (uint32_t i = 0; i < p->devices; i++)
		if (p->device[i].rid != plan->device[i].rid ||
		    p->device[i].group != plan->device[i].group)
			return false;
	for (uint32_t i = 1; i <= p->buses; i++)
		if (p->bus[i].kind != plan->bus[i].kind || p->bus[i].number != plan->bus[i].number)
			return false;
	return true;
}

static bool refresh(struct vm *vm)
{
	qemu_journal_clear(&vm->journal);
	return qmp_reset(&vm->qmp) && ram_clear(&vm->ram) && (vm_pci_setup(vm), !vm_broken(vm));
}

struct vm *vm_get(struct qemu_keep *keep, const struct qemu_program *program,
		  const struct vm_plan *plan, uint32_t timeout_ms, char *error, size_t size)
{
	if (!timeout_ms)
		timeout_ms = VM_TIMEOUT_MS;
	for (uint32_t i = 0; keep && i < KEPT; i++) {
		struct vm *vm = keep->vm[i];

		if (!vm || !same_plan(vm, program, plan))
			continue;
		keep->vm[i] = NULL;
		if (refresh(vm))
			return vm;
		end(vm); /* a new one will do */
	}
	return start(program, plan, timeout_ms, error, size);
}

void vm_put(struct qemu_keep *keep, struct vm *vm)
{
	uint32_t oldest = 0;

	if (!keep || vm_broken(vm)) {
		end(vm);
		return;
	}
	for (uint32_t i = 0; i < KEPT; i++) {
		if (!keep->vm[i]) {
			oldest = i;
			break;
		}
		if (keep->vm[i]->used < keep->vm[oldest]->used)
			oldest = i;
	}
	if (keep->vm[oldest])
		end(keep->vm[oldest]);
	vm->used = ++keep->clock;
	keep->vm[oldest] = vm;
}
