/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which transitions of the oracle a run has taken: operation, and what it found
 * and left of the state, coarsely.  Only steered runs look (soak.h).
 */
#ifndef IRQCTS_ENGINE_TRANSITIONS_H
#define IRQCTS_ENGINE_TRANSITIONS_H

#include "irqcts/model.h"

/* What an operation is about, of one state. */
uint64_t transition_view(const struct irqcts_model *model, const struct irqcts_operation *operation);
/* A number below `limit`, equal for equal transitions. */
uint32_t transition_number(const struct irqcts_operation *operation, uint64_t before, uint64_t after, uint32_t limit);

#endif
