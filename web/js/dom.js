// Makes elements. Text only ever becomes text: nothing here, or anywhere else, parses markup.

export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function show(parent, ...children) {
  parent.replaceChildren(...children.flat().filter(Boolean));
}

const said = () => document.getElementById("said");
let clearing = 0;

// For results that need no answer; a screen reader says them.
export function say(text) {
  clearTimeout(clearing);
  said().textContent = text;
  clearing = setTimeout(() => { said().textContent = ""; }, 6000);
}

let ids = 0;

export function field(label, name, { kind = "text", hint, ...attributes } = {}) {
  const id = `field-${++ids}`;
  const control = makeControl(kind, { id, name, ...attributes });
  if (hint) control.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { for: id }, label), control,
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint));
}

// `choices` of a select are its options, by value.
function makeControl(kind, { value = "", choices = {}, ...attributes }) {
  if (kind !== "select" && kind !== "textarea") return h("input", { type: kind, value, ...attributes });
  const options = Object.entries(choices).map(([each, text]) => h("option", { value: each }, text));
  const control = kind === "select" ? h("select", attributes, options) : h("textarea", { rows: 4, ...attributes });
  control.value = value;
  return control;
}

export function mark(control, invalid) {
  control.setAttribute("aria-invalid", String(invalid));
}

export function button(text, onclick, { kind = "", ...attributes } = {}) {
  return h("button", { type: "button", class: `button ${kind}`, onclick, ...attributes }, text);
}

// A modal dialog that is gone when it closes; `build` gets a function that closes it with a result. `mayLeave` is asked
// before Escape or another view closes it; null lets neither.
export function ask(title, build, mayLeave = () => true) {
  return new Promise((resolve) => {
    const id = `dialog-${++ids}`;
    let result;
    const dialog = h("dialog", { "aria-labelledby": id });
    const close = (value) => { result = value; dialog.close(); };
    dialog.append(h("h2", { id }, title), ...[build(close)].flat());
    const leave = async (event) => {
      event.preventDefault();
      if (await mayLeave?.()) dialog.close();
    };
    // The key itself too: a browser lets a page prevent "cancel" once, and then closes without asking.
    dialog.addEventListener("keydown", (event) => { if (event.key === "Escape" && !event.isComposing) leave(event); });
    dialog.addEventListener("cancel", leave);
    dialog.addEventListener("close", () => { dialogs.delete(dialog); dialog.remove(); resolve(result); });
    dialogs.set(dialog, mayLeave);
    document.body.append(dialog);
    dialog.showModal();
  });
}

const dialogs = new Map();

export function closeDialogs() {
  for (const dialog of dialogs.keys()) dialog.close();
}

// Closes what may be closed, the topmost first; resolves to whether nothing that was typed would be lost.
export async function leaveDialogs() {
  for (const [dialog, mayLeave] of [...dialogs].reverse()) {
    if (!dialog.open || !mayLeave) continue;
    if (!(await mayLeave())) return false;
    dialog.close();
  }
  return true;
}

export function confirmed(title, text, action, otherwise = "Cancel") {
  return ask(title, (close) => [
    h("p", {}, text),
    h("div", { class: "actions" },
      button(otherwise, () => close(false)),
      button(action, () => close(true), { kind: "danger" })),
  ]);
}
