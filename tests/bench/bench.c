/*
 * The harness: measures, prints rows, and judges ratios against their aims.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "bench.h"

#define ROUND_NS \
	15000000u /* long enough to drown the clock, short enough for a laptop's patience */

uint64_t bench_now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static int by_value(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Operations that fill a round, a multiple of chunk. */
static uint64_t calibrate(bench_fn fn, void *ctx, uint64_t chunk)
{
	uint64_t n = chunk ? chunk : 1024, ns = fn(ctx, n);

	while (ns < ROUND_NS / 8 && n < (uint64_t)1 << 32) {
		n *= 2;
		ns = fn(ctx, n);
	}
	n = (uint64_t)((double)n * ROUND_NS / (double)(ns ? ns : 1)) + 1;
	return chunk ? (n + chunk - 1) / chunk * chunk : n;
}

static bool is_floor(const char *name)
{
	return !strncmp(name, "floor_", 6);
}

bool bench_wants(const struct bench *b, const char *name)
{
	return b->rows < BENCH_ROWS && (!b->only || strstr(name, b->only) || is_floor(name));
}

void bench_run(struct bench *b, const char *name, bench_fn fn, void *ctx, uint64_t chunk)
{
	double ns[BENCH_ROUNDS];
	struct bench_row *row;
	uint64_t n;

	if (!bench_wants(b, name))
		return;
	n = calibrate(fn, ctx, chunk);
	for (int i = 0; i < BENCH_ROUNDS; i++)
		ns[i] = (double)fn(ctx, n) / (double)n;
	qsort(ns, BENCH_ROUNDS, sizeof(ns[0]), by_value);
	row = &b->row[b->rows++];
	*row = (struct bench_row){ .med = ns[BENCH_ROUNDS / 2],
				   .min = ns[0],
				   .max = ns[BENCH_ROUNDS - 1] };
	snprintf(row->name, sizeof(row->name), "%s", name);
	printf("%-28s %10.2f %10.2f %10.2f\n", name, row->med, row->min, row->max);
	fflush(stdout);
}

double bench_median(const struct bench *b, const char *name)
{
	for (unsigned i = 0; i < b->rows; i++)
		if (!strcmp(b->row[i].name, name))
			return b->row[i].med;
	return 0;
}

const uint32_t *bench_random_order(void)
{
	uint32_t *order = malloc(BENCH_PAGES_RAND * sizeof(*order));
	uint64_t x = 88172645463325252u;

	if (!order)
		exit(1);
	for (uint32_t i = 0; i < BENCH_PAGES_RAND; i++)
		order[i] = i;
	for (uint32_t i = BENCH_PAGES_RAND - 1; i; i--) {
		uint32_t k, t;

		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		k = (uint32_t)(x % (i + 1)), t = order[i];
		order[i] = order[k];
		order[k] = t;
	}
	return order;
}

/* ---- aims: a case costs at most so many times its floors together; each architecture has the same ---- */

struct aim {
	const char *name;
	double times;
	const char *floor, *plus;
};

static const struct aim aims[] = {
	{ "iotlb_hit", 2.5, "floor_tag64x4", NULL },
	{ "walk4_seq64", 3, "floor_walk4_64", NULL },
	{ "walk4_rand64k", 3, "floor_walk4_rand64k", NULL },
	{ "iotlb_hit_checked", 4, "floor_tag64x4", "floor_walk4_64" },
	{ "fault_notpresent", 5, "floor_walk4_64", NULL },
	{ "inval_page+walk4", 6, "floor_walk4_64", NULL },
	{ "iotlb_hit_traced", 1.5, "iotlb_hit", NULL },
	{ "iotlb_hit_1k_pages", 2.5, "iotlb_hit_1_page", NULL },
	{ "iotlb_hit_1000_devices", 2.5, "iotlb_hit_1_page", NULL },
	{ "inval_domain_in_1k", 1.5, "inval_domain_in_1", NULL },
	{ "inval_domain_in_1M", 3, "inval_domain_in_1", NULL },
};

/* Floors are everybody's, other rows have the architecture's prefix. */
static double median_of(const struct bench *b, const char *prefix, const char *name)
{
	char full[BENCH_NAME];

	snprintf(full, sizeof(full), "%s%s", is_floor(name) ? "" : prefix, name);
	return bench_median(b, full);
}

static void judge(const struct bench *b, const char *prefix)
{
	for (unsigned i = 0; i < sizeof(aims) / sizeof(aims[0]); i++) {
		const struct aim *a = &aims[i];
		double is = median_of(b, prefix, a->name), floor = median_of(b, prefix, a->floor);

		if (a->plus)
			floor += median_of(b, prefix, a->plus);
		if (is > 0 && floor > 0)
			printf("%s%-*s %7.2fx %7.2fx %s%s%s%s%s\n", prefix,
			       28 - (int)strlen(prefix), a->name, is / floor, a->times,
			       is_floor(a->floor) ? "" : prefix, a->floor, a->plus ? " + " : "",
			       a->plus ? a->plus : "", is / floor <= a->times ? "" : "  MISSED");
	}
}

/* Each entry of a range beyond the first. */
static void judge_entries(const struct bench *b, const char *prefix, const char *range,
			  const char *one, double aim)
{
	double r = median_of(b, prefix, range), o = median_of(b, prefix, one);

	if (r > 0 && o > 0)
		printf("%s%-*s %6.2fns %6.2fns per entry beyond the first%s\n", prefix,
		       28 - (int)strlen(prefix), range, (r - o) / 255, aim,
		       (r - o) / 255 <= aim ? "" : "  MISSED");
}

int main(int argc, char **argv)
{
	static const char *const prefixes[] = { "", "amd_" }; /* of VT-d's rows, of AMD-Vi's */
	struct bench b = { .only = argc > 1 ? argv[1] : NULL };

	printf("%-28s %10s %10s %10s\n", "case", "ns_med", "ns_min", "ns_max");
	bench_floors(&b);
	bench_sim(&b);
	bench_driver(&b);
	printf("\n%-28s %8s %8s\n", "ratio", "is", "aim");
	for (unsigned i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++) {
		judge(&b, prefixes[i]);
		judge_entries(&b, prefixes[i], "map_256x4k_inline", "map_4k_inline", 1.5);
		judge_entries(&b, prefixes[i], "unmap_256x4k_inline", "unmap_4k_inline", 1.5);
	}
	return 0;
}
