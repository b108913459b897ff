/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The emulator's lock, for use by several threads (option locking).  Held for a
 * whole operation it makes each one atomic.  Held for single register accesses
 * only, as by a driver that trusts each access and forgets the sequence, there
 * is no data race and yet operations mix: what concurrent histories must find.
 */
#ifndef IRQCTS_EMULATOR_LOCK_H
#define IRQCTS_EMULATOR_LOCK_H

#include <stdatomic.h>

enum emulator_locking { LOCKING_NONE = 0, LOCKING_OPERATION = 1, LOCKING_ACCESS = 2 };

struct emulator_lock {
    atomic_flag held;
};

void emulator_lock_take(struct emulator_lock *lock);
void emulator_lock_release(struct emulator_lock *lock);
/* Releases it and lets another thread have it. */
void emulator_lock_yield(struct emulator_lock *lock);

#endif
