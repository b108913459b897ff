/* SPDX-License-Identifier: Apache-2.0 */
/* The emulator's lock (its option locking) inside a driver, where giving way is not to be had: it spins. */
#include "lock.h"

void emulator_lock_take(struct emulator_lock *lock)
{
    while (atomic_flag_test_and_set_explicit(&lock->held, memory_order_acquire)) {
    }
}

void emulator_lock_release(struct emulator_lock *lock)
{
    atomic_flag_clear_explicit(&lock->held, memory_order_release);
}

void emulator_lock_yield(struct emulator_lock *lock)
{
    emulator_lock_release(lock);
    emulator_lock_take(lock);
}
