/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Saving and restoring a virtual function by a miniport's DDIs: the documented
 * order, what a driver that does not keep to it is told, and the sample on the
 * simulated device.
 */
#include "check.h"
#include "target.h"

#include <stdint.h>

enum { CALLS = 16 };

/* A driver whose every answer can be chosen. */
struct strange {
    char order[CALLS + 1];
    uint32_t calls;
    irqcts_ntstatus prepare, save, restore, end;
    uint64_t size;    /* said at the first call */
    uint64_t claimed; /* said at the second */
    uint64_t written; /* bytes that it writes, whatever it said */
    uint64_t restored;
};

static struct irqcts_migration migration = {.allocate = malloc, .release = free};

static void note(struct strange *strange, char what)
{
    CHECK(strange->calls < CALLS);
    strange->order[strange->calls++] = what;
}

static irqcts_ntstatus strange_prepare(void *adapter, const struct irqcts_dxgk_prepare_migration *arguments)
{
    struct strange *strange = adapter;

    note(strange, arguments->MigrationType == IRQCTS_DXGK_MIGRATION_SOURCE ? 'p' : 'P');
    return strange->prepare;
}

static irqcts_ntstatus save_data(struct strange *strange, struct irqcts_dxgk_save_migration *arguments, char what)
{
    note(strange, what);
    if (arguments->Data == NULL) {
        CHECK_EQ(*arguments->DataSize, 0);
        *arguments->DataSize = strange->size;
        return IRQCTS_NT_SUCCESS;
    }
    CHECK_EQ(*arguments->DataSize, strange->size);
    memset(arguments->Data, 0x11, (size_t)strange->written);
    *arguments->DataSize = strange->claimed;
    return strange->save;
}

static irqcts_ntstatus strange_save_immutable(void *adapter, struct irqcts_dxgk_save_migration *arguments)
{
    return save_data(adapter, arguments, 'i');
}

static irqcts_ntstatus strange_save_mutable(void *adapter, struct irqcts_dxgk_save_migration *arguments)
{
    return save_data(adapter, arguments, 'm');
}

static irqcts_ntstatus strange_restore_immutable(void *adapter, const struct irqcts_dxgk_restore_migration *arguments)
{
    (void)arguments;
    note(adapter, 'I');
    return IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus strange_restore_mutable(void *adapter, const struct irqcts_dxgk_restore_migration *arguments)
{
    struct strange *strange = adapter;

    note(strange, 'M');
    strange->restored = arguments->DataSize;
    return strange->restore;
}

static irqcts_ntstatus strange_end(void *adapter, uint32_t virtual_function)
{
    struct strange *strange = adapter;

    CHECK_EQ(virtual_function, 2);
    note(strange, 'e');
    return strange->end;
}

static struct irqcts_dxgk_routines routines_of(struct strange *strange)
{
    return (struct irqcts_dxgk_routines){
        .Adapter = strange,
        .Offered = IRQCTS_OFFERS_PREPARE | IRQCTS_OFFERS_SAVE | IRQCTS_OFFERS_END,
        .PrepareLiveMigration = strange_prepare,
        .SaveImmutableMigrationData = strange_save_immutable,
        .SaveMutableMigrationData = strange_save_mutable,
        .RestoreImmutableMigrationData = strange_restore_immutable,
        .RestoreMutableMigrationData = strange_restore_mutable,
        .EndLiveMigration = strange_end,
    };
}

static void test_the_documented_order(void)
{
    struct strange strange = {.size = 40, .claimed = 40, .written = 40};
    struct irqcts_dxgk_routines routines = routines_of(&strange);

    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 1), IRQCTS_NT_SUCCESS);
    CHECK(strcmp(strange.order, "piimme") == 0);
    CHECK_EQ(irqcts_migration_restore(&migration, &routines, 2, 1, IRQCTS_CORRUPTION_NONE), IRQCTS_NT_SUCCESS);
    CHECK(strcmp(strange.order, "piimmePIMe") == 0);
    CHECK_EQ(strange.restored, 40);
    CHECK_EQ(irqcts_migration_restore(&migration, &routines, 2, 1, IRQCTS_CORRUPTION_SIZE), IRQCTS_NT_SUCCESS);
    CHECK_EQ(strange.restored, 36);
    CHECK_EQ(irqcts_migration_restore(&migration, &routines, 2, 1, IRQCTS_CORRUPTION_INDEX), IRQCTS_NT_NOT_SUPPORTED);
    CHECK_EQ(irqcts_migration_restore(&migration, &routines, 2, 0, IRQCTS_CORRUPTION_NONE),
             IRQCTS_NT_INVALID_DEVICE_STATE);
    irqcts_migration_forget(&migration);
    CHECK_EQ(irqcts_migration_restore(&migration, &routines, 2, 1, IRQCTS_CORRUPTION_NONE),
             IRQCTS_NT_INVALID_DEVICE_STATE);
}

/* What was prepared is ended, and the first refusal is the answer. */
static void test_refusals(void)
{
    struct strange strange = {.size = 8, .claimed = 8, .prepare = IRQCTS_NT_UNSUCCESSFUL};
    struct irqcts_dxgk_routines routines = routines_of(&strange);

    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 0), IRQCTS_NT_UNSUCCESSFUL);
    CHECK(strcmp(strange.order, "p") == 0);
    strange = (struct strange){.size = 8, .claimed = 8, .save = IRQCTS_NT_UNSUCCESSFUL,
                               .end = IRQCTS_NT_INVALID_DEVICE_STATE};
    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 0), IRQCTS_NT_UNSUCCESSFUL);
    CHECK(strcmp(strange.order, "piie") == 0);
    strange = (struct strange){.size = 8, .claimed = 8, .end = IRQCTS_NT_INVALID_DEVICE_STATE};
    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 0), IRQCTS_NT_INVALID_DEVICE_STATE);
    strange = (struct strange){.size = 8, .claimed = 8, .restore = IRQCTS_NT_INVALID_PARAMETER};
    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 0), IRQCTS_NT_SUCCESS);
    CHECK_EQ(irqcts_migration_restore(&migration, &routines, 2, 0, IRQCTS_CORRUPTION_NONE),
             IRQCTS_NT_INVALID_PARAMETER);
    CHECK(strcmp(strange.order, "piimmePIMe") == 0);
    irqcts_migration_forget(&migration);
}

static void test_sizes_that_are_lies(void)
{
    struct strange strange = {.size = 16, .claimed = 16, .written = 17}; /* one byte too many */
    struct irqcts_dxgk_routines routines = routines_of(&strange);

    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 0), IRQCTS_NT_DATA_ERROR);
    strange = (struct strange){.size = 16, .claimed = 17};
    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 0), IRQCTS_NT_DATA_ERROR);
    strange = (struct strange){.size = IRQCTS_MIGRATION_BYTES_MAX + 1};
    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 0), IRQCTS_NT_INVALID_BUFFER_SIZE);
    strange = (struct strange){.size = 0}; /* nothing to carry: no second call */
    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 0), IRQCTS_NT_SUCCESS);
    CHECK(strcmp(strange.order, "pime") == 0);
    irqcts_migration_forget(&migration);
}

/* A bit without a routine, and a routine without its bit, offer nothing. */
static void test_offers(void)
{
    struct strange strange = {.size = 4, .claimed = 4};
    struct irqcts_dxgk_routines routines = routines_of(&strange);

    CHECK(irqcts_dxgk_offers_save(&routines) && !irqcts_dxgk_offers_write(&routines));
    routines.Offered |= IRQCTS_OFFERS_WRITE;
    CHECK(!irqcts_dxgk_offers_write(&routines));
    routines.Offered = IRQCTS_OFFERS_SAVE;
    CHECK_EQ(irqcts_migration_save(&migration, &routines, 2, 0), IRQCTS_NT_SUCCESS);
    CHECK(strcmp(strange.order, "iimm") == 0);
    routines.SaveMutableMigrationData = NULL;
    CHECK(!irqcts_dxgk_offers_save(&routines));
    irqcts_migration_forget(&migration);
}

static uint32_t one(struct target_device *device, uint16_t kind, uint32_t function, uint64_t value)
{
    struct irqcts_target target = target_of(device);
    struct {
        struct irqcts_io_run header;
        struct irqcts_operation operation;
    } request = {{.version = IRQCTS_IO_VERSION, .count = 1, .delivery_capacity = 8},
                 {.kind = kind, .function = function, .value = value}};
    struct {
        struct irqcts_io_ran header;
        struct irqcts_result result;
        struct irqcts_delivery deliveries[8];
    } answer;
    size_t written;

    if (kind == IRQCTS_OPERATION_CONFIGURE) {
        request.operation.entry = request.operation.message = request.operation.data = request.operation.control = 4;
    }
    CHECK_EQ(irqcts_dispatch(&target, IRQCTS_IO_RUN, &request, sizeof(request), &answer, sizeof(answer), &written),
             IRQCTS_NT_SUCCESS);
    return answer.result.status;
}

/* The whole way from a program's operation to the device, by the sample's DDIs. */
static void test_the_sample(void)
{
    struct target_device device;
    uint64_t size = 0;
    struct irqcts_dxgk_save_migration save = {.vfIndex = 0, .DataSize = &size};

    CHECK(target_create(&device));
    CHECK_EQ(one(&device, IRQCTS_OPERATION_CONFIGURE, 0, 2), IRQCTS_STATUS_OK);
    CHECK_EQ(device.routines.SaveMutableMigrationData(&device.adapter, &save), IRQCTS_NT_INVALID_DEVICE_STATE);
    CHECK_EQ(one(&device, IRQCTS_OPERATION_SAVE, 1, 0), IRQCTS_STATUS_INVALID_STATE); /* not paused */
    CHECK_EQ(one(&device, IRQCTS_OPERATION_PAUSE, 1, 0), IRQCTS_STATUS_OK);
    CHECK_EQ(one(&device, IRQCTS_OPERATION_SAVE, 1, 0), IRQCTS_STATUS_OK);
    CHECK(device.migration.slots[0].saved && device.migration.slots[0].mutable_data.size > 0);
    CHECK_EQ(one(&device, IRQCTS_OPERATION_RESTORE, 1, 0), IRQCTS_STATUS_OK);
    CHECK_EQ(one(&device, IRQCTS_OPERATION_RESTORE, 1, 1), IRQCTS_STATUS_INVALID_STATE); /* never saved there */
    CHECK_EQ(one(&device, IRQCTS_OPERATION_SAVE, 9, 0), IRQCTS_STATUS_INVALID_PARAMETER);
    device.migration.slots[0].mutable_data.bytes[0] ^= 1u;
    CHECK_EQ(one(&device, IRQCTS_OPERATION_RESTORE, 1, 0), IRQCTS_STATUS_INVALID_PARAMETER);
    device.migration.slots[0].immutable_data.bytes[8] ^= 1u; /* of a function with another N */
    device.migration.slots[0].mutable_data.bytes[0] ^= 1u;
    CHECK_EQ(one(&device, IRQCTS_OPERATION_RESTORE, 1, 0), IRQCTS_STATUS_INVALID_PARAMETER);
    target_free(&device);
}

int main(void)
{
    test_the_documented_order();
    test_refusals();
    test_sizes_that_are_lies();
    test_offers();
    test_the_sample();
    return 0;
}
