/* Infinities as the largest number of their sign. */
static float am_finite(float x)
{
    return x > 3.4028235e38f ? 3.4028235e38f : x < -3.4028235e38f ? -3.4028235e38f : x;
}
