/* SPDX-License-Identifier: Apache-2.0 */
#include "dispatch.h"

#include <string.h>

/* A virtualized write carries its index as INT16 (VWRITE-LAYOUT). */
static int index_fits(uint32_t entry)
{
    return (int32_t)entry >= INT16_MIN && (int32_t)entry <= INT16_MAX;
}

/* The input may lie at any address, so nothing is read through a structure pointer. */
static int read_header(void *out, size_t size, const void *input, size_t input_size)
{
    uint32_t version;

    if (input == NULL || input_size < size) {
        return 0;
    }
    memcpy(out, input, size);
    memcpy(&version, input, sizeof(version));
    return version == IRQCTS_IO_VERSION;
}

/* The size of a RUN's answer; 0 when the request makes no sense. */
static size_t run_room(const struct irqcts_io_run *run, size_t input_size)
{
    if (run->count == 0 || run->count > IRQCTS_IO_OPERATIONS_MAX || run->level >= IRQCTS_WINDOWS_LEVEL_COUNT ||
        (run->flags & ~(uint32_t)IRQCTS_IO_BESIDE) != 0 || run->settle_us > IRQCTS_IO_SETTLE_US_MAX ||
        run->delivery_capacity > IRQCTS_IO_DELIVERIES_MAX ||
        input_size != sizeof(*run) + (size_t)run->count * sizeof(struct irqcts_operation)) {
        return 0;
    }
    return sizeof(struct irqcts_io_ran) + (size_t)run->count * sizeof(struct irqcts_result) +
           (size_t)run->delivery_capacity * sizeof(struct irqcts_delivery);
}

int irqcts_dispatch_beside(const void *input, size_t input_size)
{
    struct irqcts_io_run run;

    return read_header(&run, sizeof(run), input, input_size) && (run.flags & IRQCTS_IO_BESIDE) != 0;
}

size_t irqcts_dispatch_room(uint32_t code, const void *input, size_t input_size, size_t output_size)
{
    struct irqcts_io_run run;
    struct irqcts_io_messages messages;
    struct irqcts_io_simulate simulate;
    size_t room = 0;

    switch (code) {
    case IRQCTS_IO_DESCRIBE:
        room = sizeof(struct irqcts_io_description);
        break;
    case IRQCTS_IO_RUN:
        room = read_header(&run, sizeof(run), input, input_size) ? run_room(&run, input_size) : 0;
        break;
    case IRQCTS_IO_MESSAGES:
        if (read_header(&messages, sizeof(messages), input, input_size) && messages.count > 0 &&
            messages.count <= IRQCTS_ENTRIES_MAX && messages.first <= IRQCTS_ENTRIES_MAX - messages.count) {
            room = messages.count * sizeof(struct irqcts_message);
        }
        break;
    case IRQCTS_IO_SIMULATE:
        if (read_header(&simulate, sizeof(simulate), input, input_size) &&
            memchr(simulate.options, '\0', sizeof(simulate.options)) != NULL) {
            room = sizeof(struct irqcts_io_simulated);
        }
        break;
    default:
        break;
    }
    return room <= output_size ? room : 0;
}

uint32_t irqcts_dispatch_status(irqcts_ntstatus status)
{
    if (status >= 0) {
        return IRQCTS_STATUS_OK; /* NT_SUCCESS */
    }
    switch (status) {
    case IRQCTS_NT_INVALID_PARAMETER:
        return IRQCTS_STATUS_INVALID_PARAMETER;
    case IRQCTS_NT_NOT_SUPPORTED:
        return IRQCTS_STATUS_NOT_SUPPORTED;
    case IRQCTS_NT_INVALID_DEVICE_STATE:
        return IRQCTS_STATUS_INVALID_STATE;
    case IRQCTS_NT_INSUFFICIENT_RESOURCES:
        return IRQCTS_STATUS_NO_RESOURCES;
    case IRQCTS_NT_ACCESS_DENIED:
        return IRQCTS_STATUS_ACCESS_DENIED;
    case IRQCTS_NT_DEVICE_REMOVED:
    case IRQCTS_NT_DELETE_PENDING:
    case IRQCTS_NT_NO_SUCH_DEVICE:
        return IRQCTS_STATUS_GONE;
    default:
        return IRQCTS_STATUS_DEVICE_ERROR;
    }
}

static void note_level(const struct irqcts_target *target)
{
    if (target->note_level != NULL) {
        target->note_level(target->context);
    }
}

static irqcts_ntstatus write_virtualized(const struct irqcts_target *target, const struct irqcts_operation *operation)
{
    struct irqcts_dxgk_write_virtualized arguments = {
        .vfIndex = operation->function - 1u, /* function 0, the physical one, becomes an index that names none */
        .InterruptTableIndex = (int16_t)(int32_t)operation->entry,
        .WriteValue = {operation->address, operation->data, operation->control},
    };

    if (target->virtualized == NULL || !irqcts_dxgk_offers_write(target->virtualized)) {
        return IRQCTS_NT_NOT_SUPPORTED;
    }
    note_level(target);
    return target->virtualized->WriteVirtualizedInterrupt(target->virtualized->Adapter, &arguments);
}

static irqcts_ntstatus on_device(const struct irqcts_target *target, const struct irqcts_operation *operation,
                                 uint64_t *value)
{
    return target->operate != NULL ? target->operate(target->context, operation, value) : IRQCTS_NT_NOT_SUPPORTED;
}

/* A virtual function is saved and restored by the miniport's DDIs where it offers them.  A simulated device keeps a
 * state of its own besides, for a restore into a function that is none of the miniport's. */
static irqcts_ntstatus move(const struct irqcts_target *target, const struct irqcts_operation *operation,
                            uint64_t *value)
{
    const struct irqcts_dxgk_routines *routines = target->virtualized;
    uint32_t slot = (uint32_t)operation->value;
    irqcts_ntstatus status;

    if (routines == NULL || !irqcts_dxgk_offers_save(routines) || operation->value >= IRQCTS_SLOTS_MAX) {
        return on_device(target, operation, value);
    }
    note_level(target);
    if (operation->kind == IRQCTS_OPERATION_RESTORE) {
        return operation->function != 0 && target->migration->slots[slot].saved
                   ? irqcts_migration_restore(target->migration, routines, operation->function - 1u, slot,
                                              operation->data)
                   : on_device(target, operation, value);
    }
    if (operation->function == 0) {
        irqcts_migration_forget_slot(target->migration, slot);
        return on_device(target, operation, value);
    }
    status = irqcts_migration_save(target->migration, routines, operation->function - 1u, slot);
    return status >= 0 && target->operate != NULL ? on_device(target, operation, value) : status;
}

/* Raw calls show their native answer as the value; STATUS_NOT_SUPPORTED is an answer here, not a lack of ours. */
static irqcts_ntstatus query(const struct irqcts_target *target, const struct irqcts_operation *operation,
                             uint64_t *value)
{
    irqcts_ntstatus status;

    if (target->query == NULL || operation->entry > UINT16_MAX || operation->data > UINT16_MAX ||
        operation->message > IRQCTS_WINDOWS_NEARLY) {
        return IRQCTS_NT_NOT_SUPPORTED;
    }
    status = target->query(target->context, operation, value);
    if (status < 0) {
        *value = (uint32_t)status;
    }
    return status == IRQCTS_NT_NOT_SUPPORTED ? IRQCTS_NT_NOINTERFACE : status;
}

/* A platform on which no level can be told from PASSIVE_LEVEL shows nothing about levels, not even about that one. */
static int has_levels(const struct irqcts_target *target)
{
    return target->levels != NULL && target->levels(target->context) >> IRQCTS_WINDOWS_DISPATCH != 0;
}

static irqcts_ntstatus set_level(const struct irqcts_target *target, uint32_t wanted, uint32_t *level)
{
    if (wanted >= IRQCTS_WINDOWS_LEVEL_COUNT || !has_levels(target) ||
        (target->levels(target->context) >> wanted & 1u) == 0) {
        return IRQCTS_NT_NOT_SUPPORTED;
    }
    *level = wanted;
    return IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus called_level(const struct irqcts_target *target, uint64_t *value)
{
    if (!has_levels(target) || target->noted_level == NULL) {
        return IRQCTS_NT_NOT_SUPPORTED;
    }
    *value = target->noted_level(target->context);
    return IRQCTS_NT_SUCCESS;
}

/* What one request carries from operation to operation. */
struct progress {
    uint32_t level; /* of the routing routines from here on */
    uint32_t settle_us;
    uint32_t beside;
    struct irqcts_delivery_buffer deliveries;
};

/* What may be under way several times at once. */
static int goes_beside(const struct irqcts_target *target, const struct irqcts_operation *operation)
{
    switch (operation->kind) {
    case IRQCTS_OPERATION_MASK:
    case IRQCTS_OPERATION_UNMASK:
    case IRQCTS_OPERATION_SET_ENTRY:
    case IRQCTS_OPERATION_RAISE:
    case IRQCTS_OPERATION_POLL:
        return target->concurrent != 0 && operation->function == 0;
    default:
        return 0;
    }
}

static irqcts_ntstatus execute(const struct irqcts_target *target, const struct irqcts_operation *operation,
                               struct progress *progress, struct irqcts_result *result)
{
    struct irqcts_delivery_buffer *deliveries = &progress->deliveries;

    if (progress->beside && !goes_beside(target, operation)) {
        return IRQCTS_NT_NOT_SUPPORTED;
    }
    switch (operation->kind) {
    case IRQCTS_OPERATION_SET_ENTRY:
    case IRQCTS_OPERATION_MASK:
    case IRQCTS_OPERATION_UNMASK:
    case IRQCTS_OPERATION_GET_ENTRY:
    case IRQCTS_OPERATION_GET_SIZE:
        return target->routing != NULL ? target->routing(target->context, operation, progress->level,
                                                                 &result->value)
                                       : IRQCTS_NT_NOT_SUPPORTED;
    case IRQCTS_OPERATION_WRITE_VIRTUALIZED:
        return index_fits(operation->entry) ? write_virtualized(target, operation) : IRQCTS_NT_INVALID_PARAMETER;
    case IRQCTS_OPERATION_WINDOWS_QUERY:
        return query(target, operation, &result->value);
    case IRQCTS_OPERATION_WINDOWS_MESSAGES:
        return target->message_count != NULL ? target->message_count(target->context, &result->value)
                                             : IRQCTS_NT_NOT_SUPPORTED;
    case IRQCTS_OPERATION_WINDOWS_LEVEL:
        return set_level(target, operation->message, &progress->level);
    case IRQCTS_OPERATION_WINDOWS_CALLED:
        return called_level(target, &result->value);
    case IRQCTS_OPERATION_WINDOWS_POWER:
        return target->power == NULL       ? IRQCTS_NT_NOT_SUPPORTED
               : operation->message <= 3u ? target->power(target->context, operation->message)
                                           : IRQCTS_NT_INVALID_PARAMETER;
    case IRQCTS_OPERATION_POLL:
        if (progress->settle_us != 0 && operation->value == 0 && target->settle != NULL) { /* 1: there is no silence */
            target->settle(target->context, progress->settle_us);
        }
        result->delivery_first = deliveries->count;
        target->poll(target->context, deliveries);
        result->delivery_count = deliveries->count - result->delivery_first;
        return IRQCTS_NT_SUCCESS;
    case IRQCTS_OPERATION_SAVE:
    case IRQCTS_OPERATION_RESTORE:
        return move(target, operation, &result->value);
    case IRQCTS_OPERATION_CONFIGURE:
        if (target->migration != NULL) {
            irqcts_migration_forget(target->migration);
        }
        return on_device(target, operation, &result->value);
    default:
        return on_device(target, operation, &result->value);
    }
}

/* Operations and results are copied one by one: the buffers need no alignment. */
static void execute_at(const struct irqcts_target *target, const uint8_t *operations, uint32_t at,
                       struct progress *progress, struct irqcts_result *result)
{
    struct irqcts_operation operation;
    irqcts_ntstatus status = IRQCTS_NT_INVALID_PARAMETER;

    memcpy(&operation, operations + (size_t)at * sizeof(operation), sizeof(operation));
    if (operation.flags == 0 && operation.reserved == 0) { /* FROM_MESSAGE was resolved before */
        status = execute(target, &operation, progress, result);
    }
    result->status = irqcts_dispatch_status(status);
    result->native_kind = IRQCTS_NATIVE_NTSTATUS;
    result->native_code = (uint32_t)status;
}

static size_t run(const struct irqcts_target *target, const uint8_t *input, uint8_t *output)
{
    struct irqcts_io_run header;
    struct irqcts_io_ran ran = {.version = IRQCTS_IO_VERSION};
    struct progress progress = {0};
    uint8_t *results = output + sizeof(ran);
    uint8_t *records;
    uint32_t ended = 0;

    memcpy(&header, input, sizeof(header));
    records = results + (size_t)header.count * sizeof(struct irqcts_result);
    progress.level = header.level;
    progress.settle_us = header.settle_us;
    progress.beside = (header.flags & IRQCTS_IO_BESIDE) != 0;
    progress.deliveries.records = (struct irqcts_delivery *)(void *)records;
    progress.deliveries.capacity = header.delivery_capacity;
    for (uint32_t i = 0; i < header.count; i++) {
        struct irqcts_result result = {.status = IRQCTS_STATUS_NOT_EXECUTED};
        ended = ended || (target->ended != NULL && target->ended(target->request));
        if (!ended) {
            execute_at(target, input + sizeof(header), i, &progress, &result);
            ran.executed++;
        }
        memcpy(results + (size_t)i * sizeof(result), &result, sizeof(result));
    }
    ran.delivery_count = progress.deliveries.count;
    ran.delivery_lost = progress.deliveries.lost;
    memcpy(output, &ran, sizeof(ran));
    return (size_t)(records - output) + (size_t)progress.deliveries.count * sizeof(struct irqcts_delivery);
}

irqcts_ntstatus irqcts_dispatch(const struct irqcts_target *target, uint32_t code, const void *input,
                                size_t input_size, void *output, size_t output_size, size_t *written)
{
    size_t room = irqcts_dispatch_room(code, input, input_size, output_size);
    struct irqcts_io_messages messages;
    struct irqcts_io_simulate simulate;
    struct irqcts_io_simulated simulated;
    irqcts_ntstatus status = IRQCTS_NT_SUCCESS;

    *written = 0;
    if (code != IRQCTS_IO_DESCRIBE && code != IRQCTS_IO_RUN && code != IRQCTS_IO_MESSAGES &&
        code != IRQCTS_IO_SIMULATE) {
        return IRQCTS_NT_INVALID_DEVICE_REQUEST;
    }
    if (room == 0 || output == NULL) {
        return IRQCTS_NT_INVALID_PARAMETER;
    }
    switch (code) {
    case IRQCTS_IO_DESCRIBE: {
        struct irqcts_io_description description = {.version = IRQCTS_IO_VERSION};
        target->describe(target->context, &description);
        memcpy(output, &description, sizeof(description));
        *written = sizeof(description);
        return status;
    }
    case IRQCTS_IO_RUN:
        *written = run(target, input, output);
        return status;
    case IRQCTS_IO_MESSAGES:
        memcpy(&messages, input, sizeof(messages));
        status = target->messages != NULL ? target->messages(target->context, &messages, output)
                                          : IRQCTS_NT_NOT_SUPPORTED;
        *written = status >= 0 ? room : 0;
        return status;
    default:
        memcpy(&simulate, input, sizeof(simulate));
        if (target->simulate == NULL) {
            return IRQCTS_NT_NOT_SUPPORTED;
        }
        memset(&simulated, 0, sizeof(simulated));
        simulated.version = IRQCTS_IO_VERSION;
        simulated.refused =
            target->simulate(target->context, simulate.options, simulated.sentence, sizeof(simulated.sentence)) < 0;
        memcpy(output, &simulated, sizeof(simulated));
        *written = sizeof(simulated);
        return status;
    }
}
