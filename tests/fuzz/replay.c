/*
 * Stands in for libFuzzer where there is no clang: gives a target every file named, then deterministic mutations of them.
 * Understands -max_total_time=N, -seed=N and -runs=N; other words that begin with a dash are passed over.
 */
#include <dirent.h>
#include <string.h>
#include <time.h>

#include "fuzz.h"

#define INPUTS 4096
#define BYTES 4096

struct input {
	uint8_t *data;
	size_t size;
};

struct replay {
	struct input input[INPUTS];
	size_t inputs;
	uint64_t seed, state, runs;
	long seconds, most;
};

static uint64_t roll(struct replay *r)
{
	r->state ^= r->state << 13;
	r->state ^= r->state >> 7;
	r->state ^= r->state << 17;
	return r->state;
}

/* An exact copy on the heap, so that a sanitizer sees a read beyond the end. */
static void give(struct replay *r, const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (!copy)
		fuzz_finding("out of memory");
	memcpy(copy, data, size);
	(void)LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	r->runs++;
}

static void add_file(struct replay *r, const char *path)
{
	uint8_t buf[BYTES];
	FILE *f = fopen(path, "rb");
	struct input *in = r->input + r->inputs;

	if (!f || r->inputs == INPUTS) {
		fprintf(stderr, "replay: %s: cannot read it\n", path);
		exit(2);
	}
	in->size = fread(buf, 1, sizeof(buf), f);
	fclose(f);
	in->data = malloc(in->size ? in->size : 1);
	if (!in->data)
		exit(2);
	memcpy(in->data, buf, in->size);
	r->inputs++;
}

static int by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* A file, or all files of a folder in order of their names. */
static void add_path(struct replay *r, const char *path)
{
	struct dirent **list;
	int n = scandir(path, &list, NULL, by_name);

	if (n < 0) {
		add_file(r, path);
		return;
	}
	for (int i = 0; i < n; i++) {
		char name[1024];

		snprintf(name, sizeof(name), "%s/%s", path, list[i]->d_name);
		if (list[i]->d_name[0] != '.')
			add_file(r, name);
		free(list[i]);
	}
	free(list);
}

/* One to eight changes: a bit, a byte, a run of bytes from elsewhere, another length. */
static size_t mutate(struct replay *r, uint8_t *buf, size_t size)
{
	static const uint8_t edges[] = { 0, 1, 2, 3, 4, 7, 8, 0x10, 0x40, 0x7f, 0x80, 0xf0, 0xff };
	uint64_t n = roll(r) % 8 + 1;

	while (n--) {
		size_t at = size ? roll(r) % size : 0, from = size ? roll(r) % size : 0;

		switch (size ? roll(r) % 5 : 4) {
		case 0:
			buf[at] ^= (uint8_t)(1u << roll(r) % 8);
			break;
		case 1:
			buf[at] = (uint8_t)roll(r);
			break;
		case 2:
			buf[at] = edges[roll(r) % sizeof(edges)];
			break;
		case 3:
			memmove(buf + at, buf + from, (size - (at > from ? at : from)) % 33);
			break;
		default:
			size = roll(r) % 4 ? size : roll(r) % BYTES;
			break;
		}
	}
	return size;
}

static void mutations(struct replay *r)
{
	time_t end = time(NULL) + r->seconds;

	while (r->inputs && (r->most ? r->runs < (uint64_t)r->most : time(NULL) < end)) {
		uint8_t buf[BYTES] = { 0 };
		const struct input *in = r->input + roll(r) % r->inputs;

		memcpy(buf, in->data, in->size);
		give(r, buf, mutate(r, buf, in->size));
	}
}

int main(int argc, char **argv)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		return 2;
	r->seed = 1;
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "-max_total_time=", 16) == 0)
			r->seconds = strtol(argv[i] + 16, NULL, 10);
		else if (strncmp(argv[i], "-runs=", 6) == 0)
			r->most = strtol(argv[i] + 6, NULL, 10);
		else if (strncmp(argv[i], "-seed=", 6) == 0)
			r->seed = strtoull(argv[i] + 6, NULL, 10);
		else if (argv[i][0] != '-')
			add_path(r, argv[i]);
	}
	r->state = r->seed * UINT64_C(0x9e3779b97f4a7c15) | 1;
	for (size_t i = 0; i < r->inputs; i++)
		give(r, r->input[i].data, r->input[i].size);
	if (r->seconds || r->most)
		mutations(r);
	fprintf(stderr, "Done %llu runs\n", (unsigned long long)r->runs);
	for (size_t i = 0; i < r->inputs; i++)
		free(r->input[i].data);
	free(r);
	return 0;
}
