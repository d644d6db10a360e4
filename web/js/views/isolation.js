// Ask for another tenant's row, and see the way of that request beside the same one for a row of one's own.

import { ApiError, call, explain } from "../api.js";
import { button, field, h, show } from "../dom.js";
import { formatNumber } from "../format.js";
import { claims } from "../session.js";
import { picture, verdictOf } from "../trace.js";

const NOBODY = "00000000-0000-4000-8000-000000000000";

export function isolationView(main, config, entities) {
  const loaded = entities.filter(({ missing }) => !missing);
  const [first] = loaded;
  const byKey = loaded.find((entity) => entity.byKey);
  const other = claims()["custom:tenantID"] === "acme" ? "globex" : "acme";
  show(main,
    h("div", { class: "heading" }, h("div", {},
      h("h1", {}, "Isolation"),
      h("p", { class: "lead" }, "Ask for what is not yours. IAM and PostgreSQL refuse, not this page and not the route."))),
    byKey && panel(`One request for another tenant’s ${byKey.noun}`, askForm(other, byKey, config)),
    !byKey && first && panel(`One request for rows of your own: GET ${first.list}`,
      h("p", { class: "hint" }, "No entity here is read by its whole primary key, so no request can name another tenant’s row."),
      listForm(first, config)),
    !first && panel("One request", h("p", { class: "hint" }, "There is no entity to ask for, so no request can be shown.")),
    config.trace_url && panel("The same SQL under two tenants", config.table
      ? rowsForm(other, config)
      : h("p", { class: "hint" }, "No entity here is kept in PostgreSQL, so there are no rows to count.")),
    beyondPanel(loaded));
}

const panel = (title, ...content) => h("section", { class: "panel" }, h("h2", {}, title), ...content);

// A form whose answer, or problem, stands below it in `place`. `ask` gets the form, and returns what a screen reader says.
function asking(place, { fields = [], submit: title, kind = "inline" }, ask, giveUp = () => {}) {
  const problem = h("p", { class: "problem", role: "alert" });
  const heard = h("p", { class: "unseen", role: "status" });
  const submit = h("button", { class: "button primary", type: "submit" }, title);
  const form = h("form", { class: kind, novalidate: true }, fields, submit);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    problem.textContent = "";
    heard.textContent = "";
    try {
      heard.textContent = await ask(form);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      giveUp(form);
      problem.textContent = explain(error);
    } finally {
      submit.disabled = false;
    }
  });
  return h("div", {}, form, problem, heard, place);
}

// The picture is there before anything was asked, and from the question on keeps its place: an answer fills it in and
// moves nothing. Where no decision will be shown, it needs less.
function askForm(other, entity, config) {
  const { partition, id, kind, shards } = entity.byKey;
  const mine = claims();
  const tenant = mine["custom:tenantID"];
  const now = () => claims() ?? mine; // who has signed out meanwhile looks at another view
  const drawing = h("div", { class: "picture" });
  const keys = Array.from({ length: shards }, (_, number) => `${other}#${kind}#${number}`);
  const fields = [
    field(partition, partition, {
      value: keys[0], required: true, list: "shards", spellcheck: "false", autocapitalize: "none",
      hint: "Tenant, kind, shard. Type any, or pick one.",
    }),
    field(id, id, { value: NOBODY, required: true, spellcheck: "false", hint: "The refusal comes before DynamoDB looks." }),
    h("datalist", { id: "shards" }, keys.map((value) => h("option", { value }))),
  ];
  const drawEmpty = (key, waits) => show(drawing, picture(now(), entity, { key, waits }, { key: `${tenant}#${kind}#…`, waits }));
  const typed = (form) => ({ [partition]: form.elements[partition].value, [id]: form.elements[id].value });
  drawEmpty(keys[0], false);
  return asking(drawing, { fields, submit: "Ask for it" }, async (form) => {
    const foreign = typed(form);
    drawing.classList.add(config.trace_url ? "asked" : "asked-briefly");
    drawEmpty(foreign[partition], true);
    const asked = await follow(entity, foreign, config);
    const twin = await follow(entity, await ownKey(entity, tenant), config);
    show(drawing, picture(now(), entity, asked, twin));
    return [asked, twin].map((each) => `${each.key}: ${verdictOf(each)}.`).join(" ");
  }, (form) => drawEmpty(typed(form)[partition], false));
}

// Where no entity can be asked for by key, there is one request, and it is the user's own.
function listForm(entity, config) {
  const mine = claims();
  const now = () => claims() ?? mine;
  const drawing = h("div", { class: "picture" });
  const key = `GET ${entity.list}`;
  const drawEmpty = (waits) => show(drawing, picture(now(), entity, { key, waits }));
  drawEmpty(false);
  return asking(drawing, { submit: "Ask for them", kind: "actions start" }, async () => {
    drawEmpty(true);
    const asked = { ...await follow(entity, { limit: 1 }, config), key, row: null };
    show(drawing, picture(now(), entity, asked));
    return `${key}: ${verdictOf(asked)}.`;
  }, () => drawEmpty(false));
}

async function ownKey({ list, key, byKey }, tenant) {
  const { partition, id, kind } = byKey;
  const { body } = await call("GET", list, { query: { limit: 1 } });
  const [row] = body[key];
  return row
    ? { [partition]: row[partition], [id]: row[id] }
    : { [partition]: `${tenant}#${kind}#0`, [id]: NOBODY };
}

// The request itself, and then, on a development stage, what was decided about it.
async function follow(entity, query, config) {
  let answer;
  try {
    answer = await call("GET", entity.list, { query });
  } catch (error) {
    if (!(error instanceof ApiError) || ![403, 404].includes(error.status)) throw error;
    answer = error;
  }
  const asked = {
    key: query[entity.byKey?.partition], status: answer.status, message: answer.message, row: answer.body, policy: null, decisions: null,
  };
  if (!config.trace_url) return asked;
  const traced = answer.awsRequests.length > 0;
  const [policy, trace] = await Promise.all([
    call("GET", "/policy", { base: config.trace_url }),
    traced ? call("GET", "/trace", { base: config.trace_url, query: { request_id: answer.awsRequests } }) : null,
  ]);
  return { ...asked, policy: policy.body, decisions: trace?.body.decisions ?? [] };
}

function rowsForm(other, config) {
  const mine = claims()["custom:tenantID"];
  const rows = h("div", { class: "sights", role: "region", "aria-label": "The rows in sight" });
  const fields = [field("Other tenant", "other", { value: other, required: true, spellcheck: "false", autocapitalize: "none" })];
  const draw = (statement, sights) => show(rows,
    h("pre", { class: "sql" }, statement), h("div", { class: "cards" }, sights.map(sight)));
  const drawEmpty = (tenant) => draw("…", [mine, tenant, null].map((each) => ({ tenant: each })));
  drawEmpty(other);
  return asking(rows, { fields, submit: "Run it", kind: "inline one" }, async (form) => {
    const tenant = form.elements.other.value;
    drawEmpty(tenant);
    const { body } = await call("GET", "/row-level-security", { base: config.trace_url, query: { other: tenant } });
    draw(body.statement, body.sights);
    return body.sights.map(inWords).join(" ");
  });
}

const counted = ({ count }) => `${formatNumber(count)} ${count === 1 ? "row" : "rows"}`;
const inWords = ({ tenant, rows }) =>
  `Under ${tenant ?? "no tenant"}: ${rows.map((row) => `${counted(row)} of ${row.tenant_id}`).join(", ") || "no row"}.`;

// Without rows nothing was asked yet, and the place is kept.
function sight({ tenant, rows }) {
  return h("section", { class: "card", "aria-label": tenant ? `Under ${tenant}` : "Under no tenant" },
    h("h3", {}, tenant ? `app.current_tenant = ${tenant}` : "No tenant set"),
    rows?.length
      ? h("ul", {}, rows.map((row) => h("li", {}, h("span", {}, row.tenant_id), h("span", { class: "number" }, counted(row)))))
      : h("p", { class: "hint" }, rows ? "No row in sight." : "…"));
}

// The authorizer refuses before anything looks at the body, which is empty: where it let the request pass, nothing would be made.
function beyondPanel(entities) {
  const tries = entities.filter(({ writers }) => !writers.includes(claims()["custom:role"]));
  if (!tries.length) return null;
  const result = h("p", { class: "result", role: "status" });
  const tried = ({ create: { method, where } }) => button(`${method} ${where().replace(/^(\/[^/]+\/).*/, "$1…")}`, async () => {
    try {
      const answer = await call(method, where(), { body: {} });
      result.textContent = `Done: ${answer.status}`;
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      result.textContent = error.status === 403 ? `403 Refused: ${error.message}` : explain(error);
    }
  });
  return panel("What your role may not do",
    h("p", {}, "These actions are not offered elsewhere. Ask anyway:"),
    h("div", { class: "actions start" }, tries.map(tried)), result);
}
