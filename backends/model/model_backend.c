/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The oracle played back as a device: each operation has one outcome that the
 * oracle permits.  On it the expectations that tests state are held against the
 * oracle, with no device in between: a difference is a mistake in a test or in
 * the oracle.  The oracle's own mutants are scored on it.
 */
#include "irqcts/backend.h"
#include "irqcts/model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct irqcts_backend_interface *irqcts_backend_model_entry(uint32_t abi_version);

struct model_backend {
    uint32_t readings;
    uint32_t unchecked; /* plays on where the oracle does not permit its own prediction */
    struct irqcts_model *model; /* NULL before CONFIGURE */
    struct irqcts_model_configuration configuration;
    struct irqcts_coverage coverage;
};

/* Options: reading=NAME, several times; unchecked=yes for mutants of the oracle, which statements judge. */
static const struct {
    const char *name;
    uint32_t reading;
} readings[] = {{"bus-master-off-pends", IRQCTS_READING_BUS_MASTER_OFF_PENDS},
                {"bus-master-off-loses", IRQCTS_READING_BUS_MASTER_OFF_LOSES},
                {"disabled-event-dropped", IRQCTS_READING_DISABLED_EVENT_DROPPED},
                {"disabled-event-kept", IRQCTS_READING_DISABLED_EVENT_KEPT},
                {"pending-survives-disable", IRQCTS_READING_PENDING_SURVIVES_DISABLE},
                {"pending-cleared-by-disable", IRQCTS_READING_PENDING_CLEARED_BY_DISABLE},
                {"set-entry-keeps-mask", IRQCTS_READING_SET_ENTRY_KEEPS_MASK}};

static int32_t open_model(void **out, const char *options, char *error, size_t error_size)
{
    struct model_backend *backend = calloc(1, sizeof(*backend));

    if (backend == NULL) {
        (void)snprintf(error, error_size, "no memory");
        return IRQCTS_ERROR_MEMORY;
    }
    while (*options != '\0') {
        size_t length = strcspn(options, ",");
        uint32_t found = 0;
        if (length == 13 && memcmp(options, "unchecked=yes", length) == 0) {
            backend->unchecked = 1;
            options += length + (options[length] == ',');
            continue;
        }
        for (size_t i = 0; i < sizeof(readings) / sizeof(readings[0]); i++) {
            if (length == 8 + strlen(readings[i].name) && memcmp(options, "reading=", 8) == 0 &&
                memcmp(options + 8, readings[i].name, length - 8) == 0) {
                found = readings[i].reading;
            }
        }
        if (found == 0) {
            (void)snprintf(error, error_size,
                           "option \"%.*s\" is unknown; the options are reading= with bus-master-off-pends, "
                           "bus-master-off-loses, disabled-event-dropped, disabled-event-kept, "
                           "pending-survives-disable, pending-cleared-by-disable or set-entry-keeps-mask",
                           (int)length, options);
            free(backend);
            return IRQCTS_ERROR_OPEN;
        }
        backend->readings |= found;
        options += length + (options[length] == ',');
    }
    *out = backend;
    return IRQCTS_ERROR_NONE;
}

static int32_t describe_model(void *context, struct irqcts_backend_description *out)
{
    (void)context;
    *out = (struct irqcts_backend_description){
        .name = "model",
        .device = "oracle",
        .driver = "none",
        .identity = "the oracle played back",
        .operations = ((UINT64_C(1) << IRQCTS_OPERATION_KIND_COUNT) - 2u) &
                      ~(UINT64_C(1) << IRQCTS_OPERATION_CONFIG_READ | UINT64_C(1) << IRQCTS_OPERATION_CONFIG_WRITE |
                        UINT64_C(1) << IRQCTS_OPERATION_GET_ENTRY | UINT64_C(1) << IRQCTS_OPERATION_GET_SIZE),
        .observations = IRQCTS_OBSERVES_STATUS | IRQCTS_OBSERVES_DELIVERIES | IRQCTS_OBSERVES_EXACT_COUNTS |
                        IRQCTS_OBSERVES_STRAYS | IRQCTS_OBSERVES_TABLE | IRQCTS_OBSERVES_PBA |
                        IRQCTS_OBSERVES_CAPABILITY,
        .stimulus = IRQCTS_STIMULUS_DEVICE,
        .properties = IRQCTS_PROPERTY_SYNCHRONOUS | IRQCTS_PROPERTY_CONFIGURABLE | IRQCTS_PROPERTY_PARALLEL |
                      IRQCTS_PROPERTY_MODEL,
        .entries_max = IRQCTS_ENTRIES_MAX,
        .messages_max = IRQCTS_ENTRIES_MAX,
        .virtual_functions_max = IRQCTS_VIRTUAL_FUNCTIONS_MAX,
        .virtual_entries_max = IRQCTS_ENTRIES_MAX,
        .virtual_messages_max = IRQCTS_ENTRIES_MAX,
        .reset_kinds = 1u << IRQCTS_RESET_CONVENTIONAL | 1u << IRQCTS_RESET_FUNCTION_LEVEL,
    };
    return IRQCTS_ERROR_NONE;
}

static struct irqcts_message message_of(uint32_t function, uint32_t message)
{
    struct irqcts_message made = {UINT64_C(0xfee00000) + (uint64_t)function * 0x10000u + message * 16u,
                                  function * 0x1000u + message, 0};
    return made;
}

static uint32_t message_count(const struct irqcts_model_configuration *configuration, uint32_t function)
{
    return function == 0 ? configuration->messages : configuration->virtual_messages;
}

static uint32_t configure(struct model_backend *backend, const struct irqcts_operation *operation)
{
    struct irqcts_backend_description description;
    size_t size;
    void *memory;

    (void)describe_model(backend, &description);
    backend->configuration = (struct irqcts_model_configuration){
        .entries = operation->entry,
        .messages = operation->message,
        .virtual_functions = (uint32_t)operation->value,
        .virtual_entries = operation->data,
        .virtual_messages = operation->control,
        .observations = description.observations,
        .properties = description.properties,
        .readings = backend->readings,
        .slots = IRQCTS_SLOTS_MAX,
        .stimulus = description.stimulus,
    };
    free(backend->model);
    backend->model = NULL;
    size = irqcts_model_size(&backend->configuration);
    memory = size != 0 ? malloc(size) : NULL;
    if (memory == NULL) {
        return IRQCTS_STATUS_INVALID_PARAMETER;
    }
    backend->model = irqcts_model_initialise(memory, size, &backend->configuration);
    for (uint32_t f = 0; f <= backend->configuration.virtual_functions; f++) {
        for (uint32_t m = 0; m < message_count(&backend->configuration, f); m++) {
            struct irqcts_message message = message_of(f, m);
            irqcts_model_set_message(backend->model, f, m, &message);
        }
    }
    return IRQCTS_STATUS_OK;
}

static int32_t execute_model(void *context, const struct irqcts_operation *operations, uint32_t count,
                             struct irqcts_result *results, struct irqcts_delivery_buffer *deliveries, char *error,
                             size_t error_size)
{
    struct model_backend *backend = context;
    struct irqcts_backend_description description;

    (void)describe_model(backend, &description);
    for (uint32_t i = 0; i < count; i++) {
        struct irqcts_judgement judgement;
        if (operations[i].kind == IRQCTS_OPERATION_CONFIGURE) {
            results[i] = (struct irqcts_result){.status = configure(backend, &operations[i])};
            continue;
        }
        if (backend->model == NULL || ((description.operations >> operations[i].kind) & 1u) == 0) {
            results[i] = (struct irqcts_result){.status = IRQCTS_STATUS_NOT_SUPPORTED};
            continue;
        }
        irqcts_model_predict(backend->model, &operations[i], &results[i], deliveries);
        if (irqcts_model_judge(backend->model, &operations[i], &results[i],
                               deliveries->records + results[i].delivery_first, &backend->coverage,
                               &judgement) != IRQCTS_JUDGEMENT_CONFORMS &&
            !backend->unchecked) {
            (void)snprintf(error, error_size, "the oracle does not permit its own prediction of operation %u", i);
            return IRQCTS_ERROR_BACKEND;
        }
    }
    return IRQCTS_ERROR_NONE;
}

static int32_t messages_of_model(void *context, uint32_t function, uint32_t first, uint32_t count,
                                 struct irqcts_message *out, char *error, size_t error_size)
{
    const struct model_backend *backend = context;

    if (backend->model == NULL || function > backend->configuration.virtual_functions ||
        first + count > message_count(&backend->configuration, function)) {
        (void)snprintf(error, error_size, "function %u has no messages %u to %u", function, first, first + count - 1u);
        return IRQCTS_ERROR_ARGUMENT;
    }
    for (uint32_t i = 0; i < count; i++) {
        out[i] = message_of(function, first + i);
    }
    return IRQCTS_ERROR_NONE;
}

static void close_model(void *context)
{
    struct model_backend *backend = context;

    free(backend->model);
    free(backend);
}

const struct irqcts_backend_interface *irqcts_backend_model_entry(uint32_t abi_version)
{
    static const char *const help[] = {
        "reading=NAME  narrow an open point (see core/spec/ambiguities.toml); may be given several times",
        "unchecked=yes  play on where the oracle does not permit its own prediction (irqcts mutate)", NULL};
    static const struct irqcts_backend_interface interface = {
        IRQCTS_BACKEND_ABI_VERSION, sizeof(interface), "model",           help,       open_model,
        describe_model,             execute_model,     messages_of_model, close_model};
    return abi_version == IRQCTS_BACKEND_ABI_VERSION ? &interface : NULL;
}
