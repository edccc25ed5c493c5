/* What a QEMU program says of itself: its version, and the devices and options it has. */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lines.h"
#include "process.h"
#include "qemu.h"

#define ASK_MS 60000u /* a machine with much else to do may take long to start a program */
#define OLDEST QEMU_VERSION(7, 2)
#define INSTALL "install it (apt-get install qemu-system-x86), or name one with --qemu PATH"

/* Runs the program with two arguments and takes what it writes. False when it cannot be started or does not end. */
static bool ask(const struct qemu_program *program, const char *a, const char *b, char *out,
		size_t size, char *error, size_t error_size)
{
	struct process_args args = { .args = 0 };
	uint64_t until = lines_now_ms() + ASK_MS;
	struct process p;
	char how[128];

	process_arg_program(&args, program);
	process_arg(&args, "%s", a);
	if (b)
		process_arg(&args, "%s", b);
	if (!process_start(&p, program, &args, NULL, 0, error, error_size))
		return false;
	while (process_alive(&p, how, sizeof(how))) {
		if (lines_now_ms() > until) {
			process_end(&p);
			snprintf(error, error_size, "%s: %s does not end within %u s",
				 program->binary, a, ASK_MS / 1000);
			return false;
		}
		nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	}
	process_errors(&p, out, size);
	process_end(&p);
	return true;
}

/* ---- where it is ---- */

static bool is_program(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && access(path, X_OK) == 0;
}

static bool find_in_path(const char *name, char *out, size_t size)
{
	const char *path = getenv("PATH");

	while (path && *path) {
		size_t len = strcspn(path, ":");
		int n = snprintf(out, size, "%.*s/%s", (int)len, len ? path : ".", name);

		if (n > 0 && (size_t)n < size && is_program(out))
			return true;
		path += len + (path[len] == ':');
	}
	return false;
}

/* A binary below PREFIX/usr/bin finds its data below PREFIX, when they are there. */
static void guess_prefix(struct qemu_program *program)
{
	static const char place[] = "/usr/bin/";
	char *at = strstr(program->binary, place), data[sizeof(program->prefix) + 32];
	struct stat st;

	if (!at || at == program->binary)
		return;
	snprintf(program->prefix, sizeof(program->prefix), "%.*s", (int)(at - program->binary),
		 program->binary);
	snprintf(data, sizeof(data), "%s/usr/share/qemu", program->prefix);
	if (stat(data, &st) != 0)
		program->prefix[0] = '\0';
}

static bool locate(const char *binary, const char *prefix, struct qemu_program *out, char *error,
		   size_t size)
{
	const char *name = binary ? binary : "qemu-system-x86_64";
	struct stat st;

	if (!strchr(name, '/') ? !find_in_path(name, out->binary, sizeof(out->binary))
			       : (size_t)snprintf(out->binary, sizeof(out->binary), "%s", name) >=
					 sizeof(out->binary)) {
		snprintf(error, size, "%.200s: not found in PATH; " INSTALL, name);
		return false;
	}
	if (!is_program(out->binary)) {
		snprintf(error, size, "%.200s: %s; " INSTALL, out->binary,
			 stat(out->binary, &st) != 0 ? strerror(errno) : "not a program");
		return false;
	}
	if (!prefix) {
		guess_prefix(out);
	} else if ((size_t)snprintf(out->prefix, sizeof(out->prefix), "%s", prefix) >=
		   sizeof(out->prefix)) {
		snprintf(error, size, "the prefix %.60s... is longer than %zu bytes", prefix,
			 sizeof(out->prefix) - 1);
		return false;
	}
	return true;
}

/* ---- what it is ---- */

static bool parse_version(struct qemu_program *out, const char *text, char *error, size_t size)
{
	static const char start[] = "QEMU emulator version ";
	const char *at = strstr(text, start);
	unsigned major, minor;

	if (!at || sscanf(at + strlen(start), "%u.%u", &major, &minor) != 2) {
		snprintf(error, size,
			 "%.200s: not QEMU: --version says \"%.*s\"; --qemu wants a "
			 "qemu-system-x86_64",
			 out->binary, (int)(strcspn(text, "\n") < 80 ? strcspn(text, "\n") : 80),
			 text);
		return false;
	}
	at += strlen(start);
	snprintf(out->version, sizeof(out->version), "%.*s", (int)strcspn(at, "\n"), at);
	out->number = QEMU_VERSION(major & 0x7fff, minor & 0xffff);
	if (out->number >= OLDEST)
		return true;
	snprintf(
		error, size,
		"%.200s: QEMU %s is older than 7.2, the oldest whose behaviour is known here; name "
		"another with --qemu PATH",
		out->binary, out->version);
	return false;
}

/* Lines "  name=<type> ..." become " name name ". */
static void take_options(const char *text, char *out, size_t size)
{
	size_t at = (size_t)snprintf(out, size, " ");

	while (*text) {
		size_t len = strcspn(text, "\n");
		size_t lead = strspn(text, " "), name = strcspn(text + lead, "=\n ");

		if (lead == 2 && text[lead + name] == '=' && at + name + 2 < size)
			at += (size_t)snprintf(out + at, size - at, "%.*s ", (int)name,
					       text + lead);
		text += len + (text[len] == '\n');
	}
}

static bool ask_device(const struct qemu_program *p, const char *device, char *names, size_t size,
		       char *error, size_t error_size)
{
	char text[8192], question[64];

	snprintf(question, sizeof(question), "%s,help", device);
	if (!ask(p, "-device", question, text, sizeof(text), error, error_size))
		return false;
	take_options(text, names, size);
	return true;
}

static bool has_device(const struct qemu_program *p, const char *device, char *names, size_t size,
		       char *error, size_t error_size)
{
	if (!ask_device(p, device, names, size, error, error_size))
		return false;
	if (names[1])
		return true;
	snprintf(error, error_size,
		 "%.200s: QEMU %s has no device %s; --qemu wants a qemu-system-x86_64 with all its "
		 "modules (qemu-system-common)",
		 p->binary, p->version, device);
	return false;
}

bool qemu_probe(const char *binary, const char *prefix, struct qemu_program *out, char *error,
		size_t size)
{
	char text[8192], edu[256];

	memset(out, 0, sizeof(*out));
	if (!locate(binary, prefix, out, error, size) ||
	    !ask(out, "--version", NULL, text, sizeof(text), error, size) ||
	    !parse_version(out, text, error, size) ||
	    !has_device(out, "intel-iommu", out->vtd, sizeof(out->vtd), error, size) ||
	    !has_device(out, "amd-iommu", out->amdvi, sizeof(out->amdvi), error, size) ||
	    !has_device(out, "edu", edu, sizeof(edu), error, size) ||
	    /* its list leaves out what is for tests alone; asked for an option of it, one that lacks it says so */
	    !ask(out, "-accel", "qtest,help", text, sizeof(text), error, size))
		return false;
	out->accel_qtest = strstr(text, "qtest-accel.help") != NULL;
	if (!ask_device(out, "iommu-testdev", edu, sizeof(edu), error, size))
		return false;
	out->testdev = edu[1] != '\0';
	return true;
}
