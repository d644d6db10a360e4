// The way of two requests, drawn as one picture: the steps that they share, then a fork, and at the end of each branch a
// wall with a door in it, which IAM opens or keeps shut. Of one request there is one branch.

import { h } from "./dom.js";
import { formatNumber, formatSeconds } from "./format.js";

const text = (value) => [value].flat().join(", ");

const facts = (pairs) => h("dl", { class: "facts" }, pairs
  .filter(([, value]) => value !== undefined && value !== null && value !== "")
  .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, text(value)))));

// With places in its ARNs where a line may break.
const broken = (sentence) => sentence.split(/(?<=[:/])/).flatMap((part) => [part, h("wbr")]);

const step = (number, title, what, ...content) => h("li", { class: "step" },
  h("h4", {}, h("span", { class: "count", "aria-hidden": "true" }, String(number)), title),
  what && h("p", { class: "hint" }, what), content);

// Where the pre-token trigger puts what STS tags a session with.
const TAGS = "https://aws.amazon.com/tags";

const of = (asked, action) => asked.decisions?.find((decision) => decision.action === action);
// What the session was used for; a list may ask many partitions, or for the key of a database.
const readsOf = (asked) => asked.decisions?.filter((decision) => !decision.action.startsWith("sts:")) ?? [];
const readOf = (asked) => readsOf(asked)[0];

export const verdictOf = (asked) => {
  if (!asked.status) return asked.waits ? "Asking…" : "Not asked yet";
  if (asked.status === 403) return "Refused";
  return asked.status === 404 ? "Allowed; no such row" : "Allowed";
};

// Each request is {key, status, message, row, policy, decisions}. Without a status it was not answered yet, and its place
// is kept; `decisions` and `policy` are null where none are shown.
export function picture(claims, entity, asked, twin = null) {
  return [
    h("section", { class: "trunk", "aria-label": twin ? "The same for both requests" : "The way of the request" },
      h("ol", {}, tokenStep(claims), authorizerStep(asked), roleStep(asked))),
    h("div", { class: twin ? "fork" : "fork single", "aria-hidden": "true" }),
    h("div", { class: twin ? "branches" : "branches single" },
      branch("What you asked for", entity, asked, twin), twin && branch("The same for your own", entity, twin, asked)),
  ];
}

const tokenStep = (claims) => step(1, "Token", "Cognito signed it; its user cannot write these claims.", facts([
  ["custom:tenantID", claims["custom:tenantID"]],
  ["custom:role", claims["custom:role"]],
  ...Object.entries(claims[TAGS]?.principal_tags ?? {}).map(([name, value]) => [`Tag for STS: ${name}`, value]),
  ["Valid until", formatSeconds(claims.exp)],
]));

// The server of the page does not see what the authorizer returned to the API: it lets the same code judge the token.
function authorizerStep({ status, policy }) {
  if (!policy) {
    return step(2, "Authorizer", status
      ? "Verifies the token and returns a policy for the role. A deployed stage does not show it here."
      : "Verifies the token and returns a policy for the role.");
  }
  const routes = policy.policy.Statement.flatMap((statement) => [statement.Resource].flat()).map(route);
  return step(2, "Authorizer", "Verifies the token and returns a policy for the role.", facts([
    ["Effect", policy.policy.Statement.map((statement) => statement.Effect)],
    ["Tenant in context", policy.context.tenant],
  ]), h("details", {}, h("summary", {}, `Routes (${routes.length})`), h("ul", {}, routes.map((each) => h("li", {}, each))),
    h("p", { class: "hint" }, "As the authorizer’s code says when it runs once more, for this picture.")));
}

const route = (arn) => {
  const [, , method, ...path] = arn.split(":").pop().split("/");
  return `${method} /${path.join("/")}`;
};

const OPENED = {
  web_identity: "STS verifies the token itself and tags the session from it: no code says which tenant.",
  session_tags: "The API assumes the tenant role and passes the tags.",
  session_policy: "The API assumes the tenant role with a policy for this tenant.",
};

function roleStep(asked) {
  const what = OPENED[asked.policy?.strategy] ?? "A session of the tenant role, tagged with tenant and role.";
  const read = readOf(asked);
  if (!read) return step(3, "STS → session", asked.status && !asked.decisions ? `${what} Not shown by a deployed stage.` : what);
  return step(3, "STS → session", what, facts([
    ...Object.entries(read.tags).map(([name, value]) => [`Session tag ${name}`, value]),
    ["Session name", read.principal.split("/").pop()],
  ]));
}

const KINDS = { 200: "allowed", 404: "allowed", 403: "refused" };

// A region to jump to once there is an answer in it.
const branch = (title, entity, asked, other) => h("section", { class: `branch ${KINDS[asked.status] ?? "open"}`, "aria-label": asked.status && title },
  h("h3", {}, title),
  h("ol", { start: 4 },
    step(4, readOf(asked)?.action.split(":")[1] ?? (other ? "GetItem" : "Request"), session(asked, other),
      h("p", { class: "door-key" }, h("span", { class: "hint" }, other || leadingKeys(asked) ? "dynamodb:LeadingKeys" : "Route"),
        h("strong", {}, leadingKeys(asked) ?? asked.key))),
    decision(entity, asked, other)));

function leadingKeys(asked) {
  const keys = [...new Set(readsOf(asked).flatMap((read) => read.context["dynamodb:LeadingKeys"] ?? []))];
  if (keys.length === 0) return null;
  return keys.length === 1 ? keys[0] : `${keys[0]} and ${formatNumber(keys.length - 1)} more`;
}

// Where the two ways differ before the fork: only the first request of a tenant finds no session.
function session(asked, other) {
  if (asked.decisions?.length === 0) return "No call of AWS: credentials and login of an earlier request still serve.";
  if (!readOf(asked)) return other ? "The table is asked for the key." : "The tenant’s own credentials are used.";
  const assumed = of(asked, "sts:AssumeRoleWithWebIdentity") ?? of(asked, "sts:AssumeRole");
  return assumed ? `${assumed.decision}: a new session for this request.` : "Session reused from an earlier request.";
}

function decision(entity, asked, other) {
  const read = readOf(asked);
  const unmet = read?.unmet ?? [];
  return h("li", { class: "verdict" }, h("span", { class: "sign", "aria-hidden": "true" }),
    h("h4", {}, verdictOf(asked)),
    unmet.map((each) => condition("Condition that was not met", each)),
    metOf(asked, other).map((each) => condition("Condition that was met", each)),
    asked.status && facts([
      ["Decision", read?.decision],
      ["Statement", read?.statement ?? unmet[0]?.statement],
      ["API", `${asked.status}${asked.message ? `: ${asked.message}` : ""}`],
    ]),
    read?.message && h("figure", { class: "sentence" }, h("figcaption", {}, "In AWS’s own words"), h("blockquote", {}, broken(read.message))),
    asked.row && rowOf(entity, asked.row));
}

function rowOf(entity, row) {
  const { main, meta = [], number } = entity.row(row);
  return h("figure", { class: "sentence" }, h("figcaption", {}, "The row that came back"), h("p", { class: "name" }, main),
    h("p", { class: "meta" }, [...meta, number].filter(Boolean).map((each) => h("span", {}, each))),
    facts([[entity.byKey.id, entity.id(row)]]));
}

// An allowed decision names its statement, not its conditions. Where the other request failed at conditions of that very
// statement, in a session with the same tags, this one met them.
function metOf(asked, other) {
  const [read, failed] = [readOf(asked), other && readOf(other)];
  if (!read?.statement || !failed) return [];
  return failed.unmet
    .filter((each) => each.statement === read.statement && each.key in read.context)
    .map((each) => ({ ...each, actual: read.context[each.key] }));
}

const condition = (title, { operator, key, wanted, actual }) => h("div", { class: "condition" },
  h("p", {}, title),
  h("p", { class: "hint" }, `${operator} ${key}`),
  h("dl", {},
    h("div", {}, h("dt", {}, "Wanted"), h("dd", {}, text(wanted))),
    h("div", { class: "got" }, h("dt", {}, "Got"), h("dd", {}, text(actual ?? "nothing")))));
