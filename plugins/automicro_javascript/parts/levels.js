// Raw cells as levels and texts.

const BLANKS = /^[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+|[\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+$/g;
const PLAIN = /^[+-]?((\d+(_\d+)*)(\.(\d+(_\d+)*)?)?|\.\d+(_\d+)*)([eE][+-]?\d+(_\d+)*)?$/;

/** Returns a text without blanks around it. */
export function strip(text) {
  return text.replace(BLANKS, "");
}

/** Returns a text without case. */
export function fold(text) {
  const folded = (each) => {
    if (each === "\u0131") return each;
    if (/[\u13a0-\u13fd\uab70-\uabbf]/.test(each)) return each.toUpperCase();
    return each.toUpperCase().toLowerCase();
  };
  return Array.from(text, folded).join("");
}

/** Returns a number as levels have it: whole numbers without a fraction, small ones with an exponent of two digits. */
export function written_number(value) {
  if (Number.isInteger(value)) return BigInt(value).toString();
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Math.abs(value) >= 1e-4) return String(value);
  const [digits, power] = value.toExponential().split("e-");
  return `${digits}e-${power.padStart(2, "0")}`;
}

/** Returns the text of a cell; nothing if it is missing. */
export function level(value) {
  if (value === null || value === undefined || Number.isNaN(value)) return null;
  if (typeof value === "number") return written_number(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  return String(value);
}

/** Returns 1 for the wanted level, else 0. */
export function same(text, wanted) {
  return text === wanted ? 1 : 0;
}

/** Returns the value of a level. */
export function lookup(text, levels, values, otherwise) {
  const place = levels.indexOf(text);
  return place < 0 ? otherwise : values[place];
}

/** Returns a cell; nothing if it is a word for missing. */
export function worded(value, words) {
  return typeof value === "string" && words.includes(strip(value)) ? null : value;
}

/** Returns the number that a text is, or nothing. */
export function parsed(text) {
  const bare = strip(text);
  if (PLAIN.test(bare)) return Number(bare.replaceAll("_", ""));
  const word = /^([+-]?)(inf|infinity|nan)$/i.exec(bare);
  if (!word) return null;
  return word[2].toLowerCase() === "nan" ? NaN : word[1] === "-" ? -Infinity : Infinity;
}

/** Returns a text as the levels of training were written. */
export function leveled_text(value, flags) {
  let text = flags.includes("strip") ? strip(value) : value;
  text = flags.includes("fold") ? fold(strip(text)) : text;
  const number = flags.includes("parsed") ? parsed(text) : null;
  return number === null ? text : level(number);
}

/** Returns a cell as the levels of training were written. */
export function leveled(value, words, flags) {
  if (typeof value === "string") return words.includes(strip(value)) ? null : leveled_text(value, flags);
  if (typeof value === "boolean") return flags.includes("lower") || flags.includes("fold") ? String(value) : value;
  if (level(value) === null) return null;
  if (flags.includes("codes")) throw new TypeError(`text must be given, but got the number ${value}`);
  if (!flags.includes("decimal")) return value;
  return decimal(Number(value));
}

/** Returns a number with a fraction, also a whole one. */
export function decimal(value) {
  if (!Number.isInteger(value)) return written_number(value);
  if (Math.abs(value) < 1e16) return `${Object.is(value, -0) ? "-0" : value}.0`;
  const [digits, power] = value.toExponential().split("e+");
  return `${digits}e+${power.padStart(2, "0")}`;
}
