/*
 * Judging a step: findings of the oracle and complaints of the hardware that nobody announced, and those announced that did not
 * come.
 */
#ifndef ENGINE_JUDGE_H
#define ENGINE_JUDGE_H

#include "run.h"

/* Whether the scenario judges that at all: number of a finding's kind, or enum judged. */
bool judges(const struct run *r, uint32_t what);

/* Findings of the step's `during`, while it runs: those of a call that has not returned may be right. */
void judge_inside(struct run *r);

/* After a step, or at the end (NULL): findings alone, and all there is. */
enum step_rc judge_findings(struct run *r, const struct step *s);
enum step_rc judge_step(struct run *r, const struct step *s);

#endif
