/* The hyperbolic tangent. */
static real am_tanh(real x)
{
    real size = x < 0 ? -x : x, square = x * x, power;
    if (size < (real)0.25)
        return x + x * square * ((real)-0.3333333333333333 + square * ((real)0.13333333333333333
            + square * ((real)-0.05396825396825397 + square * ((real)0.021869488536155203
            + square * ((real)-0.008863235529902197 + square * ((real)0.003592128036572481
            + square * ((real)-0.0014558343870513183 + square * (real)0.000590027440945586)))))));
    power = am_exp(-2 * size);
    power = (1 - power) / (1 + power);
    return x < 0 ? -power : power;
}
