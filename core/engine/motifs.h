/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the random generator strings together: motifs, short sequences of the
 * kind that real faults hide in.  A motif fixes the kinds of its operations;
 * entries, messages and values are drawn.
 */
#ifndef IRQCTS_ENGINE_MOTIFS_H
#define IRQCTS_ENGINE_MOTIFS_H

#include <stdint.h>

/* Whose entry an operation is about.  All are drawn anew for each motif. */
enum motif_subject {
    SUBJECT_A,      /* one of the program's few hot entries */
    SUBJECT_B,      /* another draw of them */
    SUBJECT_EDGE,   /* where off-by-one and word errors live */
    SUBJECT_BEYOND, /* at or a little after N */
    SUBJECT_COUNT
};

/* Operations whose operands need more than a line of the table. */
enum motif_special {
    SPECIAL_NONE,
    SPECIAL_PBA_READ,         /* the word, four or eight bytes wide, with the subject's bit */
    SPECIAL_CAPABILITY_READ,  /* any of its words */
    SPECIAL_CAPABILITY_WRITE, /* of every width that holds Message Control's upper byte */
    SPECIAL_ODD_ACCESS,       /* a table access of one or two bytes, or not aligned */
    SPECIAL_VIRTUALIZED,      /* to one of the virtual functions */
    SPECIAL_VIRTUALIZED_BAD,  /* an index or a function that is not there */
    SPECIAL_BAD_MESSAGE,      /* SetTableEntry of a message that was not granted */
    SPECIAL_RESET             /* one of the kinds that the shape allows */
};

/* One operation: the constant part, and which parts are drawn.  Masks are 0 or
 * -1 (all bits), so that an operation is put together without a branch. */
struct motif_step {
    uint16_t kind;
    uint8_t width;
    uint8_t flags;
    uint8_t offset;         /* constant part of operation.address */
    uint8_t value;          /* constant bits of the value */
    uint8_t random_value;   /* bits of the value that are drawn */
    uint8_t random_data;    /* likewise of `data` and `control` */
    uint8_t random_control;
    uint8_t subject;        /* enum motif_subject */
    uint8_t other_message;  /* 0 or 1: which of the motif's two messages */
    int8_t entry_mask;      /* the subject is operation.entry */
    int8_t address_mask;    /* operation.address starts with the subject's entry in the table */
    int8_t message_mask;    /* operation.message is set */
    int8_t global_mask;     /* the operation is about no function */
    uint8_t special;        /* enum motif_special; what it sets replaces the rest */
};

#define MOTIF_STEPS_MAX 9u
struct motif {
    struct motif_step steps[MOTIF_STEPS_MAX];
    uint32_t length;
};

extern const struct motif motifs[];
extern const uint32_t motif_count;
extern const struct motif rare_motifs[];
extern const uint32_t rare_motif_count;

#endif
