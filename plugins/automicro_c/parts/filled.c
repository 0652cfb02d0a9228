/* A number, or what stands for a missing one; infinities as the largest number of their sign. */
static float am_filled(float x, float fill)
{
    return x != x ? fill : am_finite(x);
}
