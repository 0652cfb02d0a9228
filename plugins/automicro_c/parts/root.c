/* The square root, by Newton's method from a first guess within 4 %. */
static real am_root(real x)
{
    union {
        uint32_t bits;
        float value;
    } guess;
    real y;
    int k;
    if (!(x > 0))
        return x;
    guess.value = (float)x;
    guess.bits = (guess.bits >> 1) + 0x1fbb4000u;
    y = (real)guess.value;
    for (k = 0; k < 4; k++)
        y = (y + x / y) / 2;
    return y;
}
