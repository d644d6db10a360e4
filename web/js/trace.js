// The way of one request, drawn as steps: token, authorizer, AssumeRole, GetItem, decision.

import { h } from "./dom.js";
import { formatSeconds } from "./format.js";

const text = (value) => [value].flat().join(", ");

const facts = (pairs) => h("dl", { class: "facts" }, pairs
  .filter(([, value]) => value !== undefined && value !== null && value !== "")
  .map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, text(value)))));

const step = (number, title, what, content, kind = "") => h("li", { class: `step ${kind}` },
  h("h4", {}, h("span", { class: "count", "aria-hidden": "true" }, String(number)), title),
  h("p", { class: "hint" }, what), content);

// `asked` is {shardId, status, message, claims, policy, decisions}; decisions are null where none are recorded.
export function lane(title, asked) {
  const allowed = asked.status !== 403;
  const of = (action) => asked.decisions?.find((decision) => decision.action === action);
  const read = of("dynamodb:GetItem");
  return h("section", { class: `lane ${allowed ? "allowed" : "refused"}`, "aria-label": title },
    h("header", {}, h("h3", {}, title), h("p", { class: "key" }, asked.shardId)),
    h("ol", { class: "steps" },
      tokenStep(asked.claims),
      authorizerStep(asked.policy),
      roleStep(asked, of("sts:AssumeRole"), read),
      readStep(asked, read),
      decisionStep(asked, read, allowed)));
}

const tokenStep = (claims) => step(1, "Token", "Cognito signed it; its user cannot write these claims.", facts([
  ["custom:tenantID", claims["custom:tenantID"]],
  ["custom:role", claims["custom:role"]],
  ["Valid until", formatSeconds(claims.exp)],
]));

const authorizerStep = (policy) => step(2, "Authorizer", policy
  ? "Verified the token and returned this policy, with the tenant for the route."
  : "Verifies the token and returns a policy for the role. A deployed stage does not show it here.",
policy && facts([
  ["Effect", policy.policy.Statement.map((statement) => statement.Effect)],
  ["Routes", policy.policy.Statement.flatMap((statement) => [statement.Resource].flat()).map(route)],
  ["Tenant in context", policy.context.tenant],
]));

const route = (arn) => {
  const [, , method, ...path] = arn.split(":").pop().split("/");
  return `${method} /${path.join("/")}`;
};

function roleStep(asked, assumed, read) {
  if (!asked.decisions) return step(3, "AssumeRole", "A session of the tenant role, tagged with tenant and role. Not shown by a deployed stage.");
  const tags = assumed
    ? Object.entries(assumed.context).filter(([name]) => name.startsWith("aws:RequestTag/")).map(([name, value]) => [name.slice(15), value])
    : Object.entries(read?.tags ?? {});
  return step(3, "AssumeRole", assumed
    ? `${assumed.decision}: a new session for this request.`
    : "Session reused: its credentials were vended for an earlier request.",
  facts(tags.map(([name, value]) => [`Session tag ${name}`, value])));
}

const readStep = (asked, read) => step(4, "GetItem", "The table is asked for the key, with that session.", facts([
  ["dynamodb:LeadingKeys", read?.context["dynamodb:LeadingKeys"] ?? asked.shardId],
  ["Session", read?.principal.split(":").pop()],
]));

function decisionStep(asked, read, allowed) {
  const verdict = allowed ? (asked.status === 404 ? "Allowed; no such item" : "Allowed") : "Refused";
  const unmet = read?.unmet ?? [];
  return step(5, verdict, allowed ? "The door opens: the key begins with the session's own tenant." : "The door stays shut.", h("div", {},
    facts([
      ["Decision", read?.decision],
      ["Statement", read?.statement ?? unmet[0]?.statement],
      ["API answered", `${asked.status}${asked.message ? `: ${asked.message}` : ""}`],
    ]),
    unmet.map((condition) => h("div", { class: "unmet" },
      h("p", {}, "Condition that was not met"),
      facts([
        [condition.statement, `${condition.operator} ${condition.key}`],
        ["Wanted", condition.wanted],
        ["Got", condition.actual ?? "nothing"],
      ]))),
    read?.message && h("blockquote", { class: "sentence" }, h("p", {}, read.message))), "verdict");
}
