/* SPDX-License-Identifier: Apache-2.0 */
/* The state: its layout in one block of memory, its start, and looking into it. */
#include "model_internal.h"

static uint64_t aligned(uint64_t offset)
{
    return (offset + 7u) & ~UINT64_C(7);
}

static int configuration_valid(const struct irqcts_model_configuration *configuration)
{
    return configuration->entries <= IRQCTS_ENTRIES_MAX && configuration->messages <= configuration->entries &&
           configuration->virtual_functions <= IRQCTS_VIRTUAL_FUNCTIONS_MAX &&
           configuration->virtual_entries <= IRQCTS_ENTRIES_MAX &&
           configuration->virtual_messages <= configuration->virtual_entries &&
           configuration->slots <= IRQCTS_SLOTS_MAX;
}

/* The one place where the block's layout is decided. */
static void lay_out(struct irqcts_model *model, const struct irqcts_model_configuration *configuration)
{
    uint32_t virtual_functions = configuration->virtual_functions;
    uint64_t at = sizeof(*model); /* the functions first: model_function() */

    model->configuration = *configuration;
    model->functions = 1u + virtual_functions;
    model->slots = configuration->slots;
    model->total_entries = configuration->entries + virtual_functions * configuration->virtual_entries;
    model->total_messages = configuration->messages + virtual_functions * configuration->virtual_messages;
    model->slot_entries = configuration->entries;
    if (virtual_functions > 0 && configuration->virtual_entries > model->slot_entries) {
        model->slot_entries = configuration->virtual_entries;
    }
    at = aligned(at + (uint64_t)model->functions * sizeof(struct model_function));
    model->entries_at = at;
    at = aligned(at + (uint64_t)model->total_entries * sizeof(struct model_entry));
    model->messages_at = at;
    at = aligned(at + (uint64_t)model->total_messages * sizeof(struct irqcts_message));
    model->index_at = at;
    model->index_slots = message_index_slots(model->total_messages);
    at = aligned(at + (uint64_t)model->index_slots * sizeof(uint32_t));
    model->counters_at = at;
    at = aligned(at + (uint64_t)model->total_messages * sizeof(struct model_counter));
    model->slots_at = at;
    at = aligned(at + (uint64_t)model->slots * sizeof(struct model_slot));
    model->slot_entries_at = at;
    at = aligned(at + (uint64_t)model->slots * model->slot_entries * sizeof(struct model_entry));
    model->size = at;
}

size_t irqcts_model_size(const struct irqcts_model_configuration *configuration)
{
    struct irqcts_model model;

    if (!configuration_valid(configuration)) {
        return 0;
    }
    lay_out(&model, configuration);
    return (size_t)model.size;
}

void model_function_reset(struct irqcts_model *model, struct model_function *function)
{
    struct model_entry *entries = model_entries(model, function);
    uint32_t i;

    function->enabled = 0;
    function->function_mask = 0;
    function->bus_master = 1; /* RESET and CONFIGURE set the command register up again */
    function->started = 0;
    function->was_reset = 1;
    function->under_way = 0;
    function->unmasked = 0;
    function->rewritten = 0;
    function->last_set = NO_ENTRY;
    function->last_masked = NO_ENTRY;
    function->last_virtualized = NO_ENTRY;
    for (i = 0; i < PENDING_WORDS; i++) {
        function->possible[i] = 0;
        function->certain[i] = 0;
    }
    for (i = 0; i < function->entries; i++) {
        struct model_entry *entry = &entries[i];
        entry->address = 0;
        entry->data = 0;
        entry->vector_control = MASK_BIT;
        entry->hint = NO_TARGET;
        entry->known = KNOWN(VECTOR_CONTROL); /* ENTRY-READBACK: address and data are open after reset */
        entry->rewritten = 0;
        entry->origin = ORIGIN_REGISTER;
        entry->opaque = 0;
        entry->control_written = 0;
    }
}

struct irqcts_model *irqcts_model_initialise(void *memory, size_t size,
                                             const struct irqcts_model_configuration *configuration)
{
    struct irqcts_model *model = memory;
    unsigned char *bytes = memory;
    size_t need = irqcts_model_size(configuration);
    uint32_t first_entry = 0;
    uint32_t first_message = 0;
    uint32_t f;
    size_t i;

    if (need == 0 || size < need) {
        return NULL;
    }
    for (i = 0; i < need; i++) {
        bytes[i] = 0;
    }
    lay_out(model, configuration);
    model->last_virtualized_function = NO_ENTRY;
    for (f = 0; f < model->functions; f++) {
        struct model_function *function = model_function(model, f);
        function->entries = f == 0 ? configuration->entries : configuration->virtual_entries;
        function->messages = f == 0 ? configuration->messages : configuration->virtual_messages;
        function->first_entry = first_entry;
        function->first_message = first_message;
        first_entry += function->entries;
        first_message += function->messages;
        model_function_reset(model, function);
        function->was_reset = 0;
    }
    for (f = 0; f < model->slots; f++) {
        model_slot(model, f)->first_entry = f * model->slot_entries;
    }
    return model;
}

void irqcts_model_set_message(struct irqcts_model *model, uint32_t function, uint32_t message,
                              const struct irqcts_message *what)
{
    if (function < model->functions && message < model_function(model, function)->messages) {
        set_message(model, model_function(model, function)->first_message + message, what);
    }
}

int32_t irqcts_model_function(const struct irqcts_model *model, uint32_t index, struct irqcts_function_state *out)
{
    const struct model_function *function;
    uint32_t i;

    if (index >= model->functions) {
        return IRQCTS_ERROR_ARGUMENT;
    }
    function = model_function(model, index);
    out->entries = function->entries;
    out->messages = function->messages;
    out->enabled = function->enabled;
    out->function_mask = function->function_mask;
    out->bus_master = function->bus_master;
    out->paused = function->paused;
    out->started = function->started;
    out->pending_entries = 0;
    for (i = 0; i < function->entries; i++) {
        out->pending_entries += (uint32_t)bit_test(function->possible, i);
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_model_entry(const struct irqcts_model *model, uint32_t function_index, uint32_t index,
                           struct irqcts_entry_state *out)
{
    const struct model_function *function;
    const struct model_entry *entry;
    uint32_t f;

    if (function_index >= model->functions || index >= model_function(model, function_index)->entries) {
        return IRQCTS_ERROR_ARGUMENT;
    }
    function = model_function(model, function_index);
    entry = &model_entries(model, function)[index];
    out->address = entry->address;
    out->data = entry->data;
    out->vector_control = entry->vector_control;
    out->known = entry->known;
    out->message = IRQCTS_MESSAGE_STRAY;
    out->message_function = 0;
    for (f = 0; f < model->functions && entry->hint != NO_TARGET; f++) {
        const struct model_function *owner = model_function(model, f);
        if (entry->hint >= owner->first_message && entry->hint - owner->first_message < owner->messages) {
            out->message = entry->hint - owner->first_message;
            out->message_function = f;
        }
    }
    out->pending = IRQCTS_PENDING_NO;
    if (bit_test(function->certain, index)) {
        out->pending = IRQCTS_PENDING_YES;
    } else if (bit_test(function->possible, index)) {
        out->pending = IRQCTS_PENDING_UNKNOWN;
    }
    return IRQCTS_ERROR_NONE;
}
