/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any NVM Express controller: every command that completes is an event on its
 * completion queue's vector (NVM Express base specification 1.4, 3.1, 4.6, 5.3
 * to 5.4, 7.6.1).  The administration queue is on entry 0; an I/O queue pair is
 * made for each further entry as far as the controller has them.
 *
 * Nothing on the media is read or written: the commands are Get Features and a
 * Flush of a namespace that does not exist, whose completion says so.
 */
#define _GNU_SOURCE
#include "stimulus_drivers.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define CLASS_NVM_EXPRESS 0x010802u
#define REGISTERS_BAR 0u
#define CAP_LOW 0x00u  /* bits 31:24: patience of a start or stop, in 500 ms */
#define CAP_HIGH 0x04u /* bits 3:0: doorbell stride */
#define CC 0x14u
#define CSTS 0x1cu
#define AQA 0x24u
#define ASQ 0x28u
#define ACQ 0x30u
#define DOORBELLS 0x1000u
#define CC_ENABLE 0x00460001u /* 16-byte completions, 64-byte submissions, 4 KiB pages, enabled */
#define CSTS_READY 1u
#define GONE 0xffffffffu /* a device that does not answer reads all ones */

#define OPCODE_CREATE_SUBMISSION 0x01u
#define OPCODE_CREATE_COMPLETION 0x05u
#define OPCODE_SET_FEATURES 0x09u
#define OPCODE_GET_FEATURES 0x0au
#define OPCODE_FLUSH 0x00u
#define FEATURE_QUEUES 7u
#define NO_NAMESPACE 0xfffffffeu

#define PAGE_BYTES 4096u
#define QUEUE_DEPTH 64u /* one page of submissions */
#define QUEUES_MAX 2048u
#define IO_BASE UINT64_C(0x10000000)
#define PATIENCE_NS UINT64_C(2000000000)        /* of a start or a stop, at least */
#define PATIENCE_UNIT_NS UINT64_C(500000000)    /* of the controller's own number */
#define BRING_UP_NS UINT64_C(5000000000)        /* of a command that sets it up */
#define COMPLETION_NS UINT64_C(200000000)       /* of a command that reads nothing from the media */

struct submission {
    uint32_t command; /* opcode, identifier << 16 */
    uint32_t namespace_id;
    uint32_t reserved[4];
    uint64_t pointer1;
    uint64_t pointer2;
    uint32_t argument[6];
};

struct completion {
    uint32_t result;
    uint32_t reserved;
    uint32_t submission;
    uint32_t status; /* identifier, phase at bit 16, status above */
};

struct queue {
    uint32_t tail;
    uint32_t head;
    uint32_t phase;
    bool due; /* the last completion is not acknowledged yet */
};

struct nvme {
    const struct irqcts_stimulus_device *device;
    uint8_t *memory; /* two pages a queue: submissions, completions */
    size_t memory_bytes;
    uint64_t patience_ns; /* of a start or a stop */
    uint32_t queues; /* with the administration queue */
    uint32_t stride;
    struct queue queue[QUEUES_MAX];
};

static uint64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static uint64_t io_address(uint32_t queue, uint32_t page)
{
    return IO_BASE + ((uint64_t)queue * 2 + page) * PAGE_BYTES;
}

static void ring(const struct nvme *state, uint32_t queue, uint32_t completion, uint32_t value)
{
    uint64_t offset = DOORBELLS + (uint64_t)(2 * queue + completion) * state->stride;
    irqcts_register_write(state->device, REGISTERS_BAR, offset, value);
}

/* Tells the controller that the completions were seen.  That satisfies the cause of the
 * interrupt, and one that pends behind a mask is then withdrawn (PEND-WITHDRAWN). */
static void acknowledge(struct nvme *state, uint32_t index)
{
    struct queue *queue = &state->queue[index];
    if (queue->due) {
        queue->due = false;
        ring(state, index, 1, queue->head);
    }
}

/* Submits one command and waits for its completion, so that its event has
 * happened on return.  0, or -1 when the controller does not answer.  The completion
 * is acknowledged before the next command: a controller need not send a message for
 * another completion while there is one that nobody acknowledged. */
static int run_command(struct nvme *state, uint32_t index, struct submission command, uint64_t patience_ns,
                       uint32_t *out_result)
{
    struct queue *queue = &state->queue[index];
    volatile struct completion *completions =
        (volatile struct completion *)(state->memory + ((size_t)index * 2 + 1) * PAGE_BYTES);
    struct submission *submissions = (struct submission *)(void *)(state->memory + (size_t)index * 2 * PAGE_BYTES);

    acknowledge(state, index);
    command.command |= queue->tail << 16;
    submissions[queue->tail] = command;
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    queue->tail = (queue->tail + 1) % QUEUE_DEPTH;
    ring(state, index, 0, queue->tail);

    volatile struct completion *answer = &completions[queue->head];
    uint64_t start = now_ns();
    while ((answer->status >> 16 & 1u) != queue->phase) {
        if (now_ns() - start > patience_ns) {
            return -1;
        }
    }
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    uint32_t status = answer->status >> 17;
    if (out_result != NULL) {
        *out_result = answer->result;
    }
    queue->head++;
    if (queue->head == QUEUE_DEPTH) {
        queue->head = 0;
        queue->phase ^= 1u;
    }
    queue->due = true;
    return out_result != NULL && (status & 0x7ffu) != 0 ? -1 : 0;
}

/* A command that sets the controller up; its event is nobody's. */
static int run_setup(struct nvme *state, struct submission command, uint32_t *out_result)
{
    int code = run_command(state, 0, command, BRING_UP_NS, out_result);
    acknowledge(state, 0);
    return code;
}

static int wait_ready(const struct nvme *state, uint32_t ready)
{
    uint64_t start = now_ns();
    for (;;) {
        uint32_t status = irqcts_register_read(state->device, REGISTERS_BAR, CSTS);
        if (status != GONE && (status & CSTS_READY) == ready) {
            return 0;
        }
        if (status == GONE || now_ns() - start > state->patience_ns) {
            return -1;
        }
    }
}

static int stop(const struct nvme *state)
{
    irqcts_register_write(state->device, REGISTERS_BAR, CC, 0);
    return wait_ready(state, 0);
}

static void write_address(const struct nvme *state, uint64_t offset, uint64_t address)
{
    irqcts_register_write(state->device, REGISTERS_BAR, offset, (uint32_t)address);
    irqcts_register_write(state->device, REGISTERS_BAR, offset + 4, (uint32_t)(address >> 32));
}

static int create_queue_pair(struct nvme *state, uint32_t index)
{
    uint32_t result;
    uint32_t size_and_number = (QUEUE_DEPTH - 1u) << 16 | index;
    struct submission completion_queue = {
        .command = OPCODE_CREATE_COMPLETION,
        .pointer1 = io_address(index, 1),
        .argument = { size_and_number, index << 16 | 3u }, /* its vector; interrupts on, contiguous */
    };
    struct submission submission_queue = {
        .command = OPCODE_CREATE_SUBMISSION,
        .pointer1 = io_address(index, 0),
        .argument = { size_and_number, index << 16 | 1u }, /* its completion queue; contiguous */
    };
    return run_setup(state, completion_queue, &result) < 0 ? -1 : run_setup(state, submission_queue, &result);
}

static int bring_up(struct nvme *state)
{
    if (stop(state) < 0) {
        return -1;
    }
    memset(state->memory, 0, state->memory_bytes);
    for (uint32_t index = 0; index < QUEUES_MAX; index++) {
        state->queue[index] = (struct queue){ .phase = 1 };
    }
    irqcts_register_write(state->device, REGISTERS_BAR, AQA, (QUEUE_DEPTH - 1u) << 16 | (QUEUE_DEPTH - 1u));
    write_address(state, ASQ, io_address(0, 0));
    write_address(state, ACQ, io_address(0, 1));
    irqcts_register_write(state->device, REGISTERS_BAR, CC, CC_ENABLE);
    if (wait_ready(state, CSTS_READY) < 0) {
        return -1;
    }
    uint32_t wanted = state->device->entries - 1u;
    uint32_t granted = 0;
    if (wanted > 0) {
        struct submission ask = { .command = OPCODE_SET_FEATURES,
                                  .argument = { FEATURE_QUEUES, (wanted - 1u) << 16 | (wanted - 1u) } };
        if (run_setup(state, ask, &granted) < 0) {
            return -1;
        }
        uint32_t submissions = (granted & 0xffffu) + 1u;
        uint32_t completions = (granted >> 16) + 1u;
        uint32_t least = submissions < completions ? submissions : completions;
        wanted = least < wanted ? least : wanted;
    }
    state->queues = 1;
    for (uint32_t index = 1; index <= wanted; index++) {
        if (create_queue_pair(state, index) < 0) {
            break; /* as many entries as the controller has queues */
        }
        state->queues = index + 1;
    }
    return 0;
}

static uint32_t nvme_matches(const struct irqcts_stimulus_device *device)
{
    return device->class_code == CLASS_NVM_EXPRESS && device->bar[REGISTERS_BAR] != NULL &&
           device->entries <= QUEUES_MAX;
}

static void release(struct nvme *state)
{
    if (state->memory != NULL) {
        munmap(state->memory, state->memory_bytes);
    }
    free(state);
}

static int32_t nvme_prepare(void **out, const struct irqcts_stimulus_device *device, char *error, size_t error_size)
{
    struct nvme *state = calloc(1, sizeof *state);
    if (state == NULL) {
        snprintf(error, error_size, "nvme: out of memory");
        return IRQCTS_ERROR_MEMORY;
    }
    state->device = device;
    state->stride = 4u << (irqcts_register_read(device, REGISTERS_BAR, CAP_HIGH) & 0xfu);
    uint64_t own_patience = (irqcts_register_read(device, REGISTERS_BAR, CAP_LOW) >> 24) * PATIENCE_UNIT_NS;
    state->patience_ns = own_patience > PATIENCE_NS ? own_patience : PATIENCE_NS;
    /* map_memory takes whole pages of this machine, which may have 16 or 64 KiB. */
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    state->memory_bytes = ((size_t)device->entries * 2 * PAGE_BYTES + page - 1) / page * page;
    void *memory = mmap(NULL, state->memory_bytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_POPULATE, -1, 0);
    state->memory = memory == MAP_FAILED ? NULL : memory;
    int32_t code = state->memory == NULL ? -1
                                         : device->map_memory(device->host, memory, state->memory_bytes, IO_BASE);
    if (code < 0) {
        snprintf(error, error_size, "nvme: cannot give the controller %zu bytes of memory for its queues (%s)",
                 state->memory_bytes, strerror(-code));
        release(state);
        return IRQCTS_ERROR_OPEN;
    }
    if (stop(state) < 0) {
        snprintf(error, error_size, "nvme: the controller cannot be stopped (CSTS 0x%x)",
                 irqcts_register_read(device, REGISTERS_BAR, CSTS));
        release(state);
        return IRQCTS_ERROR_OPEN;
    }
    *out = state;
    return 0;
}

static void nvme_arm(void *opaque)
{
    struct nvme *state = opaque;
    if ((irqcts_register_read(state->device, REGISTERS_BAR, CSTS) & CSTS_READY) == 0) {
        state->queues = 0;
        (void)bring_up(state); /* the first time, and after a reset */
        return;
    }
    for (uint32_t index = 0; index < state->queues; index++) {
        acknowledge(state, index);
    }
}

static uint32_t nvme_raise(void *opaque, uint32_t entry)
{
    struct nvme *state = opaque;
    if (state->queues == 0) {
        return IRQCTS_STATUS_DEVICE_ERROR; /* it did not come up */
    }
    if (entry >= state->queues) {
        return IRQCTS_STATUS_NOT_SUPPORTED;
    }
    struct submission command = { .command = OPCODE_FLUSH, .namespace_id = NO_NAMESPACE };
    if (entry == 0) {
        command = (struct submission){ .command = OPCODE_GET_FEATURES, .argument = { FEATURE_QUEUES } };
    }
    if (run_command(state, entry, command, COMPLETION_NS, NULL) == 0) {
        return IRQCTS_STATUS_OK;
    }
    /* It cannot complete anything now, without Bus Master for example; what it
     * would complete later must not be mistaken for a new event. */
    (void)stop(state);
    state->queues = 0;
    return IRQCTS_STATUS_NOT_SUPPORTED;
}

static void nvme_restore(void *opaque)
{
    struct nvme *state = opaque;
    (void)stop(state);
    release(state);
}

const struct irqcts_stimulus_driver irqcts_stimulus_nvme = {
    .abi_version = IRQCTS_STIMULUS_ABI_VERSION,
    .name = "nvme",
    .asynchronous = 1, /* the message follows its completion */
    .arm_enabled = 1, /* a controller may refuse a completion queue with a vector that it does not have yet */
    .matches = nvme_matches,
    .prepare = nvme_prepare,
    .arm = nvme_arm,
    .raise = nvme_raise,
    /* No withdraw: QEMU's controller leaves Pending set when the completion is acknowledged. */
    .restore = nvme_restore,
};
