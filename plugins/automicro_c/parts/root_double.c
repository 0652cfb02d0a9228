/* The square root, by Newton's method from a first guess within 4 %. */
static double am_root(double x)
{
    union {
        uint64_t bits;
        double value;
    } guess;
    double y;
    int k;
    if (!(x > 0) || x - x != 0)
        return x;
    guess.value = x;
    guess.bits = (guess.bits >> 1) + ((uint64_t)0x1ff7a3beu << 32);
    y = guess.value;
    for (k = 0; k < 5; k++)
        y = (y + x / y) / 2;
    return y;
}
