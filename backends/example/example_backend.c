/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The smallest useful backend: a device of two entries that lives in this file.
 * docs/writing-a-backend.md walks through it.  It offers the register view of
 * the table, the pending bits and the control word, and events.
 */
#include "irqcts/backend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct irqcts_backend_interface *irqcts_backend_example_entry(uint32_t abi_version);

enum { ENTRIES = 2, FIRST_MESSAGE_DATA = 0x40 };

struct example {
    uint32_t table[ENTRIES][4]; /* address low, high, data, Vector Control */
    uint32_t pending;
    uint32_t delivered[ENTRIES]; /* by message, since the last poll */
    uint32_t strays;
    int enabled;
    int function_mask;
    int bus_master;
};

static const uint64_t first_address = 0xfee00000;

static int32_t open_example(void **out, const char *options, char *error, size_t error_size)
{
    if (options[0] != '\0') {
        (void)snprintf(error, error_size, "option \"%s\" is unknown; the example has none", options);
        return IRQCTS_ERROR_OPEN;
    }
    *out = calloc(1, sizeof(struct example));
    return *out != NULL ? IRQCTS_ERROR_NONE : IRQCTS_ERROR_MEMORY;
}

#define SUPPORTS(kind) (UINT64_C(1) << IRQCTS_OPERATION_##kind)

static int32_t describe_example(void *context, struct irqcts_backend_description *out)
{
    (void)context;
    *out = (struct irqcts_backend_description){
        .name = "example",
        .device = "two entries in memory",
        .driver = "none",
        .identity = "example: two entries in memory",
        .operations = SUPPORTS(CONFIGURE) | SUPPORTS(TABLE_READ) | SUPPORTS(TABLE_WRITE) | SUPPORTS(PBA_READ) |
                      SUPPORTS(ENABLE) | SUPPORTS(FUNCTION_MASK) | SUPPORTS(BUS_MASTER) | SUPPORTS(RAISE) |
                      SUPPORTS(POLL),
        .observations = IRQCTS_OBSERVES_DELIVERIES | IRQCTS_OBSERVES_EXACT_COUNTS | IRQCTS_OBSERVES_STRAYS |
                        IRQCTS_OBSERVES_TABLE | IRQCTS_OBSERVES_PBA,
        .stimulus = IRQCTS_STIMULUS_DEVICE,
        .properties = IRQCTS_PROPERTY_SYNCHRONOUS | IRQCTS_PROPERTY_PARALLEL,
        .entries_max = ENTRIES,
        .messages_max = ENTRIES,
    };
    return IRQCTS_ERROR_NONE;
}

/* ---- the device ---- */

static uint32_t configure(struct example *device, const struct irqcts_operation *operation)
{
    if (operation->entry != ENTRIES || operation->value != 0) {
        return IRQCTS_STATUS_NOT_SUPPORTED; /* this device has one size and no virtual functions */
    }
    memset(device, 0, sizeof(*device));
    for (uint32_t i = 0; i < ENTRIES; i++) {
        device->table[i][3] = 1; /* ENTRY-MASK-RESET */
    }
    device->bus_master = 1;
    return IRQCTS_STATUS_OK;
}

static void send(struct example *device, uint32_t entry)
{
    uint64_t address = (uint64_t)device->table[entry][1] << 32 | device->table[entry][0];
    uint32_t message = device->table[entry][2] - FIRST_MESSAGE_DATA;

    if (message < ENTRIES && address == first_address + 16u * message) {
        device->delivered[message]++;
    } else {
        device->strays++;
    }
}

static int masked(const struct example *device, uint32_t entry)
{
    return device->function_mask || (device->table[entry][3] & 1u) != 0;
}

/* Sends what is pending and no longer masked (PEND-RELEASE). */
static void release(struct example *device)
{
    for (uint32_t i = 0; i < ENTRIES && device->enabled; i++) {
        if (((device->pending >> i) & 1u) != 0 && !masked(device, i)) {
            device->pending &= ~(1u << i);
            if (device->bus_master) {
                send(device, i);
            }
        }
    }
}

static void raise_event(struct example *device, uint32_t entry)
{
    if (entry >= ENTRIES || !device->enabled) {
        return; /* an event while disabled is dropped: one of the two accepted readings */
    }
    if (masked(device, entry)) {
        device->pending |= 1u << entry;
    } else if (device->bus_master) {
        send(device, entry);
    }
}

/* Aligned DWORDs and QWORDs inside the table; anything else is ignored. */
static void table_access(struct example *device, const struct irqcts_operation *operation, struct irqcts_result *result)
{
    uint32_t width = operation->width;

    if ((width != 4 && width != 8) || operation->address % width != 0) {
        return;
    }
    for (uint32_t i = 0; i < width / 4; i++) {
        uint64_t dword = operation->address / 4 + i;
        if (dword >= ENTRIES * 4) {
            return;
        }
        if (operation->kind == IRQCTS_OPERATION_TABLE_WRITE) {
            device->table[dword / 4][dword % 4] = (uint32_t)(operation->value >> (32 * i));
        } else {
            result->value |= (uint64_t)device->table[dword / 4][dword % 4] << (32 * i);
        }
    }
    release(device);
}

static void poll(struct example *device, struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries)
{
    result->delivery_first = deliveries->count;
    for (uint32_t message = 0; message <= ENTRIES; message++) {
        uint32_t *count = message < ENTRIES ? &device->delivered[message] : &device->strays;
        if (*count == 0) {
            continue;
        }
        if (deliveries->count == deliveries->capacity) {
            deliveries->lost++;
        } else {
            deliveries->records[deliveries->count++] = (struct irqcts_delivery){
                .message = message < ENTRIES ? message : IRQCTS_MESSAGE_STRAY, .count = *count};
        }
        *count = 0;
    }
    result->delivery_count = deliveries->count - result->delivery_first;
}

/* ---- the interface ---- */

static int32_t execute_example(void *context, const struct irqcts_operation *operations, uint32_t count,
                               struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                               size_t error_size)
{
    struct example *device = context;

    (void)error;
    (void)error_size;
    for (uint32_t i = 0; i < count; i++) {
        const struct irqcts_operation *operation = &operations[i];
        results[i] = (struct irqcts_result){.status = IRQCTS_STATUS_OK};
        if (operation->function != 0) {
            results[i].status = IRQCTS_STATUS_NOT_SUPPORTED;
            continue;
        }
        switch (operation->kind) {
        case IRQCTS_OPERATION_CONFIGURE:
            results[i].status = configure(device, operation);
            break;
        case IRQCTS_OPERATION_TABLE_READ:
        case IRQCTS_OPERATION_TABLE_WRITE:
            table_access(device, operation, &results[i]);
            break;
        case IRQCTS_OPERATION_PBA_READ:
            results[i].value = operation->address == 0 ? device->pending : 0;
            break;
        case IRQCTS_OPERATION_ENABLE:
            device->enabled = operation->value != 0;
            release(device);
            break;
        case IRQCTS_OPERATION_FUNCTION_MASK:
            device->function_mask = operation->value != 0;
            release(device);
            break;
        case IRQCTS_OPERATION_BUS_MASTER:
            device->bus_master = operation->value != 0;
            break;
        case IRQCTS_OPERATION_RAISE:
            raise_event(device, operation->entry);
            break;
        case IRQCTS_OPERATION_POLL:
            poll(device, &results[i], deliveries);
            break;
        default:
            results[i].status = IRQCTS_STATUS_NOT_SUPPORTED;
            break;
        }
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t messages_of_example(void *context, uint32_t function, uint32_t first, uint32_t count,
                                   struct irqcts_message *out, char *error, size_t error_size)
{
    (void)context;
    if (function != 0 || first + count > ENTRIES) {
        (void)snprintf(error, error_size, "function %u has no messages %u to %u", function, first, first + count - 1u);
        return IRQCTS_ERROR_ARGUMENT;
    }
    for (uint32_t i = 0; i < count; i++) {
        out[i] = (struct irqcts_message){first_address + 16u * (first + i), FIRST_MESSAGE_DATA + first + i, 0};
    }
    return IRQCTS_ERROR_NONE;
}

const struct irqcts_backend_interface *irqcts_backend_example_entry(uint32_t abi_version)
{
    static const struct irqcts_backend_interface interface = {
        IRQCTS_BACKEND_ABI_VERSION, sizeof(interface), "example",           NULL, open_example,
        describe_example,           execute_example,   messages_of_example, free};
    return abi_version == IRQCTS_BACKEND_ABI_VERSION ? &interface : NULL;
}

#ifdef EXAMPLE_STANDALONE /* outside the tree this file is the whole library */
IRQCTS_API const struct irqcts_backend_interface *irqcts_backend_entry(uint32_t abi_version);
const struct irqcts_backend_interface *irqcts_backend_entry(uint32_t abi_version)
{
    return irqcts_backend_example_entry(abi_version);
}
#endif
