// An item's attributes as lines, `name: value`, and back: each line reads back as exactly what it was written from.

import { Exact, parse, write } from "./exact.js";

// A name in quotes may hold a colon. What reads as a JSON string, number or boolean is one, anything else is text.
const LINE = /^(?:("(?:[^"\\]|\\.)*")\s*|([^:]*)):(.*)$/s;

function readLine(line) {
  const [, quoted, bare = "", value] = LINE.exec(line.trim()) ?? [];
  const name = quoted ? scalar(quoted) : bare.trim();
  if (typeof name !== "string" || !name) throw new RangeError(`“${line.trim()}” is no attribute: write name: value.`);
  return [name, scalar(value.trim())];
}

function scalar(text) {
  try {
    const value = parse(text);
    return typeof value === "object" && !(value instanceof Exact) ? text : value;
  } catch {
    return text;
  }
}

function readsBack(line, entry) {
  try {
    return !/[\r\n]/.test(line) && write(readLine(line)) === write(entry);
  } catch {
    return false;
  }
}

// As plain as it may be, in quotes where it must.
function writeLine([name, value]) {
  const values = typeof value === "string" ? [value, write(value)] : [write(value)];
  const lines = [name, write(name)].flatMap((each) => values.map((text) => `${each}: ${text}`));
  return lines.find((line) => readsBack(line, [name, value]));
}

// By name, since DynamoDB keeps no order.
export const attributeLines = (attributes) => Object.entries(attributes ?? {})
  .sort(([one], [other]) => (one < other ? -1 : 1)).map(writeLine);

export function parseAttributes(text) {
  const entries = text.split("\n").filter((line) => line.trim()).map(readLine);
  const names = new Set();
  for (const [name] of entries) {
    if (names.has(name)) throw new RangeError(`“${name}” is there twice.`);
    names.add(name);
  }
  return Object.fromEntries(entries);
}
