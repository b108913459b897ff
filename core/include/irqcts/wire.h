/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The wire form between harness and agent: length-prefixed little-endian
 * frames of fixed-layout records.  Pure encoding and decoding, no I/O; both
 * ends refuse what they do not understand.
 *
 * A frame: u32 magic "IRQC", u16 version, u16 type, u32 sequence, u32 payload
 * length, payload.  A reply carries its request's sequence.
 *
 *   HELLO        harness -> agent   u32 version, u32 token length, token (UTF-8, may be empty)
 *   DESCRIPTION  agent -> harness   irqcts_backend_description, field by field
 *   RUN          harness -> agent   u32 flags, u32 count, count × operation, expectations are not sent
 *   TRACE        agent -> harness   u32 results, u32 deliveries, u32 functions, their records, then
 *                                   per function u32 message count and the messages
 *   ERROR        agent -> harness   u32 code (as positive), u32 length, sentence
 *   RECORD       harness -> agent   irqcts_history_shape, irqcts_history_plan, field by field
 *   HISTORY      agent -> harness   u32 count, per call the call, u32 what it saw, count × (message, count)
 *   CLOSE        harness -> agent   empty; the agent restores the device, answers CLOSED and ends
 *   CLOSED       agent -> harness   empty
 */
#ifndef IRQCTS_WIRE_H
#define IRQCTS_WIRE_H

#include "irqcts/history.h"
#include "irqcts/session.h"

#ifdef __cplusplus
extern "C" {
#endif

#define IRQCTS_WIRE_MAGIC 0x43515249u /* "IRQC" read as little-endian */
#define IRQCTS_WIRE_VERSION 2u /* 2: RECORD and HISTORY */
#define IRQCTS_WIRE_HEADER_BYTES 16u
#define IRQCTS_WIRE_PAYLOAD_MAX (64u * 1024u * 1024u)

enum irqcts_wire_type {
    IRQCTS_WIRE_HELLO = 1,
    IRQCTS_WIRE_DESCRIPTION = 2,
    IRQCTS_WIRE_RUN = 3,
    IRQCTS_WIRE_TRACE = 4,
    IRQCTS_WIRE_ERROR = 5,
    IRQCTS_WIRE_CLOSE = 6,
    IRQCTS_WIRE_CLOSED = 7,
    IRQCTS_WIRE_RECORD = 8,
    IRQCTS_WIRE_HISTORY = 9
};

struct irqcts_wire_header {
    uint16_t version;
    uint16_t type;
    uint32_t sequence;
    uint32_t length; /* of the payload, bytes */
};

/* Growable bytes; zero-initialise, release with irqcts_bytes_free. */
struct irqcts_bytes {
    uint8_t *data;
    size_t length;
    size_t capacity;
};
IRQCTS_API void irqcts_bytes_free(struct irqcts_bytes *bytes);

/* Reads the 16 bytes of a header; IRQCTS_ERROR_FORMAT (magic, length, type) or IRQCTS_ERROR_VERSION. */
IRQCTS_API int32_t irqcts_wire_header_decode(struct irqcts_wire_header *out, const uint8_t *bytes);

/* Each encoder appends one whole frame to *out. */
IRQCTS_API int32_t irqcts_wire_encode_empty(struct irqcts_bytes *out, uint32_t type, uint32_t sequence);
IRQCTS_API int32_t irqcts_wire_encode_hello(struct irqcts_bytes *out, uint32_t sequence, const char *token);
IRQCTS_API int32_t irqcts_wire_encode_description(struct irqcts_bytes *out, uint32_t sequence,
                                                  const struct irqcts_backend_description *description);
IRQCTS_API int32_t irqcts_wire_encode_run(struct irqcts_bytes *out, uint32_t sequence, uint32_t flags,
                                          const struct irqcts_program *program);
IRQCTS_API int32_t irqcts_wire_encode_trace(struct irqcts_bytes *out, uint32_t sequence,
                                            const struct irqcts_trace *trace);
IRQCTS_API int32_t irqcts_wire_encode_error(struct irqcts_bytes *out, uint32_t sequence, int32_t error,
                                            const char *sentence);
IRQCTS_API int32_t irqcts_wire_encode_record(struct irqcts_bytes *out, uint32_t sequence,
                                             const struct irqcts_history_shape *shape,
                                             const struct irqcts_history_plan *plan);
IRQCTS_API int32_t irqcts_wire_encode_history(struct irqcts_bytes *out, uint32_t sequence,
                                              const struct irqcts_history *history);

/* Each decoder takes a payload; whole and exact, or IRQCTS_ERROR_FORMAT. */
IRQCTS_API int32_t irqcts_wire_decode_hello(char *token, size_t token_size, const uint8_t *payload, size_t length);
IRQCTS_API int32_t irqcts_wire_decode_description(struct irqcts_backend_description *out, const uint8_t *payload,
                                                  size_t length);
IRQCTS_API int32_t irqcts_wire_decode_run(struct irqcts_program **out, uint32_t *out_flags, const uint8_t *payload,
                                          size_t length);
/* A trace must belong to `program` (as many results as operations, or fewer when it was stopped). */
IRQCTS_API int32_t irqcts_wire_decode_trace(struct irqcts_trace **out, const struct irqcts_program *program,
                                            const struct irqcts_backend_description *description,
                                            const uint8_t *payload, size_t length);
IRQCTS_API int32_t irqcts_wire_decode_error(int32_t *out_error, char *sentence, size_t size, const uint8_t *payload,
                                            size_t length);
IRQCTS_API int32_t irqcts_wire_decode_record(struct irqcts_history_shape *out_shape,
                                             struct irqcts_history_plan *out_plan, const uint8_t *payload,
                                             size_t length);
/* A history must be of the shape that was asked for. */
IRQCTS_API int32_t irqcts_wire_decode_history(struct irqcts_history **out, const struct irqcts_history_shape *shape,
                                              const uint8_t *payload, size_t length);

#ifdef __cplusplus
}
#endif
#endif
