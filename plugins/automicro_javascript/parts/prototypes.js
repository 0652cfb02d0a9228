// Distances to points, and the nearest of them.

/** Returns squared distances to points; a relevance of 0 reads nothing. */
export function distances(x, count, points, relevances) {
  return Array.from({ length: count }, (_, point) => {
    let total = 0;
    for (let place = 0; place < x.length; place += 1) {
      const relevance = relevances[point * x.length + place];
      const apart = x[place] - points[point * x.length + place];
      if (relevance) total += relevance * (apart * apart);
    }
    return total;
  });
}

/** Returns the largest of bias minus value of each owner, and what the last output always is, if there is one. */
export function nearest(x, owners, count, bias, otherwise) {
  const result = new Array(count).fill(-Infinity);
  owners.forEach((owner, place) => {
    const value = (bias === null ? 0 : bias[place]) - x[place];
    if (value > result[owner] || Number.isNaN(value)) result[owner] = value;
  });
  return otherwise === null ? result : [...result, otherwise];
}
