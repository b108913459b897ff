/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one interface behind which every implementation under test stands: a
 * struct of functions and a context, loadable as a shared library.  A backend
 * executes operations and reports what it saw; it knows no clause and judges
 * nothing.  docs/writing-a-backend.md walks through one.
 *
 * A backend is used by one thread at a time, unless it has IRQCTS_PROPERTY_CONCURRENT.
 */
#ifndef IRQCTS_BACKEND_H
#define IRQCTS_BACKEND_H

#include "irqcts/error.h"
#include "irqcts/operation.h"

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

#define IRQCTS_BACKEND_ABI_VERSION 2u
/* A backend library exports this one symbol; see irqcts_backend_entry_function. */
#define IRQCTS_BACKEND_ENTRY_SYMBOL "irqcts_backend_entry"

/* All strings are UTF-8 and end in a zero byte within their arrays. */
struct irqcts_backend_description {
    char name[32];       /* "emulator", "qemu", … */
    char device[96];     /* "rocker", a PCI address, … */
    char driver[96];     /* what stands between: "QEMU 7.2.22 qtest", "vfio-pci, Linux 6.1.0-…" */
    char identity[256];  /* the whole of it as one line; deviations are keyed by it */
    uint64_t operations; /* bit k: operation kind k is supported */
    uint32_t observations;
    uint32_t stimulus;
    uint32_t properties;
    uint32_t entries_max;
    uint32_t messages_max;
    uint32_t virtual_functions_max;
    uint32_t virtual_entries_max;
    uint32_t virtual_messages_max;
    uint32_t reset_kinds;  /* bit k: enum irqcts_reset_kind k is supported */
    uint32_t settle_ns;    /* without SYNCHRONOUS: how long poll waits for silence, derived from a measured latency */
    uint32_t geometry_known; /* 1: the next four are meaningful */
    uint32_t table_bar;
    uint32_t table_offset;
    uint32_t pba_bar;
    uint32_t pba_offset;
    uint32_t reserved;
};

struct irqcts_backend_interface {
    uint32_t abi_version; /* IRQCTS_BACKEND_ABI_VERSION */
    uint32_t size;        /* sizeof(struct irqcts_backend_interface) */
    const char *name;
    /* One line a option, "key=TEXT what it does", for help texts; ends with NULL. */
    const char *const *option_help;

    /* Opens the device.  `options` is "key=value,key=value", never NULL.  On
     * failure returns negative and writes a sentence (what was tried, on what,
     * what to do next) into error[0..error_size). */
    int32_t (*open)(void **out, const char *options, char *error, size_t error_size);

    /* What is behind this context.  May be called at any time after open, and
     * asks nobody: what it says is known since then. */
    int32_t (*describe)(void *context, struct irqcts_backend_description *out);

    /* Executes `count` operations in order and fills `results[i]` for each; a
     * refusal by the device is a status, not an error.  FROM_MESSAGE has been
     * resolved by the caller.  An operation kind or argument that the backend
     * does not support gives IRQCTS_STATUS_NOT_SUPPORTED and no effect.  A
     * negative return (with error text) says that the backend itself broke:
     * IRQCTS_ERROR_DIED or IRQCTS_ERROR_HUNG when it was what stands behind it,
     * which is a verdict (CRASH, TIMEOUT), anything else is the backend's fault.
     * Results not reached keep IRQCTS_STATUS_NOT_EXECUTED as set by the caller. */
    int32_t (*execute)(void *context, const struct irqcts_operation *operations, uint32_t count,
                       struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries,
                       char *error, size_t error_size);

    /* After CONFIGURE: messages first .. first+count-1 of a function.  Fails as
     * execute does. */
    int32_t (*messages)(void *context, uint32_t function, uint32_t first, uint32_t count,
                        struct irqcts_message *out, char *error, size_t error_size);

    /* Restores the device and frees the context. */
    void (*close)(void *context);
};

/* The exported symbol.  Given a version it does not speak it returns NULL. */
typedef const struct irqcts_backend_interface *(*irqcts_backend_entry_function)(uint32_t abi_version);

/* Makes a backend that is linked into this program (the static agent, tests)
 * known to irqcts_backend_load by its name.  At most 16. */
IRQCTS_API int32_t irqcts_backend_register(const struct irqcts_backend_interface *backend);

/* A backend by name or by path.  A name is looked for among the registered ones,
 * then as irqcts-backend-NAME.so in each folder of IRQCTS_BACKEND_PATH, then in
 * irqcts/ beside libirqcts.  A path (anything with a separator) is loaded as it
 * is.  Checks version and size; the interface lives as long as the process. */
IRQCTS_API int32_t irqcts_backend_load(const struct irqcts_backend_interface **out, const char *name_or_path);

#ifdef __cplusplus
}
#endif
#endif
