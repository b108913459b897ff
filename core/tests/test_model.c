/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oracle on its own: for each rule, an observation that it must permit and
 * one that it must not, with the clause it must cite.  Expected values are
 * written out here; nothing is computed by the oracle itself.
 */
#include "model_fixture.h"

static void sending(void)
{
    begin(4, 4);
    program_entry(1, 3, 0);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    ACCEPTS(poll(3, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    REFUSES(silence(), IRQCTS_JUDGEMENT_MISSING, IRQCTS_CLAUSE_SEND_CONDITION);
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    REFUSES(poll(3, 2), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_SEND_ONCE);
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    REFUSES(poll(1, 1), IRQCTS_JUDGEMENT_MISROUTED, IRQCTS_CLAUSE_SEND_CONDITION);
    CHECK_EQ(judgement.message, 3u);
    CHECK_EQ(judgement.other_message, 1u);
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    REFUSES(poll_two(0, 3, 1, 0, IRQCTS_MESSAGE_STRAY, 1), IRQCTS_JUDGEMENT_STRAY, IRQCTS_CLAUSE_SEND_FORM);
    REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_SEND_ONCE);
    ACCEPTS(silence());
}

static void pending_and_release(void)
{
    begin(4, 4);
    program_entry(2, 2, 1);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 2));
    REFUSES(poll(2, 1), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_PEND_SET);
    ACCEPTS(pba_read(4));
    REFUSES(pba_read(0), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_PEND_SET);
    begin(4, 4);
    program_entry(2, 2, 1);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 2));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 2));
    ACCEPTS(table_write(2, 12, 4, 0));
    REFUSES(poll(2, 2), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_PEND_COALESCE);
    ACCEPTS(pba_read(0));
    ACCEPTS(table_write(2, 12, 4, 1));
    ACCEPTS(table_write(2, 12, 4, 0));
    REFUSES(poll(2, 1), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_PEND_NOTHING);
    ACCEPTS(table_write(2, 12, 4, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 2));
    ACCEPTS(table_write(2, 12, 4, 0));
    REFUSES(silence(), IRQCTS_JUDGEMENT_MISSING, IRQCTS_CLAUSE_PEND_RELEASE);
}

static void release_uses_current_contents(void)
{
    begin(2, 2);
    program_entry(0, 0, 1);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    program_entry(0, 1, 0);
    REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_MISROUTED, IRQCTS_CLAUSE_PEND_RELEASE);
    /* A QWORD at +8 that clears Mask carries the data it uses. */
    ACCEPTS(table_write(0, 12, 4, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(table_write(0, 0, 8, address_of(0, 0)));
    ACCEPTS(table_write(0, 8, 8, data_of(0, 0)));
    ACCEPTS(poll(0, 1));
}

static void function_mask(void)
{
    begin(66, 4);
    program_entry(0, 0, 0);
    program_entry(65, 1, 0);
    program_entry(3, 2, 1);
    ACCEPTS(control(IRQCTS_OPERATION_FUNCTION_MASK, 1));
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 65));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 3));
    ACCEPTS(silence());
    ACCEPTS(table_read(0, 12, 0));
    ACCEPTS(table_read(3, 12, 1));
    ACCEPTS(answer(OPERATION(.kind = IRQCTS_OPERATION_PBA_READ, .width = 8, .address = 8), IRQCTS_STATUS_OK, 2));
    ACCEPTS(control(IRQCTS_OPERATION_FUNCTION_MASK, 0));
    ACCEPTS(poll_two(0, 0, 1, 0, 1, 1));
    ACCEPTS(pba_read(8));
    ACCEPTS(control(IRQCTS_OPERATION_FUNCTION_MASK, 0));
    ACCEPTS(silence());
    ACCEPTS(table_write(3, 12, 4, 0));
    ACCEPTS(poll(2, 1));
    ACCEPTS(control(IRQCTS_OPERATION_FUNCTION_MASK, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 65));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(control(IRQCTS_OPERATION_FUNCTION_MASK, 0));
    REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_MISSING, IRQCTS_CLAUSE_PEND_RELEASE);
    CHECK_EQ(judgement.message, 1u);
}

static void event_while_disabled_is_open(void)
{
    uint32_t kept;
    uint32_t shown;

    for (kept = 0; kept < 2; kept++) {
        begin(2, 2);
        program_entry(0, 0, 0);
        ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
        ACCEPTS(silence());
        ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
        ACCEPTS(kept != 0 ? poll(0, 1) : silence());
        ACCEPTS(silence());
    }
    begin(2, 2);
    program_entry(0, 0, 0);
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_ENABLE_OFF_SILENT);
    for (shown = 0; shown < 2; shown++) { /* what the array shows meanwhile decides nothing */
        for (kept = 0; kept < 2; kept++) {
            begin(2, 2);
            program_entry(0, 0, 0);
            ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
            ACCEPTS(pba_read(shown));
            ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
            ACCEPTS(kept != 0 ? poll(0, 1) : silence());
            ACCEPTS(silence());
        }
    }
}

static void rewriting_unmasked_is_open_but_one(void)
{
    uint32_t old_used;

    for (old_used = 0; old_used < 2; old_used++) {
        begin(2, 2);
        program_entry(0, 0, 0);
        ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
        ACCEPTS(table_write(0, 0, 8, address_of(0, 1)));
        ACCEPTS(table_write(0, 8, 4, data_of(0, 1)));
        ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
        ACCEPTS(poll(old_used != 0 ? 0 : 1, 1));
        ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
        REFUSES(poll_two(0, 0, 1, 0, 1, 1), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_SEND_REWRITE_UNMASKED);
        ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
        REFUSES(silence(), IRQCTS_JUDGEMENT_MISSING, IRQCTS_CLAUSE_SEND_REWRITE_UNMASKED);
        ACCEPTS(table_write(0, 12, 4, 1));
        ACCEPTS(table_write(0, 12, 4, 0));
        ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
        REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_MISROUTED, IRQCTS_CLAUSE_SEND_CONDITION);
    }
}

/* What an entry held before is as open as what it sends while it is rewritten. */
static void rewriting_the_unknown_unmasked_is_open(void)
{
    begin(2, 2);
    ACCEPTS(table_write(0, 12, 4, 0)); /* unmasked with whatever reset left in it */
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(table_write(0, 0, 8, address_of(0, 1)));
    ACCEPTS(table_write(0, 8, 4, data_of(0, 1)));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(poll_two(0, IRQCTS_MESSAGE_STRAY, 1, 0, NOTHING, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    REFUSES(silence(), IRQCTS_JUDGEMENT_MISSING, IRQCTS_CLAUSE_SEND_ONCE);
    ACCEPTS(table_write(0, 12, 4, 1));
    ACCEPTS(table_write(0, 12, 4, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    REFUSES(poll_two(0, IRQCTS_MESSAGE_STRAY, 1, 0, NOTHING, 0), IRQCTS_JUDGEMENT_MISROUTED,
            IRQCTS_CLAUSE_SEND_CONDITION);
}

/* With many messages, told more than once, each is still found by its contents. */
static void messages_are_found_by_their_contents(void)
{
    uint32_t m;

    begin(2048, 2048);
    for (m = 0; m < 2048; m++) {
        struct irqcts_message other = {address_of(3, m), data_of(3, m), 0};
        irqcts_model_set_message(model, 0, m, &other);
    }
    for (m = 0; m < 2048; m++) {
        struct irqcts_message again = {address_of(0, m), data_of(0, m), 0};
        irqcts_model_set_message(model, 0, m, &again);
    }
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    for (m = 0; m < 2048; m += 89) {
        program_entry(m, 2047 - m, 0);
        ACCEPTS(on(IRQCTS_OPERATION_RAISE, m));
        ACCEPTS(poll(2047 - m, 1));
        ACCEPTS(table_write(m, 12, 4, 1));
        ACCEPTS(table_write(m, 0, 8, address_of(3, m)));
        ACCEPTS(table_write(m, 12, 4, 0));
        ACCEPTS(on(IRQCTS_OPERATION_RAISE, m));
        ACCEPTS(poll_two(0, IRQCTS_MESSAGE_STRAY, 1, 0, NOTHING, 0));
    }
}

static uint32_t config_read(uint64_t offset, uint8_t width, uint64_t observed)
{
    return answer(OPERATION(.kind = IRQCTS_OPERATION_CONFIG_READ, .width = width, .address = offset),
                  IRQCTS_STATUS_OK, observed);
}

/* Interrupt Status (Status register, bit 3) says whether the function uses its pin. */
static void no_pin_interrupt_while_enabled(void)
{
    begin(2, 2);
    ACCEPTS(config_read(6, 2, 0x8));
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(config_read(6, 2, 0xfff7));
    ACCEPTS(config_read(0x10, 4, 0xffffffff));
    REFUSES(config_read(6, 2, 0x8), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_SEND_NO_INTX);
    REFUSES(config_read(4, 4, 0x80000), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_SEND_NO_INTX);
    REFUSES(config_read(6, 1, 0x8), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_SEND_NO_INTX);
}

static void bus_master_off_is_open(void)
{
    begin(2, 2);
    program_entry(0, 0, 0);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(control(IRQCTS_OPERATION_BUS_MASTER, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_SEND_BUS_MASTER_OFF);
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(control(IRQCTS_OPERATION_BUS_MASTER, 1));
    ACCEPTS(poll(0, 1));
    ACCEPTS(pba_read(0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(poll(0, 1));
}

static void capability(void)
{
    struct irqcts_operation word = OPERATION(.kind = IRQCTS_OPERATION_CAPABILITY_READ, .address = 2, .width = 2);
    struct irqcts_operation table = OPERATION(.kind = IRQCTS_OPERATION_CAPABILITY_READ, .address = 4, .width = 4);
    struct irqcts_operation byte = OPERATION(.kind = IRQCTS_OPERATION_CAPABILITY_WRITE, .address = 3, .width = 1);

    begin(2048, 1);
    ACCEPTS(answer(word, IRQCTS_STATUS_OK, 0x07ff));
    REFUSES(answer(word, IRQCTS_STATUS_OK, 0x0800), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_CAP_TABLE_SIZE);
    REFUSES(answer(word, IRQCTS_STATUS_OK, 0x0fff), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_CAP_TABLE_SIZE);
    byte.value = 0xff;
    ACCEPTS(done(byte));
    ACCEPTS(answer(word, IRQCTS_STATUS_OK, 0xc7ff));
    byte.value = 0x80;
    ACCEPTS(done(byte));
    REFUSES(answer(word, IRQCTS_STATUS_OK, 0xc7ff), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_CAP_TABLE_SIZE);
    ACCEPTS(answer(table, IRQCTS_STATUS_OK, 0x2003));
    ACCEPTS(answer(table, IRQCTS_STATUS_OK, 0x2003));
    REFUSES(answer(table, IRQCTS_STATUS_OK, 0x3003), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_CAP_BIR_OFFSET);
}

static void table_contents(void)
{
    begin(3, 3);
    ACCEPTS(table_read(1, 0, 0xdeadbeef)); /* open after reset */
    ACCEPTS(table_read(1, 12, 1));
    REFUSES(table_read(1, 12, 0), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_ENTRY_MASK_RESET);
    ACCEPTS(table_write(1, 0, 4, 0x1000));
    ACCEPTS(table_write(1, 4, 4, 7));
    ACCEPTS(table_read(1, 0, 0x1000));
    REFUSES(table_read(1, 4, 6), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_ENTRY_READBACK);
    ACCEPTS(table_write(0, 12, 4, 0xfffffffe));
    ACCEPTS(table_read(0, 12, 0));
    ACCEPTS(table_read(0, 12, 0xfffffffe));
    REFUSES(table_read(0, 12, 1), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_ENTRY_RETAINED);
    ACCEPTS(table_write(2, 8, 1, 0x55)); /* undefined width: that DWORD is open, its neighbours are not */
    ACCEPTS(table_write(2, 0, 4, 0x2000));
    ACCEPTS(table_read(2, 8, 0x12345678));
    ACCEPTS(table_read(2, 0, 0x2000));
    ACCEPTS(table_read(2, 12, 1));
}

static void default_assignment(void)
{
    begin(5, 2);
    ACCEPTS(on(IRQCTS_OPERATION_START, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    ACCEPTS(poll(1, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 4));
    ACCEPTS(poll(0, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 3));
    REFUSES(poll(1, 1), IRQCTS_JUDGEMENT_MISROUTED, IRQCTS_CLAUSE_ROUTE_DEFAULT_SURPLUS);
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 1));
    REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_MISROUTED, IRQCTS_CLAUSE_ROUTE_DEFAULT_IDENTITY);
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_SET_ENTRY, .entry = 4, .message = 1)));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 4));
    REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_MISROUTED, IRQCTS_CLAUSE_ROUTE_SET_ASSIGNS);
}

static void routing_refusals(void)
{
    struct irqcts_operation set = {.kind = IRQCTS_OPERATION_SET_ENTRY};

    begin(3, 2);
    ACCEPTS(on(IRQCTS_OPERATION_START, 0));
    set.entry = 3;
    ACCEPTS(answer(set, IRQCTS_STATUS_INVALID_PARAMETER, 0));
    REFUSES(answer(set, IRQCTS_STATUS_OK, 0), IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_ROUTE_SET_BAD_ENTRY);
    set.entry = 2;
    set.message = 2;
    REFUSES(answer(set, IRQCTS_STATUS_OK, 0), IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_ROUTE_SET_BAD_MESSAGE);
    REFUSES(answer(OPERATION(.kind = IRQCTS_OPERATION_MASK, .entry = 3), IRQCTS_STATUS_DEVICE_ERROR, 0),
            IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_ROUTE_MASK_BAD_ENTRY);
    REFUSES(answer(OPERATION(.kind = IRQCTS_OPERATION_UNMASK, .entry = 2), IRQCTS_STATUS_INVALID_PARAMETER, 0),
            IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_ROUTE_UNMASK);
    begin(0, 0);
    set.entry = 0;
    set.message = 0;
    ACCEPTS(answer(set, IRQCTS_STATUS_INVALID_PARAMETER, 0));
    REFUSES(answer(set, IRQCTS_STATUS_OK, 0), IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_ROUTE_NOT_MSIX);
}

static void virtualized_writes(void)
{
    struct irqcts_model_configuration configuration = shape(1, 1, 2);
    struct irqcts_operation write = {.kind = IRQCTS_OPERATION_WRITE_VIRTUALIZED,
                                     .function = 1,
                                     .entry = 1,
                                     .address = address_of(1, 0),
                                     .data = data_of(1, 0),
                                     .control = 1};
    struct irqcts_operation raise = {.kind = IRQCTS_OPERATION_RAISE, .function = 1, .entry = 1};

    begin_with(&configuration);
    ACCEPTS(done(OPERATION(.kind = IRQCTS_OPERATION_ENABLE, .function = 1, .value = 1)));
    ACCEPTS(done(write));
    ACCEPTS(done(raise));
    REFUSES(poll_two(1, 0, 1, 0, NOTHING, 0), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_PEND_SET);
    write.control = 0;
    write.address = address_of(1, 1);
    write.data = data_of(1, 1);
    ACCEPTS(done(write));
    REFUSES(poll_two(1, 0, 1, 0, NOTHING, 0), IRQCTS_JUDGEMENT_MISROUTED, IRQCTS_CLAUSE_VWRITE_UNMASK_RELEASE);
    ACCEPTS(done(write));
    ACCEPTS(silence());
    write.entry = 2;
    REFUSES(answer(write, IRQCTS_STATUS_OK, 0), IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_VWRITE_BAD_INDEX);
    write.entry = UINT32_MAX;
    REFUSES(answer(write, IRQCTS_STATUS_OK, 0), IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_VWRITE_BAD_INDEX);
    ACCEPTS(answer(write, IRQCTS_STATUS_DEVICE_ERROR, 0));
    write.entry = 0;
    write.function = 3;
    REFUSES(answer(write, IRQCTS_STATUS_OK, 0), IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_VWRITE_BAD_VF);
}

static void save_and_restore(void)
{
    struct irqcts_operation restore = {.kind = IRQCTS_OPERATION_RESTORE};

    begin(3, 3);
    program_entry(0, 0, 0);
    program_entry(2, 2, 1);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 2));
    ACCEPTS(on(IRQCTS_OPERATION_PAUSE, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_VWRITE_PAUSED);
    ACCEPTS(on(IRQCTS_OPERATION_SAVE, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RESET, 0));
    ACCEPTS(table_read(0, 12, 1));
    restore.data = IRQCTS_CORRUPTION_DUPLICATE;
    REFUSES(answer(restore, IRQCTS_STATUS_OK, 0), IRQCTS_JUDGEMENT_STATUS, IRQCTS_CLAUSE_SAVE_REJECT_INCONSISTENT);
    ACCEPTS(answer(restore, IRQCTS_STATUS_INVALID_PARAMETER, 0));
    restore.data = IRQCTS_CORRUPTION_NONE;
    ACCEPTS(done(restore));
    ACCEPTS(table_read(2, 8, data_of(0, 2)));
    ACCEPTS(silence());
    ACCEPTS(on(IRQCTS_OPERATION_RESUME, 0));
    REFUSES(silence(), IRQCTS_JUDGEMENT_MISSING, IRQCTS_CLAUSE_SAVE_RESTORE_EQUAL);
    ACCEPTS(pba_read(4));
    ACCEPTS(table_write(2, 12, 4, 0));
    ACCEPTS(poll(2, 1));
}

static void reset_forgets_everything(void)
{
    begin(2, 2);
    program_entry(0, 0, 1);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RESET, 0));
    REFUSES(pba_read(1), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_PBA_READ);
    begin(2, 2);
    program_entry(0, 0, 0);
    ACCEPTS(on(IRQCTS_OPERATION_RESET, 0));
    REFUSES(table_read(0, 12, 0), IRQCTS_JUDGEMENT_VALUE, IRQCTS_CLAUSE_ENTRY_MASK_RESET);
}

static void counts_that_are_not_exact(void)
{
    struct irqcts_model_configuration configuration = shape(1, 1, 0);

    configuration.observations &= ~(uint32_t)IRQCTS_OBSERVES_EXACT_COUNTS;
    begin_with(&configuration);
    program_entry(0, 0, 0);
    ACCEPTS(control(IRQCTS_OPERATION_ENABLE, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(poll(0, 1));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    ACCEPTS(poll(0, 3));
    ACCEPTS(on(IRQCTS_OPERATION_RAISE, 0));
    REFUSES(silence(), IRQCTS_JUDGEMENT_MISSING, IRQCTS_CLAUSE_SEND_CONDITION);
    REFUSES(poll(0, 1), IRQCTS_JUDGEMENT_UNEXPECTED, IRQCTS_CLAUSE_SEND_ONCE);
}

/* A copy by memcpy is a state of its own. */
static void copies(void)
{
    struct irqcts_model_configuration configuration = shape(2, 2, 1);
    size_t size = irqcts_model_size(&configuration);
    struct irqcts_model *original;
    struct irqcts_model *copy = malloc(size);
    struct irqcts_entry_state state;

    begin_with(&configuration);
    program_entry(1, 1, 0);
    memcpy(copy, memory, size);
    original = model;
    model = copy;
    ACCEPTS(table_write(1, 12, 4, 1));
    model = original;
    CHECK_EQ(irqcts_model_entry(original, 0, 1, &state), 0);
    CHECK_EQ(state.vector_control, 0u);
    CHECK_EQ(irqcts_model_entry(copy, 0, 1, &state), 0);
    CHECK_EQ(state.vector_control, 1u);
    CHECK_EQ(state.data, data_of(0, 1));
    free(copy);
}

static void configurations_out_of_range(void)
{
    struct irqcts_model_configuration configuration = shape(2049, 1, 0);
    CHECK_EQ(irqcts_model_size(&configuration), (size_t)0);
    configuration = shape(2, 3, 0);
    CHECK_EQ(irqcts_model_size(&configuration), (size_t)0);
    configuration = shape(2, 2, 65);
    CHECK_EQ(irqcts_model_size(&configuration), (size_t)0);
}

int main(void)
{
    sending();
    pending_and_release();
    release_uses_current_contents();
    function_mask();
    event_while_disabled_is_open();
    rewriting_unmasked_is_open_but_one();
    rewriting_the_unknown_unmasked_is_open();
    messages_are_found_by_their_contents();
    no_pin_interrupt_while_enabled();
    bus_master_off_is_open();
    capability();
    table_contents();
    default_assignment();
    routing_refusals();
    virtualized_writes();
    save_and_restore();
    reset_forgets_everything();
    counts_that_are_not_exact();
    copies();
    configurations_out_of_range();
    free(memory);
    return 0;
}
