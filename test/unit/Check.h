/* CHECK for programs in C: counts and prints what does not hold. Comes after attune's header. */
#ifndef ATTUNE_TEST_UNIT_CHECK_H
#define ATTUNE_TEST_UNIT_CHECK_H

#include <stdio.h>

static int failures;

#define CHECK(condition)                                                                           \
  do {                                                                                             \
    if (!(condition)) {                                                                            \
      ++failures;                                                                                  \
      fprintf(stderr, "%s:%d: %s (last error: %s)\n", __FILE__, __LINE__, #condition,              \
              attuneLastErrorMessage());                                                           \
    }                                                                                              \
  } while (0)

#endif
