/* SPDX-License-Identifier: Apache-2.0 */
/* The emulator as a backend: operations become register accesses on the device. */
#include "driver.h"
#include "faults.h"
#include "irqcts/backend.h"
#include "options.h"
#include "state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);

struct saved {
    uint8_t *bytes; /* emulator_save_size(EMULATOR_ENTRIES_MAX), taken at the first save */
    size_t length;  /* 0: nothing saved since CONFIGURE */
};

struct emulator {
    struct emulator_choices choices;
    struct emulator_shape shape;
    struct emulator_sink sink;
    struct emulator_driver driver;
    struct emulator_lock lock;
    uint32_t entries_limit;
    uint32_t reserved;
    void *device_memory;
    size_t device_capacity;
    uint32_t *counters; /* of the sink, and behind them its list of touched ones */
    size_t counters_capacity;
    struct saved slots[IRQCTS_SLOTS_MAX];
    uint8_t *scratch; /* a saved state made inconsistent */
    char options[192];
};

static void emulator_close(void *context)
{
    struct emulator *emulator = context;
    uint32_t i;

    if (emulator == NULL) {
        return;
    }
    for (i = 0; i < IRQCTS_SLOTS_MAX; i++) {
        free(emulator->slots[i].bytes);
    }
    free(emulator->scratch);
    free(emulator->device_memory);
    free(emulator->counters);
    free(emulator);
}

static int32_t emulator_open(void **out, const char *options, char *error, size_t error_size)
{
    struct emulator *emulator = calloc(1, sizeof(*emulator));
    int32_t status;

    *out = NULL;
    if (emulator == NULL) {
        (void)snprintf(error, error_size, "no memory for the emulator");
        return IRQCTS_ERROR_MEMORY;
    }
    status = emulator_options_parse(&emulator->choices, options, error, error_size);
    if (status != IRQCTS_ERROR_NONE) {
        free(emulator);
        return status;
    }
    emulator_lock_release(&emulator->lock);
    emulator->driver.yields = emulator->choices.locking == LOCKING_ACCESS ? &emulator->lock : NULL;
    emulator->entries_limit = emulator_entries_limit(&emulator->choices);
    (void)snprintf(emulator->options, sizeof(emulator->options), "%s", options);
    *out = emulator;
    return IRQCTS_ERROR_NONE;
}

static int32_t emulator_describe(void *context, struct irqcts_backend_description *out)
{
    const struct emulator *emulator = context;

    memset(out, 0, sizeof(*out));
    (void)snprintf(out->name, sizeof(out->name), "emulator");
    (void)snprintf(out->device, sizeof(out->device), "register-level PCI function");
    (void)snprintf(out->driver, sizeof(out->driver), "built in");
    (void)snprintf(out->identity, sizeof(out->identity), "emulator: register-level PCI function with MSI-X%s%s",
                   emulator->options[0] != '\0' ? "; " : "", emulator->options);
    out->operations = ((UINT64_C(1) << (IRQCTS_OPERATION_RESET + 1u)) - 1u) & ~UINT64_C(1);
    out->observations = IRQCTS_OBSERVES_STATUS | IRQCTS_OBSERVES_DELIVERIES | IRQCTS_OBSERVES_EXACT_COUNTS |
                        IRQCTS_OBSERVES_STRAYS | IRQCTS_OBSERVES_TABLE | IRQCTS_OBSERVES_PBA |
                        IRQCTS_OBSERVES_CAPABILITY;
    out->stimulus = IRQCTS_STIMULUS_DEVICE;
    out->properties = IRQCTS_PROPERTY_SYNCHRONOUS | IRQCTS_PROPERTY_CONFIGURABLE | IRQCTS_PROPERTY_PARALLEL;
    if (emulator->choices.locking != LOCKING_NONE) {
        out->properties |= IRQCTS_PROPERTY_CONCURRENT;
    }
    out->entries_max = emulator->entries_limit;
    out->messages_max = emulator->entries_limit;
    out->virtual_functions_max = IRQCTS_VIRTUAL_FUNCTIONS_MAX;
    out->virtual_entries_max = emulator->entries_limit;
    out->virtual_messages_max = emulator->entries_limit;
    out->reset_kinds = 1u << IRQCTS_RESET_CONVENTIONAL | 1u << IRQCTS_RESET_FUNCTION_LEVEL;
    out->geometry_known = 1;
    out->table_bar = emulator->choices.table_bar;
    out->table_offset = emulator->choices.table_offset;
    out->pba_bar = emulator->choices.pba_bar;
    out->pba_offset = emulator->choices.pba_offset;
    return IRQCTS_ERROR_NONE;
}

/* A new shape: memory for it, kept when it is large enough already. */
static int32_t build(struct emulator *emulator, const struct emulator_shape *shape)
{
    size_t device_size = emulator_device_size(shape);
    size_t counters = emulator->sink.total > 0 ? emulator->sink.total : 1u;

    if (device_size > emulator->device_capacity) {
        free(emulator->device_memory);
        emulator->device_memory = malloc(device_size);
        emulator->device_capacity = emulator->device_memory != NULL ? device_size : 0;
    }
    if (counters > emulator->counters_capacity) {
        free(emulator->counters);
        emulator->counters = calloc(counters, 2u * sizeof(uint32_t));
        emulator->counters_capacity = emulator->counters != NULL ? counters : 0;
    }
    if (emulator->device_memory == NULL || emulator->counters == NULL) {
        emulator->driver.device = NULL;
        return IRQCTS_ERROR_MEMORY;
    }
    emulator->driver.device =
        emulator_device_create(emulator->device_memory, shape, &emulator->choices, &emulator->sink);
    emulator->shape = *shape;
    return IRQCTS_ERROR_NONE;
}

static uint32_t configure(struct emulator *emulator, const struct irqcts_operation *operation, int32_t *broken)
{
    struct emulator_shape shape = {operation->entry, (uint32_t)operation->value, operation->data};
    struct emulator_device *device = emulator->driver.device;
    int same = device != NULL && memcmp(&shape, &emulator->shape, sizeof(shape)) == 0;
    uint32_t messages = operation->message;
    uint32_t virtual_messages = operation->control;
    uint32_t f;

    if (operation->value == 0) {
        shape.virtual_entries = 0;
        virtual_messages = 0;
        same = device != NULL && memcmp(&shape, &emulator->shape, sizeof(shape)) == 0;
    }
    if (shape.entries > emulator->entries_limit || messages > shape.entries ||
        operation->value > IRQCTS_VIRTUAL_FUNCTIONS_MAX || shape.virtual_entries > emulator->entries_limit ||
        virtual_messages > shape.virtual_entries) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    emulator_sink_clear(&emulator->sink);
    emulator->driver.messages = messages;
    emulator->driver.virtual_messages = virtual_messages;
    for (f = 0; f < IRQCTS_SLOTS_MAX; f++) {
        emulator->slots[f].length = 0;
    }
    emulator->sink.total = messages + shape.virtual_functions * virtual_messages;
    if (!same || emulator->sink.total > emulator->counters_capacity) {
        *broken = build(emulator, &shape);
        if (*broken != IRQCTS_ERROR_NONE) {
            return IRQCTS_STATUS_NOT_EXECUTED;
        }
        device = emulator->driver.device;
        same = 0;
    }
    emulator_sink_initialise(&emulator->sink, messages, device->function_count, virtual_messages, emulator->counters,
                             emulator->counters + emulator->counters_capacity);
    for (f = 0; f < device->function_count; f++) {
        if (!same || emulator_function_touched(&device->functions[f])) {
            emulator_function_power_on(device, f);
            emulator_driver_set_up(&emulator->driver, f);
            emulator_function_settle(device, f);
        }
    }
    return IRQCTS_STATUS_OK;
}

static void append(struct irqcts_delivery_buffer *deliveries, const struct irqcts_delivery *record)
{
    if (deliveries->count == deliveries->capacity) {
        deliveries->lost++;
        return;
    }
    deliveries->records[deliveries->count++] = *record;
}

static void poll_sink(struct emulator_sink *sink, struct irqcts_result *result,
                      struct irqcts_delivery_buffer *deliveries)
{
    uint32_t i;

    result->delivery_first = deliveries->count;
    for (i = 0; i < sink->touched_count; i++) {
        uint32_t number = sink->touched[i];
        struct irqcts_delivery record = {0, number, sink->counters[number], sink_data(number), sink_address(number)};
        if (number >= sink->messages) {
            record.function = 1u + (number - sink->messages) / sink->virtual_messages;
            record.message = (number - sink->messages) % sink->virtual_messages;
        }
        append(deliveries, &record);
    }
    for (i = 0; i < sink->stray_count; i++) {
        struct irqcts_delivery record = {0, IRQCTS_MESSAGE_STRAY, sink->strays[i].count, sink->strays[i].data,
                                         sink->strays[i].address};
        append(deliveries, &record);
    }
    if (sink->strays_beyond > 0) {
        struct irqcts_delivery record = {0, IRQCTS_MESSAGE_STRAY, sink->strays_beyond, 0, 0};
        append(deliveries, &record);
    }
    result->delivery_count = deliveries->count - result->delivery_first;
    emulator_sink_clear(sink);
}

static int width_valid(uint32_t width, uint32_t most)
{
    return width == 1 || width == 2 || width == 4 || (width == 8 && most == 8);
}

static uint64_t low_bytes(uint64_t value, uint32_t width)
{
    return width == 8 ? value : value & ((UINT64_C(1) << (8u * width)) - 1u);
}

/* Table and PBA accesses go to the device as memory accesses, as far as the BAR reaches. */
static uint32_t access_memory(struct emulator *emulator, const struct irqcts_operation *operation,
                              struct irqcts_result *result)
{
    const struct emulator_driver_function *function = &emulator->driver.functions[operation->function];
    struct emulator_device *device = emulator->driver.device;
    int table = operation->kind == IRQCTS_OPERATION_TABLE_READ || operation->kind == IRQCTS_OPERATION_TABLE_WRITE;
    uint64_t base = table ? function->table_address : function->pba_address;
    /* Behind the PBA there may be the table: nobody reaches it by PBA accesses. */
    uint64_t window = table ? function->table_window : (function->entries + 63u) / 64u * 8u;

    if (function->entries == 0 || !width_valid(operation->width, 8)) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    if (base == 0) {
        return IRQCTS_STATUS_DEVICE_ERROR; /* the capability names a BAR that is not there */
    }
    if (operation->address >= window || window - operation->address < operation->width) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    if (operation->kind == IRQCTS_OPERATION_TABLE_WRITE || operation->kind == IRQCTS_OPERATION_PBA_WRITE) {
        emulator_memory_write(device, base + operation->address, operation->width, operation->value);
    } else {
        result->value =
            low_bytes(emulator_memory_read(device, base + operation->address, operation->width), operation->width);
    }
    return IRQCTS_STATUS_OK;
}

static uint32_t access_config(struct emulator *emulator, const struct irqcts_operation *operation,
                              struct irqcts_result *result)
{
    struct emulator_device *device = emulator->driver.device;
    int capability = operation->kind == IRQCTS_OPERATION_CAPABILITY_READ ||
                     operation->kind == IRQCTS_OPERATION_CAPABILITY_WRITE;
    uint32_t base = capability ? emulator->driver.functions[operation->function].capability : 0;

    if ((capability && base == 0) || !width_valid(operation->width, 4) || operation->address >= 4096u) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    if (operation->kind == IRQCTS_OPERATION_CAPABILITY_WRITE || operation->kind == IRQCTS_OPERATION_CONFIG_WRITE) {
        emulator_config_write(device, operation->function, base + (uint32_t)operation->address, operation->width,
                              (uint32_t)operation->value);
    } else {
        result->value = emulator_config_read(device, operation->function, base + (uint32_t)operation->address,
                                             operation->width);
    }
    return IRQCTS_STATUS_OK;
}

static uint32_t save(struct emulator *emulator, const struct irqcts_operation *operation, int32_t *broken)
{
    struct saved *slot = &emulator->slots[operation->value];

    if (slot->bytes == NULL) {
        slot->bytes = malloc(emulator_save_size(EMULATOR_ENTRIES_MAX));
        if (slot->bytes == NULL) {
            *broken = IRQCTS_ERROR_MEMORY;
            return IRQCTS_STATUS_NOT_EXECUTED;
        }
    }
    slot->length = emulator_save(emulator->driver.device, operation->function, slot->bytes);
    return IRQCTS_STATUS_OK;
}

static int has_scratch(struct emulator *emulator)
{
    if (emulator->scratch == NULL) {
        emulator->scratch = malloc(emulator_save_size(EMULATOR_ENTRIES_MAX));
    }
    return emulator->scratch != NULL;
}

static uint32_t restore(struct emulator *emulator, const struct irqcts_operation *operation, int32_t *broken)
{
    const struct saved *slot = &emulator->slots[operation->value];
    const uint8_t *bytes = slot->bytes;
    size_t length = slot->length;

    if (length == 0) {
        return IRQCTS_STATUS_INVALID_STATE; /* nothing was saved there */
    }
    if (operation->data != IRQCTS_CORRUPTION_NONE) {
        if (!has_scratch(emulator)) {
            *broken = IRQCTS_ERROR_MEMORY;
            return IRQCTS_STATUS_NOT_EXECUTED;
        }
        memcpy(emulator->scratch, bytes, length);
        length = emulator_save_corrupt(emulator->scratch, length, operation->data);
        bytes = emulator->scratch;
    }
    return emulator_restore(emulator->driver.device, operation->function, bytes, length)
               ? IRQCTS_STATUS_OK
               : IRQCTS_STATUS_INVALID_PARAMETER;
}

/* Pause, resume, save, restore: the function is there and, for the last two, paused (VWRITE-PAUSED, SAVE-*). */
static uint32_t migrate(struct emulator *emulator, const struct irqcts_operation *operation, int32_t *broken)
{
    struct emulator_device *device = emulator->driver.device;
    int paused = device->functions[operation->function].paused;

    switch (operation->kind) {
    case IRQCTS_OPERATION_PAUSE:
    case IRQCTS_OPERATION_RESUME:
        if (paused == (operation->kind == IRQCTS_OPERATION_PAUSE)) {
            return IRQCTS_STATUS_INVALID_STATE;
        }
        emulator_set_paused(device, operation->function, !paused);
        return IRQCTS_STATUS_OK;
    default:
        if (operation->value >= IRQCTS_SLOTS_MAX || operation->data > IRQCTS_CORRUPTION_INDEX) {
            return IRQCTS_STATUS_INVALID_PARAMETER;
        }
        if (!paused || device->functions[operation->function].entries == 0) {
            return IRQCTS_STATUS_INVALID_STATE;
        }
        return operation->kind == IRQCTS_OPERATION_SAVE ? save(emulator, operation, broken)
                                                        : restore(emulator, operation, broken);
    }
}

/* For both ways of a state as bytes: the same conditions as for the operations. */
static uint32_t state_status(struct emulator *emulator, uint32_t function)
{
    const struct emulator_device *device = emulator->driver.device;

    if (device == NULL || !has_scratch(emulator)) {
        return device == NULL ? IRQCTS_STATUS_INVALID_STATE : IRQCTS_STATUS_NO_RESOURCES;
    }
    if (device->dead) {
        return IRQCTS_STATUS_GONE;
    }
    if (function >= device->function_count) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    return device->functions[function].paused && device->functions[function].entries > 0
               ? IRQCTS_STATUS_OK
               : IRQCTS_STATUS_INVALID_STATE;
}

uint32_t emulator_state_save(void *context, uint32_t function, uint8_t *bytes, size_t *size)
{
    struct emulator *emulator = context;
    uint32_t status = state_status(emulator, function);
    size_t room = *size;

    *size = 0;
    if (status != IRQCTS_STATUS_OK) {
        return status;
    }
    *size = emulator_save(emulator->driver.device, function, emulator->scratch);
    if (*size > room) {
        return IRQCTS_STATUS_NO_RESOURCES;
    }
    memcpy(bytes, emulator->scratch, *size);
    return IRQCTS_STATUS_OK;
}

uint32_t emulator_state_restore(void *context, uint32_t function, const uint8_t *bytes, size_t size)
{
    struct emulator *emulator = context;
    uint32_t status = state_status(emulator, function);

    if (status != IRQCTS_STATUS_OK) {
        return status;
    }
    if (size > emulator_save_size(EMULATOR_ENTRIES_MAX)) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    memcpy(emulator->scratch, bytes, size); /* a fault that trusts the lengths inside reads no further than here */
    return emulator_restore(emulator->driver.device, function, emulator->scratch, size)
               ? IRQCTS_STATUS_OK
               : IRQCTS_STATUS_INVALID_PARAMETER;
}

static uint32_t execute_one(struct emulator *emulator, const struct irqcts_operation *operation,
                            struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries, int32_t *broken)
{
    struct emulator_driver *driver = &emulator->driver;
    uint32_t function = operation->function;

    if (operation->kind == IRQCTS_OPERATION_CONFIGURE) {
        return configure(emulator, operation, broken);
    }
    if (driver->device == NULL) {
        return IRQCTS_STATUS_INVALID_STATE; /* CONFIGURE comes first */
    }
    if (driver->device->dead) {
        return IRQCTS_STATUS_GONE;
    }
    if (function >= driver->device->function_count && operation->kind != IRQCTS_OPERATION_WRITE_VIRTUALIZED) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    switch (operation->kind) {
    case IRQCTS_OPERATION_WRITE_VIRTUALIZED: /* refuses functions that are not there by itself */
        return emulator_driver_write_virtualized(driver, function, (int32_t)operation->entry, operation->address,
                                                 operation->data, operation->control);
    case IRQCTS_OPERATION_POLL:
        poll_sink(&emulator->sink, result, deliveries);
        return IRQCTS_STATUS_OK;
    case IRQCTS_OPERATION_START:
        return emulator_driver_start(driver, function);
    case IRQCTS_OPERATION_SET_ENTRY:
        return emulator_driver_set_entry(driver, function, operation->entry, operation->message);
    case IRQCTS_OPERATION_MASK:
    case IRQCTS_OPERATION_UNMASK:
        return emulator_driver_mask(driver, function, operation->entry, operation->kind == IRQCTS_OPERATION_MASK);
    case IRQCTS_OPERATION_GET_ENTRY:
        return emulator_driver_get_entry(driver, function, operation->entry, &result->value);
    case IRQCTS_OPERATION_GET_SIZE:
        result->value = driver->functions[function].entries;
        return IRQCTS_STATUS_OK;
    case IRQCTS_OPERATION_TABLE_READ:
    case IRQCTS_OPERATION_TABLE_WRITE:
    case IRQCTS_OPERATION_PBA_READ:
    case IRQCTS_OPERATION_PBA_WRITE:
        return access_memory(emulator, operation, result);
    case IRQCTS_OPERATION_CAPABILITY_READ:
    case IRQCTS_OPERATION_CAPABILITY_WRITE:
    case IRQCTS_OPERATION_CONFIG_READ:
    case IRQCTS_OPERATION_CONFIG_WRITE:
        return access_config(emulator, operation, result);
    case IRQCTS_OPERATION_ENABLE:
        return emulator_driver_control(driver, function, CONTROL_ENABLE, operation->value != 0);
    case IRQCTS_OPERATION_FUNCTION_MASK:
        return emulator_driver_control(driver, function, CONTROL_FUNCTION_MASK, operation->value != 0);
    case IRQCTS_OPERATION_BUS_MASTER:
        return emulator_driver_bus_master(driver, function, operation->value != 0);
    case IRQCTS_OPERATION_RAISE:
        return emulator_raise(driver->device, function, operation->entry) ? IRQCTS_STATUS_OK
                                                                           : IRQCTS_STATUS_INVALID_PARAMETER;
    case IRQCTS_OPERATION_WITHDRAW:
        return emulator_withdraw(driver->device, function, operation->entry) ? IRQCTS_STATUS_OK
                                                                              : IRQCTS_STATUS_INVALID_PARAMETER;
    case IRQCTS_OPERATION_PAUSE:
    case IRQCTS_OPERATION_RESUME:
    case IRQCTS_OPERATION_SAVE:
    case IRQCTS_OPERATION_RESTORE:
        return migrate(emulator, operation, broken);
    case IRQCTS_OPERATION_RESET:
        if (operation->value > IRQCTS_RESET_FUNCTION_LEVEL) {
            return IRQCTS_STATUS_INVALID_PARAMETER;
        }
        return emulator_driver_reset(driver, function, (uint32_t)operation->value);
    default:
        return IRQCTS_STATUS_NOT_SUPPORTED;
    }
}

static int32_t execute_all(struct emulator *emulator, const struct irqcts_operation *operations, uint32_t count,
                           struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                           size_t error_size)
{
    int32_t broken = IRQCTS_ERROR_NONE;
    uint32_t i;

    for (i = 0; i < count; i++) {
        struct irqcts_result *result = &results[i];
        *result = (struct irqcts_result){0};
        result->status = execute_one(emulator, &operations[i], result, deliveries, &broken);
        if (broken != IRQCTS_ERROR_NONE) {
            result->status = IRQCTS_STATUS_NOT_EXECUTED;
            (void)snprintf(error, error_size, "operation %u: no memory for the emulated device; use a smaller shape", i);
            return broken;
        }
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t emulator_execute(void *context, const struct irqcts_operation *operations, uint32_t count,
                                struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                                size_t error_size)
{
    struct emulator *emulator = context;
    int32_t broken = IRQCTS_ERROR_NONE;
    uint32_t i;

    if (emulator->choices.locking == LOCKING_NONE) {
        return execute_all(emulator, operations, count, results, deliveries, error, error_size);
    }
    for (i = 0; i < count && broken == IRQCTS_ERROR_NONE; i++) {
        emulator_lock_take(&emulator->lock);
        broken = execute_all(emulator, &operations[i], 1, &results[i], deliveries, error, error_size);
        emulator_lock_release(&emulator->lock);
    }
    return broken;
}

static int32_t emulator_messages(void *context, uint32_t function, uint32_t first, uint32_t count,
                                 struct irqcts_message *out, char *error, size_t error_size)
{
    const struct emulator *emulator = context;
    const struct emulator_driver *driver = &emulator->driver;
    uint32_t i;

    if (driver->device == NULL || function >= driver->device->function_count ||
        count > driver_messages(driver, function) || first > driver_messages(driver, function) - count) {
        (void)snprintf(error, error_size, "function %u has no messages %u to %u", function, first, first + count - 1u);
        return IRQCTS_ERROR_ARGUMENT;
    }
    for (i = 0; i < count; i++) {
        uint32_t number = sink_number(&emulator->sink, function, first + i);
        out[i].address = sink_address(number);
        out[i].data = sink_data(number);
        out[i].flags = 0;
    }
    return IRQCTS_ERROR_NONE;
}

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version)
{
    static const struct irqcts_backend_interface interface = {
        .abi_version = IRQCTS_BACKEND_ABI_VERSION,
        .size = sizeof(struct irqcts_backend_interface),
        .name = "emulator",
        .option_help = emulator_option_help,
        .open = emulator_open,
        .describe = emulator_describe,
        .execute = emulator_execute,
        .messages = emulator_messages,
        .close = emulator_close,
    };
    return abi_version == IRQCTS_BACKEND_ABI_VERSION ? &interface : NULL;
}
