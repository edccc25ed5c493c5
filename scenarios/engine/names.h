/*
 * The lists of symbolic names of the language; each function gives name n, NULL beyond the last.
 */
#ifndef ENGINE_NAMES_H
#define ENGINE_NAMES_H

#include <stdint.h>

const char *names_at(uint32_t n);
const char *names_expect(uint32_t n);
const char *names_outcome(uint32_t n);
const char *names_source(uint32_t n);
const char *names_cache(uint32_t n);
const char *names_uncached(uint32_t n);
const char *names_evict(uint32_t n);
const char *names_publish(uint32_t n);
const char *names_delay(uint32_t n);
const char *names_order(uint32_t n);
const char *names_inval(uint32_t n);
const char *names_perm(uint32_t n);
const char *names_behind(uint32_t n);
const char *names_fault_kind(uint32_t n);
const char *names_finding(uint32_t n);
const char *names_judge(uint32_t n); /* those of findings first */
const char *names_stage(uint32_t n);
const char *names_domain_kind(uint32_t n);
const char *names_delivery(uint32_t n); /* n is the code in a message's data */
const char *names_power(uint32_t n);
const char *names_plug(uint32_t n);
const char *names_irq_kind(uint32_t n);
const char *names_on_off(uint32_t n);
const char *names_point(uint32_t n);
const char *names_master(uint32_t n);
const char *names_promise(uint32_t n);
const char *names_result(uint32_t n); /* the driver's error names, -n is the code */
const char *names_wait(uint32_t n);
const char *names_register(uint32_t n);
const char *names_entry(uint32_t n);
const char *names_live(uint32_t n);
const char *names_event_flag(uint32_t n);
const char *names_descriptor(uint32_t n);
const char *names_tell(uint32_t n);
const char *names_flag(uint32_t n);
const char *names_complaint(uint32_t n);

#endif
