/* SPDX-License-Identifier: Apache-2.0 */
/* Checks of the C tests: they say where, what, and both values, and end the test. */
#ifndef IRQCTS_CHECK_H
#define IRQCTS_CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CHECK(condition)                                                                                              \
    do {                                                                                                              \
        if (!(condition)) {                                                                                           \
            (void)fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition);                      \
            exit(1);                                                                                                  \
        }                                                                                                             \
    } while (0)

#define CHECK_EQ(actual, expected)                                                                                    \
    do {                                                                                                              \
        unsigned long long check_actual = (unsigned long long)(actual);                                               \
        unsigned long long check_expected = (unsigned long long)(expected);                                           \
        if (check_actual != check_expected) {                                                                         \
            (void)fprintf(stderr, "%s:%d: %s is %llu (0x%llx), expected %s = %llu (0x%llx)\n", __FILE__, __LINE__,    \
                          #actual, check_actual, check_actual, #expected, check_expected, check_expected);            \
            exit(1);                                                                                                  \
        }                                                                                                             \
    } while (0)

#define CHECK_TEXT(actual, expected)                                                                                  \
    do {                                                                                                              \
        const char *check_actual = (actual);                                                                          \
        if (strcmp(check_actual, (expected)) != 0) {                                                                  \
            (void)fprintf(stderr, "%s:%d: %s is\n  \"%s\"\nexpected\n  \"%s\"\n", __FILE__, __LINE__, #actual,        \
                          check_actual, (expected));                                                                  \
            exit(1);                                                                                                  \
        }                                                                                                             \
    } while (0)

#endif
