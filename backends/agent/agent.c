/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The agent: loads one backend, runs whole programs on it and answers in the
 * wire form on standard input and output.  It judges nothing; that is the
 * harness's part, so that this program stays small and the same everywhere.
 *
 *   irqcts-agent --backend NAME_OR_PATH [--options KEY=VALUE,…] [--token TOKEN] [--listen [ADDRESS:]PORT]
 *
 * It ends on CLOSE, at the end of its input, and on SIGTERM or SIGINT, and
 * always closes the backend first, so that the device is restored.
 */
#if !defined(_WIN32)
#  define _POSIX_C_SOURCE 200809L
#endif
#include "agent_listen.h"
#include "agent_registry.h"
#include "agent_stream.h"

#include "irqcts/wire.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#if defined(__GLIBC__)
#  include <malloc.h>
#endif

struct arguments {
    const char *backend;
    const char *options;
    const char *token;
    const char *listen; /* NULL: standard input and output */
};

struct agent {
    const struct arguments *arguments;
    const struct irqcts_backend_interface *backend;
    void *context;
    struct irqcts_bytes reply;
    uint8_t *payload;
    size_t payload_capacity;
};

static int send_reply(struct agent *agent)
{
    int result = agent_write(agent->reply.data, agent->reply.length);

    agent->reply.length = 0;
    return result;
}

static int send_error(struct agent *agent, uint32_t sequence, int32_t error, const char *sentence)
{
    agent->reply.length = 0;
    return irqcts_wire_encode_error(&agent->reply, sequence, error, sentence) == IRQCTS_ERROR_NONE ? send_reply(agent)
                                                                                                    : -1;
}

static int32_t open_backend(struct agent *agent)
{
    char sentence[1024] = "";
    int32_t error = irqcts_backend_load(&agent->backend, agent->arguments->backend);

    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    if (agent->backend->open(&agent->context, agent->arguments->options, sentence, sizeof(sentence)) < 0) {
        sentence[sizeof(sentence) - 1] = '\0';
        agent->context = NULL;
        return irqcts_fail(IRQCTS_ERROR_OPEN, "%s: %s", agent->backend->name,
                           sentence[0] != '\0' ? sentence : "cannot be opened, without a reason given");
    }
    return IRQCTS_ERROR_NONE;
}

static void close_backend(struct agent *agent)
{
    if (agent->context != NULL) {
        agent->backend->close(agent->context);
        agent->context = NULL;
    }
}

/* The token is compared whole, whatever differs first. */
static int token_matches(const char *expected, const char *given)
{
    size_t length = strlen(expected);
    unsigned char difference = strlen(given) != length;

    for (size_t i = 0; i < length && given[i] != '\0'; i++) {
        difference |= (unsigned char)(expected[i] ^ given[i]);
    }
    return difference == 0;
}

static int on_hello(struct agent *agent, const struct irqcts_wire_header *header)
{
    struct irqcts_backend_description description;
    char token[1024];
    int32_t error = irqcts_wire_decode_hello(token, sizeof(token), agent->payload, header->length);

    if (error == IRQCTS_ERROR_NONE && !token_matches(agent->arguments->token, token)) {
        error = irqcts_fail(IRQCTS_ERROR_ARGUMENT, "the token is not the one that this agent was started with");
        (void)send_error(agent, header->sequence, error, irqcts_last_error());
        return -1; /* no second guess on the same connection */
    }
    if (error == IRQCTS_ERROR_NONE && agent->context == NULL) {
        error = open_backend(agent);
    }
    if (error == IRQCTS_ERROR_NONE) {
        memset(&description, 0, sizeof(description));
        if (agent->backend->describe(agent->context, &description) < 0) {
            error = irqcts_fail(IRQCTS_ERROR_BACKEND, "%s does not describe itself", agent->backend->name);
        } else {
            error = irqcts_wire_encode_description(&agent->reply, header->sequence, &description);
        }
    }
    return error == IRQCTS_ERROR_NONE ? send_reply(agent)
                                      : send_error(agent, header->sequence, error, irqcts_last_error());
}

static int on_run(struct agent *agent, const struct irqcts_wire_header *header)
{
    struct irqcts_program *program = NULL;
    struct irqcts_trace *trace = NULL;
    uint32_t flags;
    int32_t error = IRQCTS_ERROR_NONE;

    if (agent->context == NULL) {
        error = irqcts_fail(IRQCTS_ERROR_ARGUMENT, "RUN before HELLO");
    } else {
        error = irqcts_wire_decode_run(&program, &flags, agent->payload, header->length);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = irqcts_session_run(&trace, agent->backend, agent->context, program, flags, 0);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = irqcts_wire_encode_trace(&agent->reply, header->sequence, trace);
    }
    irqcts_trace_free(trace);
    irqcts_program_free(program);
    return error == IRQCTS_ERROR_NONE ? send_reply(agent)
                                      : send_error(agent, header->sequence, error, irqcts_last_error());
}

static int on_record(struct agent *agent, const struct irqcts_wire_header *header)
{
    struct irqcts_history *history = NULL;
    struct irqcts_history_shape shape;
    struct irqcts_history_plan plan;
    int32_t error = IRQCTS_ERROR_NONE;

    if (agent->context == NULL) {
        error = irqcts_fail(IRQCTS_ERROR_ARGUMENT, "RECORD before HELLO");
    } else {
        error = irqcts_wire_decode_record(&shape, &plan, agent->payload, header->length);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = irqcts_history_record(&history, agent->backend, agent->context, &shape, &plan);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = irqcts_wire_encode_history(&agent->reply, header->sequence, history);
    }
    irqcts_history_free(history);
    return error == IRQCTS_ERROR_NONE ? send_reply(agent)
                                      : send_error(agent, header->sequence, error, irqcts_last_error());
}

/* 0: go on; 1: end; negative: the other end is gone. */
static int on_frame(struct agent *agent, const struct irqcts_wire_header *header)
{
    switch (header->type) {
    case IRQCTS_WIRE_HELLO:
        return on_hello(agent, header);
    case IRQCTS_WIRE_RUN:
        return on_run(agent, header);
    case IRQCTS_WIRE_RECORD:
        return on_record(agent, header);
    case IRQCTS_WIRE_CLOSE:
        close_backend(agent);
        (void)irqcts_wire_encode_empty(&agent->reply, IRQCTS_WIRE_CLOSED, header->sequence);
        (void)send_reply(agent);
        return 1;
    default:
        return send_error(agent, header->sequence, IRQCTS_ERROR_FORMAT, "a frame that only an agent sends");
    }
}

static int serve(struct agent *agent)
{
    for (;;) {
        uint8_t bytes[IRQCTS_WIRE_HEADER_BYTES];
        struct irqcts_wire_header header;
        int result = agent_read(bytes, sizeof(bytes));
        int32_t error;

        if (result != 0) {
            return result > 0 ? 0 : 1; /* the end of input between frames is how a harness leaves */
        }
        error = irqcts_wire_header_decode(&header, bytes);
        if (error != IRQCTS_ERROR_NONE) {
            (void)send_error(agent, 0, error, irqcts_last_error());
            return 1; /* after a broken header there is no knowing where the next frame begins */
        }
        if (header.length > agent->payload_capacity) {
            uint8_t *grown = realloc(agent->payload, header.length);
            if (grown == NULL) {
                (void)send_error(agent, header.sequence, IRQCTS_ERROR_MEMORY, "no memory for a frame");
                return 1;
            }
            agent->payload = grown;
            agent->payload_capacity = header.length;
        }
        if (header.length > 0 && agent_read(agent->payload, header.length) != 0) {
            return 1;
        }
        result = on_frame(agent, &header);
        if (result != 0) {
            return result > 0 ? 0 : 1;
        }
    }
}

static int usage(const char *problem)
{
    (void)fprintf(stderr,
                  "irqcts-agent: %s\nusage: irqcts-agent --backend NAME_OR_PATH [--options KEY=VALUE,...] "
                  "[--token TOKEN] [--listen [ADDRESS:]PORT]\n",
                  problem);
    return 2;
}

int main(int count, char **values)
{
    struct arguments arguments = {NULL, "", "", NULL};
    char sentence[512];
    struct agent agent = {0};
    int status;

    for (int i = 1; i < count; i++) {
        const char **target = strcmp(values[i], "--backend") == 0   ? &arguments.backend
                              : strcmp(values[i], "--options") == 0 ? &arguments.options
                              : strcmp(values[i], "--token") == 0   ? &arguments.token
                              : strcmp(values[i], "--listen") == 0  ? &arguments.listen
                                                                    : NULL;
        if (target == NULL) {
            return usage("an argument that is not known");
        }
        if (++i == count) {
            return usage("an argument without its value");
        }
        *target = values[i];
    }
    if (arguments.backend == NULL) {
        return usage("--backend is missing");
    }
    if (arguments.listen != NULL && arguments.token[0] == '\0') {
        return usage("--listen needs a --token: whoever reaches the port could use the device");
    }
    if (arguments.listen != NULL && agent_listen(arguments.listen, sentence, sizeof(sentence)) != 0) {
        return usage(sentence);
    }
#if defined(__GLIBC__)
    /* Programs and traces of a megabyte come and go; giving their pages back to the
     * kernel after each costs more than running some of them does. */
    (void)mallopt(M_MMAP_THRESHOLD, 16 << 20);
    (void)mallopt(M_TRIM_THRESHOLD, 256 << 20);
#endif
    agent.arguments = &arguments;
    agent_register_backends();
    agent_stream_open();
    status = serve(&agent);
    close_backend(&agent);
    irqcts_bytes_free(&agent.reply);
    free(agent.payload);
    return status;
}
