/*
 * Scenarios of AMD-Vi events. Tables, command buffer and event log are laid out by the scenario itself; where an event names
 * the address of an entry or a command, that structure is put there.
 */
#include <inttypes.h>
#include <string.h>

#include "decode/amdvi_plan.h"
#include "decode/raw.h"
#include "decode/reproduce.h"
#include "hw/amdvi.h"

#define PAGE_BYTES UINT64_C(0x1000)
#define BUFFER_BYTES 0x1000u /* LEN = 8: 256 commands */

/* Where things are when the event does not say, from `base`: 16 MiB that the event's address is not in. */
#define AT_IRT UINT64_C(0x13000)
#define AT_CMDBUF UINT64_C(0x14000)
#define AT_EVTLOG UINT64_C(0x15000)
#define AT_TABLES UINT64_C(0x20000)  /* the topmost; each lower level a page above */
#define AT_DEVTAB UINT64_C(0x400000) /* room for 65536 entries */

struct scene {
	FILE *f;
	const struct decoded *d;
	const struct amdvi_plan *p;
	uint64_t base, devtab, cmdbuf, top, irt;
};

static void lay(const struct scene *s, const char *name, uint64_t at, const char *as,
		const char *props)
{
	if (!*props)
		return;
	fprintf(s->f,
		"\t\t%s {\n\t\t\tdo = \"mem-write\"; addr = /bits/ 64 <0x%" PRIx64
		">; as = \"%s\"; loader;\n\t\t\t%s\n\t\t};\n",
		name, at, as, props);
}

/* Levels of the tables: as few as the address needs, 4 at least. */
static uint32_t levels(uint64_t iova)
{
	return iova >> 57 ? 6 : iova >> 48 ? 5 : 4;
}

static void lay_entry(const struct scene *s)
{
	char props[240];

	snprintf(props, sizeof(props),
		 "V = <1>; TV = <1>; MODE = <%" PRIu32 ">; HOSTPT = /bits/ 64 <0x%" PRIx64
		 ">; IR = <1>; IW = <1>; DOMAINID = <0x%x>;\n"
		 "\t\t\tINTTABROOT = /bits/ 64 <0x%" PRIx64 ">; %s",
		 levels(s->p->iova), s->top, s->d->has_pasid ? 0u : s->d->domain, s->irt,
		 s->p->dte ? s->p->dte : "");
	lay(s, "entry", s->devtab + (uint64_t)s->d->rid * sizeof(struct amdvi_dte), "dte", props);
}

static void lay_pages(const struct scene *s)
{
	static const char page[] = "PR = <1>; IR = <1>; IW = <1>; ADDR = <0x200000>;";
	const struct amdvi_plan *p = s->p;
	uint32_t count = levels(p->iova);
	uint64_t table = s->top;
	char props[96], name[24];

	for (uint32_t level = count - 1; level > 0; level--) {
		uint64_t next = s->base + AT_TABLES + PAGE_BYTES * (count - level);

		snprintf(props, sizeof(props),
			 "PR = <1>; NEXT_LEVEL = <%" PRIu32
			 ">; IR = <1>; IW = <1>; ADDR = <0x%" PRIx64 ">;",
			 level, next);
		snprintf(name, sizeof(name), "level-%" PRIu32, level);
		lay(s, name, table + 8 * (p->iova >> (12 + 9 * level) & 0x1FF), "pte",
		    p->upper && level == count - 1 ? p->upper : props);
		table = next;
	}
	lay(s, "page", table + 8 * (p->iova >> 12 & 0x1FF), "pte", p->leaf ? p->leaf : page);
}

/* What cannot be read is not laid out: it may not even be memory. */
static void lay_tables(const struct scene *s)
{
	const struct amdvi_plan *p = s->p;
	bool fails = p->absent || p->point;

	if (!fails || p->devtab == PLAN_ANYWHERE)
		lay_entry(s);
	if (p->irte)
		lay(s, "interrupt", s->irt, "irte32", p->irte);
	if (!fails && !p->message && !p->command)
		lay_pages(s);
}

static void set_up(const struct scene *s)
{
	fprintf(s->f,
		"\t\tdevice-table { do = \"reg-write\"; register = \"DEVTAB\"; BASE = /bits/ 64 "
		"<0x%" PRIx64 ">; SIZE = <%u>; };\n"
		"\t\tcommands { do = \"reg-write\"; register = \"CMDBUF\"; BASE = /bits/ 64 "
		"<0x%" PRIx64 ">; LEN = <8>; };\n"
		"\t\tcommand-head { do = \"reg-write\"; register = \"CMD_HEAD\"; PTR = <0x%" PRIx32
		">; };\n"
		"\t\tcommand-tail { do = \"reg-write\"; register = \"CMD_TAIL\"; PTR = <0x%" PRIx32
		">; };\n"
		"\t\tlog { do = \"reg-write\"; register = \"EVTLOG\"; BASE = <0x%" PRIx64
		">; LEN = <8>; };\n",
		s->devtab, s->p->one_page ? 0 : s->d->rid / AMDVI_DTES_PER_PAGE, s->cmdbuf,
		s->p->head, s->p->head, s->base + AT_EVTLOG);
	fputs("\t\tcontrol {\n\t\t\tdo = \"reg-write\"; register = \"CONTROL\";\n"
	      "\t\t\tCOHERENT = <1>; CMDBUFEN = <1>; EVENTLOGEN = <1>; INVTIMEOUT = <1>;\n\t\t};\n"
	      "\t\ton { do = \"command\"; set = \"IOMMUEN\"; };\n",
	      s->f);
}

/* Accesses to the event's address fail, or the device is silent. */
static void inject(const struct scene *s)
{
	if (s->p->point)
		fprintf(s->f,
			"\t\tinjected {\n\t\t\tdo = \"inject\"; point = \"%s\"; master = "
			"\"%s\";\n\t\t\trange = /bits/ 64 <0x%" PRIx64 " 0x%" PRIx64 ">;\n\t\t};\n",
			s->p->point, s->p->master, s->d->addr, s->d->addr + 3);
	if (s->p->silent)
		fputs("\t\tinjected { do = \"inject\"; point = \"devtlb-silent\"; };\n"
		      "\t\tats-on { do = \"ats\"; dev = <&device>; state = \"on\"; };\n",
		      s->f);
}

static void submit(const struct scene *s)
{
	const struct amdvi_plan *p = s->p;

	if (!*p->command)
		fprintf(s->f,
			"\t\tcommand { do = \"reg-write\"; register = \"CMD_TAIL\"; PTR = <0x%x>; "
			"};\n",
			(unsigned)(p->head + sizeof(struct amdvi_cmd)) % BUFFER_BYTES);
	else if (p->silent)
		fprintf(s->f,
			"\t\tcommand {\n\t\t\tdo = \"submit\"; %s\n\t\t\tDEVICEID = <0x%x>; "
			"QUEUEID = <0x%x>;\n\t\t};\n",
			p->command, s->d->rid, s->d->rid);
	else if (p->cmdbuf == PLAN_ANYWHERE)
		fprintf(s->f,
			"\t\tcommand { do = \"submit\"; %s STOREADDR = /bits/ 64 <0x%" PRIx64
			">; };\n",
			p->command, s->d->addr);
	else
		fprintf(s->f, "\t\tcommand { do = \"submit\"; %s };\n", p->command);
}

static void cause(const struct scene *s)
{
	const struct decoded *d = s->d;
	struct decoded request = *d;

	inject(s);
	request.addr = s->p->iova;
	request.at = s->p->at;
	request.privileged = d->has_pasid && !(d->flags & FIELD_GET(AMDVI_EV0_FLAGS, AMDVI_EV0_US));
	request.execute = d->flags & FIELD_GET(AMDVI_EV0_FLAGS, AMDVI_EV0_NX);
	if (s->p->command)
		submit(s);
	else if (s->p->message)
		reproduce_message(s->f, d, (uint32_t)s->p->iova, s->p->data);
	else
		reproduce_request(s->f, &request, s->p->access);
	fputs("\t\ttime { do = \"advance\"; ns = <5000000>; };\n", s->f);
}

static uint64_t place(uint64_t planned, uint64_t ordinary)
{
	return planned == PLAN_ANYWHERE ? ordinary : planned;
}

const char *reproduce_amdvi(FILE *f, const struct decoded *d)
{
	struct scene s = { .f = f, .d = d };
	struct reproduce_machine machine = { 0 };
	struct amdvi_plan p;
	const char *why;
	uint64_t word[2];
	char unit[80];

	if (!d->has_reason || !d->has_addr)
		return "the report names no event or no address";
	why = amdvi_plan(d, &p);
	if (why)
		return why;
	snprintf(unit, sizeof(unit), "\t\t\thats = <2>; pasize = <52>;%s%s\n", p.unit ? " " : "",
		 p.unit ? p.unit : "");
	machine = (struct reproduce_machine){ unit, p.first, p.last, p.absent };
	s.p = &p;
	s.base = d->addr >> 24 == 0x30 ? 0x20000000 : 0x30000000;
	s.devtab = place(p.devtab, s.base + AT_DEVTAB);
	s.cmdbuf = place(p.cmdbuf, s.base + AT_CMDBUF);
	s.top = place(p.top, s.base + AT_TABLES);
	s.irt = place(p.irt, s.base + AT_IRT);
	raw_words(d, word);
	reproduce_head(f, d, &machine);
	lay_tables(&s);
	set_up(&s);
	cause(&s);
	fprintf(f,
		"\t\trecord {\n\t\t\tdo = \"mem-read\"; addr = <0x%" PRIx64 ">;\n"
		"\t\t\twords = /bits/ 64 <0x%016" PRIx64 " 0x%016" PRIx64 ">;\n\t\t};\n\t};\n};\n",
		s.base + AT_EVTLOG, word[0], word[1]);
	return NULL;
}
