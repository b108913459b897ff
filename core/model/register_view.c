/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The register view: what accesses of a given width to table, PBA and
 * capability read, and what they change (CAP-*, ENTRY-*, PBA-*).
 */
#include "model_internal.h"

enum {
    CAPABILITY_BYTES = 12,
    CAPABILITY_ID = 0x11,
    CONTROL_HIGH_BYTE = 3, /* Message Control [15:8]: Enable and Function Mask */
    CONTROL_ENABLE = 0x80,
    CONTROL_FUNCTION_MASK = 0x40
};

/* Aligned DWORDs and QWORDs; everything else is undefined (ENTRY-ACCESS-WIDTH). */
static int access_defined(const struct irqcts_operation *operation)
{
    return (operation->width == 4 || operation->width == 8) && (operation->address & (operation->width - 1u)) == 0;
}

/* ---- table ---- */

static uint32_t entry_dword(const struct model_entry *entry, uint32_t dword)
{
    switch (dword) {
    case ADDRESS_LOW:
        return (uint32_t)entry->address;
    case ADDRESS_HIGH:
        return (uint32_t)(entry->address >> 32);
    case DATA:
        return entry->data;
    default:
        return entry->vector_control;
    }
}

/* Address or data; Vector Control goes through set_mask(). */
static void set_dword(struct model_entry *entry, uint32_t dword, uint32_t value)
{
    entry->known |= (uint8_t)KNOWN(dword);
    if (dword == DATA) {
        entry->data = value;
    } else if (dword == ADDRESS_LOW) {
        entry->address = (entry->address & ~UINT64_C(0xffffffff)) | value;
    } else {
        entry->address = (entry->address & UINT64_C(0xffffffff)) | (uint64_t)value << 32;
    }
}

/* Bits of a DWORD that a read must show. */
static uint32_t readable_bits(const struct model_entry *entry, uint32_t dword)
{
    if ((entry->known & KNOWN(dword)) == 0) {
        return 0;
    }
    if (dword == VECTOR_CONTROL) {
        return MASK_BIT | ~entry->vector_control; /* ENTRY-VC-RESERVED: a written 1 may read 0 or 1 */
    }
    if (dword == ADDRESS_LOW) {
        return ~((uint32_t)entry->address & 3u); /* ENTRY-ADDRESS-LOW-BITS: likewise */
    }
    return UINT32_MAX;
}

void permit_table_write(const struct model_function *function, const struct irqcts_operation *operation,
                        struct model_permit *permit)
{
    if (!access_defined(operation) || operation->address >= (uint64_t)function->entries * IRQCTS_ENTRY_BYTES) {
        permit->statuses = STATUSES_ANY;
    }
}

void permit_table_read(const struct irqcts_model *model, const struct model_function *function,
                       const struct irqcts_operation *operation, struct model_permit *permit)
{
    const struct model_entry *entries = model_entries(model, function);
    uint32_t dwords = operation->width / 4u;
    uint32_t i;

    permit->value_clause = IRQCTS_CLAUSE_ENTRY_READBACK;
    if (!access_defined(operation)) {
        permit->statuses = STATUSES_ANY;
        return;
    }
    for (i = 0; i < dwords; i++) {
        uint64_t at = operation->address / 4u + i;
        uint64_t index = at / 4u;
        uint32_t dword = (uint32_t)(at % 4u);
        uint32_t bits;
        if (index >= function->entries) {
            permit->statuses = STATUSES_ANY;
            return;
        }
        bits = readable_bits(&entries[index], dword);
        permit->value |= (uint64_t)(entry_dword(&entries[index], dword) & bits) << (32u * i);
        permit->value_mask |= (uint64_t)bits << (32u * i);
        if (dword == VECTOR_CONTROL && dwords == 1) {
            permit->value_clause =
                entries[index].control_written ? IRQCTS_CLAUSE_ENTRY_RETAINED : IRQCTS_CLAUSE_ENTRY_MASK_RESET;
        }
    }
}

static void settle_dword(const struct model_step *step, struct model_function *function, uint32_t index, uint32_t dword,
                         uint32_t value)
{
    struct model_entry *entry = &model_entries(step->model, function)[index];
    int known = (entry->known & KNOWN(dword)) != 0;

    cover(step, IRQCTS_CLAUSE_ENTRY_LAYOUT);
    if (dword == VECTOR_CONTROL) {
        uint32_t was = entry->vector_control & MASK_BIT;
        cover(step, IRQCTS_CLAUSE_ENTRY_VC_RESERVED);
        cover(step, entry->control_written ? IRQCTS_CLAUSE_ENTRY_RETAINED : IRQCTS_CLAUSE_ENTRY_MASK_RESET);
        if (function->was_reset && !entry->control_written) {
            cover(step, IRQCTS_CLAUSE_RESET_STATE);
        }
        if (!known) {
            /* The read tells what an odd access left; nothing is sent by reading. */
            entry->known |= KNOWN(VECTOR_CONTROL);
            entry->vector_control = value;
            function->unmasked += (value & MASK_BIT) == 0;
        } else if (was != (value & MASK_BIT)) {
            function->unmasked = (value & MASK_BIT) == 0 ? function->unmasked + 1 : function->unmasked - 1;
            entry->vector_control = (entry->vector_control & ~MASK_BIT) | (value & MASK_BIT);
        }
        return;
    }
    if (known) {
        cover(step, IRQCTS_CLAUSE_ENTRY_READBACK);
        if (dword == ADDRESS_LOW) {
            cover(step, IRQCTS_CLAUSE_ENTRY_ADDRESS_LOW_BITS);
        }
    }
    set_dword(entry, dword, value);
}

void settle_table_read(const struct model_step *step, struct model_function *function,
                       const struct irqcts_operation *operation, uint64_t value)
{
    uint32_t dwords = operation->width / 4u;
    uint32_t i;

    if (!access_defined(operation)) {
        cover(step, IRQCTS_CLAUSE_ENTRY_ACCESS_WIDTH);
        return;
    }
    if (operation->width == 8) {
        cover(step, IRQCTS_CLAUSE_ENTRY_QWORD);
    }
    for (i = 0; i < dwords; i++) {
        uint64_t at = operation->address / 4u + i;
        if (at / 4u >= function->entries) {
            cover(step, IRQCTS_CLAUSE_ENTRY_BEYOND);
            return;
        }
        if (function->last_virtualized != NO_ENTRY && function->last_virtualized != at / 4u) {
            cover(step, IRQCTS_CLAUSE_VWRITE_ISOLATION_ENTRY);
        } else if (function->last_virtualized != NO_ENTRY) {
            cover(step, IRQCTS_CLAUSE_VWRITE_WRITES);
        }
        settle_dword(step, function, (uint32_t)(at / 4u), (uint32_t)(at % 4u), (uint32_t)(value >> (32u * i)));
    }
}

static void write_dword(const struct model_step *step, struct model_function *function, uint32_t index, uint32_t dword,
                        uint32_t value)
{
    struct model_entry *entry = &model_entries(step->model, function)[index];

    if (dword == VECTOR_CONTROL) {
        set_mask(step, function, index, value, 1, IRQCTS_CLAUSE_PEND_RELEASE);
        function->last_masked = index;
    } else if ((entry->known & KNOWN(dword)) == 0 || entry_dword(entry, dword) != value) {
        change_message(step->model, function, entry);
        set_dword(entry, dword, value);
    }
}

/* An access of another width, or a write of what nobody shows (an opaque
 * message), leaves the DWORDs that it touches open, and nothing else. */
static void write_open(const struct model_step *step, struct model_function *function,
                            const struct irqcts_operation *operation)
{
    uint64_t last = operation->address + operation->width - 1u;
    uint64_t at;

    for (at = operation->address / 4u; at <= last / 4u && at / 4u < function->entries; at++) {
        struct model_entry *entry = &model_entries(step->model, function)[at / 4u];
        if (at % 4u == VECTOR_CONTROL) {
            set_mask(step, function, (uint32_t)(at / 4u), entry->vector_control, 0, IRQCTS_CLAUSE_ENTRY_ACCESS_WIDTH);
        } else {
            entry->known &= (uint8_t)~KNOWN((uint32_t)(at % 4u));
            change_message(step->model, function, entry);
        }
    }
}

/* `at`: number of the DWORD, from the start of the table. */
static void write_dword_at(const struct model_step *step, struct model_function *function, uint64_t at, uint32_t value)
{
    if (at / 4u < function->entries) {
        write_dword(step, function, (uint32_t)(at / 4u), (uint32_t)(at % 4u), value);
    } else {
        cover(step, IRQCTS_CLAUSE_ENTRY_BEYOND);
    }
}

void apply_table_write(const struct model_step *step, struct model_function *function,
                       const struct irqcts_operation *operation)
{
    if (!access_defined(operation)) {
        cover(step, IRQCTS_CLAUSE_ENTRY_ACCESS_WIDTH);
        write_open(step, function, operation);
    } else if ((operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) != 0) {
        write_open(step, function, operation);
    } else {
        write_dword_at(step, function, operation->address / 4u, (uint32_t)operation->value);
        if (operation->width == 8) {
            cover(step, IRQCTS_CLAUSE_ENTRY_QWORD);
            write_dword_at(step, function, operation->address / 4u + 1u, (uint32_t)(operation->value >> 32));
        }
    }
}

/* ---- pending bit array ---- */

/* Whether a pending bit may be read at all: an event latched behind an open
 * mask (paused, Bus Master off) need not show. */
static int pending_shown(const struct model_function *function, const struct model_entry *entry)
{
    if (!function->enabled || function->function_mask) {
        return 1;
    }
    return (entry->known & KNOWN(VECTOR_CONTROL)) != 0 && (entry->vector_control & MASK_BIT) != 0;
}

/* The bits of one bit set that a read covers; `address` and `width` are aligned. */
static uint64_t covered_bits(const uint64_t *words, const struct irqcts_operation *operation)
{
    uint64_t word = words[operation->address / 8u];

    return operation->width == 8 ? word : (word >> (operation->address % 8u * 8u)) & UINT32_MAX;
}

void permit_pba_read(const struct irqcts_model *model, const struct model_function *function,
                     const struct irqcts_operation *operation, struct model_permit *permit)
{
    const struct model_entry *entries = model_entries(model, function);
    uint64_t certain;
    uint64_t open;
    uint64_t bits;

    permit->value_clause = IRQCTS_CLAUSE_PBA_READ;
    if (!access_defined(operation) || operation->address >= 8u * (uint64_t)words_for(function->entries)) {
        permit->statuses = STATUSES_ANY;
        return;
    }
    certain = covered_bits(function->certain, operation);
    open = covered_bits(function->possible, operation) & ~certain;
    if (certain != 0) {
        permit->value_clause = IRQCTS_CLAUSE_PEND_SET;
    }
    for (bits = certain; bits != 0; bits &= bits - 1u) {
        uint32_t index = (uint32_t)operation->address * 8u + lowest_bit(bits);
        if (!pending_shown(function, &entries[index])) {
            open |= bits & (~bits + 1u);
        }
    }
    if (function->under_way) {
        open |= covered_bits(function->released, operation) & ~certain;
    }
    /* PBA-LAYOUT: bits beyond N are in neither set and read 0. */
    permit->value = certain & ~open;
    permit->value_mask = ~open & (operation->width == 8 ? UINT64_MAX : UINT32_MAX);
}

void settle_pba_read(const struct model_step *step, struct model_function *function,
                     const struct irqcts_operation *operation, uint64_t value)
{
    const struct model_entry *entries = model_entries(step->model, function);
    uint64_t bits;

    if (!access_defined(operation) || operation->address >= 8u * (uint64_t)words_for(function->entries)) {
        return;
    }
    cover(step, IRQCTS_CLAUSE_PBA_READ);
    cover(step, IRQCTS_CLAUSE_PBA_LAYOUT);
    if (function->was_reset) {
        cover(step, IRQCTS_CLAUSE_RESET_STATE);
    }
    bits = covered_bits(function->possible, operation);
    if (bits != 0) {
        cover(step, IRQCTS_CLAUSE_PEND_POLLING);
    }
    for (bits |= value; bits != 0; bits &= bits - 1u) {
        uint32_t index = (uint32_t)operation->address * 8u + lowest_bit(bits);
        if (index >= function->entries) {
            return;
        }
        if (under_way(function, function->released, index)) {
            continue; /* it shows what is being sent */
        }
        if (!function->enabled && !bit_test(function->certain, index)) {
            continue; /* what it shows while disabled does not bind it (ENABLE-OFF-EVENT, ENABLE-CYCLE-PENDING) */
        }
        if ((value & bits & (~bits + 1u)) != 0) {
            bit_set(function->possible, index);
            bit_set(function->certain, index);
        } else if (pending_shown(function, &entries[index])) {
            bit_clear(function->possible, index);
            bit_clear(function->certain, index);
        }
    }
}

/* ---- the Status register of configuration space ---- */

enum { STATUS_REGISTER = 6, STATUS_INTERRUPT = 8 };

/* Where in an access Interrupt Status is; 0: not in it. */
static uint64_t interrupt_status(const struct irqcts_operation *operation)
{
    uint64_t before = STATUS_REGISTER - operation->address;

    return before < operation->width ? (uint64_t)STATUS_INTERRUPT << (8u * before) : 0;
}

void permit_config_read(const struct model_function *function, const struct irqcts_operation *operation,
                        struct model_permit *permit)
{
    permit->statuses = STATUSES_ANY;
    if (function->enabled) {
        permit->value_clause = IRQCTS_CLAUSE_SEND_NO_INTX;
        permit->value_mask = interrupt_status(operation);
    }
}

void settle_config_read(const struct model_step *step, const struct model_function *function,
                        const struct irqcts_operation *operation)
{
    if (function->enabled && interrupt_status(operation) != 0) {
        cover(step, IRQCTS_CLAUSE_SEND_NO_INTX);
    }
}

/* ---- capability ---- */

/* What a byte of the capability reads as. */
static uint8_t capability_byte(const struct model_function *function, uint32_t at)
{
    uint32_t control = (function->entries - 1u) | (function->function_mask ? CONTROL_FUNCTION_MASK << 8 : 0u) |
                       (function->enabled ? CONTROL_ENABLE << 8 : 0u);

    if (at >= 8) {
        return (uint8_t)(function->fixed_pba >> (8u * (at - 8u)));
    }
    if (at >= 4) {
        return (uint8_t)(function->fixed_table >> (8u * (at - 4u)));
    }
    switch (at) {
    case 0:
        return CAPABILITY_ID;
    case 1:
        return function->fixed_next;
    case 2:
        return (uint8_t)control;
    default:
        return (uint8_t)(control >> 8);
    }
}

void permit_capability_read(const struct model_function *function, const struct irqcts_operation *operation,
                            struct model_permit *permit)
{
    static const struct {
        uint8_t clause;
        uint8_t fixed; /* the bit of fixed_known without which its value is open; 0: never open */
    } bytes[CAPABILITY_BYTES] = {
        {IRQCTS_CLAUSE_CAP_HEADER, 0},     {IRQCTS_CLAUSE_CAP_WRITE_WIDTHS, FIXED_NEXT},
        {IRQCTS_CLAUSE_CAP_TABLE_SIZE, 0}, {IRQCTS_CLAUSE_CAP_ENABLE, 0},
        {IRQCTS_CLAUSE_CAP_BIR_OFFSET, FIXED_TABLE}, {IRQCTS_CLAUSE_CAP_BIR_OFFSET, FIXED_TABLE},
        {IRQCTS_CLAUSE_CAP_BIR_OFFSET, FIXED_TABLE}, {IRQCTS_CLAUSE_CAP_BIR_OFFSET, FIXED_TABLE},
        {IRQCTS_CLAUSE_CAP_BIR_OFFSET, FIXED_PBA},   {IRQCTS_CLAUSE_CAP_BIR_OFFSET, FIXED_PBA},
        {IRQCTS_CLAUSE_CAP_BIR_OFFSET, FIXED_PBA},   {IRQCTS_CLAUSE_CAP_BIR_OFFSET, FIXED_PBA}};
    uint64_t behind = operation->address + operation->width;
    uint64_t end = behind < CAPABILITY_BYTES ? behind : CAPABILITY_BYTES;
    uint64_t at;

    if (operation->address < CAPABILITY_BYTES) {
        permit->value_clause = bytes[operation->address].clause;
    } else {
        permit->statuses = STATUSES_ANY;
    }
    for (at = operation->address; at < end; at++) {
        if ((bytes[at].fixed & ~function->fixed_known) == 0) {
            uint64_t shift = 8u * (at - operation->address);
            permit->value |= (uint64_t)capability_byte(function, (uint32_t)at) << shift;
            permit->value_mask |= (uint64_t)UINT8_MAX << shift;
        }
    }
}

void settle_capability_read(const struct model_step *step, struct model_function *function,
                            const struct irqcts_operation *operation, uint64_t value)
{
    uint64_t offset = operation->address;
    uint64_t end = offset + operation->width;

    if (offset == 0) {
        cover(step, IRQCTS_CLAUSE_CAP_HEADER);
    }
    if (offset <= 1 && end > 1) {
        function->fixed_next = (uint8_t)(value >> (8u * (1u - offset)));
        function->fixed_known |= FIXED_NEXT;
    }
    if (offset <= 2 && end > 2) {
        cover(step, IRQCTS_CLAUSE_CAP_TABLE_SIZE);
    }
    if (offset <= CONTROL_HIGH_BYTE && end > CONTROL_HIGH_BYTE) {
        uint8_t high = (uint8_t)(value >> (8u * (CONTROL_HIGH_BYTE - offset)));
        cover(step, IRQCTS_CLAUSE_CAP_RESERVED);
        cover(step, IRQCTS_CLAUSE_CAP_ENABLE);
        cover(step, IRQCTS_CLAUSE_CAP_FUNCTION_MASK);
        if (function->was_reset && !function->enabled && !function->function_mask) {
            cover(step, IRQCTS_CLAUSE_RESET_STATE);
        }
        function->enabled = (high & CONTROL_ENABLE) != 0;
        function->function_mask = (high & CONTROL_FUNCTION_MASK) != 0;
    }
    if (operation->width == 4 && offset == 4) {
        cover(step, IRQCTS_CLAUSE_CAP_BIR_OFFSET);
        function->fixed_table = (uint32_t)value;
        function->fixed_known |= FIXED_TABLE;
    }
    if (operation->width == 4 && offset == 8) {
        cover(step, IRQCTS_CLAUSE_CAP_BIR_OFFSET);
        function->fixed_pba = (uint32_t)value;
        function->fixed_known |= FIXED_PBA;
    }
}

void apply_capability_write(const struct model_step *step, struct model_function *function,
                            const struct irqcts_operation *operation)
{
    uint64_t offset = operation->address;

    cover(step, IRQCTS_CLAUSE_CAP_WRITE_WIDTHS);
    if (offset <= CONTROL_HIGH_BYTE && offset + operation->width > CONTROL_HIGH_BYTE) {
        uint8_t high = (uint8_t)(operation->value >> (8u * (CONTROL_HIGH_BYTE - offset)));
        set_control(step, function, (high & CONTROL_ENABLE) != 0, (high & CONTROL_FUNCTION_MASK) != 0);
    }
}
