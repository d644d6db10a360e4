// A list of one kind of thing: pages, the states of waiting, and only those actions that the role may take.

import { ApiError, call, explain } from "./api.js";
import { button, confirmed, h, say, show } from "./dom.js";
import { edit } from "./editor.js";
import { claims } from "./session.js";

const PAGE = 20;

export function collectionView(main, kind) {
  const mayWrite = kind.writers.includes(claims()["custom:role"]);
  const rows = h("ul", { class: "rows", "aria-label": kind.title });
  const state = h("div", { class: "state" });
  show(main,
    h("div", { class: "heading" },
      h("div", {}, h("h1", {}, kind.title), h("p", { class: "lead" }, kind.lead)),
      mayWrite
        ? button(`New ${kind.noun}`, create, { kind: "primary" })
        : h("p", { class: "note" }, `Your role, ${claims()["custom:role"]}, reads here.`)),
    rows, state);
  const known = new Map();

  const skeleton = () => Array.from({ length: 3 }, () => h("li", { class: "row waiting", "aria-hidden": "true" }));

  async function load(cursor = null) {
    if (!cursor) show(rows, skeleton());
    show(state, h("p", { class: "hint" }, "Loading…"));
    try {
      const { body } = await call("GET", kind.list, { query: { limit: PAGE, cursor } });
      if (!cursor) { known.clear(); show(rows); }
      for (const thing of body[kind.key]) add(thing);
      settle(body.next_cursor);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (!cursor) show(rows);
      show(state, h("div", { class: "empty", role: "alert" }, h("p", {}, explain(error)), button("Try again", () => load(cursor))));
    }
  }

  function settle(cursor) {
    const empty = h("div", { class: "empty" }, h("p", {}, `No ${kind.noun} yet.`),
      mayWrite && h("p", { class: "hint" }, `“New ${kind.noun}” adds the first.`));
    show(state, cursor ? button("Show more", () => load(cursor)) : known.size === 0 && empty);
  }

  function add(thing, { first = false } = {}) {
    const before = known.get(kind.id(thing));
    const row = draw(thing);
    known.set(kind.id(thing), row);
    if (before) before.replaceWith(row);
    else if (first) rows.prepend(row);
    else rows.append(row);
    return row;
  }

  function draw(thing) {
    const { main: name, meta, detail, number } = kind.row(thing);
    return h("li", { class: "row" },
      h("div", { class: "what" },
        h("p", { class: "name" }, name),
        h("p", { class: "meta" }, meta.map((each) => h("span", {}, each))),
        detail && h("p", { class: "detail" }, detail)),
      number !== undefined && h("p", { class: "number" }, number),
      mayWrite && h("div", { class: "actions" },
        button("Edit", () => change(thing), { "aria-label": `Edit ${name}` }),
        button("Delete", () => remove(thing), { "aria-label": `Delete ${name}` })));
  }

  async function create() {
    const made = await edit(kind);
    if (!made) return;
    if (known.size === 0) show(state);
    add(made, { first: true }).querySelector("button").focus();
    say(`Saved “${kind.name(made)}”.`);
  }

  async function change(thing) {
    const saved = await edit(kind, thing);
    if (!saved) return;
    add(saved).querySelector("button").focus();
    say(`Saved “${kind.name(saved)}”.`);
  }

  async function remove(thing) {
    const sure = await confirmed(`Delete this ${kind.noun}?`, `“${kind.name(thing)}” is deleted for good.`, "Delete");
    if (!sure) return;
    try {
      await call("DELETE", kind.one(thing), { ifMatch: kind.versioned ? `"${thing.version}"` : null });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status !== 404) {
        await notDeleted(thing, error);
        return;
      }
    }
    known.get(kind.id(thing))?.remove();
    known.delete(kind.id(thing));
    if (known.size === 0 && !state.querySelector("button")) settle(null);
    main.focus();
    say(`Deleted “${kind.name(thing)}”.`);
  }

  async function notDeleted(thing, error) {
    const changed = error.status === 412;
    const text = changed ? "It was changed meanwhile, so it was not deleted. Look at it again first." : explain(error);
    const again = await confirmed("Not deleted", text, changed ? "Show what it is now" : "Try again");
    if (again && changed) await load();
    else if (again) await remove(thing);
  }

  load();
}
