// Starts the page and leads from view to view.

import * as api from "./api.js";
import { collectionView } from "./collection.js";
import { button, closeDialogs, h, leaveDialogs, say, show } from "./dom.js";
import { load } from "./entity.js";
import * as session from "./session.js";
import { isolationView } from "./views/isolation.js";
import { signInAgain, signInView } from "./views/sign-in.js";

const main = document.getElementById("main");
const brand = document.getElementById("brand");
const nav = document.getElementById("nav");
const who = document.getElementById("who");
let config;
let asking = null;
let shown;
// By what stands in the address; the first is shown where it names none.
let views;

const viewsOf = (entities) => new Map([
  ...entities.map((entity) => [entity.route, {
    title: entity.title,
    draw: () => (entity.missing ? missingView(entity) : collectionView(main, entity)),
  }]),
  ["isolation", { title: "Isolation", draw: () => isolationView(main, config, entities) }],
]);

const chosen = () => {
  const name = location.hash.replace(/^#\//, "");
  return views.has(name) ? name : views.keys().next().value;
};

function entitle(title) {
  document.title = `${title} · ${config.product}`;
}

function draw({ focus = false } = {}) {
  if (!session.signedIn()) {
    entitle("Sign in");
    nav.hidden = true;
    show(who);
    signInView(main, () => draw({ focus: true }));
    return;
  }
  const name = chosen();
  shown = name;
  entitle(views.get(name).title);
  nav.hidden = false;
  show(nav, [...views].map(([each, { title }]) =>
    h("a", { href: `#/${each}`, "aria-current": each === name ? "page" : null }, title)));
  const claims = session.claims();
  show(who,
    h("p", { class: "person" },
      h("strong", {}, claims["custom:tenantID"]), h("span", {}, h("span", { class: "email" }, `${claims.email} · `), claims["custom:role"])),
    button("Sign out", leave));
  views.get(name).draw();
  if (focus) main.focus();
}

// The other views work all the same.
function missingView({ title, missing }) {
  show(main, h("section", { class: "panel narrow", role: "alert" }, h("h1", {}, title),
    h("p", { class: "lead" }, `This view cannot be shown: ${missing} is missing, or has an error. Reload the page to try again.`)));
}

const FAREWELLS = {
  everywhere: "You are signed out, everywhere.",
  here: "You are signed out here. Where else you are signed in, you still are.",
  untold: "You are signed out here, but the server could not be told.",
};

// What the former user saw goes at once, however long the server takes to hear of it.
async function leave() {
  const told = session.signOut();
  closeDialogs();
  draw();
  const farewell = FAREWELLS[await told];
  if (!session.signedIn()) say(farewell);
}

// Back and forward lead to another view, unless the user would rather keep what is in the open form.
async function go() {
  if (await leaveDialogs()) draw({ focus: true });
  else history.pushState(null, "", `#/${shown}`);
}

// However many requests find the session ended, one dialog asks.
function reauthenticate() {
  asking ??= signInAgain().finally(() => { asking = null; });
  return asking;
}

async function start() {
  try {
    const answer = await fetch("config.json", { cache: "no-store", signal: AbortSignal.timeout(session.PATIENCE_MS) });
    if (!answer.ok) throw new TypeError(`config.json: ${answer.status}`);
    config = await answer.json();
  } catch {
    document.title = "Not reachable";
    show(main, h("section", { class: "panel narrow" }, h("h1", {}, "Not reachable"),
      h("p", {}, "The page cannot read its configuration."), button("Try again", start, { kind: "primary" })));
    return;
  }
  session.configure(config);
  api.configure(config, reauthenticate);
  views = viewsOf(await Promise.all(config.entities.map(load)));
  brand.append(config.product);
  brand.hidden = false;
  draw();
}

document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); main.focus(); });
addEventListener("hashchange", go);
addEventListener("another-user", () => {
  closeDialogs();
  draw({ focus: true });
});
addEventListener("leave", leave);
start();
