/* SPDX-License-Identifier: Apache-2.0 */
/* Starting a QEMU with the device under test and the counters, and putting another in its place. */
#include "qemu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

enum {
    TEXT = 256,
    ARGUMENTS = 4 * ((int)QEMU_COUNTERS + 1) + 8
};

static const uint64_t first_bar_address = 0xe0000000;
static const uint64_t last_port_address = 0xe0ffffff; /* of what the root port passes on */

/* A command line's device part; `list` ends with NULL. */
struct command_line {
    char text[2 * (QEMU_COUNTERS + 1u) + 1u][TEXT];
    const char *list[ARGUMENTS];
    size_t count;
    size_t texts;
};

static int has_own_server(const struct qemu *qemu)
{
    return qemu->kind->default_vectors != 0;
}

/* Thousands of eventfds, here and in QEMU, which inherits the limit. */
static void raise_file_limit(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max < 65536 ? limit.rlim_max : 65536;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static void add_doorbell(struct command_line *line, const char *folder, const char *name, uint32_t vectors,
                         uint32_t slot)
{
    char *chardev = line->text[line->texts++];
    char *device = line->text[line->texts++];

    (void)snprintf(chardev, TEXT, "socket,id=%s,path=%s/%s", name, folder, name);
    /* master=on: the device may be migrated. */
    (void)snprintf(device, TEXT, "ivshmem-doorbell,chardev=%s,master=on,vectors=%u,addr=%u", name, vectors, slot);
    line->list[line->count++] = "-chardev";
    line->list[line->count++] = chardev;
    line->list[line->count++] = "-device";
    line->list[line->count++] = device;
}

static void make_command_line(struct command_line *line, const struct qemu *qemu, const char *incoming)
{
    line->count = 0;
    line->texts = 0;
    for (uint32_t i = 0; i < QEMU_COUNTERS; i++) {
        const char *name = i == 0 ? "counter0" : "counter1";
        add_doorbell(line, qemu->folder, name, qemu->counter[i].counters, QEMU_DEVICE_SLOT + 1u + i);
    }
    if (has_own_server(qemu)) {
        add_doorbell(line, qemu->folder, "device", qemu->vectors, QEMU_DEVICE_SLOT);
    } else {
        char *device = line->text[line->texts++];
        if (qemu->kind->before != NULL) {
            line->list[line->count++] = "-device";
            line->list[line->count++] = qemu->kind->before;
        }
        if (qemu->kind->behind_port) {
            char *port = line->text[line->texts++];
            (void)snprintf(port, TEXT, "pcie-root-port,id=behind,addr=%u", (unsigned)QEMU_DEVICE_SLOT);
            line->list[line->count++] = "-device";
            line->list[line->count++] = port;
            (void)snprintf(device, TEXT, "%s,bus=behind,addr=0", qemu->kind->argument);
        } else {
            (void)snprintf(device, TEXT, "%s,addr=%u", qemu->kind->argument, (unsigned)QEMU_DEVICE_SLOT);
        }
        line->list[line->count++] = "-device";
        line->list[line->count++] = device;
    }
    if (incoming != NULL) {
        line->list[line->count++] = "-incoming";
        line->list[line->count++] = incoming;
    }
    line->list[line->count] = NULL;
}

static struct ivshmem *server_of(struct qemu *qemu, uint32_t i)
{
    return i < QEMU_COUNTERS ? &qemu->counter[i] : &qemu->device_server;
}

static uint32_t servers(const struct qemu *qemu)
{
    return QEMU_COUNTERS + (has_own_server(qemu) ? 1u : 0u);
}

static void incarnation_end(struct incarnation *incarnation)
{
    process_close(&incarnation->process);
    for (uint32_t i = 0; i <= QEMU_COUNTERS; i++) {
        if (incarnation->bells[i] >= 0) {
            (void)close(incarnation->bells[i]);
        }
        incarnation->bells[i] = -1;
    }
}

/* Runs QEMU until its main loop answers and has taken all eventfds.  `incoming` NULL: from power-on. */
static int launch(struct incarnation *out, struct qemu *qemu, const char *incoming)
{
    struct command_line line;
    struct problem *problem = &qemu->problem;

    for (uint32_t i = 0; i <= QEMU_COUNTERS; i++) {
        out->bells[i] = -1;
    }
    make_command_line(&line, qemu, incoming);
    if (process_prepare(&out->process, problem) != 0 ||
        process_start(&out->process, qemu->path, line.list, problem) != 0) {
        return -1;
    }
    /* QEMU makes its devices in order and waits for each one's server. */
    for (uint32_t i = 0; i < servers(qemu); i++) {
        out->bells[i] = ivshmem_accept(server_of(qemu, i), out->process.pid, problem);
        if (out->bells[i] < 0) {
            return -1;
        }
    }
    if (process_connect(&out->process, problem) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < servers(qemu); i++) {
        if (ivshmem_announce(server_of(qemu, i), out->bells[i], problem) != 0) {
            return -1;
        }
    }
    return 0;
}

int qemu_open_buses(struct qemu *qemu)
{
    if (qemu->kind->virtual_functions > 0 && pci_open_extended(&qemu->qtest, &qemu->problem) != 0) {
        return -1;
    }
    return !qemu->kind->behind_port ? 0
                                    : pci_open_port(&qemu->qtest, QEMU_DEVICE_SLOT << 3, first_bar_address,
                                                    last_port_address, &qemu->problem);
}

static int discover(struct qemu *qemu)
{
    struct problem *problem = &qemu->problem;
    uint64_t next = first_bar_address;

    uint32_t count = qemu->kind->virtual_functions;

    if (qemu_open_buses(qemu) != 0 ||
        pci_discover(&qemu->function[0], &qemu->qtest,
                     qemu->kind->behind_port ? PCI_PORT_BUS << 8 : QEMU_DEVICE_SLOT << 3, &next, problem) != 0 ||
        (count > 0 && sriov_discover(&qemu->sriov, &qemu->function[1], count, &qemu->function[0], &qemu->qtest, &next,
                                     problem) != 0)) {
        return -1;
    }
    if (qemu->kind->behind_port) {
        next = last_port_address + 1u;
    }
    for (uint32_t i = 0; i < QEMU_COUNTERS; i++) {
        if (pci_discover(&qemu->counter_function[i], &qemu->qtest, (QEMU_DEVICE_SLOT + 1u + i) << 3, &next, problem) !=
            0) {
            return -1;
        }
    }
    for (uint32_t i = 0; i <= count; i++) {
        const struct pci_function *function = &qemu->function[i];
        if (function->msix == 0 || function->bar_size[function->table_bar] == 0 ||
            function->bar_size[function->pba_bar] == 0 || function->entries != qemu->function[i > 0 ? 1 : 0].entries) {
            return problem_set(problem, "function %u of QEMU's %s has no MSI-X capability that can be used", i,
                               qemu->kind->name);
        }
    }
    if (qemu->messages > qemu->function[0].entries) {
        qemu->messages = qemu->function[0].entries;
    }
    return 0;
}

int qemu_start(struct qemu *qemu)
{
    struct problem *problem = &qemu->problem;
    char path[128];

    raise_file_limit();
    if (process_version(qemu->version, sizeof(qemu->version), qemu->path, problem) != 0 ||
        process_folder(qemu->folder, sizeof(qemu->folder), problem) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < servers(qemu); i++) {
        uint32_t counters =
            i < QEMU_COUNTERS ? qemu->messages + qemu->kind->virtual_functions * qemu->kind->virtual_messages : 0;
        (void)snprintf(path, sizeof(path), "%s/%s", qemu->folder, i == 0 ? "counter0" : i == 1 ? "counter1" : "device");
        if (ivshmem_prepare(server_of(qemu, i), path, counters, counters == 0 ? qemu->vectors : 0, problem) != 0) {
            return -1;
        }
    }
    if (launch(&qemu->now, qemu, NULL) != 0) {
        return -1;
    }
    qtest_initialise(&qemu->qtest, &qemu->now.process.qtest);
    return discover(qemu);
}

int qemu_replace(struct qemu *qemu, const char *stream)
{
    struct incarnation *next = calloc(1, sizeof(*next));
    int taken = -1;

    if (next == NULL) {
        return problem_set(&qemu->problem, "no memory");
    }
    next->process = (struct process)PROCESS_NONE;
    if (launch(next, qemu, stream) == 0) {
        taken = qmp_await_migration(&next->process, &qemu->problem);
    }
    if (taken != 1 && process_refused_stream(&next->process)) {
        taken = 0;
    }
    if (taken == 1) {
        incarnation_end(&qemu->now);
        qemu->now = *next;
        qtest_initialise(&qemu->qtest, &qemu->now.process.qtest);
    } else {
        if (taken < 0) {
            process_explain(&next->process, &qemu->problem);
        }
        incarnation_end(next);
    }
    free(next);
    return taken;
}

void qemu_end(struct qemu *qemu)
{
    incarnation_end(&qemu->now);
    for (uint32_t i = 0; i < QEMU_COUNTERS; i++) {
        ivshmem_close(&qemu->counter[i]);
    }
    ivshmem_close(&qemu->device_server);
    process_remove_folder(qemu->folder);
}
