/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What irqcts.sys does with a real device, on the simulated one: where its table
 * is, the default assignment, what can be read, the stimulus; and the levels.
 */
#include "check.h"
#include "location.h"
#include "real_device.h"
#include "target.h"

#include <stdint.h>

enum { ENTRIES = 6, MESSAGES = 4, CONFIG = 256 };

static struct target_device device;
static uint32_t arrived[MESSAGES];
static uint32_t forgotten;
static uint32_t armed;

static irqcts_ntstatus operate(uint16_t kind, uint32_t entry, uint32_t message, uint64_t address, uint64_t *value)
{
    const struct irqcts_operation operation = {
        .kind = kind, .entry = entry, .message = message, .address = address, .width = 1};
    uint64_t observed = 0;
    irqcts_ntstatus status = simulation_operate(device.simulation, &operation, &observed);

    if (value != NULL) {
        *value = observed;
    }
    return status;
}

static void arrival(void *context, uint32_t message)
{
    (void)context;
    CHECK(message < MESSAGES);
    arrived[message]++;
}

static void start_simulation(const char *options)
{
    char sentence[128] = "";

    CHECK_EQ(simulation_options(device.simulation, options, sentence, sizeof(sentence)), IRQCTS_NT_SUCCESS);
    CHECK_EQ(operate(IRQCTS_OPERATION_CONFIGURE, ENTRIES, MESSAGES, 0, NULL), IRQCTS_NT_SUCCESS);
    CHECK_EQ(operate(IRQCTS_OPERATION_START, 0, 0, 0, NULL), IRQCTS_NT_SUCCESS);
}

static void read_config(uint8_t config[CONFIG])
{
    for (uint32_t at = 0; at < CONFIG; at++) {
        uint64_t value;
        CHECK_EQ(operate(IRQCTS_OPERATION_CONFIG_READ, 0, 0, at, &value), IRQCTS_NT_SUCCESS);
        config[at] = (uint8_t)value;
    }
}

static uint64_t bar(const uint8_t *config, uint32_t number)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < 8; i++) {
        value |= (uint64_t)config[0x10u + 4u * number + i] << (8u * i);
    }
    return (value & 6u) == 4u ? value & ~UINT64_C(0xf) : value & UINT64_C(0xfffffff0);
}

/* The emulator's own configuration space, wherever its options put table and PBA. */
static void test_location(void)
{
    static const struct {
        const char *options;
        uint32_t table_bar, table_offset, pba_bar, pba_offset;
    } layouts[] = {{"table-bar=0,table-offset=0,pba-bar=2,pba-offset=0", 0, 0, 2, 0},
                   {"table-bar=2,table-offset=0x2000,pba-bar=2,pba-offset=0x3000", 2, 0x2000, 2, 0x3000}};

    for (size_t i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        struct irqcts_memory_resource resources[2];
        struct irqcts_location location;
        uint8_t config[CONFIG];
        start_simulation(layouts[i].options);
        read_config(config);
        resources[0] = (struct irqcts_memory_resource){bar(config, layouts[i].table_bar), 0x7700000000, 0x10000};
        resources[1] = (struct irqcts_memory_resource){bar(config, layouts[i].pba_bar),
                                                       layouts[i].pba_bar == layouts[i].table_bar ? 0x7700000000
                                                                                                  : 0x8800000000,
                                                       0x10000};
        irqcts_locate(&location, config, resources, 2);
        CHECK_EQ(location.entries, ENTRIES);
        CHECK_EQ(location.table, resources[0].physical + layouts[i].table_offset);
        CHECK_EQ(location.pba, resources[1].physical + layouts[i].pba_offset);
        irqcts_locate(&location, config, resources, 0); /* no resources: Wine */
        CHECK(location.entries == ENTRIES && location.table == 0 && location.pba == 0);
        resources[0].length = layouts[i].table_offset + ENTRIES * 16u - 1u; /* the last byte is not ours */
        resources[1].length = resources[0].length;
        irqcts_locate(&location, config, resources, 1);
        CHECK_EQ(location.table, 0);
        resources[0].length++;
        irqcts_locate(&location, config, resources, 1);
        CHECK(location.table != 0);
    }
}

/* Any bytes: no read outside, and an end. */
static void test_location_of_nonsense(void)
{
    const struct irqcts_memory_resource whole = {0x1000, 0x1000, UINT64_MAX};
    struct irqcts_location location;
    uint8_t config[CONFIG];
    uint32_t random = 1;

    for (uint32_t round = 0; round < 20000; round++) {
        for (uint32_t i = 0; i < CONFIG; i++) {
            random = random * 1664525u + 1013904223u;
            config[i] = (uint8_t)((random >> 24) % 5u == 0 ? 0x11 : random >> 16);
        }
        config[6] |= 0x10;
        irqcts_locate(&location, config, &whole, 1);
        CHECK(location.capability == 0 || (location.capability >= 0x40 && location.capability <= CONFIG - 12));
        CHECK(location.entries <= 2048);
    }
    memset(config, 0xff, sizeof(config)); /* a device that is gone */
    irqcts_locate(&location, config, &whole, 1);
    CHECK_EQ(location.capability, 0);
    memset(config, 0, sizeof(config));
    config[6] = 0x10;
    config[0x34] = 0x40;
    config[0x41] = 0x40; /* a list that bites its tail */
    irqcts_locate(&location, config, &whole, 1);
    CHECK_EQ(location.capability, 0);
}

static irqcts_ntstatus route(void *context, const struct irqcts_operation *operation, uint64_t *value)
{
    return simulation_operate(((struct target_device *)context)->simulation, operation, value);
}

static void forget(void *context)
{
    (void)context;
    forgotten++;
    memset(arrived, 0, sizeof(arrived));
}

static irqcts_ntstatus arm(void *context)
{
    (void)context;
    armed++;
    return IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus raise(void *context, uint32_t entry)
{
    (void)context;
    return operate(IRQCTS_OPERATION_RAISE, entry, 0, 0, NULL);
}

static irqcts_ntstatus config_read(void *context, uint32_t offset, uint32_t width, uint32_t *value)
{
    (void)context;
    *value = 0;
    for (uint32_t i = 0; i < width; i++) {
        uint64_t byte;
        CHECK_EQ(operate(IRQCTS_OPERATION_CONFIG_READ, 0, 0, offset + i, &byte), IRQCTS_NT_SUCCESS);
        *value |= (uint32_t)byte << (8u * i);
    }
    return IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus real(const struct irqcts_real_device *it, uint16_t kind, uint32_t entry, uint32_t message)
{
    const struct irqcts_operation operation = {.kind = kind, .entry = entry, .message = message};
    uint64_t value;

    return irqcts_real_operate(it, &operation, &value);
}

static void test_the_default_assignment_is_restored(void)
{
    struct irqcts_real_device it = {.context = &device, .entries = ENTRIES, .messages = MESSAGES, .route = route,
                                    .forget = forget, .arm = arm, .raise = raise};

    start_simulation("");
    simulation_connect(device.simulation, arrival, NULL);
    CHECK_EQ(operate(IRQCTS_OPERATION_SET_ENTRY, 1, 3, 0, NULL), IRQCTS_NT_SUCCESS);
    CHECK_EQ(operate(IRQCTS_OPERATION_MASK, 2, 0, 0, NULL), IRQCTS_NT_SUCCESS);
    CHECK_EQ(operate(IRQCTS_OPERATION_RAISE, 2, 0, 0, NULL), IRQCTS_NT_SUCCESS); /* pends from an earlier program */
    CHECK_EQ(real(&it, IRQCTS_OPERATION_CONFIGURE, ENTRIES, MESSAGES), IRQCTS_NT_SUCCESS);
    CHECK(armed == 1 && forgotten == 1 && arrived[2] == 0);
    CHECK_EQ(real(&it, IRQCTS_OPERATION_RAISE, 1, 0), IRQCTS_NT_SUCCESS);
    CHECK(arrived[1] + arrived[3] == 0); /* masked until START */
    CHECK_EQ(real(&it, IRQCTS_OPERATION_START, 0, 0), IRQCTS_NT_SUCCESS);
    for (uint32_t entry = 0; entry < ENTRIES; entry++) {
        memset(arrived, 0, sizeof(arrived));
        CHECK_EQ(real(&it, IRQCTS_OPERATION_RAISE, entry, 0), IRQCTS_NT_SUCCESS);
        CHECK_EQ(arrived[entry < MESSAGES ? entry : 0], 1); /* ROUTE-DEFAULT-IDENTITY, ROUTE-DEFAULT-SURPLUS */
    }
    CHECK_EQ(real(&it, IRQCTS_OPERATION_CONFIGURE, ENTRIES - 1, MESSAGES), IRQCTS_NT_INVALID_PARAMETER);
    CHECK_EQ(real(&it, IRQCTS_OPERATION_RAISE, ENTRIES, 0), IRQCTS_NT_INVALID_PARAMETER);
    CHECK_EQ(real(&it, IRQCTS_OPERATION_WITHDRAW, 0, 0), IRQCTS_NT_NOT_SUPPORTED);
    it.raise = NULL;
    CHECK_EQ(real(&it, IRQCTS_OPERATION_RAISE, 0, 0), IRQCTS_NT_NOT_SUPPORTED);
    CHECK_EQ(irqcts_real_operations(&it) >> IRQCTS_OPERATION_RAISE & 1u, 0);
    it.entries = it.messages = 0; /* a device without MSI-X */
    CHECK_EQ(real(&it, IRQCTS_OPERATION_CONFIGURE, 0, 0), IRQCTS_NT_SUCCESS);
    CHECK(real(&it, IRQCTS_OPERATION_START, 0, 0) < 0);
}

static void test_reading(void)
{
    static const uint64_t table[2 * ENTRIES] = {0xfee00000, UINT64_C(0x100004021), [11] = UINT64_C(0xabcdef0112345678)};
    static const uint64_t pba[1] = {0x21};
    struct irqcts_real_device it = {.context = &device, .entries = ENTRIES, .messages = MESSAGES, .route = route,
                                    .forget = forget, .table = table, .pba = pba, .config_read = config_read,
                                    .capability = 0x40};
    struct irqcts_operation read = {.kind = IRQCTS_OPERATION_TABLE_READ, .address = 8, .width = 4};
    uint64_t value;

    CHECK(irqcts_real_operate(&it, &read, &value) == IRQCTS_NT_SUCCESS && value == 0x4021);
    read.width = 8;
    CHECK(irqcts_real_operate(&it, &read, &value) == IRQCTS_NT_SUCCESS && value == UINT64_C(0x100004021));
    read.address = 88;
    CHECK(irqcts_real_operate(&it, &read, &value) == IRQCTS_NT_SUCCESS && value == UINT64_C(0xabcdef0112345678));
    read.address = 95;
    read.width = 1;
    CHECK(irqcts_real_operate(&it, &read, &value) == IRQCTS_NT_SUCCESS && value == 0xab);
    for (read.address = 89; read.address < 200; read.address++) { /* not aligned, or behind the table */
        read.width = 8;
        CHECK_EQ(irqcts_real_operate(&it, &read, &value), IRQCTS_NT_INVALID_PARAMETER);
    }
    read.address = UINT64_MAX - 7;
    CHECK_EQ(irqcts_real_operate(&it, &read, &value), IRQCTS_NT_INVALID_PARAMETER);
    read = (struct irqcts_operation){.kind = IRQCTS_OPERATION_PBA_READ, .width = 8};
    CHECK(irqcts_real_operate(&it, &read, &value) == IRQCTS_NT_SUCCESS && value == 0x21);
    start_simulation("");
    read = (struct irqcts_operation){.kind = IRQCTS_OPERATION_CONFIG_READ, .address = 0x34, .width = 1};
    CHECK_EQ(irqcts_real_operate(&it, &read, &value), IRQCTS_NT_SUCCESS);
    it.capability = (uint32_t)value;
    read = (struct irqcts_operation){.kind = IRQCTS_OPERATION_CONFIG_READ, .address = 4094, .width = 4};
    CHECK_EQ(irqcts_real_operate(&it, &read, &value), IRQCTS_NT_INVALID_PARAMETER);
    it.table = NULL;
    read = (struct irqcts_operation){.kind = IRQCTS_OPERATION_TABLE_READ, .width = 4};
    CHECK_EQ(irqcts_real_operate(&it, &read, &value), IRQCTS_NT_NOT_SUPPORTED);
}

/* A platform with all levels, and the level at which a routine was called. */
static uint32_t last_level;
static uint32_t all_levels = 7;

static uint32_t levels(void *context)
{
    (void)context;
    return all_levels;
}

static irqcts_ntstatus at_level(void *context, const struct irqcts_operation *operation, uint32_t level,
                                uint64_t *value)
{
    last_level = level;
    return simulation_operate(context, operation, value);
}

static uint32_t noted(void *context)
{
    (void)context;
    return last_level;
}

static uint32_t run(const struct irqcts_operation *operations, uint32_t count, struct irqcts_result *results)
{
    struct irqcts_target target = target_of(&device);
    struct {
        struct irqcts_io_run header;
        struct irqcts_operation operations[6];
    } request = {{.version = IRQCTS_IO_VERSION, .count = count}, {{0}}};
    struct {
        struct irqcts_io_ran header;
        struct irqcts_result results[6];
    } answer;
    size_t written;

    target.levels = levels;
    target.routing = at_level;
    target.noted_level = noted;
    memcpy(request.operations, operations, count * sizeof(*operations));
    CHECK_EQ(irqcts_dispatch(&target, IRQCTS_IO_RUN, &request, sizeof(request.header) + count * sizeof(*operations),
                             &answer, sizeof(answer.header) + count * sizeof(*results), &written),
             IRQCTS_NT_SUCCESS);
    memcpy(results, answer.results, count * sizeof(*results));
    return last_level;
}

static void test_levels(void)
{
    const struct irqcts_operation operations[4] = {
        {.kind = IRQCTS_OPERATION_WINDOWS_LEVEL, .message = IRQCTS_WINDOWS_DEVICE},
        {.kind = IRQCTS_OPERATION_MASK, .entry = 1},
        {.kind = IRQCTS_OPERATION_WINDOWS_CALLED},
        {.kind = IRQCTS_OPERATION_WINDOWS_POWER, .message = 3}};
    struct irqcts_result results[4];

    start_simulation("");
    CHECK_EQ(run(operations, 4, results), IRQCTS_WINDOWS_DEVICE);
    CHECK(results[0].status == IRQCTS_STATUS_OK && results[2].value == IRQCTS_WINDOWS_DEVICE);
    CHECK_EQ(results[3].status, IRQCTS_STATUS_NOT_SUPPORTED); /* no power here */
    all_levels = 3;
    CHECK_EQ(run(operations, 3, results), IRQCTS_WINDOWS_PASSIVE);
    CHECK(results[0].status == IRQCTS_STATUS_NOT_SUPPORTED && results[2].value == IRQCTS_WINDOWS_PASSIVE);
    all_levels = 1; /* Wine 8: what cannot be told apart is not shown */
    CHECK_EQ(run(operations, 3, results), IRQCTS_WINDOWS_PASSIVE);
    CHECK_EQ(results[0].status, IRQCTS_STATUS_NOT_SUPPORTED);
    CHECK_EQ(results[2].status, IRQCTS_STATUS_NOT_SUPPORTED);
}

/* Over D3 the simulated bus keeps assignments and masks, as a bus driver does that puts registers back. */
static void test_power(void)
{
    start_simulation("");
    simulation_connect(device.simulation, arrival, NULL);
    CHECK_EQ(operate(IRQCTS_OPERATION_SET_ENTRY, 1, 3, 0, NULL), IRQCTS_NT_SUCCESS);
    CHECK_EQ(operate(IRQCTS_OPERATION_MASK, 2, 0, 0, NULL), IRQCTS_NT_SUCCESS);
    simulation_power(device.simulation, 3);
    memset(arrived, 0, sizeof(arrived));
    CHECK_EQ(operate(IRQCTS_OPERATION_RAISE, 0, 0, 0, NULL), IRQCTS_NT_SUCCESS);
    CHECK_EQ(arrived[0], 0); /* nothing is sent in D3 */
    simulation_power(device.simulation, 0);
    memset(arrived, 0, sizeof(arrived));
    CHECK_EQ(operate(IRQCTS_OPERATION_RAISE, 1, 0, 0, NULL), IRQCTS_NT_SUCCESS);
    CHECK_EQ(operate(IRQCTS_OPERATION_RAISE, 2, 0, 0, NULL), IRQCTS_NT_SUCCESS);
    CHECK(arrived[3] == 1 && arrived[1] == 0 && arrived[2] == 0);
}

int main(void)
{
    CHECK(target_create(&device));
    test_location();
    test_location_of_nonsense();
    test_the_default_assignment_is_restored();
    test_reading();
    test_levels();
    test_power();
    target_free(&device);
    return 0;
}
