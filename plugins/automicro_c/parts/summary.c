/* How many samples are observed, or a statistic of window `window` of 2 to the power of `level` of those that are. Kinds: 0 mean, 1 spread,
   2 minimum, 3 maximum, 4 slope, 5 first, 6 last, 7 change, 8 crossings, 9 length, from 10 on the energy of blocks of 2, 4, 8, 16, 32. */
static uint32_t am_observed(const float *samples, uint32_t count)
{
    uint32_t i, seen = 0;
    for (i = 0; i < count; i++)
        seen += samples[i] == samples[i];
    return seen;
}

static real am_statistic(const float *samples, uint32_t n, real mean, unsigned kind)
{
    const uint32_t size = kind < 10 ? 1 : (uint32_t)2 << (kind - 10), whole = n - n % size;
    real total = 0, before = 0, detail = 0;
    uint32_t i, k;
    for (i = k = 0; k < n; i++) {
        const real value = (real)am_finite(samples[i]);
        if (value != value)
            continue;
        if (kind == 0)
            total += value;
        else if (kind == 1)
            total += (value - mean) * (value - mean);
        else if (kind == 4)
            total += (real)(2 * (int32_t)k - (int32_t)(n - 1)) * value;
        else if (kind < 7) {
            if (k == 0 || kind == 6 || (kind == 2 && value < total) || (kind == 3 && value > total))
                total = value;
        } else if (kind < 9) {
            if (k > 0)
                total += kind == 8 ? (real)((before > mean) != (value > mean)) : value > before ? value - before : before - value;
        } else if (kind > 9 && k < whole) {
            detail = k % size < size / 2 ? detail + value : detail - value;
            if ((k + 1) % size == 0) {
                total += (detail / (real)size) * (detail / (real)size);
                detail = 0;
            }
        }
        before = value;
        k++;
    }
    return total;
}

static float am_summary(const float *samples, uint32_t count, unsigned level, uint32_t window, unsigned kind)
{
    const uint32_t seen = am_observed(samples, count);
    uint32_t start = (uint32_t)((uint64_t)seen * window >> level), stop = (uint32_t)((uint64_t)seen * (window + 1) >> level), n;
    real total, steps;
    if (seen == 0)
        return 0.0f;
    if (start > seen - 1)
        start = seen - 1;
    n = stop > start + 1 ? stop - start : 1;
    for (; start > 0 || *samples != *samples; samples++)
        start -= *samples == *samples;
    steps = (real)(n > 1 ? n - 1 : 1);
    if (kind == 9)
        return (float)n;
    total = am_statistic(samples, n, kind == 1 || kind == 8 ? am_statistic(samples, n, 0, 0) / (real)n : 0, kind);
    if (kind == 0)
        total /= (real)n;
    else if (kind == 1)
        total = am_root(total / (real)n);
    else if (kind == 4)
        total = n > 1 ? total * 6 / ((real)n * ((real)n * (real)n - 1)) : total * 6;
    else if (kind == 7 || kind == 8)
        total /= steps;
    else if (kind > 9)
        total = am_root(total / (real)(n >> (kind - 9) ? n >> (kind - 9) : 1));
    return am_narrowed(total);
}
