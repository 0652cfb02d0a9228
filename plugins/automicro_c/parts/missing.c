/* The float that stands for a missing value. */
static float am_missing(void)
{
    union {
        uint32_t bits;
        float value;
    } both;
    both.bits = 0x7fc00000u;
    return both.value;
}
