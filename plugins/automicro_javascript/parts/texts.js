// Texts as hashed grams.

import { single } from "./numbers.js";

/** Returns the tokens of a text, each as its characters: words, and symbols beyond ASCII. */
export function tokens_of(text, prefix) {
  const found = text.toLowerCase().match(/[\p{L}\p{N}_]+|\p{S}/gu) || [];
  const kept = found.filter((token) => token.codePointAt(0) > 127 || /^[\p{L}\p{N}_]/u.test(token));
  return kept.map((token) => (prefix ? Array.from(token).slice(0, prefix).join("") : token));
}

/** Returns the 32-bit FNV-1a hash of the UTF-8 of a gram. */
export function hashed(gram) {
  let result = 2166136261;
  const add = (byte) => {
    result = Math.imul(result ^ byte, 16777619) >>> 0;
  };
  for (const character of gram) {
    const point = character.codePointAt(0);
    const more = point < 0x80 ? 0 : point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    add(more ? ([0, 0xc0, 0xe0, 0xf0][more] | (point >> (6 * more))) : point);
    for (let rest = more - 1; rest >= 0; rest -= 1) add(0x80 | ((point >> (6 * rest)) & 0x3f));
  }
  return result;
}

/** Returns how much of a text falls into each bucket; units are whether grams are of words, their sizes, and the prefix. */
export function grams(text, units, buckets, bits, counted, scaled) {
  const [words, sizes, prefix] = units;
  const tokens = text === null ? [] : tokens_of(text, prefix);
  const letters = words ? tokens : Array.from(tokens.length ? ` ${tokens.join(" ")} ` : "");
  const made = buckets.map(() => 0);
  let total = 0;
  for (const size of sizes) {
    for (let start = 0; start + size <= letters.length; start += 1) {
      const code = hashed(letters.slice(start, start + size).join(words ? " " : ""));
      const place = buckets.indexOf(((code >>> bits) ^ code) & (2 ** bits - 1));
      total += 1;
      if (place >= 0) made[place] += 1;
    }
  }
  const root = scaled && total ? Math.sqrt(total) : 1;
  return made.map((count) => (count ? single((counted ? count : 1) / root) : 0));
}
