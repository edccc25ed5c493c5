/* The reference guest: its units, domains and mappings, by the numbers that scenarios give them. */
#include <stdlib.h>
#include <string.h>

#include "acpi/discover.h"
#include "guest_own.h"
#include "iommu/acpi.h"

#define TIMEOUT_NS UINT64_C(20000000)

/* ---- life ---- */

struct guest *guest_new(const struct guest_config *config)
{
	struct guest *g = calloc(1, sizeof(*g));

	if (!g)
		return NULL;
	g->config = *config;
	if (!guest_platform_init(g)) {
		guest_free(g);
		return NULL;
	}
	return g;
}

void guest_free(struct guest *g)
{
	if (!g)
		return;
	guest_platform_free(g);
	free(g);
}

const char *guest_error_name(int rc)
{
	if (rc == GUEST_BOUND)
		return "no end";
	return iommu_error_name(rc);
}

const char *guest_error_at(uint32_t n)
{
	const char *name = n <= 64 ? iommu_error_name(-(int)n) : "unknown";

	return strcmp(name, "unknown") == 0 ? NULL : name;
}

/* ---- units ---- */

static int do_unit(struct guest *g, struct call *c)
{
	struct iommu_unit *u = &g->unit[c->unit];

	switch (c->op) {
	case GUEST_INIT:
		return 0;
	case GUEST_BUILD:
		return iommu_unit_build(u);
	case GUEST_PROGRAM:
		return iommu_unit_program(u);
	case GUEST_ENABLE:
		return iommu_unit_enable(u);
	case GUEST_START:
		return iommu_unit_start(u);
	case GUEST_STOP:
		return iommu_unit_stop(u);
	case GUEST_RESET:
		return iommu_unit_reset(u);
	case GUEST_SUSPEND:
		return iommu_unit_suspend(u);
	case GUEST_RESUME:
		return iommu_unit_resume(u);
	}
	return IOMMU_E_INVAL;
}

/* What a driver cannot read from the registers, and firmware tells it. */
static int describe(const struct guest *g, uint32_t unit, struct iommu_unit_desc *d)
{
	const struct discovery *at = g->config.discovery;
	int n = discovery_unit(at, unit), rc;
	uint32_t cap;

	if (n < 0)
		return IOMMU_E_NOENT;
	rc = iommu_acpi_describe(discovery_records(at), (uint32_t)n, d);
	cap = discovery_records(at)->unit[n].cap;
	if (rc == IOMMU_OK && cap) {
		d->pci_cap = discovery_config(at, (uint32_t)n, cap);
		d->pci_misc0 = discovery_config(at, (uint32_t)n, cap + 0x10);
	}
	return rc;
}

int guest_describes(const struct guest *g, uint32_t record)
{
	struct iommu_unit_desc desc = { 0 };

	return iommu_acpi_describe(discovery_records(g->config.discovery), record, &desc);
}

static int do_init(struct guest *g, struct call *c)
{
	static const struct guest_unit_options none = { 0 };
	const struct guest_unit_options *o = c->options ? c->options : &none;
	struct iommu_unit_desc desc = { .index = c->unit,
					.timeout_ns = o->timeout_ns ? o->timeout_ns : TIMEOUT_NS,
					.use_register_inval = o->register_inval,
					.no_superpages = o->no_superpages,
					.no_inval_all = o->no_inval_all,
					.iova_bits = o->iova_bits };
	int rc = describe(g, c->unit, &desc);

	if (rc)
		return rc;
	if (o->rid_count)
		desc.rid_count = o->rid_count;
	return iommu_unit_init(&g->unit[c->unit], &g->plat, &desc);
}

bool guest_unit_known(const struct guest *g, uint32_t unit)
{
	return unit < GUEST_UNITS && g->unit[unit].stage != IOMMU_STAGE_NONE;
}

/* The driver must not be told that storage it still uses is new. */
static bool in_use(const struct guest *g, uint32_t unit)
{
	struct iommu_status st;

	if (!guest_unit_known(g, unit))
		return false;
	iommu_status(&g->unit[unit], &st);
	return st.stage != IOMMU_STAGE_DISCOVERED && st.stage != IOMMU_STAGE_STOPPED;
}

int guest_unit(struct guest *g, uint32_t unit, enum guest_op op,
	       const struct guest_unit_options *options)
{
	struct call c = { .fn = do_unit, .unit = unit, .op = op };

	if (op == GUEST_INIT && in_use(g, unit))
		return GUEST_NO_SLOT;
	if (op == GUEST_INIT || (!guest_unit_known(g, unit) && op <= GUEST_START)) {
		struct call init = { .fn = do_init, .unit = unit, .options = options };
		int rc;

		rc = guest_call(g, &init);
		if (rc)
			return rc;
	}
	return guest_call(g, &c);
}

static int do_fault_event(struct guest *g, struct call *c)
{
	return iommu_unit_fault_event(&g->unit[c->unit], c->msi_addr, c->msi_data);
}

int guest_fault_event(struct guest *g, uint32_t unit, uint32_t addr, uint32_t data)
{
	struct call c = { .fn = do_fault_event, .unit = unit, .msi_addr = addr, .msi_data = data };

	return guest_call(g, &c);
}

static int do_drain(struct guest *g, struct call *c)
{
	return iommu_fault_drain(&g->unit[c->unit], c->faults, c->count, c->count_out, c->lost);
}

int guest_drain(struct guest *g, uint32_t unit, struct guest_fault *out, uint32_t max,
		uint32_t *count, bool *lost)
{
	struct iommu_fault *raw = calloc(GUEST_FAULTS, sizeof(*raw));
	struct call c = {
		.fn = do_drain, .unit = unit, .faults = raw, .count_out = count, .lost = lost
	};
	int rc;

	*count = 0;
	*lost = false;
	if (!raw)
		return IOMMU_E_NOMEM;
	c.count = max < GUEST_FAULTS ? max : GUEST_FAULTS;
	rc = guest_call(g, &c);
	for (uint32_t i = 0; i < *count && i < c.count; i++)
		out[i] = (struct guest_fault){ .raw = { raw[i].raw[0], raw[i].raw[1] },
					       .addr = raw[i].addr,
					       .pasid = raw[i].pasid,
					       .rid = raw[i].rid,
					       .reason = raw[i].reason,
					       .at = raw[i].at,
					       .kind = raw[i].kind,
					       .has_pasid = raw[i].has_pasid };
	free(raw);
	return rc;
}

void guest_status(const struct guest *g, uint32_t unit, struct guest_status *s)
{
	struct iommu_status st;

	memset(&st, 0, sizeof(st));
	memset(s, 0, sizeof(*s));
	iommu_status(&g->unit[unit], &st);
	(void)iommu_status_format(&st, s->labels, sizeof(s->labels));
	s->stage = (uint32_t)st.stage;
	s->broken_why = st.broken_why;
	s->domains = st.domains;
	s->devices = st.devices;
	s->maps = st.stats.maps;
	s->unmaps = st.stats.unmaps;
	s->pages_mapped = st.stats.pages_mapped;
	s->invalidations = st.stats.invalidations;
	s->waits = st.stats.waits;
	s->timeouts = st.stats.timeouts;
	s->queue_errors = st.stats.queue_errors;
	s->silent_devices = st.stats.silent_devices;
	s->wbuf_flushes = st.stats.wbuf_flushes;
	s->faults = st.stats.faults;
	s->fault_overflows = st.stats.fault_overflows;
	s->table_pages = st.stats.table_pages;
	s->quarantined_tables = st.stats.quarantined_tables;
	s->quarantined_pages = st.stats.quarantined_pages;
}

/* ---- domains ---- */

bool guest_domain_known(const struct guest *g, uint32_t id)
{
	return id < GUEST_DOMAINS && g->domain_used[id];
}

bool guest_domain_uses(const struct guest *g, uint32_t id, uint32_t unit)
{
	const struct iommu_domain *d = &g->domain[id];

	for (uint32_t i = 0; guest_domain_known(g, id) && i < d->units; i++)
		if (d->unit[i] == &g->unit[unit])
			return true;
	return false;
}

static int do_domain(struct guest *g, struct call *c)
{
	struct iommu_unit *units[IOMMU_DOMAIN_UNITS];
	int rc;

	if (c->count > IOMMU_DOMAIN_UNITS)
		return IOMMU_E_INVAL;
	for (uint32_t i = 0; i < c->count; i++)
		units[i] = &g->unit[c->units[i]];
	rc = iommu_domain_init(&g->domain[c->id],
			       c->passthrough ? IOMMU_DOMAIN_PASSTHROUGH : IOMMU_DOMAIN_PAGING,
			       units, c->count);
	if (rc == 0)
		g->domain_used[c->id] = true;
	return rc;
}

int guest_domain(struct guest *g, uint32_t id, bool passthrough, const uint32_t *units,
		 uint32_t count)
{
	struct call c = { .fn = do_domain,
			  .id = id,
			  .passthrough = passthrough,
			  .units = units,
			  .count = count };

	return id < GUEST_DOMAINS && !g->domain_used[id] ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_destroy(struct guest *g, struct call *c)
{
	int rc = iommu_domain_destroy(&g->domain[c->id]);

	if (rc == 0)
		g->domain_used[c->id] = false;
	return rc;
}

int guest_destroy(struct guest *g, uint32_t id)
{
	struct call c = { .fn = do_destroy, .id = id };

	return guest_domain_known(g, id) ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_attach(struct guest *g, struct call *c)
{
	return iommu_attach(&g->domain[c->id], &g->unit[c->unit], &g->device[c->device]);
}

int guest_attach(struct guest *g, uint32_t id, uint32_t unit, uint32_t device, uint16_t rid,
		 bool ats)
{
	struct call c = { .fn = do_attach, .id = id, .unit = unit, .device = device };
	struct iommu_device *d = &g->device[device];

	if (!guest_domain_known(g, id) || device >= GUEST_DEVICES)
		return GUEST_NO_SLOT;
	if (unit >= GUEST_UNITS)
		return IOMMU_E_NOENT;
	if (!d->domain) {
		memset(d, 0, sizeof(*d));
		d->rid = rid;
		d->ats = ats;
	}
	return guest_call(g, &c);
}

static int do_detach(struct guest *g, struct call *c)
{
	return iommu_detach(&g->device[c->device]);
}

int guest_detach(struct guest *g, uint32_t device)
{
	struct call c = { .fn = do_detach, .device = device };

	return device < GUEST_DEVICES ? guest_call(g, &c) : GUEST_NO_SLOT;
}

/* ---- mappings ---- */

static int do_map(struct guest *g, struct call *c)
{
	return iommu_map(&g->domain[c->id], c->iova, c->pa, c->size, c->perm);
}

int guest_map(struct guest *g, uint32_t id, uint64_t iova, uint64_t pa, uint64_t size,
	      uint32_t perm)
{
	struct call c = {
		.fn = do_map, .id = id, .iova = iova, .pa = pa, .size = size, .perm = perm
	};

	return guest_domain_known(g, id) ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_unmap(struct guest *g, struct call *c)
{
	return iommu_unmap(&g->domain[c->id], c->iova, c->size);
}

int guest_unmap(struct guest *g, uint32_t id, uint64_t iova, uint64_t size)
{
	struct call c = { .fn = do_unmap, .id = id, .iova = iova, .size = size };

	return guest_domain_known(g, id) ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_unmap_lazy(struct guest *g, struct call *c)
{
	return iommu_unmap_lazy(&g->domain[c->id], c->iova, c->size, &g->ticket[c->ticket]);
}

int guest_unmap_lazy(struct guest *g, uint32_t id, uint64_t iova, uint64_t size, uint32_t ticket)
{
	struct call c = {
		.fn = do_unmap_lazy, .id = id, .iova = iova, .size = size, .ticket = ticket
	};

	return guest_domain_known(g, id) && ticket < GUEST_TICKETS ? guest_call(g, &c)
								   : GUEST_NO_SLOT;
}

static int do_flush(struct guest *g, struct call *c)
{
	return iommu_flush(&g->domain[c->id]);
}

int guest_flush(struct guest *g, uint32_t id)
{
	struct call c = { .fn = do_flush, .id = id };

	return guest_domain_known(g, id) ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_poll(struct guest *g, struct call *c)
{
	return iommu_poll(&g->ticket[c->ticket]);
}

int guest_poll(struct guest *g, uint32_t ticket)
{
	struct call c = { .fn = do_poll, .ticket = ticket };

	return ticket < GUEST_TICKETS ? guest_call(g, &c) : GUEST_NO_SLOT;
}

static int do_lookup(struct guest *g, struct call *c)
{
	return iommu_lookup(&g->domain[c->id], c->iova, c->pa_out, c->perm_out, c->size_out);
}

int guest_lookup(struct guest *g, uint32_t id, uint64_t iova, uint64_t *pa, uint32_t *perm,
		 uint64_t *size)
{
	struct call c = { .fn = do_lookup,
			  .id = id,
			  .iova = iova,
			  .pa_out = pa,
			  .perm_out = perm,
			  .size_out = size };

	return guest_domain_known(g, id) ? guest_call(g, &c) : GUEST_NO_SLOT;
}

/* ---- looking without touching ---- */

static int do_walk(struct guest *g, struct call *c)
{
	return iommu_walk(&g->unit[c->unit], c->rid, c->iova, c->perm, c->walk);
}

int guest_walk(struct guest *g, uint32_t unit, uint16_t rid, uint64_t iova, uint32_t perm,
	       struct guest_walk *w)
{
	struct iommu_walk walk;
	struct call c = {
		.fn = do_walk, .unit = unit, .rid = rid, .iova = iova, .perm = perm, .walk = &walk
	};
	int rc;

	memset(&walk, 0, sizeof(walk));
	memset(w, 0, sizeof(*w));
	rc = guest_call(g, &c);
	w->result = (uint32_t)walk.result;
	w->in_force = walk.in_force;
	w->perm = walk.prot;
	w->steps = walk.steps;
	w->pa = walk.pa;
	w->size = walk.size;
	(void)iommu_walk_format(&walk, w->line, sizeof(w->line));
	return rc;
}

const char *guest_walk_name(uint32_t n)
{
	const char *name = iommu_walk_name((enum iommu_walk_result)n);

	return strcmp(name, "unknown") == 0 ? NULL : name;
}

static int do_diag(struct guest *g, struct call *c)
{
	return iommu_diag(&g->unit[c->unit], c->diag);
}

int guest_diag(struct guest *g, uint32_t unit, struct guest_diag *d)
{
	struct iommu_diag diag;
	struct call c = { .fn = do_diag, .unit = unit, .diag = &diag };
	int rc;

	memset(&diag, 0, sizeof(diag));
	rc = guest_call(g, &c);
	d->translating = diag.translating;
	d->queue = diag.queue;
	d->lost = diag.faults_lost;
	d->faults = diag.faults_pending;
	(void)iommu_diag_format(&diag, d->line, sizeof(d->line));
	return rc;
}

size_t guest_domain_line(const struct guest *g, uint32_t id, char *buf, size_t size)
{
	return guest_domain_known(g, id) ? iommu_domain_format(&g->domain[id], buf, size) : 0;
}
