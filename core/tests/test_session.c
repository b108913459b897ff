/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sessions and the wire form against backends that lie, break and answer
 * nonsense: each ends in a sentence or a judgement, never in a crash.
 */
#include "check.h"
#include "irqcts/clauses.h"
#include "irqcts/engine.h"
#include "irqcts/history.h"
#include "irqcts/wire.h"

/* A scripted backend: answers what the test tells it to. */
struct script {
    struct irqcts_backend_description description;
    struct irqcts_result results[16];
    struct irqcts_delivery deliveries[8];
    uint32_t delivery_count;
    uint32_t executed;
    _Atomic uint32_t calls; /* of several threads */
    int32_t broken;
    int overflow;
    uint32_t message_flags;
    int32_t messages_broken;
};

static int32_t describe(void *context, struct irqcts_backend_description *out)
{
    *out = ((struct script *)context)->description;
    return 0;
}

static int32_t execute(void *context, const struct irqcts_operation *operations, uint32_t count,
                       struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                       size_t error_size)
{
    struct script *script = context;

    (void)operations;
    script->calls++;
    if (script->broken != 0 && script->calls > 1) {
        (void)snprintf(error, error_size, "the cable is out");
        return script->broken;
    }
    for (uint32_t i = 0; i < count; i++) {
        results[i] = script->results[script->executed++];
        if (results[i].delivery_count > 0 && results[i].delivery_first == 0) {
            for (uint32_t d = 0; d < script->delivery_count && deliveries->count < deliveries->capacity; d++) {
                deliveries->records[deliveries->count++] = script->deliveries[d];
            }
        }
    }
    if (script->overflow) {
        deliveries->count = deliveries->capacity + 1u;
    }
    return 0;
}

static int32_t messages(void *context, uint32_t function, uint32_t first, uint32_t count, struct irqcts_message *out,
                        char *error, size_t error_size)
{
    const struct script *script = context;

    if (script->messages_broken != 0) {
        (void)snprintf(error, error_size, "the cable is out");
        return script->messages_broken;
    }

    for (uint32_t i = 0; i < count; i++) {
        out[i] = (struct irqcts_message){0x1000u + function * 0x100u + (first + i) * 16u, 0x40u + first + i,
                                         script->message_flags};
    }
    return 0;
}

static int32_t open_script(void **out, const char *options, char *error, size_t error_size)
{
    (void)out;
    (void)options;
    (void)error;
    (void)error_size;
    return 0;
}

static void close_script(void *context)
{
    (void)context;
}

static const struct irqcts_backend_interface interface = {
    IRQCTS_BACKEND_ABI_VERSION, sizeof(interface), "script", NULL, open_script, describe, execute, messages,
    close_script};

static struct script honest(void)
{
    struct script script = {.description = {.name = "script", .device = "none", .driver = "none",
                                            .identity = "a script", .operations = (UINT64_C(1) << 28) - 2u,
                                            .observations = 127, .stimulus = IRQCTS_STIMULUS_DEVICE,
                                            .properties = IRQCTS_PROPERTY_SYNCHRONOUS, .entries_max = 4,
                                            .messages_max = 4}};
    return script;
}

static struct irqcts_program *program_of(const char *text)
{
    struct irqcts_program *program;

    if (irqcts_program_parse(&program, text, strlen(text)) != 0) {
        (void)fprintf(stderr, "%s\n", irqcts_last_error());
        exit(1);
    }
    return program;
}

#define ONE_EVENT                                                                                                     \
    "irqcts-program 1\nconfigure entries=1 messages=1\ntable-write 0.address message=0\n"                             \
    "table-write 0.data-control message=0\nenable on\nraise 0\npoll => 0:1\n"

static struct irqcts_outcome outcome;

static struct irqcts_trace *run(struct script *script, const struct irqcts_program *program, uint32_t flags)
{
    struct irqcts_trace *trace = NULL;

    if (irqcts_session_run(&trace, &interface, script, program, flags, 0) != 0) {
        return NULL;
    }
    CHECK_EQ(irqcts_trace_judge(&outcome, trace, program, 0), 0);
    return trace;
}

static const char *sentence(int32_t (*text)(size_t *, const struct irqcts_trace *, uint32_t, char *, size_t),
                            const struct irqcts_trace *trace, uint32_t step)
{
    static char buffer[512];
    size_t length;

    CHECK_EQ(text(&length, trace, step, buffer, sizeof(buffer)), 0);
    return buffer;
}

static void conforming_and_missing(void)
{
    struct irqcts_program *program = program_of(ONE_EVENT);
    struct script script = honest();
    struct irqcts_trace *trace;

    script.deliveries[0] = (struct irqcts_delivery){.count = 1};
    script.delivery_count = 1;
    script.results[5].delivery_count = 1;
    trace = run(&script, program, 0);
    CHECK(trace != NULL);
    CHECK_EQ(outcome.divergences, 0);
    CHECK_EQ(outcome.expectations_met, 1);
    CHECK_EQ(script.calls, 2); /* CONFIGURE, then all the rest in one call */
    CHECK_TEXT(sentence(irqcts_trace_expected_text, trace, 5), "message 0 once, nothing else");
    CHECK_TEXT(sentence(irqcts_trace_observed_text, trace, 5), "message 0 once");
    CHECK_TEXT(sentence(irqcts_trace_reason_text, trace, 5), "");
    irqcts_trace_free(trace);

    script = honest();
    trace = run(&script, program, 0);
    CHECK_EQ(outcome.first_divergence, 5);
    CHECK_EQ(outcome.first_failed_expectation, 5);
    CHECK_TEXT(sentence(irqcts_trace_reason_text, trace, 5), "message 0 did not arrive (SEND-CONDITION)");
    irqcts_trace_free(trace);
    irqcts_program_free(program);
}

static void an_unjudged_trace_has_no_steps(void)
{
    struct irqcts_program *program = program_of(ONE_EVENT);
    struct script script = honest();
    struct irqcts_trace *trace;
    struct irqcts_step step;
    char text[64];
    size_t length;

    CHECK_EQ(irqcts_session_run(&trace, &interface, &script, program, 0, 0), 0);
    CHECK_EQ(irqcts_trace_step(&step, trace, 0), IRQCTS_ERROR_ARGUMENT);
    CHECK_TEXT(irqcts_last_error(), "step 0 of a trace that is not judged yet");
    CHECK_EQ(irqcts_trace_expected_text(&length, trace, 0, text, sizeof(text)), IRQCTS_ERROR_ARGUMENT);
    CHECK_EQ(irqcts_trace_reason_text(&length, trace, 0, text, sizeof(text)), IRQCTS_ERROR_ARGUMENT);
    CHECK_EQ(irqcts_trace_observed_text(&length, trace, 0, text, sizeof(text)), 0);
    CHECK_EQ(irqcts_trace_judge(&outcome, trace, program, 0), 0);
    CHECK_EQ(irqcts_trace_step(&step, trace, 5), 0);
    CHECK_EQ(step.judgement.kind, IRQCTS_JUDGEMENT_MISSING);
    CHECK_EQ(irqcts_trace_step(&step, trace, 6), IRQCTS_ERROR_ARGUMENT);
    irqcts_trace_free(trace);
    irqcts_program_free(program);
}

static void stops_at_the_first_divergence(void)
{
    struct irqcts_program *program = program_of(ONE_EVENT "poll\npoll\n");
    struct script script = honest();
    struct irqcts_trace *trace = run(&script, program, IRQCTS_SESSION_STOP_AT_FIRST);

    CHECK_EQ(irqcts_trace_count(trace), 6);
    CHECK_EQ(outcome.first_divergence, 5);
    CHECK_EQ(script.executed, 6);
    irqcts_trace_free(trace);
    irqcts_program_free(program);
}

static void what_is_not_supported_is_not_judged(void)
{
    struct irqcts_program *program = program_of(ONE_EVENT);
    struct script script = honest();
    struct irqcts_trace *trace;

    script.description.operations &= ~(UINT64_C(1) << IRQCTS_OPERATION_RAISE);
    script.results[4].status = IRQCTS_STATUS_NOT_SUPPORTED;
    trace = run(&script, program, 0);
    CHECK_EQ(outcome.first_not_observed, 4);
    CHECK_EQ(outcome.divergences, 0);
    CHECK_EQ(outcome.expectations_failed, 0); /* the poll that follows proves nothing */
    CHECK_EQ(outcome.expectations_met, 0);
    irqcts_trace_free(trace);
    irqcts_program_free(program);
}

/* What a session must refuse as nonsense, with a sentence. */
static void nonsense(void (*spoil)(struct script *), const char *expected)
{
    struct irqcts_program *program = program_of(ONE_EVENT);
    struct script script = honest();

    spoil(&script);
    CHECK(run(&script, program, 0) == NULL);
    if (strstr(irqcts_last_error(), expected) == NULL) {
        CHECK_TEXT(irqcts_last_error(), expected);
    }
    irqcts_program_free(program);
}

static void bad_status(struct script *s) { s->results[3].status = 77; }
static void bad_pointer(struct script *s) { s->results[5].delivery_first = 9; s->results[5].delivery_count = 3; }
static void bad_message(struct script *s)
{
    s->deliveries[0] = (struct irqcts_delivery){.message = 5, .count = 1};
    s->delivery_count = 1;
    s->results[5].delivery_count = 1;
}
static void bad_function(struct script *s)
{
    s->deliveries[0] = (struct irqcts_delivery){.function = 3, .count = 1};
    s->delivery_count = 1;
    s->results[5].delivery_count = 1;
}
static void bad_text(struct script *s) { memset(s->description.identity, 'x', sizeof(s->description.identity)); }
static void no_identity(struct script *s) { s->description.identity[0] = '\0'; }
static void bad_operations(struct script *s) { s->description.operations = 1; }
static void bad_limits(struct script *s) { s->description.entries_max = 5000; }
static void bad_overflow(struct script *s) { s->overflow = 1; }
static void breaks(struct script *s) { s->broken = -8; }

/* Whether what stands behind a backend died or hung decides between verdicts; the code must arrive from every call. */
static void what_broke_arrives(int32_t code, int32_t expected)
{
    struct irqcts_program *program = program_of(ONE_EVENT);
    struct irqcts_engine_shape shape = {.entries = 1, .messages = 1, .length = 8,
                                          .operations = honest().description.operations,
                                          .stimulus = IRQCTS_STIMULUS_DEVICE};
    const struct irqcts_history_shape history_shape = {.entries = 1, .messages = 1};
    const struct irqcts_history_plan plan = {.threads = 2, .operations = 8, .sharing = 1};
    struct script executing = honest();
    struct script naming = honest();
    struct irqcts_engine_report report;
    struct irqcts_history *history;
    struct irqcts_trace *trace;

    executing.broken = code;
    naming.messages_broken = code;
    CHECK_EQ(irqcts_session_run(&trace, &interface, &executing, program, 0, 0), expected);
    CHECK_TEXT(irqcts_last_error(), "script: the cable is out");
    CHECK_EQ(irqcts_session_run(&trace, &interface, &naming, program, 0, 0), expected);
    CHECK_TEXT(irqcts_last_error(), "script: the cable is out");
    executing.calls = 0;
    CHECK_EQ(irqcts_engine_run(&report, &interface, &executing, &shape, 1, 0, 8, 0, 0), expected);
    CHECK_TEXT(irqcts_last_error(), "script: the cable is out");
    CHECK_EQ(irqcts_engine_run(&report, &interface, &naming, &shape, 1, 0, 8, 0, 0), expected);
    CHECK_TEXT(irqcts_last_error(), "script: the cable is out");
    executing.description.properties |= IRQCTS_PROPERTY_CONCURRENT;
    CHECK_EQ(irqcts_history_record(&history, &interface, &executing, &history_shape, &plan), expected);
    CHECK_TEXT(irqcts_last_error(), "script: the cable is out");
    executing.calls = 0; /* the first call is for CONFIGURE and START, the next ones are the threads' */
    CHECK_EQ(irqcts_history_record(&history, &interface, &executing, &history_shape, &plan), expected);
    CHECK_TEXT(irqcts_last_error(), "script broke under several threads: the cable is out");
    irqcts_program_free(program);
}

static void wire_round_trip(void)
{
    struct irqcts_program *program = program_of(ONE_EVENT);
    struct script script = honest();
    struct irqcts_bytes frame = {0};
    struct irqcts_wire_header header;
    struct irqcts_backend_description description;
    struct irqcts_program *decoded;
    struct irqcts_trace *trace;
    struct irqcts_trace *arrived;
    char token[64];
    uint32_t flags;

    CHECK_EQ(irqcts_wire_encode_hello(&frame, 1, "secret"), 0);
    CHECK_EQ(irqcts_wire_header_decode(&header, frame.data), 0);
    CHECK_EQ(header.type, IRQCTS_WIRE_HELLO);
    CHECK_EQ(irqcts_wire_decode_hello(token, sizeof(token), frame.data + 16, header.length), 0);
    CHECK_TEXT(token, "secret");
    CHECK(irqcts_wire_decode_hello(token, 4, frame.data + 16, header.length) < 0);

    frame.length = 0;
    CHECK_EQ(irqcts_wire_encode_description(&frame, 2, &script.description), 0);
    CHECK_EQ(irqcts_wire_decode_description(&description, frame.data + 16, frame.length - 16), 0);
    CHECK(memcmp(&description, &script.description, sizeof(description)) == 0);

    frame.length = 0;
    CHECK_EQ(irqcts_wire_encode_run(&frame, 3, 0, program), 0);
    CHECK_EQ(irqcts_wire_decode_run(&decoded, &flags, frame.data + 16, frame.length - 16), 0);
    for (uint32_t i = 0; i < irqcts_program_count(program); i++) {
        CHECK(memcmp(irqcts_program_operation(program, i), irqcts_program_operation(decoded, i),
                     sizeof(struct irqcts_operation)) == 0);
    }
    for (size_t cut = 0; cut < frame.length - 16; cut++) { /* truncated at every byte */
        struct irqcts_program *none;
        CHECK_EQ(irqcts_wire_decode_run(&none, &flags, frame.data + 16, cut), IRQCTS_ERROR_FORMAT);
    }
    irqcts_program_free(decoded);

    script.deliveries[0] = (struct irqcts_delivery){.count = 1};
    script.delivery_count = 1;
    script.results[5].delivery_count = 1;
    trace = run(&script, program, 0);
    frame.length = 0;
    CHECK_EQ(irqcts_wire_encode_trace(&frame, 4, trace), 0);
    CHECK_EQ(irqcts_wire_decode_trace(&arrived, program, &description, frame.data + 16, frame.length - 16), 0);
    CHECK_EQ(irqcts_trace_judge(&outcome, arrived, program, 0), 0);
    CHECK_EQ(outcome.divergences, 0);
    CHECK_EQ(outcome.expectations_met, 1);
    irqcts_trace_free(arrived);
    for (size_t cut = 0; cut < frame.length - 16; cut++) {
        CHECK_EQ(irqcts_wire_decode_trace(&arrived, program, &description, frame.data + 16, cut), IRQCTS_ERROR_FORMAT);
    }
    irqcts_trace_free(trace);

    frame.length = 0;
    CHECK_EQ(irqcts_wire_encode_error(&frame, 5, IRQCTS_ERROR_OPEN, "no such device"), 0);
    {
        int32_t code;
        char text[64];
        CHECK_EQ(irqcts_wire_decode_error(&code, text, sizeof(text), frame.data + 16, frame.length - 16), 0);
        CHECK_EQ(code, IRQCTS_ERROR_OPEN);
        CHECK_TEXT(text, "no such device");
    }
    frame.data[4] = 9;
    CHECK_EQ(irqcts_wire_header_decode(&header, frame.data), IRQCTS_ERROR_VERSION);
    frame.data[0] = 'x';
    CHECK_EQ(irqcts_wire_header_decode(&header, frame.data), IRQCTS_ERROR_FORMAT);
    irqcts_bytes_free(&frame);
    irqcts_program_free(program);
}

/* What an opaque message writes is nobody's business: a trace that came over the
 * wire leaves it as open as one of this process does. */
static void opaque_messages_stay_open_over_the_wire(void)
{
    struct irqcts_program *program = program_of("irqcts-program 1\nconfigure entries=1 messages=1\n"
                                                "table-write 0.data message=0\ntable-read 0.data\n");
    struct script script = honest();
    struct irqcts_bytes frame = {0};
    struct irqcts_trace *trace;
    struct irqcts_trace *arrived;
    char expected[512];

    script.message_flags = IRQCTS_MESSAGE_OPAQUE;
    script.results[2].value = 0x1234;
    trace = run(&script, program, 0);
    (void)snprintf(expected, sizeof(expected), "%s", sentence(irqcts_trace_expected_text, trace, 2));
    CHECK_EQ(outcome.divergences, 0);
    CHECK_EQ(irqcts_wire_encode_trace(&frame, 4, trace), 0);
    CHECK_EQ(irqcts_wire_decode_trace(&arrived, program, &script.description, frame.data + 16, frame.length - 16), 0);
    CHECK_EQ(irqcts_trace_judge(&outcome, arrived, program, 0), 0);
    CHECK_EQ(outcome.divergences, 0);
    CHECK_TEXT(sentence(irqcts_trace_expected_text, arrived, 2), expected);
    irqcts_trace_free(arrived);
    irqcts_trace_free(trace);
    irqcts_bytes_free(&frame);
    irqcts_program_free(program);
}

static void another_version_is_refused(void)
{
    const struct irqcts_backend_interface *found;
    struct irqcts_backend_interface old = interface;

    old.abi_version = 99;
    CHECK_EQ(irqcts_backend_register(&old), IRQCTS_ERROR_ABI);
    old = interface;
    old.execute = NULL;
    CHECK_EQ(irqcts_backend_register(&old), IRQCTS_ERROR_ABI);
    CHECK_EQ(irqcts_backend_register(&interface), 0);
    CHECK_EQ(irqcts_backend_load(&found, "script"), 0);
    CHECK(found == &interface);
    CHECK_EQ(irqcts_backend_load(&found, "no-such-backend"), IRQCTS_ERROR_LOAD);
    CHECK_EQ(irqcts_backend_load(&found, "/no/such/library.so"), IRQCTS_ERROR_LOAD);
}

int main(void)
{
    conforming_and_missing();
    an_unjudged_trace_has_no_steps();
    stops_at_the_first_divergence();
    what_is_not_supported_is_not_judged();
    nonsense(bad_status, "status 77, which is none");
    nonsense(bad_pointer, "points at deliveries 9 to 12");
    nonsense(bad_message, "message 5 of function 0, which does not exist");
    nonsense(bad_function, "function 3, which does not exist");
    nonsense(bad_text, "a text without an end");
    nonsense(no_identity, "its identity is empty");
    nonsense(bad_operations, "CONFIGURE is not among them");
    nonsense(bad_limits, "limits that cannot be");
    nonsense(bad_overflow, "delivery records where");
    nonsense(breaks, "script: the cable is out");
    what_broke_arrives(IRQCTS_ERROR_DIED, IRQCTS_ERROR_DIED);
    what_broke_arrives(IRQCTS_ERROR_HUNG, IRQCTS_ERROR_HUNG);
    what_broke_arrives(IRQCTS_ERROR_ARGUMENT, IRQCTS_ERROR_BACKEND);
    wire_round_trip();
    opaque_messages_stay_open_over_the_wire();
    another_version_is_refused();
    return 0;
}
