/* A sum as float, those beyond its range as the largest of their sign. */
static float am_narrowed(double x)
{
    return x > 3.4028234663852886e38 ? 3.4028235e38f : x < -3.4028234663852886e38 ? -3.4028235e38f : (float)x;
}
