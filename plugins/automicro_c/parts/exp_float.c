/* e to the power of x, within 2e-7 of its size; 0 below the smallest float with all its digits. */
static float am_exp(float x)
{
    union {
        uint32_t bits;
        float value;
    } power;
    float rest, result;
    int32_t n;
    if (!(x >= -87.3f))
        return x < -87.3f ? 0.0f : x;
    if (x > 88.72283f) {
        power.bits = 0x7f800000u;
        return power.value;
    }
    n = (int32_t)(x * 1.4426950f + (x < 0.0f ? -0.5f : 0.5f));
    rest = x - (float)n * 0.69335938f + (float)n * 2.1219444e-4f;
    result = 1.0f + rest * (1.0f + rest * (0.5f + rest * (0.16666667f + rest * (0.041666667f + rest * (8.3333333e-3f
        + rest * 1.3888889e-3f)))));
    power.bits = (uint32_t)(n + 126) << 23;
    return result * power.value * 2.0f;
}
