// From scores to what is predicted.

import { squashed } from "./activations.js";

/** Returns the probabilities of two classes. */
export function logistic(scores) {
  const p = squashed(scores[0]);
  return [1 - p, p];
}

/** Returns the probabilities of classes. */
export function softmax(scores) {
  const largest = scores.reduce((most, each) => Math.max(most, each));
  const shares = scores.map((each) => Math.exp(each - largest));
  let total = 0;
  for (const share of shares) total += share;
  return shares.map((share) => share / total);
}

/** Returns exponentials. */
export function exponential(scores) {
  return scores.map((each) => Math.exp(each));
}

/** Returns values that are no less than the one and no more than the other limit. */
export function limited(values, low, high) {
  return values.map((each) => (each < low ? low : each > high ? high : each));
}

/** Returns the place of the first largest value. */
export function best(values) {
  let place = 0;
  for (let each = 1; each < values.length; each += 1) if (values[each] > values[place]) place = each;
  return place;
}
