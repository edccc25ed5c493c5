/*
 * QEMU's q35 as a backend.
 *
 * Times here are ours: QEMU's unit does everything at once, so a wait that does not end after a few looks never will. The
 * clock moves with each access and with each turn of a wait, which keeps a run the same whatever the host does.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"
#include "move.h"
#include "qemu.h"
#include "unit.h"
#include "vm.h"

#define ACCESS_NS 100u
#define RELAX_NS 20000u
#define MSI_BASE UINT64_C(0xFEE00000)
#define MSI_DESTINATION 12 /* lowest bit of the controller's id in the address */
#define MSIS 256
#define RANGES 16
#define DEVICES 256
#define REPORT_LINES 12u

struct range {
	uint64_t first, last;
};

struct qemu_backend {
	struct backend base;
	struct be_config config;
	struct qemu_keep *keep;
	uint32_t timeout_ms;
	struct qemu_program program;
	char probe_error[1024]; /* "": the program is known */

	struct range range[RANGES];
	uint32_t ranges;
	bool has_unit, lost_records;
	struct be_unit asked, actual;
	struct vm_plan plan;
	int device[DEVICES]; /* number in the plan, -1: it has no place there */
	uint32_t devices;
	enum be_behind behind;   /* of the next device */
	bool second[VM_DEVICES]; /* whose turn it is of two that share an id */

	struct vm *vm; /* NULL: not started */
	struct guard guard;
	uint64_t now_ns, tags;
	uint8_t *tables; /* a bit for each page of memory that the guest's processor wrote to */
	be_yield_fn yield;
	void *yield_ctx;

	struct be_msi msi[MSIS];
	uint32_t msis;
	bool vector[QMP_PROCESSORS][QMP_VECTORS];

	char why[1024], cannot[512], broken[4000], divergences[256];
};

static struct qemu_backend *of(struct backend *be)
{
	return (struct qemu_backend *)be;
}

static const struct qemu_backend *in(const struct backend *be)
{
	return (const struct qemu_backend *)(const void *)be;
}

__attribute__((format(printf, 2, 3))) static int refuse(struct qemu_backend *b, const char *fmt,
							...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(b->why, sizeof(b->why), fmt, ap);
	va_end(ap);
	return -2;
}

/* Remembers the divergences a text begins with: "V23, A26: ...". */
static void note(struct qemu_backend *b, const char *text)
{
	size_t len = strcspn(text, ":"), used = strlen(b->divergences);

	if ((text[0] != 'V' && text[0] != 'A') || text[1] < '0' || text[1] > '9' || !text[len])
		return;
	if (used + len + 2 < sizeof(b->divergences))
		snprintf(b->divergences + used, sizeof(b->divergences) - used, "%s%.*s",
			 used ? " " : "", (int)len, text);
}

/* The run goes no further than this step. */
static void stop(struct qemu_backend *b, const char *why)
{
	if (b->cannot[0])
		return;
	snprintf(b->cannot, sizeof(b->cannot), "QEMU %s: %s", b->program.version, why);
	note(b, why);
}

static bool usable(const struct qemu_backend *b)
{
	return b->vm && !b->cannot[0] && !vm_broken(b->vm);
}

/* ---- set-up ---- */

static void unit_default(struct be_unit *u)
{
	backend_sim_ops.unit_default(u);
}

static int mem_add(struct backend *be, uint64_t first, uint64_t last)
{
	struct qemu_backend *b = of(be);

	if (b->ranges == RANGES)
		return -1;
	b->range[b->ranges++] = (struct range){ first, last };
	return 0;
}

static int unit_add(struct backend *be, const struct be_unit *u)
{
	struct qemu_backend *b = of(be);

	if (b->has_unit)
		return refuse(b, "QEMU has one unit at most");
	b->has_unit = true;
	b->asked = *u;
	b->plan.arch = u->arch;
	return 0;
}

static int device_add(struct backend *be, uint32_t unit, uint16_t rid, bool ats)
{
	struct qemu_backend *b = of(be);

	(void)unit;
	(void)ats; /* the step that turns it on is what QEMU lacks */
	if (b->devices == DEVICES)
		return -1;
	b->device[b->devices] = vm_plan_device(&b->plan, rid, b->behind);
	b->behind = BE_BEHIND_ANY;
	return (int)b->devices++;
}

static void device_behind(struct backend *be, enum be_behind behind)
{
	of(be)->behind = behind;
}

static const char *why_of(const struct backend *be)
{
	return in(be)->why;
}

/* QEMU keeps what it cached until told, sees every store at once, works in order and without delay. */
static const char *other_policy(const struct be_policy *p)
{
	if (p->keep != BE_KEEP_ALL)
		return "caches that forget by themselves (cache)";
	if (p->publish != BE_PUBLISH_AT_ONCE)
		return "stores that reach the unit late (publish)";
	if (p->delay != BE_DELAY_NORMAL && p->delay != BE_DELAY_IMMEDIATE)
		return "a unit that is slow (delay)";
	if (p->any_order)
		return "commands out of order (order)";
	if (p->prefetch)
		return "translations nobody asked for (prefetch)";
	if (p->speculate)
		return "translations fetched ahead (speculate)";
	if (p->inval_more)
		return "invalidations that always drop more (inval-more)";
	if (p->exact_range)
		return "large pages that a smaller range leaves (exact-range)";
	if (p->rewalk)
		return "a second walk at a missing permission (rewalk)";
	return NULL;
}

static int plan_machine(struct qemu_backend *b)
{
	const char *policy = other_policy(&b->config.policy);
	uint64_t last = 0;

	if (b->probe_error[0])
		return snprintf(b->why, sizeof(b->why), "%s", b->probe_error), -1;
	if (policy)
		return refuse(b, "QEMU cannot be told to have %s", policy);
	for (uint32_t i = 0; i < b->ranges; i++)
		if (b->range[i].last > last)
			last = b->range[i].last;
	b->plan.ram_bytes = ram_size_for(last);
	if (!b->plan.ram_bytes)
		return refuse(b, "q35 has no memory at 0x%" PRIx64, last);
	if (!unit_options(&b->asked, &b->program, b->plan.unit, sizeof(b->plan.unit), b->why,
			  sizeof(b->why)))
		return -2;
	vm_plan_finish(&b->plan);
	return 0;
}

static int ready(struct backend *be)
{
	struct qemu_backend *b = of(be);
	int rc = plan_machine(b);
	char why[256];

	if (rc)
		return rc;
	b->vm = vm_get(b->keep, &b->program, &b->plan, b->timeout_ms, b->why, sizeof(b->why));
	if (!b->vm)
		return -1;
	b->tables = calloc(b->plan.ram_bytes / RAM_PAGE / 8 + 1, 1);
	if (!b->tables)
		return snprintf(b->why, sizeof(b->why), "out of memory"), -1;
	b->actual.arch = b->asked.arch;
	if (!vm_broken(b->vm))
		unit_read(b->vm, &b->actual);
	if (vm_broken(b->vm)) {
		snprintf(b->why, sizeof(b->why), "%s", b->vm->broken);
		return -1;
	}
	if (!unit_same(&b->asked, &b->actual, why, sizeof(why)))
		return refuse(b, "%s (%s)", why, b->program.version);
	return 0;
}

static void unit_actual(struct backend *be, uint32_t unit, struct be_unit *out)
{
	(void)unit;
	memcpy(out->word, in(be)->actual.word, sizeof(out->word));
}

static void close_qemu(struct backend *be)
{
	struct qemu_backend *b = of(be);

	if (b->vm)
		vm_put(b->keep, b->vm);
	free(b->tables);
	free(b);
}

static const char *cannot(const struct backend *be)
{
	return in(be)->cannot[0] ? in(be)->cannot : NULL;
}

static const char *broken(const struct backend *be)
{
	/* the text is made once, where the backend still may write */
	struct qemu_backend *b = (struct qemu_backend *)(uintptr_t)be;
	size_t at;

	if (!b->vm || !vm_broken(b->vm))
		return NULL;
	if (!b->broken[0]) {
		at = (size_t)snprintf(b->broken, sizeof(b->broken), "%s\nthe last commands:\n",
				      vm_broken(b->vm));
		vm_log(b->vm, REPORT_LINES, b->broken + at, sizeof(b->broken) - at);
	}
	return b->broken;
}

/* ---- the guest's CPU ---- */

static void access_made(struct qemu_backend *b)
{
	if (b->yield)
		b->yield(b->yield_ctx);
	b->now_ns += ACCESS_NS;
}

static uint64_t ones(uint32_t width)
{
	return width == 4 ? UINT32_MAX : UINT64_MAX;
}

static uint64_t register_at(const struct qemu_backend *b, uint32_t off)
{
	return (b->plan.arch == BE_VTD ? VM_VTD_BASE : VM_AMDVI_BASE) + off;
}

static uint64_t look(struct qemu_backend *b, uint32_t off, uint32_t width)
{
	uint64_t val;

	if (width != 4 && width != 8)
		stop(b, "a register access of neither 4 nor 8 bytes");
	if (!usable(b))
		return ones(width);
	val = qtest_read(&b->vm->qtest, register_at(b, off), width);
	/* A20: behind the last command the head is the size; software must see 0 */
	if (b->plan.arch == BE_AMDVI && off == AMDVI_REG_CMD_HEAD && guard_old(b->vm)) {
		uint64_t ring = qtest_read(&b->vm->qtest, register_at(b, AMDVI_REG_CMDBUF), 8);
		uint64_t bytes = UINT64_C(1)
				 << AMDVI_RING_LG2_BYTES(FIELD_GET(AMDVI_RING_LEN, ring));

		if (val == bytes)
			val = 0;
	}
	return val;
}

static uint64_t reg_read(struct backend *be, uint32_t unit, uint32_t off, uint32_t width)
{
	(void)unit;
	access_made(of(be));
	return look(of(be), off, width);
}

static void reg_write(struct backend *be, uint32_t unit, uint32_t off, uint32_t width, uint64_t val)
{
	struct qemu_backend *b = of(be);
	const char *why;

	(void)unit;
	access_made(b);
	if (!usable(b))
		return;
	why = guard_write(b->vm, &b->guard, off, width, val);
	if (why)
		stop(b, why);
	if (usable(b))
		qtest_write(&b->vm->qtest, register_at(b, off), width, val);
}

static void remember_table(struct qemu_backend *b, uint64_t pa)
{
	const uint8_t *at = b->vm ? ram_at(&b->vm->ram, pa, 1) : NULL;
	uint64_t bit = at ? (uint64_t)(at - b->vm->ram.map) / RAM_PAGE : 0;

	if (at)
		b->tables[bit / 8] = (uint8_t)(b->tables[bit / 8] | 1u << bit % 8);
}

static bool is_table(void *ctx, uint64_t page)
{
	const struct qemu_backend *b = ctx;
	const uint8_t *at = ram_at(&b->vm->ram, page, 1);
	uint64_t bit = at ? (uint64_t)(at - b->vm->ram.map) / RAM_PAGE : 0;

	return at && b->tables[bit / 8] & 1u << bit % 8;
}

static uint64_t mem_read(struct backend *be, uint64_t pa)
{
	struct qemu_backend *b = of(be);
	uint64_t val = UINT64_MAX;

	access_made(b);
	if (b->vm && !ram_load(&b->vm->ram, pa, &val, sizeof(val)))
		stop(b, "the guest's processor reads what is no memory on q35");
	return val;
}

static void mem_write(struct backend *be, uint64_t pa, uint64_t val)
{
	struct qemu_backend *b = of(be);

	access_made(b);
	if (b->vm && !ram_store(&b->vm->ram, pa, &val, sizeof(val)))
		stop(b, "the guest's processor writes what is no memory on q35");
	remember_table(b, pa);
}

static void sync_mem(struct backend *be, uint64_t pa, uint64_t size, bool write_back)
{
	(void)pa;
	(void)size;
	(void)write_back; /* QEMU sees every store at once */
	access_made(of(be));
}

static uint64_t now(const struct backend *be)
{
	return in(be)->now_ns;
}

static void relax(struct backend *be)
{
	of(be)->now_ns += RELAX_NS;
}

static void advance(struct backend *be, uint64_t ns)
{
	of(be)->now_ns += ns;
}

static bool declared(const struct qemu_backend *b, uint64_t pa, size_t len)
{
	for (uint32_t i = 0; i < b->ranges; i++)
		if (pa >= b->range[i].first && pa <= b->range[i].last &&
		    len - 1 <= b->range[i].last - pa)
			return true;
	return false;
}

static int load(struct backend *be, uint64_t pa, void *buf, size_t len)
{
	struct qemu_backend *b = of(be);

	return b->vm && len && declared(b, pa, len) && ram_load(&b->vm->ram, pa, buf, len) ? 0 : -1;
}

static int store(struct backend *be, uint64_t pa, const void *buf, size_t len)
{
	struct qemu_backend *b = of(be);

	if (!b->vm || !len || !declared(b, pa, len) || !ram_store(&b->vm->ram, pa, buf, len))
		return -1;
	if (len < RAM_PAGE)
		remember_table(b, pa);
	return 0;
}

static uint64_t peek(const struct backend *be, uint32_t unit, uint32_t off, uint32_t width)
{
	(void)unit;
	/* a look from outside is an exchange like any other; nothing of the run changes by it */
	return look((struct qemu_backend *)(uintptr_t)be, off, width);
}

static void on_yield(struct backend *be, be_yield_fn fn, void *ctx)
{
	of(be)->yield = fn;
	of(be)->yield_ctx = ctx;
}

/* ---- VT-d fault records ---- */

struct fault {
	uint64_t high;
	uint32_t status; /* AMD-Vi: the tail of the event log, and nothing else */
};

static uint32_t frcd_of(const struct qemu_backend *b)
{
	return (uint32_t)VTD_REG_FRCD(FIELD_GET(VTD_CAP_FRO, b->actual.word[BE_VTD_CAP]), 0);
}

static struct fault fault_now(struct qemu_backend *b)
{
	struct qtest_access a[] = { { false, 8, register_at(b, frcd_of(b) + 8), 0 },
				    { false, 4, register_at(b, VTD_REG_FSTS), 0 } };
	struct fault f = { 0, 0 };

	if (b->plan.arch != BE_VTD) {
		f.status =
			(uint32_t)qtest_read(&b->vm->qtest, register_at(b, AMDVI_REG_EVT_TAIL), 8);
		return f;
	}
	qtest_together(&b->vm->qtest, a, 2);
	f.high = a[0].val;
	f.status = (uint32_t)a[1].val;
	return f;
}

struct asking {
	struct qemu_backend *b;
	struct fault before;
};

/* A record that was not there before, or an overflow that was not. */
static bool told(const struct fault *before, const struct fault *after)
{
	return (after->high & ~before->high & VTD_FRCD1_F) ||
	       (after->status & ~before->status & VTD_FSTS_PFO);
}

static bool refused(void *ctx)
{
	struct asking *a = ctx;
	struct fault after = fault_now(a->b);

	return a->b->plan.arch == BE_VTD && told(&a->before, &after);
}

static bool asked_is_table(void *ctx, uint64_t page)
{
	return is_table(((struct asking *)ctx)->b, page);
}

/* ---- requests ---- */

static void blocked_vtd(struct qemu_backend *b, uint32_t dev, const struct fault *before,
			struct be_dma_result *res)
{
	struct fault after = fault_now(b);

	res->outcome = BE_UR;
	if (after.high & ~before->high & VTD_FRCD1_F) {
		res->reason = (uint8_t)FIELD_GET(VTD_FRCD1_FR, after.high);
		res->recorded = true;
		res->unknown |= BE_UNKNOWN_SUPPRESSED;
		return;
	}
	res->unknown |= BE_UNKNOWN_REASON | BE_UNKNOWN_RECORDED | BE_UNKNOWN_SUPPRESSED;
	if (before->high & VTD_FRCD1_F) {
		/* a scenario that asks for one record expects just that */
		if (!(b->asked.stated[BE_VTD_CAP] & VTD_CAP_NFR) && !b->lost_records) {
			note(b, "V26: it has one fault record");
			b->lost_records = true;
		}
		return;
	}
	if (b->guard.used[dev])
		stop(b,
		     "V1: a hit in the IOTLB without the permission is blocked without a record");
}

static void blocked_amdvi(struct qemu_backend *b, uint32_t dev, const struct fault *before,
			  struct be_dma_result *res)
{
	res->outcome = BE_CA;
	res->unknown |= BE_UNKNOWN_REASON | BE_UNKNOWN_RECORDED | BE_UNKNOWN_SUPPRESSED;
	if (guard_old(b->vm))
		note(b, "A1: no event is ever logged");
	else if (b->guard.used[dev] && fault_now(b).status == before->status)
		stop(b, "A6: a cached page without permission blocks without event");
	else
		note(b, "A13: events have defects");
}

static void blocked(struct qemu_backend *b, uint32_t dev, const struct fault *before,
		    const struct be_dma *d, struct be_dma_result *res)
{
	res->fail_addr = d->addr + res->done;
	res->unknown |= BE_UNKNOWN_KIND;
	if (b->plan.arch == BE_VTD)
		blocked_vtd(b, dev, before, res);
	else
		blocked_amdvi(b, dev, before, res);
}

static void went(struct qemu_backend *b, uint32_t dev, uint64_t pa, uint32_t len,
		 struct be_dma_result *res)
{
	struct be_segment *s = res->segs ? res->seg + res->segs - 1 : NULL;

	b->guard.used[dev] = true;
	if (!res->done)
		res->pa = pa;
	res->done += len;
	if (s && s->pa + s->len == pa)
		s->len += len;
	else if (res->segs < BE_SEGMENTS)
		res->seg[res->segs++] = (struct be_segment){ pa, len };
}

/* Who makes the request: of two that share an id each in turn. */
static uint32_t whose_turn(struct qemu_backend *b, uint32_t dev)
{
	if (!b->plan.device[dev].twin)
		return dev;
	b->second[dev] = !b->second[dev];
	return b->second[dev] ? dev : dev + 1;
}

/* One piece; false ends the request. */
static bool piece(struct qemu_backend *b, uint32_t dev, const struct be_dma *d, uint32_t len,
		  struct be_dma_result *res)
{
	struct asking ask = { b, fault_now(b) };
	struct move m = { .dev = whose_turn(b, dev),
			  .iova = d->addr + res->done,
			  .len = len,
			  .data = (uint8_t *)d->data + res->done,
			  .tags = &b->tags,
			  .refused = refused,
			  .is_table = asked_is_table,
			  .ctx = &ask,
			  .doubt = b->plan.arch == BE_VTD && !(ask.before.high & VTD_FRCD1_F) };
	enum moved rc = d->access == BE_WRITE ? move_write(b->vm, &m) : move_read(b->vm, &m);

	if (rc == MOVED_ALL)
		went(b, dev, m.pa, len, res);
	else if (rc == MOVED_NOTHING)
		blocked(b, dev, &ask.before, d, res);
	else if (rc == MOVED_UNKNOWN)
		stop(b, m.why);
	return rc == MOVED_ALL;
}

static const char *lacks(const struct qemu_backend *b, const struct be_dma *d)
{
	if (d->access == BE_ATOMIC || d->access == BE_ZLR)
		return "edu makes reads and writes only";
	if (d->at != BE_AT_UNTRANSLATED)
		return "edu has no TLB of its own";
	if (d->flags)
		return "edu's requests have no PASID and no attributes";
	if (d->spoof)
		return "edu sends no requester id but its own";
	if (!d->len)
		return "edu has no request of 0 bytes";
	if (d->dev >= b->devices || b->device[d->dev] < 0)
		return "a device with this requester id has no place there";
	return NULL;
}

static uint64_t msi_count(const struct backend *be);

/* Whether a fault of a message would be told by a record: AMD-Vi logs none (A1, A46), 7.2 neither (V22). */
static bool tells_messages(const struct qemu_backend *b, const struct fault *before)
{
	return b->plan.arch == BE_VTD && b->program.number >= QEMU_VERSION(10, 0) &&
	       !(before->high & VTD_FRCD1_F);
}

/* What arrived shows what is not told: whether a message was blocked. */
static bool arrived(struct backend *be, const struct guard_message *to)
{
	uint32_t before = of(be)->msis;

	if (msi_count(be) == before)
		return false;
	return of(be)->vector[to->controller][to->vector];
}

static void unseen_refusal(const struct qemu_backend *b, const struct be_dma *d,
			   struct be_dma_result *res)
{
	res->outcome = b->plan.arch == BE_VTD ? BE_UR : BE_CA;
	res->fail_addr = d->addr;
	res->unknown |=
		BE_UNKNOWN_KIND | BE_UNKNOWN_REASON | BE_UNKNOWN_RECORDED | BE_UNKNOWN_SUPPRESSED;
}

/* An interrupt: it does not go through the tables, and nothing but the controller sees it. */
static int message(struct backend *be, uint32_t dev, const struct be_dma *d,
		   struct be_dma_result *res)
{
	struct qemu_backend *b = of(be);
	struct guard_message to;
	const char *why = guard_message(b->vm, &b->guard, dev, d->access == BE_WRITE, d->addr,
					d->data, d->len, &to);
	struct asking ask = { b, fault_now(b) };
	uint32_t data = 0;
	bool look = to.remapped && !tells_messages(b, &ask.before), there;

	if (!why && look && to.delivered && !b->config.repeats &&
	    (msi_count(be), b->vector[to.controller][to.vector]))
		why = "the controller holds this vector already: whether it comes again is not "
		      "told";
	if (!why) /* it has four bytes */
		memcpy(&data, d->data, sizeof(data));
	if (!why && data > UINT16_MAX)
		why = "edu's interrupts have 16 bits of data";
	if (why)
		stop(b, why);
	if (!usable(b) ||
	    !b->vm->master->message(b->vm, whose_turn(b, dev), d->addr, (uint16_t)data))
		return -1;
	res->source = BE_FROM_MSI;
	there = look ? to.delivered && arrived(be, &to) : !refused(&ask);
	if (there)
		res->done = d->len;
	else if (look) /* nothing of translation is to be learnt from it */
		unseen_refusal(b, d, res);
	else
		blocked(b, dev, &ask.before, d, res);
	return usable(b) ? 0 : -1;
}

static int dma(struct backend *be, const struct be_dma *d, struct be_dma_result *res)
{
	struct qemu_backend *b = of(be);
	const char *why = lacks(b, d);
	uint32_t dev;

	memset(res, 0, sizeof(*res));
	res->unknown = BE_UNKNOWN_SOURCE | BE_UNKNOWN_STALE | BE_UNKNOWN_LEVEL | BE_UNKNOWN_PERM;
	if (why)
		stop(b, why);
	if (!usable(b))
		return -1;
	dev = (uint32_t)b->device[d->dev];
	while (res->done < d->len) {
		uint64_t at = d->addr + res->done, left = d->len - res->done;
		uint32_t len = RAM_PAGE - (uint32_t)(at % RAM_PAGE);

		if (len > left)
			len = (uint32_t)left;
		if (len > b->vm->master->longest)
			len = b->vm->master->longest;
		if (guard_is_message(at, len))
			return message(be, dev, d, res);
		why = guard_dma(b->vm, &b->guard, dev, at, len);
		if (why)
			stop(b, why);
		if (!usable(b))
			return -1;
		if (!piece(b, dev, d, len, res))
			break;
	}
	return usable(b) ? 0 : -1;
}

/* ---- interrupts ---- */

/* A vector that arrived is known to come from the unit when an event of the unit is programmed with it. */
static struct be_msi message_of(struct qemu_backend *b, uint32_t processor, uint32_t vector)
{
	static const uint32_t events[][2] = { { VTD_REG_FEDATA, VTD_REG_FEADDR },
					      { VTD_REG_IEDATA, VTD_REG_IEADDR } };
	struct be_msi m = { .addr = MSI_BASE | processor << MSI_DESTINATION, .data = vector };

	for (size_t i = 0; b->plan.arch == BE_VTD && i < sizeof(events) / sizeof(events[0]); i++) {
		uint32_t data = (uint32_t)look(b, events[i][0], 4);
		uint64_t addr = look(b, events[i][1], 4);

		if ((data & 0xff) != vector || (addr & ~UINT64_C(0xfff)) != m.addr)
			continue;
		m.addr = addr | look(b, events[i][1] + 4, 4) << 32; /* FEUADDR, IEUADDR */
		m.data = data;
		m.from_unit = true;
		break;
	}
	return m;
}

/* A vector that is new in a controller; new in several it was one message to all of them. */
static void take_vector(struct qemu_backend *b, uint32_t vector,
			bool seen[QMP_PROCESSORS][QMP_VECTORS])
{
	uint32_t first = QMP_PROCESSORS;

	for (uint32_t p = QMP_PROCESSORS; p-- > 0;) {
		if (!seen[p][vector] || b->vector[p][vector])
			continue;
		b->vector[p][vector] = true;
		first = p;
	}
	if (first < QMP_PROCESSORS && b->msis < MSIS)
		b->msi[b->msis++] = message_of(b, first, vector);
}

/* Controllers hold a vector once, however often it comes: what is counted is which arrived. */
static uint64_t msi_count(const struct backend *be)
{
	struct qemu_backend *b = (struct qemu_backend *)(uintptr_t)be;
	bool seen[QMP_PROCESSORS][QMP_VECTORS];

	for (uint32_t p = 0; p < QMP_PROCESSORS; p++)
		if (!usable(b) || !qmp_vectors(&b->vm->qmp, p, seen[p]))
			return b->msis;
	for (uint32_t v = 0; v < QMP_VECTORS; v++)
		take_vector(b, v, seen);
	return b->msis;
}

static bool msi_get(const struct backend *be, uint64_t n, struct be_msi *out)
{
	if (n >= in(be)->msis)
		return false;
	*out = in(be)->msi[n];
	return true;
}

static bool tells_faults(const struct backend *be, uint32_t unit)
{
	(void)unit;
	return in(be)->plan.arch == BE_VTD && !in(be)->lost_records;
}

/* ---- trace ---- */

static void mark(struct backend *be, uint64_t number)
{
	if (of(be)->vm)
		qemu_journal_mark(&of(be)->vm->journal, number);
}

static uint64_t trace_count(const struct backend *be)
{
	return in(be)->vm ? in(be)->vm->journal.count : 0;
}

static bool trace_line(const struct backend *be, uint64_t n, char *buf, size_t size,
		       uint64_t *marked)
{
	const char *text = in(be)->vm ? qemu_journal_line(&in(be)->vm->journal, n, marked) : NULL;

	if (text)
		snprintf(buf, size, "%s", text);
	return text != NULL;
}

const struct backend_ops backend_qemu_ops = {
	.name = "qemu",
	.unit_default = unit_default,
	.mem_add = mem_add,
	.unit_add = unit_add,
	.device_add = device_add,
	.device_behind = device_behind,
	.ready = ready,
	.why = why_of,
	.unit_actual = unit_actual,
	.close = close_qemu,
	.cannot = cannot,
	.broken = broken,
	.reg_read = reg_read,
	.reg_write = reg_write,
	.mem_read = mem_read,
	.mem_write = mem_write,
	.sync = sync_mem,
	.now = now,
	.relax = relax,
	.advance = advance,
	.load = load,
	.store = store,
	.peek = peek,
	.on_yield = on_yield,
	.dma = dma,
	.msi_count = msi_count,
	.msi_get = msi_get,
	.msi_merged = true,
	.tells_faults = tells_faults,
	.mark = mark,
	.trace_count = trace_count,
	.trace_line = trace_line,
};

/* ---- for reports ---- */

const struct qemu_program *backend_qemu_program(const struct backend *be)
{
	return &in(be)->program;
}

const char *backend_qemu_machine(const struct backend *be)
{
	return in(be)->vm ? in(be)->vm->machine : in(be)->plan.unit;
}

void backend_qemu_log(const struct backend *be, char *buf, size_t size)
{
	*buf = '\0';
	if (in(be)->vm)
		vm_log(in(be)->vm, REPORT_LINES, buf, size);
}

const char *backend_qemu_divergences(const struct backend *be)
{
	return in(be)->divergences;
}

struct backend *backend_qemu_open(const struct be_config *config,
				  const struct be_qemu_options *options)
{
	static const struct be_qemu_options none = { 0 };
	struct qemu_backend *b = calloc(1, sizeof(*b));

	if (!b)
		return NULL;
	if (!options)
		options = &none;
	b->base.ops = &backend_qemu_ops;
	b->config = *config;
	b->keep = options->keep;
	b->timeout_ms = options->timeout_ms;
	b->tags = config->seed;
	if (options->program)
		b->program = *options->program;
	else
		(void)qemu_probe(options->binary, options->prefix, &b->program, b->probe_error,
				 sizeof(b->probe_error));
	return &b->base;
}
