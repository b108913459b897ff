/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The completeness that the generated suites claim, checked on machines: every
 * implementation within the fault domain that is not equivalent to the
 * specification must be killed.  Exhaustively for tiny machines, by seeded
 * sampling for larger and for partial ones.
 */
#include "../engine/machine.h"
#include "../engine/tour.h"
#include "check.h"

#include "irqcts/error.h"

#include <stdlib.h>
#include <string.h>

enum { STATES_MAX = 16, INPUTS_MAX = 4 };

struct small_machine {
    struct machine machine;
    uint32_t next[STATES_MAX * INPUTS_MAX];
    uint32_t output[STATES_MAX * INPUTS_MAX];
};

static void place(struct small_machine *small, uint32_t states, uint32_t inputs)
{
    small->machine.states = states;
    small->machine.inputs = inputs;
    small->machine.next = small->next;
    small->machine.output = small->output;
    small->machine.apart = NULL;
    small->machine.outputs = 0;
}

static uint64_t random_state = 1;
static uint32_t random_below(uint32_t limit)
{
    random_state = random_state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)((random_state >> 33) % limit);
}

/* Whether an implementation differs from the specification on some sequence
 * that the specification defines: search of the product. */
static int differs(const struct machine *specification, const struct machine *implementation)
{
    static uint8_t seen[STATES_MAX][STATES_MAX];
    uint32_t stack[STATES_MAX * STATES_MAX][2];
    uint32_t depth = 0;

    memset(seen, 0, sizeof(seen));
    stack[depth][0] = 0;
    stack[depth++][1] = 0;
    seen[0][0] = 1;
    while (depth > 0) {
        uint32_t s = stack[--depth][0];
        uint32_t i = stack[depth][1];
        for (uint32_t x = 0; x < specification->inputs; x++) {
            uint32_t at_s = s * specification->inputs + x;
            uint32_t at_i = i * specification->inputs + x;
            uint32_t ns = specification->next[at_s];
            uint32_t ni = implementation->next[at_i];
            if (ns == MACHINE_UNDEFINED) {
                continue;
            }
            if (specification->output[at_s] != implementation->output[at_i]) {
                return 1;
            }
            if (!seen[ns][ni]) {
                seen[ns][ni] = 1;
                stack[depth][0] = ns;
                stack[depth++][1] = ni;
            }
        }
    }
    return 0;
}

/* Whether running the suite tells the implementation from the specification. */
static int killed(const struct sequence_tree *tree, const struct machine *specification,
                  const struct machine *implementation, uint32_t *state_of_s, uint32_t *state_of_i)
{
    state_of_s[0] = 0;
    state_of_i[0] = 0;
    for (uint32_t node = 1; node < tree->count; node++) {
        uint32_t parent = tree->nodes[node].parent;
        uint32_t x = tree->nodes[node].input & ~TOUR_ON_THE_WAY;
        uint32_t at_s = state_of_s[parent] * specification->inputs + x;
        uint32_t at_i = state_of_i[parent] * implementation->inputs + x;
        CHECK(specification->next[at_s] != MACHINE_UNDEFINED); /* a suite uses defined inputs only */
        if (specification->output[at_s] != implementation->output[at_i]) {
            return 1;
        }
        state_of_s[node] = specification->next[at_s];
        state_of_i[node] = implementation->next[at_i];
    }
    return 0;
}

struct prepared {
    struct separation separation;
    struct sequence_tree tree;
    uint32_t *of_s;
    uint32_t *of_i;
};

static void prepare(struct prepared *out, const struct machine *specification, uint32_t extra, enum suite_method method)
{
    CHECK_EQ(machine_separate(&out->separation, specification), 0);
    CHECK_EQ(machine_suite(&out->tree, specification, &out->separation, extra, method, 10000000), 0);
    out->of_s = malloc(out->tree.count * sizeof(*out->of_s));
    out->of_i = malloc(out->tree.count * sizeof(*out->of_i));
}

static void release(struct prepared *prepared)
{
    separation_free(&prepared->separation);
    sequence_tree_free(&prepared->tree);
    free(prepared->of_s);
    free(prepared->of_i);
}

/* All machines with `states` states over 2 inputs and 2 outputs against a two-state specification. */
static uint64_t exhaust(const struct machine *specification, const struct prepared *prepared, uint32_t states)
{
    struct small_machine mutant;
    uint32_t cells = states * 2u;
    uint64_t nexts = 1;
    uint64_t faulty = 0;

    place(&mutant, states, 2);
    for (uint32_t i = 0; i < cells; i++) {
        nexts *= states;
    }
    for (uint64_t n = 0; n < nexts; n++) {
        uint64_t rest = n;
        for (uint32_t i = 0; i < cells; i++) {
            mutant.next[i] = (uint32_t)(rest % states);
            rest /= states;
        }
        for (uint64_t o = 0; o < (UINT64_C(1) << cells); o++) {
            for (uint32_t i = 0; i < cells; i++) {
                mutant.output[i] = (uint32_t)(o >> i) & 1u;
            }
            if (differs(specification, &mutant.machine)) {
                faulty++;
                CHECK(killed(&prepared->tree, specification, &mutant.machine, prepared->of_s, prepared->of_i));
            }
        }
    }
    return faulty;
}

static void tiny_machines_exhaustively(void)
{
    struct small_machine specification;
    uint64_t faulty = 0;

    place(&specification, 2, 2);
    for (uint32_t variant = 0; variant < 256; variant++) {
        struct prepared prepared;
        for (uint32_t i = 0; i < 4; i++) {
            specification.next[i] = (variant >> i) & 1u;
            specification.output[i] = (variant >> (4 + i)) & 1u;
        }
        if (specification.next[0] == 0 && specification.next[1] == 0) {
            continue; /* the second state is not reachable */
        }
        prepare(&prepared, &specification.machine, 0, SUITE_HARMONISED);
        if (prepared.separation.merged == 0) {
            faulty += exhaust(&specification.machine, &prepared, 2);
        }
        release(&prepared);
        if (prepared.separation.merged == 0 && variant % 16u == 6u) {
            prepare(&prepared, &specification.machine, 1, SUITE_HARMONISED);
            faulty += exhaust(&specification.machine, &prepared, 3);
            release(&prepared);
        }
    }
    CHECK(faulty > 100000);
}

/* A random reachable machine in which no two states are alike; `holes` percent of inputs undefined. */
static void random_machine(struct small_machine *out, uint32_t states, uint32_t inputs, uint32_t holes)
{
    struct separation separation;
    uint32_t merged;

    place(out, states, inputs);
    do {
        for (uint32_t i = 0; i < states * inputs; i++) {
            out->next[i] = random_below(states);
            out->output[i] = random_below(2);
        }
        for (uint32_t s = 1; s < states; s++) { /* a chain makes every state reachable */
            out->next[(s - 1u) * inputs + s % inputs] = s;
        }
        for (uint32_t i = 0; i < states * inputs; i++) {
            if (random_below(100) < holes && out->next[i] != i / inputs + 1u) {
                out->next[i] = MACHINE_UNDEFINED;
                out->output[i] = MACHINE_UNDEFINED;
            }
        }
        CHECK_EQ(machine_separate(&separation, &out->machine), 0);
        merged = separation.merged;
        separation_free(&separation);
    } while (merged > 0);
}

/* An implementation: the specification with some cells changed and perhaps one state more. */
static void random_mutant(struct small_machine *out, const struct machine *specification, uint32_t extra)
{
    uint32_t states = specification->states + extra;
    uint32_t inputs = specification->inputs;
    uint32_t changes = 1u + random_below(3);

    place(out, states, inputs);
    for (uint32_t i = 0; i < states * inputs; i++) {
        uint32_t from = i < specification->states * inputs ? i : random_below(specification->states) * inputs + i % inputs;
        out->next[i] = specification->next[from] == MACHINE_UNDEFINED ? random_below(states) : specification->next[from];
        out->output[i] = specification->output[from] == MACHINE_UNDEFINED ? random_below(2) : specification->output[from];
    }
    while (changes-- > 0) {
        uint32_t cell = random_below(states * inputs);
        if (random_below(2) == 0) {
            out->output[cell] ^= 1u;
        } else {
            out->next[cell] = random_below(states);
        }
    }
    if (extra > 0) { /* a way into the extra state */
        out->next[random_below(specification->states * inputs)] = specification->states;
    }
}

static void larger_machines_by_sampling(uint32_t holes)
{
    uint32_t faulty = 0;

    for (uint32_t round = 0; round < 60; round++) {
        struct small_machine specification;
        struct small_machine mutant;
        random_machine(&specification, 4u + round % 8u, 2u + round % 3u, holes);
        for (uint32_t extra = 0; extra < 2; extra++) {
            struct prepared prepared;
            prepare(&prepared, &specification.machine, extra, SUITE_HARMONISED);
            for (uint32_t i = 0; i < 400; i++) {
                random_mutant(&mutant, &specification.machine, random_below(extra + 1u));
                if (differs(&specification.machine, &mutant.machine)) {
                    faulty++;
                    CHECK(killed(&prepared.tree, &specification.machine, &mutant.machine, prepared.of_s, prepared.of_i));
                }
            }
            release(&prepared);
        }
    }
    CHECK(faulty > 20000);
}

/* The suite is no larger than the W-method's, and a suite for k = 0 can miss an extra state. */
static void sizes_and_necessity(void)
{
    uint64_t harmonised = 0;
    uint64_t plain = 0;
    uint32_t escaped = 0;

    for (uint32_t round = 0; round < 20; round++) {
        struct small_machine specification;
        struct small_machine mutant;
        struct prepared prepared;
        uint32_t leaves;
        uint64_t inputs;

        random_machine(&specification, 8, 2, 0);
        prepare(&prepared, &specification.machine, 0, SUITE_W);
        sequence_tree_size(&prepared.tree, &leaves, &inputs);
        plain += inputs;
        release(&prepared);
        prepare(&prepared, &specification.machine, 0, SUITE_HARMONISED);
        sequence_tree_size(&prepared.tree, &leaves, &inputs);
        harmonised += inputs;
        for (uint32_t i = 0; i < 2000; i++) {
            random_mutant(&mutant, &specification.machine, 1);
            escaped += differs(&specification.machine, &mutant.machine) &&
                       !killed(&prepared.tree, &specification.machine, &mutant.machine, prepared.of_s, prepared.of_i);
        }
        release(&prepared);
    }
    CHECK(harmonised < plain);
    CHECK(escaped > 0); /* so the check above can fail */
}

/* A random machine one of whose inputs shows the states; it stays where it is, or does not. */
static void random_shown_machine(struct small_machine *out, uint32_t states, uint32_t inputs, uint32_t moves)
{
    random_machine(out, states, inputs, 0);
    for (uint32_t s = 0; s < states; s++) {
        out->output[s * inputs] = s;
        out->next[s * inputs] = moves ? random_below(states) : s;
    }
    /* Reachable by the other inputs alone. */
    for (uint32_t s = 1; s < states; s++) {
        out->next[(s - 1u) * inputs + 1u + s % (inputs - 1u)] = s;
    }
}

/* One that answers as the first did to some of what it is asked. */
static void random_shown_mutant(struct small_machine *out, const struct machine *specification)
{
    random_mutant(out, specification, 0);
    for (uint32_t i = 0; i < specification->states * specification->inputs; i += specification->inputs) {
        out->output[i] = random_below(10) == 0 ? random_below(specification->states) : specification->output[i];
    }
}

/* Walks are complete for as many states as the machine has, where an input shows them all. */
static void walks(void)
{
    uint32_t faulty = 0;
    uint64_t walked = 0;
    uint64_t plain = 0;

    for (uint32_t round = 0; round < 60; round++) {
        struct small_machine specification;
        struct small_machine mutant;
        struct prepared prepared;
        const uint32_t show = 0;
        uint32_t target[STATES_MAX * INPUTS_MAX];
        struct tour tour = {.target = target, .suffix = &show, .suffix_length = 1, .length = 3u + round};
        uint32_t leaves;
        uint64_t inputs;

        random_shown_machine(&specification, 4u + round % 8u, 3u + round % 2u, round % 2u);
        CHECK(machine_shows_states(&specification.machine, show));
        for (uint32_t i = 0; i < specification.machine.states * specification.machine.inputs; i++) {
            target[i] = specification.next[specification.next[i] * specification.machine.inputs + show];
        }
        prepare(&prepared, &specification.machine, 0, SUITE_W);
        sequence_tree_size(&prepared.tree, &leaves, &inputs);
        plain += leaves;
        sequence_tree_free(&prepared.tree);
        CHECK_EQ(sequence_tree_initialise(&prepared.tree, 1000000), 0);
        CHECK_EQ(machine_tour(&prepared.tree, &specification.machine, &tour), 0);
        sequence_tree_size(&prepared.tree, &leaves, &inputs);
        walked += leaves;
        prepared.of_s = realloc(prepared.of_s, prepared.tree.count * sizeof(*prepared.of_s));
        prepared.of_i = realloc(prepared.of_i, prepared.tree.count * sizeof(*prepared.of_i));
        for (uint32_t i = 0; i < 600; i++) {
            random_shown_mutant(&mutant, &specification.machine);
            if (differs(&specification.machine, &mutant.machine)) {
                faulty++;
                CHECK(killed(&prepared.tree, &specification.machine, &mutant.machine, prepared.of_s, prepared.of_i));
            }
        }
        release(&prepared);
    }
    CHECK(faulty > 20000);
    CHECK(walked < plain);
}

/* An input that two states answer with what fits both shows nothing. */
static void permitted_sets_do_not_separate(void)
{
    struct small_machine machine;
    uint8_t apart[9] = {0, 0, 1, 0, 0, 0, 1, 0, 0}; /* output 1 fits what 0 and 2 fit */
    struct separation separation;

    place(&machine, 2, 1);
    machine.next[0] = machine.next[1] = 0;
    machine.output[0] = 0;
    machine.output[1] = 2;
    machine.machine.outputs = 3;
    machine.machine.apart = apart;
    CHECK(machine_shows_states(&machine.machine, 0));
    machine.output[1] = 1;
    CHECK(!machine_shows_states(&machine.machine, 0));
    CHECK_EQ(machine_separate(&separation, &machine.machine), 0);
    CHECK_EQ(separation.merged, 1);
    separation_free(&separation);
}

static void limits(void)
{
    struct small_machine specification;
    struct separation separation;
    struct sequence_tree tree;

    random_machine(&specification, 10, 4, 0);
    CHECK_EQ(machine_separate(&separation, &specification.machine), 0);
    CHECK(machine_suite(&tree, &specification.machine, &separation, 2, SUITE_HARMONISED, 100) < 0);
    CHECK(strstr(irqcts_last_error(), "use fewer entries, messages or extra states") != NULL);
    separation_free(&separation);
}

int main(void)
{
    tiny_machines_exhaustively();
    larger_machines_by_sampling(0);
    larger_machines_by_sampling(25);
    sizes_and_necessity();
    walks();
    permitted_sets_do_not_separate();
    limits();
    return 0;
}
