/* SPDX-License-Identifier: Apache-2.0 */
/* Program text: what parses prints as itself, and what does not says where. */
#include "check.h"
#include "irqcts/engine.h"
#include "irqcts/program.h"

static char printed[1 << 20];

static struct irqcts_program *parse(const char *text)
{
    struct irqcts_program *program = NULL;

    if (irqcts_program_parse(&program, text, strlen(text)) != IRQCTS_ERROR_NONE) {
        (void)fprintf(stderr, "%s\nin\n%s\n", irqcts_last_error(), text);
        CHECK(0);
    }
    return program;
}

static const char *print(const struct irqcts_program *program)
{
    size_t length;

    CHECK_EQ(irqcts_program_print(&length, program, printed, sizeof(printed)), 0);
    CHECK_EQ(length, strlen(printed));
    return printed;
}

/* Text in canonical form comes back to the letter. */
static void every_operation_round_trips(void)
{
    static const char text[] =
        "irqcts-program 1\n"
        "configure entries=4 messages=2 vfs=2 vf-entries=3 vf-messages=3\n"
        "start\nstart vf=1\nset-entry 0 1\nset-entry -1 4294967 vf=0\nmask 0\nunmask 3 vf=1\nget-entry 0\nget-size\n"
        "table-read 2.vector-control\ntable-read 1.address\ntable-read +0x2c width=2\ntable-read +0x4 width=8 vf=0\n"
        "table-write 2.data 0x41\ntable-write 0.address-low message=1\n"
        "table-write 1.data-control message=1 control=0x1\ntable-write 0.address message=2 message-vf=1\n"
        "table-write 0.address message=1 message-pf vf=1\ntable-write +0x3 width=1 0xff\n"
        "pba-read +0x0 width=8\npba-write +0x4 width=4 0x1\ncapability-read +0x2 width=2\n"
        "capability-write +0x2 width=2 0x8000\nconfig-read +0x10 width=4\nconfig-write +0x10 width=4 0xffffffff\n"
        "enable on\nenable off vf=0\nfunction-mask on\nbus-master off\nraise 0\nwithdraw 0 vf=1\npoll\n"
        "write-virtualized 3 message=1 vf=0\nwrite-virtualized -1 address=0xfee00000 data=0x41 control=0x1 vf=1\n"
        "write-virtualized 0 message=1 control=0x1 vf=2147483646\n"
        "pause\nresume vf=0\nsave slot=0\nrestore slot=3 vf=1\nrestore slot=0 corrupt=duplicate\n"
        "reset conventional\nreset function-level vf=1\n"
        "get-size => ok value=0x4 [ROUTE-GET-SIZE]\nset-entry 9 0 => invalid-parameter [ROUTE-SET-BAD-ENTRY]\n"
        "mask 9 => refused\ntable-read 0.vector-control => value=0x1/0x1\ntable-read 0.data => value=0x0\n"
        "poll => none [PEND-SET]\npoll => 0:1 1:2-3 vf0.1:1 stray:0-1\n";
    struct irqcts_program *program = parse(text);

    CHECK_TEXT(print(program), text);
    irqcts_program_free(program);
}

static void layout_is_free(void)
{
    struct irqcts_program *program =
        parse("\n# a comment\n  irqcts-program 1 # another\r\n\n\tconfigure   entries=0x4 messages=2\n\npoll # end");

    CHECK_TEXT(print(program), "irqcts-program 1\nconfigure entries=4 messages=2\npoll\n");
    irqcts_program_free(program);
}

static void expect_error(const char *text, const char *sentence)
{
    struct irqcts_program *program = NULL;

    CHECK_EQ(irqcts_program_parse(&program, text, strlen(text)), IRQCTS_ERROR_SYNTAX);
    if (strncmp(irqcts_last_error(), sentence, strlen(sentence)) != 0) {
        CHECK_TEXT(irqcts_last_error(), sentence);
    }
}

#define HEAD "irqcts-program 1\nconfigure entries=4 messages=2\n"

static void errors_say_where(void)
{
    expect_error("", "line 1, column 1: the text ends without the first line");
    expect_error("irqcts-program 2\n",
                 "line 1, column 16: the program is of another version, and this irqcts reads \"irqcts-program 1\"");
    expect_error("irqcts-trace 1\n", "line 1, column 1: found \"irqcts-trace\" where the first line");
    expect_error("irqcts-program 1\n", "line 1, column 1: the text ends without an operation");
    expect_error("irqcts-program 1\npoll\n", "line 2, column 1: configure is the first operation");
    expect_error(HEAD "configure entries=4 messages=2\n", "line 3, column 1: configure is the first operation");
    expect_error(HEAD "  frobnicate\n", "line 3, column 3: found \"frobnicate\" where an operation is expected");
    expect_error(HEAD "mask\n", "line 3, column 5: the line ends where an entry number is expected");
    expect_error(HEAD "mask x\n", "line 3, column 6: found \"x\" where an entry number is expected");
    expect_error(HEAD "mask 4294967296\n", "line 3, column 6: found \"4294967296\" where an entry number");
    expect_error(HEAD "mask 0 vf=\n", "line 3, column 8: found \"vf=\" where");
    expect_error(HEAD "mask 0 extra\n", "line 3, column 8: found \"extra\" where => or the end of the line");
    expect_error(HEAD "enable maybe\n", "line 3, column 8: found \"maybe\" where on or off is expected");
    expect_error(HEAD "table-read 0.colour\n", "line 3, column 12: found \"0.colour\" where ENTRY.FIELD");
    expect_error(HEAD "table-read +0x10000 width=4\n", "line 3, column 12: found \"+0x10000\" where +OFFSET");
    expect_error(HEAD "table-read +0x0 width=3\n", "line 3, column 1: table-read: width 3");
    expect_error(HEAD "capability-read +0x0 width=8\n", "line 3, column 1: capability-read: width 8");
    expect_error(HEAD "table-write 0.data 0x100000000\n", "line 3, column 1: table-write: value 0x100000000 is wider");
    expect_error(HEAD "save slot=4\n", "line 3, column 1: save: slot 4; it is 0..3");
    expect_error(HEAD "restore slot=0 corrupt=all\n", "line 3, column 16: found \"corrupt=all\" where corrupt=size");
    expect_error(HEAD "write-virtualized 0 message=0\n", "line 3, column 1: write-virtualized: names a virtual function");
    expect_error(HEAD "write-virtualized 40000 message=0 vf=0\n", "line 3, column 1: write-virtualized: names");
    expect_error(HEAD "poll =>\n", "line 3, column 8: the line ends where what is expected");
    expect_error(HEAD "poll => 0:0\n", "line 3, column 9: found \"0:0\" where a status");
    expect_error(HEAD "poll => 0:2-1\n", "line 3, column 9: found \"0:2-1\" where a status");
    expect_error(HEAD "poll => none [NO-SUCH-CLAUSE]\n", "line 3, column 14: found \"[NO-SUCH-CLAUSE]\" where a clause id");
    expect_error(HEAD "mask 0 => 0:1\n", "line 3, column 1: mask: deliveries are expected of a poll only");
    expect_error(HEAD "table-read 0.data => value=0x2/0x1\n", "line 3, column 1: table-read: expects value 0x2 outside");
    expect_error("irqcts-program 1\nconfigure entries=4 messages=5\n", "line 2, column 1: configure: 4 entries and 5");
    expect_error("irqcts-program 1\nconfigure entries=2049 messages=1\n", "line 2, column 1: configure: 2049 entries");
    expect_error("irqcts-program 1\nconfigure entries=4 messages=1 vfs=65 vf-entries=1 vf-messages=1\n",
                 "line 2, column 36: \"65\" is no number from 0 to 0x40 for vfs");
    expect_error(HEAD "mask \x01\n", "line 3, column 6: byte 0x01 is not part of a program");
}

static void appending_checks_too(void)
{
    struct irqcts_program *program;
    struct irqcts_operation operation = {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 1, .message = 1};

    CHECK_EQ(irqcts_program_create(&program), 0);
    CHECK_EQ(irqcts_program_append(program, &operation, NULL, NULL), 0);
    operation = (struct irqcts_operation){.kind = IRQCTS_OPERATION_KIND_COUNT};
    CHECK_EQ(irqcts_program_append(program, &operation, NULL, NULL), IRQCTS_ERROR_ARGUMENT);
    operation = (struct irqcts_operation){.kind = IRQCTS_OPERATION_POLL, .entry = 1};
    CHECK_EQ(irqcts_program_append(program, &operation, NULL, NULL), IRQCTS_ERROR_ARGUMENT);
    operation = (struct irqcts_operation){.kind = IRQCTS_OPERATION_RAISE, .flags = IRQCTS_OPERATION_FROM_MESSAGE};
    CHECK_EQ(irqcts_program_append(program, &operation, NULL, NULL), IRQCTS_ERROR_ARGUMENT);
    CHECK_EQ(irqcts_program_count(program), 1u);
    CHECK(irqcts_program_operation(program, 1) == NULL);
    irqcts_program_free(program);
}

static void printing_into_too_little(void)
{
    struct irqcts_program *program = parse(HEAD "raise 0\n");
    size_t length;
    char small[8];

    CHECK_EQ(irqcts_program_print(&length, program, small, sizeof(small)), IRQCTS_ERROR_CAPACITY);
    CHECK_EQ(length, strlen(HEAD "raise 0\n"));
    CHECK_EQ(irqcts_program_print_step(&length, program, 1, 0, small, sizeof(small)), 0);
    CHECK_TEXT(small, "raise 0");
    CHECK_EQ(irqcts_program_print_step(&length, program, 2, 0, small, sizeof(small)), IRQCTS_ERROR_ARGUMENT);
    irqcts_program_free(program);
}

static void a_message_fills_the_bytes_it_covers(void)
{
    const struct irqcts_message message = {UINT64_C(0x1122334455667788), 0x99aabbcc, 0};
    static const struct {
        uint32_t offset;
        uint8_t width;
        uint64_t value;
    } cases[] = {{0, 4, 0x55667788}, {4, 4, 0x11223344}, {8, 4, 0x99aabbcc}, {12, 4, 1},
                 {0, 8, UINT64_C(0x1122334455667788)}, {8, 8, UINT64_C(0x199aabbcc)},
                 {3, 2, 0x4455}, {4, 8, UINT64_C(0x99aabbcc11223344)}, {15, 1, 0}};

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct irqcts_operation operation = {.kind = IRQCTS_OPERATION_TABLE_WRITE, .width = cases[i].width,
                                             .flags = IRQCTS_OPERATION_FROM_MESSAGE,
                                             .address = 32u + cases[i].offset, .control = 1};
        irqcts_operation_resolve(&operation, &message);
        CHECK_EQ(operation.value, cases[i].value);
        CHECK_EQ(operation.flags, 0);
        CHECK_EQ(irqcts_operation_check(&operation), 0);
    }
}

/* parse(print(p)) = p for programs of the generator. */
static void generated_programs_round_trip(void)
{
    struct irqcts_engine_shape shape = {.entries = 70, .messages = 9, .virtual_functions = 3, .virtual_entries = 5,
                                        .virtual_messages = 2, .length = 200, .operations = ~UINT64_C(0),
                                        .reset_kinds = 3, .stimulus = IRQCTS_STIMULUS_DEVICE};

    for (uint64_t seed = 0; seed < 200; seed++) {
        struct irqcts_program *program;
        struct irqcts_program *again;
        CHECK_EQ(irqcts_engine_program(&program, &shape, irqcts_engine_seed(7, seed)), 0);
        again = parse(print(program));
        CHECK_EQ(irqcts_program_count(again), irqcts_program_count(program));
        for (uint32_t i = 0; i < irqcts_program_count(program); i++) {
            CHECK(memcmp(irqcts_program_operation(program, i), irqcts_program_operation(again, i),
                         sizeof(struct irqcts_operation)) == 0);
        }
        irqcts_program_free(program);
        irqcts_program_free(again);
    }
}

int main(void)
{
    every_operation_round_trips();
    layout_is_free();
    errors_say_where();
    appending_checks_too();
    printing_into_too_little();
    a_message_fills_the_bytes_it_covers();
    generated_programs_round_trip();
    return 0;
}
