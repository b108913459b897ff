/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What no single judgement shows of the oracle: its size, how it finds
 * messages, what it predicts, what it tells of its state, and all that it says
 * beside a verdict.
 */
#include "model_fixture.h"

/* A pattern behind the block: a write beyond its end is found. */
#define GUARD 64u
#define PATTERN 0xa5

static int guarded(const unsigned char *bytes, size_t size)
{
    size_t i;

    for (i = 0; i < GUARD; i++) {
        if (bytes[size + i] != PATTERN) {
            return 0;
        }
    }
    return 1;
}

/* Every limit is a valid configuration, and laying out the largest stays within its size. */
static void the_largest_configurations(void)
{
    struct irqcts_model_configuration configuration = shape(IRQCTS_ENTRIES_MAX, IRQCTS_ENTRIES_MAX, 0);
    size_t size;
    unsigned char *bytes;

    CHECK(irqcts_model_size(&configuration) > 0);
    configuration.slots = IRQCTS_SLOTS_MAX;
    CHECK(irqcts_model_size(&configuration) > 0);
    configuration.slots = IRQCTS_SLOTS_MAX + 1u;
    CHECK_EQ(irqcts_model_size(&configuration), 0u);
    configuration = shape(1, 1, IRQCTS_VIRTUAL_FUNCTIONS_MAX);
    configuration.virtual_entries = IRQCTS_ENTRIES_MAX;
    configuration.virtual_messages = IRQCTS_ENTRIES_MAX;
    CHECK(irqcts_model_size(&configuration) > 0);
    configuration.virtual_entries = IRQCTS_ENTRIES_MAX + 1u;
    CHECK_EQ(irqcts_model_size(&configuration), 0u);
    configuration = shape(1, 1, 2);
    configuration.virtual_messages = 3;
    CHECK_EQ(irqcts_model_size(&configuration), 0u);

    configuration = shape(65, 65, 2);
    configuration.virtual_entries = 130;
    configuration.virtual_messages = 130;
    size = irqcts_model_size(&configuration);
    CHECK_EQ(size % 8u, 0u);
    bytes = malloc(size + GUARD);
    memset(bytes + size, PATTERN, GUARD);
    CHECK(irqcts_model_initialise(bytes, size - 1u, &configuration) == NULL);
    model = irqcts_model_initialise(bytes, size, &configuration);
    CHECK(model != NULL);
    CHECK(guarded(bytes, size));
    /* The last function saves all its entries into the last slot, whose entries end the block. */
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_PAUSE, .function = 2)));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_SAVE, .function = 2, .value = configuration.slots - 1u)));
    CHECK(guarded(bytes, size));
    free(bytes);
}

/* A physical function larger than its virtual ones fits into a slot as well. */
static void slots_hold_the_larger_function(void)
{
    struct irqcts_model_configuration configuration = shape(9, 3, 1);
    struct irqcts_entry_state entry;
    uint32_t slot;

    begin_with(&configuration);
    for (slot = 0; slot < 2; slot++) {
        ACCEPTS(table_write(8, 8, 4, 0x100u + slot));
        ACCEPTS(on(IRQCTS_OPERATION_PAUSE, 0));
        ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_SAVE, .value = slot)));
        ACCEPTS(on(IRQCTS_OPERATION_RESUME, 0));
    }
    for (slot = 0; slot < 2; slot++) {
        ACCEPTS(on(IRQCTS_OPERATION_PAUSE, 0));
        ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_RESTORE, .value = slot)));
        ACCEPTS(on(IRQCTS_OPERATION_RESUME, 0));
        CHECK_EQ(irqcts_model_entry(model, 0, 8, &entry), 0);
        CHECK_EQ(entry.data, 0x100u + slot);
    }
}

static void expect_message(uint32_t entry, uint64_t address, uint32_t data, uint32_t message)
{
    struct irqcts_entry_state state;

    ACCEPTS(table_write(entry, 12, 4, 1));
    ACCEPTS(table_write(entry, 0, 8, UINT64_C(0xdead0000))); /* forgets what the entry sent before */
    ACCEPTS(table_write(entry, 8, 4, 0));
    ACCEPTS(table_write(entry, 12, 4, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, entry));
    ACCEPTS(poll(IRQCTS_MESSAGE_STRAY, 1));
    ACCEPTS(table_write(entry, 12, 4, 1));
    ACCEPTS(table_write(entry, 0, 8, address));
    ACCEPTS(table_write(entry, 8, 4, data));
    ACCEPTS(table_write(entry, 12, 4, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, entry));
    ACCEPTS(poll(message, 1));
    CHECK_EQ(irqcts_model_entry(model, 0, entry, &state), 0);
    CHECK_EQ(state.message, message);
}

/* Messages that differ in address or data alone are told apart; one told again is still one. */
static void messages_that_differ_in_one_part(void)
{
    struct irqcts_model_configuration configuration = shape(64, 64, 0);
    uint32_t m;

    begin_untold(&configuration);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    for (m = 0; m < 64; m++) {
        struct irqcts_message message = {UINT64_C(0xfee00000) + (m / 8u) * 4096u, m % 8u, 0};
        irqcts_model_set_message(model, 0, m, &message);
        irqcts_model_set_message(model, 0, m, &message);
    }
    for (m = 0; m < 64; m++) {
        expect_message(m, UINT64_C(0xfee00000) + (m / 8u) * 4096u, m % 8u, m);
    }
    expect_message(0, UINT64_C(0xfee00000), 8, IRQCTS_MESSAGE_STRAY);
    expect_message(0, UINT64_C(0xfee00000) + 8u * 4096u, 0, IRQCTS_MESSAGE_STRAY);
}

/* Told more often than there are messages, it still ends its search. */
static void messages_told_too_often(void)
{
    struct irqcts_model_configuration configuration = shape(3, 3, 0);
    uint32_t round;

    begin_untold(&configuration);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    for (round = 0; round < 100; round++) {
        struct irqcts_message message = {0x1000u + round * 64u, round, 0};
        irqcts_model_set_message(model, 0, round % 3u, &message);
    }
    expect_message(0, 0x2000, 5000, IRQCTS_MESSAGE_STRAY);
    configuration = shape(1, 1, 0);
    begin_untold(&configuration);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    for (round = 0; round < 100; round++) {
        struct irqcts_message message = {0x1000u + round * 64u, round, 0};
        irqcts_model_set_message(model, 0, 0, &message);
    }
    expect_message(0, 0x2000, 5000, IRQCTS_MESSAGE_STRAY);
}

/* So many that some must meet in the index (a linear congruential sequence; Knuth's MMIX constants). */
static void many_messages(void)
{
    struct irqcts_model_configuration configuration = shape(1024, 1024, 0);
    static uint64_t addresses[1024];
    uint64_t random = 1;
    uint32_t m;

    begin_untold(&configuration);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    for (m = 0; m < 1024; m++) {
        struct irqcts_message message = {0, m % 3u, 0};
        random = random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
        addresses[m] = random & ~UINT64_C(3);
        message.address = addresses[m];
        irqcts_model_set_message(model, 0, m, &message);
    }
    for (m = 0; m < 1024; m++) {
        expect_message(0, addresses[m], m % 3u, m);
    }
}

/* What nobody shows is not found by its contents, and is forgotten when registers are written. */
static void opaque_messages(void)
{
    struct irqcts_model_configuration configuration = shape(2, 2, 1);
    struct irqcts_message opaque = {0x1000, 1, IRQCTS_MESSAGE_OPAQUE};
    struct irqcts_operation write = {.kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED,
                                     .function = 1,
                                     .entry = 1,
                                     .flags = IRQCTS_OPERATION_FROM_MESSAGE,
                                     .message_function = 1,
                                     .message = 1};
    struct irqcts_entry_state entry;
    uint32_t m;

    begin_untold(&configuration);
    for (m = 0; m < 2; m++) {
        irqcts_model_set_message(model, 0, m, &opaque);
        irqcts_model_set_message(model, 1, m, &opaque);
    }
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    expect_message(0, 0x1000, 1, IRQCTS_MESSAGE_STRAY);
    ACCEPTS(on(IRQCTS_OPERATION_START, 0));
    CHECK_EQ(irqcts_model_entry(model, 0, 1, &entry), 0);
    CHECK_EQ(entry.message, 1u);
    CHECK_EQ(entry.known, 8u);
    ACCEPTS(table_write(1, 8, 4, 5));
    CHECK_EQ(irqcts_model_entry(model, 0, 1, &entry), 0);
    CHECK_EQ(entry.message, (uint32_t)IRQCTS_MESSAGE_STRAY);
    ACCEPTS(done(write));
    CHECK_EQ(irqcts_model_entry(model, 1, 1, &entry), 0);
    CHECK_EQ(entry.message, 1u);
    CHECK_EQ(entry.message_function, 1u);
    /* A message or a function that is not there: nothing can be said of the effect, so there is none. */
    write.entry = 0;
    write.message = 2;
    ACCEPTS(done(write));
    CHECK_EQ(irqcts_model_entry(model, 1, 0, &entry), 0);
    CHECK_EQ(entry.vector_control, 1u);
    CHECK_EQ(entry.message, (uint32_t)IRQCTS_MESSAGE_STRAY);
    write.message = 0;
    write.message_function = 2;
    ACCEPTS(table_write(0, 0, 8, UINT64_C(0x500000000)));
    ACCEPTS(done(write));
    CHECK_EQ(irqcts_model_entry(model, 1, 0, &entry), 0);
    CHECK_EQ(entry.vector_control, 1u);
    /* A virtualized write of known contents after one of unknown ones. */
    write = OPERATION(.kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED, .function = 1, .entry = 1, .address = 0x2000,
                      .data = 7);
    ACCEPTS(done(write));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_ENABLE, .function = 1, .value = 1)));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_RAISE, .function = 1, .entry = 1)));
    REFUSES(poll_two(1, 1, 1, 0, NOTHING, 0), IRQCTS_JUDGEMENT_MISROUTED, IRQCTS_CLAUSE_VWRITE_WRITES);
}

/* Slots that were not configured: any answer is as good, and nothing is touched. */
static void slots_that_are_not_there(void)
{
    struct irqcts_model_configuration configuration = shape(4, 4, 0);
    struct irqcts_operation save = {.kind = IRQCTS_OPERATION_SAVE, .value = 2};
    struct irqcts_operation restore = {.kind = IRQCTS_OPERATION_RESTORE, .value = 2};
    size_t size = irqcts_model_size(&configuration);
    unsigned char *bytes = malloc(size + 8192u);
    struct irqcts_entry_state entry;
    size_t i;

    memset(bytes, PATTERN, size + 8192u);
    model = irqcts_model_initialise(bytes, size, &configuration);
    ACCEPTS(table_write(0, 8, 4, 0x77));
    /* What is saved first lies behind the last slot: it looks like a slot in use, of a function of 4 entries. */
    ACCEPTS(table_write(0, 0, 8, 4));
    ACCEPTS(table_write(0, 12, 4, 0));
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(table_write(0, 0, 8, UINT64_C(0x100000004)));
    ACCEPTS(on(IRQCTS_OPERATION_PAUSE, 0));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_SAVE)));
    ACCEPTS(answer(save, IRQCTS_STATUS_DEVICE_ERROR, 0));
    ACCEPTS(answer(save, IRQCTS_STATUS_OK, 0));
    ACCEPTS(answer(restore, IRQCTS_STATUS_DEVICE_ERROR, 0));
    ACCEPTS(answer(restore, IRQCTS_STATUS_OK, 0));
    for (i = size; i < size + 8192u; i++) {
        CHECK_EQ(bytes[i], PATTERN);
    }
    CHECK_EQ(irqcts_model_entry(model, 0, 0, &entry), 0);
    CHECK_EQ(entry.data, 0x77u);
    free(bytes);
}

/* Deliveries of a function or a message that is not there are strays. */
static void deliveries_of_nobody(void)
{
    struct irqcts_model_configuration configuration = shape(2, 2, 1);

    begin_with(&configuration);
    ACCEPTS(table_write(0, 0, 8, UINT64_C(0x500001000))); /* what lies behind the functions is not 0 */
    REFUSES(poll_two(2, 0, 1, 0, NOTHING, 0), IRQCTS_JUDGEMENT_STRAY, IRQCTS_CLAUSE_SEND_FORM);
    REFUSES(poll(2, 1), IRQCTS_JUDGEMENT_STRAY, IRQCTS_CLAUSE_SEND_FORM);
    CHECK_EQ(judgement.message, (uint32_t)IRQCTS_MESSAGE_STRAY);
    CHECK_EQ(judgement.observed_count, 1u);
    ACCEPTS(silence());
}

/* A function that does not exist, or a message that it does not have, is told nothing. */
static void messages_of_nobody(void)
{
    struct irqcts_model_configuration configuration = shape(2, 1, 1);
    struct irqcts_message message = {0x1000, 1, 0};

    begin_untold(&configuration);
    irqcts_model_set_message(model, 0, 1, &message);
    irqcts_model_set_message(model, 2, 0, &message);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    expect_message(0, 0x1000, 1, IRQCTS_MESSAGE_STRAY);
    begin_with(&configuration);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    expect_message(0, address_of(0, 0), data_of(0, 0), 0);
}

/* The state that is told after a reset is that of the beginning. */
static void the_state_after_a_reset(void)
{
    struct irqcts_entry_state before;
    struct irqcts_entry_state after;
    struct irqcts_function_state was;
    struct irqcts_function_state is;

    begin(2, 2);
    CHECK_EQ(irqcts_model_entry(model, 0, 1, &before), 0);
    CHECK_EQ(irqcts_model_function(model, 0, &was), 0);
    CHECK_EQ(was.entries, 2u);
    CHECK_EQ(was.messages, 2u);
    CHECK_EQ(was.bus_master, 1u);
    CHECK_EQ(was.enabled + was.function_mask + was.paused + was.started + was.pending_entries, 0u);
    CHECK_EQ(before.known, 8u);
    CHECK_EQ(before.address, 0u);
    CHECK_EQ(before.data, 0u);
    CHECK_EQ(before.vector_control, 1u);
    CHECK_EQ(before.message, (uint32_t)IRQCTS_MESSAGE_STRAY);
    ACCEPTS(on(IRQCTS_OPERATION_START, 0));
    ACCEPTS(on(IRQCTS_OPERATION_MASK, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    ACCEPTS(control(IRQCTS_OPERATION_FUNCTION_MASK, 1));
    ACCEPTS(control(IRQCTS_OPERATION_BUS_MASTER, 0));
    CHECK_EQ(irqcts_model_function(model, 0, &is), 0);
    CHECK_EQ(is.enabled, 1u);
    CHECK_EQ(is.function_mask, 1u);
    CHECK_EQ(is.bus_master, 0u);
    CHECK_EQ(is.started, 1u);
    CHECK_EQ(is.pending_entries, 1u);
    CHECK_EQ(irqcts_model_entry(model, 0, 1, &after), 0);
    CHECK_EQ(after.pending, (uint32_t)IRQCTS_PENDING_YES);
    CHECK_EQ(after.message, 1u);
    CHECK_EQ(after.address, address_of(0, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RESET, 0));
    CHECK_EQ(irqcts_model_entry(model, 0, 1, &after), 0);
    CHECK_EQ(irqcts_model_function(model, 0, &is), 0);
    CHECK(memcmp(&before, &after, sizeof(before)) == 0);
    CHECK(memcmp(&was, &is, sizeof(was)) == 0);
    CHECK(irqcts_model_entry(model, 0, 2, &after) != 0);
    CHECK(irqcts_model_entry(model, 1, 0, &after) != 0);
    CHECK(irqcts_model_function(model, 1, &is) != 0);
}

/* The last bits of the largest table's bit sets are its own. */
static void the_last_entry_of_the_largest_table(void)
{
    struct irqcts_model_configuration configuration = shape(IRQCTS_ENTRIES_MAX, 1, 0);
    const uint32_t last = IRQCTS_ENTRIES_MAX - 1u;
    struct irqcts_entry_state entry;

    configuration.slots = 0;
    begin_with(&configuration);
    program_entry(last, 0, 1);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, last));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    CHECK_EQ(irqcts_model_entry(model, 0, last, &entry), 0);
    CHECK_EQ(entry.pending, (uint32_t)IRQCTS_PENDING_YES);
    ACCEPTS(control(IRQCTS_OPERATION_FUNCTION_MASK, 1));
    ACCEPTS(control(IRQCTS_OPERATION_FUNCTION_MASK, 0));
    ACCEPTS(silence());
    ACCEPTS(on(IRQCTS_OPERATION_RESET, 0));
    CHECK_EQ(irqcts_model_entry(model, 0, last, &entry), 0);
    CHECK_EQ(entry.pending, (uint32_t)IRQCTS_PENDING_NO);
}

static struct irqcts_delivery room[4];

static struct irqcts_result predicted(struct irqcts_operation operation, struct irqcts_delivery_buffer *deliveries)
{
    struct irqcts_result result;

    irqcts_model_predict(model, &operation, &result, deliveries);
    return result;
}

/* Prediction: the least that is permitted, with what makes each message, and no more than there is room for. */
static void predictions(void)
{
    struct irqcts_model_configuration configuration = shape(4, 4, 2);
    struct irqcts_delivery_buffer deliveries = {.records = room, .capacity = 4};
    struct irqcts_delivery_buffer small = {.records = room, .capacity = 1};
    struct irqcts_operation poll_all = {.kind = IRQCTS_OPERATION_POLL};
    struct irqcts_result result;

    begin_with(&configuration);
    result = predicted(OPERATION(.kind = IRQCTS_OPERATION_TABLE_READ, .width = 4, .address = 12), &deliveries);
    CHECK_EQ(result.status, (uint32_t)IRQCTS_STATUS_OK);
    CHECK_EQ(result.value, 1u);
    CHECK_EQ(result.delivery_count, 0u);
    result = predicted(OPERATION(.kind = IRQCTS_OPERATION_SET_ENTRY, .entry = 4), &deliveries);
    CHECK_EQ(result.status, (uint32_t)IRQCTS_STATUS_INVALID_PARAMETER);
    program_entry(1, 3, 0);
    program_entry(2, 1, 0);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_ENABLE, .function = 2, .value = 1)));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED, .function = 2, .entry = 0,
                           .address = address_of(2, 1), .data = data_of(2, 1))));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_ENABLE, .function = 1, .value = 1)));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED, .function = 1, .entry = 0,
                           .address = address_of(1, 0), .data = data_of(1, 0))));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_RAISE, .function = 1)));
    result = predicted(poll_all, &deliveries);
    CHECK_EQ(result.delivery_count, 1u);
    CHECK_EQ(room[0].function, 1u);
    CHECK_EQ(room[0].message, 0u);
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    deliveries.count = 0;
    result = predicted(poll_all, &deliveries);
    CHECK_EQ(result.delivery_count, 2u);
    CHECK_EQ(room[1].function, 1u);
    ACCEPTS(poll_two(0, 3, 1, 1, 0, 1));
    deliveries.count = 0;
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_RAISE, .function = 2)));
    result = predicted(poll_all, &deliveries);
    CHECK_EQ(result.delivery_first, 0u);
    CHECK_EQ(result.delivery_count, 2u);
    CHECK_EQ(deliveries.count, 2u);
    CHECK_EQ(deliveries.lost, 0u);
    CHECK_EQ(room[0].function, 0u);
    CHECK_EQ(room[0].message, 3u);
    CHECK_EQ(room[0].count, 2u);
    CHECK_EQ(room[0].data, data_of(0, 3));
    CHECK_EQ(room[0].address, address_of(0, 3));
    CHECK_EQ(room[1].function, 2u);
    CHECK_EQ(room[1].message, 1u);
    CHECK_EQ(room[1].count, 1u);
    CHECK_EQ(room[1].address, address_of(2, 1));
    result = predicted(poll_all, &deliveries); /* changes nothing: the same again, behind it */
    CHECK_EQ(result.delivery_first, 2u);
    CHECK_EQ(deliveries.count, 4u);
    CHECK_EQ(room[3].message, 1u);
    memset(room, PATTERN, sizeof(room));
    result = predicted(poll_all, &small);
    CHECK_EQ(small.count, 1u);
    CHECK_EQ(small.lost, 1u);
    CHECK_EQ(room[1].count, (uint32_t)PATTERN * 0x1010101u);
}

/* Of what is open as little as possible arrives, and a message that may be any is a stray. */
static void predictions_of_what_is_open(void)
{
    struct irqcts_delivery_buffer deliveries = {.records = room, .capacity = 4};
    struct irqcts_operation poll_all = {.kind = IRQCTS_OPERATION_POLL};
    struct irqcts_result result;

    begin(4, 4);
    program_entry(0, 0, 0);
    program_entry(3, 3, 0);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(table_write(0, 0, 8, address_of(0, 1))); /* rewritten while unmasked: message 0 or a stray */
    ACCEPTS(table_write(0, 8, 4, data_of(0, 1)));    /* message 0 or message 1 */
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 3));
    result = predicted(poll_all, &deliveries);
    CHECK_EQ(result.delivery_count, 2u);
    CHECK_EQ(room[0].message, 0u);
    CHECK_EQ(room[0].count, 1u);
    CHECK_EQ(room[1].message, 3u);
    CHECK_EQ(room[1].count, 1u);
    ACCEPTS(poll_two(0, 0, 1, 0, 3, 1));
    ACCEPTS(table_write(2, 12, 4, 0)); /* never programmed: any message */
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 2));
    deliveries.count = 0;
    result = predicted(poll_all, &deliveries);
    CHECK_EQ(result.delivery_count, 1u);
    CHECK_EQ(room[0].message, (uint32_t)IRQCTS_MESSAGE_STRAY);
    CHECK_EQ(room[0].function, 0u);
    CHECK_EQ(room[0].count, 1u);
    CHECK_EQ(room[0].data, 0u);
    CHECK_EQ(room[0].address, 0u);
    ACCEPTS(poll(IRQCTS_MESSAGE_STRAY, 1));
}

/* Beside the verdict: what was permitted, what was seen, of whom. */
static void judgements_say_everything(void)
{
    struct irqcts_model_configuration configuration = shape(2, 2, 1);

    begin_with(&configuration);
    ACCEPTS(on(IRQCTS_OPERATION_START, 0));
    REFUSES(answer(OPERATION(.kind = IRQCTS_OPERATION_MASK, .entry = 2), IRQCTS_STATUS_NO_RESOURCES, 7),
            IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_ROUTE_MASK_BAD_ENTRY);
    CHECK_EQ(judgement.statuses, 1u << IRQCTS_STATUS_INVALID_PARAMETER);
    CHECK_EQ(judgement.observed_status, (uint32_t)IRQCTS_STATUS_NO_RESOURCES);
    REFUSES(table_read(0, 12, 0x31), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_ENTRY_RETAINED);
    CHECK_EQ(judgement.value, 0u);
    CHECK_EQ(judgement.value_mask, UINT32_MAX);
    CHECK_EQ(judgement.observed_value, 0x31u);
    CHECK_EQ(judgement.observed_status, (uint32_t)IRQCTS_STATUS_OK);
    ACCEPTS(on(IRQCTS_OPERATION_UNMASK, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    REFUSES(poll_two(0, 0, 1, 1, 1, 1), IRQCTS_JUDGEMENT_MISROUTED, IRQCTS_CLAUSE_ROUTE_DEFAULT_IDENTITY);
    CHECK_EQ(judgement.function, 0u);
    CHECK_EQ(judgement.message, 0u);
    CHECK_EQ(judgement.minimum, 2u);
    CHECK_EQ(judgement.maximum, 2u);
    CHECK_EQ(judgement.observed_count, 1u);
    CHECK_EQ(judgement.other_function, 1u);
    CHECK_EQ(judgement.other_message, 1u);
    REFUSES(poll_two(1, 0, 4, 0, NOTHING, 0), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_SEND_ONCE);
    CHECK_EQ(judgement.function, 1u);
    CHECK_EQ(judgement.message, 0u);
    CHECK_EQ(judgement.maximum, 0u);
    CHECK_EQ(judgement.observed_count, 4u);
    program_entry(1, 1, 1);
    ACCEPTS(table_write(1, 12, 4, 0));
    ACCEPTS(table_write(1, 8, 4, data_of(0, 0))); /* rewritten while unmasked: message 1 or a stray, but one */
    ACCEPTS(table_write(1, 0, 8, address_of(0, 0)));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    REFUSES(silence(), IRQCTS_JUDGEMENT_MISSING, IRQCTS_CLAUSE_SEND_REWRITE_UNMASKED);
    CHECK_EQ(judgement.message, (uint32_t)IRQCTS_MESSAGE_STRAY);
    CHECK_EQ(judgement.minimum, 1u);
    CHECK_EQ(judgement.maximum, 1u);
    CHECK_EQ(judgement.observed_count, 0u);
    CHECK_EQ(answer(OPERATION(.kind = IRQCTS_OPERATION_MASK), IRQCTS_STATUS_NOT_EXECUTED, 0),
             (uint32_t)IRQCTS_JUDGEMENT_NOT_OBSERVED);
    CHECK_EQ(answer(OPERATION(.kind = IRQCTS_OPERATION_MASK), IRQCTS_STATUS_NOT_SUPPORTED, 0),
             (uint32_t)IRQCTS_JUDGEMENT_NOT_OBSERVED);
}

/* A message of another function is missed by its own number, be it the first behind this function's last. */
static void messages_of_other_functions_are_named(void)
{
    struct irqcts_model_configuration configuration = shape(3, 3, 2);
    uint32_t f;
    uint32_t m;

    begin_with(&configuration);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    for (f = 1; f < 3; f++) {
        for (m = 0; m < 2; m++) {
            ACCEPTS(table_write(0, 12, 4, 1));
            ACCEPTS(table_write(0, 0, 8, address_of(f, m)));
            ACCEPTS(table_write(0, 8, 8, data_of(f, m)));
            ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
            REFUSES(silence(), IRQCTS_JUDGEMENT_MISSING, IRQCTS_CLAUSE_SEND_CONDITION);
            CHECK_EQ(judgement.function, f);
            CHECK_EQ(judgement.message, m);
        }
    }
}

int main(void)
{
    the_largest_configurations();
    slots_hold_the_larger_function();
    messages_that_differ_in_one_part();
    messages_told_too_often();
    many_messages();
    messages_of_nobody();
    opaque_messages();
    slots_that_are_not_there();
    deliveries_of_nobody();
    the_state_after_a_reset();
    the_last_entry_of_the_largest_table();
    predictions();
    predictions_of_what_is_open();
    judgements_say_everything();
    messages_of_other_functions_are_named();
    free(memory);
    return 0;
}
