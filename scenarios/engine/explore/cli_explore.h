/* The subcommand explore. */
#ifndef EXPLORE_CLI_EXPLORE_H
#define EXPLORE_CLI_EXPLORE_H

/* iommu-sim explore: returns an enum cli_exit. */
int cli_explore(const char *program, int argc, char **argv);

#endif
