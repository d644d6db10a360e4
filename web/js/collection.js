// A list of one kind of thing: pages, the states of waiting, and only those actions that the role may take.

import { ApiError, call, explain } from "./api.js";
import { ask, button, confirmed, h, say, show } from "./dom.js";
import { edit } from "./editor.js";
import { claims } from "./session.js";

const PAGE = 20;

export function collectionView(main, kind) {
  const mayWrite = kind.writers.includes(claims()["custom:role"]);
  const rows = h("ul", { class: "rows", "aria-label": kind.title });
  const state = h("div", { class: "state" });
  show(main,
    h("div", { class: "heading" },
      h("div", {}, h("h1", {}, kind.title), kind.lead && h("p", { class: "lead" }, kind.lead)),
      mayWrite
        ? button(`New ${kind.noun}`, create, { kind: "primary" })
        : h("p", { class: "note" }, `Your role, ${claims()["custom:role"]}, reads here.`)),
    rows, state);
  const known = new Map();
  let listed = false;
  // Whose page this is: what is still under way when it is gone goes no further, and never on in another's name.
  const user = claims().sub;
  const isGone = () => !rows.isConnected;

  const skeleton = () => Array.from({ length: 3 }, () => h("li", { class: "row waiting", "aria-hidden": "true" }));

  // `focus` where a button that had the focus gives way to what it loaded. What is made before the first page has come
  // stays: it need not be on that page.
  async function load(cursor = null, { focus = false } = {}) {
    if (!cursor) rows.append(...skeleton());
    show(state, h("p", { class: "hint" }, "Loading…"));
    try {
      const { body } = await call("GET", kind.list, { query: { limit: PAGE, cursor }, user });
      const early = cursor ? [] : [...known.values()];
      stopWaiting();
      const [first] = body[kind.key].map((thing) => add(thing, kind.newest === "last" ? "end" : null));
      if (kind.newest === "last") rows.append(...early.filter((row) => row.isConnected));
      listed = true;
      settle(body.next_cursor);
      if (focus) land(first ?? main);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      stopWaiting();
      const again = button("Try again", () => load(cursor, { focus: true }));
      show(state, h("div", { class: "empty", role: "alert" }, h("p", {}, explain(error)), again));
      if (focus) land(again);
    }
  }

  function stopWaiting() {
    for (const row of rows.querySelectorAll(".waiting")) row.remove();
  }

  // Unless the user has gone elsewhere meanwhile.
  function land(element) {
    if (document.activeElement === document.body) element.focus();
  }

  function settle(cursor) {
    const empty = h("div", { class: "empty" }, h("p", {}, `No ${kind.noun} yet.`),
      mayWrite && h("p", { class: "hint" }, `“New ${kind.noun}” adds the first.`));
    show(state, cursor ? button("Show more", () => load(cursor, { focus: true })) : known.size === 0 && empty);
  }

  // At "start" or "end", or by default where it was before; at the end if it is new.
  function add(thing, place = null) {
    const before = known.get(kind.id(thing));
    const row = draw(thing);
    known.set(kind.id(thing), row);
    if (before && place !== "end") before.replaceWith(row);
    else if (place === "start") rows.prepend(row);
    else rows.append(row);
    if (before && place === "end") before.remove();
    return row;
  }

  function draw(thing) {
    const { main: name, meta = [], detail, number } = kind.row(thing);
    return h("li", { class: "row", tabindex: "-1" },
      h("div", { class: "what" },
        h("p", { class: "name" }, name),
        meta.length > 0 && h("p", { class: "meta" }, meta.map((each) => h("span", {}, each))),
        detail && h("p", { class: "detail" }, detail)),
      number !== undefined && h("p", { class: "number" }, number),
      mayWrite && h("div", { class: "actions" },
        button("Edit", () => change(thing), { "aria-label": `Edit ${name}` }),
        button("Delete", () => remove(thing), { "aria-label": `Delete ${name}` })));
  }

  async function create() {
    const made = await edit(kind);
    if (!made || isGone()) return;
    if (listed && known.size === 0) show(state);
    add(made.thing, kind.newest === "last" ? "end" : "start").querySelector("button").focus();
    say(`Saved “${kind.name(made.thing)}”.`);
  }

  async function change(thing) {
    const done = await edit(kind, thing);
    if (!done || isGone()) return;
    if (done.gone) {
      drop(thing);
      return;
    }
    add(done.thing).querySelector("button").focus();
    say(done.saved ? `Saved “${kind.name(done.thing)}”.` : "Left as it is. Nothing of yours was saved.");
  }

  function drop(thing) {
    const row = known.get(kind.id(thing));
    const beside = [row?.nextElementSibling, row?.previousElementSibling].find((each) => each?.matches("[tabindex]"));
    row?.remove();
    known.delete(kind.id(thing));
    if (known.size === 0 && !state.querySelector("button")) settle(null);
    (beside ?? main).focus();
  }

  async function remove(thing) {
    const sure = await confirmed(`Delete this ${kind.noun}?`, `“${kind.name(thing)}” is deleted for good.`, "Delete");
    if (!sure || isGone()) return;
    try {
      await call("DELETE", kind.one(thing), { ifMatch: kind.versioned ? `"${thing.version}"` : null, user });
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isGone()) return;
      if (error.status !== 404) {
        await notDeleted(thing, error);
        return;
      }
    }
    if (isGone()) return;
    drop(thing);
    say(`Deleted “${kind.name(thing)}”.`);
  }

  async function notDeleted(thing, error) {
    if (error.status === 412) {
      const text = "It was changed meanwhile, so it was not deleted. Look at it again first.";
      if (await confirmed("Not deleted", text, "Show what it is now")) await showAsItIs(thing);
    } else if (error.status === 0 || error.status === 429 || error.status >= 500) {
      if (await confirmed("Not deleted", explain(error), "Try again")) await remove(thing);
    } else {
      // Asking again would be answered alike.
      await ask("Not deleted", (close) => [
        h("p", {}, explain(error)), h("div", { class: "actions" }, button("Close", () => close()))]);
    }
  }

  async function showAsItIs(thing) {
    try {
      const { body } = await call("GET", kind.one(thing), { user });
      if (!isGone()) add(body).querySelector("button").focus();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (isGone()) return;
      if (error.status === 404) drop(thing);
      say(error.status === 404 ? `Somebody has deleted “${kind.name(thing)}” meanwhile.` : explain(error));
    }
  }

  load();
}
