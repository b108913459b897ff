/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Requests at their bounds: every length, count and code that is taken, its
 * neighbours that are not, and each field of the answers.
 */
#include "check.h"
#include "dispatch.h"

#include <stdint.h>

enum { POISON = 0xee, VERSION = IRQCTS_IO_VERSION };

static int device_context;
static uint32_t calls;
static irqcts_ntstatus answer;
static struct irqcts_io_messages asked;
static char options_given[IRQCTS_IO_OPTIONS_MAX];

static void describe(void *context, struct irqcts_io_description *out)
{
    CHECK(context == &device_context);
    CHECK(out->parts == 0 && out->operations == 0 && out->entries_max == 0 && out->messages_max == 0);
    CHECK(out->virtual_functions_max == 0 && out->levels == 0);
    out->parts = 1;
    out->operations = 2;
    out->entries_max = 3;
    out->messages_max = 4;
    out->virtual_functions_max = 5;
    out->levels = 6;
    calls++;
}

static irqcts_ntstatus messages(void *context, const struct irqcts_io_messages *which, struct irqcts_message *out)
{
    CHECK(context == &device_context);
    asked = *which;
    for (uint32_t i = 0; i < which->count; i++) {
        out[i].address = 0xfee00000u + which->first + i;
        out[i].data = i;
        out[i].flags = which->function;
    }
    calls++;
    return answer;
}

static irqcts_ntstatus simulate(void *context, const char *options, char *sentence, size_t sentence_size)
{
    CHECK(context == &device_context);
    CHECK_EQ(sentence_size, sizeof(((struct irqcts_io_simulated *)0)->sentence));
    memcpy(options_given, options, sizeof(options_given));
    sentence[0] = '!';
    calls++;
    return answer;
}

static void poll_nothing(void *context, struct irqcts_delivery_buffer *deliveries)
{
    (void)context;
    (void)deliveries;
}

static const struct irqcts_target full = {.context = &device_context, .describe = describe, .messages = messages,
                                          .simulate = simulate, .poll = poll_nothing};

/* Input and output in memory of their sizes exactly, so that a sanitizer sees a byte behind them. */
struct exchange {
    irqcts_ntstatus status;
    size_t written;
    uint8_t *output;
};

static struct exchange exchange(const struct irqcts_target *target, uint32_t code, const void *input, size_t input_size,
                                size_t output_size)
{
    struct exchange done = {.written = SIZE_MAX, .output = malloc(output_size + (output_size == 0))};
    uint8_t *exact = malloc(input_size + (input_size == 0));

    CHECK(done.output != NULL && exact != NULL);
    memset(done.output, POISON, output_size);
    memcpy(exact, input, input_size);
    calls = 0;
    done.status = irqcts_dispatch(target, code, exact, input_size, done.output, output_size, &done.written);
    free(exact);
    return done;
}

/* Refused with this status: nothing was called, nothing written. */
static void expect_refusal(const struct irqcts_target *target, uint32_t code, const void *input, size_t input_size,
                           size_t output_size, irqcts_ntstatus status)
{
    struct exchange done = exchange(target, code, input, input_size, output_size);

    CHECK_EQ((uint32_t)done.status, (uint32_t)status);
    CHECK_EQ(done.written, 0);
    CHECK_EQ(calls, 0);
    for (size_t at = 0; at < output_size; at++) {
        CHECK_EQ(done.output[at], POISON);
    }
    free(done.output);
}

static void test_codes(void)
{
    static const uint32_t others[] = {
        0, IRQCTS_IO_DESCRIBE - 1, IRQCTS_IO_DESCRIBE + 1, IRQCTS_IO_RUN - 1, IRQCTS_IO_RUN + 1, IRQCTS_IO_WAIT,
        IRQCTS_IO_MESSAGES - 1, IRQCTS_IO_MESSAGES + 1, IRQCTS_IO_SIMULATE - 1, IRQCTS_IO_SIMULATE + 1,
        IRQCTS_IO_CODE(0x7ff), IRQCTS_IO_CODE(0xfff), UINT32_MAX};
    const struct irqcts_io_simulate input = {.version = IRQCTS_IO_VERSION};

    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        CHECK_EQ(irqcts_dispatch_room(others[i], &input, sizeof(input), 4096), 0);
        expect_refusal(&full, others[i], &input, sizeof(input), 4096, IRQCTS_NT_INVALID_DEVICE_REQUEST);
    }
}

static void test_describe(void)
{
    struct irqcts_io_description description;
    struct exchange done = exchange(&full, IRQCTS_IO_DESCRIBE, "", 0, sizeof(description));

    CHECK_EQ(done.status, IRQCTS_NT_SUCCESS);
    CHECK_EQ(done.written, sizeof(description));
    CHECK_EQ(calls, 1);
    memcpy(&description, done.output, sizeof(description));
    CHECK_EQ(description.version, VERSION);
    CHECK_EQ(description.parts, 1);
    CHECK_EQ(description.operations, 2);
    CHECK_EQ(description.entries_max, 3);
    CHECK_EQ(description.messages_max, 4);
    CHECK_EQ(description.virtual_functions_max, 5);
    CHECK_EQ(description.levels, 6);
    free(done.output);
    CHECK_EQ(irqcts_dispatch_room(IRQCTS_IO_DESCRIBE, NULL, 0, SIZE_MAX), sizeof(description));
    expect_refusal(&full, IRQCTS_IO_DESCRIBE, "", 0, sizeof(description) - 1, IRQCTS_NT_INVALID_PARAMETER);
    expect_refusal(&full, IRQCTS_IO_DESCRIBE, "", 0, 0, IRQCTS_NT_INVALID_PARAMETER);
}

/* The room for a RUN's answer with one number of its header changed; 0: refused. */
static size_t run_room(struct irqcts_io_run header, size_t longer)
{
    size_t size = sizeof(header) + (size_t)header.count * sizeof(struct irqcts_operation) + longer;
    uint8_t *input = calloc(1, size);
    size_t room;

    CHECK(input != NULL);
    memcpy(input, &header, sizeof(header));
    room = irqcts_dispatch_room(IRQCTS_IO_RUN, input, size, SIZE_MAX);
    CHECK_EQ(irqcts_dispatch_room(IRQCTS_IO_RUN, input, size, room), room);
    CHECK(room == 0 || irqcts_dispatch_room(IRQCTS_IO_RUN, input, size, room - 1) == 0);
    free(input);
    return room;
}

static void test_run(void)
{
    const struct irqcts_io_run one = {.version = VERSION, .count = 1};
    struct irqcts_io_run header = one;

    CHECK_EQ(run_room(one, 0), 16 + 32);
    CHECK_EQ(run_room(one, 1), 0);
    header.version = VERSION - 1;
    CHECK_EQ(run_room(header, 0), 0);
    header.version = VERSION + 1;
    CHECK_EQ(run_room(header, 0), 0);
    header = one;
    header.count = 0;
    CHECK_EQ(run_room(header, 0), 0);
    header.count = 16384;
    CHECK_EQ(run_room(header, 0), 16 + 16384 * 32);
    header.count = 16385;
    CHECK_EQ(run_room(header, 0), 0);
    header = one;
    header.level = 2;
    CHECK_EQ(run_room(header, 0), 16 + 32);
    header.level = 3;
    CHECK_EQ(run_room(header, 0), 0);
    header = one;
    header.flags = IRQCTS_IO_BESIDE;
    CHECK_EQ(run_room(header, 0), 16 + 32);
    for (uint32_t bit = 1; bit < 32; bit++) {
        header.flags = UINT32_C(1) << bit;
        CHECK_EQ(run_room(header, 0), 0);
    }
    header = one;
    header.settle_us = 1000000;
    CHECK_EQ(run_room(header, 0), 16 + 32);
    header.settle_us = 1000001;
    CHECK_EQ(run_room(header, 0), 0);
    header = one;
    header.delivery_capacity = 262144;
    CHECK_EQ(run_room(header, 0), 16 + 32 + 262144 * 24);
    header.delivery_capacity = 262145;
    CHECK_EQ(run_room(header, 0), 0);
    CHECK_EQ(irqcts_dispatch_room(IRQCTS_IO_RUN, NULL, sizeof(one), SIZE_MAX), 0);
    CHECK_EQ(irqcts_dispatch_room(IRQCTS_IO_RUN, &one, sizeof(one) - 1, SIZE_MAX), 0);
}

/* Whether a RUN goes beside others its header alone says. */
static void test_beside(void)
{
    struct irqcts_io_run header = {.version = VERSION, .flags = IRQCTS_IO_BESIDE};

    CHECK(irqcts_dispatch_beside(&header, sizeof(header)));
    CHECK(!irqcts_dispatch_beside(&header, sizeof(header) - 1));
    CHECK(!irqcts_dispatch_beside(NULL, sizeof(header)));
    header.version = VERSION - 1;
    CHECK(!irqcts_dispatch_beside(&header, sizeof(header)));
    header.version = VERSION;
    header.flags = 0;
    CHECK(!irqcts_dispatch_beside(&header, sizeof(header)));
}

static void test_messages(void)
{
    static const struct {
        uint32_t version, first, count;
        int taken;
    } requests[] = {
        {VERSION, 0, 1, 1},          {VERSION, 2047, 1, 1},       {VERSION, 2048, 1, 0},
        {VERSION, UINT32_MAX, 1, 0}, {VERSION, 0, 2048, 1},       {VERSION, 1, 2048, 0},
        {VERSION, 0, 2049, 0},       {VERSION, 0, UINT32_MAX, 0}, {VERSION, 0, 0, 0},
        {VERSION, 1024, 1024, 1},    {VERSION - 1, 0, 1, 0},      {VERSION + 1, 0, 1, 0}};

    for (size_t i = 0; i < sizeof(requests) / sizeof(requests[0]); i++) {
        const struct irqcts_io_messages request = {.version = requests[i].version, .function = 9,
                                                   .first = requests[i].first, .count = requests[i].count};
        const size_t room = requests[i].taken ? requests[i].count * sizeof(struct irqcts_message) : 0;
        struct exchange done;
        answer = IRQCTS_NT_SUCCESS;
        CHECK_EQ(irqcts_dispatch_room(IRQCTS_IO_MESSAGES, &request, sizeof(request), SIZE_MAX), room);
        if (!requests[i].taken) {
            expect_refusal(&full, IRQCTS_IO_MESSAGES, &request, sizeof(request), 65536, IRQCTS_NT_INVALID_PARAMETER);
            continue;
        }
        done = exchange(&full, IRQCTS_IO_MESSAGES, &request, sizeof(request), room);
        CHECK_EQ(done.status, IRQCTS_NT_SUCCESS);
        CHECK_EQ(done.written, room);
        CHECK(calls == 1 && memcmp(&asked, &request, sizeof(request)) == 0);
        for (uint32_t m = 0; m < requests[i].count; m++) {
            struct irqcts_message message;
            memcpy(&message, done.output + m * sizeof(message), sizeof(message));
            CHECK(message.address == 0xfee00000u + request.first + m && message.data == m && message.flags == 9);
        }
        free(done.output);
        expect_refusal(&full, IRQCTS_IO_MESSAGES, &request, sizeof(request), room - 1, IRQCTS_NT_INVALID_PARAMETER);
        expect_refusal(&full, IRQCTS_IO_MESSAGES, &request, sizeof(request) - 1, room, IRQCTS_NT_INVALID_PARAMETER);
    }
}

/* A device's own refusal is the request's status, with nothing written. */
static void test_refused_messages(void)
{
    struct {
        struct irqcts_io_messages request;
        uint8_t more[256];
    } longer = {.request = {.version = VERSION, .count = 3}};
    struct irqcts_target target = full;
    struct exchange done;

    answer = IRQCTS_NT_NO_SUCH_DEVICE;
    done = exchange(&target, IRQCTS_IO_MESSAGES, &longer.request, sizeof(longer.request), 48);
    CHECK_EQ((uint32_t)done.status, 0xC000000Eu);
    CHECK(done.written == 0 && calls == 1);
    free(done.output);
    answer = IRQCTS_NT_SUCCESS;
    /* What stands behind the request does not make it another one. */
    CHECK_EQ(irqcts_dispatch_room(IRQCTS_IO_MESSAGES, &longer, sizeof(longer), 4096), 48);
    CHECK_EQ(irqcts_dispatch_room(IRQCTS_IO_MESSAGES, NULL, sizeof(longer), 4096), 0);
    target.messages = NULL;
    expect_refusal(&target, IRQCTS_IO_MESSAGES, &longer, sizeof(longer.request), 48, IRQCTS_NT_NOT_SUPPORTED);
}

static void test_simulate(void)
{
    struct irqcts_target target = full;
    struct irqcts_io_simulate request = {.version = VERSION, .options = "a=b"};
    const size_t room = sizeof(struct irqcts_io_simulated);

    for (int refused = 0; refused <= 1; refused++) {
        struct irqcts_io_simulated simulated;
        struct exchange done;
        answer = refused ? IRQCTS_NT_INVALID_PARAMETER : IRQCTS_NT_SUCCESS;
        done = exchange(&full, IRQCTS_IO_SIMULATE, &request, sizeof(request), room);
        CHECK_EQ(done.status, IRQCTS_NT_SUCCESS); /* also with refused options: the sentence has to arrive */
        CHECK_EQ(done.written, room);
        CHECK(calls == 1 && memcmp(options_given, request.options, sizeof(options_given)) == 0);
        memcpy(&simulated, done.output, sizeof(simulated));
        CHECK_EQ(simulated.version, VERSION);
        CHECK_EQ(simulated.refused, refused);
        CHECK_EQ(simulated.sentence[0], '!');
        for (size_t at = 1; at < sizeof(simulated.sentence); at++) {
            CHECK_EQ(simulated.sentence[at], 0); /* nothing of the kernel's stack */
        }
        free(done.output);
    }
    expect_refusal(&full, IRQCTS_IO_SIMULATE, &request, sizeof(request), room - 1, IRQCTS_NT_INVALID_PARAMETER);
    expect_refusal(&full, IRQCTS_IO_SIMULATE, &request, sizeof(request) - 1, room, IRQCTS_NT_INVALID_PARAMETER);
    target.simulate = NULL;
    expect_refusal(&target, IRQCTS_IO_SIMULATE, &request, sizeof(request), room, IRQCTS_NT_NOT_SUPPORTED);
    memset(request.options, 'x', sizeof(request.options) - 1); /* the longest that ends */
    CHECK_EQ(irqcts_dispatch_room(IRQCTS_IO_SIMULATE, &request, sizeof(request), room), room);
    request.options[sizeof(request.options) - 1] = 'x';
    expect_refusal(&full, IRQCTS_IO_SIMULATE, &request, sizeof(request), room, IRQCTS_NT_INVALID_PARAMETER);
    request = (struct irqcts_io_simulate){.version = VERSION - 1};
    expect_refusal(&full, IRQCTS_IO_SIMULATE, &request, sizeof(request), room, IRQCTS_NT_INVALID_PARAMETER);
    CHECK_EQ(irqcts_dispatch_room(IRQCTS_IO_SIMULATE, NULL, sizeof(request), room), 0);
}

/* Each NTSTATUS that has a word of its own; every other refusal is the device's. */
static void test_words(void)
{
    static const struct {
        uint32_t status, word;
    } words[] = {
        {0x00000000, IRQCTS_STATUS_OK},
        {0x00000103, IRQCTS_STATUS_OK}, /* STATUS_PENDING: NT_SUCCESS */
        {0x7fffffff, IRQCTS_STATUS_OK},
        {0x80000005, IRQCTS_STATUS_DEVICE_ERROR}, /* STATUS_BUFFER_OVERFLOW: a warning is no success */
        {0xC000000D, IRQCTS_STATUS_INVALID_PARAMETER},
        {0xC00000BB, IRQCTS_STATUS_NOT_SUPPORTED},
        {0xC0000184, IRQCTS_STATUS_INVALID_STATE},
        {0xC000009A, IRQCTS_STATUS_NO_RESOURCES},
        {0xC0000022, IRQCTS_STATUS_ACCESS_DENIED},
        {0xC00002B6, IRQCTS_STATUS_GONE},
        {0xC0000056, IRQCTS_STATUS_GONE},
        {0xC000000E, IRQCTS_STATUS_GONE},
        {0xC0000001, IRQCTS_STATUS_DEVICE_ERROR},
        {0xffffffff, IRQCTS_STATUS_DEVICE_ERROR},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        CHECK_EQ(irqcts_dispatch_status((irqcts_ntstatus)words[i].status), words[i].word);
    }
}

int main(void)
{
    test_codes();
    test_describe();
    test_run();
    test_beside();
    test_messages();
    test_refused_messages();
    test_simulate();
    test_words();
    return 0;
}
