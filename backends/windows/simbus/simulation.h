/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The simulated device behind a child of irqctsbus.sys: the emulator, the same
 * source as on Linux.  No PnP here.
 */
#ifndef IRQCTS_SIMBUS_SIMULATION_H
#define IRQCTS_SIMBUS_SIMULATION_H

#include "irqcts/backend.h"
#include "irqcts_windows/status.h"

#include <stddef.h>

struct simulation;
typedef void (*simulation_arrival)(void *context, uint32_t message);

/* NULL without memory. */
struct simulation *simulation_create(void);
void simulation_free(struct simulation *simulation);

/* Another emulator with these options; refused ones leave the old one. */
irqcts_ntstatus simulation_options(struct simulation *simulation, const char *options, char *sentence, size_t size);
/* Whether simulation_operate may be called by several threads at once: the option locking. */
int simulation_concurrent(struct simulation *simulation);
void simulation_limits(struct simulation *simulation, uint32_t *entries, uint32_t *functions);

/* One operation; what it sends arrives before it returns. */
irqcts_ntstatus simulation_operate(struct simulation *simulation, const struct irqcts_operation *operation,
                                   uint64_t *value);
/* The state of a paused function as bytes (IRQCTS_SIMULATION_INTERFACE). */
irqcts_ntstatus simulation_save(struct simulation *simulation, uint32_t function, uint8_t *state, size_t *size);
irqcts_ntstatus simulation_restore(struct simulation *simulation, uint32_t function, const uint8_t *state,
                                   size_t size);
irqcts_ntstatus simulation_messages(struct simulation *simulation, uint32_t function, uint32_t first, uint32_t count,
                                    struct irqcts_message *out);

/* As pci.sys does it: in D3 the device forgets its registers, and back in D0 they are what they were. */
void simulation_power(struct simulation *simulation, uint32_t state);

/* Messages of function 0 go to the routine, one call each; others wait for simulation_poll. */
void simulation_connect(struct simulation *simulation, simulation_arrival routine, void *context);
void simulation_poll(struct simulation *simulation, struct irqcts_delivery_buffer *deliveries);

#endif
