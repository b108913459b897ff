/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reads program text (docs/program-text.md).  A line is words and ends at '#';
 * what follows "=>" is what its author expects.  Errors name line and column.
 */
#include "program_internal.h"

#include "irqcts/clauses.h"

#include <stdlib.h>
#include <string.h>

#define WORDS_MAX 4200u /* a poll may list every message of a large device */
#define DELIVERIES_MAX 4160u

struct word {
    const char *text;
    uint32_t length;
    uint32_t column; /* from 1 */
};

struct line {
    uint32_t number; /* from 1 */
    uint32_t count;
    uint32_t next; /* word to read */
    uint32_t end_column;
    struct word words[WORDS_MAX];
};

struct parser {
    struct line line;
    struct irqcts_program *program;
    struct irqcts_expected_delivery deliveries[DELIVERIES_MAX];
};

/* ---- words ---- */

static int32_t split_line(struct line *line, const char *text, size_t length)
{
    size_t at = 0;

    line->count = 0;
    line->next = 0;
    while (at < length && text[at] != '#') {
        size_t start = at;
        if (text[at] == ' ' || text[at] == '\t' || text[at] == '\r') {
            at++;
            continue;
        }
        if ((unsigned char)text[at] < 0x21 || (unsigned char)text[at] > 0x7e) {
            return irqcts_fail(IRQCTS_ERROR_SYNTAX, "line %u, column %zu: byte 0x%02x is not part of a program",
                               line->number, at + 1, (unsigned char)text[at]);
        }
        while (at < length && (unsigned char)text[at] > 0x20 && (unsigned char)text[at] < 0x7f && text[at] != '#') {
            at++;
        }
        if (line->count == WORDS_MAX) {
            return irqcts_fail(IRQCTS_ERROR_SYNTAX, "line %u, column %zu: more than %u words", line->number, start + 1,
                               WORDS_MAX);
        }
        line->words[line->count++] = (struct word){text + start, (uint32_t)(at - start), (uint32_t)start + 1u};
    }
    line->end_column = (uint32_t)at + 1u;
    return IRQCTS_ERROR_NONE;
}

static const struct word *peek(const struct line *line)
{
    return line->next < line->count ? &line->words[line->next] : NULL;
}

static int word_is(const struct word *word, const char *text)
{
    return word != NULL && strlen(text) == word->length && memcmp(word->text, text, word->length) == 0;
}

static int32_t expected(const struct line *line, const struct word *found, const char *what)
{
    if (found == NULL) {
        return irqcts_fail(IRQCTS_ERROR_SYNTAX, "line %u, column %u: the line ends where %s is expected", line->number,
                           line->end_column, what);
    }
    return irqcts_fail(IRQCTS_ERROR_SYNTAX, "line %u, column %u: found \"%.*s\" where %s is expected", line->number,
                       found->column, (int)(found->length > 60 ? 60 : found->length), found->text, what);
}

/* Decimal or 0x hexadecimal; all of the text.  0 on success. */
static int read_number(const char *text, uint32_t length, uint64_t limit, uint64_t *out)
{
    uint64_t base = length > 2 && text[0] == '0' && text[1] == 'x' ? 16u : 10u;
    uint64_t value = 0;
    uint32_t at = base == 16u ? 2u : 0u;

    if (length == at) {
        return -1;
    }
    for (; at < length; at++) {
        uint64_t digit;
        if (text[at] >= '0' && text[at] <= '9') {
            digit = (uint64_t)(text[at] - '0');
        } else if (base == 16u && text[at] >= 'a' && text[at] <= 'f') {
            digit = (uint64_t)(text[at] - 'a') + 10u;
        } else if (base == 16u && text[at] >= 'A' && text[at] <= 'F') {
            digit = (uint64_t)(text[at] - 'A') + 10u;
        } else {
            return -1;
        }
        if (value > (limit - digit) / base) {
            return -1;
        }
        value = value * base + digit;
    }
    *out = value;
    return 0;
}

/* An index may be negative: two's complement in 32 bits. */
static int read_index(const char *text, uint32_t length, uint32_t *out)
{
    uint64_t value;

    if (length > 1 && text[0] == '-') {
        if (read_number(text + 1, length - 1, UINT64_C(0x80000000), &value) != 0 || value == 0) {
            return -1;
        }
        *out = (uint32_t)(UINT64_C(0x100000000) - value);
        return 0;
    }
    if (read_number(text, length, UINT32_MAX, &value) != 0) {
        return -1;
    }
    *out = (uint32_t)value;
    return 0;
}

static int32_t take_index(struct line *line, uint32_t *out, const char *what)
{
    const struct word *word = peek(line);

    if (word == NULL || read_index(word->text, word->length, out) != 0) {
        return expected(line, word, what);
    }
    line->next++;
    return IRQCTS_ERROR_NONE;
}

/* The text behind "key=" of the next word, or NULL when the next word has another key. */
static const struct word *keyed(const struct line *line, const char *key, struct word *out)
{
    const struct word *word = peek(line);
    uint32_t length = (uint32_t)strlen(key);

    if (word == NULL || word->length <= length || memcmp(word->text, key, length) != 0 || word->text[length] != '=') {
        return NULL;
    }
    *out = (struct word){word->text + length + 1u, word->length - length - 1u, word->column + length + 1u};
    return out;
}

/* "key=NUMBER"; *present says whether it was there. */
static int32_t take_number(struct line *line, const char *key, uint64_t limit, uint64_t *out, int *present)
{
    struct word value;

    *present = keyed(line, key, &value) != NULL;
    if (!*present) {
        return IRQCTS_ERROR_NONE;
    }
    if (read_number(value.text, value.length, limit, out) != 0) {
        return irqcts_fail(IRQCTS_ERROR_SYNTAX,
                           "line %u, column %u: \"%.*s\" is no number from 0 to 0x%llx for %s", line->number,
                           value.column, (int)(value.length > 60 ? 60 : value.length), value.text,
                           (unsigned long long)limit, key);
    }
    line->next++;
    return IRQCTS_ERROR_NONE;
}

static int32_t require_number(struct line *line, const char *key, uint64_t limit, uint64_t *out)
{
    char what[64];
    int present;
    int32_t error = take_number(line, key, limit, out, &present);
    size_t length = strlen(key);

    if (error == IRQCTS_ERROR_NONE && !present) {
        memcpy(what, key, length);
        memcpy(what + length, "=NUMBER", 8);
        return expected(line, peek(line), what);
    }
    return error;
}

static int32_t require_u32(struct line *line, const char *key, uint32_t *out)
{
    uint64_t value = 0;
    int32_t error = require_number(line, key, UINT32_MAX, &value);

    *out = (uint32_t)value;
    return error;
}

/* ---- operands ---- */

static int32_t take_configure(struct line *line, struct irqcts_operation *operation)
{
    int present;
    int32_t error = require_u32(line, "entries", &operation->entry);

    if (error == IRQCTS_ERROR_NONE) {
        error = require_u32(line, "messages", &operation->message);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = take_number(line, "vfs", IRQCTS_VIRTUAL_FUNCTIONS_MAX, &operation->value, &present);
        if (error != IRQCTS_ERROR_NONE || !present || operation->value == 0) {
            return error;
        }
        error = require_u32(line, "vf-entries", &operation->data);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = require_u32(line, "vf-messages", &operation->control);
    }
    return error;
}

/* "E.field" */
static int named_place(const struct word *word, struct irqcts_operation *operation)
{
    const char *dot = memchr(word->text, '.', word->length);
    uint32_t digits = dot != NULL ? (uint32_t)(dot - word->text) : 0;
    uint64_t entry;

    if (dot == NULL || read_number(word->text, digits, OFFSET_MAX / IRQCTS_ENTRY_BYTES, &entry) != 0) {
        return -1;
    }
    for (uint32_t i = 0; i < table_field_count; i++) {
        struct word name = {dot + 1, word->length - digits - 1u, 0};
        if (word_is(&name, table_fields[i].name)) {
            operation->address = entry * IRQCTS_ENTRY_BYTES + table_fields[i].offset;
            operation->width = (uint8_t)table_fields[i].width;
            return 0;
        }
    }
    return -1;
}

static int32_t take_place(struct line *line, struct irqcts_operation *operation, uint32_t fields)
{
    const struct word *word = peek(line);
    const char *what = (fields & FORM_TABLE) != 0
                           ? "ENTRY.FIELD (address-low, address-high, data, vector-control, address, data-control) or "
                             "+OFFSET width=BYTES"
                           : "+OFFSET width=BYTES";
    uint64_t width = 0;
    int32_t error;

    if (word == NULL) {
        return expected(line, word, what);
    }
    line->next++;
    if (word->text[0] != '+') {
        if ((fields & FORM_TABLE) == 0 || named_place(word, operation) != 0) {
            return expected(line, word, what);
        }
        return IRQCTS_ERROR_NONE;
    }
    if (read_number(word->text + 1, word->length - 1, OFFSET_MAX, &operation->address) != 0) {
        return expected(line, word, "+OFFSET (at most +0xffff)");
    }
    error = require_number(line, "width", 8, &width);
    operation->width = (uint8_t)width;
    return error;
}

static int32_t take_message(struct line *line, struct irqcts_operation *operation)
{
    struct word value;
    uint64_t control = 0;
    uint64_t message = 0;
    int present;
    int32_t error = require_number(line, "message", UINT32_MAX, &message);

    operation->flags = IRQCTS_OPERATION_FROM_MESSAGE;
    operation->message = (uint32_t)message;
    operation->message_function = UINT32_MAX; /* "the operation's own", settled once vf= has been read */
    if (error == IRQCTS_ERROR_NONE && word_is(peek(line), "message-pf")) {
        operation->message_function = 0;
        line->next++;
    } else if (error == IRQCTS_ERROR_NONE && keyed(line, "message-vf", &value) != NULL) {
        uint32_t index;
        if (read_index(value.text, value.length, &index) != 0 || index >= IRQCTS_VIRTUAL_FUNCTIONS_MAX) {
            return expected(line, peek(line), "message-vf=NUMBER below 64");
        }
        operation->message_function = index + 1u;
        line->next++;
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = take_number(line, "control", UINT32_MAX, &control, &present);
    }
    operation->control = (uint32_t)control;
    return error;
}

static int32_t take_value(struct line *line, struct irqcts_operation *operation, uint32_t fields)
{
    const struct word *word = peek(line);
    struct word value;

    if ((fields & FORM_TABLE) != 0 && keyed(line, "message", &value) != NULL) {
        return take_message(line, operation);
    }
    if (word == NULL || read_number(word->text, word->length, UINT64_MAX, &operation->value) != 0) {
        return expected(line, word, (fields & FORM_TABLE) != 0 ? "a value or message=NUMBER" : "a value");
    }
    line->next++;
    return IRQCTS_ERROR_NONE;
}

static int32_t take_virtualized(struct line *line, struct irqcts_operation *operation)
{
    struct word value;
    int32_t error;

    if (keyed(line, "message", &value) != NULL) {
        return take_message(line, operation);
    }
    error = require_number(line, "address", UINT64_MAX, &operation->address);
    if (error == IRQCTS_ERROR_NONE) {
        error = require_u32(line, "data", &operation->data);
    }
    if (error == IRQCTS_ERROR_NONE) {
        error = require_u32(line, "control", &operation->control);
    }
    return error;
}

static int32_t take_choice(struct line *line, const char *const *names, uint32_t count, uint64_t *out, const char *what)
{
    const struct word *word = peek(line);

    for (uint32_t i = 0; i < count; i++) {
        if (word_is(word, names[i])) {
            *out = i;
            line->next++;
            return IRQCTS_ERROR_NONE;
        }
    }
    return expected(line, word, what);
}

static int32_t take_corruption(struct line *line, struct irqcts_operation *operation)
{
    struct word value;

    if (keyed(line, "corrupt", &value) == NULL) {
        return IRQCTS_ERROR_NONE;
    }
    for (uint32_t i = 1; i <= IRQCTS_CORRUPTION_INDEX; i++) {
        if (word_is(&value, corruption_names[i])) {
            operation->data = i;
            line->next++;
            return IRQCTS_ERROR_NONE;
        }
    }
    return expected(line, peek(line), "corrupt=size, corrupt=duplicate or corrupt=index");
}

static int32_t take_function(struct line *line, struct irqcts_operation *operation)
{
    struct word value;
    uint32_t index;

    if (keyed(line, "vf", &value) == NULL) {
        return IRQCTS_ERROR_NONE;
    }
    if (read_index(value.text, value.length, &index) != 0 || index == UINT32_MAX) {
        return expected(line, peek(line), "vf=NUMBER");
    }
    operation->function = index + 1u;
    line->next++;
    return IRQCTS_ERROR_NONE;
}

static int32_t take_vfio(struct line *line, struct irqcts_operation *operation)
{
    int32_t error = IRQCTS_ERROR_NONE;

    for (const struct vfio_operand *operand = vfio_operands(operation->kind);
         operand->key != NULL && error == IRQCTS_ERROR_NONE; operand++) {
        uint64_t value = 0;
        int present;
        error = take_number(line, operand->key, operand->limit, &value, &present);
        vfio_operand_set(operation, operand, value);
    }
    return error;
}

static int32_t take_operation(struct line *line, struct irqcts_operation *operation)
{
    static const char *const switches[] = {"off", "on"};
    const struct word *word = peek(line);
    const struct operation_form *form = NULL;
    uint32_t fields;
    int32_t error = IRQCTS_ERROR_NONE;

    for (uint16_t kind = 1; kind < IRQCTS_OPERATION_END && form == NULL; kind++) {
        if (irqcts_operation_name(kind) != NULL && word_is(word, irqcts_operation_name(kind))) {
            form = operation_form(kind);
            operation->kind = kind;
        }
    }
    if (form == NULL) {
        return expected(line, word, "an operation");
    }
    line->next++;
    fields = form->fields;
    if ((fields & FORM_VFIO) != 0) {
        return take_vfio(line, operation);
    }
    if ((fields & FORM_CONFIGURE) != 0) {
        error = take_configure(line, operation);
    }
    if (error == IRQCTS_ERROR_NONE && (fields & FORM_ENTRY) != 0) {
        error = take_index(line, &operation->entry, "an entry number");
    }
    if (error == IRQCTS_ERROR_NONE && (fields & FORM_MESSAGE) != 0) {
        error = take_index(line, &operation->message, "a message number");
    }
    if (error == IRQCTS_ERROR_NONE && (fields & (FORM_TABLE | FORM_OFFSET)) != 0) {
        error = take_place(line, operation, fields);
    }
    if (error == IRQCTS_ERROR_NONE && (fields & FORM_VALUE) != 0) {
        error = take_value(line, operation, fields);
    }
    if (error == IRQCTS_ERROR_NONE && (fields & FORM_VIRTUALIZED) != 0) {
        error = take_virtualized(line, operation);
    }
    if (error == IRQCTS_ERROR_NONE && (fields & FORM_SWITCH) != 0) {
        error = take_choice(line, switches, 2, &operation->value, "on or off");
    }
    if (error == IRQCTS_ERROR_NONE && (fields & FORM_SLOT) != 0) {
        error = require_number(line, "slot", IRQCTS_SLOTS_MAX - 1u, &operation->value);
    }
    if (error == IRQCTS_ERROR_NONE && (fields & FORM_CORRUPT) != 0) {
        error = take_corruption(line, operation);
    }
    if (error == IRQCTS_ERROR_NONE && (fields & FORM_RESET) != 0) {
        error = take_choice(line, reset_names, 2, &operation->value, "conventional or function-level");
    }
    if (error == IRQCTS_ERROR_NONE && (fields & FORM_FUNCTION) != 0) {
        error = take_function(line, operation);
    }
    if (operation->flags == IRQCTS_OPERATION_FROM_MESSAGE && operation->message_function == UINT32_MAX) {
        operation->message_function = operation->function;
    }
    return error;
}

/* ---- expectations ---- */

/* "M:C", "M:A-B", "vfK.M:C", "stray:C" */
static int read_delivery(const struct word *word, struct irqcts_expected_delivery *out)
{
    const char *colon = memchr(word->text, ':', word->length);
    const char *end = word->text + word->length;
    const char *name = word->text;
    const char *dash;
    uint64_t value;

    if (colon == NULL) {
        return -1;
    }
    *out = (struct irqcts_expected_delivery){0};
    if (colon - name == 5 && memcmp(name, "stray", 5) == 0) {
        out->message = IRQCTS_MESSAGE_STRAY;
    } else {
        if (colon - name > 2 && name[0] == 'v' && name[1] == 'f') {
            const char *dot = memchr(name, '.', (size_t)(colon - name));
            if (dot == NULL || read_number(name + 2, (uint32_t)(dot - name - 2), IRQCTS_VIRTUAL_FUNCTIONS_MAX - 1u,
                                           &value) != 0) {
                return -1;
            }
            out->function = (uint32_t)value + 1u;
            name = dot + 1;
        }
        if (read_number(name, (uint32_t)(colon - name), IRQCTS_ENTRIES_MAX - 1u, &value) != 0) {
            return -1;
        }
        out->message = (uint32_t)value;
    }
    dash = memchr(colon + 1, '-', (size_t)(end - colon - 1));
    if (read_number(colon + 1, (uint32_t)((dash != NULL ? dash : end) - colon - 1), UINT32_MAX, &value) != 0) {
        return -1;
    }
    out->minimum = (uint32_t)value;
    out->maximum = (uint32_t)value;
    if (dash != NULL) {
        if (read_number(dash + 1, (uint32_t)(end - dash - 1), UINT32_MAX, &value) != 0) {
            return -1;
        }
        out->maximum = (uint32_t)value;
    }
    return out->maximum == 0 || out->minimum > out->maximum ? -1 : 0;
}

static int32_t take_expected_value(struct line *line, struct irqcts_expectation *expectation)
{
    const struct word *word = peek(line);
    const char *text = word->text + 6; /* behind "value=" */
    uint32_t length = word->length - 6u;
    const char *slash = memchr(text, '/', length);
    uint32_t digits = slash != NULL ? (uint32_t)(slash - text) : length;

    expectation->value_mask = UINT64_MAX;
    if (read_number(text, digits, UINT64_MAX, &expectation->value) != 0 ||
        (slash != NULL &&
         read_number(slash + 1, length - digits - 1u, UINT64_MAX, &expectation->value_mask) != 0)) {
        return expected(line, word, "value=NUMBER or value=NUMBER/MASK");
    }
    expectation->flags |= IRQCTS_EXPECTS_VALUE;
    line->next++;
    return IRQCTS_ERROR_NONE;
}

static int take_status(struct line *line, struct irqcts_expectation *expectation)
{
    const struct word *word = peek(line);

    if (word_is(word, "refused")) {
        expectation->flags |= IRQCTS_EXPECTS_REFUSAL;
        line->next++;
        return 1;
    }
    for (uint32_t status = 0; status < IRQCTS_STATUS_NOT_EXECUTED; status++) {
        if (word_is(word, irqcts_status_name(status))) {
            expectation->flags |= IRQCTS_EXPECTS_STATUS;
            expectation->status = status;
            line->next++;
            return 1;
        }
    }
    return 0;
}

static int32_t take_expectation(struct parser *parser, struct irqcts_expectation *expectation)
{
    struct line *line = &parser->line;
    struct word value;
    int32_t error = IRQCTS_ERROR_NONE;
    int any = take_status(line, expectation);

    if (keyed(line, "value", &value) != NULL) {
        error = take_expected_value(line, expectation);
        any = 1;
    }
    if (error == IRQCTS_ERROR_NONE && word_is(peek(line), "none")) {
        expectation->flags |= IRQCTS_EXPECTS_DELIVERIES;
        line->next++;
        any = 1;
    }
    while (error == IRQCTS_ERROR_NONE && peek(line) != NULL && peek(line)->text[0] != '[') {
        if (expectation->delivery_count == DELIVERIES_MAX ||
            read_delivery(peek(line), &parser->deliveries[expectation->delivery_count]) != 0) {
            return expected(line, peek(line),
                            "a status (ok, invalid-parameter, …, refused), value=NUMBER, none, or a delivery such as "
                            "0:1, vf0.1:1-2 or stray:1");
        }
        expectation->flags |= IRQCTS_EXPECTS_DELIVERIES;
        expectation->delivery_count++;
        line->next++;
        any = 1;
    }
    if (error == IRQCTS_ERROR_NONE && !any) {
        return expected(line, peek(line), "what is expected (a status, a value, none or deliveries)");
    }
    if (error == IRQCTS_ERROR_NONE && peek(line) != NULL) {
        const struct word *word = peek(line);
        if (word->length > 2 && word->text[word->length - 1u] == ']') {
            expectation->clause = irqcts_clause_find(word->text + 1, word->length - 2u);
        }
        if (expectation->clause == 0) {
            return expected(line, word, "a clause id in brackets that exists, such as [PEND-SET]");
        }
        line->next++;
    }
    return error;
}

/* ---- lines ---- */

static int32_t take_line(struct parser *parser)
{
    struct line *line = &parser->line;
    struct irqcts_operation operation = {0};
    struct irqcts_expectation expectation = {0};
    int32_t error = take_operation(line, &operation);

    if (error == IRQCTS_ERROR_NONE && word_is(peek(line), "=>")) {
        line->next++;
        expectation.line = line->number;
        error = take_expectation(parser, &expectation);
    }
    if (error == IRQCTS_ERROR_NONE && peek(line) != NULL) {
        error = expected(line, peek(line), "=> or the end of the line");
    }
    if (error != IRQCTS_ERROR_NONE) {
        return error;
    }
    error = irqcts_program_append(parser->program, &operation, &expectation, parser->deliveries);
    if (error == IRQCTS_ERROR_ARGUMENT) { /* well formed, but not an operation: say where */
        char sentence[512];
        size_t length = strlen(irqcts_last_error());
        if (length >= sizeof(sentence)) {
            length = sizeof(sentence) - 1;
        }
        memcpy(sentence, irqcts_last_error(), length);
        sentence[length] = '\0';
        return irqcts_fail(IRQCTS_ERROR_SYNTAX, "line %u, column %u: %s", line->number, line->words[0].column,
                           sentence);
    }
    return error;
}

static int32_t parse_lines(struct parser *parser, const char *text, size_t length)
{
    struct line *line = &parser->line;
    size_t at = 0;
    int headed = 0;

    while (at < length) {
        const char *start = text + at;
        const char *newline = memchr(start, '\n', length - at);
        size_t line_length = newline != NULL ? (size_t)(newline - start) : length - at;
        int32_t error;

        at += line_length + 1;
        line->number++;
        error = split_line(line, start, line_length);
        if (error == IRQCTS_ERROR_NONE && line->count > 0) {
            if (headed) {
                error = take_line(parser);
            } else if (line->count == 2 && word_is(&line->words[0], "irqcts-program") &&
                       !word_is(&line->words[1], "1")) {
                error = irqcts_fail(IRQCTS_ERROR_SYNTAX,
                                    "line %u, column %u: the program is of another version, and this irqcts reads "
                                    "\"irqcts-program 1\"; replay it with the irqcts that saved it",
                                    line->number, line->words[1].column);
            } else if (line->count != 2 || !word_is(&line->words[0], "irqcts-program") ||
                       !word_is(&line->words[1], "1")) {
                error = expected(line, &line->words[0], "the first line \"irqcts-program 1\"");
            } else {
                headed = 1;
            }
        }
        if (error != IRQCTS_ERROR_NONE) {
            return error;
        }
    }
    if (!headed || parser->program->count == 0) {
        return irqcts_fail(IRQCTS_ERROR_SYNTAX, "line %u, column 1: the text ends without %s",
                           line->number == 0 ? 1u : line->number,
                           headed ? "an operation" : "the first line \"irqcts-program 1\"");
    }
    return IRQCTS_ERROR_NONE;
}

int32_t irqcts_program_parse(struct irqcts_program **out, const char *text, size_t length)
{
    struct parser *parser;
    int32_t error;

    if (length > IRQCTS_PROGRAM_TEXT_MAX) {
        return irqcts_fail(IRQCTS_ERROR_SYNTAX, "line 1, column 1: %zu bytes of text; at most %u", length,
                           IRQCTS_PROGRAM_TEXT_MAX);
    }
    parser = calloc(1, sizeof(*parser));
    if (parser == NULL) {
        return irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory to read a program");
    }
    error = irqcts_program_create(&parser->program);
    if (error == IRQCTS_ERROR_NONE) {
        error = parse_lines(parser, text, length);
    }
    if (error == IRQCTS_ERROR_NONE) {
        *out = parser->program;
    } else {
        irqcts_program_free(parser->program);
    }
    free(parser);
    return error;
}
