/* SPDX-License-Identifier: Apache-2.0 */
/* The backend "windows": programs go whole to irqcts.sys, the exact NTSTATUS of each operation comes back. */
#include "device.h"

#include "irqcts/backend.h"
#include "irqcts_windows/ioctl.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct irqcts_backend_interface *irqcts_backend_windows_entry(uint32_t abi_version);

enum {
    CHUNK = 4096, /* operations a request */
    BESIDE_DELIVERIES = 256,
    MEASUREMENTS = 5,
    SETTLE_FACTOR = 10, /* times the longest latency measured */
    SETTLE_US_MIN = 1000,
    SETTLE_US_MAX = 200000,
    PATIENCE_US = 500000
};

struct client {
    HANDLE device;
    HANDLE beside; /* for calls of several threads; INVALID_HANDLE_VALUE: there are none */
    LONG stale;    /* not 0: one of several threads was refused; the handles are closed when all are done */
    struct irqcts_io_description description;
    uint32_t level;
    uint32_t settle_us; /* of a real device, from a measured latency */
    char instance[96];
    char options[IRQCTS_IO_OPTIONS_MAX]; /* of the simulated device */
    uint8_t *request;
    uint8_t *answer;
    size_t answer_size;
};

static const char *const option_help[] = {
    "device=TEXT part of the device's instance id, where there is more than one",
    "irql=passive|dispatch|device the level at which the routing routines are called (default passive)",
    "fault=ID|none, and the emulator's other options: of a simulated device",
    NULL};

static int request(struct client *client, uint32_t code, void *input, size_t input_size, void *output,
                   size_t output_size, DWORD *written)
{
    return DeviceIoControl(client->device, code, input, (DWORD)input_size, output, (DWORD)output_size, written, NULL);
}

static void end_beside(struct client *client)
{
    if (client->beside != INVALID_HANDLE_VALUE) {
        (void)CloseHandle(client->beside);
    }
    client->beside = INVALID_HANDLE_VALUE;
}

/* Every handle: one that is kept keeps the node of a removed device, and the device from coming back. */
static void end_device(struct client *client)
{
    if (client->device != INVALID_HANDLE_VALUE) {
        (void)CloseHandle(client->device);
    }
    client->device = INVALID_HANDLE_VALUE;
    end_beside(client);
    client->stale = 0;
}

static void client_close(void *context)
{
    struct client *client = context;

    if (client == NULL) {
        return;
    }
    end_device(client);
    free(client->request);
    free(client->answer);
    free(client);
}

/* "key=value,…": ours are taken out, the others are kept for the simulated device. */
static int32_t read_options(struct client *client, char *wanted, size_t wanted_size, const char *options, char *error,
                            size_t error_size)
{
    static const char *const levels[] = {"passive", "dispatch", "device"};

    while (*options != '\0') {
        size_t length = strcspn(options, ",");
        const char *value = memchr(options, '=', length);
        size_t value_length = value != NULL ? length - (size_t)(value + 1 - options) : 0;
        if (value != NULL && strncmp(options, "device=", 7) == 0) {
            (void)snprintf(wanted, wanted_size, "%.*s", (int)value_length, value + 1);
        } else if (value != NULL && strncmp(options, "irql=", 5) == 0) {
            uint32_t level = 0;
            while (level < IRQCTS_WINDOWS_LEVEL_COUNT && (strlen(levels[level]) != value_length ||
                                                    strncmp(levels[level], value + 1, value_length) != 0)) {
                level++;
            }
            if (level == IRQCTS_WINDOWS_LEVEL_COUNT) {
                (void)snprintf(error, error_size, "windows option irql=%.*s: use passive, dispatch or device",
                               (int)value_length, value + 1);
                return IRQCTS_ERROR_OPEN;
            }
            client->level = level;
        } else {
            size_t used = strlen(client->options);
            if (used + length + 2 > sizeof(client->options)) {
                (void)snprintf(error, error_size, "windows options: more than %u characters", IRQCTS_IO_OPTIONS_MAX);
                return IRQCTS_ERROR_OPEN;
            }
            (void)snprintf(client->options + used, sizeof(client->options) - used, "%s%.*s", used > 0 ? "," : "",
                           (int)length, options);
        }
        options += length + (options[length] == ',');
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t simulate(struct client *client, char *error, size_t error_size)
{
    struct irqcts_io_simulate options = {.version = IRQCTS_IO_VERSION};
    struct irqcts_io_simulated answer;
    DWORD written = 0;

    if ((client->description.parts & IRQCTS_IO_HAS_OPTIONS) == 0) {
        if (client->options[0] == '\0') {
            return IRQCTS_ERROR_NONE;
        }
        (void)snprintf(error, error_size, "windows option \"%s\": only a simulated device has it", client->options);
        return IRQCTS_ERROR_OPEN;
    }
    memcpy(options.options, client->options, sizeof(options.options));
    if (!request(client, IRQCTS_IO_SIMULATE, &options, sizeof(options), &answer, sizeof(answer), &written) ||
        written != sizeof(answer)) {
        (void)snprintf(error, error_size, "the simulated device does not take options: error %lu", GetLastError());
        return IRQCTS_ERROR_OPEN;
    }
    if (answer.refused) {
        answer.sentence[sizeof(answer.sentence) - 1] = '\0';
        (void)snprintf(error, error_size, "%s", answer.sentence);
        return IRQCTS_ERROR_OPEN;
    }
    return IRQCTS_ERROR_NONE;
}

/* The version handshake comes first: a driver of another age fails here and nowhere else. */
static int32_t shake_hands(struct client *client, char *error, size_t error_size)
{
    DWORD written = 0;

    if (!request(client, IRQCTS_IO_DESCRIBE, NULL, 0, &client->description, sizeof(client->description), &written)) {
        (void)snprintf(error, error_size, "%s does not describe itself: error %lu; is it irqcts.sys of this version?",
                       client->instance, GetLastError());
        return IRQCTS_ERROR_OPEN;
    }
    if (written != sizeof(client->description) || client->description.version != IRQCTS_IO_VERSION) {
        (void)snprintf(error, error_size,
                       "irqcts.sys speaks version %lu and this library version %u: install the driver and the library "
                       "of one package",
                       written >= 4 ? (unsigned long)client->description.version : 0ul, IRQCTS_IO_VERSION);
        return IRQCTS_ERROR_OPEN;
    }
    return IRQCTS_ERROR_NONE;
}

/* Wine says so in its ntdll; Windows has no such function. */
static const char *wine_version(void)
{
    HMODULE ntdll = GetModuleHandleA("ntdll.dll");
    const char *(__cdecl *get)(void) =
        ntdll != NULL ? (const char *(__cdecl *)(void))(void (*)(void))GetProcAddress(ntdll, "wine_get_version") : NULL;

    return get != NULL ? get() : NULL;
}

/* Also a device that shows itself as a real one does. */
static int on_simulated_bus(const struct client *client)
{
    return (client->description.parts & IRQCTS_IO_HAS_SIMULATION) != 0 || strncmp(client->instance, "IRQCTS\\", 7) == 0;
}

static uint32_t can(const struct irqcts_io_description *known, uint32_t kind)
{
    return known->operations >> kind & 1u;
}

static int32_t client_describe(void *context, struct irqcts_backend_description *out)
{
    const struct client *client = context;
    const struct irqcts_io_description *known = &client->description;
    const char *wine = wine_version();
    int simulated = (known->parts & IRQCTS_IO_HAS_SIMULATION) != 0;
    char where[48] = "Windows";

    if (wine != NULL) {
        (void)snprintf(where, sizeof(where), "Wine %s", wine);
    }
    memset(out, 0, sizeof(*out));
    (void)snprintf(out->name, sizeof(out->name), "windows");
    (void)snprintf(out->device, sizeof(out->device), "%s", client->instance);
    (void)snprintf(out->driver, sizeof(out->driver), "irqcts.sys, %s%s", where,
                   on_simulated_bus(client) ? ", simulated bus" : "");
    (void)snprintf(out->identity, sizeof(out->identity), "%s, %s: irqcts.sys on %s%s%s",
                   wine != NULL ? "Wine" : "Windows", on_simulated_bus(client) ? "simulated bus" : "PCI bus",
                   client->instance, client->options[0] != '\0' ? "; " : "", client->options);
    out->operations = known->operations;
    if ((known->levels >> client->level & 1u) == 0) { /* never at another level than the one that was asked for */
        out->operations &= ~(UINT64_C(1) << IRQCTS_OPERATION_SET_ENTRY | UINT64_C(1) << IRQCTS_OPERATION_MASK |
                             UINT64_C(1) << IRQCTS_OPERATION_UNMASK | UINT64_C(1) << IRQCTS_OPERATION_GET_ENTRY |
                             UINT64_C(1) << IRQCTS_OPERATION_GET_SIZE);
    }
    out->observations = IRQCTS_OBSERVES_STATUS | IRQCTS_OBSERVES_DELIVERIES;
    out->observations |= (known->parts & IRQCTS_IO_INEXACT) == 0 ? IRQCTS_OBSERVES_EXACT_COUNTS : 0;
    if ((known->parts & IRQCTS_IO_CONCURRENT) != 0 && /* a simulated device takes several threads at that level only */
        (client->level == IRQCTS_WINDOWS_PASSIVE || !on_simulated_bus(client))) {
        out->properties |= IRQCTS_PROPERTY_CONCURRENT;
    }
    out->entries_max = known->entries_max;
    out->messages_max = known->messages_max;
    if (simulated) {
        out->observations |= IRQCTS_OBSERVES_STRAYS | IRQCTS_OBSERVES_TABLE | IRQCTS_OBSERVES_PBA |
                             IRQCTS_OBSERVES_CAPABILITY;
        out->stimulus = IRQCTS_STIMULUS_DEVICE;
        out->properties |= IRQCTS_PROPERTY_SYNCHRONOUS | IRQCTS_PROPERTY_CONFIGURABLE;
        out->virtual_functions_max = known->virtual_functions_max;
        out->virtual_entries_max = known->entries_max;
        out->virtual_messages_max = known->entries_max;
        out->reset_kinds = 1u << IRQCTS_RESET_CONVENTIONAL | 1u << IRQCTS_RESET_FUNCTION_LEVEL;
        return IRQCTS_ERROR_NONE;
    }
    out->observations |= can(known, IRQCTS_OPERATION_TABLE_READ) ? IRQCTS_OBSERVES_TABLE : 0;
    out->observations |= can(known, IRQCTS_OPERATION_PBA_READ) ? IRQCTS_OBSERVES_PBA : 0;
    out->observations |= can(known, IRQCTS_OPERATION_CAPABILITY_READ) ? IRQCTS_OBSERVES_CAPABILITY : 0;
    out->stimulus = (known->parts & IRQCTS_IO_HAS_STIMULUS) != 0 ? IRQCTS_STIMULUS_DEVICE : IRQCTS_STIMULUS_NONE;
    out->properties |= IRQCTS_PROPERTY_MESSAGES_FIXED;
    out->properties |= (known->parts & IRQCTS_IO_REPEATS) != 0 ? IRQCTS_PROPERTY_REPEATS : 0;
    out->settle_ns = client->settle_us * 1000u;
    return IRQCTS_ERROR_NONE;
}

static int32_t broken(char *error, size_t error_size, const char *what)
{
    (void)snprintf(error, error_size, "irqcts.sys: %s (error %lu)", what, GetLastError());
    return IRQCTS_ERROR_BACKEND;
}

/*
 * A request that makes sense and still failed.  A driver that crashed under Wine and a device that was removed give the
 * same error, so it is opened once more: the interface of a removed device is gone, a driver that died leaves it.
 * (On Windows a driver that crashes takes the machine with it.)
 */
static int32_t explain(const struct client *client, char *error, size_t error_size)
{
    DWORD code = GetLastError();
    char instance[sizeof(client->instance)];
    char sentence[512];
    HANDLE again;
    DWORD why;

    if (code == ERROR_INVALID_PARAMETER || code == ERROR_INSUFFICIENT_BUFFER || code == ERROR_NOT_ENOUGH_MEMORY) {
        return broken(error, error_size, "a request was refused");
    }
    again = device_open(client->instance, 0, instance, sizeof(instance), sentence, sizeof(sentence));
    why = GetLastError();
    if (again != INVALID_HANDLE_VALUE) {
        (void)CloseHandle(again);
        SetLastError(code);
        return broken(error, error_size, "a request was refused");
    }
    if (why == ERROR_NOT_FOUND) {
        (void)snprintf(error, error_size,
                       "%s was removed while it was in use (error %lu); pnputil /scan-devices brings it back if it is "
                       "still there",
                       client->instance, code);
        return IRQCTS_ERROR_BACKEND;
    }
    (void)snprintf(error, error_size, "irqcts.sys died while it ran a program (error %lu); %s", code, sentence);
    return IRQCTS_ERROR_DIED;
}

/* The same, and the next program looks for the device again. */
static int32_t refused(struct client *client, char *error, size_t error_size)
{
    int32_t status = explain(client, error, error_size);

    end_device(client);
    return status;
}

/* One request of at most CHUNK operations. */
static int32_t run(struct client *client, const struct irqcts_operation *operations, uint32_t count,
                   struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                   size_t error_size)
{
    uint32_t capacity = deliveries->capacity - deliveries->count;
    struct irqcts_io_run header = {.version = IRQCTS_IO_VERSION, .level = client->level, .count = count,
                                   .settle_us = client->settle_us};
    struct irqcts_io_ran ran;
    size_t fixed = sizeof(ran) + count * sizeof(*results);
    size_t size;
    DWORD written = 0;

    header.delivery_capacity = capacity < IRQCTS_IO_DELIVERIES_MAX ? capacity : IRQCTS_IO_DELIVERIES_MAX;
    size = fixed + (size_t)header.delivery_capacity * sizeof(struct irqcts_delivery);
    if (size > client->answer_size) {
        free(client->answer);
        client->answer = malloc(size);
        client->answer_size = client->answer != NULL ? size : 0;
        if (client->answer == NULL) {
            return IRQCTS_ERROR_MEMORY;
        }
    }
    memcpy(client->request, &header, sizeof(header));
    memcpy(client->request + sizeof(header), operations, count * sizeof(*operations));
    ((struct irqcts_operation *)(void *)(client->request + sizeof(header)))->flags &=
        (uint8_t)~IRQCTS_OPERATION_SEVERAL_THREADS; /* which is this library's to know */
    if (!request(client, IRQCTS_IO_RUN, client->request, sizeof(header) + count * sizeof(*operations), client->answer,
                 size, &written)) {
        return refused(client, error, error_size);
    }
    memcpy(&ran, client->answer, written >= sizeof(ran) ? sizeof(ran) : 0);
    if (written < fixed || ran.version != IRQCTS_IO_VERSION || ran.executed != count ||
        ran.delivery_count > header.delivery_capacity ||
        written != fixed + (size_t)ran.delivery_count * sizeof(struct irqcts_delivery)) {
        return broken(error, error_size, "an answer that makes no sense");
    }
    memcpy(results, client->answer + sizeof(ran), count * sizeof(*results));
    for (uint32_t i = 0; i < count; i++) {
        results[i].delivery_first += deliveries->count;
    }
    if (ran.delivery_count > 0) {
        memcpy(deliveries->records + deliveries->count, client->answer + fixed,
               ran.delivery_count * sizeof(struct irqcts_delivery));
    }
    deliveries->count += ran.delivery_count;
    deliveries->lost += ran.delivery_lost;
    return IRQCTS_ERROR_NONE;
}

/* After a removal: the device may have come back. */
static int32_t reopen(struct client *client, char *error, size_t error_size)
{
    char instance[sizeof(client->instance)];
    int32_t status;

    client->device = device_open(client->instance, 0, instance, sizeof(instance), error, error_size);
    status = client->device == INVALID_HANDLE_VALUE ? IRQCTS_ERROR_BACKEND : shake_hands(client, error, error_size);
    status = status == IRQCTS_ERROR_NONE ? simulate(client, error, error_size) : status;
    if (status != IRQCTS_ERROR_NONE) { /* not half of it for the next program */
        end_device(client);
    }
    return status;
}

static uint64_t microseconds(void)
{
    LARGE_INTEGER now;
    LARGE_INTEGER frequency;

    (void)QueryPerformanceCounter(&now);
    (void)QueryPerformanceFrequency(&frequency);
    return (uint64_t)(now.QuadPart / frequency.QuadPart * 1000000 +
                      now.QuadPart % frequency.QuadPart * 1000000 / frequency.QuadPart);
}

/* One event on entry 0; how long its message takes, or UINT64_MAX when none comes. */
static int32_t time_one(struct client *client, uint64_t *took, char *error, size_t error_size)
{
    const struct irqcts_operation raise = {.kind = IRQCTS_OPERATION_RAISE};
    const struct irqcts_operation poll = {.kind = IRQCTS_OPERATION_POLL};
    struct irqcts_result result = {0};
    uint64_t start = microseconds();

    *took = UINT64_MAX;
    if (run(client, &raise, 1, &result, &(struct irqcts_delivery_buffer){0}, error, error_size) != 0 ||
        result.status != IRQCTS_STATUS_OK) {
        (void)snprintf(error, error_size, "the stimulus refuses an event on entry 0: NTSTATUS %#lx",
                       (unsigned long)result.native_code);
        return IRQCTS_ERROR_OPEN;
    }
    do {
        struct irqcts_delivery seen[4];
        struct irqcts_delivery_buffer buffer = {.records = seen, .capacity = 4};
        int32_t status = run(client, &poll, 1, &result, &buffer, error, error_size);
        if (status != IRQCTS_ERROR_NONE) {
            return status;
        }
        if (buffer.count > 0) {
            *took = microseconds() - start;
            return IRQCTS_ERROR_NONE;
        }
    } while (microseconds() - start < PATIENCE_US);
    return IRQCTS_ERROR_NONE;
}

/* How long a poll has to wait for silence; and whether the stimulus does anything at all. */
static int32_t measure(struct client *client, char *error, size_t error_size)
{
    const struct irqcts_io_description *known = &client->description;
    const struct irqcts_operation prepare[2] = {
        {.kind = IRQCTS_OPERATION_CONFIGURE, .entry = known->entries_max, .message = known->messages_max},
        {.kind = IRQCTS_OPERATION_START}};
    struct irqcts_result results[2] = {{0}, {0}};
    uint64_t longest = 0;
    int32_t status = run(client, prepare, 2, results, &(struct irqcts_delivery_buffer){0}, error, error_size);

    if (status == IRQCTS_ERROR_NONE && (results[0].status | results[1].status) != IRQCTS_STATUS_OK) {
        (void)snprintf(error, error_size, "%s does not take its default assignment: NTSTATUS %#lx, %#lx",
                       client->instance, (unsigned long)results[0].native_code, (unsigned long)results[1].native_code);
        status = IRQCTS_ERROR_OPEN;
    }
    for (int i = 0; i < MEASUREMENTS && status == IRQCTS_ERROR_NONE; i++) {
        uint64_t took;
        status = time_one(client, &took, error, error_size);
        if (status == IRQCTS_ERROR_NONE && took == UINT64_MAX) {
            (void)snprintf(error, error_size,
                           "the stimulus of %s raised an event on entry 0 and no message arrived within %d ms: is the "
                           "vendor's filter right for this device?",
                           client->instance, PATIENCE_US / 1000);
            status = IRQCTS_ERROR_OPEN;
        }
        longest = status == IRQCTS_ERROR_NONE && took > longest ? took : longest;
    }
    longest *= SETTLE_FACTOR;
    client->settle_us = longest < SETTLE_US_MIN   ? SETTLE_US_MIN
                        : longest > SETTLE_US_MAX ? SETTLE_US_MAX
                                                  : (uint32_t)longest;
    return status;
}

static int32_t client_open(void **out, const char *options, char *error, size_t error_size)
{
    struct client *client = calloc(1, sizeof(*client));
    char wanted[128] = "";
    int32_t status;

    *out = NULL;
    if (client == NULL) {
        (void)snprintf(error, error_size, "no memory");
        return IRQCTS_ERROR_MEMORY;
    }
    client->device = INVALID_HANDLE_VALUE;
    client->beside = INVALID_HANDLE_VALUE;
    status = read_options(client, wanted, sizeof(wanted), options, error, error_size);
    if (status == IRQCTS_ERROR_NONE) {
        client->device = device_open(wanted, 0, client->instance, sizeof(client->instance), error, error_size);
        status = client->device == INVALID_HANDLE_VALUE ? IRQCTS_ERROR_OPEN
                                                        : shake_hands(client, error, error_size);
    }
    if (status == IRQCTS_ERROR_NONE) {
        status = simulate(client, error, error_size);
    }
    if (status == IRQCTS_ERROR_NONE) {
        client->request = malloc(sizeof(struct irqcts_io_run) + CHUNK * sizeof(struct irqcts_operation));
        status = client->request == NULL ? IRQCTS_ERROR_MEMORY : shake_hands(client, error, error_size);
    }
    if (status == IRQCTS_ERROR_NONE && (client->description.parts & IRQCTS_IO_HAS_STIMULUS) != 0) {
        status = measure(client, error, error_size);
    }
    if (status != IRQCTS_ERROR_NONE) {
        client_close(client);
        return status;
    }
    *out = client;
    return IRQCTS_ERROR_NONE;
}

/* From a CONFIGURE on: whether several threads call. */
static int32_t choose_threads(struct client *client, const struct irqcts_operation *configure, char *error,
                              size_t error_size)
{
    char instance[sizeof(client->instance)];

    end_beside(client);
    if ((configure->flags & IRQCTS_OPERATION_SEVERAL_THREADS) == 0) {
        return IRQCTS_ERROR_NONE;
    }
    client->beside = device_open(client->instance, FILE_FLAG_OVERLAPPED, instance, sizeof(instance), error, error_size);
    if (client->beside == INVALID_HANDLE_VALUE) {
        end_device(client);
        return IRQCTS_ERROR_BACKEND;
    }
    return IRQCTS_ERROR_NONE;
}

/* One operation of one of several threads: with buffers and an event of its own. */
static int32_t run_beside(struct client *client, const struct irqcts_operation *operation,
                          struct irqcts_result *result, struct irqcts_delivery_buffer *deliveries, char *error,
                          size_t error_size)
{
    struct {
        struct irqcts_io_run header;
        struct irqcts_operation operation;
    } wanted = {{.version = IRQCTS_IO_VERSION, .level = client->level, .count = 1, .settle_us = client->settle_us,
                 .flags = IRQCTS_IO_BESIDE},
                *operation};
    struct {
        struct irqcts_io_ran header;
        struct irqcts_result result;
        struct irqcts_delivery deliveries[BESIDE_DELIVERIES];
    } got;
    uint32_t room = deliveries->capacity - deliveries->count;
    OVERLAPPED overlapped = {.hEvent = CreateEventA(NULL, TRUE, FALSE, NULL)};
    DWORD written = 0;
    int32_t status = IRQCTS_ERROR_NONE;

    wanted.header.delivery_capacity = room < BESIDE_DELIVERIES ? room : BESIDE_DELIVERIES;
    if (overlapped.hEvent == NULL ||
        (!DeviceIoControl(client->beside, IRQCTS_IO_RUN, &wanted, sizeof(wanted), &got, sizeof(got), NULL,
                          &overlapped) &&
         GetLastError() != ERROR_IO_PENDING) ||
        !GetOverlappedResult(client->beside, &overlapped, &written, TRUE)) {
        status = explain(client, error, error_size);
        (void)InterlockedExchange(&client->stale, 1); /* the device is not this thread's to close */
    } else if (written < sizeof(got.header) + sizeof(got.result) || got.header.executed != 1 ||
               got.header.delivery_count > wanted.header.delivery_capacity) {
        (void)snprintf(error, error_size, "irqcts.sys: an answer that makes no sense to a call beside others");
        status = IRQCTS_ERROR_BACKEND;
    } else {
        *result = got.result;
        result->delivery_first = deliveries->count;
        if (got.header.delivery_count > 0) {
            memcpy(deliveries->records + deliveries->count, got.deliveries,
                   got.header.delivery_count * sizeof(got.deliveries[0]));
        }
        deliveries->count += got.header.delivery_count;
        deliveries->lost += got.header.delivery_lost;
    }
    if (overlapped.hEvent != NULL) {
        (void)CloseHandle(overlapped.hEvent);
    }
    return status;
}

static int32_t client_execute(void *context, const struct irqcts_operation *operations, uint32_t count,
                              struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                              size_t error_size)
{
    struct client *client = context;

    if (client->stale && count > 0 && operations[0].kind == IRQCTS_OPERATION_CONFIGURE) {
        end_device(client);
    }
    if (client->device == INVALID_HANDLE_VALUE && reopen(client, error, error_size) != IRQCTS_ERROR_NONE) {
        return IRQCTS_ERROR_BACKEND;
    }
    if (count > 0 && operations[0].kind == IRQCTS_OPERATION_CONFIGURE) {
        int32_t status = choose_threads(client, &operations[0], error, error_size);
        if (status != IRQCTS_ERROR_NONE) {
            return status;
        }
    }
    if (client->beside != INVALID_HANDLE_VALUE && count == 1 && operations[0].kind != IRQCTS_OPERATION_CONFIGURE) {
        return run_beside(client, operations, results, deliveries, error, error_size);
    }
    for (uint32_t at = 0; at < count; at += CHUNK) {
        uint32_t part = count - at < CHUNK ? count - at : CHUNK;
        int32_t status = run(client, operations + at, part, results + at, deliveries, error, error_size);
        if (status != IRQCTS_ERROR_NONE) {
            return status;
        }
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t client_messages(void *context, uint32_t function, uint32_t first, uint32_t count,
                               struct irqcts_message *out, char *error, size_t error_size)
{
    struct client *client = context;
    struct irqcts_io_messages which = {IRQCTS_IO_VERSION, function, first, count};
    DWORD written = 0;

    if (count == 0) {
        return IRQCTS_ERROR_NONE;
    }
    if (!request(client, IRQCTS_IO_MESSAGES, &which, sizeof(which), out, count * sizeof(*out), &written)) {
        return refused(client, error, error_size);
    }
    return written == count * sizeof(*out) ? IRQCTS_ERROR_NONE
                                           : broken(error, error_size, "an answer that makes no sense");
}

const struct irqcts_backend_interface *irqcts_backend_windows_entry(uint32_t abi_version)
{
    static const struct irqcts_backend_interface routines = {
        .abi_version = IRQCTS_BACKEND_ABI_VERSION,
        .size = sizeof(struct irqcts_backend_interface),
        .name = "windows",
        .option_help = option_help,
        .open = client_open,
        .describe = client_describe,
        .execute = client_execute,
        .messages = client_messages,
        .close = client_close,
    };

    return abi_version == IRQCTS_BACKEND_ABI_VERSION ? &routines : NULL;
}
