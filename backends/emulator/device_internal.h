/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of the device share.  Reading order: device_layout.c (memory,
 * power-on, reset), device_config.c (configuration space), device_memory.c
 * (decoding, table and PBA), device_events.c (what becomes of an event),
 * device_save.c (saved state), device_faults.c (what planted faults do).
 */
#ifndef IRQCTS_EMULATOR_DEVICE_INTERNAL_H
#define IRQCTS_EMULATOR_DEVICE_INTERNAL_H

#include "device.h"
#include "faults.h"

#include <string.h> /* memcpy and memset, which a freestanding compiler may call anyway */

#if defined(__GNUC__)
#define UNLIKELY(condition) __builtin_expect(!!(condition), 0)
#else
#define UNLIKELY(condition) (condition)
#endif

/* One predicted test a site; what the fault does is in device_faults.c. */
#define FAULTY(device) UNLIKELY((device)->choices.fault != 0)
#define HAS(device, name) ((device)->choices.fault == (uint32_t)FAULT_##name)

/* Registers are little-endian whatever the host is; compilers make one access of these. */
static inline uint32_t load32(const uint8_t *at)
{
    return (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline uint64_t load64(const uint8_t *at)
{
    return (uint64_t)load32(at) | (uint64_t)load32(at + 4) << 32;
}

static inline void store32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
}

static inline void store64(uint8_t *at, uint64_t value)
{
    store32(at, (uint32_t)value);
    store32(at + 4, (uint32_t)(value >> 32));
}

static inline int bit_of(const uint64_t *words, uint32_t index)
{
    return (int)((words[index / 64u] >> (index % 64u)) & 1u);
}

static inline void bit_on(uint64_t *words, uint32_t index)
{
    words[index / 64u] |= UINT64_C(1) << (index % 64u);
}

static inline void bit_off(uint64_t *words, uint32_t index)
{
    words[index / 64u] &= ~(UINT64_C(1) << (index % 64u));
}

static inline uint8_t *entry_bytes(const struct emulator_function *function, uint32_t entry)
{
    return function->table + (size_t)entry * EMULATOR_ENTRY_BYTES;
}

static inline int pending_bit(const struct emulator_function *function, uint32_t entry)
{
    return (function->pba[entry / 8u] >> (entry % 8u)) & 1;
}

static inline void pending_off(struct emulator_function *function, uint32_t entry)
{
    function->pba[entry / 8u] = (uint8_t)(function->pba[entry / 8u] & ~(1u << (entry % 8u)));
}

static inline void pending_on(struct emulator_function *function, uint32_t entry)
{
    function->pba[entry / 8u] = (uint8_t)(function->pba[entry / 8u] | 1u << (entry % 8u));
    function->dirty |= 1u << (entry / 64u);
}

static inline uint32_t pba_bytes(uint32_t entries)
{
    return (entries + 63u) / 64u * 8u;
}

static inline uint8_t control_high(const struct emulator_function *function)
{
    return function->config[CONFIG_MSIX + 3];
}

/* Places in a saved state (device_save.c). */
enum {
    SAVE_MAGIC = 0x58495349,
    SAVE_VERSION = 1,
    SAVE_LENGTH = 8,
    SAVE_ENTRIES = 12,
    SAVE_CONTROL = 16,
    SAVE_RECORDS = 20,
    SAVE_PBA = 24,
    RECORD_BYTES = 4 + EMULATOR_ENTRY_BYTES
};

/* device_layout.c */
enum reset_cause { RESET_POWER, RESET_LINE, RESET_FLR };
void reset_function(struct emulator_device *device, struct emulator_function *function, enum reset_cause cause);
/* An entry's bytes as reset leaves them. */
void reset_entry(const struct emulator_device *device, uint8_t *bytes);
void function_level_reset(struct emulator_device *device, struct emulator_function *function);
/* Where the BARs lie, as Command and BARs say now. */
void update_decoding(const struct emulator_device *device, struct emulator_function *function);

/* device_memory.c: what software and a virtualized write come down to */
void write_table_dword(struct emulator_device *device, struct emulator_function *function, uint32_t entry,
                       uint32_t place, uint32_t value);

/* device_events.c */
void release_entry(struct emulator_device *device, struct emulator_function *function, uint32_t entry);
void release_all(struct emulator_device *device, struct emulator_function *function);
void send_message(struct emulator_device *device, struct emulator_function *function, uint32_t entry);
void set_pending(struct emulator_device *device, struct emulator_function *function, uint32_t entry);
int entry_masked(const struct emulator_device *device, const struct emulator_function *function, uint32_t entry);
int function_enabled(const struct emulator_device *device, const struct emulator_function *function);
int function_masked(const struct emulator_device *device, const struct emulator_function *function);
int bus_master_on(const struct emulator_device *device, const struct emulator_function *function);
void forget_former(struct emulator_function *function);

/* device_faults.c; each is called only when a fault is planted, and says what goes wrong there. */
#define NO_EVENT UINT32_MAX
int faulted_mask(const struct emulator_device *device, const struct emulator_function *function, uint32_t entry,
                 int masked);
/* The entry that the event really reaches, or NO_EVENT when it is swallowed or has been dealt with. */
uint32_t faulted_event(struct emulator_device *device, struct emulator_function *function, uint32_t entry);
/* 1 when setting the pending bit is done with. */
int faulted_pending(struct emulator_device *device, struct emulator_function *function, uint32_t entry);
/* 1 when the message is not sent. */
int faulted_message(struct emulator_device *device, struct emulator_function *function, uint32_t entry,
                    uint64_t *address, uint32_t *data);
/* 1 when the release of a pending bit does not take place. */
int faulted_release(struct emulator_device *device, struct emulator_function *function, uint32_t entry);
/* 1 when what pends is not released by Bus Master. */
int faulted_bus_master(struct emulator_device *device, struct emulator_function *function);
/* 1 when the DWORD write is swallowed. */
int faulted_dword(struct emulator_device *device, struct emulator_function *function, uint32_t entry, uint32_t place,
                  uint32_t *value);
void faulted_after_dword(struct emulator_device *device, struct emulator_function *function, uint32_t entry,
                         uint32_t place, uint32_t old, uint32_t value);
/* 1 when the access is dealt with. */
int faulted_table_write(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                        uint32_t width, uint64_t value);
int faulted_table_read(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                       uint32_t width, uint64_t *value);
int faulted_pba_write(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                      uint32_t width, uint64_t value);
int faulted_pba_read(struct emulator_device *device, struct emulator_function *function, uint64_t offset,
                     uint32_t width, uint64_t *value);
/* Where table and PBA are really decoded. */
void faulted_decoding(const struct emulator_device *device, struct emulator_function *function,
                      uint32_t *table_offset, uint32_t *pba_offset, uint32_t *pba_size);
void faulted_image(struct emulator_device *device, struct emulator_function *function);
/* 1 when the configuration write is dealt with. */
int faulted_config_write(struct emulator_device *device, struct emulator_function *function, uint32_t offset,
                         uint32_t width, uint32_t *value);
void faulted_control(struct emulator_device *device, struct emulator_function *function, uint32_t was, uint32_t is);
void faulted_before_reset(struct emulator_device *device, struct emulator_function *function, enum reset_cause cause);
void faulted_after_reset(struct emulator_device *device, struct emulator_function *function, enum reset_cause cause);
void faulted_save(const struct emulator_device *device, uint8_t *bytes);
void faulted_restore(struct emulator_device *device, struct emulator_function *function);

#endif
