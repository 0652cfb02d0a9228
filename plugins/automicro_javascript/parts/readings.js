// Numbers, dates, times of day and durations that may be written as text.

import { fold, strip } from "./levels.js";

const BESIDE = [
  "", "?", "#n/a", "nan", "-nan", "nat", "null", "<na>", "na", "n/a", "none", "n.a.", "n.a", "nil", "-", "--", "---", ".",
  "unknown", "unk", "missing", "not available", "(null)", "\\n", "#value!", "#div/0!", "#ref!", "#num!", "#name?",
];
const CURRENCY = "[$\u20ac\u00a3\u00a5\u20b9]|USD|EUR|GBP|CHF|JPY|CNY|INR|AUD|CAD";
const TIME = "(?:(?:[ T]|, )(?<hour>\\d{1,2}):(?<minute>\\d{2})(?::(?<second>\\d{2}(?:\\.\\d+)?))?(?: ?(?<half>[AaPp][Mm]))?)?";
const YEAR = "(?<year>\\d{4})";
const DAY = "(?<day>\\d{1,2})";
const MONTH = "(?<month>\\d{1,2})";
const NAME = "(?<name>[A-Za-z]{3,9})\\.?";
const FORMS = {
  "year-month-day": `${YEAR}(?<sep>[-/.])${MONTH}\\k<sep>${DAY}${TIME}(?<zone>Z|[+-]\\d{2}:?\\d{2})?`,
  "day.month.year": `${DAY}\\.${MONTH}\\.${YEAR}${TIME}`,
  "day/month/year": `${DAY}(?<sep>[-/])${MONTH}\\k<sep>${YEAR}${TIME}`,
  "month/day/year": `${MONTH}(?<sep>[-/])${DAY}\\k<sep>${YEAR}${TIME}`,
  "day month-name year": `${DAY}[ -]${NAME}[ -]${YEAR}${TIME}`,
  "month-name day, year": `${NAME} ${DAY},? ${YEAR}${TIME}`,
  "month-name year": `${NAME}[ -]${YEAR}`,
  "year-month": `${YEAR}[-/]${MONTH}`,
};
const MONTHS = [
  "january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december",
];

/** Returns whether a cell among numbers or dates is missing. */
export function missing(value, words) {
  if (typeof value === "string") return BESIDE.includes(fold(strip(value))) || words.includes(strip(value));
  return value === null || value === undefined || Number.isNaN(value) || (value instanceof Date && Number.isNaN(value.getTime()));
}

/** Throws an error that says what a cell must hold. */
export function refused(what, value) {
  throw new TypeError(`${what} must be given, but got ${JSON.stringify(value)}`);
}

/** Returns a number, which may be written as text with marks, a currency, a sign of percent or a unit. */
export function written(value, words, thousands, point) {
  if (missing(value, words)) return NaN;
  if (typeof value !== "string") return value;
  const [mark, dot] = [thousands, point].map((each) => (/[.,']/.test(each) ? `[${each}]` : each));
  const digits = `(?:\\d{1,3}(?:${mark}\\d{3})+|\\d+)(?:${dot}\\d*)?|${dot}\\d+`;
  const pattern = new RegExp(
    `^(\\()?\\s*([+-])?\\s*(${CURRENCY})?\\s*([+-])?\\s*(${digits})([eE][+-]?\\d+)?(\\s*(?:%|\u2030|${CURRENCY})|\\s+\\p{L}[\\p{L}\\p{M}]*)?\\s*(\\))?$`,
    "u",
  );
  const found = pattern.exec(strip(value.replace(/[\u00a0\u202f]/g, " ").replace(/\u2212/g, "-")));
  if (!found || Boolean(found[1]) !== Boolean(found[8]) || (found[2] && found[4])) refused("a number", value);
  const signs = (found[2] || "") + (found[4] || "");
  if (found[1] && signs) refused("a number", value);
  const size = Number(found[5].replaceAll(thousands, "").replace(point, ".") + (found[6] || ""));
  return signs.includes("-") || found[1] ? -size : size;
}

/** Returns the days from 1970 to a date of the Gregorian calendar, NaN if there is no such day. */
export function day_number(year, month, day) {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const is_day = year >= 1 && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return is_day ? date.getTime() / 86400000 : NaN;
}

/** Returns the seconds since midnight, NaN if there is no such time. */
export function day_seconds(parts) {
  if (parts.hour === undefined) return 0;
  let hour = Number(parts.hour);
  const half = (parts.half || "").toLowerCase();
  if (half && (hour < 1 || hour > 12)) return NaN;
  if (half) hour = (hour % 12) + (half === "pm" ? 12 : 0);
  const [minute, second] = [Number(parts.minute), Number(parts.second || 0)];
  return hour > 23 || minute > 59 || second >= 61 ? NaN : 3600 * hour + 60 * minute + second;
}

/** Returns how far a zone is ahead of UTC. */
export function zone_seconds(zone) {
  if (zone === undefined || zone === "Z") return 0;
  const digits = zone.slice(1).replace(":", "");
  return (3600 * Number(digits.slice(0, 2)) + 60 * Number(digits.slice(2))) * (zone[0] === "-" ? -1 : 1);
}

/** Returns the number of a month. */
export function month_of(parts) {
  if (parts.name === undefined) return Number(parts.month);
  const name = parts.name.toLowerCase();
  if (name === "sept") return 9;
  return MONTHS.findIndex((each) => each === name || each.slice(0, 3) === name) + 1;
}

/** Returns the seconds since 1970 of a date, as text or as a Date, NaN if it is missing. */
export function moment(value, words, form) {
  if (missing(value, words)) return NaN;
  if (value instanceof Date) return value.getTime() / 1000;
  const found = typeof value === "string" ? new RegExp(`^(?:${FORMS[form]})$`).exec(strip(value)) : null;
  if (!found) refused("a date", value);
  const parts = found.groups;
  const days = day_number(Number(parts.year), month_of(parts), Number(parts.day || 1));
  const seconds = days * 86400 + day_seconds(parts) - zone_seconds(parts.zone);
  return Number.isNaN(seconds) ? refused("a date", value) : seconds;
}

/** Returns a part of a moment: days since a day, year, month, weekday or hour. */
export function part(seconds, wanted, origin) {
  if (Number.isNaN(seconds)) return seconds;
  if (wanted === "days") return seconds / 86400 - day_number(...origin.split("-").map(Number));
  const days = Math.floor(seconds / 86400);
  if (wanted === "weekday") return (((days + 3) % 7) + 7) % 7;
  if (wanted === "hour") return Math.floor((seconds - days * 86400) / 3600);
  const date = new Date(days * 86400000);
  return wanted === "year" ? date.getUTCFullYear() : date.getUTCMonth() + 1;
}

/** Returns the hours since midnight of a time of day, NaN if it is missing. */
export function clock(value, words) {
  if (missing(value, words)) return NaN;
  const pattern = /^(?<hour>\d{1,2}):(?<minute>\d{2})(?::(?<second>\d{2}(?:\.\d+)?))?$/;
  const found = typeof value === "string" ? pattern.exec(strip(value)) : null;
  const seconds = found ? day_seconds(found.groups) : NaN;
  return Number.isNaN(seconds) ? refused("a time of day", value) : seconds / 3600;
}

/** Returns the days of a duration, which is given in milliseconds; NaN if it is missing. */
export function duration(value, words) {
  if (missing(value, words)) return NaN;
  return typeof value === "number" ? value / 86400000 : refused("a number of milliseconds", value);
}
