/* SPDX-License-Identifier: Apache-2.0 */
#include "saved.h"
#include "backend.h"

#include <linux/pci_regs.h>
#include <stdlib.h>
#include <string.h>

static uint64_t bytes_of(uint32_t records)
{
    return sizeof(struct vfio_saved) + (uint64_t)records * sizeof(struct vfio_saved_entry);
}

struct vfio_saved *vfio_saved_create(uint32_t entries)
{
    struct vfio_saved *saved = calloc(1, bytes_of(entries + 1));
    if (saved != NULL) {
        saved->entries = entries;
        saved->bytes = bytes_of(0);
    }
    return saved;
}

static void corrupt(struct vfio_saved *copy, uint32_t corruption)
{
    struct vfio_saved_entry *added = &copy->records[copy->count];
    switch (corruption) {
    case IRQCTS_CORRUPTION_SIZE:
        copy->bytes -= 4;
        break;
    case IRQCTS_CORRUPTION_DUPLICATE:
    case IRQCTS_CORRUPTION_INDEX:
        *added = (struct vfio_saved_entry){ .route = VFIO_NO_ROUTE, .vector_control = 1 };
        if (corruption == IRQCTS_CORRUPTION_INDEX) {
            added->entry = copy->entries;
        } else if (copy->count > 0) {
            *added = copy->records[copy->count - 1];
        } else {
            added[1] = added[0]; /* nothing was recorded yet: room for the first and its double is there with N >= 1 */
            copy->count++;
        }
        copy->count++;
        copy->bytes = bytes_of(copy->count);
        break;
    default:
        break;
    }
}

struct vfio_saved *vfio_saved_corrupted(const struct vfio_saved *saved, uint32_t corruption)
{
    struct vfio_saved *copy = vfio_saved_create(saved->entries);
    if (copy != NULL) {
        memcpy(copy, saved, bytes_of(saved->count));
        corrupt(copy, corruption);
    }
    return copy;
}

bool vfio_saved_consistent(const struct vfio_saved *saved, uint32_t entries, uint32_t messages)
{
    const uint32_t known = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
    if (saved->entries != entries || saved->messages > messages || (saved->control & ~known) != 0 ||
        saved->count > entries || saved->bytes != bytes_of(saved->count)) {
        return false;
    }
    for (uint32_t index = 0; index < saved->count; index++) {
        const struct vfio_saved_entry *record = &saved->records[index];
        if (record->entry >= entries || (index > 0 && record->entry <= record[-1].entry) || record->pending > 1 ||
            (record->route != VFIO_NO_ROUTE && record->route >= messages)) {
            return false;
        }
    }
    return true;
}
