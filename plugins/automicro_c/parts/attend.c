/* Weights of tokens that add up to 1, by how well they answer what is asked; those that are not finite are absent and weigh 0. */
static void am_attend(const real *tokens, unsigned count, unsigned width, const real *asked, real *weights)
{
    real largest = 0, total = 0;
    unsigned t, k, some = 0;
    for (t = 0; t < count; t++) {
        real answer = 0, nothing = 0;
        for (k = 0; k < width; k++) {
            const real z = tokens[t * width + k];
            nothing += z - z;
            answer += asked[k] * z;
        }
        weights[t] = answer + nothing;
        if (nothing == 0 && (!some || answer > largest)) {
            largest = answer;
            some = 1;
        }
    }
    for (t = 0; t < count; t++) {
        weights[t] = weights[t] - weights[t] == 0 ? am_exp(weights[t] - largest) : 0;
        total += weights[t];
    }
    for (t = 0; t < count; t++)
        weights[t] = total > 0 ? weights[t] / total : 0;
}
