/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is kept of a saved function: sizes at their bounds, every refusal by its
 * status, memory that is given back once, and slots that do not disturb one another.
 */
#include "check.h"
#include "migration_calls.h"

#include <stdint.h>

enum { FUNCTION = 5 };

/* A driver with two pieces of state, and what it was told. */
struct driver {
    char order[32];
    uint64_t immutable_size, mutable_size;
    irqcts_ntstatus prepared, asked, saved, restored, ended; /* its answers */
    char refuses;                                            /* the call whose answer `asked` or `saved` is */
    uint64_t restored_bytes[2];
    uint8_t *restored_from[2];
};

static struct driver driver;
static uint32_t allocations, releases;
static int no_memory;

static void *allocate(size_t size)
{
    void *memory = no_memory ? NULL : malloc(size);

    allocations += memory != NULL;
    return memory;
}

static void release(void *memory)
{
    CHECK(memory != NULL);
    releases++;
    free(memory);
}

static void note(void *adapter, uint32_t function, char what)
{
    size_t at = strlen(driver.order);

    CHECK(adapter == &driver && at + 1 < sizeof(driver.order));
    CHECK_EQ(function, FUNCTION);
    driver.order[at] = what;
}

static irqcts_ntstatus prepare(void *adapter, const struct irqcts_dxgk_prepare_migration *arguments)
{
    note(adapter, arguments->vfIndex, arguments->MigrationType == IRQCTS_DXGK_MIGRATION_SOURCE   ? 'p'
                                      : arguments->MigrationType == IRQCTS_DXGK_MIGRATION_TARGET ? 'P'
                                                                                                 : '?');
    return driver.prepared;
}

static irqcts_ntstatus save(void *adapter, struct irqcts_dxgk_save_migration *arguments, char what, uint64_t size)
{
    note(adapter, arguments->vfIndex, what);
    if (arguments->Data == NULL) {
        CHECK_EQ(*arguments->DataSize, 0);
        *arguments->DataSize = size;
        return driver.refuses == what ? driver.asked : IRQCTS_NT_SUCCESS;
    }
    CHECK_EQ(*arguments->DataSize, size);
    memset(arguments->Data, what, (size_t)size);
    return driver.refuses == what ? driver.saved : IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus save_immutable(void *adapter, struct irqcts_dxgk_save_migration *arguments)
{
    return save(adapter, arguments, 'i', driver.immutable_size);
}

static irqcts_ntstatus save_mutable(void *adapter, struct irqcts_dxgk_save_migration *arguments)
{
    return save(adapter, arguments, 'm', driver.mutable_size);
}

static irqcts_ntstatus restore_immutable(void *adapter, const struct irqcts_dxgk_restore_migration *arguments)
{
    note(adapter, arguments->vfIndex, 'I');
    driver.restored_bytes[0] = arguments->DataSize;
    driver.restored_from[0] = arguments->Data;
    return driver.refuses == 'I' ? driver.restored : IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus restore_mutable(void *adapter, const struct irqcts_dxgk_restore_migration *arguments)
{
    note(adapter, arguments->vfIndex, 'M');
    driver.restored_bytes[1] = arguments->DataSize;
    driver.restored_from[1] = arguments->Data;
    return driver.refuses == 'M' ? driver.restored : IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus end(void *adapter, uint32_t function)
{
    note(adapter, function, 'e');
    return driver.ended;
}

static const struct irqcts_dxgk_routines routines = {
    .Adapter = &driver,
    .Offered = IRQCTS_OFFERS_PREPARE | IRQCTS_OFFERS_SAVE | IRQCTS_OFFERS_END,
    .PrepareLiveMigration = prepare,
    .SaveImmutableMigrationData = save_immutable,
    .SaveMutableMigrationData = save_mutable,
    .RestoreImmutableMigrationData = restore_immutable,
    .RestoreMutableMigrationData = restore_mutable,
    .EndLiveMigration = end,
};

static struct irqcts_migration migration = {.allocate = allocate, .release = release};

static void expect_save(uint32_t slot, irqcts_ntstatus status, const char *order)
{
    memset(driver.order, 0, sizeof(driver.order));
    CHECK_EQ((uint32_t)irqcts_migration_save(&migration, &routines, FUNCTION, slot), (uint32_t)status);
    CHECK_TEXT(driver.order, order);
}

static void expect_restore(uint32_t slot, uint32_t corruption, irqcts_ntstatus status, const char *order)
{
    memset(driver.order, 0, sizeof(driver.order));
    CHECK_EQ((uint32_t)irqcts_migration_restore(&migration, &routines, FUNCTION, slot, corruption), (uint32_t)status);
    CHECK_TEXT(driver.order, order);
}

static void expect_empty(uint32_t slot)
{
    const struct irqcts_migration_slot *it = &migration.slots[slot];

    CHECK_EQ(it->saved, 0);
    CHECK(it->immutable_data.bytes == NULL && it->immutable_data.size == 0);
    CHECK(it->mutable_data.bytes == NULL && it->mutable_data.size == 0);
}

static void expect_kept(uint32_t slot, uint64_t immutable_size, uint64_t mutable_size)
{
    const struct irqcts_migration_slot *it = &migration.slots[slot];

    CHECK_EQ(it->saved, 1);
    CHECK_EQ(it->immutable_data.size, immutable_size);
    CHECK_EQ(it->mutable_data.size, mutable_size);
    CHECK(immutable_size == 0 || it->immutable_data.bytes[immutable_size - 1] == 'i');
    CHECK(mutable_size == 0 || it->mutable_data.bytes[mutable_size - 1] == 'm');
}

/* All that was allocated was released, once. */
static void expect_nothing_left(void)
{
    irqcts_migration_forget(&migration);
    for (uint32_t slot = 0; slot < IRQCTS_SLOTS_MAX; slot++) {
        expect_empty(slot);
    }
    CHECK_EQ(releases, allocations);
    driver = (struct driver){.immutable_size = 7, .mutable_size = 9};
}

static void test_sizes(void)
{
    for (uint64_t size = 1; size <= 70; size++) {
        driver.immutable_size = size;
        driver.mutable_size = 71 - size;
        expect_save(0, IRQCTS_NT_SUCCESS, "piimme");
        expect_kept(0, size, 71 - size);
        expect_restore(0, IRQCTS_CORRUPTION_NONE, IRQCTS_NT_SUCCESS, "PIMe");
        CHECK(driver.restored_bytes[0] == size && driver.restored_from[0] == migration.slots[0].immutable_data.bytes);
        CHECK(driver.restored_bytes[1] == 71 - size &&
              driver.restored_from[1] == migration.slots[0].mutable_data.bytes);
        expect_restore(0, IRQCTS_CORRUPTION_SIZE, IRQCTS_NT_SUCCESS, "PIMe");
        CHECK_EQ(driver.restored_bytes[0], size);
        CHECK_EQ(driver.restored_bytes[1], 71 - size > 4 ? 67 - size : 0); /* never more than there is is left out */
    }
    driver.immutable_size = 3;
    driver.mutable_size = IRQCTS_MIGRATION_BYTES_MAX;
    expect_save(0, IRQCTS_NT_SUCCESS, "piimme");
    expect_kept(0, 3, IRQCTS_MIGRATION_BYTES_MAX);
    driver.mutable_size = IRQCTS_MIGRATION_BYTES_MAX + 1;
    expect_save(0, IRQCTS_NT_INVALID_BUFFER_SIZE, "piime");
    expect_empty(0);
    driver.mutable_size = 0;
    expect_save(0, IRQCTS_NT_SUCCESS, "piime");
    expect_kept(0, 3, 0);
    driver.immutable_size = 0; /* of what was saved before nothing stays */
    expect_save(0, IRQCTS_NT_SUCCESS, "pime");
    expect_kept(0, 0, 0);
    CHECK(migration.slots[0].immutable_data.bytes == NULL);
    expect_restore(0, IRQCTS_CORRUPTION_SIZE, IRQCTS_NT_SUCCESS, "PIMe");
    CHECK(driver.restored_bytes[1] == 0 && driver.restored_from[1] == NULL);
    expect_nothing_left();
}

static void test_refused_saves(void)
{
    /* STATUS_BUFFER_TOO_SMALL at the first call is no refusal: that is how a size is asked for. */
    driver.refuses = 'i';
    driver.asked = IRQCTS_NT_BUFFER_TOO_SMALL;
    expect_save(0, IRQCTS_NT_SUCCESS, "piimme");
    expect_kept(0, 7, 9);
    driver.saved = IRQCTS_NT_BUFFER_TOO_SMALL; /* at the second it is */
    expect_save(0, IRQCTS_NT_BUFFER_TOO_SMALL, "piie");
    expect_empty(0);
    driver.saved = IRQCTS_NT_SUCCESS;
    driver.asked = IRQCTS_NT_NOT_SUPPORTED; /* with a size all the same */
    expect_save(0, IRQCTS_NT_NOT_SUPPORTED, "pie");
    expect_empty(0);
    driver.refuses = 'm';
    expect_save(0, IRQCTS_NT_NOT_SUPPORTED, "piime");
    expect_empty(0);
    driver.asked = IRQCTS_NT_SUCCESS;
    driver.saved = IRQCTS_NT_DEVICE_REMOVED;
    expect_save(0, IRQCTS_NT_DEVICE_REMOVED, "piimme");
    expect_empty(0);
    driver.saved = IRQCTS_NT_SUCCESS;
    driver.ended = IRQCTS_NT_UNSUCCESSFUL; /* saved, but not to an end: nothing is kept */
    expect_save(0, IRQCTS_NT_UNSUCCESSFUL, "piimme");
    expect_empty(0);
    driver.ended = IRQCTS_NT_SUCCESS;
    no_memory = 1;
    expect_save(0, IRQCTS_NT_INSUFFICIENT_RESOURCES, "pie");
    expect_empty(0);
    no_memory = 0;
    expect_nothing_left();
}

static void test_refused_restores(void)
{
    expect_save(1, IRQCTS_NT_SUCCESS, "piimme");
    expect_restore(1, IRQCTS_CORRUPTION_DUPLICATE, IRQCTS_NT_NOT_SUPPORTED, "");
    expect_restore(1, IRQCTS_CORRUPTION_INDEX, IRQCTS_NT_NOT_SUPPORTED, "");
    expect_restore(0, IRQCTS_CORRUPTION_NONE, IRQCTS_NT_INVALID_DEVICE_STATE, "");
    driver.prepared = IRQCTS_NT_ACCESS_DENIED; /* not prepared, so nothing to end */
    expect_restore(1, IRQCTS_CORRUPTION_NONE, IRQCTS_NT_ACCESS_DENIED, "P");
    expect_save(1, IRQCTS_NT_ACCESS_DENIED, "p");
    expect_kept(1, 7, 9); /* a save that did not begin takes nothing away */
    driver.prepared = IRQCTS_NT_SUCCESS;
    driver.restored = IRQCTS_NT_DATA_ERROR;
    driver.ended = IRQCTS_NT_UNSUCCESSFUL; /* the first refusal counts */
    driver.refuses = 'I';
    expect_restore(1, IRQCTS_CORRUPTION_NONE, IRQCTS_NT_DATA_ERROR, "PIe");
    driver.refuses = 'M';
    expect_restore(1, IRQCTS_CORRUPTION_NONE, IRQCTS_NT_DATA_ERROR, "PIMe");
    driver.refuses = 0;
    expect_restore(1, IRQCTS_CORRUPTION_NONE, IRQCTS_NT_UNSUCCESSFUL, "PIMe");
    expect_kept(1, 7, 9);
    expect_nothing_left();
}

/* What is done to one slot is not done to its neighbours. */
static void test_slots(void)
{
    for (uint32_t slot = 0; slot < IRQCTS_SLOTS_MAX; slot++) {
        for (uint32_t other = 0; other < IRQCTS_SLOTS_MAX; other++) {
            driver.immutable_size = 10 + other;
            driver.mutable_size = 20 + other;
            expect_save(other, IRQCTS_NT_SUCCESS, "piimme");
        }
        driver.immutable_size = driver.mutable_size = 1;
        expect_save(slot, IRQCTS_NT_SUCCESS, "piimme");
        expect_kept(slot, 1, 1);
        driver.ended = IRQCTS_NT_UNSUCCESSFUL;
        expect_save(slot, IRQCTS_NT_UNSUCCESSFUL, "piimme");
        driver.ended = IRQCTS_NT_SUCCESS;
        expect_empty(slot);
        expect_save(slot, IRQCTS_NT_SUCCESS, "piimme");
        irqcts_migration_forget_slot(&migration, slot);
        expect_empty(slot);
        for (uint32_t other = 0; other < IRQCTS_SLOTS_MAX; other++) {
            if (other != slot) {
                expect_kept(other, 10 + other, 20 + other);
            }
        }
    }
    expect_nothing_left();
}

int main(void)
{
    driver = (struct driver){.immutable_size = 7, .mutable_size = 9};
    test_sizes();
    test_refused_saves();
    test_refused_restores();
    test_slots();
    return 0;
}
