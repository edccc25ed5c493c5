/*
 * What every unit test program shares: one suite, one exit status, and on failure the command that runs it again.
 *
 * A test program is tests/unit/test_NOUN.c; it defines its tests with libcheck and ends in UNIT_MAIN(make_suite).
 */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stdio.h>
#include <stdlib.h>

/* A test may take this long: a bound on a hang, far above what a loaded machine under sanitizers needs. */
#define UNIT_SECONDS "120"

/* Runs the suite; arg0 is the program's own path. Returns its exit status: 0 when every test passed. */
static inline int unit_run(Suite *suite, const char *arg0)
{
	SRunner *runner = srunner_create(suite);
	int failed;

	srunner_run_all(runner, CK_ENV);
	failed = srunner_ntests_failed(runner);
	srunner_free(runner);
	if (failed)
		fprintf(stderr, "run again: CK_FORK=no CK_VERBOSITY=verbose %s\n", arg0);
	return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define UNIT_MAIN(make_suite)                                  \
	int main(int argc, char **argv)                        \
	{                                                      \
		(void)argc;                                    \
		setenv("CK_DEFAULT_TIMEOUT", UNIT_SECONDS, 0); \
		return unit_run(make_suite(), argv[0]);        \
	}

#endif
