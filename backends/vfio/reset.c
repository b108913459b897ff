/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Resets through VFIO: VFIO_DEVICE_RESET for the function, with whichever method
 * the kernel has for it (FLR, power management, its bus when it is alone there);
 * VFIO_DEVICE_PCI_HOT_RESET, a reset of the bus, for the conventional one.
 *
 * The kernel restores MSI-X after a reset of a device that uses it, and masks
 * every entry of one that stops using it; both would hide what the reset itself
 * does.  So MSI-X is disabled as a virtual-machine monitor disables it, what the
 * program had in table and Message Control is put back behind the kernel, with
 * Bus Master off, and only then is the device reset.
 */
#define _GNU_SOURCE
#include "backend.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/pci_regs.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define DEVICES_MAX 64u

/* The structures' state at one moment. */
struct snapshot {
    uint16_t control;
    uint32_t table[IRQCTS_ENTRIES_MAX * IRQCTS_ENTRY_BYTES / 4u];
};

static int32_t take(const struct vfio_backend *backend, struct snapshot *out)
{
    const struct vfio_device *device = &backend->device;
    for (uint32_t word = 0; word < device->entries * IRQCTS_ENTRY_BYTES / 4u; word++) {
        out->table[word] =
            (uint32_t)vfio_mapped_read(backend, device->table_bar, device->table_offset + word * 4u, 4);
    }
    return vfio_host_control_read(backend, &out->control);
}

static int32_t put_back(const struct vfio_backend *backend, const struct snapshot *snapshot)
{
    const struct vfio_device *device = &backend->device;
    const uint16_t bits = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
    for (uint32_t word = 0; word < device->entries * IRQCTS_ENTRY_BYTES / 4u; word++) {
        vfio_mapped_write(backend, device->table_bar, device->table_offset + word * 4u, 4, snapshot->table[word]);
    }
    return vfio_host_control(backend, snapshot->control & bits, (uint16_t)(bits & ~snapshot->control));
}

/* Whether a reset of the device's bus touches nothing else; 0 or a negative errno. */
static int32_t hot_reset_reaches_only(const struct vfio_device *device)
{
    union {
        struct vfio_pci_hot_reset_info information;
        char room[sizeof(struct vfio_pci_hot_reset_info) + DEVICES_MAX * sizeof(struct vfio_pci_dependent_device)];
    } answer = { .information = { .argsz = sizeof answer } };
    if (ioctl(device->file, VFIO_DEVICE_GET_PCI_HOT_RESET_INFO, &answer.information) < 0) {
        return -errno;
    }
    return answer.information.count == 1 ? 0 : -EBUSY;
}

static int32_t hot_reset(const struct vfio_device *device)
{
    union {
        struct vfio_pci_hot_reset request;
        char room[sizeof(struct vfio_pci_hot_reset) + sizeof(int32_t)];
    } argument = { .request = { .argsz = sizeof argument } };
    int32_t code = hot_reset_reaches_only(device);
    if (code < 0) {
        return code;
    }
    if (!device->cdev) { /* with iommufd the binding itself shows whose the device is */
        argument.request.count = 1;
        argument.request.group_fds[0] = device->group;
    }
    return ioctl(device->file, VFIO_DEVICE_PCI_HOT_RESET, &argument.request) < 0 ? -errno : 0;
}

/* Whether VFIO_DEVICE_RESET resets the function in the sense of RESET-STATE.  The
 * kernel takes the first of its methods; "pm", a trip through D3hot, is a reset
 * for some devices only, and no conventional or function-level one. */
static bool resets_function(const struct vfio_device *device)
{
    char path[80];
    char methods[128] = "";
    snprintf(path, sizeof path, "/sys/bus/pci/devices/%s/reset_method", device->address);
    int file = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t length = file < 0 ? 0 : read(file, methods, sizeof methods - 1);
    if (file >= 0) {
        close(file);
    }
    /* Before Linux 5.15 there is no such file. */
    return (device->flags & VFIO_DEVICE_FLAGS_RESET) != 0 && (length <= 0 || strncmp(methods, "pm", 2) != 0);
}

uint32_t vfio_reset_kinds(const struct vfio_backend *backend)
{
    bool observable = vfio_table_access(backend, 0, 4) && backend->device.host_configuration >= 0;
    bool function_level = observable && resets_function(&backend->device);
    bool conventional = observable && hot_reset_reaches_only(&backend->device) == 0;
    return (conventional ? 1u << IRQCTS_RESET_CONVENTIONAL : 0) |
           (function_level ? 1u << IRQCTS_RESET_FUNCTION_LEVEL : 0);
}

/* As an operating system leaves it: decoding and Bus Master on, events possible,
 * and with view=registers the vectors behind the messages there again.  Nothing
 * of MSI-X is: `after` is what the reset made of it. */
static int32_t set_up_again(struct vfio_backend *backend, struct snapshot *after)
{
    int32_t code = vfio_device_set_command(&backend->device, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
    code = code < 0 ? code : take(backend, after);
    if (code < 0) {
        return code;
    }
    /* The device forgot how to have events.  Arming it may cause some: they are none
     * of the program's, while what the reset itself left pending is. */
    bool stale = vfio_anything_pending(backend);
    vfio_stimulus_arm(backend);
    if (!stale && vfio_anything_pending(backend)) {
        code = vfio_drop_pending(backend);
    }
    if (code == 0 && backend->registers) {
        code = vfio_reissue_messages(backend);
    }
    return code < 0 ? code : put_back(backend, after);
}

void vfio_reset(struct vfio_backend *backend, uint32_t kind, struct irqcts_result *result)
{
    struct vfio_device *device = &backend->device;
    if (kind > IRQCTS_RESET_FUNCTION_LEVEL || (vfio_reset_kinds(backend) & 1u << kind) == 0) {
        return; /* not supported */
    }
    struct snapshot *snapshot = malloc(sizeof *snapshot);
    if (snapshot == NULL) {
        vfio_result_from_errno(result, -ENOMEM);
        return;
    }
    int32_t code = take(backend, snapshot);
    code = code < 0 ? code : vfio_device_set_command(device, 0, PCI_COMMAND_MASTER);
    if (code == 0) {
        (void)vfio_disable_index(device, VFIO_PCI_MSIX_IRQ_INDEX); /* EINVAL: it was not enabled */
        code = put_back(backend, snapshot);
    }
    if (code == 0 && kind == IRQCTS_RESET_FUNCTION_LEVEL) {
        code = ioctl(device->file, VFIO_DEVICE_RESET) < 0 ? -errno : 0;
    } else if (code == 0) {
        code = hot_reset(device);
    }
    int32_t again = set_up_again(backend, snapshot);
    free(snapshot);
    vfio_pause_forget(backend);
    for (uint32_t entry = 0; entry < device->entries; entry++) {
        backend->route[entry] = VFIO_NO_ROUTE;
    }
    vfio_result_from_errno(result, code < 0 ? code : again);
}

/* A reset proper takes a tenth of a second where it exists at all (PCIe: FLR),
 * so this composes its outcome: everything disabled, masked and not pending. */
int32_t vfio_bring_to_reset(struct vfio_backend *backend)
{
    struct vfio_device *device = &backend->device;
    for (uint32_t index = 0; index <= VFIO_PCI_MSIX_IRQ_INDEX; index++) {
        (void)vfio_disable_index(device, index); /* EINVAL: it was not enabled */
    }
    int32_t code = vfio_device_set_command(device, PCI_COMMAND_MEMORY | PCI_COMMAND_MASTER, 0);
    if (code < 0) {
        return code;
    }
    code = vfio_host_control(backend, 0, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    if (code < 0 && code != -EACCES) {
        return code;
    }
    vfio_clear_table(backend);
    vfio_stimulus_arm(backend);
    code = vfio_flush_pending(backend);
    if (code < 0) {
        return code;
    }
    vfio_pause_forget(backend);
    uint64_t last;
    code = vfio_deliveries_collect(&backend->deliveries, 0, &last);
    vfio_deliveries_forget(&backend->deliveries);
    backend->raised_ns = 0;
    return code;
}
