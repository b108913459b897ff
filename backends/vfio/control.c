/* SPDX-License-Identifier: Apache-2.0 */
/* Message Control as the program sees it, and as it changes it: past a pause. */
#include "backend.h"

#include <linux/pci_regs.h>

int32_t vfio_control_read(const struct vfio_backend *backend, uint16_t *out)
{
    int32_t code = vfio_host_control_read(backend, out);
    if (code == 0 && backend->pause.paused) {
        *out = (uint16_t)(*out & ~PCI_MSIX_FLAGS_MASKALL);
        *out = (uint16_t)(*out | (backend->pause.function_mask ? PCI_MSIX_FLAGS_MASKALL : 0));
    }
    return code;
}

int32_t vfio_control_change(struct vfio_backend *backend, uint16_t set, uint16_t clear)
{
    if (backend->pause.paused) {
        backend->pause.function_mask = (set & PCI_MSIX_FLAGS_MASKALL) != 0 ||
                                       (backend->pause.function_mask && (clear & PCI_MSIX_FLAGS_MASKALL) == 0);
        set |= PCI_MSIX_FLAGS_MASKALL;
        clear = (uint16_t)(clear & ~PCI_MSIX_FLAGS_MASKALL);
    }
    return vfio_host_control(backend, set, clear);
}
