/* SPDX-License-Identifier: Apache-2.0 */
/* The vectors of the whole device at once: every entry enabled, and pending bits let go through them. */
#include "backend.h"

#include <errno.h>
#include <linux/pci_regs.h>
#include <string.h>

#define FLUSH_ATTEMPTS 3

/* A machine has fewer interrupt vectors than a large device has entries.  The
 * entries behind them are assigned message 0 anyway as long as every message has
 * a vector, and an entry that carries another one's address and data fires that
 * one's eventfd. */
static int32_t enable_fewer_vectors(const struct vfio_backend *backend, const int32_t *eventfds)
{
    uint32_t available = backend->device.entries / 2;
    int32_t code = vfio_table_access(backend, 0, 4) ? -ENOSPC : -EACCES;
    /* The kernel does not say how many there are: halve until it agrees. */
    for (; code == -ENOSPC && available > 0 && available >= backend->messages; available /= 2) {
        code = vfio_set_eventfds(&backend->device, 0, available, eventfds);
        code = code > 0 ? -ENOSPC : code;
        if (code == 0) {
            break;
        }
    }
    if (code != 0) {
        return code == -EACCES ? -ENOSPC : code;
    }
    const struct irqcts_message message_0 = vfio_entry_message(backend, 0);
    for (uint32_t entry = available; entry < backend->device.entries; entry++) {
        vfio_entry_write(backend, entry, &message_0, 0);
    }
    return 0;
}

int32_t vfio_enable_every_entry(const struct vfio_backend *backend, const int32_t *eventfds)
{
    int32_t code = vfio_set_eventfds(&backend->device, 0, backend->device.entries, eventfds);
    return code > 0 || code == -ENOSPC ? enable_fewer_vectors(backend, eventfds) : code;
}

/* Pending bits are not writable (PBA-WRITE): the way to clear one is to let its
 * message go. */
static int32_t flush_once(struct vfio_backend *backend)
{
    const struct vfio_device *device = &backend->device;
    int32_t eventfds[IRQCTS_ENTRIES_MAX];
    for (uint32_t entry = 0; entry < device->entries; entry++) {
        eventfds[entry] = backend->deliveries.eventfd[0];
    }
    int32_t code = vfio_enable_every_entry(backend, eventfds);
    if (code < 0) {
        return code;
    }
    uint64_t last;
    code = vfio_deliveries_collect(&backend->deliveries, backend->settle_ns, &last);
    int32_t disabled = vfio_disable_index(device, VFIO_PCI_MSIX_IRQ_INDEX);
    return code < 0 ? code : disabled;
}

int32_t vfio_flush_pending(struct vfio_backend *backend)
{
    for (int attempt = 0; vfio_anything_pending(backend); attempt++) {
        int32_t code = attempt == FLUSH_ATTEMPTS ? -EBUSY : flush_once(backend);
        if (code < 0) {
            return code;
        }
        vfio_clear_table(backend);
    }
    return 0;
}

int32_t vfio_drop_pending(struct vfio_backend *backend)
{
    uint64_t arrived[IRQCTS_ENTRIES_MAX];
    uint64_t last;
    int32_t code = vfio_deliveries_collect(&backend->deliveries, 0, &last);
    memcpy(arrived, backend->deliveries.arrived, sizeof arrived);
    (void)vfio_disable_index(&backend->device, VFIO_PCI_MSIX_IRQ_INDEX); /* EINVAL: it was not enabled */
    code = code < 0 ? code : vfio_host_control(backend, 0, PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL);
    if (code == 0) {
        vfio_clear_table(backend);
        code = vfio_flush_pending(backend);
    }
    memcpy(backend->deliveries.arrived, arrived, sizeof arrived);
    return code;
}
