/* A walk as text and JSON: each entry with its address, words, fields and the permission so far. */
#include "walk/show.h"

#include <inttypes.h>
#include <string.h>

#include <cjson/cJSON.h>

#include "cli.h"
#include "hw/vtd.h"
#include "json.h"
#include "run.h"

const char *show_perm(uint8_t perm)
{
	static const char *const names[] = { "--", "r-", "-w", "rw" };

	return names[perm & 3];
}

/* Fields of one size of page alone: where a 4 KiB entry or a table's has an address bit, a large page has PAT_LARGE. */
static bool of_another_size(const struct walk_step *s, const char *name)
{
	bool large = s->level > 0 && s->word[0] & VTD_FS_PS;

	if (s->level < 0)
		return false;
	return large ? strcmp(name, "PAT_4K") == 0
		     : strcmp(name, "PAT_LARGE") == 0 || (s->level == 0 && strcmp(name, "PS") == 0);
}

/* Fields that are not 0; of several readings of the same bits the first. */
static void fields(FILE *f, const struct walk_step *s)
{
	const struct layout *l = s->layout;

	for (const struct field *at = l->fields; at->name; at++) {
		const struct field *before = l->fields;

		if (at->word >= s->words || !(s->word[at->word] & at->mask) ||
		    of_another_size(s, at->name))
			continue;
		while (before != at && (before->word != at->word || !(before->mask & at->mask) ||
					of_another_size(s, before->name)))
			before++;
		if (before == at)
			fprintf(f, " %s=0x%" PRIx64, at->name, field_get(at, s->word[at->word]));
	}
}

static void step_text(FILE *f, const struct walk_step *s)
{
	char name[24];

	if (s->level >= 0)
		snprintf(name, sizeof(name), "level %d", s->level);
	else
		snprintf(name, sizeof(name), "%s", s->layout->name);
	fprintf(f, "  %-10s at 0x%010" PRIx64, name, s->pa);
	for (uint32_t i = 0; i < s->words && (i < 2 || s->word[i]); i++)
		fprintf(f, " %016" PRIx64, s->word[i]);
	if (s->level >= 0 && s->words)
		fprintf(f, " %s", show_perm(s->perm));
	fields(f, s);
	fputc('\n', f);
}

static const char *reason_name(const struct image *im, const struct walk_result *res)
{
	const char *name = arch_reason_name(arch_at((uint32_t)im->arch), res->reason);

	return name ? name : "reserved";
}

static void end_text(FILE *f, const struct image *im, const struct walk_request *rq,
		     const struct walk_result *res)
{
	switch (res->end) {
	case WALK_PAGE:
		fprintf(f, "  translated to 0x%" PRIx64 ", page of 0x%" PRIx64 " bytes, %s\n",
			res->pa, res->size, show_perm(res->perm));
		break;
	case WALK_IDENTITY:
		fprintf(f, "  passes as 0x%" PRIx64 ": %s\n", rq->addr, res->text);
		break;
	case WALK_BLOCKED:
		fprintf(f, "  blocked: %s", res->text);
		if (res->has_reason)
			fprintf(f, " (%s 0x%02x, %s)", im->arch == BE_AMDVI ? "event" : "reason",
				res->reason, reason_name(im, res));
		fputc('\n', f);
		break;
	case WALK_UNKNOWN:
		fprintf(f, "  ends here: %s\n", res->text);
		break;
	}
}

static void request_text(FILE *f, const struct walk_request *rq)
{
	fprintf(f, "%02x:%02x.%x", rq->rid >> 8, rq->rid >> 3 & 0x1F, rq->rid & 7);
	if (rq->has_pasid)
		fprintf(f, " with PASID 0x%" PRIx32, rq->pasid);
}

void show_walk(FILE *f, const struct image *im, const struct walk_request *rq,
	       const struct walk_result *res)
{
	request_text(f, rq);
	fprintf(f, " %s 0x%" PRIx64 "\n", rq->write ? "writes" : "reads", rq->addr);
	for (uint32_t i = 0; i < res->steps; i++)
		step_text(f, &res->step[i]);
	end_text(f, im, rq, res);
}

static cJSON *step_json(const struct walk_step *s)
{
	cJSON *o = cli_need(cJSON_CreateObject()), *words;
	char text[24];

	cli_need(cJSON_AddStringToObject(o, "entry", s->layout->name));
	if (s->level >= 0)
		cli_need(cJSON_AddNumberToObject(o, "level", s->level));
	json_hex(o, "address", s->pa);
	words = cli_need(cJSON_AddArrayToObject(o, "words"));
	for (uint32_t i = 0; i < s->words; i++) {
		snprintf(text, sizeof(text), "0x%016" PRIx64, s->word[i]);
		cJSON_AddItemToArray(words, cli_need(cJSON_CreateString(text)));
	}
	if (s->level >= 0)
		cli_need(cJSON_AddStringToObject(o, "permission", show_perm(s->perm)));
	return o;
}

struct cJSON *show_walk_json(const struct image *im, const struct walk_request *rq,
			     const struct walk_result *res)
{
	static const char *const ends[] = { "translated", "identity", "blocked", "unknown" };
	cJSON *o = cli_need(cJSON_CreateObject()), *steps;

	cli_need(cJSON_AddStringToObject(o, "architecture", arch_at((uint32_t)im->arch)->name));
	json_hex(o, "rid", rq->rid);
	json_hex(o, "address", rq->addr);
	cli_need(cJSON_AddStringToObject(o, "access", rq->write ? "write" : "read"));
	steps = cli_need(cJSON_AddArrayToObject(o, "steps"));
	for (uint32_t i = 0; i < res->steps; i++)
		cJSON_AddItemToArray(steps, step_json(&res->step[i]));
	cli_need(cJSON_AddStringToObject(o, "end", ends[res->end]));
	if (res->end == WALK_PAGE) {
		json_hex(o, "pa", res->pa);
		json_hex(o, "page", res->size);
		cli_need(cJSON_AddStringToObject(o, "permission", show_perm(res->perm)));
	}
	if (res->text[0])
		cli_need(cJSON_AddStringToObject(o, "why", res->text));
	if (res->has_reason) {
		json_hex(o, "reason", res->reason);
		cli_need(cJSON_AddStringToObject(o, "reason-name", reason_name(im, res)));
	}
	return o;
}

void show_range(FILE *f, const struct walk_range *r)
{
	fprintf(f, "  0x%016" PRIx64 " - 0x%016" PRIx64 "  %s  0x%" PRIx64 "\n", r->first, r->last,
		show_perm(r->perm), r->pa);
}

struct cJSON *show_range_json(const struct walk_range *r)
{
	cJSON *o = cli_need(cJSON_CreateObject());

	json_hex(o, "first", r->first);
	json_hex(o, "last", r->last);
	json_hex(o, "pa", r->pa);
	cli_need(cJSON_AddStringToObject(o, "permission", show_perm(r->perm)));
	return o;
}

/* ---- caches ---- */

static bool covers(const struct be_cache_line *l, enum be_cache cache,
		   const struct walk_request *rq, uint32_t domain)
{
	uint32_t lg2 = 12 + 9 * (uint32_t)l->level;

	if (cache == BE_CACHE_PAGING)
		lg2 += 9; /* what the table it leads to maps */
	if (l->domain != domain && (cache == BE_CACHE_PAGING || l->rid != rq->rid))
		return false;
	if (l->rid != rq->rid && (cache == BE_CACHE_CONTEXT || cache == BE_CACHE_DEVICE))
		return false;
	return cache == BE_CACHE_CONTEXT || lg2 >= 64 || l->iova >> lg2 == rq->addr >> lg2;
}

void show_caches(FILE *f, const struct run *r, const struct walk_request *rq,
		 const struct walk_result *res)
{
	static const struct {
		enum be_cache cache;
		const char *name;
	} caches[] = { { BE_CACHE_CONTEXT, "context" },
		       { BE_CACHE_PAGING, "paging" },
		       { BE_CACHE_IOTLB, "iotlb" },
		       { BE_CACHE_DEVICE, "devtlb" } };
	uint32_t shown = 0;

	if (!r || !r->be->ops->cache_next)
		return;
	for (uint32_t u = 0; u < r->machine->units; u++) {
		for (size_t c = 0; c < sizeof(caches) / sizeof(caches[0]); c++) {
			struct be_cache_line l;
			uint32_t cursor = 0;

			while (r->be->ops->cache_next(r->be, u, caches[c].cache, &cursor, &l)) {
				uint64_t page = (UINT64_C(1) << (12 + 9 * l.level)) - 1;

				if (!covers(&l, caches[c].cache, rq, res->domain))
					continue;
				fprintf(f, "  %s of unit %" PRIu32 " holds for ", caches[c].name,
					u);
				if (caches[c].cache != BE_CACHE_PAGING) /* tagged by domain alone */
					fprintf(f, "%02x:%02x.%x, ", l.rid >> 8, l.rid >> 3 & 0x1F,
						l.rid & 7);
				fprintf(f, "domain id %" PRIu32 ": ", l.domain);
				if (l.negative)
					fputs("that nothing is there", f);
				else if (caches[c].cache == BE_CACHE_CONTEXT)
					fprintf(f, "tables at 0x%" PRIx64, l.pa);
				else
					fprintf(f, "0x%" PRIx64 " %s", l.pa, show_perm(l.perm));
				fprintf(f, ", read from 0x%" PRIx64 " at %" PRIu64 " ns",
					l.entry_pa, l.filled_ns);
				if (caches[c].cache == BE_CACHE_IOTLB && l.rid == rq->rid &&
				    !l.negative &&
				    (res->end != WALK_PAGE ||
				     res->pa != (l.pa | (rq->addr & page))))
					fputs(": stale, it answers otherwise than memory", f);
				fputc('\n', f);
				shown++;
			}
		}
	}
	if (!shown)
		fputs("  no cache holds anything for this address\n", f);
}

/* ---- graph ---- */

#define DOT_NODES 2000

struct dot {
	FILE *f;
	uint32_t nodes;
};

static bool dot_entry(void *ctx, uint64_t table, uint32_t level, uint64_t entry_pa, uint64_t word,
		      const struct entry *e)
{
	struct dot *d = ctx;
	uint32_t index = (uint32_t)(entry_pa - table) / 8;

	if (d->nodes++ >= DOT_NODES)
		return false;
	if (e->kind == ENTRY_TABLE) {
		fprintf(d->f, "\tt%" PRIx64 " -> t%" PRIx64 " [label=\"[%" PRIu32 "] %s\"];\n",
			table, e->pa, index, show_perm(e->perm));
		fprintf(d->f, "\tt%" PRIx64 " [label=\"level %" PRIu32 "\\n0x%" PRIx64 "\"];\n",
			e->pa, e->next, e->pa);
	} else {
		fprintf(d->f, "\tt%" PRIx64 " -> p%" PRIx64 " [label=\"[%" PRIu32 "] %s\"];\n",
			table, entry_pa, index, show_perm(e->perm));
		fprintf(d->f, "\tp%" PRIx64 " [shape=plain, label=\"%s 0x%" PRIx64 "\"];\n",
			entry_pa,
			e->kind == ENTRY_BAD ? "bad entry"
			: level              ? "large page"
					     : "page",
			e->kind == ENTRY_BAD ? word : e->pa);
	}
	return true;
}

static bool no_range(void *ctx, const struct walk_range *r)
{
	(void)ctx;
	(void)r;
	return true;
}

void show_dot(FILE *f, const struct image *im, const struct walk_request *rq)
{
	struct dot d = { .f = f };
	struct walk_sweep sweep = { .range = no_range, .entry = dot_entry, .ctx = &d };
	struct walk_result res = { .steps = 0 };
	struct walk_tables t;

	fprintf(f, "digraph iommu {\n\trankdir=LR;\n\tnode [shape=box, "
		   "fontname=monospace];\n\tedge [fontname=monospace];\n");
	if (walk_device(im, rq, &t, &res)) {
		fprintf(f, "\tdevice [label=\"%02x:%02x.%x\\ndomain id %" PRIu32 "\"];\n",
			rq->rid >> 8, rq->rid >> 3 & 0x1F, rq->rid & 7, res.domain);
		fprintf(f,
			"\tdevice -> t%" PRIx64 ";\n\tt%" PRIx64 " [label=\"level %" PRIu32
			"\\n0x%" PRIx64 "\"];\n",
			t.table, t.table, t.levels - 1, t.table);
		walk_all(im, &t, &sweep);
	} else {
		fprintf(f, "\tdevice [label=\"%02x:%02x.%x\\n%s\"];\n", rq->rid >> 8,
			rq->rid >> 3 & 0x1F, rq->rid & 7, res.text);
	}
	if (sweep.cut)
		fprintf(f, "\tmore [shape=plain, label=\"... more than %d entries\"];\n",
			DOT_NODES);
	fputs("}\n", f);
}
