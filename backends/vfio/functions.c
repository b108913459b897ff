/* SPDX-License-Identifier: Apache-2.0 */
/* Opening, configuring and addressing the functions of a program. */
#define _GNU_SOURCE
#include "functions.h"
#include "concurrent.h"
#include "saved.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void close_function(struct vfio_backend *backend)
{
    if (backend->device.file >= 0) {
        (void)vfio_bring_to_reset(backend);
    }
    vfio_stimulus_close(backend);
    vfio_device_close(&backend->device);
    vfio_deliveries_release(&backend->deliveries);
    free(backend);
}

static int32_t prepare(struct vfio_backend *backend, const struct vfio_options *options, char *error, size_t error_size)
{
    if (backend->device.entries == 0) {
        snprintf(error, error_size, "%s has no MSI-X capability", backend->device.address);
        return IRQCTS_ERROR_OPEN;
    }
    backend->registers = options->registers;
    backend->beyond = options->beyond;
    if (backend->registers && (backend->device.host_configuration < 0 || !vfio_table_access(backend, 0, 4))) {
        snprintf(error, error_size,
                 "%s: view=registers needs the mapped table and /sys/bus/pci/devices/%s/config open for writing; run "
                 "as root and without kernel lockdown (/sys/kernel/security/lockdown), or use view=vfio",
                 backend->device.address, backend->device.address);
        return IRQCTS_ERROR_OPEN;
    }
    int32_t code = vfio_stimulus_open(backend, options->stimulus, error, error_size);
    if (code < 0) {
        return code;
    }
    code = vfio_calibrate(backend, error, error_size);
    if (options->settle_ns != 0) {
        backend->settle_ns = options->settle_ns;
    }
    return code;
}

static int32_t open_function(struct vfio_backend **out, const struct vfio_options *options, const char *address,
                             char *error, size_t error_size)
{
    struct vfio_backend *backend = calloc(1, sizeof *backend);
    if (backend == NULL) {
        snprintf(error, error_size, "out of memory");
        return IRQCTS_ERROR_MEMORY;
    }
    vfio_deliveries_clear(&backend->deliveries);
    if (vfio_device_open(&backend->device, address, options->interface, error, error_size) < 0) {
        free(backend);
        return IRQCTS_ERROR_OPEN;
    }
    int32_t code = prepare(backend, options, error, error_size);
    if (code < 0) {
        close_function(backend);
        return code;
    }
    *out = backend;
    return 0;
}

static void forget_slots(struct vfio_functions *functions)
{
    for (uint32_t slot = 0; slot < IRQCTS_SLOTS_MAX; slot++) {
        free(functions->slots[slot]);
        functions->slots[slot] = NULL;
    }
}

static void close_all(struct vfio_functions *functions)
{
    forget_slots(functions);
    while (functions->count > 0) {
        close_function(functions->each[--functions->count]);
    }
}

void vfio_functions_close(struct vfio_functions *functions)
{
    close_all(functions);
    vfio_concurrent_close(functions);
    free(functions);
}

void vfio_functions_release_unplugged(struct vfio_functions *functions)
{
    for (uint32_t index = 0; index < functions->count; index++) {
        const struct vfio_device *device = &functions->each[index]->device;
        if (vfio_device_is_wanted_back(device)) {
            memcpy(functions->gone, device->address, sizeof functions->gone);
            close_all(functions);
            functions->active = 0;
            functions->several_threads = false;
            return;
        }
    }
}

const char *vfio_functions_endless(struct vfio_functions *functions)
{
    const char *address = NULL;
    for (uint32_t index = 0; index < functions->count; index++) {
        struct vfio_backend *backend = functions->each[index];
        if (backend->deliveries.endless) {
            backend->deliveries.endless = false;
            address = backend->device.address;
        }
    }
    return address;
}

static int32_t open_others(struct vfio_functions *functions, const struct vfio_options *options, char *error,
                           size_t error_size)
{
    char list[sizeof options->functions];
    char *state = NULL;
    memcpy(list, options->functions, sizeof list);
    for (char *address = strtok_r(list, "+", &state); address != NULL; address = strtok_r(NULL, "+", &state)) {
        if (functions->count == IRQCTS_FUNCTIONS_MAX) {
            snprintf(error, error_size, "functions=: more than %u devices", IRQCTS_VIRTUAL_FUNCTIONS_MAX);
            return IRQCTS_ERROR_OPEN;
        }
        int32_t code = open_function(&functions->each[functions->count], options, address, error, error_size);
        if (code < 0) {
            return code;
        }
        functions->count++;
        if (functions->each[functions->count - 1]->device.entries != functions->each[1]->device.entries) {
            snprintf(error, error_size, "functions=: %s has another number of entries than the first of them", address);
            return IRQCTS_ERROR_OPEN;
        }
    }
    return 0;
}

int32_t vfio_functions_open(struct vfio_functions **out, const struct vfio_options *options, char *error,
                            size_t error_size)
{
    struct vfio_functions *functions = calloc(1, sizeof *functions);
    if (functions == NULL) {
        snprintf(error, error_size, "out of memory");
        return IRQCTS_ERROR_MEMORY;
    }
    int32_t code = open_function(&functions->each[0], options, options->device, error, error_size);
    if (code == 0) {
        functions->count = 1;
        code = open_others(functions, options, error, error_size);
    }
    if (code == 0 && vfio_concurrent_can(functions)) {
        code = vfio_concurrent_open(functions);
    }
    if (code < 0) {
        vfio_functions_close(functions);
        return code;
    }
    *out = functions;
    return 0;
}

/* Each function to the state after reset, with its own N and M. */
static void configure(struct vfio_functions *functions, const struct irqcts_operation *operation,
                      struct irqcts_result *result)
{
    if (operation->value >= functions->count) {
        return;
    }
    functions->active = 1 + (uint32_t)operation->value;
    forget_slots(functions);
    for (uint32_t index = 0; index < functions->active; index++) {
        struct irqcts_operation own = {
            .kind = IRQCTS_OPERATION_CONFIGURE,
            .entry = index == 0 ? operation->entry : operation->data,
            .message = index == 0 ? operation->message : operation->control,
        };
        vfio_execute(functions->each[index], &own, result, NULL);
        if (result->status != IRQCTS_STATUS_OK) {
            return;
        }
    }
    functions->configured = true;
    functions->several_threads =
        (operation->flags & IRQCTS_OPERATION_SEVERAL_THREADS) != 0 && functions->locks != NULL;
    if (functions->several_threads) {
        vfio_concurrent_begin(functions);
    }
}

static void poll_all(struct vfio_functions *functions, const struct irqcts_operation *operation,
                     struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries)
{
    uint32_t first = deliveries->count;
    uint32_t latency = 0;
    for (uint32_t index = 0; index < functions->active; index++) {
        uint32_t before = deliveries->count;
        vfio_execute(functions->each[index], operation, result, deliveries);
        for (uint32_t record = before; record < deliveries->count; record++) {
            deliveries->records[record].function = index;
        }
        latency = result->latency_ns > latency ? result->latency_ns : latency;
        if (result->status != IRQCTS_STATUS_OK) {
            return;
        }
    }
    result->delivery_first = first;
    result->delivery_count = deliveries->count - first;
    result->latency_ns = latency;
}

/* As a virtual-machine monitor does it for its guest; what names no entry of no
 * virtual function is refused here, by nobody else (VWRITE-BAD-INDEX, VWRITE-BAD-VF). */
static void write_virtualized(struct vfio_functions *functions, const struct irqcts_operation *operation,
                              struct irqcts_result *result)
{
    bool exists = operation->function > 0 && operation->function < functions->active &&
                  operation->entry < functions->each[operation->function]->device.entries;
    result->status = exists ? IRQCTS_STATUS_OK : IRQCTS_STATUS_INVALID_PARAMETER;
    if (exists) {
        const struct irqcts_message what = { .address = operation->address, .data = operation->data };
        vfio_entry_write(functions->each[operation->function], operation->entry, &what, operation->control);
    }
}

/* The virtual functions go with the physical one. */
static void reset(struct vfio_functions *functions, const struct irqcts_operation *operation,
                  struct irqcts_result *result)
{
    bool every = operation->value == IRQCTS_RESET_CONVENTIONAL || operation->function == 0;
    for (uint32_t index = 0; index < functions->active; index++) {
        if (every || index == operation->function) {
            vfio_reset(functions->each[index], (uint32_t)operation->value, result);
            if (result->status != IRQCTS_STATUS_OK) {
                return;
            }
            result->status = IRQCTS_STATUS_NOT_SUPPORTED; /* until the next says otherwise */
        }
    }
    result->status = IRQCTS_STATUS_OK;
}

static void save_or_restore(struct vfio_functions *functions, const struct irqcts_operation *operation,
                            struct irqcts_result *result)
{
    struct vfio_backend *backend = functions->each[operation->function];
    if (operation->value >= IRQCTS_SLOTS_MAX || operation->data > IRQCTS_CORRUPTION_INDEX) {
        result->status = IRQCTS_STATUS_INVALID_PARAMETER;
    } else if (operation->kind == IRQCTS_OPERATION_SAVE) {
        vfio_save(backend, &functions->slots[operation->value], result);
    } else {
        vfio_restore(backend, functions->slots[operation->value], operation->data, result);
    }
}

/* What follows an event must find that it has happened. */
static void let_it_happen(struct vfio_backend *backend, uint32_t kind)
{
    if (kind != IRQCTS_OPERATION_RAISE && kind != IRQCTS_OPERATION_POLL) {
        uint64_t last;
        (void)vfio_deliveries_collect(&backend->deliveries, backend->settle_ns, &last);
        backend->happening = false;
    }
}

/* On one function, which knows itself as function 0. */
static void execute_on_one(struct vfio_functions *functions, const struct irqcts_operation *operation,
                           struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries)
{
    struct irqcts_operation own;
    if (operation->function == 0) {
        vfio_execute(functions->each[0], operation, result, deliveries);
        return;
    }
    own = *operation;
    own.function = 0;
    vfio_execute(functions->each[operation->function], &own, result, deliveries);
}

static void execute(struct vfio_functions *functions, const struct irqcts_operation *operation,
                    struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries)
{
    bool exists = operation->function < functions->active;
    if (operation->kind >= 64u || (functions->description.operations >> operation->kind & 1u) == 0) {
        return; /* part of it might work, as a pause does where nothing can be saved */
    }
    switch (operation->kind) {
    case IRQCTS_OPERATION_CONFIGURE:
        configure(functions, operation, result);
        break;
    case IRQCTS_OPERATION_POLL:
        poll_all(functions, operation, result, deliveries);
        break;
    case IRQCTS_OPERATION_WRITE_VIRTUALIZED:
        if (functions->count > 1) {
            write_virtualized(functions, operation, result);
        }
        break;
    case IRQCTS_OPERATION_RESET:
        if (exists) {
            reset(functions, operation, result);
        }
        break;
    case IRQCTS_OPERATION_SAVE:
    case IRQCTS_OPERATION_RESTORE:
        if (exists) {
            save_or_restore(functions, operation, result);
        }
        break;
    default:
        if (exists && operation->kind < IRQCTS_OPERATION_VFIO_FIRST) {
            execute_on_one(functions, operation, result, deliveries);
        } else if (exists && !functions->each[0]->registers) {
            vfio_execute_raw(functions->each[0], operation, result);
        }
        break;
    }
}

void vfio_functions_execute(struct vfio_functions *functions, const struct irqcts_operation *operation,
                            struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries)
{
    *result = (struct irqcts_result){ .status = IRQCTS_STATUS_NOT_SUPPORTED };
    for (uint32_t index = 0; index < functions->active; index++) {
        struct vfio_backend *backend = functions->each[index];
        if (backend->happening) {
            let_it_happen(backend, operation->kind);
        }
        if (backend->pause.travelled_any) {
            vfio_travelled_merge(backend);
        }
    }
    execute(functions, operation, result, deliveries);
    for (uint32_t index = 0; index < functions->active; index++) {
        if (functions->each[index]->pause.travelled_any) {
            vfio_travelled_release(functions->each[index]);
        }
    }
}
