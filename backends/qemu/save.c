/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Pause, save and restore are QEMU's own: stop and cont, migration to a file,
 * and a new QEMU that the file comes in to.  What the new one refuses leaves
 * the present one as it was.
 */
#define _GNU_SOURCE /* memfd_create */
#include "qemu.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

int qemu_pause(struct qemu *qemu, int on, struct irqcts_result *result)
{
    if (on == qemu->paused) {
        result->status = IRQCTS_STATUS_INVALID_STATE;
        return 0;
    }
    if (qemu_settle(qemu) != 0 ||
        qmp_command(&qemu->now.process, on ? "{\"execute\": \"stop\"}" : "{\"execute\": \"cont\"}",
                    on ? "\"STOP\"" : "\"RESUME\"", &qemu->problem) != 0) {
        return -1;
    }
    qemu->paused = on;
    return 0;
}

int qemu_save(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result)
{
    char command[160];
    int file;

    if (!qemu->paused || operation->value >= QEMU_SLOTS) {
        result->status = IRQCTS_STATUS_INVALID_STATE;
        return 0;
    }
    file = memfd_create("irqcts-state", MFD_CLOEXEC);
    if (file < 0) {
        return problem_set(&qemu->problem, "no memory for a saved state: %s", strerror(errno));
    }
    if (qemu->saved[operation->value] >= 0) {
        (void)close(qemu->saved[operation->value]);
    }
    qemu->saved[operation->value] = file;
    (void)snprintf(command, sizeof(command),
                   "{\"execute\": \"migrate\", \"arguments\": {\"uri\": \"exec:cat > /proc/%ld/fd/%d\"}}",
                   (long)getpid(), file);
    if (qemu_settle(qemu) != 0 || qmp_command(&qemu->now.process, command, NULL, &qemu->problem) != 0) {
        return -1;
    }
    return qmp_await_migration(&qemu->now.process, &qemu->problem) == 1 ? 0 : -1;
}

int qemu_restore(struct qemu *qemu, const struct irqcts_operation *operation, struct irqcts_result *result)
{
    char stream[128];
    struct stat state;
    int file;
    int taken;

    if (operation->data != IRQCTS_CORRUPTION_NONE && operation->data != IRQCTS_CORRUPTION_SIZE) {
        result->status = IRQCTS_STATUS_NOT_SUPPORTED; /* its stream has no list of entries to corrupt */
        return 0;
    }
    if (!qemu->paused || operation->value >= QEMU_SLOTS || qemu->saved[operation->value] < 0) {
        result->status = IRQCTS_STATUS_INVALID_STATE;
        return 0;
    }
    file = qemu->saved[operation->value];
    if (fstat(file, &state) != 0) {
        return problem_set(&qemu->problem, "cannot look at a saved state: %s", strerror(errno));
    }
    if (operation->data == IRQCTS_CORRUPTION_SIZE) {
        (void)snprintf(stream, sizeof(stream), "exec:head -c %lld /proc/%ld/fd/%d", (long long)state.st_size / 2,
                       (long)getpid(), file);
    } else {
        (void)snprintf(stream, sizeof(stream), "exec:cat /proc/%ld/fd/%d", (long)getpid(), file);
    }
    taken = qemu_settle(qemu) != 0 ? -1 : qemu_replace(qemu, stream);
    if (taken == 0) {
        result->status = IRQCTS_STATUS_DEVICE_ERROR;
    }
    return taken < 0 ? -1 : 0;
}

void qemu_forget_saved(struct qemu *qemu)
{
    for (uint32_t i = 0; i < QEMU_SLOTS; i++) {
        if (qemu->saved[i] >= 0) {
            (void)close(qemu->saved[i]);
        }
        qemu->saved[i] = -1;
    }
}
