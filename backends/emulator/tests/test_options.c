/* SPDX-License-Identifier: Apache-2.0 */
/* Every option changes what it says, every bad one is refused with a sentence that helps. */
#include "faults.h"
#include "run.h"

#define HEAD "irqcts-program 1\nconfigure entries=4 messages=4\n"

/* Value of a program's last step. */
static uint64_t last_value(const char *options, const char *text)
{
    static struct outcome outcome;
    void *context = open_emulator(options);

    run_text(&outcome, context, text);
    close_emulator(context);
    CHECK_EQ(outcome.results[outcome.steps - 1u].status, IRQCTS_STATUS_OK);
    return outcome.results[outcome.steps - 1u].value;
}

/* Deliveries of message `message` in a program's last step. */
static uint32_t last_deliveries(const char *options, const char *text, uint32_t message)
{
    static struct outcome outcome;
    void *context = open_emulator(options);
    const struct irqcts_result *last;
    uint32_t count = 0;
    uint32_t i;

    run_text(&outcome, context, text);
    close_emulator(context);
    last = &outcome.results[outcome.steps - 1u];
    for (i = 0; i < last->delivery_count; i++) {
        const struct irqcts_delivery *record = &outcome.records[last->delivery_first + i];
        count += record->message == message ? record->count : 0;
    }
    return count;
}

static void choices_show(void)
{
    const char *bus_master = HEAD "start\nbus-master off\nraise 0\npoll\nbus-master on\npoll\n";
    const char *disabled = HEAD "start\nenable off\nraise 0\npoll\nenable on\npoll\n";
    const char *across = HEAD "start\nmask 0\nraise 0\nenable off\nenable on\nunmask 0\npoll\n";
    const char *reserved = HEAD "table-write 0.vector-control 0xabcd0000\ntable-read 0.vector-control\n";
    const char *low = HEAD "table-write 0.address-low 0xfee00003\ntable-read 0.address-low\n";
    const char *odd = HEAD "table-write 0.data 0x11223344\ntable-write +0x9 width=1 0xaa\ntable-read 0.data\n";
    const char *after_reset = HEAD "table-read 0.data\n";
    const char *rewritten = HEAD "start\ntable-write 0.address message=1\ntable-write 0.data message=1\nraise 0\npoll\n";
    const char *remasked = HEAD "start\ntable-write 0.address message=1\ntable-write 0.data message=1\nmask 0\nunmask 0\n"
                                "raise 0\npoll\n";

    CHECK_EQ(last_deliveries("bus-master-off=lose", bus_master, 0), 0);
    CHECK_EQ(last_deliveries("bus-master-off=pend", bus_master, 0), 1);
    CHECK_EQ(last_deliveries("disabled-event=drop", disabled, 0), 0);
    CHECK_EQ(last_deliveries("disabled-event=keep", disabled, 0), 1);
    CHECK_EQ(last_deliveries("pending-across-disable=keep", across, 0), 1);
    CHECK_EQ(last_deliveries("pending-across-disable=clear", across, 0), 0);
    CHECK_EQ(last_value("reserved-control=zero", reserved), 0);
    CHECK_EQ(last_value("reserved-control=stored", reserved), 0xabcd0000);
    CHECK_EQ(last_value("address-low=zero", low), 0xfee00000);
    CHECK_EQ(last_value("address-low=stored", low), 0xfee00003);
    CHECK_EQ(last_value("odd-access=ignored", odd), 0x11223344);
    CHECK_EQ(last_value("odd-access=performed", odd), 0x1122aa44);
    CHECK_EQ(last_value("reset-value=zero", after_reset), 0);
    CHECK_EQ(last_value("reset-value=ones", after_reset), 0xffffffff);
    CHECK_EQ(last_value("reset-value=pattern", after_reset), 0xa5a5a5a5);
    CHECK_EQ(last_deliveries("rewrite-unmasked=live", rewritten, 1), 1);
    CHECK_EQ(last_deliveries("rewrite-unmasked=latched", rewritten, 0), 1);
    CHECK_EQ(last_deliveries("rewrite-unmasked=latched", remasked, 1), 1);
}

static void geometry_shows(void)
{
    static const char *const layouts[] = {
        "table-bar=0,table-offset=0x0,pba-bar=0,pba-offset=0x8000",
        "table-bar=0,table-offset=0x0,pba-bar=0,pba-offset=32768",
        "bar-64=off,table-bar=5,table-offset=0x10,pba-bar=1,pba-offset=0x8",
        "bar-64=on,table-bar=4,table-offset=0x100000,pba-bar=0,pba-offset=0x100000",
        "table-bar=2,table-offset=0x100,pba-bar=2,pba-offset=0x0",
    };
    const char *text = "irqcts-program 1\nconfigure entries=2048 messages=2048 vfs=64 vf-entries=2048 vf-messages=2048\n"
                       "start vf=63\nmask 2047 vf=63\nraise 2047 vf=63\npba-read +0xf8 width=8 vf=63\n";
    size_t i;

    for (i = 0; i < sizeof(layouts) / sizeof(layouts[0]); i++) {
        struct irqcts_backend_description description;
        void *context = open_emulator(layouts[i]);
        CHECK(irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION)->describe(context, &description) == 0);
        CHECK_EQ(description.entries_max, 2048);
        close_emulator(context);
        CHECK_EQ(last_value(layouts[i], text), UINT64_C(1) << 63);
    }
    CHECK_EQ(last_value("bar-64=off,table-bar=5,pba-bar=1", HEAD "capability-read +0x4 width=4\n"), 0x2005);
    CHECK_EQ(last_value("bar-64=off,table-bar=5,pba-bar=1", HEAD "capability-read +0x8 width=4\n"), 0x1001);
}

/* A PBA behind a short table limits N. */
static void a_layout_limits_entries(void)
{
    struct irqcts_backend_description description;
    static struct outcome outcome;
    void *context = open_emulator("table-offset=0x0,pba-offset=0x800");

    CHECK(irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION)->describe(context, &description) == 0);
    CHECK_EQ(description.entries_max, 128);
    run_text(&outcome, context, "irqcts-program 1\nconfigure entries=128 messages=1\n");
    CHECK_EQ(outcome.results[0].status, IRQCTS_STATUS_OK);
    run_text(&outcome, context, "irqcts-program 1\nconfigure entries=129 messages=1\n");
    CHECK_EQ(outcome.results[0].status, IRQCTS_STATUS_INVALID_PARAMETER);
    close_emulator(context);
}

static void refused(const char *options, const char *must_say)
{
    char error[512] = "";
    void *context = NULL;

    if (irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION)->open(&context, options, error, sizeof(error)) >= 0) {
        (void)fprintf(stderr, "options \"%s\" were accepted\n", options);
        exit(1);
    }
    CHECK(context == NULL);
    if (strstr(error, must_say) == NULL) {
        (void)fprintf(stderr, "options \"%s\": \"%s\" does not say \"%s\"\n", options, error, must_say);
        exit(1);
    }
}

static void bad_options_are_refused(void)
{
    char small[8];
    void *context = NULL;
    size_t i;

    refused("colour=red", "no option \"colour\"; it has table-bar, table-offset");
    refused("colour=red", "rewrite-unmasked, locking, fault");
    refused("fault", "write key=value");
    refused(",", "write key=value");
    refused("=1", "no option \"\"");
    refused("fault=Z9", "fault=Z9: no such fault; use none or one of the");
    refused("fault=list", "irqcts-emulator-faults prints");
    refused("bus-master-off=maybe", "bus-master-off=maybe: use one of lose|pend");
    refused("bus-master-off=", "use one of lose|pend");
    refused("pba-write=stored", "use one of ignored");
    refused("table-bar=6", "table-bar=6: use a number from 0 to 0x5");
    refused("table-bar=x", "use a number");
    refused("table-bar=", "use a number");
    refused("table-bar=-1", "use a number");
    refused("table-offset=0x4", "a multiple of 8");
    refused("table-offset=0x100008", "from 0 to 0x100000");
    refused("table-offset=99999999999999999999", "from 0 to 0x100000");
    refused("table-bar=1", "64-bit BARs are 0, 2 and 4");
    refused("table-offset=0x1000", "overlap");
    /* A sentence that does not fit is cut, not written past the end. */
    CHECK(irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION)->open(&context, "colour=red", small, sizeof(small)) < 0);
    CHECK_EQ(strlen(small), sizeof(small) - 1);
    CHECK(irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION + 1) == NULL);
    for (i = 0; irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION)->option_help[i] != NULL; i++) {
        CHECK(strchr(irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION)->option_help[i], '=') != NULL);
    }
    close_emulator(open_emulator("fault=none"));
    close_emulator(open_emulator("pba-write=ignored,"));
}

static void bad_arguments_are_statuses(void)
{
    static const struct {
        const char *text;
        uint32_t status;
    } cases[] = {
        {HEAD "set-entry 4 0\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "set-entry 0 4\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "mask 4\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "unmask 4294967295\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "get-entry 4\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "raise 4\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "withdraw 4\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "start vf=0\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "table-read +0x2000 width=4\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "pba-read +0x8 width=4\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "write-virtualized 0 address=0x40 data=0x1 control=0x0 vf=0\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {HEAD "resume\n", IRQCTS_STATUS_INVALID_STATE},
        {HEAD "save slot=0\n", IRQCTS_STATUS_INVALID_STATE},
        {HEAD "pause\nrestore slot=0\n", IRQCTS_STATUS_INVALID_STATE},
        {"irqcts-program 1\nconfigure entries=0 messages=0\nstart\n", IRQCTS_STATUS_NO_RESOURCES},
        {"irqcts-program 1\nconfigure entries=0 messages=0\nset-entry 0 0\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {"irqcts-program 1\nconfigure entries=0 messages=0\nenable on\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {"irqcts-program 1\nconfigure entries=0 messages=0\ntable-read +0x0 width=4\n", IRQCTS_STATUS_INVALID_PARAMETER},
        {"irqcts-program 1\nconfigure entries=0 messages=0\ncapability-read +0x0 width=4\n",
         IRQCTS_STATUS_INVALID_PARAMETER},
    };
    static struct outcome outcome;
    void *context = open_emulator("");
    size_t i;

    for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        run_text(&outcome, context, cases[i].text);
        if (outcome.results[outcome.steps - 1u].status != cases[i].status) {
            (void)fprintf(stderr, "%s", cases[i].text);
            CHECK_EQ(outcome.results[outcome.steps - 1u].status, cases[i].status);
        }
    }
    close_emulator(context);
}

int main(void)
{
    choices_show();
    geometry_shows();
    a_layout_limits_entries();
    bad_options_are_refused();
    bad_arguments_are_statuses();
    return 0;
}
