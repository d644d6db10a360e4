// Calls the API. Reads are tried again by themselves; whether a change is, the user decides.

import { say } from "./dom.js";
import { parse, write } from "./exact.js";
import { claims, ends, idToken, PATIENCE_MS, refresh } from "./session.js";

const ATTEMPTS = 4;
const LONGEST_PAUSE_S = 10;
const AGAIN = new Set([0, 429, 502, 503, 504]);
let settings;
let reauthenticate;

export class ApiError extends Error {
  constructor(status, code, message, headers) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestId = headers?.get("X-Request-Id") ?? null;
    this.awsRequests = awsRequests(headers);
    this.retryAfter = Number(headers?.get("Retry-After")) || 0;
  }
}

const awsRequests = (headers) => (headers?.get("X-Aws-Requests") ?? "").split(",").filter(Boolean);
const pause = (milliseconds) => new Promise((resolve) => { setTimeout(resolve, milliseconds); });

// `signInAgain` resolves once the same user is signed in again, and rejects when somebody else is.
export function configure(config, signInAgain) {
  settings = config;
  reauthenticate = signInAgain;
}

export function path(...parts) {
  return `/${parts.map(encodeURIComponent).join("/")}`;
}

// Returns {status, body, headers, awsRequests}; throws ApiError, with status 0 when no answer came, and without sending
// anything when `user`, in whose name it is asked, is not the one who is signed in.
export async function call(method, where, { query, body, ifMatch, base = settings.api_url, user = claims()?.sub } = {}) {
  const url = new URL(base.replace(/\/?$/, "") + where, location.href);
  for (const [name, value] of Object.entries(query ?? {})) {
    for (const each of [value].flat()) if (each !== null && each !== undefined) url.searchParams.append(name, each);
  }
  const options = { method, headers: {}, credentials: "omit", cache: "no-store" };
  if (ifMatch) options.headers["If-Match"] = ifMatch;
  if (body !== undefined) {
    options.headers["Content-Type"] = "application/json";
    options.body = write(body);
  }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await authorized(url, options, user);
    } catch (error) {
      // After a time-out the user has waited long enough to be asked, and nobody should wait for minutes unasked.
      const again = AGAIN.has(error.status) && error.code !== "Timeout" && error.retryAfter <= LONGEST_PAUSE_S;
      if (method !== "GET" || attempt === ATTEMPTS || !again) throw error;
      say("No answer yet. Trying again…");
      await pause(Math.max(error.retryAfter * 1000, 250 * 2 ** attempt * (0.75 + Math.random() / 2)));
    }
  }
}

// A token that the API refuses is renewed once, silently if possible, and the request goes on where it was.
async function authorized(url, options, user) {
  const bearer = await token(user);
  try {
    return await send(url, options, bearer);
  } catch (error) {
    if (error.status !== 401) throw error;
    await refresh().catch(ended);
    return send(url, options, await token(user));
  }
}

// The token of the user who asked. Whoever signed in while it was waited for is not made to ask for the same.
async function token(user) {
  const id = await idToken().catch(async (error) => {
    await ended(error);
    return idToken().catch((again) => { throw untold(again); });
  });
  if (claims()?.sub !== user) throw anotherUser();
  return id;
}

async function ended(error) {
  if (!ends(error) || error.code === "SignedOut") throw untold(error);
  await reauthenticate().catch((other) => { throw untold(other); });
}

function untold(error) {
  if (error.code === "AnotherUser") return anotherUser();
  return new ApiError(ends(error) ? 401 : 0, error.code, error.message);
}

const anotherUser = () => new ApiError(409, "AnotherUser", "Somebody else has signed in. Nothing was sent.");

async function send(url, options, bearer) {
  let answer;
  let text;
  try {
    const headers = { ...options.headers, Authorization: `Bearer ${bearer}` };
    answer = await fetch(url, { ...options, headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    text = await answer.text();
  } catch (error) {
    if (error.name === "TimeoutError") throw new ApiError(0, "Timeout", "The server did not answer in time. Try again.");
    throw new ApiError(0, "Offline", "The server cannot be reached. Check your connection and try again.");
  }
  let body = null;
  try {
    body = text ? parse(text) : null;
  } catch {
    // An answer from something in between; its status says enough.
  }
  if (!answer.ok) {
    const message = body?.Message ?? body?.message ?? `The server answered ${answer.status}.`;
    throw new ApiError(answer.status, body?.Code ?? `HTTP ${answer.status}`, message, answer.headers);
  }
  return { status: answer.status, body, headers: answer.headers, awsRequests: awsRequests(answer.headers) };
}

// What a person can do about it.
export function explain(error) {
  if (!(error instanceof ApiError)) throw error;
  if (error.status === 0) return error.message;
  if (error.status === 403) return `Refused: ${error.message}`;
  if (AGAIN.has(error.status)) return "The service is not available right now. Try again in a moment.";
  return error.message;
}
