/* iommu-sim walk. */
#ifndef ENGINE_WALK_CLI_WALK_H
#define ENGINE_WALK_CLI_WALK_H

/* Shows translations; see its help text. Returns an enum cli_exit. */
int cli_walk(const char *program, int argc, char **argv);

#endif
