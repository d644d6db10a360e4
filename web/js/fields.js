// What is typed into the fields of one kind of thing, as the API takes it.

import { mark } from "./dom.js";

export class FieldError extends Error {
  constructor(message, control) {
    super(message);
    this.control = control;
  }
}

// Throws FieldError, with the control to mend.
export function read(fields, form) {
  for (const control of named(form)) mark(control, false);
  return Object.fromEntries(fields.map(({ name, label, required, parse = (text) => text }) => {
    const control = form.elements[name];
    if (required && !control.value.trim()) throw new FieldError(`${label} is needed.`, control);
    try {
      return [name, parse(control.value)];
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      throw new FieldError(error.message, control);
    }
  }));
}

// The controls that a refusal of the API names: `price: must be a number; attributes.kg: …`.
export function refusedFields(message, form) {
  const names = message.split("; ").map((part) => part.split(/[.:]/, 1)[0]);
  return named(form).filter((control) => names.includes(control.name));
}

const named = (form) => [...form.elements].filter((control) => control.name);

export const same = (kind, one, other) => kind.fields.every(({ of }) => String(of(one)) === String(of(other)));
