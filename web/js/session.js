// Who is signed in. Tokens live in this module's memory and nowhere else: a reload signs out.

// Longer than API Gateway waits (29 s): whoever has not answered by then will not.
export const PATIENCE_MS = 35_000;
const REFRESH_BEFORE_MS = 60_000;
const REFRESH_PAUSE_MS = 30_000;
const EMPTY = { id: null, access: null, refresh: null, claims: null, until: 0, refreshing: null };
// What says that a session is over. Anything else, a busy service for one, leaves it as it is.
const ENDS = new Set(["NotAuthorizedException", "UserNotFoundException", "PasswordResetRequiredException", "SignedOut"]);
let settings;
let tokens = EMPTY;
let timer = 0;
// Counts who came and left, so that a sign-in that is answered late, to a dialog long gone, takes over nobody's page.
let turn = 0;

export class SignInError extends Error {
  constructor(message, code) {
    super(message);
    this.code = code;
  }
}

const REFUSED = "The sign-in service refused. Try again in a moment.";
const SENTENCES = {
  NotAuthorizedException: "The user name or the password is wrong.",
  UserNotFoundException: "The user name or the password is wrong.",
  InvalidPasswordException: "The new password is too weak: at least 14 characters, with small letters, capitals, digits and signs.",
  TooManyRequestsException: "Too many attempts. Wait a minute, then try again.",
  LimitExceededException: "Too many attempts. Wait a minute, then try again.",
  PasswordResetRequiredException: "This password was reset. Ask your administrator for a new invitation.",
};

export function configure(config) {
  settings = config;
}

export const claims = () => tokens.claims;
export const signedIn = () => tokens.id !== null;
export const ends = (error) => ENDS.has(error.code);
const signedOut = () => new SignInError("You are signed out.", "SignedOut");

// The claims as the page shows them. What they are worth is for the backend to say, which verifies the signature.
function decode(token) {
  const part = token.split(".")[1].replaceAll("-", "+").replaceAll("_", "/");
  return JSON.parse(new TextDecoder().decode(Uint8Array.from(atob(part), (character) => character.charCodeAt(0))));
}

async function cognito(operation, body) {
  let answer;
  let text;
  try {
    answer = await fetch(`${settings.cognito_url}/`, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-amz-json-1.1",
        "X-Amz-Target": `AWSCognitoIdentityProviderService.${operation}`,
      },
      body: JSON.stringify(body),
      credentials: "omit",
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    text = await answer.text();
  } catch {
    throw new SignInError("The sign-in service cannot be reached. Check your connection and try again.", "Offline");
  }
  let document = null;
  try {
    document = text ? JSON.parse(text) : {};
  } catch {
    // An answer from something in between.
  }
  if (answer.ok && document) return document;
  const code = (document?.__type ?? "").split("#").pop();
  throw new SignInError(SENTENCES[code] ?? REFUSED, code || "Unavailable");
}

function claimsOf(token) {
  try {
    return decode(token);
  } catch {
    return null; // an answer from something in between
  }
}

function keep(result) {
  const said = claimsOf(result?.IdToken);
  if (!said?.sub || !(result.ExpiresIn > 0)) throw new SignInError(REFUSED, "Unavailable");
  tokens = {
    id: result.IdToken,
    access: result.AccessToken,
    refresh: result.RefreshToken ?? tokens.refresh,
    claims: said,
    // By how long it lives: when it ends, a clock that is wrong could not say.
    until: performance.now() + result.ExpiresIn * 1000,
    refreshing: null,
  };
  clearTimeout(timer);
  timer = setTimeout(() => refresh().catch(() => {}), Math.max(REFRESH_PAUSE_MS, remaining() - REFRESH_BEFORE_MS));
}

const remaining = () => tokens.until - performance.now();

function keepAt(asked, result) {
  if (turn !== asked) throw signedOut();
  keep(result);
}

// Resolves to null when the user is signed in, else to a function that takes the new password. Only the latest sign-in
// counts, and none from before a sign-out.
export async function signIn(username, password) {
  turn += 1;
  const asked = turn;
  const answer = await cognito("InitiateAuth", {
    AuthFlow: "USER_PASSWORD_AUTH",
    ClientId: settings.client_id,
    AuthParameters: { USERNAME: username, PASSWORD: password },
  });
  if (answer.AuthenticationResult) {
    keepAt(asked, answer.AuthenticationResult);
    return null;
  }
  if (answer.ChallengeName !== "NEW_PASSWORD_REQUIRED") {
    throw new SignInError(`This page does not know the step ${answer.ChallengeName}.`, "UnknownChallenge");
  }
  return async (newPassword) => {
    const completed = await cognito("RespondToAuthChallenge", {
      ChallengeName: "NEW_PASSWORD_REQUIRED",
      ClientId: settings.client_id,
      Session: answer.Session,
      ChallengeResponses: { USERNAME: username, NEW_PASSWORD: newPassword },
    });
    keepAt(asked, completed.AuthenticationResult);
  };
}

// One refresh at a time, whoever asks. A refused one ends the session; one that did not get through does not.
// Whoever signed out, or in, meanwhile is not overruled by the answer.
export async function refresh() {
  const before = tokens;
  if (!signedIn()) throw signedOut();
  before.refreshing ??= cognito("InitiateAuth", {
    AuthFlow: "REFRESH_TOKEN_AUTH",
    ClientId: settings.client_id,
    AuthParameters: { REFRESH_TOKEN: before.refresh },
  }).then((answer) => { if (tokens === before) keep(answer.AuthenticationResult); })
    .catch((error) => { if (tokens === before) throw error; })
    .finally(() => { before.refreshing = null; });
  await before.refreshing;
  if (!signedIn()) throw signedOut();
}

// Returns an id token that is good for another minute, if the sign-in service gives one. Whose, the caller must look:
// somebody else may have signed in while it waited.
export async function idToken() {
  if (!signedIn() || remaining() < REFRESH_BEFORE_MS) {
    try {
      await refresh();
    } catch (error) {
      if (ends(error) || remaining() <= 0) throw error;
    }
  }
  return tokens.id;
}

// The tokens are forgotten at once. Resolves to "everywhere", to "here" where only this session's refresh token could
// be revoked, or to "untold" when Cognito could not be told.
export async function signOut() {
  const { access, refresh: token } = tokens;
  clearTimeout(timer);
  turn += 1;
  tokens = EMPTY;
  try {
    await cognito("GlobalSignOut", { AccessToken: access });
    return "everywhere";
  } catch {
    // The access token may have expired, while the other lives for a day.
  }
  try {
    await cognito("RevokeToken", { Token: token, ClientId: settings.client_id });
    return "here";
  } catch {
    return "untold";
  }
}
