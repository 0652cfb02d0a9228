/* Reads model files of automicro and predicts. docs/reference/format.md says what every field is; names here are those of that page. */
#include "automicro_runtime.h"

#ifdef __cplusplus
extern "C" {
#endif
void *memcpy(void *to, const void *from, size_t size); /* declared here: parts without a libc have these, but no string.h */
void *memset(void *to, int byte, size_t size);
int memcmp(const void *one, const void *other, size_t size);
#ifdef __cplusplus
}
#endif

#ifdef AUTOMICRO_WITHOUT_REASONS
#define WHY(sentence) ""
#else
#define WHY(sentence) sentence
#endif

enum { PLAIN, FILLED, MISSING, ONE_HOT, LOOKUP, GRAMS, SUMMARY };
enum { AFFINE, TABLES, FOREST, CHAIN, SUM, ACTIVATION, SCALE, TOKENS, ATTENTION, MESSAGES, POOL, DISTANCES, NEAREST };
enum { IDENTITY, EXP, SIGMOID, SOFTMAX };
enum { RELU, TANH, LOGISTIC, DECAY };
enum { NO_LABELS, COUNTING, BOOLEANS, INTEGERS, TEXT_LABELS, REALS };
enum { BINARY = 1, CAN_MISS = 2 };                /* what is known of an input */
enum { WANTED = 1, COMPUTED = 2, COMPARED = 4 };  /* how the body uses an input */
enum { READS_GRAPHS = 1, POOLS = 2 };             /* what a node needs and does */
enum { CHARACTER = 1, COUNTED = 2, SCALED = 4 };  /* grams */

#define NOTHING UINT32_MAX         /* no level, no string */
#define NO_UNIT 1000               /* of a block that does not stand beside another */
#define SPLIT 0x80000000u          /* flags of the words of a tree: a split, ... */
#define LEFT_IF_MISSING 0x40000000u /* ... where NaN goes left */
#define PAIR 0x3fffffffu
#define DEEPEST 8
#define MOST_SYMBOLS 4096
#define MOST_ROWS (1u << 22)
#define MOST_FLOAT 3.4028234663852886e38

struct automicro_decoder {
    uint32_t input, size; /* size: levels, buckets, or the window of a summary */
    uint8_t kind, flags, level, unused; /* flags of grams; flags is the statistic and level the level of a summary */
    union {
        float number;     /* fill or default */
        uint8_t grams[4]; /* low, high, prefix, bits */
    } of;
    const uint32_t *index; /* strings of levels, or buckets */
    const float *values;   /* of a look-up */
};

struct automicro_input {
    double offset;
    uint32_t column;
    uint8_t kind, numeric;
};

struct automicro_node {
    uint8_t kind, sub, about, flag;
    uint32_t inputs, outputs, count, width, pairs;
    float number;
    const float *weights, *bias, *values, *extra;
    const uint32_t *index, *words, *starts, *targets;
    const struct automicro_node *child, *next;
};

typedef struct automicro_node node;
typedef struct automicro_decoder decoder;

/* ---- the range coder and the room for what it makes ---- */

typedef struct {
    const uint8_t *data;
    uint32_t size, at, code, range, left; /* left: elements that may still be claimed */
    uint8_t *low, *high;                  /* the free room lies between */
    size_t least_free;
    automicro_status status;
    const char *reason;
} reader;

static void refuse(reader *r, automicro_status status, const char *reason) {
    if (!r->status) {
        r->status = status;
        r->reason = reason;
    }
}

static void damaged(reader *r) {
    refuse(r, AUTOMICRO_DAMAGED, WHY("a field must lie within its limits, but one does not; the file is damaged"));
}

/* Return room for elements that stay, NULL if there is none. Rooms follow each other without gaps if sizes are multiples of 8. */
static void *keep(reader *r, uint32_t size, uint32_t count) {
    void *found = r->low;
    if (r->status || count > (size_t)(r->high - r->low) / size) {
        refuse(r, AUTOMICRO_NO_ROOM, WHY("the arena must hold the model, but is too small"));
        return NULL;
    }
    r->low += ((size_t)count * size + 7) & ~(size_t)7; /* the free room is a multiple of 8 */
    if ((size_t)(r->high - r->low) < r->least_free) r->least_free = (size_t)(r->high - r->low);
    return found;
}

/* Return room that is free again when the caller puts `high` back. */
static void *borrow(reader *r, uint32_t size, uint32_t count) {
    uint8_t *before = r->low;
    if (!keep(r, size, count)) return NULL;
    r->high -= r->low - before;
    r->low = before;
    return r->high;
}

#if !defined(AUTOMICRO_WITHOUT_TABLES) || !defined(AUTOMICRO_WITHOUT_FOREST) || !defined(AUTOMICRO_WITHOUT_LEVELS) || !defined(AUTOMICRO_WITHOUT_GRAPHS)
/* Like keep, but without gaps between one call and the next: `end` is where the last one ended. */
static void *grow(reader *r, uint8_t **end, uint32_t size) {
    void *found = *end;
    while (*end + size > r->low)
        if (!keep(r, 1, 8)) return NULL;
    *end += size;
    return found;
}
#endif

static int claim(reader *r, uint32_t elements) {
    if (elements > r->left) damaged(r);
    if (r->status) return 0;
    r->left -= elements;
    return 1;
}

static uint32_t peek(reader *r, uint32_t total) {
    uint32_t drawn;
    if (total - 1 >= 1u << 24) {
        damaged(r);
        return 0;
    }
    drawn = r->code / (r->range / total);
    return drawn < total ? drawn : total - 1;
}

static void take(reader *r, uint32_t start, uint32_t size, uint32_t total) {
    uint32_t step = r->range / total;
    r->code -= step * start;
    r->range = start + size == total ? r->range - step * start : step * size;
    while (r->range < 1u << 24) {
        r->code = r->code << 8 | (r->at < r->size ? r->data[r->at] : 0);
        r->range <<= 8;
        r->at += r->at < r->size + 8; /* what lies further behind the end are zeros as well */
    }
}

static uint32_t one_event(reader *r, uint32_t total) {
    uint32_t drawn = peek(r, total);
    if (r->status) return 0;
    take(r, drawn, 1, total);
    return drawn;
}

static uint64_t uniform(reader *r, uint64_t count) {
    uint64_t value = 0, most = count - 1;
    unsigned shift = 0;
    if (!count) {
        damaged(r);
        return 0;
    }
    for (; count > 4096; count = ((count - 1) >> 12) + 1, shift += 12) value |= (uint64_t)one_event(r, 4096) << shift;
    if (count > 1) value |= (uint64_t)one_event(r, (uint32_t)count) << shift;
    if (value > most) {
        damaged(r);
        return 0;
    }
    return value;
}

/* Return a number of so many bits, 0 if there are none. */
static uint64_t some_bits(reader *r, unsigned bits) { return uniform(r, (uint64_t)1 << bits); }

static uint32_t below(reader *r, uint32_t count) { return (uint32_t)uniform(r, count); }

static uint32_t flip(reader *r) { return one_event(r, 2); }

/* Return a value that must be at most `most`, 0 if it is not. */
static uint32_t bounded(reader *r, uint32_t most, uint64_t value) {
    if (value > most) {
        damaged(r);
        return 0;
    }
    return (uint32_t)value;
}

/* Return a product of numbers of elements, 0 if so many cannot be claimed. */
static uint32_t product(reader *r, uint32_t a, uint32_t b) { return bounded(r, r->left, (uint64_t)a * b); }

static uint64_t golomb(reader *r, unsigned order) {
    unsigned length = 0;
    uint64_t high;
    while (flip(r)) {
        if (++length + order > 48) {
            damaged(r);
            return 0;
        }
    }
    high = some_bits(r, length) + ((uint64_t)1 << length) - 1;
    return high << order | some_bits(r, order);
}

static int64_t zigzag(reader *r, unsigned order) {
    int64_t value = (int64_t)golomb(r, order);
    return value & 1 ? -((value + 1) >> 1) : value >> 1;
}

/* Return a number of things, at least `least`, that are claimed elsewhere or here not at all. */
static uint32_t how_many(reader *r, unsigned order, uint32_t least) { return bounded(r, r->left, golomb(r, order) + least); }

static uint32_t choice(reader *r, const char *chances, uint32_t symbols) {
    uint32_t total = 0, start = 0, i, drawn;
    for (i = 0; i < symbols; i++) total += (uint8_t)chances[i];
    drawn = peek(r, total);
    for (i = 0; start + (uint8_t)chances[i] <= drawn; i++) start += (uint8_t)chances[i];
    take(r, start, (uint8_t)chances[i], total);
    return i;
}

/* Make the chance of a symbol grow, and halve all where they add up to too much. */
static void learn(uint16_t *of, uint32_t n, uint32_t symbol, int gain, uint32_t total) {
    uint32_t i;
    if (n == 1 && gain > 0) return; /* its event takes no bits, whatever its chance */
    if (total + (uint32_t)gain <= 65536) {
        of[symbol] = (uint16_t)(of[symbol] + gain);
        return;
    }
    for (i = 0; i < n; i++) of[i] = (uint16_t)((of[i] + (i == symbol ? (uint32_t)gain : 0) + 1) >> 1);
}

static uint32_t learnt(reader *r, uint16_t *of, uint32_t n, int gain) {
    uint32_t total = 0, start = 0, i, drawn;
    if (n == 1) return 0;
    for (i = 0; i < n; i++) total += of[i];
    drawn = peek(r, total);
    for (i = 0; start + of[i] <= drawn; i++) start += of[i];
    take(r, start, of[i], total);
    learn(of, n, i, gain, total);
    return i;
}

static void set_all(uint16_t *of, uint32_t n) {
    while (n) of[--n] = 1;
}

typedef struct {
    uint16_t longer[4][2];
} lengths;

static void lengths_start(lengths *l) {
    unsigned i;
    for (i = 0; i < 4; i++) {
        l->longer[i][0] = 3;
        l->longer[i][1] = 1;
    }
}

static uint64_t learnt_number(reader *r, lengths *l) {
    unsigned length = 0;
    while (learnt(r, l->longer[length < 3 ? length : 3], 2, 1)) {
        if (++length > 48) {
            damaged(r);
            return 0;
        }
    }
    return some_bits(r, length) + ((uint64_t)1 << length) - 1;
}

typedef void (*put)(reader *r, void *to, uint32_t place, int64_t value);

/* Pass distinct ascending numbers of low..high on: the middle one first, then those before and those behind it; 32 deep at most. */
static void ascending(reader *r, put give, void *to, uint32_t start, uint32_t stop, int64_t low, int64_t high) {
    while (start < stop && !r->status) {
        uint32_t middle = start + (stop - start) / 2;
        int64_t least = low + (middle - start), most = high - (stop - 1 - middle), value;
        value = most < least ? 0 : least + (int64_t)uniform(r, (uint64_t)(most - least) + 1);
        if (most < least) damaged(r);
        if (r->status) return;
        give(r, to, middle, value);
        ascending(r, give, to, start, middle, low, value - 1);
        start = middle + 1;
        low = value + 1;
    }
}

static void put_index(reader *r, void *to, uint32_t place, int64_t value) {
    (void)r;
    ((uint32_t *)to)[place] = (uint32_t)value;
}

/* Return ascending numbers below `limit`; room is kept, or borrowed. */
static uint32_t *some_of(reader *r, uint32_t count, uint32_t limit) {
    uint32_t *found = (uint32_t *)borrow(r, sizeof(uint32_t), count);
    if (found) ascending(r, put_index, found, 0, count, 0, (int64_t)limit - 1);
    return r->status ? NULL : found;
}

/* ---- blocks and sets of float32 ---- */

typedef struct {
    uint32_t odd;
    int power;
} scale;

static uint32_t bits_of(float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    return bits;
}

static float float_of(uint32_t bits) {
    float value;
    memcpy(&value, &bits, 4);
    return value;
}

static double power_of_two(int power) {
    uint64_t bits = (uint64_t)(power + 1023) << 52;
    double value;
    memcpy(&value, &bits, 8);
    return value;
}

static scale read_scale(reader *r) {
    scale s;
    s.odd = 2 * bounded(r, (1u << 23) - 1, golomb(r, 0)) + 1;
    s.power = (int)(bounded(r, 276, (uint64_t)(zigzag(r, 3) - 4 + 149))) - 149;
    if (s.power > 104 && s.odd >= 1u << (128 - s.power)) damaged(r);
    return s;
}

static float on_line(reader *r, int64_t code, scale s) {
    double value = (double)code * ((double)s.odd * power_of_two(s.power));
    if (value >= 3.4028235677973366e38 || value <= -3.4028235677973366e38) {
        damaged(r);
        return 0;
    }
    return (float)value;
}

/* Return the power of the largest power of two of which all values are multiples. */
static int unit_of(const float *values, uint32_t count) {
    int unit = NO_UNIT;
    uint32_t i;
    for (i = 0; i < count; i++) {
        uint32_t bits = bits_of(values[i]), mantissa = bits & 0x7fffff;
        int exponent = (int)(bits >> 23 & 255);
        if (exponent) mantissa |= 1u << 23;
        if (!mantissa) continue;
        for (exponent = (exponent ? exponent : 1) - 150; !(mantissa & 1); mantissa >>= 1) exponent++;
        if (exponent < unit) unit = exponent;
    }
    return unit == NO_UNIT ? 0 : unit;
}

typedef struct {
    uint16_t *of;
    uint32_t n;
    int gain;
    unsigned low;
    uint64_t size;
} symbols;

static void symbols_start(reader *r, symbols *s, uint32_t count, uint64_t size) {
    s->gain = count >= 16 ? "\0\1\2\4"[choice(r, "\5\1\1\1", 4)] : 0;
    s->size = size;
    if (!s->gain) return;
    s->low = bounded(r, 48, golomb(r, 0));
    s->n = bounded(r, MOST_SYMBOLS, ((size - 1) >> s->low) + 1);
    s->of = (uint16_t *)borrow(r, sizeof(uint16_t), s->n);
    if (s->of) set_all(s->of, s->n);
}

static uint64_t next_symbol(reader *r, symbols *s) {
    uint64_t code;
    if (r->status) return 0;
    if (!s->gain) return uniform(r, s->size);
    code = (uint64_t)learnt(r, s->of, s->n, s->gain) << s->low;
    code |= some_bits(r, s->low);
    if (code < s->size) return code;
    damaged(r);
    return 0;
}

typedef struct {
    float *values;
    scale line;
    unsigned bits;
    int is_floating;
} value_set;

static void put_value(reader *r, void *to, uint32_t place, int64_t code) {
    value_set *set = (value_set *)to;
    uint64_t size = (uint64_t)(code < 0 ? -code : code);
    if (!set->is_floating) {
        set->values[place] = on_line(r, code, set->line);
    } else if (size >> set->bits > 254) {
        damaged(r);
    } else {
        set->values[place] = float_of((code < 0 ? 1u << 31 : 0) | (uint32_t)size << (23 - set->bits));
    }
}

static void read_set(reader *r, float *values, uint32_t count) {
    value_set set;
    int64_t first, last;
    uint32_t i;
    if (!claim(r, count)) return;
    set.values = values;
    set.is_floating = (int)flip(r);
    if (!set.is_floating) {
        set.line = read_scale(r);
        set.bits = 1;
        first = zigzag(r, 4);
    } else {
        uint32_t negative;
        set.bits = bounded(r, 23, golomb(r, 2));
        negative = flip(r);
        first = (int64_t)bounded(r, 254, (uint64_t)(zigzag(r, 3) + 127)) << set.bits;
        first += (int64_t)some_bits(r, set.bits);
        if (negative) first = -first;
    }
    put_value(r, &set, 0, first);
    if (count > 1) {
        last = first + (count - 1) + (int64_t)golomb(r, set.bits + 1);
        ascending(r, put_value, &set, 1, count - 1, first + 1, last - 1);
        put_value(r, &set, count - 1, last);
    }
    for (i = 1; i < count && !r->status; i++)
        if (!(values[i - 1] < values[i])) damaged(r);
}

static void read_floating(reader *r, float *values, uint32_t stride, uint32_t count) {
    unsigned bits = bounded(r, 23, golomb(r, 2));
    int64_t high = zigzag(r, 3) + 127;
    uint32_t signs = below(r, count > 1 ? 3 : 2), zeros = 0, left = count, i;
    uint8_t *mark = r->high;
    symbols s;
    if (count > 1) {
        zeros = flip(r);
        symbols_start(r, &s, count, (uint64_t)bounded(r, 255, golomb(r, 2)) + 1 + zeros);
    }
    for (i = 0; i < count && !r->status; i++) { /* a pattern of ones stands for a zero until mantissas are read */
        int64_t code = count > 1 ? (int64_t)next_symbol(r, &s) : 0;
        int is_zero = zeros && !code;
        int64_t exponent = is_zero ? 0 : high + zeros - code;
        if (exponent < 0 || exponent > 254) damaged(r);
        values[i * stride] = float_of(is_zero ? NOTHING : (uint32_t)exponent << 23);
        left -= (uint32_t)is_zero;
    }
    r->high = mark;
    if (signs == 2) {
        symbols_start(r, &s, left, 2);
        for (i = 0; i < count && !r->status; i++) {
            uint32_t pattern = bits_of(values[i * stride]);
            if (pattern != NOTHING) values[i * stride] = float_of(pattern | (uint32_t)next_symbol(r, &s) << 31);
        }
        r->high = mark;
    }
    for (i = 0; i < count && !r->status; i++) {
        uint32_t pattern = bits_of(values[i * stride]);
        if (pattern == NOTHING) {
            pattern = 0;
        } else {
            pattern |= (uint32_t)some_bits(r, bits) << (23 - bits) | (signs == 1 ? 1u << 31 : 0);
        }
        values[i * stride] = float_of(pattern << 1 ? pattern : 0);
    }
}

static void read_whole(reader *r, float *values, uint32_t stride, uint32_t count, scale line) {
    uint8_t *mark = r->high;
    int64_t low;
    uint64_t span;
    uint32_t i;
    symbols s;
    if (count == 1) {
        values[0] = on_line(r, zigzag(r, 4), line);
        return;
    }
    span = golomb(r, 3);
    low = choice(r, "\1\7", 2) ? -(int64_t)uniform(r, span + 1) : zigzag(r, 4);
    symbols_start(r, &s, count, span + 1);
    for (i = 0; i < count && !r->status; i++) values[i * stride] = on_line(r, low + (int64_t)next_symbol(r, &s), line);
    r->high = mark;
}

static void read_listed(reader *r, float *values, uint32_t stride, uint32_t count) {
    uint8_t *mark = r->high;
    uint32_t size = how_many(r, 1, 1), i;
    float *entries = (float *)borrow(r, sizeof(float), size);
    symbols s;
    if (!entries) return;
    read_set(r, entries, size);
    symbols_start(r, &s, count, size);
    for (i = 0; i < count && !r->status; i++) values[i * stride] = entries[next_symbol(r, &s)];
    r->high = mark;
}

/* Read a block that is claimed. */
static void read_claimed(reader *r, float *values, uint32_t stride, uint32_t count, int unit) {
    scale line;
    uint32_t way, i;
    if (!count || !values || r->status) return;
    way = choice(r, unit != NO_UNIT ? "\5\1\3\0\7" : count >= 4 ? "\2\6\6\2\0" : "\2\7\7\0\0", 5);
    if (way == 2) {
        read_floating(r, values, stride, count);
    } else if (way == 3) {
        read_listed(r, values, stride, count);
    } else if (way) {
        line.odd = 1;
        line.power = unit;
        if (way == 1) line = read_scale(r);
        if (!r->status) read_whole(r, values, stride, count, line);
    } else {
        for (i = 0; i < count; i++) values[i * stride] = 0;
    }
}

static float *read_block(reader *r, uint32_t count, int unit) {
    float *values = claim(r, count) ? (float *)keep(r, sizeof(float), count) : NULL;
    read_claimed(r, values, 1, count, unit);
    return values;
}

/* ---- order ---- */

typedef struct {
    const uint8_t *bytes;
    const uint32_t *starts;
} strings;

static int string_before(const strings *s, uint32_t a, uint32_t b) {
    uint32_t m = s->starts[a + 1] - s->starts[a], n = s->starts[b + 1] - s->starts[b];
    int order = memcmp(s->bytes + s->starts[a], s->bytes + s->starts[b], m < n ? m : n);
    return order ? order < 0 : m < n;
}

/* Sort numbers, or places of strings. */
static void sort(uint64_t *keys, uint32_t n, const strings *by) {
    uint32_t gap = 1, i, j;
    while (gap < n / 3) gap = 3 * gap + 1;
    for (; gap; gap /= 3) {
        for (i = gap; i < n; i++) {
            uint64_t key = keys[i];
            for (j = i; j >= gap; j -= gap) {
                uint64_t other = keys[j - gap];
                if (by ? !string_before(by, (uint32_t)key, (uint32_t)other) : key >= other) break;
                keys[j] = other;
            }
            keys[j] = key;
        }
    }
}

#if !defined(AUTOMICRO_WITHOUT_TABLES) || !defined(AUTOMICRO_WITHOUT_FOREST)
static uint32_t ordered(float value) {
    uint32_t bits = bits_of(value);
    return bits >> 31 ? ~bits : bits | 1u << 31;
}
#endif

static float unordered(uint32_t bits) { return float_of(bits >> 31 ? bits & ~(1u << 31) : ~bits); }

/* ---- decoders ---- */

typedef struct {
    uint32_t count;
    const uint8_t *flags; /* NULL if all can be NaN and none is binary */
} inputs;

#if !defined(AUTOMICRO_WITHOUT_TABLES) || !defined(AUTOMICRO_WITHOUT_FOREST) || (!defined(AUTOMICRO_WITHOUT_GRAPHS) && !defined(AUTOMICRO_WITHOUT_CHAINS))
static uint32_t known(const inputs *in, uint32_t feature) { return in->flags ? (uint32_t)in->flags[feature] : (uint32_t)CAN_MISS; }
#endif

static uint32_t features_of(const decoder *d) { return d->kind == ONE_HOT || d->kind == GRAMS ? d->size : 1; }

static int add_decoder(reader *r, uint32_t column) {
    decoder *d = (decoder *)keep(r, sizeof(decoder), 1);
    if (!d) return 0;
    memset(d, 0, sizeof *d);
    d->input = column;
    return 1;
}

/* Read the columns of decoders; return how many there are. */
static uint32_t read_columns(reader *r, uint32_t columns) {
    uint32_t count, added = 0, i, *used;
    uint16_t again[2] = {1, 1};
    uint8_t *mark = r->high;
    uint32_t some_again;
    if (flip(r)) {
        count = bounded(r, r->left, golomb(r, 3));
        if (!claim(r, count)) return 0;
        while (added < count && add_decoder(r, below(r, columns))) added++;
        return added;
    }
    count = below(r, columns + 1);
    used = claim(r, count) ? some_of(r, count, columns) : NULL;
    some_again = count ? flip(r) : 0;
    for (i = 0; used && i < count && !r->status; i++) {
        do {
            if (added >= count && !claim(r, 1)) break; /* the first ones are claimed */
            if (!add_decoder(r, used[i])) break;
            added++;
        } while (some_again && learnt(r, again, 2, 2));
    }
    r->high = mark;
    return added;
}

#ifndef AUTOMICRO_WITHOUT_TEXTS
static void read_grams(reader *r, decoder *d) {
    uint32_t low, high, prefix, bits, i, *buckets;
    uint64_t expected = 0;
    unsigned shift;
    lengths upper;
    d->flags = flip(r) ? CHARACTER : 0;
    low = bounded(r, 64, golomb(r, 0) + 1);
    high = bounded(r, 64, golomb(r, 0) + low);
    prefix = bounded(r, 64, golomb(r, 1));
    if (flip(r)) d->flags |= COUNTED;
    if (flip(r)) d->flags |= SCALED;
    bits = below(r, 24) + 1;
    d->of.grams[0] = (uint8_t)low;
    d->of.grams[1] = (uint8_t)high;
    d->of.grams[2] = (uint8_t)prefix;
    d->of.grams[3] = (uint8_t)bits;
    d->size = how_many(r, 6, 1);
    buckets = claim(r, d->size) ? (uint32_t *)keep(r, sizeof(uint32_t), d->size) : NULL;
    d->index = buckets;
    shift = below(r, 24);
    lengths_start(&upper);
    for (i = 0; buckets && i < d->size && !r->status; i++) {
        expected += (uint64_t)bounded(r, 1u << 24, learnt_number(r, &upper)) << shift;
        expected += some_bits(r, shift);
        buckets[i] = bounded(r, (1u << bits) - 1, expected);
        expected++;
    }
}
#endif

/* Read kinds, numbers of levels, and settings of grams and summaries. */
static void read_kinds(reader *r, decoder *of, uint32_t count) {
    uint16_t chances[7] = {8, 8, 8, 8, 8, 1, 1};
#ifndef AUTOMICRO_WITHOUT_SERIES
    uint16_t statistics[15], levels[12];
#endif
    lengths sizes[2];
    uint32_t i, same = choice(r, "\40\30\40\10\20\20\4\4", 8);
    for (i = 0; i < count && !r->status; i++) of[i].kind = (uint8_t)(same ? same - 1 : learnt(r, chances, 7, 16));
    lengths_start(&sizes[0]);
    lengths_start(&sizes[1]);
    for (i = 0; i < count && !r->status; i++) {
        if (of[i].kind == ONE_HOT || of[i].kind == LOOKUP) {
            uint64_t size = learnt_number(r, &sizes[of[i].kind - ONE_HOT]) + (of[i].kind == ONE_HOT);
#ifdef AUTOMICRO_WITHOUT_LEVELS
            refuse(r, AUTOMICRO_LEFT_OUT, WHY("levels must be compiled in, but were left out"));
#endif
            of[i].size = bounded(r, r->left, size);
            claim(r, of[i].size);
        }
    }
#ifndef AUTOMICRO_WITHOUT_SERIES
    set_all(statistics, 15);
    set_all(levels, 12);
#endif
    for (i = 0; i < count && !r->status; i++) {
        if (of[i].kind == GRAMS) {
#ifndef AUTOMICRO_WITHOUT_TEXTS
            read_grams(r, &of[i]);
#else
            refuse(r, AUTOMICRO_LEFT_OUT, WHY("texts must be compiled in, but were left out"));
#endif
        } else if (of[i].kind == SUMMARY) {
#ifndef AUTOMICRO_WITHOUT_SERIES
            of[i].flags = (uint8_t)learnt(r, statistics, 15, 2);
            of[i].level = (uint8_t)learnt(r, levels, 12, 2);
            of[i].size = below(r, 1u << of[i].level);
#else
            refuse(r, AUTOMICRO_LEFT_OUT, WHY("series must be compiled in, but were left out"));
#endif
        }
    }
}

/* List the columns that decoders read, and what they are read as. */
static void find_inputs(reader *r, automicro_model *m, decoder *of) {
    uint8_t *mark = r->high;
    uint64_t *keys = (uint64_t *)borrow(r, sizeof(uint64_t), m->decoder_count);
    automicro_input *in;
    uint32_t i, n = 0;
    if (!keys) return;
    for (i = 0; i < m->decoder_count; i++) keys[i] = of[i].input;
    sort(keys, m->decoder_count, NULL);
    for (i = 0; i < m->decoder_count; i++)
        if (!n || keys[i] != keys[n - 1]) keys[n++] = keys[i];
    in = (automicro_input *)keep(r, sizeof(automicro_input), n);
    for (i = 0; in && i < n; i++) {
        memset(&in[i], 0, sizeof *in);
        in[i].column = (uint32_t)keys[i];
    }
    for (i = 0; in && i < m->decoder_count; i++) {
        uint32_t low = 0, high = n, kind = of[i].kind;
        while (low + 1 < high) {
            uint32_t middle = (low + high) / 2;
            if (in[middle].column <= of[i].input) low = middle;
            else high = middle;
        }
        of[i].input = low;
        m->feature_count += features_of(&of[i]);
        if (kind == MISSING) continue;
        if (kind < MISSING) in[low].numeric = 1;
        kind = kind < MISSING ? AUTOMICRO_NUMERIC : kind <= LOOKUP ? AUTOMICRO_CATEGORY : kind == GRAMS ? AUTOMICRO_STRING : AUTOMICRO_SERIES;
        if (in[low].kind && in[low].kind != kind) damaged(r);
        in[low].kind = (uint8_t)kind;
    }
    m->inputs = in;
    m->input_count = n;
    r->high = mark;
}

#ifndef AUTOMICRO_WITHOUT_EXTENSIONS
static void read_offsets(reader *r, automicro_model *m) {
    automicro_input *in = (automicro_input *)m->inputs;
    uint8_t *mark = r->high;
    uint32_t count, numeric = 0, i, place = 0, next = 0, *places;
    for (i = 0; i < m->input_count; i++) numeric += in[i].numeric;
    count = below(r, numeric) + 1;
    places = claim(r, count) ? some_of(r, count, numeric) : NULL;
    for (i = 0; places && i < m->input_count && next < count; i++) {
        if (in[i].numeric && place++ == places[next]) {
            uint32_t negative = flip(r), bits = bounded(r, 47, golomb(r, 3));
            uint64_t half = bits ? ((uint64_t)1 << (bits - 1)) + some_bits(r, bits - 1) : 0;
            int power = (int)bounded(r, 158, (uint64_t)(zigzag(r, 4) + 79)) - 79;
            in[i].offset = (negative ? -1.0 : 1.0) * (double)(2 * half + 1) * power_of_two(power);
            next++;
        }
    }
    r->high = mark;
}

static double read_size(reader *r, uint32_t sign) {
    int exponent;
    unsigned bits;
    uint64_t top, odd;
    if (!sign) return 0;
    exponent = (int)bounded(r, 2045, (uint64_t)(zigzag(r, 4) + 8 + 1022)) - 1022;
    bits = bounded(r, 52, golomb(r, 2));
    top = (uint64_t)1 << (bits ? bits - 1 : 0);
    odd = bits ? 2 * (top + uniform(r, top)) + 1 : 1;
    return (sign == 1 ? 1.0 : -1.0) * (double)odd * power_of_two(-(int)bits) * power_of_two(exponent);
}

static void read_limits(reader *r, automicro_model *m) {
    uint32_t sign = choice(r, "\5\1\2", 3);
    m->least = read_size(r, sign);
    m->greatest = read_size(r, sign == 2 ? choice(r, "\1\6\1", 3) : 1);
    m->limited = 1;
    if (!(m->least < m->greatest)) damaged(r);
}
#endif

/* ---- bodies ---- */

#define index_of(r, count) ((uint32_t *)keep(r, sizeof(uint32_t), count))

#if !defined(AUTOMICRO_WITHOUT_TABLES) || !defined(AUTOMICRO_WITHOUT_FOREST)
typedef struct {
    uint32_t count, total;
    uint32_t *features, *starts; /* (count + 1) */
    float *values;
} cuts;

/* Read dictionaries of cuts of some features into borrowed room. */
static void read_cuts(reader *r, const inputs *in, cuts *c, uint32_t least) {
    uint32_t i, k, granted = 0, singles = 0, binary = 0;
    float *single;
    lengths numbers;
    c->total = 0;
    c->starts = (uint32_t *)borrow(r, sizeof(uint32_t), c->count + 1);
    if (!c->starts) return;
    for (i = 0; i < c->count; i++) binary |= known(in, c->features[i]) & BINARY;
    if (binary) granted = flip(r);
    lengths_start(&numbers);
    for (i = 0; i < c->count; i++) {
        uint32_t own = 1;
        if (!granted || !(known(in, c->features[i]) & BINARY)) {
            own = bounded(r, r->left, learnt_number(r, &numbers) + least);
            singles += own == 1;
        }
        c->starts[i] = c->total;
        c->total += own;
        if (c->total > r->left) damaged(r); /* checked at every step, so it does not overflow */
        if (r->status) return;
    }
    c->starts[c->count] = c->total;
    if (!claim(r, c->total)) return;
    c->values = (float *)borrow(r, sizeof(float), c->total);
    single = (float *)borrow(r, sizeof(float), singles);
    if (!single || !claim(r, singles)) return;
    read_claimed(r, single, 1, singles, NO_UNIT);
    for (i = 0; i < c->count && !r->status; i++) {
        uint32_t size = c->starts[i + 1] - c->starts[i];
        float *own = c->values + c->starts[i];
        if (size == 1 && !(granted && known(in, c->features[i]) & BINARY)) {
            own[0] = *single++;
        } else if (size < 2 || flip(r)) {
            for (k = 0; k < size; k++) own[k] = (float)k + 0.5f;
        } else {
            read_set(r, own, size);
        }
    }
}
#endif

#ifndef AUTOMICRO_WITHOUT_TABLES
typedef struct {
    const float *from;
    float *to;
} subset;

static void put_cut(reader *r, void *to, uint32_t place, int64_t value) {
    (void)r;
    ((subset *)to)->to[place] = ((subset *)to)->from[value];
}

static int add_table(reader *r, node *t, uint8_t **end, uint32_t owner, uint32_t output) {
    uint32_t *row = (uint32_t *)grow(r, end, 12);
    if (!row) return 0;
    row[0] = owner;
    row[1] = output;
    t->count++;
    return 1;
}

/* Read which table reads which feature and adds to which output: rows of feature, output and number of pieces. */
static void read_owners(reader *r, node *t, uint32_t shape, uint32_t features) {
    uint32_t i, k, count;
    uint8_t *end = r->low;
    uint16_t there[2] = {1, 1};
    t->index = (const uint32_t *)r->low;
    if (shape == 2) {
        count = bounded(r, r->left, golomb(r, 2));
        if (!claim(r, count)) return;
        for (i = 0; i < count && !r->status; i++) {
            k = below(r, features);
            if (!add_table(r, t, &end, k, below(r, t->outputs))) return;
        }
    } else {
        if (shape == 1 && !claim(r, product(r, features, t->outputs))) return;
        for (i = 0; i < features; i++)
            for (k = 0; k < (shape ? t->outputs : 1); k++)
                if (!shape || learnt(r, there, 2, 1))
                    if (!add_table(r, t, &end, i, k)) return;
    }
    if (!t->count) damaged(r);
}

static void read_piece_values(reader *r, node *t, const inputs *in, uint32_t pieces) {
    uint32_t *row = (uint32_t *)t->index, i, k, open = 0, anchored = flip(r);
    float *values = (float *)keep(r, sizeof(float), pieces), *from, *extra;
    if (!values || !claim(r, pieces - anchored * t->count)) return;
    from = values + anchored * t->count;
    read_claimed(r, from, 1, pieces - anchored * t->count, NO_UNIT);
    t->values = values;
    for (i = 0; i < t->count; i++, row += 3) {
        if (anchored) *values++ = 0;
        for (k = anchored; k < row[2]; k++) *values++ = *from++;
        open += known(in, row[0]) >> 1;
    }
    if (open && flip(r)) {
        uint8_t *mark = r->high;
        float *some = claim(r, open) ? (float *)borrow(r, sizeof(float), open) : NULL;
        read_claimed(r, some, 1, open, NO_UNIT);
        extra = (float *)keep(r, sizeof(float), t->count);
        for (i = 0, row -= 3 * t->count; extra && i < t->count; i++, row += 3)
            extra[i] = known(in, row[0]) & CAN_MISS ? *some++ : 0;
        t->extra = extra;
        r->high = mark;
    }
}

static void read_tables(reader *r, node *t, const inputs *in) {
    uint32_t shape, i, pieces = 0, *row;
    uint8_t *mark = r->high, *end;
    subset own;
    cuts c;
    t->outputs = how_many(r, 0, 1);
    c.count = below(r, in->count + 1);
    if (!c.count) {
        t->bias = read_block(r, t->outputs, NO_UNIT);
        return;
    }
    c.features = some_of(r, c.count, in->count);
    if (!c.features) return;
    shape = below(r, 3);
    read_owners(r, t, shape, c.count);
    read_cuts(r, in, &c, 1 - choice(r, "\17\1", 2));
    end = r->low;
    t->weights = (const float *)end;
    row = (uint32_t *)t->index;
    for (i = 0; i < t->count && !r->status; i++, row += 3) {
        uint32_t size = c.starts[row[0] + 1] - c.starts[row[0]], some = size, k;
        own.from = c.values + c.starts[row[0]];
        if (shape) some = below(r, size + 1);
        if (shape && !claim(r, some)) return;
        own.to = (float *)grow(r, &end, some * 4);
        if (!own.to) return;
        if (shape) ascending(r, put_cut, &own, 0, some, 0, (int64_t)size - 1);
        else memcpy(own.to, own.from, some * 4);
        for (k = 1; k < some && !r->status; k++)
            if (!(own.to[k - 1] < own.to[k])) damaged(r);
        row[0] = c.features[row[0]];
        row[2] = some + 1;
        pieces += row[2];
        if (pieces > r->left) damaged(r);
    }
    if (claim(r, pieces)) read_piece_values(r, t, in, pieces);
    r->high = mark;
    if (!r->status) t->bias = read_block(r, t->outputs, unit_of(t->values, pieces));
}
#endif

#ifndef AUTOMICRO_WITHOUT_FOREST
typedef struct {
    uint32_t mode, rows, width; /* of leaves: mode 4 has its own row for every leaf */
    int leaf_gain, gain;
    uint16_t *leaves, *pairs; /* chances; NULL without a gain */
    uint32_t bounded, direction, counted, open, splits;
    uint16_t shapes[8][2], left[2];
    uint32_t *low, *high; /* cuts of each feature that the splits above have left */
    uint32_t *first;      /* word of the tree */
    cuts c;
    const inputs *in;
} trees;

static uint32_t read_leaf(reader *r, trees *t) {
    if (t->mode == 4) return t->rows++;
    return t->leaves ? learnt(r, t->leaves, t->rows, t->leaf_gain) : t->rows > 1 ? one_event(r, t->rows) : 0;
}

static uint32_t is_split(reader *r, trees *t, uint32_t depth) {
    uint32_t split = 0;
    if (!t->counted) return learnt(r, t->shapes[depth < 7 ? depth : 7], 2, 2);
    if (t->splits) {
        uint32_t leaf = (t->open - 1) * (t->splits + t->open), other = (t->open + 1) * t->splits;
        split = peek(r, leaf + other) >= leaf;
        take(r, split ? leaf : 0, split ? other : leaf, leaf + other);
    }
    t->open += split ? 1 : NOTHING;
    t->splits -= split;
    return split;
}

static uint32_t chance_of(const trees *t, uint32_t from, uint32_t to) {
    uint32_t sum = 0;
    if (!t->pairs) return to - from;
    while (from < to) sum += t->pairs[from++];
    return sum;
}

/* Read a pair of feature and cut; return the number of the pair, `owner` is the place of its feature. */
static uint32_t read_pair(reader *r, trees *t, uint32_t *owner) {
    uint32_t total = 0, start = 0, drawn, i, pair, own;
    const uint32_t *starts = t->c.starts;
    for (i = 0; i < t->c.count; i++) total += chance_of(t, starts[i] + t->low[i], starts[i] + t->high[i]);
    drawn = peek(r, total);
    if (r->status) return 0;
    for (i = 0;; i++) {
        own = chance_of(t, starts[i] + t->low[i], starts[i] + t->high[i]);
        if (start + own > drawn) break;
        start += own;
    }
    *owner = i;
    pair = starts[i] + t->low[i];
    if (!t->pairs) {
        pair += drawn - start;
        take(r, drawn, 1, total);
        return pair;
    }
    while (start + t->pairs[pair] <= drawn) start += t->pairs[pair++];
    take(r, start, t->pairs[pair], total);
    learn(t->pairs, t->c.total, pair, t->gain, chance_of(t, 0, t->c.total));
    return pair;
}

typedef struct {
    uint32_t word, owner, low, high; /* a split whose subtrees are being read, and what was left of its feature above it */
} visit;

/* Read a tree in preorder: a word for each leaf, its row; two for each split, its pair and where its right subtree begins. */
static void read_tree(reader *r, trees *t, uint32_t *features, uint8_t **end) {
    uint8_t *mark = r->high;
    uint32_t depth = 0, *word, pair, owner = 0;
    visit *path;
    do {
        if (!claim(r, 1)) return;
        word = (uint32_t *)grow(r, end, 4);
        if (!word) return;
        if (is_split(r, t, depth)) {
            if (!grow(r, end, 4)) return;
            pair = read_pair(r, t, &owner);
            path = (visit *)borrow(r, sizeof(visit), 1);
            if (!path) return;
            word[0] = SPLIT | pair;
            word[1] = 0;
            features[pair] |= SPLIT;
            if (known(t->in, t->c.features[owner]) & CAN_MISS)
                if (t->direction == 2 ? learnt(r, t->left, 2, 1) : t->direction) word[0] |= LEFT_IF_MISSING;
            path->word = (uint32_t)(word - t->first);
            path->owner = owner;
            path->low = t->low[owner];
            path->high = t->high[owner];
            depth++;
            if (t->bounded) t->high[owner] = pair - t->c.starts[owner];
            continue;
        }
        word[0] = read_leaf(r, t);
        for (; depth; depth--, r->high += sizeof(visit)) {
            path = (visit *)(void *)r->high;
            t->low[path->owner] = path->low;
            t->high[path->owner] = path->high;
            word = t->first + path->word;
            if (!word[1]) break;
        }
        if (depth) { /* the left subtree is whole: on to the right one */
            word[1] = (uint32_t)((uint32_t *)(void *)*end - t->first);
            if (t->bounded) t->low[path->owner] = (word[0] & PAIR) - t->c.starts[path->owner] + 1;
        }
    } while (depth && !r->status);
    r->high = mark;
}
#endif

#ifndef AUTOMICRO_WITHOUT_FOREST
static void read_leaf_table(reader *r, node *f, trees *t) {
    float *values;
    if (t->mode != 4 && t->width == 1) {
        f->values = values = (float *)keep(r, sizeof(float), t->rows);
        if (values) read_set(r, values, t->rows);
    } else {
        f->values = read_block(r, product(r, t->rows, t->width), NO_UNIT);
    }
}

static void read_rules(reader *r, node *f, trees *t) {
    uint32_t i, can_miss = 0;
    for (i = 0; i < t->c.count; i++) can_miss |= known(t->in, t->c.features[i]) & CAN_MISS;
    t->direction = can_miss ? below(r, 3) : 0;
    t->bounded = !choice(r, "\17\1", 2);
    t->gain = (int)"\0\1\2\4"[choice(r, "\6\6\2\2", 4)] - 1;
    bounded(r, t->gain ? MOST_SYMBOLS : MOST_ROWS, t->c.total);
    t->counted = flip(r);
    t->open = f->count;
    if (t->counted) {
        uint64_t more = t->gain < 0 ? 0 : golomb(r, 2);
        t->splits = bounded(r, 256, t->c.total + more);
        bounded(r, 256, (uint64_t)f->count + t->splits);
    }
    set_all(t->shapes[0], 16);
    set_all(t->left, 2);
    t->low = (uint32_t *)borrow(r, sizeof(uint32_t), t->c.count);
    t->high = (uint32_t *)borrow(r, sizeof(uint32_t), t->c.count);
    if (t->gain) t->pairs = (uint16_t *)borrow(r, sizeof(uint16_t), t->c.total);
    if (r->status) return;
    if (t->gain) set_all(t->pairs, t->c.total);
    for (i = 0; i < t->c.count; i++) {
        t->low[i] = 0;
        t->high[i] = t->c.starts[i + 1] - t->c.starts[i];
    }
}

static void read_trees(reader *r, node *f, trees *t) {
    uint32_t *features, *starts, i, k;
    float *values;
    uint8_t *end;
    read_rules(r, f, t);
    values = (float *)keep(r, sizeof(float), t->c.total);
    features = index_of(r, t->c.total);
    starts = index_of(r, f->count);
    if (!starts) return;
    f->weights = values;
    f->index = features;
    f->pairs = t->c.total;
    f->starts = starts;
    memcpy(values, t->c.values, t->c.total * sizeof(float));
    for (i = 0; i < t->c.count; i++)
        for (k = t->c.starts[i]; k < t->c.starts[i + 1]; k++) features[k] = t->c.features[i];
    end = r->low;
    f->words = (const uint32_t *)(const void *)end;
    for (i = 0; i < f->count && !r->status; i++) {
        t->first = (uint32_t *)(void *)end;
        starts[i] = (uint32_t)(t->first - f->words);
        read_tree(r, t, features, &end);
    }
}

static void read_forest(reader *r, node *f, const inputs *in) {
    uint8_t *mark = r->high, *end;
    uint32_t kind = 2, i, *starts, *word, *outputs;
    trees t;
    memset(&t, 0, sizeof t);
    t.in = in;
    f->outputs = how_many(r, 0, 1);
    f->count = bounded(r, r->left, golomb(r, 1));
    if (!claim(r, f->count)) return;
    t.c.count = below(r, in->count + 1);
    t.c.features = some_of(r, t.c.count, in->count);
    if (!t.c.features) return;
    read_cuts(r, in, &t.c, 1);
    if (f->outputs > 1) kind = below(r, 3);
    f->sub = (uint8_t)kind;
    if (kind == 1) { /* one output for each tree, before the words */
        outputs = index_of(r, f->count);
        for (i = 0; outputs && i < f->count; i++) outputs[i] = below(r, f->outputs);
        f->targets = outputs;
    }
    f->width = t.width = kind ? 1 : f->outputs;
    t.mode = choice(r, "\3\3\2\2\6", 5);
    if (t.mode != 4) {
        t.leaf_gain = "\0\1\2\4"[t.mode];
        t.rows = bounded(r, t.leaf_gain ? MOST_SYMBOLS : MOST_ROWS, golomb(r, 3) + 1);
        if (!claim(r, t.rows)) return;
        read_leaf_table(r, f, &t);
        if (t.leaf_gain) t.leaves = (uint16_t *)borrow(r, sizeof(uint16_t), t.rows);
        if (r->status) return;
        if (t.leaf_gain) set_all(t.leaves, t.rows);
    }
    if (t.c.count) {
        read_trees(r, f, &t);
    } else {
        starts = index_of(r, f->count);
        if (!starts) return;
        f->starts = starts;
        end = r->low;
        f->words = (const uint32_t *)(const void *)end;
        for (i = 0; i < f->count && !r->status; i++) {
            starts[i] = i;
            word = (uint32_t *)grow(r, &end, 4);
            if (word) *word = read_leaf(r, &t);
        }
    }
    if (t.mode == 4) read_leaf_table(r, f, &t);
    r->high = mark;
    if (!r->status) f->bias = read_block(r, f->outputs, unit_of(f->values, t.rows * t.width));
}
#endif

#ifndef AUTOMICRO_WITHOUT_PROTOTYPES
static void read_distances(reader *r, node *d, const inputs *in) {
    uint32_t own, i, k;
    int64_t step;
    float *points;
    d->outputs = how_many(r, 3, 1);
    own = flip(r);
    if (!claim(r, d->outputs)) return;
    d->flag = (uint8_t)own;
    d->weights = read_block(r, product(r, in->count, own ? d->outputs : 1), NO_UNIT);
    for (i = 0; !r->status && i < in->count * (own ? d->outputs : 1); i++)
        if (d->weights[i] < 0) damaged(r);
    if (!flip(r)) {
        d->values = read_block(r, product(r, d->outputs, in->count), NO_UNIT);
        return;
    }
    step = (int64_t)bounded(r, 1024, (uint64_t)(zigzag(r, 3) + 512)) - 512;
    d->values = points = (float *)keep(r, sizeof(float), product(r, d->outputs, in->count));
    for (i = 0; points && i < in->count && claim(r, d->outputs); i++) {
        float largest = 0;
        int unit = (int)step, exponent;
        for (k = 0; k < (own ? d->outputs : 1); k++)
            if (d->weights[k * in->count + i] > largest) largest = d->weights[k * in->count + i];
        if (largest > 0) {
            uint32_t bits = bits_of(largest);
            exponent = (int)(bits >> 23) - 127;
            if (exponent == -127)
                for (exponent = -150; bits; bits >>= 1) exponent++;
            unit -= exponent >= 0 ? exponent / 2 : -((1 - exponent) / 2);
        }
        read_claimed(r, points + i, in->count, d->outputs, unit < -149 ? -149 : unit > 127 ? 127 : unit);
    }
}

static void read_nearest(reader *r, node *n, const inputs *in) {
    uint32_t outputs, way, i, k, size, left, *owners, most = 0;
    uint8_t *mark = r->high, *owns;
    if (!in->count) damaged(r);
    outputs = bounded(r, in->count - 1, golomb(r, 0)) + 1;
    if (!claim(r, outputs)) return;
    way = below(r, 3);
    n->index = owners = index_of(r, in->count);
    owns = (uint8_t *)borrow(r, 1, outputs);
    if (!owns) return;
    memset(owns, 0, outputs);
    if (!way && in->count % outputs) damaged(r);
    left = in->count - outputs;
    for (i = 0, k = 0; i < in->count && !r->status; k++) {
        size = in->count / outputs;
        if (way == 1) {
            size = k + 1 < outputs ? below(r, left + 1) : left;
            left -= size++;
        } else if (way == 2) {
            size = 1;
        }
        while (size--) owners[i++] = way == 2 ? below(r, outputs) : k;
    }
    for (i = 0; i < in->count && !r->status; i++) {
        if (owners[i] > most) most = owners[i];
        owns[owners[i]] = 1;
    }
    for (i = 0; i < most; i++)
        if (!owns[i]) damaged(r);
    r->high = mark;
    if (flip(r)) n->bias = read_block(r, in->count, NO_UNIT);
    n->flag = (uint8_t)flip(r);
    if (n->flag) {
        const float *otherwise = read_block(r, 1, NO_UNIT);
        if (otherwise) n->number = *otherwise;
    }
    n->outputs = most + 1 + n->flag;
}
#endif

#ifndef AUTOMICRO_WITHOUT_ATTENTION
static void read_tokens(reader *r, node *t, const inputs *in) {
    uint32_t alike, i, owned = 0, order, rows, *sizes, *features, token, slot;
    lengths l;
    t->count = how_many(r, 3, 1);
    t->width = how_many(r, 2, 1);
    if (!claim(r, t->count)) return;
    alike = flip(r);
    lengths_start(&l);
    t->words = sizes = index_of(r, t->count);
    for (i = 0; sizes && i < t->count && !r->status; i++) {
        sizes[i] = alike && i ? sizes[0] : bounded(r, r->left, learnt_number(r, &l) + 1);
        owned += sizes[i];
        if (owned > r->left) damaged(r);
    }
    if (!claim(r, owned)) return;
    if (alike && t->count > 1) t->flag = (uint8_t)flip(r); /* shared */
    t->sub = (uint8_t)flip(r);                             /* sparse */
    order = below(r, alike ? 3 : 2);
    if (owned > in->count && (order != 1 || !in->count)) damaged(r);
    t->index = features = index_of(r, owned);
    for (token = 0, i = 0; features && token < t->count; token++)
        for (slot = 0; slot < sizes[token] && !r->status; slot++, i++)
            features[i] = order == 1 ? below(r, in->count) : order ? token + slot * t->count : i;
    if (r->status) return;
    rows = t->flag ? sizes[0] : owned;
    t->weights = read_block(r, product(r, rows, t->width), NO_UNIT);
    t->bias = read_block(r, product(r, t->count, t->width), NO_UNIT);
    t->outputs = r->status ? 0 : t->count * t->width;
}

static void read_attention(reader *r, node *a, const inputs *in) {
    uint32_t asks, queries;
    a->count = how_many(r, 1, 1);
    a->width = how_many(r, 2, 1);
    if (!in->count || !a->width || in->count % a->width) damaged(r);
    asks = flip(r);
    queries = product(r, a->count, a->width);
    a->weights = read_block(r, product(r, queries, asks ? a->width : 1), NO_UNIT);
    a->outputs = queries;
    if (!asks || r->status) return;
    if (in->count / a->width > 1024) damaged(r);
    a->extra = read_block(r, product(r, queries, a->width), NO_UNIT);
    a->outputs = in->count;
}
#endif

#ifndef AUTOMICRO_WITHOUT_GRAPHS
static void read_messages(reader *r, node *m) {
    uint32_t own;
    m->sub = (uint8_t)below(r, 4);
    m->count = bounded(r, 16, golomb(r, 0) + 1);
    own = choice(r, "\4\3\1", 3);
    m->number = own == 0 ? 1.0f : 0.0f;
    if (own == 2) {
        const float *share = read_block(r, 1, NO_UNIT);
        if (share) m->number = *share;
    }
    m->width = bounded(r, 1u << 24, golomb(r, 0)); /* the edge attribute + 1 */
    m->about = READS_GRAPHS;
}

static int add_item(reader *r, node *p, uint8_t **end, uint32_t kind, uint32_t feature) {
    uint32_t *item = (uint32_t *)grow(r, end, 8);
    if (!item) return 0;
    item[0] = kind;
    item[1] = feature;
    p->outputs++;
    return 1;
}

static void read_pool(reader *r, node *p, const inputs *in) {
    uint8_t *end = r->low, *mark = r->high;
    uint32_t kind, i, count, *features;
    p->about = READS_GRAPHS | POOLS;
    p->index = (const uint32_t *)(const void *)end;
    if (!flip(r)) {
        count = how_many(r, 2, 1);
        if (!claim(r, count)) return;
        for (i = 0; i < count && !r->status; i++) {
            kind = below(r, 4);
            if (!add_item(r, p, &end, kind, kind < 3 ? below(r, in->count) : 0)) return;
        }
        return;
    }
    for (kind = 0; kind < 3; kind++) {
        count = below(r, in->count + 1);
        features = claim(r, count) ? some_of(r, count, in->count) : NULL;
        if (!features) return;
        for (i = 0; i < count; i++)
            if (!add_item(r, p, &end, kind, features[i])) return;
        r->high = mark;
    }
    if (flip(r) && (!claim(r, 1) || !add_item(r, p, &end, 3, 0))) return;
    if (!p->outputs) damaged(r);
}
#endif

static node *read_node(reader *r, const inputs *in, uint32_t depth);

#ifndef AUTOMICRO_WITHOUT_CHAINS
/* Set what is known of the outputs of a node of a chain. */
static void after(reader *r, const node *n, inputs *in) {
    inputs out;
    out.count = n->outputs;
    out.flags = NULL;
#ifndef AUTOMICRO_WITHOUT_GRAPHS
    if (n->about && (n->kind == POOL || (n->kind == MESSAGES && in->flags))) {
        uint32_t i;
        uint8_t *flags = (uint8_t *)borrow(r, 1, out.count);
        for (i = 0; flags && i < out.count; i++) {
            uint32_t feature = n->kind == POOL ? n->index[2 * i + 1] : i;
            flags[i] = n->kind == POOL && n->index[2 * i] == 3 ? 0 : (uint8_t)(known(in, feature) & CAN_MISS);
        }
        out.flags = flags;
    }
#endif
    (void)r;
    *in = out;
}

static void read_nest(reader *r, node *nest, inputs in, uint32_t depth) {
    uint8_t *mark = r->high;
    uint32_t i;
    const node **next = (const node **)(void *)&nest->child;
    nest->count = how_many(r, 0, 1);
    if (!claim(r, nest->count)) return;
    for (i = 0; i < nest->count; i++) {
        node *part = read_node(r, &in, depth + 1);
        if (!part) return;
        *next = part;
        next = (const node **)(void *)&part->next;
        if (nest->kind == CHAIN) {
            if (!claim(r, part->outputs)) return;
            if (nest->about & POOLS && part->about) damaged(r);
            nest->outputs = part->outputs;
            if (part->outputs > nest->width) nest->width = part->outputs;
            after(r, part, &in);
        } else {
            if (!i) nest->outputs = part->outputs;
            if (nest->outputs != part->outputs) damaged(r);
            if (i && (nest->about ^ part->about) & POOLS) damaged(r);
        }
        nest->about |= part->about;
    }
    r->high = mark;
}
#endif

static node *read_node(reader *r, const inputs *in, uint32_t depth) {
    node *n = (node *)keep(r, sizeof(node), 1);
    if (depth > DEEPEST) damaged(r);
    if (!n || r->status) return NULL;
    memset(n, 0, sizeof *n);
    n->kind = (uint8_t)choice(r, "\11\11\11\1\3\1\1\1\1\1\1\1\1", 13);
    n->inputs = n->outputs = in->count;
    switch (n->kind) {
    case AFFINE:
        n->outputs = how_many(r, 0, 1);
        n->weights = read_block(r, product(r, n->outputs, in->count), NO_UNIT);
        if (!r->status) n->bias = read_block(r, n->outputs, unit_of(n->weights, n->outputs * in->count));
        break;
#ifndef AUTOMICRO_WITHOUT_TABLES
    case TABLES: read_tables(r, n, in); break;
#endif
#ifndef AUTOMICRO_WITHOUT_FOREST
    case FOREST: read_forest(r, n, in); break;
#endif
#ifndef AUTOMICRO_WITHOUT_CHAINS
    case CHAIN:
    case SUM: read_nest(r, n, *in, depth); break;
    case ACTIVATION: n->sub = (uint8_t)below(r, 4); break;
    case SCALE: n->weights = read_block(r, in->count, NO_UNIT); break;
#endif
#ifndef AUTOMICRO_WITHOUT_ATTENTION
    case TOKENS: read_tokens(r, n, in); break;
    case ATTENTION: read_attention(r, n, in); break;
#endif
#ifndef AUTOMICRO_WITHOUT_GRAPHS
    case MESSAGES: read_messages(r, n); break;
    case POOL:
        n->outputs = 0;
        read_pool(r, n, in);
        break;
#endif
#ifndef AUTOMICRO_WITHOUT_PROTOTYPES
    case DISTANCES: read_distances(r, n, in); break;
    case NEAREST: read_nearest(r, n, in); break;
#endif
    default: refuse(r, AUTOMICRO_LEFT_OUT, WHY("a kind of node must be compiled in, but was left out"));
    }
    return r->status ? NULL : n;
}

/* ---- numbers of decoders ---- */

typedef struct {
    uint8_t *of;     /* of every input */
    uint64_t *found; /* cuts of wanted inputs: input and cut */
    uint32_t count;
    int positional;
} usage;

static void mark_weights(usage *u, const node *n, uint32_t rows) {
    uint32_t i;
    for (i = 0; i < rows * n->inputs; i++)
        if (n->weights[i] != 0) u->of[i % n->inputs] |= COMPUTED;
}

#if !defined(AUTOMICRO_WITHOUT_TABLES) || !defined(AUTOMICRO_WITHOUT_FOREST)
static void mark_cut(reader *r, usage *u, uint32_t feature, float cut) {
    uint64_t *found;
    if (!(u->of[feature] & WANTED)) return;
    found = (uint64_t *)borrow(r, sizeof(uint64_t), 1);
    if (!found) return;
    *found = (uint64_t)feature << 32 | ordered(cut);
    u->found = found;
    u->count++;
}
#endif

/* Mark how a node uses its inputs; those that it compares count as computed with if `computes`. */
static void mark_usage(reader *r, usage *u, const node *n, uint32_t computes) {
    uint32_t i;
    (void)r, (void)computes, (void)i; /* what is left out reads them */
    switch (n->kind) {
    case AFFINE: mark_weights(u, n, n->outputs); break;
#ifndef AUTOMICRO_WITHOUT_TABLES
    case TABLES: {
        const uint32_t *row = n->index;
        const float *cut = n->weights;
        for (i = 0; i < n->count; i++, row += 3) {
            uint32_t k;
            u->of[row[0]] |= (uint8_t)computes;
            for (k = 1; k < row[2]; k++) mark_cut(r, u, row[0], *cut++);
        }
        break;
    }
#endif
#ifndef AUTOMICRO_WITHOUT_FOREST
    case FOREST:
        for (i = 0; i < n->pairs; i++) {
            if (!(n->index[i] & SPLIT)) continue;
            u->of[n->index[i] & ~SPLIT] |= (uint8_t)computes;
            mark_cut(r, u, n->index[i] & ~SPLIT, n->weights[i]);
        }
        break;
#endif
#ifndef AUTOMICRO_WITHOUT_CHAINS
    case SUM:
        for (n = n->child; n; n = n->next) mark_usage(r, u, n, computes);
        break;
    case CHAIN:
        for (n = n->child; (n->kind == SCALE || n->kind == MESSAGES) && n->next; n = n->next) {
            computes = COMPUTED;
            if (n->kind == SCALE) mark_weights(u, n, 1);
        }
        mark_usage(r, u, n, computes);
        break;
#endif
#ifndef AUTOMICRO_WITHOUT_ATTENTION
    case TOKENS: {
        uint32_t owned = 0;
        for (i = 0; i < n->count; i++) owned += n->words[i];
        for (i = 0; i < owned; i++) u->of[n->index[i]] |= COMPUTED;
        break;
    }
#endif
#ifndef AUTOMICRO_WITHOUT_GRAPHS
    case POOL:
        for (i = 0; i < n->outputs; i++)
            if (n->index[2 * i] < 3) u->of[n->index[2 * i + 1]] |= COMPUTED;
        break;
#endif
#ifndef AUTOMICRO_WITHOUT_PROTOTYPES
    case DISTANCES: mark_weights(u, n, n->flag ? n->outputs : 1); break;
#endif
    default: u->positional = 1;
    }
}

typedef struct {
    decoder *d;
    uint32_t feature, ends; /* ends: cuts and one; 0 if the feature is not compared, or computed with */
    const uint64_t *cuts;
} numbered;

/* Go on to the next decoder that is filled, or a look-up. */
static int next_numbered(const automicro_model *m, const usage *u, numbered *n, uint32_t kind) {
    const decoder *last = m->decoders + m->decoder_count;
    for (;;) {
        if (!n->d) {
            n->d = (decoder *)m->decoders;
            n->feature = 0;
            n->cuts = u->found;
        } else {
            n->feature += features_of(n->d++);
        }
        if (n->d == last) return 0;
        if (n->d->kind != kind) continue;
        while (n->cuts < u->found + u->count && *n->cuts >> 32 < n->feature) n->cuts++;
        n->ends = 0;
        if (u->positional || (u->of[n->feature] & (COMPUTED | COMPARED)) != COMPARED) return 1;
        for (n->ends = 1; n->cuts + n->ends - 1 < u->found + u->count && n->cuts[n->ends - 1] >> 32 == n->feature;) n->ends++;
        return 1;
    }
}

static void read_fills(reader *r, const automicro_model *m, const usage *u) {
    uint8_t *mark = r->high;
    uint32_t compared = 0, blocked = 0, at_ends = 0, count = 0, end;
    float *values = NULL;
    numbered n = {NULL, 0, 0, NULL};
    while (next_numbered(m, u, &n, FILLED)) {
        if (n.ends) compared++;
        else blocked++;
    }
    if (compared) at_ends = flip(r);
    n.d = NULL;
    while (at_ends && next_numbered(m, u, &n, FILLED)) {
        if (!n.ends) continue;
        end = below(r, n.ends);
        n.d->of.number = end + 1 < n.ends ? unordered((uint32_t)n.cuts[end]) : float_of(0x7f7fffff);
    }
    count = at_ends ? blocked : blocked + compared;
    if (claim(r, count)) values = (float *)borrow(r, sizeof(float), count);
    read_claimed(r, values, 1, count, NO_UNIT);
    n.d = NULL;
    while (!r->status && next_numbered(m, u, &n, FILLED))
        if (!(at_ends && n.ends)) n.d->of.number = *values++;
    r->high = mark;
}

#ifndef AUTOMICRO_WITHOUT_LEVELS
static int is_ranked(const numbered *n) {
    uint32_t i;
    for (i = 0; i + 1 < n->ends; i++)
        if (unordered((uint32_t)n->cuts[i]) != (float)i + 0.5f) return 0;
    return n->ends > 1;
}

static void read_lookups(reader *r, const automicro_model *m, const usage *u) {
    uint32_t some = 0, ranks = 0, i, count = 0, levels = 0;
    float *values;
    numbered n = {NULL, 0, 0, NULL};
    while (next_numbered(m, u, &n, LOOKUP)) some |= (uint32_t)is_ranked(&n);
    if (some) ranks = flip(r);
    n.d = NULL;
    while (!r->status && next_numbered(m, u, &n, LOOKUP)) {
        if (ranks && is_ranked(&n)) {
            uint32_t own = below(r, n.ends);
            n.d->of.number = (float)own;
            n.d->values = values = (float *)keep(r, sizeof(float), n.d->size);
            for (i = 0; values && i < n.d->size && !r->status; i++) {
                uint32_t rank = below(r, n.ends - 1);
                values[i] = (float)(rank + (rank >= own));
            }
        } else {
            count++;
            levels += n.d->size;
        }
    }
    values = read_block(r, count + levels, NO_UNIT);
    levels = count;
    count = 0;
    n.d = NULL;
    while (!r->status && next_numbered(m, u, &n, LOOKUP)) {
        if (ranks && is_ranked(&n)) continue;
        n.d->of.number = values[count++];
        n.d->values = values + levels;
        levels += n.d->size;
    }
}
#endif

static void read_numbers(reader *r, automicro_model *m) {
    uint8_t *mark = r->high;
    uint32_t i, k, feature = 0, wanted = 0, distinct = 0;
    usage u;
    memset(&u, 0, sizeof u);
    for (i = 0; i < m->decoder_count; i++) wanted |= m->decoders[i].kind == FILLED || m->decoders[i].kind == LOOKUP;
    if (!wanted) return;
    u.of = (uint8_t *)borrow(r, 1, m->feature_count);
    if (!u.of) return;
    memset(u.of, 0, m->feature_count);
    for (i = 0; i < m->decoder_count; i++) {
        const decoder *d = &m->decoders[i];
        if (d->kind == FILLED || d->kind == LOOKUP) u.of[feature] = WANTED;
        feature += features_of(d);
    }
    u.found = (uint64_t *)(void *)r->high;
    mark_usage(r, &u, m->body, COMPARED);
    if (r->status) return;
    sort(u.found, u.count, NULL);
    for (k = 0; k < u.count; k++)
        if (!distinct || u.found[k] != u.found[distinct - 1]) u.found[distinct++] = u.found[k];
    u.count = distinct;
    read_fills(r, m, &u);
#ifndef AUTOMICRO_WITHOUT_LEVELS
    read_lookups(r, m, &u);
#endif
    r->high = mark;
}

/* ---- labels and texts ---- */

#if !defined(AUTOMICRO_WITHOUT_LEVELS) || !defined(AUTOMICRO_WITHOUT_TEXTS)
/* Return the number of bytes of the character that a text begins with, 0 if it is not UTF-8; surrogates are allowed. */
static uint32_t character(const uint8_t *text, uint32_t length, uint32_t *code) {
    uint32_t size, i, c;
    if (!length) return 0;
    c = text[0];
    size = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : c < 0xf5 ? 4 : 0;
    if (!size || size > length) return 0;
    if (size > 1) c &= 0x7fu >> size;
    for (i = 1; i < size; i++) {
        if ((text[i] & 0xc0) != 0x80) return 0;
        c = c << 6 | (text[i] & 0x3f);
    }
    if ((size == 3 && c < 0x800) || (size == 4 && (c < 0x10000 || c > 0x10ffff))) return 0;
    *code = c;
    return size;
}
#endif

static void read_labels(reader *r, automicro_model *m, uint32_t outputs) {
    uint32_t kind = choice(r, m->link >= SIGMOID ? "\1\5\2\2\5\1" : "\73\1\1\1\1\1", 6), i, count;
    uint64_t *numbers, *keys;
    uint8_t *mark = r->high;
    int64_t before = 0;
    m->label_kind = (uint8_t)kind;
    if (m->link == SIGMOID ? outputs != 1 : m->link == SOFTMAX && outputs < 2) damaged(r);
    if (kind == NO_LABELS) return;
    count = m->link == SIGMOID ? 2 : outputs;
    if (count < 2 || m->limited) damaged(r);
    if (!claim(r, count) || kind == COUNTING || kind == TEXT_LABELS) return;
    m->numbers = numbers = (uint64_t *)keep(r, sizeof(uint64_t), count);
    keys = (uint64_t *)borrow(r, sizeof(uint64_t), count);
    if (!keys) return;
    for (i = 0; i < count && !r->status; i++) {
        if (kind == BOOLEANS) {
            numbers[i] = flip(r);
        } else if (kind == INTEGERS) {
            before += zigzag(r, 0) + 1;
            bounded(r, 0, (uint64_t)(before < 0 ? -before : before) >> 40);
            numbers[i] = (uint64_t)before;
        } else {
            numbers[i] = some_bits(r, 32) << 32;
            numbers[i] |= some_bits(r, 32);
            if ((numbers[i] >> 52 & 2047) == 2047) damaged(r);
        }
        keys[i] = kind == REALS && !(numbers[i] << 1) ? 0 : numbers[i]; /* -0 is 0 */
    }
    if (r->status) return;
    sort(keys, count, NULL);
    for (i = 1; i < count; i++)
        if (keys[i - 1] == keys[i]) damaged(r);
    r->high = mark;
}

#ifndef AUTOMICRO_WITHOUT_LEVELS
typedef struct {
    uint16_t classes[6][6], digits[10], lower[26], upper[26], other[33], any[256];
} letters;

static void letters_start(letters *l) {
    const char *frequent = "etaoinsr", *often = "hldcum", *seldom = "fpgwybv", *marks = "\0\15\16\17\33";
    uint32_t i;
    set_all(l->classes[0], sizeof *l / sizeof(uint16_t));
    for (i = 0; i < 8; i++) l->lower[frequent[i] - 'a'] = 6;
    for (i = 0; i < 6; i++) l->lower[often[i] - 'a'] = 4;
    for (i = 0; i < 7; i++) l->lower[seldom[i] - 'a'] = 2;
    for (i = 0; i < 5; i++) l->other[(uint8_t)marks[i]] = 8;
}

static uint32_t class_of(uint8_t letter) {
    if (letter >= '0' && letter <= '9') return 0;
    if (letter >= 'a' && letter <= 'z') return 1;
    if (letter >= 'A' && letter <= 'Z') return 2;
    return letter >= 32 && letter < 127 ? 3 : 4;
}

static uint8_t read_letter(reader *r, letters *l, uint32_t number) {
    uint32_t k;
    switch (number) {
    case 0: return (uint8_t)('0' + learnt(r, l->digits, 10, 1));
    case 1: return (uint8_t)('a' + learnt(r, l->lower, 26, 3));
    case 2: return (uint8_t)('A' + learnt(r, l->upper, 26, 1));
    case 3: k = learnt(r, l->other, 33, 3); return (uint8_t)(k + (k < 16 ? 32 : k < 23 ? 42 : k < 29 ? 68 : 94));
    default: return (uint8_t)learnt(r, l->any, 256, 1);
    }
}

static void read_strings(reader *r, uint32_t *starts, uint32_t count) {
    uint8_t *mark = r->high, *end = r->low;
    uint32_t sharing = count > 1 ? flip(r) : 0, i, k, code;
    uint16_t prefixes[16];
    letters *l = (letters *)borrow(r, sizeof(letters), 1);
    if (!l) return;
    letters_start(l);
    set_all(prefixes, 16);
    starts[0] = 0;
    for (i = 0; i < count && !r->status; i++) {
        const uint8_t *before = end - (i ? starts[i] - starts[i - 1] : 0);
        uint8_t *text = end, *letter;
        uint32_t shared = sharing && before != end ? learnt(r, prefixes, 16, 8) : 0, last = 5;
        if (shared > (uint32_t)(end - before)) damaged(r);
        for (k = 0; k < shared && !r->status; k++) {
            letter = (uint8_t *)grow(r, &end, 1);
            if (letter) last = class_of(*letter = before[k]);
        }
        while (!r->status) {
            uint32_t number = learnt(r, l->classes[last], 6, 8);
            if (number == 5 || !claim(r, 1)) break;
            letter = (uint8_t *)grow(r, &end, 1);
            if (letter) *letter = read_letter(r, l, number);
            last = number;
        }
        starts[i + 1] = starts[i] + (uint32_t)(end - text);
        for (k = 0; text < end && !r->status; text += k) {
            k = character(text, (uint32_t)(end - text), &code);
            if (!k) damaged(r);
        }
    }
    r->high = mark;
}

typedef struct {
    uint32_t seen, count, has_missing, all_differ;
    uint16_t fresh[2];
} references;

/* Read which string stands where in a list. */
static uint32_t *read_list(reader *r, references *f, uint32_t length) {
    uint8_t *mark = r->high;
    uint32_t free = 0, i, k, *list = index_of(r, length), *known_ones = NULL;
    if (!list || !length) return list;
    if (!f->all_differ) known_ones = (uint32_t *)borrow(r, sizeof(uint32_t), f->seen + 1);
    if (known_ones && f->has_missing) known_ones[free++] = NOTHING;
    for (i = 0; known_ones && i < f->seen; i++) known_ones[free++] = i;
    for (i = 0; i < length && !r->status; i++) {
        uint32_t is_new = f->seen < f->count;
        if (free && is_new) is_new = learnt(r, f->fresh, 2, 2);
        if (is_new) {
            list[i] = f->seen++;
        } else if (free) {
            k = below(r, free);
            list[i] = known_ones[k];
            for (free--; k < free; k++) known_ones[k] = known_ones[k + 1];
        } else {
            damaged(r);
        }
    }
    r->high = mark;
    return list;
}

/* Let equal strings have one number, and refuse lists that hold one twice. */
static void check_lists(reader *r, automicro_model *m, uint32_t *words, uint32_t labels) {
    uint8_t *mark = r->high;
    uint64_t *keys = (uint64_t *)borrow(r, sizeof(uint64_t), m->text_count);
    uint32_t *first = (uint32_t *)borrow(r, sizeof(uint32_t), m->text_count), *list = (uint32_t *)borrow(r, sizeof(uint32_t), m->text_count);
    uint32_t i, k;
    strings by;
    if (!list) return;
    by.bytes = m->texts;
    by.starts = m->text_starts;
    for (i = 0; i < m->text_count; i++) {
        keys[i] = i;
        list[i] = 0;
    }
    sort(keys, m->text_count, &by);
    for (i = 0; i < m->text_count; i++) {
        uint32_t own = (uint32_t)keys[i];
        first[own] = i && !string_before(&by, (uint32_t)keys[i - 1], own) ? first[keys[i - 1]] : own;
    }
    for (i = 0; i <= m->decoder_count; i++) {
        const decoder *d = m->decoders + i;
        uint32_t *texts = i < m->decoder_count ? (uint32_t *)d->index : words;
        uint32_t count = i < m->decoder_count ? d->size : labels;
        if (i < m->decoder_count && d->kind != ONE_HOT && d->kind != LOOKUP) continue;
        for (k = 0; k < count; k++) {
            if (texts[k] == NOTHING) {
                if (i == m->decoder_count) damaged(r); /* a label cannot be missing */
                continue;
            }
            texts[k] = first[texts[k]];
            if (list[texts[k]] == i + 1) damaged(r);
            list[texts[k]] = i + 1;
        }
    }
    r->high = mark;
}

static void read_texts(reader *r, automicro_model *m, uint32_t labels) {
    uint32_t total = labels, lists = labels > 0, i, *starts, *words = NULL;
    references f;
    for (i = 0; i < m->decoder_count; i++) {
        if (m->decoders[i].kind != ONE_HOT && m->decoders[i].kind != LOOKUP) continue;
        lists++;
        total += m->decoders[i].size;
    }
    if (!lists || !claim(r, total)) return;
    f.has_missing = choice(r, "\7\1", 2);
    f.all_differ = choice(r, "\1\1", 2);
    f.count = f.all_differ ? total : below(r, total);
    f.seen = 0;
    set_all(f.fresh, 2);
    m->text_count = f.count;
    m->text_starts = starts = index_of(r, (uint64_t)f.count + 1);
    if (!starts) return;
    m->texts = r->low;
    starts[0] = 0;
    if (f.count) read_strings(r, starts, f.count);
    for (i = 0; i < m->decoder_count && !r->status; i++) {
        decoder *d = (decoder *)&m->decoders[i];
        if (d->kind == ONE_HOT || d->kind == LOOKUP) d->index = read_list(r, &f, d->size);
    }
    if (labels && !r->status) m->words = words = read_list(r, &f, labels);
    if (!r->status) check_lists(r, m, words, labels);
}
#endif

/* ---- opening ---- */

/* Refuse bytes that are not the shortest string in the final interval, zeros at its end left out. */
static void check_end(reader *r) {
    uint32_t window = 0, low, i;
    uint64_t last, value = 0;
    unsigned unit;
    for (i = 4; i; i--) window = window << 8 | (r->at - i < r->size ? r->data[r->at - i] : 0);
    low = window - r->code;
    last = (uint64_t)low + r->range - 1;
    for (unit = 40; unit && (unit == 40 || value < low);) {
        unit -= 8;
        value = last >> unit << unit;
    }
    if (value - low != r->code || r->size > r->at || (r->size && !r->data[r->size - 1])) damaged(r);
}

static uint64_t room_of(const node *n, uint64_t rows);

static void read_program(reader *r, automicro_model *m, int extended) {
    uint32_t extensions = 0, outputs;
    inputs in;
    uint8_t *mark = r->high, *flags;
    uint32_t i, k, feature = 0;
    m->columns = bounded(r, (1u << 24) - 1, golomb(r, 4)) + 1;
    if (extended) extensions = choice(r, "\2\5\1", 3) + 1;
    m->link = (uint8_t)choice(r, extensions & 2 ? "\4\1\0\0" : "\4\1\6\5", 4);
#ifndef AUTOMICRO_WITHOUT_EXTENSIONS
    if (extensions & 2) read_limits(r, m);
#else
    if (extensions) refuse(r, AUTOMICRO_LEFT_OUT, WHY("offsets and limits must be compiled in, but were left out"));
#endif
    m->decoders = (const decoder *)(const void *)r->low;
    m->decoder_count = read_columns(r, m->columns);
    if (r->status) return;
    if (m->decoder_count) read_kinds(r, (decoder *)m->decoders, m->decoder_count);
    if (!r->status) find_inputs(r, m, (decoder *)m->decoders);
#ifndef AUTOMICRO_WITHOUT_EXTENSIONS
    if (extensions & 1 && !r->status) read_offsets(r, m);
#endif
    in.count = m->feature_count;
    in.flags = flags = (uint8_t *)borrow(r, 1, in.count);
    if (!flags || r->status) return;
    for (i = 0; i < m->decoder_count; i++) {
        const decoder *d = &m->decoders[i];
        int binary = d->kind == MISSING || d->kind == ONE_HOT || (d->kind == GRAMS && !(d->flags & (COUNTED | SCALED)));
        for (k = features_of(d); k; k--) flags[feature++] = d->kind == PLAIN ? CAN_MISS : binary ? BINARY : 0;
    }
    m->body = read_node(r, &in, 0);
    r->high = mark;
    if (!m->body) return;
    read_numbers(r, m);
    outputs = m->body->outputs;
    read_labels(r, m, outputs);
#ifndef AUTOMICRO_WITHOUT_LEVELS
    if (!r->status) read_texts(r, m, m->label_kind == TEXT_LABELS ? (m->link == SIGMOID ? 2 : outputs) : 0);
#else
    if (m->label_kind == TEXT_LABELS) refuse(r, AUTOMICRO_LEFT_OUT, WHY("text labels must be compiled in, but were left out"));
#endif
    if (!r->status) check_end(r);
}

automicro_status automicro_open(
    automicro_model *model, const uint8_t *bytes, size_t n, void *arena, size_t arena_size, const char **reason) {
    reader r;
    uint64_t scratch;
    size_t shift = (size_t)(8 - ((uintptr_t)arena & 7)) & 7;
    memset(model, 0, sizeof *model);
    memset(&r, 0, sizeof r);
    if (n > 4 && bytes[0] == 0xb6) { /* a card follows the program */
        uint32_t size = (uint32_t)bytes[1] << 24 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 8 | bytes[4];
        if (n - 5 <= size) refuse(&r, AUTOMICRO_DAMAGED, WHY("a card must follow the program, but the file ends before"));
        bytes += 5;
        n = size;
    }
    if (!r.status && (!n || (bytes[0] != 0xb5 && bytes[0] != 0xb7)))
        refuse(&r, AUTOMICRO_UNKNOWN, WHY("a model must begin with the byte b5, b6 or b7, but does not"));
    if (n > 1u << 25) refuse(&r, AUTOMICRO_NO_ROOM, WHY("a model must have at most 32 MB, but has more"));
    if (arena_size < shift) refuse(&r, AUTOMICRO_NO_ROOM, WHY("the arena must hold the model, but is too small"));
    if (!r.status) {
        uint32_t i;
        r.data = bytes + 1;
        r.size = (uint32_t)n - 1;
        r.at = 4;
        r.range = UINT32_MAX;
        for (i = 0; i < 4; i++) r.code = r.code << 8 | (i < r.size ? r.data[i] : 0);
        r.left = 4096 + 32 * r.size;
        r.low = (uint8_t *)arena + shift;
        r.least_free = (arena_size - shift) & ~(size_t)7;
        r.high = r.low + r.least_free;
        arena_size = r.least_free;
        if (r.code == UINT32_MAX) damaged(&r); /* beyond the last event */
        read_program(&r, model, bytes[0] == 0xb7);
    }
    if (!r.status) {
        uint32_t features = model->feature_count, outputs = model->body->outputs;
        scratch = 8 * ((uint64_t)features + outputs + (model->body->about ? 0 : room_of(model->body, 1)));
        if (scratch > (uint64_t)(r.high - r.low)) refuse(&r, AUTOMICRO_NO_ROOM, WHY("the arena must have room to predict, but is too small"));
        model->room = r.low;
        model->used = arena_size - r.least_free;
        if (!r.status && model->used < (size_t)(r.low - (uint8_t *)arena) - shift + (size_t)scratch)
            model->used = (size_t)(r.low - (uint8_t *)arena) - shift + (size_t)scratch;
    }
    if (reason) *reason = r.status ? r.reason : NULL;
    return r.status;
}

/* ---- arithmetic ---- */

static double exponential(double x) {
    int k, i;
    double rest, sum = 1;
    if (x != x) return x;
    if (x > 710) return (double)float_of(0x7f800000);
    if (x < -746) return 0;
    k = (int)(x * 1.4426950408889634 + (x < 0 ? -0.5 : 0.5));
    rest = x - k * 6.93147180369123816490e-01;
    rest -= k * 1.90821492927058770002e-10;
    for (i = 14; i; i--) sum = 1 + sum * rest / i;
    return sum * power_of_two(k / 2) * power_of_two(k - k / 2);
}

static double logistic(double x) {
    double small = exponential(x < 0 ? x : -x);
    return (x >= 0 ? 1 : small) / (1 + small);
}

#if !defined(AUTOMICRO_WITHOUT_TEXTS) || !defined(AUTOMICRO_WITHOUT_SERIES) || !defined(AUTOMICRO_WITHOUT_GRAPHS)
/* Return the square root, correctly rounded: bit after bit, and one more that rounds. */
static double root(double x) {
    uint64_t bits, left = 0, found = 0, mantissa;
    int exponent, i;
    if (!(x > 0)) return 0;
    memcpy(&bits, &x, 8);
    exponent = (int)(bits >> 52);
    if (exponent > 2046) return x;
    mantissa = bits & (((uint64_t)1 << 52) - 1);
    if (exponent) mantissa |= (uint64_t)1 << 52;
    else exponent = 1;
    while (!(mantissa >> 52)) {
        mantissa <<= 1;
        exponent--;
    }
    exponent -= 1075; /* x is mantissa * 2^exponent */
    if (exponent & 1) {
        mantissa <<= 1;
        exponent--;
    }
    for (i = 0; i < 54; i++) { /* bits of the mantissa two by two, 54 of it and then zeros */
        uint64_t two = i < 27 ? mantissa >> (52 - 2 * i) & 3 : 0;
        left = left << 2 | two;
        found <<= 1;
        if (left > 2 * found) {
            left -= 2 * found + 1;
            found++;
        }
    }
    found = (found + 1) >> 1;
    return (double)found * power_of_two(exponent / 2 - 26);
}
#endif

static float clipped(double value) {
    if (value > MOST_FLOAT) value = MOST_FLOAT;
    if (value < -MOST_FLOAT) value = -MOST_FLOAT;
    return (float)value;
}

#ifndef AUTOMICRO_WITHOUT_TEXTS
/* ---- texts ---- */

/* Tables of Unicode, as letters.py writes them. */
static const uint8_t WORDS[1537] = {
    48, 10, 7, 26, 6, 26, 47, 1, 7, 2, 1, 1, 3, 2, 1, 3, 1, 23, 1, 31, 1, 202, 3, 4, 12, 14, 5, 7,
    1, 1, 1, 129, 1, 5, 1, 2, 2, 4, 1, 1, 6, 1, 1, 3, 1, 1, 1, 20, 1, 83, 1, 139, 1, 8, 166, 1,
    1, 38, 2, 1, 6, 41, 71, 27, 4, 4, 45, 43, 21, 10, 4, 2, 1, 99, 1, 1, 15, 2, 7, 15, 2, 1, 16, 1,
    1, 30, 29, 89, 11, 1, 14, 43, 9, 2, 4, 1, 5, 22, 4, 1, 9, 1, 3, 1, 23, 25, 7, 11, 5, 24, 1, 6,
    17, 42, 58, 54, 3, 1, 18, 1, 7, 10, 4, 10, 1, 16, 4, 8, 2, 2, 2, 22, 1, 7, 1, 1, 3, 4, 3, 1,
    16, 1, 13, 2, 1, 3, 4, 12, 2, 6, 2, 1, 8, 6, 4, 2, 2, 22, 1, 7, 1, 2, 1, 2, 1, 2, 31, 4,
    1, 1, 7, 10, 2, 3, 16, 9, 1, 3, 1, 22, 1, 7, 1, 2, 1, 5, 3, 1, 18, 1, 15, 2, 4, 10, 9, 1,
    11, 8, 2, 2, 2, 22, 1, 7, 1, 2, 1, 5, 3, 1, 30, 2, 1, 3, 4, 10, 1, 7, 11, 1, 1, 6, 3, 3,
    1, 4, 3, 2, 1, 1, 1, 2, 3, 2, 3, 3, 3, 12, 22, 1, 21, 13, 18, 8, 1, 3, 1, 23, 1, 16, 3, 1,
    26, 3, 2, 1, 2, 2, 4, 10, 8, 7, 1, 1, 4, 8, 1, 3, 1, 23, 1, 10, 1, 5, 3, 1, 31, 2, 1, 2,
    4, 10, 1, 2, 17, 9, 1, 3, 1, 41, 2, 1, 16, 1, 5, 3, 1, 10, 4, 19, 1, 6, 5, 18, 3, 24, 1, 9,
    1, 1, 2, 7, 31, 10, 17, 48, 1, 2, 12, 7, 9, 10, 39, 2, 1, 1, 1, 5, 1, 24, 1, 1, 1, 10, 1, 2,
    9, 1, 2, 5, 1, 1, 9, 10, 2, 4, 32, 1, 31, 20, 12, 8, 1, 36, 27, 5, 115, 43, 20, 11, 6, 6, 4, 4,
    3, 1, 3, 2, 7, 3, 4, 13, 12, 1, 1, 10, 6, 38, 1, 1, 5, 1, 2, 43, 1, 205, 2, 1, 4, 2, 7, 1,
    1, 1, 4, 2, 41, 1, 4, 2, 33, 1, 4, 2, 7, 1, 1, 1, 4, 2, 15, 1, 57, 1, 4, 2, 67, 14, 20, 3,
    16, 16, 86, 2, 6, 3, 236, 4, 2, 17, 1, 26, 5, 75, 3, 11, 7, 18, 13, 19, 14, 18, 14, 13, 1, 3, 15, 52,
    35, 1, 4, 1, 3, 10, 6, 10, 22, 10, 6, 89, 7, 5, 2, 34, 1, 1, 5, 70, 10, 31, 39, 40, 2, 5, 11, 44,
    4, 26, 6, 11, 37, 23, 9, 53, 43, 10, 6, 10, 13, 1, 93, 47, 17, 8, 3, 10, 41, 30, 13, 56, 26, 36, 28, 10,
    3, 49, 2, 9, 7, 43, 2, 3, 41, 4, 1, 6, 1, 2, 3, 1, 5, 192, 1, 64, 150, 2, 2, 6, 2, 38, 2, 6,
    2, 8, 1, 1, 1, 1, 1, 1, 1, 31, 2, 53, 1, 7, 1, 1, 3, 3, 1, 7, 3, 4, 2, 6, 4, 13, 5, 3,
    1, 7, 115, 2, 2, 6, 5, 11, 6, 13, 101, 1, 4, 1, 2, 10, 1, 1, 3, 5, 6, 1, 1, 1, 1, 1, 1, 4,
    1, 11, 2, 4, 5, 5, 4, 1, 1, 58, 214, 5, 60, 78, 22, 246, 4, 30, 236, 8, 229, 1, 6, 4, 3, 2, 9, 1,
    2, 38, 1, 1, 5, 1, 2, 56, 7, 1, 16, 23, 9, 7, 1, 7, 1, 7, 1, 7, 1, 7, 1, 7, 1, 7, 1, 7,
    80, 1, 213, 3, 3, 25, 9, 7, 5, 2, 5, 4, 86, 6, 3, 1, 90, 1, 4, 5, 43, 1, 94, 3, 4, 10, 32, 48,
    16, 32, 10, 30, 8, 1, 15, 32, 10, 39, 15, 192, 2, 192, 51, 64, 141, 173, 1, 67, 46, 2, 141, 2, 3, 28, 20, 47,
    16, 31, 2, 80, 39, 9, 2, 103, 2, 64, 5, 2, 1, 1, 1, 5, 24, 16, 1, 3, 1, 4, 1, 23, 13, 6, 10, 52,
    14, 50, 28, 10, 24, 6, 3, 1, 1, 2, 1, 38, 10, 23, 25, 29, 7, 47, 28, 11, 6, 5, 1, 25, 1, 41, 23, 3,
    1, 8, 4, 10, 6, 23, 3, 1, 3, 50, 1, 1, 3, 2, 2, 5, 2, 1, 1, 1, 24, 3, 2, 11, 7, 3, 12, 6,
    2, 6, 2, 6, 9, 7, 1, 7, 1, 43, 1, 14, 6, 115, 13, 10, 6, 164, 87, 12, 23, 4, 49, 132, 66, 238, 2, 2,
    106, 38, 7, 12, 5, 5, 1, 1, 10, 1, 13, 1, 5, 1, 1, 1, 2, 1, 2, 1, 108, 33, 235, 2, 18, 64, 2, 54,
    40, 12, 116, 5, 1, 135, 1, 19, 10, 7, 26, 6, 26, 11, 89, 3, 6, 2, 6, 2, 6, 2, 3, 35, 12, 1, 26, 1,
    19, 1, 2, 1, 15, 2, 14, 34, 123, 12, 45, 12, 57, 17, 2, 244, 1, 29, 3, 49, 16, 27, 4, 36, 9, 30, 5, 38,
    10, 30, 2, 36, 4, 8, 1, 5, 42, 158, 1, 2, 10, 6, 36, 4, 36, 4, 40, 8, 52, 12, 11, 1, 15, 1, 7, 1,
    2, 1, 11, 1, 15, 1, 7, 1, 2, 67, 183, 2, 9, 22, 10, 8, 24, 6, 1, 42, 1, 9, 69, 6, 2, 1, 1, 44,
    1, 2, 3, 1, 2, 23, 2, 31, 2, 38, 8, 9, 48, 19, 1, 2, 5, 33, 4, 26, 70, 56, 4, 20, 2, 47, 15, 4,
    1, 3, 1, 29, 10, 9, 23, 31, 1, 32, 32, 8, 1, 28, 6, 5, 16, 54, 10, 22, 2, 27, 5, 26, 23, 7, 80, 73,
    55, 51, 13, 51, 7, 42, 12, 10, 166, 2, 31, 1, 42, 6, 2, 78, 40, 8, 22, 11, 4, 27, 18, 46, 28, 20, 23, 12,
    53, 26, 30, 1, 2, 2, 1, 13, 45, 32, 25, 7, 10, 9, 36, 15, 10, 4, 1, 2, 1, 8, 35, 3, 1, 12, 48, 14,
    4, 11, 11, 1, 1, 4, 20, 11, 18, 1, 25, 84, 7, 1, 1, 1, 4, 1, 15, 1, 10, 7, 47, 17, 10, 11, 8, 2,
    2, 2, 22, 1, 7, 1, 2, 1, 5, 3, 1, 18, 1, 12, 5, 158, 1, 53, 18, 4, 5, 10, 5, 3, 30, 48, 20, 2,
    1, 1, 8, 10, 166, 1, 47, 41, 4, 36, 48, 20, 1, 11, 10, 38, 43, 13, 1, 7, 10, 54, 27, 21, 12, 4, 7, 185,
    1, 44, 116, 83, 12, 8, 2, 1, 2, 8, 1, 2, 1, 24, 15, 1, 1, 1, 14, 10, 70, 8, 2, 39, 16, 1, 1, 1,
    28, 1, 10, 40, 7, 1, 21, 1, 11, 46, 19, 1, 18, 73, 135, 2, 9, 1, 37, 17, 1, 15, 29, 5, 30, 112, 7, 1,
    2, 1, 38, 21, 1, 9, 10, 6, 6, 1, 2, 1, 32, 14, 1, 7, 10, 182, 2, 19, 189, 1, 1, 15, 21, 43, 154, 7,
    102, 111, 17, 196, 1, 204, 20, 97, 15, 175, 8, 209, 31, 199, 4, 185, 67, 185, 4, 7, 31, 1, 10, 6, 79, 1, 10, 6,
    30, 18, 48, 16, 4, 12, 10, 1, 7, 1, 21, 5, 19, 176, 5, 87, 105, 75, 5, 1, 66, 13, 64, 2, 1, 1, 28, 248,
    47, 8, 214, 9, 42, 9, 231, 69, 4, 1, 7, 1, 2, 1, 163, 2, 45, 3, 17, 4, 8, 140, 3, 132, 18, 107, 5, 13,
    3, 9, 7, 10, 198, 44, 20, 108, 25, 135, 1, 85, 1, 71, 1, 2, 2, 1, 2, 2, 2, 4, 1, 12, 1, 1, 1, 7,
    1, 65, 1, 4, 2, 8, 1, 7, 1, 28, 1, 4, 1, 5, 1, 1, 3, 7, 1, 212, 2, 2, 25, 1, 25, 1, 31, 1,
    25, 1, 31, 1, 25, 1, 31, 1, 25, 1, 31, 1, 25, 1, 8, 2, 50, 128, 14, 31, 225, 3, 45, 10, 7, 2, 10, 4,
    1, 193, 2, 30, 18, 44, 4, 10, 230, 9, 7, 1, 4, 1, 2, 1, 15, 1, 197, 1, 2, 9, 48, 68, 7, 1, 4, 10,
    151, 6, 59, 1, 3, 1, 4, 76, 45, 1, 15, 194, 1, 4, 1, 27, 1, 2, 1, 1, 2, 1, 1, 10, 1, 4, 1, 1,
    1, 1, 6, 1, 4, 1, 1, 1, 1, 1, 1, 3, 1, 2, 1, 1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2,
    1, 1, 2, 4, 1, 7, 1, 4, 1, 4, 1, 1, 1, 10, 1, 17, 5, 3, 1, 5, 1, 17, 196, 4, 13, 227, 21, 10,
    134, 8, 224, 205, 2, 32, 185, 32, 7, 222, 1, 2, 130, 45, 14, 177, 58, 159, 24, 158, 4, 226, 11, 203, 38,
};
static const uint8_t SIGNS[524] = {
    162, 1, 5, 1, 2, 2, 1, 1, 4, 2, 1, 3, 1, 30, 1, 31, 1, 202, 3, 4, 12, 14, 5, 7, 1, 1, 1, 17,
    117, 1, 14, 2, 112, 1, 139, 1, 1, 138, 2, 3, 118, 3, 2, 1, 2, 2, 206, 1, 1, 10, 1, 19, 2, 247, 1, 1,
    7, 2, 136, 1, 1, 233, 2, 2, 6, 2, 245, 1, 1, 126, 1, 130, 1, 8, 132, 1, 1, 207, 1, 1, 41, 1, 197, 1,
    1, 193, 1, 3, 15, 1, 1, 3, 2, 6, 20, 1, 1, 1, 1, 1, 133, 1, 8, 1, 6, 1, 2, 5, 4, 197, 1, 2,
    240, 5, 10, 211, 5, 1, 237, 2, 1, 228, 2, 1, 157, 1, 34, 225, 2, 10, 9, 9, 192, 8, 1, 1, 3, 11, 3, 13,
    3, 13, 3, 13, 2, 69, 1, 13, 1, 39, 3, 13, 3, 19, 33, 63, 2, 1, 4, 1, 2, 10, 1, 1, 3, 5, 6, 1,
    1, 1, 1, 1, 1, 4, 1, 11, 2, 4, 5, 5, 4, 1, 1, 58, 2, 4, 248, 2, 4, 29, 2, 252, 1, 25, 11, 81,
    78, 22, 232, 4, 44, 49, 2, 31, 10, 147, 3, 22, 63, 4, 32, 2, 246, 2, 2, 32, 1, 105, 229, 1, 6, 229, 2, 2,
    46, 26, 1, 89, 12, 214, 1, 26, 12, 8, 1, 13, 2, 12, 1, 21, 2, 6, 2, 91, 2, 243, 1, 2, 4, 10, 32, 36,
    28, 31, 11, 30, 8, 1, 15, 32, 10, 39, 15, 192, 2, 192, 51, 64, 144, 173, 1, 55, 185, 4, 23, 9, 2, 103, 2, 157,
    1, 4, 10, 4, 189, 4, 3, 225, 1, 1, 14, 2, 189, 159, 1, 1, 136, 1, 17, 253, 2, 16, 127, 1, 44, 4, 98, 1,
    1, 3, 2, 1, 154, 1, 1, 6, 1, 16, 3, 31, 1, 1, 1, 27, 1, 1, 1, 129, 1, 7, 1, 7, 13, 2, 185, 2,
    9, 57, 17, 2, 3, 1, 13, 3, 1, 47, 45, 250, 12, 2, 207, 4, 1, 246, 24, 1, 149, 17, 29, 202, 150, 1, 4, 5,
    1, 214, 162, 1, 1, 179, 37, 116, 60, 246, 1, 10, 39, 2, 60, 5, 3, 22, 2, 7, 30, 4, 61, 21, 66, 3, 1, 186,
    1, 87, 234, 6, 1, 25, 1, 31, 1, 25, 1, 31, 1, 25, 1, 31, 1, 25, 1, 31, 1, 25, 1, 60, 128, 4, 55, 4,
    50, 8, 1, 14, 1, 2, 200, 13, 1, 175, 3, 1, 172, 19, 1, 3, 1, 125, 1, 193, 3, 2, 142, 2, 44, 4, 100, 12,
    15, 2, 15, 1, 15, 1, 37, 23, 161, 1, 56, 29, 13, 44, 4, 9, 7, 2, 14, 6, 154, 1, 216, 7, 5, 16, 3, 13,
    3, 116, 12, 89, 7, 12, 4, 1, 15, 12, 4, 56, 8, 10, 6, 40, 8, 30, 2, 2, 78, 212, 2, 12, 14, 2, 5, 3,
    5, 3, 7, 9, 29, 3, 11, 5, 6, 10, 10, 6, 8, 8, 7, 9, 147, 1, 1, 55,
};
static const uint8_t LOWER[651] = {
    65, 52, 64, 101, 46, 64, 1, 14, 64, 33, 49, 2, 2, 7, 2, 1, 17, 2, 1, 47, 2, 0, 2, 241, 1, 0, 7, 2,
    2, 2, 164, 3, 0, 5, 2, 0, 2, 156, 3, 0, 2, 2, 1, 4, 154, 3, 0, 2, 2, 2, 2, 158, 1, 0, 2, 148,
    3, 0, 2, 150, 3, 0, 2, 2, 1, 2, 154, 3, 0, 2, 158, 3, 1, 2, 166, 3, 0, 2, 162, 3, 0, 2, 2, 3,
    2, 166, 3, 0, 2, 170, 3, 1, 2, 172, 3, 0, 7, 2, 0, 2, 180, 3, 0, 2, 2, 1, 2, 180, 3, 2, 2, 2,
    1, 2, 180, 3, 0, 2, 2, 1, 4, 178, 3, 0, 5, 2, 0, 2, 182, 3, 0, 2, 2, 3, 2, 2, 7, 2, 4, 0,
    2, 2, 1, 2, 4, 0, 2, 2, 1, 2, 4, 0, 19, 2, 1, 19, 2, 1, 2, 4, 0, 5, 2, 0, 2, 193, 1, 0,
    2, 111, 0, 41, 2, 0, 2, 131, 2, 1, 19, 2, 6, 2, 214, 168, 1, 0, 2, 2, 1, 2, 197, 2, 0, 2, 208, 168,
    1, 2, 2, 2, 1, 2, 133, 3, 0, 2, 138, 1, 0, 2, 142, 1, 0, 11, 2, 160, 2, 5, 2, 2, 2, 2, 8, 2,
    232, 1, 6, 2, 76, 1, 6, 74, 1, 2, 128, 1, 1, 4, 126, 1, 34, 64, 1, 18, 64, 35, 2, 16, 8, 25, 2, 4,
    2, 119, 2, 2, 2, 1, 2, 13, 0, 2, 2, 2, 6, 131, 2, 0, 32, 160, 1, 0, 64, 64, 48, 35, 2, 8, 55, 2,
    0, 2, 30, 0, 15, 2, 1, 97, 2, 1, 76, 96, 201, 22, 76, 192, 113, 1, 2, 192, 113, 5, 2, 192, 113, 210, 5, 160,
    1, 160, 223, 4, 0, 12, 16, 154, 17, 86, 255, 46, 2, 6, 255, 46, 192, 2, 151, 1, 2, 8, 2, 253, 118, 1, 97, 2,
    8, 16, 15, 8, 12, 15, 10, 16, 15, 8, 16, 15, 8, 12, 15, 11, 9, 15, 7, 16, 15, 24, 16, 15, 8, 16, 15, 8,
    16, 15, 8, 4, 15, 0, 4, 147, 1, 0, 2, 17, 11, 8, 171, 1, 0, 2, 17, 11, 4, 15, 0, 4, 199, 1, 12, 4,
    15, 0, 4, 223, 1, 0, 2, 13, 11, 4, 255, 1, 0, 4, 251, 1, 0, 2, 17, 169, 2, 2, 185, 117, 3, 2, 253, 130,
    1, 0, 2, 139, 129, 1, 6, 2, 56, 45, 32, 32, 19, 2, 2, 178, 6, 52, 52, 176, 14, 96, 96, 48, 2, 2, 1, 2,
    237, 167, 1, 0, 2, 203, 59, 0, 2, 205, 167, 1, 2, 7, 2, 0, 2, 183, 168, 1, 0, 2, 249, 167, 1, 0, 2, 189,
    168, 1, 0, 2, 187, 168, 1, 1, 2, 2, 2, 2, 2, 8, 4, 253, 168, 1, 0, 101, 2, 7, 5, 2, 3, 2, 2, 205,
    242, 1, 47, 2, 18, 29, 2, 134, 1, 15, 2, 2, 63, 2, 9, 5, 2, 0, 2, 135, 168, 4, 0, 11, 2, 3, 2, 2,
    1, 2, 207, 148, 5, 2, 5, 2, 2, 21, 2, 0, 2, 135, 149, 5, 0, 2, 157, 149, 5, 0, 2, 149, 149, 5, 0, 2,
    129, 149, 5, 0, 2, 135, 149, 5, 1, 2, 163, 148, 5, 0, 2, 211, 148, 5, 0, 2, 169, 148, 5, 0, 2, 192, 14, 0,
    17, 2, 0, 2, 95, 0, 2, 133, 149, 5, 0, 2, 239, 168, 4, 0, 5, 2, 5, 2, 2, 5, 5, 2, 27, 2, 2, 171,
    174, 1, 52, 64, 197, 9, 80, 80, 136, 1, 72, 80, 156, 1, 39, 78, 234, 13, 102, 128, 1, 237, 23, 64, 64, 128, 171, 1,
    64, 64, 160, 245, 1, 68, 68,
};
/* End of the tables. */

static uint32_t next_of(const uint8_t **table) {
    uint32_t number = 0, shift = 0;
    do number |= (uint32_t)(**table & 127) << shift;
    while (shift += 7, *(*table)++ & 128);
    return number;
}

static uint32_t is_in(const uint8_t *table, uint32_t size, uint32_t code) {
    const uint8_t *end = table + size;
    uint32_t in = 1, at = 0;
    while (table < end && at <= code) {
        at += next_of(&table);
        in ^= 1;
    }
    return at <= code ? !in : in;
}

static uint32_t lower_of(uint32_t code) {
    const uint8_t *table = LOWER;
    uint32_t at = 0;
    while (table < LOWER + sizeof LOWER) {
        uint32_t run, distance;
        at += next_of(&table);
        run = next_of(&table);
        distance = next_of(&table);
        if (code < at) break;
        if (code < at + (run >> 1 << (run & 1)) && !(run & (code - at) & 1)) return code + (distance & 1 ? ~(distance >> 1) : distance >> 1);
        at += run >> 1 << (run & 1);
    }
    return code;
}

static uint32_t is_word(uint32_t code) { return code == '_' || is_in(WORDS, sizeof WORDS, code); }

/* Whether a capital sigma is written as at the end of a word behind this character: of Latin, Greek, Cyrillic and Armenian letters. */
static uint32_t is_cased(uint32_t code) {
    if (code < 0x41 || (code > 0x587 && code < 0x1e00) || code > 0x1fff || (code > 0x2af && code < 0x370)) return 0;
    return code != '_' && (code < 0x1bb || code > 0x1c3 || (code > 0x1bb && code < 0x1c0)) && is_word(code);
}

static uint32_t is_ignored(uint32_t code) {
    const char *marks = "\47.:^`\250\255\257\264\267\270"; /* and letters and marks that modify others, and curved quotes */
    if ((code >= 0x2b0 && code < 0x370) || (code >= 0x483 && code < 0x48a) || code == 0x2018 || code == 0x2019) return 1;
    for (; *marks; marks++)
        if (code == (uint8_t)*marks) return 1;
    return 0;
}

/* A text as its tokens, in lower case and cut, with one space before and behind each. */
typedef struct {
    const uint8_t *at, *end;
    uint32_t prefix, length, pending;
    uint8_t inside, some, cased;
} spelling;

/* Return the next character of a text; bytes that are no UTF-8 are zeros. */
static uint32_t next_character(const uint8_t **at, const uint8_t *end) {
    uint32_t code = 0, size = character(*at, (uint32_t)(end - *at), &code);
    *at += size ? size : 1;
    return size ? code : 0;
}

static uint32_t in_lower_case(spelling *s) {
    uint32_t code = next_character(&s->at, s->end), lower = lower_of(code), next = 0;
    if (code == 0x3a3 && s->cased) {
        const uint8_t *ahead = s->at;
        while (ahead < s->end && is_ignored(next = next_character(&ahead, s->end))) next = 0;
        if (!is_cased(next)) lower = 0x3c2;
    }
    if (!is_ignored(code)) s->cased = (uint8_t)is_cased(code);
    return code == 0x130 ? code : lower;
}

static uint32_t spell(spelling *s) {
    uint32_t code = s->pending, starts;
    s->pending = 0;
    while (!code) {
        if (s->at >= s->end) {
            code = s->some ? ' ' : NOTHING;
            s->some = 0;
            return code;
        }
        code = in_lower_case(s);
        starts = !s->inside;
        if (is_word(code)) {
            s->inside = code != 0x130; /* becomes i and a dot, which is no letter */
            if (code == 0x130) code = 'i';
            if (starts) s->length = 0;
            if (s->prefix && s->length >= s->prefix) code = 0;
            s->length++;
        } else {
            s->inside = 0;
            starts = 1;
            if (!is_in(SIGNS, sizeof SIGNS, code)) code = 0;
        }
        if (code && starts) {
            s->some = 1;
            s->pending = code;
            return ' ';
        }
    }
    return code;
}

static uint32_t hashed(uint32_t hash, uint32_t code) {
    int shift = code < 0x80 ? 0 : code < 0x800 ? 6 : code < 0x10000 ? 12 : 18;
    uint32_t byte = code;
    if (shift == 6) byte = 0xc0 | code >> 6;
    if (shift == 12) byte = 0xe0 | code >> 12;
    if (shift == 18) byte = 0xf0 | code >> 18;
    for (;;) {
        hash = (hash ^ byte) * 16777619u;
        if (!shift) return hash;
        shift -= 6;
        byte = 0x80 | (code >> shift & 0x3f);
    }
}

static void count_gram(const decoder *d, uint32_t hash, double *x) {
    uint32_t bits = d->of.grams[3], bucket = (hash >> bits ^ hash) & ((1u << bits) - 1), low = 0, high = d->size;
    while (low + 1 < high) {
        uint32_t middle = (low + high) / 2;
        if (d->index[middle] <= bucket) low = middle;
        else high = middle;
    }
    if (d->index[low] == bucket) x[low]++;
}

static void grams(const decoder *d, const automicro_cell *cell, double *x) {
    uint32_t low = d->of.grams[0], high = d->of.grams[1], all = 0, i, code;
    spelling from, s;
    memset(&from, 0, sizeof from);
    from.prefix = d->of.grams[2];
    if (cell->kind == AUTOMICRO_CELL_TEXT) {
        from.at = (const uint8_t *)cell->of.text;
        from.end = from.at + cell->length;
    }
    for (i = 0; i < d->size; i++) x[i] = 0;
    for (;;) {
        uint32_t hash = 2166136261u, size = 0;
        if (!(d->flags & CHARACTER)) /* on to the next token */
            do code = spell(&from);
            while (code != ' ' && code != NOTHING);
        s = from;
        while (size < high && (code = spell(&s)) != NOTHING) {
            if (d->flags & CHARACTER) hash = hashed(hash, code);
            if (d->flags & CHARACTER || code == ' ') {
                if (++size >= low) {
                    count_gram(d, hash, x);
                    all++;
                }
            }
            if (!(d->flags & CHARACTER)) hash = hashed(hash, code);
        }
        if (spell(&from) == NOTHING) break;
    }
    for (i = 0; i < d->size; i++) {
        if (x[i] > 0 && !(d->flags & COUNTED)) x[i] = 1;
        if (x[i] > 0 && d->flags & SCALED) x[i] = (double)(float)(x[i] / root(all));
    }
}
#endif

/* ---- features ---- */

#ifndef AUTOMICRO_WITHOUT_SERIES
typedef struct {
    const float *at;
} cursor;

static double next_step(cursor *c) {
    while (*c->at != *c->at) c->at++;
    return (double)clipped((double)*c->at++);
}

/* Return the mean of the next m observed steps. */
static double mean_of(cursor c, uint32_t m) {
    double total = 0;
    uint32_t t;
    for (t = 0; t < m; t++) total += next_step(&c);
    return total / m;
}

static double statistic(uint32_t kind, cursor c, uint32_t m) {
    double total = 0, mean = 0, value, before, first, detail = 0, size = m;
    uint32_t t, block = kind > 9 ? 1u << (kind - 9) : 1, whole = m / block * block;
    if (kind == 1 || kind == 8) mean = mean_of(c, m);
    if (kind == 0) return mean_of(c, m);
    if (kind == 9) return size;
    before = first = total = next_step(&c);
    if (kind == 5) return first;
    if (kind != 2 && kind != 3) total = 0;
    value = first;
    for (t = 0; t < m; t++) {
        if (t) value = next_step(&c);
        if (kind == 1) total += (value - mean) * (value - mean);
        if (kind == 2 && value < total) total = value;
        if (kind == 3 && value > total) total = value;
        if (kind == 4) total += (2.0 * t - (size - 1)) * value;
        if (kind == 7 && t) total += value < before ? before - value : value - before;
        if (kind == 8 && t) total += (before > mean) != (value > mean);
        if (kind > 9 && t < whole) {
            detail += (t & (block - 1)) < block / 2 ? value : -value;
            if ((t & (block - 1)) == block - 1) {
                total += detail / block * (detail / block);
                detail = 0;
            }
        }
        before = value;
    }
    switch (kind) {
    case 1: return root(total / size);
    case 4: return total * 6.0 / (m > 1 ? size * (size * size - 1) : 1);
    case 6: return value;
    case 7:
    case 8: return total / (m > 1 ? size - 1 : 1);
    case 2:
    case 3: return total;
    default: return root(total / (whole ? whole / block : 1));
    }
}

static float summary(const decoder *d, const automicro_cell *cell) {
    uint64_t n = 0, start, stop;
    uint32_t i;
    cursor c;
    for (i = 0; i < cell->length; i++) n += cell->of.steps[i] == cell->of.steps[i];
    if (!n) return 0;
    start = n * d->size >> d->level;
    stop = n * (d->size + 1) >> d->level;
    if (start > n - 1) start = n - 1;
    if (stop < start + 1) stop = start + 1;
    c.at = cell->of.steps;
    for (n = 0; n < start; n++) next_step(&c);
    return clipped(statistic(d->flags, c, (uint32_t)(stop - start))) + 0.0f;
}
#endif

#ifndef AUTOMICRO_WITHOUT_LEVELS
/* Whether a cell holds a string of the model, or is missing. */
static int is_level(const automicro_model *m, const automicro_cell *cell, uint32_t string) {
    uint32_t start, length;
    if (string == NOTHING || cell->kind == AUTOMICRO_CELL_MISSING) return string == NOTHING && cell->kind == AUTOMICRO_CELL_MISSING;
    if (cell->kind == AUTOMICRO_CELL_LEVEL) return cell->of.level == string;
    start = m->text_starts[string];
    length = m->text_starts[string + 1] - start;
    return length == cell->length && !memcmp(m->texts + start, cell->of.text, length);
}
#endif

static int is_missing(const automicro_cell *cell) {
    uint32_t i;
    switch (cell->kind) {
    case AUTOMICRO_CELL_MISSING: return 1;
    case AUTOMICRO_CELL_FLOAT: return cell->of.single != cell->of.single;
    case AUTOMICRO_CELL_DOUBLE: return cell->of.number != cell->of.number;
    case AUTOMICRO_CELL_SERIES:
        for (i = 0; i < cell->length; i++)
            if (cell->of.steps[i] == cell->of.steps[i]) return 0;
        return 1;
    default: return 0;
    }
}

/* Return the number of a cell that is not missing, less the offset of its column. */
static float number_of(const automicro_cell *cell, double offset) {
    double number;
    if (cell->kind == AUTOMICRO_CELL_FLOAT && offset == 0) {
        if (cell->of.single > float_of(0x7f7fffff)) return float_of(0x7f7fffff);
        return cell->of.single < float_of(0xff7fffff) ? float_of(0xff7fffff) : cell->of.single;
    }
    if (cell->kind == AUTOMICRO_CELL_INTEGER) {
        int64_t a = cell->of.integer;
#ifndef AUTOMICRO_WITHOUT_EXTENSIONS
        int64_t b = offset > -9e18 && offset < 9e18 ? (int64_t)offset : 0;
        if (offset == (double)b) return clipped(a < b ? -(double)((uint64_t)b - (uint64_t)a) : (double)((uint64_t)a - (uint64_t)b));
#endif
        number = (double)a;
    } else {
        number = cell->kind == AUTOMICRO_CELL_FLOAT ? (double)cell->of.single : cell->of.number;
    }
    return clipped(number - offset);
}

static int fits(const automicro_cell *cell, uint32_t kind) {
    switch (cell->kind) {
    case AUTOMICRO_CELL_MISSING: return 1;
    case AUTOMICRO_CELL_FLOAT:
    case AUTOMICRO_CELL_DOUBLE:
    case AUTOMICRO_CELL_INTEGER: return kind == AUTOMICRO_NUMERIC || kind == AUTOMICRO_ANY;
    case AUTOMICRO_CELL_TEXT: return kind == AUTOMICRO_CATEGORY || kind == AUTOMICRO_STRING || kind == AUTOMICRO_ANY;
    case AUTOMICRO_CELL_LEVEL: return kind == AUTOMICRO_CATEGORY || kind == AUTOMICRO_ANY;
    case AUTOMICRO_CELL_SERIES: return kind == AUTOMICRO_SERIES || kind == AUTOMICRO_ANY;
    default: return 0;
    }
}

static automicro_status features(const automicro_model *m, const automicro_cell *row, double *x) {
    const decoder *d = m->decoders, *last = d + m->decoder_count;
    uint32_t i;
    for (i = 0; i < m->input_count; i++)
        if (!fits(&row[i], m->inputs[i].kind)) return AUTOMICRO_WRONG_CELL;
    for (; d < last; d++) {
        const automicro_cell *cell = &row[d->input];
        switch (d->kind) {
        case PLAIN:
        case FILLED:
            if (!is_missing(cell)) *x = (double)number_of(cell, m->inputs[d->input].offset);
            else *x = (double)(d->kind == FILLED ? d->of.number : float_of(0x7fc00000));
            x++;
            break;
        case MISSING: *x++ = is_missing(cell); break;
#ifndef AUTOMICRO_WITHOUT_LEVELS
        case ONE_HOT:
            for (i = 0; i < d->size; i++) *x++ = is_level(m, cell, d->index[i]);
            break;
        case LOOKUP:
            *x = (double)d->of.number;
            for (i = 0; i < d->size; i++)
                if (is_level(m, cell, d->index[i])) *x = (double)d->values[i];
            x++;
            break;
#endif
#ifndef AUTOMICRO_WITHOUT_TEXTS
        case GRAMS:
            grams(d, cell, x);
            x += d->size;
            break;
#endif
#ifndef AUTOMICRO_WITHOUT_SERIES
        case SUMMARY: *x++ = (double)summary(d, cell); break;
#endif
        default: return AUTOMICRO_LEFT_OUT;
        }
    }
    return AUTOMICRO_OK;
}

/* ---- what nodes mean ---- */

typedef struct {
    double *room; /* free */
    const automicro_graph *graph;
} state;

/* Return how many numbers of room a node needs over some rows. */
static uint64_t room_of(const node *n, uint64_t rows) {
    uint64_t most = 0, own = 0;
    const node *part;
    switch (n->kind) {
    case CHAIN:
    case SUM:
        for (part = n->child; part; part = part->next) {
            uint64_t need = room_of(part, rows);
            if (need > most) most = need;
        }
        own = n->kind == SUM ? rows * n->outputs : 2 * rows * n->width;
        break;
    case ATTENTION: own = n->inputs / n->width + (n->extra ? (uint64_t)n->width + n->count * n->width : 0); break;
    case MESSAGES: own = 3 * rows; break;
    default: break;
    }
    return most + own;
}

static void affine(const node *n, const double *x, double *out) {
    const float *w = n->weights;
    uint32_t o, i;
    for (o = 0; o < n->outputs; o++) {
        double sum = (double)n->bias[o];
        for (i = 0; i < n->inputs; i++, w++) {
            if (*w != 0) {
                double term = (double)*w * x[i];
                sum += term;
            }
        }
        out[o] = sum;
    }
}

#ifndef AUTOMICRO_WITHOUT_TABLES
static void tables(const node *n, const double *x, double *out) {
    const uint32_t *row = n->index;
    const float *cut = n->weights, *value = n->values;
    uint32_t i, k;
    for (i = 0; i < n->outputs; i++) out[i] = (double)n->bias[i];
    for (i = 0; i < n->count; i++, row += 3) {
        double at = x[row[0]], term;
        for (k = 0; k + 1 < row[2] && at > (double)cut[k];) k++;
        term = (double)(at != at && n->extra ? n->extra[i] : value[k]);
        out[row[1]] += term;
        cut += row[2] - 1;
        value += row[2];
    }
}
#endif

#ifndef AUTOMICRO_WITHOUT_FOREST
static void forest(const node *n, const double *x, double *out) {
    uint32_t i, k;
    for (i = 0; i < n->outputs; i++) out[i] = (double)n->bias[i];
    for (i = 0; i < n->count; i++) {
        const uint32_t *first = n->words + n->starts[i], *word = first;
        while (*word & SPLIT) {
            uint32_t pair = *word & PAIR;
            double at = x[n->index[pair] & ~SPLIT];
            int left = *word & LEFT_IF_MISSING ? !(at > (double)n->weights[pair]) : at <= (double)n->weights[pair];
            word = left ? word + 2 : first + word[1];
        }
        if (n->sub == 0) {
            for (k = 0; k < n->outputs; k++) out[k] += (double)n->values[*word * n->outputs + k];
        } else {
            out[n->sub == 1 ? n->targets[i] : i % n->outputs] += (double)n->values[*word];
        }
    }
}
#endif

#ifndef AUTOMICRO_WITHOUT_CHAINS
static double activated(uint32_t kind, double x) {
    double size = x < 0 ? -x : x, small;
    switch (kind) {
    case RELU: return x <= 0 ? 0 : x;
    case LOGISTIC: return logistic(x);
    case DECAY: return exponential(-x);
    default:
        if (size < 1e-3) return x - x * x * x / 3;
        small = exponential(-2 * size);
        small = (1 - small) / (1 + small);
        return x < 0 ? -small : small;
    }
}
#endif

#ifndef AUTOMICRO_WITHOUT_PROTOTYPES
static void distances(const node *n, const double *x, double *out) {
    const float *r = n->weights, *p = n->values;
    uint32_t o, i;
    for (o = 0; o < n->outputs; o++, p += n->inputs) {
        double sum = 0;
        for (i = 0; i < n->inputs; i++) {
            if (r[i] != 0) {
                double away = x[i] - (double)p[i], term = (double)r[i] * (away * away);
                sum += term;
            }
        }
        if (n->flag) r += n->inputs;
        out[o] = sum;
    }
}

static void nearest(const node *n, const double *x, double *out) {
    uint32_t i;
    for (i = 0; i < n->outputs; i++) out[i] = -(double)float_of(0x7f800000);
    for (i = 0; i < n->inputs; i++) {
        double score = (n->bias ? (double)n->bias[i] : 0) - x[i];
        if (score > out[n->index[i]] || score != score) out[n->index[i]] = score;
    }
    if (n->flag) out[n->outputs - 1] = (double)n->number;
}
#endif

#ifndef AUTOMICRO_WITHOUT_ATTENTION
static void tokens(const node *n, const double *x, double *out) {
    const float *w = n->weights;
    const uint32_t *feature = n->index;
    uint32_t t, i, k;
    for (t = 0; t < n->count; t++, out += n->width) {
        int some = 0;
        for (k = 0; k < n->width; k++) out[k] = (double)n->bias[t * n->width + k];
        if (n->flag) w = n->weights;
        for (i = 0; i < n->words[t]; i++, w += n->width) {
            double at = x[*feature++];
            if (at != at || (n->sub && at == 0)) continue;
            some = 1;
            for (k = 0; k < n->width; k++) {
                double term = at * (double)w[k];
                out[k] += term;
            }
        }
        for (k = 0; !some && k < n->width; k++) out[k] = (double)float_of(0x7fc00000);
    }
}

static int is_absent(const double *token, uint32_t width) {
    uint32_t k;
    for (k = 0; k < width; k++)
        if (!(token[k] - token[k] == 0)) return 1;
    return 0;
}

/* Let a head ask all tokens; `logits` has room for as many. */
static void ask(const node *n, const double *asked, const float *query, const double *x, double *logits, double *out) {
    uint32_t count = n->inputs / n->width, t, k;
    double largest = 0, total = 0;
    int some = 0;
    for (k = 0; k < n->width; k++) out[k] = 0;
    for (t = 0; t < count; t++) {
        const double *token = x + (size_t)t * n->width;
        if (is_absent(token, n->width)) continue;
        logits[t] = 0;
        for (k = 0; k < n->width; k++) {
            double term = (asked ? asked[k] : (double)query[k]) * token[k];
            logits[t] += term;
        }
        if (!some || logits[t] > largest || logits[t] != logits[t]) largest = logits[t];
        some = 1;
    }
    for (t = 0; t < count; t++) {
        if (is_absent(x + (size_t)t * n->width, n->width)) {
            logits[t] = 0;
        } else {
            logits[t] = exponential(logits[t] - largest);
            total += logits[t];
        }
    }
    for (t = 0; t < count; t++) {
        const double *token = x + (size_t)t * n->width;
        double weight = logits[t] / (total > 0 ? total : 1);
        if (is_absent(token, n->width)) continue;
        for (k = 0; k < n->width; k++) {
            double term = weight * token[k];
            out[k] += term;
        }
    }
}

static void attention(const node *n, const double *x, double *out, double *room) {
    uint32_t count = n->inputs / n->width, width = n->width, t, h, k, i;
    double *asked = room + count, *sums = asked + width;
    if (!n->extra) {
        for (h = 0; h < n->count; h++) ask(n, NULL, n->weights + (size_t)h * width, x, room, out + (size_t)h * width);
        return;
    }
    for (t = 0; t < count; t++) {
        const double *token = x + (size_t)t * width;
        double *own = out + (size_t)t * width;
        if (is_absent(token, width)) {
            for (k = 0; k < width; k++) own[k] = (double)float_of(0x7fc00000);
            continue;
        }
        for (h = 0; h < n->count; h++) {
            const float *q = n->weights + (size_t)h * width * width;
            for (k = 0; k < width; k++) {
                asked[k] = 0;
                for (i = 0; i < width; i++) {
                    double term = token[i] * (double)q[i * width + k];
                    asked[k] += term;
                }
            }
            ask(n, asked, NULL, x, room, sums + (size_t)h * width);
        }
        for (k = 0; k < width; k++) {
            own[k] = token[k];
            for (i = 0; i < n->count * width; i++) {
                double term = sums[i] * (double)n->extra[(size_t)k * n->count * width + i];
                own[k] += term;
            }
        }
    }
}
#endif

#ifndef AUTOMICRO_WITHOUT_GRAPHS
static void largest_of(double *so_far, double value) {
    if (value > *so_far || value != value) *so_far = value;
}

static void messages(const state *s, const node *n, const double *x, uint32_t rows, double *out) {
    const automicro_graph *g = s->graph;
    double *sums = s->room, *inverse = sums + rows, *roots = inverse + rows, own = (double)n->number;
    uint32_t i, e, hop, f, normed = n->sub == 1 || n->sub == 2;
    const double nothing = -(double)float_of(0x7f800000);
    for (i = 0; i < rows; i++) sums[i] = 0;
    for (e = 0; e < g->edges; e++) sums[g->targets[e]] += n->width ? (double)g->attribute[(size_t)e * g->attributes + n->width - 1] : 1;
    for (i = 0; i < rows; i++) {
        double degree = own + sums[i];
        inverse[i] = degree > 0 ? 1 / degree : 0;
        roots[i] = root(inverse[i]);
        for (f = 0; f < n->inputs; f++) out[(size_t)i * n->inputs + f] = x[(size_t)i * n->inputs + f];
    }
    for (hop = 0; hop < n->count; hop++) {
        for (f = 0; f < n->inputs; f++) {
            double *value = out + f;
            for (i = 0; i < rows; i++, value += n->inputs) {
                sums[i] = n->sub == 3 && own != 0 ? own * *value : 0;
            }
            for (e = 0; n->sub == 3 && own == 0 && e < g->edges; e++) sums[g->targets[e]] = nothing;
            for (e = 0; e < g->edges; e++) {
                uint32_t from = g->sources[e], to = g->targets[e];
                double weight = n->width ? (double)g->attribute[(size_t)e * g->attributes + n->width - 1] : 1, sent;
                if (normed) weight *= n->sub == 1 ? inverse[to] : roots[from] * roots[to];
                sent = weight * out[(size_t)from * n->inputs + f];
                if (n->sub == 3) largest_of(&sums[to], sent);
                else sums[to] += sent;
            }
            value = out + f;
            for (i = 0; i < rows; i++, value += n->inputs) {
                if (n->sub == 3) *value = sums[i];
                else *value = own != 0 ? (normed ? own * inverse[i] : own) * *value + sums[i] : sums[i];
            }
        }
    }
    for (i = 0; i < rows; i++)
        for (f = 0; f < n->inputs; f++, out++) *out = (double)clipped(*out);
}

static void pool(const state *s, const node *n, const double *x, double *out) {
    const automicro_graph *g = s->graph;
    uint32_t graph, item, i;
    for (graph = 0; graph < g->graphs; graph++) {
        uint32_t start = g->starts[graph], stop = g->starts[graph + 1];
        for (item = 0; item < n->outputs; item++) {
            uint32_t kind = n->index[2 * item], feature = n->index[2 * item + 1];
            double sum = kind == 3 ? stop - start : kind == 2 && stop > start ? -(double)float_of(0x7f800000) : 0;
            for (i = start; kind < 3 && i < stop; i++) {
                double value = x[(size_t)i * n->inputs + feature];
                if (kind == 2) largest_of(&sum, value);
                else sum += value;
            }
            if (kind == 1 && stop > start) sum /= stop - start;
            *out++ = (double)clipped(sum);
        }
    }
}
#endif

#ifndef AUTOMICRO_WITHOUT_CHAINS
static uint32_t most_rows(const state *s, uint32_t rows) { return s->graph && s->graph->graphs > rows ? s->graph->graphs : rows; }
#endif

/* Write what a node makes of rows; return how many rows it makes. */
static uint32_t evaluate(state *s, const node *n, const double *x, uint32_t rows, double *out) {
    double *room = s->room;
    uint32_t i;
    size_t k;
    (void)room, (void)k;
    switch (n->kind) {
#ifndef AUTOMICRO_WITHOUT_CHAINS
    case CHAIN: {
        const node *part;
        double *next = room, *other = room + (size_t)most_rows(s, rows) * n->width;
        s->room = other + (size_t)most_rows(s, rows) * n->width;
        for (part = n->child; part; part = part->next) {
            double *to = part->next ? next : out;
            rows = evaluate(s, part, x, rows, to);
            next = other;
            other = to;
            x = to;
        }
        s->room = room;
        return rows;
    }
    case SUM: {
        const node *part = n->child;
        uint32_t made = evaluate(s, part, x, rows, out);
        s->room = room + (size_t)most_rows(s, rows) * n->outputs;
        for (part = part->next; part; part = part->next) {
            evaluate(s, part, x, rows, room);
            for (k = 0; k < (size_t)made * n->outputs; k++) out[k] += room[k];
        }
        s->room = room;
        return made;
    }
#endif
#ifndef AUTOMICRO_WITHOUT_GRAPHS
    case MESSAGES: messages(s, n, x, rows, out); return rows;
    case POOL: pool(s, n, x, out); return s->graph->graphs;
#endif
    default: break;
    }
    for (i = 0; i < rows; i++, x += n->inputs, out += n->outputs) {
        switch (n->kind) {
        case AFFINE: affine(n, x, out); break;
#ifndef AUTOMICRO_WITHOUT_TABLES
        case TABLES: tables(n, x, out); break;
#endif
#ifndef AUTOMICRO_WITHOUT_FOREST
        case FOREST: forest(n, x, out); break;
#endif
#ifndef AUTOMICRO_WITHOUT_CHAINS
        case ACTIVATION:
            for (k = 0; k < n->outputs; k++) out[k] = activated(n->sub, x[k]);
            break;
        case SCALE:
            for (k = 0; k < n->outputs; k++) out[k] = n->weights[k] != 0 ? (double)n->weights[k] * x[k] : 0;
            break;
#endif
#ifndef AUTOMICRO_WITHOUT_ATTENTION
        case TOKENS: tokens(n, x, out); break;
        case ATTENTION: attention(n, x, out, room); break;
#endif
#ifndef AUTOMICRO_WITHOUT_PROTOTYPES
        case DISTANCES: distances(n, x, out); break;
        case NEAREST: nearest(n, x, out); break;
#endif
        default: break;
        }
    }
    return rows;
}

static void apply_link(const automicro_model *m, double *of, uint32_t outputs) {
    uint32_t i;
    double most = outputs ? of[0] : 0, total = 0;
    if (m->link == SIGMOID) {
        of[1] = logistic(of[0]);
        of[0] = 1 - of[1];
        return;
    }
    for (i = 0; i < outputs; i++)
        if (of[i] > most || of[i] != of[i]) most = of[i];
    for (i = 0; i < outputs; i++) {
        if (m->link == SOFTMAX) of[i] = exponential(of[i] - most);
        else if (m->link == EXP) of[i] = exponential(of[i]);
        total += of[i];
        if (m->limited && of[i] < m->least) of[i] = m->least;
        if (m->limited && of[i] > m->greatest) of[i] = m->greatest;
    }
    for (i = 0; m->link == SOFTMAX && i < outputs; i++) of[i] /= total;
}

/* ---- what callers use ---- */

size_t automicro_model_size(void) { return sizeof(automicro_model); }
size_t automicro_arena_size(const automicro_model *m) { return m->used; }
uint32_t automicro_inputs(const automicro_model *m) { return m->input_count; }
automicro_kind automicro_input_kind(const automicro_model *m, uint32_t input) { return (automicro_kind)m->inputs[input].kind; }
uint32_t automicro_input_column(const automicro_model *m, uint32_t input) { return m->inputs[input].column; }
uint32_t automicro_score_count(const automicro_model *m) { return m->body->outputs; }
uint32_t automicro_prediction_count(const automicro_model *m) { return m->body->outputs + (m->link == SIGMOID); }
int automicro_reads_graphs(const automicro_model *m) { return m->body->about != 0; }
int automicro_predicts_graphs(const automicro_model *m) { return (m->body->about & POOLS) != 0; }

automicro_status automicro_scores(const automicro_model *m, const automicro_cell *row, double *scores) {
    state s;
    double *x = (double *)(void *)m->room;
    automicro_status status = m->body->about ? AUTOMICRO_WRONG_CELL : features(m, row, x);
    if (status) return status;
    s.room = x + m->feature_count;
    s.graph = NULL;
    evaluate(&s, m->body, x, 1, scores);
    return AUTOMICRO_OK;
}

automicro_status automicro_predict(const automicro_model *m, const automicro_cell *row, double *predictions) {
    automicro_status status = automicro_scores(m, row, predictions);
    if (!status) apply_link(m, predictions, m->body->outputs);
    return status;
}

uint32_t automicro_class(const automicro_model *m, const double *predictions) {
    uint32_t i, best = 0;
    for (i = 1; i < automicro_prediction_count(m); i++)
        if (predictions[best] == predictions[best] && !(predictions[i] <= predictions[best])) best = i;
    return best;
}

automicro_label automicro_label_of(const automicro_model *m, uint32_t place) {
    automicro_label label = {AUTOMICRO_LABEL_NONE, 0, {0}};
    switch (m->label_kind) {
    case COUNTING:
        label.kind = AUTOMICRO_LABEL_INTEGER;
        label.of.integer = place;
        break;
    case INTEGERS:
    case BOOLEANS:
        label.kind = m->label_kind == INTEGERS ? AUTOMICRO_LABEL_INTEGER : AUTOMICRO_LABEL_BOOLEAN;
        label.of.integer = (int64_t)m->numbers[place];
        break;
    case REALS:
        label.kind = AUTOMICRO_LABEL_REAL;
        memcpy(&label.of.real, &m->numbers[place], 8);
        break;
#ifndef AUTOMICRO_WITHOUT_LEVELS
    case TEXT_LABELS:
        label.kind = AUTOMICRO_LABEL_TEXT;
        label.of.text = (const char *)m->texts + m->text_starts[m->words[place]];
        label.length = m->text_starts[m->words[place] + 1] - m->text_starts[m->words[place]];
        break;
#endif
    default: break;
    }
    return label;
}

#ifndef AUTOMICRO_WITHOUT_LEVELS
/* Return the number of levels of an input; `found` is the string at a place. */
static uint32_t levels(const automicro_model *m, uint32_t input, uint32_t place, uint32_t *found) {
    uint32_t i, k, count = 0;
    for (i = 0; i < m->decoder_count; i++) {
        const decoder *d = &m->decoders[i];
        if (d->input != input || (d->kind != ONE_HOT && d->kind != LOOKUP)) continue;
        for (k = 0; k < d->size; k++)
            if (count++ == place) *found = d->index[k];
    }
    return count;
}

uint32_t automicro_levels(const automicro_model *m, uint32_t input) {
    uint32_t found;
    return levels(m, input, NOTHING, &found);
}

const char *automicro_level_text(const automicro_model *m, uint32_t input, uint32_t place, uint32_t *length) {
    uint32_t found = NOTHING;
    levels(m, input, place, &found);
    if (found == NOTHING) return NULL;
    *length = m->text_starts[found + 1] - m->text_starts[found];
    return (const char *)m->texts + m->text_starts[found];
}

uint32_t automicro_level_of(const automicro_model *m, const char *text, uint32_t length) {
    automicro_cell cell = automicro_text(text, length);
    uint32_t i;
    for (i = 0; i < m->text_count; i++)
        if (is_level(m, &cell, i)) return i;
    return AUTOMICRO_NO_LEVEL;
}
#endif

#ifndef AUTOMICRO_WITHOUT_GRAPHS
size_t automicro_graph_room(const automicro_model *m, const automicro_graph *g) {
    uint64_t rows = g->graphs > g->nodes ? g->graphs : g->nodes;
    uint64_t numbers = (uint64_t)m->feature_count * g->nodes + room_of(m->body, rows);
    return numbers < SIZE_MAX / 8 ? (size_t)(8 * numbers) : SIZE_MAX;
}

/* Whether a node, or one inside, reads an attribute that edges do not have. */
static int lacks_attribute(const node *n, const automicro_graph *g) {
    const node *part;
    if (n->kind == MESSAGES) return n->width > (g->attribute ? g->attributes : 0);
    for (part = n->child; part; part = part->next)
        if (lacks_attribute(part, g)) return 1;
    return 0;
}

automicro_status automicro_predict_graphs(const automicro_model *m, const automicro_cell *rows, const automicro_graph *g, void *room,
    size_t room_size, double *predictions) {
    double *x = (double *)room;
    uint32_t i, made, each = automicro_prediction_count(m), outputs = m->body->outputs;
    automicro_status status;
    state s;
    if (lacks_attribute(m->body, g) || g->starts[0] || g->starts[g->graphs] != g->nodes) return AUTOMICRO_WRONG_CELL;
    for (i = 0; i < g->graphs; i++)
        if (g->starts[i] > g->starts[i + 1]) return AUTOMICRO_WRONG_CELL;
    for (i = 0; i < g->edges; i++)
        if (g->sources[i] >= g->nodes || g->targets[i] >= g->nodes) return AUTOMICRO_WRONG_CELL;
    if (room_size < automicro_graph_room(m, g)) return AUTOMICRO_NO_ROOM;
    for (i = 0; i < g->nodes; i++) {
        status = features(m, rows + (size_t)i * m->input_count, x + (size_t)i * m->feature_count);
        if (status) return status;
    }
    s.room = x + (size_t)m->feature_count * g->nodes;
    s.graph = g;
    made = evaluate(&s, m->body, x, g->nodes, predictions);
    for (i = made; i--;) { /* from the last one on, as probabilities may be more than scores */
        double *to = predictions + (size_t)i * each, score = predictions[(size_t)i * outputs];
        if (each > outputs) *to = score;
        apply_link(m, to, outputs);
    }
    return AUTOMICRO_OK;
}
#endif
