/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oracle as a table that grows while it is asked: its states are numbered,
 * and what a call does in a state is worked out once.
 */
#ifndef IRQCTS_HISTORY_ORACLE_H
#define IRQCTS_HISTORY_ORACLE_H

#include "irqcts/history.h"
#include "irqcts/model.h"

/* One thing that a call may lead to: most have exactly one. */
struct oracle_outcome {
    uint32_t state;
    uint8_t sends[IRQCTS_HISTORY_SHARED_MESSAGES_MAX];
};

struct history_oracle;

/* For a group: entry i of `entries` sends message first_message[i] of `messages`. */
int32_t history_oracle_create(struct history_oracle **out, uint32_t entries, uint32_t messages,
                              const uint32_t *first_message, uint32_t readings);
void history_oracle_free(struct history_oracle *oracle);
uint32_t history_oracle_states(const struct history_oracle *oracle);
/* Outcomes of a call in a state: *count of them, borrowed until the next call; NULL with an error. */
const struct oracle_outcome *history_oracle_step(uint32_t *count, struct history_oracle *oracle, uint32_t state,
                                                 uint16_t kind, uint32_t entry, uint32_t message);
/* What an entry sends in a state. */
uint32_t history_oracle_message(const struct history_oracle *oracle, uint32_t state, uint32_t entry);
int32_t history_oracle_entry(const struct history_oracle *oracle, uint32_t state, uint32_t entry,
                             struct irqcts_entry_state *out);

#endif
