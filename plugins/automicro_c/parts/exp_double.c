/* e to the power of x, within 4e-16 of its size; 0 below the smallest double with all its digits. */
static double am_exp(double x)
{
    union {
        uint64_t bits;
        double value;
    } power;
    double rest, result;
    int32_t n;
    if (!(x >= -708.0))
        return x < -708.0 ? 0.0 : x;
    if (x > 709.782712893384) {
        power.bits = (uint64_t)0x7ff00000u << 32;
        return power.value;
    }
    n = (int32_t)(x * 1.4426950408889634 + (x < 0.0 ? -0.5 : 0.5));
    rest = x - (double)n * 0.69314718036912382 - (double)n * 1.9082149292705877e-10;
    result = 1.0 / 720 + rest * (1.0 / 5040 + rest * (1.0 / 40320 + rest * (1.0 / 362880 + rest * (1.0 / 3628800
        + rest * (1.0 / 39916800 + rest * (1.0 / 479001600 + rest * (1.0 / 6227020800.0)))))));
    result = 1.0 + rest * (1.0 + rest * (0.5 + rest * (1.0 / 6 + rest * (1.0 / 24 + rest * (1.0 / 120 + rest * result)))));
    power.bits = (uint64_t)(n + 1022) << 52;
    return result * power.value * 2.0;
}
