// The dialog in which one thing is made or changed. What was typed stays until it is saved or given up.

import { ApiError, call, explain } from "./api.js";
import { ask, button, field, h, show } from "./dom.js";
import { formatNumber } from "./format.js";

const etag = (thing) => `"${thing.version}"`;

// Resolves to what was saved, or undefined.
export function edit(kind, thing = null) {
  return ask(thing ? `Edit ${kind.noun}` : `New ${kind.noun}`, (close) => {
    const problem = h("div", { class: "problem", role: "alert" });
    const submit = h("button", { class: "button primary", type: "submit" }, "Save");
    const controls = kind.fields.map(({ name, label, of, parse, ...rest }) =>
      field(label, name, { ...rest, value: thing || name === "quantity" ? of(thing) : "" }));
    const form = h("form", { novalidate: true }, controls, problem,
      h("div", { class: "actions" }, button("Cancel", () => close()), submit));
    let seen = thing;
    let where = null;

    async function save(event) {
      event?.preventDefault();
      if (submit.disabled) return;
      show(problem);
      let body;
      try {
        body = read(kind, form);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        show(problem, h("p", {}, error.message));
        return;
      }
      submit.disabled = true;
      try {
        // One address for all tries of a new line: trying again replaces it instead of adding another.
        where ??= kind.create.where();
        const answer = thing
          ? await call("PATCH", kind.one(thing), { body, ifMatch: kind.versioned ? etag(seen) : null })
          : await call(kind.create.method, where, { body });
        close(answer.body);
      } catch (error) {
        if (error.status === 412) await conflict(body);
        else if (error instanceof ApiError) failed(error);
        else throw error;
      } finally {
        submit.disabled = false;
      }
    }

    function failed(error) {
      const retry = error.status === 0 || error.status >= 500;
      show(problem, h("p", {}, explain(error)),
        // An answer that was lost may have been a yes; only what has an address of its own can be sent twice.
        retry && !thing && kind.create.method === "POST" && h("p", {}, "It may have been saved all the same: look at the list before you try again."),
        retry && button("Try again", () => save()));
    }

    async function conflict(mine) {
      let now;
      try {
        now = (await call("GET", kind.one(thing))).body;
      } catch (error) {
        show(problem, h("p", {}, error.status === 404 ? `Somebody has deleted this ${kind.noun} meanwhile.` : explain(error)));
        return;
      }
      const mineAsThing = { ...thing, ...mine };
      show(problem,
        h("p", {}, `Changed meanwhile: version ${formatNumber(now.version)} is not the one you began with.`),
        h("table", { class: "versions" },
          h("thead", {}, h("tr", {}, ["Field", "Theirs, saved", "Yours, not saved"].map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", {}, kind.fields.map(({ label, of }) => h("tr", {},
            h("th", { scope: "row" }, label), h("td", {}, String(of(now))), h("td", {}, String(of(mineAsThing))))))),
        h("div", { class: "actions" },
          button("Keep theirs", () => close(now)),
          button("Save mine over it", () => { seen = now; save(); }, { kind: "primary" })));
      problem.querySelector("button").focus();
    }

    form.addEventListener("submit", save);
    return form;
  });
}

function read(kind, form) {
  return Object.fromEntries(kind.fields.map(({ name, label, required, parse = (text) => text }) => {
    const text = form.elements[name].value;
    if (required && !text.trim()) {
      form.elements[name].focus();
      throw new RangeError(`${label} is needed.`);
    }
    return [name, parse(text)];
  }));
}
