/* SPDX-License-Identifier: Apache-2.0 */
/* The NVMe stimulus against a controller of a few lines, which works in a thread of its own on registers that are
 * memory: when completions are acknowledged, and how long is waited for it. */
#define _GNU_SOURCE
#include "stimulus_drivers.h"

#include "check.h"

#include <pthread.h>
#include <stdbool.h>
#include <time.h>
#include <unistd.h>

enum { ENTRIES = 3, DEPTH = 64, PAGE = 4096, CAP = 0, CC = 0x14 / 4, CSTS = 0x1c / 4, DOORBELLS = 0x1000 / 4 };

static volatile uint32_t registers[0x2000 / 4];

static struct {
    volatile uint32_t *memory;
    volatile bool ends;
    uint32_t start_ms;  /* from CC.EN to CSTS.RDY */
    uint32_t answer_ms; /* of the first command after a start */
    bool mute;
    uint32_t taken[ENTRIES];
    uint32_t posted[ENTRIES]; /* since the start */
} controller;

static void wait_ms(uint32_t milliseconds)
{
    const struct timespec time = { milliseconds / 1000, milliseconds % 1000 * 1000000L };
    (void)nanosleep(&time, NULL);
}

static void start_or_stop(void)
{
    bool enabled = (registers[CC] & 1u) != 0;
    if (enabled == (registers[CSTS] == 1u)) {
        return;
    }
    if (enabled) {
        wait_ms(controller.start_ms);
    } else {
        for (uint32_t queue = 0; queue < ENTRIES; queue++) {
            registers[DOORBELLS + 2 * queue] = registers[DOORBELLS + 2 * queue + 1] = 0;
            controller.taken[queue] = controller.posted[queue] = 0;
        }
    }
    registers[CSTS] = enabled;
}

static void complete_one(uint32_t queue)
{
    const volatile uint32_t *command = controller.memory + (queue * 2 * PAGE + controller.taken[queue] * 64) / 4;
    uint32_t at = controller.posted[queue] % DEPTH;
    uint32_t phase = controller.posted[queue] / DEPTH % 2 == 0;
    volatile uint32_t *completion = controller.memory + ((queue * 2 + 1) * PAGE + at * 16) / 4;
    if (queue == 0 && controller.posted[0] == 0) {
        wait_ms(controller.answer_ms);
    }
    completion[0] = (command[0] & 0xffu) == 0x09u ? 0xffffffffu : 0; /* Set Features: as many queues as you like */
    __atomic_thread_fence(__ATOMIC_SEQ_CST);
    controller.taken[queue] = (controller.taken[queue] + 1) % DEPTH;
    controller.posted[queue]++;
    completion[3] = command[0] >> 16 | phase << 16;
}

static void *work(void *unused)
{
    while (!controller.ends) {
        start_or_stop();
        for (uint32_t queue = 0; queue < ENTRIES; queue++) {
            if (registers[CSTS] == 1u && !controller.mute &&
                controller.taken[queue] != registers[DOORBELLS + 2 * queue]) {
                complete_one(queue);
            }
        }
        wait_ms(0);
    }
    return unused;
}

static int32_t map_memory(void *host, void *memory, uint64_t bytes, uint64_t iova)
{
    CHECK(host == &controller);
    CHECK_EQ(bytes % (uint64_t)sysconf(_SC_PAGESIZE), 0);
    CHECK_EQ(iova % (uint64_t)sysconf(_SC_PAGESIZE), 0);
    controller.memory = memory;
    return 0;
}

static struct irqcts_stimulus_device device = {
    .bar = { registers },
    .bar_bytes = { sizeof registers },
    .class_code = 0x010802,
    .entries = ENTRIES,
    .map_memory = map_memory,
    .host = &controller,
};

static uint32_t acknowledged(uint32_t queue)
{
    return registers[DOORBELLS + 2 * queue + 1];
}

static void test_acknowledging(const struct irqcts_stimulus_driver *nvme, void *state)
{
    const uint32_t setup = 1 + 2 * (ENTRIES - 1);
    nvme->arm(state);
    CHECK_EQ(acknowledged(0), setup);
    CHECK_EQ(nvme->raise(state, 1), IRQCTS_STATUS_OK);
    CHECK_EQ(acknowledged(1), 0); /* its cause stays, and with it what is pending */
    CHECK_EQ(nvme->raise(state, 2), IRQCTS_STATUS_OK);
    CHECK_EQ(acknowledged(1), 0);
    CHECK_EQ(nvme->raise(state, 1), IRQCTS_STATUS_OK);
    CHECK_EQ(acknowledged(1), 1);
    CHECK_EQ(nvme->raise(state, 0), IRQCTS_STATUS_OK);
    CHECK_EQ(acknowledged(0), setup);
    nvme->arm(state);
    CHECK_EQ(acknowledged(0), setup + 1);
    CHECK_EQ(acknowledged(1), 2);
    CHECK_EQ(acknowledged(2), 1);
    for (uint32_t event = 0; event < 2 * DEPTH; event++) {
        CHECK_EQ(nvme->raise(state, 1), IRQCTS_STATUS_OK);
        CHECK_EQ(acknowledged(1), (event + 2) % DEPTH);
    }
    CHECK_EQ(nvme->raise(state, ENTRIES), IRQCTS_STATUS_NOT_SUPPORTED);
}

/* A controller that is slow to start has said so, and its first commands may take longer than events do. */
static void test_patience(const struct irqcts_stimulus_driver *nvme)
{
    char error[256] = "";
    void *state = NULL;
    registers[CAP] = 6u << 24; /* three seconds */
    controller.start_ms = 2200;
    controller.answer_ms = 300;
    CHECK_EQ(nvme->prepare(&state, &device, error, sizeof error), 0);
    nvme->arm(state);
    CHECK_EQ(nvme->raise(state, 1), IRQCTS_STATUS_OK);
    controller.mute = true;
    CHECK_EQ(nvme->raise(state, 1), IRQCTS_STATUS_NOT_SUPPORTED);
    nvme->restore(state);
}

/* It reads all ones, and its own patience would be two minutes. */
static void test_gone(const struct irqcts_stimulus_driver *nvme)
{
    char error[256] = "";
    void *state = NULL;
    registers[CAP] = registers[CSTS] = 0xffffffffu;
    CHECK(nvme->prepare(&state, &device, error, sizeof error) < 0);
    CHECK_TEXT(error, "nvme: the controller cannot be stopped (CSTS 0xffffffff)");
}

int main(void)
{
    const struct irqcts_stimulus_driver *nvme = &irqcts_stimulus_nvme;
    char error[256] = "";
    void *state = NULL;
    pthread_t thread;
    CHECK_EQ(pthread_create(&thread, NULL, work, NULL), 0);
    CHECK(nvme->matches(&device) != 0);
    CHECK_EQ(nvme->prepare(&state, &device, error, sizeof error), 0);
    test_acknowledging(nvme, state);
    nvme->restore(state);
    test_patience(nvme);
    controller.ends = true;
    CHECK_EQ(pthread_join(thread, NULL), 0);
    test_gone(nvme);
    return 0;
}
