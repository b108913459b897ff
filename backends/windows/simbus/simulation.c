/* SPDX-License-Identifier: Apache-2.0 */
#include "simulation.h"

#include "lock.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

/* Every message of every function, and the strays that the emulator keeps apart. */
#define ARRIVALS_MAX (IRQCTS_FUNCTIONS_MAX * IRQCTS_ENTRIES_MAX + 65u)

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);

struct simulation {
    const struct irqcts_backend_interface *emulator;
    void *context;
    simulation_arrival routine;
    void *routine_context;
    struct emulator_lock arrivals; /* of what follows: what arrived is not the emulator's any more */
    struct irqcts_delivery *others; /* not of function 0 */
    uint32_t other_count;
    uint32_t other_lost;
    struct irqcts_delivery *arrived; /* by one operation */
    uint32_t power;                  /* D0 … D3 */
    uint32_t kept_entries;           /* over D3, with what follows */
    uint64_t kept_control;
    uint64_t kept_table[2u * IRQCTS_ENTRIES_MAX];
};

void simulation_free(struct simulation *simulation)
{
    if (simulation == NULL) {
        return;
    }
    if (simulation->context != NULL) {
        simulation->emulator->close(simulation->context);
    }
    free(simulation->others);
    free(simulation->arrived);
    free(simulation);
}

struct simulation *simulation_create(void)
{
    struct simulation *simulation = calloc(1, sizeof(*simulation));
    char sentence[64];

    if (simulation == NULL) {
        return NULL;
    }
    simulation->emulator = irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION);
    simulation->others = calloc(ARRIVALS_MAX, sizeof(*simulation->others));
    simulation->arrived = calloc(ARRIVALS_MAX, sizeof(*simulation->arrived));
    if (simulation->emulator == NULL || simulation->others == NULL || simulation->arrived == NULL ||
        simulation->emulator->open(&simulation->context, "", sentence, sizeof(sentence)) < 0) {
        simulation_free(simulation);
        return NULL;
    }
    return simulation;
}

irqcts_ntstatus simulation_options(struct simulation *simulation, const char *options, char *sentence, size_t size)
{
    void *context = NULL;

    if (simulation->emulator->open(&context, options, sentence, size) < 0) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    simulation->emulator->close(simulation->context);
    simulation->context = context;
    simulation->other_count = 0;
    simulation->other_lost = 0;
    return IRQCTS_NT_SUCCESS;
}

void simulation_limits(struct simulation *simulation, uint32_t *entries, uint32_t *functions)
{
    struct irqcts_backend_description description;

    (void)simulation->emulator->describe(simulation->context, &description);
    *entries = description.entries_max;
    *functions = description.virtual_functions_max;
}

int simulation_concurrent(struct simulation *simulation)
{
    struct irqcts_backend_description description;

    (void)simulation->emulator->describe(simulation->context, &description);
    return (description.properties & IRQCTS_PROPERTY_CONCURRENT) != 0;
}

static irqcts_ntstatus to_nt(uint32_t status)
{
    static const irqcts_ntstatus known[IRQCTS_STATUS_COUNT] = {
        [IRQCTS_STATUS_OK] = IRQCTS_NT_SUCCESS,
        [IRQCTS_STATUS_INVALID_PARAMETER] = IRQCTS_NT_INVALID_PARAMETER,
        [IRQCTS_STATUS_NOT_SUPPORTED] = IRQCTS_NT_NOT_SUPPORTED,
        [IRQCTS_STATUS_INVALID_STATE] = IRQCTS_NT_INVALID_DEVICE_STATE,
        [IRQCTS_STATUS_NO_RESOURCES] = IRQCTS_NT_INSUFFICIENT_RESOURCES,
        [IRQCTS_STATUS_ACCESS_DENIED] = IRQCTS_NT_ACCESS_DENIED,
        [IRQCTS_STATUS_DEVICE_ERROR] = IRQCTS_NT_UNSUCCESSFUL,
        [IRQCTS_STATUS_GONE] = IRQCTS_NT_DEVICE_REMOVED,
        [IRQCTS_STATUS_NOT_EXECUTED] = IRQCTS_NT_INSUFFICIENT_RESOURCES,
    };

    return status < IRQCTS_STATUS_COUNT ? known[status] : IRQCTS_NT_UNSUCCESSFUL;
}

static void keep(struct simulation *simulation, const struct irqcts_delivery *record)
{
    for (uint32_t i = 0; i < simulation->other_count; i++) {
        struct irqcts_delivery *known = &simulation->others[i];
        if (known->function == record->function && known->message == record->message &&
            known->address == record->address && known->data == record->data) {
            known->count += record->count;
            return;
        }
    }
    if (simulation->other_count == ARRIVALS_MAX) {
        simulation->other_lost++;
        return;
    }
    simulation->others[simulation->other_count++] = *record;
}

/* What has been sent arrives; when this returns, all that was sent before. */
static void collect_locked(struct simulation *simulation)
{
    struct irqcts_operation poll = {.kind = IRQCTS_OPERATION_POLL};
    struct irqcts_delivery_buffer buffer = {.records = simulation->arrived, .capacity = ARRIVALS_MAX};
    struct irqcts_result result;
    char sentence[64];

    if (simulation->emulator->execute(simulation->context, &poll, 1, &result, &buffer, sentence, sizeof(sentence)) <
        0) {
        return;
    }
    simulation->other_lost += buffer.lost;
    for (uint32_t i = 0; i < buffer.count; i++) {
        const struct irqcts_delivery *record = &buffer.records[i];
        if (record->function != 0 || record->message == IRQCTS_MESSAGE_STRAY || simulation->routine == NULL) {
            keep(simulation, record);
            continue;
        }
        for (uint32_t n = 0; n < record->count; n++) {
            simulation->routine(simulation->routine_context, record->message);
        }
    }
}

static void collect(struct simulation *simulation)
{
    emulator_lock_take(&simulation->arrivals);
    collect_locked(simulation);
    emulator_lock_release(&simulation->arrivals);
}

irqcts_ntstatus simulation_operate(struct simulation *simulation, const struct irqcts_operation *operation,
                                   uint64_t *value)
{
    struct irqcts_delivery_buffer none = {0};
    struct irqcts_result result = {0};
    char sentence[256];

    if (operation->kind == IRQCTS_OPERATION_POLL) {
        return IRQCTS_NT_INVALID_PARAMETER; /* simulation_poll */
    }
    if (simulation->emulator->execute(simulation->context, operation, 1, &result, &none, sentence, sizeof(sentence)) <
        0) {
        return IRQCTS_NT_INSUFFICIENT_RESOURCES;
    }
    if (operation->kind == IRQCTS_OPERATION_CONFIGURE) {
        simulation->other_count = 0;
        simulation->other_lost = 0;
        simulation->power = 0;
    }
    collect(simulation);
    *value = result.value;
    return to_nt(result.status);
}

irqcts_ntstatus simulation_save(struct simulation *simulation, uint32_t function, uint8_t *state, size_t *size)
{
    uint32_t status = emulator_state_save(simulation->context, function, state, size);

    return status == IRQCTS_STATUS_NO_RESOURCES && *size > 0 ? IRQCTS_NT_BUFFER_TOO_SMALL : to_nt(status);
}

irqcts_ntstatus simulation_restore(struct simulation *simulation, uint32_t function, const uint8_t *state,
                                   size_t size)
{
    uint32_t status = emulator_state_restore(simulation->context, function, state, size);

    collect(simulation);
    return to_nt(status);
}

/* One register access of the bus driver's own. */
static uint64_t access_register(struct simulation *simulation, uint16_t kind, uint64_t address, uint8_t width,
                                uint64_t value)
{
    const struct irqcts_operation operation = {.kind = kind, .address = address, .width = width, .value = value};
    uint64_t observed = 0;

    (void)simulation_operate(simulation, &operation, &observed);
    return observed;
}

static void keep_registers(struct simulation *simulation)
{
    const struct irqcts_operation size = {.kind = IRQCTS_OPERATION_GET_SIZE};
    uint64_t entries = 0;

    (void)simulation_operate(simulation, &size, &entries);
    simulation->kept_entries = (uint32_t)entries;
    simulation->kept_control = access_register(simulation, IRQCTS_OPERATION_CAPABILITY_READ, 2, 2, 0);
    for (uint32_t i = 0; i < 2u * simulation->kept_entries; i++) {
        simulation->kept_table[i] = access_register(simulation, IRQCTS_OPERATION_TABLE_READ, UINT64_C(8) * i, 8, 0);
    }
}

/* Address, then data and Vector Control: the mask comes last, and Enable after all entries. */
static void put_registers_back(struct simulation *simulation)
{
    for (uint32_t i = 0; i < 2u * simulation->kept_entries; i++) {
        (void)access_register(simulation, IRQCTS_OPERATION_TABLE_WRITE, UINT64_C(8) * i, 8, simulation->kept_table[i]);
    }
    (void)access_register(simulation, IRQCTS_OPERATION_CAPABILITY_WRITE, 2, 2, simulation->kept_control);
}

void simulation_power(struct simulation *simulation, uint32_t state)
{
    const struct irqcts_operation reset = {.kind = IRQCTS_OPERATION_RESET, .value = IRQCTS_RESET_FUNCTION_LEVEL};
    uint64_t nothing;

    if (state == 3 && simulation->power != 3) {
        keep_registers(simulation);
        (void)simulation_operate(simulation, &reset, &nothing); /* which D3hot to D0 is; here on the way down */
    } else if (state == 0 && simulation->power == 3) {
        put_registers_back(simulation);
    }
    simulation->power = state;
}

irqcts_ntstatus simulation_messages(struct simulation *simulation, uint32_t function, uint32_t first, uint32_t count,
                                    struct irqcts_message *out)
{
    char sentence[64];

    return simulation->emulator->messages(simulation->context, function, first, count, out, sentence,
                                          sizeof(sentence)) < 0
               ? IRQCTS_NT_INVALID_PARAMETER
               : IRQCTS_NT_SUCCESS;
}

void simulation_connect(struct simulation *simulation, simulation_arrival routine, void *context)
{
    simulation->routine = routine;
    simulation->routine_context = context;
}

void simulation_poll(struct simulation *simulation, struct irqcts_delivery_buffer *deliveries)
{
    emulator_lock_take(&simulation->arrivals);
    for (uint32_t i = 0; i < simulation->other_count; i++) {
        if (deliveries->count == deliveries->capacity) {
            deliveries->lost++;
        } else {
            memcpy(&deliveries->records[deliveries->count++], &simulation->others[i], sizeof(simulation->others[i]));
        }
    }
    deliveries->lost += simulation->other_lost;
    simulation->other_count = 0;
    simulation->other_lost = 0;
    emulator_lock_release(&simulation->arrivals);
}
