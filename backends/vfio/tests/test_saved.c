/* SPDX-License-Identifier: Apache-2.0 */
/* Saved states: what is consistent is taken, and each way of being otherwise is refused (SAVE-REJECT-INCONSISTENT). */
#include "backend.h"
#include "saved.h"

#include "check.h"

#include <linux/pci_regs.h>

#define ENTRIES 130u
#define MESSAGES 4u

/* Entries 0, 65 and 129 in use. */
static struct vfio_saved *some_state(void)
{
    struct vfio_saved *saved = vfio_saved_create(ENTRIES);
    CHECK(saved != NULL);
    saved->messages = MESSAGES;
    saved->control = PCI_MSIX_FLAGS_ENABLE;
    for (uint32_t entry = 0; entry < ENTRIES; entry += entry == 0 ? 65 : 64) {
        saved->records[saved->count++] = (struct vfio_saved_entry){ .entry = entry, .route = entry % MESSAGES };
    }
    saved->bytes += saved->count * sizeof saved->records[0];
    return saved;
}

static bool taken(const struct vfio_saved *saved)
{
    return vfio_saved_consistent(saved, ENTRIES, MESSAGES);
}

static void corrupted(const struct vfio_saved *saved, uint32_t corruption, bool expected)
{
    struct vfio_saved *copy = vfio_saved_corrupted(saved, corruption);
    CHECK(copy != NULL);
    CHECK_EQ(taken(copy), expected);
    free(copy);
}

static void refuses_each_inconsistency(struct vfio_saved *saved)
{
    saved->bytes--;
    CHECK(!taken(saved));
    saved->bytes++;
    CHECK(!vfio_saved_consistent(saved, ENTRIES + 1, MESSAGES));
    CHECK(!vfio_saved_consistent(saved, ENTRIES, MESSAGES - 1));
    saved->control |= 1u; /* a bit that is no state */
    CHECK(!taken(saved));
    saved->control = PCI_MSIX_FLAGS_ENABLE | PCI_MSIX_FLAGS_MASKALL;
    CHECK(taken(saved));
    saved->records[2].entry = ENTRIES;
    CHECK(!taken(saved));
    saved->records[2].entry = 65; /* the second has it already */
    CHECK(!taken(saved));
    saved->records[2].entry = 64; /* out of order: an index that is missing could not be told */
    CHECK(!taken(saved));
    saved->records[2].entry = 129;
    saved->records[1].pending = 2;
    CHECK(!taken(saved));
    saved->records[1].pending = 1;
    CHECK(taken(saved));
    saved->records[0].route = MESSAGES;
    CHECK(!taken(saved));
    saved->records[0].route = VFIO_NO_ROUTE;
    CHECK(taken(saved));
}

int main(void)
{
    struct vfio_saved *saved = some_state();
    CHECK_EQ(saved->count, 3);
    CHECK(taken(saved));
    corrupted(saved, IRQCTS_CORRUPTION_NONE, true);
    corrupted(saved, IRQCTS_CORRUPTION_SIZE, false);
    corrupted(saved, IRQCTS_CORRUPTION_DUPLICATE, false);
    corrupted(saved, IRQCTS_CORRUPTION_INDEX, false);
    refuses_each_inconsistency(saved);
    free(saved);

    saved = vfio_saved_create(1); /* the smallest, with nothing recorded */
    CHECK(saved != NULL);
    CHECK(vfio_saved_consistent(saved, 1, 1));
    for (uint32_t corruption = IRQCTS_CORRUPTION_SIZE; corruption <= IRQCTS_CORRUPTION_INDEX; corruption++) {
        struct vfio_saved *copy = vfio_saved_corrupted(saved, corruption);
        CHECK(copy != NULL);
        CHECK(!vfio_saved_consistent(copy, 1, 1));
        free(copy);
    }
    free(saved);
    return 0;
}
