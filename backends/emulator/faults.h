/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The fault table (faults.def) for programs: what the option fault=ID plants,
 * where it comes from, what it breaks and a program that shows it.
 */
#ifndef IRQCTS_EMULATOR_FAULTS_H
#define IRQCTS_EMULATOR_FAULTS_H

#include <stdint.h>

enum emulator_fault {
    FAULT_NONE = 0,
#define FAULT(symbol, id, source, description, clause, options, program) FAULT_##symbol,
#include "faults.def"
    FAULT_COUNT /* FAULT_NONE counted */
};

struct irqcts_emulator_fault {
    const char *id;
    const char *source;      /* project and commit, or "own" */
    const char *description; /* one line */
    const char *clause;      /* the clause that it breaks first */
    const char *options;     /* besides fault=ID, "" none */
    const char *program;     /* program text whose results differ from the unfaulted device's */
    const char *unexpressed; /* why it cannot be planted here; NULL: it can (else the last three are NULL) */
};

/* Those that can be planted come first: fault number n (enum emulator_fault) is at n - 1. */
uint32_t irqcts_emulator_fault_count(void);
/* Those that cannot are behind them. */
uint32_t irqcts_emulator_unexpressed_count(void);
/* NULL when there is none. */
const struct irqcts_emulator_fault *irqcts_emulator_fault(uint32_t index);
/* The number of a fault by its id (enum emulator_fault); 0 when there is none. */
uint32_t irqcts_emulator_fault_find(const char *id, uint32_t length);

#endif
