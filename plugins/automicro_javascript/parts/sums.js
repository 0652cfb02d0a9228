// Affine maps, products and sums.

/** Returns bias plus weights times values; a weight of 0 reads nothing. */
export function affine(x, weights, bias) {
  return Array.from(bias, (start, output) => {
    let total = start;
    for (let place = 0; place < x.length; place += 1) {
      const weight = weights[output * x.length + place];
      if (weight) total += weight * x[place];
    }
    return total;
  });
}

/** Returns values times factors; a factor of 0 reads nothing. */
export function scale(x, factors) {
  return x.map((each, place) => (factors[place] ? factors[place] * each : 0));
}

/** Returns sums. */
export function add(one, other) {
  return one.map((each, place) => each + other[place]);
}
