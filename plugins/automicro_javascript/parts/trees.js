// Step tables and forests.

/**
 * Returns bias plus the values of the pieces that features fall into.
 * Places are the feature, the output and the number of pieces of each table; blocks are cuts, values and bias.
 */
export function tables(x, places, blocks, missing) {
  const [features, outputs, pieces] = places;
  const [cuts, values, bias] = blocks;
  const result = Array.from(bias);
  let cut = 0;
  let start = 0;
  for (let table = 0; table < features.length; table += 1) {
    const value = x[features[table]];
    const last = cut + pieces[table] - 1;
    let piece = 0;
    while (cut + piece < last && cuts[cut + piece] < value) piece += 1;
    result[outputs[table]] += Number.isNaN(value) && missing !== null ? missing[table] : values[start + piece];
    cut = last;
    start += pieces[table];
  }
  return result;
}

/**
 * Returns the row of leaves that a tree leads to.
 * Nodes are features (-1 at a leaf), thresholds, right children, and which splits send a missing value to the left.
 */
export function reached(x, nodes, root) {
  const [features, thresholds, nexts, left] = nodes;
  let node = root;
  while (features[node] >= 0) {
    const value = x[features[node]];
    const goes_left = Number.isNaN(value) && left !== null ? left[node] === 1 : value <= thresholds[node];
    node = goes_left ? node + 1 : nexts[node];
  }
  return nexts[node];
}

/** Returns bias plus the leaf that is reached in every tree; trees are their roots, their outputs, and the width of leaves. */
export function forest(x, nodes, trees, leaves, bias) {
  const [roots, outputs, width] = trees;
  const result = Array.from(bias);
  roots.forEach((root, tree) => {
    const row = reached(x, nodes, root);
    if (width === 1) result[outputs[tree]] += leaves[row];
    else for (let output = 0; output < width; output += 1) result[output] += leaves[row * width + output];
  });
  return result;
}
