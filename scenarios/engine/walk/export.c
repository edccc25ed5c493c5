/* The words that a walk read, written out again. */
#include "walk/export.h"

#include <inttypes.h>
#include <string.h>

#include "cli.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"
#include "machine_text.h"
#include "walk/words.h"

struct recorder {
	const struct image *from;
	struct image *kept;
};

static int record(const struct image *im, uint64_t pa, uint64_t *val)
{
	struct recorder *r = im->own;

	if (r->from->read(r->from, pa, val))
		return -1;
	return words_put(r->kept, pa, *val);
}

static void record_close(struct image *im)
{
	image_close(((struct recorder *)im->own)->kept);
}

struct image *export_recorder(const struct image *im)
{
	struct image *out = image_new(im->name, sizeof(struct recorder));
	struct recorder *r = out->own;

	r->from = im;
	r->kept = words_image(im->name);
	out->read = record;
	out->close = record_close;
	out->arch = r->kept->arch = im->arch;
	out->arch_known = im->arch_known;
	memcpy(out->reg, im->reg, sizeof(out->reg));
	out->regs = im->regs;
	memcpy(out->root, im->root, sizeof(out->root));
	out->roots = im->roots;
	memcpy(r->kept->reg, im->reg, sizeof(im->reg));
	r->kept->regs = im->regs;
	return out;
}

void export_pages(FILE *f, const struct image *recorder)
{
	words_write(f, ((struct recorder *)recorder->own)->kept);
}

/* ---- scenario ---- */

#define HOLE_FIRST UINT64_C(0xFE000000) /* registers are there */
#define HOLE_END UINT64_C(0x100000000)

struct writer {
	FILE *f;
	uint64_t last;        /* highest address that has to be memory */
	uint64_t next, words; /* of the run of words that is open */
	uint32_t runs;
	bool hole;
};

static void look(void *ctx, uint64_t pa, uint64_t val)
{
	struct writer *w = ctx;

	(void)val;
	w->last = pa + 7 > w->last ? pa + 7 : w->last;
	w->hole |= pa >= HOLE_FIRST && pa < HOLE_END;
}

static void put(void *ctx, uint64_t pa, uint64_t val)
{
	struct writer *w = ctx;

	if (!val)
		return;
	if (w->words && w->next == pa && w->words < 8) {
		fprintf(w->f, " 0x%" PRIx64, val);
	} else {
		if (w->words)
			fputs(">; };\n", w->f);
		fprintf(w->f,
			"\t\tword-%" PRIu32 " { do = \"mem-write\"; addr = /bits/ 64 <0x%" PRIx64
			">; loader; words = /bits/ 64 <0x%" PRIx64,
			w->runs++, pa, val);
		w->words = 0;
	}
	w->words++;
	w->next = pa + 8;
}

static void head(const struct writer *w, const struct image *im, const struct walk_request *rq,
		 uint32_t bits)
{
	bool amdvi = im->arch == BE_AMDVI;
	char props[96] = "\t\t\thats = <2>;\n";
	struct machine_text m = {
		.compatible = arch_at((uint32_t)im->arch)->compatible,
		.props = props,
		.memory = { { 0, HOLE_FIRST - 1 }, { HOLE_END, w->last | 0x1FFFFF } },
		.rid = &rq->rid,
		.devices = 1,
		.label = "device",
	};
	uint64_t cap;

	if (!amdvi)
		snprintf(props, sizeof(props),
			 "\t\t\tsagaw = <14>; mgaw = <57>; host-address-bits = <%" PRIu32
			 ">; cm = <%d>;\n",
			 bits, image_get(im, "CAP", &cap) && cap & VTD_CAP_CM);
	fprintf(w->f,
		"/dts-v1/;\n\n/ {\n\ttitle = \"the tables of %02x:%02x.%x as they were "
		"found\";\n\tspec = \"%s\";\n",
		rq->rid >> 8, rq->rid >> 3 & 0x1F, rq->rid & 7,
		amdvi ? "48882 2.2 Data Structures" : "VT-d 9 Translation Structure Formats");
	machine_text(w->f, &m);
	fputs("\n\tsteps {\n", w->f);
}

static void registers(FILE *f, const struct image *im)
{
	uint64_t value = 0;

	if (im->arch == BE_AMDVI) {
		image_get(im, "DEVTAB", &value);
		fprintf(f,
			"\t\tdevice-table { do = \"reg-write\"; register = \"DEVTAB\"; value = "
			"/bits/ 64 <0x%" PRIx64 ">; };\n"
			"\t\tcontrol { do = \"reg-write\"; register = \"CONTROL\"; COHERENT = <1>; "
			"};\n"
			"\t\ton { do = \"command\"; set = \"IOMMUEN\"; };\n",
			value);
		return;
	}
	image_get(im, "RTADDR", &value);
	fprintf(f,
		"\t\troot-pointer { do = \"reg-write\"; register = \"RTADDR\"; value = /bits/ 64 "
		"<0x%" PRIx64 ">; };\n"
		"\t\tset-root { do = \"command\"; set = \"SRTP\"; };\n\t\ttranslate { do = "
		"\"command\"; set = \"TE\"; };\n",
		value);
}

static void request(FILE *f, const struct image *im, const struct walk_request *rq,
		    const struct walk_result *res)
{
	const char *reason =
		res->has_reason ? arch_reason_name(arch_at((uint32_t)im->arch), res->reason) : NULL;

	fprintf(f,
		"\t\trequest { do = \"%s\"; dev = <&device>; len = <1>; iova = /bits/ 64 "
		"<0x%" PRIx64 ">; ",
		rq->write ? "write" : "read", rq->addr);
	if (res->end == WALK_BLOCKED)
		fprintf(f, "expect = \"fault\"; reason = \"%s\";", reason ? reason : "SS_READ");
	else
		fprintf(f, "pa = /bits/ 64 <0x%" PRIx64 ">;", res->pa);
	fputs(" };\n", f);
}

const char *export_scenario(FILE *f, const struct image *recorder, const struct walk_request *rq,
			    const struct walk_result *res)
{
	const struct recorder *r = recorder->own;
	struct writer w = { .f = f, .last = res->end == WALK_BLOCKED ? 0 : res->pa };
	uint32_t bits = 33;
	uint64_t value;

	if (res->end == WALK_UNKNOWN)
		return res->text;
	if (!image_get(recorder, recorder->arch == BE_AMDVI ? "DEVTAB" : "RTADDR", &value))
		return "the register that leads to the tables is not known";
	if (recorder->arch == BE_VTD && FIELD_GET(VTD_RTADDR_TTM, value) != VTD_TTM_LEGACY)
		return "not modelled: scalable mode";
	words_each(r->kept, look, &w);
	if (res->end == WALK_PAGE)
		look(&w, res->pa, 0);
	if (w.hole)
		return "a table or the page lies between 0xfe000000 and 0xffffffff, where the "
		       "scenario's "
		       "machine has registers";
	if (w.last >> 40)
		return "a page lies beyond 40 address bits, more memory than a scenario's machine "
		       "has";
	while (w.last >> bits)
		bits++;
	if (image_get(recorder, "HAW", &value))
		bits = (uint32_t)(value & 63);
	head(&w, recorder, rq, bits);
	words_each(r->kept, put, &w);
	if (w.words)
		fputs(">; };\n", f);
	registers(f, recorder);
	request(f, recorder, rq, res);
	fputs("\t};\n};\n", f);
	return NULL;
}
