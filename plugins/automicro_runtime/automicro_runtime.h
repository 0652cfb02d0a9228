/* Loads any model file of automicro out of memory and predicts, without a heap.
 *
 *     static uint8_t arena[2048];
 *     automicro_model model;
 *     const char *reason;
 *     if (automicro_open(&model, bytes, size, arena, sizeof arena, &reason) == AUTOMICRO_OK) {
 *         automicro_cell row[2];
 *         double probabilities[3];
 *         row[0] = automicro_number(5.1f);
 *         row[1] = automicro_text("red", 3);
 *         automicro_predict(&model, row, probabilities);
 *     }
 *
 * Kinds of nodes are left out at compile time by defining some of
 *     AUTOMICRO_WITHOUT_LEVELS      one-hot decoders, look-ups and text labels
 *     AUTOMICRO_WITHOUT_EXTENSIONS  offsets of columns and limits of predictions
 *     AUTOMICRO_WITHOUT_TEXTS       grams of texts
 *     AUTOMICRO_WITHOUT_SERIES      summaries of series
 *     AUTOMICRO_WITHOUT_TABLES      step tables
 *     AUTOMICRO_WITHOUT_FOREST      trees
 *     AUTOMICRO_WITHOUT_CHAINS      chains, sums, scales and activations
 *     AUTOMICRO_WITHOUT_PROTOTYPES  distances to points and the nearest of them
 *     AUTOMICRO_WITHOUT_ATTENTION   tokens and attention
 *     AUTOMICRO_WITHOUT_GRAPHS      messages and pools
 * A file that needs what is left out is refused with AUTOMICRO_LEFT_OUT. AUTOMICRO_WITHOUT_REASONS leaves out the sentences.
 */
#ifndef AUTOMICRO_RUNTIME_H
#define AUTOMICRO_RUNTIME_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef enum {
    AUTOMICRO_OK = 0,
    AUTOMICRO_DAMAGED = 1,    /* the bytes are not exactly one model */
    AUTOMICRO_UNKNOWN = 2,    /* the bytes begin as no model does that this version knows */
    AUTOMICRO_LEFT_OUT = 3,   /* the model needs what was left out at compile time */
    AUTOMICRO_NO_ROOM = 4,    /* the arena, or the room for a graph, is too small */
    AUTOMICRO_WRONG_CELL = 5  /* a cell or a graph is of a kind that the model does not read there */
} automicro_status;

typedef enum {
    AUTOMICRO_ANY = 0,      /* it only matters whether the cell is missing */
    AUTOMICRO_NUMERIC = 1,  /* automicro_number, automicro_double or automicro_integer */
    AUTOMICRO_CATEGORY = 2, /* automicro_text or automicro_level */
    AUTOMICRO_STRING = 3,   /* automicro_text */
    AUTOMICRO_SERIES = 4    /* automicro_series */
} automicro_kind;

typedef enum {
    AUTOMICRO_CELL_MISSING = 0,
    AUTOMICRO_CELL_FLOAT = 1,
    AUTOMICRO_CELL_DOUBLE = 2,
    AUTOMICRO_CELL_INTEGER = 3,
    AUTOMICRO_CELL_TEXT = 4,
    AUTOMICRO_CELL_LEVEL = 5,
    AUTOMICRO_CELL_SERIES = 6
} automicro_cell_kind;

/* One raw cell of a row. The functions below make them. */
typedef struct {
    uint32_t kind;
    uint32_t length; /* bytes of a text, steps of a series */
    union {
        double number;
        float single;
        int64_t integer;
        uint32_t level;
        const char *text;
        const float *steps;
    } of;
} automicro_cell;

#define AUTOMICRO_NO_LEVEL UINT32_MAX

typedef struct automicro_decoder automicro_decoder;
typedef struct automicro_input automicro_input;
typedef struct automicro_node automicro_node;

/* A model; all fields are private. It points into the arena, not into the bytes of the file. */
typedef struct {
    const automicro_decoder *decoders;
    const automicro_input *inputs;
    const automicro_node *body;
    const uint32_t *text_starts;
    const uint8_t *texts;
    const uint64_t *numbers; /* labels that are numbers */
    const uint32_t *words;   /* labels that are texts */
    uint8_t *room;           /* free part of the arena */
    size_t used;
    double least, greatest;
    uint32_t decoder_count, input_count, feature_count, text_count, columns;
    uint8_t link, label_kind, limited;
} automicro_model;

/* Nodes one after the other, edges that lead from one node to another, and the graphs that the nodes belong to. */
typedef struct {
    uint32_t nodes, edges, attributes, graphs;
    const uint32_t *sources, *targets; /* of each edge */
    const float *attribute;            /* (edges, attributes), NULL if there are none */
    const uint32_t *starts;            /* (graphs + 1): graph g has the nodes starts[g] to starts[g + 1] - 1 */
} automicro_graph;

typedef enum {
    AUTOMICRO_LABEL_NONE = 0,
    AUTOMICRO_LABEL_INTEGER = 1,
    AUTOMICRO_LABEL_BOOLEAN = 2,
    AUTOMICRO_LABEL_REAL = 3,
    AUTOMICRO_LABEL_TEXT = 4
} automicro_label_kind;

typedef struct {
    automicro_label_kind kind;
    uint32_t length; /* bytes of a text, which does not end in a zero */
    union {
        int64_t integer;
        double real;
        const char *text;
    } of;
} automicro_label;

/* Read a model file. `reason`, unless NULL, is set to a sentence if the status is not AUTOMICRO_OK, else to NULL. */
automicro_status automicro_open(
    automicro_model *model, const uint8_t *bytes, size_t n, void *arena, size_t arena_size, const char **reason);

/* Bytes of an automicro_model, for callers in other languages. */
size_t automicro_model_size(void);

/* Bytes of an arena, aligned to 8, in which the open model would just have been opened and predicts rows. */
size_t automicro_arena_size(const automicro_model *model);

/* Columns that the model reads, in ascending order: a row has one cell for each. */
uint32_t automicro_inputs(const automicro_model *model);
automicro_kind automicro_input_kind(const automicro_model *model, uint32_t input);
uint32_t automicro_input_column(const automicro_model *model, uint32_t input);

/* Levels of a column of categories that the model tells apart, by their place. NULL is the missing value, or a place past the end. */
uint32_t automicro_levels(const automicro_model *model, uint32_t input);
const char *automicro_level_text(const automicro_model *model, uint32_t input, uint32_t place, uint32_t *length);

/* Number for automicro_level of a text; AUTOMICRO_NO_LEVEL for one that the model does not know. */
uint32_t automicro_level_of(const automicro_model *model, const char *text, uint32_t length);

/* How many numbers automicro_scores and automicro_predict write. */
uint32_t automicro_score_count(const automicro_model *model);
uint32_t automicro_prediction_count(const automicro_model *model);

/* Scores before the link; predictions: numbers, or the probabilities of the classes. */
automicro_status automicro_scores(const automicro_model *model, const automicro_cell *row, double *scores);
automicro_status automicro_predict(const automicro_model *model, const automicro_cell *row, double *predictions);

/* Place of the largest of the predictions, the first of equals. */
uint32_t automicro_class(const automicro_model *model, const double *predictions);

/* Label of a class; the kind is AUTOMICRO_LABEL_NONE if the model predicts numbers. */
automicro_label automicro_label_of(const automicro_model *model, uint32_t place);

/* Models of graphs. `rows` has the cells of node after node; results are written for every node, or for every graph if
 * automicro_predicts_graphs. `room`, aligned to 8, has automicro_graph_room bytes. */
int automicro_reads_graphs(const automicro_model *model);
int automicro_predicts_graphs(const automicro_model *model);
size_t automicro_graph_room(const automicro_model *model, const automicro_graph *graph);
automicro_status automicro_predict_graphs(const automicro_model *model, const automicro_cell *rows, const automicro_graph *graph,
    void *room, size_t room_size, double *predictions);

static inline automicro_cell automicro_missing(void) {
    automicro_cell cell = {AUTOMICRO_CELL_MISSING, 0, {0}};
    return cell;
}

static inline automicro_cell automicro_number(float number) {
    automicro_cell cell = {AUTOMICRO_CELL_FLOAT, 0, {0}};
    cell.of.single = number;
    return cell;
}

static inline automicro_cell automicro_double(double number) {
    automicro_cell cell = {AUTOMICRO_CELL_DOUBLE, 0, {0}};
    cell.of.number = number;
    return cell;
}

static inline automicro_cell automicro_integer(int64_t number) {
    automicro_cell cell = {AUTOMICRO_CELL_INTEGER, 0, {0}};
    cell.of.integer = number;
    return cell;
}

static inline automicro_cell automicro_text(const char *text, uint32_t length) {
    automicro_cell cell = {AUTOMICRO_CELL_TEXT, 0, {0}};
    cell.length = length;
    cell.of.text = text;
    return cell;
}

static inline automicro_cell automicro_level(uint32_t level) {
    automicro_cell cell = {AUTOMICRO_CELL_LEVEL, 0, {0}};
    cell.of.level = level;
    return cell;
}

static inline automicro_cell automicro_series(const float *steps, uint32_t length) {
    automicro_cell cell = {AUTOMICRO_CELL_SERIES, 0, {0}};
    cell.length = length;
    cell.of.steps = steps;
    return cell;
}

#ifdef __cplusplus
}
#endif

#endif
