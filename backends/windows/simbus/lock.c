/* SPDX-License-Identifier: Apache-2.0 */
/* The emulator's lock (its option locking) inside a driver. */
#include "lock.h"

#include "irqcts_windows/kernel.h"

enum { TRIES = 100 }; /* an operation takes less time than giving way does */

/* Between two accesses another request has to arrive, which takes longer than the accesses do. */
enum { ARRIVAL_US = 200 };

/* At a raised level nobody else is let in: requests beside each other run at PASSIVE_LEVEL. */
static void give_way(LONGLONG microseconds)
{
    LARGE_INTEGER interval = {.QuadPart = -10 * microseconds}; /* 100 ns, relative */

    if (KeGetCurrentIrql() == PASSIVE_LEVEL) {
        (void)KeDelayExecutionThread(KernelMode, FALSE, &interval);
    }
}

void emulator_lock_take(struct emulator_lock *lock)
{
    unsigned tries = 0;

    while (atomic_flag_test_and_set_explicit(&lock->held, memory_order_acquire)) {
        if (++tries == TRIES) {
            tries = 0;
            give_way(0);
        }
    }
}

void emulator_lock_release(struct emulator_lock *lock)
{
    atomic_flag_clear_explicit(&lock->held, memory_order_release);
}

void emulator_lock_yield(struct emulator_lock *lock)
{
    emulator_lock_release(lock);
    give_way(ARRIVAL_US);
    emulator_lock_take(lock);
}
