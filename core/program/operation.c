/* SPDX-License-Identifier: Apache-2.0 */
/* What an operation on its own must be, and the words of the text form. */
#include "operation_table.h"

const struct operation_form *operation_form(uint32_t kind)
{
    static const struct operation_form forms[IRQCTS_OPERATION_END] = {
        [IRQCTS_OPERATION_CONFIGURE] = {"configure", FORM_CONFIGURE},
        [IRQCTS_OPERATION_START] = {"start", FORM_PLAIN | FORM_FUNCTION},
        [IRQCTS_OPERATION_SET_ENTRY] = {"set-entry", FORM_ENTRY | FORM_MESSAGE | FORM_FUNCTION},
        [IRQCTS_OPERATION_MASK] = {"mask", FORM_ENTRY | FORM_FUNCTION},
        [IRQCTS_OPERATION_UNMASK] = {"unmask", FORM_ENTRY | FORM_FUNCTION},
        [IRQCTS_OPERATION_GET_ENTRY] = {"get-entry", FORM_ENTRY | FORM_FUNCTION},
        [IRQCTS_OPERATION_GET_SIZE] = {"get-size", FORM_PLAIN | FORM_FUNCTION},
        [IRQCTS_OPERATION_TABLE_READ] = {"table-read", FORM_TABLE | FORM_FUNCTION},
        [IRQCTS_OPERATION_TABLE_WRITE] = {"table-write", FORM_TABLE | FORM_VALUE | FORM_FUNCTION},
        [IRQCTS_OPERATION_PBA_READ] = {"pba-read", FORM_OFFSET | FORM_FUNCTION},
        [IRQCTS_OPERATION_PBA_WRITE] = {"pba-write", FORM_OFFSET | FORM_VALUE | FORM_FUNCTION},
        [IRQCTS_OPERATION_CAPABILITY_READ] = {"capability-read", FORM_OFFSET | FORM_CONFIG | FORM_FUNCTION},
        [IRQCTS_OPERATION_CAPABILITY_WRITE] = {"capability-write",
                                               FORM_OFFSET | FORM_CONFIG | FORM_VALUE | FORM_FUNCTION},
        [IRQCTS_OPERATION_CONFIG_READ] = {"config-read", FORM_OFFSET | FORM_CONFIG | FORM_FUNCTION},
        [IRQCTS_OPERATION_CONFIG_WRITE] = {"config-write", FORM_OFFSET | FORM_CONFIG | FORM_VALUE | FORM_FUNCTION},
        [IRQCTS_OPERATION_ENABLE] = {"enable", FORM_SWITCH | FORM_FUNCTION},
        [IRQCTS_OPERATION_FUNCTION_MASK] = {"function-mask", FORM_SWITCH | FORM_FUNCTION},
        [IRQCTS_OPERATION_BUS_MASTER] = {"bus-master", FORM_SWITCH | FORM_FUNCTION},
        [IRQCTS_OPERATION_RAISE] = {"raise", FORM_ENTRY | FORM_FUNCTION},
        [IRQCTS_OPERATION_WITHDRAW] = {"withdraw", FORM_ENTRY | FORM_FUNCTION},
        [IRQCTS_OPERATION_POLL] = {"poll", FORM_PLAIN},
        [IRQCTS_OPERATION_WRITE_VIRTUALIZED] = {"write-virtualized", FORM_ENTRY | FORM_VIRTUALIZED | FORM_FUNCTION},
        [IRQCTS_OPERATION_PAUSE] = {"pause", FORM_PLAIN | FORM_FUNCTION},
        [IRQCTS_OPERATION_RESUME] = {"resume", FORM_PLAIN | FORM_FUNCTION},
        [IRQCTS_OPERATION_SAVE] = {"save", FORM_SLOT | FORM_FUNCTION},
        [IRQCTS_OPERATION_RESTORE] = {"restore", FORM_SLOT | FORM_CORRUPT | FORM_FUNCTION},
        [IRQCTS_OPERATION_RESET] = {"reset", FORM_RESET | FORM_FUNCTION},
        [IRQCTS_OPERATION_VFIO_SET_IRQS] = {"vfio-set-irqs", FORM_VFIO},
        [IRQCTS_OPERATION_VFIO_IRQ_INFO] = {"vfio-irq-info", FORM_VFIO},
        [IRQCTS_OPERATION_VFIO_REGION_READ] = {"vfio-region-read", FORM_VFIO},
        [IRQCTS_OPERATION_VFIO_REGION_WRITE] = {"vfio-region-write", FORM_VFIO},
        [IRQCTS_OPERATION_VFIO_REGION_INFO] = {"vfio-region-info", FORM_VFIO},
        [IRQCTS_OPERATION_VFIO_RESET] = {"vfio-reset", FORM_VFIO},
        [IRQCTS_OPERATION_VFIO_UNBOUND] = {"vfio-unbound", FORM_VFIO},
        [IRQCTS_OPERATION_VFIO_MIGRATION] = {"vfio-migration", FORM_VFIO},
        [IRQCTS_OPERATION_WINDOWS_QUERY] = {"windows-query", FORM_VFIO},
        [IRQCTS_OPERATION_WINDOWS_MESSAGES] = {"windows-messages", FORM_VFIO},
        [IRQCTS_OPERATION_WINDOWS_LEVEL] = {"windows-level", FORM_VFIO},
        [IRQCTS_OPERATION_WINDOWS_CALLED] = {"windows-called", FORM_VFIO},
        [IRQCTS_OPERATION_WINDOWS_POWER] = {"windows-power", FORM_VFIO},
    };
    return kind < IRQCTS_OPERATION_END && forms[kind].name != NULL ? &forms[kind] : NULL;
}

const char *irqcts_operation_name(uint32_t kind)
{
    const struct operation_form *form = operation_form(kind);

    return form != NULL ? form->name : NULL;
}

const char *irqcts_status_name(uint32_t status)
{
    static const char *const names[IRQCTS_STATUS_COUNT] = {
        "ok",           "invalid-parameter", "not-supported", "invalid-state", "no-resources",
        "access-denied", "device-error",      "gone",          "not-executed"};
    return status < IRQCTS_STATUS_COUNT ? names[status] : NULL;
}

static int32_t check_configure(const struct irqcts_operation *operation)
{
    if (operation->entry > IRQCTS_ENTRIES_MAX || operation->message > operation->entry) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "configure: %u entries and %u messages; N is 0..%u and M is 0..N",
                           operation->entry, operation->message, IRQCTS_ENTRIES_MAX);
    }
    if (operation->value > IRQCTS_VIRTUAL_FUNCTIONS_MAX) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "configure: %llu virtual functions; at most %u",
                           (unsigned long long)operation->value, IRQCTS_VIRTUAL_FUNCTIONS_MAX);
    }
    if (operation->data > IRQCTS_ENTRIES_MAX || operation->control > operation->data ||
        (operation->value == 0 && operation->data != 0)) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT,
                           "configure: %u entries and %u messages a virtual function; N is 0..%u, M is 0..N, and "
                           "both are 0 without virtual functions",
                           operation->data, operation->control, IRQCTS_ENTRIES_MAX);
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t check_access(const struct irqcts_operation *operation, const struct operation_form *form)
{
    uint32_t width = operation->width;

    if (width != 1 && width != 2 && width != 4 && (width != 8 || (form->fields & FORM_CONFIG) != 0)) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: width %u; it is 1, 2, 4%s bytes", form->name, width,
                           (form->fields & FORM_CONFIG) != 0 ? "" : " or 8");
    }
    if (operation->address > OFFSET_MAX) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: offset 0x%llx; at most 0x%x", form->name,
                           (unsigned long long)operation->address, OFFSET_MAX);
    }
    if ((operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) == 0 && width < 8 &&
        operation->value >> (8u * width) != 0) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: value 0x%llx is wider than %u bytes", form->name,
                           (unsigned long long)operation->value, width);
    }
    return IRQCTS_ERROR_NONE;
}

/* Fields that an operation does not use are 0, so that each has one form. */
static int unused_fields_clear(const struct irqcts_operation *operation, uint32_t fields)
{
    int from_message = (operation->flags & IRQCTS_OPERATION_FROM_MESSAGE) != 0;
    int access = (fields & (FORM_TABLE | FORM_OFFSET)) != 0;
    int valued = (fields & (FORM_VALUE | FORM_SWITCH | FORM_SLOT | FORM_RESET)) != 0;

    if ((fields & FORM_CONFIGURE) != 0) {
        return operation->address == 0 && operation->function == 0 && operation->width == 0 &&
               operation->message_function == 0;
    }
    return ((fields & FORM_FUNCTION) != 0 || operation->function == 0) &&
           ((fields & FORM_ENTRY) != 0 || operation->entry == 0) &&
           ((fields & FORM_MESSAGE) != 0 || from_message || operation->message == 0) &&
           (access || operation->width == 0) &&
           (access || ((fields & FORM_VIRTUALIZED) != 0 && !from_message) || operation->address == 0) &&
           ((valued && !from_message) || operation->value == 0) &&
           ((fields & FORM_CORRUPT) != 0 || ((fields & FORM_VIRTUALIZED) != 0 && !from_message) ||
            operation->data == 0) &&
           ((fields & FORM_VIRTUALIZED) != 0 || from_message || operation->control == 0) &&
           (from_message || operation->message_function == 0);
}

int32_t irqcts_operation_check(const struct irqcts_operation *operation)
{
    const struct operation_form *form = operation_form(operation->kind);
    uint32_t fields;

    if (form == NULL) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "operation kind %u is unknown", operation->kind);
    }
    fields = form->fields;
    if ((fields & FORM_VFIO) != 0) {
        return vfio_check(operation);
    }
    if ((operation->flags & ~IRQCTS_OPERATION_FROM_MESSAGE) != 0 || operation->reserved != 0) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: unknown flags 0x%x", form->name, operation->flags);
    }
    if (operation->flags != 0 && (fields & FORM_VIRTUALIZED) == 0 &&
        operation->kind != IRQCTS_OPERATION_TABLE_WRITE) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: takes no message contents", form->name);
    }
    if (!unused_fields_clear(operation, fields)) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: a field that it does not use is not 0", form->name);
    }
    if ((fields & FORM_CONFIGURE) != 0) {
        return check_configure(operation);
    }
    if ((fields & (FORM_TABLE | FORM_OFFSET)) != 0) {
        return check_access(operation, form);
    }
    if ((fields & FORM_SWITCH) != 0 && operation->value > 1) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: %llu; it is on or off", form->name,
                           (unsigned long long)operation->value);
    }
    if ((fields & FORM_SLOT) != 0 && operation->value >= IRQCTS_SLOTS_MAX) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: slot %llu; it is 0..%u", form->name,
                           (unsigned long long)operation->value, IRQCTS_SLOTS_MAX - 1u);
    }
    if ((fields & FORM_CORRUPT) != 0 && operation->data > IRQCTS_CORRUPTION_INDEX) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: unknown corruption %u", form->name, operation->data);
    }
    if ((fields & FORM_RESET) != 0 && operation->value > IRQCTS_RESET_FUNCTION_LEVEL) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: unknown kind %llu", form->name,
                           (unsigned long long)operation->value);
    }
    if ((fields & FORM_VIRTUALIZED) != 0) {
        int32_t index = (int32_t)operation->entry;
        if (operation->function == 0 || index < INT16_MIN || index > INT16_MAX) {
            return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: names a virtual function and an index of 16 bits with sign",
                               form->name);
        }
    }
    return IRQCTS_ERROR_NONE;
}

void irqcts_operation_resolve(struct irqcts_operation *operation, const struct irqcts_message *message)
{
    uint64_t tail = (uint64_t)operation->control << 32 | message->data; /* bytes 8..15 of the entry */
    uint32_t at = (uint32_t)(operation->address % IRQCTS_ENTRY_BYTES);
    uint64_t value;

    if (operation->kind == IRQCTS_OPERATION_WRITE_VIRTUALIZED) {
        operation->address = message->address;
        operation->data = message->data;
    } else {
        if (at >= 8) {
            value = tail >> (8u * (at - 8u));
        } else {
            value = message->address >> (8u * at);
            if (at > 0) {
                value |= tail << (8u * (8u - at));
            }
        }
        if (operation->width < 8) {
            value &= (UINT64_C(1) << (8u * operation->width)) - 1u;
        }
        operation->value = value;
        operation->control = 0;
    }
    operation->flags = 0;
    operation->message = 0;
    operation->message_function = 0;
}
