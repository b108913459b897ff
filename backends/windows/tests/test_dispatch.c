/* SPDX-License-Identifier: Apache-2.0 */
/* The driver's decisions: requests that make no sense are refused whole, statuses arrive exactly. */
#include "check.h"
#include "target.h"

#include <stdint.h>

enum { OPERATIONS = 8, DELIVERIES = 16 };

struct request {
    struct irqcts_io_run header;
    struct irqcts_operation operations[OPERATIONS];
};

struct answer {
    struct irqcts_io_ran header;
    struct irqcts_result results[OPERATIONS];
    struct irqcts_delivery deliveries[DELIVERIES];
};

static struct target_device device;
static struct irqcts_target target;
static uint32_t arrived[8];

static void arrival(void *context, uint32_t message)
{
    CHECK(context == arrived && message < 8);
    arrived[message]++;
}

static struct request request_of(uint32_t count)
{
    struct request request = {
        {.version = IRQCTS_IO_VERSION, .count = count, .delivery_capacity = DELIVERIES}, {{0}}};

    request.operations[0] = (struct irqcts_operation){
        .kind = IRQCTS_OPERATION_CONFIGURE, .entry = 4, .message = 2, .value = 1, .data = 4, .control = 4};
    request.operations[1] = (struct irqcts_operation){.kind = IRQCTS_OPERATION_START};
    return request;
}

static size_t size_of(const struct request *request)
{
    return sizeof(request->header) + request->header.count * sizeof(struct irqcts_operation);
}

static irqcts_ntstatus send(const struct request *request, size_t size, struct answer *answer, size_t room,
                            size_t *written)
{
    memset(answer, 0xee, sizeof(*answer));
    return irqcts_dispatch(&target, IRQCTS_IO_RUN, request, size, answer, room, written);
}

static void test_statuses_are_exact(void)
{
    struct request request = request_of(6);
    struct answer answer;
    size_t written;

    request.operations[2] = (struct irqcts_operation){.kind = IRQCTS_OPERATION_SET_ENTRY, .entry = 4};
    request.operations[3] = (struct irqcts_operation){.kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED, .function = 9};
    request.operations[4] = (struct irqcts_operation){.kind = IRQCTS_OPERATION_RAISE, .entry = 3};
    request.operations[5] = (struct irqcts_operation){.kind = IRQCTS_OPERATION_POLL};
    CHECK_EQ(send(&request, size_of(&request), &answer, sizeof(answer), &written), IRQCTS_NT_SUCCESS);
    CHECK_EQ(answer.header.executed, 6);
    CHECK_EQ(answer.results[1].status, IRQCTS_STATUS_OK);
    CHECK_EQ(answer.results[2].status, IRQCTS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(answer.results[2].native_code, 0xC000000Du);
    CHECK_EQ(answer.results[3].native_code, 0xC000000Du);
    CHECK_EQ(arrived[0], 1); /* entry 3 has no message of its own: ROUTE-DEFAULT-SURPLUS */
    CHECK_EQ(written, sizeof(answer.header) + 6 * sizeof(struct irqcts_result));
}

static void test_senseless_requests(void)
{
    struct request request = request_of(2);
    struct answer answer;
    size_t written = 1;
    size_t whole = size_of(&request);
    struct request changed;

    for (size_t size = 0; size < whole; size++) {
        CHECK_EQ(send(&request, size, &answer, sizeof(answer), &written), IRQCTS_NT_INVALID_PARAMETER);
        CHECK_EQ(written, 0);
    }
    CHECK_EQ(send(&request, whole + 1, &answer, sizeof(answer), &written), IRQCTS_NT_INVALID_PARAMETER);
    for (size_t room = 0; room < sizeof(answer.header) + 2 * sizeof(struct irqcts_result) +
                                     DELIVERIES * sizeof(struct irqcts_delivery); room++) {
        CHECK_EQ(send(&request, whole, &answer, room, &written), IRQCTS_NT_INVALID_PARAMETER);
    }
    changed = request;
    changed.header.version++;
    CHECK_EQ(send(&changed, whole, &answer, sizeof(answer), &written), IRQCTS_NT_INVALID_PARAMETER);
    changed = request;
    changed.header.level = IRQCTS_WINDOWS_LEVEL_COUNT;
    CHECK_EQ(send(&changed, whole, &answer, sizeof(answer), &written), IRQCTS_NT_INVALID_PARAMETER);
    changed = request;
    changed.header.count = UINT32_MAX; /* a size that would wrap in 32 bits */
    CHECK_EQ(send(&changed, whole, &answer, sizeof(answer), &written), IRQCTS_NT_INVALID_PARAMETER);
    changed = request;
    changed.header.delivery_capacity = UINT32_MAX;
    CHECK_EQ(send(&changed, whole, &answer, sizeof(answer), &written), IRQCTS_NT_INVALID_PARAMETER);
    CHECK_EQ(irqcts_dispatch(&target, IRQCTS_IO_CODE(0x7ff), NULL, 0, &answer, sizeof(answer), &written),
             IRQCTS_NT_INVALID_DEVICE_REQUEST);
}

static void test_level_is_not_pretended(void)
{
    struct request request = request_of(3);
    struct answer answer;
    size_t written;

    request.header.level = IRQCTS_WINDOWS_DISPATCH;
    request.operations[2] = (struct irqcts_operation){.kind = IRQCTS_OPERATION_MASK, .entry = 0};
    CHECK_EQ(send(&request, size_of(&request), &answer, sizeof(answer), &written), IRQCTS_NT_SUCCESS);
    CHECK_EQ(answer.results[2].status, IRQCTS_STATUS_NOT_SUPPORTED);
}

static void test_index_that_is_no_int16(void)
{
    struct request request = request_of(4);
    struct answer answer;
    size_t written;

    request.operations[2] = (struct irqcts_operation){
        .kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED, .function = 1, .entry = 0x10000}; /* would be entry 0 */
    request.operations[3] = (struct irqcts_operation){
        .kind = IRQCTS_OPERATION_TABLE_READ, .function = 1, .address = 8, .width = 4};
    request.operations[2].data = 0x1234;
    CHECK_EQ(send(&request, size_of(&request), &answer, sizeof(answer), &written), IRQCTS_NT_SUCCESS);
    CHECK_EQ(answer.results[2].status, IRQCTS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(answer.results[3].value, 0);
}

/* Beside others goes only what may, on a device that takes it. */
static void test_beside_others(void)
{
    struct request request = request_of(3);
    struct answer answer;
    size_t written;

    request.operations[2] = (struct irqcts_operation){.kind = IRQCTS_OPERATION_MASK, .entry = 1};
    CHECK(!irqcts_dispatch_beside(&request, size_of(&request)));
    CHECK_EQ(send(&request, size_of(&request), &answer, sizeof(answer), &written), IRQCTS_NT_SUCCESS);
    request.header.flags = IRQCTS_IO_BESIDE;
    CHECK(irqcts_dispatch_beside(&request, size_of(&request)));
    CHECK(!irqcts_dispatch_beside(&request, sizeof(request.header) - 1));
    CHECK_EQ(send(&request, size_of(&request), &answer, sizeof(answer), &written), IRQCTS_NT_SUCCESS);
    CHECK_EQ(answer.results[2].status, IRQCTS_STATUS_NOT_SUPPORTED); /* the device takes one thread at a time */
    target.concurrent = 1;
    CHECK_EQ(send(&request, size_of(&request), &answer, sizeof(answer), &written), IRQCTS_NT_SUCCESS);
    CHECK_EQ(answer.results[0].status, IRQCTS_STATUS_NOT_SUPPORTED); /* CONFIGURE needs the device for itself */
    CHECK_EQ(answer.results[2].status, IRQCTS_STATUS_OK);
    request.operations[2].function = 1;
    CHECK_EQ(send(&request, size_of(&request), &answer, sizeof(answer), &written), IRQCTS_NT_SUCCESS);
    CHECK_EQ(answer.results[2].status, IRQCTS_STATUS_NOT_SUPPORTED);
    request.header.flags = 2;
    CHECK_EQ(send(&request, size_of(&request), &answer, sizeof(answer), &written), IRQCTS_NT_INVALID_PARAMETER);
    target.concurrent = 0;
}

static void test_options(void)
{
    struct irqcts_io_simulate options = {IRQCTS_IO_VERSION, 0, "fault=no-such-fault"};
    struct irqcts_io_simulated answer;
    size_t written;

    CHECK_EQ(irqcts_dispatch(&target, IRQCTS_IO_SIMULATE, &options, sizeof(options), &answer, sizeof(answer),
                             &written), IRQCTS_NT_SUCCESS);
    CHECK(answer.refused != 0 && strstr(answer.sentence, "no-such-fault") != NULL);
    memset(options.options, 'x', sizeof(options.options)); /* without an end */
    CHECK_EQ(irqcts_dispatch(&target, IRQCTS_IO_SIMULATE, &options, sizeof(options), &answer, sizeof(answer),
                             &written), IRQCTS_NT_INVALID_PARAMETER);
}

int main(void)
{
    CHECK(target_create(&device));
    simulation_connect(device.simulation, arrival, arrived);
    target = target_of(&device);
    test_statuses_are_exact();
    test_senseless_requests();
    test_level_is_not_pretended();
    test_index_that_is_no_int16();
    test_beside_others();
    test_options();
    target_free(&device);
    return 0;
}
