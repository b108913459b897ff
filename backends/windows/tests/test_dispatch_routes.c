/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which routine each operation goes to, with what, and what a program is told:
 * on a target whose routines note their calls and answer as a test chooses.
 */
#include "check.h"
#include "dispatch.h"

#include <stdint.h>

enum { OPERATIONS = 6, DELIVERIES = 3, LOG = 256 };

static int device_context;
static char log_text[LOG];
static irqcts_ntstatus answer;         /* of every routine */
static irqcts_ntstatus save_answer;    /* of the miniport's */
static uint32_t level_bits;            /* that the platform has */
static uint32_t arrivals;              /* records that the next poll has */
static struct irqcts_operation called; /* the last operation that a routine was given */
static uint32_t left;                  /* operations until the request is ended */

static void note(const void *context, const char *what, uint64_t number)
{
    size_t at = strlen(log_text);

    CHECK(context == &device_context);
    CHECK(at + 40 < LOG);
    (void)snprintf(log_text + at, LOG - at, "%s%s:%llu", at != 0 ? " " : "", what, (unsigned long long)number);
}

static irqcts_ntstatus noted(const void *context, const char *what, uint64_t number,
                             const struct irqcts_operation *operation, uint64_t *value)
{
    note(context, what, number);
    called = *operation;
    *value = 42;
    return answer;
}

static irqcts_ntstatus routing(void *context, const struct irqcts_operation *operation, uint32_t level,
                               uint64_t *value)
{
    return noted(context, "routing", level, operation, value);
}

static irqcts_ntstatus operate(void *context, const struct irqcts_operation *operation, uint64_t *value)
{
    return noted(context, "device", operation->function, operation, value);
}

static irqcts_ntstatus query(void *context, const struct irqcts_operation *operation, uint64_t *value)
{
    return noted(context, "query", operation->message, operation, value);
}

static uint32_t levels(void *context)
{
    CHECK(context == &device_context);
    return level_bits;
}

static void note_level(void *context)
{
    note(context, "level", 0);
}

static uint32_t noted_level(void *context)
{
    CHECK(context == &device_context);
    return IRQCTS_WINDOWS_DEVICE;
}

static irqcts_ntstatus power(void *context, uint32_t state)
{
    note(context, "power", state);
    return answer;
}

static irqcts_ntstatus message_count(void *context, uint64_t *value)
{
    note(context, "count", 0);
    *value = 9;
    return answer;
}

static void settle(void *context, uint32_t microseconds)
{
    note(context, "settle", microseconds);
}

static void poll_arrivals(void *context, struct irqcts_delivery_buffer *deliveries)
{
    note(context, "poll", arrivals);
    for (uint32_t i = 0; i < arrivals; i++) {
        if (deliveries->count < deliveries->capacity) {
            deliveries->records[deliveries->count++] = (struct irqcts_delivery){.message = i, .count = arrivals};
        } else {
            deliveries->lost++;
        }
    }
    arrivals = arrivals > 0 ? arrivals - 1 : 0;
}

static uint32_t ended(void *request)
{
    CHECK(request == &left);
    if (left == 0) {
        return 1;
    }
    left--;
    return 0;
}

/* --- the miniport ---------------------------------------------------------------------------------------------- */

static struct irqcts_dxgk_write_virtualized written_virtualized;

static irqcts_ntstatus write_routine(void *adapter, const struct irqcts_dxgk_write_virtualized *arguments)
{
    note(adapter, "write", arguments->vfIndex);
    written_virtualized = *arguments;
    return answer;
}

static irqcts_ntstatus save_routine(void *adapter, struct irqcts_dxgk_save_migration *arguments)
{
    if (arguments->Data == NULL) {
        note(adapter, "save", arguments->vfIndex);
        *arguments->DataSize = 8;
        return save_answer;
    }
    memset(arguments->Data, 1, 8);
    return IRQCTS_NT_SUCCESS;
}

static irqcts_ntstatus restore_routine(void *adapter, const struct irqcts_dxgk_restore_migration *arguments)
{
    note(adapter, "restore", arguments->vfIndex);
    return save_answer;
}

static const struct irqcts_dxgk_routines miniport = {
    .Adapter = &device_context,
    .Offered = IRQCTS_OFFERS_WRITE | IRQCTS_OFFERS_SAVE,
    .WriteVirtualizedInterrupt = write_routine,
    .SaveImmutableMigrationData = save_routine,
    .SaveMutableMigrationData = save_routine,
    .RestoreImmutableMigrationData = restore_routine,
    .RestoreMutableMigrationData = restore_routine,
};

static struct irqcts_migration migration = {.allocate = malloc, .release = free};

/* --- requests -------------------------------------------------------------------------------------------------- */

static struct irqcts_target target;
static uint32_t settle_us;

struct outcome {
    struct irqcts_io_ran ran;
    struct irqcts_result results[OPERATIONS];
    struct irqcts_delivery deliveries[DELIVERIES];
};

static void start(void)
{
    irqcts_migration_forget(&migration);
    target = (struct irqcts_target){
        .context = &device_context, .routing = routing, .levels = levels, .note_level = note_level,
        .noted_level = noted_level, .power = power, .virtualized = &miniport, .migration = &migration,
        .operate = operate, .query = query, .message_count = message_count, .settle = settle, .poll = poll_arrivals};
    level_bits = 7;
    answer = save_answer = IRQCTS_NT_SUCCESS;
    settle_us = 0;
}

static struct outcome run(const struct irqcts_operation *operations, uint32_t count, uint32_t capacity)
{
    const struct irqcts_io_run header = {.version = IRQCTS_IO_VERSION, .count = count, .settle_us = settle_us,
                                         .delivery_capacity = capacity};
    const size_t input_size = sizeof(header) + count * sizeof(*operations);
    const size_t results = sizeof(struct irqcts_io_ran) + count * sizeof(struct irqcts_result);
    const size_t output_size = results + capacity * sizeof(struct irqcts_delivery);
    uint8_t *input = malloc(input_size);
    uint8_t *output = malloc(output_size); /* exactly: a sanitizer sees a record behind the last */
    const uint32_t executed = target.ended != NULL && left < count ? left : count;
    struct outcome out;
    size_t written = 0;

    CHECK(input != NULL && output != NULL && count <= OPERATIONS && capacity <= DELIVERIES);
    memset(&out, 0, sizeof(out));
    memset(output, 0xee, output_size);
    memcpy(input, &header, sizeof(header));
    memcpy(input + sizeof(header), operations, count * sizeof(*operations));
    log_text[0] = '\0';
    CHECK_EQ(irqcts_dispatch(&target, IRQCTS_IO_RUN, input, input_size, output, output_size, &written),
             IRQCTS_NT_SUCCESS);
    memcpy(&out.ran, output, sizeof(out.ran));
    memcpy(out.results, output + sizeof(out.ran), count * sizeof(struct irqcts_result));
    CHECK_EQ(out.ran.version, IRQCTS_IO_VERSION);
    CHECK_EQ(out.ran.executed, executed);
    CHECK(out.ran.delivery_count <= capacity);
    CHECK_EQ(written, results + out.ran.delivery_count * sizeof(struct irqcts_delivery));
    memcpy(out.deliveries, output + results, out.ran.delivery_count * sizeof(struct irqcts_delivery));
    for (uint32_t i = executed; i < count; i++) {
        CHECK_EQ(out.results[i].status, IRQCTS_STATUS_NOT_EXECUTED);
        CHECK(out.results[i].native_kind == IRQCTS_NATIVE_NONE && out.results[i].native_code == 0);
    }
    for (uint32_t i = 0; i < executed; i++) {
        CHECK_EQ(out.results[i].native_kind, IRQCTS_NATIVE_NTSTATUS);
        CHECK_EQ(out.results[i].status, irqcts_dispatch_status((irqcts_ntstatus)out.results[i].native_code));
    }
    free(input);
    free(output);
    return out;
}

/* One operation: the NTSTATUS and the value that a program is shown, and the routines that were called. */
static void expect(struct irqcts_operation operation, irqcts_ntstatus status, uint64_t value, const char *calls)
{
    const struct outcome out = run(&operation, 1, 0);

    CHECK_TEXT(log_text, calls);
    CHECK_EQ(out.results[0].native_code, (uint32_t)status);
    CHECK_EQ(out.results[0].value, value);
    CHECK(out.results[0].delivery_first == 0 && out.results[0].delivery_count == 0);
}

#define DO(...) ((struct irqcts_operation){__VA_ARGS__})

/* --- tests ----------------------------------------------------------------------------------------------------- */

static void test_where_operations_go(void)
{
    static const uint16_t routes[] = {IRQCTS_OPERATION_SET_ENTRY, IRQCTS_OPERATION_MASK, IRQCTS_OPERATION_UNMASK,
                                      IRQCTS_OPERATION_GET_ENTRY, IRQCTS_OPERATION_GET_SIZE};
    static const uint16_t devices[] = {IRQCTS_OPERATION_START, IRQCTS_OPERATION_RAISE, IRQCTS_OPERATION_TABLE_READ,
                                       IRQCTS_OPERATION_RESET, IRQCTS_OPERATION_CONFIGURE, IRQCTS_OPERATION_NONE};

    start();
    for (size_t i = 0; i < sizeof(routes) / sizeof(routes[0]); i++) {
        target.routing = routing;
        expect(DO(.kind = routes[i], .entry = 3, .message = 2), IRQCTS_NT_SUCCESS, 42, "routing:0");
        CHECK(called.kind == routes[i] && called.entry == 3 && called.message == 2);
        target.routing = NULL;
        expect(DO(.kind = routes[i]), IRQCTS_NT_NOT_SUPPORTED, 0, "");
    }
    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        target.operate = operate;
        expect(DO(.kind = devices[i], .function = 3, .entry = 8), IRQCTS_NT_SUCCESS, 42, "device:3");
        CHECK(called.kind == devices[i] && called.entry == 8);
        target.operate = NULL;
        expect(DO(.kind = devices[i]), IRQCTS_NT_NOT_SUPPORTED, 0, "");
    }
    expect(DO(.kind = IRQCTS_OPERATION_WINDOWS_MESSAGES), IRQCTS_NT_SUCCESS, 9, "count:0");
    target.message_count = NULL;
    expect(DO(.kind = IRQCTS_OPERATION_WINDOWS_MESSAGES), IRQCTS_NT_NOT_SUPPORTED, 0, "");
}

/* What travels resolved (IRQCTS_OPERATION_FROM_MESSAGE), or not at all. */
static void test_what_is_reserved(void)
{
    start();
    expect(DO(.kind = IRQCTS_OPERATION_START, .flags = 1), IRQCTS_NT_INVALID_PARAMETER, 0, "");
    expect(DO(.kind = IRQCTS_OPERATION_START, .flags = 0x80), IRQCTS_NT_INVALID_PARAMETER, 0, "");
    expect(DO(.kind = IRQCTS_OPERATION_START, .reserved = 1), IRQCTS_NT_INVALID_PARAMETER, 0, "");
}

/* VWRITE-LAYOUT: the index is an INT16, functions of the DDI count from 0. */
static void test_virtualized_writes(void)
{
    static const struct {
        int32_t entry;
        int fits;
    } indices[] = {{INT32_MIN, 0}, {-32769, 0}, {-32768, 1}, {-1, 1}, {0, 1}, {32767, 1}, {32768, 0}, {INT32_MAX, 0}};
    struct irqcts_dxgk_routines other = miniport;
    struct irqcts_operation operation = {.kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED, .function = 4,
                                         .address = UINT64_C(0x1fee00000), .data = 0x4021, .control = 1};

    start();
    for (size_t i = 0; i < sizeof(indices) / sizeof(indices[0]); i++) {
        operation.entry = (uint32_t)indices[i].entry;
        if (!indices[i].fits) {
            expect(operation, IRQCTS_NT_INVALID_PARAMETER, 0, "");
            continue;
        }
        expect(operation, IRQCTS_NT_SUCCESS, 0, "level:0 write:3");
        CHECK_EQ(written_virtualized.InterruptTableIndex, indices[i].entry);
        CHECK_EQ(written_virtualized.WriteValue.MessageAddress, UINT64_C(0x1fee00000));
        CHECK_EQ(written_virtualized.WriteValue.MessageData, 0x4021);
        CHECK_EQ(written_virtualized.WriteValue.VectorControl, 1);
    }
    operation.entry = 0;
    operation.function = 0; /* the physical one: an index that names no virtual function */
    answer = IRQCTS_NT_INVALID_PARAMETER;
    expect(operation, IRQCTS_NT_INVALID_PARAMETER, 0, "level:0 write:4294967295");
    answer = IRQCTS_NT_SUCCESS;
    target.note_level = NULL;
    expect(operation, IRQCTS_NT_SUCCESS, 0, "write:4294967295");
    other.Offered = IRQCTS_OFFERS_SAVE;
    target.virtualized = &other;
    expect(operation, IRQCTS_NT_NOT_SUPPORTED, 0, "");
    target.virtualized = NULL;
    expect(operation, IRQCTS_NT_NOT_SUPPORTED, 0, "");
}

static struct irqcts_operation move(uint16_t kind, uint32_t function, uint64_t slot)
{
    return DO(.kind = kind, .function = function, .value = slot);
}

#define SAVE(function, slot) move(IRQCTS_OPERATION_SAVE, function, slot)
#define RESTORE(function, slot) move(IRQCTS_OPERATION_RESTORE, function, slot)

/* A virtual function by the miniport, and by a simulated device besides. */
static void test_saving(void)
{
    start();
    expect(SAVE(2, 3), IRQCTS_NT_SUCCESS, 42, "level:0 save:1 save:1 device:2");
    CHECK(called.kind == IRQCTS_OPERATION_SAVE && called.value == 3);
    expect(RESTORE(2, 3), IRQCTS_NT_SUCCESS, 0, "level:0 restore:1 restore:1");
    expect(RESTORE(2, 2), IRQCTS_NT_SUCCESS, 42, "level:0 device:2"); /* the miniport has nothing there */
    expect(RESTORE(0, 3), IRQCTS_NT_SUCCESS, 42, "level:0 device:0"); /* none of the miniport's functions */
    CHECK_EQ(called.value, 3);
    answer = IRQCTS_NT_ACCESS_DENIED;
    expect(SAVE(2, 1), IRQCTS_NT_ACCESS_DENIED, 42, "level:0 save:1 save:1 device:2");
    answer = IRQCTS_NT_SUCCESS;
    save_answer = IRQCTS_NT_INVALID_DEVICE_STATE; /* refused by the miniport: the device is not asked */
    expect(SAVE(2, 1), IRQCTS_NT_INVALID_DEVICE_STATE, 0, "level:0 save:1");
    expect(RESTORE(2, 3), IRQCTS_NT_INVALID_DEVICE_STATE, 0, "level:0 restore:1");
    save_answer = IRQCTS_NT_SUCCESS;
    target.operate = NULL; /* a real device: the miniport alone */
    expect(SAVE(2, 0), IRQCTS_NT_SUCCESS, 0, "level:0 save:1 save:1");
    expect(RESTORE(2, 0), IRQCTS_NT_SUCCESS, 0, "level:0 restore:1 restore:1");
    expect(RESTORE(2, 1), IRQCTS_NT_NOT_SUPPORTED, 0, "level:0");
}

static void test_saving_without_the_miniport(void)
{
    struct irqcts_dxgk_routines other = miniport;

    start();
    expect(SAVE(2, 4), IRQCTS_NT_SUCCESS, 42, "device:2"); /* the miniport's slots end before */
    expect(RESTORE(2, 4), IRQCTS_NT_SUCCESS, 42, "device:2");
    expect(SAVE(2, UINT64_C(0x100000000)), IRQCTS_NT_SUCCESS, 42, "device:2"); /* would be slot 0 in 32 bits */
    other.Offered = IRQCTS_OFFERS_WRITE;
    target.virtualized = &other;
    expect(SAVE(2, 0), IRQCTS_NT_SUCCESS, 42, "device:2");
    expect(RESTORE(2, 0), IRQCTS_NT_SUCCESS, 42, "device:2");
    target.virtualized = NULL;
    expect(SAVE(2, 0), IRQCTS_NT_SUCCESS, 42, "device:2");
    expect(RESTORE(2, 0), IRQCTS_NT_SUCCESS, 42, "device:2");
}

/* A slot that function 0 is saved into is no longer the miniport's; CONFIGURE empties them all. */
static void test_slots_that_are_taken_over(void)
{
    start();
    for (uint32_t slot = 0; slot < IRQCTS_SLOTS_MAX; slot++) {
        expect(SAVE(1, slot), IRQCTS_NT_SUCCESS, 42, "level:0 save:0 save:0 device:1");
    }
    expect(SAVE(0, 2), IRQCTS_NT_SUCCESS, 42, "level:0 device:0");
    for (uint32_t slot = 0; slot < IRQCTS_SLOTS_MAX; slot++) {
        expect(RESTORE(1, slot), IRQCTS_NT_SUCCESS, slot == 2 ? 42 : 0,
               slot == 2 ? "level:0 device:1" : "level:0 restore:0 restore:0");
    }
    expect(DO(.kind = IRQCTS_OPERATION_CONFIGURE), IRQCTS_NT_SUCCESS, 42, "device:0");
    for (uint32_t slot = 0; slot < IRQCTS_SLOTS_MAX; slot++) {
        CHECK(!migration.slots[slot].saved && migration.slots[slot].mutable_data.bytes == NULL);
    }
    target.migration = NULL; /* a stack without a miniport */
    target.virtualized = NULL;
    expect(DO(.kind = IRQCTS_OPERATION_CONFIGURE), IRQCTS_NT_SUCCESS, 42, "device:0");
}

/* Raw calls of IRP_MN_QUERY_INTERFACE: size and version are USHORTs. */
static void test_queries(void)
{
    static const struct {
        uint32_t size, version, interface;
        int taken;
    } arguments[] = {{0, 0, 0, 1},     {65535, 0, 0, 1},      {65536, 0, 0, 0}, {0, 65535, 1, 1},
                     {0, 65536, 0, 0}, {65535, 65535, 2, 1},  {0, 0, 3, 0},     {UINT32_MAX, 0, 0, 0},
                     {72, 1, 2, 1},    {0, UINT32_MAX, 0, 0}, {0, 0, UINT32_MAX, 0}};
    struct irqcts_operation operation = {.kind = IRQCTS_OPERATION_WINDOWS_QUERY};

    start();
    for (size_t i = 0; i < sizeof(arguments) / sizeof(arguments[0]); i++) {
        char calls[32] = "";
        operation.entry = arguments[i].size;
        operation.data = arguments[i].version;
        operation.message = arguments[i].interface;
        if (arguments[i].taken) {
            (void)snprintf(calls, sizeof(calls), "query:%u", arguments[i].interface);
        }
        expect(operation, arguments[i].taken ? IRQCTS_NT_SUCCESS : IRQCTS_NT_NOT_SUPPORTED,
               arguments[i].taken ? 42 : 0, calls);
    }
    operation = (struct irqcts_operation){.kind = IRQCTS_OPERATION_WINDOWS_QUERY};
    answer = IRQCTS_NT_INVALID_PARAMETER; /* a refusal is shown as the value too */
    expect(operation, IRQCTS_NT_INVALID_PARAMETER, 0xC000000D, "query:0");
    answer = IRQCTS_NT_NOT_SUPPORTED; /* the bus driver's answer, not a lack of the suite's */
    expect(operation, IRQCTS_NT_NOINTERFACE, 0xC00000BB, "query:0");
    answer = IRQCTS_NT(0x00000103);
    expect(operation, IRQCTS_NT(0x00000103), 42, "query:0");
    answer = IRQCTS_NT_SUCCESS;
    target.query = NULL;
    expect(operation, IRQCTS_NT_NOT_SUPPORTED, 0, "");
}

static struct irqcts_operation at(uint32_t level)
{
    return DO(.kind = IRQCTS_OPERATION_WINDOWS_LEVEL, .message = level);
}

/* ROUTE-IRQL: every level that the platform has, and no other. */
static void test_levels(void)
{
    start();
    for (uint32_t bits = 0; bits < 16; bits++) {
        level_bits = bits;
        for (uint32_t wanted = 0; wanted < 5; wanted++) {
            int there = bits > 1 && wanted < 3 && (bits >> wanted & 1u) != 0;
            expect(at(wanted), there ? IRQCTS_NT_SUCCESS : IRQCTS_NT_NOT_SUPPORTED, 0, "");
        }
        expect(DO(.kind = IRQCTS_OPERATION_WINDOWS_CALLED), bits > 1 ? IRQCTS_NT_SUCCESS : IRQCTS_NT_NOT_SUPPORTED,
               bits > 1 ? IRQCTS_WINDOWS_DEVICE : 0, "");
    }
    level_bits = 5;
    {
        const struct irqcts_operation operations[] = {
            at(2), DO(.kind = IRQCTS_OPERATION_MASK), at(1), DO(.kind = IRQCTS_OPERATION_MASK), at(0),
            DO(.kind = IRQCTS_OPERATION_MASK)};
        (void)run(operations, 6, 0);
        CHECK_TEXT(log_text, "routing:2 routing:2 routing:0"); /* a level that is not there changes nothing */
    }
    target.noted_level = NULL;
    expect(DO(.kind = IRQCTS_OPERATION_WINDOWS_CALLED), IRQCTS_NT_NOT_SUPPORTED, 0, "");
    target.levels = NULL;
    target.noted_level = noted_level;
    expect(at(0), IRQCTS_NT_NOT_SUPPORTED, 0, "");
    expect(DO(.kind = IRQCTS_OPERATION_WINDOWS_CALLED), IRQCTS_NT_NOT_SUPPORTED, 0, "");
}

static void test_power(void)
{
    start();
    for (uint32_t state = 0; state <= 3; state++) {
        char calls[16];
        (void)snprintf(calls, sizeof(calls), "power:%u", state);
        expect(DO(.kind = IRQCTS_OPERATION_WINDOWS_POWER, .message = state), IRQCTS_NT_SUCCESS, 0, calls);
    }
    expect(DO(.kind = IRQCTS_OPERATION_WINDOWS_POWER, .message = 4), IRQCTS_NT_INVALID_PARAMETER, 0, "");
    expect(DO(.kind = IRQCTS_OPERATION_WINDOWS_POWER, .message = UINT32_MAX), IRQCTS_NT_INVALID_PARAMETER, 0, "");
    target.power = NULL;
    expect(DO(.kind = IRQCTS_OPERATION_WINDOWS_POWER, .message = 4), IRQCTS_NT_NOT_SUPPORTED, 0, "");
}

/* Each poll has its own records; what finds no room is counted. */
static void test_polls(void)
{
    const struct irqcts_operation poll = {.kind = IRQCTS_OPERATION_POLL};
    const struct irqcts_operation polls[3] = {poll, poll, poll};
    struct outcome out;

    start();
    arrivals = 2;
    out = run(polls, 3, DELIVERIES);
    CHECK_TEXT(log_text, "poll:2 poll:1 poll:0");
    CHECK(out.ran.delivery_count == 3 && out.ran.delivery_lost == 0);
    CHECK(out.results[0].delivery_first == 0 && out.results[0].delivery_count == 2);
    CHECK(out.results[1].delivery_first == 2 && out.results[1].delivery_count == 1);
    CHECK(out.results[2].delivery_first == 3 && out.results[2].delivery_count == 0);
    for (uint32_t i = 0; i < 3; i++) {
        CHECK(out.results[i].native_code == 0 && out.results[i].value == 0);
        CHECK_EQ(out.deliveries[i].message, i % 2);
        CHECK_EQ(out.deliveries[i].count, i < 2 ? 2 : 1);
    }
    arrivals = 3;
    out = run(polls, 2, 2);
    CHECK(out.ran.delivery_count == 2 && out.ran.delivery_lost == 3);
    CHECK(out.results[0].delivery_count == 2 && out.results[1].delivery_first == 2);
    CHECK_EQ(out.results[1].delivery_count, 0);
    arrivals = 1;
    out = run(polls, 1, 0);
    CHECK(out.ran.delivery_count == 0 && out.ran.delivery_lost == 1);
}

/* Silence is waited for before a poll, except where the program says that there is none. */
static void test_settling(void)
{
    struct irqcts_operation poll = {.kind = IRQCTS_OPERATION_POLL};

    start();
    arrivals = 0;
    expect(poll, IRQCTS_NT_SUCCESS, 0, "poll:0");
    settle_us = 1;
    expect(poll, IRQCTS_NT_SUCCESS, 0, "settle:1 poll:0");
    settle_us = 1000;
    expect(poll, IRQCTS_NT_SUCCESS, 0, "settle:1000 poll:0");
    poll.value = 1;
    expect(poll, IRQCTS_NT_SUCCESS, 0, "poll:0");
    poll.value = 0;
    target.settle = NULL;
    expect(poll, IRQCTS_NT_SUCCESS, 0, "poll:0");
}

/* Cancelled, or the device is leaving: what is under way ends, the rest is not begun. */
static void test_a_run_that_is_ended(void)
{
    static const struct irqcts_operation program[] = {{.kind = IRQCTS_OPERATION_POLL}, {.kind = IRQCTS_OPERATION_MASK},
                                                      {.kind = IRQCTS_OPERATION_START}};
    struct outcome out;

    start();
    target.ended = ended;
    target.request = &left;
    arrivals = 1;
    left = 3;
    out = run(program, 3, 1);
    CHECK_TEXT(log_text, "poll:1 routing:0 device:0");
    CHECK_EQ(left, 0); /* asked before each operation, and not behind the last */
    arrivals = 1;
    left = 1;
    out = run(program, 3, 1);
    CHECK_TEXT(log_text, "poll:1");
    CHECK_EQ(out.ran.delivery_count, 1); /* what was counted is not lost */
    left = 0;
    (void)run(program, 3, 1);
    CHECK_TEXT(log_text, "");
    left = UINT32_MAX;
    (void)run(program, 3, 1);
    CHECK_TEXT(log_text, "poll:0 routing:0 device:0");
}

int main(void)
{
    test_where_operations_go();
    test_what_is_reserved();
    test_virtualized_writes();
    test_saving();
    test_saving_without_the_miniport();
    test_slots_that_are_taken_over();
    test_queries();
    test_levels();
    test_power();
    test_polls();
    test_settling();
    test_a_run_that_is_ended();
    irqcts_migration_forget(&migration);
    return 0;
}
