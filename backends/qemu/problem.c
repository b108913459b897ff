/* SPDX-License-Identifier: Apache-2.0 */
#include "problem.h"

#include <stdarg.h>
#include <stdio.h>

int problem_set(struct problem *problem, const char *format, ...)
{
    va_list arguments;

    if (problem->text[0] == '\0') {
        va_start(arguments, format);
        (void)vsnprintf(problem->text, sizeof(problem->text), format, arguments);
        va_end(arguments);
    }
    return -1;
}

void problem_clear(struct problem *problem)
{
    problem->text[0] = '\0';
    problem->hung = 0;
    problem->ended = 0;
}
