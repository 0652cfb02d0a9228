/* The logistic function. */
static real am_sigmoid(real x)
{
    real small = am_exp(x < 0 ? x : -x);
    return (x < 0 ? small : 1) / (1 + small);
}
