/* SPDX-License-Identifier: Apache-2.0 */
/*
 * VFIO calls with the arguments that a program states, wrong ones included.  The
 * value of a refused call is its errno: the VFIO clauses tell EINVAL from ENOTTY
 * from ERANGE, which the suite's statuses do not.
 */
#define _GNU_SOURCE
#include "backend.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#define PAYLOAD_MAX_POSITIONS 4096u
#define CLOSED_DESCRIPTOR 1000000 /* above any limit of open files */

static void finish(struct irqcts_result *result, int returned)
{
    if (returned >= 0) {
        result->status = IRQCTS_STATUS_OK;
        return;
    }
    int code = errno;
    vfio_result_from_errno(result, -code);
    result->value = (uint64_t)code;
}

static int32_t exceptional_descriptor(uint32_t exception, int *opened)
{
    switch (exception) {
    case IRQCTS_VFIO_EXCEPTION_MINUS_ONE:
        return -1;
    case IRQCTS_VFIO_EXCEPTION_MINUS_TWO:
        return -2;
    case IRQCTS_VFIO_EXCEPTION_NO_EVENTFD:
        *opened = open("/dev/null", O_RDWR | O_CLOEXEC);
        return *opened;
    default:
        return CLOSED_DESCRIPTOR;
    }
}

static void fill_eventfds(const struct vfio_backend *backend, const struct irqcts_operation *operation,
                          int32_t *payload, uint32_t positions, int *opened)
{
    uint32_t first = operation->value & 0xffffu;
    uint32_t step = operation->value >> 16 & 0xffu;
    uint32_t exception = operation->value >> 24 & 0xffu;
    uint32_t position = operation->value >> 32 & 0xffffu;
    uint32_t length = (uint32_t)(operation->value >> 48);
    int32_t other = exception == IRQCTS_VFIO_EXCEPTION_NONE ? -1 : exceptional_descriptor(exception, opened);
    for (uint32_t index = 0; index < positions; index++) {
        bool exceptional =
            exception != IRQCTS_VFIO_EXCEPTION_NONE && index >= position && index - position < length;
        uint32_t message = (first + index * step) % backend->messages;
        payload[index] = exceptional ? other : backend->deliveries.eventfd[message];
    }
}

static void set_irqs(struct vfio_backend *backend, const struct irqcts_operation *operation,
                     struct irqcts_result *result)
{
    /* More positions than any device has vectors are refused before the payload is read. */
    uint32_t positions = operation->data < PAYLOAD_MAX_POSITIONS ? operation->data : PAYLOAD_MAX_POSITIONS;
    union {
        struct vfio_irq_set request;
        uint8_t room[sizeof(struct vfio_irq_set) + PAYLOAD_MAX_POSITIONS * sizeof(int32_t)];
    } argument_room;
    struct vfio_irq_set *request = &argument_room.request;
    size_t payload = 0;
    int opened = -1;
    if ((operation->control & VFIO_IRQ_SET_DATA_EVENTFD) != 0) {
        int32_t *eventfds = (int32_t *)(void *)request->data;
        fill_eventfds(backend, operation, eventfds, positions, &opened);
        payload = positions * sizeof(int32_t);
    } else if ((operation->control & VFIO_IRQ_SET_DATA_BOOL) != 0) {
        for (uint32_t index = 0; index < positions; index++) {
            request->data[index] = (uint8_t)(operation->value >> index % 8 * 8);
        }
        payload = positions;
    }
    request->argsz = operation->address == 0 ? (uint32_t)(sizeof *request + payload) : (uint32_t)operation->address;
    request->flags = operation->control;
    request->index = operation->message;
    request->start = operation->entry;
    request->count = operation->data;
    void *argument = request;
    void *unreadable = MAP_FAILED;
    if (operation->width == 1) {
        unreadable = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        argument = unreadable;
    }
    int returned = ioctl(backend->device.file, VFIO_DEVICE_SET_IRQS, argument);
    finish(result, returned);
    if (returned > 0) {
        result->value = (uint64_t)returned; /* so many vectors are available, and none was enabled */
    }
    if (unreadable != MAP_FAILED) {
        munmap(unreadable, 4096);
    }
    if (opened >= 0) {
        close(opened);
    }
}

static void irq_info(const struct vfio_backend *backend, const struct irqcts_operation *operation,
                     struct irqcts_result *result)
{
    struct vfio_irq_info information = {
        .argsz = operation->address == 0 ? (uint32_t)sizeof information : (uint32_t)operation->address,
        .index = operation->message,
    };
    int returned = ioctl(backend->device.file, VFIO_DEVICE_GET_IRQ_INFO, &information);
    finish(result, returned);
    if (returned >= 0) {
        result->value = information.flags | (uint64_t)information.count << 32;
    }
}

static void access_region(const struct vfio_backend *backend, const struct irqcts_operation *operation,
                          struct irqcts_result *result)
{
    if (operation->message >= VFIO_PCI_NUM_REGIONS || operation->width > 8) {
        result->status = IRQCTS_STATUS_NOT_SUPPORTED;
        return;
    }
    uint64_t value = operation->value;
    off_t offset = (off_t)(backend->device.regions[operation->message].offset + operation->address);
    ssize_t returned;
    if (operation->kind == IRQCTS_OPERATION_VFIO_REGION_WRITE) {
        returned = pwrite(backend->device.file, &value, operation->width, offset);
    } else {
        value = 0;
        returned = pread(backend->device.file, &value, operation->width, offset);
    }
    finish(result, (int)returned);
    if (returned >= 0) {
        bool wants_count = operation->kind == IRQCTS_OPERATION_VFIO_REGION_WRITE || operation->control == 1;
        result->value = wants_count ? (uint64_t)returned : value;
    }
}

static void region_info(const struct vfio_backend *backend, const struct irqcts_operation *operation,
                        struct irqcts_result *result)
{
    if (operation->message >= VFIO_PCI_NUM_REGIONS) {
        struct vfio_region_info information = { .argsz = sizeof information, .index = operation->message };
        finish(result, ioctl(backend->device.file, VFIO_DEVICE_GET_REGION_INFO, &information));
        return;
    }
    const struct vfio_region *region = &backend->device.regions[operation->message];
    result->status = IRQCTS_STATUS_OK;
    result->value = operation->control == 1 ? region->size : region->flags | (uint64_t)region->msix_mappable << 32;
}

static void call_unbound(const struct vfio_backend *backend, const struct irqcts_operation *operation,
                         struct irqcts_result *result)
{
    struct vfio_device_info device = { .argsz = sizeof device };
    struct vfio_region_info region = { .argsz = sizeof region };
    struct vfio_irq_info interrupts = { .argsz = sizeof interrupts, .index = VFIO_PCI_MSIX_IRQ_INDEX };
    struct vfio_irq_set disable = {
        .argsz = sizeof disable,
        .flags = VFIO_IRQ_SET_DATA_NONE | VFIO_IRQ_SET_ACTION_TRIGGER,
        .index = VFIO_PCI_MSIX_IRQ_INDEX,
    };
    int file = backend->device.cdev ? open(backend->device.path, O_RDWR | O_CLOEXEC) : -1;
    if (file < 0) {
        vfio_result_from_errno(result, -errno);
        return;
    }
    switch (operation->message) {
    case IRQCTS_VFIO_CALL_GET_INFO:
        finish(result, ioctl(file, VFIO_DEVICE_GET_INFO, &device));
        break;
    case IRQCTS_VFIO_CALL_GET_REGION_INFO:
        finish(result, ioctl(file, VFIO_DEVICE_GET_REGION_INFO, &region));
        break;
    case IRQCTS_VFIO_CALL_GET_IRQ_INFO:
        finish(result, ioctl(file, VFIO_DEVICE_GET_IRQ_INFO, &interrupts));
        break;
    case IRQCTS_VFIO_CALL_SET_IRQS:
        finish(result, ioctl(file, VFIO_DEVICE_SET_IRQS, &disable));
        break;
    case IRQCTS_VFIO_CALL_RESET:
        finish(result, ioctl(file, VFIO_DEVICE_RESET));
        break;
    default:
        result->status = IRQCTS_STATUS_NOT_SUPPORTED;
        break;
    }
    close(file);
}

bool vfio_has_migration(const struct vfio_device *device)
{
    union {
        struct vfio_device_feature request;
        uint8_t room[sizeof(struct vfio_device_feature) + sizeof(struct vfio_device_feature_migration)];
    } argument = { .request = { .argsz = sizeof argument,
                                .flags = VFIO_DEVICE_FEATURE_GET | VFIO_DEVICE_FEATURE_MIGRATION } };
    return ioctl(device->file, VFIO_DEVICE_FEATURE, &argument.request) >= 0;
}

static void migrate(const struct vfio_backend *backend, const struct irqcts_operation *operation,
                    struct irqcts_result *result)
{
    union {
        struct vfio_device_feature request;
        uint8_t room[sizeof(struct vfio_device_feature) + sizeof(struct vfio_device_feature_mig_state)];
    } argument = { .request = { .argsz = sizeof argument, .flags = VFIO_DEVICE_FEATURE_MIG_DEVICE_STATE } };
    struct vfio_device_feature_mig_state state = { .device_state = operation->message, .data_fd = -1 };
    argument.request.flags |= operation->control == 1 ? VFIO_DEVICE_FEATURE_GET : VFIO_DEVICE_FEATURE_SET;
    memcpy(argument.request.data, &state, sizeof state);
    finish(result, ioctl(backend->device.file, VFIO_DEVICE_FEATURE, &argument.request));
    if (result->status == IRQCTS_STATUS_OK) {
        memcpy(&state, argument.request.data, sizeof state);
        result->value = operation->control == 1 ? state.device_state : 0;
        if (operation->control == 0 && state.data_fd >= 0) {
            close(state.data_fd); /* the state's bytes: nobody reads them here */
        }
    }
}

void vfio_execute_raw(struct vfio_backend *backend, const struct irqcts_operation *operation,
                      struct irqcts_result *result)
{
    switch (operation->kind) {
    case IRQCTS_OPERATION_VFIO_SET_IRQS:
        set_irqs(backend, operation, result);
        break;
    case IRQCTS_OPERATION_VFIO_IRQ_INFO:
        irq_info(backend, operation, result);
        break;
    case IRQCTS_OPERATION_VFIO_REGION_READ:
    case IRQCTS_OPERATION_VFIO_REGION_WRITE:
        access_region(backend, operation, result);
        break;
    case IRQCTS_OPERATION_VFIO_REGION_INFO:
        region_info(backend, operation, result);
        break;
    case IRQCTS_OPERATION_VFIO_RESET:
        finish(result, ioctl(backend->device.file, VFIO_DEVICE_RESET));
        if (result->status == IRQCTS_STATUS_OK && backend->stimulus != NULL) {
            backend->stimulus->arm(backend->stimulus_state); /* the device forgot how to have events */
        }
        break;
    case IRQCTS_OPERATION_VFIO_MIGRATION:
        migrate(backend, operation, result);
        break;
    case IRQCTS_OPERATION_VFIO_UNBOUND:
        call_unbound(backend, operation, result);
        break;
    default:
        result->status = IRQCTS_STATUS_NOT_SUPPORTED;
        break;
    }
}
