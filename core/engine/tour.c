/* SPDX-License-Identifier: Apache-2.0 */
#include "tour.h"

#include "irqcts/error.h"

#include <stdlib.h>
#include <string.h>

struct walk {
    const struct machine *machine;
    const struct tour *tour;
    struct sequence_tree *tree;
    uint8_t *tried;    /* one a state and input */
    uint32_t *queue;   /* of the search, one a state */
    uint32_t *came_by; /* state * inputs + input by which the search reached a state; MACHINE_UNDEFINED: not */
    uint32_t *way;     /* inputs of the way that was found */
    uint32_t node;     /* of the tree, where the walk is */
    uint32_t state;
    uint32_t length;
};

static size_t cell(const struct walk *walk, uint32_t state, uint32_t input)
{
    return (size_t)state * walk->machine->inputs + input;
}

static int has_untried(const struct walk *walk, uint32_t state)
{
    for (uint32_t x = 0; x < walk->machine->inputs; x++) {
        if (walk->tour->target[cell(walk, state, x)] != TOUR_NOT_WANTED && !walk->tried[cell(walk, state, x)]) {
            return 1;
        }
    }
    return 0;
}

/* Breadth first to the nearest state where something is left to try. */
static int find_way(struct walk *walk, uint32_t *out_length)
{
    const struct machine *machine = walk->machine;
    uint32_t head = 0;
    uint32_t tail = 0;
    uint32_t length = 0;

    memset(walk->came_by, 0xff, machine->states * sizeof(*walk->came_by));
    walk->queue[tail++] = walk->state;
    while (head < tail) {
        uint32_t state = walk->queue[head++];
        if (has_untried(walk, state)) {
            while (state != walk->state) {
                uint32_t by = walk->came_by[state];
                walk->way[length++] = by % machine->inputs;
                state = by / machine->inputs;
            }
            *out_length = length;
            return 1;
        }
        for (uint32_t x = 0; x < machine->inputs; x++) {
            uint32_t next = machine->next[cell(walk, state, x)];
            if (next != MACHINE_UNDEFINED && next != walk->state && walk->came_by[next] == MACHINE_UNDEFINED) {
                walk->came_by[next] = (uint32_t)cell(walk, state, x);
                walk->queue[tail++] = next;
            }
        }
    }
    return 0;
}

static void begin(struct walk *walk)
{
    walk->node = 0;
    walk->state = 0;
    walk->length = 0;
}

static int32_t go(struct walk *walk, uint32_t input)
{
    walk->length++;
    return sequence_tree_extend(&walk->node, walk->tree, walk->node, input);
}

/* One input that has not been tried in this state, and the suffix. */
static int32_t try_one(struct walk *walk)
{
    const struct tour *tour = walk->tour;
    uint32_t x = 0;
    uint32_t target;
    int32_t error;

    while (tour->target[cell(walk, walk->state, x)] == TOUR_NOT_WANTED || walk->tried[cell(walk, walk->state, x)]) {
        x++;
    }
    walk->tried[cell(walk, walk->state, x)] = 1;
    target = tour->target[cell(walk, walk->state, x)];
    error = go(walk, x);
    for (uint32_t i = 0; i < tour->suffix_length && error == IRQCTS_ERROR_NONE; i++) {
        error = go(walk, tour->suffix[i]);
    }
    if (target == TOUR_ENDS || walk->length >= tour->length) {
        begin(walk);
    } else {
        walk->state = target;
    }
    return error;
}

static int32_t walk_all(struct walk *walk)
{
    uint32_t length;
    int32_t error = IRQCTS_ERROR_NONE;

    begin(walk);
    while (error == IRQCTS_ERROR_NONE) {
        if (!find_way(walk, &length)) {
            if (walk->node == 0) {
                break; /* nothing is left that can be reached at all */
            }
            begin(walk);
            continue;
        }
        while (length > 0 && error == IRQCTS_ERROR_NONE) {
            uint32_t input = walk->way[--length];
            walk->state = walk->machine->next[cell(walk, walk->state, input)];
            error = go(walk, input | TOUR_ON_THE_WAY);
        }
        if (error == IRQCTS_ERROR_NONE) {
            error = try_one(walk);
        }
    }
    return error;
}

int32_t machine_tour(struct sequence_tree *tree, const struct machine *machine, const struct tour *tour)
{
    struct walk walk = {.machine = machine, .tour = tour, .tree = tree};
    int32_t error;

    walk.tried = calloc((size_t)machine->states * machine->inputs, sizeof(*walk.tried));
    walk.queue = malloc(machine->states * sizeof(*walk.queue));
    walk.came_by = malloc(machine->states * sizeof(*walk.came_by));
    walk.way = malloc(machine->states * sizeof(*walk.way));
    if (walk.tried == NULL || walk.queue == NULL || walk.came_by == NULL || walk.way == NULL) {
        error = irqcts_fail(IRQCTS_ERROR_MEMORY, "no memory for a walk through %u states", machine->states);
    } else {
        error = walk_all(&walk);
    }
    free(walk.tried);
    free(walk.queue);
    free(walk.came_by);
    free(walk.way);
    return error;
}

int machine_shows_states(const struct machine *machine, uint32_t input)
{
    for (uint32_t a = 0; a < machine->states; a++) {
        if (machine->next[a * machine->inputs + input] == MACHINE_UNDEFINED) {
            return 0;
        }
        for (uint32_t b = 0; b < a; b++) {
            if (!machine_apart(machine, machine->output[a * machine->inputs + input],
                               machine->output[b * machine->inputs + input])) {
                return 0;
            }
        }
    }
    return 1;
}
