/* Writes a case as a scenario file. */
#include "print.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "cli.h"
#include "machine_text.h"
#include "play.h"

#define CELLS64(v) (uint32_t)((v) >> 32), (uint32_t)((v)&UINT32_MAX)
#define NUMBER "<0x%x 0x%08x>"

struct printer {
	FILE *out;
	const struct xc_case *c;
	uint32_t step; /* for names */
	uint64_t serial;
};

static void head(struct printer *p, const char *why)
{
	const struct xc_case *c = p->c;

	fprintf(p->out, "/*\n * iommu-sim crosscheck, %s, seed %" PRIu64 ", case %" PRIu64 "\n",
		c->arch == BE_VTD ? "VT-d" : "AMD-Vi", c->seed, c->number);
	for (const char *at = why; at && *at;) {
		size_t n = strcspn(at, "\n");

		fputs(" * ", p->out);
		for (size_t i = 0; i < n; i++)
			fputc(at[i] == '/' && i && at[i - 1] == '*' ? ' ' : at[i], p->out);
		fputc('\n', p->out);
		at += n + (at[n] == '\n');
	}
	fprintf(p->out,
		" */\n/dts-v1/;\n\n/ {\n\ttitle = \"generated case %" PRIu64 " of seed %" PRIu64
		"\";\n\tspec = \"%s\";\n",
		c->number, c->seed,
		c->arch == BE_VTD ? "VT-d 3.7, 6.2, 6.5" : "48882 2.2, 2.4, 2.5");
}

static void machine(struct printer *p)
{
	const struct xc_case *c = p->c;
	struct machine_text m = { .compatible = arch_at((uint32_t)c->arch)->compatible,
				  .memory = { { 0, XC_RAM_LAST } },
				  .rid = c->rid,
				  .devices = c->devices,
				  .label = "dev",
				  .numbered = true };
	char *props = NULL;
	size_t size;
	FILE *f = cli_memory(&props, &size);

	for (uint32_t i = 0; i < c->caps; i++)
		fprintf(f, "\t\t\t%s = <%" PRIu64 ">;\n", c->cap[i].name, c->cap[i].value);
	fclose(f);
	m.props = props;
	machine_text(p->out, &m);
	free(props);
}

static void policy(struct printer *p)
{
	static const char *const delays[] = { "normal", "immediate", "slow",
					      "never",  "random",    "batched" };
	const struct be_policy *y = &p->c->policy;

	fputs("\n\tpolicy {\n\t\tcache = ", p->out);
	if (y->keep == BE_KEEP_LRU || y->keep == BE_KEEP_RANDOM)
		fprintf(p->out, "\"%s-%u\";\n", y->keep == BE_KEEP_LRU ? "lru" : "random",
			y->entries);
	else
		fprintf(p->out, "\"%s\";\n", y->keep == BE_KEEP_NONE ? "keep-none" : "keep-all");
	fprintf(p->out,
		"\t\tdelay = \"%s\";\n\t\tinval-more = <%d>;\n\t\tprefetch = <%d>;\n"
		"\t\trewalk = <%d>;\n\t};\n",
		delays[y->delay], y->inval_more, y->prefetch, y->rewalk);
}

static void step(struct printer *p, const char *name, const char *verb)
{
	fprintf(p->out, "\t\t%s%u { do = \"%s\";", name, p->step++, verb);
}

static void done(struct printer *p)
{
	fputs(" };\n", p->out);
}

static void store(struct printer *p, const struct xc_store *s, bool loader)
{
	step(p, loader ? "lay" : "store", "mem-write");
	fprintf(p->out, " addr = <0x%" PRIx64 ">; words = /bits/ 64 <", s->pa);
	for (uint32_t i = 0; i < s->n; i++)
		fprintf(p->out, "%s0x%016" PRIx64, i ? " " : "", s->w[i]);
	fputs(">;", p->out);
	if (s->repeat > 1)
		fprintf(p->out, " repeat = <%u>;", s->repeat);
	if (loader)
		fputs(" loader;", p->out);
	done(p);
}

static void submit(struct printer *p, const uint64_t q[2], bool wait)
{
	step(p, wait ? "wait" : "command", "submit");
	fprintf(p->out, " raw = /bits/ 64 <0x%016" PRIx64 " 0x%016" PRIx64 ">;%s", q[0], q[1],
		wait ? " wait;" : "");
	done(p);
}

static void settle(struct printer *p)
{
	step(p, "settle", "advance");
	fprintf(p->out, " ns = <%" PRIu64 ">;", XC_SETTLE_NS);
	done(p);
}

static void register_inval(struct printer *p, const struct xc_inval *v)
{
	if (v->kind == XC_VTD_CONTEXT) {
		step(p, "ccmd", "reg-write");
		fprintf(p->out,
			" register = \"CCMD\"; ICC = <1>; CIRG = <%u>; FM = <%u>; SID = <0x%x>;"
			" DID = <0x%x>;",
			v->g, v->fm, v->sid, v->did);
		done(p);
		step(p, "done", "reg-wait");
		fputs(" register = \"CCMD\"; ICC = <0>;", p->out);
		done(p);
		return;
	}
	if (v->g == 3) {
		uint64_t addr = v->addr & ~UINT64_C(0xfff);

		step(p, "iva", "reg-write");
		fprintf(p->out, " register = \"IVA\"; ADDR = " NUMBER "; IH = <%d>; AM = <%u>;",
			CELLS64(addr), v->ih, v->am);
		done(p);
	}
	step(p, "iotlb", "reg-write");
	fprintf(p->out, " register = \"IOTLB\"; IVT = <1>; IIRG = <%u>; DID = <0x%x>;", v->g,
		v->did);
	done(p);
	step(p, "done", "reg-wait");
	fputs(" register = \"IOTLB\"; IVT = <0>;", p->out);
	done(p);
}

static void inval(struct printer *p, const struct xc_inval *v)
{
	/* a wait descriptor with SW; COMPLETION_WAIT with s */
	uint64_t q[2], wait[2] = { UINT64_C(0x25) | ++p->serial << 32, XC_STATUS };

	if (p->c->by_register) {
		register_inval(p, v);
		return;
	}
	if (p->c->arch == BE_AMDVI) {
		wait[0] = UINT64_C(1) << 60 | XC_STATUS | 1;
		wait[1] = p->serial;
	}
	play_inval_words(v, q);
	submit(p, q, false);
	submit(p, wait, true);
	settle(p);
	step(p, "status", "mem-read");
	fprintf(p->out, " addr = <0x%" PRIx64 ">; words = /bits/ 64 <0x%" PRIx64 ">;", XC_STATUS,
		p->serial);
	done(p);
}

static void reg_write(struct printer *p, const char *reg, uint64_t v)
{
	step(p, "reg", "reg-write");
	fprintf(p->out, " register = \"%s\"; value = " NUMBER ";", reg, CELLS64(v));
	done(p);
}

static void command(struct printer *p, const char *field)
{
	step(p, "on", "command");
	fprintf(p->out, " set = \"%s\";", field);
	done(p);
}

static void start(struct printer *p)
{
	struct xc_inval contexts = { .kind = XC_VTD_CONTEXT, .g = 1 };
	struct xc_inval pages = { .kind = XC_VTD_IOTLB, .g = 1 };
	struct xc_inval all = { .kind = XC_AMD_ALL }, entries = { .kind = XC_VTD_IEC };

	if (p->c->arch == BE_VTD) {
		if (!p->c->by_register) {
			reg_write(p, "IQT", 0);
			reg_write(p, "IQA", XC_QUEUE);
			command(p, "QIE");
		}
		reg_write(p, "RTADDR", xc_root(p->c));
		command(p, "SRTP");
		inval(p, &contexts);
		inval(p, &pages);
		if (p->c->ir.on) {
			reg_write(p, "IRTA", play_irta(p->c));
			command(p, "SIRTP");
			inval(p, &entries);
			if (p->c->ir.cfi)
				command(p, "CFI");
			command(p, "IRE");
		}
		command(p, "TE");
		return;
	}
	reg_write(p, "DEVTAB", XC_TABLES | 3);
	reg_write(p, "CMDBUF", XC_QUEUE | UINT64_C(8) << 56);
	reg_write(p, "EVTLOG", XC_LOG | UINT64_C(8) << 56);
	if (play_control(p->c))
		reg_write(p, "CONTROL", play_control(p->c));
	command(p, "CMDBUFEN");
	command(p, "EVENTLOGEN");
	command(p, "IOMMUEN");
	for (uint32_t i = 0; i < p->c->devices; i++) {
		struct xc_inval entry = { .kind = XC_AMD_DEVTAB, .sid = p->c->rid[i] };

		inval(p, &entry);
	}
	inval(p, &all);
}

/* What the reference allows, as far as one step can say it. */
static void expectation(struct printer *p, const struct ref_set *set, bool message)
{
	const char *reason = NULL;
	uint32_t ok = 0, faults = 0;
	uint64_t pa = 0;
	uint32_t data = 0;
	bool one_pa = true, one_reason = true;

	for (uint32_t i = 0; i < set->n; i++) {
		const struct ref_outcome *o = set->o + i;
		const char *name = arch_reason_name(arch_at((uint32_t)p->c->arch), o->reason);

		if (o->ok) {
			one_pa = one_pa && (!ok || (o->pa == pa && o->data == data));
			pa = o->pa;
			data = o->data;
			ok++;
		} else {
			one_reason = one_reason && (!faults || name == reason);
			reason = name;
			faults++;
		}
	}
	fprintf(p->out, " expect = \"%s\";",
		set->full || (ok && faults) ? "either"
		: ok                        ? "ok"
					    : "fault");
	if (!set->full && ok && one_pa && message)
		fprintf(p->out, " vector = <0x%x>; destination = <0x%" PRIx64 ">;", data & 0xff,
			(pa >> 40 << 8) | (pa >> 12 & 0xff));
	else if (!set->full && ok && one_pa)
		fprintf(p->out, " pa = <0x%" PRIx64 ">;", pa);
	if (!set->full && faults && one_reason && reason)
		fprintf(p->out, " reason = \"%s\";", reason);
}

/* The one record there may be is taken. */
static void clear(struct printer *p)
{
	if (p->c->arch != BE_VTD)
		return;
	step(p, "clear", "reg-write");
	fputs(" register = \"FRCD\"; part = <12>; width = <4>; value = <0x80000000>;", p->out);
	done(p);
}

static void dma(struct printer *p, const struct xc_dma *d, const struct ref_set *set)
{
	step(p, "dma", d->write ? "write" : "read");
	fprintf(p->out, " dev = <&dev%u>; iova = " NUMBER "; len = <%u>;", d->dev, CELLS64(d->iova),
		d->len);
	expectation(p, set, false);
	done(p);
	clear(p);
}

/* What is no message is a write like any other. */
static void message(struct printer *p, const struct xc_msi *m, const struct ref_set *set)
{
	struct xc_dma d = { .dev = m->dev, .write = true, .iova = m->addr, .len = m->len };

	if (m->len != 4) {
		dma(p, &d, set);
		return;
	}
	step(p, "msi", "msi");
	fprintf(p->out, " dev = <&dev%u>; address = <0x%x>; data = <0x%x>;", m->dev, m->addr & ~3u,
		m->data);
	expectation(p, set, true);
	done(p);
	clear(p);
}

void print_case(FILE *out, const struct xc_case *c, const struct ref_set *expect, const char *why)
{
	struct printer p = { .out = out, .c = c };

	head(&p, why);
	machine(&p);
	policy(&p);
	fputs("\n\tsteps {\n"
	      "\t\tsilence { do = \"oracle\"; state = \"off\"; accounting = \"off\"; };\n",
	      out);
	fprintf(out, "\t\tallow { do = \"allow-complaints\"; names = %s; };\n",
		c->arch == BE_VTD ? "\"did-tables\"" : "\"domain-tables\"");
	for (uint32_t i = 0; i < c->images; i++)
		store(&p, c->image + i, true);
	start(&p);
	for (uint32_t i = 0; i < c->ops; i++) {
		const struct xc_op *op = c->op + i;

		if (op->kind == XC_STORE)
			store(&p, &op->store, false);
		else if (op->kind == XC_INVAL)
			inval(&p, &op->inval);
		else if (op->kind == XC_MSI)
			message(&p, &op->msi, expect + i);
		else
			dma(&p, &op->dma, expect + i);
	}
	fputs("\t};\n};\n", out);
}
