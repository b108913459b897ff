/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: the live-migration DDIs of the sample with arguments of any
 * content, in any order, on the simulated device.  Every buffer is exactly as
 * long as its argument says, so that the sanitizers see a step beyond; saved
 * state comes back as it was, cut, or with bytes turned over.
 *
 * After each input the device is asked for what no argument may change: a
 * function that nothing was written to sends what it sent before.
 */
#include "target.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ENTRIES = 5, VIRTUAL_FUNCTIONS = 3, UNTOUCHED = VIRTUAL_FUNCTIONS /* the last one's function number */ };

struct input {
    const uint8_t *at;
    size_t left;
};

static struct target_device device;
static uint8_t *kept;
static size_t kept_size;

/* Zeros when the input is used up. */
static void take(struct input *input, void *out, size_t size)
{
    size_t there = size < input->left ? size : input->left;

    memset(out, 0, size);
    if (there > 0) {
        memcpy(out, input->at, there);
    }
    input->at += there;
    input->left -= there;
}

static uint8_t byte(struct input *input)
{
    uint8_t value;

    take(input, &value, 1);
    return value;
}

static irqcts_ntstatus operate(uint16_t kind, uint32_t function, uint32_t entry, uint32_t message)
{
    struct irqcts_operation operation = {.kind = kind, .function = function, .entry = entry, .message = message};
    uint64_t value;

    if (kind == IRQCTS_OPERATION_CONFIGURE) {
        operation.value = VIRTUAL_FUNCTIONS;
        operation.data = ENTRIES;
        operation.control = ENTRIES;
    }
    return simulation_operate(device.simulation, &operation, &value);
}

static void must(int condition)
{
    if (!condition) {
        abort();
    }
}

/* Mostly a function that is there, never the one that must stay as it is. */
static uint32_t virtual_function(struct input *input)
{
    uint8_t choice = byte(input);
    uint32_t any;

    if (choice < 200) {
        return choice % (VIRTUAL_FUNCTIONS - 1u);
    }
    take(input, &any, sizeof(any));
    return any == UNTOUCHED - 1u ? VIRTUAL_FUNCTIONS : any;
}

static void write_one(struct input *input)
{
    struct irqcts_dxgk_write_virtualized *arguments = malloc(sizeof(*arguments));
    irqcts_ntstatus status;

    must(arguments != NULL);
    take(input, arguments, sizeof(*arguments));
    arguments->vfIndex = virtual_function(input);
    status = device.routines.WriteVirtualizedInterrupt(&device.adapter, arguments);
    must(status < 0 || (arguments->vfIndex < VIRTUAL_FUNCTIONS && arguments->InterruptTableIndex >= 0 &&
                        arguments->InterruptTableIndex < ENTRIES)); /* VWRITE-BAD-VF, VWRITE-BAD-INDEX */
    free(arguments);
    must(device.routines.WriteVirtualizedInterrupt(&device.adapter, NULL) < 0);
}

static void prepare(struct input *input)
{
    struct irqcts_dxgk_prepare_migration arguments;

    take(input, &arguments, sizeof(arguments));
    arguments.vfIndex = virtual_function(input);
    arguments.MigrationType = byte(input) < 240 ? arguments.MigrationType & 1 : arguments.MigrationType;
    (void)device.routines.PrepareLiveMigration(&device.adapter, &arguments);
}

static void save(struct input *input, int mutable_data)
{
    uint32_t room = (uint32_t)byte(input) << (byte(input) % 5u);
    uint8_t *bytes = malloc(room + 1u);
    uint64_t claimed = room;
    struct irqcts_dxgk_save_migration arguments = {.vfIndex = virtual_function(input), .DataSize = &claimed,
                                                   .Data = bytes + 1};
    irqcts_ntstatus status;

    must(bytes != NULL);
    if (byte(input) < 40) {
        arguments.Data = NULL;
    }
    if (byte(input) < 5) {
        arguments.DataSize = NULL;
    }
    status = mutable_data ? device.routines.SaveMutableMigrationData(&device.adapter, &arguments)
                          : device.routines.SaveImmutableMigrationData(&device.adapter, &arguments);
    if (status >= 0 && arguments.Data != NULL && mutable_data) {
        must(claimed <= room);
        free(kept);
        kept_size = (size_t)claimed;
        kept = malloc(kept_size + 1u);
        must(kept != NULL);
        memcpy(kept, bytes + 1, kept_size);
    }
    free(bytes);
}

static void restore(struct input *input, int mutable_data)
{
    uint8_t choice = byte(input);
    size_t size = choice < 128 ? kept_size : byte(input);
    uint8_t *bytes = malloc(size + 1u);
    struct irqcts_dxgk_restore_migration arguments = {.vfIndex = virtual_function(input), .DataSize = size,
                                                      .Data = bytes + 1};

    must(bytes != NULL);
    if (choice < 128 && kept != NULL) {
        memcpy(bytes + 1, kept, size);
        for (uint32_t changes = choice % 4u; changes > 0 && size > 0; changes--) {
            uint16_t where;
            take(input, &where, sizeof(where));
            bytes[1 + where % size] = byte(input);
        }
        arguments.DataSize -= choice >= 100 && size > choice ? choice - 99u : 0;
    } else {
        take(input, bytes + 1, size);
    }
    if (choice == 255) {
        arguments.Data = NULL;
    }
    (void)(mutable_data ? device.routines.RestoreMutableMigrationData(&device.adapter, &arguments)
                        : device.routines.RestoreImmutableMigrationData(&device.adapter, &arguments));
    free(bytes);
}

/* The function that nothing was done to still routes entry i to message i (VWRITE-ISOLATION-VF). */
static void look_at_the_untouched(void)
{
    struct irqcts_delivery records[64];
    struct irqcts_delivery_buffer buffer = {.records = records, .capacity = 64};
    uint32_t seen = 0;

    simulation_poll(device.simulation, &buffer);
    for (uint32_t i = 0; i < buffer.count; i++) {
        must(records[i].function != UNTOUCHED || records[i].message == IRQCTS_MESSAGE_STRAY);
    }
    for (uint32_t entry = 0; entry < ENTRIES; entry++) {
        must(operate(IRQCTS_OPERATION_RAISE, UNTOUCHED, entry, 0) >= 0);
    }
    buffer.count = 0;
    simulation_poll(device.simulation, &buffer);
    for (uint32_t i = 0; i < buffer.count; i++) {
        seen += records[i].function == UNTOUCHED && records[i].message < ENTRIES && records[i].count == 1;
    }
    must(seen == ENTRIES);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct input input = {data, size};

    if (device.simulation == NULL) {
        must(target_create(&device));
    }
    memset(device.adapter.migrating, 0, sizeof(device.adapter.migrating));
    must(operate(IRQCTS_OPERATION_CONFIGURE, 0, ENTRIES, ENTRIES) >= 0);
    must(operate(IRQCTS_OPERATION_START, UNTOUCHED, 0, 0) >= 0);
    must(operate(IRQCTS_OPERATION_START, 1, 0, 0) >= 0);
    while (input.left > 0) {
        uint8_t what = byte(&input);
        switch (what % 10u) {
        case 0:
        case 1:
            write_one(&input);
            break;
        case 2:
            prepare(&input);
            break;
        case 3:
            (void)device.routines.EndLiveMigration(&device.adapter, virtual_function(&input));
            break;
        case 4:
        case 5:
            save(&input, what % 2 == 0);
            break;
        case 6:
        case 7:
            restore(&input, what % 2 == 0);
            break;
        default:
            (void)operate(what % 20u < 10 ? IRQCTS_OPERATION_PAUSE
                                          : what % 3u == 0 ? IRQCTS_OPERATION_RESUME : IRQCTS_OPERATION_RAISE,
                          1u + what / 20u % (VIRTUAL_FUNCTIONS - 1u), what % ENTRIES, 0);
            break;
        }
    }
    look_at_the_untouched();
    return 0;
}
