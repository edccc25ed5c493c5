/* Plays a case on a backend. */
#include "play.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch.h"
#include "hw/amdvi.h"
#include "hw/vtd.h"

#define POLLS 200000u
#define DMA_MAX 64

struct player {
	const struct xc_case *c;
	struct backend *be;
	struct play *out;
	uint64_t cap, ecap; /* VT-d: as read */
	uint32_t gcmd;      /* VT-d: the enables that are on */
	uint64_t control;   /* AMD-Vi */
	uint64_t serial;    /* of waits and of written patterns */
};

__attribute__((format(printf, 2, 3))) static bool broken(struct player *p, const char *fmt, ...)
{
	va_list ap;

	if (p->out->end == PLAY_DONE) {
		va_start(ap, fmt);
		vsnprintf(p->out->why, sizeof(p->out->why), fmt, ap);
		va_end(ap);
		p->out->end = PLAY_BROKEN;
	}
	return false;
}

static bool cannot(struct player *p, const char *why)
{
	snprintf(p->out->why, sizeof(p->out->why), "%s", why);
	p->out->end = PLAY_CANNOT;
	return false;
}

static uint64_t rd(struct player *p, uint32_t off, uint32_t width)
{
	return p->be->ops->reg_read(p->be, 0, off, width);
}

static void wr(struct player *p, uint32_t off, uint32_t width, uint64_t val)
{
	p->be->ops->reg_write(p->be, 0, off, width, val);
}

/* False when the backend broke, or met what it cannot present. */
static bool alive(struct player *p)
{
	const struct backend_ops *ops = p->be->ops;
	const char *why = ops->broken ? ops->broken(p->be) : NULL;

	if (why)
		return broken(p, "%s", why);
	why = ops->cannot ? ops->cannot(p->be) : NULL;
	return why ? cannot(p, why) : true;
}

/* Polls until the bits are as wanted. */
static bool await(struct player *p, uint32_t off, uint32_t width, uint64_t mask, uint64_t want)
{
	for (uint32_t i = 0; i < POLLS; i++) {
		if ((rd(p, off, width) & mask) == want)
			return true;
		if (p->be->ops->broken && p->be->ops->broken(p->be))
			break;
		p->be->ops->relax(p->be);
	}
	return alive(p) && broken(p,
				  "register 0x%x never had 0x%" PRIx64 " under mask 0x%" PRIx64
				  ", it reads 0x%" PRIx64,
				  off, want, mask, rd(p, off, width));
}

/* ---- the machine ---- */

bool play_unit(const struct xc_case *c, const struct backend_ops *ops, struct be_unit *u)
{
	memset(u, 0, sizeof(*u));
	u->arch = c->arch;
	backend_sim_ops.unit_default(u);
	if (ops != &backend_sim_ops && ops->unit_default)
		ops->unit_default(u);
	u->base = UINT64_C(0xfed90000);
	for (uint32_t i = 0; i < c->caps; i++) {
		if (strcmp(c->cap[i].name, "host-address-bits") == 0) {
			u->word[BE_VTD_HAW] = c->cap[i].value;
			u->stated[BE_VTD_HAW] = UINT64_MAX;
		} else if (unit_set(u, c->cap[i].name, c->cap[i].value)) {
			return false;
		}
	}
	return true;
}

static bool set_up(struct player *p)
{
	const struct backend_ops *ops = p->be->ops;
	struct be_unit u;
	int rc;

	if (!play_unit(p->c, ops, &u))
		return broken(p, "a capability of the case does not exist");
	if (ops->mem_add(p->be, 0, XC_RAM_LAST))
		return broken(p, "memory: %s", ops->why(p->be));
	rc = ops->unit_add(p->be, &u);
	if (rc == -2)
		return cannot(p, ops->why(p->be));
	if (rc)
		return broken(p, "the unit: %s", ops->why(p->be));
	for (uint32_t i = 0; i < p->c->devices; i++) {
		if (ops->device_behind)
			ops->device_behind(p->be, p->c->behind[i]);
		if (ops->device_add(p->be, 0, p->c->rid[i], false) != (int)i)
			return broken(p, "device %04x: %s", p->c->rid[i], ops->why(p->be));
	}
	rc = ops->ready ? ops->ready(p->be) : 0;
	if (rc == -2)
		return cannot(p, ops->why(p->be));
	return rc ? broken(p, "%s", ops->why(p->be)) : alive(p);
}

static bool fill_memory(struct player *p)
{
	uint64_t page[512];

	for (uint64_t pa = XC_DATA; pa < XC_DATA_LAST; pa += sizeof(page)) {
		for (uint32_t i = 0; i < 512; i++)
			page[i] = xc_tag(pa + 8 * i);
		if (p->be->ops->store(p->be, pa, page, sizeof(page)))
			return broken(p, "address 0x%" PRIx64 " is no memory", pa);
	}
	for (uint32_t i = 0; i < p->c->images; i++) {
		const struct xc_store *s = p->c->image + i;

		for (uint32_t k = 0; k < s->repeat; k++)
			if (p->be->ops->store(p->be, s->pa + 8 * (uint64_t)s->n * k, s->w,
					      8 * (size_t)s->n))
				return broken(p, "address 0x%" PRIx64 " is no memory", s->pa);
	}
	return true;
}

/* The data area has to be as it was: nothing strayed. */
static bool memory_intact(struct player *p)
{
	uint64_t page[512];

	for (uint64_t pa = XC_DATA; pa < XC_DATA_LAST; pa += sizeof(page)) {
		if (p->be->ops->load(p->be, pa, page, sizeof(page)))
			return broken(p, "address 0x%" PRIx64 " is no memory", pa);
		for (uint32_t i = 0; i < 512; i++)
			if (page[i] != xc_tag(pa + 8 * i))
				return broken(p, "memory at 0x%" PRIx64 " was written by nobody",
					      pa + 8 * i);
	}
	return true;
}

/* ---- commands ---- */

static bool submit(struct player *p, const uint64_t *q, bool amd)
{
	uint32_t head = amd ? AMDVI_REG_CMD_HEAD : VTD_REG_IQH;
	uint32_t tail = amd ? AMDVI_REG_CMD_TAIL : VTD_REG_IQT;
	uint64_t at = rd(p, tail, 8) & 0xff0;
	uint64_t wait[2] = { 0, XC_STATUS }, done, next;

	p->be->ops->mem_write(p->be, XC_QUEUE + at + 8, q[1]);
	p->be->ops->mem_write(p->be, XC_QUEUE + at, q[0]);
	at = (at + 16) % (16 * XC_QUEUE_ENTRIES);
	p->serial++;
	if (amd) {
		wait[0] = FIELD_PREP(AMDVI_CMD0_OP, AMDVI_OP_COMPLETION_WAIT) | AMDVI_CWC0_S |
			  XC_STATUS;
		wait[1] = p->serial;
	} else {
		wait[0] = VTD_DT_WAIT | VTD_WAITD0_SW | FIELD_PREP(VTD_WAITD0_SDATA, p->serial);
	}
	p->be->ops->mem_write(p->be, XC_QUEUE + at + 8, wait[1]);
	p->be->ops->mem_write(p->be, XC_QUEUE + at, wait[0]);
	next = (at + 16) % (16 * XC_QUEUE_ENTRIES);
	p->be->ops->sync(p->be, XC_QUEUE, 4096, true);
	wr(p, tail, 8, next);
	if (!await(p, head, 8, 0xff0, next))
		return false;
	p->be->ops->advance(p->be, XC_SETTLE_NS);
	done = p->be->ops->mem_read(p->be, XC_STATUS);
	if (done != p->serial)
		return alive(p) &&
		       broken(p, "the wait's status is 0x%" PRIx64 ", expected 0x%" PRIx64, done,
			      p->serial);
	return alive(p);
}

static bool vtd_register_inval(struct player *p, const struct xc_inval *v)
{
	uint32_t iva = (uint32_t)FIELD_GET(VTD_ECAP_IRO, p->ecap) * VTD_IRO_UNIT;

	if (v->kind == XC_VTD_CONTEXT) {
		wr(p, VTD_REG_CCMD, 8,
		   VTD_CCMD_ICC | FIELD_PREP(VTD_CCMD_CIRG, v->g) | FIELD_PREP(VTD_CCMD_FM, v->fm) |
			   FIELD_PREP(VTD_CCMD_SID, v->sid) | FIELD_PREP(VTD_CCMD_DID, v->did));
		return await(p, VTD_REG_CCMD, 8, VTD_CCMD_ICC, 0);
	}
	if (v->g == 3)
		wr(p, iva, 8, (v->addr & ~UINT64_C(0xfff)) | (v->ih ? 1u << 6 : 0) | v->am);
	wr(p, iva + 8, 8,
	   VTD_IOTLB_IVT | FIELD_PREP(VTD_IOTLB_IIRG, v->g) | FIELD_PREP(VTD_IOTLB_DID, v->did));
	return await(p, iva + 8, 8, VTD_IOTLB_IVT, 0);
}

uint64_t play_irta(const struct xc_case *c)
{
	return c->ir.table | FIELD_PREP(VTD_IRTA_S, c->ir.size) | (c->ir.eime ? VTD_IRTA_EIME : 0);
}

uint64_t play_control(const struct xc_case *c)
{
	return (c->ir.ga ? AMDVI_CONTROL_GAEN : 0) | (c->ir.xt ? AMDVI_CONTROL_XTEN : 0) |
	       FIELD_PREP(AMDVI_CONTROL_NUMINTREMAPMODE,
			  c->ir.index ? AMDVI_NUMINTREMAP_2048 : AMDVI_NUMINTREMAP_512);
}

void play_inval_words(const struct xc_inval *v, uint64_t q[2])
{
	q[0] = q[1] = 0;
	switch (v->kind) {
	case XC_VTD_CONTEXT:
		q[0] = VTD_DT_CC | FIELD_PREP(VTD_CCD0_G, v->g) | FIELD_PREP(VTD_CCD0_DID, v->did) |
		       FIELD_PREP(VTD_CCD0_SID, v->sid) | FIELD_PREP(VTD_CCD0_FM, v->fm);
		break;
	case XC_VTD_IOTLB:
		q[0] = VTD_DT_IOTLB | FIELD_PREP(VTD_IOTLBD0_G, v->g) |
		       FIELD_PREP(VTD_IOTLBD0_DID, v->did);
		if (v->g == 3)
			q[1] = (v->addr & VTD_IOTLBD1_ADDR) | FIELD_PREP(VTD_IOTLBD1_AM, v->am) |
			       (v->ih ? VTD_IOTLBD1_IH : 0);
		break;
	case XC_VTD_IEC:
		q[0] = VTD_DT_IEC | FIELD_PREP(VTD_IECD0_IIDX, v->index) |
		       FIELD_PREP(VTD_IECD0_IM, v->am) | (v->g ? VTD_IECD0_G : 0);
		break;
	case XC_AMD_DEVTAB:
		q[0] = FIELD_PREP(AMDVI_CMD0_OP, AMDVI_OP_INVALIDATE_DEVTAB_ENTRY) | v->sid;
		break;
	case XC_AMD_PAGES:
		q[0] = FIELD_PREP(AMDVI_CMD0_OP, AMDVI_OP_INVALIDATE_IOMMU_PAGES) |
		       FIELD_PREP(AMDVI_PAGESC0_DOMAINID, v->did);
		q[1] = (v->addr & AMDVI_PAGESC1_ADDR) | (v->s ? AMDVI_PAGESC1_S : 0) |
		       (v->pde ? AMDVI_PAGESC1_PDE : 0);
		break;
	case XC_AMD_INTTAB:
		q[0] = FIELD_PREP(AMDVI_CMD0_OP, AMDVI_OP_INVALIDATE_INTERRUPT_TABLE) | v->sid;
		break;
	case XC_AMD_ALL:
		q[0] = FIELD_PREP(AMDVI_CMD0_OP, AMDVI_OP_INVALIDATE_IOMMU_ALL);
		break;
	}
}

static bool inval(struct player *p, const struct xc_inval *v)
{
	uint64_t q[2];

	if (p->c->by_register)
		return vtd_register_inval(p, v);
	play_inval_words(v, q);
	return submit(p, q, p->c->arch == BE_AMDVI);
}

/* ---- switching on ---- */

static bool vtd_command(struct player *p, uint32_t bit)
{
	wr(p, VTD_REG_GCMD, 4, p->gcmd | bit);
	if (!(bit & (VTD_GCMD_SRTP | VTD_GCMD_SIRTP)))
		p->gcmd |= bit;
	return await(p, VTD_REG_GSTS, 4, bit, bit);
}

static bool vtd_start_interrupts(struct player *p)
{
	struct xc_inval all = { .kind = XC_VTD_IEC };
	const struct xc_ir *ir = &p->c->ir;

	if (!ir->on)
		return true;
	wr(p, VTD_REG_IRTA, 8, play_irta(p->c));
	return vtd_command(p, (uint32_t)VTD_GCMD_SIRTP) && inval(p, &all) &&
	       (!ir->cfi || vtd_command(p, (uint32_t)VTD_GCMD_CFI)) &&
	       vtd_command(p, (uint32_t)VTD_GCMD_IRE);
}

static bool vtd_start(struct player *p)
{
	struct xc_inval all_contexts = { .kind = XC_VTD_CONTEXT, .g = 1 };
	struct xc_inval all_pages = { .kind = XC_VTD_IOTLB, .g = 1 };

	p->cap = rd(p, VTD_REG_CAP, 8);
	p->ecap = rd(p, VTD_REG_ECAP, 8);
	if (!p->c->by_register) {
		wr(p, VTD_REG_IQT, 8, 0);
		wr(p, VTD_REG_IQA, 8, XC_QUEUE);
		if (!vtd_command(p, (uint32_t)VTD_GCMD_QIE))
			return false;
	}
	wr(p, VTD_REG_RTADDR, 8, xc_root(p->c));
	return vtd_command(p, (uint32_t)VTD_GCMD_SRTP) && inval(p, &all_contexts) &&
	       inval(p, &all_pages) && vtd_start_interrupts(p) &&
	       vtd_command(p, (uint32_t)VTD_GCMD_TE);
}

/* Takes the events there are; the first is told. */
static bool amd_record(struct player *p, struct xc_seen *seen)
{
	uint64_t head = rd(p, AMDVI_REG_EVT_HEAD, 8), tail = rd(p, AMDVI_REG_EVT_TAIL, 8), q[2];

	if (head == tail)
		return true;
	if (p->be->ops->load(p->be, XC_LOG + head, q, sizeof(q)))
		return broken(p, "the event log is no memory");
	seen->recorded = true;
	seen->reason = (uint8_t)(q[0] >> 60);
	seen->flags = (uint16_t)(q[0] >> 48 & 0xfff);
	seen->did = (uint16_t)(q[0] >> 32);
	seen->sid = (uint16_t)q[0];
	seen->write = (seen->flags & 0x20) != 0;
	seen->addr = q[1];
	wr(p, AMDVI_REG_EVT_HEAD, 8, tail);
	return true;
}

static bool amd_start(struct player *p)
{
	struct xc_inval all = { .kind = XC_AMD_ALL };

	wr(p, AMDVI_REG_DEVTAB, 8, XC_TABLES | 3);
	wr(p, AMDVI_REG_CMDBUF, 8, XC_QUEUE | FIELD_PREP(AMDVI_RING_LEN, 8));
	wr(p, AMDVI_REG_EVTLOG, 8, XC_LOG | FIELD_PREP(AMDVI_RING_LEN, 8));
	p->control = rd(p, AMDVI_REG_CONTROL, 8) | AMDVI_CONTROL_CMDBUFEN |
		     AMDVI_CONTROL_EVENTLOGEN | AMDVI_CONTROL_IOMMUEN | play_control(p->c);
	wr(p, AMDVI_REG_CONTROL, 8, p->control);
	if (!await(p, AMDVI_REG_STATUS, 8, AMDVI_STATUS_CMDBUFRUN | AMDVI_STATUS_EVENTLOGRUN,
		   AMDVI_STATUS_CMDBUFRUN | AMDVI_STATUS_EVENTLOGRUN))
		return false;
	for (uint32_t i = 0; i < p->c->devices; i++) {
		struct xc_inval entry = { .kind = XC_AMD_DEVTAB, .sid = p->c->rid[i] };

		if (!inval(p, &entry))
			return false;
	}
	return inval(p, &all) && amd_record(p, &p->out->at_start);
}

/* ---- DMA ---- */

/* Takes the one record there may be. */
static bool vtd_record(struct player *p, struct xc_seen *seen)
{
	uint32_t at = (uint32_t)FIELD_GET(VTD_CAP_FRO, p->cap) * VTD_FRO_UNIT;
	uint64_t lo, hi = rd(p, at + 8, 8);

	if (!(hi >> 63))
		return true;
	lo = rd(p, at, 8);
	seen->recorded = true;
	seen->reason = (uint8_t)(hi >> 32);
	seen->sid = (uint16_t)hi;
	/* a write is {T1,T2} = 00, a read 10 */
	seen->write = !(hi >> 62 & 1);
	seen->addr = lo;
	seen->pasid = (uint32_t)(hi >> 40 & 0xfffff);
	wr(p, at + 12, 4, UINT64_C(0x80000000));
	wr(p, VTD_REG_FSTS, 4, VTD_FSTS_PFO);
	if (rd(p, at + 8, 8) >> 63)
		return alive(p) && broken(p, "a second fault record for one request");
	return true;
}

static bool restore(struct player *p, uint64_t pa, uint32_t len)
{
	uint64_t tag[DMA_MAX / 8];

	for (uint32_t i = 0; i < len / 8; i++)
		tag[i] = xc_tag(pa + 8 * i);
	if (pa < XC_DATA || pa + len - 1 > XC_DATA_LAST)
		return broken(p, "a write went to 0x%" PRIx64 ", outside the data area", pa);
	return p->be->ops->store(p->be, pa, tag, len) == 0 ||
	       broken(p, "address 0x%" PRIx64 " is no memory", pa);
}

/* Where did the bytes go, or come from? They say it themselves. */
static bool look_at_bytes(struct player *p, const struct xc_dma *d, struct xc_seen *seen,
			  const struct be_dma_result *res, const uint64_t *data)
{
	uint64_t there[DMA_MAX / 8];

	if (!d->write) {
		seen->pa = data[0] == xc_tag(data[0]) ? data[0] & 0xffffffff : res->pa;
		if (seen->pa != res->pa)
			return broken(p,
				      "a read at 0x%" PRIx64 " got the bytes of 0x%" PRIx64
				      ", the backend says 0x%" PRIx64,
				      d->iova, seen->pa, res->pa);
		for (uint32_t i = 1; i < d->len / 8; i++)
			if (data[i] != data[0] + 8 * i)
				return broken(p,
					      "a read at 0x%" PRIx64
					      " is not of one piece: 0x%" PRIx64
					      " after 0x%" PRIx64,
					      d->iova, data[i], data[0]);
		return true;
	}
	seen->pa = res->pa;
	if (p->be->ops->load(p->be, res->pa, there, d->len) || memcmp(there, data, d->len) != 0)
		return broken(p, "a write at 0x%" PRIx64 " is not to be found at 0x%" PRIx64,
			      d->iova, res->pa);
	return restore(p, res->pa, d->len);
}

static bool dma(struct player *p, const struct xc_dma *d, struct xc_seen *seen)
{
	uint64_t data[DMA_MAX / 8 + 1] = { 0 };
	struct be_dma_result res;
	struct be_dma q = { .dev = d->dev,
			    .access = d->write ? BE_WRITE : BE_READ,
			    .addr = d->iova,
			    .len = d->len,
			    .data = data };

	p->serial++;
	for (uint32_t i = 0; d->write && i < d->len / 8; i++)
		data[i] = UINT64_C(0xd3a0000000000000) | p->serial << 8 | i;
	memset(&res, 0, sizeof(res));
	if (p->be->ops->dma(p->be, &q, &res))
		return alive(p) && broken(p, "the backend refuses a request");
	if (!alive(p))
		return false;
	p->be->ops->advance(p->be, XC_SETTLE_NS);
	seen->moved = res.outcome == BE_OK;
	if (seen->moved && !look_at_bytes(p, d, seen, &res, data))
		return false;
	return (p->c->arch == BE_VTD ? vtd_record(p, seen) : amd_record(p, seen)) && alive(p);
}

/* ---- messages ---- */

/* What the sink has had since there were `before`; one message at most. */
static bool look_at_sink(struct player *p, uint64_t before, struct xc_seen *seen)
{
	uint64_t after = p->be->ops->msi_count(p->be);

	for (uint64_t n = before; n < after; n++) {
		struct be_msi got = { 0 };

		if (!p->be->ops->msi_get(p->be, n, &got) || got.from_unit)
			continue;
		if (seen->moved)
			return broken(p, "one message was delivered twice");
		seen->moved = true;
		seen->pa = got.addr;
		seen->data = got.data;
	}
	return true;
}

static bool msi(struct player *p, const struct xc_msi *m, struct xc_seen *seen)
{
	uint64_t data = m->data, before = p->be->ops->msi_count(p->be);
	struct be_dma_result res;
	struct be_dma q = {
		.dev = m->dev, .access = BE_WRITE, .addr = m->addr, .len = m->len, .data = &data
	};

	memset(&res, 0, sizeof(res));
	if (p->be->ops->dma(p->be, &q, &res))
		return alive(p) && broken(p, "the backend refuses a message");
	if (!alive(p))
		return false;
	p->be->ops->advance(p->be, XC_SETTLE_NS);
	return look_at_sink(p, before, seen) &&
	       (p->c->arch == BE_VTD ? vtd_record(p, seen) : amd_record(p, seen)) && alive(p);
}

/* ---- the case ---- */

static bool store(struct player *p, const struct xc_store *s)
{
	for (uint32_t k = 0; k < s->repeat; k++)
		for (uint32_t i = s->n; i-- > 0;)
			p->be->ops->mem_write(p->be, s->pa + 8 * ((uint64_t)k * s->n + i), s->w[i]);
	p->be->ops->sync(p->be, s->pa, 8 * (uint64_t)s->n * s->repeat, true);
	return true;
}

static bool play_op(struct player *p, uint32_t n)
{
	const struct xc_op *op = p->c->op + n;

	switch (op->kind) {
	case XC_STORE:
		return store(p, &op->store);
	case XC_INVAL:
		/* no request was made: what stands in the log now is not the next one's */
		return inval(p, &op->inval) &&
		       (p->c->arch == BE_VTD || amd_record(p, p->out->seen + n));
	case XC_MSI:
		return msi(p, &op->msi, p->out->seen + n);
	case XC_DMA:
		break;
	}
	return dma(p, &op->dma, p->out->seen + n);
}

static bool play_all(struct player *p)
{
	if (!set_up(p) || !fill_memory(p))
		return false;
	if (!(p->c->arch == BE_VTD ? vtd_start(p) : amd_start(p)))
		return false;
	for (uint32_t i = 0; i < p->c->ops; i++)
		if (!play_op(p, i)) {
			size_t at = strlen(p->out->why);

			snprintf(p->out->why + at, sizeof(p->out->why) - at, " (operation %u)", i);
			return false;
		} else {
			p->out->ops++;
		}
	return memory_intact(p);
}

void play_case(const struct xc_case *c, play_open_fn open, void *ctx, struct play *out)
{
	struct be_config config = { .seed = c->seed * UINT64_C(0x9E3779B97F4A7C15) + c->number,
				    .policy = c->policy,
				    .trace_records = 16,
				    .repeats = true };
	struct player p = { .c = c, .out = out };

	memset(out, 0, sizeof(*out));
	p.be = open(ctx, &config);
	if (!p.be) {
		broken(&p, "out of memory");
		return;
	}
	(void)play_all(&p);
	p.be->ops->close(p.be);
}
