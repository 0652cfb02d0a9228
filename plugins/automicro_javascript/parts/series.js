// Series as statistics of their windows.

import { number, single } from "./numbers.js";

/** Returns the numbers of a series that are there. */
export function observed(steps) {
  return Array.from(steps || [], (each) => number(each, 0)).filter((each) => !Number.isNaN(each));
}

/** Returns the mean. */
export function mean_of(values) {
  let total = 0;
  for (const value of values) total += value;
  return total / values.length;
}

/** Returns the standard deviation. */
export function spread_of(values) {
  const mean = mean_of(values);
  let total = 0;
  for (const value of values) total += (value - mean) * (value - mean);
  return Math.sqrt(total / values.length);
}

/** Returns the rise a step of the straight line nearest in squares. */
export function slope_of(values) {
  const count = values.length;
  let total = 0;
  for (let step = 0; step < count; step += 1) total += (2 * step - (count - 1)) * values[step];
  return (total * 6) / Math.max(count * (count * count - 1), 1);
}

/** Returns the mean size of a step, or the share of steps across the mean. */
export function steps_of(values, crossing) {
  const mean = mean_of(values);
  let total = 0;
  for (let place = 1; place < values.length; place += 1) {
    const [before, after] = [values[place - 1], values[place]];
    total += crossing ? Number(before > mean !== after > mean) : Math.abs(after - before);
  }
  return total / Math.max(values.length - 1, 1);
}

/** Returns the root mean square of half the differences of the means of the halves of whole blocks. */
export function energy_of(values, size) {
  const blocks = Math.floor(values.length / size);
  let total = 0;
  for (let start = 0; start < blocks * size; start += size) {
    let detail = 0;
    for (let step = 0; step < size; step += 1) {
      detail = step < size / 2 ? detail + values[start + step] : detail - values[start + step];
    }
    total += (detail / size) * (detail / size);
  }
  return Math.sqrt(total / Math.max(blocks, 1));
}

/** Returns a statistic of some numbers. */
export function statistic_of(values, statistic) {
  if (statistic.startsWith("energy")) return energy_of(values, Number(statistic.slice(7)));
  switch (statistic) {
    case "mean": return mean_of(values);
    case "spread": return spread_of(values);
    case "slope": return slope_of(values);
    case "minimum": return values.reduce((least, value) => Math.min(least, value));
    case "maximum": return values.reduce((most, value) => Math.max(most, value));
    case "first": return values[0];
    case "last": return values[values.length - 1];
    case "length": return values.length;
    default: return steps_of(values, statistic === "crossings");
  }
}

/** Returns a statistic of a window of a series, 0 where nothing of it is there. */
export function summary(values, statistic, halvings, window) {
  const count = values.length;
  if (!count) return 0;
  const start = Math.min(Math.floor((count * window) / 2 ** halvings), count - 1);
  const stop = Math.max(Math.floor((count * (window + 1)) / 2 ** halvings), start + 1);
  return single(statistic_of(values.slice(start, stop), statistic) + 0);
}
