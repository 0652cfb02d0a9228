/* Opens files of standard input, each behind its length in four bytes, little-endian, and predicts for rows with all kinds of cells.
 * Writes a line for each: the status, bytes of the arena, and a sum of what was predicted. */
#include "automicro_runtime.h"

#include <stdio.h>
#include <stdlib.h>

#define ARENA (1u << 24)

static const float steps[] = {1.0f, -2.5f, 3.4e38f, 0.0f / 1.0f, 7.0f, -1e-30f};
static const char text[] = "Don't P\xc4\xb0NIC \xf0\x9f\x98\x80 \xce\xa3\xce\xa3 \xff!";

static automicro_cell cell_of(automicro_kind kind, unsigned row) {
    if (row % 4 == 3) return automicro_missing();
    switch (kind) {
    case AUTOMICRO_NUMERIC: return row % 4 == 0 ? automicro_number(-3.4e38f) : row % 4 == 1 ? automicro_double(1e300) : automicro_integer(INT64_MIN);
    case AUTOMICRO_CATEGORY: return row % 2 ? automicro_text("a", 1) : automicro_level(0);
    case AUTOMICRO_STRING: return automicro_text(text, (uint32_t)(sizeof text - 1 - row));
    case AUTOMICRO_SERIES: return automicro_series(steps, 6 - row % 7);
    default: return automicro_number(0.0f);
    }
}

static double use(automicro_model *m) {
    static const uint32_t sources[] = {0, 1, 2, 3, 3}, targets[] = {1, 0, 2, 3, 3}, starts[] = {0, 3, 3, 4};
    static const float attributes[2 * 5] = {1, -1, 0, 2, 0.5f, 1e30f, -1, 1, 0, 0};
    automicro_graph graph = {4, 5, 2, 3, sources, targets, attributes, starts};
    unsigned rows = 4, row, i, width = automicro_prediction_count(m), inputs = automicro_inputs(m);
    automicro_cell *cells = (automicro_cell *)malloc(sizeof(automicro_cell) * rows * inputs + 1);
    double *out = (double *)malloc(sizeof(double) * rows * width), sum = 0;
    for (row = 0; row < rows; row++)
        for (i = 0; i < inputs; i++) cells[row * inputs + i] = cell_of(automicro_input_kind(m, i), row);
    for (i = 0; i < rows * width; i++) out[i] = 0;
    if (automicro_reads_graphs(m)) {
        size_t size = automicro_graph_room(m, &graph);
        void *room = malloc(size + 1);
        automicro_predict_graphs(m, cells, &graph, room, size, out);
        free(room);
    } else {
        for (row = 0; row < rows; row++) {
            automicro_predict(m, cells + row * inputs, out + row * width);
            automicro_label_of(m, automicro_class(m, out + row * width));
        }
    }
    for (i = 0; i < rows * width; i++) sum += out[i];
    for (i = 0; i < inputs && i < 5; i++) {
        uint32_t length = 0, level, count = automicro_levels(m, i);
        for (level = 0; level < count && level < 50; level++) {
            const char *name = automicro_level_text(m, i, level, &length);
            if (name && automicro_level_of(m, name, length) == AUTOMICRO_NO_LEVEL) abort();
        }
    }
    free(out);
    free(cells);
    return sum;
}

int main(void) {
    unsigned char *arena = (unsigned char *)malloc(ARENA), head[4];
    while (fread(head, 1, 4, stdin) == 4) {
        size_t n = head[0] | (size_t)head[1] << 8 | (size_t)head[2] << 16 | (size_t)head[3] << 24;
        unsigned char *data = (unsigned char *)malloc(n + !n);
        automicro_model model;
        automicro_status status;
        double sum = 0;
        if (fread(data, 1, n, stdin) != n) return 1;
        status = automicro_open(&model, data, n, arena, ARENA, NULL);
        if (status == AUTOMICRO_OK) {
            size_t exact = automicro_arena_size(&model);
            unsigned char *tight = (unsigned char *)malloc(exact + 8), *start = tight + (8 - ((uintptr_t)tight & 7)) % 8;
            if (automicro_open(&model, data, n, start, exact, NULL) != AUTOMICRO_OK) return 2;
            free(data);
            data = NULL;
            sum = use(&model);
            if (exact >= 8 && automicro_arena_size(&model) != exact) return 3;
            free(tight);
        }
        printf("%d %lu %.9g\n", (int)status, status ? 0ul : (unsigned long)automicro_arena_size(&model), sum);
        fflush(stdout);
        free(data);
    }
    free(arena);
    return 0;
}
