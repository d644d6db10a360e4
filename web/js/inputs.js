// The kinds of fields that an entity can have: what the browser asks for, how a row's value is typed, and what is sent.
// `initial` is what a new one begins with. Each is required; the browser's own limits only spare a refusal of the API.

const input = (name, label, rest) => ({ name, label, required: true, of: (thing) => thing[name], ...rest });

export const text = (name, label, rest) => input(name, label, { maxlength: 200, ...rest });

export const email = (name, label, rest) => input(name, label, { kind: "email", maxlength: 254, ...rest });

export const price = (name, label, rest) => input(name, label, {
  inputmode: "decimal", hint: "A decimal number, such as 12.50",
  parse: (typed) => parsePrice(typed, label), ...rest,
});

export const integer = (name, label, { min = 0, max = Number.MAX_SAFE_INTEGER, ...rest } = {}) => input(name, label, {
  kind: "number", step: 1, min, max, parse: (typed) => parseInteger(typed, label, min, max), ...rest,
});

export const date = (name, label, rest) => input(name, label, {
  kind: "date", max: "9999-12-31", parse: (typed) => parseDate(typed, label), ...rest,
});

export const yesNo = (name, label, rest) => input(name, label, {
  kind: "select", choices: { false: "No", true: "Yes" }, initial: "false",
  of: (thing) => String(thing[name]), parse: (typed) => typed === "true", ...rest,
});

// As text, so that no digit is lost. `1,234` may be a thousand or a little more than one, so it is not guessed at.
function parsePrice(typed, label) {
  const digits = typed.trim().replace(/^([0-9]+),([0-9]{1,2})$/, "$1.$2");
  if (!/^[0-9]+(\.[0-9]+)?$/.test(digits)) throw new RangeError(`${label} must be a number, such as 12.50.`);
  return digits.replace(/^0+(?=[0-9])/, "");
}

function parseInteger(typed, label, min, max) {
  const value = Number(typed);
  if (!Number.isSafeInteger(value) || value < min || value > max) {
    throw new RangeError(`${label} must be a whole number from ${min} to ${max}.`);
  }
  return value;
}

// A browser's date field gives this form or nothing; where there is no such field, it is typed.
function parseDate(typed, label) {
  const day = typed.trim();
  const read = new Date(`${day}T00:00Z`);
  if (!/^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(day) || Number.isNaN(read.getTime()) || read.toISOString().slice(0, 10) !== day) {
    throw new RangeError(`${label} must be a date, such as 2026-01-31.`);
  }
  return day;
}
