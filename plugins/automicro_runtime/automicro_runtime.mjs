// Loads any model file of automicro in a browser or in node, and predicts. Needs automicro_runtime.wasm beside it, or its bytes.
//
//     import { load } from "./automicro_runtime.mjs";
//     const model = await load(new Uint8Array(await (await fetch("model.micro")).arrayBuffer()));
//     model.predict([5.1, "red", null]);   // one cell for each column that the model reads, or an object by the names of its columns

const STATUS = ["", "damaged", "unknown", "left out", "no room", "wrong cell"];
const KINDS = ["any", "numeric", "category", "text", "series"];
const [MISSING, , DOUBLE, INTEGER, TEXT, , SERIES] = [0, 1, 2, 3, 4, 5, 6];
const CELL = 16; // bytes of a cell
const NO_ROOM = 4;

/** A file that is no model, a row that the model cannot read, or too little memory. */
export class MicroError extends Error {
  constructor(message, status) {
    super(message);
    this.name = "MicroError";
    this.status = status;
  }
}

/**
 * Return a model.
 * @param {Uint8Array} file bytes of a model file
 * @param {Uint8Array | WebAssembly.Module} [wasm] the runtime; by default the file automicro_runtime.wasm beside this one
 */
export async function load(file, wasm) {
  const source = wasm ?? (await beside("automicro_runtime.wasm"));
  const made = await WebAssembly.instantiate(source, {});
  return new Model((made.instance ?? made).exports, file, await namesOf(file));
}

async function beside(name) {
  const url = new URL(name, import.meta.url);
  if (url.protocol !== "file:") return new Uint8Array(await (await fetch(url)).arrayBuffer());
  return (await import("node:fs/promises")).readFile(url);
}

/** Return the names of columns from the card of a file, by their place; nothing without a card. */
async function namesOf(file) {
  if (file[0] !== 0xb6 || file.length < 6) return [];
  const at = 5 + new DataView(file.buffer, file.byteOffset).getUint32(1);
  if (at >= file.length) return []; // the runtime refuses the file
  try {
    const text = await new Response(new Blob([file.subarray(at)]).stream().pipeThrough(new DecompressionStream("deflate"))).text();
    return JSON.parse(text).card.columns.map((column) => String(column.name));
  } catch {
    throw new MicroError("a card must be JSON packed by zlib, but is not; the file is damaged", "damaged");
  }
}

export class Model {
  constructor(runtime, file, names) {
    this.runtime = runtime;
    this.top = (runtime.__heap_base.value + 15) & ~15;
    this.at = this.take(runtime.automicro_model_size());
    this.open(file);
    const count = runtime.automicro_inputs(this.at) >>> 0;
    /** Columns that the model reads: their place, kind, and name if the file has a card. */
    this.inputs = Array.from({ length: count }, (_, input) => {
      const column = runtime.automicro_input_column(this.at, input) >>> 0;
      return { column, kind: KINDS[runtime.automicro_input_kind(this.at, input)], name: names[column] };
    });
    this.width = runtime.automicro_prediction_count(this.at) >>> 0;
    this.isOfGraphs = runtime.automicro_reads_graphs(this.at) !== 0;
    /** Labels of the classes; null if the model predicts numbers. */
    this.labels = this.label(0) === undefined ? null : Array.from({ length: this.width }, (_, place) => this.label(place));
  }

  /** Return room in the memory of the runtime; room that was taken after `top` was put back is used anew. */
  take(bytes) {
    const at = this.top;
    this.top = (at + bytes + 15) & ~15;
    const memory = this.runtime.memory;
    const missing = this.top - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 65536));
    return at;
  }

  /** Open a file in an arena that is doubled until it has room for the model. */
  open(file) {
    const data = this.take(file.length);
    const reason = this.take(4);
    this.bytes(data, file.length).set(file);
    for (let size = 1 << 14; ; size *= 2) {
      const arena = this.take(size);
      const status = this.runtime.automicro_open(this.at, data, file.length, arena, size, reason);
      if (status === 0) return;
      this.top = arena;
      if (status !== NO_ROOM || size >= 1 << 29) throw new MicroError(this.text(this.view().getUint32(reason, true)), STATUS[status]);
    }
  }

  view() {
    return new DataView(this.runtime.memory.buffer);
  }

  bytes(at, length) {
    return new Uint8Array(this.runtime.memory.buffer, at, length);
  }

  text(at, length) {
    const all = new Uint8Array(this.runtime.memory.buffer);
    return new TextDecoder().decode(all.slice(at, length === undefined ? all.indexOf(0, at) : at + length));
  }

  label(place) {
    const before = this.top;
    const at = this.take(16);
    this.runtime.automicro_label_of(at, this.at, place);
    const view = this.view();
    this.top = before;
    switch (view.getUint32(at, true)) {
      case 1:
        return Number(view.getBigInt64(at + 8, true));
      case 2:
        return view.getBigInt64(at + 8, true) !== 0n;
      case 3:
        return view.getFloat64(at + 8, true);
      case 4:
        return this.text(view.getUint32(at + 8, true), view.getUint32(at + 4, true));
      default:
        return undefined;
    }
  }

  /** Return the cells of a row in the order of the inputs. */
  cellsOf(row) {
    if (Array.isArray(row) || ArrayBuffer.isView(row)) {
      if (row.length !== this.inputs.length)
        throw new MicroError(`a row must have ${this.inputs.length} cells, one for each input, but has ${row.length}`, "wrong cell");
      return row;
    }
    return this.inputs.map(({ name, column }) => {
      const key = name ?? String(column);
      if (!Object.hasOwn(row, key)) throw new MicroError(`a row must have the column ${JSON.stringify(key)}, but has not`, "wrong cell");
      return row[key];
    });
  }

  write(at, cell, kind) {
    const number = typeof cell === "boolean" && kind !== "category" && kind !== "text" ? Number(cell) : cell;
    let [is, length, put] = [MISSING, 0, (view) => view.setFloat64(at + 8, 0, true)];
    if (number === null || number === undefined || Number.isNaN(number)) {
      // missing
    } else if (kind === "category" || kind === "text" || typeof number === "string") {
      const text = new TextEncoder().encode(typeof number === "string" ? number : words(number));
      const place = this.take(text.length);
      this.bytes(place, text.length).set(text);
      [is, length, put] = [TEXT, text.length, (view) => view.setUint32(at + 8, place, true)];
    } else if (typeof number === "number") {
      [is, put] = [DOUBLE, (view) => view.setFloat64(at + 8, number, true)];
    } else if (typeof number === "bigint") {
      [is, put] = [INTEGER, (view) => view.setBigInt64(at + 8, number, true)];
    } else {
      const steps = Float32Array.from(number, (step) => (step === null ? NaN : step));
      const place = this.take(4 * steps.length);
      new Float32Array(this.runtime.memory.buffer, place, steps.length).set(steps);
      [is, length, put] = [SERIES, steps.length, (view) => view.setUint32(at + 8, place, true)];
    }
    const view = this.view(); // after room was taken, which may have moved the memory
    view.setUint32(at, is, true);
    view.setUint32(at + 4, length, true);
    put(view);
  }

  writeRows(rows) {
    const at = this.take(CELL * rows.length * this.inputs.length);
    rows.forEach((row, place) => {
      const cells = this.cellsOf(row);
      this.inputs.forEach(({ kind }, input) => this.write(at + CELL * (place * this.inputs.length + input), cells[input], kind));
    });
    return at;
  }

  answer(at, count) {
    const numbers = Array.from(new Float64Array(this.runtime.memory.buffer, at, count * this.width));
    return Array.from({ length: count }, (_, row) => numbers.slice(row * this.width, (row + 1) * this.width));
  }

  checked(status) {
    if (status) throw new MicroError("a cell must be of the kind of its column, but one is not", STATUS[status]);
  }

  /** Return the probabilities of the classes, or the predicted numbers, of one row. */
  probabilities(row) {
    const before = this.top;
    try {
      const out = this.take(8 * this.width);
      this.checked(this.runtime.automicro_predict(this.at, this.writeRows([row]), out));
      return this.answer(out, 1)[0];
    } finally {
      this.top = before;
    }
  }

  /** Return the predicted label of one row, or the predicted number, or several in an array. */
  predict(row) {
    return this.named(this.probabilities(row));
  }

  named(numbers) {
    if (this.labels === null) return numbers.length === 1 ? numbers[0] : numbers;
    const firstNaN = numbers.findIndex(Number.isNaN);
    return this.labels[firstNaN >= 0 ? firstNaN : numbers.indexOf(Math.max(...numbers))];
  }

  /**
   * Return what `probabilities` returns, for every node or for every graph.
   * @param {{rows: Array, edges: [number[], number[]], attributes?: number[][], starts?: number[]}} graph rows of nodes; edges lead from
   *   the first to the second list; starts are the first nodes of the graphs, and the number of nodes
   */
  graphProbabilities({ rows, edges, attributes = [], starts = [0, rows.length] }) {
    const before = this.top;
    try {
      const width = attributes.length ? attributes[0].length : 0;
      const cells = this.writeRows(rows);
      const whole = (list) => this.list(Uint32Array, list);
      const fields = [
        ...[rows.length, edges[0].length, width, starts.length - 1],
        ...[whole(edges[0]), whole(edges[1]), width ? this.list(Float32Array, attributes.flat()) : 0, whole(starts)],
      ];
      const graph = whole(fields);
      const size = this.runtime.automicro_graph_room(this.at, graph) >>> 0;
      const room = this.take(size);
      const count = this.runtime.automicro_predicts_graphs(this.at) ? starts.length - 1 : rows.length;
      const out = this.take(8 * this.width * Math.max(count, 1));
      this.checked(this.runtime.automicro_predict_graphs(this.at, cells, graph, room, size, out));
      return this.answer(out, count);
    } finally {
      this.top = before;
    }
  }

  list(kind, numbers) {
    const at = this.take(4 * numbers.length);
    new kind(this.runtime.memory.buffer, at, numbers.length).set(numbers);
    return at;
  }
}

/** Return a number or a boolean in words, as levels are: True, 3, 0.5, 1e-07. */
function words(cell) {
  if (typeof cell === "boolean") return cell ? "True" : "False";
  if (typeof cell !== "number") return String(cell);
  if (Number.isInteger(cell)) return BigInt(cell).toString();
  if (!Number.isFinite(cell)) return cell > 0 ? "inf" : "-inf";
  return Math.abs(cell) < 1e-4 ? cell.toExponential().replace(/e-(\d)$/, "e-0$1") : String(cell);
}
