/* The float that has these bits. */
static float am_pattern(uint32_t bits)
{
    union {
        uint32_t bits;
        float value;
    } both;
    both.bits = bits;
    return both.value;
}
