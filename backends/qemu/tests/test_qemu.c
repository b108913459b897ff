/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The backend against a real QEMU, through its interface; what QEMU itself is
 * found to do wrong is in ../deviations.  The last part: bad options and a QEMU
 * that is not there or dies are sentences.
 */
#define _POSIX_C_SOURCE 200809L
#include "../../../core/tests/check.h"
#include "irqcts/backend.h"
#include "irqcts/session.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const struct irqcts_backend_interface *irqcts_backend_qemu_entry(uint32_t abi_version);

static const struct irqcts_backend_interface *backend;
static char error[1024];

static void *opened(const char *options)
{
    void *context = NULL;

    error[0] = '\0';
    if (backend->open(&context, options, error, sizeof(error)) < 0) {
        (void)fprintf(stderr, "%s: %s\n", options, error);
        exit(1);
    }
    return context;
}

static void refused(const char *options, const char *sentence)
{
    void *context = NULL;

    CHECK(backend->open(&context, options, error, sizeof(error)) < 0);
    if (strstr(error, sentence) == NULL) {
        CHECK_TEXT(error, sentence);
    }
}

/* Runs program text; every stated outcome must be met and the oracle agree. */
static void conforms(void *context, const char *text)
{
    struct irqcts_program *program;
    struct irqcts_trace *trace;
    struct irqcts_outcome outcome;

    if (irqcts_program_parse(&program, text, strlen(text)) != 0 ||
        irqcts_session_run(&trace, backend, context, program, 0, 0) != 0 ||
        irqcts_trace_judge(&outcome, trace, program, 0) != 0) {
        (void)fprintf(stderr, "%s\n", irqcts_last_error());
        exit(1);
    }
    if (outcome.divergences + outcome.expectations_failed > 0 || outcome.first_not_observed != UINT32_MAX) {
        for (uint32_t i = 0; i < irqcts_trace_count(trace); i++) {
            size_t length;
            (void)irqcts_trace_observed_text(&length, trace, i, error, sizeof(error));
            (void)fprintf(stderr, "%u: %s\n", i, error);
        }
        exit(1);
    }
    irqcts_trace_free(trace);
    irqcts_program_free(program);
}

static void rocker(void)
{
    void *context = opened("device=rocker");
    struct irqcts_backend_description description;

    CHECK_EQ(backend->describe(context, &description), 0);
    CHECK_EQ(description.entries_max, 4);
    CHECK(strstr(description.identity, "rocker") != NULL);
    for (int again = 0; again < 2; again++) {
        conforms(context, "irqcts-program 1\nconfigure entries=4 messages=4\n"
                          "table-write 3.address message=2\ntable-write 3.data-control message=2\nenable on\n"
                          "raise 3\nraise 3\nraise 3\npoll => 2:3\ntable-write 3.vector-control 0x1\nraise 3\nraise 3\n"
                          "poll => none\npba-read +0x0 width=8 => value=0x8\ntable-write 3.data message=0\n"
                          "table-write 3.address message=0\ntable-write 3.vector-control 0x0\npoll => 0:1\n");
    }
    /* Address of an even message with the data of an odd one: seen, as a stray. */
    conforms(context, "irqcts-program 1\nconfigure entries=4 messages=2\ntable-write 0.address message=0\n"
                      "table-write 0.data-control message=1\nenable on\nraise 0\npoll => stray:1\n");
    conforms(context, "irqcts-program 1\nconfigure entries=4 messages=2\nstart\nraise 3\npoll => 0:1\nset-entry 3 1\n"
                      "raise 3\npoll => 1:1\nmask 3\nraise 3\npoll => none\nunmask 3\npoll => 1:1\n"
                      "reset conventional\ntable-read 3.vector-control => value=0x1/0x1\n");
    backend->close(context);
}

static void many_vectors(void)
{
    void *context = opened("device=ivshmem,vectors=2048");

    conforms(context, "irqcts-program 1\nconfigure entries=2048 messages=256\nfunction-mask on\nenable on\n"
                      "table-write 2047.address message=255\ntable-write 2047.data-control message=255\n"
                      "table-write 64.address message=1\ntable-write 64.data-control message=1\n"
                      "raise 2047\nraise 64\npoll => none\npba-read +0xf8 width=8 => value=0x8000000000000000\n"
                      "pba-read +0x8 width=8 => value=0x1\nfunction-mask off\npoll => 255:1 1:1\n");
    backend->close(context);
}

/* All 2048 messages at once, each counted by itself. */
static void many_messages(void)
{
    void *context = opened("device=ivshmem,vectors=2048,messages=2048");

    conforms(context, "irqcts-program 1\nconfigure entries=2048 messages=2048\nstart\nraise 2047\nraise 256\n"
                      "raise 0\npoll => 0:1 256:1 2047:1\n");
    backend->close(context);
}

/* Stopped, saved and come in to another QEMU; half a state is refused and leaves the present one. */
static void migration(void)
{
    void *context = opened("device=ivshmem");

    conforms(context, "irqcts-program 1\nconfigure entries=64 messages=4\nfunction-mask on\nenable on\n"
                      "table-write 63.address message=3\ntable-write 63.data-control message=3\nraise 63\n"
                      "pause => ok\nsave slot=1 => ok\nreset conventional\nrestore slot=1 corrupt=size => refused\n"
                      "pba-read +0x0 width=8 => value=0x0\nrestore slot=1 => ok\nresume => ok\npoll => none\n"
                      "pba-read +0x0 width=8 => value=0x8000000000000000\nfunction-mask off\npoll => 3:1\n"
                      "raise 63\npoll => 3:1\npause\nrestore slot=1 => ok\nresume\nfunction-mask off\npoll => 3:1\n");
    backend->close(context);
}

static void nvme(void)
{
    void *context = opened("device=nvme");

    conforms(context, "irqcts-program 1\nconfigure entries=65 messages=1\n"
                      "table-write 64.data 0x41\ntable-read 64.data => value=0x41\n"
                      "capability-read +0x2 width=2 => value=0x40/0x7ff\n");
    backend->close(context);
}

/* Its virtual functions: registers of their own, on from CONFIGURE and again after every reset. */
static void nvme_virtual_functions(void)
{
    void *context = opened("device=nvme-sriov");

    conforms(context, "irqcts-program 1\nconfigure entries=61 messages=1 vfs=4 vf-entries=1 vf-messages=1\n"
                      "table-write 0.data 0x41 vf=3\ntable-write 0.data 0x42 vf=0\n"
                      "table-read 0.data vf=3 => value=0x41\ntable-read 0.data vf=0 => value=0x42\n"
                      "enable on vf=3\ncapability-read +0x2 width=2 vf=3 => value=0x8000/0xc7ff\n"
                      "capability-read +0x2 width=2 vf=2 => value=0x0/0xc7ff\n"
                      "reset function-level vf=3\ncapability-read +0x2 width=2 vf=3 => value=0x0/0xc7ff\n"
                      "table-read 0.data vf=0 => value=0x42\nenable on vf=3\n"
                      "reset function-level\ncapability-read +0x2 width=2 vf=3 => value=0x0/0xc7ff\n"
                      "table-write 0.data 0x43 vf=3\ntable-read 0.data vf=3 => value=0x43\n");
    backend->close(context);
}

/* QEMU killed in the middle: the sentence says so, nothing hangs, nothing is left. */
static void death_is_a_sentence(void)
{
    void *context = opened("device=rocker");
    struct irqcts_operation configure = {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = 4, .message = 1};
    struct irqcts_delivery_buffer deliveries = {0};
    struct irqcts_result result;
    char command[64];

    CHECK_EQ(backend->execute(context, &configure, 1, &result, &deliveries, error, sizeof(error)), 0);
    (void)snprintf(command, sizeof(command), "pkill -9 -P %d qemu-system", (int)getpid());
    CHECK_EQ(system(command), 0);
    CHECK(backend->execute(context, &configure, 1, &result, &deliveries, error, sizeof(error)) < 0);
    CHECK(strstr(error, "signal 9") != NULL);
    backend->close(context);
}

int main(void)
{
    backend = irqcts_backend_qemu_entry(IRQCTS_BACKEND_ABI_VERSION);
    rocker();
    many_vectors();
    many_messages();
    migration();
    nvme();
    nvme_virtual_functions();
    death_is_a_sentence();
    refused("device=toaster", "the devices are rocker");
    refused("device=nvme-sriov,vectors=4", "vectors= is for device=ivshmem");
    refused("device", "is not KEY=VALUE");
    refused("colour=red", "the options are device, path");
    refused("vectors=4", "vectors= is for device=ivshmem");
    refused("device=ivshmem,vectors=4096", "is not a number from 1 to 2048");
    refused("messages=2049", "is not a number from 1 to 2048");
    refused("path=/no/such/qemu", "is no QEMU that runs here");
    return 0;
}
