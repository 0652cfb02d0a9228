// Raw cells as float32 numbers.

const LARGEST = 3.4028234663852886e38;

/** Returns the raw value of a column. */
export function cell(row, name) {
  if (!Object.prototype.hasOwnProperty.call(row, name)) throw new TypeError(`column ${JSON.stringify(name)} must be given`);
  return row[name];
}

/** Returns a number rounded to float32; beyond its largest it is that. */
export function single(x) {
  return Math.fround(Math.min(Math.max(x, -LARGEST), LARGEST));
}

/** Returns a cell of numbers less an offset, rounded to float32; NaN if it is missing. */
export function number(value, offset) {
  if (value === null || value === undefined) return NaN;
  if (typeof value === "bigint") {
    return single(Number.isInteger(offset) ? Number(value - BigInt(offset)) : Number(value) - offset);
  }
  if (typeof value !== "number" && typeof value !== "boolean") {
    throw new TypeError(`numbers must be given, or null, but got ${JSON.stringify(value)}`);
  }
  return single(Number(value) - offset);
}

/** Returns a number, or what counts where it is missing. */
export function filled(x, fill) {
  return Number.isNaN(x) ? fill : x;
}

/** Returns 1 where a cell is missing, else 0. */
export function absent(x) {
  if (Array.isArray(x)) return x.length ? 0 : 1;
  return x === null || Number.isNaN(x) ? 1 : 0;
}

/** Returns a cell; nothing if it is one of the numbers that mean missing. */
export function without(value, numbers) {
  return typeof value !== "string" && value !== null && value !== undefined && numbers.includes(Number(value)) ? null : value;
}
