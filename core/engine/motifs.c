/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The motifs.  Each line is a sequence in which an implementation has been
 * wrong, or could be: masks around events, masks and function masks crossed,
 * rewriting in both programming orders, state that must survive or must not.
 */
#include "motifs.h"

#include "irqcts/operation.h"

#define STEP(...) {__VA_ARGS__}
#define KIND(name) .kind = IRQCTS_OPERATION_##name
#define TABLE(name, bytes, at, who) \
    KIND(name), .width = (bytes), .offset = (at), .address_mask = -1, .subject = SUBJECT_##who

/* Register view */
#define CLOSE(who) STEP(TABLE(TABLE_WRITE, 4, 12, who), .value = 1)
#define OPEN(who) STEP(TABLE(TABLE_WRITE, 4, 12, who))
#define FLIP(who) STEP(TABLE(TABLE_WRITE, 4, 12, who), .random_value = 1)
#define RESERVED_BITS(who) STEP(TABLE(TABLE_WRITE, 4, 12, who), .random_value = 0xff)
#define MESSAGE(bytes, at, who, which) \
    STEP(TABLE(TABLE_WRITE, bytes, at, who), .flags = IRQCTS_OPERATION_FROM_MESSAGE, .message_mask = -1, \
         .other_message = (which))
#define LOW(who, which) MESSAGE(4, 0, who, which)
#define HIGH(who, which) MESSAGE(4, 4, who, which)
#define DATA(who, which) MESSAGE(4, 8, who, which)
#define ADDRESS(who, which) MESSAGE(8, 0, who, which)
#define DATA_CONTROL(who, which) \
    STEP(TABLE(TABLE_WRITE, 8, 8, who), .flags = IRQCTS_OPERATION_FROM_MESSAGE, .message_mask = -1, \
         .other_message = (which), .random_control = 1)
#define READ(bytes, at, who) STEP(TABLE(TABLE_READ, bytes, at, who))
#define PBA(who) STEP(KIND(PBA_READ), .subject = SUBJECT_##who, .special = SPECIAL_PBA_READ)
#define PBA_WRITE STEP(KIND(PBA_WRITE), .width = 4, .random_value = 0xff)
#define ODD(name, who) STEP(TABLE(name, 1, 0, who), .special = SPECIAL_ODD_ACCESS)
#define CAPABILITY_READ STEP(KIND(CAPABILITY_READ), .special = SPECIAL_CAPABILITY_READ)
#define CAPABILITY_WRITE STEP(KIND(CAPABILITY_WRITE), .special = SPECIAL_CAPABILITY_WRITE)
#define STATUS STEP(KIND(CONFIG_READ), .width = 2, .offset = 6)
#define CONTROL(name, on) STEP(KIND(name), .value = (on))
#define ENABLE(on) CONTROL(ENABLE, on)
#define FUNCTION_MASK(on) CONTROL(FUNCTION_MASK, on)
#define BUS_MASTER(on) CONTROL(BUS_MASTER, on)

/* Routing view */
#define INDEXED(name, who) STEP(KIND(name), .entry_mask = -1, .subject = SUBJECT_##who)
#define MASK(who) INDEXED(MASK, who)
#define UNMASK(who) INDEXED(UNMASK, who)
#define GET(who) INDEXED(GET_ENTRY, who)
#define SET(who, which) \
    STEP(KIND(SET_ENTRY), .entry_mask = -1, .subject = SUBJECT_##who, .message_mask = -1, .other_message = (which))
#define SET_BAD_MESSAGE(who) \
    STEP(KIND(SET_ENTRY), .entry_mask = -1, .subject = SUBJECT_##who, .special = SPECIAL_BAD_MESSAGE)
#define START STEP(KIND(START))
#define GET_SIZE STEP(KIND(GET_SIZE))

/* The device, and what is seen of it */
#define RAISE(who) INDEXED(RAISE, who)
#define WITHDRAW(who) INDEXED(WITHDRAW, who)
#define POLL STEP(KIND(POLL), .global_mask = -1)

/* Virtual-function view */
#define VIRTUALIZED(who, which) \
    STEP(KIND(WRITE_VIRTUALIZED), .entry_mask = -1, .subject = SUBJECT_##who, .flags = IRQCTS_OPERATION_FROM_MESSAGE, \
         .message_mask = -1, .other_message = (which), .random_control = 1, .special = SPECIAL_VIRTUALIZED)
#define VIRTUALIZED_BAD \
    STEP(KIND(WRITE_VIRTUALIZED), .flags = IRQCTS_OPERATION_FROM_MESSAGE, .message_mask = -1, \
         .special = SPECIAL_VIRTUALIZED_BAD)
#define PAUSE STEP(KIND(PAUSE))
#define RESUME STEP(KIND(RESUME))
#define SAVE STEP(KIND(SAVE), .random_value = 1)
#define RESTORE STEP(KIND(RESTORE), .random_value = 1)
#define RESTORE_CORRUPT STEP(KIND(RESTORE), .random_value = 1, .random_data = 3)
#define RESET STEP(KIND(RESET), .special = SPECIAL_RESET)

#define COUNT(...) (sizeof((struct motif_step[]){__VA_ARGS__}) / sizeof(struct motif_step))
#define MOTIF(...) {{__VA_ARGS__}, COUNT(__VA_ARGS__)}

const struct motif motifs[] = {
    /* Events and nothing else. */
    MOTIF(RAISE(A), POLL, RAISE(A), RAISE(B), POLL, RAISE(B), POLL),
    MOTIF(RAISE(A), RAISE(A), RAISE(A), RAISE(B), POLL, RAISE(EDGE), POLL, POLL),

    /* Masked entries. */
    MOTIF(CLOSE(A), RAISE(A), POLL, OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(CLOSE(A), RAISE(A), PBA(A), OPEN(A), POLL, PBA(A), RAISE(B), POLL),
    MOTIF(CLOSE(A), RAISE(A), RAISE(A), RAISE(A), OPEN(A), POLL, CLOSE(A), OPEN(A), POLL),
    MOTIF(CLOSE(A), CLOSE(B), RAISE(A), RAISE(B), OPEN(A), POLL, OPEN(B), POLL),
    MOTIF(CLOSE(A), RAISE(B), POLL, OPEN(A), RAISE(A), POLL, RAISE(B), POLL),
    MOTIF(CLOSE(A), RAISE(A), CLOSE(A), READ(4, 12, A), OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(CLOSE(EDGE), RAISE(EDGE), PBA(EDGE), OPEN(EDGE), POLL, RAISE(EDGE), RAISE(A), POLL),
    MOTIF(OPEN(A), OPEN(A), RAISE(A), POLL, OPEN(B), RAISE(B), POLL),
    MOTIF(FLIP(A), RAISE(A), POLL, FLIP(A), FLIP(B), RAISE(B), POLL, FLIP(A), POLL),
    MOTIF(RESERVED_BITS(A), RAISE(A), READ(4, 12, A), OPEN(A), POLL, READ(8, 8, A), RAISE(A), POLL),
    MOTIF(CLOSE(A), RAISE(A), WITHDRAW(A), PBA(A), OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(MASK(A), RAISE(A), POLL, UNMASK(A), POLL, RAISE(A), POLL),
    MOTIF(MASK(A), MASK(A), RAISE(A), UNMASK(A), POLL, UNMASK(B), RAISE(B), POLL),
    MOTIF(MASK(B), RAISE(A), RAISE(B), POLL, UNMASK(B), UNMASK(A), POLL, RAISE(B), POLL),

    /* Function Mask. */
    MOTIF(FUNCTION_MASK(1), RAISE(A), POLL, FUNCTION_MASK(0), POLL, RAISE(A), POLL),
    MOTIF(FUNCTION_MASK(1), RAISE(A), RAISE(B), PBA(A), FUNCTION_MASK(0), POLL, RAISE(B), POLL),
    MOTIF(FUNCTION_MASK(1), RAISE(A), CLOSE(A), FUNCTION_MASK(0), POLL, OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(CLOSE(A), FUNCTION_MASK(1), RAISE(A), OPEN(A), POLL, PBA(A), FUNCTION_MASK(0), POLL),
    MOTIF(FUNCTION_MASK(1), OPEN(A), READ(4, 12, A), FUNCTION_MASK(0), RAISE(A), POLL, RAISE(B), POLL),
    MOTIF(FUNCTION_MASK(1), RAISE(EDGE), PBA(EDGE), OPEN(EDGE), FUNCTION_MASK(0), POLL, RAISE(EDGE), POLL),

    /* MSI-X Enable. */
    MOTIF(ENABLE(0), RAISE(A), POLL, ENABLE(1), POLL, RAISE(A), POLL),
    MOTIF(ENABLE(0), RAISE(A), PBA(A), ENABLE(1), PBA(A), POLL, RAISE(B), POLL),
    MOTIF(CLOSE(A), RAISE(A), ENABLE(0), ENABLE(1), OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(ENABLE(0), CLOSE(A), RAISE(A), READ(4, 12, A), ENABLE(1), OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(FUNCTION_MASK(1), ENABLE(0), RAISE(A), ENABLE(1), POLL, FUNCTION_MASK(0), POLL, RAISE(A), POLL),
    MOTIF(CAPABILITY_WRITE, CAPABILITY_READ, RAISE(A), POLL, FUNCTION_MASK(0), ENABLE(1), POLL, RAISE(A), POLL),
    MOTIF(CAPABILITY_READ, CAPABILITY_READ, CAPABILITY_WRITE, ENABLE(1), RAISE(A), POLL, FUNCTION_MASK(0), POLL),

    /* Rewriting, masked and not, in both programming orders. */
    MOTIF(CLOSE(A), LOW(A, 0), HIGH(A, 0), DATA(A, 0), OPEN(A), RAISE(A), POLL, RAISE(B), POLL),
    MOTIF(LOW(A, 0), HIGH(A, 0), DATA(A, 0), RAISE(A), POLL, CLOSE(A), OPEN(A), RAISE(A), POLL),
    MOTIF(CLOSE(A), RAISE(A), ADDRESS(A, 0), DATA(A, 0), OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(ADDRESS(A, 0), DATA_CONTROL(A, 0), RAISE(A), POLL, OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(RAISE(A), DATA(A, 0), RAISE(A), POLL, CLOSE(A), OPEN(A), RAISE(A), POLL),
    MOTIF(CLOSE(A), DATA(A, 0), DATA(A, 1), OPEN(A), RAISE(A), POLL, RAISE(B), POLL),
    MOTIF(FUNCTION_MASK(1), ADDRESS(A, 0), DATA(A, 0), FUNCTION_MASK(0), RAISE(A), POLL, RAISE(B), POLL),
    MOTIF(ENABLE(0), ADDRESS(A, 1), DATA_CONTROL(A, 1), ENABLE(1), RAISE(A), POLL, OPEN(A), POLL),

    /* SetTableEntry. */
    MOTIF(SET(A, 0), RAISE(A), POLL, SET(A, 1), RAISE(A), RAISE(B), POLL),
    MOTIF(SET(A, 0), SET(B, 0), RAISE(A), RAISE(B), POLL, RAISE(A), POLL),
    MOTIF(SET(A, 0), SET(A, 1), RAISE(A), POLL, UNMASK(A), RAISE(A), POLL),
    MOTIF(SET(EDGE, 0), OPEN(EDGE), RAISE(EDGE), POLL, RAISE(A), POLL),
    MOTIF(CLOSE(A), RAISE(A), SET(A, 0), OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(MASK(A), SET(A, 1), RAISE(A), POLL, UNMASK(A), POLL, RAISE(A), POLL),
    MOTIF(SET(A, 0), READ(8, 0, A), READ(4, 8, A), READ(4, 12, A), GET(A), RAISE(A), POLL),
    MOTIF(SET(BEYOND, 0), MASK(BEYOND), UNMASK(BEYOND), SET_BAD_MESSAGE(A), RAISE(A), POLL, RAISE(B), POLL),

    /* What the registers show. */
    MOTIF(READ(4, 12, A), READ(4, 8, A), READ(8, 0, A), READ(4, 12, B), RAISE(A), READ(4, 12, A), POLL),
    MOTIF(READ(8, 8, EDGE), READ(4, 0, EDGE), READ(4, 4, EDGE), READ(4, 12, EDGE), RAISE(EDGE), POLL),
    MOTIF(CLOSE(A), READ(8, 8, A), OPEN(A), READ(4, 12, A), READ(4, 12, EDGE), RAISE(A), POLL),
    MOTIF(LOW(A, 1), READ(4, 0, A), HIGH(A, 1), READ(4, 4, A), DATA(A, 1), READ(4, 8, A), RAISE(A), POLL),
    MOTIF(PBA(A), RAISE(A), PBA(EDGE), PBA_WRITE, PBA(A), POLL, RAISE(B), STATUS, POLL),
    MOTIF(ODD(TABLE_READ, A), ODD(TABLE_WRITE, A), READ(8, 0, A), READ(8, 8, A), RAISE(B), POLL, RAISE(A), POLL),
    MOTIF(READ(4, 0, BEYOND), LOW(BEYOND, 0), GET_SIZE, GET(BEYOND), RAISE(A), POLL),

    /* Bus Master. */
    MOTIF(BUS_MASTER(0), RAISE(A), POLL, BUS_MASTER(1), POLL, RAISE(A), RAISE(B), POLL),
    MOTIF(CLOSE(A), BUS_MASTER(0), RAISE(A), BUS_MASTER(1), OPEN(A), POLL, RAISE(A), POLL),

    /* Virtualized writes, with and without an event pending, paused and running. */
    MOTIF(VIRTUALIZED(A, 0), RAISE(A), POLL, VIRTUALIZED(A, 1), RAISE(A), POLL),
    MOTIF(VIRTUALIZED(A, 0), VIRTUALIZED(B, 1), RAISE(A), RAISE(B), POLL, RAISE(EDGE), POLL),
    MOTIF(CLOSE(A), RAISE(A), VIRTUALIZED(A, 0), POLL, OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(VIRTUALIZED(EDGE, 0), VIRTUALIZED(EDGE, 0), READ(8, 8, EDGE), RAISE(EDGE), POLL, RAISE(A), POLL),
    MOTIF(PAUSE, RAISE(A), VIRTUALIZED(A, 1), POLL, RESUME, POLL, RAISE(A), POLL),
    MOTIF(VIRTUALIZED_BAD, VIRTUALIZED_BAD, RAISE(A), POLL, RAISE(B), POLL),

    /* Save and restore. */
    MOTIF(PAUSE, SAVE, RESUME, RAISE(A), POLL, RAISE(B), POLL),
    MOTIF(CLOSE(A), RAISE(A), PAUSE, SAVE, RESUME, OPEN(A), POLL, RAISE(A), POLL),
    MOTIF(PAUSE, RESTORE, RESUME, POLL, PBA(A), READ(8, 8, A), OPEN(A), RAISE(A), POLL),
    MOTIF(PAUSE, RESTORE, READ(8, 0, EDGE), CAPABILITY_READ, RESUME, RAISE(EDGE), POLL, RAISE(A), POLL),
    MOTIF(PAUSE, SAVE, ADDRESS(A, 0), DATA_CONTROL(A, 0), RESTORE, RESUME, RAISE(A), POLL),
    MOTIF(PAUSE, RESTORE_CORRUPT, RESTORE_CORRUPT, RESUME, RAISE(A), POLL, RAISE(B), POLL),
};

/* Slow, or the end of what was built up before: drawn less often. */
const struct motif rare_motifs[] = {
    MOTIF(START, RAISE(A), RAISE(B), RAISE(EDGE), POLL),
    /* Reset, and life after it. */
    MOTIF(RESET, READ(4, 12, A), CAPABILITY_READ, PBA(A), RAISE(A), POLL, ENABLE(1), START, POLL),
    MOTIF(CLOSE(A), RAISE(A), RESET, ENABLE(1), OPEN(A), POLL, START, RAISE(A), POLL),
    MOTIF(FUNCTION_MASK(1), RAISE(A), RESET, POLL, ADDRESS(A, 0), DATA_CONTROL(A, 0), START, POLL),
    /* Where there is nothing, and what must not be touched by it. */
    MOTIF(RAISE(BEYOND), POLL, PBA(EDGE), RAISE(A), POLL, RAISE(B), POLL),
    MOTIF(OPEN(BEYOND), READ(4, 12, A), READ(4, 12, EDGE), CLOSE(BEYOND), READ(4, 12, A), RAISE(A), POLL),
    MOTIF(VIRTUALIZED_BAD, READ(8, 8, A), READ(8, 8, EDGE), READ(8, 0, EDGE), RAISE(A), POLL),
};

const uint32_t motif_count = sizeof(motifs) / sizeof(motifs[0]);
const uint32_t rare_motif_count = sizeof(rare_motifs) / sizeof(rare_motifs[0]);
