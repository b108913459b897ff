/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The raw calls of VFIO and of Windows (operation.h) in text: every operand is "key=NUMBER" and
 * may be left out when it is 0, because wrong arguments are what they are for.
 */
#include "operation_table.h"

#include <string.h>

#define AT(field) (uint16_t)offsetof(struct irqcts_operation, field), (uint16_t)sizeof(((struct irqcts_operation *)0)->field)

static const struct vfio_operand set_irqs[] = {
    {"index", AT(message), UINT32_MAX},  {"start", AT(entry), UINT32_MAX},
    {"count", AT(data), UINT32_MAX},     {"flags", AT(control), UINT32_MAX},
    {"argsz", AT(address), UINT32_MAX},  {"payload", AT(value), UINT64_MAX},
    {"unreadable", AT(width), 1},        {NULL, 0, 0, 0}};
static const struct vfio_operand irq_info[] = {
    {"index", AT(message), UINT32_MAX}, {"argsz", AT(address), UINT32_MAX}, {NULL, 0, 0, 0}};
static const struct vfio_operand region_read[] = {{"region", AT(message), UINT32_MAX},
                                                  {"offset", AT(address), UINT64_MAX},
                                                  {"width", AT(width), 8},
                                                  {"returned", AT(control), 1},
                                                  {NULL, 0, 0, 0}};
static const struct vfio_operand region_write[] = {{"region", AT(message), UINT32_MAX},
                                                   {"offset", AT(address), UINT64_MAX},
                                                   {"width", AT(width), 8},
                                                   {"data", AT(value), UINT64_MAX},
                                                   {NULL, 0, 0, 0}};
static const struct vfio_operand region_info[] = {
    {"region", AT(message), UINT32_MAX}, {"size", AT(control), 1}, {NULL, 0, 0, 0}};
static const struct vfio_operand unbound[] = {{"call", AT(message), IRQCTS_VFIO_CALL_RESET}, {NULL, 0, 0, 0}};
static const struct vfio_operand migration[] = {
    {"state", AT(message), UINT32_MAX}, {"read", AT(control), 1}, {NULL, 0, 0, 0}};
static const struct vfio_operand windows_query[] = {{"interface", AT(message), IRQCTS_WINDOWS_NEARLY},
                                                    {"size", AT(entry), UINT16_MAX},
                                                    {"version", AT(data), UINT16_MAX},
                                                    {NULL, 0, 0, 0}};
static const struct vfio_operand windows_level[] = {{"level", AT(message), IRQCTS_WINDOWS_DEVICE},
                                                    {NULL, 0, 0, 0}};
static const struct vfio_operand windows_power[] = {{"state", AT(message), 3}, {NULL, 0, 0, 0}};
static const struct vfio_operand nothing[] = {{NULL, 0, 0, 0}};

const struct vfio_operand *vfio_operands(uint32_t kind)
{
    static const struct vfio_operand *const all[] = {set_irqs,    irq_info, region_read, region_write,
                                                     region_info, nothing,  unbound,     migration,
                                                     windows_query, nothing, windows_level, nothing,
                                                     windows_power};

    return kind >= IRQCTS_OPERATION_VFIO_FIRST && kind < IRQCTS_OPERATION_END
               ? all[kind - IRQCTS_OPERATION_VFIO_FIRST]
               : NULL;
}

uint64_t vfio_operand_get(const struct irqcts_operation *operation, const struct vfio_operand *operand)
{
    const char *from = (const char *)operation + operand->offset;
    uint64_t wide;
    uint32_t narrow;
    uint8_t byte;

    switch (operand->size) {
    case sizeof(wide):
        memcpy(&wide, from, sizeof(wide));
        return wide;
    case sizeof(narrow):
        memcpy(&narrow, from, sizeof(narrow));
        return narrow;
    default:
        memcpy(&byte, from, sizeof(byte));
        return byte;
    }
}

void vfio_operand_set(struct irqcts_operation *operation, const struct vfio_operand *operand, uint64_t value)
{
    char *to = (char *)operation + operand->offset;
    uint32_t narrow = (uint32_t)value;
    uint8_t byte = (uint8_t)value;

    switch (operand->size) {
    case sizeof(value):
        memcpy(to, &value, sizeof(value));
        break;
    case sizeof(narrow):
        memcpy(to, &narrow, sizeof(narrow));
        break;
    default:
        memcpy(to, &byte, sizeof(byte));
        break;
    }
}

int32_t vfio_check(const struct irqcts_operation *operation)
{
    struct irqcts_operation rest = *operation;
    const struct irqcts_operation nothing_left = {.kind = operation->kind};
    int region = operation->kind == IRQCTS_OPERATION_VFIO_REGION_READ ||
                 operation->kind == IRQCTS_OPERATION_VFIO_REGION_WRITE;
    uint32_t width = operation->width;

    for (const struct vfio_operand *operand = vfio_operands(operation->kind); operand->key != NULL; operand++) {
        if (vfio_operand_get(operation, operand) > operand->limit) {
            return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: %s is at most 0x%llx", irqcts_operation_name(operation->kind),
                               operand->key, (unsigned long long)operand->limit);
        }
        vfio_operand_set(&rest, operand, 0);
    }
    if (memcmp(&rest, &nothing_left, sizeof(rest)) != 0) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: a field that it does not use is not 0",
                           irqcts_operation_name(operation->kind));
    }
    if (region && width != 1 && width != 2 && width != 4 && width != 8) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s: width %u; it is 1, 2, 4 or 8 bytes",
                           irqcts_operation_name(operation->kind), width);
    }
    return IRQCTS_ERROR_NONE;
}
