/* iommu-sim coverage. */
#ifndef ENGINE_COVERAGE_CLI_COVERAGE_H
#define ENGINE_COVERAGE_CLI_COVERAGE_H

/* What of the specifications scenarios reach; see its help text. Returns an enum cli_exit. */
int cli_coverage(const char *program, int argc, char **argv);

#endif
