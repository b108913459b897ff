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

static struct vfio_saved *corrupted(const struct vfio_saved *saved, uint32_t corruption)
{
    struct vfio_saved *copy = vfio_saved_corrupted(saved, corruption);
    CHECK(copy != NULL);
    CHECK_EQ(taken(copy), corruption == IRQCTS_CORRUPTION_NONE);
    return copy;
}

/* The two states, behind the sizes and counts that a corruption changes, and with all records of the first. */
static void same_otherwise(const struct vfio_saved *one, const struct vfio_saved *other)
{
    CHECK(one->source == other->source);
    CHECK_EQ(one->entries, other->entries);
    CHECK_EQ(one->messages, other->messages);
    CHECK_EQ(one->control, other->control);
    CHECK_EQ(memcmp(one->records, other->records, one->count * sizeof one->records[0]), 0);
}

/* Each corruption is one inconsistency and no other: refused for the reason that it stands for. */
static void corrupts_one_thing(const struct vfio_saved *saved)
{
    const uint64_t record = sizeof saved->records[0];
    struct vfio_saved *copy = corrupted(saved, IRQCTS_CORRUPTION_NONE);
    CHECK_EQ(memcmp(copy, saved, saved->bytes), 0);
    free(copy);

    copy = corrupted(saved, IRQCTS_CORRUPTION_SIZE);
    CHECK_EQ(copy->bytes, saved->bytes - 4);
    CHECK_EQ(copy->count, saved->count);
    same_otherwise(saved, copy);
    free(copy);

    copy = corrupted(saved, IRQCTS_CORRUPTION_DUPLICATE);
    CHECK_EQ(copy->count, saved->count + 1);
    CHECK_EQ(copy->bytes, saved->bytes + record);
    same_otherwise(saved, copy);
    CHECK_EQ(memcmp(&copy->records[saved->count], &saved->records[saved->count - 1], record), 0);
    free(copy);

    copy = corrupted(saved, IRQCTS_CORRUPTION_INDEX);
    CHECK_EQ(copy->count, saved->count + 1);
    CHECK_EQ(copy->bytes, saved->bytes + record);
    same_otherwise(saved, copy);
    CHECK_EQ(copy->records[saved->count].entry, ENTRIES); /* the first that is not there, and as after reset */
    CHECK_EQ(copy->records[saved->count].route, VFIO_NO_ROUTE);
    CHECK_EQ(copy->records[saved->count].vector_control, 1);
    free(copy);
}

/* The smallest, with nothing recorded: entry 0 twice, both as after reset. */
static void corrupts_what_has_no_records(void)
{
    struct vfio_saved *saved = vfio_saved_create(1);
    CHECK(saved != NULL);
    CHECK(vfio_saved_consistent(saved, 1, 1));
    for (uint32_t corruption = IRQCTS_CORRUPTION_SIZE; corruption <= IRQCTS_CORRUPTION_INDEX; corruption++) {
        struct vfio_saved *copy = vfio_saved_corrupted(saved, corruption);
        CHECK(copy != NULL);
        CHECK(!vfio_saved_consistent(copy, 1, 1));
        if (corruption == IRQCTS_CORRUPTION_DUPLICATE) {
            CHECK_EQ(copy->count, 2);
            for (uint32_t index = 0; index < 2; index++) {
                CHECK_EQ(copy->records[index].entry, 0);
                CHECK_EQ(copy->records[index].route, VFIO_NO_ROUTE);
                CHECK_EQ(copy->records[index].vector_control, 1);
            }
            copy->count = 1; /* without its double it is a state like another */
            copy->bytes -= sizeof copy->records[0];
            CHECK(vfio_saved_consistent(copy, 1, 1));
        }
        free(copy);
    }
    free(saved);
}

/* One record is enough to be doubled. */
static void doubles_the_only_record(void)
{
    struct vfio_saved *saved = vfio_saved_create(2);
    CHECK(saved != NULL);
    saved->records[saved->count++] = (struct vfio_saved_entry){ .entry = 1, .data = 0x41 };
    saved->bytes += sizeof saved->records[0];
    struct vfio_saved *copy = vfio_saved_corrupted(saved, IRQCTS_CORRUPTION_DUPLICATE);
    CHECK(copy != NULL);
    CHECK_EQ(copy->count, 2);
    CHECK_EQ(memcmp(&copy->records[0], &saved->records[0], sizeof saved->records[0]), 0);
    CHECK_EQ(memcmp(&copy->records[1], &saved->records[0], sizeof saved->records[0]), 0);
    free(copy);
    free(saved);
}

/* A record of every entry there is. */
static void takes_a_full_state(void)
{
    struct vfio_saved *saved = vfio_saved_create(3);
    CHECK(saved != NULL);
    saved->count = 3;
    saved->bytes += 3 * sizeof saved->records[0];
    for (uint32_t entry = 0; entry < 3; entry++) {
        saved->records[entry] = (struct vfio_saved_entry){ .entry = entry, .route = VFIO_NO_ROUTE };
    }
    CHECK(vfio_saved_consistent(saved, 3, 1));
    free(saved);
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
    saved->records[2].entry = 65; /* the second has it too */
    CHECK(!taken(saved));
    saved->records[2].entry = 64; /* out of order: an index that is missing could not be told */
    CHECK(!taken(saved));
    saved->records[2].entry = 129;
    saved->records[0].entry = 65;
    CHECK(!taken(saved));
    saved->records[0].entry = 0;
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
    corrupts_one_thing(saved);
    refuses_each_inconsistency(saved);
    free(saved);
    corrupts_what_has_no_records();
    doubles_the_only_record();
    takes_a_full_state();
    return 0;
}
