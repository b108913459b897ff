/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* usleep */
/*
 * Devices of an unmodified QEMU, driven over the qtest protocol: no guest code
 * runs.  Messages are counted by two extra ivshmem devices whose doorbells the
 * messages' addresses are (ivshmem.h); message m goes to counter m % 2, so that
 * an address of one message with the data of its neighbour rings a bell that
 * nobody was granted, and shows as a stray.
 */
#include "qemu.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

const struct irqcts_backend_interface *irqcts_backend_qemu_entry(uint32_t abi_version);

enum {
    MESSAGES_DEFAULT = 256,
    CONTROL_ENABLE = 0x8000,
    CONTROL_FUNCTION_MASK = 0x4000,
    COMMAND = 4,
    COMMAND_BUS_MASTER = 4
};

/* ---- options ---- */

static int take_option(struct qemu *qemu, const char *key, size_t key_length, const char *value, size_t length)
{
    char text[256];
    char *end;

    if (length == 0 || length >= sizeof(text)) {
        return problem_set(&qemu->problem, "option %.*s has no value that can be used", (int)key_length, key);
    }
    memcpy(text, value, length);
    text[length] = '\0';
    if (key_length == 4 && memcmp(key, "path", 4) == 0) {
        memcpy(qemu->path, text, length + 1);
        return 0;
    }
    if (key_length == 6 && memcmp(key, "device", 6) == 0) {
        qemu->kind = device_find(text);
        return qemu->kind != NULL ? 0
                                  : problem_set(&qemu->problem, "device=%s is unknown; the devices are %s", text,
                                                device_names);
    }
    if ((key_length == 7 && memcmp(key, "vectors", 7) == 0) || (key_length == 8 && memcmp(key, "messages", 8) == 0)) {
        unsigned long number = strtoul(text, &end, 10);
        unsigned limit = IRQCTS_ENTRIES_MAX;
        if (*end != '\0' || number < 1 || number > limit) {
            return problem_set(&qemu->problem, "%.*s=%s is not a number from 1 to %u", (int)key_length, key, text,
                               limit);
        }
        *(key_length == 7 ? &qemu->vectors : &qemu->messages) = (uint32_t)number;
        return 0;
    }
    return problem_set(&qemu->problem, "option \"%.*s\" is unknown; the options are device, path, vectors, messages",
                       (int)key_length, key);
}

static int take_options(struct qemu *qemu, const char *options)
{
    while (*options != '\0') {
        size_t length = strcspn(options, ",");
        const char *equals = memchr(options, '=', length);
        if (equals == NULL) {
            return problem_set(&qemu->problem, "option \"%.*s\" is not KEY=VALUE", (int)length, options);
        }
        if (take_option(qemu, options, (size_t)(equals - options), equals + 1,
                        length - (size_t)(equals - options) - 1) != 0) {
            return -1;
        }
        options += length + (options[length] == ',');
    }
    if (qemu->vectors != 0 && qemu->kind->default_vectors == 0) {
        return problem_set(&qemu->problem, "vectors= is for device=ivshmem; %s has a number of its own",
                           qemu->kind->name);
    }
    if (qemu->vectors == 0) {
        qemu->vectors = qemu->kind->default_vectors;
    }
    if (qemu->messages == 0) {
        qemu->messages = qemu->vectors != 0 && qemu->vectors < MESSAGES_DEFAULT ? qemu->vectors : MESSAGES_DEFAULT;
    }
    return 0;
}

/* ---- registers ---- */

static uint64_t table_address(const struct pci_function *function, uint64_t offset)
{
    return function->bar_address[function->table_bar] + function->table_offset + offset;
}

static uint64_t pba_address(const struct pci_function *function, uint64_t offset)
{
    return function->bar_address[function->pba_bar] + function->pba_offset + offset;
}

/* One bit of a configuration word, the others as they are. */
static int set_config_bit(struct qemu *qemu, const struct pci_function *function, uint32_t offset, uint32_t bit, int on)
{
    uint32_t word;

    if (qemu_settle(qemu) != 0 ||
        pci_config_get(&qemu->qtest, function->routing_id, offset, 2, &word, &qemu->problem) != 0) {
        return -1;
    }
    word = on ? word | bit : word & ~bit;
    return pci_config_write(&qemu->qtest, function->routing_id, offset, 2, word, &qemu->problem);
}

static int write_entry(struct qemu *qemu, const struct pci_function *function, uint32_t entry, uint32_t dword,
                       uint32_t value)
{
    return qtest_write(&qemu->qtest, table_address(function, entry * 16u + dword * 4u), 4, value, &qemu->problem);
}

static int read_control(struct qemu *qemu, const struct pci_function *function, uint32_t entry, uint32_t *out)
{
    uint64_t value = 0;

    if (qemu_settle(qemu) != 0 ||
        qtest_read(&qemu->qtest, table_address(function, entry * 16u + 12u), 4, &value, 0, &qemu->problem) != 0 ||
        qtest_flush(&qemu->qtest, &qemu->problem) != 0) {
        return -1;
    }
    *out = (uint32_t)value;
    return 0;
}

/* The physical function and those virtual ones that are turned on. */
static int set_up_device(struct qemu *qemu)
{
    if (pci_set_up(&qemu->function[0], &qemu->qtest, &qemu->problem) != 0) {
        return -1;
    }
    return qemu->kind->virtual_functions == 0
               ? 0
               : sriov_set_up(&qemu->sriov, &qemu->function[1], qemu->virtual_functions, &qemu->function[0],
                              &qemu->qtest, &qemu->problem);
}

static int set_up_all(struct qemu *qemu)
{
    if (qemu_open_buses(qemu) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < QEMU_COUNTERS; i++) {
        if (pci_set_up(&qemu->counter_function[i], &qemu->qtest, &qemu->problem) != 0) {
            return -1;
        }
    }
    return set_up_device(qemu);
}

/* The functions first .. last. */
static int arm(struct qemu *qemu, uint32_t first, uint32_t last)
{
    for (uint32_t i = first; qemu->kind->arm != NULL && i <= last; i++) {
        if (qemu->kind->arm(&qemu->qtest, &qemu->function[i], &qemu->problem) != 0) {
            return -1;
        }
    }
    return 0;
}

/* Resetting the physical function turns the virtual ones off. */
static int reset_function(struct qemu *qemu, uint32_t which)
{
    const struct pci_function *function = &qemu->function[which];

    if (qemu_settle(qemu) != 0 || pci_function_reset(function, &qemu->qtest, &qemu->problem) != 0) {
        return -1;
    }
    if ((which == 0 ? set_up_device(qemu) : pci_set_up(function, &qemu->qtest, &qemu->problem)) != 0) {
        return -1;
    }
    return arm(qemu, which, which == 0 ? qemu->virtual_functions : which);
}

static int reset_machine(struct qemu *qemu)
{
    if (qemu_settle(qemu) != 0 ||
        qmp_command(&qemu->now.process, "{\"execute\": \"system_reset\"}", "\"RESET\"", &qemu->problem) != 0) {
        return -1;
    }
    return set_up_all(qemu) != 0 ? -1 : arm(qemu, 0, qemu->virtual_functions);
}

/* ---- the routing view, composed of register accesses ---- */

static int program_message(struct qemu *qemu, uint32_t which, uint32_t entry, uint32_t message)
{
    const struct pci_function *function = &qemu->function[which];
    struct irqcts_message what = qemu_message(qemu, which, message);

    return write_entry(qemu, function, entry, 0, (uint32_t)what.address) != 0 ||
                   write_entry(qemu, function, entry, 1, (uint32_t)(what.address >> 32)) != 0 ||
                   write_entry(qemu, function, entry, 2, what.data) != 0
               ? -1
               : 0;
}

static uint32_t granted_of(const struct qemu *qemu, uint32_t which)
{
    return which == 0 ? qemu->granted : qemu->virtual_granted;
}

static int start_driver(struct qemu *qemu, uint32_t which)
{
    const struct pci_function *function = &qemu->function[which];

    if (set_config_bit(qemu, function, function->msix + 2u, CONTROL_ENABLE | CONTROL_FUNCTION_MASK, 0) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < function->entries; i++) {
        if (write_entry(qemu, function, i, 3, 1) != 0 ||
            program_message(qemu, which, i, i < granted_of(qemu, which) ? i : 0) != 0 ||
            write_entry(qemu, function, i, 3, 0) != 0) {
            return -1;
        }
    }
    return set_config_bit(qemu, function, function->msix + 2u, CONTROL_ENABLE, 1);
}

static int route(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result)
{
    int set = operation->kind == IRQCTS_OPERATION_SET_ENTRY;
    const struct pci_function *function = &qemu->function[operation->function];
    uint32_t control;

    if (operation->entry >= function->entries ||
        (set && operation->message >= granted_of(qemu, operation->function))) {
        result->status = IRQCTS_STATUS_INVALID_PARAMETER;
        return 0;
    }
    if (read_control(qemu, function, operation->entry, &control) != 0) {
        return -1;
    }
    if (!set) {
        control = operation->kind == IRQCTS_OPERATION_MASK ? control | 1u : control & ~1u;
        return write_entry(qemu, function, operation->entry, 3, control);
    }
    if (write_entry(qemu, function, operation->entry, 3, control | 1u) != 0 ||
        program_message(qemu, operation->function, operation->entry, operation->message) != 0) {
        return -1;
    }
    return (control & 1u) != 0 ? 0 : write_entry(qemu, function, operation->entry, 3, control);
}

/* An entry of a virtual function, written as its physical one's driver does: nothing is sent between. */
static int write_virtualized(struct qemu *qemu, const struct irqcts_operation *operation,
                             struct irqcts_result *result)
{
    const struct pci_function *function;

    if (operation->function == 0 || operation->function > qemu->virtual_functions ||
        operation->entry >= qemu->function[operation->function].entries) {
        result->status = IRQCTS_STATUS_INVALID_PARAMETER;
        return 0;
    }
    function = &qemu->function[operation->function];
    return write_entry(qemu, function, operation->entry, 3, operation->control | 1u) != 0 ||
                   write_entry(qemu, function, operation->entry, 0, (uint32_t)operation->address) != 0 ||
                   write_entry(qemu, function, operation->entry, 1, (uint32_t)(operation->address >> 32)) != 0 ||
                   write_entry(qemu, function, operation->entry, 2, operation->data) != 0 ||
                   write_entry(qemu, function, operation->entry, 3, operation->control) != 0
               ? -1
               : 0;
}

/* ---- operations ---- */

/* As firmware does, Message Control is written 0 once: QEMU's msix_reset() clears the register but
 * keeps acting on what it held (deviations/), and a program must not depend on the one before it. */
static int forget_message_control(struct qemu *qemu)
{
    for (uint32_t i = 0; i <= qemu->virtual_functions; i++) {
        const struct pci_function *function = &qemu->function[i];
        if (pci_config_write(&qemu->qtest, function->routing_id, function->msix + 2u, 2, 0, &qemu->problem) != 0) {
            return -1;
        }
    }
    return 0;
}

static int configure(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result)
{
    uint32_t virtual_functions = qemu->kind->virtual_functions;

    if (operation->entry != qemu->function[0].entries || operation->message > qemu->messages ||
        operation->value > virtual_functions ||
        (operation->value > 0 && (operation->data != qemu->function[1].entries ||
                                  operation->control > qemu->kind->virtual_messages))) {
        result->status = IRQCTS_STATUS_NOT_SUPPORTED; /* its size is the device's own */
        return 0;
    }
    qemu->granted = operation->message;
    qemu->virtual_functions = (uint32_t)operation->value;
    qemu->virtual_granted = operation->control;
    qemu->configured = 1;
    qemu_forget_saved(qemu);
    if (qemu->paused && qemu_pause(qemu, 0, result) != 0) {
        return -1;
    }
    if (reset_machine(qemu) != 0 ||
        forget_message_control(qemu) != 0) {
        return -1;
    }
    return qemu_collect(qemu, NULL);
}

/* Whether an access lies inside the BAR that holds it. */
static int inside(const struct pci_function *function, uint32_t bar, uint32_t start_offset,
                  const struct irqcts_operation *operation)
{
    return start_offset + operation->address + operation->width <= function->bar_size[bar];
}

static int access_memory(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result)
{
    int table = operation->kind == IRQCTS_OPERATION_TABLE_READ || operation->kind == IRQCTS_OPERATION_TABLE_WRITE;
    int write = operation->kind == IRQCTS_OPERATION_TABLE_WRITE || operation->kind == IRQCTS_OPERATION_PBA_WRITE;
    const struct pci_function *function = &qemu->function[operation->function];
    uint64_t address = table ? table_address(function, operation->address) : pba_address(function, operation->address);

    if (!(table ? inside(function, function->table_bar, function->table_offset, operation)
                : inside(function, function->pba_bar, function->pba_offset, operation))) {
        result->status = IRQCTS_STATUS_NOT_SUPPORTED;
        return 0;
    }
    if (qemu->deferred && qemu_settle(qemu) != 0) { /* an event on its way comes before this access */
        return -1;
    }
    return write ? qtest_write(&qemu->qtest, address, operation->width, operation->value, &qemu->problem)
                 : qtest_read(&qemu->qtest, address, operation->width, &result->value, 0, &qemu->problem);
}

static int access_config(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result)
{
    int capability = operation->kind == IRQCTS_OPERATION_CAPABILITY_READ ||
                     operation->kind == IRQCTS_OPERATION_CAPABILITY_WRITE;
    int write =
        operation->kind == IRQCTS_OPERATION_CAPABILITY_WRITE || operation->kind == IRQCTS_OPERATION_CONFIG_WRITE;
    const struct pci_function *function = &qemu->function[operation->function];
    uint64_t offset = operation->address + (capability ? function->msix : 0u);

    if (offset + operation->width > 256 || (offset & 3u) + operation->width > 4) {
        result->status = IRQCTS_STATUS_NOT_SUPPORTED; /* the ports reach 256 bytes, a DWORD at a time */
        return 0;
    }
    if (qemu->deferred && qemu_settle(qemu) != 0) {
        return -1;
    }
    return write ? pci_config_write(&qemu->qtest, function->routing_id, (uint32_t)offset, operation->width,
                                    (uint32_t)operation->value, &qemu->problem)
                 : pci_config_read(&qemu->qtest, function->routing_id, (uint32_t)offset, operation->width,
                                   &result->value, &qemu->problem);
}

static int cause_event(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result)
{
    const struct pci_function *function = &qemu->function[operation->function];
    uint32_t control;

    if (qemu->deferred && qemu_settle(qemu) != 0) { /* two events on one eventfd would become one */
        return -1;
    }
    if (qemu->kind->only_enabled) {
        if (qemu_settle(qemu) != 0 || pci_config_get(&qemu->qtest, function->routing_id, function->msix + 2u, 2,
                                                     &control, &qemu->problem) != 0) {
            return -1;
        }
        if ((control & CONTROL_ENABLE) == 0) {
            result->status = IRQCTS_STATUS_NOT_SUPPORTED;
            return 0;
        }
    }
    qemu->deferred = qemu->kind->deferred;
    if (qemu->kind->raise(&qemu->qtest, function, operation->entry, &qemu->problem) != 0) {
        return -1;
    }
    if (qemu->kind->throttle_us > 0) {
        if (qemu_settle(qemu) != 0) {
            return -1;
        }
        (void)usleep((useconds_t)qemu->kind->throttle_us);
        qemu->deferred = 1;
    }
    return 0;
}

/* The registers that take a cause back are those of the physical function. */
static int withdraw_event(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result)
{
    const struct pci_function *function = &qemu->function[0];

    if (operation->function != 0 || operation->entry >= function->entries) {
        result->status = IRQCTS_STATUS_NOT_SUPPORTED;
        return 0;
    }
    return qemu_settle(qemu) != 0
               ? -1
               : qemu->kind->withdraw(&qemu->qtest, function, operation->entry, &qemu->problem);
}

static int perform(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result,
                   struct irqcts_delivery_buffer *deliveries)
{
    const struct pci_function *function =
        &qemu->function[operation->function <= qemu->virtual_functions ? operation->function : 0];

    switch (operation->kind) {
    case IRQCTS_OPERATION_CONFIGURE:
        return configure(qemu, operation, result);
    case IRQCTS_OPERATION_START:
        return start_driver(qemu, operation->function);
    case IRQCTS_OPERATION_SET_ENTRY:
    case IRQCTS_OPERATION_MASK:
    case IRQCTS_OPERATION_UNMASK:
        return route(qemu, operation, result);
    case IRQCTS_OPERATION_WRITE_VIRTUALIZED:
        return write_virtualized(qemu, operation, result);
    case IRQCTS_OPERATION_TABLE_READ:
    case IRQCTS_OPERATION_TABLE_WRITE:
    case IRQCTS_OPERATION_PBA_READ:
    case IRQCTS_OPERATION_PBA_WRITE:
        return access_memory(qemu, operation, result);
    case IRQCTS_OPERATION_CAPABILITY_READ:
    case IRQCTS_OPERATION_CAPABILITY_WRITE:
    case IRQCTS_OPERATION_CONFIG_READ:
    case IRQCTS_OPERATION_CONFIG_WRITE:
        return access_config(qemu, operation, result);
    case IRQCTS_OPERATION_ENABLE:
        return set_config_bit(qemu, function, function->msix + 2u, CONTROL_ENABLE, operation->value != 0);
    case IRQCTS_OPERATION_FUNCTION_MASK:
        return set_config_bit(qemu, function, function->msix + 2u, CONTROL_FUNCTION_MASK, operation->value != 0);
    case IRQCTS_OPERATION_BUS_MASTER:
        return set_config_bit(qemu, function, COMMAND, COMMAND_BUS_MASTER, operation->value != 0);
    case IRQCTS_OPERATION_RAISE:
        return cause_event(qemu, operation, result);
    case IRQCTS_OPERATION_WITHDRAW:
        return withdraw_event(qemu, operation, result);
    case IRQCTS_OPERATION_POLL:
        result->delivery_first = deliveries->count;
        if (qemu_collect(qemu, deliveries) != 0) {
            return -1;
        }
        result->delivery_count = deliveries->count - result->delivery_first;
        return 0;
    case IRQCTS_OPERATION_PAUSE:
    case IRQCTS_OPERATION_RESUME:
        return qemu_pause(qemu, operation->kind == IRQCTS_OPERATION_PAUSE, result);
    case IRQCTS_OPERATION_SAVE:
        return qemu_save(qemu, operation, result);
    case IRQCTS_OPERATION_RESTORE:
        return qemu_restore(qemu, operation, result);
    case IRQCTS_OPERATION_RESET:
        return operation->value == IRQCTS_RESET_FUNCTION_LEVEL ? reset_function(qemu, operation->function)
                                                               : reset_machine(qemu);
    default:
        result->status = IRQCTS_STATUS_NOT_SUPPORTED;
        return 0;
    }
}

/* ---- for the benchmark ---- */

int bare_loop(void *context, int groups, int per_group); /* backends/bench/bench_qemu_bare.h */

/* What a program of table accesses costs at least: its qtest lines, sent and answered, nothing else. */
int bare_loop(void *context, int groups, int per_group)
{
    struct qemu *qemu = context;
    char lines[8192];

    problem_clear(&qemu->problem);
    for (int group = 0; group < groups; group++) {
        size_t length = 0;
        for (int i = 0; i < per_group; i++) {
            unsigned long long address = table_address(&qemu->function[0], 8u + 16u * ((unsigned)i % 4u));
            length += (size_t)(i % 2 != 0 ? snprintf(lines + length, sizeof(lines) - length, "readl 0x%llx\n", address)
                                          : snprintf(lines + length, sizeof(lines) - length, "writel 0x%llx 0x%x\n",
                                                     address, (unsigned)i));
        }
        if (stream_write(&qemu->now.process.qtest, lines, length, &qemu->problem) != 0) {
            return -1;
        }
        for (int i = 0; i < per_group; i++) {
            char *line;
            if (stream_line(&line, &qemu->now.process.qtest, &qemu->problem) != 0) {
                return -1;
            }
        }
    }
    return 0;
}

/* ---- the interface ---- */

static void close_qemu(void *context)
{
    struct qemu *qemu = context;

    qemu_forget_saved(qemu);
    qemu_end(qemu);
    free(qemu);
}

static int32_t open_qemu(void **out, const char *options, char *error, size_t error_size)
{
    struct qemu *qemu = calloc(1, sizeof(*qemu));

    if (qemu == NULL) {
        (void)snprintf(error, error_size, "no memory");
        return IRQCTS_ERROR_MEMORY;
    }
    qemu->now = (struct incarnation){.process = PROCESS_NONE, .bells = {-1, -1, -1}};
    for (uint32_t i = 0; i < QEMU_SLOTS; i++) {
        qemu->saved[i] = -1;
    }
    qemu->kind = device_find("rocker");
    memcpy(qemu->path, "qemu-system-x86_64", sizeof("qemu-system-x86_64"));
    if (take_options(qemu, options) != 0 || qemu_start(qemu) != 0) {
        process_explain(&qemu->now.process, &qemu->problem);
        (void)snprintf(error, error_size, "%s", qemu->problem.text);
        if (qemu->kind != NULL && qemu->kind->since != NULL && qemu->problem.ended) {
            size_t length = strlen(error);
            (void)snprintf(error + length, error_size - length,
                           "; %s needs QEMU %s or later: name one with path=FILE, or let irqcts run --qemu trixie "
                           "fetch one",
                           qemu->kind->name, qemu->kind->since);
        }
        close_qemu(qemu);
        return IRQCTS_ERROR_OPEN;
    }
    *out = qemu;
    return IRQCTS_ERROR_NONE;
}

#define SUPPORTS(kind) (UINT64_C(1) << IRQCTS_OPERATION_##kind)

/* A stopped machine has no events, and nobody writes to its devices but who
 * restores or resets it; such writes of ours would not be what PAUSE is about. */
#define WHILE_PAUSED                                                                                            \
    (SUPPORTS(CONFIGURE) | SUPPORTS(PAUSE) | SUPPORTS(RESUME) | SUPPORTS(SAVE) | SUPPORTS(RESTORE) |            \
     SUPPORTS(RESET) | SUPPORTS(POLL) | SUPPORTS(TABLE_READ) | SUPPORTS(PBA_READ) | SUPPORTS(CAPABILITY_READ) | \
     SUPPORTS(CONFIG_READ))

static uint64_t operations_of(const struct qemu *qemu)
{
    uint64_t all = SUPPORTS(CONFIGURE) | SUPPORTS(START) | SUPPORTS(SET_ENTRY) | SUPPORTS(MASK) | SUPPORTS(UNMASK) |
                   SUPPORTS(TABLE_READ) | SUPPORTS(TABLE_WRITE) | SUPPORTS(PBA_READ) | SUPPORTS(PBA_WRITE) |
                   SUPPORTS(CAPABILITY_READ) | SUPPORTS(CAPABILITY_WRITE) | SUPPORTS(CONFIG_READ) |
                   SUPPORTS(CONFIG_WRITE) | SUPPORTS(ENABLE) | SUPPORTS(FUNCTION_MASK) | SUPPORTS(BUS_MASTER) |
                   SUPPORTS(POLL) | SUPPORTS(RESET);
    all |= qemu->kind->raise != NULL ? SUPPORTS(RAISE) : 0;
    all |= qemu->kind->withdraw != NULL ? SUPPORTS(WITHDRAW) : 0;
    all |= qemu->kind->migratable ? SUPPORTS(PAUSE) | SUPPORTS(RESUME) | SUPPORTS(SAVE) | SUPPORTS(RESTORE) : 0;
    all |= qemu->kind->virtual_functions > 0 ? SUPPORTS(WRITE_VIRTUALIZED) : 0;
    return all;
}

static uint32_t reset_kinds(const struct qemu *qemu)
{
    return 1u << IRQCTS_RESET_CONVENTIONAL | (qemu->function[0].resettable ? 1u << IRQCTS_RESET_FUNCTION_LEVEL : 0u);
}

static int32_t describe_qemu(void *context, struct irqcts_backend_description *out)
{
    const struct qemu *qemu = context;

    memset(out, 0, sizeof(*out));
    (void)snprintf(out->name, sizeof(out->name), "qemu");
    (void)snprintf(out->device, sizeof(out->device), "%s", qemu->kind->name);
    (void)snprintf(out->driver, sizeof(out->driver), "QEMU %s, qtest", qemu->version);
    (void)snprintf(out->identity, sizeof(out->identity), "QEMU %s %s (qtest), %u entries", qemu->version,
                   qemu->kind->name, qemu->function[0].entries);
    out->operations = operations_of(qemu);
    out->observations = IRQCTS_OBSERVES_STATUS | IRQCTS_OBSERVES_DELIVERIES |
                        (qemu->kind->repeats ? 0u : (uint32_t)IRQCTS_OBSERVES_EXACT_COUNTS) | IRQCTS_OBSERVES_TABLE |
                        IRQCTS_OBSERVES_PBA | IRQCTS_OBSERVES_CAPABILITY;
    out->stimulus = qemu->kind->raise != NULL ? IRQCTS_STIMULUS_DEVICE : IRQCTS_STIMULUS_NONE;
    out->properties = (qemu->kind->repeats ? IRQCTS_PROPERTY_REPEATS : IRQCTS_PROPERTY_SYNCHRONOUS) |
                      IRQCTS_PROPERTY_ROUTING_COMPOSED | IRQCTS_PROPERTY_VIRTUALIZED_COMPOSED |
                      IRQCTS_PROPERTY_PARALLEL;
    out->entries_max = qemu->function[0].entries;
    out->messages_max = qemu->messages;
    out->virtual_functions_max = qemu->kind->virtual_functions;
    out->virtual_entries_max = qemu->function[1].entries;
    out->virtual_messages_max = qemu->kind->virtual_messages;
    out->reset_kinds = reset_kinds(qemu);
    out->geometry_known = 1;
    out->table_bar = qemu->function[0].table_bar;
    out->table_offset = qemu->function[0].table_offset;
    out->pba_bar = qemu->function[0].pba_bar;
    out->pba_offset = qemu->function[0].pba_offset;
    return IRQCTS_ERROR_NONE;
}

static int32_t execute_qemu(void *context, const struct irqcts_operation *operations, uint32_t count,
                            struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                            size_t error_size)
{
    struct qemu *qemu = context;
    uint64_t supported = operations_of(qemu);
    int failed = 0;

    problem_clear(&qemu->problem);
    for (uint32_t i = 0; i < count && !failed; i++) {
        const struct irqcts_operation *operation = &operations[i];
        results[i] = (struct irqcts_result){.status = IRQCTS_STATUS_OK};
        if (operation->kind >= 64 || ((supported >> operation->kind) & 1u) == 0 || 
            (operation->function > qemu->virtual_functions && operation->kind != IRQCTS_OPERATION_WRITE_VIRTUALIZED) ||
            (operation->kind == IRQCTS_OPERATION_RESET && ((reset_kinds(qemu) >> operation->value) & 1u) == 0) ||
            (!qemu->configured && operation->kind != IRQCTS_OPERATION_CONFIGURE) ||
            (qemu->paused && ((WHILE_PAUSED >> operation->kind) & 1u) == 0)) {
            results[i].status = IRQCTS_STATUS_NOT_SUPPORTED;
        } else {
            failed = perform(qemu, operation, &results[i], deliveries) != 0;
        }
    }
    if (failed || qemu_settle(qemu) != 0) { /* replies fill the results: all must have come */
        process_explain(&qemu->now.process, &qemu->problem);
        (void)snprintf(error, error_size, "%s", qemu->problem.text);
        return qemu->problem.hung    ? IRQCTS_ERROR_HUNG
               : qemu->problem.ended ? IRQCTS_ERROR_DIED
                                     : IRQCTS_ERROR_BACKEND;
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t messages_of_qemu(void *context, uint32_t function, uint32_t first, uint32_t count,
                                struct irqcts_message *out, char *error, size_t error_size)
{
    const struct qemu *qemu = context;

    uint32_t limit = function == 0 ? qemu->messages : qemu->kind->virtual_messages;

    if (function > qemu->kind->virtual_functions || first > limit || count > limit - first) {
        (void)snprintf(error, error_size, "function %u has no messages %u to %u", function, first, first + count - 1u);
        return IRQCTS_ERROR_ARGUMENT;
    }
    for (uint32_t i = 0; i < count; i++) {
        out[i] = qemu_message(qemu, function, first + i);
    }
    return IRQCTS_ERROR_NONE;
}

const struct irqcts_backend_interface *irqcts_backend_qemu_entry(uint32_t abi_version)
{
    static const char *const help[] = {
        "device=NAME  rocker (default), ivshmem, e1000e, igb, nvme, nvme-sriov, xhci, vmxnet3 or megasas",
        "path=FILE  the QEMU to run; default qemu-system-x86_64 on PATH",
        "vectors=N  of device=ivshmem, 1 to 2048; default 64",
        "messages=N  how many messages can be counted, 1 to 2048; default 256",
        NULL};
    static const struct irqcts_backend_interface interface = {
        IRQCTS_BACKEND_ABI_VERSION, sizeof(interface), "qemu",           help,       open_qemu,
        describe_qemu,              execute_qemu,      messages_of_qemu, close_qemu};
    return abi_version == IRQCTS_BACKEND_ABI_VERSION ? &interface : NULL;
}
