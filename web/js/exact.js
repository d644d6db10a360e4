// JSON whose numbers keep every digit. `JSON.parse` alone makes floats of them, and not every browser in use has
// `context.source` and `JSON.rawJSON`.

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/g;

// A number that a float would not write as it stands.
export class Exact {
  constructor(literal) {
    this.literal = literal;
  }

  toString() {
    return this.literal;
  }
}

export function parse(text) {
  const mark = crypto.randomUUID(); // which no text from elsewhere can begin with
  const marked = text.replace(STRING_OR_NUMBER, (token) =>
    (token.startsWith('"') || String(Number(token)) === token ? token : `"${mark}${token}"`));
  return JSON.parse(marked, (_, value) =>
    (typeof value === "string" && value.startsWith(mark) ? new Exact(value.slice(mark.length)) : value));
}

export function write(value) {
  if (value instanceof Exact) return value.literal;
  if (value === null || typeof value !== "object") return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(write).join(",")}]`;
  return `{${Object.entries(value).map(([name, each]) => `${JSON.stringify(name)}:${write(each)}`).join(",")}}`;
}
