// Tokens, and heads that weigh them.

/** Returns tokens, one after the other, NaN where one is absent; flags are whether weights are shared, and zeros absent. */
export function tokens(x, features, sizes, weights, positions, flags) {
  const [shared, sparse] = flags;
  const width = positions.length / sizes.length;
  const result = [];
  let first = 0;
  sizes.forEach((size, token) => {
    const made = Array.from(positions.slice(token * width, (token + 1) * width));
    let there = false;
    for (let slot = 0; slot < size; slot += 1) {
      const value = x[features[first + slot]];
      if (Number.isNaN(value) || (sparse && value === 0)) continue;
      there = true;
      for (let k = 0; k < width; k += 1) made[k] += value * weights[(shared ? slot : first + slot) * width + k];
    }
    result.push(...(there ? made : made.fill(NaN)));
    first += size;
  });
  return result;
}

/** Returns tokens, nothing for those that are absent. */
export function token_list(x, width) {
  const made = [];
  for (let start = 0; start < x.length; start += width) {
    const token = x.slice(start, start + width);
    made.push(token.every(Number.isFinite) ? token : null);
  }
  return made;
}

/** Returns the sum of products. */
export function product(one, other) {
  let total = 0;
  for (let k = 0; k < one.length; k += 1) total += one[k] * other[k];
  return total;
}

/** Returns the sum of tokens, weighed by the softmax of how well they answer a query. */
export function weighed(query, known) {
  const result = new Array(query.length).fill(0);
  const there = known.filter((token) => token !== null);
  if (!there.length) return result;
  const logits = there.map((token) => product(query, token));
  const largest = logits.reduce((most, each) => Math.max(most, each));
  const shares = logits.map((each) => Math.exp(each - largest));
  let total = 0;
  for (const share of shares) total += share;
  there.forEach((token, place) => {
    for (let k = 0; k < result.length; k += 1) result[k] += (shares[place] / total) * token[k];
  });
  return result;
}

/** Returns weighed sums of tokens, one for each query. */
export function pooled(x, width, queries) {
  const known = token_list(x, width);
  const result = [];
  for (let start = 0; start < queries.length; start += width) {
    result.push(...weighed(queries.slice(start, start + width), known));
  }
  return result;
}

/** Returns what a token asks for: the weighed sums of all heads. */
export function asked(token, known, queries) {
  const width = token.length;
  const joined = [];
  for (let start = 0; start < queries.length; start += width * width) {
    const query = new Array(width).fill(0);
    for (let k = 0; k < width; k += 1) {
      for (let j = 0; j < width; j += 1) query[j] += token[k] * queries[start + k * width + j];
    }
    joined.push(...weighed(query, known));
  }
  return joined;
}

/** Returns tokens to which the weighed sums are added that they ask for, by a matrix (width, heads * width). */
export function mixed(x, width, queries, mixing) {
  const known = token_list(x, width);
  return known.flatMap((token) => {
    if (token === null) return new Array(width).fill(NaN);
    const joined = asked(token, known, queries);
    const made = Array.from(token);
    for (let k = 0; k < joined.length; k += 1) {
      for (let j = 0; j < width; j += 1) made[j] += joined[k] * mixing[j * joined.length + k];
    }
    return made;
  });
}
