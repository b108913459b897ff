/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Threads that do what a plan says, each writing down its calls, and one more
 * that looks for deliveries.  Instants come from one counter that every thread
 * increments before and after each call: their order is the order in which it
 * happened, which a clock's ticks are too coarse for.
 */
#include "../session/broken.h"
#include "history_search.h"
#include "irqcts/engine.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

#ifdef _WIN32
#include <windows.h>
typedef HANDLE thread_handle;
#define THREAD_RESULT DWORD WINAPI
#define THREAD_END 0
static int thread_start(thread_handle *out, LPTHREAD_START_ROUTINE routine, void *argument)
{
    *out = CreateThread(NULL, 0, routine, argument, 0, NULL);
    return *out != NULL;
}
static void thread_join(thread_handle thread)
{
    (void)WaitForSingleObject(thread, INFINITE);
    (void)CloseHandle(thread);
}
static void give_way(void)
{
    (void)SwitchToThread();
}
#else
#include <pthread.h>
#include <sched.h>
typedef pthread_t thread_handle;
#define THREAD_RESULT void *
#define THREAD_END NULL
static int thread_start(thread_handle *out, void *(*routine)(void *), void *argument)
{
    return pthread_create(out, NULL, routine, argument) == 0;
}
static void thread_join(thread_handle thread)
{
    (void)pthread_join(thread, NULL);
}
static void give_way(void)
{
    (void)sched_yield();
}
#endif

enum { DELIVERIES = 1024 };

/* What all threads of one recording share. */
struct recording {
    const struct irqcts_backend_interface *backend;
    void *context;
    const struct irqcts_history_shape *shape;
    const struct irqcts_history_plan *plan;
    uint32_t synchronous;
    atomic_uint ready;
    atomic_uint running; /* workers not done yet */
    atomic_uint go;
    atomic_uint broken;
    atomic_uint waiting; /* workers that came to a pause, counted over all pauses */
    atomic_uint pauses;  /* that are over */
    atomic_ullong clock;
};

/* What one of them writes down. */
struct worker {
    struct recording *recording;
    struct irqcts_history *history; /* its own; put together when all are done */
    uint64_t random;
    uint32_t number;
    uint32_t operations;
    int32_t error;
    char sentence[200];
    thread_handle thread;
};

static uint64_t draw(struct worker *worker)
{
    return worker->random = irqcts_engine_seed(worker->random, 1);
}

/* Calls take less time than a processor gives a thread at a stretch: only by
 * giving way now and then, also in the middle of a call, do they meet. */
static void perhaps_give_way(struct worker *worker)
{
    if ((draw(worker) & 7u) == 0) {
        give_way();
    }
}

/* One call, written down with what it saw. */
static int32_t call(struct worker *worker, const struct irqcts_operation *operation, uint16_t flags)
{
    struct recording *recording = worker->recording;
    struct irqcts_delivery records[DELIVERIES];
    struct irqcts_history_delivery seen[DELIVERIES];
    struct irqcts_delivery_buffer buffer = {records, DELIVERIES, 0, 0, 0};
    struct irqcts_result result = {.status = IRQCTS_STATUS_NOT_EXECUTED};
    int32_t error;
    struct irqcts_history_call entry = {.kind = operation->kind, .thread = (uint16_t)worker->number, .flags = flags,
                                        .entry = operation->entry, .message = operation->message};

    if (operation->kind == IRQCTS_OPERATION_FUNCTION_MASK || operation->kind == IRQCTS_OPERATION_ENABLE) {
        entry.message = (uint32_t)operation->value;
    }

    entry.called = atomic_fetch_add(&recording->clock, 1);
    perhaps_give_way(worker);
    error = recording->backend->execute(recording->context, operation, 1, &result, &buffer, worker->sentence,
                                        sizeof(worker->sentence));
    if (error < 0) {
        return broken_code(error);
    }
    if (buffer.lost > 0) {
        (void)snprintf(worker->sentence, sizeof(worker->sentence), "%u delivery records did not fit", buffer.lost);
        return IRQCTS_ERROR_BACKEND;
    }
    perhaps_give_way(worker);
    entry.returned = atomic_fetch_add(&recording->clock, 1);
    entry.status = (uint16_t)result.status;
    for (uint32_t i = 0; i < buffer.count; i++) {
        seen[i] = (struct irqcts_history_delivery){
            records[i].function == 0 ? records[i].message : IRQCTS_MESSAGE_STRAY, records[i].count};
    }
    return irqcts_history_append(worker->history, &entry, seen, buffer.count);
}

/* Entries have messages in common within a neighbourhood of `sharing` entries. */
static struct irqcts_operation choose(struct worker *worker)
{
    enum { WHOLE_SELDOM = 32 }; /* one call in so many is about the whole function, if it may be */
    static const uint16_t kinds[8] = {IRQCTS_OPERATION_RAISE,  IRQCTS_OPERATION_RAISE,     IRQCTS_OPERATION_RAISE,
                                      IRQCTS_OPERATION_MASK,   IRQCTS_OPERATION_MASK,      IRQCTS_OPERATION_UNMASK,
                                      IRQCTS_OPERATION_UNMASK, IRQCTS_OPERATION_SET_ENTRY};
    const struct irqcts_history_shape *shape = worker->recording->shape;
    uint32_t sharing = worker->recording->plan->sharing;
    uint64_t random = draw(worker);
    struct irqcts_operation operation = {.kind = kinds[random & 7u],
                                         .entry = (uint32_t)((random >> 8) % shape->entries)};

    if ((shape->flags & IRQCTS_HISTORY_WHOLE_FUNCTION) != 0 && (random >> 48) % WHOLE_SELDOM == 0) {
        /* More often off than masked or disabled for long. */
        operation = (struct irqcts_operation){
            .kind = (random & 1u) != 0 ? IRQCTS_OPERATION_FUNCTION_MASK : IRQCTS_OPERATION_ENABLE};
        operation.value = operation.kind == IRQCTS_OPERATION_ENABLE ? (random & 6u) != 0 : (random & 6u) == 0;
        return operation;
    }
    if ((worker->recording->plan->without >> operation.kind & 1u) != 0) {
        operation.kind = IRQCTS_OPERATION_RAISE;
    }
    if (operation.kind == IRQCTS_OPERATION_SET_ENTRY) {
        uint32_t first = operation.entry / sharing * sharing;
        uint32_t count = first < shape->messages ? shape->messages - first : 0;
        count = count < sharing ? count : sharing;
        operation.message = count > 0 ? first + (uint32_t)((random >> 40) % count) : 0;
    }
    return operation;
}

/* Every worker has as many pauses, however many calls. */
static void pause_if_it_is_time(const struct worker *worker, uint32_t done)
{
    struct recording *recording = worker->recording;
    uint64_t parts = (uint64_t)recording->plan->pauses + 1u;
    uint32_t before = (uint32_t)((done - 1u) * parts / worker->operations);
    uint32_t now = (uint32_t)(done * parts / worker->operations);

    for (uint32_t pause = before; pause < now && pause < recording->plan->pauses; pause++) {
        (void)atomic_fetch_add(&recording->waiting, 1);
        while (atomic_load(&recording->pauses) <= pause && atomic_load(&recording->broken) == 0) {
            give_way();
        }
    }
}

static THREAD_RESULT work(void *argument)
{
    struct worker *worker = argument;
    struct recording *recording = worker->recording;

    (void)atomic_fetch_add(&recording->ready, 1);
    while (atomic_load(&recording->go) == 0) {
        give_way();
    }
    for (uint32_t i = 0; i < worker->operations && worker->error == 0 && atomic_load(&recording->broken) == 0; i++) {
        struct irqcts_operation operation = choose(worker);
        worker->error = call(worker, &operation, 0);
        pause_if_it_is_time(worker, i + 1u);
    }
    if (worker->error != 0) {
        atomic_store(&recording->broken, 1);
    }
    (void)atomic_fetch_sub(&recording->running, 1);
    return THREAD_END;
}

/* The one that polls, in the calling thread, until all others are done; and once more. */
static void observe(struct worker *observer)
{
    struct recording *recording = observer->recording;
    const struct irqcts_operation poll = {.kind = IRQCTS_OPERATION_POLL};
    const struct irqcts_operation look = {.kind = IRQCTS_OPERATION_POLL, .value = 1}; /* there is no silence yet */
    uint16_t flags = recording->synchronous != 0 ? IRQCTS_HISTORY_EXHAUSTIVE : 0;

    for (uint32_t polls = 0; atomic_load(&recording->running) > 0; polls++) {
        if (polls < recording->plan->polls && observer->error == 0) {
            observer->error = call(observer, &look, flags);
        }
        if (atomic_load(&recording->waiting) == recording->plan->threads * (atomic_load(&recording->pauses) + 1u)) {
            observer->error = observer->error == 0 ? call(observer, &poll, IRQCTS_HISTORY_EXHAUSTIVE) : observer->error;
            (void)atomic_fetch_add(&recording->pauses, 1);
        }
        give_way();
    }
    if (observer->error == 0) {
        observer->error = call(observer, &poll, IRQCTS_HISTORY_EXHAUSTIVE);
    }
}

static int32_t prepare(struct recording *recording)
{
    const struct irqcts_operation operations[2] = {{.kind = IRQCTS_OPERATION_CONFIGURE,
                                                    .flags = IRQCTS_OPERATION_SEVERAL_THREADS,
                                                    .entry = recording->shape->entries,
                                                    .message = recording->shape->messages},
                                                   {.kind = IRQCTS_OPERATION_START}};
    struct irqcts_result results[2] = {{.status = IRQCTS_STATUS_NOT_EXECUTED}, {.status = IRQCTS_STATUS_NOT_EXECUTED}};
    struct irqcts_delivery records[1];
    struct irqcts_delivery_buffer buffer = {records, 1, 0, 0, 0};
    struct irqcts_backend_description description;
    char sentence[200] = "";
    int32_t error;

    if (recording->backend->describe(recording->context, &description) < 0) {
        return irqcts_fail(IRQCTS_ERROR_BACKEND, "%s does not describe itself", recording->backend->name);
    }
    if ((description.properties & IRQCTS_PROPERTY_CONCURRENT) == 0) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT, "%s is used by one thread at a time, so there are no concurrent "
                                                  "histories of it",
                           description.identity);
    }
    recording->synchronous = (description.properties & IRQCTS_PROPERTY_SYNCHRONOUS) != 0;
    error = recording->backend->execute(recording->context, operations, 2, results, &buffer, sentence, sizeof(sentence));
    if (error < 0) {
        return broken_fail(recording->backend, error, sentence);
    }
    if (results[0].status != IRQCTS_STATUS_OK || results[1].status != IRQCTS_STATUS_OK) {
        return irqcts_fail(IRQCTS_ERROR_BACKEND, "%s does not configure and start %u entries with %u messages",
                           recording->backend->name, recording->shape->entries, recording->shape->messages);
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t run(struct irqcts_history *history, struct recording *recording, struct worker *workers)
{
    uint32_t threads = recording->plan->threads;
    uint32_t started = 0;
    int32_t error = IRQCTS_ERROR_NONE;

    for (uint32_t t = 0; t <= threads && error == IRQCTS_ERROR_NONE; t++) {
        workers[t] = (struct worker){.recording = recording, .number = t,
                                     .random = irqcts_engine_seed(recording->plan->seed, t),
                                     .operations = recording->plan->operations / threads};
        workers[t].operations += t < recording->plan->operations % threads;
        error = irqcts_history_create(&workers[t].history, recording->shape);
    }
    atomic_store(&recording->running, threads);
    while (started < threads && error == IRQCTS_ERROR_NONE) {
        if (!thread_start(&workers[started].thread, work, &workers[started])) {
            error = irqcts_fail(IRQCTS_ERROR_MEMORY, "the system gives no more than %u threads", started);
            atomic_store(&recording->broken, 1);
            (void)atomic_fetch_sub(&recording->running, threads - started);
            break;
        }
        started++;
    }
    while (atomic_load(&recording->ready) < started) {
        give_way();
    }
    atomic_store(&recording->go, 1);
    if (error == IRQCTS_ERROR_NONE) {
        observe(&workers[threads]);
    }
    for (uint32_t t = 0; t < started; t++) {
        thread_join(workers[t].thread);
    }
    for (uint32_t t = 0; t <= threads; t++) {
        if (error == IRQCTS_ERROR_NONE && workers[t].error != 0) {
            error = irqcts_fail(workers[t].error, "%s broke under several threads: %s", recording->backend->name,
                                workers[t].sentence);
        }
        if (error == IRQCTS_ERROR_NONE) {
            error = history_gather(history, workers[t].history);
        }
        irqcts_history_free(workers[t].history);
    }
    return error;
}

int32_t irqcts_history_record(struct irqcts_history **out, const struct irqcts_backend_interface *backend,
                              void *context, const struct irqcts_history_shape *shape,
                              const struct irqcts_history_plan *plan)
{
    struct recording recording = {.backend = backend, .context = context, .shape = shape, .plan = plan};
    struct worker *workers;
    int32_t error;

    *out = NULL;
    if (plan->threads < 1 || plan->threads > IRQCTS_HISTORY_THREADS_MAX || plan->sharing < 1 || plan->sharing > 4 ||
        plan->operations > IRQCTS_HISTORY_CALLS_MAX / 2u || plan->polls > IRQCTS_HISTORY_CALLS_MAX / 4u ||
        plan->pauses > plan->operations / plan->threads) {
        return irqcts_fail(IRQCTS_ERROR_ARGUMENT,
                           "a plan of %u threads (1..%u), %u operations (up to %u), %u polls (up to %u), %u pauses (up to "
                           "the operations of one thread), messages shared by %u entries (1..4)",
                           plan->threads, IRQCTS_HISTORY_THREADS_MAX, plan->operations, IRQCTS_HISTORY_CALLS_MAX / 2u,
                           plan->polls, IRQCTS_HISTORY_CALLS_MAX / 4u, plan->pauses, plan->sharing);
    }
    error = irqcts_history_create(out, shape);
    if (error == IRQCTS_ERROR_NONE) {
        error = prepare(&recording);
    }
    workers = error == IRQCTS_ERROR_NONE ? calloc(plan->threads + 1u, sizeof(*workers)) : NULL;
    if (error == IRQCTS_ERROR_NONE && workers == NULL) {
        error = irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for %u threads", plan->threads);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = run(*out, &recording, workers);
    }
    free(workers);
    if (error != IRQCTS_ERROR_NONE) {
        irqcts_history_free(*out);
        *out = NULL;
    }
    return error;
}
