/* SPDX-License-Identifier: Apache-2.0 */
/* The emulator's options: every choice that the specification leaves open, and the planted fault. */
#include "options.h"
#include "faults.h"
#include "irqcts/error.h"

#include <stdio.h>
#include <string.h>

const char *const emulator_option_help[] = {
    "table-bar=0..5 BAR of the MSI-X table (default 2)",
    "table-offset=BYTES its offset there, a multiple of 8 (default 0x2000)",
    "pba-bar=0..5 BAR of the pending bit array (default 2)",
    "pba-offset=BYTES its offset there, a multiple of 8 (default 0x1000)",
    "bar-64=on|off 64-bit BARs, which are even ones (default on)",
    "bus-master-off=lose|pend an event while Bus Master is off (default lose)",
    "disabled-event=drop|keep an event while MSI-X is disabled (default drop)",
    "pending-across-disable=keep|clear pending bits when MSI-X is disabled (default keep)",
    "reserved-control=zero|stored reserved bits of Vector Control read 0 or what was written (default zero)",
    "address-low=zero|stored the two lowest address bits read 0 or what was written (default zero)",
    "pba-write=ignored writes to the pending bit array",
    "odd-access=ignored|performed table accesses that are not an aligned DWORD or QWORD (default ignored)",
    "reset-value=zero|ones|pattern addresses and data after reset (default zero)",
    "rewrite-unmasked=live|latched a message changed while unmasked is used at once or after the next unmask "
    "(default live)",
    "locking=none|operation|access for use by several threads: a lock held for a whole operation, or, wrongly, for "
    "single accesses (default none)",
    "fault=ID|none a planted fault (default none); irqcts-emulator-faults prints the table, "
    "faults.json beside the generated files holds it",
    NULL};

/* An option whose value is one of a few words. */
struct word_option {
    const char *key;
    const char *words; /* separated by |; the position is the value */
    size_t field;
};
#define FIELD(name) offsetof(struct emulator_choices, name)
static const struct word_option word_options[] = {
    {"bar-64", "off|on", FIELD(bar_64)},
    {"bus-master-off", "lose|pend", FIELD(bus_master_off_pends)},
    {"disabled-event", "drop|keep", FIELD(disabled_event_kept)},
    {"pending-across-disable", "keep|clear", FIELD(disable_clears_pending)},
    {"reserved-control", "zero|stored", FIELD(reserved_bits_stored)},
    {"address-low", "zero|stored", FIELD(low_bits_stored)},
    {"odd-access", "ignored|performed", FIELD(odd_access_performed)},
    {"reset-value", "zero|ones|pattern", FIELD(reset_pattern)},
    {"rewrite-unmasked", "live|latched", FIELD(rewrite_latched)},
    {"locking", "none|operation|access", FIELD(locking)},
    {"pba-write", "ignored", SIZE_MAX},
};

struct number_option {
    const char *key;
    uint32_t most;
    uint32_t multiple;
    size_t field;
};
static const struct number_option number_options[] = {
    {"table-bar", 5, 1, FIELD(table_bar)},
    {"table-offset", EMULATOR_OFFSET_MAX, 8, FIELD(table_offset)},
    {"pba-bar", 5, 1, FIELD(pba_bar)},
    {"pba-offset", EMULATOR_OFFSET_MAX, 8, FIELD(pba_offset)},
};

/* Position of a word in "a|b|c", or -1. */
static int32_t word_position(const char *words, const char *word, size_t length)
{
    int32_t position = 0;

    for (;;) {
        size_t this_length = strcspn(words, "|");
        if (this_length == length && memcmp(words, word, length) == 0) {
            return position;
        }
        if (words[this_length] == '\0') {
            return -1;
        }
        words += this_length + 1u;
        position++;
    }
}

/* Decimal or 0x hexadecimal, at most `most`; returns 0 when it is no such number. */
static int parse_number(uint32_t *out, const char *text, size_t length, uint32_t most)
{
    uint32_t base = 10;
    uint64_t value = 0;
    size_t i = 0;

    if (length > 2 && text[0] == '0' && (text[1] == 'x' || text[1] == 'X')) {
        base = 16;
        i = 2;
    }
    if (i == length) {
        return 0;
    }
    for (; i < length; i++) {
        const char *digits = "0123456789abcdef";
        char c = text[i] >= 'A' && text[i] <= 'F' ? (char)(text[i] - 'A' + 'a') : text[i];
        const char *digit = c != '\0' ? strchr(digits, c) : NULL;
        if (digit == NULL || (uint32_t)(digit - digits) >= base) {
            return 0;
        }
        value = value * base + (uint32_t)(digit - digits);
        if (value > most) {
            return 0;
        }
    }
    *out = (uint32_t)value;
    return 1;
}

static uint32_t *field_of(struct emulator_choices *choices, size_t field)
{
    return (uint32_t *)(void *)((char *)choices + field);
}

static int32_t unknown_key(const char *key, size_t length, char *error, size_t error_size)
{
    size_t used = (size_t)snprintf(error, error_size, "the emulator has no option \"%.*s\"; it has", (int)(length < 64 ? length : 64), key);
    size_t i;

    for (i = 0; emulator_option_help[i] != NULL && used < error_size; i++) {
        used += (size_t)snprintf(error + used, error_size - used, "%s %.*s", i > 0 ? "," : "",
                                 (int)strcspn(emulator_option_help[i], "="), emulator_option_help[i]);
    }
    return IRQCTS_ERROR_OPEN;
}

static int32_t parse_one(struct emulator_choices *out, const char *key, size_t key_length, const char *value,
                         size_t value_length, char *error, size_t error_size)
{
    int shown = (int)(value_length < 64 ? value_length : 64);
    size_t i;

    for (i = 0; i < sizeof(word_options) / sizeof(word_options[0]); i++) {
        const struct word_option *option = &word_options[i];
        int32_t position;
        if (strlen(option->key) != key_length || memcmp(option->key, key, key_length) != 0) {
            continue;
        }
        position = word_position(option->words, value, value_length);
        if (position < 0) {
            (void)snprintf(error, error_size, "emulator option %s=%.*s: use one of %s", option->key, shown, value,
                           option->words);
            return IRQCTS_ERROR_OPEN;
        }
        if (option->field != SIZE_MAX) {
            *field_of(out, option->field) = (uint32_t)position;
        }
        return IRQCTS_ERROR_NONE;
    }
    for (i = 0; i < sizeof(number_options) / sizeof(number_options[0]); i++) {
        const struct number_option *option = &number_options[i];
        uint32_t *field = field_of(out, option->field);
        if (strlen(option->key) != key_length || memcmp(option->key, key, key_length) != 0) {
            continue;
        }
        if (!parse_number(field, value, value_length, option->most) || *field % option->multiple != 0) {
            (void)snprintf(error, error_size, "emulator option %s=%.*s: use a number from 0 to 0x%x%s", option->key,
                           shown, value, option->most, option->multiple > 1 ? ", a multiple of 8" : "");
            return IRQCTS_ERROR_OPEN;
        }
        return IRQCTS_ERROR_NONE;
    }
    if (key_length == 5 && memcmp(key, "fault", 5) == 0) {
        out->fault = irqcts_emulator_fault_find(value, (uint32_t)value_length);
        if (out->fault == 0 && !(value_length == 4 && memcmp(value, "none", 4) == 0)) {
            (void)snprintf(error, error_size,
                           "emulator option fault=%.*s: no such fault; use none or one of the %u ids from %s to %s that "
                           "irqcts-emulator-faults prints",
                           shown, value, irqcts_emulator_fault_count(), irqcts_emulator_fault(0)->id,
                           irqcts_emulator_fault(irqcts_emulator_fault_count() - 1u)->id);
            return IRQCTS_ERROR_OPEN;
        }
        return IRQCTS_ERROR_NONE;
    }
    return unknown_key(key, key_length, error, error_size);
}

int32_t emulator_options_parse(struct emulator_choices *out, const char *options, char *error, size_t error_size)
{
    static const uint32_t patterns[] = {0x00, 0xff, 0xa5};

    *out = (struct emulator_choices){
        .table_bar = 2, .table_offset = 0x2000, .pba_bar = 2, .pba_offset = 0x1000, .bar_64 = 1};
    while (*options != '\0') {
        size_t length = strcspn(options, ",");
        size_t key_length = strcspn(options, "=,");
        int32_t status;
        if (options[key_length] != '=') {
            (void)snprintf(error, error_size, "emulator option \"%.*s\": write key=value",
                           (int)(length < 64 ? length : 64), options);
            return IRQCTS_ERROR_OPEN;
        }
        status = parse_one(out, options, key_length, options + key_length + 1, length - key_length - 1, error,
                           error_size);
        if (status != IRQCTS_ERROR_NONE) {
            return status;
        }
        options += length + (options[length] == ',');
    }
    out->reset_pattern = patterns[out->reset_pattern];
    if (out->bar_64 && (out->table_bar % 2u != 0 || out->pba_bar % 2u != 0)) {
        (void)snprintf(error, error_size,
                       "emulator options table-bar=%u, pba-bar=%u: 64-bit BARs are 0, 2 and 4 (or give bar-64=off)",
                       out->table_bar, out->pba_bar);
        return IRQCTS_ERROR_OPEN;
    }
    if (emulator_entries_limit(out) == 0) {
        (void)snprintf(error, error_size,
                       "emulator options table-offset=0x%x, pba-offset=0x%x: table and PBA overlap in BAR %u; move one "
                       "of them by at least 16 bytes",
                       out->table_offset, out->pba_offset, out->table_bar);
        return IRQCTS_ERROR_OPEN;
    }
    return IRQCTS_ERROR_NONE;
}
