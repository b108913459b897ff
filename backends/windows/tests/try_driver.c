/* SPDX-License-Identifier: Apache-2.0 */
/*
 * irqcts-try: what a program must not be able to do to irqcts.sys, on the simulated device.
 *
 *   irqcts-try handles          two handles at once; a closed one leaves the other at work
 *   irqcts-try wait             a pended request ends with a delivery, with a cancellation, with its handle
 *   irqcts-try cancel           a program that would run for minutes ends when it is cancelled
 *   irqcts-try lengths          every length of input and output around the right ones
 *   irqcts-try fuzz COUNT SEED  requests of any code, length and content; the device answers afterwards
 *   irqcts-try removal          the device is removed under open handles with requests pending and under way, a
 *                               program that would run for minutes among them; or it is not, which Windows decides
 *   irqcts-try death            under Wine: the driver is killed (by whom the line "configured" tells that it is time)
 *                               while a program needs its messages, or makes a call beside others
 *   irqcts-try return           the device is removed (after the line "configured") under a program of several threads,
 *                               and comes back (after the line "removed") for the next one
 *   irqcts-try bench            operations a second, one request each and in whole programs
 *
 * Exit status 0 when all holds; a line for what does not.
 */
#include "device.h"

#include "irqcts/backend.h"
#include "irqcts_windows/ioctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WAIT_MS = 20000, ROOM = 70000 };

#define HOLDS(condition)                                                                       \
    do {                                                                                       \
        if (!(condition)) {                                                                    \
            (void)fprintf(stderr, "%s:%d: does not hold: %s (error %lu)\n", __FILE__, __LINE__, \
                          #condition, GetLastError());                                         \
            exit(1);                                                                           \
        }                                                                                      \
    } while (0)

struct program {
    struct irqcts_io_run header;
    struct irqcts_operation operations[1024];
};

static struct program program;
static uint8_t answer[sizeof(struct irqcts_io_ran) + 1024 * sizeof(struct irqcts_result) +
                      16 * sizeof(struct irqcts_delivery)];

static uint8_t long_answer[sizeof(answer)]; /* of a program that is under way beside others */

static HANDLE open_device(DWORD flags)
{
    char instance[128];
    char error[512] = "";
    HANDLE handle = device_open("IRQCTS\\SIMULATED", flags, instance, sizeof(instance), error, sizeof(error));

    if (handle == INVALID_HANDLE_VALUE) {
        (void)fprintf(stderr, "%s\n", error);
        exit(2);
    }
    return handle;
}

static void begin(void)
{
    memset(&program, 0, sizeof(program));
    program.header = (struct irqcts_io_run){.version = IRQCTS_IO_VERSION, .delivery_capacity = 16};
}

static void add(uint16_t kind, uint32_t entry, uint32_t message)
{
    program.operations[program.header.count++] =
        (struct irqcts_operation){.kind = kind, .entry = entry, .message = message};
}

static size_t program_size(void)
{
    return sizeof(program.header) + program.header.count * sizeof(struct irqcts_operation);
}

/* The status of the last operation, or -1 when the request failed. */
static int64_t run(HANDLE device)
{
    struct irqcts_result last;
    DWORD written = 0;

    if (!DeviceIoControl(device, IRQCTS_IO_RUN, &program, (DWORD)program_size(), answer, sizeof(answer), &written,
                         NULL)) {
        return -1;
    }
    memcpy(&last, answer + sizeof(struct irqcts_io_ran) + (program.header.count - 1) * sizeof(last), sizeof(last));
    return last.native_code;
}

static int works(HANDLE device)
{
    begin();
    add(IRQCTS_OPERATION_CONFIGURE, 4, 4);
    add(IRQCTS_OPERATION_START, 0, 0);
    add(IRQCTS_OPERATION_RAISE, 2, 0);
    add(IRQCTS_OPERATION_SET_ENTRY, 4, 0);
    if (run(device) != 0xC000000D) {
        return 0;
    }
    begin();
    add(IRQCTS_OPERATION_POLL, 0, 0);
    return run(device) == 0 && ((struct irqcts_io_ran *)(void *)answer)->delivery_count == 1;
}

static int try_handles(void)
{
    HANDLE one = open_device(0);
    HANDLE other = open_device(0);

    HOLDS(works(one) && works(other));
    HOLDS(CloseHandle(one));
    HOLDS(works(other));
    HOLDS(CloseHandle(other));
    return 0;
}

struct pended {
    HANDLE device;
    OVERLAPPED overlapped;
    struct irqcts_io_waited waited;
};

static void pend(struct pended *out, HANDLE device)
{
    memset(out, 0, sizeof(*out));
    out->device = device;
    out->overlapped.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    HOLDS(!DeviceIoControl(device, IRQCTS_IO_WAIT, NULL, 0, &out->waited, sizeof(out->waited), NULL,
                           &out->overlapped));
    HOLDS(GetLastError() == ERROR_IO_PENDING);
}

static int try_wait(void)
{
    HANDLE device = open_device(0);
    HANDLE waiting = open_device(FILE_FLAG_OVERLAPPED);
    struct pended pended;
    DWORD written = 0;

    HOLDS(waiting != INVALID_HANDLE_VALUE);
    pend(&pended, waiting);
    HOLDS(works(device)); /* raises entry 2 */
    HOLDS(WaitForSingleObject(pended.overlapped.hEvent, WAIT_MS) == WAIT_OBJECT_0);
    HOLDS(GetOverlappedResult(waiting, &pended.overlapped, &written, FALSE) && written == sizeof(pended.waited));
    HOLDS(pended.waited.message == 2);

    pend(&pended, waiting);
    HOLDS(CancelIo(waiting));
    HOLDS(WaitForSingleObject(pended.overlapped.hEvent, WAIT_MS) == WAIT_OBJECT_0);
    HOLDS(!GetOverlappedResult(waiting, &pended.overlapped, &written, FALSE));
    HOLDS(GetLastError() == ERROR_OPERATION_ABORTED);

    pend(&pended, waiting);
    HOLDS(CloseHandle(waiting));
    HOLDS(works(device)); /* a message for a request that has gone with its handle */
    HOLDS(CloseHandle(device));
    return 0;
}

static void allow_threads(HANDLE device)
{
    struct irqcts_io_simulate options = {.version = IRQCTS_IO_VERSION, .options = "locking=operation"};
    struct irqcts_io_simulated answered;
    DWORD written;

    HOLDS(DeviceIoControl(device, IRQCTS_IO_SIMULATE, &options, sizeof(options), &answered, sizeof(answered), &written,
                          NULL) && !answered.refused);
    HOLDS(works(device));
}

/* A program of a worker thread (Wine 8 cancels nothing that its one other thread executes), longer than WAIT_MS. */
static void begin_long(OVERLAPPED *overlapped, HANDLE running)
{
    begin();
    program.header.settle_us = 100000;
    program.header.flags = IRQCTS_IO_BESIDE;
    for (int i = 0; i < 1000; i++) {
        add(IRQCTS_OPERATION_POLL, 0, 0);
    }
    memset(overlapped, 0, sizeof(*overlapped));
    overlapped->hEvent = CreateEventA(NULL, TRUE, FALSE, NULL);
    HOLDS(!DeviceIoControl(running, IRQCTS_IO_RUN, &program, (DWORD)program_size(), long_answer, sizeof(long_answer),
                           NULL, overlapped) && GetLastError() == ERROR_IO_PENDING);
    HOLDS(WaitForSingleObject(overlapped->hEvent, 200) == WAIT_TIMEOUT); /* it is under way */
}

static int try_cancel(void)
{
    HANDLE device = open_device(0);
    HANDLE running = open_device(FILE_FLAG_OVERLAPPED);
    OVERLAPPED overlapped;
    DWORD written = 0;

    allow_threads(device);
    begin_long(&overlapped, running);
    HOLDS(CancelIo(running));
    HOLDS(WaitForSingleObject(overlapped.hEvent, WAIT_MS) == WAIT_OBJECT_0);
    HOLDS(!GetOverlappedResult(running, &overlapped, &written, FALSE));
    HOLDS(GetLastError() == ERROR_OPERATION_ABORTED);
    HOLDS(works(device));
    HOLDS(CloseHandle(running) && CloseHandle(device));
    return 0;
}

static int try_lengths(void)
{
    HANDLE device = open_device(0);
    DWORD written;
    DWORD whole;

    HOLDS(works(device));
    begin();
    add(IRQCTS_OPERATION_CONFIGURE, 4, 4);
    add(IRQCTS_OPERATION_POLL, 0, 0);
    whole = (DWORD)program_size();
    for (DWORD size = 0; size <= whole + 8; size++) {
        int right = size == whole;
        HOLDS(!DeviceIoControl(device, IRQCTS_IO_RUN, &program, size, answer, sizeof(answer), &written, NULL) ==
              !right);
        HOLDS(right || GetLastError() == ERROR_INVALID_PARAMETER);
    }
    for (DWORD room = 0; room < sizeof(struct irqcts_io_ran) + 2 * sizeof(struct irqcts_result) +
                                    16 * sizeof(struct irqcts_delivery); room++) {
        memset(answer, 0x5a, sizeof(answer));
        HOLDS(!DeviceIoControl(device, IRQCTS_IO_RUN, &program, whole, answer, room, &written, NULL));
        HOLDS(answer[room] == 0x5a); /* and nothing behind it */
    }
    HOLDS(!DeviceIoControl(device, IRQCTS_IO_DESCRIBE, NULL, 0, answer, 4, &written, NULL));
    HOLDS(works(device));
    HOLDS(CloseHandle(device));
    return 0;
}

static uint32_t random_state;

static uint32_t random_number(void) /* xorshift32 */
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 17;
    random_state ^= random_state << 5;
    return random_state;
}

static int try_fuzz(uint32_t count, uint32_t seed)
{
    HANDLE device = open_device(0);
    uint8_t *input = malloc(ROOM);
    uint8_t *output = malloc(ROOM);
    uint32_t accepted = 0;

    HOLDS(input != NULL && output != NULL && works(device));
    random_state = seed | 1u;
    for (uint32_t i = 0; i < count; i++) {
        uint32_t choice = random_number();
        uint32_t code = IRQCTS_IO_CODE(0x800u + choice % 8u);
        DWORD size = random_number() % 700u;
        DWORD room = (choice & 0x100u) != 0 ? random_number() % 700u : ROOM;
        DWORD shift = choice >> 10 & 7u; /* addresses of any alignment */
        uint8_t *to = (choice & 0x200u) != 0 ? input : output; /* and one buffer for both */
        DWORD written = 0;
        if (code == IRQCTS_IO_WAIT || (choice >> 16 & 0xffu) == 0) {
            code = (choice >> 16 & 0xffu) == 0 ? random_number() : IRQCTS_IO_RUN;
        }
        if (code == IRQCTS_IO_WAIT) {
            continue; /* try_wait */
        }
        for (DWORD at = 0; at < size; at++) {
            input[shift + at] = (uint8_t)random_number();
        }
        if (code == IRQCTS_IO_RUN && (choice & 0x80u) != 0) { /* a program, of operations that make some sense */
            struct irqcts_io_run header = {.version = IRQCTS_IO_VERSION, .level = choice >> 20 & 1u,
                                           .count = 1u + choice % 12u, .delivery_capacity = choice % 64u,
                                           .flags = (choice >> 21 & 7u) == 0 ? IRQCTS_IO_BESIDE : 0};
            memcpy(input + shift, &header, sizeof(header));
            size = (DWORD)(sizeof(header) + header.count * sizeof(struct irqcts_operation));
            for (uint32_t n = 0; n < header.count; n++) {
                struct irqcts_operation operation = {.kind = (uint16_t)(random_number() % IRQCTS_OPERATION_END),
                                                     .width = (uint8_t)(1u << random_number() % 4u),
                                                     .function = random_number() % 4u,
                                                     .entry = random_number() % 80u,
                                                     .message = random_number() % 40u,
                                                     .address = random_number() % 1200u,
                                                     .value = random_number() % 4u,
                                                     .data = random_number() % 8u,
                                                     .control = random_number() % 4u};
                if ((choice & 0x8000u) != 0) {
                    operation.entry = random_number();
                    operation.function = random_number();
                }
                memcpy(input + shift + sizeof(header) + n * sizeof(operation), &operation, sizeof(operation));
            }
        } else if (size >= 4 && (choice & 0x40u) != 0) {
            memcpy(input + shift, &(uint32_t){IRQCTS_IO_VERSION}, 4);
        }
        accepted += DeviceIoControl(device, code, input + shift, size, to + shift, room - (room == ROOM ? 8u : 0u),
                                    &written, NULL) != 0;
    }
    (void)printf("%lu requests, %lu of them accepted\n", (unsigned long)count, (unsigned long)accepted);
    HOLDS(accepted > 0 && accepted < count); /* the generator reached both sides of the checks */
    HOLDS(works(device));
    HOLDS(CloseHandle(device));
    free(input);
    free(output);
    return 0;
}

struct hammered {
    volatile LONG answered;
    volatile LONG enough;
};

/* Requests for worker threads, one after the other, until the device is gone. */
static DWORD WINAPI hammer(LPVOID argument)
{
    HANDLE device = open_device(FILE_FLAG_OVERLAPPED);
    struct {
        struct irqcts_io_run header;
        struct irqcts_operation operation;
    } request = {{.version = IRQCTS_IO_VERSION, .count = 1, .flags = IRQCTS_IO_BESIDE},
                 {.kind = IRQCTS_OPERATION_SET_ENTRY}};
    uint8_t place[sizeof(struct irqcts_io_ran) + sizeof(struct irqcts_result)];
    struct hammered *shared = argument;
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD written;

    while (!shared->enough &&
           (DeviceIoControl(device, IRQCTS_IO_RUN, &request, sizeof(request), place, sizeof(place), NULL,
                            &overlapped) ||
            GetLastError() == ERROR_IO_PENDING) &&
           GetOverlappedResult(device, &overlapped, &written, TRUE)) {
        (void)InterlockedIncrement(&shared->answered);
    }
    (void)CloseHandle(device);
    return 0;
}

/* irqcts-setup, beside this program, takes the device away while it is in use.  Windows does not let it: then all goes
 * on as before. */
static int try_removal(void)
{
    HANDLE device = open_device(0);
    HANDLE waiting = open_device(FILE_FLAG_OVERLAPPED);
    HANDLE running = open_device(FILE_FLAG_OVERLAPPED);
    STARTUPINFOA start = {.cb = sizeof(start)};
    PROCESS_INFORMATION process;
    struct pended pended;
    OVERLAPPED overlapped;
    char command[] = "irqcts-setup.exe remove";
    DWORD written = 0;
    struct hammered shared = {0, 0};
    DWORD vetoed = 1;
    HANDLE thread;

    allow_threads(device);
    pend(&pended, waiting);
    begin_long(&overlapped, running);
    thread = CreateThread(NULL, 0, hammer, &shared, 0, NULL);
    HOLDS(thread != NULL);
    HOLDS(CreateProcessA(NULL, command, NULL, NULL, FALSE, 0, NULL, NULL, &start, &process));
    HOLDS(WaitForSingleObject(process.hProcess, WAIT_MS) == WAIT_OBJECT_0);
    HOLDS(GetExitCodeProcess(process.hProcess, &vetoed));
    if (vetoed) {
        HOLDS(WaitForSingleObject(pended.overlapped.hEvent, 0) == WAIT_TIMEOUT);
        HOLDS(CancelIo(running) && CancelIo(waiting));
        shared.enough = 1;
    }
    HOLDS(WaitForSingleObject(pended.overlapped.hEvent, WAIT_MS) == WAIT_OBJECT_0); /* nobody waits for ever */
    HOLDS(!GetOverlappedResult(waiting, &pended.overlapped, &written, FALSE));
    HOLDS(WaitForSingleObject(overlapped.hEvent, WAIT_MS) == WAIT_OBJECT_0); /* nor works for minutes */
    HOLDS(!GetOverlappedResult(running, &overlapped, &written, FALSE));
    HOLDS(WaitForSingleObject(thread, WAIT_MS) == WAIT_OBJECT_0);
    HOLDS(shared.answered > 0);
    begin();
    add(IRQCTS_OPERATION_POLL, 0, 0);
    HOLDS(run(device) == (vetoed ? 0 : -1)); /* a new request to a removed device is refused, not executed */
    (void)puts(vetoed ? "not removed, because it is in use" : "removed");
    return 0;
}

struct library {
    const struct irqcts_backend_interface *backend;
    void *context;
    char error[512];
};

static int32_t execute(struct library *library, const struct irqcts_operation *operation)
{
    struct irqcts_delivery_buffer none = {0};
    struct irqcts_result result;

    memset(library->error, 0, sizeof(library->error));
    return library->backend->execute(library->context, operation, 1, &result, &none, library->error,
                                     sizeof(library->error));
}

static const struct irqcts_operation configure_for_threads = {
    .kind = IRQCTS_OPERATION_CONFIGURE, .flags = IRQCTS_OPERATION_SEVERAL_THREADS, .entry = 4, .message = 4};
static const struct irqcts_operation poll_beside = {.kind = IRQCTS_OPERATION_POLL, .value = 1};

/* The backend as the agent has it, configured for calls of several threads. */
static void open_library(struct library *out)
{
    HMODULE library = LoadLibraryA("irqcts_windows.dll");
    irqcts_backend_entry_function entry =
        library != NULL ? (irqcts_backend_entry_function)(void (*)(void))GetProcAddress(library, "irqcts_backend_entry")
                        : NULL;

    HOLDS(entry != NULL);
    out->backend = entry(IRQCTS_BACKEND_ABI_VERSION);
    HOLDS(out->backend != NULL);
    HOLDS(out->backend->open(&out->context, "device=IRQCTS\\SIMULATED\\0", out->error, sizeof(out->error)) == 0);
    HOLDS(execute(out, &configure_for_threads) == 0);
    HOLDS(execute(out, &poll_beside) == 0);
}

/* Says where it is, then waits for a line. */
static void meet(const char *where)
{
    (void)puts(where);
    (void)fflush(stdout);
    (void)getchar();
}

/* What the library says of a driver that has gone between two requests of one program. */
static int try_death(void)
{
    struct irqcts_message messages[4];
    struct library library;

    open_library(&library);
    HOLDS(library.backend->messages(library.context, 0, 0, 4, messages, library.error, sizeof(library.error)) == 0);
    meet("configured");
    HOLDS(execute(&library, &poll_beside) == IRQCTS_ERROR_DIED);
    HOLDS(strncmp(library.error, "irqcts.sys died while it ran a program", 38) == 0);
    memset(library.error, 0, sizeof(library.error));
    HOLDS(library.backend->messages(library.context, 0, 0, 4, messages, library.error, sizeof(library.error)) ==
          IRQCTS_ERROR_DIED);
    HOLDS(strncmp(library.error, "irqcts.sys died while it ran a program", 38) == 0);
    library.backend->close(library.context);
    return 0;
}

/* The device is removed under a program of several threads; the next one has the device that came back. */
static int try_return(void)
{
    struct library library;

    open_library(&library);
    meet("configured");
    HOLDS(execute(&library, &poll_beside) == IRQCTS_ERROR_BACKEND);
    HOLDS(strstr(library.error, "was removed while it was in use") != NULL);
    meet("removed");
    HOLDS(execute(&library, &configure_for_threads) == 0);
    HOLDS(execute(&library, &poll_beside) == 0);
    library.backend->close(library.context);
    return 0;
}

static double seconds(void)
{
    LARGE_INTEGER now;
    LARGE_INTEGER frequency;

    (void)QueryPerformanceCounter(&now);
    (void)QueryPerformanceFrequency(&frequency);
    return (double)now.QuadPart / (double)frequency.QuadPart;
}

static int try_bench(void)
{
    enum { SINGLE = 4000, ROUNDS = 200, WHOLE = 1000 };
    HANDLE device = open_device(0);
    double start;
    double single;
    double whole;

    HOLDS(works(device));
    begin();
    add(IRQCTS_OPERATION_SET_ENTRY, 1, 2);
    start = seconds();
    for (int i = 0; i < SINGLE; i++) {
        HOLDS(run(device) == 0);
    }
    single = SINGLE / (seconds() - start);
    begin();
    for (int i = 0; i < WHOLE; i++) {
        add(IRQCTS_OPERATION_SET_ENTRY, 1, (uint32_t)i % 4u);
    }
    start = seconds();
    for (int i = 0; i < ROUNDS; i++) {
        HOLDS(run(device) == 0);
    }
    whole = (double)ROUNDS * WHOLE / (seconds() - start);
    (void)printf("{\"operations_per_second_single\": %.0f, \"operations_per_second_program\": %.0f, \"ratio\": %.1f}\n",
                 single, whole, whole / single);
    return 0;
}

int main(int count, char **values)
{
    const char *what = count > 1 ? values[1] : "";

    if (strcmp(what, "handles") == 0) {
        return try_handles();
    }
    if (strcmp(what, "wait") == 0) {
        return try_wait();
    }
    if (strcmp(what, "cancel") == 0) {
        return try_cancel();
    }
    if (strcmp(what, "lengths") == 0) {
        return try_lengths();
    }
    if (strcmp(what, "fuzz") == 0 && count == 4) {
        return try_fuzz((uint32_t)strtoul(values[2], NULL, 10), (uint32_t)strtoul(values[3], NULL, 10));
    }
    if (strcmp(what, "removal") == 0) {
        return try_removal();
    }
    if (strcmp(what, "death") == 0) {
        return try_death();
    }
    if (strcmp(what, "return") == 0) {
        return try_return();
    }
    if (strcmp(what, "bench") == 0) {
        return try_bench();
    }
    (void)fprintf(stderr,
                  "usage: irqcts-try handles | wait | cancel | lengths | fuzz COUNT SEED | removal | death | return | "
                  "bench\n");
    return 2;
}
