// The dialog in which one thing is made or changed. What was typed stays until it is saved or given up.

import { ApiError, call, explain } from "./api.js";
import { ask, button, confirmed, field, h, mark, show } from "./dom.js";
import { FieldError, read, refusedFields, same } from "./fields.js";
import { formatNumber } from "./format.js";

const etag = (thing) => `"${thing.version}"`;

// Resolves to {thing, saved} as it is now, to {gone: true} when somebody has deleted it, or to undefined.
export async function edit(kind, thing = null) {
  let gone = false;
  let dirty = () => false;
  let saving = false;
  let uncertain = false;
  // Not while it is being saved: whoever left would not see that it was.
  const mayLeave = () => !saving && (!dirty() || confirmed("Give up what you typed?",
    uncertain ? "It may have been saved all the same." : "It is not saved.", "Give it up", "Keep typing"));
  const result = await ask(thing ? `Edit ${kind.noun}` : `New ${kind.noun}`, (close) => {
    const problem = h("div", { class: "problem", role: "alert" });
    const submit = h("button", { class: "button primary", type: "submit" }, "Save");
    const cancel = button("Cancel", () => close());
    const controls = kind.fields.map(({ name, label, of, parse, initial, ...rest }) =>
      field(label, name, { ...rest, value: thing ? of(thing) : initial }));
    const form = h("form", { novalidate: true }, controls, problem,
      h("div", { class: "actions" }, cancel, submit));
    const before = Object.fromEntries(kind.fields.map(({ name }) => [name, form.elements[name].value]));
    const changed = () => kind.fields.filter(({ name }) => form.elements[name].value !== before[name]);
    dirty = () => changed().length > 0;
    let seen = thing;
    let latest = thing;
    let where = null;

    async function save(event) {
      event?.preventDefault();
      if (submit.disabled) return;
      show(problem);
      let body;
      try {
        // Only what was changed here: the rest may have been changed elsewhere, and stays as it is there.
        body = read(thing ? changed() : kind.fields, form);
      } catch (error) {
        if (!(error instanceof FieldError)) throw error;
        refuse(error.message, [error.control]);
        return;
      }
      if (thing && Object.keys(body).length === 0) {
        close(latest === thing ? undefined : { thing: latest, saved: false });
        return;
      }
      wait(true);
      try {
        // One address for all tries of a new line: trying again replaces it instead of adding another.
        where ??= kind.create.where();
        const answer = thing
          ? await call("PATCH", kind.one(thing), { body, ifMatch: kind.versioned ? etag(seen) : null })
          : await call(kind.create.method, where, { body });
        close({ thing: answer.body, saved: true });
      } catch (error) {
        if (error.status === 412) await conflict(body);
        else if (error instanceof ApiError) failed(error);
        else throw error;
      } finally {
        wait(false);
      }
    }

    function wait(still) {
      saving = still;
      cancel.disabled = still;
      submit.disabled = still || gone;
    }

    function refuse(message, invalid) {
      show(problem, h("p", {}, message));
      for (const control of invalid) mark(control, true);
      invalid[0]?.focus();
    }

    function failed(error) {
      if (error.status === 404 && thing) {
        deleted();
        return;
      }
      if (error.status === 400) {
        refuse(explain(error), refusedFields(error.message, form));
        return;
      }
      const retry = error.status === 0 || error.status >= 500;
      uncertain ||= retry;
      show(problem, h("p", {}, explain(error), retry && " Nothing of what you typed is lost."),
        // An answer that was lost may have been a yes; only what has an address of its own can be sent twice.
        retry && !thing && kind.create.method === "POST" && h("p", {}, "It may have been saved all the same: look at the list before you try again."),
        retry && button("Try again", () => save()));
    }

    function deleted() {
      gone = true;
      show(problem, h("p", {}, `Somebody has deleted this ${kind.noun} meanwhile.`));
    }

    async function conflict(mine) {
      try {
        latest = (await call("GET", kind.one(thing))).body;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        failed(error);
        return;
      }
      const now = latest;
      const wanted = { ...now, ...mine };
      if (same(kind, now, wanted)) {
        // Most likely this is what was saved before, by a try whose answer was lost.
        close({ thing: now, saved: true });
        return;
      }
      show(problem,
        h("p", {}, `Changed meanwhile: version ${formatNumber(now.version)} is not the one you began with.`),
        h("table", { class: "versions" },
          h("thead", {}, h("tr", {}, ["Field", "Theirs, saved", "Yours, not saved"].map((text) => h("th", { scope: "col" }, text)))),
          h("tbody", {}, kind.fields.map(({ label, of }) => h("tr", {},
            h("th", { scope: "row" }, label), h("td", {}, String(of(now))), h("td", {}, String(of(wanted))))))),
        h("div", { class: "actions" },
          button("Keep theirs", () => close({ thing: now, saved: false })),
          button("Save mine over it", () => { seen = now; save(); }, { kind: "primary" })));
      problem.querySelector("button").focus();
    }

    form.addEventListener("submit", save);
    return form;
  }, mayLeave);
  return gone ? { gone } : result;
}
