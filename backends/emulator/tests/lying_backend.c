/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulator behind a backend that lies or breaks, for the harness's tests
 * (harness/tests/test_lying_backends.py): each lie must end in the right verdict.
 */
#include "irqcts/backend.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);
IRQCTS_API const struct irqcts_backend_interface *irqcts_backend_entry(uint32_t abi_version);

enum lie {
    LIE_NONE,
    LIE_CLAIMS, /* lists strays and pending bits among what it sees, and sees neither */
    LIE_STALE,  /* a read returns what the read before it should have */
    LIE_DROPS,  /* every tenth delivery is left out */
    LIE_YES,    /* everything succeeded */
    LIE_LATE,   /* a poll returns what the poll before it should have */
    LIE_COUNT
};
static const char *const lie_names[LIE_COUNT] = {"none", "claims", "stale", "drops", "yes", "late"};

enum { HELD_MAX = 4096 };

struct liar {
    void *device;
    uint32_t lie;
    unsigned long crash;  /* the operation at which the process dies, counted from 1; 0: none */
    unsigned long silent; /* from which on nothing is answered any more */
    unsigned long count;  /* operations so far */
    unsigned long deliveries;
    uint64_t last_read;
    uint32_t held_count;
    struct irqcts_delivery held[HELD_MAX];
};

static const struct irqcts_backend_interface *emulator;

static int32_t liar_open(void **out, const char *options, char *error, size_t error_size)
{
    struct liar *liar = calloc(1, sizeof(*liar));
    char copy[256];
    char *rest = NULL;

    if (liar == NULL || emulator->open(&liar->device, "", error, error_size) != 0) {
        free(liar);
        return -1;
    }
    (void)snprintf(copy, sizeof(copy), "%s", options);
    for (char *word = strtok_r(copy, ",", &rest); word != NULL; word = strtok_r(NULL, ",", &rest)) {
        if (strncmp(word, "crash=", 6) == 0) {
            liar->crash = strtoul(word + 6, NULL, 10);
        } else if (strncmp(word, "silent=", 7) == 0) {
            liar->silent = strtoul(word + 7, NULL, 10);
        }
        for (uint32_t i = 0; i < LIE_COUNT; i++) {
            if (strncmp(word, "lie=", 4) == 0 && strcmp(word + 4, lie_names[i]) == 0) {
                liar->lie = i;
            }
        }
    }
    *out = liar;
    return 0;
}

static int32_t liar_describe(void *context, struct irqcts_backend_description *out)
{
    const struct liar *liar = context;
    int32_t code = emulator->describe(liar->device, out);

    (void)snprintf(out->name, sizeof(out->name), "lying");
    (void)snprintf(out->identity, sizeof(out->identity), "an emulator that lies: %s", lie_names[liar->lie]);
    return code;
}

static int reads(uint16_t kind)
{
    return kind == IRQCTS_OPERATION_TABLE_READ || kind == IRQCTS_OPERATION_PBA_READ ||
           kind == IRQCTS_OPERATION_CAPABILITY_READ || kind == IRQCTS_OPERATION_CONFIG_READ;
}

/* What arrived in this poll, changed in place. */
static void tamper_with_poll(struct liar *liar, struct irqcts_result *result, struct irqcts_delivery_buffer *buffer)
{
    struct irqcts_delivery *records = &buffer->records[result->delivery_first];
    uint32_t kept = 0;

    if (liar->lie == LIE_LATE) {
        static struct irqcts_delivery now[HELD_MAX];
        uint32_t count = result->delivery_count < HELD_MAX ? result->delivery_count : HELD_MAX;
        memcpy(now, records, count * sizeof(*now));
        if (liar->held_count > buffer->capacity - result->delivery_first) {
            liar->held_count = buffer->capacity - result->delivery_first;
        }
        memcpy(records, liar->held, liar->held_count * sizeof(*records));
        result->delivery_count = liar->held_count;
        buffer->count = result->delivery_first + liar->held_count;
        memcpy(liar->held, now, count * sizeof(*now));
        liar->held_count = count;
        return;
    }
    for (uint32_t i = 0; i < result->delivery_count; i++) {
        struct irqcts_delivery record = records[i];
        if (liar->lie == LIE_DROPS) {
            unsigned long before = liar->deliveries / 10u;
            liar->deliveries += record.count;
            record.count -= (uint32_t)(liar->deliveries / 10u - before);
        }
        if (record.count > 0 && !(liar->lie == LIE_CLAIMS && record.message == IRQCTS_MESSAGE_STRAY)) {
            records[kept++] = record;
        }
    }
    result->delivery_count = kept;
    buffer->count = result->delivery_first + kept;
}

static void tamper(struct liar *liar, const struct irqcts_operation *operation, struct irqcts_result *result,
                   struct irqcts_delivery_buffer *buffer)
{
    if (liar->lie == LIE_YES) {
        result->status = IRQCTS_STATUS_OK;
    } else if (liar->lie == LIE_STALE && reads(operation->kind)) {
        uint64_t value = result->value;
        result->value = liar->last_read;
        liar->last_read = value;
    } else if (liar->lie == LIE_CLAIMS && operation->kind == IRQCTS_OPERATION_PBA_READ) {
        result->value = 0;
    }
    if (operation->kind == IRQCTS_OPERATION_POLL) {
        tamper_with_poll(liar, result, buffer);
    }
}

static int32_t liar_execute(void *context, const struct irqcts_operation *operations, uint32_t count,
                            struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                            size_t error_size)
{
    struct liar *liar = context;

    for (uint32_t i = 0; i < count; i++) {
        int32_t code;
        liar->count++;
        if (liar->count == liar->crash) {
            (void)raise(SIGSEGV);
        }
        if (liar->silent != 0 && liar->count >= liar->silent) {
            (void)pause(); /* until the agent is told to end */
            return -1;
        }
        code = emulator->execute(liar->device, &operations[i], 1, &results[i], deliveries, error, error_size);
        if (code != 0) {
            return code;
        }
        tamper(liar, &operations[i], &results[i], deliveries);
    }
    return 0;
}

static int32_t liar_messages(void *context, uint32_t function, uint32_t first, uint32_t count,
                             struct irqcts_message *out, char *error, size_t error_size)
{
    return emulator->messages(((struct liar *)context)->device, function, first, count, out, error, error_size);
}

static void liar_close(void *context)
{
    struct liar *liar = context;

    emulator->close(liar->device);
    free(liar);
}

const struct irqcts_backend_interface *irqcts_backend_entry(uint32_t abi_version)
{
    static const char *const help[] = {"lie=claims|stale|drops|yes|late", "crash=N", "silent=N", NULL};
    static const struct irqcts_backend_interface interface = {
        .abi_version = IRQCTS_BACKEND_ABI_VERSION, .size = sizeof(interface), .name = "lying", .option_help = help,
        .open = liar_open, .describe = liar_describe, .execute = liar_execute, .messages = liar_messages,
        .close = liar_close};

    emulator = irqcts_backend_emulator_entry(abi_version);
    return emulator == NULL ? NULL : &interface;
}
