/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oracle's state and the steps that its views share.  Reading order:
 * this file, delivery.c (what an event becomes), poll.c (what must have
 * arrived), register_view.c, routing_view.c, function_view.c, judge.c (what an
 * observation proves).
 *
 * Each operation has two halves.  permit_…() says, without changing anything,
 * which statuses and values the sources allow; apply_…() moves the state once
 * the outcome has been observed.
 */
#ifndef IRQCTS_MODEL_INTERNAL_H
#define IRQCTS_MODEL_INTERNAL_H

#include "irqcts/clauses.h"
#include "irqcts/model.h"

#define PENDING_WORDS (IRQCTS_ENTRIES_MAX / 64u)
#define NO_ENTRY UINT32_MAX
#define NO_TARGET UINT32_MAX /* an index into the model's messages that names none */

/* Four DWORDs of a table entry (ENTRY-LAYOUT). */
enum entry_dword { ADDRESS_LOW = 0, ADDRESS_HIGH = 1, DATA = 2, VECTOR_CONTROL = 3 };
#define KNOWN(dword) (1u << (dword))
#define KNOWN_MESSAGE (KNOWN(ADDRESS_LOW) | KNOWN(ADDRESS_HIGH) | KNOWN(DATA))
#define KNOWN_ALL (KNOWN_MESSAGE | KNOWN(VECTOR_CONTROL))
#define MASK_BIT 1u

/* Who programmed an entry last: decides which clause a delivery proves. */
enum entry_origin { ORIGIN_REGISTER = 0, ORIGIN_DEFAULT, ORIGIN_SET, ORIGIN_VIRTUALIZED };

/* Address or data changed while the entry was, or may have been, unmasked. */
enum entry_rewritten {
    REWRITTEN_NOT = 0,
    REWRITTEN_UNMASKED,  /* it sends the former or the current message (SEND-REWRITE-UNMASKED) */
    REWRITTEN_TAKEN,     /* the same, and it has sent or Enable was set: what was current then may be held */
    REWRITTEN_MASK_OPEN, /* the same, but whether it was unmasked then is not known */
    REWRITTEN_ANYHOW     /* rewritten again after one of these two, or not known before: anything may be sent */
};

struct model_entry {
    uint64_t address;
    uint64_t former_address; /* with `rewritten`: what it was while unmasked (SEND-REWRITE-UNMASKED) */
    uint32_t data;
    uint32_t former_data;
    uint32_t vector_control; /* as last written; 0 or the written value may be read back above bit 0 */
    uint32_t hint;           /* index of the message it last matched, checked before use */
    uint8_t known;           /* KNOWN(dword) */
    uint8_t rewritten;       /* enum entry_rewritten */
    uint8_t origin;          /* enum entry_origin */
    uint8_t opaque;          /* routed to message `hint` by means the table does not show */
    uint8_t control_written; /* Vector Control no longer as reset left it */
    uint8_t reserved[3];
};

/* Deliveries of one message since the last poll. */
struct model_counter {
    uint32_t minimum;
    uint32_t maximum;
    uint32_t observed;   /* scratch of the poll */
    uint16_t sent_by;    /* clause by which the latest delivery must arrive */
    uint16_t silent_by;  /* clause by which the latest suppressed event must not */
    uint32_t last_entry; /* 1 + entry that sent it last, 0 none: sharing is covered when it changes */
};

enum { FIXED_NEXT = 1, FIXED_TABLE = 2, FIXED_PBA = 4 };

struct model_function {
    uint32_t entries;
    uint32_t messages;
    uint32_t first_entry;   /* in the model's entries */
    uint32_t first_message; /* in the model's messages and counters */
    uint8_t enabled;
    uint8_t function_mask;
    uint8_t bus_master;
    uint8_t paused;
    uint8_t started;
    uint8_t fixed_known; /* FIXED_…: which read-only parts of the capability have been seen */
    uint8_t fixed_next;
    uint8_t was_reset;
    uint8_t under_way; /* `perhaps_sent`, `owed` and `released` hold; else they are all 0, whatever stands there */
    uint32_t fixed_table;
    uint32_t fixed_pba;
    uint32_t unmasked;  /* entries known to be unmasked */
    uint32_t rewritten; /* entries with `rewritten` set */
    uint32_t last_set;  /* entry of the latest SetTableEntry, masking, virtualized write: for the isolation clauses */
    uint32_t last_masked;
    uint32_t last_virtualized;
    /* certain implies possible: no = neither, unknown = possible only, yes = both */
    uint64_t possible[PENDING_WORDS];
    uint64_t certain[PENDING_WORDS];
    /* Until the next poll.  `perhaps_sent`, of entries whose event may pend: its message is among those that may
     * arrive, and may not; `owed` (implies the former): if it does not, the event pends, so that it is one message in
     * all.  `released`: its message is under way, and a function that takes its time still shows it pending. */
    uint64_t perhaps_sent[PENDING_WORDS];
    uint64_t owed[PENDING_WORDS];
    uint64_t released[PENDING_WORDS];
    uint64_t touched[PENDING_WORDS]; /* messages whose counter is not zero */
};

/* A saved function; its entries follow in the model's slot area. */
struct model_slot {
    uint32_t used;
    uint32_t first_entry; /* in the model's slot entries */
    struct model_function function;
};

struct irqcts_model {
    struct irqcts_model_configuration configuration;
    uint32_t functions;
    uint32_t slots;
    uint32_t total_messages;
    uint32_t total_entries;
    uint32_t slot_entries; /* capacity of each slot */
    uint32_t index_slots;  /* a power of two */
    uint32_t index_used;
    uint32_t last_virtualized_function; /* for VWRITE-ISOLATION-VF; NO_ENTRY none */
    /* Byte offsets from the model's start; pointers would not survive memcpy.
     * The functions follow this structure. */
    uint64_t entries_at;
    uint64_t messages_at;
    uint64_t index_at; /* 1 + message by hash, 0 none: messages.c */
    uint64_t counters_at;
    uint64_t slots_at;
    uint64_t slot_entries_at;
    uint64_t size;
    /* Since the last poll, over all functions. */
    uint32_t total_minimum;
    uint32_t total_maximum;
    uint32_t stray_minimum;
    uint32_t stray_maximum;
    uint32_t anywhere; /* deliveries that may arrive as anything: the entry's contents are open */
    uint16_t stray_by;
    uint16_t total_by;
    uint32_t under_way; /* that of some function */
    uint64_t touched_functions[2];
};

/* One step of judging: where the transitions leave their clauses. */
struct model_step {
    struct irqcts_model *model;
    struct irqcts_coverage *coverage;
};

/* What is permitted of one operation. */
struct model_permit {
    uint64_t value;
    uint64_t value_mask;
    uint32_t statuses;
    uint16_t status_clause;
    uint16_t value_clause;
};

#define STATUS_BIT(status) (1u << (status))
#define STATUSES_ANY (STATUS_BIT(IRQCTS_STATUS_NOT_EXECUTED) - 1u)
#define STATUSES_REFUSAL (STATUSES_ANY & ~STATUS_BIT(IRQCTS_STATUS_OK))

static inline struct model_function *model_function(const struct irqcts_model *model, uint32_t index)
{
    return (struct model_function *)(uintptr_t)(model + 1) + index;
}

static inline struct model_entry *model_entries(const struct irqcts_model *model, const struct model_function *function)
{
    return (struct model_entry *)(uintptr_t)((const char *)model + model->entries_at) + function->first_entry;
}

static inline struct irqcts_message *model_messages(const struct irqcts_model *model)
{
    return (struct irqcts_message *)(uintptr_t)((const char *)model + model->messages_at);
}

static inline struct model_counter *model_counters(const struct irqcts_model *model)
{
    return (struct model_counter *)(uintptr_t)((const char *)model + model->counters_at);
}

static inline struct model_slot *model_slot(const struct irqcts_model *model, uint32_t index)
{
    return (struct model_slot *)(uintptr_t)((const char *)model + model->slots_at) + index;
}

static inline struct model_entry *model_slot_entries(const struct irqcts_model *model, const struct model_slot *slot)
{
    return (struct model_entry *)(uintptr_t)((const char *)model + model->slot_entries_at) + slot->first_entry;
}

static inline void cover(const struct model_step *step, enum irqcts_clause clause)
{
    step->coverage->words[(uint32_t)clause / 64u] |= UINT64_C(1) << ((uint32_t)clause % 64u);
}

/* Several at once, gathered in registers: each is decided without a branch. */
static inline void gather(struct irqcts_coverage *gathered, int holds, enum irqcts_clause clause)
{
    gathered->words[(uint32_t)clause / 64u] |= (uint64_t)(holds != 0) << ((uint32_t)clause % 64u);
}

static inline void cover_gathered(const struct model_step *step, const struct irqcts_coverage *gathered)
{
    uint32_t i;

    for (i = 0; i < IRQCTS_COVERAGE_WORDS; i++) {
        if (i * 64u < (uint32_t)IRQCTS_CLAUSE_COUNT) {
            step->coverage->words[i] |= gathered->words[i];
        }
    }
}

/* Whether all of them are covered already, so that nothing need be worked out. */
static inline int covers(const struct model_step *step, const struct irqcts_coverage *clauses)
{
    uint64_t missing = 0;
    uint32_t i;

    for (i = 0; i < IRQCTS_COVERAGE_WORDS; i++) {
        if (i * 64u < (uint32_t)IRQCTS_CLAUSE_COUNT) {
            missing |= clauses->words[i] & ~step->coverage->words[i];
        }
    }
    return missing == 0;
}

static inline int bit_test(const uint64_t *words, uint32_t bit)
{
    return (int)((words[bit / 64u] >> (bit % 64u)) & 1u);
}

static inline void bit_set(uint64_t *words, uint32_t bit)
{
    words[bit / 64u] |= UINT64_C(1) << (bit % 64u);
}

static inline void bit_clear(uint64_t *words, uint32_t bit)
{
    words[bit / 64u] &= ~(UINT64_C(1) << (bit % 64u));
}

/* Index of the lowest set bit; `word` is not 0. */
static inline uint32_t lowest_bit(uint64_t word)
{
#if defined(__GNUC__)
    return (uint32_t)__builtin_ctzll(word);
#else
    uint32_t bit = 0;
    while (((word >> bit) & 1u) == 0) {
        bit++;
    }
    return bit;
#endif
}

static inline int under_way(const struct model_function *function, const uint64_t *words, uint32_t entry)
{
    return function->under_way && bit_test(words, entry);
}

/* The entry's event is another one from here on, or its message is. */
static inline void forget_under_way(struct model_function *function, uint32_t entry)
{
    if (function->under_way) {
        bit_clear(function->perhaps_sent, entry);
        bit_clear(function->owed, entry);
    }
}

static inline uint32_t words_for(uint32_t bits)
{
    return (bits + 63u) / 64u;
}

/* The state after reset of one function (RESET-STATE). */
void model_function_reset(struct irqcts_model *model, struct model_function *function);

/* messages.c */
uint32_t message_index_slots(uint32_t messages);
void set_message(struct irqcts_model *model, uint32_t target, const struct irqcts_message *what);
/* The message that a write of `data` to `address` is; NO_TARGET: a stray. */
uint32_t search_message(const struct irqcts_model *model, uint64_t address, uint32_t data);

/* The same, tried first with what it was the last time. */
static inline uint32_t find_message(const struct irqcts_model *model, uint64_t address, uint32_t data, uint32_t hint)
{
    const struct irqcts_message *messages = model_messages(model);

    if (hint != NO_TARGET && messages[hint].address == address && messages[hint].data == data) {
        return hint;
    }
    return search_message(model, address, data);
}

/* delivery.c */
void deliver_event(const struct model_step *step, struct model_function *function, uint32_t entry);
void withdraw_event(const struct model_step *step, struct model_function *function, uint32_t entry);
void set_mask(const struct model_step *step, struct model_function *function, uint32_t entry, uint32_t vector_control,
              int mask_known, enum irqcts_clause release_clause);
void set_control(const struct model_step *step, struct model_function *function, int enabled, int function_mask);
void set_bus_master(const struct model_step *step, struct model_function *function, int on);
void set_paused(const struct model_step *step, struct model_function *function, int on);
/* The poll has seen what arrived, in the counters' `observed`: decides what was perhaps sent. */
void settle_under_way(struct irqcts_model *model);
void change_message(const struct irqcts_model *model, struct model_function *function, struct model_entry *entry);
void settle_former(struct model_function *function, struct model_entry *entry);

/* poll.c */
uint32_t judge_poll(const struct model_step *step, const struct irqcts_delivery *deliveries, uint32_t count,
                    struct irqcts_judgement *out);
void predict_poll(const struct irqcts_model *model, struct irqcts_delivery_buffer *deliveries);

/* register_view.c */
void permit_table_read(const struct irqcts_model *model, const struct model_function *function,
                       const struct irqcts_operation *operation, struct model_permit *permit);
void permit_table_write(const struct model_function *function, const struct irqcts_operation *operation,
                        struct model_permit *permit);
void settle_table_read(const struct model_step *step, struct model_function *function,
                       const struct irqcts_operation *operation, uint64_t value);
void apply_table_write(const struct model_step *step, struct model_function *function,
                       const struct irqcts_operation *operation);
void permit_pba_read(const struct irqcts_model *model, const struct model_function *function,
                     const struct irqcts_operation *operation, struct model_permit *permit);
void settle_pba_read(const struct model_step *step, struct model_function *function,
                     const struct irqcts_operation *operation, uint64_t value);
void permit_config_read(const struct model_function *function, const struct irqcts_operation *operation,
                        struct model_permit *permit);
void settle_config_read(const struct model_step *step, const struct model_function *function,
                        const struct irqcts_operation *operation);
void permit_capability_read(const struct model_function *function, const struct irqcts_operation *operation,
                            struct model_permit *permit);
void settle_capability_read(const struct model_step *step, struct model_function *function,
                            const struct irqcts_operation *operation, uint64_t value);
void apply_capability_write(const struct model_step *step, struct model_function *function,
                            const struct irqcts_operation *operation);

/* routing_view.c */
void permit_routing(const struct model_function *function, const struct irqcts_operation *operation,
                    struct model_permit *permit);
void apply_routing(const struct model_step *step, struct model_function *function,
                   const struct irqcts_operation *operation);
/* Puts message `message` (an index into the model's messages) into an entry. */
void assign_message(const struct irqcts_model *model, struct model_function *function, struct model_entry *entry,
                    uint32_t message, enum entry_origin origin);

/* function_view.c */
void permit_function_view(const struct irqcts_model *model, const struct irqcts_operation *operation,
                          struct model_permit *permit);
void apply_function_view(const struct model_step *step, struct model_function *function,
                         const struct irqcts_operation *operation);

#endif
