/* The square root, by Newton's method from a first guess within 4 %. */
static float am_root(float x)
{
    union {
        uint32_t bits;
        float value;
    } guess;
    float y;
    int k;
    if (!(x > 0) || x - x != 0)
        return x;
    guess.value = x;
    guess.bits = (guess.bits >> 1) + 0x1fbb4000u;
    y = guess.value;
    for (k = 0; k < 3; k++)
        y = (y + x / y) / 2;
    return y;
}
