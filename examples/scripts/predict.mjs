// Predicts one penguin with the module that make.py has written: node predict.mjs FOLDER
import { pathToFileURL } from "node:url";

const { inputs, labels, predict, predictProba } = await import(`${pathToFileURL(process.argv[2])}/penguins.js`);
const penguin = {
  island: "Torgersen",
  bill_length_mm: 39.1,
  bill_depth_mm: 18.7,
  flipper_length_mm: 181,
  body_mass_g: 3750,
  sex: "male",
};
const row = Object.fromEntries(inputs.map((name) => [name, penguin[name] ?? null]));
console.log(predict(row));
predictProba(row).forEach((share, place) => console.log(labels[place], share.toFixed(3)));
