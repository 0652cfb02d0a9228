/* A number, or what stands for a missing one; infinities as the largest number of their sign, whose bits are one less. */
static float am_filled(float x, float fill)
{
    union {
        float value;
        uint32_t bits;
    } both;
    both.value = x;
    if (both.bits << 1 > 0xff000000u)
        return fill;
    if (both.bits << 1 == 0xff000000u)
        both.bits--;
    return both.value;
}
