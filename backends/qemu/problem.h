/* SPDX-License-Identifier: Apache-2.0 */
/* The one sentence that a failing call leaves behind. */
#ifndef IRQCTS_QEMU_PROBLEM_H
#define IRQCTS_QEMU_PROBLEM_H

#include <stddef.h>

struct problem {
    char text[768];
    int hung;  /* it was that QEMU did not answer in time */
    int ended; /* or that it is gone */
};

/* Sets the sentence unless one is set already (the first cause is the one to tell); returns -1. */
int problem_set(struct problem *problem, const char *format, ...) __attribute__((format(printf, 2, 3)));
void problem_clear(struct problem *problem);

#endif
