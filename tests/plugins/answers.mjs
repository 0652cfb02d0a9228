// Runs written modules: reads cases as JSON from standard input, and writes their answers.
import { readFileSync } from "node:fs";

const raw = (value) => {
  if (Array.isArray(value)) return value.map(raw);
  if (value === null || typeof value !== "object") return value;
  return "integer" in value ? BigInt(value.integer) : Number(value.number);
};
const plain = (value) => (typeof value === "number" && !Number.isFinite(value) ? { number: String(value) } : value);

const answers = [];
for (const { code, rows } of JSON.parse(readFileSync(0, "utf8"))) {
  const module = await import(`data:text/javascript;base64,${Buffer.from(code).toString("base64")}`);
  answers.push(
    rows.map((cells) => {
      const row = Object.fromEntries(cells.map(([name, value]) => [name, raw(value)]));
      return [plain(module.predict(row)), module.predictProba ? module.predictProba(row).map(plain) : null];
    }),
  );
}
process.stdout.write(JSON.stringify(answers));
