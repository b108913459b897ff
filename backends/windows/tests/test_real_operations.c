/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A real device by routines that note each call: what is offered, what is called
 * in which order, and the bounds of every read.
 */
#include "check.h"
#include "real_device.h"

#include <stdint.h>

enum { CALLS = 32, CAPABILITY = 0x50 };

#define POISON UINT64_C(0xeeeeeeeeeeeeeeee)

/* What was called, one word each: "S1>0" is SetTableEntry of entry 1 to message 0. */
static char log_text[CALLS * 12];
static irqcts_ntstatus answer_arm, answer_route, answer_config;
static uint16_t refused_kind; /* answer_route is of this kind */
static int device_context;

static void note(const void *context, const char *what, uint32_t entry, uint32_t message)
{
    size_t at = strlen(log_text);

    CHECK(context == &device_context);
    CHECK(at + 24 < sizeof(log_text));
    (void)snprintf(log_text + at, sizeof(log_text) - at, "%s%s%u>%u", at != 0 ? " " : "", what, entry, message);
}

static irqcts_ntstatus route(void *context, const struct irqcts_operation *operation, uint64_t *value)
{
    const char *what = operation->kind == IRQCTS_OPERATION_SET_ENTRY ? "S"
                       : operation->kind == IRQCTS_OPERATION_MASK    ? "M"
                       : operation->kind == IRQCTS_OPERATION_UNMASK  ? "U"
                                                                     : "?";

    note(context, what, operation->entry, operation->message);
    *value = 77;
    return operation->kind == refused_kind ? answer_route : IRQCTS_NT_SUCCESS;
}

static void forget(void *context)
{
    note(context, "forget", 0, 0);
}

static irqcts_ntstatus arm(void *context)
{
    note(context, "arm", 0, 0);
    return answer_arm;
}

static irqcts_ntstatus raise(void *context, uint32_t entry)
{
    note(context, "raise", entry, 0);
    return IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus withdraw(void *context, uint32_t entry)
{
    note(context, "withdraw", entry, 0);
    return IRQCTS_NT_ACCESS_DENIED;
}

static irqcts_ntstatus config_read(void *context, uint32_t offset, uint32_t width, uint32_t *value)
{
    note(context, "config", offset, width);
    if (answer_config >= 0) {
        *value = 0xa1b2c3d4;
    }
    return answer_config;
}

static struct irqcts_real_device device_of(uint32_t entries, uint32_t messages)
{
    return (struct irqcts_real_device){.context = &device_context, .entries = entries, .messages = messages,
                                       .capability = CAPABILITY, .route = route, .forget = forget, .arm = arm,
                                       .raise = raise, .withdraw = withdraw, .config_read = config_read};
}

/* One operation: its status, its value, and what was called for it. */
static void expect(const struct irqcts_real_device *device, struct irqcts_operation operation, irqcts_ntstatus status,
                   uint64_t value, const char *called)
{
    uint64_t observed = POISON;

    log_text[0] = '\0';
    CHECK_EQ((uint32_t)irqcts_real_operate(device, &operation, &observed), (uint32_t)status);
    CHECK_EQ(observed, value);
    CHECK_TEXT(log_text, called);
}

#define DO(...) ((struct irqcts_operation){__VA_ARGS__})

static void test_what_is_offered(void)
{
    static const uint64_t memory[2];
    const uint64_t always = UINT64_C(1) << IRQCTS_OPERATION_CONFIGURE | UINT64_C(1) << IRQCTS_OPERATION_START;
    struct irqcts_real_device device = {.route = route, .forget = forget};

    CHECK_EQ(irqcts_real_operations(&device), always);
    device.capability = CAPABILITY; /* without configuration space to read it from */
    CHECK_EQ(irqcts_real_operations(&device), always);
    device = (struct irqcts_real_device){.raise = raise};
    CHECK_EQ(irqcts_real_operations(&device), always | UINT64_C(1) << IRQCTS_OPERATION_RAISE);
    device = (struct irqcts_real_device){.withdraw = withdraw};
    CHECK_EQ(irqcts_real_operations(&device), always | UINT64_C(1) << IRQCTS_OPERATION_WITHDRAW);
    device = (struct irqcts_real_device){.config_read = config_read};
    CHECK_EQ(irqcts_real_operations(&device), always | UINT64_C(1) << IRQCTS_OPERATION_CONFIG_READ);
    device.capability = CAPABILITY;
    CHECK_EQ(irqcts_real_operations(&device), always | UINT64_C(1) << IRQCTS_OPERATION_CONFIG_READ |
                                                  UINT64_C(1) << IRQCTS_OPERATION_CAPABILITY_READ);
    device = (struct irqcts_real_device){.table = memory};
    CHECK_EQ(irqcts_real_operations(&device), always | UINT64_C(1) << IRQCTS_OPERATION_TABLE_READ);
    device = (struct irqcts_real_device){.pba = memory};
    CHECK_EQ(irqcts_real_operations(&device), always | UINT64_C(1) << IRQCTS_OPERATION_PBA_READ);
}

/* ROUTE-DEFAULT-IDENTITY, ROUTE-DEFAULT-SURPLUS; what pends goes out before it is forgotten, then all is masked. */
static void test_configure(void)
{
    struct irqcts_real_device device = device_of(3, 2);
    const struct irqcts_operation right = {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 3, .message = 2};
    static const struct irqcts_operation others[] = {
        {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 2, .message = 2},
        {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 4, .message = 2},
        {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 3, .message = 1},
        {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 3, .message = 3},
        {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 3, .message = 2, .value = 1},
    };

    expect(&device, right, IRQCTS_NT_SUCCESS, 0,
           "arm0>0 S0>0 S1>1 S2>0 U0>0 U1>1 U2>0 forget0>0 M0>0 M1>1 M2>0");
    device.arm = NULL;
    expect(&device, right, IRQCTS_NT_SUCCESS, 0, "S0>0 S1>1 S2>0 U0>0 U1>1 U2>0 forget0>0 M0>0 M1>1 M2>0");
    device = device_of(1, 1);
    expect(&device, DO(.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 1, .message = 1), IRQCTS_NT_SUCCESS, 0,
           "arm0>0 S0>0 U0>0 forget0>0 M0>0");
    device = device_of(0, 0);
    expect(&device, DO(.kind = IRQCTS_OPERATION_CONFIGURE), IRQCTS_NT_SUCCESS, 0, "");
    device = device_of(3, 2); /* it is what it is */
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        expect(&device, others[i], IRQCTS_NT_INVALID_PARAMETER, 0, "");
    }
}

/* The first refusal is the answer and ends the work; what arrived meanwhile is forgotten all the same. */
static void test_refused_on_the_way(void)
{
    const struct irqcts_real_device device = device_of(2, 2);
    const struct irqcts_operation configure = {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 2, .message = 2};

    answer_arm = IRQCTS_NT_DEVICE_REMOVED;
    expect(&device, configure, IRQCTS_NT_DEVICE_REMOVED, 0, "arm0>0 forget0>0");
    answer_arm = IRQCTS_NT_SUCCESS;
    answer_route = IRQCTS_NT_ACCESS_DENIED;
    refused_kind = IRQCTS_OPERATION_SET_ENTRY;
    expect(&device, configure, IRQCTS_NT_ACCESS_DENIED, 0, "arm0>0 S0>0 forget0>0");
    refused_kind = IRQCTS_OPERATION_UNMASK;
    expect(&device, configure, IRQCTS_NT_ACCESS_DENIED, 0, "arm0>0 S0>0 S1>1 U0>0 forget0>0");
    expect(&device, DO(.kind = IRQCTS_OPERATION_START), IRQCTS_NT_ACCESS_DENIED, 0, "U0>0");
    refused_kind = IRQCTS_OPERATION_MASK;
    expect(&device, configure, IRQCTS_NT_ACCESS_DENIED, 0, "arm0>0 S0>0 S1>1 U0>0 U1>1 forget0>0 M0>0");
    refused_kind = IRQCTS_OPERATION_NONE;
}

static void test_start_and_stimulus(void)
{
    struct irqcts_real_device device = device_of(2, 1);

    expect(&device, DO(.kind = IRQCTS_OPERATION_START), IRQCTS_NT_SUCCESS, 0, "U0>0 U1>0");
    expect(&device, DO(.kind = IRQCTS_OPERATION_RAISE, .entry = 1), IRQCTS_NT_SUCCESS, 0, "raise1>0");
    expect(&device, DO(.kind = IRQCTS_OPERATION_RAISE, .entry = 2), IRQCTS_NT_INVALID_PARAMETER, 0, "");
    expect(&device, DO(.kind = IRQCTS_OPERATION_RAISE, .entry = UINT32_MAX), IRQCTS_NT_INVALID_PARAMETER, 0, "");
    expect(&device, DO(.kind = IRQCTS_OPERATION_WITHDRAW, .entry = 1), IRQCTS_NT_ACCESS_DENIED, 0, "withdraw1>0");
    expect(&device, DO(.kind = IRQCTS_OPERATION_WITHDRAW, .entry = 2), IRQCTS_NT_INVALID_PARAMETER, 0, "");
    expect(&device, DO(.kind = IRQCTS_OPERATION_RAISE, .function = 1), IRQCTS_NT_INVALID_PARAMETER, 0, "");
    expect(&device, DO(.kind = IRQCTS_OPERATION_RESET), IRQCTS_NT_NOT_SUPPORTED, 0, "");
    expect(&device, DO(.kind = IRQCTS_OPERATION_TABLE_WRITE, .width = 4), IRQCTS_NT_NOT_SUPPORTED, 0, "");
    device.raise = NULL;
    device.withdraw = NULL;
    expect(&device, DO(.kind = IRQCTS_OPERATION_RAISE), IRQCTS_NT_NOT_SUPPORTED, 0, "");
    expect(&device, DO(.kind = IRQCTS_OPERATION_WITHDRAW), IRQCTS_NT_NOT_SUPPORTED, 0, "");
    device = device_of(1, 1);
    expect(&device, DO(.kind = IRQCTS_OPERATION_START), IRQCTS_NT_SUCCESS, 0, "U0>0");
    device = device_of(0, 0);
    expect(&device, DO(.kind = IRQCTS_OPERATION_START), IRQCTS_NT_INSUFFICIENT_RESOURCES, 0, "");
    expect(&device, DO(.kind = IRQCTS_OPERATION_RAISE), IRQCTS_NT_INVALID_PARAMETER, 0, "");
}

/* Bytes 0, 1, 2 ... as a little-endian register of `width` bytes holds them. */
static uint64_t counted(uint64_t address, uint32_t width)
{
    uint64_t value = 0;

    for (uint32_t i = 0; i < width; i++) {
        value |= ((address + i) & 0xffu) << (8u * i);
    }
    return value;
}

/* Every address up to the end of the memory and beyond, at every width. */
static void sweep(const struct irqcts_real_device *device, uint16_t kind, uint64_t bytes)
{
    for (uint32_t width = 0; width <= 16; width++) {
        for (uint64_t address = 0; address < bytes + 20; address++) {
            int fits = (width == 1 || width == 2 || width == 4 || width == 8) && address % width == 0 &&
                       address + width <= bytes;
            expect(device, DO(.kind = kind, .address = address, .width = (uint8_t)width),
                   fits ? IRQCTS_NT_SUCCESS : IRQCTS_NT_INVALID_PARAMETER, fits ? counted(address, width) : 0, "");
        }
        expect(device, DO(.kind = kind, .address = UINT64_MAX - 7, .width = (uint8_t)width),
               IRQCTS_NT_INVALID_PARAMETER, 0, "");
    }
}

static void test_mapped_reads(void)
{
    static const struct {
        uint32_t entries;
        uint64_t pba_bytes;
    } sizes[] = {{1, 8}, {3, 8}, {63, 8}, {64, 8}, {65, 16}, {128, 16}, {129, 24}};

    for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
        struct irqcts_real_device device = device_of(sizes[i].entries, 1);
        const uint64_t table_bytes = (uint64_t)sizes[i].entries * 16u;
        uint8_t *table = malloc((size_t)table_bytes); /* the sizes themselves: no byte behind them is read */
        uint8_t *pba = malloc((size_t)sizes[i].pba_bytes);
        CHECK(table != NULL && pba != NULL);
        for (uint64_t at = 0; at < table_bytes; at++) {
            table[at] = (uint8_t)at;
        }
        for (uint64_t at = 0; at < sizes[i].pba_bytes; at++) {
            pba[at] = (uint8_t)at;
        }
        expect(&device, DO(.kind = IRQCTS_OPERATION_TABLE_READ, .width = 4), IRQCTS_NT_NOT_SUPPORTED, 0, "");
        expect(&device, DO(.kind = IRQCTS_OPERATION_PBA_READ, .width = 4), IRQCTS_NT_NOT_SUPPORTED, 0, "");
        device.table = table;
        device.pba = pba;
        sweep(&device, IRQCTS_OPERATION_TABLE_READ, table_bytes);
        sweep(&device, IRQCTS_OPERATION_PBA_READ, sizes[i].pba_bytes);
        free(table);
        free(pba);
    }
}

/* 4096 bytes of configuration space, from its beginning or from the capability on. */
static void test_configuration_reads(void)
{
    static const struct {
        uint16_t kind;
        uint32_t base;
    } views[] = {{IRQCTS_OPERATION_CONFIG_READ, 0}, {IRQCTS_OPERATION_CAPABILITY_READ, CAPABILITY}};

    for (size_t i = 0; i < sizeof(views) / sizeof(views[0]); i++) {
        struct irqcts_real_device device = device_of(2, 2);
        char called[32];
        for (uint32_t width = 0; width <= 9; width++) {
            const uint64_t last = 4096u - views[i].base - width;
            struct irqcts_operation read = {.kind = views[i].kind, .width = (uint8_t)width};
            if (width != 1 && width != 2 && width != 4) {
                expect(&device, read, IRQCTS_NT_INVALID_PARAMETER, 0, "");
                continue;
            }
            (void)snprintf(called, sizeof(called), "config%u>%u", views[i].base, width);
            expect(&device, read, IRQCTS_NT_SUCCESS, 0xa1b2c3d4, called);
            read.address = last;
            (void)snprintf(called, sizeof(called), "config%u>%u", 4096u - width, width);
            expect(&device, read, IRQCTS_NT_SUCCESS, 0xa1b2c3d4, called);
            read.address = last + 1u;
            expect(&device, read, IRQCTS_NT_INVALID_PARAMETER, 0, "");
            read.address = UINT64_C(0x100000000); /* would be 0 in 32 bits */
            expect(&device, read, IRQCTS_NT_INVALID_PARAMETER, 0, "");
        }
        answer_config = IRQCTS_NT_NO_SUCH_DEVICE; /* nothing was read */
        (void)snprintf(called, sizeof(called), "config%u>4", views[i].base);
        expect(&device, DO(.kind = views[i].kind, .width = 4), IRQCTS_NT_NO_SUCH_DEVICE, 0, called);
        answer_config = IRQCTS_NT_SUCCESS;
        device.config_read = NULL;
        expect(&device, DO(.kind = views[i].kind, .width = 4), IRQCTS_NT_NOT_SUPPORTED, 0, "");
        device = device_of(2, 2);
        device.capability = 0;
        expect(&device, DO(.kind = IRQCTS_OPERATION_CAPABILITY_READ, .width = 4), IRQCTS_NT_NOT_SUPPORTED, 0, "");
    }
}

int main(void)
{
    test_what_is_offered();
    test_configure();
    test_refused_on_the_way();
    test_start_and_stimulus();
    test_mapped_reads();
    test_configuration_reads();
    return 0;
}
