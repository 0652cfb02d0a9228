// Elementwise functions.

/** Returns the logistic function. */
export function squashed(x) {
  const small = Math.exp(-Math.abs(x));
  return (x >= 0 ? 1 : small) / (1 + small);
}

/** Returns values, 0 for those below. */
export function relu(x) {
  return x.map((each) => (each <= 0 ? 0 : each));
}

/** Returns hyperbolic tangents. */
export function tanh(x) {
  return x.map((each) => Math.tanh(each));
}

/** Returns logistic functions. */
export function sigmoid(x) {
  return x.map((each) => squashed(each));
}

/** Returns exponentials of the negative values. */
export function decay(x) {
  return x.map((each) => Math.exp(-each));
}
