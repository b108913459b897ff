/* SPDX-License-Identifier: Apache-2.0 */
#include "lock.h"

#ifdef _WIN32
#include <windows.h>
#define GIVE_WAY() (void)SwitchToThread()
#else
#include <sched.h>
#define GIVE_WAY() (void)sched_yield()
#endif

enum { TRIES = 100 }; /* an operation takes less time than giving way does */

void emulator_lock_take(struct emulator_lock *lock)
{
    unsigned tries = 0;

    while (atomic_flag_test_and_set_explicit(&lock->held, memory_order_acquire)) {
        if (++tries == TRIES) {
            tries = 0;
            GIVE_WAY();
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
    GIVE_WAY();
    emulator_lock_take(lock);
}
