/* SPDX-License-Identifier: Apache-2.0 */
/* How each operation is written: its word and the operands it has, shared by the
 * check, the parser and the printer. */
#ifndef IRQCTS_OPERATION_TABLE_H
#define IRQCTS_OPERATION_TABLE_H

#include "irqcts/program.h"

#include <stddef.h>

/* Offsets are into a table of at most 32 KiB, a PBA or configuration space; the
 * rest is room for accesses beyond the end. */
#define OFFSET_MAX 0xffffu

enum operation_fields {
    FORM_PLAIN = 0,
    FORM_CONFIGURE = 1,
    FORM_FUNCTION = 2,   /* vf=K */
    FORM_ENTRY = 4,      /* E */
    FORM_MESSAGE = 8,    /* M */
    FORM_TABLE = 16,     /* E.field, or +OFFSET width=W */
    FORM_OFFSET = 32,    /* +OFFSET width=W */
    FORM_CONFIG = 64,    /* widths up to 4 */
    FORM_VALUE = 128,    /* VALUE, or message=M control=C for the table */
    FORM_SWITCH = 256,   /* on | off */
    FORM_VIRTUALIZED = 512, /* message=M control=C, or address=A data=D control=C */
    FORM_SLOT = 1024,    /* slot=S */
    FORM_CORRUPT = 2048, /* corrupt=WORD */
    FORM_RESET = 4096,   /* conventional | function-level */
    FORM_VFIO = 8192     /* key=NUMBER, as vfio_operands says; raw calls of Windows too */
};

struct operation_form {
    const char *name;
    uint32_t fields; /* enum operation_fields */
};

/* NULL for a kind that is none. */
const struct operation_form *operation_form(uint32_t kind);

/* An operand of a raw VFIO call; a list ends with key NULL. */
struct vfio_operand {
    const char *key;
    uint16_t offset; /* of its field in struct irqcts_operation */
    uint16_t size;
    uint64_t limit;
};
/* The operands of a kind with FORM_VFIO, in canonical order; NULL for another kind. */
const struct vfio_operand *vfio_operands(uint32_t kind);
uint64_t vfio_operand_get(const struct irqcts_operation *operation, const struct vfio_operand *operand);
void vfio_operand_set(struct irqcts_operation *operation, const struct vfio_operand *operand, uint64_t value);
int32_t vfio_check(const struct irqcts_operation *operation);

/* The named fields of a table entry. */
struct table_field {
    const char *name;
    uint32_t offset;
    uint32_t width;
};
extern const struct table_field table_fields[];
extern const uint32_t table_field_count;

extern const char *const corruption_names[];
extern const char *const reset_names[];

#endif
