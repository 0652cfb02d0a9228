/* Up to 24 bits of a table, from bit `at` on. */
static uint32_t am_bits(const uint8_t *table, uint32_t at, unsigned bits)
{
    const uint8_t *p = table + (at >> 3);
    uint32_t word = p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
    return word >> (at & 7u) & (((uint32_t)1 << bits) - 1u);
}
