/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A PCI function with MSI-X and its virtual functions, as registers and bytes:
 * configuration space, base address registers, the MSI-X table and the pending
 * bit array, and a place where the messages arrive.
 *
 * This is the device, not its driver: software reaches it by configuration and
 * memory accesses only (emulator_config_*, emulator_memory_*); the outside
 * world by events (emulator_raise, emulator_withdraw), reset and power.
 *
 * Freestanding C11: no allocation, no operating system; the caller hands in the
 * memory.  Shares nothing with the oracle (core/model), so that their agreement
 * means something.
 *
 * A virtual function shows the configuration space that a guest sees: a whole
 * header with BARs of its own.
 */
#ifndef IRQCTS_EMULATOR_DEVICE_H
#define IRQCTS_EMULATOR_DEVICE_H

#include "sink.h"

#include <stddef.h>
#include <stdint.h>

#define EMULATOR_ENTRIES_MAX 2048u
#define EMULATOR_FUNCTIONS_MAX 65u
#define EMULATOR_CONFIG_BYTES 256u
#define EMULATOR_ENTRY_BYTES 16u
#define EMULATOR_PENDING_WORDS (EMULATOR_ENTRIES_MAX / 64u)
#define EMULATOR_OFFSET_MAX 0x100000u /* of table and PBA in their BARs */

/* Where things are in configuration space. */
enum {
    CONFIG_COMMAND = 0x04, /* bit 1 Memory Space, bit 2 Bus Master */
    CONFIG_STATUS = 0x06,  /* bit 3 Interrupt Status */
    CONFIG_BAR0 = 0x10,
    CONFIG_CAPABILITIES = 0x34,
    CONFIG_EXPRESS = 0x40, /* PCI Express capability, for Initiate Function Level Reset */
    CONFIG_DEVICE_CONTROL = CONFIG_EXPRESS + 0x08,
    CONFIG_MSIX = 0x80 /* MSI-X capability: Message Control +2, Table +4, PBA +8 */
};
enum {
    COMMAND_MEMORY_SPACE = 0x02,
    COMMAND_BUS_MASTER = 0x04,
    CONTROL_HIGH_ENABLE = 0x80, /* in the upper byte of Message Control */
    CONTROL_HIGH_FUNCTION_MASK = 0x40,
    DEVICE_CONTROL_FLR = 0x8000,
    ENTRY_ADDRESS_LOW = 0,
    ENTRY_ADDRESS_HIGH = 4,
    ENTRY_DATA = 8,
    ENTRY_CONTROL = 12,
    ENTRY_MASK_BIT = 1
};

/* Every choice that the specification leaves open; 0 is the default. */
struct emulator_choices {
    uint32_t table_bar; /* 0..5 */
    uint32_t table_offset;
    uint32_t pba_bar;
    uint32_t pba_offset;
    uint32_t bar_64;                /* 1: 64-bit BARs (then even ones only) */
    uint32_t bus_master_off_pends;  /* SEND-BUS-MASTER-OFF: 0 lost, 1 pended */
    uint32_t disabled_event_kept;   /* ENABLE-OFF-EVENT: 0 dropped, 1 pended */
    uint32_t disable_clears_pending;/* ENABLE-CYCLE-PENDING: 0 kept, 1 cleared */
    uint32_t reserved_bits_stored;  /* ENTRY-VC-RESERVED: 0 read zero, 1 read what was written */
    uint32_t low_bits_stored;       /* ENTRY-ADDRESS-LOW-BITS: likewise */
    uint32_t odd_access_performed;  /* ENTRY-ACCESS-WIDTH: 0 ignored, 1 byte by byte */
    uint32_t rewrite_latched;       /* SEND-REWRITE-UNMASKED: 0 new values at once, 1 after the next unmask */
    uint32_t reset_pattern;         /* address and data after reset: a byte that fills them */
    uint32_t locking;               /* enum emulator_locking (lock.h); of the backend, not of the device */
    uint32_t fault;                 /* enum emulator_fault (faults.h); 0 none */
};

struct emulator_shape {
    uint32_t entries; /* of the physical function; 0: no MSI-X capability */
    uint32_t virtual_functions;
    uint32_t virtual_entries;
};

/* A message as the device would send it. */
struct emulator_message {
    uint64_t address;
    uint32_t data;
    uint32_t reserved;
};

struct emulator_function {
    uint8_t config[EMULATOR_CONFIG_BYTES];
    uint8_t *table;  /* 16 bytes an entry */
    uint8_t *pba;    /* 8 bytes for 64 entries */
    struct emulator_message *former; /* what entries in `stale` send (rewrite_latched) */
    uint32_t index;
    uint32_t entries;
    uint32_t dirty;  /* bit k: entries 64k..64k+63 or their pending bits are not as after reset */
    uint8_t paused;
    uint8_t config_dirty; /* anything but table and PBA is not as after set-up */
    uint8_t stale_any;
    uint8_t reserved;
    /* What memory addresses the function claims; size 0: none. */
    uint64_t table_bar_base;
    uint64_t table_bar_size;
    uint64_t pba_bar_base;
    uint64_t pba_bar_size;
    /* The table's own addresses, for the common access; size 0: not decoded, or a fault is planted. */
    uint64_t table_base;
    uint64_t table_size;
    uint64_t stale[EMULATOR_PENDING_WORDS];
    /* Memory of planted faults, unused without one. */
    uint64_t fault_bits[EMULATOR_PENDING_WORDS];
    uint64_t fault_more[EMULATOR_PENDING_WORDS];
    uint64_t fault_count;
};

struct emulator_device {
    struct emulator_choices choices;
    struct emulator_shape shape;
    struct emulator_sink *sink;
    struct emulator_function *functions;
    uint32_t function_count;
    uint32_t last_claim; /* the function that claimed the latest access: tried first */
    uint64_t bar_size[6];
    uint32_t dead; /* a planted fault has taken the device down: nothing answers */
    uint32_t reserved;
    uint8_t writable[2][EMULATOR_CONFIG_BYTES]; /* of the physical and of a virtual function */
};

/* The largest N whose table and PBA fit their BARs without overlap (CAP-FITS); 0: the choices are unusable. */
uint32_t emulator_entries_limit(const struct emulator_choices *choices);

/* Bytes of memory for a device of this shape. */
size_t emulator_device_size(const struct emulator_shape *shape);

/* Lays a device out in `memory` (8-byte aligned, emulator_device_size bytes) as after power-on. */
struct emulator_device *emulator_device_create(void *memory, const struct emulator_shape *shape,
                                               const struct emulator_choices *choices, struct emulator_sink *sink);

/* Whether anything of a function differs from the state after power-on and set-up; and: set-up is done. */
static inline int emulator_function_touched(const struct emulator_function *function)
{
    return function->dirty != 0 || function->config_dirty != 0;
}
void emulator_function_settle(struct emulator_device *device, uint32_t function);
void emulator_function_power_on(struct emulator_device *device, uint32_t function);

/* Configuration accesses of any width; offsets beyond the space read 0. */
uint32_t emulator_config_read(const struct emulator_device *device, uint32_t function, uint32_t offset, uint32_t width);
void emulator_config_write(struct emulator_device *device, uint32_t function, uint32_t offset, uint32_t width,
                           uint32_t value);

/* Memory accesses of 1, 2, 4 or 8 bytes.  An address that nobody claims reads all ones. */
uint64_t emulator_memory_read(struct emulator_device *device, uint64_t address, uint32_t width);
void emulator_memory_write(struct emulator_device *device, uint64_t address, uint32_t width, uint64_t value);

/* An event on an entry; its cause satisfied without an interrupt.  Return 0 when there is no such entry. */
int emulator_raise(struct emulator_device *device, uint32_t function, uint32_t entry);
int emulator_withdraw(struct emulator_device *device, uint32_t function, uint32_t entry);

/* Every function, as by the reset line.  FLR is a write to Device Control. */
void emulator_conventional_reset(struct emulator_device *device, uint32_t function);

/* A paused function still answers accesses but sends nothing (VWRITE-PAUSED). */
void emulator_set_paused(struct emulator_device *device, uint32_t function, int paused);

/* Saved state as bytes: SAVE-COMPLETE.  `size` is at least emulator_save_size. */
size_t emulator_save_size(uint32_t entries);
size_t emulator_save(struct emulator_device *device, uint32_t function, uint8_t *bytes);
/* Takes it back whole or not at all (SAVE-REJECT-INCONSISTENT); returns 0 when refused. */
int emulator_restore(struct emulator_device *device, uint32_t function, const uint8_t *bytes, size_t length);
/* Makes a saved state inconsistent in one way (1 size, 2 duplicate, 3 index); returns its new length.  The
 * buffer has emulator_save_size bytes. */
size_t emulator_save_corrupt(uint8_t *bytes, size_t length, uint32_t kind);

#endif
