/* Infinities as the largest number of their sign, whose bits are one less. */
static float am_finite(float x)
{
    union {
        float value;
        uint32_t bits;
    } both;
    both.value = x;
    if (both.bits << 1 == 0xff000000u)
        both.bits--;
    return both.value;
}
