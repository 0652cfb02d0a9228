/* A sum as float. */
static float am_narrowed(float x)
{
    return am_finite(x);
}
