/* SPDX-License-Identifier: Apache-2.0 */
/*
 * libFuzzer target: bytes become a bounded stream of operations with arbitrary
 * fields.  The emulator must answer each with a status and stay within its
 * memory (run with the address and undefined-behaviour sanitizers).
 */
#include "faults.h"
#include "irqcts/backend.h"

#include <stdlib.h>
#include <string.h>

const struct irqcts_backend_interface *irqcts_backend_emulator_entry(uint32_t abi_version);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { OPERATIONS = 256, RECORDS = 4096, BYTES_EACH = 8 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const choices[4] = {"", "odd-access=performed,rewrite-unmasked=latched",
                                           "bus-master-off=pend,disabled-event=keep,address-low=stored",
                                           "table-offset=0x40,pba-offset=0x0,bar-64=off,table-bar=1,pba-bar=1"};
    const struct irqcts_backend_interface *backend = irqcts_backend_emulator_entry(IRQCTS_BACKEND_ABI_VERSION);
    static struct irqcts_operation operations[OPERATIONS];
    static struct irqcts_result results[OPERATIONS];
    static struct irqcts_delivery records[RECORDS];
    struct irqcts_delivery_buffer deliveries = {records, RECORDS, 0, 0, 0};
    char options[160];
    char error[256];
    void *context;
    uint32_t count = 1;
    uint32_t i;

    if (size < 8) {
        return 0;
    }
    strcpy(options, choices[data[0] & 3u]);
    if (data[1] != 0) { /* planted faults must not touch foreign memory either */
        const struct irqcts_emulator_fault *fault = irqcts_emulator_fault((data[1] - 1u) % irqcts_emulator_fault_count());
        strcat(options, options[0] != '\0' ? ",fault=" : "fault=");
        strcat(options, fault->id);
    }
    if (backend->open(&context, options, error, sizeof(error)) < 0) {
        abort();
    }
    memset(operations, 0, sizeof(operations));
    operations[0].kind = IRQCTS_OPERATION_CONFIGURE;
    operations[0].entry = data[2] % 131u;
    operations[0].message = operations[0].entry > 0 ? data[3] % (operations[0].entry + 1u) : 0;
    operations[0].value = data[4] & 3u;
    operations[0].data = data[5] & 7u;
    operations[0].control = operations[0].data / 2u;
    for (data += 8, size -= 8; size >= BYTES_EACH && count < OPERATIONS; data += BYTES_EACH, size -= BYTES_EACH) {
        struct irqcts_operation *operation = &operations[count++];
        uint32_t word;
        operation->kind = data[0] % (IRQCTS_OPERATION_RESET + 2u);
        operation->width = (uint8_t)(1u << (data[1] & 3u));
        operation->function = data[1] >> 2 & 7u;
        memcpy(&word, data + 4, sizeof(word));
        operation->address = (data[1] & 0x80u) != 0 ? data[2] : word & 0x7fffu;
        operation->entry = (data[1] & 0x40u) != 0 ? data[2] : word;
        operation->message = data[3];
        operation->value = operation->kind >= IRQCTS_OPERATION_PAUSE ? data[3] & 3u : word;
        operation->data = operation->kind == IRQCTS_OPERATION_RESTORE ? data[2] & 3u : word;
        operation->control = data[3] & 1u;
        if (operation->kind == IRQCTS_OPERATION_CONFIGURE) {
            *operation = operations[0];
        }
    }
    for (i = 0; i < count; i++) {
        results[i].status = IRQCTS_STATUS_NOT_EXECUTED;
    }
    if (backend->execute(context, operations, count, results, &deliveries, error, sizeof(error)) < 0) {
        abort();
    }
    for (i = 0; i < count; i++) {
        if (results[i].status >= IRQCTS_STATUS_NOT_EXECUTED) {
            abort();
        }
    }
    backend->close(context);
    return 0;
}
