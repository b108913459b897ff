/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The state of a paused function as bytes, for whoever carries it from one
 * device to another himself instead of leaving it in a slot of the backend: the
 * sample of a display miniport (backends/windows/sample_miniport).  `context` is
 * what the backend's open returned.  Both return an irqcts_status.
 */
#ifndef IRQCTS_EMULATOR_STATE_H
#define IRQCTS_EMULATOR_STATE_H

#include <stddef.h>
#include <stdint.h>

/* *size is the room, then what the state takes; NO_RESOURCES when that is more, and nothing is written. */
uint32_t emulator_state_save(void *context, uint32_t function, uint8_t *bytes, size_t *size);
/* Bytes of any content: what is inconsistent is refused whole (SAVE-REJECT-INCONSISTENT). */
uint32_t emulator_state_restore(void *context, uint32_t function, const uint8_t *bytes, size_t size);

#endif
