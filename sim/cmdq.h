/*
 * A consumer of a command ring: what both architectures' queues have in common.
 *
 * Commands are fetched one at a time into a window and leave it when complete. In order, the oldest command runs first and
 * alone; out of order (policy), any command may run that the architecture does not hold back. One step on the clock fetches
 * at most one command and starts at most one. What a command is, what holds it back and what it does is the owner's.
 */
#ifndef SIM_CMDQ_H
#define SIM_CMDQ_H

#include <stdbool.h>
#include <stdint.h>

#include "clock.h"

struct sim;

/* A command between fetch and completion. */
struct cmd {
	uint64_t q[2];
	uint64_t at;     /* where it was fetched from: offset or address, the owner's choice */
	uint64_t due_ns; /* for the owner: when it gives up waiting */
	uint64_t number; /* the oracle's */
	uint32_t
		tag; /* never used again: an answer to an aborted command must not complete another */
	uint8_t type;
	bool sent; /* started, its completion comes later */
	bool done;
};

#define CMDQ_BATCH 4096u /* commands at one moment, at most */
#define CMDQ_WINDOW 16u

struct cmdq;

struct cmdq_ops {
	/* The unit runs its queue: nothing is started otherwise. */
	bool (*running)(void *owner);
	/* A command waits in the ring, and nothing forbids to fetch it. Room in the window is looked at here. */
	bool (*waiting)(void *owner);
	/* Fetches one command: cmdq_push, or the owner's error. */
	void (*fetch)(void *owner);
	/* `earlier`, not complete, keeps `later` from being started. */
	bool (*holds)(const struct cmd *earlier, const struct cmd *later);
	/* Starts a command: ends in cmdq_complete now, or sets `sent` and completes it later. */
	void (*run)(void *owner, struct cmd *cmd);
	/* The conditions of a wait hold and its time has come; `lost`: injection takes its effect away. */
	void (*finish)(void *owner, struct cmd *cmd, bool lost);
	/* Address of a wait's status write, for injection. */
	uint64_t (*status_at)(void *owner, const struct cmd *cmd);
	/* Where the next command is fetched, for injection. */
	uint64_t (*head)(void *owner);
};

struct cmdq {
	struct sim *sim;
	void *owner;
	const struct cmdq_ops *ops;
	uint8_t wait;                /* type of the command that waits for all earlier ones */
	struct cmd cmd[CMDQ_WINDOW]; /* ring: oldest .. newest */
	uint32_t oldest, count, next_tag;
	struct timer step, status;
	bool stalled_for_good;
	uint64_t finishing; /* number of the wait being completed */
};

/* `wait`: the type of commands that cmdq_start_wait is for. */
void cmdq_init(struct cmdq *q, struct sim *s, void *owner, const struct cmdq_ops *ops,
	       uint8_t wait);

/* Command number i, 0 is the oldest. */
static inline struct cmd *cmdq_at(struct cmdq *q, uint32_t i)
{
	return &q->cmd[(q->oldest + i) % CMDQ_WINDOW];
}

/* Something may have become possible. */
void cmdq_kick(struct cmdq *q);

/* Adds a fetched command; called from ops->fetch. */
struct cmd *cmdq_push(struct cmdq *q, const uint64_t *words, uint8_t type, uint64_t at);

/* It took effect. */
void cmdq_complete(struct cmdq *q, struct cmd *cmd);

/* Schedules ops->finish for a wait whose turn it is; injection may make it late. */
void cmdq_start_wait(struct cmdq *q, struct cmd *cmd);

/* The started command with this tag that is not complete; NULL when it was aborted meanwhile. */
struct cmd *cmdq_awaiting(struct cmdq *q, uint32_t tag);

/* What is in the window is forgotten, and no wait completes. */
void cmdq_abort(struct cmdq *q);

/* The same, and nothing more is fetched until the next kick. */
void cmdq_stop(struct cmdq *q);

/* As at power-on. */
void cmdq_reset(struct cmdq *q);

/* A wait's status write of `bytes` (at most 8); injection may alter the value. false: the bus refused it. */
bool cmdq_write_status(struct cmdq *q, uint32_t unit, uint64_t at, uint64_t data, uint32_t bytes);

#endif
