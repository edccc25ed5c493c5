/* Generated cases. */
#include "random.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "shrink.h"

#define SHRINK_PLAYS 1500
#define SHRINK_SLOW 250 /* with QEMU */

/* The last place takes whatever finds no other. */
static void count_reason(struct random_counts *counts, const char *text, uint32_t n)
{
	uint32_t i = 0;

	while (i + 1 < RANDOM_REASONS && counts->reason[i].count &&
	       strcmp(counts->reason[i].text, text) != 0)
		i++;
	counts->reason[i].count += n;
	snprintf(counts->reason[i].text, sizeof(counts->reason[i].text), "%s", text);
}

void random_add(struct random_counts *sum, const struct random_counts *one)
{
	sum->cases += one->cases;
	sum->failed += one->failed;
	sum->skipped += one->skipped;
	sum->dmas += one->dmas;
	sum->moved += one->moved;
	sum->blocked += one->blocked;
	sum->msis += one->msis;
	sum->delivered += one->delivered;
	sum->open += one->open;
	sum->stale += one->stale;
	sum->arrived += one->arrived;
	sum->equal += one->equal;
	sum->apart += one->apart;
	for (uint32_t i = 0; i < ROWS_MAX; i++)
		sum->fired[i] += one->fired[i];
	for (uint32_t i = 0; i < RANDOM_REASONS && one->reason[i].count; i++)
		count_reason(sum, one->reason[i].text, one->reason[i].count);
}

static bool is_fresh(const struct ref_set *set, const struct xc_seen *s)
{
	for (uint32_t i = 0; i < set->n; i++)
		if (set->o[i].fresh && set->o[i].ok == s->moved &&
		    (!s->moved || (set->o[i].pa == s->pa && set->o[i].data == s->data)))
			return true;
	return false;
}

/* What the first side made of a request: a fault told, one not told, something from a cache. */
static void count_outcome(const struct ref_set *set, const struct xc_seen *s, bool fresh,
			  struct survey *drawn)
{
	if (!fresh)
		survey_count(drawn, SURVEY_STALE, s->recorded ? s->reason : 0);
	else if (s->recorded)
		survey_count(drawn, SURVEY_FAULT, s->reason);
	for (uint32_t i = 0; !s->recorded && !s->moved && i < set->n; i++)
		if (!set->o[i].ok && set->o[i].silent && set->o[i].fresh == fresh) {
			survey_count(drawn, SURVEY_SILENT, set->o[i].reason);
			break;
		}
}

static void count_first(const struct xc_case *c, const struct ref_set *expect,
			const struct play *play, struct random_counts *counts)
{
	for (uint32_t i = 0; i < c->ops; i++) {
		bool fresh;

		if (c->op[i].kind == XC_MSI) {
			counts->msis++;
			counts->delivered += play->seen[i].moved;
		} else if (c->op[i].kind == XC_DMA) {
			counts->dmas++;
			counts->moved += play->seen[i].moved;
			counts->blocked += !play->seen[i].moved;
		} else {
			continue;
		}
		fresh = is_fresh(expect + i, play->seen + i);
		counts->open += expect[i].n > 1;
		counts->stale += !fresh;
		count_outcome(expect + i, play->seen + i, fresh, &counts->drawn);
	}
}

/* Both are right; where they are not the same, a row that allows it is counted. */
static void count_pair(const struct random_side *side, const struct xc_case *c,
		       const struct ref_set *expect, const struct play *ours,
		       const struct play *theirs, struct random_counts *counts)
{
	int row = rows_find(c->arch == BE_VTD ? "V8" : "A16");

	for (uint32_t i = 0; i < ours->ops && i < theirs->ops; i++) {
		const struct xc_seen *a = ours->seen + i, *b = theirs->seen + i;

		counts->arrived += c->op[i].kind == XC_MSI && b->moved;
		if (c->op[i].kind != XC_DMA)
			continue;
		if (a->moved == b->moved && a->pa == b->pa && a->recorded == b->recorded &&
		    a->reason == b->reason && a->flags == b->flags) {
			counts->equal++;
			continue;
		}
		counts->apart++;
		if (side->who.version && row >= 0 && !is_fresh(expect + i, a) &&
		    is_fresh(expect + i, b))
			counts->fired[row]++;
	}
}

/* A side that cannot go on is judged by what it did so far; a row it names is the reason. */
static void cut_short(const struct random_side *side, const struct play *p,
		      struct random_counts *counts, struct random_verdict *out)
{
	const char *at = strstr(p->why, "): ");
	char id[8] = "";
	int row;

	at = at ? at + 3 : p->why;
	if (sscanf(at, "%7[VA0-9]", id) == 1 && (row = rows_find(id)) >= 0)
		counts->fired[row]++;
	snprintf(out->skipped, sizeof(out->skipped), "%s: %.*s", side->who.name,
		 (int)strcspn(at, "("), at);
}

static void judge_all(const struct random_spec *spec, const struct xc_case *c,
		      const struct ref_set *expect, const struct ref_set *eager, struct play *play,
		      struct random_counts *counts, struct random_verdict *out)
{
	struct judge j;

	for (uint32_t i = 0; i < spec->sides; i++) {
		struct play *p = play + (i ? 1 : 0);

		play_case(c, spec->side[i].open, spec->side[i].ctx, p);
		if (p->end == PLAY_CANNOT && !spec->side[i].who.ours)
			cut_short(spec->side + i, p, counts, out);
		judge_play(c, expect, eager, &spec->side[i].who, p, counts->fired, &j);
		if (!j.ok) {
			size_t at;

			out->ok = false;
			out->broken = p->end != PLAY_DONE;
			snprintf(out->text, sizeof(out->text), "%s", j.text);
			at = strlen(out->text);
			if (i && !out->broken) {
				char other[300];

				judge_seen_text(c, play->seen + j.op, other, sizeof(other));
				snprintf(out->text + at, sizeof(out->text) - at, "\n  %-8s  %s",
					 spec->side[0].who.name, other);
			}
			return;
		}
		if (i == 0)
			count_first(c, expect, p, counts);
		else
			count_pair(spec->side + i, c, expect, play, p, counts);
	}
}

void random_play(const struct random_spec *spec, const struct xc_case *c,
		 struct random_counts *counts, struct random_verdict *out)
{
	struct ref_set *expect = judge_expect_counted(c, &counts->drawn);
	struct ref_set *eager = judge_expect_eager(c);
	struct play *play = calloc(2, sizeof(*play));

	memset(out, 0, sizeof(*out));
	out->ok = expect && play;
	counts->cases++;
	survey_case(&counts->drawn, c);
	if (out->ok)
		judge_all(spec, c, expect, eager, play, counts, out);
	else
		snprintf(out->text, sizeof(out->text), "out of memory");
	counts->failed += !out->ok;
	counts->skipped += out->skipped[0] != '\0';
	if (out->skipped[0])
		count_reason(counts, out->skipped, 1);
	free(expect);
	free(eager);
	free(play);
}

static struct xc_case *make(const struct random_spec *spec, uint64_t n)
{
	struct xc_case *c = malloc(sizeof(*c));

	if (c && !gen_case(c, spec->arch, spec->seed, n, &spec->profile)) {
		free(c);
		c = NULL;
	}
	return c;
}

void random_case(const struct random_spec *spec, uint64_t n, struct random_counts *counts,
		 struct random_verdict *out)
{
	struct xc_case *c = make(spec, n);

	if (c) {
		random_play(spec, c, counts, out);
	} else {
		memset(out, 0, sizeof(*out));
		snprintf(out->text, sizeof(out->text), "out of memory");
		counts->failed++;
	}
	free(c);
}

/* ---- shrinking ---- */

struct still {
	const struct random_spec *spec;
	bool broken;
};

/* A case that shrank into one whose outcome cannot be observed differs for another reason. */
static bool fit(const struct xc_case *c)
{
	struct ref_set *expect = judge_expect(c);
	bool ok = expect != NULL;

	for (uint32_t i = 0; ok && i < c->ops; i++)
		if (c->op[i].kind == XC_DMA)
			ok = gen_observable(expect + i, c->op[i].dma.len);
	free(expect);
	return ok;
}

static bool still_differs(void *ctx, const struct xc_case *c)
{
	const struct still *s = ctx;
	struct random_counts counts = { .cases = 0 };
	struct random_verdict v;

	if (!fit(c))
		return false;
	random_play(s->spec, c, &counts, &v);
	return !v.ok && v.broken == s->broken;
}

static bool write_case(const struct xc_case *c, const char *path, const char *why)
{
	struct ref_set *expect = judge_expect(c);
	FILE *out = expect ? fopen(path, "w") : NULL;
	bool ok = out != NULL;

	if (out) {
		print_case(out, c, expect, why);
		ok = !ferror(out);
		ok = fclose(out) == 0 && ok;
	}
	free(expect);
	return ok;
}

bool random_shrink(const struct random_spec *spec, uint64_t n, const char *path,
		   struct random_verdict *out)
{
	struct xc_case *c = make(spec, n);
	struct random_counts counts = { .cases = 0 };
	struct still s = { .spec = spec };
	bool ok = false;

	if (!c)
		return false;
	random_play(spec, c, &counts, out);
	s.broken = out->broken;
	if (!out->ok) {
		(void)shrink_case(c, still_differs, &s,
				  spec->side[spec->sides - 1].who.version ? SHRINK_SLOW
									  : SHRINK_PLAYS);
		random_play(spec, c, &counts, out);
		ok = write_case(c, path, out->text);
	}
	free(c);
	return ok;
}

bool random_write(const struct random_spec *spec, uint64_t n, const char *path)
{
	struct xc_case *c = make(spec, n);
	bool ok = c && write_case(c, path, "as generated");

	free(c);
	return ok;
}
