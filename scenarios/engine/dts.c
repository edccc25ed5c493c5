/*
 * Devicetree files as plain trees: dtc, libfdt, and the tree made from the blob.
 */
#define _POSIX_C_SOURCE 200809L

#include "dts.h"

#include <errno.h>
#include <fcntl.h>
#include <libfdt.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* A scenario is a page of text; these bounds only stop nonsense. */
#define DTS_MAX_BLOB ((size_t)16 << 20)
#define DTS_MAX_NODES 65536u
#define DTS_MAX_DEPTH 32
#define DTS_DTC_MS 100000 /* a loaded machine is slow, a hang is for ever */

extern char **environ;

struct dts {
	uint8_t *blob;
	size_t size;
	struct dts_node *nodes;
	struct dts_prop *props;
	char *paths;
	uint32_t nnodes;
};

struct bytes {
	uint8_t *data;
	size_t len, cap;
};

__attribute__((format(printf, 3, 4))) static void say(char *why, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, size, fmt, ap);
	va_end(ap);
}

static bool bytes_add(struct bytes *b, const void *data, size_t len)
{
	if (len > DTS_MAX_BLOB || b->len + len > DTS_MAX_BLOB)
		return false;
	if (b->len + len > b->cap) {
		size_t cap = b->cap ? b->cap : 8192;
		uint8_t *p;

		while (cap < b->len + len)
			cap *= 2;
		p = realloc(b->data, cap);
		if (!p)
			return false;
		b->data = p;
		b->cap = cap;
	}
	memcpy(b->data + b->len, data, len);
	b->len += len;
	return true;
}

/* ---- running dtc ---- */

static bool pipe_cloexec(int fd[2])
{
	if (pipe(fd) != 0)
		return false;
	(void)fcntl(fd[0], F_SETFD, FD_CLOEXEC);
	(void)fcntl(fd[1], F_SETFD, FD_CLOEXEC);
	return true;
}

static int64_t clock_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* Reads both pipes until they are closed; false when time or space ran out. */
static bool drain(const int fds[2], struct bytes out[2])
{
	struct pollfd p[2] = { { .fd = fds[0], .events = POLLIN },
			       { .fd = fds[1], .events = POLLIN } };
	int64_t end = clock_ms() + DTS_DTC_MS;
	uint8_t buf[8192];

	while (p[0].fd >= 0 || p[1].fd >= 0) {
		int64_t left = end - clock_ms();
		int n;

		if (left <= 0)
			return false;
		n = poll(p, 2, (int)left);
		if (n < 0 && errno != EINTR)
			return false;
		if (n <= 0)
			continue;
		for (int i = 0; i < 2; i++) {
			ssize_t got;

			if (p[i].fd < 0 || !p[i].revents)
				continue;
			got = read(p[i].fd, buf, sizeof(buf));
			if (got < 0 && errno == EINTR)
				continue;
			if (got <= 0)
				p[i].fd = -1;
			else if (!bytes_add(&out[i], buf, (size_t)got))
				return false;
		}
	}
	return true;
}

static int spawn_dtc(const char *dir, const char *machines, const char *path, const int out[2],
		     const int err[2], pid_t *pid)
{
	char *argv[] = { (char[]){ "dtc" },
			 (char[]){ "-I" },
			 (char[]){ "dts" },
			 (char[]){ "-O" },
			 (char[]){ "dtb" },
			 (char[]){ "-i" },
			 NULL,
			 (char[]){ "-i" },
			 NULL,
			 (char[]){ "-o" },
			 (char[]){ "-" },
			 (char[]){ "--" },
			 NULL,
			 NULL };
	char *copy[3] = { strdup(dir), strdup(machines), strdup(path) };
	posix_spawn_file_actions_t fa;
	int rc = ENOMEM;

	if (copy[0] && copy[1] && copy[2] && posix_spawn_file_actions_init(&fa) == 0) {
		argv[6] = copy[0];
		argv[8] = copy[1];
		argv[12] = copy[2];
		rc = posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
		if (!rc)
			rc = posix_spawn_file_actions_adddup2(&fa, out[1], 1);
		if (!rc)
			rc = posix_spawn_file_actions_adddup2(&fa, err[1], 2);
		if (!rc)
			rc = posix_spawnp(pid, "dtc", &fa, NULL, argv, environ);
		posix_spawn_file_actions_destroy(&fa);
	}
	for (int i = 0; i < 3; i++)
		free(copy[i]);
	return rc;
}

static void close_pair(int fd[2])
{
	for (int i = 0; i < 2; i++)
		if (fd[i] >= 0)
			close(fd[i]);
}

/* The first lines of dtc's complaint, on one line. */
static void flatten(const struct bytes *b, char *buf, size_t size)
{
	size_t n = 0;

	for (size_t i = 0; i < b->len && n + 3 < size; i++) {
		char c = (char)b->data[i];

		if (c == '\n') {
			if (i + 1 < b->len) {
				buf[n++] = ';';
				buf[n++] = ' ';
			}
		} else {
			buf[n++] = (c >= 32 && c < 127) ? c : ' ';
		}
	}
	buf[n] = '\0';
}

/*
 * A number that does not fit its cell is an error to dtc 1.6 and a warning to 1.7, which cuts it: it never is what was
 * meant. Other warnings are about style.
 */
static bool truncated(const struct bytes *err, char *text, size_t size)
{
	static const char mark[] = " truncated to ";
	struct bytes line = { 0 };

	for (size_t at = 0; at < err->len; at += line.len + 1) {
		line.data = err->data + at;
		for (line.len = 0; at + line.len < err->len && line.data[line.len] != '\n';)
			line.len++;
		flatten(&line, text, size);
		if (strstr(text, mark))
			return true;
	}
	return false;
}

static bool collect(pid_t pid, const int rd[2], struct bytes got[2], char *why, size_t size)
{
	bool complete = drain(rd, got);
	char text[700];
	int status = 0;
	pid_t w;

	if (!complete)
		kill(pid, SIGKILL);
	do
		w = waitpid(pid, &status, 0);
	while (w < 0 && errno == EINTR);
	if (!complete) {
		say(why, size, "dtc did not finish within %d s, or wrote more than %zu MiB",
		    DTS_DTC_MS / 1000, DTS_MAX_BLOB >> 20);
		return false;
	}
	if (w == pid && WIFEXITED(status) && WEXITSTATUS(status) == 127 && !got[0].len) {
		say(why, size,
		    "the program dtc is missing; install it: apt-get install device-tree-compiler");
		return false;
	}
	if (w != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0) {
		flatten(&got[1], text, sizeof(text));
		say(why, size, "dtc cannot compile it: %s", text[0] ? text : "no reason given");
		return false;
	}
	if (truncated(&got[1], text, sizeof(text))) {
		say(why, size, "dtc cannot compile it: %s", text);
		return false;
	}
	return true;
}

static bool compile(const char *path, struct bytes *blob, char *why, size_t size)
{
	int out[2] = { -1, -1 }, err[2] = { -1, -1 };
	struct bytes got[2] = { { 0 } };
	char dir[4096], machines[4096 + 16];
	const char *slash = strrchr(path, '/');
	bool good = false;
	pid_t pid = 0;
	int rc;

	if (slash && (size_t)(slash - path) >= sizeof(dir)) {
		say(why, size, "the path is too long");
		return false;
	}
	snprintf(dir, sizeof(dir), "%.*s", slash ? (int)(slash - path) : 1, slash ? path : ".");
	if (slash == path)
		snprintf(dir, sizeof(dir), "/");
	snprintf(machines, sizeof(machines), "%s/../machines", dir);
	if (!pipe_cloexec(out) || !pipe_cloexec(err)) {
		say(why, size, "cannot make a pipe: %s", strerror(errno));
		close_pair(out);
		return false;
	}
	rc = spawn_dtc(dir, machines, path, out, err, &pid);
	close(out[1]);
	close(err[1]);
	out[1] = err[1] = -1;
	if (rc == ENOENT)
		say(why, size,
		    "the program dtc is missing; install it: apt-get install device-tree-compiler");
	else if (rc)
		say(why, size, "cannot start dtc: %s", strerror(rc));
	else
		good = collect(pid, (int[]){ out[0], err[0] }, got, why, size);
	close_pair(out);
	close_pair(err);
	free(got[1].data);
	if (good)
		*blob = got[0];
	else
		free(got[0].data);
	return good;
}

/* ---- blobs ---- */

static bool read_file(const char *path, struct bytes *b, char *why, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t buf[8192];
	size_t n;
	bool good = true;

	if (!f) {
		say(why, size, "cannot read it: %s", strerror(errno));
		return false;
	}
	while (good && (n = fread(buf, 1, sizeof(buf), f)) > 0)
		good = bytes_add(b, buf, n);
	if (!good)
		say(why, size, "it is larger than %zu MiB", DTS_MAX_BLOB >> 20);
	else if (ferror(f)) {
		say(why, size, "cannot read it: %s", strerror(errno));
		good = false;
	}
	fclose(f);
	return good;
}

static bool is_blob(const char *path)
{
	size_t n = strlen(path);

	return n > 4 && strcmp(path + n - 4, ".dtb") == 0;
}

/* Sizes of what the tree will need. */
struct census {
	uint32_t nodes, props;
	size_t path_bytes;
};

static bool take_census(const void *fdt, struct census *c, char *why, size_t size)
{
	size_t len[DTS_MAX_DEPTH + 1] = { 0 };
	int depth = 0, off, prop;

	for (off = 0; off >= 0 && depth >= 0; off = fdt_next_node(fdt, off, &depth)) {
		const char *name = fdt_get_name(fdt, off, NULL);

		if (!name || depth >= DTS_MAX_DEPTH || ++c->nodes > DTS_MAX_NODES) {
			say(why, size, "it nests deeper than %d nodes or has more than %u",
			    DTS_MAX_DEPTH, DTS_MAX_NODES);
			return false;
		}
		len[depth] = (depth ? len[depth - 1] : 0) + strlen(name) + 1;
		c->path_bytes += len[depth] + 1;
		fdt_for_each_property_offset(prop, fdt, off) c->props++;
	}
	return true;
}

static void fill_props(struct dts *d, struct dts_node *n, int off, uint32_t *at)
{
	struct dts_prop *first = d->props + *at;
	int prop;

	fdt_for_each_property_offset(prop, d->blob, off)
	{
		int len = 0;
		struct dts_prop *p = d->props + *at;

		p->data = fdt_getprop_by_offset(d->blob, prop, &p->name, &len);
		p->len = len > 0 ? (uint32_t)len : 0;
		if (!p->data || !p->name)
			continue;
		(*at)++;
	}
	n->props = first;
	n->nprops = (uint32_t)(d->props + *at - first);
	n->phandle = fdt_get_phandle(d->blob, off);
	if (n->phandle == UINT32_MAX)
		n->phandle = 0;
}

static void fill(struct dts *d)
{
	struct dts_node *last[DTS_MAX_DEPTH + 1] = { 0 }; /* latest node at each depth */
	uint32_t props = 0;
	char *path = d->paths;
	int depth = 0, off;

	for (off = 0; off >= 0 && depth >= 0; off = fdt_next_node(d->blob, off, &depth)) {
		struct dts_node *n = d->nodes + d->nnodes++;
		struct dts_node *up = depth ? last[depth - 1] : NULL;

		n->name = fdt_get_name(d->blob, off, NULL);
		n->path = path;
		n->parent = up;
		path += sprintf(path, "%s/%s", up && up->parent ? up->path : "", n->name) + 1;
		if (up && !up->child)
			up->child = n;
		else if (up)
			last[depth]->next = n;
		last[depth] = n;
		fill_props(d, n, off, &props);
	}
}

static struct dts *grow(struct bytes *b, char *why, size_t size)
{
	struct census c = { 0 };
	struct dts *d;
	int rc = b->len >= sizeof(struct fdt_header) ? fdt_check_full(b->data, b->len)
						     : -FDT_ERR_TRUNCATED;

	if (rc) {
		say(why, size, "it is not a whole devicetree blob: %s", fdt_strerror(rc));
		return NULL;
	}
	if (!take_census(b->data, &c, why, size))
		return NULL;
	d = calloc(1, sizeof(*d));
	if (d) {
		d->nodes = calloc(c.nodes, sizeof(*d->nodes));
		d->props = calloc((size_t)c.props + 1, sizeof(*d->props));
		d->paths = malloc(c.path_bytes + 2);
	}
	if (!d || !d->nodes || !d->props || !d->paths) {
		say(why, size, "out of memory");
		if (d) {
			d->blob = NULL;
			dts_free(d);
		}
		return NULL;
	}
	d->blob = b->data;
	d->size = b->len;
	fill(d);
	return d;
}

struct dts *dts_load(const char *path, char *why, size_t size)
{
	struct bytes b = { 0 };
	struct dts *d = NULL;
	bool good;

	if (access(path, R_OK) != 0) {
		say(why, size, "cannot read it: %s", strerror(errno));
		return NULL;
	}
	good = is_blob(path) ? read_file(path, &b, why, size) : compile(path, &b, why, size);
	if (good)
		d = grow(&b, why, size);
	if (!d)
		free(b.data);
	return d;
}

/* ---- copies ---- */

/* The node after n in the order of the file, NULL after the last one below `root`. */
static const struct dts_node *after(const struct dts_node *root, const struct dts_node *n)
{
	if (n->child)
		return n->child;
	while (n != root && !n->next)
		n = n->parent;
	return n == root ? NULL : n->next;
}

static uint32_t depth_of(const struct dts_node *root, const struct dts_node *n)
{
	uint32_t depth = 0;

	for (; n != root; n = n->parent)
		depth++;
	return depth;
}

static size_t path_size(const struct dts_node *root, const struct dts_node *n)
{
	size_t len = 2;

	for (; n != root; n = n->parent)
		len += strlen(n->name) + 1;
	return len;
}

/* Names, values and paths of a copy all come from one piece of memory. */
static char *put(char **at, const void *data, size_t len)
{
	char *to = *at;

	if (len)
		memcpy(to, data, len);
	*at += len;
	return to;
}

static void copy_props(struct dts *d, struct dts_node *to, const struct dts_node *from,
		       uint32_t *props, char **text)
{
	to->props = d->props + *props;
	to->nprops = from->nprops;
	for (uint32_t i = 0; i < from->nprops; i++) {
		const struct dts_prop *p = from->props + i;
		struct dts_prop *copy = d->props + (*props)++;

		copy->name = put(text, p->name, strlen(p->name) + 1);
		copy->data = (const uint8_t *)put(text, p->data, p->len);
		copy->len = p->len;
	}
}

static void copy_nodes(struct dts *d, const struct dts_node *root)
{
	struct dts_node *last[DTS_MAX_DEPTH + 1] = { 0 };
	char *text = d->paths;
	uint32_t props = 0;

	for (const struct dts_node *from = root; from; from = after(root, from)) {
		uint32_t depth = depth_of(root, from);
		struct dts_node *n = d->nodes + d->nnodes++;
		struct dts_node *up = depth ? last[depth - 1] : NULL;

		n->name = put(&text, from->name, strlen(from->name) + 1);
		n->phandle = from->phandle;
		n->path = text;
		n->parent = up;
		if (up && up->parent)
			(void)put(&text, up->path, strlen(up->path));
		*text++ = '/';
		(void)put(&text, n->name, strlen(n->name) + 1);
		if (up && !up->child)
			up->child = n;
		else if (up)
			last[depth]->next = n;
		last[depth] = n;
		copy_props(d, n, from, &props, &text);
	}
}

struct dts *dts_copy(const struct dts_node *root)
{
	struct dts *d = calloc(1, sizeof(*d));
	size_t nodes = 0, props = 0, text = 0;

	for (const struct dts_node *n = root; n; n = after(root, n)) {
		if (++nodes > DTS_MAX_NODES || depth_of(root, n) >= DTS_MAX_DEPTH) {
			free(d);
			return NULL;
		}
		props += n->nprops;
		text += strlen(n->name) + path_size(root, n) + 2;
		for (uint32_t i = 0; i < n->nprops; i++)
			text += strlen(n->props[i].name) + 1 + n->props[i].len;
	}
	if (!d)
		return NULL;
	d->nodes = calloc(nodes, sizeof(*d->nodes));
	d->props = calloc(props + 1, sizeof(*d->props));
	d->paths = malloc(text + 1);
	if (!d->nodes || !d->props || !d->paths) {
		dts_free(d);
		return NULL;
	}
	copy_nodes(d, root);
	return d;
}

void dts_free(struct dts *d)
{
	if (!d)
		return;
	free(d->nodes);
	free(d->props);
	free(d->paths);
	free(d->blob);
	free(d);
}

/* ---- looking ---- */

const struct dts_node *dts_root(const struct dts *d)
{
	return d->nodes;
}

const struct dts_node *dts_by_phandle(const struct dts *d, uint32_t phandle)
{
	for (uint32_t i = 0; phandle && i < d->nnodes; i++)
		if (d->nodes[i].phandle == phandle)
			return d->nodes + i;
	return NULL;
}

const struct dts_node *dts_child(const struct dts_node *n, const char *name)
{
	for (const struct dts_node *c = n->child; c; c = c->next)
		if (strcmp(c->name, name) == 0)
			return c;
	return NULL;
}

const struct dts_prop *dts_find(const struct dts_node *n, const char *name)
{
	for (uint32_t i = 0; i < n->nprops; i++)
		if (strcmp(n->props[i].name, name) == 0)
			return n->props + i;
	return NULL;
}

uint32_t dts_cell(const struct dts_prop *p, uint32_t i)
{
	const uint8_t *d = p->data + (size_t)i * 4;

	return (uint32_t)d[0] << 24 | (uint32_t)d[1] << 16 | (uint32_t)d[2] << 8 | d[3];
}

uint64_t dts_word(const struct dts_prop *p, uint32_t i)
{
	return (uint64_t)dts_cell(p, 2 * i) << 32 | dts_cell(p, 2 * i + 1);
}

bool dts_number(const struct dts_prop *p, uint64_t *out)
{
	if (p->len == 4)
		*out = dts_cell(p, 0);
	else if (p->len == 8)
		*out = dts_word(p, 0);
	else
		return false;
	return true;
}

bool dts_is_strings(const struct dts_prop *p)
{
	if (!p->len || p->data[p->len - 1] != 0 || p->data[0] == 0)
		return false;
	for (uint32_t i = 0; i < p->len; i++) {
		uint8_t c = p->data[i];

		if (c == 0 ? (i + 1 < p->len && p->data[i + 1] == 0) : c < 32)
			return false;
	}
	return true;
}

uint32_t dts_string_count(const struct dts_prop *p)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < p->len; i++)
		n += p->data[i] == 0;
	return n;
}

const char *dts_string(const struct dts_prop *p, uint32_t i)
{
	uint32_t at = 0;

	for (; i && at < p->len; at++)
		if (p->data[at] == 0)
			i--;
	return at < p->len ? (const char *)p->data + at : NULL;
}
