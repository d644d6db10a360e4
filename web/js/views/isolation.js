// Ask for another tenant's item, and see the way of that request beside the same one for an item of one's own.

import { ApiError, call, explain } from "../api.js";
import { button, field, h, show } from "../dom.js";
import { formatNumber } from "../format.js";
import { claims } from "../session.js";
import { picture, verdictOf } from "../trace.js";

const NOBODY = "00000000-0000-4000-8000-000000000000";
const BEYOND = [
  ["POST", "/items", { name: "Asked anyway", price: 1, attributes: {} }],
  ["POST", "/users", { email: "asked-anyway@example.com", display_name: "Asked anyway" }],
];

export function isolationView(main, config) {
  const mine = claims();
  const tenant = mine["custom:tenantID"];
  const other = tenant === "acme" ? "globex" : "acme";
  const drawing = h("div", { class: "picture" });
  const rows = h("div", { class: "sights", role: "region", "aria-label": "The rows in sight" });
  show(main,
    h("div", { class: "heading" }, h("div", {},
      h("h1", {}, "Isolation"),
      h("p", { class: "lead" }, "Ask for what is not yours. IAM and PostgreSQL refuse, not this page and not the route."))),
    h("section", { class: "panel" }, h("h2", {}, "One request for another tenant’s item"), askForm(other, mine, drawing, config), drawing),
    config.trace_url && h("section", { class: "panel" },
      h("h2", {}, "The same SQL under two tenants"), rowsForm(other, mine, rows, config), rows),
    beyondPanel());
}

// The picture is there before anything was asked, and from the question on keeps its place: an answer fills it in and
// moves nothing. Where no decision will be shown, it needs less.
function askForm(other, mine, drawing, config) {
  const tenant = mine["custom:tenantID"];
  const now = () => claims() ?? mine; // who has signed out meanwhile looks at another view
  const shard = field("shard_id", "shard_id", {
    value: `${other}#item#0`, required: true, list: "shards", spellcheck: "false", autocapitalize: "none",
    hint: "Tenant, kind, shard. Type any, or pick one.",
  });
  const product = field("product_id", "product_id", { value: NOBODY, required: true, spellcheck: "false", hint: "The refusal comes before DynamoDB looks." });
  const problem = h("p", { class: "problem", role: "alert" });
  const heard = h("p", { class: "unseen", role: "status" });
  const submit = h("button", { class: "button primary", type: "submit" }, "Ask for it");
  const form = h("form", { class: "inline", novalidate: true }, shard, product, submit,
    h("datalist", { id: "shards" }, Array.from({ length: 10 }, (_, number) => h("option", { value: `${other}#item#${number}` }))));
  const drawEmpty = (shardId, waits) =>
    show(drawing, picture(now(), { shardId, waits }, { shardId: `${tenant}#item#…`, waits }));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    problem.textContent = "";
    heard.textContent = "";
    const foreign = { shard_id: form.elements.shard_id.value, product_id: form.elements.product_id.value };
    drawing.classList.add(config.trace_url ? "asked" : "asked-briefly");
    drawEmpty(foreign.shard_id, true);
    try {
      const asked = await follow(foreign, config);
      const twin = await follow(await ownKey(tenant), config);
      show(drawing, picture(now(), asked, twin));
      heard.textContent = [asked, twin].map((each) => `${each.shardId}: ${verdictOf(each)}.`).join(" ");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      drawEmpty(foreign.shard_id, false);
      problem.textContent = explain(error);
    } finally {
      submit.disabled = false;
    }
  });
  drawEmpty(`${other}#item#0`, false);
  return h("div", {}, form, problem, heard);
}

async function ownKey(tenant) {
  const { body } = await call("GET", "/items", { query: { limit: 1 } });
  const [item] = body.items;
  return item
    ? { shard_id: item.shard_id, product_id: item.product_id }
    : { shard_id: `${tenant}#item#0`, product_id: NOBODY };
}

// The request itself, and then, on a development stage, what was decided about it.
async function follow(key, config) {
  let answer;
  try {
    answer = await call("GET", "/items", { query: key });
  } catch (error) {
    if (!(error instanceof ApiError) || ![403, 404].includes(error.status)) throw error;
    answer = error;
  }
  const asked = { shardId: key.shard_id, status: answer.status, message: answer.message, item: answer.body, policy: null, decisions: null };
  if (!config.trace_url || answer.awsRequests.length === 0) return asked;
  const [policy, trace] = await Promise.all([
    call("GET", "/policy", { base: config.trace_url }),
    call("GET", "/trace", { base: config.trace_url, query: { request_id: answer.awsRequests } }),
  ]);
  return { ...asked, policy: policy.body, decisions: trace.body.decisions };
}

function rowsForm(other, mine, rows, config) {
  const neighbour = field("Other tenant", "other", { value: other, required: true, spellcheck: "false", autocapitalize: "none" });
  const problem = h("p", { class: "problem", role: "alert" });
  const heard = h("p", { class: "unseen", role: "status" });
  const submit = h("button", { class: "button primary", type: "submit" }, "Run it");
  const form = h("form", { class: "inline one", novalidate: true }, neighbour, submit);
  const draw = (statement, sights) => show(rows,
    h("pre", { class: "sql" }, statement), h("div", { class: "cards" }, sights.map(sight)));
  const drawEmpty = (tenant) => draw("…", [mine["custom:tenantID"], tenant, null].map((each) => ({ tenant: each })));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (submit.disabled) return;
    submit.disabled = true;
    problem.textContent = "";
    heard.textContent = "";
    const tenant = form.elements.other.value;
    drawEmpty(tenant);
    try {
      const { body } = await call("GET", "/row-level-security", { base: config.trace_url, query: { other: tenant } });
      draw(body.statement, body.sights);
      heard.textContent = body.sights.map(inWords).join(" ");
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      problem.textContent = explain(error);
    } finally {
      submit.disabled = false;
    }
  });
  drawEmpty(other);
  return h("div", {}, form, problem, heard);
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

function beyondPanel() {
  const result = h("p", { class: "result", role: "status" });
  const tries = BEYOND.filter(([, where]) => claims()["custom:role"] === "viewer" || (where === "/users" && claims()["custom:role"] !== "admin"));
  if (!tries.length) return null;
  return h("section", { class: "panel" },
    h("h2", {}, "What your role may not do"),
    h("p", {}, "These actions are not offered elsewhere. Ask anyway:"),
    h("div", { class: "actions start" }, tries.map(([method, where, body]) => button(`${method} ${where}`, async () => {
      try {
        const answer = await call(method, where, { body });
        result.textContent = `Done: ${answer.status}`;
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        result.textContent = error.status === 403 ? `403 Refused: ${error.message}` : explain(error);
      }
    }))), result);
}
