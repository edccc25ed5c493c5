/*
 * Power: units that are reset or lose it, devices that are pulled out.
 *
 * A reset is that of power-on: every register has its reset value, sticky ones too, every cache is empty, and what was under
 * way is forgotten. A unit without power answers reads of its registers with all ones and drops writes, as a root complex
 * does when nobody answers; requests of the devices behind it go nowhere. When its power comes back it is as after a reset.
 *
 * A device that is gone sends nothing and answers nothing. Put back, it is as after its own reset: no TLB, ATS off.
 */
#include "machine.h"

const char *power_name(unsigned what)
{
	static const char *const names[] = {
		[SIM_POWER_RESET] = "reset",
		[SIM_POWER_OFF] = "off",
		[SIM_POWER_ON] = "on",
		[POWER_PULLED] = "device-pulled-out",
		[POWER_PLUGGED] = "device-put-back",
	};

	return what < sizeof(names) / sizeof(names[0]) ? names[what] : NULL;
}

static void reset(struct unit *u, enum sim_power power)
{
	trace(u->sim, SIM_TRACE_POWER, u->index, 0, (uint8_t)power, 0, 0, 0);
	for (unsigned i = 0; i < SIM_CACHE_DEVICE; i++)
		tcache_drop_all(&u->cache[i]);
	if (u->ops->reset)
		u->ops->reset(u);
}

static void power_now(struct unit *u, enum sim_power power)
{
	clock_cancel(&u->sim->clock, &u->power);
	u->gone = power == SIM_POWER_OFF;
	reset(u, power);
}

static void due(void *arg)
{
	struct unit *u = arg;

	power_now(u, u->power_next);
}

void power_init(struct unit *u)
{
	timer_init(&u->power, due, u);
}

int sim_unit_power(struct sim *s, uint32_t unit, enum sim_power power)
{
	struct unit *u = sim_unit(s, unit);

	if (!u)
		return SIM_E_NOENT;
	if ((unsigned)power > SIM_POWER_ON)
		return SIM_E_INVAL;
	if (power == SIM_POWER_RESET && u->gone)
		return SIM_OK; /* nobody hears it */
	if (power == SIM_POWER_ON && !u->gone)
		return SIM_OK;
	power_now(u, power);
	return SIM_OK;
}

static bool strikes(struct unit *u, enum sim_point point, uint32_t off, uint32_t width,
		    uint64_t *value)
{
	return inject_armed(u->sim, point) &&
	       inject_fires(u->sim, u->index, point, SIM_MASTER_CPU, off, off + (width - 1), value);
}

static void later(struct unit *u, enum sim_power power, uint64_t ns)
{
	u->power_next = power;
	sim_after(u->sim, &u->power, ns);
}

void power_before_access(struct unit *u, uint32_t off, uint32_t width)
{
	uint64_t ns = 0;

	if (u->gone)
		return;
	if (strikes(u, SIM_POINT_UNIT_GONE, off, width, &ns)) {
		power_now(u, SIM_POWER_OFF);
		if (ns)
			later(u, SIM_POWER_ON, ns);
		return;
	}
	if (!strikes(u, SIM_POINT_UNIT_RESET, off, width, &ns))
		return;
	if (ns)
		later(u, SIM_POWER_RESET, ns);
	else
		power_now(u, SIM_POWER_RESET);
}

bool power_reads_ones(struct unit *u, uint32_t off, uint32_t width)
{
	return u->gone || strikes(u, SIM_POINT_REG_ONES, off, width, NULL);
}
