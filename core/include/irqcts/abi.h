/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What this library was compiled as: every field of every public struct, every
 * enumerator and every function's signature.  Bindings compare it with what they
 * were generated from and refuse a library that differs (harness/irqcts/_abi.py).
 */
#ifndef IRQCTS_ABI_H
#define IRQCTS_ABI_H

#include "irqcts/error.h"

#ifdef __cplusplus
extern "C" {
#endif

struct irqcts_abi_item {
    const char *owner; /* "struct irqcts_operation", "enum irqcts_status", "function" */
    const char *name;  /* field, enumerator or function; "" for the struct itself */
    const char *type;  /* "u8".."u64", "i32", "pointer", "block"; for a function its signature */
    uint64_t offset;   /* of a field; the value of an enumerator */
    uint64_t width;    /* bytes; of a struct its size */
};

IRQCTS_API uint32_t irqcts_abi_count(void);
/* IRQCTS_ERROR_ARGUMENT beyond the end.  The strings are static. */
IRQCTS_API int32_t irqcts_abi_item(struct irqcts_abi_item *out, uint32_t index);
/* The library's version, "MAJOR.MINOR.PATCH"; static. */
IRQCTS_API const char *irqcts_version(void);

#ifdef __cplusplus
}
#endif
#endif
